//! What all threads know of an account: where its supervisor is, how far its events got, which life it is in.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use actix::Addr;
use tokio::sync::{mpsc, watch};

use super::EngineError;
use super::rulebook::InForce;
use super::supervisor::Supervisor;
use crate::domain::ids::{AccountId, DialogId};

/// Something the account's keeper must see to.
#[derive(Debug)]
pub enum Notice {
    /// A commit of this life failed, or its supervisor panicked: start again from the store.
    Failed {
        /// The life it happened in.
        epoch: u64,
    },
    /// A dialog's actor built on a state that the store does not have: start that actor again.
    Conflicted {
        /// The life it happened in.
        epoch: u64,
        /// The dialog.
        dialog: DialogId,
        /// The actor's lineage.
        lineage: u64,
    },
    /// Stop for good.
    Stop,
}

/// One account as the threads share it.
pub struct AccountCell {
    /// The account.
    pub id: AccountId,
    /// The number of the newest durable event.
    pub newest_seq: watch::Sender<u64>,
    /// Which life of the account's actors counts. Commits of earlier lives are dropped.
    epoch: AtomicU64,
    supervisor: Mutex<Option<Addr<Supervisor>>>,
    rules: RwLock<Option<Arc<InForce>>>,
    notices: mpsc::UnboundedSender<Notice>,
    /// What the store said when it last failed, until it writes again.
    store_failure: Mutex<Option<String>>,
}

impl AccountCell {
    /// A cell whose actors have not started, and the notices for its keeper.
    pub fn new(id: AccountId) -> (Self, mpsc::UnboundedReceiver<Notice>) {
        let (notices, inbox) = mpsc::unbounded_channel();
        let newest_seq = watch::Sender::new(0);
        let (epoch, supervisor, rules) = (AtomicU64::new(1), Mutex::new(None), RwLock::new(None));
        (Self { id, newest_seq, epoch, supervisor, rules, notices, store_failure: Mutex::new(None) }, inbox)
    }

    /// The supervisor, while the account's actors run.
    pub fn supervisor(&self) -> Option<Addr<Supervisor>> {
        self.supervisor.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The actors run from now on.
    pub fn opened(&self, supervisor: Addr<Supervisor>) {
        *self.supervisor.lock().unwrap_or_else(PoisonError::into_inner) = Some(supervisor);
    }

    /// Takes the supervisor away and begins the next life: nothing that the old one still sends counts.
    pub fn closed(&self) -> Option<Addr<Supervisor>> {
        self.epoch.fetch_add(1, Ordering::AcqRel);
        self.supervisor.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The rules in force; `None` before the account's first start.
    pub fn rules(&self) -> Option<Arc<InForce>> {
        self.rules.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// These rules are in force.
    pub fn put_rules(&self, rules: InForce) {
        *self.rules.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(rules));
    }

    /// The store failed: until it writes again, that is why actors are not there.
    pub fn store_failed(&self, failure: String) {
        *self.store_failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
    }

    /// The store writes.
    pub fn store_works(&self) {
        *self.store_failure.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// What to tell those who find no actors: they are starting or stopping, or start again since the store fails.
    pub fn away(&self) -> EngineError {
        let failure = self.store_failure.lock().unwrap_or_else(PoisonError::into_inner).clone();
        failure.map_or(EngineError::Stopping, EngineError::Store)
    }

    /// The life that counts.
    pub fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// Tells the account's keeper. When there is none any more, there is nothing left to see to.
    pub fn notify(&self, notice: Notice) {
        let _ = self.notices.send(notice);
    }
}
