//! The mirror: the account's people as another rule set sees them, for decisions that nobody acts on.
//!
//! It is a desk of its own with the other set's groups, capacities and exclusions, its own orders and its own turns
//! of round robin. It books nothing: presence and load are what the live books hold, and whatever of them
//! changed is taken over before each decision. Nobody waits at it either; of a dialog that waits it only keeps
//! where it would stand.

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::account::Account;
use crate::domain::agreement::Agreement;
use crate::domain::dialog::{Dialog, DialogState};
use crate::domain::ids::{DialogId, RuleId};
use crate::domain::manager::Absence;
use crate::domain::routing::{Decision, Responsible, Strategy};
use crate::domain::time::Timestamp;
use crate::rules::ruleset::RuleSet;

use super::Desk;
use super::gradual::Hold;
use super::itinerary::{Itinerary, Source, Who};
use super::planning::{Ask, By, Planned};
use super::record::{Question, decision};
use super::roster::Roster;
use super::seat::{PoolNo, Slot};
use super::waiting::Waiter;
use super::walk::{Taker, Walk, walk};

/// How many dialogs that are gone may be remembered before they are looked for.
const FORGOTTEN: usize = 256;

/// The desk of a set that nobody acts on.
#[derive(Debug)]
pub struct Mirror {
    desk: Desk,
    /// Seats of the live roster that may stand otherwise since they were taken over.
    stale: Vec<Slot>,
    /// Groups that may have so many dialogs: those that came through the live group of the same name count.
    capped: Vec<PoolNo>,
    /// Where dialogs that wait would stand.
    places: HashMap<DialogId, Stand>,
}

/// Where a dialog would stand.
#[derive(Clone, Debug)]
struct Stand {
    rule: Option<RuleId>,
    at: usize,
    entered_at: Timestamp,
}

impl Mirror {
    /// The mirror of a live roster. Turns of round robin go on from where the live ones are.
    pub fn new(account: &Arc<Account>, rules: Arc<RuleSet>, live: &Roster) -> Self {
        let mut desk = Desk::new(Account::clone(account), rules);
        for pool in live.pools().iter().filter(|pool| pool.cut_of.is_none()) {
            if let Some(last) = &pool.last_served {
                desk.restore_rotation(&pool.key, last.clone());
            }
        }
        let capped = desk.roster.pools().iter().enumerate().filter(|(_, pool)| pool.cap.is_some());
        let capped = capped.map(|(number, _)| number).collect();
        Self { desk, stale: (0..live.seats().len()).collect(), capped, places: HashMap::new() }
    }

    /// These seats of the live roster may have changed.
    pub fn note(&mut self, slots: &[Slot]) {
        self.stale.extend_from_slice(slots);
    }

    /// Lends or gives back what is known, or being looked up, of channels and customers: it is the same for both.
    pub fn swap_records(&mut self, live: &mut Desk) {
        std::mem::swap(&mut self.desk.channels, &mut live.channels);
        std::mem::swap(&mut self.desk.customers, &mut live.customers);
        std::mem::swap(&mut self.desk.looked_up, &mut live.looked_up);
        self.desk.account = Arc::clone(&live.account);
    }

    /// Forgets where dialogs would stand that do not wait any more, once there are many.
    pub fn trim(&mut self, waiting: usize, waits: impl Fn(&DialogId) -> bool) {
        if self.places.len() > 2 * waiting + FORGOTTEN {
            self.places.retain(|dialog, _| waits(dialog));
        }
    }

    /// A dialog asks: one that has no place in the live rules begins anew here too.
    pub fn begin(&mut self, dialog: &Dialog) {
        if !matches!(dialog.state, DialogState::Waiting { place: Some(_), .. }) {
            self.places.remove(&dialog.id);
        }
    }

    /// Takes over whatever changed of the live roster.
    fn catch_up(&mut self, live: &Roster) {
        for pool in &self.capped {
            let pool = self.desk.roster.pool_mut(*pool);
            let same = pool.group.as_ref().and_then(|group| live.find_pool(group));
            pool.used = same.map_or(0, |same| live.pool(same).used);
        }
        for slot in std::mem::take(&mut self.stale) {
            let theirs = live.seat(slot);
            let roster = &mut self.desk.roster;
            let own = roster.slot_of(&theirs.id);
            let was_on_leave = roster.seat(own).absence() == Some(Absence::OnLeave);
            let mut is_moved = false;
            if let Some(record) = &theirs.record
                && roster.seat(own).record.as_ref().is_none_or(|known| !Arc::ptr_eq(known, record))
            {
                roster.enrol(own, Arc::clone(record));
                is_moved = true;
            }
            roster.change(own, |seat| {
                seat.presence = theirs.presence;
                seat.availability = theirs.availability;
                seat.load = theirs.load;
                seat.work = theirs.work;
            });
            let is_on_leave = self.desk.roster.seat(own).absence() == Some(Absence::OnLeave);
            if is_moved || was_on_leave != is_on_leave {
                self.desk.reappoint(own, &mut Vec::new());
                self.desk.freed.clear();
            }
        }
    }

    /// Decides what the live walk of a waiter has just decided, before anything of that is booked. With the record
    /// of this decision when it is another one, and a difference would be kept.
    pub fn decide(
        &mut self,
        live: &Roster,
        waiter: &Waiter,
        live_walk: &Walk,
        is_kept: bool,
        now: Timestamp,
    ) -> (Agreement, Option<Decision>) {
        self.catch_up(live);
        self.desk.trim_cuts();
        let dialog = &waiter.dialog;
        let stand = self.places.remove(&dialog.id);
        let by = match stand.as_ref().and_then(|stand| stand.rule.clone()) {
            Some(rule) => By::Rule(Arc::clone(&self.desk.rules), rule),
            None => By::InForce,
        };
        let Planned { way, charge, .. } = if stand.is_some() {
            self.desk.plan(dialog, Ask::Mode, &by, now)
        } else {
            self.desk.plan_or_wait(dialog, Ask::Mode, &by, now)
        };
        let mut bars = self.desk.bars(dialog, waiter.request.avoid.as_ref(), &way, now);
        if waiter.bars.passed.is_empty() {
            // Their time has come: the live desk asks them again.
            bars.passed.clear();
        }
        let group = waiter.bars.place.and_then(|pool| live.pool(pool).group.as_ref());
        bars.place = group.map(|group| self.desk.roster.pool_of(group));
        let walk = walk_on(&way, stand, live_walk, now, |at, entered_at| {
            walk(&self.desk.roster, &way, &bars, at, entered_at, now)
        });
        let (live_side, own_side) =
            (Side::of(live, &waiter.way, live_walk), Side::of(&self.desk.roster, &way, &walk));
        let agreement = live_side.compare(&own_side);
        let record = (is_kept && agreement != Agreement::Same).then(|| {
            let question = Question {
                dialog: &dialog.id,
                cause: waiter.request.cause,
                previous: dialog.responsible().cloned(),
                waited: now.since(waiter.since),
                charge,
                now,
            };
            // Nobody tells how managers stood for it: it is explained by itself, not for everybody.
            Decision { basis: None, ..decision(&self.desk.roster, &way, &bars, &walk, question) }
        });
        self.take_turn(&way, &walk);
        // Whoever is only asked may decline: then it goes on from where it stands.
        let is_offer = |(at, _): &(usize, Taker)| waiter.way.legs[*at].step.accept_within.is_some();
        // Where the rules stopped for facts is no place to go on from.
        let has_place = way.facts_by.is_none();
        if has_place && live_walk.chosen.as_ref().is_none_or(is_offer) {
            let stand = Stand { rule: way.rule.clone(), at: walk.at, entered_at: walk.entered_at };
            self.places.insert(dialog.id.clone(), stand);
        }
        (agreement, record)
    }

    /// Round robin goes on as if this had been acted on.
    fn take_turn(&mut self, way: &Itinerary, walk: &Walk) {
        let Some((at, Taker::Manager(slot))) = walk.chosen else { return };
        let leg = &way.legs[at];
        if let (Who::Pool(pool), Strategy::RoundRobin) = (leg.who, leg.step.pick) {
            let roster = &mut self.desk.roster;
            let (whole, last) = (roster.whole(pool), roster.seat(slot).id.clone());
            roster.pool_mut(whole).last_served = Some(last);
        }
    }
}

/// Walks from where a dialog would stand. One that hours have set free waits for its turn as long as the live one
/// does: turns are those of the live queue.
fn walk_on(
    way: &Itinerary,
    stand: Option<Stand>,
    live: &Walk,
    now: Timestamp,
    walk: impl Fn(usize, Timestamp) -> Walk,
) -> Walk {
    let Some(stand) = stand.filter(|stand| stand.rule == way.rule && stand.at < way.legs.len()) else {
        return walk(0, now);
    };
    let gate = way.legs[stand.at].gate.as_ref().filter(|gate| !gate.is_open(stand.entered_at));
    match (gate, live.hold) {
        (Some(gate), Some(Hold::Turn(since))) if gate.is_open(now) => {
            Walk::held(stand.at, stand.entered_at, Hold::Turn(since))
        }
        (Some(gate), _) if gate.is_open(now) => {
            let next = stand.at + 1;
            walk(if next < way.own { next } else { 0 }, now)
        }
        _ => walk(stand.at, stand.entered_at),
    }
}

/// What came of one side.
#[derive(Debug, PartialEq, Eq)]
struct Side {
    outcome: Outcome,
    /// `None`: the default assignment.
    rule: Option<RuleId>,
    at: usize,
}

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Goes(Responsible),
    Held,
    Waits,
}

impl Side {
    fn of(roster: &Roster, way: &Itinerary, walk: &Walk) -> Self {
        let outcome = match &walk.chosen {
            Some((_, Taker::Manager(slot))) => {
                Outcome::Goes(Responsible::Manager(roster.seat(*slot).id.clone()))
            }
            Some((_, Taker::Bot(bot))) => Outcome::Goes(Responsible::Bot(bot.clone())),
            None if walk.hold.is_some() => Outcome::Held,
            None => Outcome::Waits,
        };
        let at = walk.chosen.as_ref().map_or(walk.at, |(at, _)| *at);
        let is_default =
            matches!(way.source, Source::Fallback(_)) || way.is_fallback(at) && !way.legs.is_empty();
        Self { outcome, rule: way.rule.clone().filter(|_| !is_default), at }
    }

    fn compare(&self, other: &Self) -> Agreement {
        match (&self.outcome, &other.outcome) {
            _ if self == other => Agreement::Same,
            (one, another) if one == another => Agreement::Rule,
            (Outcome::Goes(Responsible::Manager(_)), Outcome::Goes(Responsible::Manager(_)))
            | (Outcome::Goes(Responsible::Bot(_)), Outcome::Goes(Responsible::Bot(_))) => Agreement::Manager,
            _ => Agreement::Outcome,
        }
    }
}
