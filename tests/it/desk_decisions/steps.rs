//! How a request walks the steps of its rule, and when it leaves one.

use std::sync::Arc;
use std::time::Duration;

use reparto::desk::Order;
use reparto::domain::account::DefaultAssignment;
use reparto::domain::announcement::Body;
use reparto::domain::customer::{Customer, LastServed};
use reparto::domain::dialog::{DialogState, Standing};
use reparto::domain::ids::{CustomerId, DialogId, ManagerId};
use reparto::domain::manager::Absence;
use reparto::domain::routing::{Cause, DecisionEffect, Responsible, Step, StepOutcome, Target, Verdict};
use reparto::domain::units::Units;

use super::{customer, outcomes, single_unit, world};
use crate::desk_sketch::{Sketch, at, group, manager, person, to, waiting};

#[test]
fn the_owner_is_waited_for_while_full_and_then_the_search_widens() {
    let steps = vec![waiting(to(Target::Owner), 120), to(Target::Everyone)];
    let mut world = world(&single_unit(steps), &["ana", "boris"]);
    world.desk.put_customer(customer("c", Some("ana")), at(1_000));
    world.open("first", "c", "telegram");
    assert_eq!(world.holder("first").as_deref(), Some("ana"));
    world.open("second", "c", "telegram");
    assert_eq!(world.holder("second"), None);
    assert_eq!(outcomes(&world, "second"), [StepOutcome::Full]);
    assert_eq!(world.desk.deadline(), Some(at(1_120)));
    world.pass(119);
    assert_eq!(world.holder("second"), None);
    world.pass(1);
    world.deliver_all();
    assert_eq!(world.holder("second").as_deref(), Some("boris"));
    assert_eq!(outcomes(&world, "second"), [StepOutcome::Passed, StepOutcome::Chosen]);
    assert_eq!(world.decision("second").waited, Duration::from_mins(2));
    world.check();
}

#[test]
fn whom_an_earlier_step_names_goes_first_even_later() {
    let steps = vec![waiting(to(Target::Owner), 10), to(Target::Everyone)];
    let mut world = world(&single_unit(steps), &["ana", "boris"]);
    world.desk.put_customer(customer("c", Some("boris")), at(1_000));
    world.open("a", "c", "telegram");
    world.open("b", "other", "telegram");
    world.open("late", "c", "telegram");
    world.pass(60);
    world.deliver_all();
    assert_eq!(world.holder("late"), None);
    world.close("a");
    world.deliver_all();
    assert_eq!(world.holder("late").as_deref(), Some("boris"));
    assert_eq!(world.decision("late").step, Some(0));
}

#[test]
fn steps_without_anybody_present_are_skipped_but_their_people_may_come() {
    let steps = vec![waiting(to(Target::Owner), 120), waiting(to(group("sales")), 60), to(group("duty"))];
    let sketch = Sketch { groups: vec![("sales", vec!["ana"]), ("duty", vec!["lead"])], ..Sketch::of(steps) };
    let mut world = world(&sketch, &[]);
    world.enrol(person("ana", &[]));
    world.enrol(person("lead", &[]));
    world.open("d", "c", "telegram");
    let absent = StepOutcome::NobodyPresent;
    let expected = [StepOutcome::NoSuchPerson, absent, absent];
    assert_eq!(outcomes(&world, "d"), expected);
    assert_eq!(world.decision("d").effect, DecisionEffect::Waiting);
    assert_eq!(world.decision("d").counts, [(Verdict::Absent(Absence::Offline), 2)]);
    world.present("ana");
    world.deliver_all();
    assert_eq!(world.holder("d").as_deref(), Some("ana"));
}

#[test]
fn a_dialog_leaves_a_step_when_its_last_person_leaves_work() {
    let steps = vec![to(group("sales")), to(group("duty"))];
    let sketch =
        Sketch { groups: vec![("sales", vec!["ana"]), ("duty", vec!["lead"])], ..single_unit(steps) };
    let mut world = world(&sketch, &["ana", "lead"]);
    world.open("a", "c", "telegram");
    world.open("b", "c", "telegram");
    assert_eq!(world.holder("b"), None);
    world.absent("ana", Absence::WrapUp);
    assert_eq!(world.holder("b"), None, "the pause after a dialog is no absence");
    world.absent("ana", Absence::Dinner);
    world.deliver_all();
    assert_eq!(world.holder("b").as_deref(), Some("lead"));
    world.check();
}

#[test]
fn only_replaces_the_people_of_earlier_steps() {
    let only = Step { only: true, ..to(manager("boris")) };
    let mut world = world(&single_unit(vec![waiting(to(manager("ana")), 10), only]), &["ana", "boris"]);
    world.open("a", "c", "telegram");
    let by = Responsible::Manager(ManagerId::trusted("boris"));
    let held = Standing::Held {
        by,
        charge: Units::ONE,
        awaits_reply: false,
        answered: false,
        through: None,
        offered: None,
    };
    assert_eq!(world.desk.stand(&DialogId::trusted("x"), held, world.now), []);
    world.open("b", "c", "telegram");
    world.pass(10);
    world.close("a");
    world.deliver_all();
    assert_eq!(world.holder("b"), None, "ana is no longer asked");
    let orders = world.desk.stand(&DialogId::trusted("x"), Standing::Gone, world.now);
    world.take(orders);
    world.deliver_all();
    assert_eq!(world.holder("b").as_deref(), Some("boris"));
}

#[test]
fn a_missing_target_is_announced_once_and_skipped() {
    let mut world = world(&Sketch::of(vec![to(group("ghosts")), to(Target::Everyone)]), &["ana"]);
    world.open("a", "c", "telegram");
    world.open("b", "c", "telegram");
    assert_eq!(world.holder("b").as_deref(), Some("ana"));
    assert_eq!(outcomes(&world, "b")[0], StepOutcome::TargetMissing);
    let missing =
        |order: &&Order| matches!(order, Order::Announce { body: Body::TargetMissing { step: 0, .. }, .. });
    assert_eq!(world.log.iter().filter(missing).count(), 1);
}

#[test]
fn a_new_owner_is_asked_at_once() {
    let steps = vec![to(Target::Owner), to(group("duty"))];
    let mut world = world(&Sketch { groups: vec![("duty", vec!["lead"])], ..Sketch::of(steps) }, &["ana"]);
    world.open("a", "c", "telegram");
    assert_eq!(world.holder("a"), None);
    let orders = world.desk.put_customer(customer("c", Some("ana")), at(1_005));
    world.take(orders);
    world.deliver_all();
    assert_eq!(world.holder("a").as_deref(), Some("ana"));
}

#[test]
fn the_last_manager_counts_for_as_long_as_the_rule_says() {
    let within = Some(Duration::from_secs(100));
    let mut world =
        world(&Sketch::of(vec![to(Target::LastManager { within }), to(manager("boris"))]), &["ana", "boris"]);
    let id = CustomerId::trusted("c");
    let served = LastServed { manager: ManagerId::trusted("ana"), at: at(950) };
    assert!(world.desk.remember_serving(&id, served.clone()).is_none(), "not on record");
    world.desk.put_customer(customer("c", None), at(1_000));
    assert!(world.desk.remember_serving(&id, served.clone()).is_some());
    assert!(world.desk.remember_serving(&id, served).is_none(), "nothing new");
    world.open("a", "c", "telegram");
    assert_eq!(world.holder("a").as_deref(), Some("ana"));
    world.pass(51);
    world.open("b", "c", "telegram");
    assert_eq!(world.holder("b").as_deref(), Some("boris"));
    assert_eq!(outcomes(&world, "b")[0], StepOutcome::NoSuchPerson);
}

#[test]
fn a_request_for_one_target_goes_nowhere_else() {
    let fallback = Some(DefaultAssignment::Manager(ManagerId::trusted("ana")));
    let mut world = world(&Sketch { fallback, ..Sketch::of(vec![to(Target::Everyone)]) }, &["ana"]);
    world.enrol(person("lead", &["duty"]));
    world.open("a", "c", "telegram");
    let id = DialogId::trusted("a");
    world.become_of(&id, DialogState::Waiting { since: at(1_000), place: None });
    world.ask(&id, Cause::Manual, None, Some(group("duty")));
    world.deliver_all();
    assert_eq!(world.holder("a"), None);
    let decision = world.decision("a");
    assert_eq!((decision.rule.clone(), decision.fallback), (None, None));
    world.present("lead");
    world.deliver_all();
    assert_eq!(world.holder("a").as_deref(), Some("lead"));
}

#[test]
fn of_dialogs_whose_steps_end_in_the_same_moment_the_most_urgent_goes_on_first() {
    let steps = vec![waiting(to(group("sales")), 60), to(Target::Everyone)];
    let groups = vec![("sales", vec!["boris"])];
    let mut world = world(
        &Sketch { groups, priorities: vec![(true, 6_000, 1)], ..single_unit(steps) },
        &["ana", "boris"],
    );
    let vip = Customer { vip: true, ..Customer::new(CustomerId::trusted("v")) };
    world.desk.put_customer(Arc::new(vip), at(1_000));
    world.open("before", "c", "telegram");
    assert_eq!(world.holder("before").as_deref(), Some("boris"));
    world.open("a", "c", "telegram");
    world.open("b", "v", "telegram");
    world.pass(60);
    world.deliver_all();
    assert_eq!(world.holder("b").as_deref(), Some("ana"));
    assert_eq!(world.holder("a"), None);
    world.check();
}

#[test]
fn of_dialogs_that_gain_nothing_by_waiting_the_one_that_waited_longest_goes_first() {
    let sketch = Sketch { priorities: vec![(false, 100, 0)], ..single_unit(vec![to(Target::Everyone)]) };
    let mut world = world(&sketch, &["ana"]);
    world.open("before", "c", "telegram");
    world.open("z", "c", "telegram");
    world.pass(1);
    world.open("a", "c", "telegram");
    world.close("before");
    world.deliver_all();
    assert_eq!(world.holder("z").as_deref(), Some("ana"));
    assert_eq!(world.holder("a"), None);
    world.check();
}
