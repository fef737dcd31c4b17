//! The waiting set: dialogs that nobody can take yet, indexed by who could.
//!
//! One queue for each target, need and slope of ageing. Within a queue every dialog gains points equally fast,
//! so the order never changes and a static key does: points are compared as they would be at the same moment.
//!
//! Nobody is kept from room that is there for the sake of somebody who needs more of it. So among dialogs of
//! equal cost overtaking is bounded by their priorities, but one that costs more than others may see them
//! pass as long as they keep taking each freed bit: give costly channels a step, or people, of their own.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use priority_queue::PriorityQueue;

use crate::domain::dialog::{AssignmentRequest, Dialog};
use crate::domain::ids::{CustomerId, DialogId};
use crate::domain::routing::{Place, Priority};
use crate::domain::time::Timestamp;
use crate::domain::units::Units;

use super::gradual::Hold;
use super::itinerary::{Bars, Itinerary, Leg, Who};
use crate::rules::ruleset::RuleSet;

/// Points count a minute in microseconds as one, so that shares of minutes stay exact.
const PER_MINUTE: i128 = 60_000_000;

/// A dialog that asks for a responsible.
#[derive(Clone, Debug)]
pub struct Waiter {
    /// The dialog, as it was when it asked.
    pub dialog: Arc<Dialog>,
    /// What it asked.
    pub request: AssignmentRequest,
    /// The rule set that it was planned by, and stays with when others come into force.
    pub rules: Arc<RuleSet>,
    /// The way that was planned for it.
    pub way: Itinerary,
    /// Who may not take it.
    pub bars: Bars,
    /// What it will cost its manager.
    pub charge: Units,
    /// The leg it stands at.
    pub at: usize,
    /// When it entered that leg.
    pub entered_at: Timestamp,
    /// Since when it waits.
    pub since: Timestamp,
    /// When its leg is over.
    pub deadline: Option<Timestamp>,
    /// When these people leave work, its leg may be over; [`Who::Nobody`]: when somebody leaves the account.
    pub watches: Option<Who>,
    /// It is offered to nobody.
    pub hold: Option<Hold>,
    /// The dialog was told that it waits.
    pub told: bool,
    /// The place it was told.
    pub place: Option<Place>,
}

impl Waiter {
    /// Somebody holds the dialog while it waits for somebody else.
    pub fn is_moving(&self) -> bool {
        self.dialog.responsible().is_some()
    }

    /// Nobody holds it, and it is offered to nobody.
    pub fn is_on_hold(&self) -> bool {
        self.hold.is_some() && !self.is_moving()
    }

    /// How urgent it is, compared with others at the same moment.
    pub fn urgency(&self, now: Timestamp) -> Urgency {
        let priority = &self.way.priority;
        let merit = Merit::new(priority, self.since, self.dialog.id.clone());
        merit.urgency(i128::from(priority.per_minute), now)
    }

    /// The legs whose people may take it now.
    pub fn counting_legs(&self) -> &[Leg] {
        self.way.legs.get(self.way.base(self.at)..=self.at).unwrap_or_default()
    }

    /// The queues it stands in: one for each target that may take it now, or the one of those that take turns.
    fn queues(&self) -> BTreeSet<(Who, QueueKey)> {
        let slope = self.way.priority.per_minute;
        let has_place = self.bars.place.is_some();
        match self.hold {
            Some(Hold::Until(_) | Hold::Facts(_)) => return BTreeSet::new(),
            Some(Hold::Turn(_)) => return BTreeSet::from([(Who::Gate, (0, slope, false))]),
            None => {}
        }
        let manned =
            self.counting_legs().iter().filter(|leg| !matches!(leg.who, Who::Nobody | Who::Bot | Who::Gate));
        manned.map(|leg| (leg.who, (leg.need, slope, has_place))).collect()
    }
}

/// What a dialog needs (thousandths of a unit), the points it gains each minute, and whether it has a place in some
/// group already.
type QueueKey = (i64, i64, bool);

/// Which dialogs a target may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Those {
    /// All that fit.
    All,
    /// Those that have a place in some group: its own may be full.
    WithPlace,
}

/// The place in a queue: points, then the earlier one, then the id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Merit {
    points: i128,
    since: std::cmp::Reverse<Timestamp>,
    id: std::cmp::Reverse<DialogId>,
}

/// [`Merit`] at one moment, comparable between all dialogs.
pub type Urgency = (i128, std::cmp::Reverse<Timestamp>, std::cmp::Reverse<DialogId>);

impl Merit {
    fn new(priority: &Priority, since: Timestamp, id: DialogId) -> Self {
        let gained_before = i128::from(priority.per_minute) * i128::from(since.micros());
        let points = i128::from(priority.base) * PER_MINUTE - gained_before;
        Self { points, since: std::cmp::Reverse(since), id: std::cmp::Reverse(id) }
    }

    fn urgency(&self, per_minute: i128, now: Timestamp) -> Urgency {
        (self.points + per_minute * i128::from(now.micros()), self.since, self.id.clone())
    }
}

type Queue = PriorityQueue<DialogId, Merit>;

/// All waiting dialogs and their indexes.
#[derive(Clone, Debug, Default)]
pub struct Waiting {
    by_dialog: HashMap<DialogId, Waiter>,
    queues: BTreeMap<Who, BTreeMap<QueueKey, Queue>>,
    deadlines: BTreeSet<(Timestamp, DialogId)>,
    /// By whom they watch, and how many of those are barred from them.
    watchers: BTreeMap<(Who, usize), BTreeSet<DialogId>>,
    by_customer: BTreeMap<CustomerId, BTreeSet<DialogId>>,
    /// In the order they began to wait: those that nobody holds, and those to be moved.
    unheld: BTreeSet<(Timestamp, DialogId)>,
    moving: BTreeSet<(Timestamp, DialogId)>,
    on_hold: usize,
}

impl Waiting {
    /// Adds a dialog that is not there.
    pub fn add(&mut self, waiter: Waiter) {
        let id = waiter.dialog.id.clone();
        let merit = Merit::new(&waiter.way.priority, waiter.since, id.clone());
        for (who, key) in waiter.queues() {
            self.queues.entry(who).or_default().entry(key).or_default().push(id.clone(), merit.clone());
        }
        if let Some(deadline) = waiter.deadline {
            self.deadlines.insert((deadline, id.clone()));
        }
        if let Some(who) = waiter.watches {
            self.watchers.entry((who, waiter.bars.count())).or_default().insert(id.clone());
        }
        if let Some(customer) = &waiter.dialog.customer {
            self.by_customer.entry(customer.clone()).or_default().insert(id.clone());
        }
        let by_age = if waiter.is_moving() { &mut self.moving } else { &mut self.unheld };
        by_age.insert((waiter.since, id.clone()));
        self.on_hold += usize::from(waiter.is_on_hold());
        self.by_dialog.insert(id, waiter);
    }

    /// Takes a dialog out.
    pub fn take(&mut self, id: &DialogId) -> Option<Waiter> {
        let waiter = self.by_dialog.remove(id)?;
        for (who, key) in waiter.queues() {
            let Some(queues) = self.queues.get_mut(&who) else {
                continue;
            };
            if let Some(queue) = queues.get_mut(&key) {
                queue.remove(id);
                if queue.is_empty() {
                    queues.remove(&key);
                }
            }
            if queues.is_empty() {
                self.queues.remove(&who);
            }
        }
        if let Some(deadline) = waiter.deadline {
            self.deadlines.remove(&(deadline, id.clone()));
        }
        if let Some(who) = waiter.watches {
            forget(&mut self.watchers, &(who, waiter.bars.count()), id);
        }
        if let Some(customer) = &waiter.dialog.customer {
            forget(&mut self.by_customer, customer, id);
        }
        let by_age = if waiter.is_moving() { &mut self.moving } else { &mut self.unheld };
        by_age.remove(&(waiter.since, id.clone()));
        self.on_hold -= usize::from(waiter.is_on_hold());
        Some(waiter)
    }

    /// A dialog.
    pub fn get(&self, id: &DialogId) -> Option<&Waiter> {
        self.by_dialog.get(id)
    }

    /// The most urgent dialog that this target may take with so much room, passing over those refused.
    pub fn most_urgent(
        &mut self,
        who: Who,
        free: i64,
        those: Those,
        now: Timestamp,
        accepts: impl Fn(&Waiter) -> bool,
    ) -> Option<Urgency> {
        let Self { by_dialog, queues, .. } = self;
        let fitting = queues.get_mut(&who)?.range_mut((i64::MIN, i64::MIN, false)..=(free, i64::MAX, true));
        let fitting = fitting.filter(|((.., has_place), _)| *has_place || those == Those::All);
        let heads = fitting.filter_map(|((_, per_minute, _), queue)| {
            // Refused ones are few: dialogs that are to leave this very manager, or whose customer excludes them.
            let mut refused = Vec::new();
            let head = loop {
                let Some((id, merit)) = queue.peek() else {
                    break None;
                };
                if by_dialog.get(id).is_some_and(&accepts) {
                    break Some(merit.urgency(i128::from(*per_minute), now));
                }
                refused.extend(queue.pop());
            };
            for (id, merit) in refused {
                queue.push(id, merit);
            }
            head
        });
        heads.max()
    }

    /// How many of those that nobody holds are offered to nobody.
    pub fn on_hold(&self) -> usize {
        self.on_hold
    }

    /// Whether held dialogs wait for their turn.
    pub fn has_turns(&self) -> bool {
        self.queues.contains_key(&Who::Gate)
    }

    /// When to look again, if nothing happens before.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.deadlines.first().map(|(at, _)| *at)
    }

    /// Dialogs whose leg is over.
    pub fn due(&self, now: Timestamp) -> Vec<DialogId> {
        self.deadlines.iter().take_while(|(at, _)| *at <= now).map(|(_, id)| id.clone()).collect()
    }

    /// Dialogs that stand at a leg of these people.
    pub fn watching(&self, who: Who) -> Vec<DialogId> {
        self.watching_with(who, 0)
    }

    /// Dialogs that stand at a leg of these people, of whom at least so many are barred.
    pub fn watching_with(&self, who: Who, barred: usize) -> Vec<DialogId> {
        let found = self.watchers.range((who, barred)..=(who, usize::MAX));
        found.flat_map(|(_, dialogs)| dialogs).cloned().collect()
    }

    /// Dialogs of a customer.
    pub fn of_customer(&self, id: &CustomerId) -> Vec<DialogId> {
        self.by_customer.get(id).into_iter().flatten().cloned().collect()
    }

    /// The most urgent first.
    pub fn by_urgency(&self, dialogs: &[DialogId], now: Timestamp) -> Vec<DialogId> {
        let mut known: Vec<Urgency> =
            dialogs.iter().filter_map(|id| Some(self.by_dialog.get(id)?.urgency(now))).collect();
        known.sort_unstable_by(|a, b| b.cmp(a));
        known.into_iter().map(|(_, _, id)| id.0).collect()
    }

    /// All, those that nobody holds first, the longest waiting first.
    pub fn iter(&self) -> impl Iterator<Item = &Waiter> {
        self.unheld.iter().chain(&self.moving).filter_map(|(_, id)| self.by_dialog.get(id))
    }

    /// Those that nobody holds, the longest waiting first.
    pub fn unheld(&self) -> impl Iterator<Item = &Waiter> {
        self.unheld.iter().filter_map(|(_, id)| self.by_dialog.get(id))
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.by_dialog.len()
    }

    /// How many nobody holds.
    pub fn unheld_count(&self) -> usize {
        self.unheld.len()
    }

    /// What is wrong with the indexes, if anything.
    pub fn check(&self) -> Result<(), String> {
        let mut entries = 0;
        for waiter in self.iter() {
            let id = &waiter.dialog.id;
            for (who, key) in waiter.queues() {
                let queue = self.queues.get(&who).and_then(|queues| queues.get(&key));
                if queue.is_none_or(|queue| !queue.contains(id)) {
                    return Err(format!("{id} is not in the queue of {who:?} {key:?}"));
                }
                entries += 1;
            }
            if let Some(Hold::Until(end) | Hold::Facts(end)) = waiter.hold
                && waiter.deadline != Some(end)
            {
                return Err(format!("{id} is held until {end:?}, and nobody looks then"));
            }
            if waiter.deadline.is_some_and(|at| !self.deadlines.contains(&(at, id.clone()))) {
                return Err(format!("{id} has a deadline that is not kept"));
            }
        }
        let queued: usize = self.queues.values().flat_map(BTreeMap::values).map(Queue::len).sum();
        let timed = self.iter().filter(|waiter| waiter.deadline.is_some()).count();
        let sizes = (self.by_dialog.len(), queued, self.deadlines.len());
        let expected = (self.unheld.len() + self.moving.len(), entries, timed);
        if sizes == expected {
            Ok(())
        } else {
            Err(format!("waiting set: {sizes:?} entries, not {expected:?}"))
        }
    }
}

fn forget<K: Ord>(index: &mut BTreeMap<K, BTreeSet<DialogId>>, key: &K, id: &DialogId) {
    if let Some(dialogs) = index.get_mut(key) {
        dialogs.remove(id);
        if dialogs.is_empty() {
            index.remove(key);
        }
    }
}
