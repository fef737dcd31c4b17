//! Dialogs come, change hands and close: from what is seen of them to what the engine is told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::card::{Card, Holding, Phase, Sighting, Weight};
use super::people::manager_id;
use super::step::{Holder, Lane, News, Read, Step};
use super::{ANNOUNCED, LEAVING, Mirror};
use crate::connectors::retailcrm::wire::{self, Id};
use crate::domain::dialog::{By, DialogKind};
use crate::domain::ids::{ChatId, CustomerId, DialogId};
use crate::domain::message::Author;
use crate::domain::time::Timestamp;
use crate::engine::inbound::{Fact, Inbound, NewMessage, OpenDialog};

pub(super) fn dialog_id(dialog: Id) -> DialogId {
    DialogId::trusted(&dialog.to_string())
}

impl Mirror {
    /// Tells the engine something of a dialog. Until it has taken it, no call about the dialog is decided.
    pub(super) fn tell_of(&mut self, dialog: Id, chat: Id, inbound: Inbound, out: &mut Vec<Step>) {
        self.duties.telling(dialog);
        let news = News::Inbound(Arc::new(inbound));
        out.push(Step::Tell { lane: Lane::Chat(chat), dialog: Some(dialog), news });
    }

    pub(super) fn report(&mut self, dialog: Id, chat: Id, fact: Fact, out: &mut Vec<Step>) {
        self.tell_of(dialog, chat, Inbound::Reported { dialog: dialog_id(dialog), fact }, out);
    }

    /// Something was seen of a dialog.
    pub(super) fn see(&mut self, mut sighting: Sighting, now: Timestamp, out: &mut Vec<Step>) {
        let dialog = sighting.dialog;
        if dialog == 0 {
            return;
        }
        if let Some(card) = self.cards.get_mut(&dialog) {
            sighting.chat = card.chat;
            if let Some(seen) = &mut card.busy {
                seen.push(Sighting { is_certain: false, ..sighting });
                return;
            }
        }
        if sighting.chat == 0 {
            // Nothing tells where it is: the dialog's own record does.
            self.read_again(dialog, out);
            return;
        }
        let newest = self.places.chat_mut(sighting.chat).newest_dialog;
        if dialog < newest {
            // A chat has one open dialog, the newest. One that is being left is closed by what is read of it.
            sighting.closed |= !self.cards.contains_key(&dialog);
        } else if dialog > newest {
            self.places.chat_mut(sighting.chat).newest_dialog = dialog;
            self.leave(newest, sighting.chat, now, out);
        }
        if !self.cards.contains_key(&dialog) {
            if sighting.closed {
                self.cards.insert(dialog, Card::new(sighting.chat, Phase::Closed { by_us: false }));
                self.closed.push_back((now, dialog));
                return;
            }
            let until = now + ANNOUNCED;
            self.cards.insert(dialog, Card::new(sighting.chat, Phase::Announced { until, asked: false }));
            self.alarms.insert((until, dialog));
            self.touch(dialog);
        }
        self.judge(&sighting, now, out);
        self.try_open(dialog, now, out);
    }

    /// What is believed of a dialog is not sure: read it, unless that is under way.
    pub(super) fn read_again(&mut self, dialog: Id, out: &mut Vec<Step>) {
        let turn = self.cards.get(&dialog).map_or(0, |card| card.turn);
        if self.reading.insert(dialog, turn).is_none() {
            out.push(Step::Read(Read::Dialog(dialog)));
        }
    }

    /// A newer dialog was seen in the chat, so that this one is closed. Who held it last is not known: it is read, and
    /// the newer one waits for that a little.
    fn leave(&mut self, dialog: Id, chat: Id, now: Timestamp, out: &mut Vec<Step>) {
        match self.cards.get(&dialog).map(|card| &card.phase) {
            Some(Phase::Open) => {
                self.places.chat_mut(chat).leaving = Some((dialog, now + LEAVING));
                if self.reading.contains_key(&dialog) {
                    self.reading_twice.insert(dialog);
                }
                self.read_again(dialog, out);
            }
            Some(Phase::Announced { .. }) => self.close(dialog, false, now, out),
            Some(Phase::Closed { .. }) | None => {}
        }
    }

    /// Weighs what was seen of a dialog that is known.
    fn judge(&mut self, sighting: &Sighting, now: Timestamp, out: &mut Vec<Step>) {
        let dialog = sighting.dialog;
        let Some(card) = self.cards.get_mut(&dialog) else { return };
        if card.is_closed() {
            return;
        }
        if card.begin == 0 {
            card.begin = sighting.begin;
        }
        if sighting.closed {
            if card.is_open() && card.is_end_unclear(sighting) {
                return self.read_again(dialog, out);
            }
            if self.asks_messages(sighting, out) {
                return;
            }
            if let Some(card) = self.cards.get_mut(&dialog) {
                card.end(sighting);
            }
            self.close(dialog, false, now, out);
        } else if let Some(holding) = sighting.holding {
            self.judge_holding(dialog, holding, sighting.is_certain, out);
        }
    }

    /// Weighs what is told of who holds it.
    fn judge_holding(&mut self, dialog: Id, holding: Holding, is_certain: bool, out: &mut Vec<Step>) {
        let Some(card) = self.cards.get_mut(&dialog) else { return };
        match card.weigh(holding, is_certain) {
            Weight::Nothing => card.as_of = card.as_of.max(holding.as_of),
            Weight::Unclear => self.read_again(dialog, out),
            Weight::Change => {
                card.believe(holding);
                let (chat, is_open) = (card.chat, card.is_open());
                self.touch(dialog);
                if is_open {
                    self.hand_over(dialog, chat, holding.who, out);
                }
            }
        }
    }

    /// A person gave it to somebody, or took it back.
    pub(super) fn hand_over(&mut self, dialog: Id, chat: Id, who: Option<Holder>, out: &mut Vec<Step>) {
        match who {
            None => self.report(dialog, chat, Fact::Returned, out),
            Some(holder) => {
                let to = self.people.assign_to(holder, out);
                let assign = Inbound::Assign {
                    dialog: dialog_id(dialog),
                    to,
                    by: By::Backend,
                    allow_absent: true,
                    external: true,
                };
                self.tell_of(dialog, chat, assign, out);
            }
        }
    }

    /// It is closed.
    pub(super) fn close(&mut self, dialog: Id, by_us: bool, now: Timestamp, out: &mut Vec<Step>) {
        let Some(card) = self.cards.get_mut(&dialog) else { return };
        if card.is_closed() {
            return;
        }
        let was_open = card.is_open();
        card.phase = Phase::Closed { by_us };
        card.early = Vec::new();
        card.tags = Vec::new();
        card.heard.clear();
        let (chat, holder) = (card.chat, card.holder);
        self.closed.push_back((now, dialog));
        self.touch(dialog);
        let place = self.places.chat_mut(chat);
        let next = place.newest_dialog;
        if place.leaving.is_some_and(|(leaving, _)| leaving == dialog) {
            place.leaving = None;
        }
        if was_open && !by_us {
            let held_by = holder.map(|holder| self.people.assign_to(holder, out));
            self.report(dialog, chat, Fact::Closed { held_by }, out);
        }
        if next != dialog {
            self.try_open(next, now, out);
        }
    }

    /// What was seen while a call was under way.
    pub(super) fn judge_delayed(&mut self, dialog: Id, now: Timestamp, out: &mut Vec<Step>) {
        let Some(card) = self.cards.get_mut(&dialog) else { return };
        for sighting in card.busy.take().unwrap_or_default() {
            self.see(sighting, now, out);
        }
    }

    /// Opens an announced dialog in the engine, once all is known that an opening needs.
    pub(super) fn try_open(&mut self, dialog: Id, now: Timestamp, out: &mut Vec<Step>) {
        let Some(card) = self.cards.get_mut(&dialog) else { return };
        let Phase::Announced { until, asked } = card.phase else { return };
        let chat = card.chat;
        let is_late = until <= now;
        let leaving = self.places.chat(chat).and_then(|place| place.leaving);
        if let Some((leaving, until)) = leaving.filter(|(leaving, _)| *leaving != dialog) {
            if until <= now {
                // The next one cannot be opened before: it comes in again when this one is closed.
                self.close(leaving, false, now, out);
            } else {
                self.alarms.insert((until, dialog));
            }
            return;
        }
        let is_placed = self.places.chat(chat).is_some_and(|place| place.channel != 0 && place.customer != 0);
        let first = first_message(card, self.places.chat(chat).and_then(|place| place.last_message.as_ref()));
        let has_words = first.is_some() || self.carried.contains_key(&chat);
        if is_placed && (has_words || (is_late && asked)) {
            self.open(dialog, chat, first, now, out);
            return;
        }
        if !is_late {
            return;
        }
        let until = now + ANNOUNCED * 2;
        card.phase = Phase::Announced { until, asked: true };
        self.alarms.insert((until, dialog));
        out.push(Step::Read(if is_placed { Read::Messages { dialog, chat } } else { Read::Chat(chat) }));
    }

    fn open(
        &mut self,
        dialog: Id,
        chat: Id,
        first: Option<wire::Message>,
        now: Timestamp,
        out: &mut Vec<Step>,
    ) {
        let Some(place) = self.places.chat(chat) else { return };
        let (channel, customer) = (super::places::channel_id(place.channel), place.customer);
        let customer = CustomerId::trusted(&customer.to_string());
        let carried = self.carried.remove(&chat);
        let Some(card) = self.cards.get_mut(&dialog) else { return };
        card.phase = Phase::Open;
        let mut early = std::mem::take(&mut card.early);
        let holder = card.holder;
        let mut message = carried;
        if let Some(first) = first {
            let author = self.people.author(first.from.as_ref());
            match author {
                // A bot, or the owner from the messenger's own app, does not become responsible by writing first.
                Some(from @ (Author::Customer(_) | Author::Manager(_))) if message.is_none() => {
                    card.heard.insert(first.id);
                    card.newest_public = card.newest_public.max(first.id);
                    message = Some(said(&first, from));
                }
                Some(_) | None => early.insert(0, first),
            }
        }
        self.touch(dialog);
        let wanted = OpenDialog {
            id: Some(dialog_id(dialog)),
            chat: Some(ChatId::trusted(&chat.to_string())),
            channel: Some(channel),
            customer: Some(customer),
            kind: DialogKind::Customer,
            members: BTreeSet::new(),
            message: message.clone(),
            facts: BTreeMap::new(),
        };
        self.tell_of(dialog, chat, Inbound::Open(wanted), out);
        // The engine takes it that whoever of ours writes first holds the dialog.
        let by_first = match message.map(|message| message.from) {
            Some(Author::Manager(manager)) => Some(manager),
            _ => None,
        };
        if let Some(holder) = holder {
            let is_so = matches!(holder, Holder::User(user) if by_first == Some(manager_id(user)));
            if !is_so {
                self.hand_over(dialog, chat, Some(holder), out);
            }
        }
        early.sort_by_key(|message| message.id);
        for message in early {
            self.hear(&message, now, out);
        }
    }

    /// The engine does not have a dialog that it was told to open: what it was opened with was refused.
    pub(super) fn open_again(&mut self, dialog: Id, now: Timestamp) {
        if let Some(card) = self.cards.get_mut(&dialog).filter(|card| card.is_open()) {
            card.phase = Phase::Announced { until: now, asked: true };
            card.heard.clear();
            self.alarms.insert((now, dialog));
        }
    }

    /// A call of ours found somebody holding it: they had it before the call took hold, since when is not known.
    pub(super) fn found_before(&mut self, dialog: Id, before: Option<Holder>) {
        if let Some(card) = self.cards.get_mut(&dialog)
            && before.is_some()
        {
            card.believe(Holding { who: before, as_of: card.as_of });
        }
    }

    /// Whatever our own call did is believed at once.
    pub(super) fn settle(&mut self, dialog: Id, holding: Holding) {
        if let Some(card) = self.cards.get_mut(&dialog) {
            card.believe(holding);
        }
        self.touch(dialog);
    }
}

/// The message that it began with, if it was heard.
fn first_message(card: &mut Card, last_of_chat: Option<&wire::Message>) -> Option<wire::Message> {
    let begin = card.begin;
    let is_first = |message: &wire::Message| {
        let is_word = message.from.is_some()
            && message.kind != wire::MessageType::System
            && message.scope != wire::Scope::Private;
        is_word && (begin == 0 || message.id == begin)
    };
    card.early.sort_by_key(|message| message.id);
    if let Some(at) = card.early.iter().position(is_first) {
        return Some(card.early.remove(at));
    }
    // Without knowing which message it began with, the chat's last may be of the dialog before.
    last_of_chat.filter(|message| begin != 0 && is_first(message)).cloned()
}

/// A message in the engine's words.
pub(super) fn said(message: &wire::Message, from: Author) -> NewMessage {
    use crate::domain::ids::MessageId;
    use crate::domain::message::Visibility;
    let text = if message.content.is_empty() { &message.note } else { &message.content };
    NewMessage {
        id: Some(MessageId::trusted(&message.id.to_string())),
        from,
        text: (!text.is_empty()).then(|| text.as_str().into()),
        at: message.created_at.or(message.time),
        visibility: if message.scope == wire::Scope::Private {
            Visibility::Private
        } else {
            Visibility::Public
        },
        quote: message.quote.as_ref().map(|quote| MessageId::trusted(&quote.id.to_string())),
    }
}
