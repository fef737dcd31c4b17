//! The commit queue: it stands for the writer, which makes whatever is queued durable in groups, and only then
//! lets out what waited for it.

use std::sync::Arc;

use rand::RngExt;

use super::faults::Sabotage;
use super::inbound::{Outcome, RequestId};
use super::invariants::watch::Witness;
use super::ledger::{Conflict, Write};
use super::mail::{Conflicted, Failure};
use super::world::World;
use crate::domain::dialog::Dialog;
use crate::domain::figures::ServiceFigure;

/// A change, and what may happen once it is durable.
#[derive(Debug, Default)]
pub(super) struct Commit {
    /// One life of the actor that wrote it; zero: writes that build on nothing.
    pub lineage: u64,
    /// What to store.
    pub writes: Vec<Write>,
    /// What to answer, and to whom.
    pub answer: Option<(RequestId, Result<Outcome, Failure>)>,
    /// What to count.
    pub figures: Vec<ServiceFigure>,
    /// What the invariants look at.
    pub witness: Option<Box<Witness>>,
}

impl Commit {
    /// Writes that build on nothing.
    pub fn of(writes: Vec<Write>) -> Self {
        Self { writes, ..Self::default() }
    }

    /// Only an answer, which keeps its place in the queue.
    pub fn answering(request: RequestId, answer: Result<Outcome, Failure>) -> Self {
        Self { answer: Some((request, answer)), ..Self::default() }
    }

    /// Writes and an answer that says only that it is done.
    pub fn done(writes: Vec<Write>, request: RequestId) -> Self {
        Self { writes, ..Self::answering(request, Ok(Outcome::Done)) }
    }

    fn dialog(&self) -> Option<&Arc<Dialog>> {
        self.writes
            .iter()
            .find_map(|write| if let Write::Dialog(dialog) = write { Some(dialog) } else { None })
    }
}

impl World {
    /// Queues a change.
    pub(super) fn commit(&mut self, mut commit: Commit) {
        if self.sabotage == Some(Sabotage::AnswerEarly)
            && commit.dialog().is_some()
            && commit.answer.is_some()
            && self.chance.random_bool(0.05)
            && let Some((request, answer)) = commit.answer.take()
        {
            commit.writes.clear();
            self.answered(request, answer);
        }
        if let Some(memory) = &mut self.memory {
            memory.queue.push_back(commit);
        }
    }

    /// Makes the first `count` queued changes durable.
    pub(super) fn write_group(&mut self, count: usize) {
        self.watch.figures.groups += 1;
        for _ in 0..count {
            let Some(memory) = &mut self.memory else { return };
            let Some(commit) = memory.queue.pop_front() else { return };
            let is_poisoned = commit.lineage != 0 && memory.poisoned.contains(&commit.lineage);
            let result =
                if is_poisoned { Err(Conflict::Lineage) } else { self.ledger.commit(&commit.writes) };
            match result {
                Ok(()) => self.let_out(commit),
                Err(conflict) => self.refuse(&commit, conflict),
            }
        }
    }

    /// The change is durable: look at it, count, answer.
    fn let_out(&mut self, commit: Commit) {
        self.watch.figures.commits += 1;
        self.see_commit(&commit);
        for figure in &commit.figures {
            self.watch.figures.measure(figure);
        }
        if let Some((request, answer)) = commit.answer {
            self.answered(request, answer);
        }
    }

    /// The change contradicts the store: what was built on it may not be stored either.
    fn refuse(&mut self, commit: &Commit, conflict: Conflict) {
        self.watch.figures.conflicts += 1;
        if let Some(memory) = &mut self.memory
            && commit.lineage != 0
            && memory.poisoned.insert(commit.lineage)
            && let Some(dialog) = commit.dialog()
        {
            memory.mail.tell_keeper(Conflicted { dialog: dialog.id.clone(), lineage: commit.lineage });
        }
        if let Some((request, _)) = &commit.answer {
            self.answered(*request, Err(Failure::Conflict(conflict)));
        }
    }
}
