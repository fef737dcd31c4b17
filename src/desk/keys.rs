//! Keys that put managers into the order of a strategy; the least key is the best.

use std::cmp::Ordering;

use crate::domain::routing::Strategy;
use crate::domain::time::Timestamp;

use super::seat::Posture;

/// The share of a capacity that is in use, compared exactly: by cross multiplication, never by division.
/// Without any capacity the share is greater than any other, and greater loads are greater.
#[derive(Clone, Copy, Debug)]
pub struct Share {
    load: u32,
    capacity: u32,
}

impl Share {
    /// `load` of `capacity`, both in thousandths of a unit; loads beyond four million units count as that.
    pub fn new(load: u64, capacity: u32) -> Self {
        Self { load: u32::try_from(load).unwrap_or(u32::MAX), capacity }
    }

    const NONE: Self = Self { load: 0, capacity: 1 };
}

impl Ord for Share {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.capacity, other.capacity) {
            (0, 0) => self.load.cmp(&other.load),
            (0, _) => Ordering::Greater,
            (_, 0) => Ordering::Less,
            (mine, theirs) => {
                let here = u64::from(self.load) * u64::from(theirs);
                here.cmp(&(u64::from(other.load) * u64::from(mine)))
            }
        }
    }
}

impl PartialOrd for Share {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Share {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Share {}

/// A part of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The share in use.
    Share,
    /// A time or a position, as the strategy has it.
    Second,
    /// The order of ids.
    Rank,
}

/// Where a manager stands in an order: by share, then by a time or a position, then by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    share: Share,
    second: i64,
    rank: u64,
}

impl Key {
    /// The key under a strategy. `position` is the place in the list of an ordered group.
    pub fn of(strategy: Strategy, posture: &Posture, rank: u64, position: i64) -> Self {
        let (share, second) = match strategy {
            Strategy::RoundRobin => (Share::NONE, 0),
            Strategy::LeastLoaded => (posture.share, or_never(posture.last_assigned_at)),
            Strategy::LongestIdle => (Share::NONE, or_never(posture.idle_since)),
            Strategy::Ordered => (Share::NONE, position),
        };
        Self { share, second, rank }
    }

    /// The first part in which two keys differ.
    pub fn differs_in(&self, other: &Self) -> Option<Field> {
        let parts = [
            (self.share == other.share, Field::Share),
            (self.second == other.second, Field::Second),
            (self.rank == other.rank, Field::Rank),
        ];
        parts.into_iter().find(|(is_same, _)| !is_same).map(|(_, field)| field)
    }

    /// The first key of the ring of round robin that belongs to this rank or one after it.
    pub fn in_ring(rank: u64) -> Self {
        Self { share: Share::NONE, second: 0, rank }
    }
}

/// Whoever never had work has waited longest for it.
fn or_never(at: Option<Timestamp>) -> i64 {
    at.map_or(i64::MIN, Timestamp::micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_compare_as_fractions() {
        assert_eq!(Share::new(1_000, 2_000), Share::new(2_000, 4_000));
        assert!(Share::new(3_000, 10_000) < Share::new(1_000, 3_000));
        assert!(Share::new(u64::from(u32::MAX) - 1, u32::MAX) < Share::new(1, 1));
        assert!(Share::new(0, 0) > Share::new(9_000, 1_000));
        assert!(Share::new(1, 0) > Share::new(0, 0));
    }
}
