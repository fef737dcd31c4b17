//! The snapshot that an account's actors start from, read as of one instant.

use std::collections::BTreeMap;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::failure::explain;
use super::read::{all, dialogs, first, select};
use crate::domain::ids::{AccountId, ChatId, ManagerId};
use crate::store::cell::{Cell, Record};
use crate::store::list::Query;
use crate::store::records::account::ChannelRecord;
use crate::store::records::customer::CustomerRecord;
use crate::store::records::dialog::DialogRecord;
use crate::store::records::manager::{AttendanceRecord, ManagerRecord, RotationRecord, WorkRecord};
use crate::store::{Snapshot, StoreResult};

/// Reads everything in one transaction.
pub(super) async fn snapshot(readers: &SqlitePool, account: &AccountId) -> StoreResult<Snapshot> {
    let mut transaction = readers.begin().await.map_err(|error| explain(&error))?;
    let snapshot = read(&mut transaction, account).await;
    transaction.rollback().await.map_err(|error| explain(&error))?;
    snapshot
}

/// All rows of a table that are the account's, in order.
fn of<R: Record>(table: &str, account: &AccountId, rest: &'static str) -> Query {
    select::<R>(table).then(" WHERE account = ").bind(account.clone()).then(rest)
}

async fn read(connection: &mut SqliteConnection, account: &AccountId) -> StoreResult<Snapshot> {
    let newest = Query::new("SELECT MAX(seq) FROM events WHERE account = ").bind(account.clone());
    let newest = first(connection, newest, |row| <Option<u64> as Cell>::take(row, 0)).await?;
    let newest_stance = Query::new("SELECT MAX(number) FROM stances WHERE account = ").bind(account.clone());
    let newest_stance = first(connection, newest_stance, |row| <Option<u64> as Cell>::take(row, 0)).await?;
    let channels = of::<ChannelRecord>("channels", account, " ORDER BY id");
    let customers = of::<CustomerRecord>("customers", account, " AND merged_into IS NULL ORDER BY id");
    let managers = of::<ManagerRecord>("managers", account, " ORDER BY id");
    let attendance = of::<AttendanceRecord>("attendance", account, "");
    let work = of::<WorkRecord>("work", account, "");
    let rotations = of::<RotationRecord>("rotations", account, " ORDER BY target");
    let mut present: BTreeMap<ManagerId, _> =
        all(connection, attendance, AttendanceRecord::attendance).await?.into_iter().collect();
    let mut worked: BTreeMap<ManagerId, _> =
        all(connection, work, WorkRecord::work).await?.into_iter().collect();
    let managers = all(connection, managers, ManagerRecord::manager).await?.into_iter().map(|manager| {
        let (attendance, work) = (present.remove(&manager.id), worked.remove(&manager.id));
        (manager, attendance, work.unwrap_or_default())
    });
    let managers = managers.collect();
    let rotation = |row: &SqliteRow| {
        let RotationRecord { account: _, target, last_served } = RotationRecord::read(row, 0)?;
        Ok((target.to_string(), last_served))
    };
    Ok(Snapshot {
        channels: all(connection, channels, ChannelRecord::channel).await?,
        customers: all(connection, customers, CustomerRecord::customer).await?,
        merged: all(connection, merged(account), |row| Ok((Cell::take(row, 0)?, Cell::take(row, 1)?)))
            .await?,
        managers,
        open_dialogs: all(connection, open_dialogs(account), |row| DialogRecord::read(row, 0)).await?,
        chats: all(connection, chats(account), |row| ChatId::take(row, 0)).await?,
        rotations: all(connection, rotations, rotation).await?,
        newest_stance: newest_stance.flatten().unwrap_or(0),
        last_seq: newest.flatten().unwrap_or(0),
    })
}

/// Ids of customers that were merged away, and where they lead to.
pub(super) fn merged(account: &AccountId) -> Query {
    let query = Query::new("SELECT id, merged_into FROM customers WHERE account = ").bind(account.clone());
    query.then(" AND merged_into IS NOT NULL ORDER BY id")
}

/// Dialogs that are not closed, the oldest first.
pub(super) fn open_dialogs(account: &AccountId) -> Query {
    let query = dialogs().then(" WHERE account = ").bind(account.clone());
    query.then(" AND state <> 'closed' ORDER BY opened_at, id")
}

/// The chats that ever had a dialog. From each to the next by the index: the dialogs themselves are many more.
pub(super) fn chats(account: &AccountId) -> Query {
    Query::new("WITH RECURSIVE chats (chat) AS (SELECT MIN(chat) FROM dialogs WHERE account = ")
        .bind(account.clone())
        .then(" UNION ALL SELECT (SELECT MIN(dialogs.chat) FROM dialogs WHERE dialogs.account = ")
        .bind(account.clone())
        .then(" AND dialogs.chat > chats.chat) FROM chats WHERE chats.chat IS NOT NULL)")
        .then(" SELECT chat FROM chats WHERE chat IS NOT NULL")
}
