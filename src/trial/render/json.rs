//! For programs: one JSON document.

use serde::Serialize;

use crate::domain::ids::{RuleId, RulesVersion};
use crate::domain::routing::{Decision, FallbackReason, Responsible};
use crate::domain::sentence::sentence;
use crate::rules::Source;
use crate::rules::diagnostic::Span;
use crate::trial::coverage::Part;
use crate::trial::report::{Difference, Failure, Report, Tried};

/// The version of the document's form. It grows when something is removed or changes its meaning.
pub const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    rules: Option<&'a str>,
    errors: usize,
    passed: usize,
    failed: usize,
    tests: Vec<Test<'a>>,
    coverage: Coverage,
}

#[derive(Serialize)]
struct Test<'a> {
    name: &'a str,
    ok: bool,
    place: Option<Place<'a>>,
    failure: Option<Failed<'a>>,
}

#[derive(Serialize)]
struct Failed<'a> {
    after_ms: u64,
    conversation: u16,
    differences: Vec<Differs<'a>>,
    decision: Option<Decided<'a>>,
}

#[derive(Serialize)]
struct Differs<'a> {
    what: &'a str,
    expected: &'a str,
    got: &'a str,
    place: Option<Place<'a>>,
}

/// Line and column from one, the column in characters.
#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    line: usize,
    column: usize,
}

#[derive(Serialize)]
struct Coverage {
    percent: u8,
    reached: usize,
    total: usize,
    unreached: Vec<Unreached>,
}

#[derive(Serialize)]
struct Unreached {
    kind: &'static str,
    name: String,
}

/// A decision as tests and questions tell it.
#[derive(Serialize)]
pub struct Decided<'a> {
    sentence: String,
    rule: Option<&'a str>,
    /// From one.
    step: Option<u32>,
    to: Option<String>,
    effect: &'static str,
    cause: &'static str,
    fallback: Option<&'static str>,
    steps: Vec<Step>,
    candidates: Vec<Candidate<'a>>,
}

#[derive(Serialize)]
struct Step {
    #[serde(rename = "step")]
    number: u32,
    to: String,
    person: Option<String>,
    outcome: &'static str,
}

#[derive(Serialize)]
struct Candidate<'a> {
    manager: &'a str,
    load_units: f64,
    capacity_units: f64,
    verdict: &'static str,
}

/// The report.
///
/// # Panics
/// Never: it is plain data.
pub fn json(report: &Report, sources: &[Source]) -> String {
    let failed = report.failed().count();
    let document = Document {
        version: VERSION,
        rules: report.version.as_ref().map(RulesVersion::as_str),
        errors: report.errors(),
        passed: report.tests.len() - failed,
        failed,
        tests: report.tests.iter().map(|tried| test(tried, sources)).collect(),
        coverage: Coverage {
            percent: report.coverage.percent(),
            reached: report.coverage.reached(),
            total: report.coverage.total(),
            unreached: report.coverage.unreached().map(unreached).collect(),
        },
    };
    serde_json::to_string_pretty(&document).expect("plain data without maps of odd keys")
}

fn unreached(part: &Part) -> Unreached {
    Unreached { kind: part.kind(), name: part.to_string() }
}

fn place(span: Span, sources: &[Source]) -> Option<Place<'_>> {
    let source = sources.get(span.file)?;
    let (line, column) = source.position(span.start);
    Some(Place { file: &source.name, line, column })
}

fn test<'a>(tried: &'a Tried, sources: &'a [Source]) -> Test<'a> {
    Test {
        name: &tried.name,
        ok: tried.failure.is_none(),
        place: place(tried.span, sources),
        failure: tried.failure.as_ref().map(|failure| failure_of(failure, sources)),
    }
}

fn failure_of<'a>(failure: &'a Failure, sources: &'a [Source]) -> Failed<'a> {
    let differs = |difference: &'a Difference| Differs {
        what: &difference.what,
        expected: &difference.expected,
        got: &difference.got,
        place: place(difference.span, sources),
    };
    Failed {
        after_ms: u64::try_from(failure.after.as_millis()).unwrap_or(u64::MAX),
        conversation: failure.conversation,
        differences: failure.differences.iter().map(differs).collect(),
        decision: failure.decision.as_deref().map(Decided::of),
    }
}

impl<'a> Decided<'a> {
    /// A decision.
    pub fn of(decision: &'a Decision) -> Self {
        let name = |responsible: &Responsible| match responsible {
            Responsible::Manager(id) => id.to_string(),
            Responsible::Bot(id) => format!("bot:{id}"),
        };
        let steps = decision.steps.iter().map(|step| Step {
            number: u32::from(step.step) + 1,
            to: step.to.to_string(),
            person: step.person.as_ref().map(ToString::to_string),
            outcome: step.outcome.word(),
        });
        let candidates = decision.candidates.iter().map(|candidate| Candidate {
            manager: candidate.manager.as_str(),
            load_units: candidate.load.as_f64(),
            capacity_units: candidate.capacity.as_f64(),
            verdict: candidate.verdict.word(),
        });
        Self {
            sentence: sentence(decision),
            rule: decision.rule.as_ref().map(RuleId::as_str),
            step: decision.step.map(|step| u32::from(step) + 1),
            to: decision.choice.as_ref().map(name),
            effect: decision.effect.word(),
            cause: decision.cause.word(),
            fallback: decision.fallback.map(FallbackReason::word),
            steps: steps.collect(),
            candidates: candidates.collect(),
        }
    }
}
