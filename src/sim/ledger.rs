//! The ledger: what is durable. It stands for the store and keeps the same contract.
//!
//! A change is durable as a whole or leaves no trace. A dialog's version n replaces version n - 1 and nothing
//! else; a message's id is new. Announcements are numbered when their change becomes durable.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use crate::desk::Save;
use crate::domain::account::Account;
use crate::domain::announcement::Announcement;
use crate::domain::channel::Channel;
use crate::domain::customer::Customer;
use crate::domain::dialog::Dialog;
use crate::domain::ids::{ChannelId, ChatId, CustomerId, DialogId, ManagerId, MessageId, RulesVersion};
use crate::domain::manager::{Attendance, Manager, ManagerWork};
use crate::domain::message::{DeliveryStatus, Message};
use crate::domain::routing::Cause;
use crate::domain::stance::{Seen, StanceChange};
use crate::domain::tally::{Day, DayTally};

/// One write.
#[derive(Clone, Debug)]
pub enum Write {
    /// A dialog's new state.
    Dialog(Arc<Dialog>),
    /// A new message.
    Message(Arc<Message>),
    /// A message's new delivery status.
    MessageStatus {
        /// The message.
        message: MessageId,
        /// The status.
        status: DeliveryStatus,
    },
    /// An announcement, to be numbered.
    Event(Announcement),
    /// The account's record.
    Account(Account),
    /// A channel's record.
    Channel(Arc<Channel>),
    /// A customer's record.
    Customer(Arc<Customer>),
    /// `from` is now `into`.
    CustomerMerged {
        /// The record that goes.
        from: CustomerId,
        /// The record that stays.
        into: CustomerId,
    },
    /// A manager's record.
    Manager(Arc<Manager>),
    /// A manager's presence.
    Attendance {
        /// The manager.
        manager: ManagerId,
        /// The state of the machine.
        attendance: Attendance,
    },
    /// When a manager last worked.
    Work {
        /// The manager.
        manager: ManagerId,
        /// The figures.
        work: ManagerWork,
    },
    /// Whom a round-robin target served last.
    Rotation {
        /// The desk's key of the target.
        key: Arc<str>,
        /// Who was served.
        last: ManagerId,
    },
    /// How a manager stands from now on.
    Stance(StanceChange),
    /// What a manager did, to be added to their day.
    Tally {
        /// The manager.
        manager: ManagerId,
        /// The day.
        day: Day,
        /// What is added.
        tally: DayTally,
    },
    /// A rule set came into force.
    Rules(RulesVersion),
}

impl From<Save> for Write {
    fn from(save: Save) -> Self {
        match save {
            Save::Work { manager, work } => Self::Work { manager, work },
            Save::Rotation { key, last } => Self::Rotation { key, last },
            Save::Stance(change) => Self::Stance(change),
        }
    }
}

/// Why a change left no trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// A dialog with this id exists, or moved on.
    Dialog(DialogId),
    /// A message with this id exists.
    Message(MessageId),
    /// An earlier change of the same lineage conflicted.
    Lineage,
}

/// One numbered announcement.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its number: from one, without gaps.
    pub seq: u64,
    /// What was announced.
    pub announcement: Announcement,
}

/// All that is durable.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// The account's record, once it was written.
    pub account: Option<Account>,
    /// Channels.
    pub channels: BTreeMap<ChannelId, Arc<Channel>>,
    /// Customers that were not merged into others.
    pub customers: BTreeMap<CustomerId, Arc<Customer>>,
    /// Those that were, and into whom.
    pub merged: BTreeMap<CustomerId, CustomerId>,
    /// Managers, the removed included.
    pub managers: BTreeMap<ManagerId, Arc<Manager>>,
    /// Their presence.
    pub attendances: BTreeMap<ManagerId, Attendance>,
    /// Their work.
    pub works: BTreeMap<ManagerId, ManagerWork>,
    /// Dialogs, the closed included.
    pub dialogs: BTreeMap<DialogId, Arc<Dialog>>,
    /// Those that are not closed.
    open: BTreeSet<DialogId>,
    /// The dialog of each chat that was opened last.
    pub latest_in_chat: BTreeMap<ChatId, DialogId>,
    /// How many dialogs each chat had.
    pub opened_in_chat: BTreeMap<ChatId, u64>,
    /// Messages.
    pub messages: BTreeMap<MessageId, Arc<Message>>,
    /// Whom each round-robin target served last.
    pub rotations: BTreeMap<Arc<str>, ManagerId>,
    /// How managers stood, by the number from which on it held.
    stances: BTreeMap<ManagerId, BTreeMap<u64, Seen>>,
    /// What each manager did on each day.
    pub days: BTreeMap<(ManagerId, Day), DayTally>,
    /// The newest rule set.
    pub rules: Option<RulesVersion>,
    /// The journal.
    pub journal: Vec<Entry>,
}

impl Ledger {
    /// Makes a change durable, or leaves no trace of it.
    ///
    /// # Errors
    /// What it contradicts.
    pub fn commit(&mut self, writes: &[Write]) -> Result<(), Conflict> {
        for write in writes {
            self.check(write)?;
        }
        for write in writes {
            self.apply(write.clone());
        }
        Ok(())
    }

    fn check(&self, write: &Write) -> Result<(), Conflict> {
        match write {
            Write::Dialog(dialog) => {
                let stored = self.dialogs.get(&dialog.id).map_or(0, |stored| stored.version);
                if stored + 1 == dialog.version { Ok(()) } else { Err(Conflict::Dialog(dialog.id.clone())) }
            }
            Write::Message(message) if self.messages.contains_key(&message.id) => {
                Err(Conflict::Message(message.id.clone()))
            }
            Write::Message(_)
            | Write::MessageStatus { .. }
            | Write::Event(_)
            | Write::Account(_)
            | Write::Channel(_)
            | Write::Customer(_)
            | Write::CustomerMerged { .. }
            | Write::Manager(_)
            | Write::Attendance { .. }
            | Write::Work { .. }
            | Write::Rotation { .. }
            | Write::Stance(_)
            | Write::Tally { .. }
            | Write::Rules(_) => Ok(()),
        }
    }

    fn apply(&mut self, write: Write) {
        match write {
            Write::Dialog(dialog) => {
                if dialog.version == 1 {
                    self.latest_in_chat.insert(dialog.chat.clone(), dialog.id.clone());
                    *self.opened_in_chat.entry(dialog.chat.clone()).or_default() += 1;
                }
                if dialog.is_open() {
                    self.open.insert(dialog.id.clone());
                } else {
                    self.open.remove(&dialog.id);
                }
                self.dialogs.insert(dialog.id.clone(), dialog);
            }
            Write::Message(message) => {
                self.messages.insert(message.id.clone(), message);
            }
            Write::MessageStatus { message, status } => {
                if let Some(stored) = self.messages.get_mut(&message) {
                    Arc::make_mut(stored).status = status;
                }
            }
            Write::Event(announcement) => {
                let seq = self.last_seq() + 1;
                self.journal.push(Entry { seq, announcement });
            }
            Write::Account(account) => self.account = Some(account),
            Write::Channel(channel) => {
                self.channels.insert(channel.id.clone(), channel);
            }
            Write::Customer(customer) => {
                // A record that was merged away and is written again is somebody of their own again.
                self.merged.remove(&customer.id);
                self.customers.insert(customer.id.clone(), customer);
            }
            Write::CustomerMerged { from, into } => self.merge(&from, &into),
            Write::Manager(manager) => {
                self.managers.insert(manager.id.clone(), manager);
            }
            Write::Attendance { manager, attendance } => {
                self.attendances.insert(manager, attendance);
            }
            Write::Work { manager, work } => {
                self.works.insert(manager, work);
            }
            Write::Rotation { key, last } => {
                self.rotations.insert(key, last);
            }
            Write::Stance(change) => self.take_stance(change),
            Write::Tally { manager, day, tally } => *self.days.entry((manager, day)).or_default() += tally,
            Write::Rules(version) => self.rules = Some(version),
        }
    }

    fn take_stance(&mut self, StanceChange { manager, number, stance, groups }: StanceChange) {
        let stances = self.stances.entry(manager).or_default();
        let before = stances.range(..=number).next_back().map(|(_, seen)| Arc::clone(&seen.groups));
        let groups = groups.or(before).unwrap_or_default();
        stances.insert(number, Seen { stance, groups });
    }

    /// How a manager stood at the decision of this number.
    pub fn seen(&self, manager: &ManagerId, number: u64) -> Option<&Seen> {
        self.stances.get(manager)?.range(..=number).next_back().map(|(_, seen)| seen)
    }

    /// What a manager did, one day after the other.
    pub fn days_of(&self, manager: &ManagerId) -> impl Iterator<Item = &DayTally> {
        let days = (manager.clone(), Day(i32::MIN))..=(manager.clone(), Day(i32::MAX));
        self.days.range(days).map(|(_, tally)| tally)
    }

    /// The number of the newest stance; zero when there is none.
    pub fn newest_stance(&self) -> u64 {
        self.stances.values().filter_map(|stances| stances.keys().next_back()).max().copied().unwrap_or(0)
    }

    /// All dialogs are the other customer's now; the actors of the open ones hear of it themselves.
    fn merge(&mut self, from: &CustomerId, into: &CustomerId) {
        self.customers.remove(from);
        self.merged.insert(from.clone(), into.clone());
        for dialog in self.dialogs.values_mut() {
            if dialog.customer.as_ref() == Some(from) {
                Arc::make_mut(dialog).customer = Some(into.clone());
            }
        }
    }

    /// The ids of customers that went, each with the one it leads to.
    pub fn merged(&self) -> impl Iterator<Item = (&CustomerId, &CustomerId)> {
        self.merged.keys().filter_map(|id| Some((id, self.survivor(id)?)))
    }

    /// Who a customer is now, after any number of merges.
    pub fn survivor(&self, customer: &CustomerId) -> Option<&CustomerId> {
        let mut survivor = self.merged.get(customer)?;
        while let Some(next) = self.merged.get(survivor) {
            survivor = next;
        }
        Some(survivor)
    }

    /// The number of the newest announcement; zero when there is none.
    pub fn last_seq(&self) -> u64 {
        self.journal.last().map_or(0, |entry| entry.seq)
    }

    /// Dialogs that are not closed.
    pub fn open_dialogs(&self) -> impl Iterator<Item = &Arc<Dialog>> {
        self.open.iter().filter_map(|id| self.dialogs.get(id))
    }
}

/// The journal as text: one line an announcement, the same bytes for the same journal.
pub fn journal_text(journal: &[Entry]) -> String {
    let mut text = String::new();
    for Entry { seq, announcement } in journal {
        let cause = announcement.cause.map_or("-", Cause::word);
        let (at, id, name) = (announcement.at, announcement.id(), announcement.body.name());
        // Writing to a text cannot fail.
        let _ = writeln!(text, "{seq} {at:?} {name} {id} {cause} {:?}", announcement.body);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::announcement::{Body, Subject};
    use crate::domain::time::Timestamp;

    fn event(version: u64) -> Write {
        let (subject, at) = (Subject::Account, Timestamp::from_secs(1));
        let body = Body::RulesRejected { errors: 1 };
        Write::Event(Announcement { subject, version, part: 0, at, cause: None, body })
    }

    #[test]
    fn a_change_that_conflicts_leaves_no_trace() {
        let mut ledger = Ledger::default();
        assert_eq!(ledger.commit(&[event(1), event(2)]), Ok(()));
        let message = Arc::new(Message {
            id: MessageId::trusted("m"),
            dialog: DialogId::trusted("d"),
            from: crate::domain::message::Author::Reparto,
            text: None,
            at: Timestamp::from_secs(1),
            visibility: crate::domain::message::Visibility::Public,
            quote: None,
            status: DeliveryStatus::Queued,
        });
        assert_eq!(ledger.commit(&[Write::Message(Arc::clone(&message))]), Ok(()));
        let conflict = ledger.commit(&[event(3), Write::Message(message)]);
        assert_eq!(conflict, Err(Conflict::Message(MessageId::trusted("m"))));
        assert_eq!(ledger.last_seq(), 2);
    }

    #[test]
    fn the_journal_as_text_has_a_line_an_announcement() {
        let mut ledger = Ledger::default();
        assert_eq!(ledger.commit(&[event(5)]), Ok(()));
        let text = journal_text(&ledger.journal);
        assert_eq!(text, "1 1.000000s rules.rejected account/5.0 - RulesRejected { errors: 1 }\n");
    }
}
