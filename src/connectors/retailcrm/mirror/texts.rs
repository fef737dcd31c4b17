//! Messages: who wrote in which dialog, in the order in which they were written, and how far our own got.

use std::sync::Arc;

use super::Mirror;
use super::card::{Holding, Phase, Sighting, holder};
use super::dialogs::said;
use super::step::{Given, Lane, News, Step, Tally};
use crate::connectors::retailcrm::wire::{
    ActorType, Id, Message, MessageStatus, MessageType, Scope, SystemAction,
};
use crate::domain::ids::MessageId;
use crate::domain::message::DeliveryStatus;
use crate::domain::time::Timestamp;
use crate::engine::inbound::{Fact, Inbound};

/// How far a message got, in the engine's words.
fn delivery(message: &Message) -> Option<DeliveryStatus> {
    match &message.status {
        MessageStatus::Sent => Some(DeliveryStatus::Sent),
        MessageStatus::Seen => Some(DeliveryStatus::Seen),
        MessageStatus::Failed => {
            let error = message.error.as_ref();
            let code = error.map(|error| error.code.word()).filter(|code| !code.is_empty());
            Some(DeliveryStatus::Failed(code.unwrap_or("unknown").into()))
        }
        MessageStatus::Received
        | MessageStatus::Sending
        | MessageStatus::Unsaid
        | MessageStatus::Other(_) => None,
    }
}

impl Mirror {
    /// A message was seen: new, or read again.
    pub(super) fn hear(&mut self, message: &Message, now: Timestamp, out: &mut Vec<Step>) {
        if let Some(chat) = &message.chat {
            self.see_chat(chat, now, out);
        }
        let chat = message.chat_id;
        let dialog = self.dialog_of(message);
        match &message.kind {
            MessageType::System => self.system(message, dialog, now, out),
            MessageType::Command => {
                let user = message.from.as_ref().filter(|from| from.kind == ActorType::User);
                if let (Some(user), Some(card)) = (user, self.cards.get_mut(&dialog))
                    && card.heard.insert(message.id)
                {
                    let text = message.content.clone();
                    out.push(Step::Command(Given { user: user.id, chat, dialog: Some(dialog), text }));
                }
            }
            MessageType::Text
            | MessageType::Order
            | MessageType::Product
            | MessageType::File
            | MessageType::Image
            | MessageType::Audio
            | MessageType::Unsaid
            | MessageType::Other(_) => self.words(message, dialog, now, out),
        }
    }

    /// The dialog that a message belongs to; zero: none that is known.
    fn dialog_of(&self, message: &Message) -> Id {
        let named = message.dialog.map(|dialog| dialog.id).filter(|id| *id != 0);
        let newest = || self.places.chat(message.chat_id).map(|place| place.newest_dialog);
        named.or_else(newest).unwrap_or_default()
    }

    fn system(&mut self, message: &Message, dialog: Id, now: Timestamp, out: &mut Vec<Step>) {
        let chat = message.chat_id;
        let holding = match &message.action {
            SystemAction::DialogAssign | SystemAction::DialogUnassign => told_holding(message),
            SystemAction::DialogOpened => None,
            // Its own event tells that too, and who held it.
            SystemAction::DialogClosed
            | SystemAction::UserJoined
            | SystemAction::UserLeft
            | SystemAction::CustomerBlocked
            | SystemAction::CustomerUnblocked
            | SystemAction::TagAdded
            | SystemAction::TagRemoved
            | SystemAction::Unsaid
            | SystemAction::Other(_) => return,
        };
        self.see(Sighting::told(dialog, chat, holding), now, out);
    }

    /// Somebody wrote.
    fn words(&mut self, message: &Message, dialog: Id, now: Timestamp, out: &mut Vec<Step>) {
        let from = message.from.as_ref();
        if from.is_some_and(|from| from.kind == ActorType::Bot && self.people.is_me(from.id)) {
            return;
        }
        let Some(author) = self.people.author(from) else {
            out.push(Step::Count(Tally::Skipped));
            return;
        };
        if dialog == 0 {
            // Its dialog will be announced, and its messages be read then.
            out.push(Step::Count(Tally::Skipped));
            return;
        }
        if !self.cards.contains_key(&dialog) {
            self.see(Sighting::told(dialog, message.chat_id, None), now, out);
        }
        let Some(card) = self.cards.get_mut(&dialog) else { return };
        match card.phase {
            Phase::Announced { .. } => {
                if !card.early.iter().any(|early| early.id == message.id) {
                    card.early.push(Message { chat: None, ..message.clone() });
                }
                self.try_open(dialog, now, out);
            }
            Phase::Closed { .. } => {}
            Phase::Open => {
                if !card.heard.insert(message.id) {
                    return;
                }
                let is_public = message.scope != Scope::Private;
                let late = is_public && message.id < card.newest_public;
                if is_public {
                    card.newest_public = card.newest_public.max(message.id);
                }
                let chat = card.chat;
                self.report(dialog, chat, Fact::Wrote { message: said(message, author), late }, out);
            }
        }
    }

    /// A message changed.
    pub(super) fn message_updated(&mut self, message: &Message, out: &mut Vec<Step>) {
        let Some(status) = delivery(message) else { return };
        let ours = self.sent.get(&message.id).cloned();
        let dialog = self.dialog_of(message);
        let is_known = self.cards.get(&dialog).is_some_and(|card| card.heard.contains(&message.id));
        let id = match ours {
            Some(id) => id,
            None if is_known => MessageId::trusted(&message.id.to_string()),
            None => return,
        };
        if matches!(status, DeliveryStatus::Seen | DeliveryStatus::Failed(_)) {
            self.sent.remove(&message.id);
        }
        let news = News::Inbound(Arc::new(Inbound::ReportStatus { message: id, status }));
        out.push(Step::Tell { lane: Lane::Chat(message.chat_id), dialog: None, news });
    }
}

/// Who holds a dialog from a system message on; `None`: it is about something else.
pub(super) fn told_holding(message: &Message) -> Option<Holding> {
    let as_of = message.created_at.or(message.time)?;
    if message.action == SystemAction::DialogUnassign {
        return Some(Holding { who: None, as_of });
    }
    let who = message.responsible.as_ref().filter(|_| message.action == SystemAction::DialogAssign)?;
    Some(Holding { who: Some(holder(&who.kind, who.id)?), as_of })
}
