//! Rules: from the text an admin writes to a compiled set that answers for every dialog.
//!
//! The way of a rule file: [`source`] (files to texts) → `syntax` (TOML with spans) → `read` (tables to
//! typed sections; unknown keys are findings) → `check` (what only the whole file shows) → `build` →
//! [`ruleset::RuleSet`]. Conditions are a language of their own and live in `condition`.
//!
//! What a program adds to the files, hours from the CRM, is one more source: [`imported`].
//!
//! A text never fails with an error value and never panics: whatever is wrong with it becomes a
//! [`diagnostic::Diagnostic`], all of them in one run. Deliberately absent: clocks, stores, actors, and
//! any reading of files outside [`source::load`].

mod build;
pub mod cases;
pub mod changes;
mod check;
pub mod codes;
mod compile;
mod condition;
pub mod diagnostic;
mod durations;
pub mod effective;
pub mod facts;
mod fixing;
pub mod format;
pub mod given;
pub mod graph;
pub mod imported;
pub mod language;
mod limits;
mod listing;
mod read;
pub mod render;
pub mod replies;
pub mod roster;
pub mod ruleset;
pub mod schedule;
pub mod source;
mod syntax;

pub use codes::explain_code;
pub use compile::{Compiled, compile, compile_for};
pub use fixing::{Applied, Fixed, fix};
pub use source::{Source, load};

/// A duration as rule files write it, such as `90s` or `1h30m`; `None` when it is none.
pub fn duration(text: &str) -> Option<std::time::Duration> {
    durations::parse(text).ok()
}
