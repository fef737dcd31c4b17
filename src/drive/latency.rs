//! A histogram of spans: constant memory, an error below two per cent, cheap enough for each request.

use std::time::Duration;

/// Each power of two is cut into this many buckets.
const PARTS: u64 = 64;
const PART_BITS: u32 = PARTS.ilog2();

/// Counts of spans, by microseconds.
#[derive(Clone, Debug, Default)]
pub struct Histogram {
    counts: Vec<u64>,
    total: u64,
    sum: Duration,
    max: Duration,
}

/// The bucket of a value: exact below [`PARTS`], then `PARTS` a power of two.
fn bucket(micros: u64) -> usize {
    let index = if micros < PARTS {
        micros
    } else {
        let shift = micros.ilog2() - PART_BITS;
        u64::from(shift) * PARTS + (micros >> shift)
    };
    usize::try_from(index).unwrap_or(usize::MAX)
}

/// The greatest value of a bucket.
fn upper_edge(bucket: usize) -> u64 {
    let index = bucket as u64;
    if index < 2 * PARTS {
        return index;
    }
    let shift = index / PARTS - 1;
    ((index % PARTS + PARTS + 1) << shift) - 1
}

impl Histogram {
    /// Takes in one span.
    pub fn add(&mut self, span: Duration) {
        let at = bucket(u64::try_from(span.as_micros()).unwrap_or(u64::MAX));
        if self.counts.len() <= at {
            self.counts.resize(at + 1, 0);
        }
        self.counts[at] += 1;
        self.total += 1;
        self.sum += span;
        self.max = self.max.max(span);
    }

    /// Takes in all that another one has.
    pub fn merge(&mut self, other: &Self) {
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *mine += theirs;
        }
        self.total += other.total;
        self.sum += other.sum;
        self.max = self.max.max(other.max);
    }

    /// How many spans there are.
    pub fn count(&self) -> u64 {
        self.total
    }

    /// The greatest span, exact.
    pub fn max(&self) -> Duration {
        self.max
    }

    /// The mean, exact; zero when there is none.
    pub fn mean(&self) -> Duration {
        u32::try_from(self.total).ok().and_then(|total| self.sum.checked_div(total)).unwrap_or_else(|| {
            if self.total == 0 {
                Duration::ZERO
            } else {
                Duration::from_secs_f64(self.sum.as_secs_f64() / self.total as f64)
            }
        })
    }

    /// The span below or at which this share (in per mille) of all lies; zero when there is none.
    pub fn per_mille(&self, share: u64) -> Duration {
        let rank = (self.total * share).div_ceil(1_000).max(1);
        let mut seen = 0;
        for (at, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return Duration::from_micros(upper_edge(at)).min(self.max);
            }
        }
        Duration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn percentiles_of_a_thousand_steps() {
        let mut histogram = Histogram::default();
        for millis in 1..=1_000 {
            histogram.add(Duration::from_millis(millis));
        }
        let near = |got: Duration, want: u64| {
            let (got, want) = (got.as_secs_f64(), Duration::from_millis(want).as_secs_f64());
            assert!((got - want).abs() / want < 0.02, "{got} is not near {want}");
        };
        near(histogram.per_mille(500), 500);
        near(histogram.per_mille(990), 990);
        assert_eq!(histogram.per_mille(1_000), Duration::from_secs(1));
        assert_eq!(histogram.max(), Duration::from_secs(1));
        assert_eq!(histogram.mean(), Duration::from_micros(500_500));
    }

    #[test]
    fn an_empty_one_answers_zero() {
        let histogram = Histogram::default();
        assert_eq!((histogram.per_mille(990), histogram.mean()), (Duration::ZERO, Duration::ZERO));
    }

    proptest! {
            #[test]
            fn a_value_lies_within_its_bucket(micros in 0..u64::MAX / 4) {
                let at = bucket(micros);
                prop_assert!(micros <= upper_edge(at));
                prop_assert!(at == 0 || micros > upper_edge(at - 1));
            }

            #[test]
            fn merging_is_adding_all(left in prop::collection::vec(0..10_000_000_u64, 0..50), right in prop::collection::vec(0..10_000_000_u64, 0..50)) {
                let of = |values: &[u64]| {
                    let mut histogram = Histogram::default();
                    for micros in values {
     histogram.add(Duration::from_micros(*micros));
    }
                    histogram
                };
                let mut merged = of(&left);
                merged.merge(&of(&right));
                let whole = of(&[left, right].concat());
                prop_assert_eq!(merged.per_mille(500), whole.per_mille(500));
                prop_assert_eq!((merged.count(), merged.max()), (whole.count(), whole.max()));
            }
        }
}
