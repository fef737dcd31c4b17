//! Conditions: a subset of CEL over facts with types. No nulls, no exceptions, no effects; every
//! condition ends, in time linear in its length and in the texts it looks at.
//!
//! The way of a text: [`lexer`] → [`parser`] (a tree with spans, [`ast`]) → [`mod@compile`] (types) →
//! [`typed`] (a tree that [`eval`] walks without allocating). There is one type of number, and a division
//! by zero gives 0, so that nothing can fail. Apart from that, and from facts that are missing (they are
//! empty), a condition means what it means in CEL: the tests ask another implementation.

mod ast;
mod compile;
pub(super) mod cover;
mod eval;
mod functions;
mod implies;
mod lexer;
mod opening;
#[cfg(test)]
mod oracle;
mod parser;
mod pattern;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
mod typed;
mod written;

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use super::codes::Code;
use super::diagnostic::{Diagnostic, Findings, Span};
use super::facts::FactTable;
use super::schedule::Schedule;
use super::syntax::TextMap;
use crate::domain::facts::Facts;
use crate::domain::ids::ScheduleId;

/// A compiled condition.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Condition(typed::Condition);

impl Condition {
    /// The condition that always holds.
    pub(super) const ALWAYS: Self = Self(typed::Condition::Constant(true));

    /// The condition that holds for dialogs of channels of this type.
    pub(super) fn of_channel_type(kind: &Arc<str>) -> Self {
        let fact = typed::Text::Fact(typed::TextFact::ChannelType);
        Self(typed::Condition::equal(fact, typed::Text::Constant(kind.clone())))
    }

    /// Whether it holds.
    pub(super) fn holds(&self, facts: &Facts<'_>) -> bool {
        self.0.holds(facts)
    }

    /// It holds for every dialog.
    pub(super) fn is_always(&self) -> bool {
        self.0 == typed::Condition::Constant(true)
    }

    /// It holds for no dialog.
    pub(super) fn is_never(&self) -> bool {
        self.0 == typed::Condition::Constant(false)
    }

    /// It holds while this schedule is closed.
    pub(super) fn while_closed(schedule: Arc<Schedule>) -> Self {
        Self(typed::Condition::Open(schedule).not())
    }

    /// It holds where this one does not.
    pub(super) fn negated(&self) -> Self {
        Self(self.0.clone().not())
    }

    /// It holds where one of the two does.
    pub(super) fn or(self, other: Self) -> Self {
        Self(typed::Condition::any([self.0, other.0]))
    }

    /// It holds where both do.
    pub(super) fn and(self, other: Self) -> Self {
        Self(typed::Condition::all([self.0, other.0]))
    }

    /// Notes the schedules that it asks for.
    pub(super) fn note_schedules(&self, found: &mut BTreeSet<ScheduleId>) {
        self.0.note_schedules(found);
    }

    /// Schedules of which at least one is open whenever it holds; `None` when that is not certain.
    pub(super) fn only_while_open(&self) -> Option<BTreeSet<ScheduleId>> {
        self.0.only_while_open()
    }

    /// Whenever it holds, the other does too, as far as the form of the two shows.
    /// `patience` bounds the work over many comparisons.
    pub(super) fn implies(&self, other: &Self, patience: &mut u32) -> bool {
        implies::implies(&self.0, &other.0, patience)
    }
}

/// Compiles a text; what is wrong with it becomes findings. `None` when there are errors.
pub(super) fn compile(
    text: &str,
    map: &TextMap,
    facts: &FactTable,
    findings: &mut Findings,
) -> Option<Condition> {
    let mut report = Report { text, map, findings, has_errors: false };
    let tokens = lexer::tokens(text, &mut report);
    report.findings.spend(tokens.len());
    let tree = parser::parse(tokens, &mut report)?;
    let condition = compile::compile(&tree, facts, &mut report)?;
    (!report.has_errors).then_some(Condition(condition))
}

/// Where the parts of the compiler report to: places in the text become places in the file.
struct Report<'a> {
    text: &'a str,
    map: &'a TextMap,
    findings: &'a mut Findings,
    has_errors: bool,
}

impl Report<'_> {
    fn finding(&self, code: Code, at: &Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(code, self.span(at), message)
    }

    fn span(&self, at: &Range<usize>) -> Span {
        self.map.span(at)
    }

    fn add(&mut self, mut finding: Diagnostic) {
        if let Some(fix) = &mut finding.fix {
            fix.replacement = self.map.written(&fix.replacement);
        }
        self.has_errors |= finding.severity == super::diagnostic::Severity::Error;
        self.findings.add(finding);
    }
}
