//! Limits, so that thousands of old dialogs do not close, nor held ones go on, in one second.

use std::time::Duration;

use crate::domain::time::Timestamp;

/// How much may be let through at once after a quiet time: as much as a second allows, at least one.
const BURST: Duration = Duration::from_secs(1);
/// The longest pause that a rate can ask for.
const LONGEST: f64 = 86_400.0;

/// Lets through so many a second, a second's worth at once.
///
/// It keeps only the moment at which an even stream would let the next one through.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limiter {
    pause: Duration,
    next_at: Timestamp,
}

impl Limiter {
    /// Takes over a rate; `None`, or one that is not positive: no limit.
    pub fn set_rate(&mut self, per_second: Option<f64>) {
        let rate = per_second.filter(|rate| *rate > 0.0);
        self.pause = rate.map_or(Duration::ZERO, |rate| Duration::from_secs_f64((1.0 / rate).min(LONGEST)));
    }

    /// From when on the next one may pass.
    pub fn ready_at(&self) -> Timestamp {
        self.next_at - BURST.saturating_sub(self.pause)
    }

    /// Lets one through, or says when to come again.
    ///
    /// # Errors
    /// The moment from which on the next one may pass, if nobody else comes before.
    pub fn permit(&mut self, now: Timestamp) -> Result<(), Timestamp> {
        let earliest = self.ready_at();
        if earliest > now {
            return Err(earliest);
        }
        self.next_at = self.next_at.max(now) + self.pause;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(limiter: &mut Limiter, from: i64, to: i64, step: usize) -> usize {
        (from..to).step_by(step).filter(|at| limiter.permit(Timestamp::from_micros(*at)).is_ok()).count()
    }

    #[test]
    fn lets_a_seconds_worth_through_at_once_and_then_the_rate() {
        let mut limiter = Limiter::default();
        limiter.set_rate(Some(10.0));
        let at = Timestamp::from_secs(100);
        assert_eq!((0..50).filter(|_| limiter.permit(at).is_ok()).count(), 10);
        assert_eq!(limiter.permit(at), Err(Timestamp::from_micros(100_100_000)));
        assert_eq!(passed(&mut limiter, 100_000_000, 105_000_000, 1_000), 49);
    }

    #[test]
    fn a_slow_rate_lets_one_through_at_a_time() {
        let mut limiter = Limiter::default();
        limiter.set_rate(Some(0.5));
        assert_eq!(passed(&mut limiter, 10_000_000, 20_000_000, 100_000), 5);
    }

    #[test]
    fn without_a_rate_nothing_is_held_back() {
        let mut limiter = Limiter::default();
        assert_eq!(passed(&mut limiter, 0, 1_000, 1), 1_000);
    }
}
