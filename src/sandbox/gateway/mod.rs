//! The stand-in Message Gateway: its records, what happens to them, and the frames that tell of it.
//!
//! | file | idea |
//! |---|---|
//! | `records` | what there is: bots, managers, channels, customers, chats, dialogs, messages |
//! | `people` | bots, managers, channels come and change |
//! | `journal` | what happened to dialogs, for the books and the simulated people |
//! | `life` | customers and managers write, dialogs open, change hands and close |
//! | `ticking` | what time does: deliveries, waiting levels, closing of what is idle |
//! | `views` | records as JSON, in the shapes of answers and of frames |
//! | `lists` | filters, order and pages of lists |
//! | `rest` | a request in, an answer out |
//!
//! Deliberately absent: sockets, clocks, chance, faults.

pub mod journal;
mod life;
mod lists;
mod people;
pub mod records;
pub mod rest;
mod ticking;
mod views;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use serde_json::Value;

use crate::domain::time::Timestamp;
use journal::{Deed, Entry};
use records::{Bot, Channel, Chat, Command, Customer, Dialog, Id, Member, Message, User};

pub use life::{NotDone, Party};

/// A frame for all sockets that subscribed to its kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// The kind of event.
    pub kind: &'static str,
    /// What it tells.
    pub data: Value,
}

/// Account settings that the gateway obeys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Silence after which an assigned dialog closes by itself, while no distributor is connected.
    pub close_after: Duration,
    /// A chat turns yellow when its customer has waited so long.
    pub warning_after: Duration,
    /// A chat turns red when its customer has waited so long.
    pub danger_after: Duration,
}

impl Default for Limits {
    /// Three days as seen in recorded accounts; five and ten minutes are ours.
    fn default() -> Self {
        Self {
            close_after: Duration::from_hours(72),
            warning_after: Duration::from_mins(5),
            danger_after: Duration::from_mins(10),
        }
    }
}

/// The gateway of one account.
#[derive(Debug, Default)]
pub struct Gateway {
    /// Settings.
    pub limits: Limits,
    /// Who gets dialogs while no distributor is connected; `None`: nobody.
    pub default_responsible: Option<Id>,
    /// Nobody listens, so no frames are made.
    pub is_silent: bool,
    bots: BTreeMap<Id, Bot>,
    users: BTreeMap<Id, User>,
    channels: BTreeMap<Id, Channel>,
    customers: BTreeMap<Id, Customer>,
    chats: BTreeMap<Id, Chat>,
    dialogs: BTreeMap<Id, Dialog>,
    messages: BTreeMap<Id, Message>,
    /// Messages by dialog, in order.
    messages_of: BTreeMap<Id, Vec<Id>>,
    members: BTreeMap<Id, Member>,
    /// Members by chat and manager.
    member_ids: BTreeMap<(Id, Id), Id>,
    commands: BTreeMap<Id, Command>,
    /// Chats by channel and the person's id in the messenger.
    by_person: BTreeMap<(Id, String), Id>,
    /// Messages on their way to the messenger.
    sending: VecDeque<Id>,
    /// Chats whose customer waits.
    waiting: BTreeSet<Id>,
    frames: Vec<Frame>,
    journal: Vec<Entry>,
}

impl Gateway {
    /// What happened since the last time it was asked, in order.
    pub fn take_frames(&mut self) -> Vec<Frame> {
        std::mem::take(&mut self.frames)
    }

    /// What happened to dialogs since the last time it was asked, in order.
    pub fn take_journal(&mut self) -> Vec<Entry> {
        std::mem::take(&mut self.journal)
    }

    /// All dialogs by id.
    pub fn dialogs(&self) -> &BTreeMap<Id, Dialog> {
        &self.dialogs
    }

    /// All chats by id.
    pub fn chats(&self) -> &BTreeMap<Id, Chat> {
        &self.chats
    }

    /// All managers by id.
    pub fn users(&self) -> &BTreeMap<Id, User> {
        &self.users
    }

    /// All customers by id.
    pub fn customers(&self) -> &BTreeMap<Id, Customer> {
        &self.customers
    }

    /// All channels by id.
    pub fn channels(&self) -> &BTreeMap<Id, Channel> {
        &self.channels
    }

    /// All messages by id.
    pub fn messages(&self) -> &BTreeMap<Id, Message> {
        &self.messages
    }

    /// All bots by id.
    pub fn bots(&self) -> &BTreeMap<Id, Bot> {
        &self.bots
    }

    /// Open dialogs nobody is responsible for.
    pub fn unassigned(&self) -> impl Iterator<Item = &Dialog> {
        self.dialogs.values().filter(|dialog| dialog.is_open() && dialog.responsible.is_none())
    }

    /// The chat's open dialog.
    pub fn open_dialog_of(&self, chat: Id) -> Option<Id> {
        let last = self.chats.get(&chat)?.last_dialog?;
        self.dialogs.get(&last).filter(|dialog| dialog.is_open()).map(|dialog| dialog.id)
    }

    /// Whether a bot that shares out dialogs is connected: it switches off the gateway's own assignment and closing.
    pub fn has_distributor(&self) -> bool {
        self.bots.values().any(|bot| bot.is_active && bot.roles.iter().any(|role| role == "distributor"))
    }

    /// A message belongs to a dialog.
    fn file(&mut self, message: Id, dialog: Id) {
        self.messages_of.entry(dialog).or_default().push(message);
    }

    fn note(&mut self, dialog: Id, deed: Deed, at: Timestamp) {
        self.journal.push(Entry { at, dialog, deed });
    }

    fn tell(&mut self, kind: &'static str, data: Value) {
        if !self.is_silent {
            self.frames.push(Frame { kind, data });
        }
    }
}

/// The next number of a sequence.
fn next<T>(records: &BTreeMap<Id, T>) -> Id {
    records.last_key_value().map_or(1, |(id, _)| id + 1)
}
