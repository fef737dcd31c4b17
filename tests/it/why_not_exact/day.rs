//! Random days: who there is, what the rules say, and what happens.

use std::sync::LazyLock;
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use reparto::domain::ids::{GroupId, ManagerId};
use reparto::domain::manager::Absence;
use reparto::domain::offer::Pass;
use reparto::domain::routing::{Step, Strategy as Pick, Target};
use reparto::domain::units::Units;

use crate::desk_sketch::Sketch;

pub const MOST: usize = 60;
/// One more than there ever are: somebody whom the account does not have.
pub static NAMES: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| (0..=MOST).map(|n| &*format!("m{:02}", n * 37 % 61).leak()).collect());
pub const GROUPS: [&str; 2] = ["green", "blue"];
pub const LISTED: &str = "listed";
pub const KINDS: [(&str, u32); 3] = [("email", 500), ("telegram", 1_000), ("site", 2_000)];
pub const ABSENCES: [Absence; 4] = [Absence::Offline, Absence::OnLeave, Absence::Dinner, Absence::WrapUp];

/// What the rule file may change about people.
#[derive(Clone, Debug)]
pub struct Lists {
    pub version: u32,
    pub units: u32,
    /// Numbers of those in the listed group, in order.
    pub listed: Vec<usize>,
    /// How many dialogs groups may have.
    pub caps: Vec<(&'static str, u32)>,
}

#[derive(Clone, Debug)]
pub enum Happening {
    /// Of those whom it was offered to, each passed in some way.
    Open {
        kind: usize,
        avoid: Option<usize>,
        passed: Vec<(usize, Pass)>,
    },
    MoveAway(usize, Vec<(usize, Pass)>),
    Close(usize),
    Presence(usize, Option<Absence>),
    Enrol {
        who: usize,
        groups: Vec<&'static str>,
        capacity: Option<u32>,
        active: bool,
    },
    Rules(Lists),
    Pass(u64),
}

#[derive(Clone, Debug)]
pub struct Day {
    pub people: usize,
    pub steps: Vec<Step>,
    pub owner: Option<usize>,
    pub lists: Lists,
    pub happenings: Vec<Happening>,
}

pub fn lists(people: usize) -> impl Strategy<Value = Lists> {
    let numbers: Vec<usize> = (0..people).collect();
    let caps = proptest::collection::btree_map(select(vec![GROUPS[0], GROUPS[1], LISTED]), 1_u32..6, 0..3);
    (2_u32..1_000, 1_u32..4, subsequence(numbers, 0..=people.min(8)).prop_shuffle(), caps).prop_map(
        |(version, units, listed, caps)| Lists { version, units, listed, caps: caps.into_iter().collect() },
    )
}

pub fn steps(people: usize) -> impl Strategy<Value = Vec<Step>> {
    let target = prop_oneof![
        2 => Just(Target::Everyone),
        3 => select(vec![GROUPS[0], GROUPS[1], LISTED]).prop_map(|id| Target::Group(GroupId::trusted(id))),
        1 => Just(Target::Owner),
        1 => (0..people).prop_map(|n| Target::Manager(ManagerId::trusted(NAMES[n]))),
    ];
    let wait = prop_oneof![2 => Just(None), 1 => Just(Some(Duration::from_secs(5)))];
    let step = (target, select(&Pick::ALL[..]), wait, proptest::bool::weighted(0.3), 0_u32..3);
    let step = step.prop_map(|(to, pick, wait, only, over)| {
        let over_capacity = if over == 2 { Units::from_milli(1_500) } else { Units::ZERO };
        Step { to, pick, wait, only, over_capacity, accept_within: None, notify: None }
    });
    proptest::collection::vec(step, 1..5)
}

pub fn happenings(people: usize) -> impl Strategy<Value = Happening> {
    let who = move || 0..people;
    let absence = || proptest::option::weighted(0.4, select(&ABSENCES[..]));
    // Nobody passes twice; sometimes everybody did.
    let numbers: Vec<usize> = (0..people).collect();
    let some = prop_oneof![
        3 => Just(Vec::new()),
        2 => subsequence(numbers.clone(), 0..=people.min(4)),
        1 => Just(numbers),
    ];
    let passed = some.prop_flat_map(|people| {
        let each = people.into_iter().map(|who| (Just(who), select(&Pass::ALL[..])));
        each.collect::<Vec<_>>()
    });
    prop_oneof![
        8 => (0..KINDS.len(), proptest::option::weighted(0.2, who()), passed.clone())
            .prop_map(|(kind, avoid, passed)| Happening::Open { kind, avoid, passed }),
        2 => (0_usize..100, passed).prop_map(|(n, passed)| Happening::MoveAway(n, passed)),
        4 => (0_usize..100).prop_map(Happening::Close),
        5 => (who(), absence()).prop_map(|(who, absence)| Happening::Presence(who, absence)),
        3 => (who(), subsequence(&GROUPS[..], 0..=2), proptest::option::of(0_u32..5), proptest::bool::weighted(0.85))
            .prop_map(|(who, groups, capacity, active)| Happening::Enrol { who, groups, capacity, active }),
        1 => lists(people).prop_map(Happening::Rules),
        1 => prop_oneof![1_u64..10, Just(60)].prop_map(Happening::Pass),
    ]
}

pub fn days() -> impl Strategy<Value = Day> {
    (1..=MOST).prop_flat_map(|people| {
        let enrol = (subsequence(&GROUPS[..], 0..=2), proptest::option::of(0_u32..5), any::<bool>());
        let first = proptest::collection::vec(enrol, people).prop_map(|people| {
            let each = people.into_iter().enumerate().flat_map(|(who, (groups, capacity, is_there))| {
                let enrol = Happening::Enrol { who, groups, capacity, active: true };
                [Some(enrol), is_there.then_some(Happening::Presence(who, None))]
            });
            each.flatten().collect::<Vec<_>>()
        });
        let later = proptest::collection::vec(happenings(people), 10..60);
        (steps(people), proptest::option::of(0..people), lists(people), first, later).prop_map(
            move |(steps, owner, lists, mut happenings, later)| {
                happenings.extend(later);
                Day { people, steps, owner, lists, happenings }
            },
        )
    })
}

pub fn sketch(day: &Day, lists: &Lists) -> Sketch {
    let weights = KINDS.iter().map(|(kind, milli)| (*kind, Units::from_milli(*milli)));
    Sketch {
        version: lists.version,
        units: lists.units,
        weights: weights.collect(),
        groups: vec![(LISTED, lists.listed.iter().map(|n| NAMES[*n]).collect())],
        caps: lists.caps.clone(),
        ..Sketch::of(day.steps.clone())
    }
}
