//! Events as rows.

use std::sync::Arc;

use crate::domain::ids::{AccountId, DialogId};
use crate::domain::time::Timestamp;
use crate::store::cell::{Cells, Record, record};
use crate::store::read::StoredEvent;

record! {
    /// An event; `data` is JSON text, written once and served as it is.
    EventRecord {
        account: AccountId,
        seq: u64,
        id: Arc<str>,
        name: Arc<str>,
        at: Timestamp,
        dialog: Option<DialogId>,
        cause: Option<Arc<str>>,
        data: Arc<str>,
    }
}

impl EventRecord {
    /// Takes an event apart.
    pub(crate) fn new(account: &AccountId, event: StoredEvent) -> Self {
        let StoredEvent { seq, id, name, at, dialog, cause, data } = event;
        Self { account: account.clone(), seq, id, name, at, dialog, cause, data }
    }

    /// Reads an event.
    pub(crate) fn event(cells: &impl Cells) -> Result<StoredEvent, String> {
        let Self { account: _, seq, id, name, at, dialog, cause, data } = Self::read(cells, 0)?;
        Ok(StoredEvent { seq, id, name, at, dialog, cause, data })
    }
}
