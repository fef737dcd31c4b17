//! Locks of records that the connector and its companion both change a part of: each reads the whole, changes its part
//! and writes the whole, and one must not undo the other.

use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};

/// How many customers can be written at once.
const STRIPES: usize = 64;

/// The locks of one account; clones are the same locks.
#[derive(Clone, Debug)]
pub struct Writes {
    customers: Arc<[Arc<Mutex<()>>]>,
    managers: Arc<Mutex<()>>,
}

impl Default for Writes {
    fn default() -> Self {
        let customers = (0..STRIPES).map(|_| Arc::default()).collect();
        Self { customers, managers: Arc::default() }
    }
}

impl Writes {
    /// Until this is dropped nobody else changes the customer with this id in the gateway.
    pub async fn customer(&self, id: u64) -> OwnedMutexGuard<()> {
        let stripe = usize::try_from(id).unwrap_or_default() % STRIPES;
        let lock = self.customers.get(stripe).unwrap_or(&self.managers);
        Arc::clone(lock).lock_owned().await
    }

    /// Until this is dropped nobody else changes a manager.
    pub async fn managers(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.managers).lock_owned().await
    }
}
