//! Channels: the messenger connections that customers write through, and what each of them can report.

use std::sync::Arc;
use std::time::Duration;

use super::ids::ChannelId;

/// What a messenger tells about messages sent through it, and what it permits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelFeatures {
    /// It reports when a message reached the customer's device.
    pub reports_delivered: bool,
    /// It reports when the customer saw a message.
    pub reports_seen: bool,
    /// We may write texts of our own (warnings, farewells, auto-replies).
    pub bot_may_write: bool,
    /// How long after the customer's last message we may still write; `None`: always.
    pub reply_window: Option<Duration>,
}

impl Default for ChannelFeatures {
    fn default() -> Self {
        Self { reports_delivered: true, reports_seen: true, bot_may_write: true, reply_window: None }
    }
}

/// One messenger connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Its id.
    pub id: ChannelId,
    /// The kind of messenger: `whatsapp`, `telegram`, `site`, …; an open list.
    pub kind: Arc<str>,
    /// A name for people.
    pub name: String,
    /// The shop (site) it belongs to.
    pub site: Option<String>,
    /// What it can do.
    pub features: ChannelFeatures,
}
