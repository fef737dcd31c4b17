//! Calls: the simulated desk beside what queueing theory says of it.

use std::collections::BTreeMap;
use std::time::Duration;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use reparto::domain::announcement::{Body, Subject};
use reparto::domain::ids::{ChannelId, CustomerId, DialogId, ManagerId};
use reparto::domain::routing::Responsible;
use reparto::domain::time::Timestamp;
use reparto::sim::day::{Plan, play};
use reparto::sim::workload::{Traffic, exponential};
use reparto::sim::world::World;

use crate::scenes::{self, START};

const MINUTE: Duration = Duration::from_mins(1);
const SERVERS: usize = 5;
/// Calls a minute, of one minute each.
const LOAD: f64 = 4.0;

fn traffic(minutes: u32) -> Traffic {
    Traffic {
        length: MINUTE * minutes,
        pause: MINUTE.div_f64(LOAD),
        handling: MINUTE,
        patience: None,
        customers: vec![CustomerId::trusted("c")],
        channels: vec![ChannelId::trusted("site")],
    }
}

fn played(plan: Plan) -> World {
    match play(plan) {
        Ok(world) => world,
        Err((_, violation)) => panic!("{violation}"),
    }
}

/// A call as the journal tells it.
#[derive(Clone, Debug)]
struct Call {
    opened_at: Timestamp,
    assigned_at: Timestamp,
    to: ManagerId,
}

impl Call {
    fn waited(&self) -> Duration {
        self.assigned_at.since(self.opened_at)
    }
}

fn calls(world: &World) -> BTreeMap<DialogId, Call> {
    let mut opened = BTreeMap::new();
    let mut calls = BTreeMap::new();
    for entry in world.journal() {
        let (announcement, Subject::Dialog(id)) = (&entry.announcement, &entry.announcement.subject) else {
            continue;
        };
        if let Body::DialogOpened { .. } = &announcement.body {
            opened.insert(id.clone(), announcement.at);
        }
        if let Body::DialogAssigned { to: Responsible::Manager(to), .. } = &announcement.body {
            let call = Call { opened_at: opened[id], assigned_at: announcement.at, to: to.clone() };
            assert!(calls.insert(id.clone(), call).is_none(), "{id} was assigned twice");
        }
    }
    calls
}

/// The Kiefer-Wolfowitz recursion: how long each waits who is served in order by whoever is free first.
struct Servers {
    free_at: Vec<i64>,
}

impl Servers {
    fn new(count: usize) -> Self {
        Self { free_at: vec![i64::MIN; count] }
    }

    /// In microseconds: how long whoever comes now waits.
    fn serve(&mut self, at: i64, handling: i64) -> i64 {
        let first = self.free_at.iter_mut().min().expect("there are servers");
        let begins = (*first).max(at);
        *first = begins + handling;
        begins - at
    }
}

/// Erlang's formula for the share of those who wait, with `load` calls under way in the mean.
fn erlang_c(servers: u32, load: f64) -> f64 {
    // Erlang B by its recursion, which loses no digits: B(0) = 1, B(n) = a B(n-1) / (n + a B(n-1)).
    let blocked = (1..=servers).fold(1.0, |blocked, n| load * blocked / (f64::from(n) + load * blocked));
    let busy = load / f64::from(servers);
    blocked / (1.0 - busy * (1.0 - blocked))
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).expect("a day")
}

/// Share of those who waited, and the mean wait in minutes.
fn summary(waits: impl Iterator<Item = i64>) -> (f64, f64) {
    let (mut count, mut waited, mut sum) = (0.0, 0.0, 0.0);
    for wait in waits {
        count += 1.0;
        waited += f64::from(u8::from(wait > 0));
        sum += wait as f64 / 60e6;
    }
    (waited / count, sum / count)
}

fn near(found: f64, expected: f64, tolerance: f64) -> bool {
    (found / expected - 1.0).abs() < tolerance
}

#[test]
fn erlangs_formula_and_the_recursion_agree() {
    let share = erlang_c(5, LOAD);
    assert!(near(share, 0.5541, 1e-3), "{share}");
    // The mean wait is the share of those who wait, by the spare servers: here just one.
    let mut chance = ChaCha8Rng::seed_from_u64(1);
    let mut servers = Servers::new(SERVERS);
    let mut at = 0;
    let waits = (0..1_000_000).map(|_| {
        at += micros(exponential(&mut chance, MINUTE.div_f64(LOAD)));
        servers.serve(at, micros(exponential(&mut chance, MINUTE)))
    });
    let (waited, mean) = summary(waits);
    assert!(near(waited, share, 0.02) && near(mean, share, 0.05), "{waited} waited, {mean} min");
}

#[test]
fn the_desk_serves_calls_as_theory_says() {
    let rules = scenes::rules("calls", include_str!("../fixtures/simulation/calls.toml"));
    let mut all = Vec::new();
    for seed in 0..6 {
        let plan = scenes::calls(seed, rules.clone(), SERVERS, false, &traffic(400));
        let arrivals = plan.arrivals.clone();
        let world = played(plan);
        let served = calls(&world);
        assert_eq!(served.len(), arrivals.len());
        let mut servers = Servers::new(SERVERS);
        for (number, arrival) in arrivals.iter().enumerate() {
            let at = (START + arrival.at).micros();
            let wait = servers.serve(at, micros(arrival.handling));
            let call = &served[&DialogId::trusted(&format!("d{number}"))];
            assert_eq!(micros(call.waited()), wait, "call {number} of seed {seed}: {call:?}");
            all.push(wait);
        }
        let figures = &world.watch().figures;
        assert_eq!(figures.time_to_assign.count(), arrivals.len());
    }
    let (waited, mean) = summary(all.iter().copied());
    let share = erlang_c(5, LOAD);
    assert!(near(waited, share, 0.15) && near(mean, share, 0.30), "{waited} waited, {mean} min, not {share}");
}

#[test]
fn turns_of_round_robin_differ_by_at_most_one() {
    let rules = scenes::rules("turns", include_str!("../fixtures/simulation/turns.toml"));
    let world = played(scenes::calls(3, rules, 7, false, &traffic(60)));
    let given: Vec<u64> = world.watch().figures.given.values().copied().collect();
    let (least, most) = (given.iter().min().expect("some"), given.iter().max().expect("some"));
    assert!(given.len() == 7 && *least > 10 && most - least <= 1, "{given:?}");
}

#[test]
fn a_class_overtakes_only_those_who_waited_little_longer() {
    let rules = scenes::rules("classes", include_str!("../fixtures/simulation/classes.toml"));
    let plan = scenes::calls(4, rules, SERVERS, true, &traffic(240));
    let is_vip = |number: usize| number.is_multiple_of(3);
    let count = plan.arrivals.len();
    let world = played(plan);
    let served = calls(&world);
    let call = |number: usize| &served[&DialogId::trusted(&format!("d{number}"))];
    let head_start = Duration::from_mins(5);
    let mut overtook = 0;
    for late in 0..count {
        for early in 0..late {
            let (one, other) = (call(early), call(late));
            // Whoever came later was served while the earlier one still waited.
            if other.assigned_at < one.assigned_at {
                let longer = other.opened_at.since(one.opened_at);
                assert!(
                    is_vip(late) && !is_vip(early) && longer <= head_start,
                    "d{late} overtook d{early} by {longer:?}"
                );
                overtook += 1;
            }
        }
    }
    assert!(overtook > 100, "only {overtook} were overtaken");
    // And nobody is forgotten for it: all were served by those who were there.
    let managers: std::collections::BTreeSet<_> = served.values().map(|call| &call.to).collect();
    assert_eq!((served.len(), managers.len()), (count, SERVERS));
}
