//! Dialogs that wait for what is being looked up of their customer, over the life of a server.

use std::sync::Arc;
use std::time::Duration;

use reparto::domain::customer::Customer;
use reparto::domain::ids::CustomerId;
use reparto::engine::inbound::Inbound;
use reparto::store::memory::MemoryStore;

use super::shop::{Shop, account};

const RULES: &str = "[[rule]]\nid = \"vip\"\nfacts_within = \"2s\"\nwhen = 'customer.vip'\nto = \"manager:boris\"\n\
    [[rule]]\nid = \"all\"\nto = \"manager:ana\"\n";

fn look_up(shop: &Shop, customer: &str, is_pending: bool) {
    shop.engine.set_facts_pending(&account(), &CustomerId::trusted(customer), is_pending);
}

async fn story(shop: &Shop, dialog: &str) -> Vec<String> {
    let names = shop.story(dialog).await;
    names.into_iter().filter(|name| name == "dialog.waiting" || name == "dialog.assigned").collect()
}

#[actix::test]
async fn facts_that_come_in_time_decide() {
    tokio::time::pause();
    let shop = Shop::staffed(Arc::new(MemoryStore::default()), RULES, &["ana", "boris"]).await;
    look_up(&shop, "marta", true);
    shop.customer_opens("d1", "marta").await;
    shop.wait(Duration::from_secs(1)).await;
    assert_eq!(shop.holder("d1").await, None);
    let marta = Customer { vip: true, ..Customer::new(CustomerId::trusted("marta")) };
    shop.submit(Inbound::PutCustomer(marta)).await.expect("a customer");
    shop.settle().await;
    assert_eq!(shop.holder("d1").await, None);
    look_up(&shop, "marta", false);
    shop.settle().await;
    assert_eq!(shop.holder("d1").await.as_deref(), Some("boris"));
    assert_eq!(story(&shop, "d1").await, ["dialog.waiting", "dialog.assigned"]);
    let events = shop.events().await;
    let waits = events.iter().find(|event| &*event.name == "dialog.waiting").expect("it waited");
    assert!(waits.data.contains(r#""facts_until":"2026-03-02T09:00:02"#), "{}", waits.data);
    // The next dialog of hers has nothing to wait for.
    shop.customer_opens("d2", "carla").await;
    shop.settle().await;
    assert_eq!(story(&shop, "d2").await, ["dialog.assigned"]);
    shop.check_feed().await;
}

#[actix::test]
async fn facts_that_do_not_come_are_not_waited_for_beyond_the_span() {
    tokio::time::pause();
    let shop = Shop::staffed(Arc::new(MemoryStore::default()), RULES, &["ana", "boris"]).await;
    look_up(&shop, "marta", true);
    shop.customer_opens("d1", "marta").await;
    shop.wait(Duration::from_millis(2_500)).await;
    assert_eq!(shop.holder("d1").await.as_deref(), Some("ana"));
    look_up(&shop, "marta", false);
    shop.settle().await;
    assert_eq!(story(&shop, "d1").await, ["dialog.waiting", "dialog.assigned"]);
}

#[actix::test]
async fn whoever_is_merged_meanwhile_is_decided_as_the_one_they_are() {
    tokio::time::pause();
    let shop = Shop::staffed(Arc::new(MemoryStore::default()), RULES, &["ana", "boris"]).await;
    look_up(&shop, "marta", true);
    shop.customer_opens("d1", "marta").await;
    let known = Customer { vip: true, ..Customer::new(CustomerId::trusted("marta-lopez")) };
    shop.submit(Inbound::PutCustomer(known)).await.expect("a customer");
    shop.settle().await;
    assert_eq!(shop.holder("d1").await, None);
    let [from, into] = ["marta", "marta-lopez"].map(CustomerId::trusted);
    shop.submit(Inbound::MergeCustomers { from, into }).await.expect("merged");
    shop.settle().await;
    assert_eq!(shop.holder("d1").await.as_deref(), Some("boris"));
    look_up(&shop, "marta", false);
    shop.settle().await;
    assert_eq!(story(&shop, "d1").await, ["dialog.waiting", "dialog.assigned"]);
    shop.check_feed().await;
}

#[actix::test]
async fn a_server_that_starts_again_does_not_wait_for_a_look_up_that_is_gone() {
    tokio::time::pause();
    let memory = Arc::new(MemoryStore::default());
    let shop = Shop::staffed(Arc::clone(&memory) as _, RULES, &["ana", "boris"]).await;
    look_up(&shop, "marta", true);
    shop.customer_opens("d1", "marta").await;
    shop.settle().await;
    assert_eq!(shop.holder("d1").await, None);
    // The process ends without a word.
    drop(shop);
    let shop = Shop::open(memory, RULES).await;
    shop.settle().await;
    assert_eq!(shop.holder("d1").await.as_deref(), Some("ana"));
    shop.check_feed().await;
}
