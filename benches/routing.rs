//! One decision (a request and the closure that gives its room back) beside a plain scan over all managers.
//!
//! The desk finds the manager, books the dialog and writes the full record of the decision; the scan only
//! finds and books. Managers are in three of ten groups each, four in five are present, loads are mixed.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use reparto::desk::{Desk, Order};
use reparto::domain::account::Account;
use reparto::domain::channel::{Channel, ChannelFeatures};
use reparto::domain::customer::Customer;
use reparto::domain::dialog::{AssignmentRequest, Standing};
use reparto::domain::ids::{AccountId, ChannelId, CustomerId, DialogId, ManagerId};
use reparto::domain::manager::{Absence, Availability};
use reparto::domain::routing::{Cause, Responsible, Step, Strategy};
use reparto::domain::time::Timestamp;
use reparto::domain::units::Units;

#[expect(dead_code, reason = "the tests use the rest")]
#[path = "../tests/it/desk_sketch.rs"]
mod desk_sketch;

use desk_sketch::{ONLINE, Sketch, dialog, group, person, to};

const GROUPS: [&str; 10] = ["g0", "g1", "g2", "g3", "g4", "g5", "g6", "g7", "g8", "g9"];
const ROUTED: usize = 3;
const CAPACITY: u32 = 10;
const SIZES: [usize; 4] = [10, 1_000, 10_000, 100_000];

/// A manager as the scan keeps them.
struct Plain {
    id: String,
    groups: Vec<usize>,
    is_present: bool,
    load: u32,
    last_assigned_at: i64,
}

fn people(size: usize) -> Vec<Plain> {
    let mut chance = ChaCha8Rng::seed_from_u64(7);
    let each = |n: usize| {
        let first = chance.random_range(0..GROUPS.len());
        Plain {
            id: format!("manager-{n:06}"),
            groups: [0, 3, 5].iter().map(|step| (first + step) % GROUPS.len()).collect(),
            is_present: chance.random_bool(0.8),
            load: chance.random_range(0..=CAPACITY),
            last_assigned_at: 0,
        }
    };
    (0..size).map(each).collect()
}

fn desk(people: &[Plain], pick: Strategy) -> Desk {
    let rules = Sketch { units: CAPACITY, ..Sketch::of(vec![Step { pick, ..to(group(GROUPS[ROUTED])) }]) };
    let mut desk = Desk::new(Account::new(AccountId::default_account()), rules.compile());
    let now = Timestamp::from_secs(0);
    desk.put_customer(Arc::new(Customer::new(CustomerId::trusted("c"))), now);
    desk.put_channel(Arc::new(Channel {
        id: ChannelId::trusted("telegram"),
        kind: "telegram".into(),
        name: "Telegram".to_owned(),
        site: None,
        features: ChannelFeatures::default(),
    }));
    for plain in people {
        let groups: Vec<&str> = plain.groups.iter().map(|group| GROUPS[*group]).collect();
        desk.put_manager(Arc::new(person(&plain.id, &groups)), now);
        let id = ManagerId::trusted(&plain.id);
        if plain.load > 0 {
            let (by, charge) = (Responsible::Manager(id.clone()), Units::whole(plain.load));
            let held = Standing::Held {
                by,
                charge,
                awaits_reply: false,
                answered: true,
                through: None,
                offered: None,
            };
            desk.stand(&DialogId::trusted(&format!("of-{}", plain.id)), held, now);
        }
        let absent = Availability::Absent(Absence::Offline, now);
        let availability = if plain.is_present { Availability::Available } else { absent };
        desk.set_availability(&id, availability, ONLINE, now);
    }
    desk
}

fn scan(people: &[Plain], pick: Strategy, last: &str) -> Option<usize> {
    let able = people
        .iter()
        .enumerate()
        .filter(|(_, plain)| plain.is_present && plain.load < CAPACITY && plain.groups.contains(&ROUTED));
    let best = if pick == Strategy::RoundRobin {
        able.min_by_key(|(_, plain)| (plain.id.as_str() <= last, plain.id.as_str()))
    } else {
        able.min_by_key(|(_, plain)| (plain.load, plain.last_assigned_at, plain.id.as_str()))
    };
    best.map(|(at, _)| at)
}

fn routing(criterion: &mut Criterion) {
    for pick in [Strategy::LeastLoaded, Strategy::RoundRobin] {
        let mut group = criterion.benchmark_group(format!("routing/{}", pick.word()));
        group.warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(3));
        for size in SIZES {
            let mut people = people(size);
            let mut desk = desk(&people, pick);
            let asking = Arc::new(dialog("d", "c", "telegram", Timestamp::from_secs(1)));
            let request = AssignmentRequest { cause: Cause::Opened, ticket: 1, avoid: None, only: None };
            let mut now = 1_000_000;
            group.bench_function(BenchmarkId::new("desk", size), |bencher| {
                bencher.iter(|| {
                    now += 1_000;
                    let at = Timestamp::from_micros(now);
                    black_box(desk.request(&asking, request.clone(), at));
                    black_box(desk.stand(&asking.id, Standing::Gone, at))
                });
            });
            let mut last = String::new();
            group.bench_function(BenchmarkId::new("scan", size), |bencher| {
                bencher.iter(|| {
                    now += 1_000;
                    let chosen = scan(&people, pick, &last);
                    if let Some(at) = chosen {
                        people[at].last_assigned_at = now;
                        last.clone_from(&people[at].id);
                    }
                    black_box(chosen)
                });
            });
        }
        group.finish();
    }
}

/// A closure that serves the first of many who wait, and a new dialog that waits in their stead.
fn release(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("routing/release");
    group.warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(3));
    for waiting in [10, 1_000, 100_000] {
        let mut desk = desk(&people(1_000), Strategy::LeastLoaded);
        let mut now = 1_000_000;
        let mut serial = 0_u64;
        let mut open = |desk: &mut Desk, now: i64| {
            serial += 1;
            let at = Timestamp::from_micros(now);
            let asking = Arc::new(dialog(&format!("d{serial}"), "c", "telegram", at));
            let request = AssignmentRequest { cause: Cause::Opened, ticket: 1, avoid: None, only: None };
            chosen(&desk.request(&asking, request, at))
        };
        let mut held = None;
        while desk.view().waiting == 0 {
            held = open(&mut desk, now).or(held);
        }
        for _ in 1..waiting {
            open(&mut desk, now);
        }
        group.bench_function(BenchmarkId::new("waiting", waiting), |bencher| {
            bencher.iter(|| {
                now += 1_000;
                let closed = held.take().expect("somebody is always served");
                let orders = desk.stand(&closed, Standing::Gone, Timestamp::from_micros(now));
                held = chosen(&orders);
                open(&mut desk, now)
            });
        });
    }
    group.finish();
}

/// The dialog that somebody got.
fn chosen(orders: &[Order]) -> Option<DialogId> {
    orders.iter().find_map(|order| match order {
        Order::Route { dialog, decision, .. } if decision.choice.is_some() => Some(dialog.clone()),
        Order::Route { .. }
        | Order::Move { .. }
        | Order::Stay { .. }
        | Order::Lapse { .. }
        | Order::Save { .. }
        | Order::Announce { .. } => None,
    })
}

/// What a shadow costs beside a live decision: one that agrees, and one that always gives it to somebody else.
#[expect(clippy::disallowed_methods, clippy::print_stdout, reason = "the ratio is measured and told here")]
fn shadow(criterion: &mut Criterion) {
    const ROUNDS: u32 = 20_000;
    for size in SIZES {
        let people = people(size);
        let own = Sketch { units: CAPACITY, ..Sketch::of(vec![to(group(GROUPS[ROUTED]))]) };
        let other = Sketch { units: CAPACITY, ..Sketch::of(vec![to(group(GROUPS[ROUTED + 1]))]) };
        let mut took = Vec::new();
        for (name, shadow) in [("alone", None), ("agrees", Some(&own)), ("differs", Some(&other))] {
            let mut desk = desk(&people, Strategy::LeastLoaded);
            desk.set_shadow(shadow.map(Sketch::compile), Timestamp::from_secs(1));
            let asking = Arc::new(dialog("d", "c", "telegram", Timestamp::from_secs(1)));
            let request = AssignmentRequest { cause: Cause::Opened, ticket: 1, avoid: None, only: None };
            let mut now = 1_000_000;
            let mut once = || {
                now += 1_000;
                let at = Timestamp::from_micros(now);
                black_box(desk.request(&asking, request.clone(), at));
                black_box(desk.stand(&asking.id, Standing::Gone, at))
            };
            criterion
                .bench_function(&format!("routing/shadow/{name}/{size}"), |bencher| bencher.iter(&mut once));
            let begun = Instant::now();
            (0..ROUNDS).for_each(|_| drop(once()));
            took.push(begun.elapsed().as_secs_f64() / f64::from(ROUNDS));
        }
        if let [alone, agrees, differs] = took[..] {
            let share = |with: f64| 100.0 * (with - alone) / alone;
            println!(
                "of a live decision ({:.2} us, {size} managers) a shadow takes {:.0} % when it agrees, {:.0} % when it differs",
                alone * 1e6,
                share(agrees),
                share(differs)
            );
        }
    }
}

criterion_group!(benches, routing, release, shadow);
criterion_main!(benches);
