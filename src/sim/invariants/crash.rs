//! What a crash must not harm: nothing acknowledged is lost, and memory is what is stored.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::dialog::Dialog;
use crate::domain::ids::DialogId;
use crate::sim::inbound::{Outcome, RequestId};
use crate::sim::ledger::Ledger;

/// What somebody was told is stored: the very state, or a later one.
///
/// # Errors
/// What they were told, and what is stored.
pub fn acknowledged_is_durable(outcome: &Outcome, ledger: &Ledger) -> Result<(), String> {
    let Some(told) = outcome.dialog() else { return Ok(()) };
    let stored = ledger.dialogs.get(&told.id);
    let is_stored = stored.is_some_and(|stored| {
        let is_same =
            stored.state == told.state && stored.messages == told.messages && stored.chat == told.chat;
        stored.version > told.version || (stored.version == told.version && is_same)
    });
    if !is_stored {
        return Err(format!(
            "{} was acknowledged at version {}, stored is {:?}",
            told.id,
            told.version,
            stored.map(|stored| stored.version)
        ));
    }
    let Outcome::Message { message, .. } = outcome else { return Ok(()) };
    if ledger.messages.contains_key(&message.id) {
        Ok(())
    } else {
        Err(format!("message {} was acknowledged and is not stored", message.id))
    }
}

/// When nothing is under way, nobody waits for an answer.
///
/// # Errors
/// The requests that wait.
pub fn all_are_answered(waiting: &[RequestId]) -> Result<(), String> {
    if waiting.is_empty() {
        Ok(())
    } else {
        Err(format!("nothing is under way, and {waiting:?} wait for an answer"))
    }
}

/// When nothing is under way, actors hold exactly the open dialogs that are stored, as they are stored.
///
/// # Errors
/// The first that differs.
pub fn memory_is_what_is_stored(
    held: &BTreeMap<&DialogId, &Arc<Dialog>>,
    ledger: &Ledger,
) -> Result<(), String> {
    let stored: BTreeMap<&DialogId, &Arc<Dialog>> =
        ledger.open_dialogs().map(|dialog| (&dialog.id, dialog)).collect();
    if let Some((id, _)) =
        held.iter().find(|(id, held)| stored.get(**id).is_none_or(|stored| stored != *held))
    {
        let versions =
            (held.get(id).map(|dialog| dialog.version), stored.get(id).map(|dialog| dialog.version));
        return Err(format!("{id} is held at version {:?}, stored is {:?}", versions.0, versions.1));
    }
    match stored.keys().find(|id| !held.contains_key(**id)) {
        Some(id) => Err(format!("{id} is open, and no actor holds it")),
        None => Ok(()),
    }
}
