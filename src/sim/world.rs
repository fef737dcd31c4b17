//! The world: one thread, virtual time, a mailbox for each actor, and a scheduler that chance drives.
//!
//! It holds the pure core as the engine's actors hold it and passes the same messages in the same protocol, so
//! that every interleaving of real actors may come up here, and the same seed brings the same one again.
//! A transition takes hold in memory at once; its change is queued and becomes durable at some later moment,
//! alone or with others; answers and announcements are out only then. A crash drops memory and queue.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::commits::Commit;
use super::dialog_life::DialogLife;
use super::edge::Edge;
use super::faults::Sabotage;
use super::fold::Fold;
use super::inbound::{Inbound, Outcome, Rejection, RequestId};
use super::invariants::watch::Watch;
use super::ledger::{Entry, Ledger, Write, journal_text};
use super::mail::{Failure, Mailroom, Whom};
use super::manager_life::ManagerLife;
use super::timekeeper::Timekeeper;
use crate::desk::Desk;
use crate::domain::account::Account;
use crate::domain::ids::{ChannelId, ChatId, CustomerId, DialogId, ManagerId};
use crate::domain::time::Timestamp;
use crate::rules::ruleset::RuleSet;

/// How a world begins.
#[derive(Clone, Debug)]
pub struct Setup {
    /// What all chance in it follows from.
    pub seed: u64,
    /// When it begins.
    pub start: Timestamp,
    /// The account.
    pub account: Account,
    /// The rules to begin with.
    pub rules: Arc<RuleSet>,
    /// Deadlines ring up to this much late; zero: on time.
    pub lag: Duration,
    /// A defect to build in, so that tests see it found.
    pub sabotage: Option<Sabotage>,
}

/// In which order mail is delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Delivery {
    /// In any order that real actors may see; chance picks one.
    #[default]
    ByChance,
    /// In the order that they see on one thread which nothing else keeps busy: each in turn takes all its mail,
    /// and the writer writes when nobody has any.
    InTurn,
}

/// An open dialog as the supervisor knows it.
#[derive(Debug)]
pub(super) struct OpenDialog {
    pub lineage: u64,
    pub chat: ChatId,
    pub channel: Option<ChannelId>,
    pub customer: Option<CustomerId>,
    pub opening_text: Arc<str>,
}

/// All that a crash takes away.
#[derive(Debug)]
pub(super) struct Memory {
    pub desk: Desk,
    pub open: BTreeMap<DialogId, OpenDialog>,
    pub chats: BTreeMap<ChatId, DialogId>,
    pub by_customer: BTreeMap<CustomerId, BTreeSet<DialogId>>,
    /// Chats that had a dialog which is closed by now.
    pub known_chats: BTreeSet<ChatId>,
    /// The managers' actors, by number.
    pub managers: BTreeMap<ManagerId, u64>,
    pub dialog_lives: BTreeMap<u64, DialogLife>,
    pub manager_lives: BTreeMap<u64, ManagerLife>,
    pub timekeeper: Timekeeper,
    pub mail: Mailroom,
    pub queue: VecDeque<Commit>,
    /// Lineages that the store contradicted.
    pub poisoned: BTreeSet<u64>,
    pub next_actor: u64,
    pub account_version: u64,
    pub armed: Option<Timestamp>,
}

impl Memory {
    pub fn new(epoch: u64, account: Account, rules: Arc<RuleSet>, last_seq: u64) -> Self {
        Self {
            desk: Desk::new(account, rules),
            open: BTreeMap::new(),
            chats: BTreeMap::new(),
            by_customer: BTreeMap::new(),
            known_chats: BTreeSet::new(),
            managers: BTreeMap::new(),
            dialog_lives: BTreeMap::new(),
            manager_lives: BTreeMap::new(),
            timekeeper: Timekeeper::default(),
            mail: Mailroom::default(),
            queue: VecDeque::new(),
            poisoned: BTreeSet::new(),
            // Numbers must differ between lives, and account versions must grow over them.
            next_actor: epoch << 40,
            account_version: last_seq,
            armed: None,
        }
    }
}

/// The world.
#[derive(Debug)]
pub struct World {
    pub(super) now: Timestamp,
    pub(super) chance: ChaCha8Rng,
    pub(super) lag: Duration,
    pub(super) late_by: Duration,
    delivery: Delivery,
    pub(super) sabotage: Option<Sabotage>,
    pub(super) ledger: Ledger,
    pub(super) fold: Fold,
    /// The rule set in force: the server's own files, which a crash leaves alone.
    pub(super) rules: Arc<RuleSet>,
    /// All sets that were in force, each once: what a store keeps of them.
    pub(super) earlier: Vec<Arc<RuleSet>>,
    /// A rule set that decides beside the live one, over crashes too.
    pub(super) shadow: Option<Arc<RuleSet>>,
    pub(super) memory: Option<Memory>,
    pub(super) edge: Edge,
    pub(super) watch: Watch,
    pub(super) epoch: u64,
    ids: u64,
    heard: usize,
}

impl World {
    /// A world in which nothing has happened yet.
    pub fn new(setup: Setup) -> Self {
        let Setup { seed, start, account, rules, lag, sabotage } = setup;
        let mut ledger = Ledger::default();
        // The account and the rules are there before anything else, so nothing can contradict them.
        let _ = ledger.commit(&[Write::Account(account.clone()), Write::Rules(rules.version().clone())]);
        let memory = Memory::new(1, account, Arc::clone(&rules), 0);
        Self {
            now: start,
            chance: ChaCha8Rng::seed_from_u64(seed),
            lag,
            late_by: Duration::ZERO,
            delivery: Delivery::default(),
            sabotage,
            ledger,
            fold: Fold::default(),
            watch: Watch::new(&rules),
            earlier: vec![Arc::clone(&rules)],
            rules,
            shadow: None,
            memory: Some(memory),
            edge: Edge::default(),
            epoch: 1,
            ids: 0,
            heard: 0,
        }
    }

    /// The same world with mail delivered in this order.
    #[must_use]
    pub fn with_delivery(mut self, delivery: Delivery) -> Self {
        self.delivery = delivery;
        self
    }

    /// Lets another rule set decide beside the live one, in this life and all that follow.
    pub fn shadow(&mut self, rules: Arc<RuleSet>) {
        self.shadow = Some(rules);
        self.begin_shadow();
    }

    /// The shadow begins anew to count.
    pub(super) fn begin_shadow(&mut self) {
        if let (Some(memory), Some(rules)) = (&mut self.memory, &self.shadow) {
            memory.desk.set_shadow(Some(Arc::clone(rules)), self.now);
        }
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Whether the server runs.
    pub fn is_up(&self) -> bool {
        self.memory.is_some()
    }

    /// Something comes in from outside.
    pub fn submit(&mut self, inbound: Inbound) -> RequestId {
        self.watch.figures.requests += 1;
        let request = self.edge.enter(Arc::new(inbound));
        self.ask(request);
        request
    }

    /// Whether mail waits for delivery, or changes for the store.
    pub fn is_busy(&self) -> bool {
        self.memory.as_ref().is_some_and(|memory| memory.mail.ready() > 0 || !memory.queue.is_empty())
    }

    /// Delivers one mail, or makes some queued changes durable.
    pub fn step(&mut self) {
        let Some(memory) = &mut self.memory else { return };
        let (ready, queued) = (memory.mail.ready(), memory.queue.len());
        let is_writers_turn = queued > 0
            && match self.delivery {
                Delivery::ByChance => self.chance.random_range(0..=ready) == ready,
                Delivery::InTurn => ready == 0,
            };
        self.watch.figures.steps += 1;
        if is_writers_turn {
            let group = match self.delivery {
                Delivery::ByChance => self.chance.random_range(1..=queued),
                Delivery::InTurn => queued,
            };
            return self.write_group(group);
        }
        let next = match self.delivery {
            Delivery::ByChance => memory.mail.pick(&mut self.chance),
            Delivery::InTurn => memory.mail.next_in_turn(),
        };
        if let Some(whom) = next {
            self.deliver(whom);
        }
    }

    fn deliver(&mut self, whom: Whom) {
        let Some(memory) = &mut self.memory else { return };
        let mail = &mut memory.mail;
        match whom {
            Whom::Desk => {
                if let Some(received) = mail.desk.pop_front() {
                    mail.taken(whom);
                    self.desk_hears(received);
                }
            }
            Whom::Dialog(lineage) => {
                if let Some(received) = mail.dialogs.get_mut(&lineage).and_then(VecDeque::pop_front) {
                    mail.taken(whom);
                    self.dialog_hears(lineage, received);
                }
            }
            Whom::Manager(actor) => {
                if let Some(received) = mail.managers.get_mut(&actor).and_then(VecDeque::pop_front) {
                    mail.taken(whom);
                    self.manager_hears(actor, received);
                }
            }
            Whom::Timekeeper => {
                if let Some(received) = mail.timekeeper.pop_front() {
                    mail.taken(whom);
                    memory.timekeeper.arm(received);
                }
            }
            Whom::Edge => {
                if let Some(request) = mail.edge.pop_front() {
                    mail.taken(whom);
                    self.ask(request);
                }
            }
            Whom::Keeper => {
                if let Some(received) = mail.keeper.pop_front() {
                    mail.taken(whom);
                    self.restore_dialog(received);
                }
            }
        }
    }

    /// When the next deadline rings.
    pub fn next_alarm(&self) -> Option<Timestamp> {
        let first = self.memory.as_ref()?.timekeeper.first()?;
        Some((first + self.late_by).max(self.now))
    }

    /// Lets time pass; deadlines that are due by then ring once, then.
    pub fn advance(&mut self, to: Timestamp) {
        self.now = self.now.max(to);
        if self.next_alarm().is_some_and(|alarm| alarm <= self.now) {
            self.ring();
            let lag = u64::try_from(self.lag.as_micros()).unwrap_or(u64::MAX);
            self.late_by = if lag == 0 {
                Duration::ZERO
            } else {
                Duration::from_micros(self.chance.random_range(0..=lag))
            };
        }
    }

    /// Works until nothing is under way; time stands still.
    pub fn settle(&mut self) {
        while self.is_busy() {
            self.step();
        }
    }

    /// The durable journal.
    pub fn journal(&self) -> &[Entry] {
        &self.ledger.journal
    }

    /// The journal as text: one line an announcement, the same bytes for the same seed.
    pub fn journal_text(&self) -> String {
        journal_text(&self.ledger.journal)
    }

    /// All that is durable.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// What was seen so far: violations and figures.
    pub fn watch(&self) -> &Watch {
        &self.watch
    }

    /// Time does something odd: deadlines may be met late for a while.
    pub fn disturb(&mut self) {
        self.watch.disturbed_at = Some(self.now);
    }

    /// Asks an invariant of the whole day.
    pub fn hold(&mut self, invariant: &'static str, result: Result<(), String>) {
        self.watch.hold(invariant, self.now, result);
    }

    /// Announcements that came out since the last call.
    pub fn news(&mut self) -> Vec<Entry> {
        let news = self.ledger.journal.get(self.heard..).unwrap_or_default().to_vec();
        self.heard = self.ledger.journal.len();
        news
    }

    /// Requests that were answered since the last call.
    pub fn answers(&mut self) -> Vec<(RequestId, Arc<Inbound>, Result<Outcome, Rejection>)> {
        std::mem::take(&mut self.edge.answered)
    }

    /// An id that nobody gave. As the engine's, those made later sort later, and all before the words of clients.
    pub(super) fn new_id(&mut self, letter: char) -> String {
        self.ids += 1;
        format!("{:06}~{letter}", self.ids)
    }

    /// Answers once everything queued before is durable.
    pub(super) fn answer(&mut self, request: RequestId, answer: Result<Outcome, Failure>) {
        self.commit(Commit::answering(request, answer));
    }
}
