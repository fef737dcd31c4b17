//! The days that the tests play.

use std::sync::Arc;
use std::time::Duration;

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use reparto::domain::account::Account;
use reparto::domain::ids::AccountId;
use reparto::domain::time::Timestamp;
use reparto::rules::ruleset::RuleSet;
use reparto::rules::{Source, compile};
use reparto::sim::day::Plan;
use reparto::sim::faults::{Faults, Sabotage};
use reparto::sim::workload::cast::{self, Cast};
use reparto::sim::workload::{Arrival, Habits, Traffic};

/// A Monday morning.
pub const START: Timestamp = Timestamp::from_secs(1_772_445_600);

pub fn rules(name: &str, text: &str) -> Arc<RuleSet> {
    let compiled = compile(&[Source::new(name, text)]);
    compiled.rules.unwrap_or_else(|| panic!("{name}: {:?}", compiled.diagnostics))
}

fn day(seed: u64, rules: Vec<Arc<RuleSet>>, cast: Cast, arrivals: Vec<Arrival>) -> Plan {
    Plan {
        seed,
        start: START,
        length: Duration::from_hours(1),
        overtime: Duration::from_hours(24),
        account: Account::new(AccountId::default_account()),
        rules,
        cast,
        habits: Habits::lively(),
        arrivals,
        faults: Faults::none(),
        sabotage: None,
        must_end: true,
    }
}

fn lively_rules() -> Vec<Arc<RuleSet>> {
    vec![
        rules("lively", include_str!("../fixtures/simulation/lively.toml")),
        rules("strict", include_str!("../fixtures/simulation/strict.toml")),
        rules("watching", include_str!("../fixtures/simulation/watching.toml")),
    ]
}

/// The same, where many customers are looked up when they come, and the rules wait a moment for that.
pub fn looked_up(seed: u64) -> Plan {
    let text = include_str!("../fixtures/simulation/lively.toml");
    let patient = text.replacen("when = 'customer.bad'", "facts_within = \"4s\"\nwhen = 'customer.bad'", 1);
    assert_ne!(text, patient);
    let mut plan = lively(seed);
    plan.habits.look_up = 0.4;
    plan.rules[0] = rules("patient", &patient);
    plan
}

/// An hour in which everything happens that people do, and much that goes wrong.
pub fn lively(seed: u64) -> Plan {
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let cast = Cast::small(chance.random_range(2..8), 12, &mut chance);
    let traffic = Traffic {
        length: Duration::from_hours(1),
        pause: Duration::from_secs(chance.random_range(40..200)),
        handling: Duration::from_mins(5),
        patience: chance.random_bool(0.5).then_some(Duration::from_mins(15)),
        customers: cast.customer_ids(),
        channels: cast.channel_ids(),
    };
    let faults = faults(&mut chance);
    let arrivals = traffic.draw(&mut chance);
    Plan { faults, ..day(seed, lively_rules(), cast, arrivals) }
}

/// Some of all that may go wrong; a day in twenty is spared.
fn faults(chance: &mut impl Rng) -> Faults {
    let mut faults = Faults::none();
    if chance.random_bool(0.6) {
        faults.crash = 0.001;
        faults.outage = Duration::from_mins(2);
    }
    if chance.random_bool(0.5) {
        faults.hurry = 0.02;
    }
    if chance.random_bool(0.7) {
        faults.step_takes = Duration::from_millis(2);
    }
    if chance.random_bool(0.5) {
        faults.lag = Duration::from_secs(20);
    }
    if chance.random_bool(0.3) {
        faults.clock_jump = 0.003;
        faults.jump = Duration::from_mins(30);
    }
    if chance.random_bool(0.6) {
        faults.repeat = 0.05;
    }
    faults
}

/// A quarter of an hour with a handful of customers.
pub fn short(seed: u64, faults: Faults) -> Plan {
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let cast = Cast::small(3, 5, &mut chance);
    let length = Duration::from_mins(15);
    let traffic = Traffic {
        length,
        pause: Duration::from_secs(90),
        handling: Duration::from_mins(2),
        patience: None,
        customers: cast.customer_ids(),
        channels: cast.channel_ids(),
    };
    let arrivals = traffic.draw(&mut chance);
    Plan { length, faults, ..day(seed, lively_rules(), cast, arrivals) }
}

/// An hour in which the shop opens twice, with all that goes wrong.
pub fn night(seed: u64) -> Plan {
    let plan = lively(seed);
    Plan { rules: vec![rules("night", include_str!("../fixtures/simulation/night.toml"))], ..plan }
}

/// A day with a defect built in.
pub fn with(plan: Plan, sabotage: Sabotage) -> Plan {
    Plan { sabotage: Some(sabotage), ..plan }
}

/// A day of calls by one rule set: each customer calls once, every third may be VIP.
pub fn calls(seed: u64, rules: Arc<RuleSet>, managers: usize, vips: bool, traffic: &Traffic) -> Plan {
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let mut arrivals = traffic.draw(&mut chance);
    let mut cast = Cast::small(managers, 0, &mut chance);
    for (number, arrival) in arrivals.iter_mut().enumerate() {
        let mut customer = cast::customer(number, managers, &mut chance);
        customer.vip = vips && number.is_multiple_of(3);
        arrival.customer = customer.id.clone();
        cast.customers.push(customer);
    }
    let plan = day(seed, vec![rules], cast, arrivals);
    Plan { habits: Habits::calls(), length: traffic.length, ..plan }
}
