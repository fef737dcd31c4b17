//! Plays a trace: carries out what the [stage](super::stage) says, and tells it what came of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use indicatif::ProgressBar;

use super::check::claims::{Claim, Claims};
use super::client::Pool;
use super::clock::Clock;
use super::follower::Follower;
use super::names::{InPath, RunName};
use super::stage::{Act, DialogNo, ManagerNo, Next, Speaker, Stage};
use super::trace::Row;
use super::wire::{self, BatchedClose, Close, Facts, Kind, NewMessage, Open, Who};
use crate::domain::ids::ChatId;
use crate::domain::time::Timestamp;

mod hear;

/// How hard to press, and how.
#[derive(Clone, Debug)]
pub struct Pressure {
    /// Trace seconds a second; `None`: as fast as possible.
    pub speed: Option<f64>,
    /// Requests on their way at once.
    pub in_flight: usize,
    /// Closures sent together; one: each by a request of its own.
    pub batch: usize,
    /// The feed is read all the time, and not only while something waits.
    pub follow_always: bool,
    /// After so long without any news, dialogs that still wait are taken to wait for ever.
    pub settle: Duration,
    /// The channel of rows that name none.
    pub channel: String,
}

/// What the server acknowledged of a dialog.
#[derive(Clone, Copy, Debug, Default)]
struct Acknowledged {
    opened: bool,
    given_to: Option<ManagerNo>,
    is_repeat: bool,
    closed: bool,
    /// When the answer to its opening was heard.
    heard_at: Duration,
}

/// Numbers for managers.
#[derive(Default)]
struct Managers {
    names: Vec<Arc<str>>,
    numbers: BTreeMap<Arc<str>, ManagerNo>,
}

impl Managers {
    fn number(&mut self, name: &str) -> ManagerNo {
        if let Some(no) = self.numbers.get(name) {
            return *no;
        }
        let no = ManagerNo::try_from(self.names.len()).unwrap_or(ManagerNo::MAX);
        let name: Arc<str> = name.into();
        self.names.push(name.clone());
        self.numbers.insert(name, no);
        no
    }

    fn name(&self, no: ManagerNo) -> &str {
        &self.names[no as usize]
    }
}

/// Why requests were refused: by code, how often and the first explanation.
pub type Refusals = BTreeMap<String, (u64, String)>;

/// The play of one trace.
pub struct Player<'t> {
    rows: &'t [Row],
    run: &'t RunName,
    pressure: &'t Pressure,
    stage: Stage<'t>,
    pool: &'t Pool,
    follower: &'t Follower,
    managers: Managers,
    on_the_way: usize,
    to_close: Vec<(DialogNo, Option<ManagerNo>)>,
    batches: BTreeMap<u32, Vec<(DialogNo, Option<ManagerNo>)>>,
    next_batch: u32,
    /// Customers on record as VIP.
    introduced: BTreeSet<&'t str>,
    acknowledged: Vec<Acknowledged>,
    messages: BTreeSet<(DialogNo, u16)>,
    refusals: Refusals,
}

impl<'t> Player<'t> {
    /// Before the first act.
    pub fn new(
        rows: &'t [Row],
        run: &'t RunName,
        pressure: &'t Pressure,
        stage: Stage<'t>,
        pool: &'t Pool,
        follower: &'t Follower,
    ) -> Self {
        Self {
            rows,
            run,
            pressure,
            stage,
            pool,
            follower,
            managers: Managers::default(),
            on_the_way: 0,
            to_close: Vec::new(),
            batches: BTreeMap::new(),
            next_batch: 0,
            introduced: BTreeSet::new(),
            acknowledged: vec![Acknowledged::default(); rows.len()],
            messages: BTreeSet::new(),
            refusals: Refusals::new(),
        }
    }

    /// What came of it.
    pub fn stage(&self) -> &Stage<'t> {
        &self.stage
    }

    /// Why requests were refused.
    pub fn refusals(&self) -> &Refusals {
        &self.refusals
    }

    /// Plays to the end.
    ///
    /// # Errors
    /// A sentence for people: the server stayed away for too long, or says what cannot be understood.
    pub async fn play(&mut self, clock: Clock, progress: &ProgressBar) -> Result<(), String> {
        loop {
            self.hear(clock.elapsed());
            if let Some(problem) = self.pool.failure().or_else(|| self.follower.failure()) {
                return Err(problem);
            }
            let now = self.trace_time(clock.elapsed());
            let next = loop {
                if self.on_the_way >= self.pressure.in_flight {
                    break None;
                }
                match self.stage.next(now) {
                    Next::Act(act) => self.perform(act),
                    next @ (Next::Until(_) | Next::Wait | Next::Stuck | Next::Done) => {
                        break Some(next);
                    }
                }
            };
            if next.is_some() {
                self.send_batch();
            }
            self.follower.want(self.pressure.follow_always || self.stage.waiting() > 0);
            progress.set_position(self.stage.done());
            match next {
                Some(Next::Done) => return Ok(()),
                Some(Next::Until(at)) => {
                    let due = clock.until(self.wall_time(at));
                    tokio::select! { () = due => {}, () = self.news() => {} }
                }
                Some(Next::Stuck) => {
                    if tokio::time::timeout(self.pressure.settle, self.news()).await.is_err() {
                        return Ok(());
                    }
                }
                Some(Next::Wait | Next::Act(_)) if self.on_the_way == 0 => {
                    // Only the feed could bring anything, and it does not: the checks will tell why.
                    if tokio::time::timeout(self.pressure.settle, self.news()).await.is_err() {
                        self.stage.expect_no_more_of_the_feed();
                    }
                }
                Some(Next::Wait | Next::Act(_)) | None => self.news().await,
            }
        }
    }

    async fn news(&self) {
        tokio::select! { () = self.pool.arrival() => {}, () = self.follower.arrival() => {} }
    }

    fn first_arrival(&self) -> Timestamp {
        self.rows.first().map_or_else(Timestamp::default, |row| row.arrival)
    }

    fn trace_time(&self, elapsed: Duration) -> Timestamp {
        let factor = self.pressure.speed.unwrap_or(1.0);
        self.first_arrival()
            + Duration::try_from_secs_f64(elapsed.as_secs_f64() * factor).unwrap_or(Duration::MAX)
    }

    /// Rounded up, so that the moment has come when it is over.
    fn wall_time(&self, at: Timestamp) -> Duration {
        let factor = self.pressure.speed.unwrap_or(1.0);
        let span = at.since(self.first_arrival()).as_secs_f64() / factor;
        Duration::try_from_secs_f64(span).unwrap_or(Duration::MAX).saturating_add(Duration::from_micros(1))
    }

    fn customer(&self, dialog: DialogNo) -> String {
        let row = &self.rows[dialog as usize];
        row.customer.as_ref().map_or_else(|| self.run.customer(dialog), ToString::to_string)
    }

    fn perform(&mut self, act: Act) {
        match act {
            Act::Open(dialog) => {
                let row = &self.rows[dialog as usize];
                let is_introduced =
                    row.customer.as_ref().is_some_and(|id| self.introduced.contains(id.as_str()));
                if row.vip && !is_introduced {
                    self.on_the_way += 1;
                    let customer = self.customer(dialog);
                    let path = format_args!("/customers/{}", InPath(&customer));
                    self.pool.send(Kind::Customer, dialog, "PUT", path, &wire::Vip { vip: true });
                } else {
                    self.open(dialog);
                }
            }
            Act::Say(dialog, number, speaker) => self.say(dialog, number, speaker),
            Act::Close(dialog, closer) => {
                self.to_close.push((dialog, closer));
                if self.to_close.len() >= self.pressure.batch {
                    self.send_batch();
                }
            }
        }
    }

    fn open(&mut self, dialog: DialogNo) {
        self.on_the_way += 1;
        let row = &self.rows[dialog as usize];
        let (id, message, customer) =
            (self.run.dialog(dialog), self.run.message(dialog, 0), self.customer(dialog));
        let open = Open {
            id: &id,
            channel: row.channel.as_ref().map_or(&self.pressure.channel, |channel| channel.as_str()),
            customer: &customer,
            chat: row.chat.as_ref().map(ChatId::as_str),
            message: NewMessage { id: &message, from: Who::Customer(&customer), text: "Hello" },
            facts: Facts(&row.facts),
        };
        self.pool.send(Kind::Open, dialog, "POST", format_args!("/dialogs"), &open);
    }

    fn say(&mut self, dialog: DialogNo, number: u16, speaker: Speaker) {
        self.on_the_way += 1;
        let (id, customer) = (self.run.message(dialog, number), self.customer(dialog));
        let (from, text) = match speaker {
            Speaker::Manager(manager) => (Who::Manager(self.managers.name(manager)), "Of course."),
            Speaker::Customer => (Who::Customer(&customer), "And one more thing."),
        };
        let message = NewMessage { id: &id, from, text };
        let path = format_args!("/dialogs/{}/messages", self.run.dialog(dialog));
        // The tag has no room for the message's number: it is noted now, and struck out if refused.
        self.messages.insert((dialog, number));
        self.pool.send(Kind::Say, dialog, "POST", path, &message);
    }

    fn closing(&self, closer: Option<ManagerNo>) -> Close<'_> {
        match closer {
            Some(manager) => Close { by: Who::Manager(self.managers.name(manager)), reason: "answered" },
            None => Close { by: Who::Backend, reason: "over" },
        }
    }

    /// Sends the closures that have gathered.
    fn send_batch(&mut self) {
        let closures = std::mem::take(&mut self.to_close);
        if self.pressure.batch > 1 && !closures.is_empty() {
            let mut lines = Vec::with_capacity(closures.len() * 128);
            for (dialog, closer) in &closures {
                let id = self.run.dialog(*dialog);
                // Whoever closes it after a move makes it another fact.
                let source_id =
                    format!("{id}.close.{}", closer.map_or("", |manager| self.managers.name(manager)));
                let item = BatchedClose {
                    source_id: &source_id,
                    kind: "dialog.close",
                    id: &id,
                    data: self.closing(*closer),
                };
                // Writing into memory cannot fail.
                let _ = serde_json::to_writer(&mut lines, &item);
                lines.push(b'\n');
            }
            self.pool.send_raw(
                Kind::Batch,
                self.next_batch,
                format_args!("/events"),
                "application/x-ndjson",
                &lines,
            );
            self.batches.insert(self.next_batch, closures);
            self.next_batch = self.next_batch.wrapping_add(1);
            self.on_the_way += 1;
            return;
        }
        for (dialog, closer) in closures {
            self.on_the_way += 1;
            let path = format_args!("/dialogs/{}/close", self.run.dialog(dialog));
            self.pool.send(Kind::Close, dialog, "POST", path, &self.closing(closer));
        }
    }

    /// When, by the clock of the play, the answers to openings were heard.
    pub fn heard_at(&self) -> Vec<Option<Duration>> {
        self.acknowledged
            .iter()
            .map(|acknowledged| acknowledged.opened.then_some(acknowledged.heard_at))
            .collect()
    }

    /// What the feed must bear out.
    pub fn claims(&self) -> Claims {
        let claim = |(dialog, acknowledged): (usize, &Acknowledged)| {
            let dialog = DialogNo::try_from(dialog).unwrap_or(DialogNo::MAX);
            let given_to = acknowledged.given_to.map(|manager| self.managers.names[manager as usize].clone());
            let Acknowledged { is_repeat, closed, .. } = *acknowledged;
            (self.run.dialog(dialog), Claim { given_to, is_repeat, closed })
        };
        let opened = self.acknowledged.iter().enumerate().filter(|(_, acknowledged)| acknowledged.opened);
        Claims {
            dialogs: opened.map(claim).collect(),
            messages: self
                .messages
                .iter()
                .map(|(dialog, number)| self.run.message(*dialog, *number))
                .collect(),
            roster: BTreeMap::new(),
        }
    }
}
