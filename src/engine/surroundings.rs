//! What every actor of an account has around it.

use std::sync::{Arc, Mutex, PoisonError};

use actix::Addr;

use super::cell::AccountCell;
use super::clock::Clock;
use super::ids::IdSource;
use super::inbound::Outcome;
use super::observe::Observer;
use super::rulebook::Rulebook;
use super::tell::tell;
use super::timekeeper::{Arm, Timekeeper, Whose};
use super::writer::{Commit, Writer};
use super::{Failure, Reply};
use crate::domain::figures::ServiceFigure;
use crate::domain::time::Timestamp;
use crate::store::change::{Change, Write};

/// An actor's surroundings, for one life of its account.
#[derive(Clone)]
pub struct Surroundings {
    /// The account as all threads know it.
    pub cell: Arc<AccountCell>,
    /// This life.
    pub epoch: u64,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids.
    pub ids: Arc<IdSource>,
    /// Counts.
    pub observer: Arc<dyn Observer>,
    /// Makes changes durable.
    pub writer: Writer,
    /// Keeps deadlines.
    pub timekeeper: Addr<Timekeeper>,
    /// What is to be stored before the next change, and is worth nothing without one.
    pub before_next: Arc<Mutex<Vec<Write>>>,
    /// Knows compiled rule sets, and the hours that were imported.
    pub rulebook: Arc<Rulebook>,
}

impl Surroundings {
    /// Now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Makes writes durable before whatever change comes next: a commit of their own would only delay it.
    pub fn store_before_next(&self, writes: impl Iterator<Item = Write>) {
        self.before_next.lock().unwrap_or_else(PoisonError::into_inner).extend(writes);
    }

    /// Makes writes durable, then counts and answers.
    pub fn commit(
        &self,
        lineage: u64,
        writes: Vec<Write>,
        answer: Option<(Reply, Result<Outcome, Failure>)>,
        figures: Vec<ServiceFigure>,
    ) {
        let before = std::mem::take(&mut *self.before_next.lock().unwrap_or_else(PoisonError::into_inner));
        if !before.is_empty() {
            self.queue(0, before, None, Vec::new());
        }
        self.queue(lineage, writes, answer, figures);
    }

    fn queue(
        &self,
        lineage: u64,
        writes: Vec<Write>,
        answer: Option<(Reply, Result<Outcome, Failure>)>,
        figures: Vec<ServiceFigure>,
    ) {
        let change = Change { account: self.cell.id.clone(), lineage, writes };
        self.writer.commit(Commit {
            cell: Arc::clone(&self.cell),
            epoch: self.epoch,
            change,
            answer,
            figures,
        });
    }

    /// Answers once everything queued before is durable, so that nobody hears of what may yet be lost.
    pub fn answer(&self, reply: Reply, outcome: Result<Outcome, Failure>) {
        self.commit(0, Vec::new(), Some((reply, outcome)), Vec::new());
    }

    /// Sets, moves or clears a deadline.
    pub fn arm(&self, whose: Whose, at: Option<Timestamp>) {
        tell(&self.timekeeper, Arm { whose, at });
    }
}
