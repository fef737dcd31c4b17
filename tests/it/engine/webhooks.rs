//! Webhooks: everything arrives, in order for each dialog, until it is acknowledged.

use std::sync::Arc;
use std::time::Duration;

use reparto::engine::inbound::Inbound;
use reparto::store::change::Webhook;
use reparto::store::memory::MemoryStore;

use super::shop::{MORNING, Shop, account};

const EVERYONE: &str = "[[rule]]\nid = \"all\"\nto = \"everyone\"\npick = \"least_loaded\"\n";

fn webhook(events: &[&str]) -> Webhook {
    Webhook {
        id: "crm".into(),
        url: "http://127.0.0.1:9/hook".into(),
        events: events.iter().map(ToString::to_string).collect(),
        secret: b"a secret of thirty-two bytes long".to_vec(),
        acknowledged: 0,
        paused: false,
        created_at: MORNING,
    }
}

/// The names and dialogs of what arrived.
fn arrived(shop: &Shop) -> Vec<String> {
    let arrived = shop.mailbox.arrived.lock().expect("no test holds it");
    let ids = arrived.iter().map(|(_, body)| {
        let event: serde_json::Value = serde_json::from_str(body).expect("a body is JSON");
        event["id"].as_str().expect("an event has an id").to_owned()
    });
    ids.collect()
}

#[actix::test]
async fn everything_arrives_once_when_the_receiver_is_well() {
    tokio::time::pause();
    let shop = Shop::staffed(Arc::new(MemoryStore::default()), EVERYONE, &["ana"]).await;
    shop.submit(Inbound::PutWebhook(webhook(&["dialog.*"]))).await.expect("a webhook");
    shop.customer_opens("d1", "carla").await;
    shop.customer_opens("d2", "dan").await;
    shop.wait(Duration::from_secs(1)).await;
    let mut arrived = arrived(&shop);
    arrived.sort();
    assert_eq!(arrived, ["dialog/d1/1.0", "dialog/d1/2.0", "dialog/d2/1.0", "dialog/d2/2.0"]);
    let stored = shop.engine.store().webhooks(&account()).await.expect("the store is well");
    let newest = shop.events().await.last().expect("events").seq;
    assert_eq!(stored.first().map(|webhook| webhook.acknowledged), Some(newest));
}

#[actix::test]
async fn a_failing_receiver_gets_it_again_and_in_order() {
    tokio::time::pause();
    let shop = Shop::staffed(Arc::new(MemoryStore::default()), EVERYONE, &["ana"]).await;
    *shop.mailbox.failing.lock().expect("no test holds it") = 2;
    shop.submit(Inbound::PutWebhook(webhook(&["dialog.*"]))).await.expect("a webhook");
    shop.customer_opens("d1", "carla").await;
    shop.wait(Duration::from_mins(2)).await;
    assert_eq!(arrived(&shop), ["dialog/d1/1.0", "dialog/d1/2.0"]);
    let deliveries = shop.engine.store().deliveries(&account(), "crm", 10).await.expect("the store is well");
    assert_eq!(deliveries.iter().filter(|delivery| delivery.status == Some(500)).count(), 2);
}

#[actix::test]
async fn a_dead_receiver_is_paused_and_nothing_is_lost() {
    tokio::time::pause();
    let shop = Shop::staffed(Arc::new(MemoryStore::default()), EVERYONE, &["ana"]).await;
    *shop.mailbox.failing.lock().expect("no test holds it") = u32::MAX;
    shop.submit(Inbound::PutWebhook(webhook(&["dialog.assigned"]))).await.expect("a webhook");
    shop.customer_opens("d1", "carla").await;
    for _ in 0..10_000 {
        shop.wait(Duration::from_mins(1)).await;
        let stored = shop.engine.store().webhooks(&account()).await.expect("the store is well");
        if stored.first().is_some_and(|webhook| webhook.paused) {
            break;
        }
    }
    *shop.mailbox.failing.lock().expect("no test holds it") = 0;
    shop.submit(Inbound::Redeliver { webhook: "crm".into(), from: None }).await.expect("woken");
    shop.wait(Duration::from_secs(1)).await;
    assert_eq!(arrived(&shop), ["dialog/d1/2.0"]);
}
