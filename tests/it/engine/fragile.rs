//! A store that tests make fail, or dawdle, at the worst moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc;

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
use reparto::store::read::{DialogFilter, DialogRow, EventFilter, Page, StoredEvent, TimelineEntry};
use reparto::store::{SharedStore, Snapshot, Store, StoreError, StoreResult};
use tokio::sync::RwLock;

/// A store that refuses commits while its budget is used up, and lets readers of dialogs wait when told to.
pub struct Fragile {
    inner: SharedStore,
    /// The first commit beyond the budget is made all the same, and nobody hears of it.
    keeps_the_last: bool,
    /// The store works on threads of its own, while which paused time must stand still.
    is_elsewhere: bool,
    /// How many commits succeed from now on.
    pub commits_left: AtomicI64,
    /// Whoever holds it for writing keeps readers of dialogs waiting.
    pub dialogs: RwLock<()>,
}

impl Fragile {
    pub fn new<S: Store>(inner: Arc<S>, commits_left: i64) -> Arc<Self> {
        Arc::new(Self::around(inner, commits_left))
    }

    /// Around a store on disk. `keeps_the_last`: the process ends after its last commit and not before it.
    pub fn on_disk<S: Store>(inner: Arc<S>, commits_left: i64, keeps_the_last: bool) -> Arc<Self> {
        Arc::new(Self { keeps_the_last, is_elsewhere: true, ..Self::around(inner, commits_left) })
    }

    fn around<S: Store>(inner: Arc<S>, commits_left: i64) -> Self {
        let commits_left = AtomicI64::new(commits_left);
        Self { inner, keeps_the_last: false, is_elsewhere: false, commits_left, dialogs: RwLock::new(()) }
    }

    /// Whether a commit failed.
    pub fn is_dead(&self) -> bool {
        self.commits_left.load(Ordering::SeqCst) < 0
    }

    fn at_leisure<'a, T: Send + 'a>(&self, work: Answer<'a, T>) -> Answer<'a, T> {
        if !self.is_elsewhere {
            return work;
        }
        Box::pin(async move {
            // Paused time goes on when the runtime has nothing to do. A thread of its own that waits is something.
            let (done, is_done) = mpsc::channel::<()>();
            tokio::task::spawn_blocking(move || is_done.recv().is_err());
            let answer = work.await;
            drop(done);
            answer
        })
    }
}

type Answer<'a, T> = BoxFuture<'a, StoreResult<T>>;

impl Store for Fragile {
    fn commit<'a>(&'a self, changes: &'a [Change]) -> Answer<'a, Vec<Result<Committed, Conflict>>> {
        if changes.iter().all(|change| change.writes.is_empty()) {
            return self.at_leisure(self.inner.commit(changes));
        }
        let left = self.commits_left.fetch_sub(1, Ordering::SeqCst);
        if left > 0 {
            return self.at_leisure(self.inner.commit(changes));
        }
        Box::pin(async move {
            if left == 0 && self.keeps_the_last {
                self.at_leisure(self.inner.commit(changes)).await?;
            }
            Err(StoreError::Unavailable("the disk is full".into()))
        })
    }

    fn accounts(&self) -> Answer<'_, Vec<Account>> {
        self.at_leisure(self.inner.accounts())
    }

    fn snapshot<'a>(&'a self, account: &'a AccountId) -> Answer<'a, Snapshot> {
        self.at_leisure(self.inner.snapshot(account))
    }

    fn channels<'a>(&'a self, account: &'a AccountId) -> Answer<'a, Vec<Channel>> {
        self.at_leisure(self.inner.channels(account))
    }

    fn dialog<'a>(&'a self, account: &'a AccountId, id: &'a DialogId) -> Answer<'a, Option<Dialog>> {
        Box::pin(async move {
            let _may_read = self.dialogs.read().await;
            self.at_leisure(self.inner.dialog(account, id)).await
        })
    }

    fn latest_in_chat<'a>(&'a self, account: &'a AccountId, chat: &'a ChatId) -> Answer<'a, Option<Dialog>> {
        self.at_leisure(self.inner.latest_in_chat(account, chat))
    }

    fn message<'a>(&'a self, account: &'a AccountId, id: &'a MessageId) -> Answer<'a, Option<Message>> {
        self.at_leisure(self.inner.message(account, id))
    }

    fn customer<'a>(&'a self, account: &'a AccountId, id: &'a CustomerId) -> Answer<'a, Option<Customer>> {
        self.at_leisure(self.inner.customer(account, id))
    }

    fn dialogs<'a>(
        &'a self,
        account: &'a AccountId,
        filter: &'a DialogFilter,
    ) -> Answer<'a, Page<DialogRow>> {
        self.at_leisure(self.inner.dialogs(account, filter))
    }

    fn timeline<'a>(
        &'a self,
        account: &'a AccountId,
        dialog: &'a DialogId,
    ) -> Answer<'a, Vec<TimelineEntry>> {
        self.at_leisure(self.inner.timeline(account, dialog))
    }

    fn events<'a>(
        &'a self,
        account: &'a AccountId,
        after: u64,
        limit: u32,
        filter: &'a EventFilter,
    ) -> Answer<'a, Vec<StoredEvent>> {
        self.at_leisure(self.inner.events(account, after, limit, filter))
    }

    fn stance<'a>(
        &'a self,
        account: &'a AccountId,
        manager: &'a ManagerId,
        number: u64,
    ) -> Answer<'a, Option<Seen>> {
        self.at_leisure(self.inner.stance(account, manager, number))
    }

    fn manager_days<'a>(
        &'a self,
        account: &'a AccountId,
        day: Day,
    ) -> Answer<'a, Vec<(ManagerId, DayTally)>> {
        self.at_leisure(self.inner.manager_days(account, day))
    }

    fn receipt<'a>(&'a self, account: &'a AccountId, key: &'a str) -> Answer<'a, Option<Receipt>> {
        self.at_leisure(self.inner.receipt(account, key))
    }

    fn webhooks<'a>(&'a self, account: &'a AccountId) -> Answer<'a, Vec<Webhook>> {
        self.at_leisure(self.inner.webhooks(account))
    }

    fn deliveries<'a>(
        &'a self,
        account: &'a AccountId,
        webhook: &'a str,
        limit: u32,
    ) -> Answer<'a, Vec<Delivery>> {
        self.at_leisure(self.inner.deliveries(account, webhook, limit))
    }

    fn token<'a>(&'a self, hash: &'a [u8; 32]) -> Answer<'a, Option<TokenRecord>> {
        self.at_leisure(self.inner.token(hash))
    }

    fn tokens(&self) -> Answer<'_, Vec<TokenRecord>> {
        self.at_leisure(self.inner.tokens())
    }

    fn put_token<'a>(&'a self, token: &'a TokenRecord) -> Answer<'a, ()> {
        self.at_leisure(self.inner.put_token(token))
    }

    fn shadow<'a>(&'a self, account: &'a AccountId) -> Answer<'a, Option<ShadowRecord>> {
        self.at_leisure(self.inner.shadow(account))
    }

    fn rules_history<'a>(&'a self, account: &'a AccountId) -> Answer<'a, Vec<RulesRecord>> {
        self.at_leisure(self.inner.rules_history(account))
    }

    fn size_bytes(&self) -> Answer<'_, u64> {
        self.at_leisure(self.inner.size_bytes())
    }
}
