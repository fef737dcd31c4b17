//! What offers promise: one at a time, to nobody twice before everybody passed, and none stands past its end.

use std::time::Duration;

use crate::domain::announcement::{Body, Subject};
use crate::domain::dialog::Dialog;
use crate::domain::routing::Responsible;
use crate::domain::time::Timestamp;
use crate::sim::fold::Fold;
use crate::sim::ledger::Entry;

/// A dialog has at most one offer, and whoever gets it by an answer is whoever was asked.
///
/// # Errors
/// What was announced, and what was known.
pub fn one_offer_at_a_time(before: &Fold, entry: &Entry) -> Result<(), String> {
    let Subject::Dialog(id) = &entry.announcement.subject else { return Ok(()) };
    let Some(told) = before.dialogs.get(id) else { return Ok(()) };
    let (at, offered) = (entry.announcement.at, told.offer.as_ref());
    match &entry.announcement.body {
        Body::DialogOffered { to, until, .. } => match offered {
            Some((other, _)) => Err(format!("{id} is offered to {to} and {other}")),
            None if *until <= at => Err(format!("{id} is offered to {to} until {until:?}, at {at:?}")),
            None => Ok(()),
        },
        Body::DialogOfferEnded { to, .. } => match offered {
            Some((asked, _)) if asked == to => Ok(()),
            other => Err(format!("the offer of {id} to {to} ended, it was {other:?}")),
        },
        // Every other end of an offer is told before what brought it.
        Body::DialogAssigned { to, .. } | Body::DialogReassigned { to, .. } => match (offered, to) {
            (Some((asked, until)), Responsible::Manager(manager)) if asked == manager && at < *until => {
                Ok(())
            }
            (Some(offered), _) => {
                Err(format!("{id} went to {to:?} at {at:?}, and was offered to {offered:?}"))
            }
            (None, _) => Ok(()),
        },
        Body::DialogClosed { .. } | Body::DialogReturned { .. } if offered.is_some() => {
            Err(format!("{id} is offered to {offered:?} and was {}", entry.announcement.body.name()))
        }
        Body::DialogOpened { .. }
        | Body::DialogWaiting(_)
        | Body::DialogReturned { .. }
        | Body::DialogKept(_)
        | Body::DialogCloseWarned { .. }
        | Body::DialogClosePostponed
        | Body::DialogClosed { .. }
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
        | Body::RulesRejected { .. } => Ok(()),
    }
}

/// Nobody is asked again who passed, before all who could take it have and the pause is over.
///
/// # Errors
/// Who is asked again.
pub fn nobody_is_asked_twice(before: &Dialog, after: &Dialog, now: Timestamp) -> Result<(), String> {
    let new = after.offer.as_ref().filter(|offer| before.offer.as_ref() != Some(*offer));
    match new {
        Some(offer) if before.passed.at(now).iter().any(|(passed, _)| *passed == offer.to) => {
            Err(format!("{} is offered again to {}, who passed: {:?}", after.id, offer.to, before.passed))
        }
        Some(_) | None => Ok(()),
    }
}

/// No offer stands long after its end.
///
/// # Errors
/// Which one does.
pub fn offers_end_in_time(dialog: &Dialog, patience: Duration, now: Timestamp) -> Result<(), String> {
    match &dialog.offer {
        Some(offer) if offer.until + patience < now => {
            Err(format!("{} is offered until {:?}, and it is {now:?}", dialog.id, offer.until))
        }
        Some(_) | None => Ok(()),
    }
}
