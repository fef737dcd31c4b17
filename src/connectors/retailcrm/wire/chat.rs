//! Chats: a lasting thread of one customer in one channel.

use serde::{Deserialize, Serialize};

use super::Id;
use super::actor::Actor;
use super::channel::Channel;
use super::lenient;
use super::message::Message;
use super::words::WaitingLevel;
use crate::domain::time::Timestamp;

/// An element of `GET /chats`, and a part of most events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Chat {
    /// Its id.
    pub id: Id,
    /// The channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// The customer; none in a chat between managers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<Actor>,
    /// The newest message. Boxed, since a message holds its chat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_message: Option<Box<Message>>,
    /// The newest message of the staff's: only its id is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_user_message: Option<Box<Message>>,
    /// The newest dialog, open or closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_dialog: Option<LastDialog>,
    /// When something last happened.
    #[serde(with = "lenient::moment", skip_serializing_if = "Option::is_none")]
    pub last_activity: Option<Timestamp>,
    /// End of the channel's reply window; afterwards only templates may be sent.
    #[serde(with = "lenient::moment", skip_serializing_if = "Option::is_none")]
    pub reply_deadline: Option<Timestamp>,
    /// How urgent it is by the account's own time limits.
    #[serde(skip_serializing_if = "WaitingLevel::is_unsaid")]
    pub waiting_level: WaitingLevel,
    /// When it was made.
    #[serde(with = "lenient::moment", skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// When it last changed.
    #[serde(with = "lenient::moment", skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
}

/// The newest dialog of a chat, as chats tell it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct LastDialog {
    /// Its id.
    pub id: Id,
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
    pub responsible: Option<Actor>,
}
