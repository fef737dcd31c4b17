//! Rules: from the text an admin writes to a compiled set that answers for every dialog.
//!
//! The way of a rule file: [`source`] (files to texts) → `syntax` (TOML with spans) → `read` (tables to
//! typed sections; unknown keys are findings) → `check` (what only the whole file shows) → `build` →
//! [`ruleset::RuleSet`]. Conditions are a language of their own and live in `condition`.
//!
//! A text never fails with an error value and never panics: whatever is wrong with it becomes a
//! [`diagnostic::Diagnostic`], all of them in one run. Deliberately absent: clocks, stores, actors, and
//! any reading of files outside [`source::load`].

mod build;
mod check;
pub mod codes;
mod compile;
mod condition;
pub mod diagnostic;
mod durations;
pub mod facts;
mod listing;
mod read;
pub mod render;
pub mod ruleset;
pub mod source;
mod syntax;

pub use codes::explain_code;
pub use compile::{Compiled, compile};
pub use source::{Source, load};
