//! What announcements promise: numbers without gaps, each once, and together the stored state.

use crate::domain::announcement::{Body, Subject};
use crate::domain::dialog::{Dialog, DialogState};
use crate::domain::ids::ManagerId;
use crate::domain::tally::DayTally;
use crate::sim::fold::Fold;
use crate::sim::ledger::{Entry, Ledger};

/// Sequence numbers have no gaps.
///
/// # Errors
/// The number that came instead.
pub fn numbered_without_gaps(before: &Fold, entry: &Entry) -> Result<(), String> {
    if entry.seq == before.last_seq + 1 {
        Ok(())
    } else {
        Err(format!("{} came after {}", entry.seq, before.last_seq))
    }
}

/// No stable id comes twice.
///
/// # Errors
/// The id that came again.
pub fn announced_once(before: &Fold, entry: &Entry) -> Result<(), String> {
    let id = entry.announcement.id();
    if before.ids.contains(&id) {
        Err(format!("{id} was announced twice, again as {}", entry.seq))
    } else {
        Ok(())
    }
}

/// An open dialog has at most one responsible, and each change of it is told truly; a closed one is silent.
///
/// # Errors
/// What was told, and what was known.
pub fn one_responsible(before: &Fold, entry: &Entry) -> Result<(), String> {
    let Subject::Dialog(id) = &entry.announcement.subject else { return Ok(()) };
    let body = &entry.announcement.body;
    if matches!(body, Body::ShadowDecided(_)) {
        // The supervisor's own word, which the dialog's may overtake.
        return Ok(());
    }
    let told = before.dialogs.get(id);
    let is_opening = matches!(body, Body::DialogOpened { .. });
    let Some(told) = told.filter(|_| !is_opening) else {
        return match (told, is_opening) {
            (None, true) => Ok(()),
            (Some(_), true) => Err(format!("{id} was opened twice")),
            (_, false) => Err(format!("{} of {id}, which was never opened", body.name())),
        };
    };
    if !told.is_open {
        return Err(format!("{} of {id}, which is closed", body.name()));
    }
    let held = told.holder.as_ref();
    let (is_true, says) = match body {
        Body::DialogAssigned { to, .. } => (held.is_none(), format!("assigned to {to:?}")),
        Body::DialogReassigned { from, to, .. } => {
            (held == Some(from) && from != to, format!("reassigned from {from:?} to {to:?}"))
        }
        Body::DialogReturned { from, .. } => (held == Some(from), format!("returned by {from:?}")),
        Body::DialogClosed { last, .. } => (held == last.as_ref(), format!("closed, held by {last:?}")),
        Body::DialogOpened { .. }
        | Body::DialogWaiting(_)
        | Body::DialogOffered { .. }
        | Body::DialogOfferEnded { .. }
        | Body::DialogKept(_)
        | Body::DialogCloseWarned { .. }
        | Body::DialogClosePostponed
        | Body::DialogQuarantined
        | Body::MessageRecorded { .. }
        | Body::MessageRequested { .. }
        | Body::ManagerAvailable(_)
        | Body::ManagerUnavailable { .. }
        | Body::ManagerChanged { .. }
        | Body::CustomerMerged { .. }
        | Body::FallbackUsed { .. }
        | Body::TargetMissing { .. }
        | Body::DeputiesCircular { .. }
        | Body::ShadowDecided(_)
        | Body::RulesApplied(_)
        | Body::RulesRejected { .. } => return Ok(()),
    };
    if is_true { Ok(()) } else { Err(format!("{id} is {says}, but it was held by {held:?}")) }
}

/// A closed dialog never changes again, and every change is the next version.
///
/// # Errors
/// What changed.
pub fn closed_stays_closed(before: &Dialog, after: &Dialog) -> Result<(), String> {
    let is_birth = after.version == 1 && before.version == 1;
    if !before.is_open() && !is_birth {
        return Err(format!("{} changed to version {} after it was closed", after.id, after.version));
    }
    if is_birth || after.version == before.version + 1 {
        Ok(())
    } else {
        Err(format!("{} went from version {} to {}", after.id, before.version, after.version))
    }
}

/// A dialog that is opened knows whether its chat had one before: `opened` counts it along.
///
/// # Errors
/// It says otherwise.
pub fn returning_is_true(dialog: &Dialog, opened: u64) -> Result<(), String> {
    if dialog.returning == (opened > 1) {
        Ok(())
    } else {
        Err(format!("{} of chat {} says returning: {}", dialog.id, dialog.chat, dialog.returning))
    }
}

/// What is counted of a manager's days adds up to what was announced.
///
/// # Errors
/// The counts: came, went away, closed.
pub fn tallies_tell_the_journal(fold: &Fold, ledger: &Ledger, manager: &ManagerId) -> Result<(), String> {
    let mut sum = DayTally::default();
    ledger.days_of(manager).for_each(|tally| sum += *tally);
    let told = fold.did.get(manager).copied().unwrap_or_default();
    let counted = [sum.assigned, sum.moved_away, sum.closed];
    if counted != told {
        return Err(format!("{manager} has {counted:?} in the days, and {told:?} was announced"));
    }
    if sum.handled.count == sum.moved_away + sum.closed {
        Ok(())
    } else {
        Err(format!("{manager}'s days do not add up: {sum:?}"))
    }
}

/// Whoever heard all announcements knows who holds a dialog, whether it is open, and how often it moved.
///
/// # Errors
/// What they know, and what is stored.
pub fn journal_tells_state(fold: &Fold, stored: &Dialog) -> Result<(), String> {
    let Some(told) = fold.dialogs.get(&stored.id) else {
        return Err(format!("{} is stored and was never announced", stored.id));
    };
    let holder = match &stored.state {
        DialogState::Assigned { to, .. } => Some(to),
        DialogState::Closed { last, .. } => last.as_ref(),
        DialogState::Waiting { .. } | DialogState::Internal => None,
    };
    let offered = told.offer.as_ref().map(|(to, _)| to);
    let known = (told.is_open, told.holder.as_ref(), told.moves, offered);
    let is = (stored.is_open(), holder, stored.moves, stored.offer.as_ref().map(|offer| &offer.to));
    if known == is { Ok(()) } else { Err(format!("{}: announced {known:?}, stored {is:?}", stored.id)) }
}
