//! Whatever a value is, it comes back as it went.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use reparto::store::change::Write;

use super::generators;
use super::{Bench, account, good};

/// So many values of each kind.
const VALUES: usize = 200;

/// Arbitrary values, the same in every run.
fn values<T: Debug>(strategy: impl Strategy<Value = T>) -> Vec<T> {
    let mut runner = TestRunner::deterministic();
    (0..VALUES).map(|_| strategy.new_tree(&mut runner).expect("a value").current()).collect()
}

/// By id; of several with one id the last stays, as in the store.
fn by_id<K: Ord, T>(values: Vec<T>, id: impl Fn(&T) -> K) -> BTreeMap<K, T> {
    values.into_iter().map(|value| (id(&value), value)).collect()
}

pub async fn dialogs_come_back(mut bench: Bench) {
    let first = by_id(values(generators::dialog()), |dialog| dialog.id.clone());
    bench.put(first.values().cloned().map(|dialog| Write::Dialog(Arc::new(dialog))).collect()).await;
    bench.restart().await;
    for dialog in first.values() {
        let stored = good(bench.store().dialog(&account(), &dialog.id).await);
        assert_eq!(stored.as_ref(), Some(dialog));
    }
    // Each as the next version of another, which keeps its own origin.
    let next = first.values().rev().zip(first.values()).map(|(state, origin)| {
        let mut next = state.clone();
        next.id = origin.id.clone();
        next.chat = origin.chat.clone();
        next.channel.clone_from(&origin.channel);
        next.channel_kind = origin.channel_kind.clone();
        next.customer.clone_from(&origin.customer);
        next.kind = origin.kind;
        next.started_by = origin.started_by;
        next.returning = origin.returning;
        next.opening_text = origin.opening_text.clone();
        next.facts = origin.facts.clone();
        next.opened_at = origin.opened_at;
        next.version = 2;
        next
    });
    let next: Vec<_> = next.collect();
    bench.put(next.iter().cloned().map(|dialog| Write::Dialog(Arc::new(dialog))).collect()).await;
    for dialog in &next {
        assert_eq!(good(bench.store().dialog(&account(), &dialog.id).await).as_ref(), Some(dialog));
    }
    let open: Vec<_> = next.into_iter().filter(reparto::domain::dialog::Dialog::is_open).collect();
    let snapshot =
        by_id(good(bench.store().snapshot(&account()).await).open_dialogs, |dialog| dialog.id.clone());
    assert_eq!(snapshot, by_id(open, |dialog| dialog.id.clone()));
}

pub async fn customers_come_back(mut bench: Bench) {
    let customers = by_id(values(generators::customer()), |customer| customer.id.clone());
    bench
        .put(customers.values().cloned().map(|customer| Write::Customer(Arc::new(customer))).collect())
        .await;
    bench.restart().await;
    let stored = good(bench.store().snapshot(&account()).await).customers;
    assert_eq!(by_id(stored, |customer| customer.id.clone()), customers);
}

pub async fn managers_come_back(mut bench: Bench) {
    let managers = by_id(values(generators::manager()), |manager| manager.id.clone());
    let presence = values((generators::attendance(), generators::work()));
    let mut writes = Vec::new();
    let mut expected = Vec::new();
    for (manager, (attendance, work)) in managers.values().zip(presence) {
        let id = manager.id.clone();
        writes.push(Write::Manager(Arc::new(manager.clone())));
        writes.push(Write::Attendance { manager: id.clone(), attendance: attendance.clone() });
        writes.push(Write::Work { manager: id, work });
        expected.push((manager.clone(), Some(attendance), work));
    }
    bench.put(writes).await;
    bench.restart().await;
    assert_eq!(good(bench.store().snapshot(&account()).await).managers, expected);
}

pub async fn messages_come_back(mut bench: Bench) {
    let messages = by_id(values(generators::message()), |message| message.id.clone());
    bench.put(messages.values().cloned().map(|message| Write::Message(Arc::new(message))).collect()).await;
    bench.restart().await;
    for message in messages.values() {
        assert_eq!(good(bench.store().message(&account(), &message.id).await).as_ref(), Some(message));
    }
}

pub async fn accounts_and_channels_come_back(mut bench: Bench) {
    let accounts = by_id(values(generators::account()), |account| account.id.clone());
    let channels = by_id(values(generators::channel()), |channel| channel.id.clone());
    let mut writes: Vec<_> = accounts.values().cloned().map(Write::Account).collect();
    writes.extend(channels.values().cloned().map(|channel| Write::Channel(Arc::new(channel))));
    bench.put(writes).await;
    bench.restart().await;
    let stored = good(bench.store().accounts().await);
    assert_eq!(by_id(stored, |account| account.id.clone()), accounts);
    let stored = good(bench.store().snapshot(&account()).await).channels;
    assert_eq!(by_id(stored, |channel| channel.id.clone()), channels);
}
