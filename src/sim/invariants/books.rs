//! What the books promise: loads are what dialogs cost, and nobody waits whom somebody could take.

use std::collections::{BTreeMap, BTreeSet};

use super::eligible::Legs;
use crate::desk::view::{ManagerView, RosterView};
use crate::domain::dialog::Standing;
use crate::domain::ids::{DialogId, ManagerId};
use crate::domain::manager::Availability;
use crate::domain::routing::Responsible;
use crate::domain::units::Units;

/// When nothing is under way, a manager's load is the sum of what their dialogs cost.
///
/// # Errors
/// Whose books do not balance.
pub fn books_balance(view: &RosterView, standings: &BTreeMap<DialogId, Standing>) -> Result<(), String> {
    let mut held: BTreeMap<&ManagerId, (Units, u32)> = BTreeMap::new();
    for standing in standings.values() {
        if let Standing::Held { by: Responsible::Manager(manager), charge, .. } = standing {
            let entry = held.entry(manager).or_default();
            *entry = (entry.0.plus(*charge), entry.1 + 1);
        }
    }
    for ManagerView { manager, load, dialogs, .. } in &view.managers {
        let (cost, count) = held.get(&manager.id).copied().unwrap_or_default();
        if (*load, *dialogs) != (cost, count) {
            return Err(format!(
                "{} is booked with {load} for {dialogs}, their {count} dialogs cost {cost}",
                manager.id
            ));
        }
    }
    Ok(())
}

/// When nothing is under way, no dialog waits while somebody whom its present step allows has room.
///
/// # Errors
/// Who could take which dialog.
pub fn nobody_waits_in_vain(
    view: &RosterView,
    waiting: &[(DialogId, Legs, BTreeSet<ManagerId>)],
) -> Result<(), String> {
    if view.serviceable > 0 {
        return Err(format!("{} waiting dialogs could be served", view.serviceable));
    }
    for (dialog, legs, barred) in waiting {
        let taker = view.managers.iter().find(|seen| {
            let is_there = seen.availability == Availability::Available;
            let free = i64::from(seen.capacity.milli()) - i64::from(seen.load.milli());
            is_there && !barred.contains(&seen.manager.id) && legs.allow(&seen.manager, free)
        });
        if let Some(taker) = taker {
            return Err(format!("{dialog} waits, and {} could take it: {legs:?}", taker.manager.id));
        }
    }
    Ok(())
}
