//! Stances: how managers stand is told once for each change that a decision could see, under a running number.
//!
//! A decision looks at a few managers by indexes and writes down fewer. For anybody else the question "why not
//! them?" is answered later, from their stance at the decision's number. What changes between two decisions
//! and back again, or twice, is told once or not at all.

use std::sync::Arc;

use super::Desk;
use super::orders::{Order, Save};
use super::roster::{EVERYONE, Roster};
use super::seat::{Seat, Slot};
use crate::domain::stance::{Places, Stance, StanceChange};

/// What may have changed of a seat since its stance was told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Noted {
    /// Nothing.
    #[default]
    Nothing,
    /// Presence, load, capacity or work.
    Stance,
    /// The groups too.
    Places,
}

/// The number of the newest stances, and whose may have changed since.
#[derive(Clone, Debug, Default)]
pub struct Stances {
    number: u64,
    noted: Vec<Slot>,
}

impl Stances {
    /// The number of the newest stances.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Remembers that something of a seat may have changed.
    pub fn note(&mut self, slot: Slot, seat: &mut Seat, what: Noted) {
        if seat.noted == Noted::Nothing {
            self.noted.push(slot);
        }
        seat.noted = seat.noted.max(what);
    }
}

impl Seat {
    /// How they stand; `None` for somebody of whom only the id is known.
    fn stance(&self) -> Option<Stance> {
        self.record.as_ref()?;
        Some(Stance {
            absence: self.absence(),
            load: self.load_units(),
            capacity: self.capacity,
            work: self.work,
        })
    }
}

fn places(roster: &Roster, seat: &Seat) -> Places {
    let groups = seat.pools.iter().filter(|pool| **pool != EVERYONE).map(|pool| roster.pool(*pool));
    groups.filter_map(|pool| Some((pool.group.clone()?, pool.position(&seat.id)))).collect()
}

/// Whatever of these seats differs from what was told last.
fn changes(roster: &mut Roster, noted: Vec<Slot>) -> Vec<StanceChange> {
    let number = roster.stances().number + 1;
    let mut changes = Vec::with_capacity(noted.len());
    for slot in noted {
        let seat = roster.seat(slot);
        let groups = (seat.noted == Noted::Places)
            .then(|| places(roster, seat))
            .filter(|places| seat.told_places.as_deref() != Some(places))
            .map(Arc::new);
        let stance = seat.stance();
        let seat = roster.seat_mut(slot);
        seat.noted = Noted::Nothing;
        let Some(stance) = stance.filter(|stance| groups.is_some() || seat.told != Some(*stance)) else {
            continue;
        };
        seat.told = Some(stance);
        if groups.is_some() {
            seat.told_places.clone_from(&groups);
        }
        changes.push(StanceChange { manager: seat.id.clone(), number, stance, groups });
    }
    if !changes.is_empty() {
        roster.stances_mut().number = number;
    }
    changes
}

impl Desk {
    /// Tells how managers stand, before a decision that goes by it.
    pub(super) fn tell_stances(&mut self, orders: &mut Vec<Order>) {
        if self.roster.stances().noted.is_empty() {
            return;
        }
        let noted = std::mem::take(&mut self.roster.stances_mut().noted);
        self.shadow_notes(&noted);
        let changes = changes(&mut self.roster, noted);
        if !changes.is_empty() {
            orders.push(Order::Save { saves: changes.into_iter().map(Save::Stance).collect() });
        }
    }

    /// Takes over from the store up to which number stances were told. Everybody's is told anew with the next
    /// decision: that costs less than to look all of them up.
    pub fn restore_stances(&mut self, newest: u64) {
        let number = &mut self.roster.stances_mut().number;
        *number = newest.max(*number);
    }
}
