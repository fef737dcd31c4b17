//! A decision for people: its sentence, what each step came to, and how everybody who was looked at stood.

use std::fmt::Write as _;

use crate::domain::routing::Decision;
use crate::domain::sentence::sentence;

/// The lines of a decision, each begun with `indent`.
pub fn trace(decision: &Decision, indent: &str) -> String {
    let mut text = format!("{indent}{}\n", sentence(decision));
    let width = decision.steps.iter().map(|step| step.to.to_string().len()).max().unwrap_or(0);
    for step in &decision.steps {
        let to = step.to.to_string();
        let person = step.person.as_ref().map(|person| format!("  ({person})")).unwrap_or_default();
        let number = u32::from(step.step) + 1;
        // Writing to a text cannot fail.
        let _ = writeln!(text, "{indent}  step {number}  {to:width$}  {}{person}", step.outcome.word());
    }
    let width = decision.candidates.iter().map(|one| one.manager.as_str().len()).max().unwrap_or(0);
    for candidate in &decision.candidates {
        let (manager, verdict) = (candidate.manager.as_str(), candidate.verdict.word());
        let room = format!("{} of {}", candidate.load, candidate.capacity);
        let _ = writeln!(text, "{indent}  {manager:width$}  {room:>10}  {verdict}");
    }
    text
}
