//! Dialogs that wait a moment for what the CRM knows of their customer.

use std::sync::Arc;

use reparto::desk::Order;
use reparto::desk::why_not::why_not;
use reparto::domain::customer::Customer;
use reparto::domain::dialog::{AssignmentRequest, DialogState};
use reparto::domain::ids::{CustomerId, DialogId, ManagerId, RuleId};
use reparto::domain::routing::{Cause, Decision, DecisionEffect, Target};
use reparto::domain::sentence::{Language, sentence, told};
use reparto::domain::time::Timestamp;
use reparto::domain::why_not::Why;

use crate::desk_sketch::{at, dialog, rules_of};
use crate::desk_world::World;

const RULES: &str = r#"
[[rule]]
id = "fault"
when = 'dialog.text.contains("fault")'
to = "manager:vera"
[[rule]]
id = "vip"
facts_within = "2s"
when = 'customer.vip'
to = "manager:boris"
[[rule]]
id = "new"
facts_within = "5s"
when = '!customer.known'
to = "manager:vera"
[[rule]]
id = "all"
to = "manager:ana"
"#;

fn world(text: &str) -> World {
    World::staffed(text, at(1_000), &["ana", "boris", "vera"])
}

fn look_up(world: &mut World, customer: &str, is_pending: bool) {
    let orders = world.desk.set_facts_pending(&CustomerId::trusted(customer), is_pending, world.now);
    world.take(orders);
    world.deliver_all();
    world.check();
}

fn learn(world: &mut World, customer: Customer) {
    let orders = world.desk.put_customer(Arc::new(customer), world.now);
    world.take(orders);
    world.deliver_all();
    world.check();
}

fn vip(id: &str) -> Customer {
    Customer { vip: true, known: true, ..Customer::new(CustomerId::trusted(id)) }
}

/// Rule and moment of all that was decided for a dialog.
fn decided(world: &World, id: &str) -> Vec<(String, Timestamp)> {
    let of = world.routed().filter(|(dialog, _)| *dialog == id);
    let rule = |decision: &Decision| decision.rule.as_ref().map(ToString::to_string).unwrap_or_default();
    of.map(|(_, decision)| (rule(decision), decision.at)).collect()
}

#[test]
fn a_dialog_waits_for_facts_and_is_decided_once_when_they_come() {
    let mut world = world(RULES);
    look_up(&mut world, "c", true);
    world.open("a", "c", "telegram");
    world.check();
    assert_eq!(world.holder("a"), None);
    let view = world.desk.view();
    assert_eq!((view.waiting, view.held, view.serviceable), (1, 1, 0));
    assert_eq!(view.queue[0].held_until, Some(at(1_002)));
    assert_eq!(world.desk.deadline(), Some(at(1_002)));
    world.now = at(1_001);
    // What comes is put on record before it is said that no more is to come.
    learn(&mut world, vip("c"));
    assert_eq!(world.holder("a"), None);
    look_up(&mut world, "c", false);
    assert_eq!(world.holder("a").as_deref(), Some("boris"));
    look_up(&mut world, "c", false);
    world.pass(60);
    world.deliver_all();
    assert_eq!(decided(&world, "a"), [("vip".to_owned(), at(1_000)), ("vip".to_owned(), at(1_001))]);
    assert_eq!(world.desk.deadline(), None);
}

#[test]
fn the_wait_is_told_as_it_is() {
    let mut world = world(RULES);
    look_up(&mut world, "c", true);
    world.open("a", "c", "telegram");
    let decision = world.decision("a");
    let Decision { rule, step, effect, facts_until, steps, .. } = &*decision;
    assert_eq!(rule.as_ref().map(RuleId::as_str), Some("vip"), "where the rules stopped");
    assert_eq!((*step, *effect, *facts_until), (None, DecisionEffect::Waiting, Some(at(1_002))));
    assert!(steps.is_empty());
    assert_eq!(
        sentence(&decision),
        "Waits at rule vip, until 00:16:42 UTC at most, for what the CRM knows of the customer."
    );
    assert_eq!(
        told(&decision, Language::Spanish),
        "Está en espera en la regla vip, hasta las 0:16:42 UTC como mucho, de lo que el CRM sepa del cliente."
    );
    assert_eq!(why_not(&decision, &ManagerId::trusted("ana"), None, None).why, Why::Held);
}

#[test]
fn when_the_time_is_over_the_rules_go_on_with_what_is_known() {
    let mut world = world(RULES);
    learn(&mut world, Customer { known: true, ..Customer::new(CustomerId::trusted("c")) });
    look_up(&mut world, "c", true);
    world.open("a", "c", "telegram");
    world.pass(2);
    world.deliver_all();
    assert_eq!(world.holder("a"), None, "the next rule waits longer");
    assert_eq!(world.decision("a").facts_until, Some(at(1_005)));
    world.pass(2);
    world.deliver_all();
    assert_eq!(world.holder("a"), None);
    world.pass(1);
    world.deliver_all();
    assert_eq!(world.holder("a").as_deref(), Some("ana"));
    // What comes too late moves nobody.
    learn(&mut world, vip("c"));
    look_up(&mut world, "c", false);
    assert_eq!(world.holder("a").as_deref(), Some("ana"));
    let rules = decided(&world, "a").into_iter().map(|(rule, _)| rule).collect::<Vec<_>>();
    assert_eq!(rules, ["vip", "new", "all"]);
}

#[test]
fn nobody_waits_whose_customer_is_not_looked_up_or_whom_an_earlier_rule_matches() {
    let mut world = world(RULES);
    look_up(&mut world, "other", true);
    world.open("a", "c", "telegram");
    assert_eq!(world.holder("a").as_deref(), Some("vera"));
    look_up(&mut world, "c", true);
    let mut faulty = dialog("b", "c", "telegram", at(1_000));
    faulty.opening_text = "a fault".into();
    let request = AssignmentRequest { cause: Cause::Opened, ticket: 1, avoid: None, only: None };
    let orders = world.desk.request(&Arc::new(faulty), request, at(1_000));
    assert!(
        matches!(&orders[..], [.., Order::Route { decision, .. }] if decision.choice.is_some()),
        "{orders:?}"
    );
}

#[test]
fn whom_a_person_chooses_does_not_wait() {
    let mut world = world(RULES);
    look_up(&mut world, "c", true);
    world.open("a", "c", "telegram");
    let id = DialogId::trusted("a");
    world.ask(&id, Cause::Manual, None, Some(Target::Manager(ManagerId::trusted("ana"))));
    world.deliver_all();
    assert_eq!(world.holder("a").as_deref(), Some("ana"));
    look_up(&mut world, "c", false);
    assert_eq!(world.holder("a").as_deref(), Some("ana"));
}

#[test]
fn a_dialog_that_stands_somewhere_does_not_go_back_to_wait() {
    let mut world = world(RULES);
    world.absent("vera", reparto::domain::manager::Absence::Busy);
    let full = RULES.replace("[[rule]]\nid = \"fault\"", "[capacity]\nunits = 1\n[[rule]]\nid = \"fault\"");
    let orders = world.desk.set_rules(rules_of(&full), false, world.now);
    world.take(orders);
    learn(&mut world, Customer { known: true, ..Customer::new(CustomerId::trusted("c")) });
    world.open("a", "c", "telegram");
    world.open("b", "c", "telegram");
    assert_eq!((world.holder("a").as_deref(), world.holder("b")), (Some("ana"), None));
    // The customer is looked up while it waits for Ana, and turns out to be a VIP.
    look_up(&mut world, "c", true);
    assert_eq!(world.desk.view().held, 0);
    learn(&mut world, vip("c"));
    assert_eq!(world.holder("b").as_deref(), Some("boris"), "what comes counts at once");
}

#[test]
fn after_a_restart_a_dialog_is_decided_with_what_is_known() {
    let mut before = world(RULES);
    look_up(&mut before, "c", true);
    before.open("a", "c", "telegram");
    let stored = before.players[&DialogId::trusted("a")].dialog.clone();
    assert!(matches!(stored.state, DialogState::Waiting { place: None, .. }));
    let mut after = world(RULES);
    let request = AssignmentRequest { cause: Cause::Recovered, ticket: 1, avoid: None, only: None };
    let orders = after.desk.request(&Arc::new(stored.clone()), request, at(1_001));
    let [.., Order::Route { decision, place, .. }] = &orders[..] else { panic!("{orders:?}") };
    assert_eq!(decision.rule.as_ref().map(RuleId::as_str), Some("new"));
    assert!(decision.choice.is_some() && !stored.was_told(decision, place.as_ref()));
}

#[test]
fn rules_that_do_not_act_decide_when_the_facts_are_known() {
    let mut world = world(&format!("[bot]\nmode = \"shadow\"\n{RULES}"));
    let decided = |world: &World| {
        let rules = world.would_have().filter_map(|(_, decision)| decision.rule.as_ref());
        rules.map(ToString::to_string).collect::<Vec<_>>()
    };
    look_up(&mut world, "c", true);
    world.open("a", "c", "telegram");
    assert_eq!(decided(&world), Vec::<String>::new());
    learn(&mut world, vip("c"));
    look_up(&mut world, "c", false);
    assert_eq!(decided(&world), ["vip"]);
    look_up(&mut world, "late", true);
    world.open("b", "late", "telegram");
    world.pass(5);
    assert_eq!(decided(&world), ["vip", "new"]);
    // One that is gone is asked about no more.
    look_up(&mut world, "gone", true);
    world.open("d", "gone", "telegram");
    world.close("d");
    assert_eq!(world.desk.deadline(), None);
    look_up(&mut world, "gone", false);
    assert_eq!(decided(&world), ["vip", "new"]);
}

#[test]
fn other_rules_may_wait_for_less() {
    let mut world = world(RULES);
    look_up(&mut world, "c", true);
    world.open("a", "c", "telegram");
    let other = RULES.replace("facts_within = \"2s\"\n", "").replace("5s", "3s");
    let orders = world.desk.set_rules(rules_of(&other), true, world.now);
    world.take(orders);
    world.deliver_all();
    world.check();
    assert_eq!(world.decision("a").facts_until, Some(at(1_003)));
    world.pass(3);
    world.deliver_all();
    assert_eq!(world.holder("a").as_deref(), Some("vera"));
    world.check();
}

#[test]
fn a_shadow_that_waits_where_the_live_rules_do_not_is_a_difference() {
    let mut world =
        world(&RULES.replace("facts_within = \"2s\"\n", "").replace("facts_within = \"5s\"\n", ""));
    world.desk.set_shadow(Some(rules_of(RULES)), at(1_000));
    look_up(&mut world, "c", true);
    world.open("a", "c", "telegram");
    let report = world.desk.shadow_report().expect("there is one");
    assert_eq!(report.differences.len(), 1);
    assert_eq!(report.differences[0].shadow.facts_until, Some(at(1_002)));
    assert!(report.differences[0].live.choice.is_some());
}
