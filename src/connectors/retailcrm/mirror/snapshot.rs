//! What was read: everything after a gap, or one thing that was not clear.

use std::collections::BTreeSet;

use super::card::Sighting;
use super::step::{Found, News, Snapshot, Step, Tally};
use super::texts::told_holding;
use super::{Mirror, people::Said};
use crate::connectors::retailcrm::wire::Id;
use crate::domain::time::Timestamp;

/// What the engine being told this means, when the comparison in routine found it.
fn repair(news: &News) -> Option<&'static str> {
    match news {
        News::Inbound(inbound) => Some(inbound.word()),
        News::Person(_) => Some("manager"),
        News::Customer(_) => None,
    }
}

impl Mirror {
    pub(super) fn take_snapshot(&mut self, snapshot: Snapshot, now: Timestamp, out: &mut Vec<Step>) {
        let Snapshot { began, is_routine, users, channels, open, chats, mut messages } = snapshot;
        let start = out.len();
        self.people.all(&users, out);
        for channel in &channels {
            self.places.see_channel(channel, out);
        }
        for chat in &chats {
            self.places.see_chat(chat, out);
        }
        // Messages come first where a dialog is new: it is opened with the one that it began with.
        messages.sort_by_key(|message| message.id);
        let listed: BTreeSet<Id> = open.iter().map(|dialog| dialog.id).collect();
        for dialog in &open {
            let is_untouched = self.cards.get(&dialog.id).is_none_or(|card| card.turn <= began);
            if is_untouched {
                self.see(Sighting { is_certain: true, ..Sighting::listed(dialog) }, now, out);
            }
            self.see_tags(dialog);
        }
        for message in &messages {
            self.hear(message, now, out);
        }
        let missing = self.cards.iter().filter(|(dialog, card)| {
            !card.is_closed() && card.busy.is_none() && card.turn <= began && !listed.contains(dialog)
        });
        let missing: Vec<Id> = missing.map(|(dialog, _)| *dialog).collect();
        for dialog in missing {
            self.read_again(dialog, out);
        }
        if is_routine {
            let repairs = out[start..].iter().filter_map(|step| {
                let Step::Tell { news, .. } = step else { return None };
                repair(news).map(|kind| Step::Count(Tally::Repaired(kind)))
            });
            let repairs: Vec<Step> = repairs.collect();
            out.extend(repairs);
        }
        let known: Vec<Id> = self.open_dialogs().map(|(dialog, ..)| dialog).collect();
        for dialog in known {
            self.compare(dialog, is_routine, now, out);
        }
    }

    pub(super) fn found(&mut self, found: Found, now: Timestamp, out: &mut Vec<Step>) {
        match found {
            Found::Dialog(id, dialog) => {
                let asked = self.reading.remove(&id);
                if self.reading_twice.remove(&id) {
                    self.read_again(id, out);
                }
                if let Some(dialog) = &dialog {
                    self.see_tags(dialog);
                }
                if self.check(id, dialog.as_deref(), now, out) {
                    return;
                }
                match dialog {
                    Some(dialog) => {
                        let turn = self.cards.get(&id).map(|card| card.turn);
                        let is_certain = turn.is_some() && turn == asked;
                        self.see(Sighting { is_certain, ..Sighting::listed(&dialog) }, now, out);
                    }
                    None => self.close(id, false, now, out),
                }
            }
            Found::Chat(id, chat) => {
                if let Some(chat) = chat {
                    self.see_chat(&chat, now, out);
                }
                self.check_opening(id, now, out);
                let waiting = self.cards.iter().filter(|(_, card)| {
                    card.chat == id && matches!(card.phase, super::card::Phase::Announced { .. })
                });
                let waiting: Vec<Id> = waiting.map(|(dialog, _)| *dialog).collect();
                for dialog in waiting {
                    self.try_open(dialog, now, out);
                }
            }
            Found::Messages(dialog, mut messages) => {
                self.check_text(dialog, &messages, now, out);
                messages.sort_by_key(|message| message.id);
                // Changes of hands of a dialog that has ended are no news: only the last counts.
                let has_ended = self.endings.contains_key(&dialog);
                for message in messages.iter().filter(|one| !has_ended || told_holding(one).is_none()) {
                    self.hear(message, now, out);
                }
                self.end_by_messages(dialog, &messages, now, out);
            }
            Found::Users(users) => {
                for user in &users {
                    self.people.said(user.id, &Said::from(user), out);
                }
            }
        }
    }
}
