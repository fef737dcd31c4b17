//! Messages in JSON.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::decision::DecisionRecord;
use super::dialog::DialogView;
use super::id::MessageKey;
use super::time::Time;
use super::who::{AuthorView, NewAuthor};
use super::words::{self, VisibilityWord};
use crate::domain::ids::{CustomerId, MessageId};
use crate::domain::message::{Author, DeliveryStatus, Message};
use crate::domain::refusal::Refusal;
use crate::engine::inbound;
use crate::store::decision_json::DecisionView;

/// A message that opens a dialog.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FirstMessage {
    /// Its id; made up when missing.
    pub id: Option<MessageKey>,
    /// Who wrote; the dialog's customer when missing.
    pub from: Option<NewAuthor>,
    /// The text.
    pub text: Option<String>,
    /// When it was written; now when missing or in the future.
    pub at: Option<Time>,
    /// Who may read it; everybody when missing.
    pub visibility: Option<VisibilityWord>,
    /// The message it quotes.
    pub quote: Option<MessageKey>,
}

impl FirstMessage {
    /// In the engine's words.
    ///
    /// # Errors
    /// [`Refusal::BadValue`] when it is not said who wrote.
    pub fn into_domain(self, customer: Option<&CustomerId>) -> Result<inbound::NewMessage, Refusal> {
        let from = match (self.from, customer) {
            (Some(from), _) => from.into(),
            (None, Some(customer)) => Author::Customer(customer.clone()),
            (None, None) => {
                return Err(Refusal::BadValue {
                    field: "message.from",
                    problem: "say who wrote: {\"manager\": \"ID\"}".to_owned(),
                });
            }
        };
        Ok(inbound::NewMessage {
            id: self.id.map(|id| id.0),
            from,
            text: self.text.map(Into::into),
            at: self.at.map(|at| at.0),
            visibility: self.visibility.map(Into::into).unwrap_or_default(),
            quote: self.quote.map(|id| id.0),
        })
    }
}

/// A message in a dialog.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMessage {
    /// Its id; made up when missing.
    pub id: Option<MessageKey>,
    /// Who wrote.
    pub from: NewAuthor,
    /// The text.
    pub text: Option<String>,
    /// When it was written; now when missing or in the future.
    pub at: Option<Time>,
    /// Who may read it; everybody when missing.
    pub visibility: Option<VisibilityWord>,
    /// The message it quotes.
    pub quote: Option<MessageKey>,
}

impl From<NewMessage> for inbound::NewMessage {
    fn from(message: NewMessage) -> Self {
        Self {
            id: message.id.map(|id| id.0),
            from: message.from.into(),
            text: message.text.map(Into::into),
            at: message.at.map(|at| at.0),
            visibility: message.visibility.map(Into::into).unwrap_or_default(),
            quote: message.quote.map(|id| id.0),
        }
    }
}

/// How far a message got, as the channel reports it.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeliveryReport {
    /// How far.
    pub status: DeliveryWord,
    /// Why it failed; only with `failed`.
    pub reason: Option<String>,
}

/// How far a message got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryWord {
    /// Accepted, not yet handed to the messenger.
    Queued,
    /// Handed to the messenger.
    Sent,
    /// On the customer's device.
    Delivered,
    /// Seen by the customer.
    Seen,
    /// It did not arrive.
    Failed,
}

impl DeliveryReport {
    /// In the domain's words.
    ///
    /// # Errors
    /// [`Refusal::BadValue`] when a reason stands beside a success.
    pub fn into_domain(self) -> Result<DeliveryStatus, Refusal> {
        if self.reason.is_some() && self.status != DeliveryWord::Failed {
            return Err(Refusal::BadValue {
                field: "reason",
                problem: "only a failed delivery has a reason; leave it out".to_owned(),
            });
        }
        Ok(match self.status {
            DeliveryWord::Queued => DeliveryStatus::Queued,
            DeliveryWord::Sent => DeliveryStatus::Sent,
            DeliveryWord::Delivered => DeliveryStatus::Delivered,
            DeliveryWord::Seen => DeliveryStatus::Seen,
            DeliveryWord::Failed => {
                let reason = self.reason.as_deref().unwrap_or("no reason given");
                DeliveryStatus::Failed(reason.into())
            }
        })
    }
}

/// A message.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Message)]
pub struct MessageView<'a> {
    /// Its id.
    id: &'a str,
    /// The dialog it belongs to.
    dialog: &'a str,
    /// Who wrote it.
    from: AuthorView<'a>,
    /// The text.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    /// When it was written.
    at: Time,
    /// Who may read it.
    visibility: VisibilityWord,
    /// The message it quotes.
    #[serde(skip_serializing_if = "Option::is_none")]
    quote: Option<&'a str>,
    /// How far it got.
    #[schema(schema_with = words::delivery)]
    status: &'static str,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'a str>,
}

impl<'a> From<&'a Message> for MessageView<'a> {
    fn from(message: &'a Message) -> Self {
        let failure = match &message.status {
            DeliveryStatus::Failed(reason) => Some(&**reason),
            DeliveryStatus::Queued
            | DeliveryStatus::Sent
            | DeliveryStatus::Delivered
            | DeliveryStatus::Seen => None,
        };
        Self {
            id: message.id.as_str(),
            dialog: message.dialog.as_str(),
            from: (&message.from).into(),
            text: message.text.as_deref(),
            at: Time(message.at),
            visibility: message.visibility.into(),
            quote: message.quote.as_ref().map(MessageId::as_str),
            status: message.status.word(),
            failure,
        }
    }
}

/// A stored message, and the dialog it went to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MessageAnswer)]
pub struct MessageAnswer<'a> {
    /// The message as stored.
    pub message: MessageView<'a>,
    /// The dialog it went to: a new one when the one addressed was closed.
    pub dialog: DialogView<'a>,
    /// The decision in full, when one was made at once.
    #[schema(value_type = Option<DecisionRecord>)]
    pub decision: Option<DecisionView<'a>>,
    /// The dialog is new.
    pub opened: bool,
}

/// A page of messages.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MessagePage)]
pub struct MessagePage<'a> {
    /// The messages in order of time.
    pub items: Vec<MessageView<'a>>,
    /// The cursor of the next page; none at the end.
    pub next: Option<&'a str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_message_is_the_customers_unless_said_otherwise() {
        let read = |text| serde_json::from_str::<FirstMessage>(text).unwrap();
        let customer = CustomerId::trusted("c1");
        let message = read(r#"{"text":"hello"}"#).into_domain(Some(&customer));
        assert_eq!(message.unwrap().from, Author::Customer(customer.clone()));
        let message = read(r#"{"from":{"manager":"ana"}}"#).into_domain(Some(&customer));
        assert!(matches!(message.unwrap().from, Author::Manager(_)));
        let refused = read("{}").into_domain(None).unwrap_err();
        assert_eq!(refused.code(), "bad_value");
    }

    #[test]
    fn only_failures_have_reasons() {
        let read = |text| serde_json::from_str::<DeliveryReport>(text).unwrap().into_domain();
        assert_eq!(
            read(r#"{"status":"failed","reason":"blocked"}"#),
            Ok(DeliveryStatus::Failed("blocked".into()))
        );
        assert_eq!(read(r#"{"status":"seen"}"#), Ok(DeliveryStatus::Seen));
        assert!(read(r#"{"status":"seen","reason":"x"}"#).is_err());
    }
}
