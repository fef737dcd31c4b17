//! What texts of our own promise: a dialog asks for each of them once, in the change that notes it as told, and no
//! crash makes it ask again or forget.

use crate::domain::announcement::{Announcement, Body, Subject, TextPurpose};
use crate::domain::dialog::Dialog;
use crate::sim::fold::Fold;
use crate::sim::ledger::{Entry, Ledger};

/// What a text is for, when the announcement asks for one.
fn purpose(announcement: &Announcement) -> Option<TextPurpose> {
    if let Body::MessageRequested { purpose, .. } = &announcement.body { Some(*purpose) } else { None }
}

/// A change asks for exactly the texts that it notes as told: none that it would not know of after a crash, and it
/// notes none that nobody was asked for. A warning is told by itself where texts may not be written.
///
/// # Errors
/// What it asks for, and what it notes.
pub fn what_is_told_is_asked_for(
    before: &Dialog,
    after: &Dialog,
    may_write: bool,
    change: &[Entry],
) -> Result<(), String> {
    let about = Subject::Dialog(after.id.clone());
    let asks = |wanted: TextPurpose| {
        let requests = change.iter().filter(|entry| entry.announcement.subject == about);
        requests.filter(|entry| purpose(&entry.announcement) == Some(wanted)).count()
    };
    if !before.texts_told.is_subset(&after.texts_told) {
        return Err(format!("{} forgot a text of {:?}", after.id, before.texts_told));
    }
    let warns = after.warnings_sent > before.warnings_sent;
    let new_farewell = after.farewell.as_ref().filter(|farewell| before.farewell.as_ref() != Some(*farewell));
    let notes = [
        (TextPurpose::AutoReply, after.texts_told.len() - before.texts_told.len()),
        (TextPurpose::CloseWarning, usize::from(warns && may_write)),
        (TextPurpose::Farewell, usize::from(new_farewell.is_some())),
        (TextPurpose::Nudge, usize::from(after.nudges_sent > before.nudges_sent)),
    ];
    for (purpose, noted) in notes {
        let asked = asks(purpose);
        if asked != noted {
            return Err(format!(
                "{} asks for {asked} texts of {purpose:?} at version {}, and notes {noted}",
                after.id, after.version
            ));
        }
    }
    Ok(())
}

/// No text is asked for that was asked for before: a warning and a farewell once as long as nobody writes, and each
/// message once.
///
/// # Errors
/// What is asked for again.
pub fn no_text_is_asked_for_twice(before: &Fold, entry: &Entry, after: &Dialog) -> Result<(), String> {
    let announcement = &entry.announcement;
    let Subject::Dialog(id) = &announcement.subject else { return Ok(()) };
    let Some(told) = before.dialogs.get(id) else { return Ok(()) };
    if let Body::DialogCloseWarned { .. } = &announcement.body
        && told.warnings >= u32::from(after.warnings_sent)
    {
        return Err(format!("{} is the warning after {}", announcement.id(), told.warnings));
    }
    let Body::MessageRequested { message, purpose, .. } = &announcement.body else { return Ok(()) };
    if told.requested.contains(message) {
        return Err(format!("{id} asks for {message} again"));
    }
    match (&told.farewell, purpose) {
        (Some((first, ..)), TextPurpose::Farewell) => {
            Err(format!("{id} says farewell by {message}, and {first} was to say it"))
        }
        (Some(_) | None, _) => Ok(()),
    }
}

/// A dialog knows of as many auto-replies as were ever asked for in its name, and all that was asked for is stored.
///
/// # Errors
/// What it knows, and what was asked for.
pub fn told_texts_are_known(fold: &Fold, stored: &Dialog, ledger: &Ledger) -> Result<(), String> {
    let Some(told) = fold.dialogs.get(&stored.id) else { return Ok(()) };
    if told.auto_replies != stored.texts_told.len() {
        return Err(format!(
            "{} knows of {:?}, and asked for {} auto-replies",
            stored.id, stored.texts_told, told.auto_replies
        ));
    }
    match told.requested.iter().find(|message| !ledger.messages.contains_key(*message)) {
        Some(message) => Err(format!("{} asked for {message}, which is not stored", stored.id)),
        None => Ok(()),
    }
}
