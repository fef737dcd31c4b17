//! What reading promises: everything but lists.

use std::sync::Arc;
use std::time::Duration;

use reparto::domain::announcement::{Body, RulesChange};
use reparto::domain::dialog::{ClosureReason, DialogState};
use reparto::domain::ids::{ChatId, CustomerId, DialogId, ManagerId, MessageId, RulesVersion};
use reparto::domain::manager::{Attendance, Manager};
use reparto::domain::message::{Author, Visibility};
use reparto::domain::tally::{Day, DayTally, Times};
use reparto::store::change::{Role, RulesRecord, RulesVia, ShadowRecord, TokenRecord, Write};
use reparto::store::read::{EventFilter, TimelineEntry};

use super::samples::{
    at, customer, delivery, dialog, event, quarantined, receipt, stance, webhook, write, write_customer,
    write_message,
};
use super::{Bench, account, change, good};

pub async fn receipts_stay(mut bench: Bench) {
    let answers = bench
        .commit(&[
            change(0, vec![Write::Receipt(receipt("k1", "first"))]),
            change(0, vec![Write::Receipt(receipt("k1", "second"))]),
        ])
        .await;
    assert!(answers.iter().all(Result::is_ok));
    bench.put(vec![Write::Receipt(receipt("k1", "third"))]).await;
    bench.restart().await;
    assert_eq!(good(bench.store().receipt(&account(), "k1").await), Some(receipt("k1", "first")));
    assert_eq!(good(bench.store().receipt(&account(), "k2").await), None);
}

pub async fn a_stance_holds_until_the_next(mut bench: Bench) {
    let record = |id: &str| Write::Manager(Arc::new(Manager::new(ManagerId::trusted(id))));
    let told = |id, number, load, group: Option<&str>| {
        Write::Stance(stance(id, number, load, group.map(str::to_owned)))
    };
    bench.put(vec![record("ana"), record("eva"), told("ana", 3, 1, Some("sales"))]).await;
    bench
        .put(vec![told("ana", 5, 2, None), told("eva", 5, 7, Some("vip")), told("ana", 9, 0, Some("all"))])
        .await;
    bench.restart().await;
    let ana = ManagerId::trusted("ana");
    let mut seen = Vec::new();
    for number in [2, 3, 4, 5, 8, 9, 99] {
        let found = good(bench.store().stance(&account(), &ana, number).await);
        seen.push(found.map(|found| {
            let groups: Vec<_> = found.groups.keys().map(ToString::to_string).collect();
            (found.stance.load.milli(), groups.join(" "))
        }));
    }
    let seen: Vec<_> = seen.iter().map(|seen| seen.as_ref().map(|(load, group)| (*load, &**group))).collect();
    let (one, two, last) = (Some((1, "sales")), Some((2, "sales")), Some((0, "all")));
    assert_eq!(seen, [None, one, one, two, two, last, last]);
    let other = reparto::domain::ids::AccountId::trusted("other");
    assert_eq!(good(bench.store().stance(&other, &ana, 99).await), None);
    let snapshot = good(bench.store().snapshot(&account()).await);
    assert_eq!(snapshot.newest_stance, 9);
}

/// However many stances of others, and however long ago.
pub async fn a_stance_is_found_far_back(mut bench: Bench) {
    let told =
        |id: &str, number| Write::Stance(stance(id, number, u32::try_from(number % 97).unwrap_or(0), None));
    bench.put(vec![told("ana", 4_095), told("eva", 4_096), told("ana", 4_097), told("ana", 40_000)]).await;
    bench.put((8_192..8_300).map(|number| told("eva", number)).collect()).await;
    bench.restart().await;
    let mut found = Vec::new();
    for number in [4_094, 4_095, 4_096, 4_097, 39_999, 40_000, i64::MAX.unsigned_abs()] {
        let seen = good(bench.store().stance(&account(), &ManagerId::trusted("ana"), number).await);
        found.push(seen.map(|seen| u64::from(seen.stance.load.milli())));
    }
    let [first, second, third] = [4_095, 4_097, 40_000].map(|number| Some(number % 97));
    assert_eq!(found, [None, first, first, second, second, third, third]);
}

pub async fn what_managers_did_adds_up(mut bench: Bench) {
    let did = |id: &str, day, tally| Write::Tally { manager: ManagerId::trusted(id), day: Day(day), tally };
    let replies = Times { count: 1, sum: Duration::from_millis(1_500) };
    let came = DayTally { assigned: 1, ..DayTally::default() };
    let answered = DayTally { replies, first_replies: replies, ..DayTally::default() };
    bench
        .put(vec![did("eva", 7, came), did("ana", 7, came), did("ana", 7, answered), did("ana", 8, came)])
        .await;
    bench.put(vec![did("ana", 7, answered)]).await;
    bench.restart().await;
    let twice = Times { count: 2, sum: Duration::from_secs(3) };
    let ana = DayTally { assigned: 1, replies: twice, first_replies: twice, ..DayTally::default() };
    let (eva, day) = ((ManagerId::trusted("eva"), came), Day(7));
    assert_eq!(
        good(bench.store().manager_days(&account(), day).await),
        [(ManagerId::trusted("ana"), ana), eva]
    );
    assert_eq!(good(bench.store().manager_days(&account(), Day(9)).await), []);
    let other = reparto::domain::ids::AccountId::trusted("other");
    assert_eq!(good(bench.store().manager_days(&other, day).await), []);
}

fn merged(from: &str, into: &str) -> Write {
    Write::CustomerMerged { from: CustomerId::trusted(from), into: CustomerId::trusted(into) }
}

async fn name(bench: &Bench, id: &str) -> Option<String> {
    good(bench.store().customer(&account(), &CustomerId::trusted(id)).await)?.name
}

async fn customer_of(bench: &Bench, id: &str) -> Option<String> {
    let dialog = good(bench.store().dialog(&account(), &DialogId::trusted(id)).await).expect("the dialog");
    dialog.customer.map(|customer| customer.to_string())
}

pub async fn merging_relinks(mut bench: Bench) {
    bench.put(vec![write_customer("c1", "One"), write_customer("c2", "Two"), write(dialog("d1", 1))]).await;
    bench.put(vec![write(dialog("d2", 1)), merged("c1", "c2"), write_customer("c2", "Both")]).await;
    bench.restart().await;
    assert_eq!(name(&bench, "c1").await.as_deref(), Some("Both"));
    let customers = good(bench.store().snapshot(&account()).await).customers;
    assert_eq!(customers, [customer("c2", "Both")]);
    assert_eq!(customer_of(&bench, "d1").await.as_deref(), Some("c2"));
    assert_eq!(customer_of(&bench, "d2").await.as_deref(), Some("c2"));
    // An actor that has not heard of it does not undo it.
    bench.put(vec![write(dialog("d1", 2))]).await;
    assert_eq!(customer_of(&bench, "d1").await.as_deref(), Some("c2"));
}

pub async fn merging_again_and_back(bench: Bench) {
    bench.put(vec![write_customer("c2", "Two"), write_customer("c3", "Three"), write(dialog("d1", 1))]).await;
    // `c1` has no record of its own.
    bench.put(vec![merged("c1", "c2"), merged("c2", "c3"), merged("c3", "c3")]).await;
    assert_eq!(name(&bench, "c1").await.as_deref(), Some("Three"));
    assert_eq!(customer_of(&bench, "d1").await.as_deref(), Some("c3"));
    bench.put(vec![merged("c3", "c2")]).await;
    for id in ["c1", "c2", "c3"] {
        assert_eq!(name(&bench, id).await.as_deref(), Some("Two"));
    }
}

pub async fn the_timeline_is_in_order(bench: Bench) {
    let said = |message: &str, version, seconds| {
        let body = Body::MessageRecorded {
            message: MessageId::trusted(message),
            from: Author::Customer(CustomerId::trusted("c1")),
            visibility: Visibility::Public,
            failed: None,
        };
        event("d1", version, seconds, body)
    };
    bench.put(vec![quarantined("d1", 1), said("m2", 1, 0), write_message("m2", "d1", "first", 0)]).await;
    bench.put(vec![said("m1", 2, 0), write_message("m1", "d1", "second", 0), quarantined("d1", 2)]).await;
    bench.put(vec![event("d1", 3, 9, Body::DialogClosePostponed), quarantined("d2", 1)]).await;
    bench
        .put(vec![
            said("m3", 4, 5),
            write_message("m3", "d1", "late", 5),
            write_message("m4", "d2", "other", 5),
        ])
        .await;
    let entries = good(bench.store().timeline(&account(), &DialogId::trusted("d1")).await);
    let told: Vec<_> = entries
        .iter()
        .map(|entry| match entry {
            TimelineEntry::Message(message) => message.id.to_string(),
            TimelineEntry::Event(event) => event.id.to_string(),
        })
        .collect();
    assert_eq!(told, ["dialog/d1/1.0", "m2", "m1", "dialog/d1/2.0", "m3", "dialog/d1/3.0"]);
}

pub async fn events_are_filtered(mut bench: Bench) {
    let closed = |dialog| {
        event(dialog, 2, 1, Body::DialogClosed { reason: ClosureReason::External, by: None, last: None })
    };
    let rules = event(
        "d2",
        3,
        2,
        Body::RulesApplied(Arc::new(RulesChange {
            version: RulesVersion::trusted("abc"),
            previous: None,
            by: "ana".into(),
            why: "".into(),
            migrated: false,
        })),
    );
    bench.put(vec![quarantined("d1", 1), closed("d1"), quarantined("d2", 1), closed("d2"), rules]).await;
    bench.restart().await;
    let read = async |after, limit, dialog: Option<&str>, names: &[&str]| {
        let filter = EventFilter {
            dialog: dialog.map(DialogId::trusted),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
        };
        let events = good(bench.store().events(&account(), after, limit, &filter).await);
        events.into_iter().map(|event| event.seq).collect::<Vec<_>>()
    };
    assert_eq!(read(0, 99, None, &[]).await, [1, 2, 3, 4, 5]);
    assert_eq!(read(1, 2, None, &[]).await, [2, 3]);
    assert_eq!(read(0, 99, Some("d1"), &[]).await, [1, 2]);
    assert_eq!(read(0, 99, None, &["dialog.closed"]).await, [2, 4]);
    assert_eq!(read(0, 99, None, &["dialog.*"]).await, [1, 2, 3, 4]);
    assert_eq!(read(0, 99, None, &["rules.*", "dialog.closed"]).await, [2, 4, 5]);
    assert_eq!(read(2, 99, Some("d2"), &["dialog.closed", "message.*"]).await, [4]);
    assert_eq!(read(0, 99, None, &["dialog"]).await, [0_u64; 0]);
    let first = good(bench.store().events(&account(), 1, 1, &EventFilter::default()).await).remove(0);
    assert_eq!((&*first.id, &*first.name, first.at), ("dialog/d1/2.0", "dialog.closed", at(1)));
    assert_eq!(&*first.data, r#"{"reason":"external"}"#);
}

pub async fn webhooks_and_deliveries(mut bench: Bench) {
    let cursor = |id: &str, acknowledged| Write::WebhookCursor { webhook: id.into(), acknowledged };
    bench
        .put(vec![Write::Webhook(webhook("w1", 0)), Write::Webhook(webhook("w2", 0)), cursor("w1", 3)])
        .await;
    bench.put(vec![cursor("w2", 5), cursor("w2", 4), cursor("w9", 1)]).await;
    bench.restart().await;
    assert_eq!(good(bench.store().webhooks(&account()).await), [webhook("w1", 3), webhook("w2", 4)]);
    for start in (0..1_500).step_by(500) {
        bench.put((start..start + 500).map(|seq| Write::Delivery(delivery("w1", seq))).collect()).await;
    }
    bench.put(vec![Write::Delivery(delivery("w2", 7))]).await;
    let newest = good(bench.store().deliveries(&account(), "w1", 2).await);
    assert_eq!(newest, [delivery("w1", 1_499), delivery("w1", 1_498)]);
    let kept = good(bench.store().deliveries(&account(), "w1", 9_999).await);
    assert_eq!(kept.iter().map(|delivery| delivery.seq).min(), Some(500));
    // Removed and made again in one group: its deliveries are gone, its cursor starts anew.
    let again = vec![
        Write::Delivery(delivery("w1", 1_500)),
        Write::WebhookRemoved("w1".into()),
        Write::Webhook(webhook("w1", 9)),
        Write::WebhookRemoved("w2".into()),
        cursor("w2", 8),
    ];
    bench.put(again).await;
    assert_eq!(good(bench.store().webhooks(&account()).await), [webhook("w1", 9)]);
    assert_eq!(good(bench.store().deliveries(&account(), "w1", 10).await), []);
    assert_eq!(good(bench.store().deliveries(&account(), "w2", 10).await), []);
}

pub async fn tokens_are_found_until_revoked(mut bench: Bench) {
    let token = |id: &str, hash, role, account| TokenRecord {
        id: id.into(),
        hash: [hash; 32],
        account,
        role,
        name: "for tests".to_owned(),
        created_at: at(0),
        revoked_at: None,
    };
    let [mut one, two] =
        [token("t1", 1, Role::Operator, None), token("t2", 2, Role::Backend, Some(account()))];
    for token in [&one, &two] {
        good(bench.store().put_token(token).await);
    }
    bench.restart().await;
    assert_eq!(good(bench.store().token(&[1; 32]).await), Some(one.clone()));
    assert_eq!(good(bench.store().token(&[3; 32]).await), None);
    one.revoked_at = Some(at(5));
    good(bench.store().put_token(&one).await);
    assert_eq!(good(bench.store().token(&[1; 32]).await), None);
    assert_eq!(good(bench.store().tokens().await), [one, two]);
}

pub async fn rules_history_is_newest_first(mut bench: Bench) {
    let rules = |version: &str| RulesRecord {
        version: RulesVersion::trusted(version),
        sources: vec![
            ("a.toml".to_owned(), "schema = 1\n".to_owned()),
            ("b.toml".to_owned(), "ñ \"\\".to_owned()),
        ],
        at: at(0),
        by: "operator".to_owned(),
        via: RulesVia::Rollback,
        why: "the old one was better".to_owned(),
    };
    bench.put(vec![Write::Rules(rules("a")), Write::Rules(rules("b"))]).await;
    bench.restart().await;
    bench.put(vec![Write::Rules(rules("a"))]).await;
    assert_eq!(good(bench.store().rules_history(&account()).await), [rules("a"), rules("b"), rules("a")]);
}

pub async fn the_newest_word_about_a_shadow_counts(mut bench: Bench) {
    assert_eq!(good(bench.store().shadow(&account()).await), None);
    let shadow = |version: Option<&str>| ShadowRecord {
        version: version.map(RulesVersion::trusted),
        sources: version.map(|_| ("a.toml".to_owned(), "ñ\n".to_owned())).into_iter().collect(),
        at: at(7),
        by: "operator".to_owned(),
        why: "would VIPs wait less?".to_owned(),
    };
    bench.put(vec![Write::Shadow(shadow(Some("a"))), Write::Shadow(shadow(Some("b")))]).await;
    bench.restart().await;
    assert_eq!(good(bench.store().shadow(&account()).await), Some(shadow(Some("b"))));
    bench.put(vec![Write::Shadow(shadow(None))]).await;
    assert_eq!(good(bench.store().shadow(&account()).await), Some(shadow(None)));
}

pub async fn the_latest_dialog_of_a_chat(bench: Bench) {
    let opened = |id: &str, seconds, chat: &str| {
        let mut dialog = dialog(id, 1);
        dialog.opened_at = at(seconds);
        dialog.chat = ChatId::trusted(chat);
        dialog
    };
    let [early, late, other] = [opened("d9", 1, "a"), opened("d1", 2, "a"), opened("d5", 3, "b")];
    bench.put([&late, &early, &other].map(|dialog| write(dialog.clone())).into()).await;
    assert_eq!(good(bench.store().latest_in_chat(&account(), &ChatId::trusted("a")).await), Some(late));
    assert_eq!(good(bench.store().latest_in_chat(&account(), &ChatId::trusted("c")).await), None);
}

pub async fn a_snapshot_has_all_that_actors_need(mut bench: Bench) {
    let [ana, boris] = ["ana", "boris"].map(|id| Manager::new(ManagerId::trusted(id)));
    let mut attendance = Attendance::new(at(0));
    attendance.presence.online = true;
    attendance.version = 3;
    let mut closed = dialog("d2", 1);
    closed.state =
        DialogState::Closed { at: at(1), reason: ClosureReason::AccountAutoClose, by: None, last: None };
    closed.chat = ChatId::trusted("once");
    let mut internal = dialog("d0", 1);
    internal.chat = ChatId::trusted("among-us");
    internal.state = DialogState::Internal;
    internal.opened_at = at(5);
    bench
        .put(vec![
            Write::Manager(Arc::new(boris.clone())),
            Write::Manager(Arc::new(ana.clone())),
            Write::Attendance { manager: ana.id.clone(), attendance: attendance.clone() },
            write(dialog("d1", 1)),
            write(closed),
            write(internal.clone()),
            quarantined("d1", 1),
        ])
        .await;
    bench.restart().await;
    let snapshot = good(bench.store().snapshot(&account()).await);
    let nothing = reparto::domain::manager::ManagerWork::default();
    assert_eq!(snapshot.managers, [(ana, Some(attendance), nothing), (boris, None, nothing)]);
    assert_eq!(snapshot.open_dialogs, [dialog("d1", 1), internal]);
    assert_eq!(snapshot.chats, ["among-us", "once", "site:c1"].map(ChatId::trusted));
    assert_eq!(snapshot.last_seq, 1);
}
