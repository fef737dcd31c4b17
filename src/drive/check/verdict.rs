//! What the events came to.

use std::collections::BTreeMap;
use std::time::Duration;

use super::violation::{Kind, Violation};
use crate::drive::latency::Histogram;

/// What the events came to.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Events judged.
    pub events: u64,
    /// Dialogs opened.
    pub opened: u64,
    /// Assignments and reassignments.
    pub assignments: u64,
    /// Of those, from one manager to another.
    pub moves: u64,
    /// Closures.
    pub closed: u64,
    /// Dialogs that wait at the end.
    pub still_waiting: u64,
    /// From opening to the first responsible, by the server's stamps.
    pub waits: Histogram,
    /// The longest time a dialog waited while somebody allowed had room.
    pub longest_in_vain: Duration,
    /// By manager: assignments, and the most dialogs held at once.
    pub managers: BTreeMap<String, (u64, u32)>,
    /// How many violations of each kind.
    pub counts: BTreeMap<Kind, u64>,
    /// The first of them.
    pub violations: Vec<Violation>,
}

impl Verdict {
    /// Whether there was nothing to object to.
    pub fn is_clean(&self) -> bool {
        self.counts.is_empty()
    }
}
