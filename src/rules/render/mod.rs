//! Diagnostics as text: for people, for programs, for a review on GitHub, and for code scanning.

mod github;
mod human;
mod json;
mod sarif;

use super::diagnostic::{Diagnostic, Severity};

pub use github::github;
pub use human::human;
pub use json::{VERSION as JSON_VERSION, json};
pub use sarif::sarif;

/// How many errors and how many warnings.
pub fn counts(diagnostics: &[Diagnostic]) -> (usize, usize) {
    let errors = diagnostics.iter().filter(|finding| finding.severity == Severity::Error).count();
    (errors, diagnostics.len() - errors)
}
