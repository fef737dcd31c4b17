//! When the server was away: what waited then did not wait through any fault of its choices.
//!
//! The drive knows by its own clock when nobody answered; events are stamped by the server's. The two are brought
//! together by the openings of dialogs: each was stamped before its answer was heard, so the latest reading of the
//! drive's zero on the server's clock is nearest to the truth, by the time that the quickest answer took.

use std::time::Duration;

use crate::domain::time::Timestamp;

/// When, by the drive's clock, the answer to a dialog's opening was heard.
pub type HeardAt = Box<dyn Fn(&str) -> Option<Duration>>;

/// The server's absences.
#[derive(Default)]
pub struct Outages {
    /// By the drive's clock, in order, apart from each other.
    spans: Vec<(Duration, Duration)>,
    heard_at: Option<HeardAt>,
    /// The drive's zero on the server's clock.
    zero: Option<Timestamp>,
}

impl Outages {
    /// From the absences that each connection saw.
    pub fn new(mut seen: Vec<(Duration, Duration)>, heard_at: HeardAt) -> Self {
        seen.sort_unstable();
        let mut spans: Vec<(Duration, Duration)> = Vec::new();
        for (start, end) in seen {
            match spans.last_mut() {
                Some((_, last)) if start <= *last => *last = end.max(*last),
                _ => spans.push((start, end)),
            }
        }
        Self { spans, heard_at: Some(heard_at), zero: None }
    }

    /// A dialog was opened at this moment of the server's clock.
    pub fn calibrate(&mut self, dialog: &str, at: Timestamp) {
        if self.spans.is_empty() {
            return;
        }
        let heard = self.heard_at.as_ref().and_then(|heard_at| heard_at(dialog));
        self.zero = self.zero.max(heard.map(|heard| at - heard));
    }

    /// How much of the time between two moments the server was away.
    pub fn within(&self, from: Timestamp, to: Timestamp) -> Duration {
        let Some(zero) = self.zero else {
            return Duration::ZERO;
        };
        let overlap =
            |(start, end): &(Duration, Duration)| (zero + *end).min(to).since((zero + *start).max(from));
        self.spans.iter().map(overlap).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_secs(seconds)
    }

    #[test]
    fn only_the_time_away_counts() {
        let s = Duration::from_secs;
        // Two connections saw the first absence, one the second.
        let seen = vec![(s(12), s(15)), (s(30), s(31)), (s(11), s(14))];
        let heard_at =
            |dialog: &str| dialog.strip_prefix('d').and_then(|n| n.parse().ok()).map(Duration::from_secs);
        let mut outages = Outages::new(seen, Box::new(heard_at));
        assert_eq!(outages.within(at(0), at(9_999)), s(0), "nothing is known of the server's clock");
        // Heard after 2, 5 and 20 seconds; the quickest answer took no time at all.
        for (dialog, stamp) in [("d2", 1_001), ("d5", 1_005), ("d20", 1_019), ("other", 5)] {
            outages.calibrate(dialog, at(stamp));
        }
        assert_eq!(outages.within(at(1_000), at(1_040)), s(5));
        assert_eq!(outages.within(at(1_013), at(1_014)), s(1));
        assert_eq!(outages.within(at(1_015), at(1_030)), s(0));
    }
}
