//! Gathering a group: what is left to write when many changes become durable together.
//!
//! Of several versions of one thing only the last is kept, so that a group costs what it leaves behind.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;
use std::sync::Arc;

use super::change::{
    Change, Committed, Conflict, Delivery, Receipt, RulesRecord, ShadowRecord, Webhook, Write,
};
use super::read::StoredEvent;
use super::records::stance::BLOCK;
use crate::domain::account::Account;
use crate::domain::channel::Channel;
use crate::domain::customer::Customer;
use crate::domain::dialog::Dialog;
use crate::domain::ids::{AccountId, ChannelId, CustomerId, DialogId, ManagerId, MessageId};
use crate::domain::manager::{Attendance, Manager, ManagerWork};
use crate::domain::message::{DeliveryStatus, Message};
use crate::domain::stance::StanceChange;
use crate::domain::tally::{Day, DayTally};

/// Values by key in the order of their first appearance; a later one replaces an earlier one in its place.
pub(crate) struct Latest<K, V> {
    places: HashMap<K, usize>,
    values: Vec<(K, V)>,
}

impl<K, V> Default for Latest<K, V> {
    fn default() -> Self {
        Self { places: HashMap::new(), values: Vec::new() }
    }
}

impl<K: Copy + Eq + Hash, V> Latest<K, V> {
    fn put(&mut self, key: K, value: V) {
        if let Some(there) = self.get_mut(&key) {
            *there = value;
        } else {
            self.places.insert(key, self.values.len());
            self.values.push((key, value));
        }
    }

    fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let place = *self.places.get(key)?;
        self.values.get_mut(place).map(|(_, value)| value)
    }

    /// Keys and values, in order.
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, (K, V)> {
        self.values.iter()
    }
}

/// The last version of a dialog in the group.
pub(crate) struct DialogWrite<'a> {
    /// What is to be stored.
    pub dialog: &'a Dialog,
    /// The version that must be stored now; zero: none.
    pub replaces: u64,
}

type Key<'a, T> = (&'a AccountId, &'a T);

/// What a group leaves behind.
#[derive(Default)]
pub(crate) struct Group<'a> {
    pub dialogs: Latest<Key<'a, DialogId>, DialogWrite<'a>>,
    /// New messages with their last status.
    pub messages: Latest<Key<'a, MessageId>, (&'a Message, &'a DeliveryStatus)>,
    /// Statuses of messages that were stored before.
    pub statuses: Latest<Key<'a, MessageId>, &'a DeliveryStatus>,
    pub events: Vec<(&'a AccountId, StoredEvent)>,
    pub accounts: Latest<&'a AccountId, &'a Account>,
    pub channels: Latest<Key<'a, ChannelId>, &'a Channel>,
    pub customers: Latest<Key<'a, CustomerId>, &'a Customer>,
    /// Merges in order: account, from, into.
    pub merges: Vec<(&'a AccountId, &'a CustomerId, &'a CustomerId)>,
    pub managers: Latest<Key<'a, ManagerId>, &'a Manager>,
    pub attendance: Latest<Key<'a, ManagerId>, &'a Attendance>,
    pub work: Latest<Key<'a, ManagerId>, ManagerWork>,
    pub rotations: Latest<Key<'a, Arc<str>>, &'a ManagerId>,
    pub stances: Vec<(&'a AccountId, &'a StanceChange)>,
    /// The blocks in which their managers have stances now.
    pub stance_blocks: BTreeSet<(&'a AccountId, &'a ManagerId, u64)>,
    /// What is added to managers' days.
    pub tallies: Latest<(&'a AccountId, &'a ManagerId, Day), DayTally>,
    pub receipts: Vec<(&'a AccountId, &'a Receipt)>,
    /// Webhooks that are there after the group, with their cursors.
    pub webhooks: BTreeMap<Key<'a, Arc<str>>, (&'a Webhook, u64)>,
    /// Webhooks that were removed, even if they are there again after it.
    pub removed: BTreeSet<Key<'a, Arc<str>>>,
    /// Cursors of webhooks that were stored before.
    pub cursors: BTreeMap<Key<'a, Arc<str>>, u64>,
    pub deliveries: Vec<(&'a AccountId, &'a Delivery)>,
    pub rules: Vec<(&'a AccountId, &'a RulesRecord)>,
    /// Shadows, in order.
    pub shadows: Vec<(&'a AccountId, &'a ShadowRecord)>,
}

/// A group with the answers that its changes get once it is durable.
pub(crate) struct Gathered<'a> {
    /// What to write.
    pub group: Group<'a>,
    /// One answer for each change.
    pub answers: Vec<Result<Committed, Conflict>>,
    /// The newest sequence number of each account that got events.
    pub newest: BTreeMap<AccountId, u64>,
}

/// Gathers the changes that were found to fit. `newest` tells the newest number before the group.
pub(crate) fn gather<'a>(
    changes: &'a [Change],
    settled: Vec<Result<(), Conflict>>,
    newest_before: impl Fn(&AccountId) -> u64,
) -> Gathered<'a> {
    let mut group = Group::default();
    let mut newest = BTreeMap::new();
    let mut answer = |change: &'a Change| {
        let before = newest.get(&change.account).copied().unwrap_or_else(|| newest_before(&change.account));
        let mut seq = before;
        for write in &change.writes {
            if let Write::Event(announcement) = write {
                seq += 1;
                group.events.push((&change.account, StoredEvent::new(seq, announcement)));
            } else {
                group.add(&change.account, write);
            }
        }
        let events = u32::try_from(seq - before).unwrap_or(u32::MAX);
        if events > 0 {
            newest.insert(change.account.clone(), seq);
        }
        Committed { first_seq: before + u64::from(events > 0), events }
    };
    let answers = changes.iter().zip(settled).map(|(change, fits)| fits.map(|()| answer(change))).collect();
    Gathered { group, answers, newest }
}

impl<'a> Group<'a> {
    fn add(&mut self, account: &'a AccountId, write: &'a Write) {
        match write {
            Write::Dialog(dialog) => {
                let key = (account, &dialog.id);
                if let Some(there) = self.dialogs.get_mut(&key) {
                    there.dialog = dialog;
                } else {
                    self.dialogs.put(key, DialogWrite { dialog, replaces: dialog.version.saturating_sub(1) });
                }
            }
            Write::Message(message) => {
                let key = (account, &message.id);
                self.messages.put(key, (message, &message.status));
                // A status that came before its message is without effect.
                if let Some(early) = self.statuses.get_mut(&key) {
                    *early = &message.status;
                }
            }
            Write::MessageStatus { message, status } => {
                let key = (account, message);
                if let Some((_, last)) = self.messages.get_mut(&key) {
                    *last = status;
                } else {
                    self.statuses.put(key, status);
                }
                if let Some(early) = self.statuses.get_mut(&key) {
                    *early = status;
                }
            }
            // Numbered and kept apart by the caller.
            Write::Event(_) => {}
            Write::Account(record) => self.accounts.put(&record.id, record),
            Write::Channel(channel) => self.channels.put((account, &channel.id), channel),
            Write::Customer(customer) => self.customers.put((account, &customer.id), customer),
            Write::CustomerMerged { from, into } => self.merges.push((account, from, into)),
            Write::Manager(manager) => self.managers.put((account, &manager.id), manager),
            Write::Attendance { manager, attendance } => self.attendance.put((account, manager), attendance),
            Write::Work { manager, work } => self.work.put((account, manager), *work),
            Write::Rotation { key, last } => self.rotations.put((account, key), last),
            Write::Stance(change) => {
                self.stances.push((account, change));
                self.stance_blocks.insert((account, &change.manager, change.number / BLOCK));
            }
            Write::Tally { manager, day, tally } => {
                let key = (account, manager, *day);
                match self.tallies.get_mut(&key) {
                    Some(sum) => *sum += *tally,
                    None => self.tallies.put(key, *tally),
                }
            }
            Write::Receipt(receipt) => self.receipts.push((account, receipt)),
            Write::Webhook(webhook) => {
                let key = (account, &webhook.id);
                self.cursors.remove(&key);
                self.webhooks.insert(key, (webhook, webhook.acknowledged));
            }
            Write::WebhookRemoved(id) => {
                let key = (account, id);
                self.cursors.remove(&key);
                self.webhooks.remove(&key);
                self.deliveries.retain(|(of, delivery)| (*of, &delivery.webhook) != key);
                self.removed.insert(key);
            }
            Write::WebhookCursor { webhook, acknowledged } => {
                let key = (account, webhook);
                match self.webhooks.get_mut(&key) {
                    Some((_, cursor)) => *cursor = *acknowledged,
                    None => drop(self.cursors.insert(key, *acknowledged)),
                }
            }
            Write::Delivery(delivery) => self.deliveries.push((account, delivery)),
            Write::Rules(rules) => self.rules.push((account, rules)),
            Write::Shadow(shadow) => self.shadows.push((account, shadow)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::settle::{Nothing, settle};

    fn work(seconds: i64) -> Write {
        let at = crate::domain::time::Timestamp::from_secs(seconds);
        Write::Work {
            manager: ManagerId::trusted("ana"),
            work: ManagerWork { last_assigned_at: Some(at), idle_since: None },
        }
    }

    #[test]
    fn only_the_last_is_kept() {
        let account = AccountId::default_account();
        let changes: Vec<_> = [1, 2, 3]
            .map(|n| Change { account: account.clone(), lineage: 0, writes: vec![work(n), work(n + 10)] })
            .into();
        let gathered = gather(&changes, settle(&changes, &Nothing), |_| 5);
        let kept: Vec<_> = gathered.group.work.iter().map(|(_, work)| work.last_assigned_at).collect();
        assert_eq!(kept, [Some(crate::domain::time::Timestamp::from_secs(13))]);
        assert_eq!(gathered.answers, vec![Ok(Committed { first_seq: 5, events: 0 }); 3]);
    }
}
