//! A store that tests make fail, or dawdle, at the worst moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use futures_util::future::BoxFuture;
use reparto::domain::account::Account;
use reparto::domain::channel::Channel;
use reparto::domain::customer::Customer;
use reparto::domain::dialog::Dialog;
use reparto::domain::ids::{AccountId, ChatId, CustomerId, DialogId, ManagerId, MessageId};
use reparto::domain::message::Message;
use reparto::domain::stance::Seen;
use reparto::domain::tally::{Day, DayTally};
use reparto::store::change::{
    Change, Committed, Conflict, Delivery, Receipt, RulesRecord, ShadowRecord, TokenRecord, Webhook,
};
use reparto::store::memory::MemoryStore;
use reparto::store::read::{DialogFilter, DialogRow, EventFilter, Page, StoredEvent, TimelineEntry};
use reparto::store::{Snapshot, Store, StoreError, StoreResult};
use tokio::sync::RwLock;

/// A store that refuses commits while its budget is used up, and lets readers of dialogs wait when told to.
pub struct Fragile {
    inner: Arc<MemoryStore>,
    /// How many commits succeed from now on.
    pub commits_left: AtomicI64,
    /// Whoever holds it for writing keeps readers of dialogs waiting.
    pub dialogs: RwLock<()>,
}

impl Fragile {
    pub fn new(inner: Arc<MemoryStore>, commits_left: i64) -> Arc<Self> {
        Arc::new(Self { inner, commits_left: AtomicI64::new(commits_left), dialogs: RwLock::new(()) })
    }
}

type Answer<'a, T> = BoxFuture<'a, StoreResult<T>>;

impl Store for Fragile {
    fn commit<'a>(&'a self, changes: &'a [Change]) -> Answer<'a, Vec<Result<Committed, Conflict>>> {
        if changes.iter().all(|change| change.writes.is_empty()) {
            return self.inner.commit(changes);
        }
        if self.commits_left.fetch_sub(1, Ordering::SeqCst) <= 0 {
            return Box::pin(async { Err(StoreError::Unavailable("the disk is full".into())) });
        }
        self.inner.commit(changes)
    }

    fn accounts(&self) -> Answer<'_, Vec<Account>> {
        self.inner.accounts()
    }

    fn snapshot<'a>(&'a self, account: &'a AccountId) -> Answer<'a, Snapshot> {
        self.inner.snapshot(account)
    }

    fn channels<'a>(&'a self, account: &'a AccountId) -> Answer<'a, Vec<Channel>> {
        self.inner.channels(account)
    }

    fn dialog<'a>(&'a self, account: &'a AccountId, id: &'a DialogId) -> Answer<'a, Option<Dialog>> {
        Box::pin(async move {
            let _may_read = self.dialogs.read().await;
            self.inner.dialog(account, id).await
        })
    }

    fn latest_in_chat<'a>(&'a self, account: &'a AccountId, chat: &'a ChatId) -> Answer<'a, Option<Dialog>> {
        self.inner.latest_in_chat(account, chat)
    }

    fn message<'a>(&'a self, account: &'a AccountId, id: &'a MessageId) -> Answer<'a, Option<Message>> {
        self.inner.message(account, id)
    }

    fn customer<'a>(&'a self, account: &'a AccountId, id: &'a CustomerId) -> Answer<'a, Option<Customer>> {
        self.inner.customer(account, id)
    }

    fn dialogs<'a>(
        &'a self,
        account: &'a AccountId,
        filter: &'a DialogFilter,
    ) -> Answer<'a, Page<DialogRow>> {
        self.inner.dialogs(account, filter)
    }

    fn timeline<'a>(
        &'a self,
        account: &'a AccountId,
        dialog: &'a DialogId,
    ) -> Answer<'a, Vec<TimelineEntry>> {
        self.inner.timeline(account, dialog)
    }

    fn events<'a>(
        &'a self,
        account: &'a AccountId,
        after: u64,
        limit: u32,
        filter: &'a EventFilter,
    ) -> Answer<'a, Vec<StoredEvent>> {
        self.inner.events(account, after, limit, filter)
    }

    fn stance<'a>(
        &'a self,
        account: &'a AccountId,
        manager: &'a ManagerId,
        number: u64,
    ) -> Answer<'a, Option<Seen>> {
        self.inner.stance(account, manager, number)
    }

    fn manager_days<'a>(
        &'a self,
        account: &'a AccountId,
        day: Day,
    ) -> Answer<'a, Vec<(ManagerId, DayTally)>> {
        self.inner.manager_days(account, day)
    }

    fn receipt<'a>(&'a self, account: &'a AccountId, key: &'a str) -> Answer<'a, Option<Receipt>> {
        self.inner.receipt(account, key)
    }

    fn webhooks<'a>(&'a self, account: &'a AccountId) -> Answer<'a, Vec<Webhook>> {
        self.inner.webhooks(account)
    }

    fn deliveries<'a>(
        &'a self,
        account: &'a AccountId,
        webhook: &'a str,
        limit: u32,
    ) -> Answer<'a, Vec<Delivery>> {
        self.inner.deliveries(account, webhook, limit)
    }

    fn token<'a>(&'a self, hash: &'a [u8; 32]) -> Answer<'a, Option<TokenRecord>> {
        self.inner.token(hash)
    }

    fn tokens(&self) -> Answer<'_, Vec<TokenRecord>> {
        self.inner.tokens()
    }

    fn put_token<'a>(&'a self, token: &'a TokenRecord) -> Answer<'a, ()> {
        self.inner.put_token(token)
    }

    fn shadow<'a>(&'a self, account: &'a AccountId) -> Answer<'a, Option<ShadowRecord>> {
        self.inner.shadow(account)
    }

    fn rules_history<'a>(&'a self, account: &'a AccountId) -> Answer<'a, Vec<RulesRecord>> {
        self.inner.rules_history(account)
    }

    fn size_bytes(&self) -> Answer<'_, u64> {
        self.inner.size_bytes()
    }
}
