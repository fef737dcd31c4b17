//! Every recorded body of the Message Gateway that the connector may meet is read without loss of what is used.
//!
//! For each body: whatever we read is in the body, and whatever is in the body we read, unless its field is in the list
//! of those that a distributor has no use for.

use reparto::connectors::retailcrm::wire::{
    Assigned, Bot, Channel, Chat, Customer, Dialog, ErrorBody, Event, Frame, Message, Sent, Unassigned, User,
    decode, decode_list,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::bodies::{compare, files, folder};

/// Fields that a distributor has no use for; everything below them is skipped too.
const UNUSED: &[&str] = &[
    // Looks, files, orders, products.
    "avatar",
    "avatar_url",
    "profile_url",
    "items",
    "order",
    "product",
    "file",
    "image",
    "audio",
    "suggestions",
    "transport_attachments",
    "template",
    "template_code",
    "reactions",
    "reaction",
    "markup_formats",
    "whatsapp",
    // What texts can do besides being sent.
    "editing",
    "quoting",
    "deleting",
    // Said better elsewhere: `closed_at`, the responsible, `deactivated_at`, ids.
    "is_assigned",
    "is_active@dialog",
    "unread",
    "not_read_messages",
    "not_read_messages_count",
    "is_read",
    "is_edit",
    "actions",
    "bot_id",
    "activated_at",
    "waiting_level_transition_time",
    "client_id",
    "transport_id",
    "author_id",
    "members",
    "customer_external_id",
    // When a record was made or changed, where nothing hangs on it.
    "created_at@bot",
    "updated_at@bot",
    "created_at@user",
    "updated_at@user",
    "created_at@channel",
    "updated_at@channel",
    "created_at@customer",
    "updated_at@customer",
    "channel_sent_at",
    "edited_at",
    // Where a customer came from.
    "utm",
    "country",
    // What a quote holds: its id is enough.
    "content@quote",
    "from@quote",
    "time@quote",
    "type@quote",
];

#[track_caller]
fn holds(read: &impl Serialize, raw: &Value, kind: &'static str, at: &str) {
    let mut differences = Vec::new();
    compare(
        &serde_json::to_value(read).expect("a recorded body is JSON of this shape"),
        raw,
        kind,
        at,
        UNUSED,
        &mut differences,
    );
    assert!(differences.is_empty(), "{at}:\n{}", differences.join("\n"));
}

#[track_caller]
fn list<T: DeserializeOwned + Serialize>(body: &[u8], kind: &'static str, at: &str) {
    let (read, unread) = decode_list::<T>(body).unwrap_or_else(|error| panic!("{at}: {error}"));
    assert!(unread.is_empty(), "{at}: {unread:?}");
    holds(&read, &serde_json::from_slice(body).expect("a recorded body is JSON of this shape"), kind, at);
}

#[track_caller]
fn one<T: DeserializeOwned + Serialize>(body: &[u8], kind: &'static str, at: &str) {
    let read = decode::<T>(body).unwrap_or_else(|error| panic!("{at}: {error}"));
    holds(&read, &serde_json::from_slice(body).expect("a recorded body is JSON of this shape"), kind, at);
}

/// What stands in a file, by its name; `None` for what a distributor never asks for.
fn check(name: &str, body: &[u8]) -> Option<()> {
    let has = |part: &str| name.to_lowercase().contains(part);
    if has("request") || has("file") || has("template") && !has("error") || has("command") || has("member") {
        return None;
    }
    if has("_400") || has("_404") || has("error") {
        one::<ErrorBody>(body, "error", name);
        let error: ErrorBody = decode(body).expect("a recorded body is JSON of this shape");
        assert!(!error.text().is_empty(), "{name} says nothing");
        assert_eq!(error.is_not_latest(), has("not_latest"), "{name}");
        assert_eq!(error.is_not_assigned(), has("not_assigned"), "{name}");
    } else if has("unassign") {
        one::<Unassigned>(body, "user", name);
    } else if has("assign") {
        one::<Assigned>(body, "user", name);
    } else if has("quote") {
        one::<Message>(body, "message", name);
    } else if has("send") || has("post_messages") {
        one::<Sent>(body, "message", name);
    } else if [
        "empty_object",
        "info",
        "close",
        "delete_",
        "tags",
        "message_edit",
        "message_delete",
        "patch_messages",
    ]
    .iter()
    .any(|part| has(part))
    {
        // Nothing is read from these but that they are JSON.
        decode::<Value>(body).expect("a recorded body is JSON of this shape");
    } else if has("bots") {
        list::<Bot>(body, "bot", name);
    } else if has("channels") {
        list::<Channel>(body, "channel", name);
    } else if has("chats") {
        list::<Chat>(body, "chat", name);
    } else if has("customers") {
        list::<Customer>(body, "customer", name);
    } else if has("dialogs") {
        list::<Dialog>(body, "dialog", name);
    } else if has("messages") {
        list::<Message>(body, "message", name);
    } else if has("users") {
        list::<User>(body, "user", name);
    } else {
        panic!("{name}: nobody says what this is");
    }
    Some(())
}

#[test]
fn answers_of_the_gateway_are_read_without_loss() {
    let Some(folder) = folder() else { return };
    let mut checked = 0;
    for source in ["bot-php", "bot-go", "bot-js"] {
        for (name, body) in files(&folder.join(source)) {
            checked += usize::from(check(&name, &body).is_some());
        }
    }
    assert!(checked >= 55, "only {checked} bodies were checked");
}

/// What an event holds, as the frame holds it.
fn data_of(event: &Event) -> Value {
    let value = |part: &dyn erased::Part| part.value();
    match event {
        Event::MessageNew(message)
        | Event::MessageUpdated(message)
        | Event::MessageDeleted(message)
        | Event::MessageRestored(message) => serde_json::json!({"message": value(&**message)}),
        Event::DialogOpened(dialog) | Event::DialogClosed(dialog) => {
            serde_json::json!({"dialog": value(&**dialog)})
        }
        Event::DialogAssign { dialog, chat } => {
            serde_json::json!({"dialog": value(&**dialog), "chat": value(&chat.as_deref())})
        }
        Event::ChatCreated(chat) | Event::ChatUpdated(chat) => serde_json::json!({"chat": value(&**chat)}),
        Event::ChatsDeleted(chats) => serde_json::json!({"chat_ids": chats}),
        Event::UserJoinedChat { chat, user } => {
            serde_json::json!({"chat": {"id": chat}, "user": {"id": user}})
        }
        Event::UserLeftChat { chat, user, reason } => {
            serde_json::json!({"chat": {"id": chat}, "user": {"id": user}, "reason": reason})
        }
        Event::UserUpdated(actor) | Event::CustomerUpdated(actor) | Event::BotUpdated(actor) => {
            value(&**actor)
        }
        Event::UserOnline { user, online, connected } => {
            serde_json::json!({"user": value(&**user), "online": online, "connected": connected})
        }
        Event::ChannelUpdated(channel) => serde_json::json!({"channel": value(&**channel)}),
        Event::Unknown(kind) => panic!("{kind} is not known"),
    }
}

/// Anything that can be shown as JSON.
mod erased {
    use serde::Serialize;
    use serde_json::Value;

    pub trait Part {
        fn value(&self) -> Value;
    }

    impl<T: Serialize> Part for T {
        fn value(&self) -> Value {
            serde_json::to_value(self).expect("wire types are JSON")
        }
    }
}

#[test]
fn frames_of_the_socket_are_read_without_loss() {
    let Some(folder) = folder() else { return };
    let files = files(&folder.join("own-examples-ws"));
    for (name, body) in &files {
        let frame = Frame::decode(body).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut raw: Value = serde_json::from_slice(body).expect("a recorded body is JSON of this shape");
        assert_eq!(Value::from(frame.sent_at), raw["meta"]["timestamp"], "{name}");
        let mut data = raw["data"].take();
        if matches!(frame.event, Event::UserJoinedChat { .. } | Event::UserLeftChat { .. }) {
            // Only who and where is read.
            for part in ["chat", "user"] {
                data[part] = serde_json::json!({"id": data[part]["id"]});
            }
        }
        let mut differences = Vec::new();
        compare(&data_of(&frame.event), &data, "event", name, UNUSED, &mut differences);
        assert!(differences.is_empty(), "{}", differences.join("\n"));
    }
    assert!(files.len() >= 23, "only {} frames", files.len());
}
