//! A seat: one manager as the desk knows them.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::ids::{DialogId, ManagerId};
use crate::domain::manager::{Absence, Availability, Manager, ManagerWork, Presence};
use crate::domain::stance::{Places, Stance};
use crate::domain::time::Timestamp;
use crate::domain::units::Units;

use super::keys::Share;
use super::stances::Noted;

/// The number of a seat; seats are never given up, so that numbers stay good.
pub type Slot = usize;
/// The number of a pool.
pub type PoolNo = usize;
/// The number of a class of managers with the same pools.
pub type ClassNo = usize;

/// One manager.
#[derive(Clone, Debug)]
pub struct Seat {
    /// Who.
    pub id: ManagerId,
    /// Their record; `None` for somebody of whom only the id was mentioned.
    pub record: Option<Arc<Manager>>,
    /// What they say of themselves.
    pub presence: Presence,
    /// Whether they may take work.
    pub availability: Availability,
    /// When they last had work.
    pub work: ManagerWork,
    /// Their budget.
    pub capacity: Units,
    /// Thousandths of a unit booked: dialogs held and reservations.
    pub load: u64,
    /// The dialogs behind the load.
    pub dialogs: BTreeSet<DialogId>,
    /// The pools they are in, ascending; empty for those who do not belong to the account.
    pub pools: Vec<PoolNo>,
    /// Their class; `None` for those who do not belong to the account.
    pub class: Option<ClassNo>,
    /// Order by id.
    pub rank: u64,
    /// Since when they are away, as far as moving dialogs away goes.
    pub away_since: Option<Timestamp>,
    /// They were away for so long that dialogs leave them.
    pub deserted: bool,
    /// Their work changed and is not saved yet.
    pub unsaved: bool,
    /// What may have changed since their stance was told.
    pub noted: Noted,
    /// The stance that was told last.
    pub told: Option<Stance>,
    /// The groups that were told last.
    pub told_places: Option<Arc<Places>>,
}

impl Seat {
    /// A seat for somebody of whom only the id is known.
    pub fn new(id: ManagerId, rank: u64) -> Self {
        Self {
            id,
            record: None,
            presence: Presence::default(),
            availability: Availability::Absent(Absence::Offline, Timestamp::default()),
            work: ManagerWork::default(),
            capacity: Units::ZERO,
            load: 0,
            dialogs: BTreeSet::new(),
            pools: Vec::new(),
            class: None,
            rank,
            away_since: None,
            deserted: false,
            unsaved: false,
            noted: Noted::Nothing,
            told: None,
            told_places: None,
        }
    }

    /// Whether they belong to the account: known and not removed.
    pub fn belongs(&self) -> bool {
        self.record.as_ref().is_some_and(|record| record.active)
    }

    /// Known once, and removed.
    pub fn was_removed(&self) -> bool {
        self.record.as_ref().is_some_and(|record| !record.active)
    }

    /// Why they may not take work; `None` when they may.
    pub fn absence(&self) -> Option<Absence> {
        if !self.belongs() {
            return Some(Absence::Removed);
        }
        match self.availability {
            Availability::Available => None,
            Availability::Absent(absence, _) => Some(absence),
        }
    }

    /// Thousandths of a unit that are free; negative when people booked more than there is.
    pub fn free(&self) -> i64 {
        i64::from(self.capacity.milli()) - i64::try_from(self.load).unwrap_or(i64::MAX)
    }

    /// Units booked, for people.
    pub fn load_units(&self) -> Units {
        Units::from_milli(u32::try_from(self.load).unwrap_or(u32::MAX))
    }

    /// What the indexes know of them.
    pub fn posture(&self, thresholds: &[i64]) -> Posture {
        Posture {
            absence: self.absence(),
            level: level(thresholds, self.free()),
            share: Share::new(self.load, self.capacity.milli()),
            last_assigned_at: self.work.last_assigned_at,
            idle_since: self.work.idle_since,
        }
    }
}

/// How many of the amounts that dialogs need (ascending) fit into what is free.
pub fn level(thresholds: &[i64], free: i64) -> usize {
    thresholds.partition_point(|need| *need <= free)
}

/// What the indexes know of a manager: equal postures stand in equal places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posture {
    /// Why they may not take work; `None` when they may.
    pub absence: Option<Absence>,
    /// How many of the known needs fit into what they have free.
    pub level: usize,
    /// The share of their capacity in use.
    pub share: Share,
    /// When they were last assigned a dialog.
    pub last_assigned_at: Option<Timestamp>,
    /// When they last got or finished a dialog.
    pub idle_since: Option<Timestamp>,
}

impl Posture {
    /// As somebody stood. Without a level: it says how much of what dialogs need fits, and keys do not ask for it.
    pub fn of(stance: &Stance) -> Self {
        Self {
            absence: stance.absence,
            level: 0,
            share: Share::new(u64::from(stance.load.milli()), stance.capacity.milli()),
            last_assigned_at: stance.work.last_assigned_at,
            idle_since: stance.work.idle_since,
        }
    }

    /// Whether they are at work: a step that names them is worth waiting at.
    ///
    /// The pause after a dialog counts as being full, not as being absent: it is over within seconds,
    /// and an own manager who has just finished must not lose the next dialog for it.
    pub fn is_here(&self) -> bool {
        matches!(self.absence, None | Some(Absence::WrapUp))
    }
}
