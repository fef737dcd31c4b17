//! The books: who holds which dialog at what charge, and what is reserved while an answer is on its way.
//!
//! A dialog tells how it stands after each change, and the desk's answer to its request may cross that on the
//! way. So what a dialog *is* (held) and what the desk *promised* (reserved) are kept apart. A reservation ends
//! when the dialog changed hands, is gone, asks anew, withdraws, or declines the answer. That it is free, or
//! still with the same manager, says nothing about an answer that it has not seen yet. While a dialog is offered to
//! somebody its reservation stands; after a restart the dialog tells it anew.

use crate::domain::dialog::{Dialog, Standing};
use crate::domain::ids::DialogId;
use crate::domain::manager::ManagerWork;
use crate::domain::offer::Promise;
use crate::domain::routing::{Cause, Responsible};
use crate::domain::time::Timestamp;
use crate::domain::units::Units;

use super::Desk;
use super::orders::Order;
use super::seat::{PoolNo, Slot};

/// What is booked for one dialog.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Booking {
    /// Who holds it.
    pub holding: Option<Holding>,
    /// For whom the desk has decided, as long as the dialog has not answered.
    pub reservation: Option<Reservation>,
}

/// A dialog in somebody's hands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Whose.
    pub by: Responsible,
    /// Their seat, when it is a manager.
    pub slot: Option<Slot>,
    /// What it costs them now.
    pub charge: Units,
    /// Its customer waits for a reply.
    pub awaits_reply: bool,
    /// A manager replied at least once.
    pub answered: bool,
    /// The dialog was told to leave, for this cause.
    pub asked_to_move: Option<Cause>,
    /// The group in which it takes up a place.
    pub through: Option<PoolNo>,
}

/// A promise to a dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// The manager's seat.
    pub slot: Slot,
    /// What is reserved.
    pub charge: Units,
    /// The request it answers.
    pub ticket: u64,
    /// The group whose step it came through, and in which it takes up a place.
    pub through: Option<PoolNo>,
    /// The dialog has it, and offers itself: it stands until the offer is over.
    pub offered: bool,
}

impl Desk {
    /// Takes in how a dialog stands. Absolute: telling twice does no harm.
    ///
    /// Room that this frees is given at once to those who wait for it.
    pub fn stand(&mut self, dialog: &DialogId, standing: Standing, now: Timestamp) -> Vec<Order> {
        let mut orders = Vec::new();
        match standing {
            Standing::Free => self.let_go(dialog, now),
            Standing::Offered(promise) => {
                self.let_go(dialog, now);
                self.keep_promise(dialog, &promise);
            }
            Standing::Held { by, charge, awaits_reply, answered, through, offered } => {
                let slot = by.manager().map(|id| self.roster.slot_of(id));
                let through = through.map(|group| self.roster.pool_of(&group));
                let holding =
                    Holding { by, slot, charge, awaits_reply, answered, asked_to_move: None, through };
                self.hold(dialog, holding, now);
                if let Some(promise) = &offered {
                    self.keep_promise(dialog, promise);
                }
                self.move_on(dialog, &mut orders);
            }
            Standing::Gone => {
                self.waiting.take(dialog);
                self.forget_postponed(dialog);
                self.release_reservation(dialog);
                self.let_go(dialog, now);
            }
        }
        self.drain(now, &mut orders);
        orders
    }

    /// An earlier request of the dialog no longer stands: it leaves the waiting set, and an answer that is on
    /// its way is void.
    pub fn withdraw(&mut self, dialog: &DialogId, now: Timestamp) -> Vec<Order> {
        let mut orders = Vec::new();
        self.waiting.take(dialog);
        self.release_reservation(dialog);
        self.drain(now, &mut orders);
        orders
    }

    /// The dialog did not take the answer to the request with this ticket.
    pub fn decline(&mut self, dialog: &DialogId, ticket: u64, now: Timestamp) -> Vec<Order> {
        let mut orders = Vec::new();
        let reservation = self.books.get(dialog).and_then(|booking| booking.reservation.as_ref());
        if reservation.is_some_and(|reservation| reservation.ticket == ticket) {
            self.release_reservation(dialog);
            self.drain(now, &mut orders);
        }
        orders
    }

    /// Puts the books right about who holds a dialog that asks: its own state is newer than anything it told before.
    pub(super) fn believe(&mut self, dialog: &Dialog, now: Timestamp) {
        let booked = self.books.get(&dialog.id).and_then(|booking| booking.holding.as_ref());
        match dialog.responsible() {
            None => self.let_go(&dialog.id, now),
            Some(by) if booked.is_none_or(|holding| holding.by != *by) => {
                let policy = self.policy_of(dialog, now);
                let slot = by.manager().map(|id| self.roster.slot_of(id));
                let through = dialog.through.as_ref().map(|group| self.roster.pool_of(group));
                let holding = Holding {
                    by: by.clone(),
                    slot,
                    charge: if dialog.idle { policy.idle_weight } else { policy.weight },
                    awaits_reply: dialog.awaiting_reply_since.is_some(),
                    answered: dialog.first_reply_at.is_some(),
                    asked_to_move: None,
                    through,
                };
                self.hold(&dialog.id, holding, now);
            }
            Some(_) => {}
        }
    }

    /// Somebody holds the dialog.
    fn hold(&mut self, dialog: &DialogId, holding: Holding, now: Timestamp) {
        let places = self.places_of(dialog);
        self.change_hands(dialog, holding, now);
        self.recount(dialog, places);
    }

    fn change_hands(&mut self, dialog: &DialogId, mut holding: Holding, now: Timestamp) {
        let booking = self.books.entry(dialog.clone()).or_default();
        if let Some(before) = booking.holding.as_mut().filter(|before| before.by == holding.by) {
            let was = before.charge;
            // Once the customer has an answer, the next question may ask for a move anew.
            let still_moves =
                before.asked_to_move.filter(|cause| *cause != Cause::Offline || holding.awaits_reply);
            holding.asked_to_move = still_moves;
            let (slot, charge) = (holding.slot, holding.charge);
            *before = holding;
            if let Some(slot) = slot.filter(|_| was != charge) {
                self.roster.change(slot, |seat| {
                    seat.load = seat.load - u64::from(was.milli()) + u64::from(charge.milli());
                });
                self.freed.push(slot);
            }
            return;
        }
        let (slot, charge) = (holding.slot, holding.charge);
        let reserved = booking.reservation.take();
        let left = booking.holding.replace(holding);
        self.waiting.take(dialog);
        // The promise is kept, or void; only if it was for another one is this news to the manager's work.
        let is_promised = reserved.as_ref().is_some_and(|reserved| Some(reserved.slot) == slot);
        if let Some(slot) = slot {
            let kept =
                reserved.as_ref().filter(|_| is_promised).map_or(0, |reserved| reserved.charge.milli());
            self.roster.change(slot, |seat| {
                seat.load = seat.load - u64::from(kept) + u64::from(charge.milli());
                if !is_promised {
                    seat.work = ManagerWork { last_assigned_at: Some(now), idle_since: Some(now) };
                }
            });
            self.roster.seat_mut(slot).dialogs.insert(dialog.clone());
            if kept > charge.milli() {
                self.freed.push(slot);
            }
            if !is_promised {
                self.worked(slot);
            }
        }
        if let Some(reserved) = reserved.filter(|_| !is_promised) {
            self.unbook(reserved.slot, dialog, reserved.charge, None);
        }
        if let Some(left) = left {
            self.leave(dialog, &left, now);
        }
    }

    /// Nobody holds the dialog.
    fn let_go(&mut self, dialog: &DialogId, now: Timestamp) {
        let places = self.places_of(dialog);
        let Some(booking) = self.books.get_mut(dialog) else {
            return;
        };
        let left = booking.holding.take();
        if booking.reservation.is_none() {
            self.books.remove(dialog);
        }
        if let Some(left) = left {
            self.leave(dialog, &left, now);
            self.lose_place(dialog);
        }
        self.recount(dialog, places);
    }

    fn leave(&mut self, dialog: &DialogId, left: &Holding, now: Timestamp) {
        if let Some(slot) = left.slot {
            self.unbook(slot, dialog, left.charge, Some(now));
            self.worked(slot);
        }
    }

    /// Reserves room for a dialog on the manager that was chosen for it.
    pub(super) fn reserve(&mut self, dialog: &DialogId, reservation: Reservation, now: Timestamp) {
        let Reservation { slot, charge, .. } = reservation;
        let places = self.places_of(dialog);
        self.books.entry(dialog.clone()).or_default().reservation = Some(reservation);
        self.roster.seat_mut(slot).dialogs.insert(dialog.clone());
        self.roster.change(slot, |seat| {
            seat.load += u64::from(charge.milli());
            seat.work = ManagerWork { last_assigned_at: Some(now), idle_since: Some(now) };
        });
        self.recount(dialog, places);
    }

    /// A dialog is offered to somebody: room for it is kept with them, also when the desk was not there when it was
    /// promised.
    fn keep_promise(&mut self, dialog: &DialogId, promise: &Promise) {
        self.waiting.take(dialog);
        let slot = self.roster.slot_of(&promise.to);
        let through = promise.through.as_ref().map(|group| self.roster.pool_of(group));
        let (charge, ticket) = (promise.charge, promise.ticket);
        let places = self.places_of(dialog);
        let booked = self.books.get(dialog).and_then(|booking| booking.reservation.as_ref());
        let is_kept = booked.is_some_and(|before| before.slot == slot);
        if !is_kept {
            self.release_reservation(dialog);
        }
        let reservation = Reservation { slot, charge, ticket, through, offered: true };
        let before = self.books.entry(dialog.clone()).or_default().reservation.replace(reservation);
        let was = before.map_or(0, |before| before.charge.milli());
        self.roster.seat_mut(slot).dialogs.insert(dialog.clone());
        if was != charge.milli() {
            self.roster
                .change(slot, |seat| seat.load = seat.load - u64::from(was) + u64::from(charge.milli()));
            self.freed.push(slot);
        }
        self.recount(dialog, places);
    }

    /// Whoever is asked left: the dialogs that are offered to them go on to others.
    pub(super) fn lapse_offers(&self, slot: Slot, orders: &mut Vec<Order>) {
        let seat = self.roster.seat(slot);
        let is_offered = |dialog: &&DialogId| {
            let promised = self.books.get(*dialog).and_then(|booking| booking.reservation.as_ref());
            promised.is_some_and(|promised| promised.offered && promised.slot == slot)
        };
        let lapse = |dialog: &DialogId| Order::Lapse { dialog: dialog.clone(), to: seat.id.clone() };
        orders.extend(seat.dialogs.iter().filter(is_offered).map(lapse));
    }

    /// Takes a promise back.
    pub(super) fn release_reservation(&mut self, dialog: &DialogId) {
        let places = self.places_of(dialog);
        let Some(booking) = self.books.get_mut(dialog) else {
            return;
        };
        let reserved = booking.reservation.take();
        if booking.holding.is_none() {
            self.books.remove(dialog);
        }
        if let Some(reserved) = reserved {
            self.unbook(reserved.slot, dialog, reserved.charge, None);
        }
        self.recount(dialog, places);
    }

    fn unbook(&mut self, slot: Slot, dialog: &DialogId, charge: Units, finished_at: Option<Timestamp>) {
        self.roster.seat_mut(slot).dialogs.remove(dialog);
        self.roster.change(slot, |seat| {
            seat.load -= u64::from(charge.milli());
            seat.work.idle_since = finished_at.or(seat.work.idle_since);
        });
        self.freed.push(slot);
    }

    /// Their work is to be saved with the next answer that goes out.
    fn worked(&mut self, slot: Slot) {
        let seat = self.roster.seat_mut(slot);
        if !std::mem::replace(&mut seat.unsaved, true) {
            self.unsaved.push(slot);
        }
    }
}
