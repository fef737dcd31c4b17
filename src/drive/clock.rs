//! The drive's clock: the only file of it that reads the time or waits for it.
//!
//! It stands on tokio's clock, which tests pause; nothing else of the drive knows what time it is.

use std::time::Duration;

use tokio::time::Instant;

/// This moment.
#[expect(clippy::disallowed_methods, reason = "the drive has a clock of its own, and this is it")]
pub fn now() -> Instant {
    Instant::now()
}

/// How long the drive has been running.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: Instant,
}

impl Clock {
    /// Starts at zero.
    pub fn start() -> Self {
        Self { started: now() }
    }

    /// The time since the start.
    pub fn elapsed(self) -> Duration {
        self.started.elapsed()
    }

    /// How long after the start a moment is; zero before it.
    pub fn at(self, moment: Instant) -> Duration {
        moment.saturating_duration_since(self.started)
    }

    /// Waits until this much time has passed since the start.
    #[expect(
        clippy::disallowed_methods,
        reason = "the drive is a tool of its own and keeps no deadlines in the engine"
    )]
    pub async fn until(self, elapsed: Duration) {
        tokio::time::sleep_until(self.started + elapsed).await;
    }
}

/// Waits.
#[expect(
    clippy::disallowed_methods,
    reason = "the drive is a tool of its own and keeps no deadlines in the engine"
)]
pub async fn pause(span: Duration) {
    tokio::time::sleep(span).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_follows_the_clock_that_tests_pause() {
        let clock = Clock::start();
        clock.until(Duration::from_hours(1)).await;
        assert_eq!(clock.elapsed(), Duration::from_hours(1));
        pause(Duration::from_mins(1)).await;
        assert_eq!(clock.elapsed(), Duration::from_mins(61));
    }
}
