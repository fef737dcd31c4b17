//! People: records, presence, and dialogs that leave those who are away for too long.

use std::sync::Arc;

use crate::domain::closing::OfflineWhich;
use crate::domain::ids::{DialogId, ManagerId};
use crate::domain::manager::{Absence, Availability, Manager, ManagerWork, Presence};
use crate::domain::refusal::Refusal;
use crate::domain::routing::{Cause, Target};
use crate::domain::time::Timestamp;

use super::Desk;
use super::books::Holding;
use super::itinerary::Who;
use super::orders::Order;
use super::seat::{PoolNo, Posture, Seat, Slot};

impl Desk {
    /// Takes over a manager's record. Dialogs of a removed one are told to leave.
    ///
    /// A new manager is absent until [`Desk::set_availability`] says otherwise.
    pub fn put_manager(&mut self, manager: Arc<Manager>, now: Timestamp) -> Vec<Order> {
        let mut orders = Vec::new();
        let slot = self.roster.slot_of(&manager.id);
        let was_here = self.roster.posture(slot).is_here();
        let pools = self.roster.seat(slot).pools.clone();
        if self.roster.seat(slot).record.is_none() {
            self.roster.seat_mut(slot).availability = Availability::Absent(Absence::Offline, now);
        }
        self.roster.enrol(slot, manager);
        self.freed.push(slot);
        if self.roster.seat(slot).was_removed() {
            self.lapse_offers(slot, &mut orders);
            for dialog in self.roster.seat(slot).dialogs.clone() {
                // It may have been told to leave for their absence, which their return would undo.
                if let Some(holding) =
                    self.books.get_mut(&dialog).and_then(|booking| booking.holding.as_mut())
                {
                    holding.asked_to_move = None;
                }
                self.move_on(&dialog, &mut orders);
            }
        }
        let lost = self.reappoint(slot, &mut orders);
        self.watch_absence(slot, now, &mut orders);
        // What they gained goes to the most urgent, before anybody is looked at for what they may have lost.
        self.drain(now, &mut orders);
        self.settle_all(&lost, now, &mut orders);
        if was_here {
            self.departed(slot, &pools, now, &mut orders);
        }
        let is_gone = |pool: &PoolNo| !self.roster.exists(*pool);
        if !pools.is_empty() && (self.roster.seat(slot).was_removed() || pools.iter().any(is_gone)) {
            let in_vain = self.waiting.watching(Who::Nobody);
            self.settle_all(&in_vain, now, &mut orders);
        }
        self.drain(now, &mut orders);
        orders
    }

    /// A manager who belongs to the account.
    pub fn manager(&self, id: &ManagerId) -> Option<&Arc<Manager>> {
        self.member(id).and_then(|(_, seat)| seat.record.as_ref())
    }

    /// Whether somebody may reassign and close everybody's dialogs.
    pub fn is_admin(&self, id: &ManagerId) -> bool {
        self.manager(id).is_some_and(|manager| manager.admin)
    }

    pub(super) fn member(&self, id: &ManagerId) -> Option<(Slot, &Seat)> {
        let slot = self.roster.find(id)?;
        Some((slot, self.roster.seat(slot))).filter(|(_, seat)| seat.belongs())
    }

    /// Takes in whether a manager may take work. Whoever is not on record is passed over.
    pub fn set_availability(
        &mut self,
        id: &ManagerId,
        availability: Availability,
        presence: Presence,
        now: Timestamp,
    ) -> Vec<Order> {
        let mut orders = Vec::new();
        let Some((slot, _)) = self.member(id) else {
            return orders;
        };
        let before = self.roster.posture(slot);
        self.roster.change(slot, |seat| {
            seat.availability = availability;
            seat.presence = presence;
        });
        let after = self.roster.posture(slot);
        if before.absence.is_some() && after.absence.is_none() {
            self.freed.push(slot);
        }
        let is_leave = |posture: &Posture| posture.absence == Some(Absence::OnLeave);
        if is_leave(&before) != is_leave(&after) {
            let lost = self.reappoint(slot, &mut orders);
            self.drain(now, &mut orders);
            self.settle_all(&lost, now, &mut orders);
        }
        self.watch_absence(slot, now, &mut orders);
        if before.is_here() && !after.is_here() {
            self.lapse_offers(slot, &mut orders);
            let pools = self.roster.seat(slot).pools.clone();
            self.departed(slot, &pools, now, &mut orders);
        }
        self.drain(now, &mut orders);
        orders
    }

    /// Takes over from the store when a manager last had work. Call it after their dialogs stand again,
    /// since each of those looks like new work.
    pub fn restore_work(&mut self, id: &ManagerId, work: ManagerWork) {
        let slot = self.roster.slot_of(id);
        self.roster.change(slot, |seat| seat.work = work);
        self.roster.seat_mut(slot).unsaved = false;
        self.unsaved.retain(|unsaved| *unsaved != slot);
    }

    /// Takes over from the store whose turn it was last.
    pub fn restore_rotation(&mut self, key: &str, last: ManagerId) {
        let pool = match key.strip_prefix("group:") {
            Some(group) => self.roster.pool_of(&crate::domain::ids::GroupId::trusted(group)),
            None => super::roster::EVERYONE,
        };
        self.roster.pool_mut(pool).last_served = Some(last);
    }

    /// Whether a person may assign to this target by hand.
    ///
    /// Load never matters: a person's choice may exceed a capacity. Nor does the pause after a dialog.
    ///
    /// # Errors
    /// [`Refusal::Unknown`] when the manager or group does not exist; [`Refusal::ManagerAbsent`] when the manager
    /// is absent and `allow_absent` is not set.
    pub fn authorize_assign(&self, to: &Target, allow_absent: bool) -> Result<(), Refusal> {
        match to {
            Target::Manager(id) => {
                let unknown = || Refusal::Unknown { kind: "manager", id: id.as_str().into() };
                let (slot, seat) = self.member(id).ok_or_else(unknown)?;
                let is_there = allow_absent || self.roster.posture(slot).is_here();
                match seat.absence().filter(|_| !is_there) {
                    None => Ok(()),
                    Some(absence) => {
                        Err(Refusal::ManagerAbsent { manager: id.as_str().into(), absence: absence.word() })
                    }
                }
            }
            Target::Group(id) => {
                let pool = self.roster.find_pool(id).filter(|pool| self.roster.exists(*pool));
                pool.map(|_| ()).ok_or_else(|| Refusal::Unknown { kind: "group", id: id.as_str().into() })
            }
            Target::Owner
            | Target::LastManager { .. }
            | Target::Everyone
            | Target::Bot(_)
            | Target::UntilOpen(_) => Ok(()),
        }
    }

    /// Dialogs that wait at a step of somebody who left may have nobody to wait for there any more.
    fn departed(&mut self, slot: Slot, pools: &[PoolNo], now: Timestamp, orders: &mut Vec<Order>) {
        let mut dialogs = self.waiting.watching(Who::Person(slot));
        for principal in self.roster.stand_ins().principals_of(slot) {
            dialogs.extend(self.waiting.watching(Who::Person(principal)));
        }
        for pool in pools {
            // Somebody is left for a dialog unless as many are barred from it as are at work.
            let here = usize::try_from(self.roster.pool(*pool).here).unwrap_or(usize::MAX);
            dialogs.extend(self.waiting.watching_with(Who::Pool(*pool), here));
        }
        if !dialogs.is_empty() {
            self.settle_all(&dialogs, now, orders);
        }
    }

    /// Begins or ends the time after which dialogs leave a manager who is away.
    fn watch_absence(&mut self, slot: Slot, now: Timestamp, orders: &mut Vec<Order>) {
        let seat = self.roster.seat(slot);
        let away_since = match seat.availability {
            Availability::Absent(absence, since) if absence.is_away() && seat.belongs() => Some(since),
            Availability::Absent(..) | Availability::Available => None,
        };
        match (seat.away_since, away_since) {
            (None, Some(since)) => {
                self.roster.seat_mut(slot).away_since = Some(since);
                self.schedule_leaving(slot);
                self.desert_due(now, orders);
            }
            (Some(_), None) => {
                self.unschedule_leaving(slot);
                let seat = self.roster.seat_mut(slot);
                seat.away_since = None;
                seat.deserted = false;
                if seat.belongs() {
                    self.stay(slot, orders);
                }
            }
            (Some(earlier), Some(since)) => {
                // From one kind of absence to another the time runs on.
                self.unschedule_leaving(slot);
                self.roster.seat_mut(slot).away_since = Some(earlier.min(since));
                self.schedule_leaving(slot);
                self.desert_due(now, orders);
            }
            (None, None) => {}
        }
    }

    fn leaving_at(&self, slot: Slot) -> Option<Timestamp> {
        let seat = self.roster.seat(slot);
        let since = seat.away_since.filter(|_| !seat.deserted)?;
        Some(since + self.offline_policy()?.after)
    }

    fn schedule_leaving(&mut self, slot: Slot) {
        if let Some(at) = self.leaving_at(slot) {
            self.leaving.insert((at, slot));
        }
    }

    fn unschedule_leaving(&mut self, slot: Slot) {
        if let Some(at) = self.leaving_at(slot) {
            self.leaving.remove(&(at, slot));
        }
    }

    /// The rules changed: all times are worked out anew.
    pub(super) fn reschedule_leaving(&mut self, now: Timestamp, orders: &mut Vec<Order>) {
        self.leaving.clear();
        for slot in 0..self.roster.seats().len() {
            self.schedule_leaving(slot);
        }
        self.desert_due(now, orders);
    }

    /// Dialogs leave those who are away for too long.
    pub(super) fn desert_due(&mut self, now: Timestamp, orders: &mut Vec<Order>) {
        while let Some((at, slot)) = self.leaving.first().copied().filter(|(at, _)| *at <= now) {
            self.leaving.remove(&(at, slot));
            self.roster.seat_mut(slot).deserted = true;
            for dialog in self.roster.seat(slot).dialogs.clone() {
                self.move_on(&dialog, orders);
            }
        }
    }

    /// Tells a dialog to leave its manager, if it is to and was not told yet.
    pub(super) fn move_on(&mut self, dialog: &DialogId, orders: &mut Vec<Order>) {
        let Some(holding) = self.books.get(dialog).and_then(|booking| booking.holding.as_ref()) else {
            return;
        };
        let Some(cause) = self.cause_to_move(holding).filter(|_| holding.asked_to_move.is_none()) else {
            return;
        };
        let slot = holding.slot;
        if let Some(holding) = self.books.get_mut(dialog).and_then(|booking| booking.holding.as_mut()) {
            holding.asked_to_move = Some(cause);
        }
        let Some(from) = slot.map(|slot| self.roster.seat(slot).id.clone()) else { return };
        orders.push(Order::Move { dialog: dialog.clone(), cause, from });
    }

    fn cause_to_move(&self, holding: &Holding) -> Option<Cause> {
        let seat = self.roster.seat(holding.slot?);
        if seat.was_removed() {
            return Some(Cause::MemberRemoved);
        }
        let leaves = match self.offline_policy()?.which {
            OfflineWhich::Waiting => holding.awaits_reply,
            OfflineWhich::Unanswered => holding.awaits_reply && !holding.answered,
        };
        (seat.deserted && leaves).then_some(Cause::Offline)
    }

    /// They are back: dialogs that did not find anybody else yet stay.
    fn stay(&mut self, slot: Slot, orders: &mut Vec<Order>) {
        for dialog in &self.roster.seat(slot).dialogs {
            let Some(booking) = self.books.get_mut(dialog) else {
                continue;
            };
            let Some(holding) = booking.holding.as_mut().filter(|holding| holding.slot == Some(slot)) else {
                continue;
            };
            if holding.asked_to_move == Some(Cause::Offline) {
                holding.asked_to_move = None;
                orders.push(Order::Stay { dialog: dialog.clone() });
            }
        }
    }
}
