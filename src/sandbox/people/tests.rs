//! A day of simulated people, with a distributor as simple as can be.

use super::*;
use crate::sandbox::gateway::journal::By;
use crate::sandbox::gateway::records::Holder;
use crate::sandbox::gateway::rest::{self, Query};
use crate::sandbox::world::World;

const START: Timestamp = Timestamp::from_secs(1_772_409_600);

fn world(plan: Plan) -> World {
    let mut world = World::default();
    world.crm = Crm::new("key");
    world.gateway.add_bot("Router", "token", START);
    world.gateway.is_silent = true;
    world.move_in(plan, START);
    call(&mut world, "PATCH", "/my/info", r#"{"roles": ["distributor"]}"#, START);
    world
}

fn call(world: &mut World, method: &str, path: &str, body: &str, now: Timestamp) {
    let query = Query::default();
    let request = rest::Request { method, path, query, token: "token", body: body.as_bytes() };
    rest::answer(&mut world.gateway, &request, now);
    world.settle(now);
}

/// Gives what waits, or is held by somebody who left, to those who are there, in turn.
fn distribute(world: &mut World, turn: &mut usize, now: Timestamp) {
    let users: Vec<_> = world.gateway.users().values().collect();
    let there: Vec<Id> =
        users.iter().filter(|user| user.is_online && user.available).map(|user| user.id).collect();
    let is_gone = |holder: Holder| match holder {
        Holder::User(id) => world.gateway.users().get(&id).is_none_or(|user| !user.is_online),
        Holder::Bot(_) => false,
    };
    let open = world.gateway.dialogs().values().filter(|dialog| dialog.is_open());
    let due = open.filter(|dialog| dialog.responsible.is_none_or(|(holder, _)| is_gone(holder)));
    let due: Vec<Id> = due.map(|dialog| dialog.id).collect();
    for dialog in due {
        let Some(user) = there.get(*turn % there.len().max(1)) else { return };
        *turn += 1;
        let body = format!("{{\"user_id\": {user}}}");
        call(world, "PATCH", &format!("/dialogs/{dialog}/assign"), &body, now);
    }
}

/// Lives until nobody has anything to say any more, looking every so often.
fn live(plan: Plan, step: Duration) -> World {
    let mut world = world(plan);
    let (mut now, mut turn) = (START, 0);
    for _ in 0..100_000 {
        now = now + step;
        world.advance(now);
        world.gateway.take_frames();
        distribute(&mut world, &mut turn, now);
        if world.people.as_ref().is_some_and(People::are_done) {
            return world;
        }
    }
    panic!("a dialog is stuck: {:?}", world.books().totals());
}

fn small() -> Plan {
    Plan { managers: 12, dialogs: 200, ..Plan::default() }
}

fn few() -> Plan {
    Plan { dialogs: 60, ..small() }
}

#[test]
fn a_day_comes_to_its_end_and_nobody_is_forgotten() {
    let world = live(small(), Duration::from_secs(20));
    let totals = world.books().totals();
    assert_eq!((totals.opened, totals.unassigned, totals.never_held), (totals.closed, 0, 0));
    // Some write anew while their dialog is open; some thank when it is closed.
    assert!((185..215).contains(&totals.opened), "{totals:?}");
    let pages = world.books().pages().values();
    let by_hand = pages.clone().filter(|page| page.spans.iter().any(|span| span.by == By::Hand)).count();
    assert!((10..70).contains(&by_hand), "some are handed on: {by_hand}");
    let mut messages: Vec<_> = pages.map(|page| page.from_customer + page.to_customer).collect();
    messages.sort_unstable();
    let median = messages[messages.len() / 2];
    assert!((5..=11).contains(&median), "eight messages are the median of the data: {median}");
}

#[test]
fn the_same_seed_lives_the_same_day() {
    let [one, two] = [few(), few()].map(|plan| live(plan, Duration::from_mins(1)));
    assert!(one.books() == two.books(), "the same seed, the same day");
    let other = live(Plan { seed: 2, ..few() }, Duration::from_mins(1));
    assert!(one.books() != other.books(), "another seed, another day");
}

#[test]
fn people_hurry_when_they_are_told_to() {
    let plan = Plan { speed: 60.0, begins: Duration::from_hours(10), dialogs: 400, ..small() };
    let mut world = world(plan);
    let online = world.gateway.users().values().filter(|user| user.is_online).count();
    assert!(online >= 6, "by ten o'clock most of the day's shift is there: {online}");
    world.advance(START + Duration::from_mins(1));
    let people = world.people.as_ref().expect("they moved in");
    assert_eq!(people.time(START + Duration::from_mins(1)), Duration::from_hours(11));
    let opened = world.gateway.dialogs().len();
    assert!((20..50).contains(&opened), "an hour of a busy morning: {opened}");
    let last = world.gateway.messages().last_key_value().expect("somebody wrote").1;
    assert_eq!(last.created_at, START + Duration::from_mins(1), "stamps are the gateway's");
}

#[test]
fn a_bot_finds_those_who_are_on_record() {
    let world = live(few(), Duration::from_mins(1));
    let tied = world.crm.customers().values().filter(|customer| !customer.gateway_ids.is_empty()).count();
    assert!((15..50).contains(&tied), "three of five: {tied}");
}
