//! An itinerary: the steps of a plan with the people they mean for one dialog, and where they lead.

use std::sync::Arc;

use crate::domain::ids::{BotId, RuleId, RulesVersion};
use crate::domain::routing::{FallbackReason, Place, Priority, Step, Verdict};
use crate::domain::tags::Tags;
use crate::domain::time::Timestamp;
use crate::rules::schedule::Schedule;

use super::excluded::Excluded;
use super::roster::Roster;
use super::seat::{PoolNo, Seat, Slot};

/// Whom a step means for one dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Who {
    /// Nobody: the customer has no owner, or nobody served them lately.
    Nobody,
    /// One manager, when they may take work.
    Person(Slot),
    /// One manager, present or not: what a default assignment to a manager means.
    Desk(Slot),
    /// The managers of a pool.
    Pool(PoolNo),
    /// A bot.
    Bot,
    /// Nobody yet: the dialog is held.
    Gate,
}

/// What is barred from taking the dialog: whoever failed before, whoever holds it, and whoever is excluded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bars {
    /// Whoever failed before, and whoever holds it.
    pub slots: [Option<Slot>; 2],
    /// Who passed when it was offered to them, and what became of them for it; few.
    pub passed: Vec<(Slot, Verdict)>,
    /// When they are asked again, if nobody takes it before.
    pub again_at: Option<Timestamp>,
    /// A bot.
    pub bot: Option<BotId>,
    /// Who is never given it.
    pub excluded: Option<Arc<Excluded>>,
    /// The group in which it has its place already: that this one is full bars nobody.
    pub place: Option<PoolNo>,
}

impl Bars {
    /// Whether this manager failed before, holds it, or passed.
    pub fn has(&self, slot: Slot) -> bool {
        self.verdict(slot).is_some()
    }

    /// What becomes of this manager, whatever room they have, exclusion aside.
    pub fn verdict(&self, slot: Slot) -> Option<Verdict> {
        self.barred().find(|(barred, _)| *barred == slot).map(|(_, verdict)| verdict)
    }

    /// Whoever failed before, holds it, or passed; somebody may be told twice, the first counts.
    pub fn barred(&self) -> impl Iterator<Item = (Slot, Verdict)> {
        let failed = self.slots.iter().flatten().map(|slot| (*slot, Verdict::FailedBefore));
        failed.chain(self.passed.iter().copied())
    }

    /// Whether this manager was offered it and passed.
    pub fn has_passed(&self, slot: Slot) -> bool {
        self.passed.iter().any(|(passed, _)| *passed == slot)
    }

    /// Lets those who passed be asked again, if their time has come.
    pub fn forget(&mut self, now: Timestamp) {
        if self.again_at.is_some_and(|again| again <= now) {
            self.passed.clear();
            self.again_at = None;
        }
    }

    /// Whether this manager is never given it.
    pub fn excludes(&self, slot: Slot, seat: &Seat) -> bool {
        self.excluded.as_ref().is_some_and(|excluded| excluded.has(slot, seat))
    }

    /// Whether this manager may take it, room and presence aside.
    pub fn admit(&self, slot: Slot, seat: &Seat) -> bool {
        !self.has(slot) && !self.excludes(slot, seat)
    }

    /// Whom the customer's record excludes: the rule file's are in no pool that a leg means.
    pub fn own(&self) -> &[Slot] {
        self.excluded.as_ref().map_or(&[], |excluded| &excluded.own)
    }

    /// Whether a member of a pool that a leg means may take it, room and presence aside.
    pub fn admit_of_pool(&self, slot: Slot) -> bool {
        !self.has(slot) && self.own().binary_search(&slot).is_err()
    }

    /// How many of the members of a pool that a leg means may be barred.
    pub fn count(&self) -> usize {
        self.barred().count() + self.own().len()
    }
}

/// Where the plan comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// From a rule.
    Rule,
    /// From the default assignment, for this reason.
    Fallback(FallbackReason),
    /// From somebody who named the only target.
    Choice,
}

/// One leg of the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leg {
    /// What the step says.
    pub step: Step,
    /// Whom it means.
    pub who: Who,
    /// Thousandths of a unit that must be free; negative when more may be booked than there is.
    pub need: i64,
    /// The hours that it waits for, when it holds dialogs.
    pub gate: Option<Arc<Schedule>>,
}

/// All legs of one dialog's way, as they were when it was planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Itinerary {
    /// The rule set it comes from.
    pub rules: RulesVersion,
    /// The rule.
    pub rule: Option<RuleId>,
    /// What the rule puts on the dialog.
    pub tags: Tags,
    /// Where it comes from.
    pub source: Source,
    /// The plan's own legs, and behind them, when there is one, the default assignment's.
    pub legs: Vec<Leg>,
    /// How many are the plan's own.
    pub own: usize,
    /// The dialog's priority.
    pub priority: Priority,
    /// Who is never given the dialog.
    pub excluded: Option<Arc<Excluded>>,
    /// It has no legs yet: the rules stopped at this rule, until then, for what is being looked up of the customer.
    pub facts_by: Option<Timestamp>,
}

impl Itinerary {
    /// The first leg whose people count at this leg: a step with `only` replaces what was before it,
    /// unless it means nobody.
    pub fn base(&self, at: usize) -> usize {
        let replaces = |leg: &Leg| leg.step.only && leg.who != Who::Nobody;
        (0..=at).rev().find(|leg| self.legs.get(*leg).is_some_and(replaces)).unwrap_or(0)
    }

    /// Whether a leg is the default assignment behind the plan's own steps.
    pub fn is_fallback(&self, at: usize) -> bool {
        at >= self.own
    }

    /// Why the default assignment decides at this leg, if it does.
    pub fn fallback_reason(&self, at: Option<usize>) -> Option<FallbackReason> {
        match self.source {
            Source::Fallback(reason) => Some(reason),
            Source::Rule | Source::Choice => {
                at.filter(|at| self.is_fallback(*at)).map(|_| FallbackReason::StepsExhausted)
            }
        }
    }

    /// The place to remember; `None` when there is no leg to stand at.
    pub fn place(&self, at: usize, entered_at: Timestamp) -> Option<Place> {
        let step = u16::try_from(at).unwrap_or(u16::MAX);
        let (rules, rule) = (&self.rules, &self.rule);
        let place = || Place { rules: rules.clone(), rule: rule.clone(), step, entered_at, held_until: None };
        (at < self.legs.len()).then(place)
    }

    /// The leg that a remembered place means; `None` when it belongs to another plan.
    pub fn leg_of(&self, place: &Place) -> Option<usize> {
        let is_ours = place.rules == self.rules && place.rule == self.rule;
        Some(usize::from(place.step)).filter(|at| is_ours && *at < self.legs.len())
    }

    /// Sees to it that walking it is quick.
    pub fn prepare(&self, roster: &mut Roster) {
        for leg in &self.legs {
            if let Who::Pool(pool) = leg.who {
                roster.prepare(pool, leg.step.pick, leg.need);
            }
        }
    }
}
