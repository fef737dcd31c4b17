//! Service figures: how long things took, measured once at the moment they end.

use std::sync::Arc;
use std::time::Duration;

/// One measurement. Durations are exact; labels are bounded by the account's channels and the reasons' words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceFigure {
    /// From the customer's first message to the first reply of a manager.
    FirstReply {
        /// Kind of channel.
        channel: Arc<str>,
        /// How long.
        took: Duration,
    },
    /// From the first unanswered message of a customer to the reply.
    Reply {
        /// Kind of channel.
        channel: Arc<str>,
        /// How long.
        took: Duration,
    },
    /// From opening to the first assignment.
    TimeToAssign {
        /// Kind of channel.
        channel: Arc<str>,
        /// How long.
        took: Duration,
    },
    /// How long one responsible held the dialog.
    Handle {
        /// Kind of channel.
        channel: Arc<str>,
        /// How long.
        took: Duration,
    },
    /// From opening to closure.
    Resolution {
        /// Kind of channel.
        channel: Arc<str>,
        /// The closure's reason, in one word.
        reason: &'static str,
        /// How long.
        took: Duration,
    },
    /// A customer's dialog ended without any reply.
    Abandoned {
        /// Kind of channel.
        channel: Arc<str>,
    },
}

/// What an objective is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// From the customer's first message to the first reply; a dialog that ends without any reply misses it.
    FirstReply,
    /// From the first unanswered message of a customer to the reply.
    Reply,
    /// From opening to the first assignment.
    Assign,
}

impl Measure {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::FirstReply, Self::Reply, Self::Assign];

    /// The word used in rule files and metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::FirstReply => "first_reply",
            Self::Reply => "reply",
            Self::Assign => "assign",
        }
    }
}

/// A promise of service: this share of dialogs takes no longer than that.
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    /// Its name.
    pub id: Arc<str>,
    /// What is measured.
    pub measure: Measure,
    /// How long it may take.
    pub within: Duration,
    /// The share that must not take longer, above 0 and up to 1.
    pub ratio: f64,
}

impl Objective {
    /// Whether this figure keeps to it; `None` when it is about something else.
    pub fn judge(&self, figure: &ServiceFigure) -> Option<bool> {
        let took = match figure {
            ServiceFigure::FirstReply { took, .. } if self.measure == Measure::FirstReply => took,
            ServiceFigure::Reply { took, .. } if self.measure == Measure::Reply => took,
            ServiceFigure::TimeToAssign { took, .. } if self.measure == Measure::Assign => took,
            ServiceFigure::Abandoned { .. } if self.measure == Measure::FirstReply => return Some(false),
            ServiceFigure::FirstReply { .. }
            | ServiceFigure::Reply { .. }
            | ServiceFigure::TimeToAssign { .. }
            | ServiceFigure::Handle { .. }
            | ServiceFigure::Resolution { .. }
            | ServiceFigure::Abandoned { .. } => return None,
        };
        Some(*took <= self.within)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_objective_judges_what_it_is_about() {
        let channel: Arc<str> = "site".into();
        let objective =
            |measure| Objective { id: "chat".into(), measure, within: Duration::from_secs(20), ratio: 0.8 };
        let took = |seconds| (channel.clone(), Duration::from_secs(seconds));
        let first = |seconds| {
            let (channel, took) = took(seconds);
            ServiceFigure::FirstReply { channel, took }
        };
        assert_eq!(objective(Measure::FirstReply).judge(&first(20)), Some(true));
        assert_eq!(objective(Measure::FirstReply).judge(&first(21)), Some(false));
        assert_eq!(objective(Measure::Reply).judge(&first(21)), None);
        let abandoned = ServiceFigure::Abandoned { channel: channel.clone() };
        assert_eq!(objective(Measure::FirstReply).judge(&abandoned), Some(false));
        assert_eq!(objective(Measure::Assign).judge(&abandoned), None);
    }
}
