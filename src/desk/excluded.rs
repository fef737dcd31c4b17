//! Exclusion: who is never given the dialogs of a customer, whatever step names them.
//!
//! There are two sources, and they are kept apart since they differ in number. A customer's record names a few
//! managers, mostly other ones for each customer: they are passed over, one by one, when somebody is picked. The
//! rule file excludes the same managers and groups from many dialogs: for each such set there is a [`Cut`] of each
//! pool that a step names, which is a pool of its own with its own orders and its own queues, so that picking
//! and waiting cost no more than without. Steps that name one person ask for both here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::dialog::Dialog;
use crate::domain::time::Timestamp;

use super::Desk;
use super::itinerary::Who;
use super::seat::{PoolNo, Seat, Slot};

/// How many cuts there may be before those that nobody waits for are given up. Each costs its share whenever
/// something about one of its managers changes.
const MANY_CUTS: usize = 64;

/// Who is never given a dialog.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Excluded {
    /// By the customer's record; ascending.
    pub own: Vec<Slot>,
    /// One by one by the rule file; ascending.
    pub slots: Vec<Slot>,
    /// As members of these groups, by the rule file; ascending.
    pub groups: Vec<PoolNo>,
}

impl Excluded {
    /// Whether somebody is excluded.
    pub fn has(&self, slot: Slot, seat: &Seat) -> bool {
        self.own.binary_search(&slot).is_ok()
            || self.slots.binary_search(&slot).is_ok()
            || self.groups.iter().any(|group| seat.pools.binary_search(group).is_ok())
    }
}

/// A pool without those whom the rule file excludes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cut {
    /// The whole pool.
    pub of: PoolNo,
    /// Who is excluded one by one; ascending.
    pub slots: Vec<Slot>,
    /// Who is excluded as a member of a group; ascending.
    pub groups: Vec<PoolNo>,
}

impl Cut {
    /// Whether somebody who is in these whole pools is in the cut.
    pub fn keeps(&self, slot: Slot, is_in: impl Fn(PoolNo) -> bool) -> bool {
        is_in(self.of)
            && self.slots.binary_search(&slot).is_err()
            && !self.groups.iter().any(|group| is_in(*group))
    }
}

/// The cuts that there are.
#[derive(Clone, Debug, Default)]
pub struct Cuts {
    /// Those that members are kept for.
    in_use: BTreeMap<PoolNo, Cut>,
    /// All that there ever were: a cut that is asked for again gets its number back.
    numbers: BTreeMap<Cut, PoolNo>,
}

impl Cuts {
    /// The number of a cut whose members are kept.
    pub fn find(&self, cut: &Cut) -> Option<PoolNo> {
        self.numbers.get(cut).copied().filter(|number| self.in_use.contains_key(number))
    }

    /// The number that a cut had, when it was given up.
    pub fn former(&self, cut: &Cut) -> Option<PoolNo> {
        self.numbers.get(cut).copied()
    }

    /// Keeps members for a cut from now on.
    pub fn add(&mut self, number: PoolNo, cut: Cut) {
        self.numbers.insert(cut.clone(), number);
        self.in_use.insert(number, cut);
    }

    /// Gives up those that are not wanted; their numbers.
    pub fn give_up(&mut self, is_wanted: impl Fn(PoolNo) -> bool) -> Vec<PoolNo> {
        let unwanted: Vec<PoolNo> =
            self.in_use.keys().copied().filter(|number| !is_wanted(*number)).collect();
        for number in &unwanted {
            self.in_use.remove(number);
        }
        unwanted
    }

    /// The cuts that members are kept for.
    pub fn iter(&self) -> impl Iterator<Item = (PoolNo, &Cut)> {
        self.in_use.iter().map(|(number, cut)| (*number, cut))
    }

    /// How many members are kept for.
    pub fn len(&self) -> usize {
        self.in_use.len()
    }
}

impl Desk {
    /// Who is never given this dialog; `None`: nobody is excluded.
    pub(super) fn excluded(&mut self, dialog: &Dialog, now: Timestamp) -> Option<Arc<Excluded>> {
        let customer = dialog.customer.as_ref().and_then(|id| self.customers.get(id)).cloned();
        let own = customer.as_ref().map(|customer| &customer.excluded_managers);
        if !self.rules.excludes() && own.is_none_or(BTreeSet::is_empty) {
            return None;
        }
        let rules = Arc::clone(&self.rules);
        let matching: Vec<_> = self.with_facts(dialog, now, |facts| rules.exclusions(facts).collect());
        let mut excluded = Excluded::default();
        excluded.own.extend(own.into_iter().flatten().map(|id| self.roster.slot_of(id)));
        for exclusion in matching {
            excluded.slots.extend(exclusion.managers.iter().map(|id| self.roster.slot_of(id)));
            excluded.groups.extend(exclusion.groups.iter().map(|id| self.roster.pool_of(id)));
        }
        for numbers in [&mut excluded.own, &mut excluded.slots, &mut excluded.groups] {
            numbers.sort_unstable();
            numbers.dedup();
        }
        (excluded != Excluded::default()).then(|| Arc::new(excluded))
    }

    /// The people whom a step means, without those whom the rule file excludes. Persons stay: that one is
    /// excluded belongs into the record.
    pub(super) fn without(&mut self, who: Who, excluded: Option<&Excluded>) -> Who {
        match (who, excluded) {
            (Who::Pool(of), Some(Excluded { slots, groups, .. }))
                if !slots.is_empty() || !groups.is_empty() =>
            {
                let cut = Cut { of, slots: slots.clone(), groups: groups.clone() };
                Who::Pool(self.roster.cut(cut))
            }
            _ => who,
        }
    }

    /// Gives up cuts that nobody waits for, once there are many.
    pub(super) fn trim_cuts(&mut self) {
        if self.roster.cuts().len() < MANY_CUTS {
            return;
        }
        let wanted: BTreeSet<PoolNo> = self
            .waiting
            .iter()
            .flat_map(|waiter| &waiter.way.legs)
            .filter_map(|leg| match leg.who {
                Who::Pool(pool) => Some(pool),
                Who::Nobody | Who::Person(_) | Who::Desk(_) | Who::Bot | Who::Gate => None,
            })
            .collect();
        self.roster.give_up_cuts(|pool| wanted.contains(&pool));
    }
}
