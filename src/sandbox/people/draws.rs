//! How long people take, and the shape of a day. Each figure names the published data it is from; none of the data
//! itself is here.

use std::time::Duration;

use rand::{Rng, RngExt};

/// Contacts in each hour of a weekday. From 07 h on: means of the "Anonymous Bank" call centre's log (Guedj and
/// Mandelbaum, Technion, 1999). The night is given there as nought to six; three stands for it.
const BY_HOUR: [u32; 24] =
    [3, 3, 3, 3, 3, 3, 3, 40, 91, 113, 127, 109, 99, 108, 112, 116, 117, 91, 77, 66, 57, 57, 51, 39];

/// Share of contacts from somebody who was here before. In the bank's log 62.5 % of those identified call more than
/// once, over three months; on one day it is less. The figure is ours.
pub(super) const SHARE_THAT_RETURNS: f64 = 0.25;
/// Share of conversations that a manager hands to a colleague: 20 of 238 in the chat of #stripe (Kummerfeld and
/// others 2019; Gouravajhala and others 2023).
pub(super) const SHARE_HANDED_ON: f64 = 20.0 / 238.0;
/// Share of answers before which a manager asks the bot why. Ours.
pub(super) const SHARE_THAT_ASKS_WHY: f64 = 0.005;
/// Share of customers who thank after the dialog was closed. Ours.
pub(super) const SHARE_THAT_THANKS_LATE: f64 = 0.02;
/// What a z of 95 in a hundred is.
const Z95: f64 = 1.645;

/// A time of day at which somebody makes contact.
pub(super) fn time_of_day(chance: &mut impl Rng) -> Duration {
    let mut left = chance.random_range(0..BY_HOUR.iter().sum::<u32>());
    let mut hour = 0;
    for (at, weight) in BY_HOUR.into_iter().enumerate() {
        if left < weight {
            hour = at as u64;
            break;
        }
        left -= weight;
    }
    Duration::from_hours(hour) + Duration::from_micros(chance.random_range(0..3_600_000_000))
}

fn exponential(chance: &mut impl Rng, mean: f64) -> Duration {
    let draw: f64 = chance.random_range(f64::EPSILON..1.0);
    Duration::from_secs_f64(-mean * draw.ln())
}

/// Draws with this median and this 95th percentile, most of them small and a few large.
fn long_tailed(chance: &mut impl Rng, median: f64, p95: f64) -> f64 {
    let (one, two): (f64, f64) = (chance.random_range(f64::EPSILON..1.0), chance.random());
    let normal = (-2.0 * one.ln()).sqrt() * (std::f64::consts::TAU * two).cos();
    median * (normal * (p95 / median).ln() / Z95).exp()
}

/// From a customer's message to a manager's answer: median 56 s, 95 % within 354 s (#stripe).
pub(super) fn answering(chance: &mut impl Rng) -> Duration {
    Duration::from_secs_f64(long_tailed(chance, 56.0, 354.0).clamp(4.0, 3600.0))
}

/// From a manager's message to the customer's: median 59 s, 95 % within 856 s (#stripe).
pub(super) fn replying(chance: &mut impl Rng) -> Duration {
    Duration::from_secs_f64(long_tailed(chance, 59.0, 856.0).clamp(4.0, 7200.0))
}

/// Between two messages of the same customer in a row: 23 s (#stripe).
pub(super) fn adding(chance: &mut impl Rng) -> Duration {
    exponential(chance, 23.0)
}

/// How many answers a conversation takes. Eight messages of both sides are the median, 37 the 95th percentile
/// (#stripe); of these about one in three is an answer.
pub(super) fn answers(chance: &mut impl Rng) -> u32 {
    let drawn = long_tailed(chance, 3.0, 12.0).round().clamp(1.0, 20.0);
    // At most twenty.
    (1..=20).find(|number| f64::from(*number) >= drawn).unwrap_or(20)
}

/// How long a customer waits before they ask again, and then before they give up. On the telephone patience is 369 s
/// (waiting time by abandonments, the bank's log); who writes is not tied to the line, so thrice that. The factor is ours.
pub(super) fn patience(chance: &mut impl Rng) -> Duration {
    exponential(chance, 3.0 * 369.0)
}

/// Until a manager closes a conversation that came to its end. Ours.
pub(super) fn closing(chance: &mut impl Rng) -> Duration {
    Duration::from_secs(chance.random_range(15..120))
}

/// Until a manager closes a conversation whose customer does not come back. Ours.
pub(super) fn giving_up_on_them(chance: &mut impl Rng) -> Duration {
    Duration::from_mins(chance.random_range(125..180))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn sorted(draw: fn(&mut ChaCha8Rng) -> Duration) -> Vec<u64> {
        let mut chance = ChaCha8Rng::seed_from_u64(7);
        let mut drawn: Vec<_> = (0..20_000).map(|_| draw(&mut chance).as_secs()).collect();
        drawn.sort_unstable();
        drawn
    }

    #[test]
    fn people_take_as_long_as_the_published_data_says() {
        let answers = sorted(answering);
        assert!((52..60).contains(&answers[10_000]), "median {}", answers[10_000]);
        assert!((330..380).contains(&answers[19_000]), "95 % {}", answers[19_000]);
        let replies = sorted(replying);
        assert!((55..63).contains(&replies[10_000]), "median {}", replies[10_000]);
        assert!((780..940).contains(&replies[19_000]), "95 % {}", replies[19_000]);
    }

    #[test]
    fn a_day_has_its_peak_in_the_morning_and_hardly_a_night() {
        let day = sorted(time_of_day);
        let in_hour = |hour: u64| day.iter().filter(|second| **second / 3600 == hour).count();
        assert!(in_hour(10) > in_hour(12) && in_hour(15) > in_hour(19));
        assert!(in_hour(3) < in_hour(10) / 20);
        assert!(day.last().is_some_and(|last| *last < 24 * 3600));
    }
}
