//! A day of a shop with everything going wrong that can: at its end the gateway's own books and the engine's agree,
//! dialog by dialog.
//!
//! A small day by default. `REPARTO_DAY_DIALOGS=10000` is the day of a large account; give it `--release`.

use std::time::Duration;

use reparto::connectors::retailcrm::mirror::holder_of;
use reparto::connectors::retailcrm::session::Tempo;
use reparto::engine::clock::{Clock, SystemClock, pause};
use reparto::sandbox::faults::{Chances, Faults};
use reparto::sandbox::people::{People, Plan};
use reparto::sandbox::world::World;
use reparto::store::read::EventFilter;

use super::bench::{Bench, RULES, TEMPO, TOKEN, account};

/// How many dialogs a second of this test has at most, on a small machine without optimisation.
const A_SECOND: usize = 15;
/// Far longer than the settling takes; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_mins(2);
const LOOK: Duration = Duration::from_millis(50);

/// A number from the environment.
fn number(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// What the day and its faults are drawn from: the same day meets its faults at other moments each time, since they
/// are real sockets.
fn seed() -> u64 {
    u64::try_from(number("REPARTO_DAY_SEED", 7)).unwrap_or_default()
}

/// From so many dialogs on it is the day of a large account.
const MANY: usize = 5_000;

/// Each reading takes in all chats of the last two minutes: thousands on the day of a large account, which is lived in
/// a few. So it is read as often within such a day as within a small one, which is over in seconds.
fn tempo(dialogs: usize) -> Tempo {
    let routine = if dialogs < MANY { TEMPO.routine } else { Duration::from_secs(10) };
    Tempo { routine, ..TEMPO }
}

/// A world whose people live a day in as many seconds as it needs.
fn world(dialogs: usize) -> World {
    let now = SystemClock::default().now();
    let mut world = World::default();
    world.gateway.add_bot("Router", TOKEN, now);
    let seconds = dialogs / number("REPARTO_DAY_A_SECOND", A_SECOND).max(1);
    let lasts = f64::from(u32::try_from(seconds.max(8)).unwrap_or(u32::MAX));
    let managers = if dialogs < MANY { 12 } else { 60 };
    let plan =
        Plan { seed: seed(), dialogs, managers, channels: 6, speed: 86_400.0 / lasts, ..Plan::default() };
    world.move_in(plan, now);
    world.gateway.take_frames();
    world
}

#[actix::test]
async fn at_the_end_of_a_rough_day_both_sides_agree() {
    let dialogs = number("REPARTO_DAY_DIALOGS", 240);
    let bench = Bench::start_at(tempo(dialogs), world(dialogs), RULES).await;
    bench.until_live().await;
    let rough = Chances { requests: 0.03, frames: 0.05, crossings: 0.05, breaks_per_hour: 900.0 };
    bench.sandbox.with(|world, _| world.faults = Faults::new(rough, seed()));
    let are_done = || bench.sandbox.with(|world, _| world.people.as_ref().is_some_and(People::are_done));
    while !are_done() {
        pause(LOOK).await;
    }
    let met = bench.sandbox.with(|world, _| std::mem::take(&mut world.faults)).met().clone();
    let settling = async {
        while !bench.is_settled().await {
            pause(LOOK).await;
        }
    };
    let is_settled = tokio::time::timeout(PATIENCE, settling).await.is_ok();
    assert!(is_settled, "faults met: {met:?}; {:#?}", bench.disagreements().await);
    let totals = bench.sandbox.with(|world, _| world.books().totals());
    assert!(totals.opened >= dialogs / 2, "it was a day: {totals:?}");
    assert!(met.len() > 8, "it was a rough one: {met:?}");
    // What the engine tells of itself has no gaps, and no dialog has two beginnings or ends.
    let events = bench.engine.store().events(&account(), 0, u32::MAX, &EventFilter::default()).await;
    let events = events.expect("the store is well");
    assert!(events.iter().zip(1_u64..).all(|(event, seq)| event.seq == seq), "a gap");
    let of = |name: &str| events.iter().filter(|event| &*event.name == name).count();
    assert_eq!(of("dialog.opened"), totals.opened, "each dialog was opened once");
    assert_eq!(of("dialog.closed"), totals.closed, "each was closed once");
    let mut differ = Vec::new();
    for (dialog, there) in bench.closed_there() {
        let here = bench.here(dialog).await.expect("it is there");
        let here = here.last_responsible().and_then(holder_of);
        if here != there {
            let page = bench.sandbox.with(|world, _| world.books().pages().get(&dialog).cloned());
            differ.push(format!(
                "dialog {dialog}: closed with {there:?} there and {here:?} here; there: {page:?}"
            ));
        }
    }
    assert!(differ.is_empty(), "{totals:?}, faults met: {met:?}: {differ:#?}");
    eprintln!("a day: {totals:?}, faults met: {met:?}");
    bench.end().await;
}
