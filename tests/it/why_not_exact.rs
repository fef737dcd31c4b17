//! "Why not them?" is exact: after each decision of random days, the answer for every manager is what a plain
//! look at everybody said at the moment of the decision.

mod day;
mod look;

use std::collections::BTreeSet;

use proptest::prelude::*;

use day::days;
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
