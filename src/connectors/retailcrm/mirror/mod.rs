//! The mirror: what is known of the gateway, kept only to tell news from repeats. No sockets, no clock, no store.
//!
//! What comes in is an [`Input`]: a frame, something that was read, the end of a call of ours, how the engine took what
//! it was told, what the engine wishes done, that time passed. What goes out are [`Step`]s, in order: news for the
//! engine, calls to make, things to read again, things to count. The shell around it ([`super::runner`]) carries steps
//! out and reports back; it decides nothing.
//!
//! # Two truths, and who wins
//!
//! The gateway has each dialog open or closed and held by somebody ("there"), and so has the engine ("here"). They are
//! brought together from both sides:
//!
//! * *From there to here.* What is seen of a dialog is weighed against what is believed of it (`card`): repeats and what
//!   is out of date are dropped, and what is new was done by a person, so that the engine is told of it as a fact. A
//!   person's choice wins, and the engine pins it.
//! * *From here to there.* An event of the engine is a wish (`duties`). It only says which dialog to look at: what is
//!   done is the difference between how the engine has it *now* and what is believed of the gateway. So a wish that was
//!   overtaken does nothing, a wish that was carried out before a crash does nothing when it comes again, and what the
//!   engine was told by the gateway leads to no call.
//!
//! While a call about a dialog is under way, what is seen of it waits until the call has ended; and while the engine is
//! being told something of a dialog, no call about it is decided. So neither side acts on what the other is about to
//! change. The gateway has no lock: that a call overwrote a person's choice shows in its answer as another previous
//! responsible than the one believed. Then the person's choice is restored.
//!
//! Tags of rules only go there, and what people do with tags is nothing to the engine.
//!
//! A call whose answer was lost is decided by reading the dialog again, before anything else is done with it.
//!
//! # Identities
//!
//! Ids of the engine are the gateway's numbers as texts: manager `12`, dialog `345`, chat, channel, message. A customer
//! is the gateway's customer, one for each channel that a person writes in. Bots have numbers of their own. Whoever holds
//! a dialog without being allowed to serve (support's logins, managers without access) is the bot `user:12`.
//!
//! # Silence
//!
//! Frames get lost without a sign. After each gap, and now and then without one, all open dialogs are read
//! ([`Snapshot`]), and every difference is mended as if a frame had told of it. In routine each is counted.

mod calls;
mod card;
mod dialogs;
mod duties;
mod ending;
mod frames;
mod people;
mod places;
mod snapshot;
mod step;
mod tags;
mod texts;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use card::Card;
use duties::Duties;
use people::People;
use places::Places;

pub use people::holder_of;
pub use step::{
    Call, Called, CustomerSeen, Found, Given, Holder, Input, Job, Lane, News, PersonSeen, Read, Snapshot,
    Stand, Step, Taken, Tally, Text, Wish,
};

use crate::connectors::retailcrm::wire::{self, Bot, Id};
use crate::domain::channel::Channel;
use crate::domain::time::Timestamp;

/// How long a dialog that was announced waits for the message that it began with.
const ANNOUNCED: Duration = Duration::from_secs(1);
/// How long the next dialog of a chat waits for what is read of the one before it.
const LEAVING: Duration = Duration::from_secs(10);
/// By how much the gateway's clock and ours are taken to differ.
const CLOCKS_DIFFER: Duration = Duration::from_mins(1);
/// How long the closed ones are remembered, so that a late frame does not bring them back.
const REMEMBERED: Duration = Duration::from_hours(6);

/// What is known of the gateway of one account.
#[derive(Debug, Default)]
pub struct Mirror {
    people: People,
    places: Places,
    cards: BTreeMap<Id, Card>,
    duties: Duties,
    /// When to look at something again: an announced dialog, a call to be tried again.
    alarms: BTreeSet<(Timestamp, Id)>,
    /// Dialogs that closed, the oldest first.
    closed: VecDeque<(Timestamp, Id)>,
    /// Dialogs that are being read, with the turn of their card when that was asked for last.
    reading: BTreeMap<Id, u64>,
    /// Those of them that are to be read once more: what is under way may show how they were before.
    reading_twice: BTreeSet<Id>,
    /// What was seen of closed dialogs whose messages are being read to tell who held them last.
    endings: BTreeMap<Id, card::Sighting>,
    /// Messages of ours under way, by the gateway's ids.
    sent: BTreeMap<Id, crate::domain::ids::MessageId>,
    /// What a customer wrote into a dialog that the engine had closed, by chat: it begins the next one.
    carried: BTreeMap<Id, crate::engine::inbound::NewMessage>,
    /// Grows with every change.
    turn: u64,
    /// Calls may be made.
    acting: bool,
}

/// A dialog that the engine has when the connector starts.
#[derive(Clone, Debug)]
pub struct Seed {
    /// Its id.
    pub dialog: Id,
    /// Its chat.
    pub chat: Id,
    /// Who held it when the connector had last done all that was wished: what the gateway should show.
    pub holder: Option<Holder>,
    /// When somebody last wrote in it, as far as the engine knows.
    pub last_message_at: Timestamp,
}

impl Mirror {
    /// A mirror that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Who we are in the gateway.
    pub fn set_me(&mut self, me: &Bot) {
        self.people.set_me(me);
    }

    /// A manager of whom the engine knows already.
    pub fn seed_manager(&mut self, user: Id, name: &str, serves: bool) {
        self.people.seed(user, name, serves);
    }

    /// A channel of which the engine knows already.
    pub fn seed_channel(&mut self, channel: Channel) {
        self.places.seed(channel);
    }

    /// A dialog of which the engine knows already.
    pub fn seed_dialog(&mut self, seed: &Seed) {
        let mut card = Card::new(seed.chat, card::Phase::Open);
        card.holder = seed.holder;
        card.heard_until = seed.last_message_at;
        self.cards.insert(seed.dialog, card);
        let place = self.places.chat_mut(seed.chat);
        place.newest_dialog = place.newest_dialog.max(seed.dialog);
    }

    /// Takes in what happened.
    pub fn on(&mut self, input: Input, now: Timestamp) -> Vec<Step> {
        let mut out = Vec::new();
        self.people.set_now(now);
        match input {
            Input::Frame(frame) => self.hear_frame(frame.event, now, &mut out),
            Input::Snapshot(snapshot) => self.take_snapshot(*snapshot, now, &mut out),
            Input::Read(found) => self.found(found, now, &mut out),
            Input::Told { dialog, news, taken } => self.told(dialog, &news, taken, now, &mut out),
            Input::Wish { seq, dialog, wish } => self.wish(seq, dialog, wish, now, &mut out),
            Input::Looked { dialog, epoch, stand, acts } => {
                self.looked(dialog, epoch, stand, acts, now, &mut out);
            }
            Input::Called { job, called } => self.called(&job, called, now, &mut out),
            Input::Crm { users, asked } => self.people.hear_crm(&users, asked, &mut out),
            Input::Connected(is_connected) => self.connected(is_connected, now, &mut out),
            Input::Doubted => out.push(Step::Distrust),
            Input::Tick => self.tick(now, &mut out),
        }
        out
    }

    fn tick(&mut self, now: Timestamp, out: &mut Vec<Step>) {
        self.people.on_time(now, out);
        while let Some((_, dialog)) = self.alarms.first().copied().filter(|(due, _)| *due <= now) {
            self.alarms.pop_first();
            self.try_open(dialog, now, out);
            self.press_on(dialog, now, out);
        }
        while let Some((_, dialog)) = self.closed.front().copied().filter(|(at, _)| *at + REMEMBERED <= now) {
            self.closed.pop_front();
            let chat = self.cards.remove(&dialog).map_or(0, |card| card.chat);
            if self.places.chat(chat).is_some_and(|place| place.newest_dialog == dialog) {
                self.places.forget(chat);
            }
        }
    }

    /// Where it is: for whoever reads everything, to say from where.
    pub fn turn(&self) -> u64 {
        self.turn
    }

    fn touch(&mut self, dialog: Id) {
        self.turn += 1;
        if let Some(card) = self.cards.get_mut(&dialog) {
            card.turn = self.turn;
        }
    }

    /// All that the engine wished up to this number is done.
    pub fn done_up_to(&self) -> u64 {
        self.duties.done_up_to()
    }

    /// Wishes that are not carried out yet.
    pub fn owed(&self) -> usize {
        self.duties.len()
    }

    /// The engine's events were read up to this number.
    pub fn read_up_to(&mut self, seq: u64) {
        self.duties.read_up_to(seq);
    }

    /// Open dialogs that are believed to be there, with who holds them.
    pub fn open_dialogs(&self) -> impl Iterator<Item = (Id, Id, Option<Holder>)> {
        let open = self.cards.iter().filter(|(_, card)| card.is_open());
        open.map(|(dialog, card)| (*dialog, card.chat, card.holder))
    }

    /// Whether the chat's place is known, so that dialogs in it can be opened.
    pub fn knows_chat(&self, chat: Id) -> bool {
        self.places.chat(chat).is_some_and(|place| place.channel != 0 && place.customer != 0)
    }

    /// Whether messages of a dialog are missing, by what its chat says of the last one.
    pub fn misses_messages(&self, dialog: &wire::Dialog, chat: &wire::Chat) -> bool {
        let Some(card) = self.cards.get(&dialog.id) else { return true };
        let Some(last) = &chat.last_message else { return false };
        // The gateway's clock and ours may differ a little.
        let at = last.created_at.or(last.time);
        let is_old = at.is_some_and(|at| at + CLOCKS_DIFFER <= card.heard_until);
        !is_old && !card.heard.contains(&last.id) && card.newest_public < last.id
    }
}

#[cfg(test)]
mod tests;
