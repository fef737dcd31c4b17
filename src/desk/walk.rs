//! The walk: the one function that says who gets a dialog, or where it waits.
//!
//! A walk stands at one leg of the itinerary. The people of all legs up to there may take the dialog, those of
//! earlier legs first. It goes on to the next leg
//!
//! - at once, when the leg means nobody, or none of its people is at work;
//! - when its people are at work but full, as soon as the leg's `wait` is over, counted from entering it.
//!
//! A last step without `wait` is never left: the dialog stays until somebody is free. A last step with `wait`
//! is left like any other, for the default assignment, if there is one. So is a last step without `wait`
//! when no step names anybody who exists, since waiting there would be in vain.

use crate::domain::ids::BotId;
use crate::domain::routing::{StepOutcome, StepTrace, Target};
use crate::domain::time::Timestamp;

use super::itinerary::{Bars, Itinerary, Leg, Who};
use super::roster::Roster;
use super::seat::Slot;

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
    let mut walk = Walk { chosen: None, at: from, entered_at, deadline: None, watches: None };
    let legs = &itinerary.legs;
    if legs.is_empty() {
        return walk;
    }
    let mut taken = (itinerary.base(from)..=from).find_map(|at| Some((at, taker(roster, &legs[at], bars)?)));
    while taken.is_none() {
        let leg = &legs[walk.at];
        let is_full = outcome(roster, leg, bars) == StepOutcome::Full;
        let ends_at = leg.step.wait.map(|wait| walk.entered_at + wait);
        let next = walk.at + 1;
        if next >= legs.len() {
            break;
        }
        if next == itinerary.own && leg.step.wait.is_none() && anybody_exists(roster, itinerary, walk.at) {
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
        taken = taker(roster, &legs[next], bars).map(|taker| (next, taker));
    }
    walk.chosen = taken;
    walk
}

/// Whoever the leg gives the dialog to now.
pub fn taker(roster: &Roster, leg: &Leg, bars: &Bars) -> Option<Taker> {
    let free = |slot: &Slot| !bars.has(*slot) && roster.seat(*slot).free() >= leg.need;
    match leg.who {
        Who::Nobody => None,
        Who::Person(slot) => {
            Some(slot).filter(|s| roster.seat(*s).absence().is_none()).filter(free).map(Taker::Manager)
        }
        Who::Desk(slot) => Some(slot).filter(|s| roster.seat(*s).belongs()).filter(free).map(Taker::Manager),
        Who::Pool(pool) => roster.pick(pool, leg.step.pick, leg.need, bars.slots).map(Taker::Manager),
        Who::Bot => bot(leg).filter(|bot| bars.bot.as_ref() != Some(bot)).map(Taker::Bot),
    }
}

fn bot(leg: &Leg) -> Option<BotId> {
    match &leg.step.to {
        Target::Bot(bot) => Some(bot.clone()),
        Target::Owner
        | Target::LastManager { .. }
        | Target::Manager(_)
        | Target::Group(_)
        | Target::Everyone => None,
    }
}

/// Whether a manager could be named by this leg, leaving room and presence aside.
pub fn names(roster: &Roster, who: Who, slot: Slot) -> bool {
    match who {
        Who::Nobody | Who::Bot => false,
        Who::Person(person) | Who::Desk(person) => person == slot,
        Who::Pool(pool) => roster.seat(slot).pools.binary_search(&pool).is_ok(),
    }
}

fn exists(roster: &Roster, who: Who) -> bool {
    match who {
        Who::Nobody => false,
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
    if !exists(roster, leg.who) {
        return match leg.step.to {
            // Owners come from customers' records: that they left is no mistake of the rule file's.
            Target::Owner | Target::LastManager { .. } => StepOutcome::NoSuchPerson,
            Target::Manager(_) | Target::Group(_) | Target::Everyone | Target::Bot(_) => {
                StepOutcome::TargetMissing
            }
        };
    }
    let barred_here = bars.slots.iter().flatten().filter(|slot| {
        names(roster, leg.who, **slot)
            && (matches!(leg.who, Who::Desk(_)) || roster.posture(**slot).is_here())
    });
    // Both bars may name the same manager only if a caller passes one twice, which `Bars` never holds.
    let barred = u32::try_from(barred_here.count()).unwrap_or(u32::MAX);
    let here = match leg.who {
        Who::Person(slot) => u32::from(roster.posture(slot).is_here()),
        Who::Desk(_) => 1,
        Who::Pool(pool) => roster.pool(pool).here,
        Who::Nobody | Who::Bot => 0,
    };
    if here > barred { StepOutcome::Full } else { StepOutcome::NobodyPresent }
}

/// What each leg came to, up to the one that chose, or the one it waits at.
pub fn trace(roster: &Roster, itinerary: &Itinerary, bars: &Bars, walk: &Walk) -> Vec<StepTrace> {
    let last = walk.chosen.as_ref().map_or(walk.at, |(at, _)| *at);
    let legs = itinerary.legs.iter().enumerate().take(last + 1);
    let traced = legs.map(|(at, leg)| {
        let mut outcome = outcome(roster, leg, bars);
        if walk.chosen.is_some() && at == last {
            outcome = StepOutcome::Chosen;
        } else if outcome == StepOutcome::Full && at < walk.at {
            outcome = StepOutcome::Passed;
        }
        let person = match leg.who {
            Who::Person(slot) | Who::Desk(slot) => Some(roster.seat(slot).id.clone()),
            Who::Nobody | Who::Pool(_) | Who::Bot => None,
        };
        StepTrace { step: u16::try_from(at).unwrap_or(u16::MAX), to: leg.step.to.clone(), person, outcome }
    });
    traced.collect()
}
