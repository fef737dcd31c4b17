//! The writer: takes whatever changes are queued, commits them as one group, and only then lets out
//! what waited for it. It never lingers to make a group larger.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::cell::{AccountCell, Notice};
use super::clock::Clock;
use super::inbound::Outcome;
use super::observe::Observer;
use super::{EngineError, Failure, Reply};
use crate::domain::dialog::Dialog;
use crate::domain::figures::ServiceFigure;
use crate::domain::ids::AccountId;
use crate::store::SharedStore;
use crate::store::change::{Change, Committed, Conflict, Write};
use crate::telemetry::metrics::Phase;

/// The most changes in one group: enough to make the cost of a commit small, few enough to answer soon.
const MAX_GROUP: usize = 512;

/// A change, and what may happen once it is durable.
pub struct Commit {
    /// The account as all threads know it.
    pub cell: Arc<AccountCell>,
    /// The life of the account's actors that sent it.
    pub epoch: u64,
    /// What to store. Without writes it only keeps its place in the queue.
    pub change: Change,
    /// What to answer, and to whom.
    pub answer: Option<(Reply, Result<Outcome, Failure>)>,
    /// What to count.
    pub figures: Vec<ServiceFigure>,
}

enum Item {
    Commit(Box<Commit>),
    Flush(oneshot::Sender<()>),
}

/// The way to the writer.
#[derive(Clone)]
pub struct Writer {
    queue: mpsc::UnboundedSender<Item>,
}

impl Writer {
    /// A writer, and the task that does its work: it must be spawned.
    pub fn new(
        store: SharedStore,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn Observer>,
    ) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let (queue, items) = mpsc::unbounded_channel();
        (Self { queue }, run(store, clock, observer, items))
    }

    /// Queues a change.
    pub fn commit(&self, commit: Commit) {
        // The queue closes only when the runtime goes down; whoever waits for the answer sees it dropped.
        let _ = self.queue.send(Item::Commit(Box::new(commit)));
    }

    /// Waits until everything queued before is durable or failed.
    pub async fn flush(&self) {
        let (done, flushed) = oneshot::channel();
        if self.queue.send(Item::Flush(done)).is_ok() {
            let _ = flushed.await;
        }
    }
}

async fn run(
    store: SharedStore,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
    mut items: mpsc::UnboundedReceiver<Item>,
) {
    let mut poisoned = BTreeSet::new();
    let mut queued = Vec::with_capacity(MAX_GROUP);
    while items.recv_many(&mut queued, MAX_GROUP).await > 0 {
        let mut group = Vec::with_capacity(queued.len());
        let mut flushes = Vec::new();
        for item in queued.drain(..) {
            match item {
                Item::Commit(commit) => group.push(*commit),
                Item::Flush(done) => flushes.push(done),
            }
        }
        write_group(&store, &*clock, &*observer, &mut poisoned, group).await;
        for done in flushes {
            let _ = done.send(());
        }
    }
}

async fn write_group(
    store: &SharedStore,
    clock: &dyn Clock,
    observer: &dyn Observer,
    poisoned: &mut BTreeSet<u64>,
    group: Vec<Commit>,
) {
    let mut changes = Vec::with_capacity(group.len());
    let mut waiting = Vec::with_capacity(group.len());
    for mut commit in group {
        if commit.epoch != commit.cell.epoch() {
            let away = commit.cell.away();
            answer(commit.answer, Some(Failure::Engine(away)));
        } else if commit.change.lineage != 0 && poisoned.contains(&commit.change.lineage) {
            answer(commit.answer, Some(Failure::Conflict(Conflict::Lineage)));
        } else {
            changes.push(std::mem::replace(
                &mut commit.change,
                Change { account: commit.cell.id.clone(), lineage: 0, writes: Vec::new() },
            ));
            waiting.push(commit);
        }
    }
    if changes.is_empty() {
        return;
    }
    let before = clock.now();
    let results = store.commit(&changes).await;
    match results {
        Ok(results) => {
            let took = clock.now().since(before);
            for (account, changes) in sizes(&changes) {
                observer.committed(account, changes, took);
                observer.took(account, Phase::Journal, took);
            }
            for ((commit, change), result) in waiting.into_iter().zip(&changes).zip(results) {
                match result {
                    Ok(committed) => {
                        commit.cell.store_works();
                        let_out(observer, commit, change, &committed);
                    }
                    Err(conflict) => refuse(commit, change, conflict, poisoned),
                }
            }
        }
        Err(failure) => {
            tracing::error!(%failure, changes = changes.len(), "a group of changes could not be stored; the accounts start again");
            for commit in waiting {
                commit.cell.store_failed(failure.to_string());
                commit.cell.notify(Notice::Failed { epoch: commit.epoch });
                answer(commit.answer, Some(Failure::Engine(EngineError::Store(failure.to_string()))));
            }
        }
    }
}

/// How many changes each account has in a group.
fn sizes(changes: &[Change]) -> BTreeMap<&AccountId, usize> {
    let mut sizes = BTreeMap::new();
    for change in changes {
        *sizes.entry(&change.account).or_default() += 1;
    }
    sizes
}

/// The change is durable: count, tell followers of the feed, answer.
fn let_out(observer: &dyn Observer, commit: Commit, change: &Change, committed: &Committed) {
    for write in &change.writes {
        if let Write::Event(announcement) = write {
            observer.announced(&commit.cell.id, announcement);
        }
    }
    for figure in &commit.figures {
        observer.measured(&commit.cell.id, figure);
    }
    if committed.events > 0 {
        let newest = committed.first_seq + u64::from(committed.events) - 1;
        commit.cell.newest_seq.send_if_modified(|seq| {
            let grows = *seq < newest;
            *seq = newest.max(*seq);
            grows
        });
    }
    answer(commit.answer, None);
}

/// The change contradicts the store: what was built on it may not be stored either.
fn refuse(commit: Commit, change: &Change, conflict: Conflict, poisoned: &mut BTreeSet<u64>) {
    if change.lineage != 0
        && poisoned.insert(change.lineage)
        && let Some(dialog) = dialog_of(change)
    {
        let dialog = dialog.id.clone();
        commit.cell.notify(Notice::Conflicted { epoch: commit.epoch, dialog, lineage: change.lineage });
    }
    answer(commit.answer, Some(Failure::Conflict(conflict)));
}

fn dialog_of(change: &Change) -> Option<&Arc<Dialog>> {
    change.writes.iter().find_map(|write| if let Write::Dialog(dialog) = write { Some(dialog) } else { None })
}

/// Answers with what was prepared, or with what went wrong. Whoever asked may have gone away.
fn answer(prepared: Option<(Reply, Result<Outcome, Failure>)>, failure: Option<Failure>) {
    if let Some((reply, outcome)) = prepared {
        let _ = reply.send(failure.map_or(outcome, Err));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dialog::{DialogKind, Opening};
    use crate::domain::ids::{ChatId, DialogId};
    use crate::domain::time::Timestamp;
    use crate::engine::clock::RuntimeClock;
    use crate::engine::observe::Unobserved;
    use crate::store::memory::MemoryStore;

    const NOW: Timestamp = Timestamp::from_secs(1_000);

    fn dialog(version: u64) -> Dialog {
        let opening = Opening {
            id: DialogId::trusted("d1"),
            chat: ChatId::trusted("h1"),
            channel: None,
            customer: None,
            kind: DialogKind::Customer,
            members: BTreeSet::new(),
            returning: false,
            message: None,
            facts: BTreeMap::new(),
        };
        let opened = Dialog::open(opening, &crate::desk::policy::neutral_policy(), NOW).next;
        Dialog { version, ..opened }
    }

    /// Has a state of the dialog stored in a group of its own; what was answered.
    async fn stored(
        writer: &Writer,
        cell: &Arc<AccountCell>,
        lineage: u64,
        version: u64,
    ) -> Result<Outcome, Failure> {
        let (reply, answer) = oneshot::channel();
        let state = Write::Dialog(Arc::new(dialog(version)));
        writer.commit(Commit {
            cell: Arc::clone(cell),
            epoch: cell.epoch(),
            change: Change { account: cell.id.clone(), lineage, writes: vec![state] },
            answer: Some((reply, Ok(Outcome::Done))),
            figures: Vec::new(),
        });
        writer.flush().await;
        answer.await.expect("an answer")
    }

    #[actix::test]
    async fn what_was_built_on_a_conflict_is_refused_in_later_groups_too() {
        let store: SharedStore = Arc::new(MemoryStore::default());
        let clock = Arc::new(RuntimeClock::starting_at(NOW));
        let (writer, work) = Writer::new(Arc::clone(&store), clock, Arc::new(Unobserved));
        actix::spawn(work);
        let (cell, mut notices) = AccountCell::new(AccountId::default_account());
        let cell = Arc::new(cell);
        assert!(stored(&writer, &cell, 1, 1).await.is_ok());
        let contradiction = stored(&writer, &cell, 1, 3).await;
        assert!(matches!(contradiction, Err(Failure::Conflict(Conflict::Dialog(_)))), "{contradiction:?}");
        // The actor that takes over goes on from what is stored. To the store the number that follows looks good,
        // whoever it is from.
        assert!(stored(&writer, &cell, 2, 2).await.is_ok());
        let late = stored(&writer, &cell, 1, 3).await;
        assert!(matches!(late, Err(Failure::Conflict(Conflict::Lineage))), "{late:?}");
        assert!(stored(&writer, &cell, 2, 3).await.is_ok());
        assert!(matches!(notices.try_recv(), Ok(Notice::Conflicted { lineage: 1, .. })));
        assert!(notices.try_recv().is_err(), "the keeper is told once");
    }
}
