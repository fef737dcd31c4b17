//! Diagnostics as text: for people, for programs, and for a review on GitHub.

mod github;
mod human;
mod json;

use super::diagnostic::{Diagnostic, Severity};

pub use github::github;
pub use human::human;
pub use json::{VERSION as JSON_VERSION, json};

/// How many errors and how many warnings.
pub fn counts(diagnostics: &[Diagnostic]) -> (usize, usize) {
    let errors = diagnostics.iter().filter(|finding| finding.severity == Severity::Error).count();
    (errors, diagnostics.len() - errors)
}
