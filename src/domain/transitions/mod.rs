//! How a dialog changes: every transition of its life, as one pure function.
//!
//! ```text
//!            customer writes                     a manager or a bot writes first
//!                  │                                            │
//!                  ▼          Route, Assign, a manager          ▼
//!               Waiting ─────────────writes──────────────►  Assigned ─┐ Route, Assign:
//!                  │    ◄── Return, its manager removed ──      │   ◄─┘ another responsible
//!                  └────────────► Closed ◄──────────────────────┘
//!                     Close, or silence: warnings, farewell, closure
//! ```
//!
//! Before somebody is assigned they may be asked: while a dialog is offered it waits, or stays where it is
//! ([`super::offer`]).
//!
//! An internal dialog is `Internal` from its first message to its closure. What never changes:
//! * a transition that changes something, or has effects, is one step of the version; one that does
//!   not leaves the dialog as it was. The one exception: a late delivery report to a closed dialog is
//!   stored, and the dialog stays untouched;
//! * a request for a responsible stands exactly while the dialog waits or is to move, and only the
//!   newest is answered; a new request replaces the one before without a withdrawal;
//! * all clocks run on the time of arrival. A message's own time is for people: it may come late, and
//!   from a clock that is wrong.

mod by_hand;
mod closing;
mod deadlines;
mod draft;
mod holding;
mod offers;
mod open;
mod replies;
mod report;
mod routing;
#[cfg(test)]
mod samples;
mod standing;
mod texts;
mod write;

use super::announcement::Body;
use super::closing::DialogPolicy;
use super::dialog::{AssignmentRequest, Command, Dialog, DialogState, Opening, Standing, Transition};
use super::ids::CustomerId;
use super::refusal::Refusal;
use super::routing::Responsible;
use super::time::Timestamp;
use draft::Draft;

impl Dialog {
    /// Opens a dialog.
    pub fn open(opening: Opening, _policy: &DialogPolicy, now: Timestamp) -> Transition {
        open::open(opening, now)
    }

    /// Carries out a command.
    ///
    /// # Errors
    /// A [`Refusal`] when nothing changed. When the command was refused but left a trace,
    /// the transition itself carries the refusal.
    pub fn decide(
        &self,
        command: Command,
        policy: &DialogPolicy,
        now: Timestamp,
    ) -> Result<Transition, Refusal> {
        let mut draft = Draft::of(self, now);
        decide(&mut draft, &self.state, command, policy)?;
        Ok(draft.settle(self))
    }

    /// When to send [`Command::Tick`], if nothing happens before; it may be past. A tick at this time or
    /// later does all that is due by then, and what it leaves is due no earlier than it came.
    pub fn deadline(&self, policy: &DialogPolicy) -> Option<Timestamp> {
        deadlines::deadline(self, policy)
    }

    /// How it stands in the supervisor's books. Internal dialogs are not in them: they are free, cost nobody
    /// anything, and never ask for a responsible.
    pub fn standing(&self, policy: &DialogPolicy) -> Standing {
        standing::standing(self, policy)
    }
}

fn decide(
    draft: &mut Draft,
    state: &DialogState,
    command: Command,
    policy: &DialogPolicy,
) -> Result<(), Refusal> {
    match (state, command) {
        // A report may come late, and what the supervisor sends may be under way while the dialog closes.
        (DialogState::Closed { .. }, Command::Report { message, status }) => {
            report::record(draft, &message, status);
        }
        (
            DialogState::Closed { .. } | DialogState::Internal,
            Command::Route { .. }
            | Command::Relink(_)
            | Command::Move { .. }
            | Command::Stay
            | Command::NotTaken { .. }
            | Command::Lapse { .. }
            | Command::Tick,
        ) => {}
        (
            DialogState::Closed { .. },
            Command::Write(_)
            | Command::Heard { .. }
            | Command::Assign { .. }
            | Command::Return { .. }
            | Command::Close { .. }
            | Command::Accept { .. }
            | Command::Decline { .. }
            | Command::Quarantine,
        ) => return Err(Refusal::DialogClosed),
        (
            DialogState::Internal,
            Command::Assign { .. }
            | Command::Return { .. }
            | Command::Accept { .. }
            | Command::Decline { .. },
        ) => {
            return Err(Refusal::InternalDialog);
        }

        (_, Command::Write(message)) => write::write(draft, message)?,
        (_, Command::Heard { message, late }) => write::heard(draft, message, late)?,
        (_, Command::Report { message, status }) => {
            report::report(draft, &message, status, policy);
        }
        (_, Command::Assign { to, by, by_admin, cause }) => {
            by_hand::assign(draft, to, by, by_admin, cause)?;
        }
        (_, Command::Return { by, by_admin, only, cause }) => {
            by_hand::give_back(draft, by, by_admin, only, cause)?;
        }
        (_, Command::Close { by, by_admin, reason }) => {
            by_hand::close(draft, by, by_admin, reason)?;
        }
        (_, Command::Accept { by, by_admin }) => offers::accept(draft, &by, by_admin)?,
        (_, Command::Decline { by, by_admin }) => offers::decline(draft, &by, by_admin)?,
        (_, Command::Quarantine) => quarantine(draft),
        (_, Command::Relink(customer)) => relink(draft, customer),

        // Set aside: only people act on it.
        (
            _,
            Command::Route { .. }
            | Command::Move { .. }
            | Command::Stay
            | Command::NotTaken { .. }
            | Command::Lapse { .. }
            | Command::Tick,
        ) if draft.dialog.quarantined => {}
        (_, Command::Route { ticket, decision, place, texts }) => {
            if routing::route(draft, ticket, decision, place) {
                for text in &texts {
                    replies::tell(draft, text, policy);
                }
            }
        }
        (_, Command::Move { cause, from }) => {
            let holder = draft.dialog.responsible().and_then(Responsible::manager);
            if from.is_none() || from.as_ref() == holder {
                routing::start_moving(draft, cause, &policy.reassign);
            }
        }
        (_, Command::Stay) => routing::stay(draft),
        (_, Command::NotTaken { by }) => by_hand::not_taken(draft, &by),
        (_, Command::Lapse { to }) => offers::lapse(draft, &to),
        (_, Command::Tick) => deadlines::tick(draft, policy),
    }
    Ok(())
}

/// Another record is its customer's. Whoever is being looked for is looked for anew: the other record may have
/// another owner, or exclude somebody.
fn relink(draft: &mut Draft, customer: CustomerId) {
    draft.dialog.customer = Some(customer);
    if let Some(AssignmentRequest { cause, avoid, only, .. }) = draft.dialog.request.clone() {
        holding::request(draft, cause, avoid, only);
    }
}

fn quarantine(draft: &mut Draft) {
    if draft.dialog.quarantined {
        return;
    }
    holding::withdraw(draft);
    draft.dialog.quarantined = true;
    draft.announce(None, Body::DialogQuarantined);
}
