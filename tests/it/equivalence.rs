//! The simulation and the real actors: the same inputs at the same times lead to the same journal.
//!
//! A seeded day of `sim::workload` is played in the simulation, where people react to what they hear. What they
//! did, and when, is then played to the real engine in the runtime's paused time. Every answer, every announcement
//! and every dialog must be the same.
//!
//! - Times are whole milliseconds, the finest that the runtime's timers know.
//! - Both deliver mail in turns ([`Delivery::InTurn`]): where two dialogs race for one place, either may win, and
//!   on one thread the same one does. The simulation's own tests see to every other order.
//! - What is due at one instant for several dialogs may ring in either order, so the announcements of one instant
//!   are compared as a set; the order within a dialog stands in their ids.
//! - Ids that a driver makes up differ, but not in how they sort; they are matched when they first appear in an
//!   answer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use reparto::domain::account::Account;
use reparto::domain::dialog::Dialog;
use reparto::domain::ids::{AccountId, DialogId};
use reparto::domain::message::Message;
use reparto::domain::refusal::Refusal;
use reparto::domain::routing::Decision;
use reparto::domain::time::Timestamp;
use reparto::engine::backoff::Schedule;
use reparto::engine::clock::{Clock, RuntimeClock, pause};
use reparto::engine::ids::IdSource;
use reparto::engine::inbound as real;
use reparto::engine::observe::Unobserved;
use reparto::engine::rulebook::{Edition, Origin};
use reparto::engine::rules::Application;
use reparto::engine::{Engine, EngineError, Options};
use reparto::rules::ruleset::RuleSet;
use reparto::sim::inbound as simulated;
use reparto::sim::ledger::Entry;
use reparto::sim::workload::cast::Cast;
use reparto::sim::workload::{Habits, People, Traffic};
use reparto::sim::world::{Delivery, Setup, World};
use reparto::store::change::{Change, RulesRecord, RulesVia, Write};
use reparto::store::memory::MemoryStore;
use reparto::store::read::{EventFilter, StoredEvent};
use reparto::store::{SharedStore, Store};

use crate::engine::shop::{MORNING, Mailbox, rules_of};

const LIVELY: &str = include_str!("../fixtures/simulation/lively.toml");
const STRICT: &str = include_str!("../fixtures/simulation/strict.toml");
const WATCHING: &str = include_str!("../fixtures/simulation/watching.toml");

/// How long people do as they please, and how long they may take to finish.
const LENGTH: Duration = Duration::from_hours(1);
const OVERTIME: Duration = Duration::from_hours(6);

/// Something that came in, and what the simulation answered.
struct Input {
    at: Timestamp,
    inbound: simulated::Inbound,
    answer: Answer,
}

/// An answer, as far as both drivers give it.
#[derive(Debug, PartialEq)]
enum Answer {
    Dialog { dialog: Arc<Dialog>, decision: Option<Arc<Decision>>, created: bool },
    Message { message: Arc<Message>, dialog: Arc<Dialog>, opened: bool },
    Done,
    Refused(Refusal),
    Failed(String),
}

impl Answer {
    fn dialog(&self) -> Option<&DialogId> {
        match self {
            Self::Dialog { dialog, .. } | Self::Message { dialog, .. } => Some(&dialog.id),
            Self::Done | Self::Refused(_) | Self::Failed(_) => None,
        }
    }

    fn of_simulation(answer: Result<simulated::Outcome, simulated::Rejection>) -> Self {
        match answer {
            Ok(simulated::Outcome::Dialog { dialog, decision, created }) => {
                Self::Dialog { dialog, decision, created }
            }
            Ok(simulated::Outcome::Message { message, dialog, opened }) => {
                Self::Message { message, dialog, opened }
            }
            Ok(simulated::Outcome::Done) => Self::Done,
            Err(simulated::Rejection::Refused(refusal)) => Self::Refused(refusal),
            Err(rejection) => Self::Failed(format!("{rejection:?}")),
        }
    }

    fn of_engine(answer: Result<real::Outcome, EngineError>) -> Self {
        match answer {
            Ok(real::Outcome::Dialog { dialog, decision, created, message: _ }) => {
                Self::Dialog { dialog, decision, created }
            }
            Ok(real::Outcome::Message { message, dialog, decision: _, opened }) => {
                Self::Message { message, dialog, opened }
            }
            Ok(real::Outcome::Manager(_) | real::Outcome::Customer(_) | real::Outcome::Done) => Self::Done,
            Err(EngineError::Refused(refusal)) => Self::Refused(refusal),
            Err(error) => Self::Failed(error.to_string()),
        }
    }
}

/// The day as the simulation played it.
struct Played {
    inputs: Vec<Input>,
    world: World,
}

fn rule_sets() -> Vec<Arc<RuleSet>> {
    [LIVELY, STRICT, WATCHING].map(rules_of).into()
}

/// The next whole millisecond.
fn whole_millisecond(at: Timestamp) -> Timestamp {
    let millis = at.micros().div_euclid(1_000) + i64::from(at.micros().rem_euclid(1_000) > 0);
    Timestamp::from_micros(millis * 1_000)
}

fn people(seed: u64, habits: Habits, rules: Vec<Arc<RuleSet>>) -> People {
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let cast = Cast::small(chance.random_range(2..8), 12, &mut chance);
    let traffic = Traffic {
        length: LENGTH,
        pause: Duration::from_secs(chance.random_range(40..200)),
        handling: Duration::from_mins(5),
        patience: chance.random_bool(0.5).then_some(Duration::from_mins(15)),
        customers: cast.customer_ids(),
        channels: cast.channel_ids(),
    };
    let arrivals = traffic.draw(&mut chance);
    People::new(seed, MORNING, cast, habits, arrivals, rules)
}

/// Lets everything happen that follows now, deadlines that are due at once included.
fn rest(world: &mut World) {
    world.settle();
    while world.next_alarm().is_some_and(|alarm| alarm <= world.now()) {
        world.advance(world.now());
        world.settle();
    }
}

/// Brings something in, lets everything that follows happen, and notes the answer.
fn bring_in(world: &mut World, inbound: simulated::Inbound, inputs: &mut Vec<Input>) {
    world.submit(inbound.clone());
    rest(world);
    let answers = world.answers();
    let [(_, _, answer)] = <[_; 1]>::try_from(answers).expect("one question, one answer");
    inputs.push(Input { at: world.now(), inbound, answer: Answer::of_simulation(answer) });
}

/// Plays a day in the simulation, one thing after the other.
fn simulate(seed: u64, habits: Habits) -> Played {
    let rules = rule_sets();
    let setup = Setup {
        seed,
        start: MORNING,
        account: Account::new(AccountId::default_account()),
        rules: Arc::clone(&rules[0]),
        lag: Duration::ZERO,
        sabotage: None,
    };
    let mut world = World::new(setup).with_delivery(Delivery::InTurn);
    let mut people = people(seed, habits, rules);
    let mut inputs = Vec::new();
    for inbound in people.opening() {
        bring_in(&mut world, inbound, &mut inputs);
    }
    let (closing_time, end) = (MORNING + LENGTH, MORNING + LENGTH + OVERTIME);
    let mut is_over = false;
    loop {
        let now = world.now();
        for entry in world.news() {
            people.hear(&entry, now);
        }
        let next_act = people.next().map(whole_millisecond);
        let closing = (!is_over).then_some(closing_time);
        let next = [next_act, world.next_alarm(), closing].into_iter().flatten().min();
        let Some(next) = next.map(|at| at.max(now)).filter(|at| *at <= end) else { break };
        world.advance(next);
        rest(&mut world);
        if !is_over && closing_time <= next {
            is_over = true;
            people.wind_down(next);
        }
        for inbound in people.act(next) {
            bring_in(&mut world, inbound, &mut inputs);
        }
    }
    assert_eq!(world.watch().violations, []);
    Played { inputs, world }
}

/// Ids that the simulation made up, and what the engine calls the same things.
#[derive(Default)]
struct Names {
    engines: BTreeMap<String, String>,
}

impl Names {
    fn learn(&mut self, ours: &DialogId, engines: &DialogId) {
        if ours != engines {
            let known = self.engines.insert(ours.to_string(), engines.to_string());
            assert!(known.is_none_or(|known| known == engines.as_str()), "{ours} is two dialogs");
        }
    }

    fn dialog(&self, id: &DialogId) -> DialogId {
        self.engines.get(id.as_str()).map_or_else(|| id.clone(), |id| DialogId::trusted(id))
    }

    /// A text of the engine's with the simulation's names in it.
    fn in_our_words(&self, text: &str) -> String {
        let translate = |text: String, (ours, engines): (&String, &String)| text.replace(engines, ours);
        self.engines.iter().fold(text.to_owned(), translate)
    }

    fn message(message: simulated::NewMessage) -> real::NewMessage {
        let simulated::NewMessage { id, from, text, visibility } = message;
        real::NewMessage { id, from, text, at: None, visibility, quote: None }
    }

    /// The same thing, for the engine. `None`: it has another way in there.
    fn for_engine(&self, inbound: &simulated::Inbound) -> Option<real::Inbound> {
        use simulated::Inbound as Ours;
        Some(match inbound.clone() {
            Ours::Open(simulated::OpenDialog {
                id,
                chat,
                channel,
                customer,
                kind,
                members,
                message,
                facts,
            }) => {
                let message = message.map(Self::message);
                real::Inbound::Open(real::OpenDialog {
                    id,
                    chat,
                    channel,
                    customer,
                    kind,
                    members,
                    message,
                    facts,
                })
            }
            Ours::Write { dialog, message } => {
                real::Inbound::Write { dialog: self.dialog(&dialog), message: Self::message(message) }
            }
            Ours::ReportStatus { message, status } => {
                // Messages of our own are named after their dialog.
                let (dialog, rest) = message.as_str().split_once('.').unwrap_or((message.as_str(), ""));
                let message = match self.engines.get(dialog) {
                    Some(engines) => reparto::domain::ids::MessageId::trusted(&format!("{engines}.{rest}")),
                    None => message,
                };
                real::Inbound::ReportStatus { message, status }
            }
            Ours::Assign { dialog, to, by, allow_absent, external } => {
                let to = match to {
                    simulated::AssignTo::Manager(id) => real::AssignTo::Manager(id),
                    simulated::AssignTo::Group(id) => real::AssignTo::Group(id),
                    simulated::AssignTo::Bot(id) => real::AssignTo::Bot(id),
                };
                real::Inbound::Assign { dialog: self.dialog(&dialog), to, by, allow_absent, external }
            }
            Ours::Unassign { dialog, by } => real::Inbound::Unassign { dialog: self.dialog(&dialog), by },
            Ours::Accept { dialog, by } => real::Inbound::Accept { dialog: self.dialog(&dialog), by },
            Ours::Decline { dialog, by } => real::Inbound::Decline { dialog: self.dialog(&dialog), by },
            Ours::Close { dialog, by, reason } => {
                real::Inbound::Close { dialog: self.dialog(&dialog), by, reason }
            }
            Ours::PutAccount(account) => real::Inbound::PutAccount(account),
            Ours::PutChannel(channel) => real::Inbound::PutChannel(channel),
            Ours::PutCustomer(customer) => real::Inbound::PutCustomer(customer),
            Ours::MergeCustomers { from, into } => real::Inbound::MergeCustomers { from, into },
            Ours::PutManager(manager) => real::Inbound::PutManager(manager),
            Ours::RemoveManager(id) => real::Inbound::RemoveManager(id),
            Ours::PutPresence { manager, presence } => real::Inbound::PutPresence { manager, presence },
            Ours::ApplyRules { .. } | Ours::LookUp { .. } => return None,
        })
    }
}

async fn settle() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

fn origin() -> Origin {
    // As the simulation names whoever brings them.
    Origin { sources: Vec::new(), by: "somebody".into() }
}

/// A store in which the account and the first rules are there before anything else, as in the simulation.
async fn furnished(rules: &RuleSet) -> MemoryStore {
    let store = MemoryStore::default();
    let account = Account::new(AccountId::default_account());
    let record = RulesRecord {
        version: rules.version().clone(),
        sources: Vec::new(),
        at: MORNING,
        by: "test".into(),
        via: RulesVia::File,
        why: String::new(),
    };
    let writes = vec![Write::Account(account.clone()), Write::Rules(record)];
    let change = Change { account: account.id, lineage: 0, writes };
    store.commit(&[change]).await.expect("memory is well");
    store
}

async fn events_of(store: &MemoryStore) -> Vec<StoredEvent> {
    let all = EventFilter::default();
    store.events(&AccountId::default_account(), 0, u32::MAX, &all).await.expect("memory is well")
}

/// The simulation's journal as a store keeps it.
async fn stored(journal: &[Entry]) -> Vec<StoredEvent> {
    let store = MemoryStore::default();
    let writes = journal.iter().map(|entry| Write::Event(entry.announcement.clone())).collect();
    let change = Change { account: AccountId::default_account(), lineage: 0, writes };
    store.commit(&[change]).await.expect("memory is well");
    events_of(&store).await
}

/// The events as texts, in order of time. What is due at one instant for several dialogs may ring in either order, so
/// those of an instant are put in order, without their place in the journal; the order within a dialog stands in their
/// ids.
fn by_instant(events: &[StoredEvent], in_our_words: impl Fn(&str) -> String) -> Vec<String> {
    let text = |event: &StoredEvent| in_our_words(&format!("{:#?}", StoredEvent { seq: 0, ..event.clone() }));
    let mut texts: Vec<_> = events.iter().map(|event| (event.at, text(event))).collect();
    texts.sort();
    texts.into_iter().map(|(_, text)| text).collect()
}

/// Plays the same inputs to the real actors and compares everything.
async fn replay(seed: u64, played: &Played) {
    let rules = rule_sets();
    let store = furnished(&rules[0]).await;
    let clock = Arc::new(RuntimeClock::starting_at(MORNING));
    let engine = Engine::new(Options {
        store: Arc::new(store.clone()) as SharedStore,
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        ids: Arc::new(IdSource::seeded([1; 32])),
        observer: Arc::new(Unobserved),
        courier: Arc::new(Mailbox::default()),
        backoff: Schedule::new([Duration::from_secs(5)]),
        rules: Arc::clone(&rules[0]),
        origin: origin(),
        in_flight: 10,
    });
    engine.add_host(actix::Arbiter::current());
    // Not `Engine::until_ready`: it sleeps, and the day begins at once.
    let starting = engine.start();
    starting.await.expect("memory is well");
    settle().await;
    assert!(engine.is_ready() && clock.now() == MORNING);

    let account = AccountId::default_account();
    let mut names = Names::default();
    for (number, input) in played.inputs.iter().enumerate() {
        if clock.now() < input.at {
            pause(input.at.since(clock.now())).await;
            assert_eq!(clock.now(), input.at, "timers are as fine as the inputs");
            settle().await;
        }
        let answer = match (names.for_engine(&input.inbound), &input.inbound) {
            (Some(inbound), _) => Answer::of_engine(engine.submit(&account, inbound).await),
            (None, simulated::Inbound::ApplyRules { rules, migrate }) => {
                let edition = Edition::of_file(Arc::clone(rules), origin());
                let application = Application { edition, expected: None, migrate: *migrate };
                engine.apply_rules(&account, application).await.expect("rules come into force");
                Answer::Done
            }
            (None, simulated::Inbound::LookUp { customer, is_pending }) => {
                engine.set_facts_pending(&account, customer, *is_pending);
                Answer::Done
            }
            (None, other) => panic!("the engine does not know {other:?}"),
        };
        settle().await;
        if let (Some(ours), Some(engines)) = (input.answer.dialog(), answer.dialog()) {
            names.learn(ours, engines);
        }
        let (ours, engines) = (format!("{:#?}", input.answer), names.in_our_words(&format!("{answer:#?}")));
        assert_eq!(ours, engines, "seed {seed}, input {number} at {:?}: {:?}", input.at, input.inbound);
    }
    let rest = played.world.now().since(clock.now());
    if rest > Duration::ZERO {
        pause(rest).await;
    }
    settle().await;

    let journal = stored(played.world.journal()).await;
    let announced = events_of(&store).await;
    let ours = by_instant(&journal, str::to_owned);
    let engines = by_instant(&announced, |text| names.in_our_words(text));
    for (ours, engines) in ours.iter().zip(&engines) {
        assert_eq!(ours, engines, "seed {seed}");
    }
    assert_eq!(journal.len(), announced.len(), "seed {seed}");
    for (id, dialog) in &played.world.ledger().dialogs {
        let kept = store.dialog(&account, &names.dialog(id)).await.expect("memory is well");
        let (ours, engines) = (format!("{:#?}", Some(&**dialog)), format!("{kept:#?}"));
        assert_eq!(ours, names.in_our_words(&engines), "seed {seed}");
    }
    engine.stop().await;
}

/// A runtime whose time stands still from the very beginning, so that its timers ring at whole milliseconds.
fn in_paused_time(work: impl Future<Output = ()>) {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().start_paused(true).build().expect("a runtime")
    };
    actix::System::with_tokio_rt(runtime).block_on(work);
}

fn compare(seed: u64, habits: Habits) -> World {
    let played = simulate(seed, habits);
    in_paused_time(replay(seed, &played));
    played.world
}

/// Each of these words occurs in some journal: names of announcements, and causes.
fn must_have_seen(days: &[World], words: &[&str]) {
    let text: String = days.iter().map(World::journal_text).collect();
    let unseen: Vec<_> = words.iter().filter(|word| !text.contains(&format!(" {word} "))).collect();
    assert!(unseen.is_empty(), "never seen: {unseen:?}");
}

/// Customers come, managers reply or do not, come and go; dialogs move, are warned, take their leave and close.
#[test]
fn plain_days_leave_the_same_journal() {
    let habits = || Habits { meddle_every: None, records_every: None, rules_every: None, ..Habits::lively() };
    let worlds: Vec<_> = (0..6).map(|seed| compare(seed, habits())).collect();
    must_have_seen(
        &worlds,
        &[
            "dialog.opened",
            "dialog.assigned",
            "dialog.reassigned",
            "dialog.waiting",
            "dialog.close_warned",
            "dialog.closed",
            "message.requested",
            "manager.available",
            "manager.unavailable",
            "no_reply",
            "offline",
        ],
    );
}

/// The same, while people meddle, records change, and so do the rules.
#[test]
fn lively_days_leave_the_same_journal() {
    // Nothing says which of two dialogs acts first whose deadlines fall into the same microsecond; about one day in
    // a hundred has such a pair, and none of these.
    let worlds: Vec<_> = (100..112).map(|seed| compare(seed, Habits::lively())).collect();
    must_have_seen(
        &worlds,
        &["dialog.returned", "customer.merged", "rules.applied", "manual", "returned", "member_removed"],
    );
}
