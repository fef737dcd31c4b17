//! "Why not them?" is exact: after each decision of random days, the answer for every manager is what a plain
//! look at everybody said at the moment of the decision.

mod day;
mod look;

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;
use reparto::domain::ids::GroupId;
use reparto::domain::offer::Pass;
use reparto::domain::routing::{Step, Strategy as Pick, Target};
use reparto::domain::units::Units;

use day::{Day, GROUPS, Happening, Lists, days};
use look::Look;

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn the_answer_for_everybody_is_that_of_a_look_at_everybody(day in days()) {
        let happenings = day.happenings.clone();
        let mut look = Look::new(day);
        for (serial, happening) in happenings.iter().enumerate() {
            look.happen(happening, serial);
        }
    }
}

/// The property above looks at something: its days have decisions of every kind of answer.
#[test]
fn days_have_answers_of_every_kind() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let mut decisions = 0;
    let mut words = BTreeSet::new();
    for _ in 0..20 {
        let day = days().new_tree(&mut runner).expect("days are easy to make").current();
        let happenings = day.happenings.clone();
        let mut look = Look::new(day);
        for (serial, happening) in happenings.iter().enumerate() {
            look.happen(happening, serial);
        }
        decisions += look.decisions;
        words.extend(look.words);
    }
    let all = [
        "absent",
        "chosen",
        "declined",
        "did_not_accept",
        "failed_before",
        "group_full",
        "not_named",
        "not_there",
        "outranked",
        "over_capacity",
        "set_aside",
    ];
    assert_eq!(words, BTreeSet::from(all));
    assert!(decisions > 100, "{decisions}");
}

/// Found by chance: of two dialogs that are decided in the same moment the first leaves the full group that the second
/// waits for. Until it has left, there is no place.
#[test]
fn a_dialog_that_moves_keeps_its_place_until_it_has_moved() {
    let [green, blue] = GROUPS;
    let step = |to, wait, only| Step {
        to,
        pick: Pick::RoundRobin,
        wait,
        only,
        over_capacity: Units::ZERO,
        accept_within: None,
        notify: None,
    };
    let group = |id| Target::Group(GroupId::trusted(id));
    let enrol = |who, groups, capacity| Happening::Enrol { who, groups, capacity, active: true };
    let opens = || Happening::Open { kind: 0, avoid: None, passed: Vec::new() };
    let everybody_declined = (0..3).map(|who| (who, Pass::Declined)).collect();
    let day = Day {
        people: 3,
        steps: vec![
            step(group(blue), Some(Duration::from_secs(5)), false),
            step(group(green), None, false),
            step(Target::Everyone, None, true),
        ],
        owner: None,
        lists: Lists { version: 2, units: 1, listed: Vec::new(), caps: vec![(blue, 3)] },
        happenings: vec![
            enrol(0, vec![], None),
            enrol(1, vec![green], None),
            enrol(2, vec![blue], Some(2)),
            Happening::Presence(2, None),
            opens(),
            opens(),
            opens(),
            Happening::Presence(1, None),
            Happening::Presence(0, None),
            opens(),
            opens(),
            Happening::MoveAway(0, everybody_declined),
            opens(),
            Happening::Pass(60),
            opens(),
        ],
    };
    let happenings = day.happenings.clone();
    let mut look = Look::new(day);
    for (serial, happening) in happenings.iter().enumerate() {
        look.happen(happening, serial);
    }
    assert!(look.words.contains("group_full"), "{:?}", look.words);
}
