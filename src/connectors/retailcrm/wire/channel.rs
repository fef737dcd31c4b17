//! Channels and what they can do.

use serde::{Deserialize, Serialize};

use super::Id;
use super::lenient;
use super::words::{ChannelType, Feature};
use crate::domain::time::Timestamp;

/// A channel: an element of `GET /channels`, and, with fewer fields, a part of each chat.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Channel {
    /// Its id.
    pub id: Id,
    /// The kind of messenger.
    #[serde(rename = "type", skip_serializing_if = "ChannelType::is_unsaid")]
    pub kind: ChannelType,
    /// Name for people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What it can do.
    pub settings: ChannelSettings,
    /// Whether it works.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_active: Option<bool>,
    /// Since when it does not.
    #[serde(with = "lenient::moment", skip_serializing_if = "Option::is_none")]
    pub deactivated_at: Option<Timestamp>,
}

/// What a channel can do, as far as a distributor asks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct ChannelSettings {
    /// Texts.
    pub text: TextSettings,
    /// Which delivery statuses it reports.
    pub status: StatusSettings,
    /// When one may write.
    pub sending_policy: SendingPolicy,
}

/// Texts in a channel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct TextSettings {
    /// Which way texts go.
    #[serde(skip_serializing_if = "Feature::is_unsaid")]
    pub creating: Feature,
    /// Longest text, in characters; zero: not said.
    #[serde(skip_serializing_if = "is_zero")]
    pub max_chars_count: u64,
}

/// Delivery statuses of a channel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct StatusSettings {
    /// Whether it tells that a message arrived.
    #[serde(skip_serializing_if = "Feature::is_unsaid")]
    pub delivered: Feature,
    /// Whether it tells that a message was read.
    #[serde(skip_serializing_if = "Feature::is_unsaid")]
    pub read: Feature,
}

/// When one may write in a channel: `no`, `template` or `text`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct SendingPolicy {
    /// To somebody who never wrote.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub new_customer: String,
    /// After the reply window.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub after_reply_timeout: String,
    /// `allowed` or `restricted`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub outgoing: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference to the field")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Channel {
    /// Whether it works. A channel that was connected anew appears again under another id, and the old one may still
    /// call itself active.
    pub fn works(&self) -> bool {
        self.is_active != Some(false) && self.deactivated_at.is_none()
    }

    /// Whether a bot may write in it; a channel that says nothing is believed to permit it.
    pub fn bot_may_write(&self) -> bool {
        let permits = !matches!(self.settings.text.creating, Feature::None | Feature::Receive);
        permits && self.settings.sending_policy.outgoing != "restricted"
    }
}
