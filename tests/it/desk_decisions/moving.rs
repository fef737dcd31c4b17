//! Dialogs that leave whoever has them.

use std::time::Duration;

use reparto::desk::Order;
use reparto::domain::closing::OfflineWhich;
use reparto::domain::dialog::DialogState;
use reparto::domain::ids::{DialogId, ManagerId};
use reparto::domain::manager::{Absence, Manager};
use reparto::domain::routing::{Cause, DecisionEffect, Target, Verdict};
use reparto::domain::units::Units;

use super::{single_unit, world};
use crate::desk_sketch::{Sketch, at, person, to};
use crate::desk_world::World;

#[test]
fn whoever_failed_is_passed_over() {
    let mut world = world(&Sketch::of(vec![to(Target::Everyone)]), &["ana", "boris"]);
    world.open("a", "c", "telegram");
    let id = DialogId::trusted("a");
    world.become_of(&id, DialogState::Waiting { since: at(1_000), place: None });
    world.ask(&id, Cause::Returned, Some(ManagerId::trusted("ana")), None);
    world.deliver_all();
    assert_eq!(world.holder("a").as_deref(), Some("boris"));
    assert_eq!(world.decision("a").counts, [(Verdict::Chosen, 1), (Verdict::FailedBefore, 1)]);
}

#[test]
fn a_dialog_to_be_moved_is_kept_until_somebody_else_is_free() {
    let mut world = world(&single_unit(vec![to(Target::Everyone)]), &["ana"]);
    world.open("a", "c", "telegram");
    let id = DialogId::trusted("a");
    world.ask(&id, Cause::NoReply, Some(ManagerId::trusted("ana")), None);
    world.deliver_all();
    assert_eq!(world.decision("a").effect, DecisionEffect::Kept);
    assert_eq!(world.desk.view().waiting, 0, "somebody holds it");
    assert_eq!(world.load("ana"), Units::ONE);
    world.enrol(person("boris", &[]));
    world.present("boris");
    assert_eq!(
        (world.load("ana"), world.load("boris")),
        (Units::ONE, Units::ONE),
        "booked on both for a moment"
    );
    world.deliver_all();
    assert_eq!(world.decision("a").effect, DecisionEffect::Reassigned);
    assert_eq!((world.holder("a").as_deref(), world.load("ana")), (Some("boris"), Units::ZERO));
    world.check();
}

#[test]
fn dialogs_leave_whoever_is_away_for_too_long_and_stay_when_they_are_back_in_time() {
    let offline = Some((Duration::from_mins(3), OfflineWhich::Waiting));
    let mut world = world(&Sketch { offline, ..Sketch::of(vec![to(Target::Everyone)]) }, &["ana"]);
    world.open("a", "c", "telegram");
    world.open("b", "c", "telegram");
    if let Some(player) = world.players.get_mut(&DialogId::trusted("b")) {
        player.dialog.awaiting_reply_since = None;
    }
    world.tell(&DialogId::trusted("b"));
    world.absent("ana", Absence::Dinner);
    world.pass(1_000);
    assert_eq!(world.desk.deadline(), None, "a dinner is no desertion");
    world.absent("ana", Absence::Offline);
    world.pass(179);
    assert!(!world.log.iter().any(|order| matches!(order, Order::Move { .. })));
    world.pass(1);
    let moved = |world: &World, id: &str| {
        let moves = world.log.iter().filter(|order| match order {
            Order::Move { dialog, cause, .. } => dialog.as_str() == id && *cause == Cause::Offline,
            Order::Route { .. }
            | Order::Stay { .. }
            | Order::Lapse { .. }
            | Order::Save { .. }
            | Order::Announce { .. } => false,
        });
        moves.count()
    };
    assert_eq!((moved(&world, "a"), moved(&world, "b")), (1, 0));
    world.deliver_all();
    if let Some(player) = world.players.get_mut(&DialogId::trusted("b")) {
        player.dialog.awaiting_reply_since = Some(world.now);
    }
    world.tell(&DialogId::trusted("b"));
    assert_eq!(moved(&world, "b"), 1, "the customer wrote meanwhile");
    world.deliver_all();
    world.present("ana");
    let stays = world.log.iter().filter(|order| matches!(order, Order::Stay { .. })).count();
    assert_eq!(stays, 2);
    world.deliver_all();
    assert_eq!(world.holder("a").as_deref(), Some("ana"));
    world.check();
}

#[test]
fn dialogs_of_a_removed_manager_are_told_to_leave() {
    let mut world = world(&Sketch::of(vec![to(Target::Everyone)]), &["ana"]);
    world.open("a", "c", "telegram");
    world.enrol(Manager { active: false, ..person("ana", &[]) });
    world.enrol(person("boris", &[]));
    world.present("boris");
    world.deliver_all();
    assert_eq!(world.holder("a").as_deref(), Some("boris"));
    assert!(world.desk.manager(&ManagerId::trusted("ana")).is_none());
    assert_eq!(world.desk.view().managers.len(), 1);
    world.check();
}
