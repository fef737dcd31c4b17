//! What the desk tells about itself and about its decisions.

use std::time::Duration;

use reparto::domain::manager::{Absence, Availability};
use reparto::domain::refusal::Refusal;
use reparto::domain::routing::{Target, Verdict};
use reparto::domain::units::Units;

use super::{customer, single_unit, world};
use crate::desk_sketch::{Sketch, at, group, manager, person, to};

#[test]
fn who_may_be_chosen_by_hand() {
    let sketch = Sketch { groups: vec![("duty", vec!["lead"])], ..Sketch::of(vec![to(Target::Everyone)]) };
    let mut world = world(&sketch, &["ana"]);
    world.enrol(person("vera", &["night"]));
    let unknown = |kind, id: &str| Err(Refusal::Unknown { kind, id: id.into() });
    let desk = &world.desk;
    assert_eq!(desk.authorize_assign(&manager("ana"), false), Ok(()));
    let absent = Refusal::ManagerAbsent { manager: "vera".into(), absence: "offline" };
    assert_eq!(desk.authorize_assign(&manager("vera"), false), Err(absent));
    assert_eq!(desk.authorize_assign(&manager("vera"), true), Ok(()));
    assert_eq!(desk.authorize_assign(&manager("zoe"), true), unknown("manager", "zoe"));
    assert_eq!(desk.authorize_assign(&group("duty"), false), Ok(()));
    assert_eq!(desk.authorize_assign(&group("night"), false), Ok(()));
    assert_eq!(desk.authorize_assign(&group("day"), false), unknown("group", "day"));
}

#[test]
fn the_view_tells_who_waits_and_how_busy_people_are() {
    let sketch =
        Sketch { groups: vec![("sales", vec!["ana", "boris"])], ..single_unit(vec![to(group("sales"))]) };
    let mut world = world(&sketch, &["ana"]);
    world.enrol(person("boris", &[]));
    for (id, kind) in [("a", "telegram"), ("b", "site"), ("c", "telegram")] {
        world.open(id, "c", kind);
    }
    world.pass(30);
    let view = world.desk.view();
    let waiting: Vec<_> =
        view.queue.iter().map(|waits| (waits.dialog.as_str(), &*waits.channel_kind)).collect();
    assert_eq!(waiting, [("b", "site"), ("c", "telegram")], "the oldest first");
    assert_eq!((view.waiting, view.serviceable), (2, 0));
    assert_eq!(view.oldest_waiting_since.map(|since| world.now.since(since)), Some(Duration::from_secs(30)));
    let states: Vec<_> = view.managers.iter().map(|seen| (seen.manager.id.as_str(), seen.load)).collect();
    assert_eq!(states, [("ana", Units::ONE), ("boris", Units::ZERO)]);
}

#[test]
fn in_a_large_account_a_decision_lists_the_nearest_and_counts_all() {
    let mut world = world(&single_unit(vec![to(Target::Owner), to(Target::Everyone)]), &[]);
    for n in 0..100 {
        let id = format!("m{n:03}");
        world.enrol(person(&id, &[]));
        world.set(
            &id,
            if n % 2 == 0 { Availability::Available } else { Availability::Absent(Absence::Break, at(0)) },
        );
    }
    world.desk.put_customer(customer("c", Some("m001")), at(1_000));
    world.open("a", "c", "telegram");
    world.open("b", "c", "telegram");
    let decision = world.decision("b");
    let names: Vec<&str> = decision.candidates.iter().map(|candidate| candidate.manager.as_str()).collect();
    assert_eq!(names, ["m002", "m001", "m004", "m006"]);
    let mut counts = decision.counts.clone();
    counts.sort_by_key(|(verdict, _)| verdict.word());
    let expected = [
        (Verdict::Absent(Absence::Break), 50),
        (Verdict::Chosen, 1),
        (Verdict::Outranked, 48),
        (Verdict::OverCapacity, 1),
    ];
    assert_eq!(counts, expected);
}
