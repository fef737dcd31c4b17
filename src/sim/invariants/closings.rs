//! What closing promises: never early, never unwarned, never on a customer who waits for us, and never forgotten.

use std::time::Duration;

use crate::domain::announcement::{Body, Subject, TextPurpose};
use crate::domain::closing::{ClosePolicy, DialogPolicy, LastFrom};
use crate::domain::dialog::{ClosureReason, Dialog, DialogState, Side};
use crate::domain::message::DeliveryStatus;
use crate::domain::time::Timestamp;
use crate::sim::fold::{Fold, Told};
use crate::sim::ledger::{Entry, Ledger};

fn told<'a>(before: &'a Fold, entry: &Entry) -> Option<&'a Told> {
    match &entry.announcement.subject {
        Subject::Dialog(id) => before.dialogs.get(id),
        Subject::Manager(_) | Subject::Customer(_) | Subject::Account => None,
    }
}

/// A dialog begins to close by itself (with its farewell, or without one at once) only after the time of silence
/// of its rule, when the last word is whose the rule says, and after its warnings.
///
/// # Errors
/// What it should have waited for.
pub fn closes_when_due(before: &Fold, entry: &Entry, policy: &DialogPolicy) -> Result<(), String> {
    let announcement = &entry.announcement;
    let Some(told) = told(before, entry) else { return Ok(()) };
    let is_farewell =
        matches!(&announcement.body, Body::MessageRequested { purpose: TextPurpose::Farewell, .. });
    let is_by_itself = matches!(
        &announcement.body,
        Body::DialogClosed { reason: ClosureReason::Idle(_) | ClosureReason::AccountAutoClose, .. }
    );
    // Whoever was told farewell is not kept waiting when the rules change after that.
    let begins = is_farewell || (is_by_itself && told.farewell.is_none());
    if !begins {
        return Ok(());
    }
    let id = announcement.id();
    let Some(close) = &policy.close else { return Err(format!("{id} closes, but no rule says so")) };
    let due = told.last_public_at + close.after;
    if announcement.at < due {
        return Err(format!("{id} closes at {:?}, before {due:?}", announcement.at));
    }
    let is_whose = match close.last_from {
        LastFrom::Manager => told.last_from == Some(Side::Shop),
        LastFrom::Customer => told.last_from == Some(Side::Customer),
        LastFrom::Any => true,
    };
    if !is_whose {
        return Err(format!("{id} closes although the last word was {:?}'s", told.last_from));
    }
    if !close.warnings.is_empty() && told.warned.is_none_or(|warned| warned.closes_at > announcement.at) {
        return Err(format!("{id} closes at {:?}, warned was {:?}", announcement.at, told.warned));
    }
    Ok(())
}

/// A closure names the rule that says so, and comes after the rule's farewell went out, or had its time.
///
/// # Errors
/// What it names, or how far the farewell got.
pub fn says_farewell(
    before: &Fold,
    entry: &Entry,
    policy: &DialogPolicy,
    ledger: &Ledger,
) -> Result<(), String> {
    let announcement = &entry.announcement;
    let Body::DialogClosed { reason, .. } = &announcement.body else { return Ok(()) };
    let id = announcement.id();
    let is_named = match (reason, &policy.close) {
        (ClosureReason::Manual(_) | ClosureReason::External, _) => return Ok(()),
        (ClosureReason::Idle(rule), Some(close)) => close.id == *rule && !close.by_account,
        (ClosureReason::AccountAutoClose, Some(close)) => close.by_account,
        (ClosureReason::Idle(_) | ClosureReason::AccountAutoClose, None) => false,
    };
    let (Some(close), Some(told), true) = (&policy.close, told(before, entry), is_named) else {
        return Err(format!("{id} closes by {reason:?}, but the rules say {:?}", policy.close));
    };
    if close.farewell.is_none() || !policy.may_write {
        return Ok(());
    }
    let Some((message, version, asked_at)) = &told.farewell else {
        return Err(format!("{id} closes without a farewell"));
    };
    let status = ledger.messages.get(message).map(|message| &message.status);
    let is_out = status.is_some_and(|status| *status != DeliveryStatus::Queued);
    let is_late = announcement.at >= *asked_at + close.farewell_timeout;
    if *version >= announcement.version || !(is_out || is_late) {
        return Err(format!("{id} closes before its farewell was out, which is {status:?}"));
    }
    Ok(())
}

/// A warning leaves as much time as the rule says, and names no time before the silence is over.
///
/// # Errors
/// The time it leaves.
pub fn warns_in_time(before: &Fold, entry: &Entry, policy: &DialogPolicy) -> Result<(), String> {
    let announcement = &entry.announcement;
    let Body::DialogCloseWarned { closes_at, .. } = &announcement.body else { return Ok(()) };
    let (Some(close), Some(told)) = (&policy.close, told(before, entry)) else {
        return Err(format!("{} warns, but no rule would close it", announcement.id()));
    };
    let least = close.warnings.iter().map(|(before, _)| *before).min().unwrap_or_default();
    let leaves = closes_at.since(announcement.at);
    if leaves < least || *closes_at < told.last_public_at + close.after {
        return Err(format!("{} leaves {leaves:?}, the rule says {least:?}", announcement.id()));
    }
    Ok(())
}

fn applies(dialog: &Dialog, close: &ClosePolicy) -> bool {
    let is_held_or_waits = matches!(dialog.state, DialogState::Assigned { .. } | DialogState::Waiting { .. });
    let is_whose = match close.last_from {
        LastFrom::Manager => dialog.last_from == Some(Side::Shop) && dialog.awaiting_reply_since.is_none(),
        LastFrom::Customer => dialog.last_from == Some(Side::Customer),
        LastFrom::Any => true,
    };
    is_held_or_waits && is_whose && !dialog.quarantined
}

/// No dialog stays open past its deadline, when nothing is under way and nothing went wrong.
/// `situated_at` is since when its rules hold.
///
/// # Errors
/// How long it should be closed.
pub fn none_open_past_deadline(
    dialog: &Dialog,
    policy: &DialogPolicy,
    situated_at: Timestamp,
    now: Timestamp,
) -> Result<(), String> {
    let Some(close) = policy.close.as_ref().filter(|close| applies(dialog, close)) else { return Ok(()) };
    let longest = close.warnings.iter().map(|(before, _)| *before).max().unwrap_or_default();
    let silent = dialog.last_message_at + close.after;
    // Warned before, under other rules: it closes no earlier than that warning said.
    let begins = silent.max(situated_at + longest).max(dialog.closes_at.unwrap_or(silent));
    let farewell = if close.farewell.is_some() { close.farewell_timeout } else { Duration::ZERO };
    let closed_by = begins + farewell;
    if now > closed_by {
        return Err(format!("{} is open at {now:?}, to be closed by {closed_by:?}", dialog.id));
    }
    Ok(())
}

/// The timekeeper will look at a dialog no later than there is something to do. Earlier does no harm: a deadline
/// is only a hint to look. Closings that are limited in number may be held up until then.
///
/// # Errors
/// When it will look, and when it should.
pub fn deadline_is_set(
    dialog: &Dialog,
    policy: &DialogPolicy,
    set: Option<Timestamp>,
    held_up_until: Timestamp,
) -> Result<(), String> {
    match (dialog.deadline(policy), set) {
        (Some(deadline), Some(set)) if set <= deadline.max(held_up_until) => Ok(()),
        (None, _) => Ok(()),
        (Some(deadline), _) => {
            Err(format!("{} is to be looked at at {deadline:?}, but the timekeeper has {set:?}", dialog.id))
        }
    }
}
