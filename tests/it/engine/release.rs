//! A backlog that new rules set free: no faster than the rate, the most urgent first, over a restart as well.

use std::sync::Arc;
use std::time::Duration;

use reparto::domain::customer::Customer;
use reparto::domain::ids::CustomerId;
use reparto::domain::time::Timestamp;
use reparto::engine::clock::RuntimeClock;
use reparto::engine::inbound::Inbound;
use reparto::engine::rulebook::{Edition, Origin};
use reparto::engine::rules::Application;
use reparto::store::change::RulesVia;
use reparto::store::memory::MemoryStore;

use super::shop::{MORNING, Shop, account, rules_of};

/// Everybody waits for vera, who is not there.
const VERA: &str = "[[rule]]\nid = \"vera\"\nto = \"manager:vera\"\n";
/// One in ten seconds. A VIP is ahead of whoever came up to a minute before.
const ALL: &str = r#"
[release]
rate = "6/min"
[[priority]]
id   = "vip"
when = 'customer.vip'
base = 60
per_minute = 60
[[priority]]
id = "rest"
per_minute = 60
[capacity]
units = 20
[[rule]]
id = "all"
to = "everyone"
"#;

async fn migrate(shop: &Shop, text: &str) {
    let origin = Origin { sources: vec![("applied.toml".into(), text.into())], by: "test".into() };
    let edition = Edition { via: RulesVia::Api, ..Edition::of_file(rules_of(text), origin) };
    let application = Application { edition, expected: None, migrate: true };
    shop.engine.apply_rules(&account(), application).await.expect("they come into force");
}

/// Dialogs in the order in which somebody got them, and when.
async fn assigned(shop: &Shop) -> Vec<(String, Timestamp)> {
    let events = shop.events().await;
    let assigned = events.iter().filter(|event| &*event.name == "dialog.assigned");
    assigned.map(|event| (event.dialog.as_ref().expect("of a dialog").to_string(), event.at)).collect()
}

/// A backlog whose ids tell nothing of its order: `d` first, then `c`, a VIP's `v` right behind, and at last `b`, `w` of
/// another VIP, and `a`.
async fn backlog(shop: &Shop) {
    for vip in ["v", "w"] {
        let customer = Customer { vip: true, ..Customer::new(CustomerId::trusted(vip)) };
        shop.submit(Inbound::PutCustomer(customer)).await.expect("a customer");
    }
    for (id, gap) in [("d", 70), ("c", 10), ("v", 70), ("b", 5), ("w", 5), ("a", 5)] {
        shop.customer_opens(id, id).await;
        shop.wait(Duration::from_secs(gap)).await;
    }
    assert_eq!(assigned(shop).await, [], "nobody is there whom these rules name");
}

/// `v` overtakes `c`, who came ten seconds earlier, and not `d`, who came eighty seconds earlier; `w` overtakes `b`.
const ORDER: [&str; 6] = ["d", "v", "c", "w", "b", "a"];

fn check_pace(assigned: &[(String, Timestamp)]) {
    for pair in assigned.windows(2) {
        let [(first, before), (second, after)] = pair else { continue };
        let gap = after.since(*before);
        assert!(gap >= Duration::from_secs(10), "{second} follows {first} after {gap:?}");
        assert!(gap < Duration::from_secs(12), "{second} follows {first} only after {gap:?}");
    }
}

#[actix::test]
async fn a_migrated_backlog_goes_on_at_the_rate_the_most_urgent_and_then_the_oldest_first() {
    tokio::time::pause();
    let shop = Shop::staffed(Arc::new(MemoryStore::default()), VERA, &["ana"]).await;
    shop.manager("vera", &[], false).await;
    backlog(&shop).await;
    migrate(&shop, ALL).await;
    shop.settle().await;
    assert_eq!(assigned(&shop).await.len(), 1, "one at once");
    // Whoever comes meanwhile is no part of the backlog, and the same rules once more let nobody pass earlier.
    shop.customer_opens("new", "new").await;
    assert_eq!(shop.holder("new").await.as_deref(), Some("ana"));
    migrate(&shop, ALL).await;
    shop.wait(Duration::from_secs(61)).await;
    let mut told = assigned(&shop).await;
    told.retain(|(id, _)| id != "new");
    let order: Vec<&str> = told.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(order, ORDER);
    check_pace(&told);
    shop.check_feed().await;
    shop.engine.stop().await;
}

#[actix::test]
async fn a_restart_keeps_the_order_of_those_who_wait_for_their_turn() {
    tokio::time::pause();
    let store = Arc::new(MemoryStore::default());
    let clock = Arc::new(RuntimeClock::starting_at(MORNING));
    let open = || Shop::open_at(Arc::clone(&store) as _, VERA, Arc::clone(&clock));
    let shop = open().await;
    shop.channel("tg", "telegram").await;
    for manager in ["ana", "vera"] {
        shop.manager(manager, &[], false).await;
    }
    shop.presence("ana", true).await;
    shop.wait(Duration::from_secs(10)).await;
    backlog(&shop).await;
    migrate(&shop, ALL).await;
    shop.wait(Duration::from_secs(15)).await;
    assert_eq!(assigned(&shop).await.len(), 2);
    shop.engine.stop().await;
    let shop = open().await;
    shop.wait(Duration::from_secs(61)).await;
    let told = assigned(&shop).await;
    let order: Vec<&str> = told.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(order, ORDER);
    check_pace(&told[2..]);
    shop.check_feed().await;
    shop.engine.stop().await;
}
