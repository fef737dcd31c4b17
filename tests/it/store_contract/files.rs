//! What can go wrong with a file: each has a sentence that says what to do, and nothing is lost.

use std::path::Path;

use reparto::domain::ids::DialogId;
use reparto::store::sqlite::{SqliteLimits, SqliteStore};
use reparto::store::{Store, StoreError};
use sqlx::{ConnectOptions, Executor};

use super::samples::{dialog, quarantined, write};
use super::{account, change, good};

async fn refusal(path: &Path) -> StoreError {
    match SqliteStore::open(path).await {
        Ok(_) => panic!("{} was opened", path.display()),
        Err(error) => error,
    }
}

#[track_caller]
fn is_unavailable(error: &StoreError, says: &str) {
    assert!(matches!(error, StoreError::Unavailable(text) if text.contains(says)), "{error}");
}

#[track_caller]
fn is_corrupt(error: &StoreError, says: &[&str]) {
    let StoreError::Corrupt(text) = error else { panic!("{error}") };
    for part in says {
        assert!(text.contains(part), "{text}");
    }
}

/// Runs SQL on a database that no server has open.
async fn meddle(path: &Path, sql: &'static str) {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let mut connection = options.connect().await.expect("a connection");
    connection.execute(sql).await.expect("a statement that works");
}

#[tokio::test]
async fn a_newer_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reparto.db");
    drop(SqliteStore::open(&path).await.unwrap());
    meddle(&path, "INSERT INTO _sqlx_migrations VALUES (9999, 'later', '2030-01-01', 1, x'00', 0)").await;
    let error = refusal(&path).await;
    let known = format!("up to version {};", SqliteStore::wanted_version());
    is_corrupt(&error, &["version 9999", &known, "start the newer program"]);
}

#[tokio::test]
async fn a_database_of_other_tables_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reparto.db");
    drop(SqliteStore::open(&path).await.unwrap());
    meddle(&path, "UPDATE _sqlx_migrations SET checksum = x'00' WHERE version = 1").await;
    is_corrupt(&refusal(&path).await, &["version 1", "start the program that wrote it"]);
}

#[tokio::test]
async fn what_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reparto.db");
    std::fs::write(&path, "Dear diary, today I was opened as a database. ".repeat(100)).unwrap();
    is_corrupt(&refusal(&path).await, &["damaged or no database"]);
}

#[tokio::test]
async fn a_second_server_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reparto.db");
    let first = SqliteStore::open(&path).await.unwrap();
    is_unavailable(&refusal(&path).await, "another server has");
    drop(first);
    SqliteStore::open(&path).await.unwrap();
}

#[tokio::test]
async fn a_directory_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    is_unavailable(&refusal(folder.path()).await, "is a directory; name a file in it");
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    is_unavailable(&refusal(&file.join("reparto.db")).await, "cannot be made");
    // Not even the administrator makes files there.
    if cfg!(target_os = "linux") {
        is_unavailable(&refusal(Path::new("/proc/reparto.db")).await, "cannot be made");
    }
}

#[tokio::test]
async fn a_read_only_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reparto.db");
    drop(SqliteStore::open(&path).await.unwrap());
    let mut permissions = std::fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&path, permissions).unwrap();
    // The administrator may write all the same: then there is nothing to refuse.
    if std::fs::OpenOptions::new().append(true).open(&path).is_err() {
        is_unavailable(&refusal(&path).await, "read-only");
    }
}

#[tokio::test]
async fn a_full_disk_stops_writing_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reparto.db");
    let limits = SqliteLimits { max_bytes: Some(400_000) };
    let store = SqliteStore::open_within(&path, limits).await.unwrap();
    let mut stored = Vec::new();
    let error = loop {
        let id = format!("d{}", stored.len());
        let mut large = dialog(&id, 1);
        large.opening_text = "x".repeat(9_000).into();
        match store.commit(&[change(0, vec![write(large), quarantined(&id, 1)])]).await {
            Ok(answers) => stored.push((id, answers[0].clone().expect("no conflict"))),
            Err(error) => break error,
        }
    };
    is_unavailable(&error, "the disk is full");
    assert!(!stored.is_empty());
    // What was acknowledged can be read, and small things still find room or are refused as a whole.
    for (id, _) in &stored {
        assert!(good(store.dialog(&account(), &DialogId::trusted(id)).await).is_some());
    }
    drop(store);
    let store = SqliteStore::open(&path).await.unwrap();
    let answers = good(store.commit(&[change(0, vec![quarantined("last", 1)])]).await);
    assert_eq!(answers[0].as_ref().map(|committed| committed.first_seq), Ok(stored.len() as u64 + 1));
}

#[tokio::test]
async fn a_row_that_cannot_be_understood_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reparto.db");
    let store = SqliteStore::open(&path).await.unwrap();
    good(store.commit(&[change(0, vec![write(dialog("d1", 1)), write(dialog("d2", 1))])]).await);
    drop(store);
    meddle(&path, "UPDATE dialogs SET state = 'sleeping' WHERE id = 'd2'").await;
    let store = SqliteStore::open(&path).await.unwrap();
    assert!(good(store.dialog(&account(), &DialogId::trusted("d1")).await).is_some());
    let error = store.dialog(&account(), &DialogId::trusted("d2")).await.unwrap_err();
    is_corrupt(&error, &["row default/d2 of dialogs", "state", "`sleeping`"]);
    is_corrupt(&store.snapshot(&account()).await.unwrap_err(), &["row default/d2 of dialogs"]);
}

#[tokio::test]
async fn an_abandoned_commit_is_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("reparto.db")).await.unwrap();
    for n in 0..20 {
        let id = format!("d{n}");
        let changes = [change(0, vec![write(dialog(&id, 1)), quarantined(&id, 1), quarantined(&id, 2)])];
        // Polled once and dropped, wherever it is then.
        let _ = futures_util::FutureExt::now_or_never(store.commit(&changes));
        let next = [change(0, vec![quarantined("x", n)])];
        let answers = good(store.commit(&next).await);
        let events =
            good(store.events(&account(), 0, 9_999, &reparto::store::read::EventFilter::default()).await);
        let numbers: Vec<_> = events.iter().map(|event| event.seq).collect();
        assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
        assert_eq!(answers[0].as_ref().map(|committed| committed.first_seq), Ok(numbers.len() as u64));
        let of_dialog = events.iter().filter(|event| event.dialog == Some(DialogId::trusted(&id))).count();
        let is_stored = good(store.dialog(&account(), &DialogId::trusted(&id)).await).is_some();
        assert_eq!(of_dialog, if is_stored { 2 } else { 0 });
    }
}

#[tokio::test]
async fn the_size_grows_with_what_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("reparto.db")).await.unwrap();
    let before = good(store.size_bytes().await);
    good(
        store
            .commit(
                &(0..500).map(|n| change(0, vec![write(dialog(&format!("d{n}"), 1))])).collect::<Vec<_>>(),
            )
            .await,
    );
    assert!(good(store.size_bytes().await) > before);
    store.close().await;
}
