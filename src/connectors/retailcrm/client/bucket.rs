//! How many requests may go out: so many a second, a few more at once, and none for a while when the gateway says so.

use std::time::Duration;

use crate::domain::time::Timestamp;

/// A bucket of requests. Whoever takes one is told how long to wait.
#[derive(Clone, Debug)]
pub struct Bucket {
    gap: Duration,
    burst: u32,
    /// When the bucket would be full again.
    full_at: Timestamp,
    closed_until: Timestamp,
}

impl Bucket {
    /// A full bucket.
    pub fn new(per_second: u32, burst: u32) -> Self {
        let never = Timestamp::from_micros(0);
        let gap = Duration::from_secs(1) / per_second.max(1);
        Self { gap, burst: burst.max(1), full_at: never, closed_until: never }
    }

    /// Takes one; it may go out after this wait.
    pub fn take(&mut self, now: Timestamp) -> Duration {
        let start = self.full_at.max(now);
        self.full_at = start + self.gap;
        let room = self.gap * (self.burst - 1);
        let by_rate = start.since(now).saturating_sub(room);
        by_rate.max(self.closed_until.since(now))
    }

    /// The gateway is too busy: nothing goes out for so long.
    pub fn close(&mut self, span: Duration, now: Timestamp) {
        self.closed_until = self.closed_until.max(now + span);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: Timestamp = Timestamp::from_secs(1_772_442_904);

    #[test]
    fn a_burst_goes_at_once_and_the_rest_in_turn() {
        let mut bucket = Bucket::new(10, 3);
        let waits: Vec<_> = (0..5).map(|_| bucket.take(START).as_millis()).collect();
        assert_eq!(waits, [0, 0, 0, 100, 200]);
        let later = START + Duration::from_secs(10);
        assert_eq!(bucket.take(later), Duration::ZERO);
    }

    #[test]
    fn it_stays_closed_as_long_as_it_was_told() {
        let mut bucket = Bucket::new(10, 3);
        bucket.close(Duration::from_secs(2), START);
        bucket.close(Duration::from_secs(1), START);
        assert_eq!(bucket.take(START), Duration::from_secs(2));
        assert_eq!(bucket.take(START + Duration::from_secs(2)), Duration::ZERO);
    }

    proptest! {
        #[test]
        fn no_second_has_more_than_it_should(gaps in prop::collection::vec(0_u64..300, 1..200)) {
            let (rate, burst) = (10_u32, 20_u32);
            let mut bucket = Bucket::new(rate, burst);
            let mut now = START;
            let mut sent = Vec::new();
            for gap in gaps {
                now = now + Duration::from_millis(gap);
                sent.push((now + bucket.take(now)).micros());
            }
            sent.sort_unstable();
            for (at, first) in sent.iter().enumerate() {
                let within = sent[at..].iter().take_while(|later| *later - first < 1_000_000).count();
                prop_assert!(within <= (rate + burst) as usize, "{within} in a second");
            }
        }
    }
}
