//! Frames: which part of the mirror each kind of event concerns.

use super::Mirror;
use super::card::Sighting;
use super::people::Said;
use super::step::{Step, Tally};
use crate::connectors::retailcrm::wire::{Chat, Event};
use crate::domain::time::Timestamp;

impl Mirror {
    pub(super) fn hear_frame(&mut self, event: Event, now: Timestamp, out: &mut Vec<Step>) {
        match event {
            Event::MessageNew(message) => self.hear(&message, now, out),
            Event::MessageUpdated(message) => {
                if let Some(chat) = &message.chat {
                    self.see_chat(chat, now, out);
                }
                self.message_updated(&message, out);
            }
            // What was written once was written: who waits for whom does not change by deleting it.
            Event::MessageDeleted(message) | Event::MessageRestored(message) => {
                if let Some(chat) = &message.chat {
                    self.see_chat(chat, now, out);
                }
            }
            Event::DialogOpened(dialog) | Event::DialogClosed(dialog) if dialog.id == 0 => {
                out.push(Step::Count(Tally::Skipped));
            }
            Event::DialogOpened(dialog) => {
                if let Some(chat) = &dialog.chat {
                    self.places.see_chat(chat, out);
                }
                self.see(Sighting::event(&dialog, 0), now, out);
            }
            Event::DialogClosed(dialog) => {
                if let Some(chat) = &dialog.chat {
                    self.places.see_chat(chat, out);
                }
                self.see(Sighting { closed: true, ..Sighting::event(&dialog, 0) }, now, out);
            }
            Event::DialogAssign { dialog, chat } => {
                let id = chat.as_ref().map_or(0, |chat| chat.id);
                if let Some(chat) = &chat {
                    self.places.see_chat(chat, out);
                }
                self.see(Sighting::event(&dialog, id), now, out);
            }
            Event::ChatCreated(chat) | Event::ChatUpdated(chat) => self.see_chat(&chat, now, out),
            Event::ChatsDeleted(chats) => {
                for chat in chats {
                    let newest = self.places.chat(chat).map_or(0, |place| place.newest_dialog);
                    self.close(newest, false, now, out);
                    self.places.forget(chat);
                    self.carried.remove(&chat);
                }
            }
            // Who is in a chat follows from who holds its dialog.
            Event::UserJoinedChat { .. } | Event::UserLeftChat { .. } => {}
            Event::UserUpdated(user) => self.people.said(user.id, &Said::from(&*user), out),
            Event::UserOnline { user, online, connected: _ } => {
                let said = Said { online: Some(online), ..Said::from(&*user) };
                self.people.said(user.id, &said, out);
            }
            Event::CustomerUpdated(customer) => self.places.customer_updated(&customer, out),
            Event::ChannelUpdated(channel) => self.places.see_channel(&channel, out),
            // Our own deactivation shows there too.
            Event::BotUpdated(bot) => {
                if self.people.is_me(bot.id) {
                    out.push(Step::Distrust);
                }
            }
            Event::Unknown(_) => out.push(Step::Count(Tally::Skipped)),
        }
    }

    /// A chat as frames and lists show it.
    pub(super) fn see_chat(&mut self, chat: &Chat, now: Timestamp, out: &mut Vec<Step>) {
        if chat.id == 0 {
            return;
        }
        self.places.see_chat(chat, out);
        if let Some(last) = &chat.last_dialog {
            self.see(Sighting::last_of(last, chat), now, out);
        }
    }
}
