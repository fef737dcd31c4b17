//! Places: how many dialogs came through a group's step, and whether the group may have another.
//!
//! `max_dialogs` of a group limits what its step gives out, not what its people have: they still get what other
//! steps give them, and whatever people assign by hand. So a place is taken up by a dialog whose manager the
//! group's step chose, a default assignment to the group included, and it is given up when the dialog leaves that
//! manager, however it does. A dialog is counted once: while it is on its way to somebody, and while it moves within
//! the group. One that moves within its group keeps its place and needs no other, even where a limit that was
//! lowered since is exceeded: moving it makes nothing worse, and its customer waits for somebody who answers.
//!
//! A limit counts from the moment the rules change. Dialogs over a lowered one stay where they are, and no others come
//! until there are fewer.

use super::Desk;
use super::books::Booking;
use super::roster::Roster;
use super::seat::PoolNo;
use crate::domain::ids::{DialogId, GroupId};
use crate::domain::routing::GroupUse;

/// Where a dialog takes up places: with whoever holds it, and with whoever it is promised to.
type Taken = [Option<PoolNo>; 2];

impl Booking {
    /// The groups that this takes up a place in, each once.
    pub(super) fn places(&self) -> Taken {
        let held = self.holding.as_ref().and_then(|holding| holding.through);
        let promised = self.reservation.as_ref().and_then(|reserved| reserved.through);
        [held, promised.filter(|_| promised != held)]
    }
}

impl Roster {
    /// The use of a group that has no place for a dialog, which has its own in `place`; `None`: it has one.
    pub fn full_for(&self, pool: PoolNo, place: Option<PoolNo>) -> Option<GroupUse> {
        let whole = self.whole(pool);
        self.use_of(whole).filter(|group| group.used >= group.most && place != Some(whole))
    }

    /// How many dialogs a group has and may have; `None`: it may have any number.
    pub fn use_of(&self, pool: PoolNo) -> Option<GroupUse> {
        let pool = self.pool(pool);
        pool.cap.map(|most| GroupUse { used: pool.used, most })
    }
}

impl Desk {
    /// Where a dialog takes up places.
    pub(super) fn places_of(&self, dialog: &DialogId) -> Taken {
        self.books.get(dialog).map(Booking::places).unwrap_or_default()
    }

    /// Counts the places of a dialog anew that took up these `before`.
    pub(super) fn recount(&mut self, dialog: &DialogId, before: Taken) {
        let after = self.places_of(dialog);
        if before == after {
            return;
        }
        for pool in before.into_iter().flatten().filter(|pool| !after.contains(&Some(*pool))) {
            let was_full = self.roster.full_for(pool, None).is_some();
            self.roster.pool_mut(pool).used -= 1;
            if was_full && self.roster.full_for(pool, None).is_none() {
                self.vacated.push(pool);
            }
        }
        for pool in after.into_iter().flatten().filter(|pool| !before.contains(&Some(*pool))) {
            self.roster.pool_mut(pool).used += 1;
        }
    }

    /// The group in which a dialog that somebody holds has its place.
    pub(super) fn place_of(&self, dialog: &DialogId) -> Option<PoolNo> {
        self.places_of(dialog)[0]
    }

    /// A dialog that is to move lost its manager, and its place with them.
    pub(super) fn lose_place(&mut self, dialog: &DialogId) {
        if self.waiting.get(dialog).is_some_and(|waiter| waiter.bars.place.is_some())
            && let Some(mut waiter) = self.waiting.take(dialog)
        {
            waiter.bars.place = None;
            self.waiting.add(waiter);
        }
    }

    /// The groups with a limit, each with its use.
    pub fn group_uses(&self) -> impl Iterator<Item = (&GroupId, GroupUse)> {
        let pools = self.roster.pools().iter().filter(|pool| pool.cut_of.is_none());
        pools.filter_map(|pool| {
            let group = pool.group.as_ref()?;
            pool.cap.map(|most| (group, GroupUse { used: pool.used, most }))
        })
    }
}
