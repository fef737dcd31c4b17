//! What the event feed can betray, each kind with what it means.

use serde::Serialize;

/// A kind of violation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A sequence number is missing, or comes out of order.
    SequenceGap,
    /// An event id came twice.
    RepeatedEvent,
    /// An event that had been served is another one now.
    ChangedHistory,
    /// A dialog was opened twice.
    OpenedTwice,
    /// A dialog was assigned while somebody had it.
    AssignedTwice,
    /// A dialog was taken from, or closed by way of, somebody who did not have it.
    TakenFromWrong,
    /// Something happened to a closed dialog.
    AfterClosure,
    /// A dialog went to somebody who may not have it.
    NotAllowed,
    /// A dialog went to somebody absent.
    Absent,
    /// A dialog went to somebody without room for it.
    OverCapacity,
    /// A dialog waited while somebody allowed had room.
    WaitedInVain,
    /// A dialog was opened, and nothing more was ever heard of it.
    NeverRouted,
    /// A dialog that was acknowledged is not in the feed.
    LostDialog,
    /// An assignment that was acknowledged is not in the feed.
    LostAssignment,
    /// A closure that was acknowledged is not in the feed.
    LostClosure,
    /// A message that was acknowledged is not in the feed.
    LostMessage,
    /// The roster does not say what the events add up to.
    RosterDisagrees,
}

impl Kind {
    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::SequenceGap => "gap in the sequence",
            Self::RepeatedEvent => "event repeated",
            Self::ChangedHistory => "history changed",
            Self::OpenedTwice => "opened twice",
            Self::AssignedTwice => "assigned while held",
            Self::TakenFromWrong => "taken from the wrong one",
            Self::AfterClosure => "changed after closure",
            Self::NotAllowed => "not allowed",
            Self::Absent => "assigned to somebody absent",
            Self::OverCapacity => "over capacity",
            Self::WaitedInVain => "waited while somebody had room",
            Self::NeverRouted => "never routed",
            Self::LostDialog => "acknowledged dialog lost",
            Self::LostAssignment => "acknowledged assignment lost",
            Self::LostClosure => "acknowledged closure lost",
            Self::LostMessage => "acknowledged message lost",
            Self::RosterDisagrees => "roster disagrees with the events",
        }
    }
}

/// One violation, explained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// The kind.
    pub kind: Kind,
    /// The event that showed it; zero when none did.
    pub seq: u64,
    /// What is wrong, for people.
    pub text: String,
}
