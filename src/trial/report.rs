//! What trying a rule set came to, as plain data.

use std::sync::Arc;
use std::time::Duration;

use super::coverage::Coverage;
use crate::domain::ids::RulesVersion;
use crate::domain::routing::Decision;
use crate::rules::diagnostic::{Diagnostic, Severity, Span};

/// All tests of a rule set.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The set's content hash; `None` when it has errors, so that nothing was played.
    pub version: Option<RulesVersion>,
    /// What checking it found, warnings included.
    pub diagnostics: Vec<Diagnostic>,
    /// The tests in the order of the text.
    pub tests: Vec<Tried>,
    /// What they reach.
    pub coverage: Coverage,
}

/// One test.
#[derive(Clone, Debug)]
pub struct Tried {
    /// Its name.
    pub name: Arc<str>,
    /// Where it stands.
    pub span: Span,
    /// What was not as expected; `None`: all was.
    pub failure: Option<Failure>,
}

/// The first moment of a test that was not as expected.
#[derive(Clone, Debug)]
pub struct Failure {
    /// How long after the beginning.
    pub after: Duration,
    /// The conversation in question.
    pub conversation: u16,
    /// What differs: at least one thing.
    pub differences: Vec<Difference>,
    /// The newest decision about it.
    pub decision: Option<Arc<Decision>>,
}

/// Something that is not as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where the file says what is expected, or what could not be done.
    pub span: Span,
    /// What it is about, as the file calls it.
    pub what: String,
    /// What was expected.
    pub expected: String,
    /// What came.
    pub got: String,
}

impl Report {
    /// The set can be used and every test passed.
    pub fn passed(&self) -> bool {
        self.version.is_some() && self.failed().next().is_none()
    }

    /// The tests that failed.
    pub fn failed(&self) -> impl Iterator<Item = &Tried> {
        self.tests.iter().filter(|test| test.failure.is_some())
    }

    /// How many errors keep the set from being tried.
    pub fn errors(&self) -> usize {
        self.diagnostics.iter().filter(|finding| finding.severity == Severity::Error).count()
    }
}
