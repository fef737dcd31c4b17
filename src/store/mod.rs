//! The store: what must survive a crash. It speaks domain; one contract holds for every database behind it.
//!
//! Deliberately absent: decisions. A store neither routes nor closes; it makes changes durable in groups,
//! numbers the announcements, and reads back.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::domain::account::Account;
use crate::domain::channel::Channel;
use crate::domain::customer::Customer;
use crate::domain::dialog::Dialog;
use crate::domain::ids::{AccountId, ChatId, CustomerId, DialogId, ManagerId, MessageId};
use crate::domain::manager::{Attendance, Manager, ManagerWork};
use crate::domain::message::Message;
use crate::domain::stance::Seen;
use crate::domain::tally::{Day, DayTally};

mod cell;
pub mod change;
pub mod decision_json;
pub mod decision_read;
pub mod event_json;
mod gather;
mod list;
pub mod memory;
pub mod moment;
pub mod read;
mod records;
mod settle;
pub mod sqlite;
mod statement;
mod timeline;
pub mod words;

use change::{
    Change, Committed, Conflict, Delivery, Receipt, RulesRecord, ShadowRecord, TokenRecord, Webhook,
};
use read::{DialogFilter, DialogRow, EventFilter, Page, StoredEvent, TimelineEntry};

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached or written now: disk full, read-only, locked, connection lost. Worth trying again.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// What it holds cannot be understood: a damaged file, or a database of a newer version.
    #[error("the store holds what this version cannot read: {0}")]
    Corrupt(String),
}

/// A result of the store.
pub type StoreResult<T> = Result<T, StoreError>;

/// All that an account's actors need to start.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// All channels.
    pub channels: Vec<Channel>,
    /// All customers that were not merged into others.
    pub customers: Vec<Customer>,
    /// Ids of customers that were merged away, each with the record it leads to.
    pub merged: Vec<(CustomerId, CustomerId)>,
    /// All managers, the removed included.
    pub managers: Vec<(Manager, Option<Attendance>, ManagerWork)>,
    /// All dialogs that are not closed.
    pub open_dialogs: Vec<Dialog>,
    /// All chats that ever had a dialog, by id, each once.
    pub chats: Vec<ChatId>,
    /// Whom each round-robin target served last, by the desk's key.
    pub rotations: Vec<(String, ManagerId)>,
    /// The number of the newest stance; zero when there is none.
    pub newest_stance: u64,
    /// The newest sequence number; zero when there is none.
    pub last_seq: u64,
}

/// What a database must do. Implementations are cheap to share and safe to call from any thread;
/// only one caller may `commit` at a time.
pub trait Store: Send + Sync + 'static {
    /// Makes changes durable, in order, in one transaction as far as they do not conflict.
    ///
    /// Answers one result for each change. A change that conflicts (a version that moved on, an id that
    /// exists) leaves no trace, and neither does any later change of the same lineage in this call;
    /// the others are committed all the same. Sequence numbers are given to the events of committed
    /// changes only, in order and without gaps for each account.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when nothing at all was committed.
    fn commit<'a>(
        &'a self,
        changes: &'a [Change],
    ) -> BoxFuture<'a, StoreResult<Vec<Result<Committed, Conflict>>>>;

    /// All accounts.
    fn accounts(&self) -> BoxFuture<'_, StoreResult<Vec<Account>>>;

    /// What an account's actors need to start.
    fn snapshot<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, StoreResult<Snapshot>>;

    /// All channels of an account, by id.
    fn channels<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, StoreResult<Vec<Channel>>>;

    /// One dialog, open or closed.
    fn dialog<'a>(
        &'a self,
        account: &'a AccountId,
        id: &'a DialogId,
    ) -> BoxFuture<'a, StoreResult<Option<Dialog>>>;

    /// The dialog of a chat that was opened last.
    fn latest_in_chat<'a>(
        &'a self,
        account: &'a AccountId,
        chat: &'a ChatId,
    ) -> BoxFuture<'a, StoreResult<Option<Dialog>>>;

    /// One message.
    fn message<'a>(
        &'a self,
        account: &'a AccountId,
        id: &'a MessageId,
    ) -> BoxFuture<'a, StoreResult<Option<Message>>>;

    /// One customer; a merged id finds the record it was merged into.
    fn customer<'a>(
        &'a self,
        account: &'a AccountId,
        id: &'a CustomerId,
    ) -> BoxFuture<'a, StoreResult<Option<Customer>>>;

    /// Dialogs by filter, newest first.
    fn dialogs<'a>(
        &'a self,
        account: &'a AccountId,
        filter: &'a DialogFilter,
    ) -> BoxFuture<'a, StoreResult<Page<DialogRow>>>;

    /// Messages and events of one dialog in order of time.
    fn timeline<'a>(
        &'a self,
        account: &'a AccountId,
        dialog: &'a DialogId,
    ) -> BoxFuture<'a, StoreResult<Vec<TimelineEntry>>>;

    /// Events after a sequence number, in order, at most `limit`.
    fn events<'a>(
        &'a self,
        account: &'a AccountId,
        after: u64,
        limit: u32,
        filter: &'a EventFilter,
    ) -> BoxFuture<'a, StoreResult<Vec<StoredEvent>>>;

    /// How a manager stood at the decision of this number; `None`: the account did not have them.
    fn stance<'a>(
        &'a self,
        account: &'a AccountId,
        manager: &'a ManagerId,
        number: u64,
    ) -> BoxFuture<'a, StoreResult<Option<Seen>>>;

    /// What managers did on a day, by id; those who did nothing are missing.
    fn manager_days<'a>(
        &'a self,
        account: &'a AccountId,
        day: Day,
    ) -> BoxFuture<'a, StoreResult<Vec<(ManagerId, DayTally)>>>;

    /// The answer given to an earlier request with this key.
    fn receipt<'a>(
        &'a self,
        account: &'a AccountId,
        key: &'a str,
    ) -> BoxFuture<'a, StoreResult<Option<Receipt>>>;

    /// The account's webhooks.
    fn webhooks<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, StoreResult<Vec<Webhook>>>;

    /// The newest delivery attempts of a webhook, newest first.
    fn deliveries<'a>(
        &'a self,
        account: &'a AccountId,
        webhook: &'a str,
        limit: u32,
    ) -> BoxFuture<'a, StoreResult<Vec<Delivery>>>;

    /// The token with this hash, unless revoked.
    fn token<'a>(&'a self, hash: &'a [u8; 32]) -> BoxFuture<'a, StoreResult<Option<TokenRecord>>>;

    /// All tokens, the revoked included.
    fn tokens(&self) -> BoxFuture<'_, StoreResult<Vec<TokenRecord>>>;

    /// Adds a token, or changes the one with the same id (to revoke it).
    fn put_token<'a>(&'a self, token: &'a TokenRecord) -> BoxFuture<'a, StoreResult<()>>;

    /// The rule sets that were in force, newest first.
    fn rules_history<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, StoreResult<Vec<RulesRecord>>>;

    /// The newest word about a rule set that decides beside the live one; `None`: there never was one.
    fn shadow<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, StoreResult<Option<ShadowRecord>>>;

    /// Size of what is stored, in bytes, for metrics.
    fn size_bytes(&self) -> BoxFuture<'_, StoreResult<u64>>;
}

/// A store that any part of the shell can share.
pub type SharedStore = Arc<dyn Store>;
