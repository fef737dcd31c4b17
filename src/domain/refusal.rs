//! Refusals: why a command was not carried out. Each has a stable code and a sentence that says how to mend it.

use std::sync::Arc;

use super::ids::InvalidId;

/// Why a command was refused. Nothing changed, unless the text says that something was recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// An identifier is not acceptable.
    #[error("{field}: {problem}")]
    BadId {
        /// Where it stood.
        field: &'static str,
        /// What is wrong.
        problem: InvalidId,
    },
    /// Something named does not exist in the account.
    #[error("there is no {kind} `{id}` in this account; create it first, or check the id")]
    Unknown {
        /// `dialog`, `manager`, `channel`, …
        kind: &'static str,
        /// The id.
        id: Arc<str>,
    },
    /// The id exists already with other content.
    #[error(
        "{kind} `{id}` exists already with other content; send a new id, or repeat the first request unchanged"
    )]
    DuplicateId {
        /// `dialog`, `message`, …
        kind: &'static str,
        /// The id.
        id: Arc<str>,
    },
    /// The dialog is closed.
    #[error("the dialog is closed and stays so; a customer's message in its chat opens a new one")]
    DialogClosed,
    /// The writer is not the responsible any more. The message was recorded as failed.
    #[error(
        "{writer} is not responsible for this dialog and may not write in it; the message was recorded as failed"
    )]
    NotResponsible {
        /// Who tried.
        writer: Arc<str>,
    },
    /// The dialog is another manager's since.
    #[error(
        "{writer} had this dialog, but it went to somebody else before it closed; only a customer's message opens a new one"
    )]
    NotLastResponsible {
        /// Who tried.
        writer: Arc<str>,
    },
    /// Only an administrator or the responsible may do this.
    #[error("only an administrator or the responsible may {action} this dialog, and {by} is neither")]
    Forbidden {
        /// `assign`, `unassign`, `close`.
        action: &'static str,
        /// Who tried.
        by: Arc<str>,
    },
    /// The chosen manager is absent.
    #[error("{manager} is {absence}; send \"allow_absent\": true to assign all the same")]
    ManagerAbsent {
        /// Who.
        manager: Arc<str>,
        /// Why absent, in one word.
        absence: &'static str,
    },
    /// There is nothing to take back.
    #[error("the dialog has no responsible")]
    NotAssigned,
    /// It is not offered to whoever answers, or not any more.
    #[error("the dialog is not offered to {by}, or not any more: {stands}")]
    NotOffered {
        /// Who answered.
        by: Arc<str>,
        /// What became of the dialog instead.
        stands: Arc<str>,
    },
    /// Internal dialogs are between managers.
    #[error("an internal dialog is between managers: it is not routed, and customers do not write in it")]
    InternalDialog,
    /// The channel does not report this delivery status.
    #[error("the channel does not report `{status}`; set its features if it does")]
    StatusNotReported {
        /// The status.
        status: &'static str,
    },
    /// The dialog was set aside after repeated failures and needs a person.
    #[error("the dialog was set aside after repeated failures; an administrator may assign or close it")]
    Quarantined,
    /// The customer's record went into another one.
    #[error("customer `{from}` was merged into `{into}`; write to that record")]
    CustomerMerged {
        /// The id that was named.
        from: Arc<str>,
        /// The record that stays.
        into: Arc<str>,
    },
    /// Other rules came into force since whoever brings these looked.
    #[error(
        "version {expected} was expected to be in force, but {in_force} is: somebody was faster; compare with it and try again"
    )]
    RulesMoved {
        /// What was expected.
        expected: Arc<str>,
        /// What is in force.
        in_force: Arc<str>,
    },
    /// A value cannot be accepted.
    #[error("{field}: {problem}")]
    BadValue {
        /// Where it stood.
        field: &'static str,
        /// What is wrong and what would be right.
        problem: String,
    },
}

impl Refusal {
    /// The stable code that clients may branch on.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadId { .. } => "bad_id",
            Self::Unknown { .. } => "unknown_id",
            Self::DuplicateId { .. } => "duplicate_id",
            Self::DialogClosed => "dialog_closed",
            Self::NotResponsible { .. } => "not_responsible",
            Self::NotLastResponsible { .. } => "not_last_responsible",
            Self::Forbidden { .. } => "forbidden",
            Self::ManagerAbsent { .. } => "manager_absent",
            Self::NotAssigned => "not_assigned",
            Self::NotOffered { .. } => "not_offered",
            Self::InternalDialog => "internal_dialog",
            Self::StatusNotReported { .. } => "status_not_reported",
            Self::Quarantined => "quarantined",
            Self::CustomerMerged { .. } => "customer_merged",
            Self::RulesMoved { .. } => "rules_moved",
            Self::BadValue { .. } => "bad_value",
        }
    }
}
