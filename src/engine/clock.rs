//! Where the time comes from: the one place that reads it, and the one place that sleeps until it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::domain::time::Timestamp;

/// Tells the time. Built once at the edge and passed in.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// The machine's clock, which never goes back: when the machine's does, this one stands still until it caught up.
#[derive(Debug, Default)]
pub struct SystemClock {
    latest: AtomicI64,
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everybody else is handed")]
    fn now(&self) -> Timestamp {
        let read = chrono::Utc::now().timestamp_micros();
        Timestamp::from_micros(self.latest.fetch_max(read, Ordering::Relaxed).max(read))
    }
}

/// A clock that follows the runtime's timers from a set instant on, so that a test which pauses
/// the runtime moves it.
#[derive(Debug)]
pub struct RuntimeClock {
    origin: Timestamp,
    started: tokio::time::Instant,
}

impl RuntimeClock {
    /// A clock that shows `origin` now.
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everybody else is handed")]
    pub fn starting_at(origin: Timestamp) -> Self {
        Self { origin, started: tokio::time::Instant::now() }
    }
}

impl Clock for RuntimeClock {
    fn now(&self) -> Timestamp {
        self.origin + self.started.elapsed()
    }
}

/// Sleeps for a while.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that sleeps; everybody else keeps deadlines as data"
)]
pub async fn pause(span: Duration) {
    tokio::time::sleep(span).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_clock_never_goes_back() {
        let clock = SystemClock::default();
        let future = clock.now() + Duration::from_mins(1);
        clock.latest.store(future.micros(), Ordering::Relaxed);
        assert_eq!(clock.now(), future);
    }
}
