//! The roster: the account's managers, indexed so that picking one does not look at all of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::domain::ids::{GroupId, ManagerId};
use crate::domain::manager::{CapacityPolicy, Manager};
use crate::domain::routing::Strategy;
use crate::rules::ruleset::{GroupMembers, RuleSet};

use super::census::Census;
use super::keys::Key;
use super::pool::Pool;
use super::ranks::Ranks;
use super::seat::{PoolNo, Posture, Seat, Slot};

/// The pool of all managers.
pub const EVERYONE: PoolNo = 0;

/// Managers, pools and their indexes.
#[derive(Debug)]
pub struct Roster {
    seats: Vec<Seat>,
    slots: HashMap<ManagerId, Slot>,
    ranks: Ranks,
    pools: Vec<Pool>,
    by_group: BTreeMap<GroupId, PoolNo>,
    census: Census,
    /// The amounts that dialogs need, as far as any asked, ascending; rooms are told apart by them.
    thresholds: Vec<i64>,
    capacity: CapacityPolicy,
    /// Pools that the rule file lists a manager in.
    listed: BTreeMap<ManagerId, BTreeSet<PoolNo>>,
    /// Pools that the rule file fills from a group of the CRM's.
    borrowed: BTreeMap<GroupId, BTreeSet<PoolNo>>,
}

impl Roster {
    /// Nobody yet, with the groups and capacities of a rule set.
    pub fn new(rules: &RuleSet) -> Self {
        let mut roster = Self {
            seats: Vec::new(),
            slots: HashMap::new(),
            ranks: Ranks::default(),
            pools: vec![Pool::new(None)],
            by_group: BTreeMap::new(),
            census: Census::default(),
            thresholds: Vec::new(),
            capacity: CapacityPolicy::default(),
            listed: BTreeMap::new(),
            borrowed: BTreeMap::new(),
        };
        roster.adopt(rules);
        roster
    }

    /// Takes over groups and capacities. All orders are forgotten: ask for them again.
    pub fn adopt(&mut self, rules: &RuleSet) {
        self.capacity = rules.capacity().clone();
        self.thresholds.clear();
        self.census.clear();
        self.listed.clear();
        self.borrowed.clear();
        for pool in &mut self.pools {
            pool.clear();
            pool.list(false, &[]);
        }
        for (group, members) in rules.groups() {
            let pool = self.pool_of(group);
            match members {
                GroupMembers::Managers(managers) => {
                    self.pools[pool].list(true, managers);
                    for manager in managers {
                        self.listed.entry(manager.clone()).or_default().insert(pool);
                    }
                }
                GroupMembers::Crm(source) => {
                    self.pools[pool].list(true, &[]);
                    self.borrowed.entry(source.clone()).or_default().insert(pool);
                }
            }
        }
        for slot in 0..self.seats.len() {
            self.seats[slot].pools.clear();
            self.seats[slot].class = None;
            self.join(slot);
        }
    }

    /// The pool of a group, made when it is new.
    pub fn pool_of(&mut self, group: &GroupId) -> PoolNo {
        if let Some(pool) = self.by_group.get(group) {
            return *pool;
        }
        let pool = self.pools.len();
        self.pools.push(Pool::new(Some(group.clone())));
        self.by_group.insert(group.clone(), pool);
        pool
    }

    /// The pool of a group that was mentioned before.
    pub fn find_pool(&self, group: &GroupId) -> Option<PoolNo> {
        self.by_group.get(group).copied()
    }

    /// Whether a pool is more than a name: everyone, a group of the rule file, or one that somebody is in.
    pub fn exists(&self, pool: PoolNo) -> bool {
        pool == EVERYONE || self.pools[pool].declared || !self.pools[pool].members.is_empty()
    }

    /// A pool by number.
    pub fn pool(&self, pool: PoolNo) -> &Pool {
        &self.pools[pool]
    }

    /// A pool by number.
    pub fn pool_mut(&mut self, pool: PoolNo) -> &mut Pool {
        &mut self.pools[pool]
    }

    /// All pools; the first is everyone.
    pub fn pools(&self) -> &[Pool] {
        &self.pools
    }

    /// The seat of a manager, made when the id is new.
    pub fn slot_of(&mut self, id: &ManagerId) -> Slot {
        if let Some(slot) = self.slots.get(id) {
            return *slot;
        }
        let all_moved = self.ranks.add(id);
        let slot = self.seats.len();
        self.seats.push(Seat::new(id.clone(), self.ranks.of(id).unwrap_or_default()));
        self.slots.insert(id.clone(), slot);
        if all_moved {
            for (id, rank) in self.ranks.iter() {
                if let Some(slot) = self.slots.get(id) {
                    self.seats[*slot].rank = rank;
                }
            }
            self.rebuild();
        }
        slot
    }

    /// The seat of a manager who was mentioned before.
    pub fn find(&self, id: &ManagerId) -> Option<Slot> {
        self.slots.get(id).copied()
    }

    /// A seat by number.
    pub fn seat(&self, slot: Slot) -> &Seat {
        &self.seats[slot]
    }

    /// A seat by number, to change what no index knows of.
    pub fn seat_mut(&mut self, slot: Slot) -> &mut Seat {
        &mut self.seats[slot]
    }

    /// All seats.
    pub fn seats(&self) -> &[Seat] {
        &self.seats
    }

    /// The seats of those who belong to the account, by id.
    pub fn by_id(&self) -> impl Iterator<Item = (Slot, &Seat)> {
        let slots = self.ranks.iter().filter_map(|(id, _)| self.find(id));
        slots.map(|slot| (slot, &self.seats[slot])).filter(|(_, seat)| seat.belongs())
    }

    /// Changes what the indexes know of a manager: load, work or availability.
    pub fn change(&mut self, slot: Slot, change: impl FnOnce(&mut Seat)) {
        let Self { seats, pools, census, thresholds, .. } = self;
        let seat = &mut seats[slot];
        let before = seat.posture(thresholds);
        change(seat);
        let after = seat.posture(thresholds);
        let Some(class) = seat.class.filter(|_| before != after) else {
            return;
        };
        for pool in &seat.pools {
            pools[*pool].shift(slot, &seat.id, seat.rank, Some(&before), Some(&after));
        }
        census.shift(class, Some(&before), Some(&after));
    }

    /// Takes over a manager's record: groups, capacity, removal.
    pub fn enrol(&mut self, slot: Slot, record: Arc<Manager>) {
        let Self { seats, pools, census, thresholds, .. } = self;
        let seat = &mut seats[slot];
        let before = seat.posture(thresholds);
        for pool in std::mem::take(&mut seat.pools) {
            pools[pool].shift(slot, &seat.id, seat.rank, Some(&before), None);
        }
        if let Some(class) = seat.class.take() {
            census.shift(class, Some(&before), None);
        }
        seat.record = Some(record);
        self.join(slot);
    }

    /// Puts somebody who is in no pool into all that are theirs.
    fn join(&mut self, slot: Slot) {
        let Some(record) = self.seats[slot].record.clone() else {
            return;
        };
        let pools = if record.active { self.pools_for(&record) } else { Vec::new() };
        let class = record.active.then(|| self.census.class_of(&pools));
        let Self { seats, census, thresholds, capacity, .. } = self;
        let seat = &mut seats[slot];
        seat.capacity = capacity.of_manager(&record);
        seat.pools = pools;
        seat.class = class;
        let after = seat.posture(thresholds);
        for pool in &seat.pools {
            self.pools[*pool].shift(slot, &seat.id, seat.rank, None, Some(&after));
        }
        if let Some(class) = class {
            census.shift(class, None, Some(&after));
        }
    }

    /// Everyone's pool, those of the rule file, and those of the CRM's groups that the rule file does not define itself.
    fn pools_for(&mut self, record: &Manager) -> Vec<PoolNo> {
        let mut pools: BTreeSet<PoolNo> = self.listed.get(&record.id).cloned().unwrap_or_default();
        pools.insert(EVERYONE);
        for group in &record.groups {
            if let Some(borrowing) = self.borrowed.get(group) {
                pools.extend(borrowing);
            }
            let pool = self.pool_of(group);
            if !self.pools[pool].declared {
                pools.insert(pool);
            }
        }
        pools.into_iter().collect()
    }

    /// Sees to it that picking by this strategy from this pool for this need (thousandths of a unit) is quick.
    /// The first time this looks at all managers; later it costs next to nothing.
    pub fn prepare(&mut self, pool: PoolNo, strategy: Strategy, need: i64) {
        if let Err(at) = self.thresholds.binary_search(&need) {
            self.thresholds.insert(at, need);
            self.rebuild();
        }
        self.begin_order(pool, strategy);
    }

    fn begin_order(&mut self, pool: PoolNo, strategy: Strategy) {
        if self.pools[pool].has_order(strategy) {
            return;
        }
        let slots: Vec<Slot> = self.pools[pool].members.iter().copied().collect();
        let Self { seats, pools, thresholds, .. } = self;
        let members = slots.into_iter().map(|slot| {
            let seat = &seats[slot];
            (slot, &seat.id, seat.rank, seat.posture(thresholds))
        });
        pools[pool].begin_order(strategy, members);
    }

    /// Builds all indexes anew, with the orders there were.
    fn rebuild(&mut self) {
        let mut orders = Vec::new();
        for (at, pool) in self.pools.iter_mut().enumerate() {
            orders.extend(
                Strategy::ALL.into_iter().filter(|s| pool.has_order(*s)).map(|strategy| (at, strategy)),
            );
            pool.clear();
        }
        self.census.clear();
        for slot in 0..self.seats.len() {
            self.join(slot);
        }
        for (pool, strategy) in orders {
            self.begin_order(pool, strategy);
        }
    }

    /// The level of room from which on this need fits. The need must have been prepared.
    pub fn level_for(&self, need: i64) -> usize {
        self.thresholds.partition_point(|known| *known < need) + 1
    }

    /// What the indexes know of a manager.
    pub fn posture(&self, slot: Slot) -> Posture {
        self.seats[slot].posture(&self.thresholds)
    }

    /// The classes.
    pub fn census(&self) -> &Census {
        &self.census
    }

    /// Where the ring of round robin goes on; `None`: at its beginning.
    pub fn ring_from(&self, pool: PoolNo) -> Option<Key> {
        let last = self.pools[pool].last_served.as_ref()?;
        let rank = match self.slots.get(last) {
            Some(slot) => Some(self.seats[*slot].rank + 1),
            None => self.ranks.after(last),
        };
        rank.map(Key::in_ring)
    }

    /// The manager whom the strategy picks from a pool, of those with room for the need, passing over `barred`.
    pub fn pick(
        &self,
        pool: PoolNo,
        strategy: Strategy,
        need: i64,
        barred: [Option<Slot>; 2],
    ) -> Option<Slot> {
        let from = if strategy == Strategy::RoundRobin { self.ring_from(pool) } else { None };
        self.pools[pool].best(strategy, self.level_for(need), from, barred)
    }
}
