//! Duties: what the engine wishes of the gateway, one thing at a time for each dialog, until it is so.
//!
//! A wish about the state of a dialog is not remembered as such: it says "look at this dialog". What is to be done is
//! found out when its turn comes, from how the engine has the dialog then. Texts are remembered and sent in order, and
//! tags until the dialog is looked at and is as it should be.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::Mirror;
use super::card::Phase;
use super::step::{Call, Job, Lane, News, Read, Stand, Step, Taken, Tally, Text, Wish};
use super::tags::united;
use crate::connectors::retailcrm::wire::Id;
use crate::domain::message::{Author, DeliveryStatus, Visibility};
use crate::domain::tags::Tags;
use crate::domain::time::Timestamp;
use crate::engine::inbound::{Fact, Inbound, NewMessage};

/// How long a text is worth sending.
const TEXT_LIFE: Duration = Duration::from_mins(15);

/// What is under way for a dialog.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Doing {
    /// Nothing.
    #[default]
    Nothing,
    /// It is looked up how the engine has it.
    Looking,
    /// A call.
    Calling(Call),
    /// A call whose end is not known, or that was refused: the gateway is read again. The words of the refusal.
    Checking(Call, Option<String>),
    /// Until then, nothing.
    Resting(Timestamp),
}

/// What is owed for one dialog.
#[derive(Clone, Debug, Default)]
pub(super) struct Duty {
    /// The first event that is not carried out; `None`: none, it is owed for another reason.
    pub(super) seq: Option<u64>,
    /// Its state may differ.
    pub(super) state: bool,
    pub(super) texts: VecDeque<Text>,
    /// Tags that it is to have, whether or not it has them.
    pub(super) tags: Tags,
    /// The first text may have been sent before.
    pub(super) unsure: bool,
    pub(super) doing: Doing,
    /// Failures in a row.
    pub(super) failures: u32,
    /// The comparison in routine asked for it.
    is_routine: bool,
}

/// What is owed for all dialogs.
#[derive(Debug, Default)]
pub struct Duties {
    pub(super) by_dialog: BTreeMap<Id, Duty>,
    /// What the engine was told of a dialog and has not taken yet: how many, and how many there ever were.
    tellings: BTreeMap<Id, (u32, u64)>,
    read_up_to: u64,
    /// Events up to this number were read when the connector started: their texts may have been sent.
    replayed_up_to: u64,
}

impl Duties {
    pub(super) fn telling(&mut self, dialog: Id) {
        let (pending, epoch) = self.tellings.entry(dialog).or_default();
        *pending += 1;
        *epoch += 1;
    }

    fn told(&mut self, dialog: Id) {
        if let Some((pending, _)) = self.tellings.get_mut(&dialog) {
            *pending = pending.saturating_sub(1);
        }
    }

    /// The state of a dialog may differ. What was looked up before this does not count.
    fn look_anew(&mut self, dialog: Id) {
        self.by_dialog.entry(dialog).or_default().state = true;
        self.tellings.entry(dialog).or_default().1 += 1;
    }

    fn is_telling(&self, dialog: Id) -> bool {
        self.tellings.get(&dialog).is_some_and(|(pending, _)| *pending > 0)
    }

    fn epoch(&self, dialog: Id) -> u64 {
        self.tellings.get(&dialog).map_or(0, |(_, epoch)| *epoch)
    }

    pub(super) fn read_up_to(&mut self, seq: u64) {
        self.read_up_to = self.read_up_to.max(seq);
    }

    pub(super) fn done_up_to(&self) -> u64 {
        let first_owed = self.by_dialog.values().filter_map(|duty| duty.seq).min();
        first_owed.map_or(self.read_up_to, |seq| seq.saturating_sub(1))
    }

    pub(super) fn len(&self) -> usize {
        self.by_dialog.len()
    }

    pub(super) fn forget(&mut self, dialog: Id) {
        if !self.by_dialog.contains_key(&dialog) && !self.is_telling(dialog) {
            self.tellings.remove(&dialog);
        }
    }
}

impl Mirror {
    /// Events up to this number were announced before the connector started.
    pub fn replayed_up_to(&mut self, seq: u64) {
        self.duties.replayed_up_to = seq;
    }

    pub(super) fn wish(&mut self, seq: u64, dialog: Id, wish: Wish, now: Timestamp, out: &mut Vec<Step>) {
        self.duties.read_up_to(seq);
        let is_replayed = seq <= self.duties.replayed_up_to;
        let duty = self.duties.by_dialog.entry(dialog).or_default();
        duty.seq = Some(duty.seq.map_or(seq, |first| first.min(seq)));
        match wish {
            Wish::State => self.duties.look_anew(dialog),
            Wish::Tags(tags) => {
                duty.tags = united(&duty.tags, &tags);
                self.duties.look_anew(dialog);
            }
            Wish::Text(text) => {
                duty.unsure |= is_replayed;
                duty.texts.push_back(text);
            }
        }
        self.press_on(dialog, now, out);
    }

    /// Compares a dialog with the engine although nothing was announced.
    pub(super) fn compare(&mut self, dialog: Id, is_routine: bool, now: Timestamp, out: &mut Vec<Step>) {
        let is_new = !self.duties.by_dialog.contains_key(&dialog);
        let duty = self.duties.by_dialog.entry(dialog).or_default();
        duty.state = true;
        // What was owed already is no repair.
        duty.is_routine |= is_routine && is_new;
        self.press_on(dialog, now, out);
    }

    pub(super) fn connected(&mut self, is_connected: bool, now: Timestamp, out: &mut Vec<Step>) {
        self.acting = is_connected;
        if is_connected {
            let owed: Vec<Id> = self.duties.by_dialog.keys().copied().collect();
            for dialog in owed {
                self.press_on(dialog, now, out);
            }
        }
    }

    pub(super) fn do_nothing(&mut self, dialog: Id, now: Timestamp, out: &mut Vec<Step>) {
        if let Some(duty) = self.duties.by_dialog.get_mut(&dialog) {
            duty.doing = Doing::Nothing;
        }
        self.press_on(dialog, now, out);
    }

    /// Takes up the next thing that is owed for a dialog, unless something is under way.
    pub(super) fn press_on(&mut self, dialog: Id, now: Timestamp, out: &mut Vec<Step>) {
        let is_telling = self.duties.is_telling(dialog);
        let epoch = self.duties.epoch(dialog);
        let Some(duty) = self.duties.by_dialog.get_mut(&dialog) else { return };
        match duty.doing {
            Doing::Resting(until) if until <= now => duty.doing = Doing::Nothing,
            Doing::Nothing => {}
            Doing::Looking | Doing::Calling(_) | Doing::Checking(..) | Doing::Resting(_) => return,
        }
        if let Some(text) = duty.texts.front().cloned() {
            if self.acting {
                self.send(dialog, text, now, out);
            }
        } else if !duty.state {
            self.duties.by_dialog.remove(&dialog);
            self.duties.forget(dialog);
        } else if self.acting && !is_telling {
            duty.doing = Doing::Looking;
            out.push(Step::Look { dialog, epoch });
        }
    }

    fn send(&mut self, dialog: Id, text: Text, now: Timestamp, out: &mut Vec<Step>) {
        let chat = self.cards.get(&dialog).map(|card| card.chat);
        let Some(duty) = self.duties.by_dialog.get_mut(&dialog) else { return };
        let is_stale = text.asked_at + TEXT_LIFE <= now;
        let Some(chat) = chat.filter(|_| !is_stale) else {
            duty.texts.pop_front();
            duty.unsure = false;
            report_text(chat.unwrap_or_default(), &text, DeliveryStatus::Failed("too_late".into()), out);
            return self.press_on(dialog, now, out);
        };
        if duty.unsure {
            duty.doing = Doing::Checking(Call::Send(text), None);
            out.push(Step::Read(Read::Messages { dialog, chat }));
        } else {
            let call = Call::Send(text);
            duty.doing = Doing::Calling(call.clone());
            out.push(Step::Call(Job { dialog, chat, call }));
        }
    }

    /// How the engine has a dialog: the difference to the gateway is what is to be done.
    pub(super) fn looked(
        &mut self,
        dialog: Id,
        epoch: u64,
        stand: Stand,
        acts: bool,
        now: Timestamp,
        out: &mut Vec<Step>,
    ) {
        let is_old = self.duties.epoch(dialog) != epoch || self.duties.is_telling(dialog);
        let Some(duty) = self.duties.by_dialog.get_mut(&dialog) else { return };
        if duty.doing != Doing::Looking {
            return;
        }
        if is_old || !self.acting {
            return self.do_nothing(dialog, now, out);
        }
        if stand == Stand::Unknown {
            self.open_again(dialog, now);
        }
        let Some(duty) = self.duties.by_dialog.get_mut(&dialog) else { return };
        let card = self.cards.get_mut(&dialog).filter(|card| card.is_open());
        let difference = card.as_ref().filter(|_| acts).and_then(|card| {
            let tag = || card.lacking(&duty.tags).map(Call::Tag);
            match stand {
                Stand::Open(Some(holder)) if card.holder != Some(holder) => Some(Call::Assign(holder)),
                Stand::Open(None) if card.holder.is_some() => Some(Call::Unassign),
                Stand::Unknown | Stand::Elsewhere | Stand::Open(_) => tag(),
                // Once it is closed it is not tagged any more.
                Stand::Closed => Some(tag().unwrap_or(Call::Close)),
            }
        });
        let (Some(call), Some(card)) = (difference, card) else {
            (duty.state, duty.failures, duty.is_routine) = (false, 0, false);
            duty.tags = Tags::NONE;
            duty.seq = duty.seq.filter(|_| !duty.texts.is_empty());
            return self.do_nothing(dialog, now, out);
        };
        // A call about tags changes nothing of what is seen meanwhile, and mends nothing that was read.
        if !matches!(call, Call::Tag(_)) {
            card.busy = Some(Vec::new());
            if std::mem::take(&mut duty.is_routine) {
                out.push(Step::Count(Tally::Repaired(call.word())));
            }
        }
        let chat = card.chat;
        duty.doing = Doing::Calling(call.clone());
        out.push(Step::Call(Job { dialog, chat, call }));
    }

    /// The engine took what it was told.
    pub(super) fn told(
        &mut self,
        dialog: Option<Id>,
        news: &News,
        taken: Taken,
        now: Timestamp,
        out: &mut Vec<Step>,
    ) {
        if taken == Taken::Refused {
            out.push(Step::Count(Tally::Refused));
        }
        let Some(dialog) = dialog else { return };
        self.duties.told(dialog);
        if let News::Inbound(inbound) = news
            && taken == Taken::Closed
        {
            if let Inbound::Reported { fact: Fact::Wrote { message, late: false }, .. } = &**inbound {
                self.wrote_into_closed(dialog, message, now, out);
            } else if matches!(&**inbound, Inbound::Assign { .. } | Inbound::Open(_)) {
                // The engine has closed it, and a person did something with it there: it is closed there too.
                self.compare(dialog, false, now, out);
            }
        }
        self.press_on(dialog, now, out);
        self.duties.forget(dialog);
    }

    /// A customer wrote while the engine was closing the dialog: the message begins the next one.
    fn wrote_into_closed(&mut self, dialog: Id, message: &NewMessage, now: Timestamp, out: &mut Vec<Step>) {
        if !matches!(message.from, Author::Customer(_)) || message.visibility == Visibility::Private {
            return;
        }
        let Some(card) = self.cards.get(&dialog) else { return };
        let chat = card.chat;
        match card.phase {
            Phase::Closed { by_us: false } | Phase::Announced { .. } => {}
            Phase::Open => {
                self.carried.entry(chat).or_insert_with(|| message.clone());
                self.compare(dialog, false, now, out);
            }
            Phase::Closed { by_us: true } => {
                self.carried.entry(chat).or_insert_with(|| message.clone());
                self.open_next(dialog, chat, out);
            }
        }
    }

    /// Opens the chat's next dialog, if the customer wrote into the last one while it was being closed.
    pub(super) fn open_next(&mut self, dialog: Id, chat: Id, out: &mut Vec<Step>) {
        let is_newest = self.places.chat(chat).is_some_and(|place| place.newest_dialog == dialog);
        if !is_newest || !self.carried.contains_key(&chat) {
            return;
        }
        let duty = self.duties.by_dialog.entry(dialog).or_default();
        if matches!(duty.doing, Doing::Nothing | Doing::Looking | Doing::Calling(Call::Close)) {
            duty.state = true;
            duty.doing = Doing::Calling(Call::OpenNext);
            out.push(Step::Call(Job { dialog, chat, call: Call::OpenNext }));
        }
    }
}

/// How far a text of ours got.
pub(super) fn report_text(chat: Id, text: &Text, status: DeliveryStatus, out: &mut Vec<Step>) {
    let report = Inbound::ReportStatus { message: text.id.clone(), status };
    let news = News::Inbound(std::sync::Arc::new(report));
    out.push(Step::Tell { lane: Lane::Chat(chat), dialog: None, news });
}
