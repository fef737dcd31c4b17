//! The store in memory, for tests and simulations: the contract in its plainest form, without a file.
//!
//! It takes writes one by one in their order and gathers nothing, so that it can stand witness against the
//! databases, which do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};

use super::change::{
    Change, Committed, Conflict, Delivery, Receipt, RulesRecord, ShadowRecord, TokenRecord, Webhook, Write,
};
use super::list::Cursor;
use super::read::{DialogFilter, DialogRow, EventFilter, Interlocutor, Page, StoredEvent, TimelineEntry};
use super::settle::{Known, settle};
use super::{Snapshot, Store, StoreResult, timeline};
use crate::domain::account::Account;
use crate::domain::channel::Channel;
use crate::domain::customer::Customer;
use crate::domain::dialog::{Dialog, DialogKind, DialogState};
use crate::domain::ids::{AccountId, ChannelId, ChatId, CustomerId, DialogId, ManagerId, MessageId};
use crate::domain::manager::{Attendance, Manager, ManagerWork};
use crate::domain::message::Message;
use crate::domain::routing::Responsible;
use crate::domain::stance::{Places, Seen, StanceChange};
use crate::domain::tally::{Day, DayTally};

/// How many delivery attempts of a webhook are kept.
const DELIVERIES_KEPT: usize = 1_000;

/// A store that is gone when its last handle is.
#[derive(Clone, Default)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    accounts: BTreeMap<AccountId, Account>,
    contents: BTreeMap<AccountId, Contents>,
    tokens: BTreeMap<Arc<str>, TokenRecord>,
}

/// What one account holds.
#[derive(Default)]
struct Contents {
    channels: BTreeMap<ChannelId, Channel>,
    customers: BTreeMap<CustomerId, Customer>,
    merged: BTreeMap<CustomerId, CustomerId>,
    managers: BTreeMap<ManagerId, Manager>,
    attendance: BTreeMap<ManagerId, Attendance>,
    work: BTreeMap<ManagerId, ManagerWork>,
    rotations: BTreeMap<Arc<str>, ManagerId>,
    dialogs: BTreeMap<DialogId, Dialog>,
    messages: BTreeMap<MessageId, Message>,
    events: Vec<StoredEvent>,
    stances: BTreeMap<ManagerId, BTreeMap<u64, StanceChange>>,
    days: BTreeMap<(Day, ManagerId), DayTally>,
    receipts: BTreeMap<Arc<str>, Receipt>,
    webhooks: BTreeMap<Arc<str>, Webhook>,
    deliveries: BTreeMap<Arc<str>, Vec<Delivery>>,
    rules: Vec<RulesRecord>,
    shadow: Option<ShadowRecord>,
}

impl Known for State {
    fn version(&self, account: &AccountId, dialog: &DialogId) -> Option<u64> {
        Some(
            self.contents
                .get(account)
                .and_then(|of| of.dialogs.get(dialog))
                .map_or(0, |dialog| dialog.version),
        )
    }
    fn has_message(&self, account: &AccountId, message: &MessageId) -> Option<bool> {
        Some(self.contents.get(account).is_some_and(|of| of.messages.contains_key(message)))
    }
}

impl State {
    fn commit(&mut self, changes: &[Change]) -> Vec<Result<Committed, Conflict>> {
        let settled = settle(changes, self);
        changes.iter().zip(settled).map(|(change, fits)| fits.map(|()| self.apply(change))).collect()
    }

    fn apply(&mut self, change: &Change) -> Committed {
        let contents = self.contents.entry(change.account.clone()).or_default();
        let before = contents.newest();
        for write in &change.writes {
            if let Write::Account(account) = write {
                self.accounts.insert(account.id.clone(), account.clone());
            } else {
                contents.apply(write);
            }
        }
        let events = contents.newest() - before;
        Committed {
            first_seq: before + u64::from(events > 0),
            events: u32::try_from(events).unwrap_or(u32::MAX),
        }
    }
}

impl Contents {
    fn newest(&self) -> u64 {
        self.events.last().map_or(0, |event| event.seq)
    }

    fn apply(&mut self, write: &Write) {
        match write {
            Write::Dialog(dialog) => self.put_dialog(dialog),
            Write::Message(message) => {
                self.messages.insert(message.id.clone(), Message::clone(message));
            }
            Write::MessageStatus { message, status } => {
                if let Some(message) = self.messages.get_mut(message) {
                    message.status = status.clone();
                }
            }
            Write::Event(announcement) => self.events.push(StoredEvent::new(self.newest() + 1, announcement)),
            // Kept apart from the contents of accounts by the caller.
            Write::Account(_) => {}
            Write::Channel(channel) => {
                self.channels.insert(channel.id.clone(), Channel::clone(channel));
            }
            Write::Customer(customer) => {
                self.customers.insert(customer.id.clone(), Customer::clone(customer));
            }
            Write::CustomerMerged { from, into } => self.merge(from, into),
            Write::Manager(manager) => {
                self.managers.insert(manager.id.clone(), Manager::clone(manager));
            }
            Write::Attendance { manager, attendance } => {
                self.attendance.insert(manager.clone(), attendance.clone());
            }
            Write::Work { manager, work } => {
                self.work.insert(manager.clone(), *work);
            }
            Write::Rotation { key, last } => {
                self.rotations.insert(key.clone(), last.clone());
            }
            Write::Stance(change) => {
                self.stances.entry(change.manager.clone()).or_default().insert(change.number, change.clone());
            }
            Write::Tally { manager, day, tally } => {
                *self.days.entry((*day, manager.clone())).or_default() += *tally;
            }
            Write::Receipt(receipt) => {
                self.receipts.entry(receipt.key.clone()).or_insert_with(|| receipt.clone());
            }
            Write::Webhook(webhook) => {
                self.webhooks.insert(webhook.id.clone(), webhook.clone());
            }
            Write::WebhookRemoved(id) => {
                self.webhooks.remove(id);
                self.deliveries.remove(id);
            }
            Write::WebhookCursor { webhook, acknowledged } => {
                if let Some(webhook) = self.webhooks.get_mut(webhook) {
                    webhook.acknowledged = *acknowledged;
                }
            }
            Write::Delivery(delivery) => {
                let attempts = self.deliveries.entry(delivery.webhook.clone()).or_default();
                attempts.push(delivery.clone());
                let excess = attempts.len().saturating_sub(DELIVERIES_KEPT);
                attempts.drain(..excess);
            }
            Write::Rules(rules) => self.rules.push(rules.clone()),
            Write::Shadow(shadow) => self.shadow = Some(shadow.clone()),
        }
    }

    /// Keeps what the dialog was opened with, as the databases do.
    fn put_dialog(&mut self, dialog: &Dialog) {
        let mut next = dialog.clone();
        if let Some(stored) = self.dialogs.remove(&dialog.id) {
            next.chat = stored.chat;
            next.channel = stored.channel;
            next.channel_kind = stored.channel_kind;
            next.customer = stored.customer;
            next.kind = stored.kind;
            next.started_by = stored.started_by;
            next.returning = stored.returning;
            next.opening_text = stored.opening_text;
            next.facts = stored.facts;
            next.opened_at = stored.opened_at;
        }
        self.dialogs.insert(next.id.clone(), next);
    }

    fn merge(&mut self, from: &CustomerId, into: &CustomerId) {
        if from == into {
            return;
        }
        let of_from = |dialog: &&mut Dialog| dialog.customer.as_ref() == Some(from);
        self.dialogs.values_mut().filter(of_from).for_each(|dialog| dialog.customer = Some(into.clone()));
        self.merged.values_mut().filter(|to| *to == from).for_each(|to| to.clone_from(into));
        self.merged.remove(into);
        self.customers.entry(from.clone()).or_insert_with(|| Customer::new(from.clone()));
        self.merged.insert(from.clone(), into.clone());
    }

    fn customer(&self, id: &CustomerId) -> Option<&Customer> {
        self.customers.get(self.merged.get(id).unwrap_or(id))
    }

    fn seen(&self, manager: &ManagerId, number: u64) -> Option<Seen> {
        let (stance, groups) = self.told(manager, number)?;
        Some(Seen { stance: stance.stance, groups: groups.unwrap_or_default() })
    }

    /// The last stance up to a number, and the groups that were told last up to there.
    fn told(&self, manager: &ManagerId, number: u64) -> Option<(&StanceChange, Option<Arc<Places>>)> {
        let told = || self.stances.get(manager).into_iter().flat_map(|told| told.range(..=number).rev());
        let (_, stance) = told().next()?;
        Some((stance, told().find_map(|(_, change)| change.groups.clone())))
    }

    fn snapshot(&self) -> Snapshot {
        let managers = self.managers.values().map(|manager| {
            let work = self.work.get(&manager.id).copied().unwrap_or_default();
            (manager.clone(), self.attendance.get(&manager.id).cloned(), work)
        });
        let mut open_dialogs: Vec<_> =
            self.dialogs.values().filter(|dialog| dialog.is_open()).cloned().collect();
        open_dialogs.sort_by_key(|dialog| (dialog.opened_at, dialog.id.clone()));
        let customers = self.customers.values().filter(|customer| !self.merged.contains_key(&customer.id));
        let chats: BTreeSet<_> = self.dialogs.values().map(|dialog| &dialog.chat).collect();
        Snapshot {
            chats: chats.into_iter().cloned().collect(),
            channels: self.channels.values().cloned().collect(),
            customers: customers.cloned().collect(),
            merged: self.merged.iter().map(|(from, into)| (from.clone(), into.clone())).collect(),
            managers: managers.collect(),
            open_dialogs,
            rotations: self.rotations.iter().map(|(key, last)| (key.to_string(), last.clone())).collect(),
            newest_stance: self
                .stances
                .values()
                .filter_map(|told| told.keys().next_back())
                .max()
                .copied()
                .unwrap_or(0),
            last_seq: self.newest(),
        }
    }

    fn page(&self, filter: &DialogFilter) -> Page<DialogRow> {
        let after = match filter.cursor.as_deref().map(Cursor::decode) {
            Some(None) => {
                return Page { items: Vec::new(), next: None };
            }
            Some(cursor) => cursor,
            None => None,
        };
        let is_after = |dialog: &Dialog| {
            after
                .as_ref()
                .is_none_or(|after| (dialog.opened_at, dialog.id.as_str()) < (after.opened_at, &after.id))
        };
        let mut found: Vec<_> =
            self.dialogs.values().filter(|dialog| is_after(dialog) && self.admits(filter, dialog)).collect();
        found.sort_by(|one, two| (two.opened_at, &two.id).cmp(&(one.opened_at, &one.id)));
        let limit = usize::try_from(filter.limit).unwrap_or(usize::MAX);
        let is_more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| is_more).map(|last| Cursor::at(last).encode());
        let name =
            |dialog: &Dialog| dialog.customer.as_ref().and_then(|id| self.customers.get(id)?.name.clone());
        let row = |dialog: &Dialog| DialogRow { dialog: dialog.clone(), customer_name: name(dialog) };
        Page { items: found.into_iter().map(row).collect(), next }
    }

    fn admits(&self, filter: &DialogFilter, dialog: &Dialog) -> bool {
        let DialogFilter { states, channels, responsible, customer, interlocutor, text, cursor: _, limit: _ } =
            filter;
        let held_by = match &dialog.state {
            DialogState::Assigned { to, .. } => Some(to),
            DialogState::Closed { last, .. } => last.as_ref(),
            DialogState::Waiting { .. } | DialogState::Internal => None,
        };
        let record = dialog.customer.as_ref().and_then(|id| self.customers.get(id));
        let is_internal = dialog.kind == DialogKind::Internal;
        let is_with = match interlocutor {
            Interlocutor::All => true,
            Interlocutor::Known => !is_internal && record.is_some_and(|record| record.known),
            Interlocutor::Mine(manager) => {
                !is_internal && record.is_some_and(|record| record.owner.as_ref() == Some(manager))
            }
            Interlocutor::Colleagues(None) => is_internal,
            Interlocutor::Colleagues(Some(manager)) => is_internal && dialog.members.contains(manager),
        };
        let says = |text: &String| {
            let wanted = text.to_lowercase();
            let has = |text: &str| text.to_lowercase().contains(&wanted);
            let in_message =
                |message: &Message| message.dialog == dialog.id && message.text.as_deref().is_some_and(has);
            has(dialog.id.as_str())
                || record.and_then(|record| record.name.as_deref()).is_some_and(has)
                || self.messages.values().any(in_message)
        };
        (states.is_empty() || states.iter().any(|state| state == dialog.state.word()))
            && (channels.is_empty()
                || dialog.channel.as_ref().is_some_and(|channel| channels.contains(channel)))
            && responsible
                .as_ref()
                .is_none_or(|manager| held_by.and_then(Responsible::manager) == Some(manager))
            && customer.as_ref().is_none_or(|customer| dialog.customer.as_ref() == Some(customer))
            && is_with
            && text.as_ref().is_none_or(says)
    }
}

impl MemoryStore {
    fn state(&self) -> MutexGuard<'_, State> {
        // A panic of another thread left no half-made change that would matter to a test.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads from an account's contents at once.
    fn read<T: Default + Send + 'static>(
        &self,
        account: &AccountId,
        read: impl FnOnce(&Contents) -> T,
    ) -> BoxFuture<'static, StoreResult<T>> {
        ready(Ok(self.state().contents.get(account).map(read).unwrap_or_default())).boxed()
    }
}

impl Store for MemoryStore {
    fn commit<'a>(
        &'a self,
        changes: &'a [Change],
    ) -> BoxFuture<'a, StoreResult<Vec<Result<Committed, Conflict>>>> {
        async { Ok(self.state().commit(changes)) }.boxed()
    }

    fn accounts(&self) -> BoxFuture<'_, StoreResult<Vec<Account>>> {
        ready(Ok(self.state().accounts.values().cloned().collect())).boxed()
    }

    fn snapshot<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, StoreResult<Snapshot>> {
        self.read(account, Contents::snapshot)
    }

    fn channels<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, StoreResult<Vec<Channel>>> {
        self.read(account, |of| of.channels.values().cloned().collect())
    }

    fn dialog<'a>(
        &'a self,
        account: &'a AccountId,
        id: &'a DialogId,
    ) -> BoxFuture<'a, StoreResult<Option<Dialog>>> {
        self.read(account, |of| of.dialogs.get(id).cloned())
    }

    fn latest_in_chat<'a>(
        &'a self,
        account: &'a AccountId,
        chat: &'a ChatId,
    ) -> BoxFuture<'a, StoreResult<Option<Dialog>>> {
        let latest = |of: &Contents| {
            let in_chat = of.dialogs.values().filter(|dialog| dialog.chat == *chat);
            in_chat.max_by_key(|dialog| (dialog.opened_at, &dialog.id)).cloned()
        };
        self.read(account, latest)
    }

    fn message<'a>(
        &'a self,
        account: &'a AccountId,
        id: &'a MessageId,
    ) -> BoxFuture<'a, StoreResult<Option<Message>>> {
        self.read(account, |of| of.messages.get(id).cloned())
    }

    fn customer<'a>(
        &'a self,
        account: &'a AccountId,
        id: &'a CustomerId,
    ) -> BoxFuture<'a, StoreResult<Option<Customer>>> {
        self.read(account, |of| of.customer(id).cloned())
    }

    fn dialogs<'a>(
        &'a self,
        account: &'a AccountId,
        filter: &'a DialogFilter,
    ) -> BoxFuture<'a, StoreResult<Page<DialogRow>>> {
        let page = self.state().contents.get(account).map(|of| of.page(filter));
        ready(Ok(page.unwrap_or(Page { items: Vec::new(), next: None }))).boxed()
    }

    fn timeline<'a>(
        &'a self,
        account: &'a AccountId,
        dialog: &'a DialogId,
    ) -> BoxFuture<'a, StoreResult<Vec<TimelineEntry>>> {
        self.read(account, |of| {
            let mut messages: Vec<_> =
                of.messages.values().filter(|message| message.dialog == *dialog).cloned().collect();
            messages.sort_by_key(|message| (message.at, message.id.clone()));
            let events = of.events.iter().filter(|event| event.dialog.as_ref() == Some(dialog)).cloned();
            timeline::merge(messages, events.collect())
        })
    }

    fn events<'a>(
        &'a self,
        account: &'a AccountId,
        after: u64,
        limit: u32,
        filter: &'a EventFilter,
    ) -> BoxFuture<'a, StoreResult<Vec<StoredEvent>>> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        self.read(account, |of| {
            let wanted = |event: &&StoredEvent| {
                event.seq > after && filter.admits(&event.name, event.dialog.as_ref().map(DialogId::as_str))
            };
            of.events.iter().filter(wanted).take(limit).cloned().collect()
        })
    }

    fn stance<'a>(
        &'a self,
        account: &'a AccountId,
        manager: &'a ManagerId,
        number: u64,
    ) -> BoxFuture<'a, StoreResult<Option<Seen>>> {
        self.read(account, |of| of.seen(manager, number))
    }

    fn manager_days<'a>(
        &'a self,
        account: &'a AccountId,
        day: Day,
    ) -> BoxFuture<'a, StoreResult<Vec<(ManagerId, DayTally)>>> {
        self.read(account, |of| {
            let of_day = of.days.iter().filter(|((on, _), _)| *on == day);
            of_day.map(|((_, manager), tally)| (manager.clone(), *tally)).collect()
        })
    }

    fn receipt<'a>(
        &'a self,
        account: &'a AccountId,
        key: &'a str,
    ) -> BoxFuture<'a, StoreResult<Option<Receipt>>> {
        self.read(account, |of| of.receipts.get(key).cloned())
    }

    fn webhooks<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, StoreResult<Vec<Webhook>>> {
        self.read(account, |of| of.webhooks.values().cloned().collect())
    }

    fn deliveries<'a>(
        &'a self,
        account: &'a AccountId,
        webhook: &'a str,
        limit: u32,
    ) -> BoxFuture<'a, StoreResult<Vec<Delivery>>> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        self.read(account, |of| {
            of.deliveries.get(webhook).into_iter().flatten().rev().take(limit).cloned().collect()
        })
    }

    fn token<'a>(&'a self, hash: &'a [u8; 32]) -> BoxFuture<'a, StoreResult<Option<TokenRecord>>> {
        let state = self.state();
        let found = state.tokens.values().find(|token| token.revoked_at.is_none() && token.hash == *hash);
        ready(Ok(found.cloned())).boxed()
    }

    fn tokens(&self) -> BoxFuture<'_, StoreResult<Vec<TokenRecord>>> {
        let mut tokens: Vec<_> = self.state().tokens.values().cloned().collect();
        tokens.sort_by_key(|token| (token.created_at, token.id.clone()));
        ready(Ok(tokens)).boxed()
    }

    fn put_token<'a>(&'a self, token: &'a TokenRecord) -> BoxFuture<'a, StoreResult<()>> {
        self.state().tokens.insert(token.id.clone(), token.clone());
        ready(Ok(())).boxed()
    }

    fn rules_history<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, StoreResult<Vec<RulesRecord>>> {
        self.read(account, |of| of.rules.iter().rev().cloned().collect())
    }

    fn shadow<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, StoreResult<Option<ShadowRecord>>> {
        self.read(account, |of| of.shadow.clone())
    }

    fn size_bytes(&self) -> BoxFuture<'_, StoreResult<u64>> {
        ready(Ok(0)).boxed()
    }
}
