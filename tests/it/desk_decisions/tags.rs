//! Which decisions carry the tags of a rule, and which do not.

use reparto::domain::ids::{CustomerId, DialogId, ManagerId};
use reparto::domain::manager::Absence;
use reparto::domain::routing::{Cause, Decision, DecisionEffect, FallbackReason, Target};

use crate::desk_sketch::at;
use crate::desk_world::World;

const RULES: &str = r#"
[bot.fallback]
assign = "manager:lead"
[[rule]]
id = "fault"
when = 'dialog.text.contains("fault")'
tags = ["fault", "night"]
to = "manager:ana"
wait = "30s"
[[rule]]
id = "asked"
when = 'channel.type == "site"'
tags = ["asked"]
to = "everyone"
accept_within = "30s"
[[rule]]
id = "known"
when = 'customer.known'
tags = ["known"]
facts_within = "2s"
to = "everyone"
[[rule]]
id = "all"
when = 'channel.type == "telegram"'
tags = ["all"]
to = "manager:ana"
wait = "30s"
"#;

fn world(text: &str) -> World {
    World::staffed(text, at(1_000), &["ana", "lead"])
}

fn tags(decision: &Decision) -> Vec<&str> {
    decision.tags.names().iter().map(|name| &**name).collect()
}

#[test]
fn whoever_gets_or_awaits_a_dialog_by_a_rule_does_so_with_its_tags() {
    let mut world = world(&RULES.replacen("[[rule]]", "[capacity]\nunits = 1\n[[rule]]", 1));
    world.open("a", "c", "telegram");
    let decision = world.decision("a");
    assert_eq!((decision.effect, tags(&decision)), (DecisionEffect::Assigned, vec!["all"]));
    world.open("b", "c", "telegram");
    let decision = world.decision("b");
    assert_eq!((decision.effect, tags(&decision)), (DecisionEffect::Waiting, vec!["all"]));
    world.close("a");
    world.deliver_all();
    let decision = world.decision("b");
    assert_eq!((decision.effect, tags(&decision)), (DecisionEffect::Assigned, vec!["all"]));
    world.open("s", "d", "site");
    let decision = world.decision("s");
    assert_eq!((decision.effect, tags(&decision)), (DecisionEffect::Offered, vec!["asked"]));
    world.check();
}

#[test]
fn the_default_assignment_has_none() {
    let mut world = world(RULES);
    world.open("n", "c", "vk");
    let decision = world.decision("n");
    assert_eq!(decision.fallback, Some(FallbackReason::NoRule));
    assert!(decision.tags.is_empty());
    world.absent("ana", Absence::Offline);
    world.open("e", "c", "telegram");
    let decision = world.decision("e");
    assert_eq!(decision.fallback, Some(FallbackReason::StepsExhausted));
    assert!(decision.tags.is_empty(), "it is not the rule that gave it to somebody");
}

#[test]
fn what_a_person_chose_has_none() {
    let mut world = world(RULES);
    world.open("a", "c", "telegram");
    let lead = Target::Manager(ManagerId::trusted("lead"));
    world.ask(&DialogId::trusted("a"), Cause::Manual, None, Some(lead));
    world.deliver_all();
    assert_eq!(world.holder("a").as_deref(), Some("lead"));
    let decision = world.decision("a");
    assert_eq!((&decision.rule, tags(&decision)), (&None, vec![]));
}

#[test]
fn a_rule_that_waits_for_facts_has_not_matched() {
    let mut world = world(RULES);
    let customer = CustomerId::trusted("c");
    let orders = world.desk.set_facts_pending(&customer, true, world.now);
    world.take(orders);
    world.open("a", "c", "telegram");
    let decision = world.decision("a");
    assert_eq!(decision.rule.as_ref().map(ToString::to_string).as_deref(), Some("known"));
    assert!(decision.facts_until.is_some());
    assert!(decision.tags.is_empty());
    world.pass(2);
    world.deliver_all();
    assert_eq!(tags(&world.decision("a")), ["all"], "the one that did");
}

#[test]
fn in_shadow_only_what_would_be_done_has_them() {
    let mut world = world(&format!("[bot]\nmode = \"shadow\"\n{RULES}"));
    world.open("a", "c", "telegram");
    let (_, told) = world.would_have().next().expect("it tells");
    assert_eq!(tags(told), ["all"]);
    assert!(world.decision("a").tags.is_empty());
}
