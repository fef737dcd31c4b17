//! Channels in JSON.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::span::Span;
use crate::domain::channel::{Channel, ChannelFeatures};
use crate::domain::ids::ChannelId;
use crate::domain::refusal::Refusal;

const LONGEST_TYPE: usize = 32;

/// A channel's record.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewChannel {
    /// The kind of messenger: `whatsapp`, `telegram`, `site`, …; an open list of lower-case words.
    #[serde(rename = "type")]
    #[schema(max_length = 32, pattern = "^[a-z0-9_-]+$")]
    pub kind: String,
    /// A name for people; the id when missing.
    pub name: Option<String>,
    /// The shop it belongs to.
    pub site: Option<String>,
    /// What it can do; everything when missing.
    #[serde(default)]
    pub features: Features,
}

/// What a channel reports and permits.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Features {
    /// It reports when a message reached the customer's device.
    pub reports_delivered: bool,
    /// It reports when the customer saw a message.
    pub reports_seen: bool,
    /// Reparto may ask for texts of its own to be sent: warnings, farewells, automatic replies.
    pub bot_may_write: bool,
    /// How long after the customer's last message the shop may still write; always when missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_window: Option<Span>,
}

impl Default for Features {
    fn default() -> Self {
        ChannelFeatures::default().into()
    }
}

impl From<ChannelFeatures> for Features {
    fn from(features: ChannelFeatures) -> Self {
        Self {
            reports_delivered: features.reports_delivered,
            reports_seen: features.reports_seen,
            bot_may_write: features.bot_may_write,
            reply_window: features.reply_window.map(Span),
        }
    }
}

impl From<Features> for ChannelFeatures {
    fn from(features: Features) -> Self {
        Self {
            reports_delivered: features.reports_delivered,
            reports_seen: features.reports_seen,
            bot_may_write: features.bot_may_write,
            reply_window: features.reply_window.map(|span| span.0),
        }
    }
}

impl NewChannel {
    /// In the domain's words.
    ///
    /// # Errors
    /// [`Refusal::BadValue`] when the type is no word: it becomes a label of metrics.
    pub fn into_domain(self, id: ChannelId) -> Result<Channel, Refusal> {
        let is_word = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || b"_-".contains(&c);
        let length = self.kind.len();
        if !(1..=LONGEST_TYPE).contains(&length) || !self.kind.bytes().all(is_word) {
            return Err(Refusal::BadValue {
                field: "type",
                problem: format!(
                    "must be 1 to {LONGEST_TYPE} lower-case letters, digits, `_` or `-`, such as \"telegram\""
                ),
            });
        }
        Ok(Channel {
            name: self.name.unwrap_or_else(|| id.to_string()),
            id,
            kind: self.kind.into(),
            site: self.site,
            features: self.features.into(),
        })
    }
}

/// A channel.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Channel)]
pub struct ChannelView<'a> {
    /// Its id.
    id: &'a str,
    /// The kind of messenger.
    r#type: &'a str,
    /// A name for people.
    name: &'a str,
    /// The shop it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    site: Option<&'a str>,
    /// What it can do.
    features: Features,
}

impl<'a> From<&'a Channel> for ChannelView<'a> {
    fn from(channel: &'a Channel) -> Self {
        Self {
            id: channel.id.as_str(),
            r#type: &channel.kind,
            name: &channel.name,
            site: channel.site.as_deref(),
            features: channel.features.clone().into(),
        }
    }
}

/// A page of channels.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChannelPage)]
pub struct ChannelPage<'a> {
    /// The channels by id.
    pub items: Vec<ChannelView<'a>>,
    /// The cursor of the next page; none at the end.
    pub next: Option<String>,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn read(text: &str) -> Result<Channel, Refusal> {
        let channel: NewChannel = serde_json::from_str(text).unwrap();
        channel.into_domain(ChannelId::trusted("wa"))
    }

    #[test]
    fn missing_features_are_there() {
        let channel =
            read(r#"{"type":"whatsapp","features":{"reports_seen":false,"reply_window":"24h"}}"#).unwrap();
        let expected = ChannelFeatures {
            reports_seen: false,
            reply_window: Some(Duration::from_hours(24)),
            ..ChannelFeatures::default()
        };
        assert_eq!((channel.features, channel.name.as_str()), (expected, "wa"));
    }

    #[test]
    fn what_is_written_can_be_sent_back() {
        let channel = read(r#"{"type":"site","site":"shop","features":{"reply_window":90}}"#).unwrap();
        let mut written = serde_json::to_value(ChannelView::from(&channel)).unwrap();
        written.as_object_mut().unwrap().remove("id");
        assert_eq!(read(&written.to_string()), Ok(channel));
    }

    #[test]
    fn a_type_is_a_word() {
        for bad in ["", "Whats App", "x".repeat(33).as_str()] {
            let refused = read(&serde_json::json!({ "type": bad }).to_string()).unwrap_err();
            assert_eq!(refused.code(), "bad_value");
        }
    }
}
