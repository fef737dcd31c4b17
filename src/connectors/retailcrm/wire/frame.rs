//! Frames of the WebSocket: one text frame, one event.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Id;
use super::actor::Actor;
use super::channel::Channel;
use super::chat::Chat;
use super::dialog::DialogEvent;
use super::lenient::{Undecodable, from_value};
use super::message::Message;

/// One frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// When the gateway sent it, in whole seconds of Unix time: too coarse to put events in order.
    pub sent_at: i64,
    /// What it tells.
    pub event: Event,
}

/// What a frame tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A message came.
    MessageNew(Box<Message>),
    /// A message changed: its text, or how far it got.
    MessageUpdated(Box<Message>),
    /// A message was deleted.
    MessageDeleted(Box<Message>),
    /// A deleted message is back.
    MessageRestored(Box<Message>),
    /// A dialog was opened.
    DialogOpened(Box<DialogEvent>),
    /// A dialog was closed.
    DialogClosed(Box<DialogEvent>),
    /// A dialog got a responsible. Who had it before is not told.
    DialogAssign {
        /// The dialog.
        dialog: Box<DialogEvent>,
        /// Its chat.
        chat: Option<Box<Chat>>,
    },
    /// A chat is new.
    ChatCreated(Box<Chat>),
    /// A chat changed.
    ChatUpdated(Box<Chat>),
    /// Chats are gone.
    ChatsDeleted(Vec<Id>),
    /// A manager came into a chat.
    UserJoinedChat {
        /// The chat.
        chat: Id,
        /// The manager.
        user: Id,
    },
    /// A manager left a chat, or was put out.
    UserLeftChat {
        /// The chat.
        chat: Id,
        /// The manager.
        user: Id,
        /// Why; the words are not documented.
        reason: String,
    },
    /// A manager's record changed.
    UserUpdated(Box<Actor>),
    /// A manager came or went.
    UserOnline {
        /// The manager.
        user: Box<Actor>,
        /// Counted as online.
        online: bool,
        /// Has a live session.
        connected: Option<bool>,
    },
    /// A customer's record changed.
    CustomerUpdated(Box<Actor>),
    /// A channel changed.
    ChannelUpdated(Box<Channel>),
    /// A bot's record changed.
    BotUpdated(Box<Actor>),
    /// A kind of event that is not known yet: skipped and counted.
    Unknown(Box<str>),
}

/// The kinds of events to subscribe to, as the address of the socket names them.
pub const SUBSCRIPTION: &[&str] = &[
    "message_new",
    "message_updated",
    "message_deleted",
    "message_restored",
    "dialog_opened",
    "dialog_closed",
    "dialog_assign",
    "chat_created",
    "chat_updated",
    "chats_deleted",
    "user_joined_chat",
    "user_left_chat",
    "user_updated",
    "user_online_updated",
    "customer_updated",
    "channel_updated",
    "bot_updated",
];

#[derive(Default, Deserialize)]
#[serde(default)]
struct Envelope {
    #[serde(rename = "type")]
    kind: String,
    meta: Meta,
    data: Value,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Meta {
    timestamp: i64,
}

impl Frame {
    /// Reads a text frame.
    ///
    /// # Errors
    /// No JSON, or a known kind of event with data of another shape.
    pub fn decode(text: &[u8]) -> Result<Self, Undecodable> {
        let value: Value = serde_json::from_slice(text)?;
        if !value.is_object() {
            return Err(Undecodable { reason: "a frame is an object".into() });
        }
        let envelope: Envelope = from_value(value)?;
        let sent_at = envelope.meta.timestamp;
        Ok(Self { sent_at, event: event(envelope)? })
    }
}

/// The field of the data that must be there.
fn part<T: DeserializeOwned>(data: &mut Value, name: &str) -> Result<T, Undecodable> {
    optional_part(data, name)?.ok_or_else(|| Undecodable { reason: format!("`data` has no `{name}`") })
}

fn optional_part<T: DeserializeOwned>(data: &mut Value, name: &str) -> Result<Option<T>, Undecodable> {
    match data.get_mut(name).map(Value::take) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => from_value(value).map(Some),
    }
}

/// The id in an object that may tell nothing else.
fn id_of(data: &mut Value, name: &str) -> Result<Id, Undecodable> {
    Ok(optional_part::<super::DialogRef>(data, name)?.unwrap_or_default().id)
}

fn event(envelope: Envelope) -> Result<Event, Undecodable> {
    let Envelope { kind, mut data, .. } = envelope;
    let data = &mut data;
    Ok(match kind.as_str() {
        "message_new" => Event::MessageNew(part(data, "message")?),
        "message_updated" => Event::MessageUpdated(part(data, "message")?),
        "message_deleted" => Event::MessageDeleted(part(data, "message")?),
        "message_restored" => Event::MessageRestored(part(data, "message")?),
        "dialog_opened" => Event::DialogOpened(part(data, "dialog")?),
        "dialog_closed" => Event::DialogClosed(part(data, "dialog")?),
        "dialog_assign" => {
            Event::DialogAssign { dialog: part(data, "dialog")?, chat: optional_part(data, "chat")? }
        }
        "chat_created" => Event::ChatCreated(part(data, "chat")?),
        "chat_updated" => Event::ChatUpdated(part(data, "chat")?),
        "chats_deleted" => Event::ChatsDeleted(part(data, "chat_ids")?),
        "user_joined_chat" => {
            Event::UserJoinedChat { chat: id_of(data, "chat")?, user: id_of(data, "user")? }
        }
        "user_left_chat" => Event::UserLeftChat {
            chat: id_of(data, "chat")?,
            user: id_of(data, "user")?,
            reason: optional_part(data, "reason")?.unwrap_or_default(),
        },
        "user_updated" => Event::UserUpdated(from_value(data.take())?),
        "user_online_updated" => Event::UserOnline {
            user: part(data, "user")?,
            online: part(data, "online")?,
            connected: optional_part(data, "connected")?,
        },
        "customer_updated" => Event::CustomerUpdated(from_value(data.take())?),
        "channel_updated" => Event::ChannelUpdated(part(data, "channel")?),
        "bot_updated" => Event::BotUpdated(from_value(data.take())?),
        unknown => Event::Unknown(unknown.into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assignment_brings_dialog_and_chat() {
        let text = br#"{"type": "dialog_assign", "meta": {"timestamp": 1772442905, "app_id": 3}, "data": {
            "dialog": {"id": 9120, "responsible": {"id": 41, "type": "user", "assigned_at": "2026-03-02T09:15:05.2Z"}},
            "chat": {"id": 3307, "last_dialog": {"id": 9120, "responsible": {"id": 41, "type": "user", "name": "Ana"}}}}}"#;
        let frame = Frame::decode(text).unwrap();
        assert_eq!(frame.sent_at, 1_772_442_905);
        let Event::DialogAssign { dialog, chat: Some(chat) } = frame.event else {
            panic!("{:?}", frame.event)
        };
        assert_eq!((dialog.id, dialog.responsible.unwrap().id, chat.id), (9120, 41, 3307));
    }

    #[test]
    fn unknown_events_are_told_apart_from_broken_ones() {
        let unknown = Frame::decode(br#"{"type": "settings_updated", "data": 7}"#).unwrap();
        assert_eq!(unknown.event, Event::Unknown("settings_updated".into()));
        for broken in
            ["", "[]", r#"{"type": "message_new"}"#, r#"{"type": "message_new", "data": {"message": 1}}"#]
        {
            assert!(Frame::decode(broken.as_bytes()).is_err(), "{broken}");
        }
    }

    #[test]
    fn every_subscribed_kind_is_known() {
        for kind in SUBSCRIPTION {
            let read = Frame::decode(format!(r#"{{"type": "{kind}", "data": {{}}}}"#).as_bytes());
            assert!(!matches!(&read, Ok(Frame { event: Event::Unknown(_), .. })), "{kind}");
        }
    }
}
