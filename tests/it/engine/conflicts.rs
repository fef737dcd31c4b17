//! Conflicts with the store: another actor takes the dialog over, and nobody believes what the first one still said.

use std::sync::Arc;

use futures_util::FutureExt;
use reparto::domain::dialog::By;
use reparto::domain::refusal::Refusal;
use reparto::domain::units::Units;
use reparto::engine::EngineError;
use reparto::engine::inbound::Inbound;
use reparto::store::memory::MemoryStore;

use super::fragile::Fragile;
use super::shop::{Shop, account, said_by_customer, said_by_manager};

const EVERYONE: &str = "[[rule]]\nid = \"all\"\nto = \"everyone\"\npick = \"ordered\"\n";

/// A shop whose dialog `d1` ana holds, and in which a message `m1` is stored.
async fn with_a_dialog() -> (Shop, Arc<Fragile>) {
    let store = Fragile::new(Arc::new(MemoryStore::default()), i64::MAX);
    let shop = Shop::staffed(Arc::clone(&store) as _, EVERYONE, &["ana", "boris"]).await;
    shop.customer_opens("d1", "carla").await;
    assert_eq!(shop.holder("d1").await.as_deref(), Some("ana"));
    shop.says("d1", said_by_customer("carla", "one thing", Some("m1"))).await.expect("a message");
    (shop, store)
}

/// Somebody reuses the id `m1`: the dialog's actor takes the message in, and the store contradicts.
async fn contradict(shop: &Shop) {
    let answer = shop.says("d1", said_by_customer("carla", "another thing", Some("m1"))).await;
    let is_duplicate = matches!(&answer, Err(EngineError::Refused(Refusal::DuplicateId { .. })));
    assert!(is_duplicate, "{answer:?}");
}

/// How much each manager has to do, as the desk sees it.
async fn loads(shop: &Shop) -> Vec<(String, Units)> {
    let view = shop.engine.roster(&account()).await.expect("the account is open");
    view.managers.iter().map(|seen| (seen.manager.id.to_string(), seen.load)).collect()
}

fn busy(ana: Units, boris: Units) -> Vec<(String, Units)> {
    vec![("ana".to_owned(), ana), ("boris".to_owned(), boris)]
}

#[actix::test]
async fn the_closure_of_a_replaced_actor_does_not_dismiss_its_successor() {
    tokio::time::pause();
    let (shop, store) = with_a_dialog().await;
    // The keeper is about to start the actor again and waits for what is stored; the closure overtakes it.
    let held = store.dialogs.write().await;
    contradict(&shop).await;
    shop.settle().await;
    drop(held);
    let closed = shop.closes("d1", By::Backend).await;
    assert!(closed.is_ok(), "{closed:?}");
    shop.settle().await;
    assert!(!shop.stored("d1").await.is_open());
    assert_eq!(loads(&shop).await, busy(Units::ZERO, Units::ZERO));
    let closures = shop.story("d1").await.iter().filter(|name| *name == "dialog.closed").count();
    assert_eq!(closures, 1);
    shop.check_feed().await;
}

#[actix::test]
async fn the_standing_of_a_replaced_actor_does_not_enter_the_books() {
    tokio::time::pause();
    let (shop, store) = with_a_dialog().await;
    let held = store.dialogs.write().await;
    contradict(&shop).await;
    shop.settle().await;
    drop(held);
    // Whoever asks does not wait for the answer, so nobody asks the successor again.
    assert!(shop.assigns("d1", "boris", By::Backend, false).now_or_never().is_none());
    shop.settle().await;
    assert_eq!(shop.holder("d1").await.as_deref(), Some("ana"), "what was built on a conflict never was");
    assert_eq!(loads(&shop).await, busy(Units::ONE, Units::ZERO));
    let reply = shop.says("d1", said_by_manager("ana", "yes?")).await;
    assert!(reply.is_ok(), "{reply:?}");
    shop.check_feed().await;
}

#[actix::test]
async fn a_dialog_that_closed_on_a_conflict_is_taken_up_again() {
    tokio::time::pause();
    let (shop, _) = with_a_dialog().await;
    // The closure is built on the message that the store refuses, and its actor is dismissed before that is known.
    let contradiction = said_by_customer("carla", "another thing", Some("m1"));
    let (said, closed) = tokio::join!(shop.says("d1", contradiction), shop.closes("d1", By::Backend));
    assert!(matches!(said, Err(EngineError::Refused(Refusal::DuplicateId { .. }))), "{said:?}");
    assert!(closed.is_ok(), "{closed:?}");
    shop.settle().await;
    assert!(!shop.stored("d1").await.is_open());
    assert_eq!(loads(&shop).await, busy(Units::ZERO, Units::ZERO));
    shop.check_feed().await;
}

#[actix::test]
async fn a_manager_who_was_removed_and_comes_back_goes_on_where_they_were() {
    tokio::time::pause();
    let (shop, _) = with_a_dialog().await;
    let ana = reparto::domain::ids::ManagerId::trusted("ana");
    shop.submit(Inbound::RemoveManager(ana)).await.expect("a removal");
    shop.settle().await;
    assert_eq!(shop.holder("d1").await.as_deref(), Some("boris"));
    shop.manager("ana", &[], false).await;
    shop.presence("ana", false).await;
    shop.presence("ana", true).await;
    shop.customer_opens("d2", "dan").await;
    assert_eq!(shop.holder("d2").await.as_deref(), Some("ana"));
    // Announcements of her presence are numbered on, so each has an id of its own.
    shop.check_feed().await;
}

#[actix::test]
async fn a_dialog_that_waited_before_a_conflict_waits_again() {
    tokio::time::pause();
    let store = Fragile::new(Arc::new(MemoryStore::default()), i64::MAX);
    let shop = Shop::staffed(Arc::clone(&store) as _, EVERYONE, &[]).await;
    for id in ["ana", "boris"] {
        // They have not come yet.
        shop.manager(id, &[], false).await;
    }
    shop.customer_opens("d1", "carla").await;
    assert_eq!(shop.holder("d1").await, None);
    shop.says("d1", said_by_customer("carla", "one thing", Some("m1"))).await.expect("a message");
    // What the actor believes after the contradiction takes the dialog out of the queue, and is never stored.
    let held = store.dialogs.write().await;
    contradict(&shop).await;
    assert!(shop.assigns("d1", "boris", By::Backend, true).now_or_never().is_none());
    shop.settle().await;
    assert_eq!(loads(&shop).await, busy(Units::ZERO, Units::ONE));
    drop(held);
    shop.settle().await;
    assert_eq!(shop.holder("d1").await, None);
    assert_eq!(loads(&shop).await, busy(Units::ZERO, Units::ZERO));
    shop.presence("ana", true).await;
    assert_eq!(shop.holder("d1").await.as_deref(), Some("ana"), "it waits for whoever comes");
    shop.check_feed().await;
}
