//! Random histories of an account, and what the desk keeps through each of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use reparto::domain::account::DefaultAssignment;
use reparto::domain::agreement::Agreement;
use reparto::domain::closing::OfflineWhich;
use reparto::domain::customer::Customer;
use reparto::domain::dialog::DialogState;
use reparto::domain::ids::{CustomerId, GroupId, ManagerId};
use reparto::domain::manager::{Absence, Manager};
use reparto::domain::offer::Pass as HowPassed;
use reparto::domain::routing::{Cause, Responsible};
use reparto::domain::units::Units;
use reparto::rules::ruleset::BotMode;

use super::{ABSENCES, GROUPS, KINDS, PEOPLE, steps, weights};
use crate::desk_sketch::{Sketch, at, person};
use crate::desk_world::World;

/// What may happen in an account.
#[derive(Clone, Debug)]
enum Happening {
    Open {
        customer: u8,
        kind: &'static str,
    },
    Close(usize),
    Presence(&'static str, Option<Absence>),
    HandAssign(usize, &'static str),
    GiveBack(usize),
    MoveAway(usize),
    Writes(usize, bool),
    Enrol(&'static str, Vec<&'static str>, u32, bool, Option<&'static str>),
    Customer {
        customer: u8,
        owner: Option<&'static str>,
        vip: bool,
        excluded: Vec<&'static str>,
    },
    /// A customer is looked up in the CRM, or that has ended.
    LookUp {
        customer: u8,
        is_pending: bool,
    },
    Rules(Box<Sketch>),
    Pass(u64),
    /// Whoever a dialog is offered to accepts, or passes.
    Answer(usize, Option<HowPassed>),
    Deliver(usize),
}

fn sketches() -> impl Strategy<Value = Sketch> {
    let mode = prop_oneof![6 => Just(BotMode::Enforce), 1 => Just(BotMode::Shadow), 1 => Just(BotMode::Off)];
    let fallback = prop_oneof![
        Just(None),
        Just(Some(DefaultAssignment::Group(GroupId::trusted("blue")))),
        Just(Some(DefaultAssignment::Manager(ManagerId::trusted("vera")))),
    ];
    let groups = subsequence(&PEOPLE[..], 0..4).prop_shuffle();
    let which = select(&[OfflineWhich::Waiting, OfflineWhich::Unanswered][..]);
    let offline = proptest::option::of((Just(Duration::from_secs(15)), which));
    let exclude = (any::<bool>(), subsequence(&PEOPLE[..], 1..4), subsequence(&GROUPS[..], 0..2));
    let excludes = proptest::collection::vec(exclude, 0..3);
    let cap = (select(&GROUPS[..]), prop_oneof![1 => Just(0), 6 => 1_u32..5]);
    let caps = proptest::collection::btree_map(cap.0, cap.1, 0..3);
    let facts_within = proptest::option::of(1_u8..30);
    let deputies = proptest::bool::weighted(0.8);
    let rest = (offline, any::<bool>(), 2_u32..1_000, excludes, deputies, caps, facts_within);
    (steps(true), steps(true), mode, fallback, groups, 1_u32..4, rest).prop_map(
        |(
            for_vips,
            for_all,
            mode,
            fallback,
            red,
            units,
            (offline, has_red, version, excludes, deputies, caps, facts_within),
        )| {
            Sketch {
                version,
                mode,
                fallback,
                groups: if has_red { vec![("red", red)] } else { Vec::new() },
                units,
                weights: weights(),
                rules: vec![("vips", true, for_vips), ("all", false, for_all)],
                priorities: vec![(true, 120, 60), (false, 0, 60)],
                offline,
                excludes,
                deputies,
                caps: caps.into_iter().collect(),
                facts_within,
            }
        },
    )
}

fn happenings() -> impl Strategy<Value = Happening> {
    let dialog = || 0_usize..20;
    let person = || select(&PEOPLE[..]);
    prop_oneof![
        6 => (0_u8..6, select(&KINDS[..])).prop_map(|(customer, kind)| Happening::Open { customer, kind }),
        4 => dialog().prop_map(Happening::Close),
        3 => (person(), proptest::option::of(select(&ABSENCES[..]))).prop_map(|(id, why)| Happening::Presence(id, why)),
        1 => (dialog(), person()).prop_map(|(dialog, id)| Happening::HandAssign(dialog, id)),
        1 => dialog().prop_map(Happening::GiveBack),
        2 => dialog().prop_map(Happening::MoveAway),
        1 => (dialog(), any::<bool>()).prop_map(|(dialog, customer)| Happening::Writes(dialog, customer)),
        1 => (person(), subsequence(&GROUPS[..], 0..=3), 0_u32..4, proptest::bool::weighted(0.8), proptest::option::of(person()))
            .prop_map(|(id, groups, units, active, deputy)| Happening::Enrol(id, groups, units, active, deputy)),
        1 => (0_u8..6, proptest::option::of(person()), any::<bool>(), subsequence(&PEOPLE[..], 0..3))
            .prop_map(|(customer, owner, vip, excluded)| Happening::Customer { customer, owner, vip, excluded }),
        3 => (0_u8..6, any::<bool>()).prop_map(|(customer, is_pending)| Happening::LookUp { customer, is_pending }),
        1 => sketches().prop_map(|sketch| Happening::Rules(Box::new(sketch))),
        2 => (1_u64..90).prop_map(Happening::Pass),
        4 => (dialog(), proptest::option::of(select(&HowPassed::ALL[..])))
            .prop_map(|(dialog, how)| Happening::Answer(dialog, how)),
        8 => (0_usize..5).prop_map(Happening::Deliver),
    ]
}

fn happen(world: &mut World, happening: &Happening, opened: &mut u32) {
    let nth = |world: &World, n: usize| world.players.keys().nth(n % world.players.len().max(1)).cloned();
    match happening {
        Happening::Open { customer, kind } => {
            *opened += 1;
            world.begin(&format!("d{opened:03}"), &format!("c{customer}"), kind);
        }
        Happening::Close(n) => {
            if let Some(id) = nth(world, *n) {
                world.close(id.as_str());
            }
        }
        Happening::Presence(id, None) => world.present(id),
        Happening::Presence(id, Some(absence)) => world.absent(id, *absence),
        Happening::HandAssign(n, id) => {
            if let Some(dialog) = nth(world, *n) {
                world.hold(&dialog, id);
            }
        }
        Happening::GiveBack(n) | Happening::MoveAway(n) => {
            let Some(id) = nth(world, *n) else { return };
            let Some(player) = world.players.get_mut(&id) else { return };
            let DialogState::Assigned { to, moving, .. } = &mut player.dialog.state else { return };
            let holder = to.manager().cloned();
            if matches!(happening, Happening::GiveBack(_)) {
                world.become_of(&id, DialogState::Waiting { since: world.now, place: None });
                world.ask(&id, Cause::Returned, holder, None);
            } else if moving.is_none() {
                *moving = Some(Cause::NoReply);
                world.tell(&id);
                world.ask(&id, Cause::NoReply, holder, None);
            }
        }
        Happening::Writes(n, by_customer) => {
            let Some(id) = nth(world, *n) else { return };
            let now = world.now;
            let Some(player) = world.players.get_mut(&id) else { return };
            player.dialog.awaiting_reply_since = by_customer.then_some(now);
            player.dialog.first_reply_at = player.dialog.first_reply_at.or((!by_customer).then_some(now));
            world.tell(&id);
        }
        Happening::Enrol(id, groups, units, active, deputy) => {
            let capacity = (*units > 0).then(|| Units::whole(*units));
            let deputy = deputy.map(ManagerId::trusted);
            world.enrol(Manager { capacity, active: *active, deputy, ..person(id, groups) });
        }
        Happening::Customer { customer, owner, vip, excluded } => {
            let mut record = Customer::new(CustomerId::trusted(&format!("c{customer}")));
            record.owner = owner.map(ManagerId::trusted);
            record.vip = *vip;
            record.excluded_managers = excluded.iter().map(|id| ManagerId::trusted(id)).collect();
            let orders = world.desk.put_customer(Arc::new(record), world.now);
            world.take(orders);
        }
        Happening::LookUp { customer, is_pending } => look_up(world, *customer, *is_pending),
        Happening::Rules(sketch) => {
            let orders = world.desk.set_rules(sketch.compile(), false, world.now);
            world.take(orders);
        }
        Happening::Pass(seconds) => world.pass(*seconds),
        Happening::Answer(n, how) => {
            let Some(id) = nth(world, *n) else { return };
            match how {
                Some(how) => world.pass_on(id.as_str(), *how),
                None => world.accept(id.as_str()),
            }
        }
        Happening::Deliver(count) => {
            for _ in 0..*count {
                world.deliver();
            }
        }
    }
}

fn look_up(world: &mut World, customer: u8, is_pending: bool) {
    let customer = CustomerId::trusted(&format!("c{customer}"));
    let orders = world.desk.set_facts_pending(&customer, is_pending, world.now);
    world.take(orders);
}

/// Plays a story; checks everything after each step.
fn play(sketch: &Sketch, story: &[Happening]) -> World {
    play_beside(sketch, None, story)
}

/// The same with another rule set that decides beside the first one.
fn play_beside(sketch: &Sketch, shadow: Option<&Sketch>, story: &[Happening]) -> World {
    let mut world = World::new(sketch.compile(), at(1_000));
    world.desk.set_shadow(shadow.map(Sketch::compile), at(1_000));
    world.over_capacity = Units::ONE;
    for (id, deputy) in PEOPLE.into_iter().zip(PEOPLE.into_iter().skip(1)) {
        let deputy = Some(ManagerId::trusted(deputy));
        world.enrol(Manager { deputy, ..person(id, &[GROUPS[id.len() % 3]]) });
        world.present(id);
    }
    let mut opened = 0;
    for happening in story {
        happen(&mut world, happening, &mut opened);
        world.check();
    }
    world.deliver_all();
    world.check();
    // When nothing is looked up any more, nobody waits for it.
    (0..6).for_each(|customer| look_up(&mut world, customer, false));
    world.deliver_all();
    world.check();
    assert_eq!(world.desk.view().held, 0);
    world
}

/// When nothing is under way the desk's loads are the dialogs' own.
fn loads_are_those_of_the_dialogs(world: &World) -> Result<(), TestCaseError> {
    let mut held: BTreeMap<String, u32> = BTreeMap::new();
    for player in world.players.values() {
        if let Some(manager) = player.dialog.responsible().and_then(Responsible::manager) {
            *held.entry(manager.to_string()).or_default() += 1;
        }
        if let Some(offer) = &player.dialog.offer {
            *held.entry(offer.to.to_string()).or_default() += 1;
        }
    }
    for view in world.desk.view().managers {
        prop_assert_eq!(view.dialogs, held.get(view.manager.id.as_str()).copied().unwrap_or_default());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, ..ProptestConfig::default() })]

    /// Invariants 2 and 3, and that the desk does not choose beyond a capacity: after each of many random events,
    /// with answers that cross other news on the way.
    #[test]
    fn promises_hold_whatever_happens(sketch in sketches(), story in proptest::collection::vec(happenings(), 1..120)) {
        loads_are_those_of_the_dialogs(&play(&sketch, &story))?;
    }

    /// Equal inputs, equal outputs.
    #[test]
    fn the_same_story_ends_the_same(sketch in sketches(), story in proptest::collection::vec(happenings(), 1..60)) {
        prop_assert_eq!(play(&sketch, &story).log, play(&sketch, &story).log);
    }

    /// A shadow changes nothing, whatever it says: neither what is ordered nor how anybody stands.
    #[test]
    fn nobody_notices_a_shadow(
        sketch in sketches(), shadow in sketches(), story in proptest::collection::vec(happenings(), 1..80),
    ) {
        let (alone, beside) = (play(&sketch, &story), play_beside(&sketch, Some(&shadow), &story));
        prop_assert_eq!(alone.log, beside.log);
        prop_assert_eq!(alone.desk.view(), beside.desk.view());
        let report = beside.desk.shadow_report().expect("there is one");
        prop_assert_eq!(report.stopped_at, None);
        let differ = report.tally.all() - report.tally.count(Agreement::Same);
        prop_assert_eq!(report.differences.len() as u64, differ.min(200));
    }

    /// It sees the people and loads that the live rules see: of the same mind, it decides the same.
    #[test]
    fn a_shadow_of_the_live_rules_agrees_with_them(
        sketch in sketches(), story in proptest::collection::vec(happenings(), 1..80),
    ) {
        // A dialog that somebody holds keeps no place, and a changed customer or rule set no plan.
        let stays = |happening: &Happening| {
            !matches!(happening, Happening::MoveAway(_) | Happening::Customer { .. } | Happening::Rules(_))
        };
        let story: Vec<Happening> = story.into_iter().filter(stays).collect();
        let sketch = Sketch { offline: None, ..sketch };
        let report = play_beside(&sketch, Some(&sketch), &story).desk.shadow_report().expect("there is one");
        prop_assert_eq!(report.differences, Vec::new());
    }
}
