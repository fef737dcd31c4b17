//! Deputies, who stand in for those on leave where a step names one person.

use std::sync::Arc;

use reparto::desk::Order;
use reparto::domain::announcement::Body;
use reparto::domain::customer::{Customer, LastServed};
use reparto::domain::ids::{CustomerId, ManagerId};
use reparto::domain::manager::{Absence, Manager};
use reparto::domain::routing::{StepOutcome, Target, Verdict};
use reparto::domain::sentence::sentence;

use super::{customer, outcomes, single_unit, world};
use crate::desk_sketch::{Sketch, group, manager, person, to, waiting};
use crate::desk_world::World;

/// Managers with their deputies; all are present.
fn staffed(sketch: &Sketch, people: &[(&str, Option<&str>)]) -> World {
    let mut world = world(sketch, &[]);
    for (id, deputy) in people {
        enrol(&mut world, id, *deputy);
        world.present(id);
    }
    world.desk.put_customer(customer("c", Some("vera")), world.now);
    world
}

fn enrol(world: &mut World, id: &str, deputy: Option<&str>) {
    world.enrol(Manager { deputy: deputy.map(ManagerId::trusted), ..person(id, &[]) });
}

fn owner_then_lead() -> Sketch {
    single_unit(vec![waiting(to(Target::Owner), 600), to(manager("lead"))])
}

#[test]
fn the_deputy_of_an_owner_on_leave_gets_the_dialog_and_the_record_names_both() {
    let mut world = staffed(&owner_then_lead(), &[("vera", Some("boris")), ("boris", None), ("lead", None)]);
    world.absent("vera", Absence::OnLeave);
    world.open("d", "c", "telegram");
    assert_eq!(world.holder("d").as_deref(), Some("boris"));
    let decision = world.decision("d");
    let step = &decision.steps[0];
    assert_eq!(step.person, Some(ManagerId::trusted("vera")));
    assert_eq!(step.deputy, Some(ManagerId::trusted("boris")));
    assert_eq!(decision.counts, [(Verdict::Chosen, 1), (Verdict::Absent(Absence::OnLeave), 1)]);
    let told = "Went to boris by rule standard, step 1: own manager vera is on leave, \
                deputy boris has room (0 of 1).";
    assert_eq!(sentence(&decision), told);
    world.check();
}

#[test]
fn only_leave_calls_for_a_deputy() {
    let mut world = staffed(&owner_then_lead(), &[("vera", Some("boris")), ("boris", None), ("lead", None)]);
    for (id, absence) in [("a", Absence::Offline), ("b", Absence::Dinner)] {
        world.absent("vera", absence);
        world.open(id, "c", "telegram");
        assert_eq!(world.holder(id).as_deref(), Some("lead"), "{absence:?}");
        world.close(id);
    }
}

#[test]
fn a_deputy_on_leave_has_a_deputy_in_turn() {
    let people = [("vera", Some("boris")), ("boris", Some("gleb")), ("gleb", None), ("lead", None)];
    let mut world = staffed(&owner_then_lead(), &people);
    world.absent("vera", Absence::OnLeave);
    world.absent("boris", Absence::OnLeave);
    world.open("d", "c", "telegram");
    assert_eq!(world.holder("d").as_deref(), Some("gleb"));
    world.absent("gleb", Absence::Offline);
    world.open("e", "c", "telegram");
    assert_eq!(world.holder("e").as_deref(), Some("lead"), "the deputy's own presence counts");
    assert_eq!(outcomes(&world, "e"), [StepOutcome::NobodyPresent, StepOutcome::Chosen]);
    world.check();
}

#[test]
fn a_circle_of_deputies_ends_and_is_told_once() {
    let people = [("vera", Some("boris")), ("boris", Some("vera")), ("lead", None)];
    let mut world = staffed(&owner_then_lead(), &people);
    world.absent("vera", Absence::OnLeave);
    world.absent("boris", Absence::OnLeave);
    world.open("d", "c", "telegram");
    world.open("e", "c", "telegram");
    assert_eq!(world.holder("d").as_deref(), Some("lead"));
    let circles = |world: &World| {
        let mut told = Vec::new();
        for order in &world.log {
            if let Order::Announce { body: Body::DeputiesCircular { managers }, .. } = order {
                told.push(managers.clone());
            }
        }
        told
    };
    let both = ["boris", "vera"].map(ManagerId::trusted).to_vec();
    let mut told = circles(&world);
    told[0].sort();
    assert_eq!(told, std::slice::from_ref(&both));
    world.present("boris");
    world.absent("boris", Absence::OnLeave);
    assert_eq!(circles(&world).len(), 2, "it was gone, and is there again");
    world.check();
}

#[test]
fn what_waits_for_the_owner_goes_to_the_deputy_when_the_leave_begins_or_the_deputy_is_freed() {
    let mut world = staffed(&owner_then_lead(), &[("vera", Some("boris")), ("boris", None), ("lead", None)]);
    for id in ["first", "second"] {
        world.open(id, "c", "telegram");
    }
    assert_eq!((world.holder("first").as_deref(), world.holder("second")), (Some("vera"), None));
    world.absent("vera", Absence::OnLeave);
    world.deliver_all();
    assert_eq!(world.holder("second").as_deref(), Some("boris"));
    world.open("third", "c", "telegram");
    assert_eq!(world.holder("third"), None, "boris is full, and worth waiting for");
    world.check();
    world.close("second");
    world.deliver_all();
    assert_eq!(world.holder("third").as_deref(), Some("boris"));
    world.open("fourth", "c", "telegram");
    world.absent("boris", Absence::Offline);
    world.deliver_all();
    assert_eq!(world.holder("fourth").as_deref(), Some("lead"), "nobody is left to wait for");
    world.check();
}

#[test]
fn what_waits_for_the_deputy_goes_on_when_the_owner_is_back_but_not_there() {
    let mut world = staffed(&owner_then_lead(), &[("vera", Some("boris")), ("boris", None), ("lead", None)]);
    world.absent("vera", Absence::OnLeave);
    world.open("first", "c", "telegram");
    world.open("second", "c", "telegram");
    assert_eq!(world.holder("second"), None);
    world.absent("vera", Absence::Offline);
    world.deliver_all();
    assert_eq!(world.holder("second").as_deref(), Some("lead"));
    world.check();
}

#[test]
fn groups_have_no_deputies_and_neither_has_a_file_that_does_not_want_them() {
    let sketch = Sketch {
        groups: vec![("sales", vec!["vera"])],
        ..single_unit(vec![to(group("sales")), to(manager("lead"))])
    };
    let people = [("vera", Some("boris")), ("boris", None), ("lead", None)];
    let mut world = staffed(&sketch, &people);
    world.absent("vera", Absence::OnLeave);
    world.open("d", "c", "telegram");
    assert_eq!(world.holder("d").as_deref(), Some("lead"));

    let mut world = staffed(&Sketch { deputies: false, ..owner_then_lead() }, &people);
    world.absent("vera", Absence::OnLeave);
    world.open("d", "c", "telegram");
    assert_eq!(world.holder("d").as_deref(), Some("lead"));
    let orders = world.desk.set_rules(Sketch { version: 2, ..owner_then_lead() }.compile(), false, world.now);
    world.take(orders);
    world.open("e", "c", "telegram");
    assert_eq!(world.holder("e").as_deref(), Some("boris"), "now the file wants them");
    world.check();
}

#[test]
fn last_managers_and_named_ones_have_deputies_too() {
    let steps = vec![to(Target::LastManager { within: None }), to(manager("olga"))];
    let people = [("vera", Some("boris")), ("olga", Some("gleb")), ("boris", None), ("gleb", None)];
    let mut world = staffed(&single_unit(steps), &people);
    let mut served = Customer::new(CustomerId::trusted("c"));
    served.last_served = Some(LastServed { manager: ManagerId::trusted("vera"), at: world.now });
    world.desk.put_customer(Arc::new(served), world.now);
    world.absent("vera", Absence::OnLeave);
    world.absent("olga", Absence::OnLeave);
    world.open("d", "c", "telegram");
    world.open("e", "c", "telegram");
    assert_eq!((world.holder("d").as_deref(), world.holder("e").as_deref()), (Some("boris"), None));
    world.open("f", "other", "telegram");
    assert_eq!(world.holder("f").as_deref(), Some("gleb"));
    world.check();
}
