//! What happens when no rule and no step can serve.

use reparto::domain::account::DefaultAssignment;
use reparto::domain::ids::{GroupId, ManagerId};
use reparto::domain::manager::{Absence, Manager};
use reparto::domain::routing::{FallbackReason, Target};
use reparto::rules::ruleset::BotMode;

use super::{single_unit, world};
use crate::desk_sketch::{Sketch, group, manager, person, to, waiting};

#[test]
fn exhausted_steps_lead_to_the_default_assignment() {
    let steps = vec![waiting(to(group("sales")), 30)];
    let fallback = Some(DefaultAssignment::Group(GroupId::trusted("duty")));
    let groups = vec![("sales", vec!["ana"]), ("duty", vec!["lead"])];
    let sketch = Sketch { fallback, groups, ..single_unit(steps) };
    let mut world = world(&sketch, &["ana", "lead"]);
    world.open("a", "c", "telegram");
    world.open("b", "c", "telegram");
    assert_eq!(world.holder("b"), None);
    world.pass(30);
    world.deliver_all();
    assert_eq!(world.holder("b").as_deref(), Some("lead"));
    let decision = world.decision("b");
    assert_eq!((decision.fallback, decision.step), (Some(FallbackReason::StepsExhausted), None));
    world.absent("ana", Absence::Offline);
    world.close("b");
    world.open("c", "c", "telegram");
    assert_eq!(world.holder("c").as_deref(), Some("lead"), "nobody present: the last step is left at once");
}

#[test]
fn a_last_step_without_time_limit_never_falls_back_unless_it_is_in_vain() {
    let fallback = Some(DefaultAssignment::Manager(ManagerId::trusted("lead")));
    let sketch = Sketch { fallback: fallback.clone(), ..single_unit(vec![to(group("sales"))]) };
    let sketch = Sketch { groups: vec![("sales", vec!["ana"])], ..sketch };
    let mut world = world(&sketch, &["lead"]);
    world.enrol(person("ana", &[]));
    world.open("a", "c", "telegram");
    world.pass(100_000);
    assert_eq!(world.holder("a"), None);
    world.close("a");
    let in_vain = Sketch { fallback, version: 2, ..single_unit(vec![to(Target::Owner)]) };
    let orders = world.desk.set_rules(in_vain.compile(), false, world.now);
    world.take(orders);
    world.open("b", "nobodys", "telegram");
    assert_eq!(world.holder("b").as_deref(), Some("lead"));
}

#[test]
fn waiting_becomes_vain_when_the_last_one_named_is_removed() {
    let fallback = Some(DefaultAssignment::Manager(ManagerId::trusted("lead")));
    let mut world = world(&Sketch { fallback, ..single_unit(vec![to(manager("ana"))]) }, &["ana", "lead"]);
    world.open("a", "c", "telegram");
    world.open("b", "c", "telegram");
    world.absent("ana", Absence::Offline);
    assert_eq!(world.holder("b"), None);
    world.enrol(Manager { active: false, ..person("ana", &[]) });
    world.deliver_all();
    assert_eq!(world.holder("b").as_deref(), Some("lead"));
    world.check();
}

#[test]
fn the_default_manager_is_booked_present_or_not_but_never_over_capacity() {
    let fallback = Some(DefaultAssignment::Manager(ManagerId::trusted("lead")));
    let sketch = Sketch { mode: BotMode::Off, fallback, ..single_unit(vec![to(Target::Everyone)]) };
    let mut world = world(&sketch, &["ana"]);
    world.enrol(person("lead", &[]));
    world.open("a", "c", "telegram");
    world.open("b", "c", "telegram");
    assert_eq!((world.holder("a").as_deref(), world.holder("b")), (Some("lead"), None));
    assert_eq!(world.decision("a").fallback, Some(FallbackReason::BotOff));
    world.close("a");
    world.deliver_all();
    assert_eq!(world.holder("b").as_deref(), Some("lead"));
    world.check();
}
