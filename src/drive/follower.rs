//! Reads the event feed while the trace is played: what a backend learns only by listening.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::client::{Limits, Pool};
use super::clock;
use super::feed::{self, Event, Holder, What, fingerprint};
use super::names::RunName;
use super::stage::DialogNo;
use super::target::Target;

/// How many events are asked for at once.
pub const PAGE: usize = 1_000;
/// How long the server is asked to hold an answer back until there is an event.
const LONG_POLL_SECONDS: u32 = 5;
/// The pause after an empty answer, in case the server does not hold it back.
const BETWEEN_EMPTY: Duration = Duration::from_millis(5);

/// Whose a dialog is, by the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// This manager's.
    To(String),
    /// A bot's.
    ToBot,
    /// Nobody's: it was given back.
    Returned,
    /// It is closed.
    Closed,
}

#[derive(Default)]
struct Shared {
    news: RefCell<VecDeque<(DialogNo, Heard)>>,
    arrived: Notify,
    is_wanted: Cell<bool>,
    wanted: Notify,
    /// Fingerprints of the events seen, by number: they must stay what they were.
    seen: RefCell<HashMap<u64, u64>>,
    failure: RefCell<Option<String>>,
}

/// A reader of the feed. Dropping it ends the reading.
pub struct Follower {
    shared: Rc<Shared>,
    pool: Rc<Pool>,
    task: JoinHandle<()>,
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What an event says of whose the dialog is.
fn heard(event: &Event) -> Option<Heard> {
    let holder = |holder: &Holder| match holder {
        Holder::Manager(id) => Heard::To(id.to_string()),
        Holder::Bot(_) => Heard::ToBot,
    };
    match &event.what {
        What::Assigned { to, .. } | What::Reassigned { to, .. } => Some(holder(to)),
        What::Returned { .. } => Some(Heard::Returned),
        What::Closed { .. } => Some(Heard::Closed),
        What::Opened { .. }
        | What::Waiting(_)
        | What::Quarantined
        | What::Message(_)
        | What::Available(_)
        | What::Unavailable(_)
        | What::Offered { .. }
        | What::OfferEnded
        | What::OfDialog
        | What::Other => None,
    }
}

impl Follower {
    /// Follows the feed after an event, over a connection of its own. Must be called within a `LocalSet`.
    pub fn new(target: &Target, ride_out: Duration, run: RunName, after: u64) -> Self {
        let shared = Rc::new(Shared::default());
        let pool = Rc::new(Pool::new(target.clone(), Limits { connections: 1, pipeline: 1, ride_out }));
        let task = tokio::task::spawn_local(follow(shared.clone(), pool.clone(), run, after));
        Self { shared, pool, task }
    }

    /// Says whether anybody wants to know; while nobody does, the feed is left alone.
    pub fn want(&self, is_wanted: bool) {
        if self.shared.is_wanted.replace(is_wanted) != is_wanted && is_wanted {
            self.shared.wanted.notify_one();
        }
    }

    /// The next news of one of the run's dialogs.
    pub fn next_news(&self) -> Option<(DialogNo, Heard)> {
        self.shared.news.borrow_mut().pop_front()
    }

    /// Waits until there is news, or the feed is lost.
    pub async fn arrival(&self) {
        self.shared.arrived.notified().await;
    }

    /// Why the feed is lost, if it is.
    pub fn failure(&self) -> Option<String> {
        self.shared.failure.borrow().clone()
    }

    /// When the server could not be reached.
    pub fn outages(&self) -> Vec<(Instant, Instant)> {
        self.pool.traffic().outages
    }

    /// Fingerprints of the events seen, by number.
    pub fn seen(&self) -> HashMap<u64, u64> {
        self.shared.seen.borrow().clone()
    }
}

async fn follow(shared: Rc<Shared>, pool: Rc<Pool>, run: RunName, mut after: u64) {
    loop {
        while !shared.is_wanted.get() {
            shared.wanted.notified().await;
        }
        match read_page(&shared, &pool, &run, after, LONG_POLL_SECONDS).await {
            Ok(last) if last == after => clock::pause(BETWEEN_EMPTY).await,
            Ok(last) => after = last,
            Err(problem) => {
                shared.failure.borrow_mut().get_or_insert(problem);
                shared.arrived.notify_one();
                return;
            }
        }
    }
}

/// Reads on; the number of the last event read.
async fn read_page(
    shared: &Shared,
    pool: &Pool,
    run: &RunName,
    after: u64,
    wait: u32,
) -> Result<u64, String> {
    let path = format!("/events?after={after}&limit={PAGE}&wait={wait}");
    let page = super::roster::ask(pool, "GET", &path, b"").await?;
    let events = feed::page(&page)?;
    let mut seen = shared.seen.borrow_mut();
    let mut news = shared.news.borrow_mut();
    for event in &events {
        seen.insert(event.seq, fingerprint(&event.id));
        let ours = event.dialog.as_ref().and_then(|dialog| run.number(dialog));
        news.extend(ours.zip(heard(event)));
    }
    if !news.is_empty() {
        shared.arrived.notify_one();
    }
    Ok(events.last().map_or(after, |event| event.seq))
}
