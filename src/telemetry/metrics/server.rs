//! What belongs to the server as a whole and to no account.

use metrics::Counter;

use super::catalogue::{ADMISSION_REFUSED, STORE_SIZE};

/// Counters of the server. Cheap to clone.
#[derive(Clone)]
pub struct ServerMeters {
    refused: Counter,
}

impl Default for ServerMeters {
    fn default() -> Self {
        Self::new()
    }
}

impl ServerMeters {
    /// Counters at zero, in the recorder in force.
    pub fn new() -> Self {
        Self { refused: ADMISSION_REFUSED.counter([]) }
    }

    /// A change was refused because too many are under way.
    pub fn admission_refused(&self) {
        self.refused.increment(1);
    }

    /// The size of the database now.
    pub fn store_size(&self, bytes: u64) {
        STORE_SIZE.gauge([]).set(bytes as f64);
    }
}
