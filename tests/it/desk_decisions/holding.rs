//! Dialogs that are held until hours begin, and how they go on.

use std::sync::Arc;
use std::time::Duration;

use reparto::desk::Order;
use reparto::desk::diff::diff;
use reparto::desk::why_not::why_not;
use reparto::domain::channel::{Channel, ChannelFeatures};
use reparto::domain::customer::Customer;
use reparto::domain::dialog::{AssignmentRequest, DialogState};
use reparto::domain::ids::{ChannelId, CustomerId, ManagerId};
use reparto::domain::routing::{Cause, Place, StepOutcome};
use reparto::domain::sentence::sentence;
use reparto::domain::time::Timestamp;
use reparto::domain::why_not::Why;

use super::outcomes;
use crate::desk_sketch::{at, dialog, person, rules_of};
use crate::desk_world::World;

/// A Monday, 00:00 in UTC and 01:00 in Madrid.
const MIDNIGHT: i64 = 1_772_409_600;
const HOUR: i64 = 3_600;
/// When the office opens: at 09:00 in Madrid.
const OPENING: i64 = MIDNIGHT + 8 * HOUR;

const NIGHT: &str = r#"
timezone = "Europe/Madrid"
[schedules.office]
open = { mon-fri = ["09:00-18:00"] }
[[priority]]
id   = "vip"
when = 'customer.vip'
base = 6000
[release]
rate = "30/min"
[[rule]]
id   = "closed"
step = [{ hold = "until_open:office", notify = "closed_now" }]
[[rule]]
id = "standard"
to = "everyone"
[texts]
closed_now = { en = "We are closed." }
"#;

fn world(text: &str, now: i64, people: &[&str]) -> World {
    World::staffed(text, at(now), people)
}

/// The dialogs in the order in which somebody got them, and when.
fn assigned(world: &World) -> Vec<(String, i64)> {
    let served = world.routed().filter(|(_, decision)| decision.choice.is_some());
    served.map(|(dialog, decision)| (dialog.to_owned(), decision.at.micros() / 1_000_000 - OPENING)).collect()
}

fn until(seconds: i64) -> u64 {
    u64::try_from(seconds).expect("later")
}

#[test]
fn a_held_dialog_is_offered_to_nobody_until_the_schedule_opens() {
    let mut world = world(NIGHT, MIDNIGHT, &["ana"]);
    world.open("a", "c", "telegram");
    assert_eq!(world.holder("a"), None);
    assert_eq!(outcomes(&world, "a"), [StepOutcome::Held { until: at(OPENING), ahead: 3_600 }]);
    assert_eq!(
        sentence(&world.decision("a")),
        "Waits by rule closed, step 1: held until office opens at 09:00 Monday."
    );
    let ana = ManagerId::trusted("ana");
    assert_eq!(why_not(&world.decision("a"), &ana, None, None).why, Why::Held, "whoever is asked about");
    let view = world.desk.view();
    assert_eq!((view.waiting, view.held, view.serviceable), (1, 1, 0));
    assert_eq!(view.queue[0].held_until, Some(at(OPENING)));
    assert_eq!(world.desk.deadline(), Some(at(OPENING)));
    // Whoever comes, nobody gets it.
    world.enrol(person("boris", &[]));
    world.present("boris");
    world.deliver_all();
    world.check();
    assert_eq!(world.holder("a"), None);
    world.pass(until(8 * HOUR - 1));
    world.deliver_all();
    assert_eq!(world.holder("a"), None);
    world.pass(1);
    world.deliver_all();
    assert!(world.holder("a").is_some());
    assert_eq!(world.decision("a").rule.as_ref().map(reparto::domain::ids::RuleId::as_str), Some("standard"));
    assert_eq!(world.desk.view().held, 0);
    world.check();
}

#[test]
fn at_opening_the_most_urgent_go_first_and_not_all_at_once() {
    let mut world = world(NIGHT, MIDNIGHT, &["ana", "boris"]);
    let vip = Customer { vip: true, ..Customer::new(CustomerId::trusted("v")) };
    world.desk.put_customer(Arc::new(vip), at(MIDNIGHT));
    for (id, customer) in [("first", "c1"), ("second", "c2"), ("vip", "v"), ("last", "c3")] {
        world.open(id, customer, "telegram");
        world.pass(60);
    }
    world.pass(until(8 * HOUR));
    world.deliver_all();
    let expected = [("vip", 0), ("first", 2), ("second", 4), ("last", 6)];
    assert_eq!(assigned(&world), expected.map(|(id, after)| (id.to_owned(), after)));
    world.check();
}

#[test]
fn whoever_writes_after_opening_does_not_stand_behind_those_who_were_held() {
    let mut world = world(NIGHT, MIDNIGHT, &["ana"]);
    for id in ["a", "b", "c"] {
        world.open(id, id, "telegram");
    }
    world.pass(until(8 * HOUR));
    world.open("new", "n", "telegram");
    world.deliver_all();
    assert_eq!(world.holder("new").as_deref(), Some("ana"));
    assert_eq!(world.holder("b"), None);
    world.pass(10);
    world.deliver_all();
    assert!(["a", "b", "c"].iter().all(|id| world.holder(id).is_some()));
}

#[test]
fn behind_the_step_that_holds_the_other_steps_apply() {
    let text = NIGHT.replace(
        r#"step = [{ hold = "until_open:office", notify = "closed_now" }]"#,
        r#"step = [{ to = "manager:lead", wait = "1m" }, { hold = "until_open:office", notify = "closed_now" }, { to = "manager:ana" }]
when = '!customer.bad'"#,
    );
    let mut world = world(&text, MIDNIGHT, &["ana"]);
    world.open("a", "c", "telegram");
    let held = StepOutcome::Held { until: at(OPENING), ahead: 3_600 };
    assert_eq!(outcomes(&world, "a"), [StepOutcome::TargetMissing, held]);
    // While it is held even those of earlier steps are not asked.
    world.enrol(person("lead", &[]));
    world.present("lead");
    world.deliver_all();
    assert_eq!(world.holder("a"), None);
    world.absent("lead", reparto::domain::manager::Absence::Offline);
    world.pass(until(8 * HOUR));
    world.deliver_all();
    assert_eq!(world.holder("a").as_deref(), Some("ana"));
    assert_eq!(world.decision("a").step, Some(2));
    // While it is open nobody is held.
    world.open("b", "other", "telegram");
    assert_eq!(world.holder("b").as_deref(), Some("ana"));
    world.check();
}

#[test]
fn a_held_dialog_takes_its_place_again_after_a_restart() {
    let mut world = world(NIGHT, OPENING + 600, &["ana"]);
    let place = Place {
        rules: world.desk.rules().version().clone(),
        rule: Some(reparto::domain::ids::RuleId::trusted("closed")),
        step: 0,
        entered_at: at(MIDNIGHT),
        held_until: Some(at(OPENING)),
    };
    // By now the rule does not match any more, since the office is open: planned anew, and still one by one.
    let mut orders = Vec::new();
    for id in ["a", "b"] {
        let mut held = dialog(id, id, "telegram", at(MIDNIGHT));
        held.state = DialogState::Waiting { since: at(MIDNIGHT), place: Some(place.clone()) };
        let request = AssignmentRequest { cause: Cause::Opened, ticket: 3, avoid: None, only: None };
        orders.extend(world.desk.request(&Arc::new(held), request, world.now));
    }
    let given = |orders: &[Order]| {
        let given =
            |order: &&Order| matches!(order, Order::Route { decision, .. } if decision.choice.is_some());
        orders.iter().filter(given).count()
    };
    assert_eq!(given(&orders), 0, "{orders:?}");
    assert_eq!(given(&world.desk.on_time(world.now)), 1);
    assert_eq!(world.desk.deadline(), Some(world.now + Duration::from_secs(2)));
    assert_eq!(given(&world.desk.on_time(world.now + Duration::from_secs(2))), 1);
    world.desk.check().unwrap();
}

#[test]
fn other_hours_apply_at_once_to_those_who_are_held() {
    let mut world = world(NIGHT, MIDNIGHT, &["ana"]);
    world.open("a", "c", "telegram");
    let later = NIGHT.replace("09:00-18:00", "10:00-18:00");
    let orders = world.desk.set_rules(rules_of(&later), false, world.now);
    world.take(orders);
    world.deliver_all();
    assert_eq!(world.desk.deadline(), Some(at(OPENING + HOUR)));
    let earlier = NIGHT.replace("09:00-18:00", "00:00-18:00");
    let orders = world.desk.set_rules(rules_of(&earlier), false, world.now);
    world.take(orders);
    world.pass(1);
    world.deliver_all();
    assert_eq!(world.holder("a").as_deref(), Some("ana"));
    world.check();
}

#[test]
fn what_a_change_of_rules_sets_free_goes_on_at_the_rate_of_the_new_rules() {
    let nobody = "[[rule]]\nid = \"vera\"\nto = \"manager:vera\"\n";
    let all = "[[rule]]\nid = \"all\"\nto = \"everyone\"\n";
    let mut world = world(nobody, OPENING, &["ana"]);
    for id in ["a", "b", "c"] {
        world.open(id, id, "telegram");
        world.pass(1);
    }
    let slow = rules_of(&format!("[release]\nrate = \"6/min\"\n{all}"));
    let found = diff(&world.desk, &slow, true, world.now);
    assert_eq!((found.assigned, found.release_rate), (3, Some(0.1)));
    let orders = world.desk.set_rules(Arc::clone(&slow), true, world.now);
    world.take(orders);
    world.deliver_all();
    world.check();
    assert_eq!((world.holder("a").as_deref(), world.desk.view().held), (Some("ana"), 2));
    // Whoever comes now is not kept behind them, and the same rules once more change nothing.
    world.open("d", "d", "telegram");
    assert_eq!(world.holder("d").as_deref(), Some("ana"));
    let orders = world.desk.set_rules(slow, true, world.now);
    world.take(orders);
    assert_eq!(world.desk.view().held, 2);
    world.pass(10);
    world.deliver_all();
    assert_eq!((world.holder("b").as_deref(), world.holder("c")), (Some("ana"), None));
    world.pass(10);
    world.deliver_all();
    assert_eq!(world.holder("c").as_deref(), Some("ana"));
    world.check();
}

#[test]
fn a_change_that_leaves_plans_alone_lets_all_go_at_once() {
    let of = |people: &str| {
        rules_of(&format!(
            "[groups]\nteam = {{ managers = [{people}] }}\n[[rule]]\nid = \"a\"\nto = \"group:team\"\n"
        ))
    };
    let mut world = world(
        "[groups]\nteam = { managers = [\"vera\"] }\n[[rule]]\nid = \"a\"\nto = \"group:team\"\n",
        OPENING,
        &["ana"],
    );
    for id in ["a", "b", "c"] {
        world.open(id, id, "telegram");
    }
    let orders = world.desk.set_rules(of("\"vera\", \"ana\""), false, world.now);
    world.take(orders);
    world.deliver_all();
    assert!(["a", "b", "c"].iter().all(|id| world.holder(id).as_deref() == Some("ana")));
}

/// The texts that went with the last answer to a dialog.
fn texts(world: &World, id: &str) -> Vec<String> {
    let mut routes = world.log.iter().rev().filter_map(|order| match order {
        Order::Route { dialog, texts, .. } if dialog.as_str() == id => {
            Some(texts.iter().map(|text| text.key.to_string()).collect())
        }
        Order::Route { .. }
        | Order::Move { .. }
        | Order::Stay { .. }
        | Order::Lapse { .. }
        | Order::Announce { .. }
        | Order::Save { .. } => None,
    });
    routes.next().expect("an answer")
}

#[test]
fn the_customer_is_told_what_the_step_and_the_occasion_say() {
    let text = format!(
        r#"{NIGHT}
hello   = {{ en = "Welcome back." }}
nobody  = {{ en = "Nobody is here." }}
crowded = {{ en = "Many are before you." }}
[[auto_reply]]
on   = "opened"
when = 'dialog.returning'
text = "hello"
[[auto_reply]]
on   = "nobody_online"
text = "nobody"
[[auto_reply]]
on    = "waiting"
ahead = 1
text  = "crowded"
[capacity]
units = 1
"#
    );
    let mut world = world(&text, MIDNIGHT, &["ana"]);
    world.desk.put_channel(Arc::new(Channel {
        id: ChannelId::trusted("telegram"),
        kind: "telegram".into(),
        name: "Telegram".into(),
        site: None,
        features: ChannelFeatures::default(),
    }));
    world.open("night", "c", "telegram");
    assert_eq!(texts(&world, "night"), ["closed_now"]);
    world.pass(until(8 * HOUR));
    world.deliver_all();
    // She is full by now: there is somebody, and nobody is before them.
    world.open("first", "c1", "telegram");
    assert_eq!(texts(&world, "first"), [""; 0]);
    world.open("second", "c2", "telegram");
    assert_eq!(texts(&world, "second"), ["crowded"]);
    let mut returning = dialog("back", "c3", "telegram", world.now);
    returning.returning = true;
    let request = AssignmentRequest { cause: Cause::Opened, ticket: 1, avoid: None, only: None };
    world.absent("ana", reparto::domain::manager::Absence::Offline);
    let orders = world.desk.request(&Arc::new(returning), request, world.now);
    world.log.extend(orders);
    assert_eq!(texts(&world, "back"), ["hello", "nobody", "crowded"]);
}

#[test]
fn hours_that_never_come_again_hold_nobody() {
    let text = NIGHT.replace(
        r#"open = { mon-fri = ["09:00-18:00"] }"#,
        r#"special = { "2025-12-24" = ["09:00-12:00"] }"#,
    );
    let mut world = world(&text, MIDNIGHT, &["ana"]);
    world.open("a", "c", "telegram");
    assert_ne!(Timestamp::default(), world.now);
    assert_eq!(world.desk.view().held, 0);
    world.check();
}
