//! Managers who are never given the dialogs of a customer.

use std::sync::Arc;

use reparto::domain::customer::Customer;
use reparto::domain::ids::{CustomerId, DialogId, ManagerId};
use reparto::domain::manager::Absence;
use reparto::domain::routing::{Cause, Step, StepOutcome, Strategy, Target, Verdict};
use reparto::domain::sentence::sentence;

use super::{outcomes, single_unit, world};
use crate::desk_sketch::{Sketch, group, person, to, waiting};
use crate::desk_world::World;

fn excluding(world: &mut World, customer: &str, owner: Option<&str>, vip: bool, excluded: &[&str]) {
    let mut record = Customer::new(CustomerId::trusted(customer));
    record.owner = owner.map(ManagerId::trusted);
    record.vip = vip;
    record.excluded_managers = excluded.iter().map(|id| ManagerId::trusted(id)).collect();
    let orders = world.desk.put_customer(Arc::new(record), world.now);
    world.take(orders);
    world.deliver_all();
}

#[test]
fn whom_the_customer_excludes_gets_nothing_of_theirs_by_any_step() {
    let steps = vec![waiting(to(Target::Owner), 60), to(Target::Everyone)];
    let mut world = world(&Sketch::of(steps), &["ana", "boris"]);
    excluding(&mut world, "c", Some("ana"), false, &["ana"]);
    world.open("d", "c", "telegram");
    assert_eq!(world.holder("d").as_deref(), Some("boris"));
    assert_eq!(outcomes(&world, "d"), [StepOutcome::Excluded, StepOutcome::Chosen]);
    let decision = world.decision("d");
    assert_eq!(decision.counts, [(Verdict::Chosen, 1), (Verdict::Excluded, 1)]);
    let told = "Went to boris by rule standard, step 2: own manager ana may not serve this customer; \
                boris has room (0 of 5).";
    assert_eq!(sentence(&decision), told);

    world.ask(&DialogId::trusted("d"), Cause::NoReply, Some(ManagerId::trusted("boris")), None);
    world.deliver_all();
    assert_eq!(world.holder("d").as_deref(), Some("boris"), "neither does a move lead to ana");
    assert_eq!(world.decision("d").counts, [(Verdict::FailedBefore, 1), (Verdict::Excluded, 1)]);
    world.check();
}

#[test]
fn a_person_may_assign_to_them_all_the_same() {
    let mut world = world(&Sketch::of(vec![to(Target::Everyone)]), &["ana"]);
    excluding(&mut world, "c", None, false, &["ana"]);
    world.open("d", "c", "telegram");
    assert_eq!(world.holder("d"), None);
    assert_eq!(outcomes(&world, "d"), [StepOutcome::Excluded]);
    world.hold(&DialogId::trusted("d"), "ana");
    assert_eq!(world.holder("d").as_deref(), Some("ana"));
    world.check();
}

#[test]
fn a_dialog_waits_past_them_and_is_found_when_the_record_changes() {
    let mut world = world(&single_unit(vec![to(Target::Everyone)]), &["ana", "boris"]);
    excluding(&mut world, "c", None, false, &["ana"]);
    world.open("first", "c", "telegram");
    world.open("second", "c", "telegram");
    assert_eq!((world.holder("first").as_deref(), world.holder("second")), (Some("boris"), None));
    world.check();
    world.open("other", "someone", "telegram");
    assert_eq!(world.holder("other").as_deref(), Some("ana"), "ana is free for anybody else");
    world.close("other");
    world.deliver_all();
    assert_eq!(world.holder("second"), None, "even when ana is freed");
    excluding(&mut world, "c", None, false, &[]);
    assert_eq!(world.holder("second").as_deref(), Some("ana"));
    world.check();
}

#[test]
fn the_file_excludes_managers_and_groups_of_those_it_is_about() {
    let sketch = Sketch {
        groups: vec![("juniors", vec!["boris", "vera"])],
        excludes: vec![(true, vec!["ana"], vec!["juniors"])],
        ..Sketch::of(vec![to(Target::Owner), to(Target::Everyone)])
    };
    let mut world = world(&sketch, &["ana", "boris", "vera", "zoe"]);
    excluding(&mut world, "vip", Some("vera"), true, &[]);
    world.open("d", "vip", "telegram");
    assert_eq!(world.holder("d").as_deref(), Some("zoe"));
    assert_eq!(world.decision("d").counts, [(Verdict::Chosen, 1), (Verdict::Excluded, 3)]);
    world.open("other", "c", "telegram");
    assert_eq!(world.holder("other").as_deref(), Some("ana"));
    world.check();
}

#[test]
fn all_exclusions_that_match_apply() {
    let sketch = Sketch {
        excludes: vec![(true, vec!["ana"], vec![]), (false, vec!["boris"], vec![])],
        ..Sketch::of(vec![to(Target::Everyone)])
    };
    let mut world = world(&sketch, &["ana", "boris", "vera"]);
    excluding(&mut world, "vip", None, true, &["vera"]);
    world.open("d", "vip", "telegram");
    assert_eq!(world.holder("d"), None);
    assert_eq!(world.decision("d").counts, [(Verdict::Excluded, 3)]);
    world.open("other", "c", "telegram");
    assert_eq!(world.holder("other").as_deref(), Some("ana"));
    world.check();
}

#[test]
fn a_step_that_is_left_with_nobody_is_skipped_at_once() {
    let sketch = Sketch {
        groups: vec![("sales", vec!["ana"]), ("duty", vec!["boris"])],
        excludes: vec![(true, vec!["ana"], vec![])],
        ..Sketch::of(vec![waiting(to(group("sales")), 600), to(group("duty"))])
    };
    let mut world = world(&sketch, &["ana", "boris"]);
    excluding(&mut world, "vip", None, true, &[]);
    world.open("d", "vip", "telegram");
    assert_eq!(world.holder("d").as_deref(), Some("boris"));
    assert_eq!(outcomes(&world, "d"), [StepOutcome::Excluded, StepOutcome::Chosen]);
}

#[test]
fn when_the_last_who_may_leaves_work_the_dialog_goes_on_though_others_are_there() {
    let steps = vec![waiting(to(group("sales")), 600), to(group("duty"))];
    let sketch = Sketch {
        groups: vec![("sales", vec!["ana", "boris", "gleb"]), ("duty", vec!["lead"])],
        ..single_unit(steps)
    };
    let mut world = world(&sketch, &["ana", "boris", "gleb", "lead"]);
    excluding(&mut world, "c", None, false, &["ana", "gleb"]);
    for (id, customer) in [("a", "x"), ("b", "y"), ("g", "z"), ("d", "c")] {
        world.open(id, customer, "telegram");
    }
    assert_eq!(world.holder("d"), None);
    world.absent("boris", Absence::Offline);
    world.deliver_all();
    assert_eq!(world.holder("d").as_deref(), Some("lead"));
    world.check();
}

#[test]
fn who_joins_an_excluded_group_is_excluded_from_then_on() {
    let sketch = Sketch {
        excludes: vec![(true, vec![], vec!["juniors"])],
        ..single_unit(vec![to(Target::Owner), to(Target::Everyone)])
    };
    let mut world = world(&sketch, &["ana"]);
    excluding(&mut world, "vip", Some("ana"), true, &[]);
    world.open("first", "vip", "telegram");
    world.open("second", "vip", "telegram");
    world.enrol(person("ana", &["juniors"]));
    world.close("first");
    world.deliver_all();
    assert_eq!(world.holder("second"), None);
    world.check();
    world.enrol(person("ana", &[]));
    world.deliver_all();
    assert_eq!(world.holder("second").as_deref(), Some("ana"));
    world.check();
}

#[test]
fn turns_go_on_over_dialogs_with_and_without_exclusions() {
    let step = Step { pick: Strategy::RoundRobin, ..to(Target::Everyone) };
    let sketch = Sketch { excludes: vec![(true, vec!["boris"], vec![])], ..Sketch::of(vec![step]) };
    let mut world = world(&sketch, &["ana", "boris", "vera"]);
    excluding(&mut world, "vip", None, true, &[]);
    let mut got = Vec::new();
    for (n, customer) in ["vip", "vip", "c", "c", "vip", "c"].iter().enumerate() {
        let id = format!("d{n}");
        world.open(&id, customer, "telegram");
        got.extend(world.holder(&id));
    }
    assert_eq!(got, ["ana", "vera", "ana", "boris", "vera", "ana"]);
    world.check();
}

#[test]
fn many_different_exclusions_are_kept_apart_and_given_up_again() {
    let names: Vec<&'static str> = vec!["a", "b", "c", "d", "e", "f", "g", "h"];
    let sketch = Sketch { units: 1_000, ..Sketch::of(vec![to(Target::Everyone)]) };
    let mut world = world(&sketch, &names);
    for version in 2..200_u32 {
        let chosen: Vec<&str> = names
            .iter()
            .enumerate()
            .filter(|(n, _)| version & (1 << n) != 0)
            .map(|(_, name)| *name)
            .collect();
        let rules = Sketch { version, excludes: vec![(true, chosen.clone(), vec![])], ..sketch.clone() };
        let orders = world.desk.set_rules(rules.compile(), false, world.now);
        world.take(orders);
        excluding(&mut world, "vip", None, true, &[]);
        let id = format!("d{version}");
        world.open(&id, "vip", "telegram");
        let holder = world.holder(&id);
        assert!(holder.is_none_or(|holder| !chosen.contains(&holder.as_str())), "{chosen:?}");
    }
    world.check();
}
