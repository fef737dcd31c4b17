//! Who holds a dialog: giving it to somebody, taking it from them, and asking for somebody.

use std::sync::Arc;

use super::draft::Draft;
use super::offers;
use crate::domain::announcement::Body;
use crate::domain::customer::LastServed;
use crate::domain::dialog::{AssignmentRequest, By, Dialog, DialogState, Effect, StartedBy};
use crate::domain::figures::ServiceFigure;
use crate::domain::ids::{GroupId, ManagerId};
use crate::domain::offer::Passed;
use crate::domain::routing::{Cause, Decision, Responsible, Target};
use crate::domain::time::Timestamp;

/// How somebody comes to hold a dialog.
pub(super) struct Grant {
    /// Why.
    pub cause: Cause,
    /// Who said so, when a person chose.
    pub by: Option<By>,
    /// Why, when rules chose.
    pub decision: Option<Arc<Decision>>,
    /// The group whose step chose them.
    pub through: Option<GroupId>,
}

/// Who holds it and since when.
pub(super) fn held(dialog: &Dialog) -> Option<(Responsible, Timestamp)> {
    match &dialog.state {
        DialogState::Assigned { to, since, .. } => Some((to.clone(), *since)),
        DialogState::Waiting { .. } | DialogState::Internal | DialogState::Closed { .. } => None,
    }
}

/// Gives it to somebody who does not hold it yet. A request that still stands is over; who answered it
/// otherwise than the supervisor withdraws it first.
pub(super) fn give(draft: &mut Draft, to: Responsible, grant: Grant) {
    let Grant { cause, by, decision, through } = grant;
    let is_choice = by.is_some();
    let manager = to.manager().cloned();
    let holder = to.clone();
    let body = match take(draft) {
        Some(from) => Body::DialogReassigned { from, to, by, decision },
        None => Body::DialogAssigned { to, by, decision },
    };
    draft.announce(Some(cause), body);
    let now = draft.now;
    let dialog = &mut draft.dialog;
    let is_first = dialog.first_assigned_at.is_none();
    dialog.first_assigned_at.get_or_insert(now);
    dialog.moved_at = Some(now);
    dialog.nudges_sent = 0;
    dialog.pinned = is_choice;
    dialog.through = through;
    dialog.quarantined = false;
    dialog.request = None;
    dialog.passed = Passed::default();
    dialog.state = DialogState::Assigned { to: holder, since: now, moving: None };
    if let Some(manager) = &manager {
        remember(draft, manager);
    }
    // Whoever writes first holds the dialog at once: no time to speak of, and it would flatter the figure.
    if is_first && draft.dialog.started_by == StartedBy::Customer {
        let channel = draft.dialog.channel_kind.clone();
        let took = draft.ago(draft.dialog.opened_at);
        draft.measure(ServiceFigure::TimeToAssign { channel, took });
    }
}

/// Nobody holds it any more: it waits for the answer to a request that the caller makes.
pub(super) fn put_back(draft: &mut Draft, cause: Cause, by: Option<By>) {
    offers::call_off(draft);
    if let Some(from) = take(draft) {
        draft.announce(Some(cause), Body::DialogReturned { from, by });
    }
    draft.dialog.pinned = false;
    draft.dialog.state = DialogState::Waiting { since: draft.now, place: None };
}

/// Ends the time of whoever holds it; the caller sets the state that follows.
fn take(draft: &mut Draft) -> Option<Responsible> {
    let (from, since) = held(&draft.dialog)?;
    draft.dialog.taken_from = from.manager().cloned();
    draft.dialog.through = None;
    handled(draft, since);
    Some(from)
}

/// Measures how long somebody held it.
pub(super) fn handled(draft: &mut Draft, since: Timestamp) {
    let channel = draft.dialog.channel_kind.clone();
    let took = draft.ago(since);
    draft.measure(ServiceFigure::Handle { channel, took });
}

/// Remembers that a manager serves the customer.
pub(super) fn remember(draft: &mut Draft, manager: &ManagerId) {
    if draft.dialog.customer.is_some() {
        let served = LastServed { manager: manager.clone(), at: draft.now };
        draft.effect(Effect::RememberServing(served));
    }
}

/// Asks for a responsible, in place of any earlier request, and whoever was asked for that one.
pub(super) fn request(draft: &mut Draft, cause: Cause, avoid: Option<ManagerId>, only: Option<Target>) {
    offers::call_off(draft);
    ask(draft, cause, avoid, only);
}

/// Asks for a responsible, in place of any earlier request, but for nobody who passed.
pub(super) fn ask(draft: &mut Draft, cause: Cause, avoid: Option<ManagerId>, only: Option<Target>) {
    let request = AssignmentRequest { cause, ticket: draft.dialog.version, avoid, only };
    draft.dialog.request = Some(request.clone());
    draft.effect(Effect::RequestAssignment(request));
}

/// Takes back the request that stands, if one does: it need not move any more.
pub(super) fn withdraw(draft: &mut Draft) {
    offers::call_off(draft);
    if let DialogState::Assigned { moving, .. } = &mut draft.dialog.state {
        *moving = None;
    }
    if draft.dialog.request.take().is_some() {
        draft.effect(Effect::WithdrawRequest);
    }
}
