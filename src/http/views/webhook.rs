//! Webhooks in JSON: subscriptions, their secrets, and what became of deliveries.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::time::Time;
use crate::domain::announcement::Body;
use crate::domain::refusal::Refusal;
use crate::store::change::{Delivery, Webhook};

const LONGEST_URL: usize = 2_000;

/// A webhook to make.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWebhook {
    /// Where events are sent: `http://` or `https://`.
    #[schema(format = "uri", max_length = 2000)]
    pub url: String,
    /// Which events: names, or prefixes such as `dialog.*`; all when missing.
    #[serde(default)]
    pub events: Vec<String>,
    /// Deliver events after this sequence number; those from now on when missing.
    pub after: Option<u64>,
}

impl NewWebhook {
    /// Whether it can be kept.
    ///
    /// # Errors
    /// [`Refusal::BadValue`].
    pub fn check(&self) -> Result<(), Refusal> {
        let bad = |field, problem: &str| Refusal::BadValue { field, problem: problem.to_owned() };
        if self.url.len() > LONGEST_URL {
            return Err(bad("url", "may have at most 2000 characters"));
        }
        let Ok(url) = reqwest::Url::parse(&self.url) else {
            return Err(bad("url", "is not an address; send one such as \"https://crm.example/hooks\""));
        };
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(bad("url", "must begin with http:// or https:// and name a host"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad("url", "may not carry a name or password; deliveries are signed instead"));
        }
        self.events.iter().try_for_each(|name| check_event(name))
    }
}

/// Whether a text is an event's name, or a prefix of one that ends in `.*`.
///
/// # Errors
/// [`Refusal::BadValue`].
pub fn check_event(name: &str) -> Result<(), Refusal> {
    let is_known = match name.strip_suffix('*') {
        Some(prefix) => prefix.ends_with('.') && Body::NAMES.iter().any(|name| name.starts_with(prefix)),
        None => Body::NAMES.contains(&name),
    };
    if is_known {
        return Ok(());
    }
    Err(Refusal::BadValue {
        field: "events",
        problem: format!(
            "there is no event `{name}`; there are {}, and prefixes such as `dialog.*`",
            Body::NAMES.join(", ")
        ),
    })
}

/// From where to deliver again.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Redelivery {
    /// The first event to deliver again; when missing, a paused webhook merely goes on.
    pub from: Option<u64>,
}

/// A webhook.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Webhook)]
pub struct WebhookView<'a> {
    /// Its id.
    id: &'a str,
    /// Where events are sent.
    url: &'a str,
    /// Which events; all when empty.
    events: &'a [String],
    /// Everything up to this number is acknowledged.
    acknowledged: u64,
    /// Deliveries are paused after repeated failure.
    paused: bool,
    /// When it was made.
    created_at: Time,
    /// What deliveries are signed with, by the Standard Webhooks scheme. Only in the answer that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
}

impl<'a> From<&'a Webhook> for WebhookView<'a> {
    fn from(webhook: &'a Webhook) -> Self {
        Self {
            id: &webhook.id,
            url: &webhook.url,
            events: &webhook.events,
            acknowledged: webhook.acknowledged,
            paused: webhook.paused,
            created_at: Time(webhook.created_at),
            secret: None,
        }
    }
}

impl<'a> WebhookView<'a> {
    /// With its secret, for the answer that made it.
    #[must_use]
    pub fn revealing(mut self, secret: &'a str) -> Self {
        self.secret = Some(secret);
        self
    }
}

/// A page of webhooks.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookPage)]
pub struct WebhookPage<'a> {
    /// The webhooks.
    pub items: Vec<WebhookView<'a>>,
    /// The cursor of the next page; none at the end.
    pub next: Option<String>,
}

/// One attempt to deliver one event.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Delivery)]
pub struct DeliveryView<'a> {
    /// The event.
    seq: u64,
    /// Which attempt, from one.
    attempt: u32,
    /// When.
    at: Time,
    /// HTTP status of the answer; none when there was no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// What went wrong, if anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

impl<'a> From<&'a Delivery> for DeliveryView<'a> {
    fn from(delivery: &'a Delivery) -> Self {
        Self {
            seq: delivery.seq,
            attempt: delivery.attempt,
            at: Time(delivery.at),
            status: delivery.status,
            error: delivery.error.as_deref(),
        }
    }
}

/// The newest deliveries of a webhook.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeliveryPage)]
pub struct DeliveryPage<'a> {
    /// The attempts, newest first.
    pub items: Vec<DeliveryView<'a>>,
    /// Always none: only the newest attempts are kept.
    pub next: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, events: &[&str]) -> Result<(), Refusal> {
        let events = events.iter().map(|&name| name.to_owned()).collect();
        let url = url.to_owned();
        NewWebhook { url, events, after: None }.check()
    }

    #[test]
    fn an_address_is_http_without_a_password() {
        assert_eq!(check("http://127.0.0.1:9000/hook", &[]), Ok(()));
        for bad in ["", "crm", "ftp://crm/x", "file:///etc/passwd", "https://a:b@crm/", "mailto:a@b"] {
            assert!(check(bad, &[]).is_err(), "{bad}");
        }
    }

    #[test]
    fn events_exist() {
        assert_eq!(check("http://crm", &["dialog.assigned", "dialog.*"]), Ok(()));
        for bad in ["dialog.asigned", "dialog", "*", "dialogs.*", "dialog.a*"] {
            assert!(check("http://crm", &[bad]).is_err(), "{bad}");
        }
    }
}
