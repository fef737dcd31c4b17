//! Whatever is committed, all stores answer and remember the same.

use std::fmt::{Debug, Write as _};
use std::sync::Arc;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use reparto::domain::account::Account;
use reparto::domain::ids::{AccountId, CustomerId, DialogId, MessageId, RulesVersion};
use reparto::domain::manager::{Attendance, Manager, ManagerWork};
use reparto::domain::tally::{Day, DayTally, Times};
use reparto::store::change::{Change, RulesRecord, RulesVia, ShadowRecord, Write};
use reparto::store::read::{DialogFilter, EventFilter};

use super::samples::{
    assigned, at, customer, delivery, dialog, manager, message, quarantined, receipt, stance, webhook,
};
use super::{Bench, generators, good};

const ACCOUNTS: [&str; 2] = ["a", "b"];
const NAMES: std::ops::Range<u8> = 0..4;

/// A write about one of few things, so that they meet often.
fn write() -> impl Strategy<Value = Write> {
    let dialog = (NAMES, 1..4_u64, NAMES).prop_map(|(id, version, to)| {
        let mut dialog = assigned(dialog(&format!("d{id}"), version), &format!("m{to}"));
        dialog.customer = Some(CustomerId::trusted(&format!("c{id}")));
        Write::Dialog(Arc::new(dialog))
    });
    let message_id = |n: u8| MessageId::trusted(&format!("m{n}"));
    prop_oneof![
        6 => dialog,
        3 => (NAMES, NAMES).prop_map(|(id, of)| {
            Write::Message(Arc::new(message(&format!("m{id}"), &format!("d{of}"), "hello", i64::from(id))))
        }),
        2 => (NAMES, generators::status()).prop_map(move |(id, status)| Write::MessageStatus { message: message_id(id), status }),
        4 => (NAMES, 1..9_u64).prop_map(|(id, version)| quarantined(&format!("d{id}"), version)),
        2 => (NAMES, "[a-c]").prop_map(|(id, name)| Write::Customer(Arc::new(customer(&format!("c{id}"), &name)))),
        1 => NAMES.prop_map(|id| Write::Manager(Arc::new(Manager::new(manager(&format!("m{id}")))))),
        1 => (NAMES, 0..9_u64).prop_map(|(id, version)| {
            let attendance = Attendance { version, ..Attendance::new(at(0)) };
            Write::Attendance { manager: manager(&format!("m{id}")), attendance }
        }),
        1 => (NAMES, 0..9_i64).prop_map(|(id, seconds)| {
            let work = ManagerWork { last_assigned_at: None, idle_since: Some(at(seconds)) };
            Write::Work { manager: manager(&format!("m{id}")), work }
        }),
        1 => (NAMES, NAMES).prop_map(|(key, last)| {
            Write::Rotation { key: format!("k{key}").into(), last: manager(&format!("m{last}")) }
        }),
        3 => (NAMES, 0..9_u64, 0..9_u32, proptest::option::of(NAMES)).prop_map(|(id, number, load, group)| {
            Write::Stance(stance(&format!("m{id}"), number, load, group.map(|n| format!("g{n}"))))
        }),
        2 => (NAMES, 0..3_i32, 0..9_u64).prop_map(|(id, day, assigned)| {
            let replies = Times { count: 1, sum: Duration::from_millis(assigned) };
            let tally = DayTally { assigned, replies, ..DayTally::default() };
            Write::Tally { manager: manager(&format!("m{id}")), day: Day(day), tally }
        }),
        1 => (NAMES, "[a-c]").prop_map(|(key, body)| Write::Receipt(receipt(&format!("k{key}"), &body))),
        1 => (NAMES, 0..9_u64).prop_map(|(id, cursor)| Write::Webhook(webhook(&format!("w{id}"), cursor))),
        1 => NAMES.prop_map(|id| Write::WebhookRemoved(format!("w{id}").into())),
        2 => (NAMES, 0..9_u64).prop_map(|(id, acknowledged)| {
            Write::WebhookCursor { webhook: format!("w{id}").into(), acknowledged }
        }),
        2 => (NAMES, 0..9_u64).prop_map(|(id, seq)| Write::Delivery(delivery(&format!("w{id}"), seq))),
        1 => NAMES.prop_map(|id| Write::Account(Account::new(AccountId::trusted(&format!("a{id}"))))),
        1 => proptest::option::of(NAMES).prop_map(|version| Write::Shadow(ShadowRecord {
            version: version.map(|version| RulesVersion::trusted(&version.to_string())),
            sources: Vec::new(),
            at: at(0),
            by: String::new(),
            why: String::new(),
        })),
        1 => NAMES.prop_map(|version| Write::Rules(RulesRecord {
            version: RulesVersion::trusted(&version.to_string()),
            sources: Vec::new(),
            at: at(0),
            by: String::new(),
            via: RulesVia::File,
            why: String::new(),
        })),
    ]
}

fn change(writes: impl Strategy<Value = Vec<Write>>) -> impl Strategy<Value = Change> {
    let account = proptest::sample::select(ACCOUNTS.map(AccountId::trusted).to_vec());
    (account, 0..3_u64, writes).prop_map(|(account, lineage, writes)| Change { account, lineage, writes })
}

/// Groups of changes. Merges come in groups of their own: a merge reaches dialogs of its whole group.
fn groups() -> impl Strategy<Value = Vec<Vec<Change>>> {
    let merge = (NAMES, NAMES).prop_map(|(from, into)| {
        let [from, into] = [from, into].map(|n| CustomerId::trusted(&format!("c{n}")));
        vec![Write::CustomerMerged { from, into }]
    });
    let group = prop_oneof![5 => vec(change(vec(write(), 0..6)), 0..12), 1 => vec(change(merge), 1..3)];
    vec(group, 1..8)
}

/// Everything that can be read, as text.
async fn contents(bench: &Bench) -> String {
    let store = bench.store();
    let mut told = String::new();
    let mut tell = |what: &dyn Debug| writeln!(told, "{what:?}").expect("writing to a string cannot fail");
    tell(&good(store.accounts().await));
    for account in ACCOUNTS.map(AccountId::trusted) {
        tell(&good(store.snapshot(&account).await));
        tell(&good(store.events(&account, 0, 9_999, &EventFilter::default()).await));
        tell(&good(store.webhooks(&account).await));
        tell(&good(store.rules_history(&account).await));
        for day in 0..3 {
            tell(&good(store.manager_days(&account, Day(day)).await));
        }
        tell(&good(store.shadow(&account).await));
        let filter = DialogFilter { text: Some("hello".to_owned()), limit: 3, ..DialogFilter::default() };
        tell(&good(store.dialogs(&account, &filter).await));
        for n in NAMES {
            tell(&good(store.message(&account, &MessageId::trusted(&format!("m{n}"))).await));
            tell(&good(store.timeline(&account, &DialogId::trusted(&format!("d{n}"))).await));
            tell(&good(store.customer(&account, &CustomerId::trusted(&format!("c{n}"))).await));
            tell(&good(store.receipt(&account, &format!("k{n}")).await));
            for number in [0, 4, 9] {
                tell(&good(store.stance(&account, &manager(&format!("m{n}")), number).await));
            }
            tell(&good(store.deliveries(&account, &format!("w{n}"), 99).await));
        }
    }
    told
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn memory_and_sqlite_agree(groups in groups()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let (memory, mut sqlite) = (Bench::memory().await, Bench::sqlite().await);
            for group in &groups {
                prop_assert_eq!(memory.commit(group).await, sqlite.commit(group).await);
            }
            sqlite.restart().await;
            prop_assert_eq!(contents(&memory).await, contents(&sqlite).await);
            Ok(())
        })?;
    }
}
