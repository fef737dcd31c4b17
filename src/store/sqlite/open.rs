//! Opening: the folder, the lock, the connections, the migrations.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, Executor, SqlSafeStr, SqlitePool};

use super::SqliteLimits;
use super::failure::explain;
use crate::store::{StoreError, StoreResult};

/// The migrations, in order, compiled in.
const MIGRATIONS: &[(&str, &str)] = &[
    ("first", include_str!("../../../migrations/0001_first.sql")),
    ("excluded managers", include_str!("../../../migrations/0002_excluded_managers.sql")),
    ("texts told", include_str!("../../../migrations/0003_texts_told.sql")),
    ("stances", include_str!("../../../migrations/0004_stances.sql")),
    ("rules live", include_str!("../../../migrations/0005_rules_live.sql")),
    ("places in groups", include_str!("../../../migrations/0006_places_in_groups.sql")),
    ("stances by number", include_str!("../../../migrations/0007_stances_by_number.sql")),
    ("manager days", include_str!("../../../migrations/0008_manager_days.sql")),
    ("shadow", include_str!("../../../migrations/0009_shadow.sql")),
    ("offers", include_str!("../../../migrations/0010_offers.sql")),
];

/// Readers beside the writer; each has a thread of its own.
const READERS: u32 = 4;
const PAGE_BYTES: u64 = 4_096;
/// The writer's cache, in KiB: the upper levels and hot leaves of all indexes. Not more, since at a commit after which
/// the trees were rebalanced SQLite looks through all of it (`sqlite3PcacheTruncate`).
const CACHE_KIB: u32 = 16 * 1_024;
/// Pages in the log before it is written back. More of them save writes, since pages that change often are
/// written back once; fewer of them make shorter pauses.
const CHECKPOINT_PAGES: u32 = 4_000;
/// More than all the texts that a loaded server uses.
const STATEMENTS: usize = 256;

/// What the planner should think of the tables: index, then rows, then rows for each longer prefix of its columns.
/// Left alone it takes an account for a dozen rows, since it has seen no other, and then prefers any order to
/// any search. Measuring instead would make plans depend on when one measured.
const STATISTICS: &[(&str, &str, &str)] = &[
    ("dialogs", "sqlite_autoindex_dialogs_1", "1000000 500000 1"),
    ("dialogs", "dialogs_newest", "1000000 500000 1 1"),
    ("dialogs", "dialogs_open", "20000 10000 1 1 1"),
    ("dialogs", "dialogs_chat", "1000000 500000 3 1"),
    ("dialogs", "dialogs_customer", "1000000 500000 3 1"),
    ("messages", "sqlite_autoindex_messages_1", "5000000 2500000 1"),
    ("messages", "messages_dialog", "5000000 2500000 5"),
    ("events", "sqlite_autoindex_events_1", "5000000 2500000 1"),
    ("events", "events_dialog", "5000000 2500000 5 1"),
    ("stances", "sqlite_autoindex_stances_1", "5000000 2500000 2 1"),
    ("stances", "stances_places", "5000 2500 2 1"),
    ("stance_blocks", "sqlite_autoindex_stance_blocks_1", "100000 50000 100 1"),
    ("manager_days", "sqlite_autoindex_manager_days_1", "100000 50000 300 1"),
    ("manager_days", "manager_days_of_day", "100000 50000 100"),
    ("customers", "sqlite_autoindex_customers_1", "500000 250000 1"),
    ("customers", "customers_merged", "10000 5000 2"),
];

/// A file of the same name with something after it.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Makes the folder and takes the lock, which lasts as long as the returned file is open.
pub(super) fn prepare(path: &Path) -> StoreResult<File> {
    let shown = path.display();
    if path.is_dir() {
        let text = format!("{shown} is a directory; name a file in it, such as {shown}/reparto.db");
        return Err(StoreError::Unavailable(text));
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|error| {
            let text = format!(
                "the folder {} cannot be made: {error}; name one that may be written",
                folder.display()
            );
            StoreError::Unavailable(text)
        })?;
    }
    let lock = beside(path, ".lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&lock).map_err(|error| {
        let text = format!(
            "the lock file {} cannot be made: {error}; let the server write its folder",
            lock.display()
        );
        StoreError::Unavailable(text)
    })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Unavailable(format!(
            "another server has {shown} open; stop it first, or give this one a data directory of its own"
        ))),
        Err(TryLockError::Error(error)) => Err(StoreError::Unavailable(format!(
            "the lock file {} cannot be locked: {error}",
            lock.display()
        ))),
    }
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .foreign_keys(false)
        .busy_timeout(Duration::from_secs(5))
        .statement_cache_capacity(STATEMENTS)
        .disable_statement_logging()
}

/// Opens the one connection that writes, and brings the tables up to date.
pub(super) async fn writer(path: &Path, limits: SqliteLimits) -> StoreResult<SqliteConnection> {
    let mut options = options(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("cache_size", format!("-{CACHE_KIB}"))
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES.to_string());
    if let Some(bytes) = limits.max_bytes {
        options = options.pragma("max_page_count", (bytes / PAGE_BYTES).max(1).to_string());
    }
    let mut connection = options.connect().await.map_err(|error| explain(&error))?;
    migrate(&mut connection).await.map_err(|error| match error {
        StoreError::Corrupt(text) => StoreError::Corrupt(format!("{}: {text}", path.display())),
        StoreError::Unavailable(text) => StoreError::Unavailable(format!("{}: {text}", path.display())),
    })?;
    tell_statistics(&mut connection).await.map_err(|error| explain(&error))?;
    Ok(connection)
}

/// Puts [`STATISTICS`] where the planner looks for them.
async fn tell_statistics(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    // Of this empty table there is nothing to measure, but the table of measurements is there afterwards.
    connection.execute("ANALYZE must_hold").await?;
    let mut transaction = connection.begin().await?;
    transaction.execute("DELETE FROM sqlite_stat1").await?;
    for (table, index, rows) in STATISTICS {
        let insert = sqlx::query("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)");
        transaction.execute(insert.bind(*table).bind(*index).bind(*rows)).await?;
    }
    transaction.commit().await?;
    // Nothing is measured here either: what was put in is read.
    connection.execute("ANALYZE sqlite_schema").await?;
    Ok(())
}

/// Opens the connection that writes the log back.
pub(super) async fn checkpointer(path: &Path) -> StoreResult<SqliteConnection> {
    let options = options(path).synchronous(SqliteSynchronous::Full);
    options.connect().await.map_err(|error| explain(&error))
}

/// Connections that only read; they are opened when they are needed.
pub(super) fn readers(path: &Path) -> SqlitePool {
    let options = options(path).read_only(true);
    let pool = SqlitePoolOptions::new().max_connections(READERS).idle_timeout(None).max_lifetime(None);
    // A connection of ours does not break while nobody looks.
    pool.test_before_acquire(false).acquire_timeout(Duration::from_secs(10)).connect_lazy_with(options)
}

/// The version that this program works with.
pub(super) fn wanted_version() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// The version of a file's tables; `None` when there is no file, or nothing in it. Changes nothing.
pub(super) async fn present_version(path: &Path) -> StoreResult<Option<i64>> {
    if !path.exists() {
        return Ok(None);
    }
    let mut connection = options(path).read_only(true).connect().await.map_err(|error| explain(&error))?;
    let known = "SELECT COUNT(*) FROM sqlite_master WHERE name = '_sqlx_migrations'";
    let known: i64 =
        sqlx::query_scalar(known).fetch_one(&mut connection).await.map_err(|error| explain(&error))?;
    if known == 0 {
        return Ok(None);
    }
    let newest = "SELECT MAX(version) FROM _sqlx_migrations";
    sqlx::query_scalar(newest).fetch_one(&mut connection).await.map_err(|error| explain(&error))
}

fn migrator() -> Migrator {
    let migration = |(at, (name, text)): (usize, &(&'static str, &'static str))| {
        let version = i64::try_from(at + 1).unwrap_or(i64::MAX);
        Migration::new(version, (*name).into(), MigrationType::Simple, text.into_sql_str(), false)
    };
    Migrator::with_migrations(MIGRATIONS.iter().enumerate().map(migration).collect())
}

async fn migrate(connection: &mut SqliteConnection) -> StoreResult<()> {
    let ours = MIGRATIONS.len();
    match migrator().run(&mut *connection).await {
        Ok(()) => Ok(()),
        Err(MigrateError::VersionMissing(_) | MigrateError::VersionTooNew(..)) => {
            let newest = "SELECT MAX(version) FROM _sqlx_migrations";
            let theirs: i64 =
                sqlx::query_scalar(newest).fetch_one(connection).await.map_err(|error| explain(&error))?;
            Err(StoreError::Corrupt(format!(
                "the database has tables of version {theirs}, and this program knows them up to version {ours}; \
                 start the newer program that wrote it, or restore a backup from before the upgrade"
            )))
        }
        Err(MigrateError::VersionMismatch(version)) => Err(StoreError::Corrupt(format!(
            "the database's tables of version {version} are not those that this program (version {ours}) makes; \
             start the program that wrote it"
        ))),
        Err(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) => Err(explain(&error)),
        Err(other) => Err(StoreError::Corrupt(format!("the tables cannot be brought up to date: {other}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_migrations_are_compiled_in() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
        let mut files: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let texts: Vec<_> = files.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
        assert_eq!(texts, MIGRATIONS.iter().map(|(_, text)| *text).collect::<Vec<_>>());
    }
}
