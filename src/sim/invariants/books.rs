//! What the books promise: loads are what dialogs cost, and nobody waits whom somebody could take.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::eligible::Legs;
use crate::desk::view::{ManagerView, RosterView};
use crate::domain::dialog::Standing;
use crate::domain::ids::{DialogId, GroupId, ManagerId, RulesVersion};
use crate::domain::manager::Availability;
use crate::domain::offer::Promise;
use crate::domain::routing::{GroupUse, Responsible};
use crate::domain::units::Units;
use crate::rules::ruleset::RuleSet;

/// The offer that a dialog stands with.
fn promise(standing: &Standing) -> Option<&Promise> {
    match standing {
        Standing::Offered(promise) => Some(promise),
        Standing::Held { offered, .. } => offered.as_ref(),
        Standing::Free | Standing::Gone => None,
    }
}

/// When nothing is under way, a manager's load is the sum of what their dialogs cost.
///
/// # Errors
/// Whose books do not balance.
pub fn books_balance(view: &RosterView, standings: &BTreeMap<DialogId, Standing>) -> Result<(), String> {
    let mut held: BTreeMap<&ManagerId, (Units, u32)> = BTreeMap::new();
    for standing in standings.values() {
        let own = match standing {
            Standing::Held { by: Responsible::Manager(manager), charge, .. } => Some((manager, *charge)),
            Standing::Held { .. } | Standing::Free | Standing::Offered(_) | Standing::Gone => None,
        };
        // What is offered to somebody is kept free for them.
        let promised = promise(standing).map(|promise| (&promise.to, promise.charge));
        for (manager, charge) in own.into_iter().chain(promised) {
            let entry = held.entry(manager).or_default();
            *entry = (entry.0.plus(charge), entry.1 + 1);
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

/// When nothing is under way, a group has as many dialogs as came through its step and are assigned; and they are
/// never more than any of the rules of the day lets it have: only a limit that was lowered is ever exceeded.
///
/// # Errors
/// Which group, and what it has.
pub fn groups_keep_their_limits<'a>(
    uses: impl Iterator<Item = (&'a GroupId, GroupUse)>,
    standings: &BTreeMap<DialogId, Standing>,
    rules: &BTreeMap<RulesVersion, Arc<RuleSet>>,
) -> Result<(), String> {
    let mut held: BTreeMap<&GroupId, u32> = BTreeMap::new();
    for standing in standings.values() {
        let own = match standing {
            Standing::Held { through, .. } => through.as_ref(),
            Standing::Free | Standing::Offered(_) | Standing::Gone => None,
        };
        let promised = promise(standing).and_then(|promise| promise.through.as_ref());
        for group in own.into_iter().chain(promised.filter(|promised| own != Some(*promised))) {
            *held.entry(group).or_default() += 1;
        }
    }
    for (group, GroupUse { used, .. }) in uses {
        let count = held.get(group).copied().unwrap_or_default();
        if used != count {
            return Err(format!("{group} is booked with {used} dialogs, {count} came through it"));
        }
    }
    for (group, count) in held {
        let most = rules.values().map(|rules| rules.group_cap(group).unwrap_or(u32::MAX)).max();
        if most.is_some_and(|most| count > most) {
            return Err(format!("{group} has {count} dialogs, and never might have more than {most:?}"));
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
