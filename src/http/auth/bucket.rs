//! A token bucket: how often one token may call.

use crate::domain::time::Timestamp;

/// How often a token may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Calls a second, over a longer time.
    pub per_second: u32,
    /// Calls at once after a pause.
    pub burst: u32,
}

/// What is left of one token's rate.
#[derive(Debug)]
pub struct Bucket {
    /// Calls left.
    left: f64,
    filled_at: Timestamp,
}

impl Bucket {
    /// A full bucket.
    pub fn new(rate: Rate, now: Timestamp) -> Self {
        Self { left: f64::from(rate.burst), filled_at: now }
    }

    /// Takes one call out.
    ///
    /// # Errors
    /// After how many seconds there will be one.
    pub fn take(&mut self, rate: Rate, now: Timestamp) -> Result<(), u32> {
        let gained = now.since(self.filled_at).as_secs_f64() * f64::from(rate.per_second);
        self.left = (self.left + gained).min(f64::from(rate.burst));
        self.filled_at = self.filled_at.max(now);
        if self.left >= 1.0 {
            self.left -= 1.0;
            return Ok(());
        }
        let seconds = (1.0 - self.left) / f64::from(rate.per_second.max(1));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and 1, rounded up"
        )]
        Err(seconds.ceil() as u32)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_and_then_the_rate() {
        let rate = Rate { per_second: 2, burst: 3 };
        let start = Timestamp::from_secs(0);
        let mut bucket = Bucket::new(rate, start);
        for _ in 0..3 {
            assert_eq!(bucket.take(rate, start), Ok(()));
        }
        assert_eq!(bucket.take(rate, start), Err(1));
        let later = start + Duration::from_millis(500);
        assert_eq!(bucket.take(rate, later), Ok(()));
        assert_eq!(bucket.take(rate, later), Err(1));
        // A long pause gives no more than the burst.
        let much_later = start + Duration::from_secs(1_000);
        let taken = (0..10).filter(|_| bucket.take(rate, much_later).is_ok());
        assert_eq!(taken.count(), 3);
    }
}
