//! What happens: customers and managers write, dialogs open, change hands and close.
//!
//! A message of a customer in a chat without an open dialog opens one, without a responsible. Whoever is assigned
//! becomes a member of the chat, and the former one is put out of it. Each of these writes a system message and tells
//! all sockets. Chosen where the sources are silent: a manager's reply in a dialog that nobody holds does not assign it;
//! assigning to the one who holds it already changes nothing but `assigned_at`, and counts as a reassignment.

use serde_json::json;

use super::journal::{By, Deed};
use super::records::{Author, Chat, Customer, Dialog, Holder, Id, Member, Message};
use super::views::Shown;
use super::{Gateway, next};
use crate::domain::time::Timestamp;

/// Why something cannot be done, with the gateway's own status and words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotDone {
    /// HTTP status.
    pub status: u16,
    /// The text in `errors`.
    pub text: String,
}

impl NotDone {
    pub(in crate::sandbox) fn new(status: u16, text: impl Into<String>) -> Self {
        Self { status, text: text.into() }
    }
}

/// A person who writes through a messenger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// Their id in the messenger.
    pub external_id: String,
    /// Their name.
    pub name: String,
    /// Their telephone number; may be empty.
    pub phone: String,
}

/// What an assignment changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Handed {
    pub(super) previous: Option<(Holder, Timestamp)>,
    pub(super) left: Option<Id>,
}

/// A message without what the gateway fills in.
struct Draft {
    kind: &'static str,
    is_private: bool,
    from: Option<Author>,
    content: String,
    action: &'static str,
    responsible: Option<Holder>,
    status: &'static str,
    quote: Option<Id>,
}

impl Draft {
    fn system(action: &'static str) -> Self {
        Self {
            kind: "system",
            is_private: true,
            from: None,
            content: String::new(),
            action,
            responsible: None,
            status: "received",
            quote: None,
        }
    }

    fn text(from: Author, content: &str, status: &'static str) -> Self {
        let draft = Self::system("");
        Self {
            kind: "text",
            is_private: false,
            from: Some(from),
            content: content.to_owned(),
            status,
            ..draft
        }
    }
}

impl Gateway {
    /// A customer writes through a messenger. The message, or `None` when the channel does not work or they are blocked.
    pub fn customer_writes(&mut self, channel: Id, party: &Party, text: &str, now: Timestamp) -> Option<Id> {
        self.channels.get(&channel).filter(|channel| channel.is_active)?;
        let (chat, is_new_chat) = self.chat_of(channel, party, now);
        let customer = self.chats.get(&chat)?.customer;
        if self.customers.get(&customer)?.is_blocked {
            return None;
        }
        let open = self.open_dialog_of(chat);
        let message =
            self.put_message(chat, open, Draft::text(Author::Customer(customer), text, "received"), now);
        {
            let chat = self.chats.get_mut(&chat)?;
            chat.last_message = Some(message);
            chat.unread += 1;
            // The clock runs from the customer's last message.
            chat.waits_since = Some(now);
            chat.last_customer_message = Some(now);
            chat.last_activity = now;
        }
        self.waiting.insert(chat);
        let dialog = open.unwrap_or_else(|| self.open_dialog(chat, message, now));
        self.note(dialog, Deed::Said { from: Author::Customer(customer), is_private: false }, now);
        if is_new_chat {
            self.tell_chat("chat_created", chat);
        }
        self.tell_message("message_new", message);
        self.tell_chat("chat_updated", chat);
        if open.is_none() && !self.has_distributor() {
            self.assign_by_default(chat, now);
        }
        Some(message)
    }

    fn assign_by_default(&mut self, chat: Id, now: Timestamp) {
        let dialog = self.open_dialog_of(chat);
        if let (Some(dialog), Some(user)) = (dialog, self.default_responsible) {
            // The default may have lost access; then the dialog stays without anybody.
            let _ = self.assign(dialog, Holder::User(user), By::Gateway, now);
        }
    }

    /// The chat of a person in a channel, and whether it is new.
    fn chat_of(&mut self, channel: Id, party: &Party, now: Timestamp) -> (Id, bool) {
        let person = (channel, party.external_id.clone());
        if let Some(chat) = self.by_person.get(&person) {
            return (*chat, false);
        }
        let customer = next(&self.customers);
        let record = Customer {
            id: customer,
            external_id: party.external_id.clone(),
            channel,
            name: party.name.clone(),
            phone: party.phone.clone(),
            email: String::new(),
            is_blocked: false,
            created_at: now,
            updated_at: now,
        };
        self.customers.insert(customer, record);
        let chat = next(&self.chats);
        let record = Chat {
            id: chat,
            channel,
            customer,
            last_message: None,
            last_user_message: None,
            last_dialog: None,
            last_activity: now,
            waits_since: None,
            last_customer_message: None,
            waiting_level: 0,
            unread: 0,
            created_at: now,
            updated_at: now,
        };
        self.chats.insert(chat, record);
        self.by_person.insert(person, chat);
        (chat, true)
    }

    /// Opens a dialog that begins with a message, or with none when the id is zero.
    pub(super) fn open_dialog(&mut self, chat: Id, begin_message: Id, now: Timestamp) -> Id {
        let id = next(&self.dialogs);
        let dialog = Dialog {
            id,
            chat,
            begin_message,
            ending_message: None,
            responsible: None,
            tags: Vec::new(),
            created_at: now,
            updated_at: now,
            closed_at: None,
        };
        self.dialogs.insert(id, dialog);
        if let Some(chat) = self.chats.get_mut(&chat) {
            chat.last_dialog = Some(id);
            chat.updated_at = now;
        }
        if let Some(message) = self.messages.get_mut(&begin_message) {
            message.dialog = Some(id);
            self.file(begin_message, id);
        }
        self.note(id, Deed::Opened { chat }, now);
        self.put_system(chat, id, Draft::system("dialog_opened"), now);
        self.tell_dialog("dialog_opened", id);
        id
    }

    /// A manager answers a customer.
    ///
    /// # Errors
    /// No such chat, or a manager without access.
    pub fn user_writes(&mut self, user: Id, chat: Id, text: &str, now: Timestamp) -> Result<Id, NotDone> {
        self.check_holder(Holder::User(user))?;
        self.staff_writes(Author::User(user), chat, text, false, None, now)
    }

    /// A manager gives a bot a command: `/transfer sales`.
    pub fn user_commands(&mut self, user: Id, chat: Id, text: &str, now: Timestamp) -> Option<Id> {
        self.chats.get(&chat)?;
        let dialog = self.open_dialog_of(chat);
        let draft =
            Draft { kind: "command", is_private: true, ..Draft::text(Author::User(user), text, "received") };
        let message = self.put_message(chat, dialog, draft, now);
        self.tell_message("message_new", message);
        Some(message)
    }

    pub(super) fn staff_writes(
        &mut self,
        from: Author,
        chat: Id,
        text: &str,
        is_private: bool,
        quote: Option<Id>,
        now: Timestamp,
    ) -> Result<Id, NotDone> {
        let Some(record) = self.chats.get(&chat) else {
            return Err(NotDone::new(404, format!("chat #{chat} not found")));
        };
        let may_write = self.channels.get(&record.channel).is_some_and(|channel| channel.may_write);
        if !is_private && !may_write {
            return Err(NotDone::new(400, "channel does not support sending"));
        }
        let open = self.open_dialog_of(chat);
        let status = if is_private { "received" } else { "sending" };
        let draft = Draft { is_private, quote, ..Draft::text(from, text, status) };
        let message = self.put_message(chat, open, draft, now);
        let dialog = match open {
            None if !is_private => Some(self.open_dialog(chat, message, now)),
            open => open,
        };
        if let Some(dialog) = dialog {
            self.note(dialog, Deed::Said { from, is_private }, now);
        }
        if !is_private {
            self.sending.push_back(message);
            if let Some(chat) = self.chats.get_mut(&chat) {
                chat.last_message = Some(message);
                chat.last_user_message = Some(message);
                chat.last_activity = now;
                if matches!(from, Author::User(_)) {
                    self.waiting.remove(&chat.id);
                    chat.waits_since = None;
                    chat.waiting_level = 0;
                    chat.unread = 0;
                }
            }
        }
        self.tell_message("message_new", message);
        if !is_private {
            self.tell_chat("chat_updated", chat);
        }
        Ok(message)
    }

    fn check_holder(&self, holder: Holder) -> Result<(), NotDone> {
        let (kind, id, is_active) = match holder {
            Holder::User(id) => ("user", id, self.users.get(&id).map(|user| user.is_active)),
            Holder::Bot(id) => ("bot", id, self.bots.get(&id).map(|bot| bot.is_active)),
        };
        match is_active {
            Some(true) => Ok(()),
            // The texts of these two are not documented.
            Some(false) => Err(NotDone::new(400, format!("{kind} #{id} is not active"))),
            None => Err(NotDone::new(404, format!("{kind} #{id} not found"))),
        }
    }

    /// A dialog that may still be given to somebody.
    fn check_latest(&self, id: Id) -> Result<&Dialog, NotDone> {
        if id == 0 {
            return Err(NotDone::new(400, "incorrect dialog_id"));
        }
        let Some(dialog) = self.dialogs.get(&id) else {
            return Err(NotDone::new(404, format!("dialog #{id} not found")));
        };
        if self.chats.get(&dialog.chat).and_then(|chat| chat.last_dialog) != Some(id) {
            return Err(NotDone::new(400, "dialog is not the latest in the chat"));
        }
        Ok(dialog)
    }

    /// Gives a dialog to somebody; a closed one that is the chat's newest stays closed.
    pub(super) fn assign(
        &mut self,
        dialog: Id,
        to: Holder,
        by: By,
        now: Timestamp,
    ) -> Result<Handed, NotDone> {
        self.check_holder(to)?;
        let record = self.check_latest(dialog)?;
        let (chat, previous) = (record.chat, record.responsible);
        if let Some(dialog) = self.dialogs.get_mut(&dialog) {
            dialog.responsible = Some((to, now));
            dialog.updated_at = now;
        }
        self.note(dialog, Deed::Given { to, by }, now);
        let left = match previous {
            Some((Holder::User(user), _)) if to != Holder::User(user) => Some(user),
            _ => None,
        };
        if let Some(user) = left {
            self.set_member(chat, user, "kicked", now);
            self.tell(
                "user_left_chat",
                json!({"reason": "kicked", "chat": {"id": chat}, "user": {"id": user}}),
            );
        }
        if let Holder::User(user) = to {
            self.set_member(chat, user, "active", now);
            let (chat, user) = (self.chat_in_frame(chat), self.user_actor(user));
            self.tell("user_joined_chat", json!({"chat": chat, "user": user}));
        }
        let system = Draft { responsible: Some(to), ..Draft::system("dialog_assign") };
        self.put_system(chat, dialog, system, now);
        let view = self.dialogs.get(&dialog).map(|dialog| self.dialog_event(dialog, false));
        let data = json!({"dialog": view, "chat": self.chat_in_frame(chat)});
        self.tell("dialog_assign", data);
        self.tell_chat("chat_updated", chat);
        Ok(Handed { previous, left })
    }

    /// A manager or an administrator gives a dialog to a manager in the CRM's window.
    ///
    /// # Errors
    /// As the gateway answers a bot.
    pub fn assign_by_hand(&mut self, dialog: Id, to: Id, now: Timestamp) -> Result<(), NotDone> {
        self.assign(dialog, Holder::User(to), By::Hand, now).map(drop)
    }

    fn set_member(&mut self, chat: Id, user: Id, state: &'static str, now: Timestamp) {
        if let Some(id) = self.member_ids.get(&(chat, user)) {
            if let Some(member) = self.members.get_mut(id) {
                member.state = state;
                member.updated_at = now;
            }
            return;
        }
        let id = next(&self.members);
        self.member_ids.insert((chat, user), id);
        self.members.insert(id, Member { id, chat, user, state, created_at: now, updated_at: now });
    }

    /// Takes a dialog from whoever holds it. There is no event of its own: only the system message tells.
    pub(super) fn unassign(
        &mut self,
        dialog: Id,
        by: By,
        now: Timestamp,
    ) -> Result<(Holder, Timestamp), NotDone> {
        let record = self.check_latest(dialog)?;
        let (chat, Some(previous)) = (record.chat, record.responsible) else {
            return Err(NotDone::new(400, "dialog is not assigned"));
        };
        if let Some(dialog) = self.dialogs.get_mut(&dialog) {
            dialog.responsible = None;
            dialog.updated_at = now;
        }
        self.note(dialog, Deed::Taken { by }, now);
        self.put_system(chat, dialog, Draft::system("dialog_unassign"), now);
        self.tell_chat("chat_updated", chat);
        Ok(previous)
    }

    /// A person takes a dialog from whoever holds it, in the CRM's window.
    ///
    /// # Errors
    /// As the gateway answers a bot.
    pub fn unassign_by_hand(&mut self, dialog: Id, now: Timestamp) -> Result<(), NotDone> {
        self.unassign(dialog, By::Hand, now).map(drop)
    }

    /// A person closes a dialog in the CRM's window.
    ///
    /// # Errors
    /// No such dialog.
    pub fn close(&mut self, dialog: Id, now: Timestamp) -> Result<(), NotDone> {
        self.close_by(dialog, By::Hand, now)
    }

    /// Closes a dialog; the responsible stays on record. Closing twice is no error.
    pub(super) fn close_by(&mut self, dialog: Id, by: By, now: Timestamp) -> Result<(), NotDone> {
        let Some(record) = self.dialogs.get(&dialog) else {
            return Err(NotDone::new(404, format!("dialog #{dialog} not found")));
        };
        if !record.is_open() {
            return Ok(());
        }
        let chat = record.chat;
        let ending = self.put_system(chat, dialog, Draft::system("dialog_closed"), now);
        if let Some(dialog) = self.dialogs.get_mut(&dialog) {
            dialog.closed_at = Some(now);
            dialog.ending_message = Some(ending);
            dialog.updated_at = now;
        }
        self.note(dialog, Deed::Closed { by }, now);
        self.waiting.remove(&chat);
        if let Some(chat) = self.chats.get_mut(&chat) {
            chat.waits_since = None;
            chat.waiting_level = 0;
            chat.updated_at = now;
        }
        self.tell_dialog("dialog_closed", dialog);
        self.tell_chat("chat_updated", chat);
        Ok(())
    }

    pub(super) fn tag(
        &mut self,
        dialog: Id,
        added: &[(String, Option<String>)],
        removed: &[String],
        now: Timestamp,
    ) {
        let Some(record) = self.dialogs.get_mut(&dialog) else { return };
        record.tags.retain(|(name, _)| !removed.contains(name) && !added.iter().any(|(new, _)| new == name));
        record.tags.extend_from_slice(added);
        record.updated_at = now;
        let chat = record.chat;
        let action = if removed.is_empty() { "dialog_tag_added" } else { "dialog_tag_removed" };
        self.put_system(chat, dialog, Draft::system(action), now);
    }

    fn put_system(&mut self, chat: Id, dialog: Id, draft: Draft, now: Timestamp) -> Id {
        let message = self.put_message(chat, Some(dialog), draft, now);
        self.tell_message("message_new", message);
        message
    }

    fn put_message(&mut self, chat: Id, dialog: Option<Id>, draft: Draft, now: Timestamp) -> Id {
        let id = next(&self.messages);
        let Draft { kind, is_private, from, content, action, responsible, status, quote } = draft;
        let message = Message {
            id,
            chat,
            dialog,
            kind,
            is_private,
            from,
            content,
            action,
            responsible,
            status,
            error: None,
            quote,
            created_at: now,
            updated_at: now,
        };
        self.messages.insert(id, message);
        if let Some(dialog) = dialog {
            self.file(id, dialog);
        }
        if let Some(chat) = self.chats.get_mut(&chat) {
            chat.updated_at = now;
        }
        id
    }

    fn chat_in_frame(&self, chat: Id) -> Option<serde_json::Value> {
        self.chats.get(&chat).map(|chat| self.chat_view(chat, Shown::InFrame))
    }

    pub(super) fn tell_message(&mut self, kind: &'static str, message: Id) {
        let Some(message) = self.messages.get(&message).filter(|_| !self.is_silent) else { return };
        let chat = self.chats.get(&message.chat);
        let data = json!({"message": self.message_view(message, chat)});
        self.tell(kind, data);
    }

    pub(super) fn tell_chat(&mut self, kind: &'static str, chat: Id) {
        if !self.is_silent {
            let data = json!({"chat": self.chat_in_frame(chat)});
            self.tell(kind, data);
        }
    }

    fn tell_dialog(&mut self, kind: &'static str, dialog: Id) {
        let Some(dialog) = self.dialogs.get(&dialog).filter(|_| !self.is_silent) else { return };
        let data = json!({"dialog": self.dialog_event(dialog, true)});
        self.tell(kind, data);
    }
}

#[cfg(test)]
mod tests;
