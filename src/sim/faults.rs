//! Faults: what goes wrong in a simulated day, and defects that tests build in to see them found.

use std::time::Duration;

/// How often what goes wrong. Chances are for each step of the scheduler.
#[derive(Clone, Debug, PartialEq)]
pub struct Faults {
    /// The server crashes.
    pub crash: f64,
    /// It crashes after this many steps of the scheduler, for certain.
    pub crash_at: Option<u64>,
    /// How long it is down then, at most.
    pub outage: Duration,
    /// Time goes on to whatever happens next while mail is under way: an actor that is slow.
    pub hurry: f64,
    /// How much time a step takes at most.
    pub step_takes: Duration,
    /// Deadlines ring up to this much late.
    pub lag: Duration,
    /// The machine's clock jumps forward.
    pub clock_jump: f64,
    /// How far it jumps, at most.
    pub jump: Duration,
    /// A client sends a request again that was answered, or one with the id of something old.
    pub repeat: f64,
}

impl Faults {
    /// Nothing goes wrong, and nothing takes time.
    pub fn none() -> Self {
        Self {
            crash: 0.0,
            crash_at: None,
            outage: Duration::ZERO,
            hurry: 0.0,
            step_takes: Duration::ZERO,
            lag: Duration::ZERO,
            clock_jump: 0.0,
            jump: Duration::ZERO,
            repeat: 0.0,
        }
    }
}

/// A defect to build in. Each must be found by the invariant it offends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sabotage {
    /// Some dialogs do not tell the desk how they stand.
    LoseStandings,
    /// Some requests for a responsible never reach the desk.
    LoseRequests,
    /// Some answers go out before their change is durable, and the change is lost.
    AnswerEarly,
    /// Some announcements are made twice.
    AnnounceTwice,
    /// Some announcements are not made.
    AnnounceNever,
    /// Some deadlines are not set.
    LoseDeadlines,
    /// Dialogs close by themselves an hour early.
    CloseEarly,
    /// What a dialog's earlier life still says is believed.
    TrustOldLives,
}

impl Sabotage {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::LoseStandings,
        Self::LoseRequests,
        Self::AnswerEarly,
        Self::AnnounceTwice,
        Self::AnnounceNever,
        Self::LoseDeadlines,
        Self::CloseEarly,
        Self::TrustOldLives,
    ];
}
