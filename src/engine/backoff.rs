//! When to try a failed delivery again: a schedule as data, spread a little by chance that the caller brings.

use std::sync::Arc;
use std::time::Duration;

/// Waits before each new attempt. After the last one there are no more attempts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    waits: Arc<[Duration]>,
}

/// By how much a wait may differ from the schedule, up or down, in thousandths: enough that subscribers that
/// failed together are not called together again.
const SPREAD_MILLI: u64 = 100;

impl Schedule {
    /// A schedule with these waits.
    pub fn new(waits: impl Into<Arc<[Duration]>>) -> Self {
        Self { waits: waits.into() }
    }

    /// How long to wait after so many failed attempts in a row; `None`: the schedule is exhausted.
    ///
    /// `chance` is any number, evenly spread; equal numbers give equal waits. `retry_after` is what the
    /// subscriber asked for: it may lengthen the wait, up to the longest of the schedule, never shorten it.
    pub fn wait(&self, failures: u32, chance: u32, retry_after: Option<Duration>) -> Option<Duration> {
        let index = usize::try_from(failures).ok()?.checked_sub(1)?;
        let wait = spread(*self.waits.get(index)?, chance);
        let longest = self.waits.iter().max().copied().unwrap_or_default();
        let asked = retry_after.unwrap_or_default().min(longest);
        Some(wait.max(asked))
    }

    /// Attempts in all, the first one included.
    pub fn attempts(&self) -> u32 {
        u32::try_from(self.waits.len()).unwrap_or(u32::MAX).saturating_add(1)
    }
}

/// The wait times 0.9 to 1.1, in proportion to `chance`.
fn spread(wait: Duration, chance: u32) -> Duration {
    let micros = wait.as_micros();
    let width = micros * u128::from(2 * SPREAD_MILLI) / 1_000;
    let lowest = micros - micros * u128::from(SPREAD_MILLI) / 1_000;
    let share = (width * u128::from(chance)) >> u32::BITS;
    Duration::from_micros(u64::try_from(lowest + share).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn schedule() -> Schedule {
        Schedule::new([seconds(1), seconds(10), seconds(100)])
    }

    #[test]
    fn each_failure_takes_the_next_wait_until_there_is_none() {
        let middle = u32::MAX / 2 + 1;
        let waits: Vec<_> = (0..=4).map(|failures| schedule().wait(failures, middle, None)).collect();
        assert_eq!(waits, [None, Some(seconds(1)), Some(seconds(10)), Some(seconds(100)), None]);
        assert_eq!(schedule().attempts(), 4);
        assert_eq!(Schedule::new([]).wait(1, middle, None), None);
    }

    #[test]
    fn a_subscriber_may_ask_for_longer_but_not_for_shorter_or_for_ever() {
        let asked = |span| schedule().wait(1, 0, Some(span));
        assert_eq!(asked(seconds(60)), Some(seconds(60)));
        assert_eq!(asked(Duration::ZERO), Some(Duration::from_millis(900)));
        assert_eq!(asked(seconds(1_000_000)), Some(seconds(100)));
    }

    proptest! {
        #[test]
        fn chance_moves_a_wait_by_a_tenth_at_most(millis in 1_u64..40_000_000_000, chance: u32) {
            let wait = Duration::from_millis(millis);
            let got = Schedule::new([wait]).wait(1, chance, None).expect("there is one wait");
            prop_assert!(got >= wait * 9 / 10 && got <= wait * 11 / 10, "{got:?} for {wait:?}");
        }

        #[test]
        fn more_chance_is_never_a_shorter_wait(a: u32, b: u32) {
            let wait = |chance| schedule().wait(3, chance, None);
            prop_assert!(wait(a.min(b)) <= wait(a.max(b)));
        }
    }
}
