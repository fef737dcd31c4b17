//! Writing the log back into the file beside the writer, so that its own checkpoints find little left to do.
//!
//! Left to itself the writer stops every few thousand pages and copies them all, and everybody waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sqlx::Executor;
use sqlx::sqlite::SqliteConnection;
use tokio::runtime::Handle;
use tokio::sync::Mutex;

use crate::store::change::Change;

/// What a commit adds to the log, roughly in rows: it touches some pages however small it is.
const PER_COMMIT: usize = 20;
/// So many rows are some 1,000 to 3,000 pages, fewer than the writer's own checkpoint waits for.
const ROWS: usize = 5_000;

/// A connection that only writes the log back.
pub(super) struct Checkpointer {
    connection: Arc<Mutex<SqliteConnection>>,
    /// Rows in the log that were not yet asked to be written back.
    rows: AtomicUsize,
}

impl Checkpointer {
    pub(super) fn new(connection: SqliteConnection) -> Self {
        Self { connection: Arc::new(Mutex::new(connection)), rows: AtomicUsize::new(0) }
    }

    /// Counts what was committed, and starts to write the log back when it is worth it. Waits for nothing.
    pub(super) fn after(&self, changes: &[Change]) {
        let written = PER_COMMIT + changes.iter().map(|change| change.writes.len()).sum::<usize>();
        if self.rows.fetch_add(written, Ordering::Relaxed) + written < ROWS {
            return;
        }
        let (Ok(runtime), Ok(mut connection)) =
            (Handle::try_current(), Arc::clone(&self.connection).try_lock_owned())
        else {
            return;
        };
        self.rows.store(0, Ordering::Relaxed);
        runtime.spawn(async move {
            // Passive: it stands in nobody's way. If it fails, the writer's own checkpoint will do it.
            let _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").await;
        });
    }
}
