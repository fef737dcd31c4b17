//! A plain look at everybody, beside the desk: what it says at the moment of each decision must be the answer later.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use reparto::desk::why_not::why_not;
use reparto::desk::{Desk, Order, Save};
use reparto::domain::account::Account;
use reparto::domain::customer::Customer;
use reparto::domain::dialog::{AssignmentRequest, Dialog, DialogState, Standing};
use reparto::domain::ids::{AccountId, CustomerId, DialogId, GroupId, ManagerId};
use reparto::domain::manager::{Absence, Availability, Manager, ManagerWork};
use reparto::domain::offer::{Pass, Passed};
use reparto::domain::routing::{
    Cause, Decision, GroupUse, Responsible, Step, Strategy as Pick, Target, Verdict,
};
use reparto::domain::stance::{Seen, Stance, StanceChange};
use reparto::domain::time::Timestamp;
use reparto::domain::units::Units;
use reparto::domain::why_not::{Answer, Edge, Why};
use reparto::store::decision_json::decision_json;
use reparto::store::decision_read;

use super::day::{Day, Happening, KINDS, LISTED, Lists, NAMES, sketch};
use crate::desk_sketch::{ONLINE, at, dialog, person};

/// A manager as a plain look sees them.
#[derive(Clone, Debug)]
pub struct Plain {
    groups: BTreeSet<&'static str>,
    capacity: Option<u32>,
    load: u32,
    availability: Option<Absence>,
    work: ManagerWork,
    active: bool,
}

/// A dialog as the plain look keeps it.
#[derive(Clone, Debug)]
pub struct Asking {
    kind: usize,
    avoid: Option<usize>,
    holder: Option<usize>,
    /// The group whose step chose the holder.
    through: Option<GroupId>,
    /// The group whose step chose whoever is to get it next: until then both have a place taken.
    promised: Option<GroupId>,
    /// The ticket of the request that is not answered, and the step it stands at.
    asks: Option<(u64, usize)>,
    /// Whom it was offered to in vain, and from when on they may be asked again.
    passed: Vec<(usize, Pass)>,
    again_at: Option<Timestamp>,
    version: u64,
}

impl Asking {
    /// How somebody passed, if that still keeps it from them.
    fn pass_of(&self, who: usize, now: Timestamp) -> Option<Pass> {
        let is_new_round = self.again_at.is_some_and(|again| again <= now);
        self.passed.iter().find(|(passed, _)| *passed == who && !is_new_round).map(|(_, pass)| *pass)
    }
}

pub struct Look {
    day: Day,
    desk: Desk,
    now: Timestamp,
    lists: Lists,
    people: BTreeMap<usize, Plain>,
    dialogs: BTreeMap<String, Asking>,
    turns: BTreeMap<String, usize>,
    /// What a store would hold.
    stances: BTreeMap<ManagerId, Vec<StanceChange>>,
    pub decisions: usize,
    /// The words of all answers so far.
    pub words: BTreeSet<&'static str>,
}

pub fn number(id: &ManagerId) -> usize {
    NAMES.iter().position(|name| *name == id.as_str()).expect("one of ours")
}

impl Look {
    pub fn new(day: Day) -> Self {
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
            words: BTreeSet::new(),
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

    /// The group of a step, with what it has and may have, when it has no place for the dialog.
    fn full(&self, step: &Step, asking: &Asking) -> Option<(GroupId, GroupUse)> {
        let Target::Group(group) = &step.to else { return None };
        let (_, most) = self.lists.caps.iter().find(|(capped, _)| *capped == group.as_str())?;
        let through = |asking: &Asking| asking.through.as_ref() == Some(group);
        let is_in = |asking: &&Asking| through(asking) || asking.promised.as_ref() == Some(group);
        let used = self.dialogs.values().filter(is_in).count();
        let group_use = GroupUse { used: u32::try_from(used).expect("few"), most: *most };
        (group_use.used >= group_use.most && !through(asking)).then(|| (group.clone(), group_use))
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
        let open = naming.iter().filter(|step| self.full(step, asking).is_none());
        let over = open.map(|step| step.over_capacity.milli()).max();
        let chosen = decision.choice.as_ref().and_then(Responsible::manager).map(number);
        if chosen == Some(who) {
            return (Some(Verdict::Chosen), Why::Chosen);
        }
        if asking.avoid == Some(who) || asking.holder == Some(who) {
            return (Some(Verdict::FailedBefore), Why::FailedBefore);
        }
        match asking.pass_of(who, self.now) {
            Some(Pass::Declined) => return (Some(Verdict::Declined), Why::Declined),
            Some(Pass::Expired) => return (Some(Verdict::DidNotAccept), Why::DidNotAccept),
            None => {}
        }
        if let Some(absence) = Self::absence(plain) {
            return (Some(Verdict::Absent(absence)), Why::Absent(absence));
        }
        let Some(over) = over else {
            let group = self.full(naming[0], asking);
            return (Some(Verdict::GroupFull), Why::GroupFull { group });
        };
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
        let mut words = BTreeSet::new();
        for who in 0..=self.day.people {
            let manager = ManagerId::trusted(NAMES[who]);
            let answer = self.answer(&stored, &manager);
            let expected = self.expected(decision, asking, who);
            words.insert(answer.why.word());
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
        self.words.extend(words);
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
        let through = asking.through.clone();
        let people =
            asking.passed.iter().map(|(who, pass)| (ManagerId::trusted(NAMES[*who]), *pass)).collect();
        let passed = Passed { people, again_at: asking.again_at, rounds: 0 };
        Dialog {
            state,
            through,
            passed,
            version: asking.version,
            ..dialog(id, "c", KINDS[asking.kind].0, self.now)
        }
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
                Order::Move { .. } | Order::Stay { .. } | Order::Lapse { .. } | Order::Announce { .. } => {}
            }
        }
        for (id, who, charge) in got {
            let by = Responsible::Manager(ManagerId::trusted(NAMES[who]));
            let asking = self.dialogs.get_mut(&id).expect("a dialog of ours");
            asking.through = asking.promised.take();
            let through = asking.through.clone();
            let held =
                Standing::Held { by, charge, awaits_reply: true, answered: false, through, offered: None };
            if let Some(left) = asking.holder.replace(who) {
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
            asking.again_at = decision.ask_again_at.or(asking.again_at);
            return None;
        };
        asking.asks = None;
        (asking.passed, asking.again_at) = (Vec::new(), None);
        asking.promised = decision.through().cloned();
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

    pub fn happen(&mut self, happening: &Happening, serial: usize) {
        self.now = self.now + Duration::from_secs(1);
        while self.desk.deadline().is_some_and(|at| at <= self.now) {
            let orders = self.desk.on_time(self.now);
            self.take(orders);
        }
        let nth = |look: &Self, n: usize| look.dialogs.keys().nth(n % look.dialogs.len().max(1)).cloned();
        match happening {
            Happening::Open { kind, avoid, passed } => {
                let id = format!("d{serial:03}");
                let asking = Asking {
                    kind: *kind,
                    avoid: *avoid,
                    holder: None,
                    through: None,
                    promised: None,
                    asks: None,
                    passed: passed.clone(),
                    again_at: None,
                    version: 1,
                };
                self.dialogs.insert(id.clone(), asking);
                self.ask(&id, Cause::Opened);
            }
            Happening::MoveAway(n, passed) => {
                let Some(id) = nth(self, *n) else { return };
                let asking = self.dialogs.get_mut(&id).expect("a dialog of ours");
                if asking.holder.is_some() && asking.asks.is_none() {
                    asking.avoid = asking.holder;
                    asking.passed.clone_from(passed);
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
