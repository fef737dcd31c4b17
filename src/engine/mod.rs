//! The engine: actors around the pure core, a store beneath, and one handle for the edge.
//!
//! Store, then act: nothing leaves before the transaction that justifies it is durable. Actors never wait
//! for actors; only the edge waits. Deliberately absent: routing, rules, the life of a dialog. They are in
//! [`crate::desk`], [`crate::rules`] and [`crate::domain`], and the actors only hold them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use actix::ArbiterHandle;
use tokio::sync::{oneshot, watch};

use crate::desk::view::RosterView;
use crate::domain::account::Account;
use crate::domain::ids::AccountId;
use crate::domain::refusal::Refusal;
use crate::rules::ruleset::RuleSet;
use crate::store::change::{Conflict, Receipt, Write};
use crate::store::{SharedStore, StoreError};

pub mod admission;
pub mod backoff;
mod beginning;
pub mod cell;
pub mod clock;
pub mod courier;
mod dialog_actor;
mod edge;
pub mod ids;
pub mod inbound;
mod manager_actor;
mod messages;
pub mod metered;
pub mod observe;
pub mod outbox_relay;
mod reception;
mod records;
mod recovery;
mod restoring;
mod rule_change;
pub mod rulebook;
pub mod rules;
pub mod shadow;
mod supervisor;
pub mod supposing;
mod surroundings;
mod tell;
mod timekeeper;
pub mod webhook_reach;
pub mod webhook_signature;
pub mod writer;

pub use tell::tell;

use admission::Admission;
use backoff::Schedule;
use cell::{AccountCell, Notice};
use clock::Clock;
use ids::IdSource;
use inbound::Outcome;
use observe::Observer;
use outbox_relay::Courier;
use rulebook::{Edition, Origin, Rulebook};
use writer::{Commit, Writer};

/// Why the engine did not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EngineError {
    /// It may not be done.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store is not available; nothing changed.
    #[error("the store is not available, and nothing changed: {0}")]
    Store(String),
    /// Too much is under way; worth trying again soon.
    #[error("too many requests are under way; try again in a moment")]
    Busy,
    /// The account's actors are starting or stopping; worth trying again soon.
    #[error("the account is starting or stopping; try again in a moment")]
    Stopping,
    /// There is no such account.
    #[error("there is no account `{0}`; create it with PUT /v1/accounts/{0}")]
    NoAccount(AccountId),
    /// A defect of ours; nothing changed.
    #[error("an internal failure; nothing changed, and it was logged")]
    Internal,
}

/// Why an actor did not do what it was asked; some of it the edge can settle by looking into the store.
#[derive(Debug, Clone)]
pub enum Failure {
    /// For the client.
    Engine(EngineError),
    /// The store contradicts: an id exists, or the dialog moved on.
    Conflict(Conflict),
    /// No open dialog has this id.
    NotOpen(crate::domain::ids::DialogId),
}

/// Where an answer goes.
pub type Reply = oneshot::Sender<Result<Outcome, Failure>>;

fn unknown(kind: &'static str, id: &str) -> Failure {
    Failure::Engine(EngineError::Refused(Refusal::Unknown { kind, id: id.into() }))
}

/// How long to wait before looking again whether a thread has reported.
const HOST_PAUSE: std::time::Duration = std::time::Duration::from_millis(1);

/// How much of a dialog's first message is kept for conditions, in characters.
const OPENING_TEXT_CHARS: usize = 500;

/// What of a message's text conditions may ask about.
fn opening_text(text: &str) -> &str {
    text.char_indices().nth(OPENING_TEXT_CHARS).map_or(text, |(end, _)| &text[..end])
}

/// What an engine is made of.
pub struct Options {
    /// Where everything is kept.
    pub store: SharedStore,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids.
    pub ids: Arc<IdSource>,
    /// Counts.
    pub observer: Arc<dyn Observer>,
    /// Carries webhooks.
    pub courier: Arc<dyn Courier>,
    /// When to try a webhook again.
    pub backoff: Schedule,
    /// What the rule file of the account `default` offers.
    pub rules: Arc<RuleSet>,
    /// Where it came from.
    pub origin: Origin,
    /// How many requests may be under way at once.
    pub in_flight: usize,
}

/// What the keepers of accounts need.
#[derive(Clone)]
pub(crate) struct Parts {
    store: SharedStore,
    clock: Arc<dyn Clock>,
    ids: Arc<IdSource>,
    observer: Arc<dyn Observer>,
    courier: Arc<dyn Courier>,
    backoff: Schedule,
    rulebook: Arc<Rulebook>,
    writer: Writer,
}

/// The handle that the edge holds. Cheap to clone, safe to use from any thread.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    parts: Parts,
    admission: Arc<Admission>,
    stopping: AtomicBool,
    accounts: RwLock<BTreeMap<AccountId, Arc<AccountCell>>>,
    hosts: Mutex<Vec<ArbiterHandle>>,
    next_host: AtomicUsize,
    writing: Mutex<Option<futures_util::future::BoxFuture<'static, ()>>>,
    started: AtomicBool,
    /// Held while rules come into force in the account `default` and in those that follow it.
    leading: tokio::sync::Mutex<()>,
}

impl Engine {
    /// An engine without accounts: give it threads with [`Engine::add_host`], then [`Engine::start`] it.
    pub fn new(options: Options) -> Self {
        let Options { store, clock, ids, observer, courier, backoff, rules, origin, in_flight } = options;
        let (writer, writing) = Writer::new(Arc::clone(&store), Arc::clone(&clock), Arc::clone(&observer));
        let rulebook = Arc::new(Rulebook::default());
        let path = origin.sources.first().map(|(name, _)| name.clone()).unwrap_or_default();
        rulebook.offer(&AccountId::default_account(), &path, Edition::of_file(rules, origin));
        let parts = Parts { store, clock, ids, observer, courier, backoff, rulebook, writer };
        let inner = Inner {
            parts,
            admission: Admission::new(in_flight),
            stopping: AtomicBool::new(false),
            accounts: RwLock::new(BTreeMap::new()),
            hosts: Mutex::new(Vec::new()),
            next_host: AtomicUsize::new(0),
            writing: Mutex::new(Some(Box::pin(writing))),
            started: AtomicBool::new(false),
            leading: tokio::sync::Mutex::new(()),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Offers a thread for accounts to live on: best one that also takes requests in, since a message
    /// within a thread costs far less than one that must wake another.
    pub fn add_host(&self, host: ArbiterHandle) {
        if let Some(writing) = self.inner.writing.lock().unwrap_or_else(PoisonError::into_inner).take() {
            host.spawn(writing);
        }
        self.inner.hosts.lock().unwrap_or_else(PoisonError::into_inner).push(host);
    }

    /// Starts all accounts that are stored, and the default one if there is none.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn start(&self) -> Result<(), StoreError> {
        let mut accounts = self.inner.parts.store.accounts().await?;
        if accounts.is_empty() {
            let account = Account::new(AccountId::default_account());
            let write = Write::Account(account.clone());
            let change =
                crate::store::change::Change { account: account.id.clone(), lineage: 0, writes: vec![write] };
            self.inner.parts.store.commit(&[change]).await?;
            accounts.push(account);
        }
        while self.inner.hosts.lock().unwrap_or_else(PoisonError::into_inner).is_empty() {
            // Threads that answer start on their own and report soon.
            clock::pause(HOST_PAUSE).await;
        }
        for account in accounts {
            self.open_account(&account.id);
        }
        self.inner.started.store(true, Ordering::Release);
        Ok(())
    }

    /// Starts the actors of an account, unless they run.
    fn open_account(&self, id: &AccountId) -> Arc<AccountCell> {
        let mut accounts = self.inner.accounts.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(cell) = accounts.get(id) {
            return Arc::clone(cell);
        }
        let (cell, notices) = AccountCell::new(id.clone());
        let cell = Arc::new(cell);
        accounts.insert(id.clone(), Arc::clone(&cell));
        let hosts = self.inner.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = self.inner.next_host.fetch_add(1, Ordering::Relaxed);
        if let Some(host) = hosts.get(turn % hosts.len().max(1)) {
            let (parts, kept) = (self.inner.parts.clone(), Arc::clone(&cell));
            host.spawn_fn(move || {
                actix::spawn(recovery::keep(parts, kept, notices));
            });
        }
        cell
    }

    fn cell(&self, id: &AccountId) -> Option<Arc<AccountCell>> {
        self.inner.accounts.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// Keeps the answer to a request that may be repeated; durable when this returns.
    ///
    /// # Errors
    /// [`EngineError::Store`].
    pub async fn remember(&self, account: &AccountId, receipt: Receipt) -> Result<(), EngineError> {
        let cell = self.cell(account).ok_or_else(|| EngineError::NoAccount(account.clone()))?;
        let (reply, answer) = oneshot::channel();
        let change = crate::store::change::Change {
            account: account.clone(),
            lineage: 0,
            writes: vec![Write::Receipt(receipt)],
        };
        let epoch = cell.epoch();
        let answered = Some((reply, Ok(Outcome::Done)));
        self.inner.parts.writer.commit(Commit { cell, epoch, change, answer: answered, figures: Vec::new() });
        match answer.await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(Failure::Engine(error))) => Err(error),
            Ok(Err(Failure::Conflict(_) | Failure::NotOpen(_))) => Err(EngineError::Internal),
            Err(_) => Err(EngineError::Stopping),
        }
    }

    /// Managers with presence, load and capacity, and the waiting set, as the supervisor sees them now.
    ///
    /// # Errors
    /// [`EngineError`].
    pub async fn roster(&self, account: &AccountId) -> Result<RosterView, EngineError> {
        let cell = self.cell(account).ok_or_else(|| EngineError::NoAccount(account.clone()))?;
        let supervisor = cell.supervisor().ok_or(EngineError::Stopping)?;
        supervisor.send(messages::View).await.map_err(|_| EngineError::Stopping)
    }

    /// The accounts that are open.
    pub fn accounts(&self) -> Vec<AccountId> {
        self.cells().into_iter().map(|cell| cell.id.clone()).collect()
    }

    fn cells(&self) -> Vec<Arc<AccountCell>> {
        self.inner.accounts.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// The number of the newest durable event of an account, as it grows. `None`: no such account.
    pub fn newest_seq(&self, account: &AccountId) -> Option<watch::Receiver<u64>> {
        self.cell(account).map(|cell| cell.newest_seq.subscribe())
    }

    /// Whether every account has recovered and takes requests.
    pub fn is_ready(&self) -> bool {
        self.inner.started.load(Ordering::Acquire)
            && !self.is_stopping()
            && self.cells().iter().all(|cell| cell.supervisor().is_some())
    }

    /// Waits until [`Engine::is_ready`].
    pub async fn until_ready(&self) {
        while !self.is_ready() {
            clock::pause(HOST_PAUSE).await;
        }
    }

    /// Whether it takes no more work.
    pub fn is_stopping(&self) -> bool {
        self.inner.stopping.load(Ordering::Acquire)
    }

    /// How many requests are under way.
    pub fn under_way(&self) -> usize {
        self.inner.admission.under_way()
    }

    /// The store, for reading.
    pub fn store(&self) -> &SharedStore {
        &self.inner.parts.store
    }

    /// Takes no more work, lets what is under way become durable, and stops.
    pub async fn stop(&self) {
        self.inner.stopping.store(true, Ordering::Release);
        while self.under_way() > 0 {
            // Each request under way ends with a commit, so this ends as soon as the store does.
            self.inner.parts.writer.flush().await;
            tokio::task::yield_now().await;
        }
        self.inner.parts.writer.flush().await;
        for cell in self.cells() {
            cell.notify(Notice::Stop);
        }
    }
}
