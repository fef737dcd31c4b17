//! Tags of rules on the gateway's dialogs, over real sockets.

use reparto::domain::dialog::By;
use reparto::domain::ids::DialogId;
use reparto::engine::clock::{Clock as _, SystemClock};
use reparto::engine::inbound::Inbound;
use reparto::sandbox::faults::Fault;

use super::bench::{Bench, RULES, account, world};

fn tagging() -> String {
    RULES.replace("to = ", "tags = [\"vip\", \"R&D\"]\nto = ")
}

/// The tags of a dialog there, and how many calls put some on.
fn tags_there(bench: &Bench, dialog: u64) -> (Vec<String>, usize) {
    bench.sandbox.with(|world, _| {
        let there = world.gateway.dialogs().get(&dialog).map(|dialog| dialog.tags.clone());
        let names = there.unwrap_or_default().into_iter().map(|(name, _)| name).collect();
        let told = world.gateway.messages().values();
        let calls = told.filter(|told| told.dialog == Some(dialog) && told.action == "dialog_tag_added");
        (names, calls.count())
    })
}

async fn until_settled(bench: &Bench) {
    bench.until("all is done", async |bench| bench.is_settled().await).await;
}

fn both() -> Vec<String> {
    ["vip", "R&D"].map(str::to_owned).to_vec()
}

#[actix::test]
async fn whoever_is_assigned_by_a_rule_with_tags_has_them_once() {
    let mut bench = Bench::start(world(2), &tagging()).await;
    bench.until_live().await;
    for who in 1..=3 {
        bench.customer_writes(who, "Hola");
    }
    bench
        .until("all are assigned", async |bench| (1..=3).all(|dialog| bench.holder_there(dialog).is_some()))
        .await;
    until_settled(&bench).await;
    for dialog in 1..=3 {
        assert_eq!(tags_there(&bench, dialog), (both(), 1), "dialog {dialog}");
    }
    // While it is away the rule decides about one again, and about a new one.
    bench.connector.stop().await;
    let unassign = Inbound::Unassign { dialog: DialogId::trusted("2"), by: By::Backend };
    bench.engine.submit(&account(), unassign).await.expect("it is held");
    bench.customer_writes(4, "Hola");
    bench.reconnect();
    bench.until("it caught up", async |bench| bench.holder_there(4).is_some()).await;
    until_settled(&bench).await;
    for dialog in 1..=4 {
        assert_eq!(tags_there(&bench, dialog), (both(), 1), "dialog {dialog}");
    }
    bench.end().await;
}

#[actix::test]
async fn an_answer_that_was_lost_is_no_reason_to_tag_again() {
    let mut nobody_yet = world(1);
    nobody_yet.gateway.set_online(1, false, SystemClock::default().now());
    nobody_yet.gateway.take_frames();
    let bench = Bench::start(nobody_yet, &tagging()).await;
    bench.until_live().await;
    bench.sandbox.with(|world, _| world.faults.order(Fault::ReplyLost, 1));
    bench.customer_writes(1, "Hola");
    bench.until("it is tagged while it waits", async |bench| tags_there(bench, 1) == (both(), 1)).await;
    until_settled(&bench).await;
    let met = bench.sandbox.with(|world, _| world.faults.met().get(&Fault::ReplyLost).copied());
    assert_eq!(met, Some(1), "the only call was the one about tags");
    bench.sandbox.with(|world, now| world.gateway.set_online(1, true, now));
    bench.until("it is assigned", async |bench| bench.holder_there(1) == Some(1)).await;
    until_settled(&bench).await;
    assert_eq!(tags_there(&bench, 1), (both(), 1), "its second decision found them there");
    bench.end().await;
}

#[actix::test]
async fn in_shadow_nothing_is_tagged() {
    let rules = format!("[bot]\nmode = \"shadow\"\n{}", tagging());
    let bench = Bench::start(world(2), &rules).await;
    bench.until_live().await;
    bench.customer_writes(1, "Hola");
    bench.until("it is known", async |bench| bench.here(1).await.is_some()).await;
    bench.sandbox.with(|world, now| world.gateway.assign_by_hand(1, 2, now)).expect("it is open");
    bench
        .until("the choice is known", async |bench| bench.holder_here(1).await.as_deref() == Some("2"))
        .await;
    until_settled(&bench).await;
    assert_eq!(tags_there(&bench, 1), (vec![], 0));
    bench.end().await;
}
