//! What SQLite's errors mean for those who use the store.

use sqlx::Error;
use sqlx::error::ErrorKind;

use crate::store::StoreError;

/// A row's key exists, or a check did not hold: what is written contradicts what is stored.
pub(super) fn is_conflict(error: &Error) -> bool {
    error
        .as_database_error()
        .is_some_and(|error| matches!(error.kind(), ErrorKind::UniqueViolation | ErrorKind::NotNullViolation))
}

/// The error in the store's terms, with a sentence that says what to do.
pub(super) fn explain(error: &Error) -> StoreError {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    // The low byte of an extended result code is the primary one.
    let primary = code.and_then(|code| code.parse::<u32>().ok()).map(|code| code & 0xff);
    match primary {
        Some(8) => StoreError::Unavailable(format!(
            "the database file is read-only ({error}); let the server write it"
        )),
        Some(5 | 6) => StoreError::Unavailable(format!("another program has the database locked ({error})")),
        Some(10) => StoreError::Unavailable(format!("the disk cannot be read or written ({error})")),
        Some(13) => StoreError::Unavailable(format!(
            "the disk is full ({error}); make room, nothing that was acknowledged is lost"
        )),
        Some(14) => StoreError::Unavailable(format!(
            "the database file cannot be opened ({error}); check that it and its folder may be written"
        )),
        Some(1) => StoreError::Corrupt(format!("the tables are not those of this version ({error})")),
        Some(11 | 26) => StoreError::Corrupt(format!(
            "the file is damaged or no database ({error}); restore it from a backup"
        )),
        _ if matches!(error, Error::ColumnDecode { .. } | Error::Decode(_)) => {
            StoreError::Corrupt(error.to_string())
        }
        _ => StoreError::Unavailable(error.to_string()),
    }
}
