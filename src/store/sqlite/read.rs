//! Reading: the queries, and rows that cannot be understood are named instead of guessed at.

use futures_util::TryStreamExt;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqliteRow};
use sqlx::{Arguments, AssertSqlSafe, Row, Sqlite, SqlitePool, ValueRef};

use super::failure::explain;
use crate::domain::ids::{AccountId, ChatId, CustomerId, ManagerId};
use crate::domain::tally::Day;
use crate::store::cell::{Cells, Record, Value};
use crate::store::list::{self, Query};
use crate::store::read::EventFilter;
use crate::store::records::customer::CustomerRecord;
use crate::store::records::dialog::DialogRecord;
use crate::store::records::event::EventRecord;
use crate::store::records::stance::{BLOCK, StanceRecord};
use crate::store::records::tally::TallyRecord;
use crate::store::{StoreError, StoreResult};

impl Cells for SqliteRow {
    fn is_null(&self, at: usize) -> bool {
        self.try_get_raw(at).is_ok_and(|value| value.is_null())
    }

    fn int(&self, at: usize) -> Result<i64, String> {
        self.try_get(at).map_err(|error| error.to_string())
    }

    fn text(&self, at: usize) -> Result<&str, String> {
        self.try_get(at).map_err(|error| error.to_string())
    }
}

/// Binds values in order.
pub(super) fn arguments(values: impl IntoIterator<Item = Value>) -> Result<SqliteArguments, StoreError> {
    let values = values.into_iter();
    let mut arguments = SqliteArguments::default();
    arguments.reserve(values.size_hint().0, 0);
    for value in values {
        let added = match value {
            Value::Null => arguments.add(None::<i64>),
            Value::Int(value) => arguments.add(value),
            Value::Text(value) => arguments.add(value),
        };
        added.map_err(|error| StoreError::Unavailable(error.to_string()))?;
    }
    Ok(arguments)
}

/// A connection that reads.
pub(super) async fn connection(readers: &SqlitePool) -> StoreResult<PoolConnection<Sqlite>> {
    readers.acquire().await.map_err(|error| explain(&error))
}

/// All rows of a query.
pub(super) async fn all<T>(
    connection: &mut SqliteConnection,
    query: Query,
    read: impl Fn(&SqliteRow) -> Result<T, String>,
) -> StoreResult<Vec<T>> {
    let Query { text, values } = query;
    let text: std::sync::Arc<str> = text.into();
    let query = sqlx::query_with(AssertSqlSafe(text.clone()), arguments(values)?);
    let mut rows = query.fetch(connection);
    let mut items = Vec::new();
    while let Some(row) = rows.try_next().await.map_err(|error| explain(&error))? {
        items.push(read(&row).map_err(|problem| name(&text, &row, &problem))?);
    }
    Ok(items)
}

/// The first row of a query, if it has one.
pub(super) async fn first<T>(
    connection: &mut SqliteConnection,
    query: Query,
    read: impl Fn(&SqliteRow) -> Result<T, String>,
) -> StoreResult<Option<T>> {
    Ok(all(connection, query.then(" LIMIT 1"), read).await?.into_iter().next())
}

/// Says which row is bad: its table and the first columns, which are its key.
fn name(text: &str, row: &SqliteRow, problem: &str) -> StoreError {
    let table = text.split(" FROM ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or("a table");
    let key = (0..2).map(|at| {
        let number = || row.int(at).map(|number| number.to_string());
        row.text(at).map(str::to_owned).or_else(|_| number()).unwrap_or_else(|_| "?".to_owned())
    });
    let key: Vec<_> = key.collect();
    StoreError::Corrupt(format!("row {} of {table}: {problem}", key.join("/")))
}

/// All columns of a record's table.
pub(super) fn select<R: Record>(table: &str) -> Query {
    Query::new(format!("SELECT {} FROM {table}", R::COLUMNS.join(", ")))
}

/// All columns of dialogs.
pub(super) fn dialogs() -> Query {
    Query::new(format!("SELECT {} FROM dialogs", DialogRecord::columns().join(", ")))
}

/// The dialog of a chat that was opened last.
pub(super) fn latest_in_chat(account: &AccountId, chat: &ChatId) -> Query {
    let query =
        dialogs().then(" WHERE account = ").bind(account.clone()).then(" AND chat = ").bind(chat.clone());
    query.then(" ORDER BY opened_at DESC, id DESC")
}

/// A customer, or the one whom they were merged into.
pub(super) fn customer(account: &AccountId, id: &CustomerId) -> Query {
    select::<CustomerRecord>("customers")
        .then(" WHERE account = ")
        .bind(account.clone())
        .then(" AND id = COALESCE((SELECT merged_into FROM customers WHERE account = ")
        .bind(account.clone())
        .then(" AND id = ")
        .bind(id.clone())
        .then("), ")
        .bind(id.clone())
        .then(")")
}

/// Events after a number.
pub(super) fn events(account: &AccountId, after: u64, limit: u32, filter: &EventFilter) -> Query {
    let query = select::<EventRecord>("events").then(" WHERE account = ").bind(account.clone());
    let query = list::events(query.then(" AND seq > ").bind(after), filter);
    query.then(" ORDER BY seq LIMIT ").bind(limit)
}

/// How a manager stood at the decision of a number, with the groups that were told last before it. The newest block
/// with any of their stances is looked through from its end; where they are all newer, the one before it.
pub(super) fn stance(account: &AccountId, manager: &ManagerId, number: u64) -> Query {
    let query = Query::new(format!(
        "SELECT {}, (SELECT places FROM stances AS p WHERE p.account = b.account AND p.manager = b.manager \
         AND p.number <= ",
        StanceRecord::scalars_of("s")
    ));
    let query = query.bind(number).then(" AND p.places IS NOT NULL ORDER BY p.number DESC LIMIT 1)");
    let query = query.then(
        " FROM stance_blocks AS b CROSS JOIN stances AS s ON s.account = b.account AND s.manager = b.manager \
         AND s.number BETWEEN b.block * ",
    );
    let query = query.bind(BLOCK).then(" AND min(b.block * ").bind(BLOCK).then(" + ").bind(BLOCK - 1);
    let query = query.then(", ").bind(number).then(") WHERE b.account = ").bind(account.clone());
    let query = query.then(" AND b.manager = ").bind(manager.clone());
    let query = query.then(" AND b.block <= ").bind(number / BLOCK);
    query.then(" ORDER BY b.block DESC, s.number DESC")
}

/// What managers did on a day.
pub(super) fn manager_days(account: &AccountId, day: Day) -> Query {
    let query = select::<TallyRecord>("manager_days").then(" WHERE account = ").bind(account.clone());
    query.then(" AND day = ").bind(day).then(" ORDER BY manager")
}
