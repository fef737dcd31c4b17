//! Offers over the life of a server: they end in time, survive a restart, and tell what came of them.

use std::sync::Arc;
use std::time::Duration;

use reparto::domain::dialog::By;
use reparto::domain::ids::{DialogId, ManagerId};
use reparto::engine::EngineError;
use reparto::engine::inbound::Inbound;
use reparto::store::memory::MemoryStore;

use super::fragile::Fragile;
use super::shop::Shop;

const ASKING: &str =
    "[[rule]]\nid = \"all\"\nto = \"everyone\"\npick = \"round_robin\"\naccept_within = \"30s\"\n";

fn accepts(dialog: &str, by: &str) -> Inbound {
    Inbound::Accept { dialog: DialogId::trusted(dialog), by: By::Manager(ManagerId::trusted(by)) }
}

fn declines(dialog: &str, by: &str) -> Inbound {
    Inbound::Decline { dialog: DialogId::trusted(dialog), by: By::Manager(ManagerId::trusted(by)) }
}

async fn offered(shop: &Shop, dialog: &str) -> Option<String> {
    shop.stored(dialog).await.offer.map(|offer| offer.to.to_string())
}

/// The names of a dialog's events about who has it.
async fn told(shop: &Shop, dialog: &str) -> Vec<String> {
    let events = shop.events().await;
    let of_dialog =
        events.iter().filter(|event| event.dialog.as_ref().is_some_and(|id| id.as_str() == dialog));
    let names = of_dialog.map(|event| event.name.to_string());
    names.filter(|name| name.starts_with("dialog.offer") || name == "dialog.assigned").collect()
}

#[actix::test]
async fn an_offer_survives_a_restart_and_can_be_accepted_after_it() {
    tokio::time::pause();
    let memory = Arc::new(MemoryStore::default());
    let shop = Shop::staffed(Arc::clone(&memory) as _, ASKING, &["ana", "boris"]).await;
    shop.submit(Inbound::Open(Shop::opening("d1", "carla"))).await.expect("it is opened");
    assert_eq!(offered(&shop, "d1").await.as_deref(), Some("ana"));
    shop.wait(Duration::from_secs(5)).await;
    // The process ends without a word.
    drop(shop);
    let shop = Shop::open(memory, ASKING).await;
    shop.settle().await;
    assert_eq!(offered(&shop, "d1").await.as_deref(), Some("ana"));
    let views = shop.engine.roster(&super::shop::account()).await.expect("the account is there");
    let ana = views.managers.iter().find(|view| view.manager.id.as_str() == "ana").expect("she is there");
    assert_eq!((ana.dialogs, ana.load.milli()), (1, 1_000), "room is kept for her");
    shop.submit(accepts("d1", "ana")).await.expect("in time");
    assert_eq!(shop.holder("d1").await.as_deref(), Some("ana"));
    assert_eq!(told(&shop, "d1").await, ["dialog.offered", "dialog.assigned"]);
    shop.check_feed().await;
}

#[actix::test]
async fn an_offer_that_nobody_answers_goes_on_to_the_next_in_time() {
    tokio::time::pause();
    let memory = Arc::new(MemoryStore::default());
    let shop = Shop::staffed(Arc::clone(&memory) as _, ASKING, &["ana", "boris"]).await;
    shop.submit(Inbound::Open(Shop::opening("d1", "carla"))).await.expect("it is opened");
    shop.wait(Duration::from_secs(31)).await;
    assert_eq!(offered(&shop, "d1").await.as_deref(), Some("boris"));
    let late = shop.submit(accepts("d1", "ana")).await;
    let Err(EngineError::Refused(refusal)) = late else { panic!("{late:?}") };
    assert!(refusal.to_string().ends_with("it is offered to boris"), "{refusal}");
    shop.submit(declines("d1", "boris")).await.expect("he may");
    assert_eq!(offered(&shop, "d1").await, None);
    // Everybody passed: asked again after a minute, also when the server is not there meanwhile.
    drop(shop);
    let shop = Shop::open(memory, ASKING).await;
    shop.settle().await;
    assert_eq!(offered(&shop, "d1").await, None);
    shop.wait(Duration::from_secs(61)).await;
    assert!(offered(&shop, "d1").await.is_some());
    let told = told(&shop, "d1").await;
    let round = ["dialog.offered", "dialog.offer_ended"];
    assert_eq!(told, [round, round].concat().into_iter().chain(["dialog.offered"]).collect::<Vec<_>>());
    shop.check_feed().await;
}

/// Asks nobody twice: whoever a dialog is offered to answers.
async fn somebody_accepts(shop: &Shop, dialog: &str) -> bool {
    match offered(shop, dialog).await {
        Some(to) => shop.submit(accepts(dialog, &to)).await.is_ok(),
        None => false,
    }
}

#[actix::test]
async fn a_crash_at_any_commit_leaves_every_dialog_offered_or_assigned() {
    tokio::time::pause();
    let mut crashes = 0;
    for at in 0..24 {
        let memory = Arc::new(MemoryStore::default());
        Shop::staffed(Arc::clone(&memory) as _, ASKING, &["ana", "boris"]).await.engine.stop().await;
        let shop = Shop::open(Fragile::new(Arc::clone(&memory), at), ASKING).await;
        let opened = shop.submit(Inbound::Open(Shop::opening("d1", "carla"))).await.is_ok();
        let second = shop.submit(Inbound::Open(Shop::opening("d2", "dan"))).await.is_ok();
        let accepted = opened && somebody_accepts(&shop, "d1").await;
        let declined = second && shop.submit(declines("d2", "boris")).await.is_ok();
        crashes += i32::from(!declined);
        drop(shop);
        let shop = Shop::open(memory, ASKING).await;
        shop.settle().await;
        if accepted {
            assert!(shop.holder("d1").await.is_some(), "crash at {at}: it was accepted");
        } else if opened {
            assert!(offered(&shop, "d1").await.is_some(), "crash at {at}: nobody is asked");
        }
        if declined {
            assert_eq!(offered(&shop, "d2").await.as_deref(), Some("ana"), "crash at {at}");
        }
        for dialog in ["d1", "d2"] {
            shop.submit(Inbound::Open(Shop::opening(dialog, if dialog == "d1" { "carla" } else { "dan" })))
                .await
                .expect("it is repeated");
            let has_somebody = shop.holder(dialog).await.is_some() || somebody_accepts(&shop, dialog).await;
            assert!(has_somebody, "crash at {at}: {dialog}");
        }
        shop.check_feed().await;
        shop.engine.stop().await;
    }
    assert!(crashes > 3, "the store failed in the middle of some of the days");
}
