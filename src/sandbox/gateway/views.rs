//! Records as JSON, in the shapes of answers and of frames. What is empty is left out, as the gateway does.

use chrono::{DateTime, FixedOffset, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use super::Gateway;
use super::records::{
    Author, Bot, Channel, Chat, Command, Customer, Dialog, Holder, Id, Member, Message, User,
};
use crate::domain::time::Timestamp;

/// `last_activity` carries the account's offset; three hours are what recorded bodies show.
const OFFSET_SECONDS: i32 = 3 * 3600;

fn moment(at: Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(at.micros()).unwrap_or_default()
}

/// Up to microseconds, trailing zeros dropped: `2019-06-14T14:40:28.7111Z`.
pub(super) fn stamp(at: Timestamp) -> String {
    let text = moment(at).to_rfc3339_opts(SecondsFormat::Micros, true);
    let digits = text.trim_end_matches('Z').trim_end_matches('0').trim_end_matches('.');
    format!("{digits}Z")
}

/// Whole seconds: `2026-03-02T09:15:04Z`.
fn seconds(at: Timestamp) -> String {
    moment(at).to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Whole seconds with an offset: `2019-06-11T17:36:20+03:00`.
fn local_seconds(at: Timestamp) -> String {
    let zone = FixedOffset::east_opt(OFFSET_SECONDS).unwrap_or(DateTime::<FixedOffset>::default().timezone());
    moment(at).with_timezone(&zone).to_rfc3339_opts(SecondsFormat::Secs, false)
}

/// Nanoseconds, as the answer to a sent message has them.
pub(super) fn nanoseconds(at: Timestamp) -> String {
    moment(at).to_rfc3339_opts(SecondsFormat::Nanos, true)
}

/// An object without what is empty.
fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    let is_empty = |value: &Value| matches!(value, Value::Null) || value.as_str() == Some("");
    let fields = fields.into_iter().filter(|(_, value)| !is_empty(value));
    Value::Object(fields.map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
}

fn level(level: u8) -> &'static str {
    match level {
        0 => "none",
        1 => "warning",
        _ => "danger",
    }
}

/// Where a view is shown: frames and answers differ in a few fields.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    InAnswer,
    InFrame,
}

impl Gateway {
    pub(super) fn bot_view(bot: &Bot, asking: Id) -> Value {
        json!({
            "id": bot.id, "name": bot.name, "client_id": format!("client-{}", bot.id), "avatar_url": bot.avatar_url,
            "roles": bot.roles, "created_at": stamp(bot.created_at), "updated_at": stamp(bot.updated_at),
            "deactivated_at": (!bot.is_active).then(|| stamp(bot.updated_at)), "is_active": bot.is_active,
            "is_self": bot.id == asking, "is_system": false,
        })
    }

    pub(super) fn user_view(user: &User) -> Value {
        json!({
            "id": user.id, "external_id": user.external_id, "username": user.first_name.to_lowercase(),
            "first_name": user.first_name, "last_name": user.last_name, "avatar_url": "",
            "created_at": stamp(user.created_at), "updated_at": stamp(user.updated_at),
            "revoked_at": (!user.is_active).then(|| stamp(user.updated_at)), "is_active": user.is_active,
            "is_online": user.is_online, "available": user.available, "connected": user.connected,
            "is_technical_account": user.is_technical_account,
        })
    }

    pub(super) fn user_actor(&self, id: Id) -> Value {
        let Some(user) = self.users.get(&id) else { return Value::Null };
        json!({
            "id": user.id, "external_id": user.external_id, "type": "user", "avatar": "",
            "name": format!("{} {}", user.first_name, user.last_name).trim(),
            "first_name": user.first_name, "last_name": user.last_name, "available": user.available,
            "is_technical_account": user.is_technical_account,
        })
    }

    pub(super) fn bot_actor(&self, id: Id) -> Value {
        let Some(bot) = self.bots.get(&id) else { return Value::Null };
        json!({
            "id": bot.id, "external_id": "", "type": "bot", "avatar": bot.avatar_url, "name": bot.name,
            "is_system": false,
        })
    }

    pub(super) fn customer_actor(&self, id: Id) -> Value {
        let Some(customer) = self.customers.get(&id) else { return Value::Null };
        let (first, last) = customer.name.split_once(' ').unwrap_or((&customer.name, ""));
        object([
            ("id", customer.id.into()),
            ("external_id", customer.external_id.as_str().into()),
            ("type", "customer".into()),
            ("name", customer.name.as_str().into()),
            ("first_name", first.into()),
            ("last_name", last.into()),
            ("phone", customer.phone.as_str().into()),
            ("email", customer.email.as_str().into()),
            ("is_blocked", customer.is_blocked.into()),
        ])
    }

    fn holder_actor(&self, holder: Holder) -> Value {
        match holder {
            Holder::User(id) => self.user_actor(id),
            Holder::Bot(id) => self.bot_actor(id),
        }
    }

    pub(super) fn customer_view(customer: &Customer) -> Value {
        let (first, last) = customer.name.split_once(' ').unwrap_or((&customer.name, ""));
        json!({
            "id": customer.id, "external_id": customer.external_id, "channel_id": customer.channel,
            "username": customer.name, "first_name": first, "last_name": last, "phone": customer.phone,
            "email": customer.email, "is_blocked": customer.is_blocked, "utm": null,
            "created_at": stamp(customer.created_at), "updated_at": stamp(customer.updated_at), "revoked_at": null,
        })
    }

    fn channel_settings(channel: &Channel) -> Value {
        let creating = if channel.may_write { "both" } else { "receive" };
        let after = if channel.reply_hours == 0 { "text" } else { "template" };
        json!({
            "status": {"delivered": "send", "read": "send"}, "customer_external_id": "any",
            "sending_policy": {"new_customer": "no", "after_reply_timeout": after},
            "text": {"creating": creating, "editing": "none", "quoting": "both", "deleting": "none",
                     "max_chars_count": 4096},
        })
    }

    pub(super) fn channel_view(channel: &Channel) -> Value {
        json!({
            "id": channel.id, "type": channel.kind, "name": channel.name, "settings": Self::channel_settings(channel),
            "created_at": stamp(channel.created_at), "updated_at": stamp(channel.updated_at),
            "activated_at": stamp(channel.created_at),
            "deactivated_at": (!channel.is_active).then(|| stamp(channel.updated_at)), "is_active": channel.is_active,
        })
    }

    /// A channel as chats and frames show it.
    pub(super) fn channel_in_chat(&self, id: Id) -> Value {
        let Some(channel) = self.channels.get(&id) else { return Value::Null };
        json!({
            "id": channel.id, "avatar": "", "transport_id": 4, "type": channel.kind,
            "settings": Self::channel_settings(channel), "name": channel.name, "is_active": channel.is_active,
        })
    }

    fn last_dialog(&self, id: Id) -> Value {
        let Some(dialog) = self.dialogs.get(&id) else { return Value::Null };
        json!({
            "id": dialog.id, "created_at": seconds(dialog.created_at),
            "assigned_at": dialog.responsible.map(|(_, at)| seconds(at)),
            "closed_at": dialog.closed_at.map(seconds),
            "responsible": dialog.responsible.map(|(holder, _)| self.holder_actor(holder)), "utm": null,
        })
    }

    pub(super) fn chat_view(&self, chat: &Chat, shown: Shown) -> Value {
        let channel = self.channels.get(&chat.channel);
        let hours = channel.map_or(0, |channel| channel.reply_hours);
        let window = std::time::Duration::from_secs(u64::from(hours) * 3600);
        let last = chat.last_message.and_then(|id| self.messages.get(&id));
        let rises = match (chat.waits_since, chat.waiting_level) {
            (Some(since), 0) => Some(since + self.limits.warning_after),
            (Some(since), 1) => Some(since + self.limits.danger_after),
            _ => None,
        };
        let unread = if shown == Shown::InFrame { "not_read_messages_count" } else { "not_read_messages" };
        let mut view = json!({
            "id": chat.id, "avatar": "", "name": "", "channel": self.channel_in_chat(chat.channel),
            "customer": self.customer_actor(chat.customer), "author_id": 0,
            "last_message": last.map(|message| self.message_view(message, None)),
            "last_user_message": chat.last_user_message.map(|id| json!({"id": id})),
            "last_activity": local_seconds(chat.last_activity),
            "last_dialog": chat.last_dialog.map(|id| self.last_dialog(id)),
            "reply_deadline": (hours > 0).then(|| seconds(chat.last_activity + window)),
            "unread": chat.unread > 0, "waiting_level": level(chat.waiting_level),
            "waiting_level_transition_time": rises.map(seconds),
            "created_at": stamp(chat.created_at), "updated_at": stamp(chat.updated_at),
        });
        view[unread] = chat.unread.into();
        if shown == Shown::InFrame {
            let members = self.member_ids.range((chat.id, 0)..=(chat.id, Id::MAX));
            let members = members.filter_map(|(_, id)| self.members.get(id));
            let member = |member: &Member| json!({"is_author": false, "state": member.state, "user": self.user_actor(member.user)});
            view["members"] = members.map(member).collect();
        }
        view
    }

    /// Who holds a dialog, as lists and answers tell it.
    pub(super) fn responsible_view(&self, (holder, at): (Holder, Timestamp)) -> Value {
        match holder {
            Holder::User(id) => {
                let external = self.users.get(&id).map_or("", |user| &user.external_id);
                json!({"type": "user", "id": id, "external_id": external, "assigned_at": stamp(at)})
            }
            Holder::Bot(id) => json!({"type": "bot", "id": id, "assigned_at": stamp(at)}),
        }
    }

    pub(super) fn dialog_view(&self, dialog: &Dialog) -> Value {
        let tag = |(name, colour): &(String, Option<String>)| json!({"name": name, "color_code": colour});
        json!({
            "id": dialog.id, "chat_id": dialog.chat, "begin_message_id": dialog.begin_message,
            "ending_message_id": dialog.ending_message, "bot_id": null, "created_at": stamp(dialog.created_at),
            "updated_at": stamp(dialog.updated_at), "closed_at": dialog.closed_at.map(stamp),
            "is_assigned": dialog.responsible.is_some(),
            // Recorded accounts show closed dialogs as active.
            "is_active": true,
            "responsible": dialog.responsible.map(|responsible| self.responsible_view(responsible)),
            "tags": dialog.tags.iter().map(tag).collect::<Vec<_>>(), "utm": null,
        })
    }

    /// A dialog as frames tell it.
    pub(super) fn dialog_event(&self, dialog: &Dialog, with_chat: bool) -> Value {
        let responsible = dialog.responsible.map(|(holder, at)| {
            let (kind, id) = match holder {
                Holder::User(id) => ("user", id),
                Holder::Bot(id) => ("bot", id),
            };
            json!({"id": id, "type": kind, "assigned_at": stamp(at)})
        });
        let chat = self.chats.get(&dialog.chat).filter(|_| with_chat);
        object([
            ("id", dialog.id.into()),
            ("created_at", seconds(dialog.created_at).into()),
            ("closed_at", dialog.closed_at.map(seconds).into()),
            ("assigned_at", dialog.responsible.map(|(_, at)| seconds(at)).into()),
            ("begin_message_id", dialog.begin_message.into()),
            ("ending_message_id", dialog.ending_message.into()),
            ("responsible", responsible.into()),
            ("chat", chat.map(|chat| self.chat_view(chat, Shown::InFrame)).into()),
        ])
    }

    pub(super) fn message_view(&self, message: &Message, chat: Option<&Chat>) -> Value {
        let from = message.from.map(|author| match author {
            Author::User(id) => self.user_actor(id),
            Author::Bot(id) => self.bot_actor(id),
            Author::Customer(id) => self.customer_actor(id),
        });
        let quote = message.quote.and_then(|id| self.messages.get(&id));
        let channel = self.chats.get(&message.chat).map(|chat| chat.channel);
        object([
            ("id", message.id.into()),
            ("time", seconds(message.created_at).into()),
            ("type", message.kind.into()),
            ("scope", if message.is_private { "private" } else { "public" }.into()),
            ("chat_id", message.chat.into()),
            ("is_read", (message.status == "seen").into()),
            ("is_edit", false.into()),
            ("status", message.status.into()),
            ("from", from.into()),
            ("dialog", message.dialog.map(|id| json!({"id": id})).into()),
            ("content", message.content.as_str().into()),
            (
                "quote",
                quote
                    .map(|quote| json!({"id": quote.id, "type": quote.kind, "content": quote.content}))
                    .into(),
            ),
            ("action", message.action.into()),
            ("responsible", message.responsible.map(|holder| self.holder_actor(holder)).into()),
            ("error", message.error.map(|code| json!({"code": code, "message": ""})).into()),
            ("actions", json!([])),
            ("channel_id", channel.into()),
            ("created_at", stamp(message.created_at).into()),
            ("updated_at", stamp(message.updated_at).into()),
            ("chat", chat.map(|chat| self.chat_view(chat, Shown::InFrame)).into()),
        ])
    }

    pub(super) fn member_view(member: &Member) -> Value {
        json!({
            "id": member.id, "chat_id": member.chat, "user_id": member.user, "is_author": false, "state": member.state,
            "created_at": stamp(member.created_at), "updated_at": stamp(member.updated_at),
        })
    }

    pub(super) fn command_view(command: &Command) -> Value {
        json!({
            "id": command.id, "name": command.name, "description": command.description,
            "created_at": seconds(command.created_at), "updated_at": seconds(command.updated_at),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_drop_trailing_zeros() {
        let at = |micros: i64| stamp(Timestamp::from_micros(1_560_523_228_000_000 + micros));
        assert_eq!(at(711_974), "2019-06-14T14:40:28.711974Z");
        assert_eq!(at(711_100), "2019-06-14T14:40:28.7111Z");
        assert_eq!(at(0), "2019-06-14T14:40:28Z");
        assert_eq!(local_seconds(Timestamp::from_micros(1_560_523_228_000_000)), "2019-06-14T17:40:28+03:00");
    }
}
