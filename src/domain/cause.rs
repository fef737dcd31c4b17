//! Why things happen to a dialog's responsible.

/// Why a dialog got a responsible, lost one, or was asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// It was opened.
    Opened,
    /// A manager or administrator chose.
    Manual,
    /// A manager opened it or answered while it waited.
    Picked,
    /// The CRM reported it as done elsewhere.
    External,
    /// Its manager did not reply in time.
    NoReply,
    /// Its manager went offline.
    Offline,
    /// Its manager gave it back.
    Returned,
    /// Its manager was removed.
    MemberRemoved,
    /// The limit of automatic moves was reached.
    MaxMoves,
    /// The rules changed.
    RulesChanged,
    /// The server started again and found it waiting.
    Recovered,
}

impl Cause {
    /// The word used in the API, in metrics and in the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Manual => "manual",
            Self::Picked => "picked",
            Self::External => "external",
            Self::NoReply => "no_reply",
            Self::Offline => "offline",
            Self::Returned => "returned",
            Self::MemberRemoved => "member_removed",
            Self::MaxMoves => "max_moves",
            Self::RulesChanged => "rules_changed",
            Self::Recovered => "recovered",
        }
    }

    /// All causes, for reading words back.
    pub const ALL: [Self; 11] = [
        Self::Opened,
        Self::Manual,
        Self::Picked,
        Self::External,
        Self::NoReply,
        Self::Offline,
        Self::Returned,
        Self::MemberRemoved,
        Self::MaxMoves,
        Self::RulesChanged,
        Self::Recovered,
    ];

    /// Whether this counts as an automatic move when it leads from one responsible to another.
    pub fn is_automatic_move(self) -> bool {
        matches!(self, Self::NoReply | Self::Offline | Self::MemberRemoved | Self::RulesChanged)
    }
}
