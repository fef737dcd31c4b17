//! Offers: who is asked, who is asked next, and what is kept for whoever is asked.

use reparto::desk::Order;
use reparto::domain::ids::DialogId;
use reparto::domain::manager::Absence;
use reparto::domain::offer::Pass;
use reparto::domain::routing::{DecisionEffect, StepOutcome, Verdict};
use reparto::domain::units::Units;

use crate::desk_sketch::{Sketch, asking, at, group, person, to, waiting};
use crate::desk_world::World;

/// Everybody of sales is asked for half a minute.
fn world(units: u32) -> World {
    let steps = vec![asking(to(group("sales")), 30)];
    let sketch = Sketch { groups: vec![("sales", vec!["ana", "boris"])], units, ..Sketch::of(steps) };
    staffed(&sketch)
}

fn staffed(sketch: &Sketch) -> World {
    let mut world = World::new(sketch.compile(), at(1_000));
    for id in ["ana", "boris", "vera"] {
        world.enrol(person(id, &[]));
        world.present(id);
    }
    world
}

fn offered(world: &World, id: &str) -> Option<String> {
    let offer = world.players.get(&DialogId::trusted(id))?.dialog.offer.as_ref();
    offer.map(|offer| offer.to.to_string())
}

fn holder(world: &World, id: &str) -> Option<String> {
    let player = world.players.get(&DialogId::trusted(id))?;
    player.dialog.responsible()?.manager().map(ToString::to_string)
}

fn load(world: &World, id: &str) -> Units {
    let views = world.desk.view().managers;
    views.iter().find(|view| view.manager.id.as_str() == id).map(|view| view.load).unwrap_or_default()
}

#[test]
fn whoever_is_chosen_is_asked_and_room_is_kept_for_them() {
    let mut world = world(1);
    world.open("d", "c", "telegram");
    let decision = world.decision("d");
    assert_eq!(decision.effect, DecisionEffect::Offered);
    assert_eq!(decision.accept_by, Some(at(1_030)));
    assert_eq!((offered(&world, "d").as_deref(), holder(&world, "d")), (Some("ana"), None));
    assert_eq!(load(&world, "ana"), Units::ONE);
    // Nobody else gets that room.
    world.open("e", "e", "telegram");
    assert_eq!(offered(&world, "e").as_deref(), Some("boris"));
    world.open("f", "f", "telegram");
    assert_eq!(offered(&world, "f"), None);
    world.check();
    world.accept("d");
    assert_eq!(holder(&world, "d").as_deref(), Some("ana"));
    assert_eq!(load(&world, "ana"), Units::ONE, "counted once");
    // What boris passes goes to nobody, and his room to whoever waits.
    world.pass_on("e", Pass::Declined);
    world.deliver_all();
    assert_eq!(offered(&world, "f").as_deref(), Some("boris"));
    world.check();
}

#[test]
fn who_passed_is_not_asked_again_before_the_others() {
    let mut world = world(5);
    world.open("d", "c", "telegram");
    world.pass_on("d", Pass::Declined);
    world.deliver_all();
    assert_eq!(offered(&world, "d").as_deref(), Some("boris"));
    assert_eq!(world.decision("d").counts, [(Verdict::Chosen, 1), (Verdict::Declined, 1)]);
    world.pass_on("d", Pass::Expired);
    world.deliver_all();
    let decision = world.decision("d");
    assert_eq!(decision.steps[0].outcome, StepOutcome::NobodyAccepted);
    assert_eq!(decision.counts, [(Verdict::Declined, 1), (Verdict::DidNotAccept, 1)]);
    assert_eq!(decision.ask_again_at, Some(at(1_060)));
    assert_eq!((offered(&world, "d"), world.desk.deadline()), (None, Some(at(1_060))));
    world.check();
    world.pass(59);
    world.deliver_all();
    assert_eq!(offered(&world, "d"), None);
    world.pass(1);
    world.deliver_all();
    assert!(offered(&world, "d").is_some(), "after a minute they are asked again");
    // The second pause is longer.
    for _ in 0..2 {
        world.pass_on("d", Pass::Declined);
        world.deliver_all();
    }
    assert_eq!(world.decision("d").ask_again_at, Some(at(1_180)));
    world.check();
}

#[test]
fn whoever_comes_meanwhile_is_asked_at_once() {
    let mut world = world(5);
    world.absent("boris", Absence::Dinner);
    world.open("d", "c", "telegram");
    world.pass_on("d", Pass::Declined);
    world.deliver_all();
    assert_eq!(offered(&world, "d"), None);
    world.present("boris");
    world.deliver_all();
    assert_eq!(offered(&world, "d").as_deref(), Some("boris"));
    world.check();
}

#[test]
fn a_step_whose_people_passed_is_skipped_and_one_that_waits_keeps_its_time() {
    let steps = vec![waiting(asking(to(group("sales")), 30), 120), to(group("help"))];
    let groups = vec![("sales", vec!["ana", "boris"]), ("help", vec!["vera"])];
    let mut world = staffed(&Sketch { groups, ..Sketch::of(steps) });
    world.open("d", "c", "telegram");
    for _ in 0..2 {
        world.pass_on("d", Pass::Declined);
        world.deliver_all();
    }
    assert_eq!(holder(&world, "d").as_deref(), Some("vera"), "nobody of sales is left to ask");
    // boris is full: his step is waited at, from when it was entered.
    world.open("e", "e", "telegram");
    assert!(offered(&world, "e").is_some());
    world.check();
}

#[test]
fn who_leaves_while_they_are_asked_has_passed() {
    let mut world = world(5);
    world.open("d", "c", "telegram");
    world.absent("ana", Absence::Offline);
    assert!(matches!(world.on_the_way.back(), Some(Order::Lapse { .. })));
    world.deliver_all();
    assert_eq!(offered(&world, "d").as_deref(), Some("boris"));
    assert_eq!(load(&world, "ana"), Units::ZERO);
    world.check();
}

#[test]
fn a_choice_by_hand_ends_an_offer_and_frees_the_room() {
    let mut world = world(1);
    world.open("d", "c", "telegram");
    world.hold(&DialogId::trusted("d"), "vera");
    assert_eq!((load(&world, "ana"), holder(&world, "d").as_deref()), (Units::ZERO, Some("vera")));
    world.check();
}

#[test]
fn an_offer_takes_up_a_place_in_its_group() {
    let steps = vec![asking(to(group("sales")), 30)];
    let groups = vec![("sales", vec!["ana", "boris"])];
    let mut world = staffed(&Sketch { groups, caps: vec![("sales", 1)], ..Sketch::of(steps) });
    world.open("d", "c", "telegram");
    world.open("e", "e", "telegram");
    assert_eq!(offered(&world, "e"), None);
    assert_eq!(world.decision("e").steps[0].outcome, StepOutcome::GroupFull);
    world.accept("d");
    world.deliver_all();
    assert_eq!(offered(&world, "e"), None, "accepted, it has the same place");
    world.close("d");
    world.deliver_all();
    assert!(offered(&world, "e").is_some());
    world.check();
}
