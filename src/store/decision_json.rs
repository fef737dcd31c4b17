//! The record of a decision as JSON: what explanations, audits and replays read.
//!
//! Steps count from one, loads are in units, spans in seconds; what is absent is left out. The record's
//! sequence number is that of the event that carries it. `sentence` tells it to a person.

use std::sync::Arc;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::event_json::{Party, Shown, to_json};
use super::moment::Rfc3339;
use crate::domain::ids::{GroupId, ManagerId, RuleId};
use crate::domain::routing::{
    Candidate, Decision, FallbackReason, GroupUse, StepOutcome, StepTrace, Strategy, Target, Verdict,
};
use crate::domain::sentence::sentence;
use crate::domain::stance::Basis;
use crate::domain::units::Units;

/// A decision as a JSON object.
pub fn decision_json(decision: &Decision) -> String {
    to_json(&DecisionView::from(decision))
}

/// A decision, ready to be written into JSON: the one shape that events, answers and explanations share.
#[derive(Debug, Serialize)]
pub struct DecisionView<'a> {
    dialog: &'a str,
    at: Rfc3339,
    cause: &'static str,
    rules: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    tags: &'a [Arc<str>],
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entered_step_at: Option<Rfc3339>,
    #[serde(skip_serializing_if = "Option::is_none")]
    strategy: Option<&'static str>,
    steps: Each<'a, StepTrace>,
    candidates: Each<'a, Candidate>,
    counts: Counts<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    choice: Option<Party<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    accept_by: Option<Rfc3339>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ask_again_at: Option<Rfc3339>,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<Party<'a>>,
    effect: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    fallback: Option<&'static str>,
    waited_seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    facts_until: Option<Rfc3339>,
    #[serde(skip_serializing_if = "Option::is_none")]
    basis: Option<BasisView<'a>>,
    sentence: String,
}

impl<'a> From<&'a Decision> for DecisionView<'a> {
    fn from(decision: &'a Decision) -> Self {
        let Decision {
            dialog,
            at,
            cause,
            rules,
            rule,
            tags,
            step,
            entered_step_at,
            strategy,
            steps,
            candidates,
            counts,
            choice,
            accept_by,
            ask_again_at,
            previous,
            effect,
            fallback,
            waited,
            facts_until,
            basis,
        } = decision;
        Self {
            dialog: dialog.as_str(),
            at: Rfc3339(*at),
            cause: cause.word(),
            rules: rules.as_str(),
            rule: rule.as_ref().map(RuleId::as_str),
            tags: tags.names(),
            step: step.map(|step| u32::from(step) + 1),
            entered_step_at: entered_step_at.map(Rfc3339),
            strategy: strategy.map(Strategy::word),
            steps: Each(steps),
            candidates: Each(candidates),
            counts: Counts(counts),
            choice: choice.as_ref().map(Party::from),
            accept_by: accept_by.map(Rfc3339),
            ask_again_at: ask_again_at.map(Rfc3339),
            previous: previous.as_ref().map(Party::from),
            effect: effect.word(),
            fallback: fallback.map(FallbackReason::word),
            waited_seconds: waited.as_secs_f64(),
            facts_until: facts_until.map(Rfc3339),
            basis: basis.as_ref().map(BasisView::from),
            // Subscribers read one language; explanations are told in the reader's.
            sentence: sentence(decision),
        }
    }
}

/// A list whose items are shown by their views.
#[derive(Debug)]
struct Each<'a, T>(&'a [T]);

impl Serialize for Each<'_, StepTrace> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(StepView::from))
    }
}

impl Serialize for Each<'_, Candidate> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let views =
            self.0.iter().map(|Candidate { manager, load, capacity, idle_since, verdict }| CandidateView {
                manager: manager.as_str(),
                load_units: Amount(*load),
                capacity_units: Amount(*capacity),
                idle_since: idle_since.map(Rfc3339),
                verdict: verdict.word(),
            });
        serializer.collect_seq(views)
    }
}

#[derive(Serialize)]
struct StepView<'a> {
    step: u32,
    to: Shown<&'a Target>,
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deputy: Option<&'a str>,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    held_until: Option<Rfc3339>,
    #[serde(skip_serializing_if = "Option::is_none")]
    held_zone_seconds: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pick: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    over_capacity_units: Option<Amount>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    anyway: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_full: Option<UseView>,
}

#[derive(Serialize)]
struct UseView {
    used: u32,
    most: u32,
}

impl<'a> From<&'a StepTrace> for StepView<'a> {
    fn from(trace: &'a StepTrace) -> Self {
        let StepTrace { step, to, person, deputy, outcome, pick, over_capacity, anyway, group_full } = trace;
        let (held_until, held_zone_seconds) = match outcome {
            StepOutcome::Held { until, ahead } => (Some(Rfc3339(*until)), Some(*ahead)),
            StepOutcome::Chosen
            | StepOutcome::NoSuchPerson
            | StepOutcome::NobodyPresent
            | StepOutcome::Full
            | StepOutcome::Passed
            | StepOutcome::TargetMissing
            | StepOutcome::Excluded
            | StepOutcome::GroupFull
            | StepOutcome::NobodyAccepted => (None, None),
        };
        Self {
            step: u32::from(*step) + 1,
            to: Shown(to),
            person: person.as_ref().map(ManagerId::as_str),
            deputy: deputy.as_ref().map(ManagerId::as_str),
            outcome: outcome.word(),
            held_until,
            held_zone_seconds,
            pick: pick.map(Strategy::word),
            over_capacity_units: Some(Amount(*over_capacity)).filter(|over| over.0 > Units::ZERO),
            anyway: *anyway,
            group_full: group_full.map(|GroupUse { used, most }| UseView { used, most }),
        }
    }
}

/// What a decision went by. The number leads to how everybody stood then.
#[derive(Debug, Serialize)]
struct BasisView<'a> {
    stances: u64,
    units: Amount,
    from_step: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    turn_after: Option<&'a str>,
    #[serde(skip_serializing_if = "Barred::is_empty")]
    barred: Barred<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    excluded_groups: Vec<&'a str>,
}

impl<'a> From<&'a Basis> for BasisView<'a> {
    fn from(basis: &'a Basis) -> Self {
        let Basis { number, charge, from, turn_after, barred, excluded_groups } = basis;
        Self {
            stances: *number,
            units: Amount(*charge),
            from_step: u32::from(*from) + 1,
            turn_after: turn_after.as_ref().map(ManagerId::as_str),
            barred: Barred(barred),
            excluded_groups: excluded_groups.iter().map(GroupId::as_str).collect(),
        }
    }
}

/// Manager to verdict.
#[derive(Debug)]
struct Barred<'a>(&'a [(ManagerId, Verdict)]);

impl Barred<'_> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Barred<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(manager, verdict)| (manager.as_str(), verdict.word())))
    }
}

#[derive(Serialize)]
struct CandidateView<'a> {
    manager: &'a str,
    load_units: Amount,
    capacity_units: Amount,
    #[serde(skip_serializing_if = "Option::is_none")]
    idle_since: Option<Rfc3339>,
    verdict: &'static str,
}

/// Units as a number: whole where they are whole.
#[derive(Debug)]
struct Amount(Units);

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let milli = self.0.milli();
        if milli.is_multiple_of(1_000) {
            serializer.serialize_u32(milli / 1_000)
        } else {
            serializer.serialize_f64(self.0.as_f64())
        }
    }
}

/// Verdict to number.
#[derive(Debug)]
struct Counts<'a>(&'a [(Verdict, u32)]);

impl Serialize for Counts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (verdict, count) in self.0 {
            map.serialize_entry(verdict.word(), count)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::ids::{DialogId, RulesVersion};
    use crate::domain::routing::{Cause, DecisionEffect, Responsible};
    use crate::domain::time::Timestamp;

    #[test]
    fn the_shape_is_stable() {
        let boris = ManagerId::trusted("boris");
        let decision = Decision {
            dialog: DialogId::trusted("d1"),
            at: Timestamp::from_secs(60),
            cause: Cause::Opened,
            rules: RulesVersion::trusted("abc"),
            rule: Some(RuleId::trusted("standard")),
            tags: ["vip"].into_iter().collect(),
            step: Some(0),
            entered_step_at: Some(Timestamp::from_secs(0)),
            strategy: Some(Strategy::LeastLoaded),
            steps: vec![StepTrace {
                step: 0,
                to: Target::Everyone,
                person: None,
                deputy: None,
                outcome: StepOutcome::Chosen,
                pick: Some(Strategy::LeastLoaded),
                over_capacity: Units::ZERO,
                anyway: false,
                group_full: None,
            }],
            candidates: vec![Candidate {
                manager: boris.clone(),
                load: Units::from_milli(2_500),
                capacity: Units::whole(10),
                idle_since: None,
                verdict: Verdict::Chosen,
            }],
            counts: vec![(Verdict::Chosen, 1), (Verdict::Outranked, 3)],
            choice: Some(Responsible::Manager(boris)),
            accept_by: None,
            ask_again_at: None,
            previous: None,
            effect: DecisionEffect::Assigned,
            fallback: None,
            waited: Duration::from_millis(60_500),
            facts_until: None,
            basis: Some(Basis {
                number: 7,
                charge: Units::from_milli(500),
                from: 0,
                turn_after: None,
                barred: vec![(ManagerId::trusted("ana"), Verdict::FailedBefore)],
                excluded_groups: Vec::new(),
            }),
        };
        let expected = concat!(
            r#"{"dialog":"d1","at":"1970-01-01T00:01:00.000000Z","cause":"opened","rules":"abc","rule":"standard","#,
            r#""tags":["vip"],"step":1,"entered_step_at":"1970-01-01T00:00:00.000000Z","strategy":"least_loaded","#,
            r#""steps":[{"step":1,"to":"everyone","outcome":"chosen","pick":"least_loaded"}],"#,
            r#""candidates":[{"manager":"boris","load_units":2.5,"capacity_units":10,"verdict":"chosen"}],"#,
            r#""counts":{"chosen":1,"outranked":3},"choice":{"manager":"boris"},"effect":"assigned","#,
            r#""waited_seconds":60.5,"basis":{"stances":7,"units":0.5,"from_step":1,"barred":{"ana":"failed_before"}},"#,
            r#""sentence":"Went to boris by rule standard, step 1: of four present boris has room (2.5 of 10)."}"#
        );
        assert_eq!(decision_json(&decision), expected);
    }
}
