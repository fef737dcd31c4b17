//! What operators see: logs and metrics.
//!
//! Neither holds a secret, a text that a customer wrote, or the id of a dialog or customer as a label.
//! Logs go to stderr, so that what a command prints stays clean.

pub mod logs;
pub mod metrics;
pub mod panics;
