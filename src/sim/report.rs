//! The report: what a simulated day came to, as figures and as text. The same day gives the same bytes.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::domain::announcement::{Announcement, Body};
use crate::domain::figures::ServiceFigure;
use crate::domain::ids::ManagerId;
use crate::domain::routing::{Cause, Decision, Responsible};

/// Durations of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Times {
    all: Vec<Duration>,
}

impl Times {
    /// Adds one.
    pub fn add(&mut self, took: Duration) {
        self.all.push(took);
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// Their mean; zero when there are none.
    pub fn mean(&self) -> Duration {
        let count = u32::try_from(self.all.len()).unwrap_or(u32::MAX).max(1);
        self.all.iter().sum::<Duration>() / count
    }

    /// The share of those that are longer than nothing; zero when there are none.
    pub fn share_above_zero(&self) -> f64 {
        let above = self.all.iter().filter(|took| !took.is_zero()).count();
        if self.all.is_empty() { 0.0 } else { above as f64 / self.all.len() as f64 }
    }

    /// The one below which `percent` of them lie (nearest rank); zero when there are none.
    pub fn percentile(&self, percent: usize) -> Duration {
        let mut sorted = self.all.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent.min(100)).div_ceil(100).max(1);
        sorted.get(rank - 1).copied().unwrap_or_default()
    }

    /// All, in the order they came.
    pub fn all(&self) -> &[Duration] {
        &self.all
    }
}

/// Figures of a day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Requests from outside.
    pub requests: u64,
    /// Steps of the scheduler.
    pub steps: u64,
    /// How often nothing was under way.
    pub rests: u64,
    /// How often deadlines rang.
    pub alarms: u64,
    /// Groups of changes made durable.
    pub groups: u64,
    /// Changes made durable.
    pub commits: u64,
    /// Changes that contradicted the store.
    pub conflicts: u64,
    /// Crashes.
    pub crashes: u64,
    /// Requests that lost too many races.
    pub busy: u64,
    /// Requests that nobody answered.
    pub unknown: u64,
    /// Decisions that came too late for their dialog.
    pub declined: u64,
    /// Decisions, by effect.
    pub decisions: BTreeMap<&'static str, u64>,
    /// Announcements, by name.
    pub announced: BTreeMap<&'static str, u64>,
    /// Changes of responsible, by cause.
    pub causes: BTreeMap<&'static str, u64>,
    /// Closures, by reason.
    pub closures: BTreeMap<&'static str, u64>,
    /// Refusals, by code.
    pub refusals: BTreeMap<&'static str, u64>,
    /// Dialogs given to each manager.
    pub given: BTreeMap<ManagerId, u64>,
    /// From opening to the first assignment.
    pub time_to_assign: Times,
    /// From opening to the first reply.
    pub first_reply: Times,
    /// How long a responsible held a dialog.
    pub handle: Times,
    /// From opening to closure.
    pub resolution: Times,
    /// Dialogs that ended without a reply.
    pub abandoned: u64,
}

impl Figures {
    /// A decision was made.
    pub(super) fn decided(&mut self, decision: &Decision) {
        *self.decisions.entry(decision.effect.word()).or_default() += 1;
    }

    /// An announcement came out.
    pub(super) fn announced(&mut self, announcement: &Announcement) {
        *self.announced.entry(announcement.body.name()).or_default() += 1;
        let body = &announcement.body;
        if let Body::DialogAssigned { to, .. } | Body::DialogReassigned { to, .. } = body {
            let cause = announcement.cause.map_or("-", Cause::word);
            *self.causes.entry(cause).or_default() += 1;
            if let Responsible::Manager(manager) = to {
                *self.given.entry(manager.clone()).or_default() += 1;
            }
        }
        if let Body::DialogClosed { reason, .. } = body {
            *self.closures.entry(reason.word()).or_default() += 1;
        }
    }

    /// Something was measured.
    pub(super) fn measure(&mut self, figure: &ServiceFigure) {
        match figure {
            ServiceFigure::TimeToAssign { took, .. } => self.time_to_assign.add(*took),
            ServiceFigure::FirstReply { took, .. } => self.first_reply.add(*took),
            ServiceFigure::Handle { took, .. } => self.handle.add(*took),
            ServiceFigure::Resolution { took, .. } => self.resolution.add(*took),
            ServiceFigure::Abandoned { .. } => self.abandoned += 1,
            ServiceFigure::Reply { .. } => {}
        }
    }

    /// Moves that nobody asked for.
    pub fn automatic_moves(&self) -> u64 {
        let automatic =
            Cause::ALL.iter().filter(|cause| cause.is_automatic_move() || **cause == Cause::MaxMoves);
        automatic.filter_map(|cause| self.causes.get(cause.word())).sum()
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "requests {}, refused {}", self.requests, self.refusals.values().sum::<u64>())?;
        writeln!(
            f,
            "steps {}, at rest {}, alarms {}, commits {} in {} groups, conflicts {}, crashes {}",
            self.steps, self.rests, self.alarms, self.commits, self.groups, self.conflicts, self.crashes
        )?;
        for (name, times) in [
            ("time to assign", &self.time_to_assign),
            ("first reply", &self.first_reply),
            ("handle", &self.handle),
            ("resolution", &self.resolution),
        ] {
            writeln!(
                f,
                "{name}: {} times, mean {:?}, half {:?}, 95 % {:?}",
                times.count(),
                times.mean(),
                times.percentile(50),
                times.percentile(95)
            )?;
        }
        writeln!(
            f,
            "abandoned {}, moved {}, declined {}",
            self.abandoned,
            self.automatic_moves(),
            self.declined
        )?;
        for (name, counts) in [
            ("decisions", &self.decisions),
            ("announced", &self.announced),
            ("causes", &self.causes),
            ("closures", &self.closures),
            ("refusals", &self.refusals),
        ] {
            write!(f, "{name}:")?;
            counts.iter().try_for_each(|(word, count)| write!(f, " {word} {count}"))?;
            writeln!(f)?;
        }
        write!(f, "given:")?;
        self.given.iter().try_for_each(|(manager, count)| write!(f, " {manager} {count}"))?;
        writeln!(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let mut times = Times::default();
        for seconds in [4, 1, 3, 0] {
            times.add(Duration::from_secs(seconds));
        }
        assert_eq!(times.percentile(50), Duration::from_secs(1));
        assert_eq!(times.percentile(100), Duration::from_secs(4));
        assert_eq!((times.mean(), times.share_above_zero()), (Duration::from_secs(2), 0.75));
    }
}
