//! The roster: the account's managers, indexed so that picking one does not look at all of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::domain::ids::{GroupId, ManagerId};
use crate::domain::manager::{CapacityPolicy, Manager};
use crate::domain::routing::Strategy;
use crate::rules::ruleset::{GroupMembers, RuleSet};

use super::census::Census;
use super::deputies::StandIns;
use super::excluded::{Cut, Cuts};
use super::keys::Key;
use super::pool::Pool;
use super::ranks::Ranks;
use super::seat::{PoolNo, Posture, Seat, Slot};
use super::stances::{Noted, Stances};

/// The pool of all managers.
pub const EVERYONE: PoolNo = 0;

/// Managers, pools and their indexes.
#[derive(Clone, Debug)]
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
    stances: Stances,
    /// Pools without those whom the rule file excludes.
    cuts: Cuts,
    stand_ins: StandIns,
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
            stances: Stances::default(),
            cuts: Cuts::default(),
            stand_ins: StandIns::default(),
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
            pool.cap = None;
        }
        for (group, members) in rules.groups() {
            let pool = self.pool_of(group);
            self.pools[pool].cap = rules.group_cap(group);
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
        for (number, cut) in self.cuts.iter() {
            let positions = self.pools[cut.of].positions();
            self.pools[number].list_as(positions);
        }
        for slot in 0..self.seats.len() {
            self.seats[slot].pools.clear();
            self.seats[slot].class = None;
            self.join(slot);
            self.stances.note(slot, &mut self.seats[slot], Noted::Places);
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
        let pool = self.whole(pool);
        pool == EVERYONE || self.pools[pool].declared || !self.pools[pool].members.is_empty()
    }

    /// The pool that a cut is made of; any other pool is whole itself.
    pub fn whole(&self, pool: PoolNo) -> PoolNo {
        self.pools[pool].cut_of.unwrap_or(pool)
    }

    /// A pool without somebody, made when nobody asked for it before: that looks at all managers.
    pub fn cut(&mut self, cut: Cut) -> PoolNo {
        if let Some(number) = self.cuts.find(&cut) {
            return number;
        }
        let pool = self.pools[cut.of].cut(cut.of);
        let number = self.cuts.former(&cut).unwrap_or(self.pools.len());
        if number == self.pools.len() {
            self.pools.push(pool);
        } else {
            self.pools[number] = pool;
        }
        self.cuts.add(number, cut);
        self.rebuild();
        number
    }

    /// The cuts that members are kept for.
    pub fn cuts(&self) -> &Cuts {
        &self.cuts
    }

    /// Keeps no members for cuts that are not wanted any more.
    pub fn give_up_cuts(&mut self, is_wanted: impl Fn(PoolNo) -> bool) {
        for number in self.cuts.give_up(is_wanted) {
            self.pools[number].clear();
        }
        self.rebuild();
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

    /// How stances were told.
    pub fn stances(&self) -> &Stances {
        &self.stances
    }

    /// How stances were told, to go on.
    pub fn stances_mut(&mut self) -> &mut Stances {
        &mut self.stances
    }

    /// All seats.
    pub fn seats(&self) -> &[Seat] {
        &self.seats
    }

    /// Who stands in for whom.
    pub fn stand_ins(&self) -> &StandIns {
        &self.stand_ins
    }

    /// Lets others stand in from now on; those who did before.
    pub fn appoint(&mut self, stand_ins: StandIns) -> StandIns {
        std::mem::replace(&mut self.stand_ins, stand_ins)
    }

    /// Who acts for somebody whom a step names: their stand-in, or they themselves.
    pub fn acting_for(&self, slot: Slot) -> Slot {
        self.stand_ins.acting_for(slot)
    }

    /// The seats of those who belong to the account, by id.
    pub fn by_id(&self) -> impl Iterator<Item = (Slot, &Seat)> {
        let slots = self.ranks.iter().filter_map(|(id, _)| self.find(id));
        slots.map(|slot| (slot, &self.seats[slot])).filter(|(_, seat)| seat.belongs())
    }

    /// Changes what the indexes know of a manager: load, work or availability.
    pub fn change(&mut self, slot: Slot, change: impl FnOnce(&mut Seat)) {
        let Self { seats, pools, census, thresholds, stances, .. } = self;
        let seat = &mut seats[slot];
        let before = seat.posture(thresholds);
        change(seat);
        stances.note(slot, seat, Noted::Stance);
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
        self.stances.note(slot, &mut self.seats[slot], Noted::Places);
    }

    /// Puts somebody who is in no pool into all that are theirs.
    fn join(&mut self, slot: Slot) {
        let Some(record) = self.seats[slot].record.clone() else {
            return;
        };
        let pools = if record.active { self.pools_for(slot, &record) } else { Vec::new() };
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

    /// Everyone's pool, those of the rule file, those of the CRM's groups that the rule file does not define
    /// itself, and the cuts of all of these that do not leave them out.
    fn pools_for(&mut self, slot: Slot, record: &Manager) -> Vec<PoolNo> {
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
        let in_cut = |(_, cut): &(PoolNo, &Cut)| cut.keeps(slot, |pool| pools.contains(&pool));
        let cuts: Vec<PoolNo> = self.cuts.iter().filter(in_cut).map(|(number, _)| number).collect();
        pools.into_iter().chain(cuts).collect::<BTreeSet<_>>().into_iter().collect()
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

    /// The most that a dialog may need for somebody of a pool to have room; `None`: nobody has any.
    pub fn most_room(&self, pool: PoolNo) -> Option<i64> {
        let level = self.pools[pool].highest_level()?;
        self.thresholds.get(level.checked_sub(1)?).copied()
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
        let last = self.pools[self.whole(pool)].last_served.as_ref()?;
        let rank = match self.slots.get(last) {
            Some(slot) => Some(self.seats[*slot].rank + 1),
            None => self.ranks.after(last),
        };
        rank.map(Key::in_ring)
    }

    /// The manager whom the strategy picks from a pool, of those with room for the need and allowed.
    pub fn pick(
        &self,
        pool: PoolNo,
        strategy: Strategy,
        need: i64,
        allowed: impl Fn(Slot) -> bool,
    ) -> Option<Slot> {
        let from = if strategy == Strategy::RoundRobin { self.ring_from(pool) } else { None };
        self.pools[pool].best(strategy, self.level_for(need), from, allowed)
    }
}
