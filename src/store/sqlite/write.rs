//! Writing: a group becomes durable by one text of many-row statements, and at most a few.
//!
//! Each text sent to SQLite's thread and back costs some 45 µs, a row in a long statement 3 to 5: so the whole
//! group goes in one text, from `BEGIN` to `COMMIT`. Texts come in a few sizes, with places left empty, so
//! that each is prepared once. What conflicts makes the text fail as a whole; then the culprits are looked up
//! and the rest is written again.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use futures_util::TryStreamExt;
use sqlx::sqlite::{SqliteArguments, SqliteConnection};
use sqlx::{AssertSqlSafe, Executor};

use super::failure::{explain, is_conflict};
use super::read::{all, arguments, first};
use super::recent::Recent;
use super::tables::{HOT, LARGEST, RARE, Rows, Table, hot, rare};
use crate::domain::ids::{AccountId, CustomerId, DialogId, MessageId};
use crate::store::cell::{Cell, Record, Value};
use crate::store::change::{Change, Committed, Conflict, TokenRecord, Write};
use crate::store::gather::{Gathered, Group, gather};
use crate::store::list::Query;
use crate::store::records::subscriber::TokenColumns;
use crate::store::settle::{Known, Nothing, settle};
use crate::store::statement::{Statement, Verb};
use crate::store::{StoreError, StoreResult};

/// The sizes of texts, in dialogs. A dialog is some 170 values, and an empty one must be bound like any other: so
/// there are enough sizes that a third at most of a large text is empty.
const SIZES: [usize; 10] = [1, 2, 4, 8, 12, 16, 24, 32, 48, LARGEST];

/// How many delivery attempts of a webhook are kept.
const DELIVERIES_KEPT: u64 = 1_000;

/// Which text: the list of tables, those of them that have rows, the size, and whether it is a transaction of its own.
type Shape = (bool, u16, usize, bool);

/// The one connection that writes.
pub(super) struct Writer {
    connection: SqliteConnection,
    /// The newest sequence number of each account.
    newest: BTreeMap<AccountId, u64>,
    /// A transaction was begun of which it is not known how it ended.
    in_doubt: bool,
    texts: HashMap<Shape, Arc<str>>,
    recent: Arc<Recent>,
}

/// Why a group was not written.
enum Failure {
    /// It contradicts what is stored.
    Conflict(sqlx::Error),
    /// The store is not available.
    Store(StoreError),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        if is_conflict(&error) { Self::Conflict(error) } else { Self::Store(explain(&error)) }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Writer {
    /// A writer that tells `recent` what it committed.
    pub(super) async fn new(connection: SqliteConnection, recent: Arc<Recent>) -> StoreResult<Self> {
        let (newest, texts) = (BTreeMap::new(), HashMap::new());
        let mut writer = Self { connection, newest, in_doubt: false, texts, recent };
        writer.load_newest().await?;
        Ok(writer)
    }

    async fn load_newest(&mut self) -> StoreResult<()> {
        let query = Query::new("SELECT account, MAX(seq) FROM events GROUP BY account");
        let newest =
            all(&mut self.connection, query, |row| Ok((AccountId::take(row, 0)?, u64::take(row, 1)?)))
                .await?;
        self.newest = newest.into_iter().collect();
        Ok(())
    }

    /// Ends what an abandoned call may have left behind.
    async fn recover(&mut self) -> StoreResult<()> {
        if self.in_doubt {
            self.recent.forget();
            self.roll_back().await;
            self.load_newest().await?;
            self.in_doubt = false;
        }
        Ok(())
    }

    async fn roll_back(&mut self) {
        // It fails when SQLite itself has rolled back, which is as well.
        let _ = self.run("ROLLBACK".into(), SqliteArguments::default()).await;
    }

    /// Makes changes durable as [`crate::store::Store::commit`] says.
    pub(super) async fn commit(
        &mut self,
        changes: &[Change],
    ) -> StoreResult<Vec<Result<Committed, Conflict>>> {
        self.recover().await?;
        let settled = settle(changes, &Nothing);
        if settled.iter().all(Result::is_ok) {
            match self.write(changes, settled).await {
                Ok(answers) => return Ok(answers),
                Err(Failure::Store(error)) => return Err(error),
                Err(Failure::Conflict(_)) => {}
            }
        }
        let stored = self.look_up(changes).await?;
        let settled = settle(changes, &stored);
        self.write(changes, settled).await.map_err(|failure| match failure {
            Failure::Store(error) => error,
            Failure::Conflict(error) => explain(&error),
        })
    }

    async fn write(
        &mut self,
        changes: &[Change],
        settled: Vec<Result<(), Conflict>>,
    ) -> Result<Vec<Result<Committed, Conflict>>, Failure> {
        let Gathered { mut group, answers, newest } =
            gather(changes, settled, |account| self.newest.get(account).copied().unwrap_or(0));
        let events: Vec<_> =
            group.events.iter().map(|(account, event)| ((*account).clone(), event.clone())).collect();
        self.in_doubt = true;
        let written = self.write_group(&mut group).await;
        if written.is_err() {
            self.roll_back().await;
        }
        self.in_doubt = false;
        written?;
        self.newest.extend(newest);
        self.recent.keep(events);
        Ok(answers)
    }

    async fn write_group(&mut self, group: &mut Group<'_>) -> Result<(), Failure> {
        let (hot, rare) = (hot(group), rare(group));
        let is_small = rounds(&HOT, &hot) <= 1;
        let is_plain = group.merges.is_empty() && rare.iter().all(|rows| rows.count == 0);
        if is_small && is_plain {
            return self.write_tables(true, hot, true).await;
        }
        self.run("BEGIN IMMEDIATE".into(), SqliteArguments::default()).await?;
        self.write_tables(true, hot, false).await?;
        self.write_tables(false, rare, false).await?;
        for (account, from, into) in &group.merges {
            self.merge(account, from, into).await?;
        }
        let webhooks: HashSet<_> =
            group.deliveries.iter().map(|(account, of)| (*account, &of.webhook)).collect();
        let mut webhooks: Vec<_> = webhooks.into_iter().collect();
        webhooks.sort();
        for (account, webhook) in webhooks {
            self.trim_deliveries(account, webhook).await?;
        }
        self.run("COMMIT".into(), SqliteArguments::default()).await?;
        Ok(())
    }

    /// Writes the rows of all tables, in as many rounds as they need.
    async fn write_tables(&mut self, is_hot: bool, rows: Vec<Rows>, is_whole: bool) -> Result<(), Failure> {
        let tables = if is_hot { &*HOT } else { &*RARE };
        let mut left: Vec<_> = rows.into_iter().map(|rows| (rows.values.into_iter(), rows.count)).collect();
        while left.iter().any(|(_, count)| *count > 0) {
            let needed =
                tables.iter().zip(&left).map(|(table, (_, count))| count.div_ceil(table.per_dialog)).max();
            let size = SIZES.into_iter().find(|size| Some(*size) >= needed).unwrap_or(LARGEST);
            let mut values = Vec::new();
            let mut mask = 0_u16;
            for (at, (table, (source, count))) in tables.iter().zip(&mut left).enumerate() {
                if *count == 0 {
                    continue;
                }
                mask |= 1 << at;
                let (places, width) = (size * table.per_dialog, table.statement.width());
                let taken = places.min(*count);
                values.extend(source.by_ref().take(taken * width));
                values.extend(std::iter::repeat_n(Value::Null, (places - taken) * width));
                if table.statement.is_checked() {
                    values.push(Value::Int(i64::try_from(taken).unwrap_or(i64::MAX)));
                }
                *count -= taken;
            }
            let text = self.text(tables, (is_hot, mask, size, is_whole));
            self.run(text, arguments(values)?).await?;
        }
        Ok(())
    }

    /// The text of a shape, made once.
    fn text(&mut self, tables: &[Table], shape: Shape) -> Arc<str> {
        let (_, mask, size, is_whole) = shape;
        let make = || {
            let chosen = tables.iter().enumerate().filter(|(at, _)| mask & (1 << at) != 0);
            let mut texts: Vec<_> =
                chosen.map(|(_, table)| table.statement.text(size * table.per_dialog)).collect();
            if is_whole {
                texts.insert(0, "BEGIN IMMEDIATE".to_owned());
                texts.push("COMMIT".to_owned());
            }
            texts.join("; ").into()
        };
        Arc::clone(self.texts.entry(shape).or_insert_with(make))
    }

    /// Runs a text of one or more statements.
    async fn run(&mut self, text: Arc<str>, arguments: SqliteArguments) -> Result<(), sqlx::Error> {
        let query = sqlx::query_with(AssertSqlSafe(text), arguments);
        let mut results = (&mut self.connection).fetch_many(query);
        while results.try_next().await?.is_some() {}
        Ok(())
    }

    async fn run_query(&mut self, query: Query) -> Result<(), Failure> {
        Ok(self.run(query.text.into(), arguments(query.values)?).await?)
    }

    /// Relinks the dialogs, and lets ids that led to the merged record lead to the other.
    async fn merge(
        &mut self,
        account: &AccountId,
        from: &CustomerId,
        into: &CustomerId,
    ) -> Result<(), Failure> {
        if from == into {
            return Ok(());
        }
        let relink = |text: &'static str, and: &'static str| {
            Query::new(text)
                .bind(into.clone())
                .then(" WHERE account = ")
                .bind(account.clone())
                .then(and)
                .bind(from.clone())
        };
        self.run_query(relink("UPDATE dialogs SET customer = ", " AND customer = ")).await?;
        self.run_query(relink("UPDATE customers SET merged_into = ", " AND merged_into = ")).await?;
        let survivor =
            Query::new("UPDATE customers SET merged_into = NULL WHERE account = ").bind(account.clone());
        self.run_query(survivor.then(" AND id = ").bind(into.clone())).await?;
        let gone = Query::new(
            "INSERT INTO customers \
             (known, vip, bad, orders_count, orders_total, average_order, account, id, merged_into) \
             VALUES (0, 0, 0, 0, 0, 0, ",
        );
        let gone = gone.bind(account.clone()).then(", ").bind(from.clone()).then(", ").bind(into.clone());
        self.run_query(
            gone.then(") ON CONFLICT (account, id) DO UPDATE SET merged_into = excluded.merged_into"),
        )
        .await
    }

    async fn trim_deliveries(&mut self, account: &AccountId, webhook: &Arc<str>) -> Result<(), Failure> {
        let query = Query::new("DELETE FROM deliveries WHERE account = ").bind(account.clone());
        let query = query.then(" AND webhook = ").bind(webhook.clone());
        let query =
            query.then(" AND n <= (SELECT MAX(n) FROM deliveries WHERE account = ").bind(account.clone());
        let query = query.then(" AND webhook = ").bind(webhook.clone()).then(") - ").bind(DELIVERIES_KEPT);
        self.run_query(query).await
    }

    /// What is stored of all that the changes might contradict.
    async fn look_up(&mut self, changes: &[Change]) -> StoreResult<Stored> {
        let mut stored = Stored::default();
        for change in changes {
            for write in &change.writes {
                if let Write::Dialog(dialog) = write {
                    let query = Query::new("SELECT version FROM dialogs WHERE account = ")
                        .bind(change.account.clone());
                    let query = query.then(" AND id = ").bind(dialog.id.clone());
                    let version = first(&mut self.connection, query, |row| u64::take(row, 0)).await?;
                    stored.versions.insert((change.account.clone(), dialog.id.clone()), version.unwrap_or(0));
                } else if let Write::Message(message) = write {
                    let query =
                        Query::new("SELECT 1 FROM messages WHERE account = ").bind(change.account.clone());
                    let query = query.then(" AND id = ").bind(message.id.clone());
                    if first(&mut self.connection, query, |_| Ok(())).await?.is_some() {
                        stored.messages.insert((change.account.clone(), message.id.clone()));
                    }
                }
            }
        }
        Ok(stored)
    }

    /// Adds or changes a token.
    pub(super) async fn put_token(&mut self, token: &TokenRecord) -> StoreResult<()> {
        self.recover().await?;
        let columns = TokenColumns::COLUMNS.to_vec();
        let text = Statement { table: "tokens", columns, verb: Verb::Insert }.text(1);
        // The account, the first column, may be null here.
        let text = text.replace(" WHERE column1 IS NOT NULL", " WHERE true");
        let text = format!(
            "{text} ON CONFLICT (id) DO UPDATE SET account = excluded.account, hash = excluded.hash, \
             role = excluded.role, name = excluded.name, created_at = excluded.created_at, \
             revoked_at = excluded.revoked_at"
        );
        let mut values = Vec::new();
        TokenColumns::new(token).write(&mut values);
        self.run(text.into(), arguments(values)?).await.map_err(|error| explain(&error))
    }

    /// Writes the log back into the file.
    pub(super) async fn close(&mut self) {
        // It is only tidiness: the log is read back at the next start.
        let _ = self.run("PRAGMA wal_checkpoint(TRUNCATE)".into(), SqliteArguments::default()).await;
    }
}

/// How many texts of the largest size the rows need.
fn rounds(tables: &[Table], rows: &[Rows]) -> usize {
    let of = |(table, rows): (&Table, &Rows)| rows.count.div_ceil(LARGEST * table.per_dialog);
    tables.iter().zip(rows).map(of).max().unwrap_or(0)
}

/// What is stored of some dialogs and messages.
#[derive(Default)]
struct Stored {
    versions: HashMap<(AccountId, DialogId), u64>,
    messages: HashSet<(AccountId, MessageId)>,
}

impl Known for Stored {
    fn version(&self, account: &AccountId, dialog: &DialogId) -> Option<u64> {
        self.versions.get(&(account.clone(), dialog.clone())).copied()
    }
    fn has_message(&self, account: &AccountId, message: &MessageId) -> Option<bool> {
        Some(self.messages.contains(&(account.clone(), message.clone())))
    }
}
