//! How managers stood, as rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::ids::{AccountId, GroupId, ManagerId};
use crate::domain::manager::{Absence, ManagerWork};
use crate::domain::stance::{Places, Seen, Stance, StanceChange};
use crate::domain::time::Timestamp;
use crate::domain::units::Units;
use crate::store::cell::{Cells, Json, Record, record};

/// Groups with their places.
type Listed = BTreeMap<Arc<str>, Option<u32>>;

record! {
    /// A manager's stance from a number on.
    StanceRecord {
        account: AccountId,
        number: u64,
        manager: ManagerId,
        absence: Option<Absence>,
        load: Units,
        capacity: Units,
        last_assigned_at: Option<Timestamp>,
        idle_since: Option<Timestamp>,
        places: Option<Json<Listed>>,
    }
}

record! {
    /// A block of numbers in which a manager has stances.
    StanceBlockRecord {
        account: AccountId,
        manager: ManagerId,
        block: u64,
    }
}

/// How many numbers a block has. To find a manager's stance, the stances of one block are looked through, at most
/// of two; and each block has a row for each manager who changed in it. Migration 0007 knows the figure too.
pub(crate) const BLOCK: u64 = 4_096;

impl StanceRecord {
    /// All columns but the last, of a table with this name in the query.
    pub(crate) fn scalars_of(table: &str) -> String {
        let columns = &Self::COLUMNS[..Self::COLUMNS.len() - 1];
        columns.iter().map(|column| format!("{table}.{column}")).collect::<Vec<_>>().join(", ")
    }

    /// Takes a change apart.
    pub(crate) fn new(account: &AccountId, change: &StanceChange) -> Self {
        let StanceChange { manager, number, stance, groups } = change;
        let Stance { absence, load, capacity, work } = *stance;
        let listed = |places: &Arc<Places>| {
            Json(places.iter().map(|(group, place)| (group.shared(), *place)).collect::<Listed>())
        };
        Self {
            account: account.clone(),
            number: *number,
            manager: manager.clone(),
            absence,
            load,
            capacity,
            last_assigned_at: work.last_assigned_at,
            idle_since: work.idle_since,
            places: groups.as_ref().map(listed),
        }
    }

    /// Reads a change.
    pub(crate) fn change(cells: &impl Cells) -> Result<StanceChange, String> {
        let record = Self::read(cells, 0)?;
        let work = ManagerWork { last_assigned_at: record.last_assigned_at, idle_since: record.idle_since };
        let places = |Json(listed): Json<Listed>| {
            Arc::new(listed.into_iter().map(|(id, place)| (GroupId::trusted(&id), place)).collect())
        };
        Ok(StanceChange {
            manager: record.manager,
            number: record.number,
            stance: Stance { absence: record.absence, load: record.load, capacity: record.capacity, work },
            groups: record.places.map(places),
        })
    }
}

/// What a row with its groups tells.
pub(crate) fn seen(change: StanceChange) -> Seen {
    Seen { stance: change.stance, groups: change.groups.unwrap_or_default() }
}
