//! Limits of groups: when a group is full, when it has a place again, and what is told of it.

use reparto::domain::dialog::DialogState;
use reparto::domain::ids::DialogId;
use reparto::domain::routing::{Cause, GroupUse, Step, StepOutcome, Verdict};

use crate::desk_sketch::{Sketch, at, group, manager, person, to, waiting};
use crate::desk_world::World;

const START: i64 = 1_000;

fn limited(most: u32, steps: Vec<Step>) -> Sketch {
    Sketch { groups: vec![("sales", vec!["ana", "boris"])], caps: vec![("sales", most)], ..Sketch::of(steps) }
}

fn world(sketch: &Sketch) -> World {
    let mut world = World::new(sketch.compile(), at(START));
    for id in ["ana", "boris", "vera"] {
        world.enrol(person(id, &[]));
        world.present(id);
    }
    world
}

fn used(world: &World) -> Option<GroupUse> {
    world.desk.group_uses().find(|(group, _)| group.as_str() == "sales").map(|(_, used)| used)
}

fn holder(world: &World, id: &str) -> Option<String> {
    let player = world.players.get(&DialogId::trusted(id))?;
    player.dialog.responsible()?.manager().map(ToString::to_string)
}

#[test]
fn a_full_group_gives_nobody_a_dialog_until_one_of_its_own_closes() {
    let mut world = world(&limited(2, vec![to(group("sales"))]));
    for id in ["a", "b", "c"] {
        world.open(id, id, "telegram");
    }
    assert_eq!(holder(&world, "c"), None);
    let decision = world.decision("c");
    assert_eq!(decision.steps[0].outcome, StepOutcome::GroupFull);
    assert_eq!(decision.steps[0].group_full, Some(GroupUse { used: 2, most: 2 }));
    assert_eq!(decision.counts, [(Verdict::GroupFull, 2)], "vera is not named");
    world.check();
    world.close("a");
    world.deliver_all();
    assert!(holder(&world, "c").is_some(), "served in the moment that a place is free");
    assert_eq!(used(&world), Some(GroupUse { used: 2, most: 2 }));
    world.check();
}

#[test]
fn its_people_still_get_what_other_steps_give_them() {
    let mut world = world(&limited(1, vec![waiting(to(group("sales")), 60), to(manager("ana"))]));
    world.open("a", "a", "telegram");
    world.open("b", "b", "telegram");
    assert_eq!(holder(&world, "b"), None, "a full group is waited at like full people");
    world.pass(60);
    world.deliver_all();
    assert_eq!(holder(&world, "b").as_deref(), Some("ana"));
    assert_eq!(used(&world), Some(GroupUse { used: 1, most: 1 }), "it did not come through the group");
    world.check();
}

#[test]
fn what_people_assign_by_hand_takes_up_no_place() {
    let mut world = world(&limited(1, vec![to(group("sales"))]));
    world.open("a", "a", "telegram");
    world.open("b", "b", "telegram");
    world.hold(&DialogId::trusted("b"), "ana");
    assert_eq!(used(&world).map(|used| used.used), Some(1));
    // Nor does one any more that somebody else was given by hand.
    world.open("c", "c", "telegram");
    assert_eq!(holder(&world, "c"), None);
    world.hold(&DialogId::trusted("a"), "vera");
    world.deliver_all();
    assert!(holder(&world, "c").is_some());
    world.check();
}

#[test]
fn a_dialog_on_its_way_is_counted_once_and_a_declined_one_no_more() {
    let mut world = world(&limited(1, vec![to(group("sales"))]));
    world.begin("a", "a", "telegram");
    assert_eq!(used(&world).map(|used| used.used), Some(1), "promised");
    world.open("b", "b", "telegram");
    assert_eq!(used(&world).map(|used| used.used), Some(1), "held");
    // It closes before a second answer reaches it.
    world.close("a");
    world.close("b");
    world.deliver_all();
    assert_eq!(used(&world).map(|used| used.used), Some(0));
    world.check();
}

#[test]
fn one_that_moves_within_its_group_keeps_its_place() {
    let mut world = world(&limited(1, vec![to(group("sales"))]));
    world.open("a", "a", "telegram");
    let before = holder(&world, "a");
    let id = DialogId::trusted("a");
    let player = world.players.get_mut(&id).expect("it is open");
    let from = player.dialog.responsible().and_then(|holder| holder.manager()).cloned();
    if let DialogState::Assigned { moving, .. } = &mut player.dialog.state {
        *moving = Some(Cause::NoReply);
    }
    world.tell(&id);
    world.ask(&id, Cause::NoReply, from, None);
    assert_eq!(used(&world).map(|used| used.used), Some(1), "held and promised, counted once");
    world.check();
    world.deliver_all();
    assert!(holder(&world, "a").is_some_and(|after| Some(after) != before));
    assert_eq!(used(&world).map(|used| used.used), Some(1));
}

#[test]
fn a_limit_counts_from_the_moment_the_rules_change() {
    let steps = || vec![to(group("sales"))];
    let mut world = world(&limited(2, steps()));
    for id in ["a", "b", "c", "d"] {
        world.open(id, id, "telegram");
    }
    assert_eq!((holder(&world, "c"), holder(&world, "d")), (None, None));
    let lowered = Sketch { version: 2, ..limited(1, steps()) };
    let orders = world.desk.set_rules(lowered.compile(), false, world.now);
    world.take(orders);
    world.deliver_all();
    assert_eq!(used(&world), Some(GroupUse { used: 2, most: 1 }), "who is there stays");
    world.close("a");
    world.deliver_all();
    assert_eq!(holder(&world, "c"), None, "one for one is not enough");
    world.check();
    let raised = Sketch { version: 3, ..limited(2, steps()) };
    let orders = world.desk.set_rules(raised.compile(), false, world.now);
    world.take(orders);
    world.deliver_all();
    assert!(holder(&world, "c").is_some(), "the raised limit serves at once");
    assert_eq!(holder(&world, "d"), None);
    let without = Sketch { version: 4, caps: Vec::new(), ..limited(2, steps()) };
    let orders = world.desk.set_rules(without.compile(), false, world.now);
    world.take(orders);
    world.deliver_all();
    assert!(holder(&world, "d").is_some(), "and so does taking it away");
    assert_eq!(used(&world), None);
    world.check();
}

#[test]
fn a_place_goes_to_the_most_urgent_who_fits() {
    let mut world = world(&Sketch { units: 1, ..limited(1, vec![to(group("sales"))]) });
    world.open("a", "a", "telegram");
    for (second, id) in (1..).zip(["b", "c"]) {
        world.now = at(START + second);
        world.open(id, id, "telegram");
    }
    world.close("a");
    world.deliver_all();
    assert!(holder(&world, "b").is_some());
    assert_eq!(holder(&world, "c"), None);
    world.check();
}
