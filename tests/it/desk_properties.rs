//! What holds of the desk whatever happens: compared with plain scans, and after random events.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use reparto::desk::Order;
use reparto::domain::account::DefaultAssignment;
use reparto::domain::closing::OfflineWhich;
use reparto::domain::customer::Customer;
use reparto::domain::dialog::{AssignmentRequest, DialogState, Standing};
use reparto::domain::ids::{CustomerId, DialogId, GroupId, ManagerId};
use reparto::domain::manager::{Absence, Availability, Manager, ManagerWork};
use reparto::domain::routing::{Cause, Responsible, Step, Strategy as Pick, Target, Verdict};
use reparto::domain::units::Units;
use reparto::rules::ruleset::BotMode;

use crate::desk_sketch::{ONLINE, Sketch, at, dialog, person, to};
use crate::desk_world::World;

const PEOPLE: [&str; 8] = ["ana", "boris", "daria", "gleb", "ira", "lev", "olga", "vera"];
const GROUPS: [&str; 3] = ["red", "green", "blue"];
const KINDS: [&str; 3] = ["email", "telegram", "site"];
const ABSENCES: [Absence; 5] =
    [Absence::Offline, Absence::OnLeave, Absence::Dinner, Absence::WrapUp, Absence::Settling];

fn weights() -> Vec<(&'static str, Units)> {
    vec![("email", Units::from_milli(500)), ("site", Units::whole(2))]
}

fn targets() -> impl Strategy<Value = Target> {
    prop_oneof![
        2 => Just(Target::Everyone),
        3 => select(&GROUPS[..]).prop_map(|id| Target::Group(GroupId::trusted(id))),
        1 => Just(Target::Owner),
        1 => select(&PEOPLE[..]).prop_map(|id| Target::Manager(ManagerId::trusted(id))),
    ]
}

fn steps(waits: bool) -> impl Strategy<Value = Vec<Step>> {
    let wait = if waits {
        prop_oneof![Just(None), Just(Some(Duration::from_secs(20)))].boxed()
    } else {
        Just(None).boxed()
    };
    let step = (targets(), select(&Pick::ALL[..]), wait, any::<bool>(), 0_u32..3);
    let step = step.prop_map(|(to, pick, wait, only, over)| Step {
        to,
        pick,
        wait,
        only: only && over == 2,
        over_capacity: Units::whole(u32::from(over == 1)),
    });
    proptest::collection::vec(step, 1..4)
}

/// A manager as a plain scan sees them.
#[derive(Clone, Debug)]
struct Plain {
    id: &'static str,
    groups: Vec<&'static str>,
    capacity: u32,
    load: u32,
    availability: Availability,
    work: ManagerWork,
}

fn plain_people() -> impl Strategy<Value = Vec<Plain>> {
    let availability = prop_oneof![
        3 => Just(Availability::Available),
        1 => select(&ABSENCES[..]).prop_map(|absence| Availability::Absent(absence, at(0))),
    ];
    let moment = || proptest::option::of((0_i64..5).prop_map(at));
    let each = (subsequence(&GROUPS[..], 0..=3), 0_u32..5, 0_u32..10, availability, moment(), moment());
    proptest::collection::vec(each, PEOPLE.len()).prop_flat_map(|people| {
        let named =
            people.into_iter().zip(PEOPLE).map(|((groups, capacity, load, availability, last, idle), id)| {
                Plain {
                    id,
                    groups,
                    capacity: capacity * 1_000,
                    load: load * 500,
                    availability,
                    work: ManagerWork { last_assigned_at: last, idle_since: idle },
                }
            });
        let all: Vec<Plain> = named.collect();
        subsequence(all, 0..=PEOPLE.len())
    })
}

/// Decides by looking at everybody: the reference for the desk's indexes.
struct Scan<'a> {
    people: &'a [Plain],
    owner: Option<&'static str>,
    turn: Option<&'static str>,
    barred: Option<&'static str>,
    charge: u32,
}

impl Scan<'_> {
    fn named(&self, step: &Step) -> Vec<&Plain> {
        let names = |plain: &&Plain| match &step.to {
            Target::Everyone => true,
            Target::Group(group) => plain.groups.contains(&group.as_str()),
            Target::Owner => self.owner == Some(plain.id),
            Target::Manager(id) => id.as_str() == plain.id,
            Target::LastManager { .. } | Target::Bot(_) => false,
        };
        self.people.iter().filter(names).collect()
    }

    fn has_room(&self, step: &Step, plain: &Plain) -> bool {
        plain.load + self.charge <= plain.capacity + step.over_capacity.milli()
    }

    fn best(&self, step: &Step) -> Option<&'static str> {
        let able = self.named(step).into_iter().filter(|plain| {
            plain.availability == Availability::Available
                && self.barred != Some(plain.id)
                && self.has_room(step, plain)
        });
        let turn = |plain: &&Plain| (self.turn.is_some_and(|last| plain.id <= last), plain.id);
        let best = match step.pick {
            Pick::RoundRobin => able.min_by_key(turn),
            Pick::Ordered => able.min_by_key(|plain| plain.id),
            Pick::LongestIdle => able.min_by_key(|plain| (plain.work.idle_since, plain.id)),
            Pick::LeastLoaded => able.min_by(|a, b| {
                let share = |plain: &Plain| match plain.capacity {
                    0 => f64::INFINITY,
                    capacity => f64::from(plain.load) / f64::from(capacity),
                };
                let overload = |plain: &Plain| if plain.capacity == 0 { plain.load } else { 0 };
                let shares = share(a).total_cmp(&share(b)).then(overload(a).cmp(&overload(b)));
                shares.then((a.work.last_assigned_at, a.id).cmp(&(b.work.last_assigned_at, b.id)))
            }),
        };
        best.map(|plain| plain.id)
    }

    /// Which step decides, and who is chosen.
    fn walk(&self, steps: &[Step]) -> (usize, Option<&'static str>) {
        for (at, step) in steps.iter().enumerate() {
            if let Some(best) = self.best(step) {
                return (at, Some(best));
            }
            let wrap_up =
                |plain: &Plain| matches!(plain.availability, Availability::Absent(Absence::WrapUp, _));
            let is_here = |plain: &&Plain| plain.availability == Availability::Available || wrap_up(plain);
            let here =
                self.named(step).into_iter().filter(is_here).any(|plain| self.barred != Some(plain.id));
            if here {
                return (at, None);
            }
        }
        (steps.len() - 1, None)
    }

    /// How many got each verdict, over everybody that the steps from the last replacing one on name.
    fn counts(&self, steps: &[Step], decides: usize, chosen: Option<&str>) -> BTreeMap<Verdict, u32> {
        let replaces =
            |at: &usize| steps[*at].only && (steps[*at].to != Target::Owner || self.owner.is_some());
        let first = (0..=decides).rev().find(replaces).unwrap_or(0);
        let mut counts = BTreeMap::new();
        for plain in self.people {
            let seen = &steps[first..=decides];
            let mut naming = seen
                .iter()
                .filter(|step| self.named(step).iter().any(|named| named.id == plain.id))
                .peekable();
            if naming.peek().is_none() {
                continue;
            }
            let verdict = match plain.availability {
                _ if chosen == Some(plain.id) => Verdict::Chosen,
                _ if self.barred == Some(plain.id) => Verdict::FailedBefore,
                Availability::Absent(absence, _) => Verdict::Absent(absence),
                Availability::Available if naming.any(|step| self.has_room(step, plain)) => {
                    Verdict::Outranked
                }
                Availability::Available => Verdict::OverCapacity,
            };
            *counts.entry(verdict).or_insert(0) += 1;
        }
        counts
    }
}

fn furnish(world: &mut World, people: &[Plain]) {
    for plain in people {
        let id = ManagerId::trusted(plain.id);
        let capacity = Some(Units::from_milli(plain.capacity));
        world.enrol(Manager { capacity, ..person(plain.id, &plain.groups) });
        let charge = Units::from_milli(plain.load);
        let held = Standing::Held {
            by: Responsible::Manager(id.clone()),
            charge,
            awaits_reply: false,
            answered: true,
        };
        world.desk.stand(&DialogId::trusted(&format!("of-{}", plain.id)), held, at(100));
        world.desk.set_availability(&id, plain.availability, ONLINE, at(100));
        world.desk.restore_work(&id, plain.work);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    /// Invariant 4, and the counts of the record: the indexes find whom a scan finds.
    #[test]
    fn the_choice_is_that_of_a_plain_scan(
        people in plain_people(),
        steps in steps(false),
        kind in select(&KINDS[..]),
        owner in proptest::option::of(select(&PEOPLE[..])),
        turn in proptest::option::of(select(&PEOPLE[..])),
        barred in proptest::option::of(select(&PEOPLE[..])),
    ) {
        let sketch = Sketch { weights: weights(), ..Sketch::of(steps.clone()) };
        let mut world = World::new(sketch.compile(), at(100));
        world.over_capacity = Units::ONE;
        furnish(&mut world, &people);
        let mut customer = Customer::new(CustomerId::trusted("c"));
        customer.owner = owner.map(ManagerId::trusted);
        world.desk.put_customer(Arc::new(customer), at(100));
        for key in ["everyone", "group:red", "group:green", "group:blue"] {
            if let Some(turn) = turn {
                world.desk.restore_rotation(key, ManagerId::trusted(turn));
            }
        }
        let charge = match kind { "email" => 500, "site" => 2_000, _ => 1_000 };
        let scan = Scan { people: &people, owner, turn, barred, charge };
        let (decides, chosen) = scan.walk(&steps);

        let request = AssignmentRequest { cause: Cause::Opened, ticket: 1, avoid: barred.map(ManagerId::trusted), only: None };
        let asking = Arc::new(dialog("d", "c", kind, at(100)));
        let orders = world.desk.request(&asking, request, at(100));
        let decision = orders.iter().find_map(|order| match order {
            Order::Route { decision, .. } => Some(decision),
            Order::Move { .. } | Order::Stay { .. } | Order::Announce { .. } => None,
        }).unwrap();
        let choice = decision.choice.as_ref().and_then(Responsible::manager).map(ManagerId::as_str);
        prop_assert_eq!(choice, chosen, "{:?}", decision);
        prop_assert_eq!(usize::from(decision.step.unwrap_or_default()), decides, "{:?}", decision);
        let counts: BTreeMap<Verdict, u32> = decision.counts.iter().copied().collect();
        prop_assert_eq!(counts, scan.counts(&steps, decides, chosen), "{:?}", decision);
        let listed: BTreeSet<&str> = decision.candidates.iter().map(|candidate| candidate.manager.as_str()).collect();
        prop_assert_eq!(listed.len(), decision.candidates.len(), "nobody twice");
        let counted: u32 = decision.counts.iter().map(|(_, count)| count).sum();
        prop_assert_eq!(listed.len(), usize::try_from(counted).unwrap(), "a small account is listed whole");
        world.check();
    }
}

/// What may happen in an account.
#[derive(Clone, Debug)]
enum Happening {
    Open { customer: u8, kind: &'static str },
    Close(usize),
    Presence(&'static str, Option<Absence>),
    HandAssign(usize, &'static str),
    GiveBack(usize),
    MoveAway(usize),
    Writes(usize, bool),
    Enrol(&'static str, Vec<&'static str>, u32, bool),
    Owner { customer: u8, owner: Option<&'static str>, vip: bool },
    Rules(Box<Sketch>),
    Pass(u64),
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
    (steps(true), steps(true), mode, fallback, groups, 1_u32..4, offline, any::<bool>(), 2_u32..1_000)
        .prop_map(|(for_vips, for_all, mode, fallback, red, units, offline, has_red, version)| Sketch {
            version,
            mode,
            fallback,
            groups: if has_red { vec![("red", red)] } else { Vec::new() },
            units,
            weights: weights(),
            rules: vec![("vips", true, for_vips), ("all", false, for_all)],
            priorities: vec![(true, 120, 60), (false, 0, 60)],
            offline,
        })
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
        1 => (person(), subsequence(&GROUPS[..], 0..=3), 0_u32..4, proptest::bool::weighted(0.8))
            .prop_map(|(id, groups, units, active)| Happening::Enrol(id, groups, units, active)),
        1 => (0_u8..6, proptest::option::of(person()), any::<bool>())
            .prop_map(|(customer, owner, vip)| Happening::Owner { customer, owner, vip }),
        1 => sketches().prop_map(|sketch| Happening::Rules(Box::new(sketch))),
        2 => (1_u64..30).prop_map(Happening::Pass),
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
        Happening::Enrol(id, groups, units, active) => {
            let capacity = (*units > 0).then(|| Units::whole(*units));
            world.enrol(Manager { capacity, active: *active, ..person(id, groups) });
        }
        Happening::Owner { customer, owner, vip } => {
            let mut record = Customer::new(CustomerId::trusted(&format!("c{customer}")));
            record.owner = owner.map(ManagerId::trusted);
            record.vip = *vip;
            let orders = world.desk.put_customer(Arc::new(record), world.now);
            world.take(orders);
        }
        Happening::Rules(sketch) => {
            let orders = world.desk.set_rules(sketch.compile(), world.now);
            world.take(orders);
        }
        Happening::Pass(seconds) => world.pass(*seconds),
        Happening::Deliver(count) => {
            for _ in 0..*count {
                world.deliver();
            }
        }
    }
}

/// Plays a story; checks everything after each step.
fn play(sketch: &Sketch, story: &[Happening]) -> World {
    let mut world = World::new(sketch.compile(), at(1_000));
    world.over_capacity = Units::ONE;
    for id in PEOPLE {
        world.enrol(person(id, &[GROUPS[id.len() % 3]]));
        world.present(id);
    }
    let mut opened = 0;
    for happening in story {
        happen(&mut world, happening, &mut opened);
        world.check();
    }
    world.deliver_all();
    world.check();
    world
}

/// When nothing is under way the desk's loads are the dialogs' own.
fn loads_are_those_of_the_dialogs(world: &World) -> Result<(), TestCaseError> {
    let mut held: BTreeMap<String, u32> = BTreeMap::new();
    for player in world.players.values() {
        if let Some(manager) = player.dialog.responsible().and_then(Responsible::manager) {
            *held.entry(manager.to_string()).or_default() += 1;
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

    /// Invariant 4: whoever is eligible all the time gets as many turns as the others, within one,
    /// whoever else comes and goes.
    #[test]
    fn turns_differ_by_at_most_one(
        steady in subsequence(&PEOPLE[..], 1..6),
        story in proptest::collection::vec(prop_oneof![
            3 => Just(None),
            1 => (select(&PEOPLE[..]), any::<bool>()).prop_map(Some),
        ], 1..100),
    ) {
        let step = Step { pick: Pick::RoundRobin, ..to(Target::Everyone) };
        let mut world = World::new(Sketch { units: 1_000, ..Sketch::of(vec![step]) }.compile(), at(0));
        for id in PEOPLE {
            world.enrol(person(id, &[]));
        }
        for id in &steady {
            world.present(id);
        }
        let mut turns: BTreeMap<&str, u32> = steady.iter().map(|id| (*id, 0)).collect();
        for (n, event) in story.iter().enumerate() {
            match event {
                Some((id, _)) if steady.contains(id) => {}
                Some((id, true)) => world.present(id),
                Some((id, false)) => world.absent(id, Absence::Break),
                None => {
                    let id = format!("d{n}");
                    world.open(&id, "c", "telegram");
                    let holder = world.holder(&id).unwrap_or_default();
                    if let Some(count) = turns.get_mut(holder.as_str()) {
                        *count += 1;
                    }
                }
            }
            let (least, most) = (turns.values().min().unwrap(), turns.values().max().unwrap());
            prop_assert!(most - least <= 1, "{turns:?}");
        }
    }

    /// Invariant 5: with the same slope, a class overtakes only those who waited less than its head start longer;
    /// within a class it is first come, first served; and everybody is served.
    #[test]
    fn overtaking_is_bounded(
        story in proptest::collection::vec(prop_oneof![
            2 => any::<bool>().prop_map(Some),
            1 => Just(None),
        ], 1..80),
        gaps in proptest::collection::vec(0_u64..90, 80),
    ) {
        const HEAD_START: i64 = 120;
        const SLOPE: i64 = 60;
        let sketch = Sketch {
            units: 1,
            priorities: vec![(true, HEAD_START, SLOPE), (false, 0, SLOPE)],
            ..Sketch::of(vec![to(Target::Everyone)])
        };
        let mut world = World::new(sketch.compile(), at(0));
        let mut vip = Customer::new(CustomerId::trusted("vip"));
        vip.vip = true;
        world.desk.put_customer(Arc::new(vip), at(0));
        world.enrol(person("ana", &[]));
        world.present("ana");
        let mut served: Vec<String> = Vec::new();
        let mut arrivals: BTreeMap<String, (i64, bool)> = BTreeMap::new();
        let mut serve = |world: &mut World, arrivals: &BTreeMap<String, (i64, bool)>| {
            let held = arrivals.keys().find(|id| world.holder(id).is_some()).cloned();
            let Some(held) = held else { return false };
            served.push(held.clone());
            world.close(&held);
            world.deliver_all();
            true
        };
        for (event, gap) in story.iter().zip(gaps) {
            world.pass(gap);
            if let Some(is_vip) = event {
                let id = format!("d{:03}", arrivals.len());
                world.open(&id, if *is_vip { "vip" } else { "c" }, "telegram");
                arrivals.insert(id, (world.now.micros() / 1_000_000, *is_vip));
            } else {
                serve(&mut world, &arrivals);
            }
        }
        while serve(&mut world, &arrivals) {}
        prop_assert_eq!(served.len(), arrivals.len());
        for (place, later_served) in served.iter().enumerate() {
            for earlier_served in &served[..place] {
                let (mine, am_vip) = arrivals[later_served];
                let (theirs, is_vip) = arrivals[earlier_served];
                let head_start = if is_vip && !am_vip { HEAD_START * 60 / SLOPE } else { 0 };
                prop_assert!(theirs - mine <= head_start, "{earlier_served} before {later_served}");
            }
        }
    }
}
