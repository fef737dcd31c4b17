//! Explanations: the decision as it is on record, and why somebody did not get the dialog.

use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::decision::{CandidateRecord, DecisionRecord};
use super::manager::ManagerView;
use super::time::Time;
use super::who::ResponsibleView;
use super::words;

/// Why a dialog is where it is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Explanation)]
pub struct ExplanationView<'a> {
    /// The newest decision in one sentence: the record's own.
    pub summary: String,
    /// The dialog.
    pub dialog: &'a str,
    /// Where it is in its life.
    #[schema(schema_with = words::state)]
    pub state: &'static str,
    /// Who holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub responsible: Option<ResponsibleView<'a>>,
    /// The newest decision in full; none when no rule was ever asked.
    #[schema(value_type = Option<DecisionRecord>)]
    pub decision: Option<&'a RawValue>,
    /// What the rules would have done while the bot only watches.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<DecisionRecord>)]
    pub shadow: Option<&'a RawValue>,
    /// Why that manager did not get it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_not: Option<WhyNot<'a>>,
    /// All events with decisions, oldest first.
    pub history: Vec<DecidedView<'a>>,
}

/// An event that carried a decision.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Decided)]
pub struct DecidedView<'a> {
    /// The event's number.
    pub seq: u64,
    /// Its name.
    pub r#type: &'a str,
    /// When.
    pub at: Time,
    /// What asked for the decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<&'a str>,
}

/// Why a manager did not get the dialog.
#[derive(Debug, Serialize, ToSchema)]
pub struct WhyNot<'a> {
    /// The manager.
    pub manager: &'a str,
    /// What the decision recorded of them; none when they are not among the recorded candidates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<String>,
    /// The answer in a sentence or two.
    pub answer: String,
    /// How the manager stands now, which may differ from then; none when there is no such manager.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<ManagerView<'a>>,
}

fn winner(record: &DecisionRecord) -> Option<String> {
    let (kind, id) = record.choice.as_ref()?.first_key_value()?;
    Some(if kind == "manager" { id.clone() } else { format!("{kind} {id}") })
}

/// Words of the API for people.
fn plain(word: &str) -> String {
    word.replace('_', " ")
}

/// What the record says of somebody whom it lists.
fn of_candidate(candidate: &CandidateRecord, record: &DecisionRecord) -> String {
    let CandidateRecord { manager, load_units, capacity_units, idle_since: _, verdict } = candidate;
    let in_use = format!("{load_units} of {capacity_units} units in use");
    match verdict.as_str() {
        "chosen" => format!("{manager} did get it."),
        "outranked" => match (winner(record), &record.strategy) {
            (Some(winner), Some(strategy)) => {
                let strategy = plain(strategy);
                format!("{manager} could have taken it ({in_use}), but by {strategy} {winner} came first.")
            }
            (Some(winner), None) => {
                format!("{manager} could have taken it ({in_use}), but an earlier step chose {winner}.")
            }
            (None, _) => format!("{manager} had room ({in_use}), but nobody was chosen."),
        },
        "over_capacity" => format!("{manager} was present but had not enough room: {in_use}."),
        "failed_before" => {
            format!("It had just been taken from {manager}, and does not go straight back.")
        }
        absence => format!("{manager} could not take work then: {}.", plain(absence)),
    }
}

/// What is known of somebody whom the record does not list: all listed ones are also counted, so what the
/// counts leave over are the others whom its steps name.
fn of_unlisted(manager: &str, record: &DecisionRecord) -> String {
    if record.steps.is_empty() {
        return format!(
            "The decision looked at no step of a rule, and so at nobody; {manager} was not asked."
        );
    }
    let listed = |verdict: &str| {
        let same = |candidate: &&CandidateRecord| candidate.verdict == verdict;
        u32::try_from(record.candidates.iter().filter(same).count()).unwrap_or(u32::MAX)
    };
    let others: Vec<_> = record
        .counts
        .iter()
        .map(|(verdict, count)| (verdict, count.saturating_sub(listed(verdict))))
        .filter(|(_, count)| *count > 0)
        .collect();
    let targets: Vec<_> = record.steps.iter().map(|step| step.to.as_str()).collect();
    let targets = targets.join(", ");
    if others.is_empty() {
        // A step with `only` sets aside whoever the steps before it name.
        let set_aside =
            if record.steps.len() > 1 { ", or only a step that a later one replaced" } else { "" };
        return format!(
            "No step that was reached names {manager}{set_aside}. The steps reached go to: {targets}. Everybody \
             who was considered is among the candidates."
        );
    }
    let total: u32 = others.iter().map(|(_, count)| count).sum();
    let others: Vec<_> =
        others.into_iter().map(|(verdict, count)| format!("{count} {}", plain(verdict))).collect();
    format!(
        "It is not on record. The record lists the {} nearest candidates, and {manager} is not among them: either \
         they were one of the {total} others who were considered ({}), or no step that was reached names them. The \
         steps reached go to: {targets}.",
        record.candidates.len(),
        others.join(", ")
    )
}

/// Why a manager did not get the dialog by this decision: the recorded verdict, if there is one, and a sentence.
pub fn why_not(record: &DecisionRecord, manager: &str) -> (Option<String>, String) {
    match record.candidates.iter().find(|candidate| candidate.manager == manager) {
        Some(candidate) => (Some(candidate.verdict.clone()), of_candidate(candidate, record)),
        None => (None, of_unlisted(manager, record)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> DecisionRecord {
        let candidate = |manager: &str, load: f64, verdict: &str| serde_json::json!({"manager": manager, "load_units": load, "capacity_units": 10, "verdict": verdict});
        serde_json::from_value(serde_json::json!({
            "dialog": "d1", "at": "2026-03-02T10:00:00Z", "rules": "abc", "waited_seconds": 0, "sentence": "s",
            "cause": "opened", "rule": "vip", "step": 1, "strategy": "least_loaded", "effect": "assigned",
            "choice": {"manager": "ana"},
            "steps": [{"step": 1, "to": "group:sales", "outcome": "chosen"}],
            "candidates": [
                candidate("ana", 1.0, "chosen"),
                candidate("boris", 2.5, "outranked"),
                candidate("clara", 10.0, "over_capacity"),
                candidate("dan", 0.0, "wrap_up"),
            ],
            "counts": {"chosen": 1, "outranked": 1, "over_capacity": 1, "wrap_up": 1},
        }))
        .unwrap()
    }

    fn answer(record: &DecisionRecord, manager: &str) -> String {
        why_not(record, manager).1
    }

    #[test]
    fn each_verdict_has_its_sentence() {
        let record = record();
        assert_eq!(why_not(&record, "boris").0.as_deref(), Some("outranked"));
        assert_eq!(
            answer(&record, "boris"),
            "boris could have taken it (2.5 of 10 units in use), but by least loaded ana came first."
        );
        assert_eq!(answer(&record, "ana"), "ana did get it.");
        assert_eq!(
            answer(&record, "clara"),
            "clara was present but had not enough room: 10 of 10 units in use."
        );
        assert_eq!(answer(&record, "dan"), "dan could not take work then: wrap up.");
    }

    #[test]
    fn a_choice_without_strategy_was_an_earlier_steps() {
        let record = DecisionRecord { strategy: None, ..record() };
        assert!(answer(&record, "boris").ends_with("but an earlier step chose ana."));
    }

    #[test]
    fn whoever_is_not_listed_where_all_are_was_not_named() {
        assert_eq!(
            why_not(&record(), "zoe"),
            (
                None,
                "No step that was reached names zoe. The steps reached go to: group:sales. Everybody who was \
                 considered is among the candidates."
                    .to_owned()
            )
        );
        let nobody_asked =
            DecisionRecord { steps: Vec::new(), candidates: Vec::new(), counts: [].into(), ..record() };
        assert!(answer(&nobody_asked, "zoe").starts_with("The decision looked at no step"));
    }

    #[test]
    fn of_many_it_says_what_the_counts_tell_and_what_they_do_not() {
        let mut record = record();
        record.counts.insert("outranked".to_owned(), 31);
        record.counts.insert("offline".to_owned(), 4);
        let told = answer(&record, "zoe");
        assert!(told.starts_with("It is not on record. The record lists the 4 nearest candidates"), "{told}");
        assert!(
            told.contains("one of the 34 others who were considered (4 offline, 30 outranked)"),
            "{told}"
        );
    }
}
