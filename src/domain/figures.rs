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
