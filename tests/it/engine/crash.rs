//! Crashes: the store fails or the process ends at any commit, and nothing acknowledged is lost or done twice.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use reparto::domain::dialog::By;
use reparto::domain::ids::MessageId;
use reparto::engine::EngineError;
use reparto::engine::inbound::Inbound;
use reparto::store::memory::MemoryStore;

use super::fragile::Fragile;
use super::shop::{Shop, said_by_customer, said_by_manager};

const EVERYONE: &str = "[[rule]]\nid = \"all\"\nto = \"everyone\"\npick = \"round_robin\"\n";

/// What a small day does, and which of it was acknowledged.
async fn small_day(shop: &Shop) -> Vec<&'static str> {
    let mut acknowledged = Vec::new();
    let mut note = |what, done: bool| {
        if done {
            acknowledged.push(what);
        }
    };
    note("open d1", shop.submit(Inbound::Open(Shop::opening("d1", "carla"))).await.is_ok());
    note("open d2", shop.submit(Inbound::Open(Shop::opening("d2", "dan"))).await.is_ok());
    note("say m1", shop.says("d1", said_by_customer("carla", "hm", Some("m1"))).await.is_ok());
    let mut reply = said_by_manager("ana", "yes?");
    reply.id = Some(MessageId::trusted("r1"));
    note("reply", shop.says("d1", reply).await.is_ok());
    note("close d1", shop.closes("d1", By::Backend).await.is_ok());
    note("open d3", shop.submit(Inbound::Open(Shop::opening("d3", "eve"))).await.is_ok());
    acknowledged
}

/// Whether what was acknowledged is there.
async fn assert_kept(shop: &Shop, acknowledged: &[&str], at: i64) {
    for what in acknowledged {
        match *what {
            "open d1" | "open d2" | "open d3" => {
                let dialog = shop.stored(&what[5..]).await;
                assert!(
                    !dialog.is_open() || dialog.responsible().is_some(),
                    "crash at {at}: {what} was acknowledged with its assignment"
                );
            }
            "close d1" => assert!(!shop.stored("d1").await.is_open(), "crash at {at}: {what}"),
            "say m1" | "reply" => assert!(shop.stored("d1").await.messages >= 2, "crash at {at}: {what}"),
            other => panic!("no such deed: {other}"),
        }
    }
}

#[actix::test]
async fn a_crash_at_any_commit_keeps_what_was_acknowledged_and_the_day_can_be_repeated() {
    tokio::time::pause();
    let mut crashes = 0;
    for at in 0..40 {
        let memory = Arc::new(MemoryStore::default());
        // The shop is fitted out before the trouble begins.
        Shop::staffed(Arc::clone(&memory) as _, EVERYONE, &["ana", "boris"]).await.engine.stop().await;
        let fragile = Fragile::new(Arc::clone(&memory), at);
        let shop = Shop::open(fragile, EVERYONE).await;
        let acknowledged = small_day(&shop).await;
        crashes += i32::from(acknowledged.len() < 6);
        // The process is gone; another starts on what is stored, and the backend repeats its day.
        drop(shop);
        let shop = Shop::open(memory, EVERYONE).await;
        shop.settle().await;
        assert_kept(&shop, &acknowledged, at).await;
        small_day(&shop).await;
        assert!(!shop.stored("d1").await.is_open());
        for id in ["d2", "d3"] {
            assert!(shop.holder(id).await.is_some(), "crash at {at}: {id} has somebody");
        }
        shop.check_feed().await;
        let opened = shop.events().await.iter().filter(|event| &*event.name == "dialog.opened").count();
        assert_eq!(opened, 3, "crash at {at}: each dialog was opened once");
        shop.engine.stop().await;
    }
    assert!(crashes > 3, "the store failed in the middle of some of the days");
}

#[actix::test]
async fn the_account_recovers_when_the_store_does() {
    tokio::time::pause();
    let memory = Arc::new(MemoryStore::default());
    Shop::staffed(Arc::clone(&memory) as _, EVERYONE, &["ana"]).await.engine.stop().await;
    let fragile = Fragile::new(memory, 100);
    let shop = Shop::open(Arc::clone(&fragile) as _, EVERYONE).await;
    shop.customer_opens("d1", "carla").await;
    fragile.commits_left.store(0, Ordering::SeqCst);
    let answer = shop.submit(Inbound::Open(Shop::opening("d2", "dan"))).await;
    assert!(matches!(answer, Err(EngineError::Store(_) | EngineError::Stopping)), "{answer:?}");
    fragile.commits_left.store(i64::MAX, Ordering::SeqCst);
    shop.wait(std::time::Duration::from_secs(2)).await;
    shop.until_ready().await;
    shop.customer_opens("d2", "dan").await;
    assert_eq!(shop.holder("d1").await.as_deref(), Some("ana"));
    assert_eq!(shop.holder("d2").await.as_deref(), Some("ana"));
    shop.check_feed().await;
}

#[actix::test]
async fn a_stopped_engine_takes_nothing_and_has_lost_nothing() {
    tokio::time::pause();
    let memory = Arc::new(MemoryStore::default());
    let shop = Shop::staffed(Arc::clone(&memory) as _, EVERYONE, &["ana", "boris"]).await;
    let ids: Vec<String> = (0..50).map(|n| format!("d{n}")).collect();
    let openings = ids.iter().map(|id| shop.submit(Inbound::Open(Shop::opening(id, id))));
    let (answers, ()) = tokio::join!(futures_util::future::join_all(openings), shop.engine.stop());
    let late = shop.submit(Inbound::Open(Shop::opening("late", "late"))).await;
    assert!(matches!(late, Err(EngineError::Stopping)));
    let next = Shop::open(memory, EVERYONE).await;
    for (id, answer) in ids.iter().zip(answers) {
        if answer.is_ok() {
            next.stored(id).await;
        }
    }
}
