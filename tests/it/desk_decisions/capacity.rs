//! How much people are given.

use reparto::domain::ids::DialogId;
use reparto::domain::routing::{Step, Target, Verdict};
use reparto::domain::units::Units;

use super::{customer, single_unit, world};
use crate::desk_sketch::{Sketch, at, to, waiting};

#[test]
fn a_step_may_book_over_the_capacity() {
    let over = Step { over_capacity: Units::ONE, ..waiting(to(Target::Owner), 60) };
    let mut world = world(&single_unit(vec![over, to(Target::Everyone)]), &["ana"]);
    world.over_capacity = Units::ONE;
    world.desk.put_customer(customer("c", Some("ana")), at(1_000));
    for id in ["a", "b", "d"] {
        world.open(id, "c", "telegram");
    }
    assert_eq!(world.holder("b").as_deref(), Some("ana"));
    assert_eq!((world.holder("d"), world.load("ana")), (None, Units::whole(2)));
    assert_eq!(world.decision("d").counts, [(Verdict::OverCapacity, 1)]);
}

#[test]
fn weights_of_channels_are_booked_and_small_dialogs_fit_where_large_ones_do_not() {
    let weights = vec![("site", Units::whole(2)), ("email", Units::from_milli(500))];
    let sketch = Sketch { weights, units: 3, ..Sketch::of(vec![to(Target::Everyone)]) };
    let mut world = world(&sketch, &["ana"]);
    for (id, kind) in [("a", "site"), ("b", "site"), ("c", "email"), ("d", "email"), ("e", "email")] {
        world.open(id, "c", kind);
    }
    let held: Vec<bool> = ["a", "b", "c", "d", "e"].iter().map(|id| world.holder(id).is_some()).collect();
    assert_eq!(held, [true, false, true, true, false]);
    assert_eq!(world.load("ana"), Units::whole(3));
    world.close("a");
    world.deliver_all();
    assert!(world.holder("b").is_some(), "it waited longest");
    assert!(world.holder("e").is_none());
    world.check();
}

#[test]
fn a_choice_by_hand_is_a_fact_and_may_exceed_the_capacity() {
    let mut world = world(&single_unit(vec![to(Target::Everyone)]), &["ana"]);
    world.open("a", "c", "telegram");
    world.open("b", "c", "telegram");
    world.hold(&DialogId::trusted("b"), "ana");
    world.deliver_all();
    assert_eq!(world.load("ana"), Units::whole(2));
    world.close("a");
    world.open("d", "c", "telegram");
    assert_eq!(world.holder("d"), None);
    world.check();
}
