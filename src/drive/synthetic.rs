//! Made-up traffic: the same for the same numbers, with no trace at hand.

use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::trace::{Row, Trace};
use crate::domain::time::Timestamp;

/// What to make up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Workload {
    /// How many dialogs.
    pub dialogs: u32,
    /// Arrivals a second, at random; zero: one after the other as fast as the server answers.
    pub rate: f64,
    /// The mean time of work, exponentially distributed when there is a rate.
    pub handle: Duration,
    /// Without a rate, each dialog ends when this many others came after it.
    pub open: u32,
    /// The seed of arrivals and times of work.
    pub seed: u64,
}

/// Makes it up.
pub fn synthetic(workload: &Workload) -> Trace {
    let mut chance = ChaCha8Rng::seed_from_u64(workload.seed);
    let mut arrival = Timestamp::default();
    let mut row = |number: u32| {
        let handle = if workload.rate > 0.0 {
            arrival = arrival + exponential(&mut chance, 1.0 / workload.rate);
            exponential(&mut chance, workload.handle.as_secs_f64())
        } else {
            arrival = Timestamp::from_secs(i64::from(number));
            Duration::from_secs(u64::from(workload.open))
        };
        Row { line: u64::from(number) + 1, arrival, handle: Some(handle), ..Row::default() }
    };
    Trace { rows: (0..workload.dialogs).map(&mut row).collect(), ..Trace::default() }
}

/// A random span with this mean, in seconds.
fn exponential(chance: &mut impl Rng, mean: f64) -> Duration {
    // From (0, 1]: the logarithm of zero would wait for ever.
    let uniform = ((chance.next_u64() >> 11) as f64 + 1.0) / (1_u64 << 53) as f64;
    Duration::try_from_secs_f64(-uniform.ln() * mean).unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workload(rate: f64) -> Workload {
        Workload { dialogs: 10_000, rate, handle: Duration::from_mins(3), open: 50, seed: 7 }
    }

    #[test]
    fn the_same_numbers_make_the_same_traffic() {
        assert_eq!(synthetic(&workload(5.0)).rows, synthetic(&workload(5.0)).rows);
        let other = Workload { seed: 8, ..workload(5.0) };
        assert_ne!(synthetic(&workload(5.0)).rows, synthetic(&other).rows);
    }

    #[test]
    fn rate_and_work_have_their_means() {
        let rows = synthetic(&workload(5.0)).rows;
        let span = rows[9_999].arrival.since(rows[0].arrival).as_secs_f64();
        assert!((span - 2_000.0).abs() < 100.0, "{span}");
        let work: f64 = rows.iter().filter_map(|row| row.handle).map(|handle| handle.as_secs_f64()).sum();
        assert!((work / 10_000.0 - 180.0).abs() < 9.0, "{work}");
    }

    #[test]
    fn without_a_rate_each_ends_after_as_many_others() {
        let rows = synthetic(&workload(0.0)).rows;
        assert_eq!(rows[60].arrival.since(rows[10].arrival), Duration::from_secs(50));
        assert_eq!(rows[10].handle, Some(Duration::from_secs(50)));
    }
}
