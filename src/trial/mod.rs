//! Trials: the tests of a rule file, and single questions, answered before the rules go live.
//!
//! There is one evaluator. A trial plays its story in the simulation's world: the desk, dialogs and presence machines
//! that serve customers, on a clock that jumps from deadline to deadline. The same file gives the same report.
//!
//! | module | idea |
//! |---|---|
//! | [`run`] | all tests of a file: what came of each, and how much of the file they reach |
//! | `stage` | who is there when a test begins |
//! | `story` | its moments, one after another, and what is heard meanwhile |
//! | `judge` | what was expected beside what came |
//! | [`question`] | one dialog that never was: where would it go? |
//! | [`coverage`] | which rules, steps, classes, close rules and texts were reached |
//! | [`report`], [`render`] | the outcome as data, and as text or JSON |
//!
//! Deliberately absent: files, clocks, a running server. Whoever has texts may try them.

pub mod coverage;
mod judge;
pub mod question;
pub mod render;
pub mod report;
mod stage;
mod story;

pub use report::{Report, Tried};

use crate::rules::Source;
use crate::rules::cases::Case;
use crate::rules::compile;
use crate::rules::imported::files_of;
use crate::rules::ruleset::RuleSet;
use coverage::Coverage;
use std::sync::Arc;

/// Plays the tests of a rule set; of a set with errors there is nothing to play, which the report says.
pub fn run(sources: &[Source]) -> Report {
    run_some(sources, |_| true)
}

/// Plays the tests whose names are wanted.
pub fn run_some(sources: &[Source], is_wanted: impl Fn(&str) -> bool) -> Report {
    // Tests are about what people wrote, whatever the CRM says today.
    let compiled = compile(&files_of(sources));
    let Some(rules) = compiled.rules else {
        return Report { diagnostics: compiled.diagnostics, ..Report::default() };
    };
    let wanted = compiled.cases.iter().filter(|case| is_wanted(&case.name));
    let (tests, coverage) = play(&rules, wanted);
    Report { version: Some(rules.version().clone()), diagnostics: compiled.diagnostics, tests, coverage }
}

/// Plays tests under rules.
pub fn play<'a>(rules: &Arc<RuleSet>, cases: impl IntoIterator<Item = &'a Case>) -> (Vec<Tried>, Coverage) {
    let mut coverage = Coverage::of(rules);
    let tests = cases.into_iter().map(|case| story::play(rules, case, &mut coverage)).collect();
    (tests, coverage)
}
