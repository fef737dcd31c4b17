//! Messages, including those by which the gateway tells what happened.

use serde::{Deserialize, Serialize};

use super::Id;
use super::actor::Actor;
use super::chat::Chat;
use super::lenient;
use super::words::{MessageErrorCode, MessageStatus, MessageType, Scope, SystemAction};
use crate::domain::time::Timestamp;

/// An element of `GET /messages`, and what message events bring.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Message {
    /// Its id.
    pub id: Id,
    /// When it was written; whole seconds, any offset.
    #[serde(with = "lenient::moment", skip_serializing_if = "Option::is_none")]
    pub time: Option<Timestamp>,
    /// What it is.
    #[serde(rename = "type", skip_serializing_if = "MessageType::is_unsaid")]
    pub kind: MessageType,
    /// Who may read it.
    #[serde(skip_serializing_if = "Scope::is_unsaid")]
    pub scope: Scope,
    /// Its chat.
    pub chat_id: Id,
    /// How far it got.
    #[serde(skip_serializing_if = "MessageStatus::is_unsaid")]
    pub status: MessageStatus,
    /// Who wrote; nobody, when it is a system message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Actor>,
    /// Its dialog.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dialog: Option<DialogRef>,
    /// The text.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub content: String,
    /// The text that goes with files.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// What it quotes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<Quote>,
    /// What a system message tells.
    #[serde(skip_serializing_if = "SystemAction::is_unsaid")]
    pub action: SystemAction,
    /// Whom a system message about assignment names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub responsible: Option<Actor>,
    /// Whom a system message about coming and going names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<Actor>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<MessageError>,
    /// Its channel.
    pub channel_id: Id,
    /// When it was stored.
    #[serde(with = "lenient::moment", skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// When it last changed.
    #[serde(with = "lenient::moment", skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// Its chat in full, in events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chat: Option<Chat>,
}

/// A dialog by its id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct DialogRef {
    /// Its id.
    pub id: Id,
}

/// A quoted message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Quote {
    /// Its id.
    pub id: Id,
}

/// Why a message failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct MessageError {
    /// The reason.
    #[serde(skip_serializing_if = "MessageErrorCode::is_unsaid")]
    pub code: MessageErrorCode,
    /// In words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
}
