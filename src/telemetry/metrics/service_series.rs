//! Service figures by kind of channel: waits, replies, handling, abandonment.

use std::collections::BTreeMap;

use metrics::{Counter, Histogram, SharedString};

use super::bounded::Bounded;
use super::catalogue as family;
use crate::domain::figures::ServiceFigure;

/// Most kinds of channel of one account that are told apart.
const CHANNELS: usize = 30;

/// Figures of one account.
pub struct ServiceSeries {
    account: SharedString,
    channels: Bounded<ChannelSeries>,
}

struct ChannelSeries {
    label: SharedString,
    assign_wait: Histogram,
    first_reply: Histogram,
    reply: Histogram,
    handle: Histogram,
    abandoned: Counter,
    resolution: BTreeMap<&'static str, Histogram>,
}

impl ChannelSeries {
    fn new(account: &SharedString, label: SharedString) -> Self {
        let labels = || [account.clone(), label.clone()];
        Self {
            assign_wait: family::ASSIGN_WAIT.histogram(labels()),
            first_reply: family::FIRST_REPLY.histogram(labels()),
            reply: family::REPLY.histogram(labels()),
            handle: family::HANDLE.histogram(labels()),
            abandoned: family::ABANDONED.counter(labels()),
            resolution: BTreeMap::new(),
            label,
        }
    }
}

impl ServiceSeries {
    /// No channels yet.
    pub fn new(account: SharedString) -> Self {
        Self { account, channels: Bounded::new(CHANNELS) }
    }

    /// Something ended, and this is how long it took.
    pub fn figure(&mut self, figure: &ServiceFigure) {
        let kind = match figure {
            ServiceFigure::FirstReply { channel, .. }
            | ServiceFigure::Reply { channel, .. }
            | ServiceFigure::TimeToAssign { channel, .. }
            | ServiceFigure::Handle { channel, .. }
            | ServiceFigure::Resolution { channel, .. }
            | ServiceFigure::Abandoned { channel } => channel,
        };
        let account = &self.account;
        let channel = self.channels.get(kind, |label| ChannelSeries::new(account, label));
        match figure {
            ServiceFigure::FirstReply { took, .. } => channel.first_reply.record(*took),
            ServiceFigure::Reply { took, .. } => channel.reply.record(*took),
            ServiceFigure::TimeToAssign { took, .. } => channel.assign_wait.record(*took),
            ServiceFigure::Handle { took, .. } => channel.handle.record(*took),
            ServiceFigure::Resolution { reason, took, .. } => {
                let ChannelSeries { label, resolution, .. } = channel;
                resolution
                    .entry(reason)
                    .or_insert_with(|| {
                        family::RESOLUTION.histogram([account.clone(), label.clone(), (*reason).into()])
                    })
                    .record(*took);
            }
            ServiceFigure::Abandoned { .. } => channel.abandoned.increment(1),
        }
    }
}
