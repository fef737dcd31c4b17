//! How often the CRM is asked: a rate that holds in every second, and waits that grow after failures.

use std::collections::VecDeque;
use std::time::Duration;

use crate::domain::time::Timestamp;

const SECOND: Duration = Duration::from_secs(1);
/// The first wait after a failure.
const FIRST_WAIT: Duration = Duration::from_millis(100);
/// Waits double so often, and grow no more: 51.2 s.
const DOUBLINGS: u32 = 9;

/// Hands out moments at which to ask, no more than so many in any second.
#[derive(Clone, Debug)]
pub struct Pace {
    per_second: usize,
    /// The latest moments handed out, ascending.
    taken: VecDeque<Timestamp>,
    /// Nothing goes out before.
    not_before: Option<Timestamp>,
}

impl Pace {
    /// So many a second; at least one.
    pub fn new(per_second: u32) -> Self {
        let per_second = usize::try_from(per_second.max(1)).unwrap_or(usize::MAX);
        Self { per_second, taken: VecDeque::new(), not_before: None }
    }

    /// The next moment that is free, now or later. It counts as used.
    pub fn take(&mut self, now: Timestamp) -> Timestamp {
        let mut at = now.max(self.not_before.unwrap_or(now)).max(self.taken.back().copied().unwrap_or(now));
        if self.taken.len() >= self.per_second
            && let Some(earliest) = self.taken.pop_front()
        {
            at = at.max(earliest + SECOND);
        }
        self.taken.push_back(at);
        at
    }

    /// The CRM asked for silence.
    pub fn rest(&mut self, until: Timestamp) {
        self.not_before = Some(self.not_before.map_or(until, |before| before.max(until)));
    }
}

/// How long to wait after so many failures in a row: 100 ms, 200 ms, 400 ms … each cut by up to a half by chance, so
/// that many who failed together do not return together. At least what the CRM asked for.
pub fn wait(failures: u32, chance: u32, asked: Option<Duration>) -> Duration {
    let full = FIRST_WAIT * 2_u32.pow(failures.saturating_sub(1).min(DOUBLINGS));
    let cut = full.mul_f64(f64::from(chance) / f64::from(u32::MAX) / 2.0);
    full.saturating_sub(cut).max(asked.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_burst_goes_at_once_and_the_rest_waits() {
        let mut pace = Pace::new(2);
        let at: Vec<_> = (0..5).map(|_| pace.take(Timestamp::from_secs(10)).micros()).collect();
        assert_eq!(at, [10_000_000, 10_000_000, 11_000_000, 11_000_000, 12_000_000]);
    }

    #[test]
    fn silence_that_was_asked_for_is_kept() {
        let mut pace = Pace::new(8);
        pace.rest(Timestamp::from_secs(5));
        pace.rest(Timestamp::from_secs(4));
        assert_eq!(pace.take(Timestamp::from_secs(1)), Timestamp::from_secs(5));
        assert_eq!(pace.take(Timestamp::from_secs(6)), Timestamp::from_secs(6));
    }

    #[test]
    fn waits_double() {
        let waits: Vec<_> = [0, 1, 2, 3, 10, 99].map(|n| wait(n, 0, None).as_millis()).into();
        assert_eq!(waits, [100, 100, 200, 400, 51_200, 51_200]);
        assert_eq!(wait(1, u32::MAX, None), Duration::from_millis(50));
        assert_eq!(wait(1, 7, Some(Duration::from_secs(9))), Duration::from_secs(9));
    }

    proptest! {
        /// Whoever asks whenever: no second has more than the rate, and nobody waits without need.
        #[test]
        fn the_rate_is_never_exceeded(
            rate in 1_u32..12,
            gaps in proptest::collection::vec(0_u64..700_000, 1..120),
        ) {
            let mut pace = Pace::new(rate);
            let mut now = Timestamp::from_secs(0);
            let mut out: Vec<Timestamp> = Vec::new();
            for gap in gaps {
                now = now + Duration::from_micros(gap);
                let at = pace.take(now);
                prop_assert!(at >= now);
                out.push(at);
            }
            for (first, one) in out.iter().enumerate() {
                let within = out[first..].iter().take_while(|other| other.since(*one) < SECOND).count();
                prop_assert!(within <= rate as usize, "{within} in a second at a rate of {rate}");
            }
        }
    }
}
