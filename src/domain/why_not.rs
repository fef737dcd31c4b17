//! Why a manager did not get a dialog: the words of the answer.

use super::ids::{GroupId, ManagerId};
use super::manager::Absence;
use super::routing::{GroupUse, Verdict};
use super::stance::Stance;
use super::time::Timestamp;
use super::units::Units;

/// The answer for one manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The manager asked about.
    pub manager: ManagerId,
    /// What the decision made of them; `None` when no step that counted names them.
    pub verdict: Option<Verdict>,
    /// Why.
    pub why: Why,
    /// How they stood then; `None` when the account did not have them, or it is not on record.
    pub stance: Option<Stance>,
}

/// Why somebody did not get a dialog by a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// They did.
    Chosen,
    /// The account had no such manager then.
    NotThere,
    /// The decision looked at no step of a rule.
    NothingAsked,
    /// The dialog was held, and offered to nobody.
    Held,
    /// No step that was looked at names them.
    NotNamed,
    /// Only steps before this one (from zero) name them, and it set those aside.
    SetAside(u16),
    /// They could not take work.
    Absent(Absence),
    /// They had not enough room.
    OverCapacity {
        /// What the dialog costs.
        charge: Units,
        /// What might have been booked over their capacity.
        over: Units,
    },
    /// It was just taken from them, or they held it.
    FailedBefore,
    /// It was offered to them, and they declined.
    Declined,
    /// It was offered to them, and they did not accept in time.
    DidNotAccept,
    /// They are never to serve this customer.
    Excluded,
    /// Only steps of groups that were full name them; the first such group.
    GroupFull {
        /// The group; `None` when the record does not tell.
        group: Option<(GroupId, GroupUse)>,
    },
    /// Somebody came before them; `None` when the record does not tell by what.
    Outranked(Option<Edge>),
    /// The record is one of an earlier version, which kept only the nearest, and they are not among them.
    NotOnRecord,
}

impl Why {
    /// The word used in the API.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Chosen => "chosen",
            Self::NotThere => "not_there",
            Self::NothingAsked => "nothing_asked",
            Self::Held => "held",
            Self::NotNamed => "not_named",
            Self::SetAside(_) => "set_aside",
            Self::Absent(_) => "absent",
            Self::OverCapacity { .. } => "over_capacity",
            Self::FailedBefore => "failed_before",
            Self::Declined => "declined",
            Self::DidNotAccept => "did_not_accept",
            Self::Excluded => "excluded",
            Self::GroupFull { .. } => "group_full",
            Self::Outranked(_) => "outranked",
            Self::NotOnRecord => "not_on_record",
        }
    }

    /// All words, for lists.
    pub const WORDS: [&str; 15] = [
        "chosen",
        "not_there",
        "nothing_asked",
        "held",
        "not_named",
        "set_aside",
        "absent",
        "over_capacity",
        "failed_before",
        "declined",
        "did_not_accept",
        "excluded",
        "group_full",
        "outranked",
        "not_on_record",
    ];
}

/// By what the winner came before somebody: the first of the strategy's keys in which they differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edge {
    /// The winner had the smaller share of their capacity in use.
    Share {
        /// Load and capacity of the winner.
        winner: (Units, Units),
    },
    /// Equal shares, and the winner's last assignment was longer ago.
    LastAssigned {
        /// The winner's; `None`: never.
        winner: Option<Timestamp>,
        /// Theirs.
        theirs: Option<Timestamp>,
    },
    /// The winner had waited longer since they got or finished a dialog.
    IdleSince {
        /// The winner's; `None`: they never had one.
        winner: Option<Timestamp>,
        /// Theirs.
        theirs: Option<Timestamp>,
    },
    /// It was the winner's turn.
    Turn {
        /// Who had the last one; `None`: it was the first.
        after: Option<ManagerId>,
    },
    /// The group lists the winner first.
    Place {
        /// The winner's place, from zero; `None`: not listed.
        winner: Option<u32>,
        /// Theirs.
        theirs: Option<u32>,
    },
    /// Equal in all that counts, and the winner's id comes first.
    Id,
}

impl Edge {
    /// The word used in the API.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Share { .. } => "share",
            Self::LastAssigned { .. } => "last_assigned",
            Self::IdleSince { .. } => "idle_since",
            Self::Turn { .. } => "turn",
            Self::Place { .. } => "place",
            Self::Id => "id",
        }
    }

    /// All words, for lists.
    pub const WORDS: [&str; 6] = ["share", "last_assigned", "idle_since", "turn", "place", "id"];
}
