//! What the supervisor is told, by dialogs, managers, the timekeeper and the keeper.

use std::sync::Arc;

use actix::Message;

use super::Reply;
use super::rulebook::Edition;
use super::timekeeper::Whose;
use crate::desk::Desk;
use crate::desk::view::RosterView;
use crate::domain::announcement::Body;
use crate::domain::customer::LastServed;
use crate::domain::dialog::{AssignmentRequest, Dialog, Standing};
use crate::domain::ids::{CustomerId, DialogId, ManagerId, RulesVersion};
use crate::domain::manager::{Availability, Presence};
use crate::rules::imported::ImportedHours;

/// What a dialog's actor tells. After a conflict with the store another actor takes the dialog over; what the first
/// one still had to say is about a state that the store does not have, and is ignored.
#[derive(Message)]
#[rtype(result = "()")]
pub struct FromDialog {
    /// Which.
    pub dialog: DialogId,
    /// The lineage of its actor.
    pub lineage: u64,
    /// What.
    pub news: News,
}

/// What there is to tell of a dialog.
pub enum News {
    /// It asks for a responsible.
    Request {
        /// Its state when it asked.
        dialog: Arc<Dialog>,
        /// What it asks.
        request: AssignmentRequest,
    },
    /// It takes its request back.
    Withdraw,
    /// It dropped a decision that came too late.
    Decline {
        /// The ticket of the request the decision answered.
        ticket: u64,
    },
    /// How it stands now.
    Stand(Standing),
    /// Somebody served its customer.
    Serve {
        /// The customer.
        customer: CustomerId,
        /// Who, and when.
        served: LastServed,
        /// Store it: no open dialog remembers it.
        keep: bool,
    },
    /// It is about to close by itself, and closings are limited in number.
    MayClose,
    /// It closed; its actor waits to be dismissed.
    Closed,
}

/// A manager may take work, or may not.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Available {
    /// Who.
    pub manager: ManagerId,
    /// Whether.
    pub availability: Availability,
    /// What they say of themselves.
    pub presence: Presence,
}

/// Answer with how a manager looks now.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ShowManager {
    /// Who.
    pub manager: ManagerId,
    /// To whom.
    pub reply: Reply,
}

/// These deadlines may be due.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Due(pub Vec<Whose>);

/// Show people and queue as they are now.
#[derive(Message)]
#[rtype(result = "RosterView")]
pub struct View;

/// Give a copy of the desk, to try something on.
#[derive(Message)]
#[rtype(result = "Box<Desk>")]
pub struct CopyDesk;

/// Another rule set comes into force.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ApplyRules {
    /// The set.
    pub edition: Edition,
    /// Only in place of this version.
    pub expected: Option<RulesVersion>,
    /// Dialogs that wait are planned anew.
    pub migrate: bool,
    /// Who waits for it.
    pub reply: Option<Reply>,
}

/// The hours of the CRM's settings have changed.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ImportHours {
    /// As they are now; `None`: the CRM says none.
    pub hours: Option<ImportedHours>,
    /// Who read them.
    pub by: Arc<str>,
    /// Who waits for it.
    pub reply: Reply,
}

/// The rule set that the account began with is news to the store: put it on record.
#[derive(Message)]
#[rtype(result = "()")]
pub struct RecordRules {
    /// The set.
    pub edition: Edition,
    /// What was in force before.
    pub previous: Option<RulesVersion>,
}

/// Somebody looks a customer up, or has ended doing so.
#[derive(Message)]
#[rtype(result = "()")]
pub struct FactsPending {
    /// The customer.
    pub customer: CustomerId,
    /// It is under way.
    pub is_pending: bool,
}

/// Announce something about the account as a whole.
#[derive(Message)]
#[rtype(result = "()")]
pub struct AnnounceForAccount(pub Body);

/// A dialog's actor must be started again from what is stored.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Restore {
    /// Which.
    pub dialog: DialogId,
    /// The actor's lineage; a later one is left alone.
    pub lineage: u64,
    /// What is stored, if anything.
    pub stored: Option<Box<Dialog>>,
}

/// Stop, and all actors of the account with it.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Retire;
