//! The life of dialogs: opened, assigned, moved, given back, closed, and what may not be done.

use std::sync::Arc;
use std::time::Duration;

use reparto::domain::customer::Customer;
use reparto::domain::dialog::By;
use reparto::domain::message::DeliveryStatus;
use reparto::domain::refusal::Refusal;
use reparto::engine::EngineError;
use reparto::engine::inbound::{Inbound, Outcome};
use reparto::store::SharedStore;
use reparto::store::memory::MemoryStore;

use super::shop::{Shop, account, by, said_by_customer, said_by_manager};

const EVERYONE: &str = "[[rule]]\nid = \"all\"\nto = \"everyone\"\npick = \"least_loaded\"\n";

const MOVING: &str = r#"
[presence]
offline_after = "10s"

[[rule]]
id = "all"
to = "everyone"
pick = "round_robin"

[reassign]
max_moves = 2

[reassign.no_reply]
after = "5m"

[reassign.offline]
after = "20s"

[[close]]
id = "quiet"
after = "1h"
last_from = "any"
warn = [{ before = "10m", text = "soon" }]
farewell = "bye"

[texts]
soon = { en = "Still there?" }
bye = { en = "Bye." }
"#;

fn refusal(result: Result<Outcome, EngineError>) -> Refusal {
    match result {
        Err(EngineError::Refused(refusal)) => refusal,
        other => panic!("a refusal was expected: {other:?}"),
    }
}

#[actix::test]
async fn a_message_becomes_an_explained_assignment() {
    tokio::time::pause();
    let shop = Shop::staffed(Arc::new(MemoryStore::default()), EVERYONE, &["ana", "boris"]).await;
    let outcome = shop.submit(Inbound::Open(Shop::opening("d1", "carla"))).await;
    let Ok(Outcome::Dialog { dialog, decision: Some(decision), created: true, .. }) = outcome else {
        panic!("the answer carries the decision: {outcome:?}");
    };
    assert_eq!(dialog.responsible(), decision.choice.as_ref());
    assert_eq!(decision.rule.as_ref().map(ToString::to_string).as_deref(), Some("all"));
    assert_eq!(shop.story("d1").await, ["dialog.opened", "message.received", "dialog.assigned"]);
    assert_eq!(shop.holder("d1").await.as_deref(), Some("ana"));
    shop.customer_opens("d2", "dan").await;
    assert_eq!(shop.holder("d2").await.as_deref(), Some("boris"), "the other one has less to do");
    shop.check_feed().await;
}

#[actix::test]
async fn whoever_waits_is_served_the_moment_somebody_comes() {
    tokio::time::pause();
    let shop = Shop::staffed(Arc::new(MemoryStore::default()), EVERYONE, &[]).await;
    shop.manager("ana", &[], false).await;
    shop.customer_opens("d1", "carla").await;
    assert_eq!(shop.holder("d1").await, None);
    shop.presence("ana", true).await;
    assert_eq!(shop.holder("d1").await.as_deref(), Some("ana"));
    assert_eq!(
        shop.story("d1").await,
        ["dialog.opened", "message.received", "dialog.waiting", "dialog.assigned"]
    );
}

#[actix::test]
async fn a_dialog_moves_away_from_the_absent_but_not_for_a_blip() {
    tokio::time::pause();
    let shop = Shop::staffed(Arc::new(MemoryStore::default()), MOVING, &["ana", "boris"]).await;
    shop.customer_opens("d1", "carla").await;
    assert_eq!(shop.holder("d1").await.as_deref(), Some("ana"));
    shop.presence("ana", false).await;
    shop.wait(Duration::from_secs(9)).await;
    shop.presence("ana", true).await;
    shop.wait(Duration::from_mins(1)).await;
    assert_eq!(shop.holder("d1").await.as_deref(), Some("ana"), "a blip moves nothing");
    shop.presence("ana", false).await;
    shop.wait(Duration::from_secs(31)).await;
    assert_eq!(shop.holder("d1").await.as_deref(), Some("boris"));
    let events = shop.events().await;
    let moved = events.iter().find(|event| &*event.name == "dialog.reassigned").expect("it moved");
    assert_eq!(moved.cause.as_deref(), Some("offline"));
}

#[actix::test]
async fn an_unanswered_dialog_moves_on_and_then_stays() {
    tokio::time::pause();
    let shop = Shop::staffed(Arc::new(MemoryStore::default()), MOVING, &["ana", "boris"]).await;
    shop.customer_opens("d1", "carla").await;
    shop.wait(Duration::from_secs(301)).await;
    assert_eq!(shop.holder("d1").await.as_deref(), Some("boris"));
    shop.wait(Duration::from_secs(301)).await;
    assert_eq!(shop.stored("d1").await.moves, 2);
    shop.wait(Duration::from_secs(1_000)).await;
    assert_eq!(shop.stored("d1").await.moves, 2, "not more than max_moves");
}

#[actix::test]
async fn it_closes_by_itself_after_warning_and_farewell() {
    tokio::time::pause();
    let shop = Shop::staffed(Arc::new(MemoryStore::default()), MOVING, &["ana"]).await;
    shop.customer_opens("d1", "carla").await;
    shop.says("d1", said_by_manager("ana", "hi")).await.expect("the responsible may write");
    shop.wait(Duration::from_mins(50)).await;
    assert!(shop.story("d1").await.contains(&"dialog.close_warned".to_owned()));
    shop.wait(Duration::from_secs(601)).await;
    assert!(shop.stored("d1").await.is_open(), "the farewell is not acknowledged yet");
    let farewell = shop.stored("d1").await.farewell.expect("a farewell under way").message;
    let report = Inbound::ReportStatus { message: farewell, status: DeliveryStatus::Sent };
    shop.submit(report).await.expect("a report");
    assert!(!shop.stored("d1").await.is_open());
    let answer = shop.says("d1", said_by_customer("carla", "again", None)).await;
    let Ok(Outcome::Message { dialog, opened: true, .. }) = answer else {
        panic!("a message after closing opens a new dialog: {answer:?}");
    };
    assert_ne!(dialog.id.as_str(), "d1");
    assert_eq!(dialog.chat.as_str(), "tg:carla");
    shop.check_feed().await;
}

#[actix::test]
async fn only_those_who_may_do_what_they_may() {
    tokio::time::pause();
    let shop = Shop::staffed(Arc::new(MemoryStore::default()), EVERYONE, &["ana", "boris"]).await;
    shop.manager("chief", &[], true).await;
    shop.customer_opens("d1", "carla").await;
    let answer = shop.says("d1", said_by_manager("boris", "mine!")).await;
    assert!(matches!(refusal(answer), Refusal::NotResponsible { .. }));
    assert_eq!(shop.stored("d1").await.messages, 2, "the refused message is on record");
    assert!(matches!(refusal(shop.closes("d1", by("boris")).await), Refusal::Forbidden { .. }));
    assert!(matches!(
        refusal(shop.assigns("d1", "boris", by("boris"), false).await),
        Refusal::Forbidden { .. }
    ));
    assert!(matches!(
        refusal(shop.assigns("d1", "nobody", by("chief"), false).await),
        Refusal::Unknown { .. }
    ));
    assert!(matches!(
        refusal(shop.assigns("d1", "chief", by("ana"), false).await),
        Refusal::ManagerAbsent { .. }
    ));
    shop.assigns("d1", "chief", by("ana"), true).await.expect("with allow_absent it is done");
    assert_eq!(shop.holder("d1").await.as_deref(), Some("chief"));
    shop.assigns("d1", "boris", by("chief"), false).await.expect("an administrator may");
    shop.closes("d1", by("boris")).await.expect("the responsible may");
    assert!(matches!(refusal(shop.closes("d1", by("boris")).await), Refusal::DialogClosed));
    assert!(matches!(
        refusal(shop.says("d1", said_by_manager("ana", "x")).await),
        Refusal::NotLastResponsible { .. }
    ));
    let answer = shop.says("d1", said_by_manager("boris", "one more thing")).await;
    let Ok(Outcome::Message { dialog, opened: true, .. }) = answer else {
        panic!("whoever had it last may start again: {answer:?}");
    };
    assert_eq!(shop.holder(dialog.id.as_str()).await.as_deref(), Some("boris"));
}

#[actix::test]
async fn repeats_are_answered_alike_and_contradictions_refused() {
    tokio::time::pause();
    let store = Arc::new(MemoryStore::default());
    let shop = Shop::staffed(store, EVERYONE, &["ana", "boris"]).await;
    let first = shop.customer_opens("d1", "carla").await;
    let again = shop.submit(Inbound::Open(Shop::opening("d1", "carla"))).await;
    let Ok(Outcome::Dialog { dialog, created: false, .. }) = again else { panic!("a repeat: {again:?}") };
    assert_eq!(dialog.responsible(), first.responsible());
    let other = shop.submit(Inbound::Open(Shop::opening("d1", "dan"))).await;
    assert!(matches!(refusal(other), Refusal::DuplicateId { .. }));

    let said = || said_by_customer("carla", "where is my order?", Some("m1"));
    shop.says("d1", said()).await.expect("a message");
    let answer = shop.says("d1", said()).await;
    assert!(matches!(answer, Ok(Outcome::Message { opened: false, .. })), "{answer:?}");
    assert_eq!(shop.stored("d1").await.messages, 2, "it is stored once");
    let answer = shop.says("d1", said_by_customer("carla", "something else", Some("m1"))).await;
    assert!(matches!(refusal(answer), Refusal::DuplicateId { .. }));
    shop.says("d1", said_by_customer("carla", "goes on", Some("m2")))
        .await
        .expect("the dialog is well after that");

    shop.closes("d1", By::Backend).await.expect("closed");
    let again = shop.submit(Inbound::Open(Shop::opening("d1", "carla"))).await;
    assert!(matches!(again, Ok(Outcome::Dialog { created: false, .. })), "{again:?}");
    let other = shop.submit(Inbound::Open(Shop::opening("d1", "dan"))).await;
    assert!(matches!(refusal(other), Refusal::DuplicateId { .. }));
    shop.customer_opens("d2", "dan").await;
    assert_eq!(shop.engine.roster(&account()).await.expect("a roster").serviceable, 0);
    shop.check_feed().await;
}

#[actix::test]
async fn dialogs_of_a_removed_manager_go_to_others() {
    tokio::time::pause();
    let shop = Shop::staffed(Arc::new(MemoryStore::default()), EVERYONE, &["ana", "boris"]).await;
    shop.customer_opens("d1", "carla").await;
    shop.submit(Inbound::RemoveManager(reparto::domain::ids::ManagerId::trusted("ana")))
        .await
        .expect("removed");
    shop.settle().await;
    assert_eq!(shop.holder("d1").await.as_deref(), Some("boris"));
}

#[actix::test]
async fn merging_relinks_open_dialogs() {
    tokio::time::pause();
    let shop = Shop::staffed(Arc::new(MemoryStore::default()), EVERYONE, &["ana"]).await;
    shop.customer_opens("d1", "carla").await;
    shop.customer_opens("d2", "carla_too").await;
    let (from, into) = ("carla_too", "carla");
    let (from, into) =
        (reparto::domain::ids::CustomerId::trusted(from), reparto::domain::ids::CustomerId::trusted(into));
    shop.submit(Inbound::MergeCustomers { from, into: into.clone() }).await.expect("merged");
    shop.settle().await;
    assert_eq!(shop.stored("d2").await.customer, Some(into));
}

/// The merge is durable before the opening is: nothing of the record that went may stay behind.
#[actix::test]
async fn a_dialog_that_is_being_born_is_relinked_for_good() {
    tokio::time::pause();
    let store = Arc::new(MemoryStore::default());
    let shop = Shop::staffed(Arc::clone(&store) as SharedStore, EVERYONE, &["ana"]).await;
    shop.customer_opens("d1", "carla").await;
    shop.customer_opens("d2", "carla_too").await;
    shop.closes("d2", By::Backend).await.expect("closed");
    let [from, into] = ["carla_too", "carla"].map(reparto::domain::ids::CustomerId::trusted);
    let opening = shop.submit(Inbound::Open(Shop::opening("d3", "carla_too")));
    let merging = shop.submit(Inbound::MergeCustomers { from: from.clone(), into: into.clone() });
    let (opened, merged) = tokio::join!(opening, merging);
    assert!(matches!(&opened, Ok(Outcome::Dialog { created: true, .. })), "{opened:?}");
    merged.expect("merged");
    shop.settle().await;
    assert_eq!(shop.stored("d3").await.customer, Some(into.clone()));
    let again = shop.submit(Inbound::PutCustomer(Customer::new(from))).await;
    assert!(matches!(refusal(again), Refusal::CustomerMerged { .. }));
    shop.engine.stop().await;
    let shop = Shop::open(store, EVERYONE).await;
    shop.until_ready().await;
    // The id that went opens dialogs of the record that stays, over restarts.
    shop.closes("d3", By::Backend).await.expect("closed");
    shop.closes("d1", By::Backend).await.expect("closed");
    shop.customer_opens("d4", "carla_too").await;
    assert_eq!(shop.stored("d4").await.customer, Some(into));
}

#[actix::test]
async fn an_opening_that_meets_a_closure_opens_the_next_dialog() {
    let shop = Shop::staffed(Arc::new(MemoryStore::default()), EVERYONE, &["ana"]).await;
    shop.customer_opens("d1", "carla").await;
    // The opening is passed on to d1, which is still open then, and arrives right behind its closure.
    let again = shop.submit(Inbound::Open(Shop::opening("d2", "carla")));
    let (closed, opened) = tokio::join!(shop.closes("d1", By::Backend), again);
    assert!(closed.is_ok(), "{closed:?}");
    assert!(matches!(&opened, Ok(Outcome::Dialog { created: true, .. })), "{opened:?}");
    assert_eq!(shop.holder("d2").await.as_deref(), Some("ana"));
    shop.engine.stop().await;
}

#[actix::test]
async fn a_repeat_that_starts_an_actor_again_gives_no_place_away() {
    tokio::time::pause();
    let rules = format!("[capacity]\nunits = 1\n{EVERYONE}");
    let shop = Shop::staffed(Arc::new(MemoryStore::default()), &rules, &["ana"]).await;
    shop.customer_opens("d1", "carla").await;
    shop.customer_opens("d2", "dan").await;
    let said = || said_by_customer("carla", "hello?", Some("m1"));
    shop.says("d1", said()).await.expect("a message");
    shop.says("d1", said()).await.expect("the same again");
    shop.wait(Duration::from_secs(1)).await;
    assert_eq!(shop.holder("d1").await.as_deref(), Some("ana"));
    assert_eq!(shop.holder("d2").await, None, "ana has one place, and it is taken");
    shop.closes("d1", By::Backend).await.expect("closed");
    shop.settle().await;
    assert_eq!(shop.holder("d2").await.as_deref(), Some("ana"));
}

#[actix::test]
async fn a_dialog_knows_whether_its_chat_had_one_before() {
    tokio::time::pause();
    let memory = Arc::new(MemoryStore::default());
    let shop = Shop::staffed(Arc::clone(&memory) as _, EVERYONE, &[]).await;
    shop.channel("site", "site").await;
    assert!(!shop.customer_opens("d1", "carla").await.returning);
    shop.closes("d1", By::Backend).await.expect("a closure");
    assert!(shop.customer_opens("d2", "carla").await.returning, "though nobody served her");
    // Served once, in one chat: her other one is new all the same.
    shop.manager("ana", &[], false).await;
    shop.presence("ana", true).await;
    shop.says("d2", said_by_manager("ana", "yes?")).await.expect("a reply");
    let on_the_site = |id: &str| {
        let channel = Some(reparto::domain::ids::ChannelId::trusted("site"));
        Inbound::Open(reparto::engine::inbound::OpenDialog { channel, ..Shop::opening(id, "carla") })
    };
    let is_returning = |outcome: Result<Outcome, EngineError>| match outcome {
        Ok(Outcome::Dialog { dialog, created: true, .. }) => dialog.returning,
        other => panic!("a dialog was to be opened: {other:?}"),
    };
    assert!(!is_returning(shop.submit(on_the_site("d3")).await));
    shop.closes("d3", By::Backend).await.expect("a closure");
    shop.engine.stop().await;
    // The next life knows it from the store.
    let shop = Shop::open(memory, EVERYONE).await;
    assert!(is_returning(shop.submit(on_the_site("d4")).await));
    shop.closes("d2", By::Backend).await.expect("a closure");
    assert!(shop.customer_opens("d5", "carla").await.returning);
    assert!(!shop.customer_opens("d6", "dan").await.returning);
}
