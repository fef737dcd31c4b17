//! Reports as text for people and as JSON for programs.

mod human;
mod json;
mod trace;

pub use human::human;
pub use json::{VERSION, json};
pub use trace::trace;
