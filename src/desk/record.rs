//! The record of a decision: everybody who was looked at, and why they got the dialog or not.

use std::time::Duration;

use crate::domain::ids::DialogId;
use crate::domain::routing::{Candidate, Cause, Decision, DecisionEffect, Responsible, Strategy, Verdict};
use crate::domain::stance::Basis;
use crate::domain::tags::Tags;
use crate::domain::time::Timestamp;
use crate::domain::units::Units;

use super::census::{ABSENCES, place};
use super::itinerary::{Bars, Itinerary, Leg, Who};
use super::judge::{Known, Naming, judge};
use super::roster::{EVERYONE, Roster};
use super::seat::Slot;
use super::walk::{Taker, Walk, full_group, names, trace};

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
    /// What it costs.
    pub charge: Units,
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
    let chosen = walk.chosen.as_ref().map(|(at, _)| *at);
    let accept_within = chosen.and_then(|at| way.legs[at].step.accept_within);
    let accept_by = accept_within.filter(|_| matches!(choice, Some(Responsible::Manager(_))));
    let accept_by = accept_by.map(|within| question.now + within);
    let effect = match (&choice, &question.previous) {
        (Some(_), _) if accept_by.is_some() => DecisionEffect::Offered,
        (Some(_), None) => DecisionEffect::Assigned,
        (Some(_), Some(_)) => DecisionEffect::Reassigned,
        (None, None) => DecisionEffect::Waiting,
        (None, Some(_)) => DecisionEffect::Kept,
    };
    let at = chosen.unwrap_or(walk.at);
    let fallback = way.fallback_reason((!way.legs.is_empty()).then_some(at));
    let is_own = at < way.own.min(way.legs.len());
    Decision {
        dialog: question.dialog.clone(),
        at: question.now,
        cause: question.cause,
        rules: way.rules.clone(),
        rule: way.rule.clone(),
        tags: if fallback.is_none() { way.tags.clone() } else { Tags::NONE },
        step: u16::try_from(at).ok().filter(|_| is_own),
        entered_step_at: (at == walk.at && !way.legs.is_empty()).then_some(walk.entered_at),
        strategy: chosen
            .filter(|at| matches!(way.legs[*at].who, Who::Pool(_)))
            .map(|at| way.legs[at].step.pick),
        steps: trace(roster, way, bars, walk),
        candidates: seen.candidates(),
        counts: seen.counts(),
        ask_again_at: bars.again_at.filter(|_| choice.is_none() && walk.hold.is_none()),
        choice,
        accept_by,
        previous: question.previous,
        effect,
        fallback,
        waited: question.waited,
        facts_until: way.facts_by,
        basis: Some(basis(roster, way, bars, walk, chosen, question.charge)),
    }
}

/// What the decision went by. How everybody stood must have been told before.
fn basis(
    roster: &Roster,
    way: &Itinerary,
    bars: &Bars,
    walk: &Walk,
    chosen: Option<usize>,
    charge: Units,
) -> Basis {
    let deciding = chosen.and_then(|at| way.legs.get(at));
    let turn_after = deciding.and_then(|leg| match (leg.who, leg.step.pick) {
        (Who::Pool(pool), Strategy::RoundRobin) => roster.pool(roster.whole(pool)).last_served.clone(),
        (Who::Nobody | Who::Person(_) | Who::Desk(_) | Who::Pool(_) | Who::Bot | Who::Gate, _) => None,
    });
    let failed = bars.barred();
    let excluded = bars.excluded.as_deref();
    let apart = excluded.into_iter().flat_map(|excluded| excluded.own.iter().chain(&excluded.slots));
    let apart = apart.filter(|slot| !bars.has(**slot)).map(|slot| (*slot, Verdict::Excluded));
    let mut barred: Vec<_> = failed.chain(apart).collect();
    // Of several reasons the first counts.
    barred.sort_by_key(|(slot, _)| *slot);
    barred.dedup_by_key(|(slot, _)| *slot);
    let groups = excluded.into_iter().flat_map(|excluded| &excluded.groups);
    Basis {
        number: roster.stances().number(),
        charge,
        from: u16::try_from(way.base(walk.at)).unwrap_or(u16::MAX),
        turn_after,
        barred: barred.into_iter().map(|(slot, why)| (roster.seat(slot).id.clone(), why)).collect(),
        excluded_groups: groups.filter_map(|pool| roster.pool(*pool).group.clone()).collect(),
    }
}

/// What somebody would have needed to get a dialog.
enum Need {
    /// So many thousandths of a unit that are free.
    Room(i64),
    /// A place in a group: all that name them are full.
    Place,
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
        // Nobody is looked at for a dialog that is held.
        let legs = if way.legs.is_empty() || walk.hold.is_some() {
            &[][..]
        } else {
            &way.legs[way.base(walk.at)..=last]
        };
        let chosen = match walk.chosen {
            Some((_, Taker::Manager(slot))) => Some(slot),
            Some((_, Taker::Bot(_))) | None => None,
        };
        Self { roster, bars, legs, last: legs.last(), chosen }
    }

    /// What became of somebody; `None`: no leg names them.
    fn verdict(&self, slot: Slot) -> Option<Verdict> {
        let naming = self.legs.iter().filter(|leg| names(self.roster, leg.who, slot));
        let naming = naming.map(|leg| Naming {
            need: leg.need,
            anyway: matches!(leg.who, Who::Desk(_)),
            open: self.is_open(leg),
        });
        let seat = self.roster.seat(slot);
        if !seat.belongs() && !seat.was_removed() {
            return None;
        }
        let is_excluded = || self.bars.excludes(slot, seat).then_some(Verdict::Excluded);
        let known = Known {
            is_chosen: self.chosen == Some(slot),
            barred: self.bars.verdict(slot).or_else(is_excluded),
            absence: seat.absence(),
            free: seat.free(),
        };
        judge(naming, known)
    }

    /// Whether a leg can give the dialog, as far as its group goes.
    fn is_open(&self, leg: &Leg) -> bool {
        full_group(self.roster, leg, self.bars).is_none()
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

    /// Those whom a leg names by themselves, with those who stand in for them.
    fn persons(&self) -> impl Iterator<Item = Slot> {
        self.legs.iter().flat_map(|leg| match leg.who {
            Who::Person(slot) => {
                let acting = self.roster.acting_for(slot);
                [Some(slot), Some(acting).filter(|acting| *acting != slot)].into_iter().flatten()
            }
            Who::Desk(slot) => [Some(slot), None].into_iter().flatten(),
            Who::Nobody | Who::Pool(_) | Who::Bot | Who::Gate => [None, None].into_iter().flatten(),
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
                Who::Nobody | Who::Person(_) | Who::Desk(_) | Who::Bot | Who::Gate => None,
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
        let mut singles: Vec<Slot> = self.persons().chain(self.bars.barred().map(|(slot, _)| slot)).collect();
        singles.extend(self.chosen);
        singles.extend(self.bars.own());
        singles.sort_unstable();
        singles.dedup();
        let (mut outranked, mut over_capacity, mut gone) = (0, 0, [0; ABSENCES.len()]);
        let (mut excluded, mut group_full) = (0, 0);
        for (number, class) in self.roster.census().classes().iter().enumerate() {
            let of_class = |slot: &&Slot| self.roster.seat(**slot).class == Some(number);
            let Some(need) = self.need_of(&class.pools) else {
                if self.is_cut_out(&class.pools) {
                    let members = class.present() + class.absent.iter().sum::<u32>();
                    let apart = singles.iter().filter(of_class).count();
                    excluded += members - u32::try_from(apart).unwrap_or(u32::MAX);
                }
                continue;
            };
            let (level, without) = match need {
                Need::Room(need) => (self.roster.level_for(need), &mut over_capacity),
                // However much room they have.
                Need::Place => (usize::MAX, &mut group_full),
            };
            let with_room = class.with_room(level);
            outranked += with_room;
            *without += class.present() - with_room;
            for (sum, count) in gone.iter_mut().zip(class.absent) {
                *sum += count;
            }
            for slot in singles.iter().filter(of_class) {
                let posture = self.roster.posture(*slot);
                match posture.absence {
                    Some(absence) => gone[place(absence)] -= 1,
                    None if posture.level >= level => outranked -= 1,
                    None => *without -= 1,
                }
            }
        }
        let mut counts = vec![
            (Verdict::Outranked, outranked),
            (Verdict::OverCapacity, over_capacity),
            (Verdict::Excluded, excluded),
            (Verdict::GroupFull, group_full),
        ];
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

    /// What the legs that name a class as a whole need at least; `None`: none of them does.
    fn need_of(&self, pools: &[usize]) -> Option<Need> {
        let names = |leg: &&Leg| match leg.who {
            Who::Pool(pool) => pools.binary_search(&pool).is_ok(),
            Who::Nobody | Who::Person(_) | Who::Desk(_) | Who::Bot | Who::Gate => false,
        };
        let mut naming = self.legs.iter().filter(names).peekable();
        naming.peek()?;
        let least = naming.filter(|leg| self.is_open(leg)).map(|leg| leg.need).min();
        Some(least.map_or(Need::Place, Need::Room))
    }

    /// Whether a leg names a class that is excluded from the dialog as a whole.
    fn is_cut_out(&self, pools: &[usize]) -> bool {
        self.legs.iter().any(|leg| match leg.who {
            Who::Pool(pool) => pools.binary_search(&self.roster.whole(pool)).is_ok(),
            Who::Nobody | Who::Person(_) | Who::Desk(_) | Who::Bot | Who::Gate => false,
        })
    }
}
