//! What is written: changes made of writes, each change whole or not at all.

use std::sync::Arc;

use crate::domain::account::Account;
use crate::domain::announcement::Announcement;
use crate::domain::channel::Channel;
use crate::domain::customer::Customer;
use crate::domain::dialog::Dialog;
use crate::domain::ids::{AccountId, CustomerId, DialogId, ManagerId, MessageId, RulesVersion};
use crate::domain::manager::{Attendance, Manager, ManagerWork};
use crate::domain::message::{DeliveryStatus, Message};
use crate::domain::stance::StanceChange;
use crate::domain::tally::{Day, DayTally};
use crate::domain::time::Timestamp;

/// A set of writes that is durable as a whole or not at all.
#[derive(Clone, Debug)]
pub struct Change {
    /// The account that all writes belong to.
    pub account: AccountId,
    /// One life of the actor that wrote it: after a conflict, nothing that this life wrote on top of
    /// the conflicting state may be stored. Zero: writes that build on nothing.
    pub lineage: u64,
    /// The writes, in order.
    pub writes: Vec<Write>,
}

/// One write.
#[derive(Clone, Debug)]
pub enum Write {
    /// A dialog's new state. Version 1 is inserted and conflicts when the id exists; version n
    /// replaces version n - 1 and conflicts with anything else. Several versions of one dialog may
    /// follow each other in one group; only the last need be written.
    ///
    /// What a dialog was opened with (chat, channel, customer, kind, who started it, opening text, facts,
    /// time) is taken from version 1 and kept; only a merge of customers changes the customer.
    Dialog(Arc<Dialog>),
    /// A new message; conflicts when the id exists.
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
    /// An account's record.
    Account(Account),
    /// A channel's record.
    Channel(Arc<Channel>),
    /// A customer's record.
    Customer(Arc<Customer>),
    /// `from` is now `into`: dialogs are relinked, and the id leads to the other record. All dialogs
    /// of the group count, those written after it included.
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
    /// When a manager last worked. In one group only the last for each manager need be written.
    Work {
        /// The manager.
        manager: ManagerId,
        /// The figures.
        work: ManagerWork,
    },
    /// Whom a round-robin target served last. In one group only the last for each key need be written.
    Rotation {
        /// The desk's key of the target.
        key: Arc<str>,
        /// Who was served.
        last: ManagerId,
    },
    /// How a manager stands, for decisions from its number on. The same number of the same manager again
    /// replaces it.
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
    /// The answer given to a request that may be repeated. An existing one stays.
    Receipt(Receipt),
    /// A webhook's record, new or changed, its cursor included.
    Webhook(Webhook),
    /// A webhook is removed, its deliveries with it.
    WebhookRemoved(Arc<str>),
    /// How far a webhook's deliveries got.
    WebhookCursor {
        /// The webhook.
        webhook: Arc<str>,
        /// Everything up to this sequence number is acknowledged.
        acknowledged: u64,
    },
    /// One attempt to deliver. The newest thousand of each webhook are kept.
    Delivery(Delivery),
    /// A rule set came into force.
    Rules(RulesRecord),
    /// A rule set decides beside the live one from now on, or none does any more.
    Shadow(ShadowRecord),
}

/// A change is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The number of its first event; of the account's newest event when it had none.
    pub first_seq: u64,
    /// How many events it had.
    pub events: u32,
}

/// A change was not stored because it contradicts what is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// A dialog with this id exists, or moved on.
    Dialog(DialogId),
    /// A message with this id exists.
    Message(MessageId),
    /// An earlier change of the same lineage conflicted.
    Lineage,
}

/// The answer to a request, kept to be given again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The client's key.
    pub key: Arc<str>,
    /// Hash of the request, so that the same key with other content is noticed.
    pub fingerprint: [u8; 32],
    /// HTTP status of the answer.
    pub status: u16,
    /// Body of the answer.
    pub body: Arc<str>,
    /// When.
    pub at: Timestamp,
}

/// A subscriber that gets announcements by HTTP.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub id: Arc<str>,
    /// Where to send.
    pub url: String,
    /// Which events: names, or prefixes that end in `.*`; empty: all.
    pub events: Vec<String>,
    /// The secret for signatures; it must be kept in clear, since signing needs it.
    pub secret: Vec<u8>,
    /// Everything up to this number is acknowledged.
    pub acknowledged: u64,
    /// Deliveries are paused after repeated failure.
    pub paused: bool,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Webhook {
    /// What the address of a subscriber within this program begins with.
    pub const WITHIN: &str = "connector:";

    /// Whether it is a connector within this program, which reads its events itself: only its place is kept here.
    pub fn is_within(&self) -> bool {
        self.url.starts_with(Self::WITHIN)
    }
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhook")
            .field("id", &self.id)
            .field("url", &self.url)
            .field("events", &self.events)
            .field("acknowledged", &self.acknowledged)
            .field("paused", &self.paused)
            .finish_non_exhaustive()
    }
}

/// One attempt to deliver one event to a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The webhook.
    pub webhook: Arc<str>,
    /// The event.
    pub seq: u64,
    /// Which attempt, from one.
    pub attempt: u32,
    /// When.
    pub at: Timestamp,
    /// HTTP status of the answer; `None` when there was none.
    pub status: Option<u16>,
    /// What went wrong, if anything.
    pub error: Option<String>,
}

/// What a token permits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Everything of its account except rules and tokens.
    Backend,
    /// Everything of its account.
    Admin,
    /// Reads its account.
    Viewer,
    /// Reads `/metrics` only.
    Metrics,
    /// Everything of all accounts.
    Operator,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 5] = [Self::Backend, Self::Admin, Self::Viewer, Self::Metrics, Self::Operator];

    /// The word used in the API, on the command line and in the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::Backend => "backend",
            Self::Admin => "admin",
            Self::Viewer => "viewer",
            Self::Metrics => "metrics",
            Self::Operator => "operator",
        }
    }
}

/// A bearer token, of which only the hash is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRecord {
    /// Its id, for lists and revocation.
    pub id: Arc<str>,
    /// SHA-256 of the token.
    pub hash: [u8; 32],
    /// Its account; `None` for operators.
    pub account: Option<AccountId>,
    /// What it permits.
    pub role: Role,
    /// A name for people.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// A rule set that came into force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesRecord {
    /// Its content hash.
    pub version: RulesVersion,
    /// Its text: file name and content, for each file.
    pub sources: Vec<(String, String)>,
    /// When it came into force.
    pub at: Timestamp,
    /// Who brought it.
    pub by: String,
    /// How it came.
    pub via: RulesVia,
    /// What for, in the words of whoever brought it; may be empty.
    pub why: String,
}

impl RulesRecord {
    /// Whether the account has rules of its own, as opposed to those of the account `default`.
    pub fn is_own(&self) -> bool {
        self.via != RulesVia::Default
    }
}

/// A rule set that decides beside the live one and acts on nothing, or that none does any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShadowRecord {
    /// Its content hash; `None`: from then on there is none.
    pub version: Option<RulesVersion>,
    /// Its text: file name and content, for each file.
    pub sources: Vec<(String, String)>,
    /// Since when.
    pub at: Timestamp,
    /// Who brought it.
    pub by: String,
    /// What for, in the words of whoever brought it; may be empty.
    pub why: String,
}

/// How a rule set comes into force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RulesVia {
    /// Read from the account's files.
    File,
    /// Sent to the API, by a program or by `reparto rules apply`.
    Api,
    /// An earlier version, put in force again.
    Rollback,
    /// The account has no rules of its own and follows the account `default`.
    Default,
}

impl RulesVia {
    /// All ways.
    pub const ALL: [Self; 4] = [Self::File, Self::Api, Self::Rollback, Self::Default];

    /// The word used in the API and in the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Api => "api",
            Self::Rollback => "rollback",
            Self::Default => "default",
        }
    }
}
