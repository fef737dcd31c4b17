//! The store on SQLite: one writer that commits groups, a few readers beside it, in one file.
//!
//! Write-ahead log with full synchronisation: what was committed survives a power cut. A lock file keeps a
//! second server away from the same data.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sqlx::SqlitePool;
use tokio::sync::Mutex;

use super::change::{
    Change, Committed, Conflict, Delivery, Receipt, RulesRecord, ShadowRecord, TokenRecord, Webhook,
};
use super::list::{self, Cursor, Query};
use super::read::{DialogFilter, DialogRow, EventFilter, Page, StoredEvent, TimelineEntry};
use super::records::account::{AccountRecord, ChannelRecord, RulesHistoryRecord, ShadowHistoryRecord};
use super::records::customer::CustomerRecord;
use super::records::dialog::DialogRecord;
use super::records::event::EventRecord;
use super::records::message::MessageRecord;
use super::records::stance::{StanceRecord, seen};
use super::records::subscriber::{DeliveryRecord, ReceiptRecord, TokenColumns, WebhookRecord};
use super::records::tally::TallyRecord;
use super::{Snapshot, Store, StoreError, StoreResult, timeline};
use crate::domain::account::Account;
use crate::domain::channel::Channel;
use crate::domain::customer::Customer;
use crate::domain::dialog::Dialog;
use crate::domain::ids::{AccountId, ChatId, CustomerId, DialogId, ManagerId, MessageId};
use crate::domain::message::Message;
use crate::domain::stance::Seen;
use crate::domain::tally::{Day, DayTally};
use checkpoint::Checkpointer;
use read::{all, first, select};
use recent::Recent;

mod checkpoint;
mod failure;
mod open;
#[cfg(test)]
mod plans;
mod read;
mod recent;
mod snapshot;
mod tables;
mod write;

use write::Writer;

/// A store in one file. Cheap to share; the last handle that goes closes it.
#[derive(Clone)]
pub struct SqliteStore {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    readers: SqlitePool,
    /// What this handle's writer committed last.
    recent: Arc<Recent>,
    /// `None`: it was opened for reading only.
    writing: Option<Writing>,
}

/// What it takes to write.
struct Writing {
    writer: Mutex<Writer>,
    checkpointer: Checkpointer,
    /// Held as long as the store is open.
    _lock: File,
}

/// How large a store may become.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct SqliteLimits {
    /// At most so many bytes, as if the disk were full beyond them; `None`: as the disk allows.
    pub max_bytes: Option<u64>,
}

impl SqliteStore {
    /// Opens the store in this file, making it and its folder if they are not there, and brings its tables up to date.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it cannot be opened or another server has it open;
    /// [`StoreError::Corrupt`] when it is damaged or of a newer version.
    pub async fn open(path: &Path) -> StoreResult<Self> {
        Self::open_within(path, SqliteLimits::default()).await
    }

    /// As [`SqliteStore::open`], within limits.
    ///
    /// # Errors
    /// As [`SqliteStore::open`].
    pub async fn open_within(path: &Path, limits: SqliteLimits) -> StoreResult<Self> {
        let lock = open::prepare(path)?;
        let connection = open::writer(path, limits).await?;
        let recent = Arc::<Recent>::default();
        let writer = Writer::new(connection, Arc::clone(&recent)).await?;
        let checkpointer = Checkpointer::new(open::checkpointer(path).await?);
        let writing = Writing { writer: Mutex::new(writer), checkpointer, _lock: lock };
        let readers = open::readers(path);
        let inner = Inner { path: path.to_owned(), readers, recent, writing: Some(writing) };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Opens the store in this file for reading only, beside a server that has it open or without one. Nothing is
    /// made, migrated or locked, and every write is refused.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when there is no such file, or its tables are of an earlier version;
    /// [`StoreError::Corrupt`] when it is damaged or of a newer version.
    pub async fn open_to_read(path: &Path) -> StoreResult<Self> {
        let (present, ours) = (open::present_version(path).await?, open::wanted_version());
        match present {
            None => return Err(StoreError::Unavailable("there is no database".to_owned())),
            Some(theirs) if theirs < ours => {
                let text = format!(
                    "its tables have version {theirs}, and this program reads version {ours}; \
                     `reparto migrate` brings them up to date"
                );
                return Err(StoreError::Unavailable(text));
            }
            Some(theirs) if theirs > ours => {
                let text = format!(
                    "its tables have version {theirs}, and this program knows them up to version {ours}; \
                     use the newer program that wrote it"
                );
                return Err(StoreError::Corrupt(text));
            }
            Some(_) => {}
        }
        let (readers, recent) = (open::readers(path), Arc::default());
        let inner = Inner { path: path.to_owned(), readers, recent, writing: None };
        Ok(Self { inner: Arc::new(inner) })
    }

    fn writing(&self) -> StoreResult<&Writing> {
        let refused = || StoreError::Unavailable("it was opened for reading only".to_owned());
        self.inner.writing.as_ref().ok_or_else(refused)
    }

    /// The version of the tables that this program works with.
    pub fn wanted_version() -> i64 {
        open::wanted_version()
    }

    /// The version of a file's tables; `None` when there is no file, or nothing in it. Changes nothing.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn present_version(path: &Path) -> StoreResult<Option<i64>> {
        open::present_version(path).await
    }

    /// Lets readers finish, writes the log back into the file and closes it. Without it nothing is lost either.
    pub async fn close(&self) {
        self.inner.readers.close().await;
        if let Some(writing) = &self.inner.writing {
            writing.writer.lock().await.close().await;
        }
    }

    async fn rows<T>(
        &self,
        query: Query,
        read: impl Fn(&sqlx::sqlite::SqliteRow) -> Result<T, String>,
    ) -> StoreResult<Vec<T>> {
        all(&mut *read::connection(&self.inner.readers).await?, query, read).await
    }

    async fn row<T>(
        &self,
        query: Query,
        read: impl Fn(&sqlx::sqlite::SqliteRow) -> Result<T, String>,
    ) -> StoreResult<Option<T>> {
        first(&mut *read::connection(&self.inner.readers).await?, query, read).await
    }

    async fn page(&self, account: &AccountId, filter: &DialogFilter) -> StoreResult<Page<DialogRow>> {
        let Some(query) = list::dialogs(account, filter) else {
            return Ok(Page { items: Vec::new(), next: None });
        };
        let name_at = DialogRecord::columns().len();
        let mut items = self
            .rows(query, |row| {
                let customer_name = super::cell::Cell::take(row, name_at)?;
                Ok(DialogRow { dialog: DialogRecord::read(row, 0)?, customer_name })
            })
            .await?;
        let limit = usize::try_from(filter.limit).unwrap_or(usize::MAX);
        let is_more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| is_more).map(|row| Cursor::at(&row.dialog).encode());
        Ok(Page { items, next })
    }

    async fn dialog_timeline(
        &self,
        account: &AccountId,
        dialog: &DialogId,
    ) -> StoreResult<Vec<TimelineEntry>> {
        let messages = select::<MessageRecord>("messages").then(" WHERE account = ").bind(account.clone());
        let messages = messages.then(" AND dialog = ").bind(dialog.clone()).then(" ORDER BY at, id");
        let events = select::<EventRecord>("events").then(" WHERE account = ").bind(account.clone());
        let events = events.then(" AND dialog = ").bind(dialog.clone()).then(" ORDER BY seq");
        let messages = self.rows(messages, MessageRecord::message).await?;
        Ok(timeline::merge(messages, self.rows(events, EventRecord::event).await?))
    }

    fn size(&self) -> StoreResult<u64> {
        let log = open::beside(&self.inner.path, "-wal");
        let size = |path: &Path| path.metadata().map(|data| data.len());
        let file = size(&self.inner.path).map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(file + size(&log).unwrap_or(0))
    }
}

/// The query for one row by account and id.
fn by_id(query: Query, account: &AccountId, id: impl super::cell::Cell) -> Query {
    query.then(" WHERE account = ").bind(account.clone()).then(" AND id = ").bind(id)
}

/// The query for all rows of an account.
fn of_account(query: Query, account: &AccountId) -> Query {
    query.then(" WHERE account = ").bind(account.clone())
}

impl Store for SqliteStore {
    fn commit<'a>(
        &'a self,
        changes: &'a [Change],
    ) -> BoxFuture<'a, StoreResult<Vec<Result<Committed, Conflict>>>> {
        async {
            let writing = self.writing()?;
            let answers = writing.writer.lock().await.commit(changes).await?;
            writing.checkpointer.after(changes);
            Ok(answers)
        }
        .boxed()
    }

    fn accounts(&self) -> BoxFuture<'_, StoreResult<Vec<Account>>> {
        self.rows(select::<AccountRecord>("accounts").then(" ORDER BY account"), AccountRecord::account)
            .boxed()
    }

    fn snapshot<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, StoreResult<Snapshot>> {
        snapshot::snapshot(&self.inner.readers, account).boxed()
    }

    fn channels<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, StoreResult<Vec<Channel>>> {
        let query = of_account(select::<ChannelRecord>("channels"), account).then(" ORDER BY id");
        self.rows(query, ChannelRecord::channel).boxed()
    }

    fn dialog<'a>(
        &'a self,
        account: &'a AccountId,
        id: &'a DialogId,
    ) -> BoxFuture<'a, StoreResult<Option<Dialog>>> {
        self.row(by_id(read::dialogs(), account, id.clone()), |row| DialogRecord::read(row, 0)).boxed()
    }

    fn latest_in_chat<'a>(
        &'a self,
        account: &'a AccountId,
        chat: &'a ChatId,
    ) -> BoxFuture<'a, StoreResult<Option<Dialog>>> {
        self.row(read::latest_in_chat(account, chat), |row| DialogRecord::read(row, 0)).boxed()
    }

    fn message<'a>(
        &'a self,
        account: &'a AccountId,
        id: &'a MessageId,
    ) -> BoxFuture<'a, StoreResult<Option<Message>>> {
        self.row(by_id(select::<MessageRecord>("messages"), account, id.clone()), MessageRecord::message)
            .boxed()
    }

    fn customer<'a>(
        &'a self,
        account: &'a AccountId,
        id: &'a CustomerId,
    ) -> BoxFuture<'a, StoreResult<Option<Customer>>> {
        self.row(read::customer(account, id), CustomerRecord::customer).boxed()
    }

    fn dialogs<'a>(
        &'a self,
        account: &'a AccountId,
        filter: &'a DialogFilter,
    ) -> BoxFuture<'a, StoreResult<Page<DialogRow>>> {
        self.page(account, filter).boxed()
    }

    fn timeline<'a>(
        &'a self,
        account: &'a AccountId,
        dialog: &'a DialogId,
    ) -> BoxFuture<'a, StoreResult<Vec<TimelineEntry>>> {
        self.dialog_timeline(account, dialog).boxed()
    }

    fn events<'a>(
        &'a self,
        account: &'a AccountId,
        after: u64,
        limit: u32,
        filter: &'a EventFilter,
    ) -> BoxFuture<'a, StoreResult<Vec<StoredEvent>>> {
        if let Some(recent) = self.inner.recent.after(account, after, limit, filter) {
            return std::future::ready(Ok(recent)).boxed();
        }
        self.rows(read::events(account, after, limit, filter), EventRecord::event).boxed()
    }

    fn stance<'a>(
        &'a self,
        account: &'a AccountId,
        manager: &'a ManagerId,
        number: u64,
    ) -> BoxFuture<'a, StoreResult<Option<Seen>>> {
        let query = read::stance(account, manager, number);
        async { Ok(self.row(query, StanceRecord::change).await?.map(seen)) }.boxed()
    }

    fn manager_days<'a>(
        &'a self,
        account: &'a AccountId,
        day: Day,
    ) -> BoxFuture<'a, StoreResult<Vec<(ManagerId, DayTally)>>> {
        self.rows(read::manager_days(account, day), TallyRecord::tally).boxed()
    }

    fn receipt<'a>(
        &'a self,
        account: &'a AccountId,
        key: &'a str,
    ) -> BoxFuture<'a, StoreResult<Option<Receipt>>> {
        let query = by_id(select::<ReceiptRecord>("receipts"), account, key.to_owned());
        self.row(query, ReceiptRecord::receipt).boxed()
    }

    fn webhooks<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, StoreResult<Vec<Webhook>>> {
        let query = of_account(select::<WebhookRecord>("webhooks"), account).then(" ORDER BY id");
        self.rows(query, WebhookRecord::webhook).boxed()
    }

    fn deliveries<'a>(
        &'a self,
        account: &'a AccountId,
        webhook: &'a str,
        limit: u32,
    ) -> BoxFuture<'a, StoreResult<Vec<Delivery>>> {
        let query = of_account(select::<DeliveryRecord>("deliveries"), account);
        let query = query.then(" AND webhook = ").bind(webhook.to_owned());
        self.rows(query.then(" ORDER BY n DESC LIMIT ").bind(limit), DeliveryRecord::delivery).boxed()
    }

    fn token<'a>(&'a self, hash: &'a [u8; 32]) -> BoxFuture<'a, StoreResult<Option<TokenRecord>>> {
        let query = select::<TokenColumns>("tokens").then(" WHERE revoked_at IS NULL AND hash = ");
        self.row(query.bind(super::cell::Hex(hash.to_vec())), TokenColumns::token).boxed()
    }

    fn tokens(&self) -> BoxFuture<'_, StoreResult<Vec<TokenRecord>>> {
        self.rows(select::<TokenColumns>("tokens").then(" ORDER BY created_at, id"), TokenColumns::token)
            .boxed()
    }

    fn put_token<'a>(&'a self, token: &'a TokenRecord) -> BoxFuture<'a, StoreResult<()>> {
        async { self.writing()?.writer.lock().await.put_token(token).await }.boxed()
    }

    fn rules_history<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, StoreResult<Vec<RulesRecord>>> {
        let query =
            of_account(select::<RulesHistoryRecord>("rules_history"), account).then(" ORDER BY n DESC");
        self.rows(query, RulesHistoryRecord::rules).boxed()
    }

    fn shadow<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, StoreResult<Option<ShadowRecord>>> {
        let query = of_account(select::<ShadowHistoryRecord>("shadow_history"), account);
        self.row(query.then(" ORDER BY n DESC"), ShadowHistoryRecord::shadow).boxed()
    }

    fn size_bytes(&self) -> BoxFuture<'_, StoreResult<u64>> {
        futures_util::future::ready(self.size()).boxed()
    }
}
