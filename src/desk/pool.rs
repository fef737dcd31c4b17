//! A pool: the managers of one group, or all of them, kept in the orders that the strategies in use ask for.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use crate::domain::ids::{GroupId, ManagerId};
use crate::domain::routing::Strategy;

use super::keys::Key;
use super::seat::{PoolNo, Posture, Slot};

/// One order of the managers that may take work now, those with equally much room together:
/// `levels[n]` has those in whose free units just `n` of the known needs fit.
#[derive(Clone, Debug, Default)]
struct Order {
    levels: Vec<BTreeMap<Key, Slot>>,
}

impl Order {
    fn put(&mut self, posture: &Posture, key: Key, slot: Slot) {
        if self.levels.len() <= posture.level {
            self.levels.resize_with(posture.level + 1, BTreeMap::new);
        }
        self.levels[posture.level].insert(key, slot);
    }

    fn take(&mut self, posture: &Posture, key: Key) {
        if let Some(level) = self.levels.get_mut(posture.level) {
            level.remove(&key);
        }
    }
}

/// The managers that a target names.
#[derive(Clone, Debug)]
pub struct Pool {
    /// The group; `None`: everyone.
    pub group: Option<GroupId>,
    /// The target as the rule file writes it; names the turn of round robin in the store.
    pub key: Arc<str>,
    /// Who had the last turn of round robin.
    pub last_served: Option<ManagerId>,
    /// The pool that this one is a part of: those whom a rule file excludes are left out.
    pub cut_of: Option<PoolNo>,
    /// The rule file has this group.
    pub declared: bool,
    /// Its members, present or not.
    pub members: BTreeSet<Slot>,
    /// How many of them are at work.
    pub here: u32,
    /// How many dialogs may have come through its step and be assigned; `None`: any number.
    pub cap: Option<u32>,
    /// How many have and are, those on their way to somebody included.
    pub used: u32,
    /// The place of those whom the rule file lists.
    positions: Arc<BTreeMap<ManagerId, i64>>,
    orders: [Option<Order>; 4],
}

fn index(strategy: Strategy) -> usize {
    match strategy {
        Strategy::RoundRobin => 0,
        Strategy::LeastLoaded => 1,
        Strategy::LongestIdle => 2,
        Strategy::Ordered => 3,
    }
}

impl Pool {
    /// A pool without members.
    pub fn new(group: Option<GroupId>) -> Self {
        let key = match &group {
            Some(group) => format!("group:{group}"),
            None => "everyone".to_owned(),
        };
        Self {
            group,
            key: key.into(),
            last_served: None,
            cut_of: None,
            declared: false,
            members: BTreeSet::new(),
            here: 0,
            cap: None,
            used: 0,
            positions: Arc::default(),
            orders: [const { None }; 4],
        }
    }

    /// Forgets members and orders; whose turn it is stays, and what the group has.
    pub fn clear(&mut self) {
        self.members.clear();
        self.here = 0;
        self.orders = [const { None }; 4];
    }

    /// Takes the order in which the rule file lists the group; empty when it does not.
    pub fn list(&mut self, declared: bool, managers: &[ManagerId]) {
        self.declared = declared;
        let mut positions = BTreeMap::new();
        for (id, place) in managers.iter().zip(0_i64..) {
            positions.entry(id.clone()).or_insert(place);
        }
        self.positions = Arc::new(positions);
    }

    /// A pool of some of this one's members, without members so far.
    pub fn cut(&self, number: PoolNo) -> Self {
        let (key, positions) = (Arc::clone(&self.key), Arc::clone(&self.positions));
        Self { key, positions, cut_of: Some(number), ..Self::new(None) }
    }

    /// Takes over the order in which the rule file lists the pool that this one is a cut of.
    pub fn list_as(&mut self, positions: Arc<BTreeMap<ManagerId, i64>>) {
        self.positions = positions;
    }

    /// The order in which the rule file lists it.
    pub fn positions(&self) -> Arc<BTreeMap<ManagerId, i64>> {
        Arc::clone(&self.positions)
    }

    fn key_of(&self, strategy: Strategy, posture: &Posture, id: &ManagerId, rank: u64) -> Key {
        let is_ordered = strategy == Strategy::Ordered;
        let position = if is_ordered { self.positions.get(id).copied().unwrap_or(i64::MAX) } else { 0 };
        Key::of(strategy, posture, rank, position)
    }

    /// The place of somebody whom the rule file lists in this group.
    pub fn position(&self, id: &ManagerId) -> Option<u32> {
        self.positions.get(id).and_then(|place| u32::try_from(*place).ok())
    }

    /// Whether the managers are kept in this order.
    pub fn has_order(&self, strategy: Strategy) -> bool {
        self.orders[index(strategy)].is_some()
    }

    /// Begins to keep an order. `members` are all of the pool's.
    pub fn begin_order<'a>(
        &mut self,
        strategy: Strategy,
        members: impl Iterator<Item = (Slot, &'a ManagerId, u64, Posture)>,
    ) {
        let mut order = Order::default();
        for (slot, id, rank, posture) in members {
            if posture.absence.is_none() {
                order.put(&posture, self.key_of(strategy, &posture, id, rank), slot);
            }
        }
        self.orders[index(strategy)] = Some(order);
    }

    /// Puts a member where they stand now. `before` and `after` are `None` when they were or are no member.
    pub fn shift(
        &mut self,
        slot: Slot,
        id: &ManagerId,
        rank: u64,
        before: Option<&Posture>,
        after: Option<&Posture>,
    ) {
        self.here -= u32::from(before.is_some_and(Posture::is_here));
        self.here += u32::from(after.is_some_and(Posture::is_here));
        match (before, after) {
            (None, Some(_)) => drop(self.members.insert(slot)),
            (Some(_), None) => drop(self.members.remove(&slot)),
            (None, None) | (Some(_), Some(_)) => {}
        }
        let able = |posture: &&Posture| posture.absence.is_none();
        let (before, after) = (before.filter(able), after.filter(able));
        for strategy in Strategy::ALL {
            if !self.has_order(strategy) {
                continue;
            }
            let old = before.map(|posture| (posture, self.key_of(strategy, posture, id, rank)));
            let new = after.map(|posture| (posture, self.key_of(strategy, posture, id, rank)));
            let stays = matches!((&old, &new), (Some((a, x)), Some((b, y))) if a.level == b.level && x == y);
            if let Some(order) = self.orders[index(strategy)].as_mut().filter(|_| !stays) {
                if let Some((posture, key)) = old {
                    order.take(posture, key);
                }
                if let Some((posture, key)) = new {
                    order.put(posture, key, slot);
                }
            }
        }
    }

    /// The best by the strategy among those with room, passing over those who are not `allowed`: few.
    ///
    /// Room have those of `level` and above; `from` is where the ring of round robin goes on.
    /// The order must have been begun.
    pub fn best(
        &self,
        strategy: Strategy,
        level: usize,
        from: Option<Key>,
        allowed: impl Fn(Slot) -> bool,
    ) -> Option<Slot> {
        let levels = self.levels(strategy, level, usize::MAX);
        let allowed = |(_, slot): &(&Key, &Slot)| allowed(**slot);
        let first = |lower: Bound<Key>| {
            let heads =
                levels.iter().filter_map(|level| level.range((lower, Bound::Unbounded)).find(allowed));
            heads.min_by_key(|(key, _)| **key).map(|(_, slot)| *slot)
        };
        let onward =
            from.filter(|_| strategy == Strategy::RoundRobin).and_then(|key| first(Bound::Included(key)));
        onward.or_else(|| first(Bound::Unbounded))
    }

    /// The first few in the order of the strategy (for round robin: of the ring), of `levels` from..below.
    pub fn nearest(
        &self,
        strategy: Strategy,
        range: std::ops::Range<usize>,
        from: Option<Key>,
        count: usize,
    ) -> Vec<Slot> {
        let levels = self.levels(strategy, range.start, range.end);
        let from = from.filter(|_| strategy == Strategy::RoundRobin);
        let mut found: Vec<(bool, Key, Slot)> = Vec::new();
        for level in levels {
            let onward = from.map_or(Bound::Unbounded, Bound::Included);
            let around = from.map(|key| level.range((Bound::Unbounded, Bound::Excluded(key))));
            let onward = level.range((onward, Bound::Unbounded)).map(|entry| (false, entry));
            let ring = onward.chain(around.into_iter().flatten().map(|entry| (true, entry)));
            found.extend(ring.take(count).map(|(is_behind, (key, slot))| (is_behind, *key, *slot)));
        }
        found.sort_unstable();
        found.truncate(count);
        found.into_iter().map(|(_, _, slot)| slot).collect()
    }

    fn levels(&self, strategy: Strategy, from: usize, below: usize) -> &[BTreeMap<Key, Slot>] {
        let levels = self.orders[index(strategy)].as_ref().map_or(&[][..], |order| &order.levels);
        let below = below.min(levels.len());
        levels.get(from..below).unwrap_or_default()
    }

    /// The highest level that somebody who may take work has; `None`: nobody may.
    pub fn highest_level(&self) -> Option<usize> {
        let order = self.orders.iter().flatten().next()?;
        order.levels.iter().rposition(|level| !level.is_empty())
    }

    /// All that the orders hold, for the check of the indexes.
    pub fn entries(&self) -> impl Iterator<Item = (Strategy, usize, Key, Slot)> {
        Strategy::ALL.into_iter().flat_map(move |strategy| {
            let levels = self.levels(strategy, 0, usize::MAX).iter().enumerate();
            levels
                .flat_map(move |(at, level)| level.iter().map(move |(key, slot)| (strategy, at, *key, *slot)))
        })
    }

    /// Where a member of this posture stands in an order.
    pub fn place(&self, strategy: Strategy, posture: &Posture, id: &ManagerId, rank: u64) -> (usize, Key) {
        (posture.level, self.key_of(strategy, posture, id, rank))
    }
}
