//! Texts of our own over crashes: each is asked for exactly once, whichever commit the process dies before or after.

use std::sync::Arc;
use std::time::Duration;

use reparto::domain::ids::ManagerId;
use reparto::domain::manager::{Presence, Status};
use reparto::engine::clock::{RuntimeClock, pause};
use reparto::engine::inbound::Inbound;
use reparto::store::sqlite::SqliteStore;

use super::fragile::Fragile;
use super::shop::{MORNING, Shop};

/// Every kind of text within five minutes.
const TALKATIVE: &str = r#"
[[rule]]
id = "all"
to = "everyone"

[[auto_reply]]
on   = "opened"
text = "hello"

[[auto_reply]]
on   = "nobody_online"
text = "nobody"

[[auto_reply]]
on    = "waiting"
after = "30s"
text  = "patience"

[reassign.no_reply]
after = "1h"
nudge = ["50s"]

[[close]]
id        = "quiet"
after     = "3m"
last_from = "any"
warn      = [{ before = "1m", text = "soon" }, { before = "20s", text = "very_soon" }]
farewell  = "bye"
farewell_timeout = "30s"

[texts]
hello     = { en = "Hello." }
nobody    = { en = "Nobody is here." }
patience  = { en = "A little patience." }
soon      = { en = "We close soon." }
very_soon = { en = "We close very soon." }
bye       = { en = "Bye." }
"#;

/// When somebody comes to work: by then the customer was told to be patient.
const ANA_COMES: u32 = 40;
/// By then the dialog is closed.
const END: u32 = 240;

/// What the CRM was asked to send into `d1`, in order.
async fn asked(shop: &Shop) -> Vec<String> {
    let events = shop.events().await;
    let requests = events.iter().filter(|event| &*event.name == "message.requested");
    let of_d1 = requests.filter(|event| event.dialog.as_ref().is_some_and(|id| id.as_str() == "d1"));
    let asked = of_d1.map(|event| {
        let data: serde_json::Value = serde_json::from_str(&event.data).expect("data is JSON");
        format!(
            "{}: {}",
            data["purpose"].as_str().expect("a purpose"),
            data["text"].as_str().expect("a text")
        )
    });
    asked.collect()
}

/// A day with one customer, in which the process dies at a commit and another takes over within a second. Whether it
/// died.
async fn day(at: i64, keeps_the_last: bool) -> bool {
    let folder = tempfile::tempdir().expect("a folder for the database");
    let disk = SqliteStore::open(&folder.path().join("reparto.db")).await.expect("a new database");
    let disk = Arc::new(disk);
    tokio::time::pause();
    let clock = Arc::new(RuntimeClock::starting_at(MORNING));
    let well = || Fragile::on_disk(Arc::clone(&disk), i64::MAX, false);
    let open = |store: Arc<Fragile>| Shop::open_at(store, TALKATIVE, Arc::clone(&clock));
    let shop = open(well()).await;
    shop.channel("tg", "telegram").await;
    shop.manager("ana", &[], false).await;
    shop.engine.stop().await;

    let fragile = Fragile::on_disk(Arc::clone(&disk), at, keeps_the_last);
    let mut shop = open(Arc::clone(&fragile)).await;
    let (mut is_open, mut is_there, mut died) = (false, false, false);
    for second in 0..END {
        // The backend repeats what was not acknowledged.
        is_open = is_open || shop.submit(Inbound::Open(Shop::opening("d1", "carla"))).await.is_ok();
        if second >= ANA_COMES && !is_there {
            let presence = Presence { online: true, status: Status::Free, on_leave: false };
            let comes = Inbound::PutPresence { manager: ManagerId::trusted("ana"), presence };
            is_there = shop.submit(comes).await.is_ok();
        }
        pause(Duration::from_secs(1)).await;
        if !died && fragile.is_dead() {
            died = true;
            drop(shop);
            shop = open(well()).await;
        }
    }
    let all = [
        "auto_reply: Hello.",
        "auto_reply: Nobody is here.",
        "auto_reply: A little patience.",
        "nudge: The customer has been waiting for a reply for 1 min.",
        "close_warning: We close soon.",
        "close_warning: We close very soon.",
        "farewell: Bye.",
    ];
    assert_eq!(asked(&shop).await, all, "died at commit {at}, which was kept: {keeps_the_last}");
    assert!(!shop.stored("d1").await.is_open(), "died at commit {at}");
    shop.check_feed().await;
    shop.engine.stop().await;
    tokio::time::resume();
    died
}

async fn days(keeps_the_last: bool) {
    let mut at = 0;
    while day(at, keeps_the_last).await {
        at += 1;
    }
    assert!(at > 8, "{at} commits make no day");
}

#[actix::test]
async fn each_text_is_asked_for_once_though_the_process_dies_before_any_commit() {
    days(false).await;
}

#[actix::test]
async fn each_text_is_asked_for_once_though_the_process_dies_right_after_any_commit() {
    days(true).await;
}
