//! The workload: who writes when, how long it takes to serve them, and how people behave while they are served.
//!
//! Arrivals come from a recorded trace (callers parse files) or are made up here: exponential pauses between
//! them, exponential handling times and patience. Everything else people do follows from what they hear.

pub mod cast;
pub mod habits;
mod meddling;
pub mod people;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rand::{Rng, RngExt};

use crate::domain::facts::FactValue;
use crate::domain::ids::{ChannelId, CustomerId};

pub use habits::Habits;
pub use people::People;

/// A customer writes.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrival {
    /// When, from the beginning of the day.
    pub at: Duration,
    /// Who.
    pub customer: CustomerId,
    /// Through which channel.
    pub channel: ChannelId,
    /// How long it takes to serve them, once somebody does.
    pub handling: Duration,
    /// How long they wait for somebody; `None`: forever.
    pub patience: Option<Duration>,
    /// Facts that rules may ask about.
    pub facts: BTreeMap<Arc<str>, FactValue>,
}

/// Draws an exponential time with this mean.
pub fn exponential(chance: &mut impl Rng, mean: Duration) -> Duration {
    // Above zero, so that its logarithm is finite; a day of pauses never sees the last bits.
    let uniform = 1.0 - chance.random::<f64>();
    Duration::from_secs_f64(mean.as_secs_f64() * -uniform.ln())
}

/// What made-up arrivals are drawn from.
#[derive(Clone, Debug, PartialEq)]
pub struct Traffic {
    /// How long customers come for.
    pub length: Duration,
    /// The mean pause between two of them.
    pub pause: Duration,
    /// The mean time it takes to serve one.
    pub handling: Duration,
    /// How long they wait, in the mean; `None`: forever.
    pub patience: Option<Duration>,
    /// Who comes, all equally often.
    pub customers: Vec<CustomerId>,
    /// Through what, all equally often.
    pub channels: Vec<ChannelId>,
}

impl Traffic {
    /// Draws a day. Without customers or channels nobody comes.
    pub fn draw(&self, chance: &mut impl Rng) -> Vec<Arrival> {
        let mut arrivals = Vec::new();
        let mut at = exponential(chance, self.pause);
        while at < self.length && !self.customers.is_empty() && !self.channels.is_empty() {
            arrivals.push(Arrival {
                at,
                customer: self.customers[chance.random_range(0..self.customers.len())].clone(),
                channel: self.channels[chance.random_range(0..self.channels.len())].clone(),
                handling: exponential(chance, self.handling),
                patience: self.patience.map(|mean| exponential(chance, mean)),
                facts: BTreeMap::new(),
            });
            at += exponential(chance, self.pause);
        }
        arrivals
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn draws_have_the_mean_they_should() {
        let mut chance = ChaCha8Rng::seed_from_u64(1);
        let mean = Duration::from_secs(10);
        let sum: Duration = (0..10_000).map(|_| exponential(&mut chance, mean)).sum();
        let drawn = sum.as_secs_f64() / 10_000.0;
        assert!((drawn - 10.0).abs() < 0.3, "{drawn}");
    }

    #[test]
    fn traffic_comes_in_order_and_ends_in_time() {
        let traffic = Traffic {
            length: Duration::from_hours(1),
            pause: Duration::from_secs(30),
            handling: Duration::from_mins(1),
            patience: None,
            customers: vec![CustomerId::trusted("c")],
            channels: vec![ChannelId::trusted("ch")],
        };
        let arrivals = traffic.draw(&mut ChaCha8Rng::seed_from_u64(2));
        assert!(arrivals.len() > 80 && arrivals.len() < 160, "{}", arrivals.len());
        assert!(arrivals.is_sorted_by_key(|arrival| arrival.at));
        assert!(arrivals.iter().all(|arrival| arrival.at < traffic.length));
    }
}
