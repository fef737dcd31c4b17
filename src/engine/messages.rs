//! What the supervisor is told, by dialogs, managers, the timekeeper and the keeper.

use std::sync::Arc;

use actix::Message;

use super::Reply;
use super::timekeeper::Whose;
use crate::desk::view::RosterView;
use crate::domain::announcement::Body;
use crate::domain::customer::LastServed;
use crate::domain::dialog::{AssignmentRequest, Dialog, Standing};
use crate::domain::ids::{CustomerId, DialogId, ManagerId};
use crate::domain::manager::{Availability, Presence};
use crate::rules::ruleset::RuleSet;
use crate::store::change::RulesRecord;

/// A dialog asks for a responsible.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Request {
    /// Its state when it asked.
    pub dialog: Arc<Dialog>,
    /// What it asks.
    pub request: AssignmentRequest,
}

/// A dialog takes its request back.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Withdraw(pub DialogId);

/// A dialog dropped a decision that came too late.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Decline {
    /// Which.
    pub dialog: DialogId,
    /// The ticket of the request the decision answered.
    pub ticket: u64,
}

/// How a dialog stands now.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Stand {
    /// Which.
    pub dialog: DialogId,
    /// How.
    pub standing: Standing,
}

/// Somebody served a customer.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Serve {
    /// The customer.
    pub customer: CustomerId,
    /// Who, and when.
    pub served: LastServed,
    /// Store it: no open dialog remembers it.
    pub keep: bool,
}

/// A dialog closed; its actor waits to be dismissed.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Closed(pub DialogId);

/// A dialog is about to close by itself, and closings are limited in number.
#[derive(Message)]
#[rtype(result = "()")]
pub struct MayClose(pub DialogId);

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

/// Another rule set is in force.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ApplyRules {
    /// The set.
    pub rules: Arc<RuleSet>,
    /// Its record.
    pub record: RulesRecord,
    /// Who waits for it.
    pub reply: Option<Reply>,
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
