//! Ranks: numbers that order managers as their ids do, so that orders compare integers instead of texts.

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::domain::ids::ManagerId;

/// The gap left between two neighbours when there is space.
const GAP: u64 = 1 << 24;
/// The first rank; as far from one end as from the other.
const MIDDLE: u64 = 1 << 63;

/// Ids with their ranks.
#[derive(Clone, Debug, Default)]
pub struct Ranks {
    by_id: BTreeMap<ManagerId, u64>,
    last_added: u64,
}

impl Ranks {
    /// Gives a rank to a new id. True when there was no space left and all ranks changed.
    pub fn add(&mut self, id: &ManagerId) -> bool {
        if self.by_id.contains_key(id) {
            return false;
        }
        let before = self.by_id.range::<ManagerId, _>(..id).next_back().map(|(_, rank)| *rank);
        let after = self.after(id);
        let Some(rank) = self.between(before, after) else {
            self.by_id.insert(id.clone(), 0);
            self.spread();
            return true;
        };
        self.by_id.insert(id.clone(), rank);
        self.last_added = rank;
        false
    }

    /// Ids mostly come in order, up or down: such a run goes on in steps beside whoever came last,
    /// anything else goes into the middle of its gap.
    fn between(&self, before: Option<u64>, after: Option<u64>) -> Option<u64> {
        match (before, after) {
            (None, None) => Some(MIDDLE),
            (Some(before), None) => before.checked_add(GAP),
            (None, Some(after)) => after.checked_sub(GAP),
            (Some(before), Some(after)) => {
                let gap = after - before;
                let step = if self.last_added == before {
                    (gap / 2).min(GAP >> 12)
                } else if self.last_added == after {
                    gap - (gap / 2).min(GAP >> 12)
                } else {
                    gap / 2
                };
                (step > 0 && step < gap).then(|| before + step)
            }
        }
    }

    fn spread(&mut self) {
        let mut rank = MIDDLE - (self.by_id.len() as u64 / 2) * GAP;
        for place in self.by_id.values_mut() {
            *place = rank;
            rank += GAP;
        }
    }

    /// The rank of an id that was added.
    pub fn of(&self, id: &ManagerId) -> Option<u64> {
        self.by_id.get(id).copied()
    }

    /// The rank of the first id after this one, which itself need not be known.
    pub fn after(&self, id: &ManagerId) -> Option<u64> {
        let behind = (Bound::Excluded(id), Bound::Unbounded);
        self.by_id.range::<ManagerId, _>(behind).next().map(|(_, rank)| *rank)
    }

    /// All ids with their ranks, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&ManagerId, u64)> {
        self.by_id.iter().map(|(id, rank)| (id, *rank))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn runs_in_order_do_not_change_the_ranks_of_others() {
        let mut ranks = Ranks::default();
        ranks.add(&ManagerId::trusted("zoe"));
        ranks.add(&ManagerId::trusted("ana"));
        for n in 0..2_000 {
            assert!(!ranks.add(&ManagerId::trusted(&format!("m{n:05}"))));
        }
    }

    proptest! {
        #[test]
        fn ranks_order_as_ids_do(ids in proptest::collection::vec("[a-c]{1,6}", 1..200)) {
            let mut ranks = Ranks::default();
            for id in &ids {
                ranks.add(&ManagerId::trusted(id));
            }
            let listed: Vec<u64> = ranks.iter().map(|(_, rank)| rank).collect();
            prop_assert!(listed.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }
}
