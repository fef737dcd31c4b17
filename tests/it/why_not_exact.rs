//! "Why not them?" is exact: after each decision of random days, the answer for every manager is what a plain
//! look at everybody said at the moment of the decision.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use reparto::desk::why_not::why_not;
use reparto::desk::{Desk, Order, Save};
use reparto::domain::account::Account;
use reparto::domain::customer::Customer;
use reparto::domain::dialog::{AssignmentRequest, Dialog, DialogState, Standing};
use reparto::domain::ids::{AccountId, CustomerId, DialogId, GroupId, ManagerId};
use reparto::domain::manager::{Absence, Availability, Manager, ManagerWork};
use reparto::domain::routing::{Cause, Decision, Responsible, Step, Strategy as Pick, Target, Verdict};
use reparto::domain::stance::{Seen, Stance, StanceChange};
use reparto::domain::time::Timestamp;
use reparto::domain::units::Units;
use reparto::domain::why_not::{Answer, Edge, Why};
use reparto::store::decision_json::decision_json;
use reparto::store::decision_read;

use crate::desk_sketch::{ONLINE, Sketch, at, dialog, person};

const MOST: usize = 60;
/// One more than there ever are: somebody whom the account does not have.
static NAMES: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| (0..=MOST).map(|n| &*format!("m{:02}", n * 37 % 61).leak()).collect());
const GROUPS: [&str; 2] = ["green", "blue"];
const LISTED: &str = "listed";
const KINDS: [(&str, u32); 3] = [("email", 500), ("telegram", 1_000), ("site", 2_000)];
const ABSENCES: [Absence; 4] = [Absence::Offline, Absence::OnLeave, Absence::Dinner, Absence::WrapUp];

/// What the rule file may change about people.
#[derive(Clone, Debug)]
struct Lists {
    version: u32,
    units: u32,
    /// Numbers of those in the listed group, in order.
    listed: Vec<usize>,
}

#[derive(Clone, Debug)]
enum Happening {
    Open { kind: usize, avoid: Option<usize> },
    MoveAway(usize),
    Close(usize),
    Presence(usize, Option<Absence>),
    Enrol { who: usize, groups: Vec<&'static str>, capacity: Option<u32>, active: bool },
    Rules(Lists),
    Pass(u64),
}

#[derive(Clone, Debug)]
struct Day {
    people: usize,
    steps: Vec<Step>,
    owner: Option<usize>,
    lists: Lists,
    happenings: Vec<Happening>,
}

fn lists(people: usize) -> impl Strategy<Value = Lists> {
    let numbers: Vec<usize> = (0..people).collect();
    (2_u32..1_000, 1_u32..4, subsequence(numbers, 0..=people.min(8)).prop_shuffle())
        .prop_map(|(version, units, listed)| Lists { version, units, listed })
}

fn steps(people: usize) -> impl Strategy<Value = Vec<Step>> {
    let target = prop_oneof![
        2 => Just(Target::Everyone),
        3 => select(vec![GROUPS[0], GROUPS[1], LISTED]).prop_map(|id| Target::Group(GroupId::trusted(id))),
        1 => Just(Target::Owner),
        1 => (0..people).prop_map(|n| Target::Manager(ManagerId::trusted(NAMES[n]))),
    ];
    let wait = prop_oneof![2 => Just(None), 1 => Just(Some(Duration::from_secs(5)))];
    let step = (target, select(&Pick::ALL[..]), wait, proptest::bool::weighted(0.3), 0_u32..3);
    let step = step.prop_map(|(to, pick, wait, only, over)| {
        let over_capacity = if over == 2 { Units::from_milli(1_500) } else { Units::ZERO };
        Step { to, pick, wait, only, over_capacity, notify: None }
    });
    proptest::collection::vec(step, 1..5)
}

fn happenings(people: usize) -> impl Strategy<Value = Happening> {
    let who = move || 0..people;
    let absence = || proptest::option::weighted(0.4, select(&ABSENCES[..]));
    prop_oneof![
        8 => (0..KINDS.len(), proptest::option::weighted(0.2, who()))
            .prop_map(|(kind, avoid)| Happening::Open { kind, avoid }),
        2 => (0_usize..100).prop_map(Happening::MoveAway),
        4 => (0_usize..100).prop_map(Happening::Close),
        5 => (who(), absence()).prop_map(|(who, absence)| Happening::Presence(who, absence)),
        3 => (who(), subsequence(&GROUPS[..], 0..=2), proptest::option::of(0_u32..5), proptest::bool::weighted(0.85))
            .prop_map(|(who, groups, capacity, active)| Happening::Enrol { who, groups, capacity, active }),
        1 => lists(people).prop_map(Happening::Rules),
        1 => (1_u64..10).prop_map(Happening::Pass),
    ]
}

fn days() -> impl Strategy<Value = Day> {
    (1..=MOST).prop_flat_map(|people| {
        let enrol = (subsequence(&GROUPS[..], 0..=2), proptest::option::of(0_u32..5), any::<bool>());
        let first = proptest::collection::vec(enrol, people).prop_map(|people| {
            let each = people.into_iter().enumerate().flat_map(|(who, (groups, capacity, is_there))| {
                let enrol = Happening::Enrol { who, groups, capacity, active: true };
                [Some(enrol), is_there.then_some(Happening::Presence(who, None))]
            });
            each.flatten().collect::<Vec<_>>()
        });
        let later = proptest::collection::vec(happenings(people), 10..60);
        (steps(people), proptest::option::of(0..people), lists(people), first, later).prop_map(
            move |(steps, owner, lists, mut happenings, later)| {
                happenings.extend(later);
                Day { people, steps, owner, lists, happenings }
            },
        )
    })
}

/// A manager as a plain look sees them.
#[derive(Clone, Debug)]
struct Plain {
    groups: BTreeSet<&'static str>,
    capacity: Option<u32>,
    load: u32,
    availability: Option<Absence>,
    work: ManagerWork,
    active: bool,
}

/// A dialog as the plain look keeps it.
#[derive(Clone, Debug)]
struct Asking {
    kind: usize,
    avoid: Option<usize>,
    holder: Option<usize>,
    /// The ticket of the request that is not answered, and the step it stands at.
    asks: Option<(u64, usize)>,
    version: u64,
}

struct Look {
    day: Day,
    desk: Desk,
    now: Timestamp,
    lists: Lists,
    people: BTreeMap<usize, Plain>,
    dialogs: BTreeMap<String, Asking>,
    turns: BTreeMap<String, usize>,
    /// What a store would hold.
    stances: BTreeMap<ManagerId, Vec<StanceChange>>,
    decisions: usize,
}

fn number(id: &ManagerId) -> usize {
    NAMES.iter().position(|name| *name == id.as_str()).expect("one of ours")
}

impl Look {
    fn new(day: Day) -> Self {
        let lists = day.lists.clone();
        let mut desk = Desk::new(Account::new(AccountId::default_account()), sketch(&day, &lists).compile());
        let mut customer = Customer::new(CustomerId::trusted("c"));
        customer.owner = day.owner.map(|n| ManagerId::trusted(NAMES[n]));
        desk.put_customer(Arc::new(customer), at(0));
        Self {
            day,
            desk,
            now: at(1_000),
            lists,
            people: BTreeMap::new(),
            dialogs: BTreeMap::new(),
            turns: BTreeMap::new(),
            stances: BTreeMap::new(),
            decisions: 0,
        }
    }

    fn capacity(&self, plain: &Plain) -> u32 {
        plain.capacity.unwrap_or(self.lists.units) * 1_000
    }

    fn absence(plain: &Plain) -> Option<Absence> {
        if plain.active { plain.availability } else { Some(Absence::Removed) }
    }

    fn place(&self, who: usize) -> Option<usize> {
        self.lists.listed.iter().position(|listed| *listed == who)
    }

    fn names(&self, step: &Step, who: usize) -> bool {
        let Some(plain) = self.people.get(&who) else { return false };
        match &step.to {
            Target::Everyone => plain.active,
            Target::Group(group) if group.as_str() == LISTED => plain.active && self.place(who).is_some(),
            Target::Group(group) => plain.active && plain.groups.contains(group.as_str()),
            Target::Owner => self.day.owner == Some(who),
            Target::Manager(id) => id.as_str() == NAMES[who],
            Target::LastManager { .. } | Target::Bot(_) | Target::UntilOpen(_) => false,
        }
    }

    /// What a plain look at everybody says of one of them.
    fn expected(&self, decision: &Decision, asking: &Asking, who: usize) -> (Option<Verdict>, Why) {
        let Some(plain) = self.people.get(&who) else { return (None, Why::NotThere) };
        let steps = &self.day.steps;
        let decides = usize::from(decision.step.expect("these rules have no fallback"));
        let stands = asking.asks.map_or(0, |(_, step)| step).max(decides);
        let replaces =
            |at: &usize| steps[*at].only && (steps[*at].to != Target::Owner || self.day.owner.is_some());
        let first = (0..=stands).rev().find(replaces).unwrap_or(0);
        let naming: Vec<&Step> = steps[first..=decides].iter().filter(|step| self.names(step, who)).collect();
        if naming.is_empty() {
            let was_named = steps[..first].iter().any(|step| self.names(step, who));
            let step = u16::try_from(first).expect("few steps");
            return (None, if was_named { Why::SetAside(step) } else { Why::NotNamed });
        }
        let charge = KINDS[asking.kind].1;
        let over = naming.iter().map(|step| step.over_capacity.milli()).max().unwrap_or_default();
        let chosen = decision.choice.as_ref().and_then(Responsible::manager).map(number);
        if chosen == Some(who) {
            return (Some(Verdict::Chosen), Why::Chosen);
        }
        if asking.avoid == Some(who) || asking.holder == Some(who) {
            return (Some(Verdict::FailedBefore), Why::FailedBefore);
        }
        if let Some(absence) = Self::absence(plain) {
            return (Some(Verdict::Absent(absence)), Why::Absent(absence));
        }
        if plain.load + charge > self.capacity(plain) + over {
            let why = Why::OverCapacity { charge: Units::from_milli(charge), over: Units::from_milli(over) };
            return (Some(Verdict::OverCapacity), why);
        }
        let winner = chosen.expect("whoever has room and is named leaves nobody waiting");
        (Some(Verdict::Outranked), Why::Outranked(Some(self.edge(&steps[decides], winner, who))))
    }

    /// By what the winner comes before somebody, who must not come before the winner.
    fn edge(&self, step: &Step, winner: usize, who: usize) -> Edge {
        let (mine, theirs) = (&self.people[&winner], &self.people[&who]);
        let by_id = NAMES[winner].cmp(NAMES[who]);
        let (order, edge) = match step.pick {
            Pick::RoundRobin => {
                let after = self.turns.get(&step.to.to_string()).copied();
                let ring = |who: usize| (after.is_some_and(|last| NAMES[who] <= NAMES[last]), NAMES[who]);
                let after = after.map(|last| ManagerId::trusted(NAMES[last]));
                (ring(winner).cmp(&ring(who)), Edge::Turn { after })
            }
            Pick::Ordered => {
                let is_listed = matches!(&step.to, Target::Group(group) if group.as_str() == LISTED);
                let place = |who: usize| self.place(who).filter(|_| is_listed);
                let key = |who: usize| place(who).unwrap_or(usize::MAX);
                let told = |who: usize| place(who).map(|place| u32::try_from(place).expect("few"));
                match key(winner).cmp(&key(who)) {
                    Ordering::Equal => (by_id, Edge::Id),
                    order @ (Ordering::Less | Ordering::Greater) => {
                        (order, Edge::Place { winner: told(winner), theirs: told(who) })
                    }
                }
            }
            Pick::LongestIdle => match mine.work.idle_since.cmp(&theirs.work.idle_since) {
                Ordering::Equal => (by_id, Edge::Id),
                order @ (Ordering::Less | Ordering::Greater) => {
                    let edge =
                        Edge::IdleSince { winner: mine.work.idle_since, theirs: theirs.work.idle_since };
                    (order, edge)
                }
            },
            Pick::LeastLoaded => {
                let share = |plain: &Plain| match self.capacity(plain) {
                    0 => (f64::INFINITY, plain.load),
                    capacity => (f64::from(plain.load) / f64::from(capacity), 0),
                };
                let (a, b) = (share(mine), share(theirs));
                let (last, other) = (mine.work.last_assigned_at, theirs.work.last_assigned_at);
                match (a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)), last.cmp(&other)) {
                    (Ordering::Equal, Ordering::Equal) => (by_id, Edge::Id),
                    (Ordering::Equal, order) => (order, Edge::LastAssigned { winner: last, theirs: other }),
                    (order, _) => {
                        let capacity = Units::from_milli(self.capacity(mine));
                        (order, Edge::Share { winner: (Units::from_milli(mine.load), capacity) })
                    }
                }
            }
        };
        assert_eq!(order, Ordering::Less, "{} does not come before {}: {step:?}", NAMES[winner], NAMES[who]);
        edge
    }

    /// How somebody stood, as a store would tell it.
    fn seen(&self, manager: &ManagerId, number: u64) -> Option<Seen> {
        let told = self.stances.get(manager)?.iter().rev().filter(|change| change.number <= number);
        let mut told = told.peekable();
        let stance = told.peek()?.stance;
        Some(Seen { stance, groups: told.find_map(|change| change.groups.clone()).unwrap_or_default() })
    }

    fn answer(&self, decision: &Decision, manager: &ManagerId) -> Answer {
        let number = decision.basis.as_ref().expect("a new decision").number;
        let winner = decision.choice.as_ref().and_then(Responsible::manager);
        let winner = winner.and_then(|winner| self.seen(winner, number));
        why_not(decision, manager, self.seen(manager, number).as_ref(), winner.as_ref())
    }

    /// Compares the answers for everybody with a look at everybody now.
    fn check(&mut self, decision: &Decision) {
        self.decisions += 1;
        let asking = &self.dialogs[decision.dialog.as_str()];
        let stored = decision_read::decision(&decision_json(decision)).expect("what was written");
        let mut counts: BTreeMap<Verdict, u32> = BTreeMap::new();
        for who in 0..=self.day.people {
            let manager = ManagerId::trusted(NAMES[who]);
            let answer = self.answer(&stored, &manager);
            let expected = self.expected(decision, asking, who);
            assert_eq!((answer.verdict, answer.why), expected, "{manager} by {decision:#?}");
            let stance = self.people.get(&who).map(|plain| Stance {
                absence: Self::absence(plain),
                load: Units::from_milli(plain.load),
                capacity: Units::from_milli(self.capacity(plain)),
                work: plain.work,
            });
            assert_eq!(answer.stance, stance, "{manager} by {decision:#?}");
            if let Some(verdict) = answer.verdict {
                *counts.entry(verdict).or_default() += 1;
            }
        }
        assert_eq!(counts, decision.counts.iter().copied().collect(), "{decision:#?}");
    }

    fn dialog(&self, id: &str) -> Dialog {
        let asking = &self.dialogs[id];
        let state = match asking.holder {
            Some(holder) => DialogState::Assigned {
                to: Responsible::Manager(ManagerId::trusted(NAMES[holder])),
                since: self.now,
                moving: None,
            },
            None => DialogState::Waiting { since: self.now, place: None },
        };
        Dialog { state, version: asking.version, ..dialog(id, "c", KINDS[asking.kind].0, self.now) }
    }

    fn ask(&mut self, id: &str, cause: Cause) {
        let asking = self.dialogs.get_mut(id).expect("a dialog of ours");
        asking.version += 1;
        asking.asks = Some((asking.version, 0));
        let avoid = asking.avoid.map(|who| ManagerId::trusted(NAMES[who]));
        let request = AssignmentRequest { cause, ticket: asking.version, avoid, only: None };
        let dialog = Arc::new(self.dialog(id));
        let orders = self.desk.request(&dialog, request, self.now);
        self.take(orders);
    }

    /// Takes what the desk orders, in order, and tells it what became of it.
    fn take(&mut self, orders: Vec<Order>) {
        let mut got = VecDeque::new();
        for order in orders {
            match order {
                Order::Save { saves } => self.store(saves),
                Order::Route { decision, .. } => {
                    self.check(&decision);
                    got.extend(self.book(&decision));
                }
                Order::Move { .. } | Order::Stay { .. } | Order::Announce { .. } => {}
            }
        }
        for (id, who, charge) in got {
            let by = Responsible::Manager(ManagerId::trusted(NAMES[who]));
            let held = Standing::Held { by, charge, awaits_reply: true, answered: false };
            if let Some(left) = self.dialogs.get_mut(&id).and_then(|asking| asking.holder.replace(who)) {
                self.leave(left, charge.milli());
            }
            let orders = self.desk.stand(&DialogId::trusted(&id), held, self.now);
            self.take(orders);
        }
    }

    fn store(&mut self, saves: Vec<Save>) {
        for save in saves {
            if let Save::Stance(change) = save {
                let told = self.stances.entry(change.manager.clone()).or_default();
                assert!(told.last().is_none_or(|last| last.number < change.number), "{change:?}");
                assert!(
                    told.last().is_none_or(|last| last.stance != change.stance || change.groups.is_some()),
                    "told twice: {change:?}"
                );
                told.push(change);
            }
        }
    }

    /// Whoever got it has it on them at once.
    fn book(&mut self, decision: &Decision) -> Option<(String, usize, Units)> {
        let id = decision.dialog.to_string();
        let asking = self.dialogs.get_mut(&id)?;
        let Some(who) = decision.choice.as_ref().and_then(Responsible::manager).map(number) else {
            let step = usize::from(decision.step.unwrap_or_default());
            asking.asks = asking.asks.map(|(ticket, _)| (ticket, step));
            return None;
        };
        asking.asks = None;
        let charge = KINDS[asking.kind].1;
        let plain = self.people.get_mut(&who)?;
        plain.load += charge;
        plain.work = ManagerWork { last_assigned_at: Some(self.now), idle_since: Some(self.now) };
        let step = &self.day.steps[usize::from(decision.step?)];
        if decision.strategy == Some(Pick::RoundRobin) {
            self.turns.insert(step.to.to_string(), who);
        }
        Some((id, who, Units::from_milli(charge)))
    }

    fn leave(&mut self, who: usize, charge: u32) {
        if let Some(plain) = self.people.get_mut(&who) {
            plain.load -= charge;
            plain.work.idle_since = Some(self.now);
        }
    }

    fn happen(&mut self, happening: &Happening, serial: usize) {
        self.now = self.now + Duration::from_secs(1);
        while self.desk.deadline().is_some_and(|at| at <= self.now) {
            let orders = self.desk.on_time(self.now);
            self.take(orders);
        }
        let nth = |look: &Self, n: usize| look.dialogs.keys().nth(n % look.dialogs.len().max(1)).cloned();
        match happening {
            Happening::Open { kind, avoid } => {
                let id = format!("d{serial:03}");
                let asking = Asking { kind: *kind, avoid: *avoid, holder: None, asks: None, version: 1 };
                self.dialogs.insert(id.clone(), asking);
                self.ask(&id, Cause::Opened);
            }
            Happening::MoveAway(n) => {
                let Some(id) = nth(self, *n) else { return };
                let asking = self.dialogs.get_mut(&id).expect("a dialog of ours");
                if asking.holder.is_some() && asking.asks.is_none() {
                    asking.avoid = asking.holder;
                    self.ask(&id, Cause::NoReply);
                }
            }
            Happening::Close(n) => {
                let Some(id) = nth(self, *n) else { return };
                let asking = self.dialogs.remove(&id).expect("a dialog of ours");
                if let Some(holder) = asking.holder {
                    self.leave(holder, KINDS[asking.kind].1);
                }
                let orders = self.desk.stand(&DialogId::trusted(&id), Standing::Gone, self.now);
                self.take(orders);
            }
            Happening::Presence(who, absence) => {
                if let Some(plain) = self.people.get_mut(who).filter(|plain| plain.active) {
                    plain.availability = *absence;
                }
                let availability =
                    absence.map_or(Availability::Available, |why| Availability::Absent(why, self.now));
                let id = ManagerId::trusted(NAMES[*who]);
                let orders = self.desk.set_availability(&id, availability, ONLINE, self.now);
                self.take(orders);
            }
            Happening::Enrol { who, groups, capacity, active } => {
                let plain = self.people.entry(*who).or_insert(Plain {
                    groups: BTreeSet::new(),
                    capacity: None,
                    load: 0,
                    availability: Some(Absence::Offline),
                    work: ManagerWork::default(),
                    active: true,
                });
                plain.groups = groups.iter().copied().collect();
                plain.capacity = *capacity;
                plain.active = *active;
                let capacity = capacity.map(Units::whole);
                let record = Manager { capacity, active: *active, ..person(NAMES[*who], groups) };
                let orders = self.desk.put_manager(Arc::new(record), self.now);
                self.take(orders);
            }
            Happening::Rules(lists) => {
                self.lists = lists.clone();
                let orders = self.desk.set_rules(sketch(&self.day, lists).compile(), false, self.now);
                self.take(orders);
            }
            Happening::Pass(seconds) => self.now = self.now + Duration::from_secs(*seconds),
        }
    }
}

fn sketch(day: &Day, lists: &Lists) -> Sketch {
    let weights = KINDS.iter().map(|(kind, milli)| (*kind, Units::from_milli(*milli)));
    Sketch {
        version: lists.version,
        units: lists.units,
        weights: weights.collect(),
        groups: vec![(LISTED, lists.listed.iter().map(|n| NAMES[*n]).collect())],
        ..Sketch::of(day.steps.clone())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn the_answer_for_everybody_is_that_of_a_look_at_everybody(day in days()) {
        let happenings = day.happenings.clone();
        let mut look = Look::new(day);
        for (serial, happening) in happenings.iter().enumerate() {
            look.happen(happening, serial);
        }
    }
}

/// The property above looks at something: its days have decisions of every kind of answer.
#[test]
fn days_have_answers_of_every_kind() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let mut decisions = 0;
    for _ in 0..20 {
        let day = days().new_tree(&mut runner).expect("days are easy to make").current();
        let happenings = day.happenings.clone();
        let mut look = Look::new(day);
        for (serial, happening) in happenings.iter().enumerate() {
            look.happen(happening, serial);
        }
        decisions += look.decisions;
    }
    assert!(decisions > 100, "{decisions}");
}
