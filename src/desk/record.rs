//! The record of a decision: everybody who was looked at, and why they got the dialog or not.

use std::time::Duration;

use crate::domain::ids::DialogId;
use crate::domain::routing::{Candidate, Cause, Decision, DecisionEffect, Responsible, Verdict};
use crate::domain::time::Timestamp;

use super::census::{ABSENCES, place};
use super::itinerary::{Bars, Itinerary, Leg, Who};
use super::roster::{EVERYONE, Roster};
use super::seat::Slot;
use super::walk::{Taker, Walk, names, trace};

/// Accounts with no more managers than this are listed whole.
const LISTED_WHOLE: usize = 8;

/// How many candidates besides the chosen one a record of a larger account holds: each costs some 150 bytes in
/// every decision, and the counts speak for the rest.
const NEAREST: usize = 3;

/// What is decided, and for whom.
pub struct Question<'a> {
    /// The dialog.
    pub dialog: &'a DialogId,
    /// What asks.
    pub cause: Cause,
    /// Who holds it.
    pub previous: Option<Responsible>,
    /// How long it has waited.
    pub waited: Duration,
    /// When it is decided.
    pub now: Timestamp,
}

/// Writes down a walk, before anything is booked.
pub fn decision(
    roster: &Roster,
    way: &Itinerary,
    bars: &Bars,
    walk: &Walk,
    question: Question<'_>,
) -> Decision {
    let seen = Seen::new(roster, way, bars, walk);
    let choice = walk.chosen.as_ref().map(|(_, taker)| match taker {
        Taker::Manager(slot) => Responsible::Manager(roster.seat(*slot).id.clone()),
        Taker::Bot(bot) => Responsible::Bot(bot.clone()),
    });
    let effect = match (&choice, &question.previous) {
        (Some(_), None) => DecisionEffect::Assigned,
        (Some(_), Some(_)) => DecisionEffect::Reassigned,
        (None, None) => DecisionEffect::Waiting,
        (None, Some(_)) => DecisionEffect::Kept,
    };
    let chosen = walk.chosen.as_ref().map(|(at, _)| *at);
    let at = chosen.unwrap_or(walk.at);
    let is_own = at < way.own.min(way.legs.len());
    Decision {
        dialog: question.dialog.clone(),
        at: question.now,
        cause: question.cause,
        rules: way.rules.clone(),
        rule: way.rule.clone(),
        step: u16::try_from(at).ok().filter(|_| is_own),
        entered_step_at: (at == walk.at && !way.legs.is_empty()).then_some(walk.entered_at),
        strategy: chosen
            .filter(|at| matches!(way.legs[*at].who, Who::Pool(_)))
            .map(|at| way.legs[at].step.pick),
        steps: trace(roster, way, bars, walk),
        candidates: seen.candidates(),
        counts: seen.counts(),
        choice,
        previous: question.previous,
        effect,
        fallback: way.fallback_reason((!way.legs.is_empty()).then_some(at)),
        waited: question.waited,
    }
}

/// The people that a walk looked at.
struct Seen<'a> {
    roster: &'a Roster,
    bars: &'a Bars,
    legs: &'a [Leg],
    /// The leg that decides: the one that chose, or the one it waits at.
    last: Option<&'a Leg>,
    chosen: Option<Slot>,
}

impl<'a> Seen<'a> {
    fn new(roster: &'a Roster, way: &'a Itinerary, bars: &'a Bars, walk: &Walk) -> Self {
        let last = walk.chosen.as_ref().map_or(walk.at, |(at, _)| *at);
        let legs = if way.legs.is_empty() { &[][..] } else { &way.legs[way.base(walk.at)..=last] };
        let chosen = match walk.chosen {
            Some((_, Taker::Manager(slot))) => Some(slot),
            Some((_, Taker::Bot(_))) | None => None,
        };
        Self { roster, bars, legs, last: legs.last(), chosen }
    }

    /// What became of somebody; `None`: no leg names them.
    fn verdict(&self, slot: Slot) -> Option<Verdict> {
        let naming = || self.legs.iter().filter(|leg| names(self.roster, leg.who, slot));
        let need = naming().map(|leg| leg.need).min()?;
        let seat = self.roster.seat(slot);
        if !seat.belongs() && !seat.was_removed() {
            return None;
        }
        let absence = seat.absence().filter(|_| !naming().any(|leg| matches!(leg.who, Who::Desk(_))));
        Some(match absence {
            _ if self.chosen == Some(slot) => Verdict::Chosen,
            _ if self.bars.has(slot) => Verdict::FailedBefore,
            Some(absence) => Verdict::Absent(absence),
            None if seat.free() >= need => Verdict::Outranked,
            None => Verdict::OverCapacity,
        })
    }

    fn candidate(&self, slot: Slot) -> Option<Candidate> {
        let seat = self.roster.seat(slot);
        Some(Candidate {
            manager: seat.id.clone(),
            load: seat.load_units(),
            capacity: seat.capacity,
            idle_since: seat.work.idle_since,
            verdict: self.verdict(slot)?,
        })
    }

    /// Those whom a leg names by themselves.
    fn persons(&self) -> impl Iterator<Item = Slot> {
        self.legs.iter().filter_map(|leg| match leg.who {
            Who::Person(slot) | Who::Desk(slot) => Some(slot),
            Who::Nobody | Who::Pool(_) | Who::Bot => None,
        })
    }

    fn candidates(&self) -> Vec<Candidate> {
        let mut slots: Vec<Slot> = Vec::with_capacity(LISTED_WHOLE + 2);
        slots.extend(self.chosen);
        slots.extend(self.persons());
        let whole = self.roster.pool(EVERYONE).members.len() <= LISTED_WHOLE;
        if whole {
            slots.extend(self.roster.by_id().map(|(slot, _)| slot));
        } else {
            // Only the leg that decides: whoever an earlier leg names was full or absent, and is counted.
            let pool = self.last.and_then(|leg| match leg.who {
                Who::Pool(pool) => Some((pool, leg)),
                Who::Nobody | Who::Person(_) | Who::Desk(_) | Who::Bot => None,
            });
            if let Some((pool, leg)) = pool {
                let level = self.roster.level_for(leg.need);
                let from = self.roster.ring_from(pool);
                let pool = self.roster.pool(pool);
                let able = pool.nearest(leg.step.pick, level..usize::MAX, from, NEAREST + 1);
                let missing = (NEAREST + 1).saturating_sub(able.len());
                slots.extend(able);
                if missing > 0 {
                    slots.extend(pool.nearest(leg.step.pick, 0..level, from, missing));
                }
            }
        }
        let most = if whole { LISTED_WHOLE } else { NEAREST };
        let mut listed: Vec<Candidate> = Vec::with_capacity(slots.len());
        for (at, slot) in slots.iter().enumerate() {
            if !slots[..at].contains(slot) && listed.len() <= most {
                listed.extend(self.candidate(*slot));
            }
        }
        listed
    }

    /// How many got each verdict. Classes are added up; whoever has a verdict of their own (named as a person,
    /// barred, chosen) is taken out of their class first.
    fn counts(&self) -> Vec<(Verdict, u32)> {
        let mut singles: Vec<Slot> = self.persons().chain(self.bars.slots.into_iter().flatten()).collect();
        singles.extend(self.chosen);
        singles.sort_unstable();
        singles.dedup();
        let (mut outranked, mut over_capacity, mut gone) = (0, 0, [0; ABSENCES.len()]);
        for (number, class) in self.roster.census().classes().iter().enumerate() {
            let Some(need) = self.need_of(&class.pools) else { continue };
            let level = self.roster.level_for(need);
            let with_room = class.with_room(level);
            outranked += with_room;
            over_capacity += class.present() - with_room;
            for (sum, count) in gone.iter_mut().zip(class.absent) {
                *sum += count;
            }
            for slot in singles.iter().filter(|slot| self.roster.seat(**slot).class == Some(number)) {
                let posture = self.roster.posture(*slot);
                match posture.absence {
                    Some(absence) => gone[place(absence)] -= 1,
                    None if posture.level >= level => outranked -= 1,
                    None => over_capacity -= 1,
                }
            }
        }
        let mut counts = vec![(Verdict::Outranked, outranked), (Verdict::OverCapacity, over_capacity)];
        counts.extend(ABSENCES.map(Verdict::Absent).into_iter().zip(gone));
        for verdict in singles.into_iter().filter_map(|slot| self.verdict(slot)) {
            match counts.iter_mut().find(|(known, _)| *known == verdict) {
                Some((_, count)) => *count += 1,
                None => counts.push((verdict, 1)),
            }
        }
        counts.retain(|(_, count)| *count > 0);
        counts.sort_unstable();
        counts
    }

    /// The least need of the legs that name a class as a whole.
    fn need_of(&self, pools: &[usize]) -> Option<i64> {
        let naming = self.legs.iter().filter_map(|leg| match leg.who {
            Who::Pool(pool) => pools.binary_search(&pool).ok().map(|_| leg.need),
            Who::Nobody | Who::Person(_) | Who::Desk(_) | Who::Bot => None,
        });
        naming.min()
    }
}
