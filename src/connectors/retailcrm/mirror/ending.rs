//! Who held a dialog when it was closed, where its record does not tell.
//!
//! The gateway lets a dialog be taken from somebody even after it was closed: a call of ours may cross the closing. Its
//! record shows nobody then, and not since when. Its messages do: each change of hands left one, with its moment.

use super::Mirror;
use super::card::{Sighting, Weight};
use super::duties::Doing;
use super::step::{Read, Step};
use super::texts::told_holding;
use crate::connectors::retailcrm::wire::{Id, Message};
use crate::domain::time::Timestamp;

impl Mirror {
    /// Whether the messages of a closed dialog have to tell who held it last. They are read then, and it counts as
    /// open until they are.
    pub(super) fn asks_messages(&mut self, sighting: &Sighting, out: &mut Vec<Step>) -> bool {
        let dialog = sighting.dialog;
        let Some(card) = self.cards.get(&dialog) else { return false };
        if !card.is_open() || !card.may_have_been_left_later(sighting) {
            return false;
        }
        if self.endings.insert(dialog, sighting.clone()).is_none() {
            out.push(Step::Read(Read::Messages { dialog, chat: card.chat }));
        }
        true
    }

    /// The messages of a dialog were read, in order: whether its end waited for them.
    pub(super) fn end_by_messages(
        &mut self,
        dialog: Id,
        messages: &[Message],
        now: Timestamp,
        out: &mut Vec<Step>,
    ) {
        let Some(sighting) = self.endings.remove(&dialog) else { return };
        if let Some(card) = self.cards.get_mut(&dialog) {
            for holding in messages.iter().filter_map(told_holding) {
                if card.weigh(holding, false) == Weight::Change {
                    card.believe(holding);
                }
            }
            card.end(&sighting);
        }
        let waits = self.duties.by_dialog.get(&dialog);
        let is_checked = waits.is_some_and(|duty| matches!(duty.doing, Doing::Checking(..)));
        self.close(dialog, false, now, out);
        if is_checked {
            self.go_on_after(dialog, now, out);
        }
    }

    /// A dialog is closed about which a call was under way.
    pub(super) fn go_on_after(&mut self, dialog: Id, now: Timestamp, out: &mut Vec<Step>) {
        let chat = self.cards.get(&dialog).map_or(0, |card| card.chat);
        self.open_next(dialog, chat, out);
        if !self.is_opening(dialog) {
            self.done_once(dialog, now, out);
        }
    }
}
