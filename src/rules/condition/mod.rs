//! Conditions: a subset of CEL over facts with types. No nulls, no exceptions, no effects; every
//! condition ends, in time linear in its length and in the texts it looks at.
//!
//! The way of a text: [`lexer`] → [`parser`] (a tree with spans, [`ast`]) → [`mod@compile`] (types) →
//! [`typed`] (a tree that [`eval`] walks without allocating). There is one type of number, and a division
//! by zero gives 0, so that nothing can fail.

mod ast;
mod compile;
mod eval;
mod functions;
mod implies;
mod lexer;
mod parser;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
mod typed;
mod written;

use std::ops::Range;

use super::codes::Code;
use super::diagnostic::{Diagnostic, Findings, Span};
use super::facts::FactTable;
use super::syntax::TextMap;
use crate::domain::facts::Facts;

/// A compiled condition.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Condition(typed::Condition);

impl Condition {
    /// The condition that always holds.
    pub(super) const ALWAYS: Self = Self(typed::Condition::Constant(true));

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
    let mut report = Report { map, findings, has_errors: false };
    let tokens = lexer::tokens(text, &mut report);
    let tree = parser::parse(tokens, &mut report)?;
    let condition = compile::compile(&tree, facts, &mut report)?;
    (!report.has_errors).then_some(Condition(condition))
}

/// Where the parts of the compiler report to: places in the text become places in the file.
struct Report<'a> {
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
