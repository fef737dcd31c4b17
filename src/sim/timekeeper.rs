//! The timekeeper: one ordered set of deadlines. A deadline is only a hint to look.

use std::collections::{BTreeMap, BTreeSet};

use super::mail::{Arm, ToDesk, Whose};
use super::world::World;
use crate::domain::ids::DialogId;
use crate::domain::time::Timestamp;

/// Keeps the deadlines.
#[derive(Debug, Default)]
pub(super) struct Timekeeper {
    by_time: BTreeSet<(Timestamp, Whose)>,
    by_owner: BTreeMap<Whose, Timestamp>,
}

impl Timekeeper {
    /// Sets, moves or clears a deadline.
    pub fn arm(&mut self, Arm { whose, at }: Arm) {
        if let Some(before) = self.by_owner.remove(&whose) {
            self.by_time.remove(&(before, whose.clone()));
        }
        if let Some(at) = at {
            self.by_owner.insert(whose.clone(), at);
            self.by_time.insert((at, whose));
        }
    }

    /// The earliest deadline.
    pub fn first(&self) -> Option<Timestamp> {
        self.by_time.first().map(|(at, _)| *at)
    }

    /// When it will look at a dialog.
    pub fn of_dialog(&self, id: &DialogId, lineage: u64) -> Option<Timestamp> {
        self.by_owner.get(&Whose::Dialog(id.clone(), lineage)).copied()
    }

    fn due(&mut self, now: Timestamp) -> Vec<Whose> {
        let mut due = Vec::new();
        while let Some((at, whose)) = self.by_time.pop_first() {
            if now < at {
                self.by_time.insert((at, whose));
                break;
            }
            self.by_owner.remove(&whose);
            due.push(whose);
        }
        due
    }
}

impl World {
    /// Tells the supervisor what is due.
    pub(super) fn ring(&mut self) {
        let now = self.now;
        let Some(memory) = &mut self.memory else { return };
        let due = memory.timekeeper.due(now);
        if !due.is_empty() {
            self.watch.figures.alarms += 1;
            memory.mail.tell_desk(ToDesk::Due(due));
        }
    }

    /// Sets, moves or clears a deadline.
    pub(super) fn arm(&mut self, whose: Whose, at: Option<Timestamp>) {
        if let Some(memory) = &mut self.memory {
            memory.mail.tell_timekeeper(Arm { whose, at });
        }
    }
}
