//! Whoever waits keeps the rules they entered with, over changes of the rules, crashes and restarts.

use super::watch::Asking;
use crate::domain::routing::Decision;
use crate::rules::ruleset::{BotMode, RuleSet};

/// A dialog that waits by a rule is decided by the rule set that it entered with, as long as the bot acts and
/// nobody migrates it.
///
/// # Errors
/// By which set it was decided instead.
pub fn version_is_kept(decision: &Decision, asking: &Asking, in_force: &RuleSet) -> Result<(), String> {
    let Some(entered_with) = &asking.entered_with else { return Ok(()) };
    let is_by_rules = in_force.mode() == BotMode::Enforce && asking.request.only.is_none();
    if !is_by_rules || decision.rules == *entered_with {
        return Ok(());
    }
    Err(format!(
        "{} waits by the rules {entered_with} and was decided by {} ({:?})",
        decision.dialog, decision.rules, decision.rule
    ))
}
