//! The walk: the one function that says who gets a dialog, or where it waits.
//!
//! A walk stands at one leg of the itinerary. The people of all legs up to there may take the dialog, those of
//! earlier legs first. It goes on to the next leg
//!
//! - at once, when the leg means nobody, or none of its people is at work;
//! - when its people are at work but full, or their group is, as soon as the leg's `wait` is over, counted from entering it.
//!
//! A step that holds is passed at once while its hours last. Otherwise the dialog stays there, offered to
//! nobody, until [`super::gradual`] lets it go on. A way that waits for facts has no leg yet.
//!
//! A last step without `wait` is never left: the dialog stays until somebody is free. A last step with `wait`
//! is left like any other, for the default assignment, if there is one. So is a last step without `wait`
//! when no step names anybody who exists, since waiting there would be in vain.

use crate::domain::ids::BotId;
use crate::domain::routing::{GroupUse, StepOutcome, StepTrace, Target};
use crate::domain::time::Timestamp;

use super::gradual::Hold;
use super::itinerary::{Bars, Itinerary, Leg, Who};
use super::roster::Roster;
use super::seat::{PoolNo, Slot};

/// Who takes a dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taker {
    /// A manager.
    Manager(Slot),
    /// A bot.
    Bot(BotId),
}

/// What a walk came to.
#[derive(Clone, Debug)]
pub struct Walk {
    /// Who takes it, and through which leg.
    pub chosen: Option<(usize, Taker)>,
    /// The leg it stands at.
    pub at: usize,
    /// When it entered that leg.
    pub entered_at: Timestamp,
    /// When to walk on if nothing happens before.
    pub deadline: Option<Timestamp>,
    /// When these people leave work, the walk may go on; [`Who::Nobody`]: when somebody leaves the account.
    pub watches: Option<Who>,
    /// It is held at that leg.
    pub hold: Option<Hold>,
}

impl Walk {
    fn at(at: usize, entered_at: Timestamp) -> Self {
        Self { chosen: None, at, entered_at, deadline: None, watches: None, hold: None }
    }

    /// A dialog that is held at a leg.
    pub fn held(at: usize, entered_at: Timestamp, hold: Hold) -> Self {
        let deadline = match hold {
            Hold::Until(end) | Hold::Facts(end) => Some(end),
            Hold::Turn(_) => None,
        };
        Self { deadline, hold: Some(hold), ..Self::at(at, entered_at) }
    }
}

/// Walks from a leg on.
pub fn walk(
    roster: &Roster,
    itinerary: &Itinerary,
    bars: &Bars,
    from: usize,
    entered_at: Timestamp,
    now: Timestamp,
) -> Walk {
    let mut walk = Walk::at(from, entered_at);
    let legs = &itinerary.legs;
    if legs.is_empty() {
        let held = |until| Walk::held(from, entered_at, Hold::Facts(until));
        return itinerary.facts_by.map_or(walk, held);
    }
    if let Some(opening) = legs[from].closed_until(entered_at, now) {
        return Walk::held(from, entered_at, Hold::Until(opening));
    }
    let mut taken = (itinerary.base(from)..=from).find_map(|at| Some((at, taker(roster, &legs[at], bars)?)));
    while taken.is_none() {
        let leg = &legs[walk.at];
        let is_full = matches!(outcome(roster, leg, bars), StepOutcome::Full | StepOutcome::GroupFull);
        let ends_at = leg.step.wait.map(|wait| walk.entered_at + wait);
        let next = walk.at + 1;
        if next >= legs.len() {
            break;
        }
        let stays = leg.step.wait.is_none() && leg.gate.is_none();
        if next == itinerary.own && stays && anybody_exists(roster, itinerary, walk.at) {
            walk.watches = Some(Who::Nobody);
            break;
        }
        if is_full && ends_at.is_none_or(|at| at > now) {
            walk.deadline = ends_at;
            walk.watches = Some(leg.who);
            break;
        }
        walk.at = next;
        walk.entered_at = now;
        if let Some(opening) = legs[next].closed_until(now, now) {
            return Walk::held(next, now, Hold::Until(opening));
        }
        taken = taker(roster, &legs[next], bars).map(|taker| (next, taker));
    }
    walk.chosen = taken;
    walk
}

/// Whoever the leg gives the dialog to now.
pub fn taker(roster: &Roster, leg: &Leg, bars: &Bars) -> Option<Taker> {
    let free = |slot: &Slot| {
        let seat = roster.seat(*slot);
        bars.admit(*slot, seat) && seat.free() >= leg.need
    };
    match leg.who {
        Who::Nobody | Who::Gate => None,
        Who::Person(slot) => {
            let acting = Some(roster.acting_for(slot));
            acting.filter(|s| roster.seat(*s).absence().is_none()).filter(free).map(Taker::Manager)
        }
        Who::Desk(slot) => Some(slot).filter(|s| roster.seat(*s).belongs()).filter(free).map(Taker::Manager),
        // Whoever of a full group has room is left to other steps.
        Who::Pool(_) if full_group(roster, leg, bars).is_some() => None,
        Who::Pool(pool) => {
            let picked = roster.pick(pool, leg.step.pick, leg.need, |slot| bars.admit_of_pool(slot));
            picked.map(Taker::Manager)
        }
        Who::Bot => bot(leg).filter(|bot| bars.bot.as_ref() != Some(bot)).map(Taker::Bot),
    }
}

/// The use of the group that a leg means, when it has no place for the dialog.
pub fn full_group(roster: &Roster, leg: &Leg, bars: &Bars) -> Option<GroupUse> {
    match leg.who {
        Who::Pool(pool) => roster.full_for(pool, bars.place),
        Who::Nobody | Who::Person(_) | Who::Desk(_) | Who::Bot | Who::Gate => None,
    }
}

fn bot(leg: &Leg) -> Option<BotId> {
    match &leg.step.to {
        Target::Bot(bot) => Some(bot.clone()),
        Target::Owner
        | Target::LastManager { .. }
        | Target::Manager(_)
        | Target::Group(_)
        | Target::Everyone
        | Target::UntilOpen(_) => None,
    }
}

/// Whether this leg names a manager, leaving room, presence and exclusion aside.
pub fn names(roster: &Roster, who: Who, slot: Slot) -> bool {
    match who {
        Who::Nobody | Who::Bot | Who::Gate => false,
        Who::Person(person) => person == slot || roster.acting_for(person) == slot,
        Who::Desk(person) => person == slot,
        Who::Pool(pool) => roster.seat(slot).pools.binary_search(&roster.whole(pool)).is_ok(),
    }
}

fn exists(roster: &Roster, who: Who) -> bool {
    match who {
        Who::Nobody | Who::Gate => false,
        Who::Person(slot) | Who::Desk(slot) => roster.seat(slot).belongs(),
        Who::Pool(pool) => roster.exists(pool),
        Who::Bot => true,
    }
}

fn anybody_exists(roster: &Roster, itinerary: &Itinerary, at: usize) -> bool {
    itinerary.legs[itinerary.base(at)..=at].iter().any(|leg| exists(roster, leg.who))
}

/// What a leg comes to that chose nobody.
pub fn outcome(roster: &Roster, leg: &Leg, bars: &Bars) -> StepOutcome {
    if leg.who == Who::Nobody {
        return StepOutcome::NoSuchPerson;
    }
    if leg.who == Who::Gate {
        return StepOutcome::Passed;
    }
    if !exists(roster, leg.who) {
        return match leg.step.to {
            // Owners come from customers' records: that they left is no mistake of the rule file's.
            Target::Owner | Target::LastManager { .. } => StepOutcome::NoSuchPerson,
            Target::Manager(_)
            | Target::Group(_)
            | Target::Everyone
            | Target::Bot(_)
            | Target::UntilOpen(_) => StepOutcome::TargetMissing,
        };
    }
    let present = match leg.who {
        Who::Person(person) | Who::Desk(person) => {
            let is_desk = matches!(leg.who, Who::Desk(_));
            let slot = if is_desk { person } else { roster.acting_for(person) };
            let is_here = is_desk || roster.posture(slot).is_here();
            let is_present = is_here && !bars.has(slot);
            let admitted = is_present && bars.admit(slot, roster.seat(slot));
            Present { whoever: is_present, admitted, asked: is_here && bars.has_passed(slot) }
        }
        Who::Pool(pool) => present_of_pool(roster, pool, bars),
        Who::Nobody | Who::Bot | Who::Gate => Present { whoever: false, admitted: false, asked: false },
    };
    match present {
        Present { admitted: true, .. } if full_group(roster, leg, bars).is_some() => StepOutcome::GroupFull,
        Present { admitted: true, .. } => StepOutcome::Full,
        Present { whoever: true, .. } => StepOutcome::Excluded,
        Present { asked: true, .. } => StepOutcome::NobodyAccepted,
        Present { .. } => StepOutcome::NobodyPresent,
    }
}

/// Whether a leg has anybody at work who neither failed before, nor holds the dialog, nor passed it.
struct Present {
    /// Anybody at all.
    whoever: bool,
    /// Anybody who is not excluded.
    admitted: bool,
    /// Anybody who passed.
    asked: bool,
}

fn present_of_pool(roster: &Roster, pool: PoolNo, bars: &Bars) -> Present {
    // The same manager may be barred twice over.
    let more_than = |pool: PoolNo, barred: &mut dyn Iterator<Item = Slot>| {
        let is_barred_here = |slot: &Slot| {
            roster.seat(*slot).pools.binary_search(&pool).is_ok() && roster.posture(*slot).is_here()
        };
        let barred = barred.filter(is_barred_here).count();
        usize::try_from(roster.pool(pool).here).is_ok_and(|here| here > barred)
    };
    let failed = || {
        let mut barred: Vec<Slot> = bars.barred().map(|(slot, _)| slot).collect();
        barred.sort_unstable();
        barred.dedup();
        barred.into_iter()
    };
    let is_here = |slot: Slot| {
        roster.seat(slot).pools.binary_search(&roster.whole(pool)).is_ok() && roster.posture(slot).is_here()
    };
    let own = bars.own().iter().copied().filter(|slot| !bars.has(*slot));
    Present {
        whoever: more_than(roster.whole(pool), &mut failed()),
        admitted: more_than(pool, &mut failed().chain(own)),
        asked: bars.passed.iter().any(|(slot, _)| is_here(*slot)),
    }
}

/// What each leg came to, up to the one that chose, or the one it waits at.
pub fn trace(roster: &Roster, itinerary: &Itinerary, bars: &Bars, walk: &Walk) -> Vec<StepTrace> {
    let last = walk.chosen.as_ref().map_or(walk.at, |(at, _)| *at);
    let legs = itinerary.legs.iter().enumerate().take(last + 1);
    let traced = legs.map(|(at, leg)| {
        let mut outcome = outcome(roster, leg, bars);
        if walk.chosen.is_some() && at == last {
            outcome = StepOutcome::Chosen;
        } else if let Some(hold) = walk.hold.filter(|_| at == last) {
            let until = hold.until();
            let ahead = leg.gate.as_ref().map_or(0, |gate| gate.offset(until));
            outcome = StepOutcome::Held { until, ahead };
        } else if matches!(outcome, StepOutcome::Full | StepOutcome::GroupFull) && at < walk.at {
            outcome = StepOutcome::Passed;
        }
        let (person, acting) = match leg.who {
            Who::Person(slot) => (Some(slot), Some(roster.acting_for(slot))),
            Who::Desk(slot) => (Some(slot), None),
            Who::Nobody | Who::Pool(_) | Who::Bot | Who::Gate => (None, None),
        };
        let deputy = acting.filter(|acting| Some(*acting) != person);
        let [person, deputy] = [person, deputy].map(|slot| slot.map(|slot| roster.seat(slot).id.clone()));
        StepTrace {
            step: u16::try_from(at).unwrap_or(u16::MAX),
            to: leg.step.to.clone(),
            person,
            deputy,
            outcome,
            pick: matches!(leg.who, Who::Pool(_)).then_some(leg.step.pick),
            over_capacity: leg.step.over_capacity,
            anyway: matches!(leg.who, Who::Desk(_)),
            group_full: full_group(roster, leg, bars),
        }
    });
    traced.collect()
}
