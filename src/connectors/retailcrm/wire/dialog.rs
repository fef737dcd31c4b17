//! Dialogs: one episode of service inside a chat.

use serde::{Deserialize, Serialize};

use super::Id;
use super::actor::Responsible;
use super::chat::Chat;
use super::lenient;
use crate::domain::time::Timestamp;

/// An element of `GET /dialogs`. Channel and customer are told by its chat.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Dialog {
    /// Its id.
    pub id: Id,
    /// Its chat.
    pub chat_id: Id,
    /// The message it began with.
    pub begin_message_id: Id,
    /// The system message it ended with.
    pub ending_message_id: Id,
    /// When it was opened.
    #[serde(with = "lenient::moment", skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// When it last changed.
    #[serde(with = "lenient::moment", skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// When it was closed. This, not `is_active`, tells a closed one.
    #[serde(with = "lenient::moment", skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
    /// Who holds it; stays after closing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub responsible: Option<Responsible>,
    /// Its tags; not those of the CRM's customer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

/// A tag of a dialog.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Tag {
    /// Its name.
    pub name: String,
    /// Its colour, one of the gateway's twelve.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub color_code: String,
}

/// A dialog as events tell it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct DialogEvent {
    /// Its id.
    pub id: Id,
    /// The message it began with.
    pub begin_message_id: Id,
    /// The system message it ended with.
    pub ending_message_id: Id,
    /// When it was opened.
    #[serde(with = "lenient::moment", skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// When it got its responsible.
    #[serde(with = "lenient::moment", skip_serializing_if = "Option::is_none")]
    pub assigned_at: Option<Timestamp>,
    /// When it was closed.
    #[serde(with = "lenient::moment", skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
    /// Who holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub responsible: Option<Responsible>,
    /// Its chat, where the event brings it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chat: Option<Chat>,
}
