//! Decisions in JSON: described here, and read back for explanations. They are written in one place only, by
//! `store::decision_json`, so that answers, events, webhooks and explanations cannot differ.

use std::collections::BTreeMap;

use serde::Deserialize;
use utoipa::ToSchema;

use super::time::Time;
use super::who::ResponsibleView;
use super::words;

/// The record of one decision. Fields that say nothing are left out.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[schema(as = Decision)]
pub struct DecisionRecord {
    /// The dialog.
    pub dialog: String,
    /// When.
    pub at: Time,
    /// What asked for it.
    #[schema(schema_with = words::cause)]
    pub cause: String,
    /// The rule set in force: its content hash.
    pub rules: String,
    /// The rule that matched; none: the default assignment, or a choice by hand.
    pub rule: Option<String>,
    /// Tags that the rule puts on the dialog. None while the dialog waits for what is being looked up of the customer,
    /// and none from the default assignment.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The step that chose, or where the dialog waits; from one.
    pub step: Option<u32>,
    /// When that step was entered.
    pub entered_step_at: Option<Time>,
    /// The strategy that picked.
    #[schema(schema_with = words::strategy, required = false)]
    pub strategy: Option<String>,
    /// Each step that was looked at, in order.
    pub steps: Vec<StepRecord>,
    /// The chosen one and the nearest few of the others.
    pub candidates: Vec<CandidateRecord>,
    /// How many managers got each verdict, over everybody the looked-at steps name.
    pub counts: BTreeMap<String, u32>,
    /// Who got it.
    #[schema(value_type = Option<ResponsibleView>)]
    pub choice: Option<BTreeMap<String, String>>,
    /// Until when they may accept, when they are asked whether they take it.
    pub accept_by: Option<Time>,
    /// When those who passed are asked again, if nobody takes it before.
    pub ask_again_at: Option<Time>,
    /// Who had it before.
    #[schema(value_type = Option<ResponsibleView>)]
    pub previous: Option<BTreeMap<String, String>>,
    /// What it led to.
    #[schema(schema_with = words::effect)]
    pub effect: String,
    /// The default assignment was used, for this reason.
    #[schema(schema_with = words::fallback, required = false)]
    pub fallback: Option<String>,
    /// How long the dialog had waited.
    pub waited_seconds: f64,
    /// It waits for what is being looked up of the customer: then, or as soon as that is known, the rules are asked
    /// anew. `rule` is where they stopped.
    pub facts_until: Option<Time>,
    /// What it went by apart from that; with it anybody can be judged again.
    pub basis: Option<BasisRecord>,
    /// All of it in one sentence, in English.
    pub sentence: String,
}

/// What a decision went by.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[schema(as = DecisionBasis)]
pub struct BasisRecord {
    /// The number of the newest record of how managers stood.
    pub stances: u64,
    /// What the dialog costs.
    pub units: f64,
    /// The first step whose people counted, from one: an `only` step sets aside those before it.
    pub from_step: u32,
    /// Who had the last turn, where it was about turns.
    pub turn_after: Option<String>,
    /// Who could not get it, whatever room they had, and why.
    #[serde(default)]
    pub barred: BTreeMap<String, String>,
    /// Groups whose members are never given the dialog.
    #[serde(default)]
    pub excluded_groups: Vec<String>,
}

/// One step as a decision saw it.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[schema(as = DecisionStep)]
pub struct StepRecord {
    /// Number of the step, from one.
    pub step: u32,
    /// Whom the rule file names: `owner`, `group:sales`, …
    pub to: String,
    /// Who that is for this customer, when it is one person.
    pub person: Option<String>,
    /// Who stands in for that person, who is on leave.
    pub deputy: Option<String>,
    /// What it came to.
    #[schema(schema_with = words::step_outcome)]
    pub outcome: String,
    /// Until when it holds the dialog, if it does.
    pub held_until: Option<Time>,
    /// How far the clocks of its schedule are ahead of UTC then, in seconds.
    pub held_zone_seconds: Option<i32>,
    /// How one of several is picked; none where there are not several.
    #[schema(schema_with = words::strategy, required = false)]
    pub pick: Option<String>,
    /// Units that may be booked over a manager's capacity through this step; none when it is zero.
    pub over_capacity_units: Option<f64>,
    /// Names its person present or not: the default assignment to a manager.
    #[serde(default)]
    pub anyway: bool,
    /// Its group had as many dialogs as it may have, and so gave nobody this one; none when it had not.
    pub group_full: Option<GroupUseRecord>,
}

/// How many dialogs came through a group's step and were still assigned.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[schema(as = GroupUse)]
pub struct GroupUseRecord {
    /// Dialogs then.
    pub used: u32,
    /// Dialogs at most.
    pub most: u32,
}

/// One manager as a decision saw them.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[schema(as = Candidate)]
pub struct CandidateRecord {
    /// Who.
    pub manager: String,
    /// Units in use before the decision.
    pub load_units: f64,
    /// Units in all.
    pub capacity_units: f64,
    /// When they last got or finished a dialog.
    pub idle_since: Option<Time>,
    /// What became of them.
    #[schema(schema_with = words::verdict)]
    pub verdict: String,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use serde_json::Value;
    use utoipa::PartialSchema;

    use super::*;
    use crate::domain::ids::{DialogId, GroupId, ManagerId, RuleId, RulesVersion};
    use crate::domain::manager::Absence;
    use crate::domain::routing::{
        Candidate, Cause, Decision, DecisionEffect, FallbackReason, GroupUse, Responsible, StepOutcome,
        StepTrace, Strategy, Target, Verdict,
    };
    use crate::domain::stance::Basis;
    use crate::domain::time::Timestamp;
    use crate::domain::units::Units;
    use crate::store::decision_json::decision_json;

    /// A decision that has everything that any can have.
    fn full() -> Decision {
        let ana = ManagerId::trusted("ana");
        Decision {
            dialog: DialogId::trusted("d1"),
            at: Timestamp::from_secs(60),
            cause: Cause::Opened,
            rules: RulesVersion::trusted("abc"),
            rule: Some(RuleId::trusted("vip")),
            tags: ["vip", "night"].into_iter().collect(),
            step: Some(0),
            entered_step_at: Some(Timestamp::from_secs(30)),
            strategy: Some(Strategy::LeastLoaded),
            steps: vec![StepTrace {
                step: 0,
                to: Target::Group(GroupId::trusted("sales")),
                person: Some(ana.clone()),
                deputy: Some(ana.clone()),
                outcome: StepOutcome::Held { until: Timestamp::from_secs(90), ahead: 3_600 },
                pick: Some(Strategy::LeastLoaded),
                over_capacity: Units::ONE,
                anyway: true,
                group_full: Some(GroupUse { used: 20, most: 20 }),
            }],
            candidates: vec![Candidate {
                manager: ana.clone(),
                load: Units::from_milli(1_500),
                capacity: Units::whole(10),
                idle_since: Some(Timestamp::from_secs(0)),
                verdict: Verdict::Chosen,
            }],
            counts: vec![(Verdict::Chosen, 1), (Verdict::Absent(Absence::Dinner), 2)],
            choice: Some(Responsible::Manager(ana.clone())),
            accept_by: Some(Timestamp::from_secs(120)),
            ask_again_at: Some(Timestamp::from_secs(180)),
            previous: Some(Responsible::Manager(ana)),
            effect: DecisionEffect::Reassigned,
            fallback: Some(FallbackReason::NoRule),
            waited: Duration::from_millis(1_500),
            facts_until: Some(Timestamp::from_micros(182_250_000)),
            basis: Some(Basis {
                number: 7,
                charge: Units::ONE,
                from: 0,
                turn_after: Some(ManagerId::trusted("ana")),
                barred: vec![(ManagerId::trusted("boris"), Verdict::FailedBefore)],
                excluded_groups: vec![GroupId::trusted("night")],
            }),
        }
    }

    fn keys(value: &Value) -> BTreeSet<&str> {
        value.as_object().expect("an object").keys().map(String::as_str).collect()
    }

    #[test]
    fn what_is_described_is_what_the_store_writes() {
        let written: Value = serde_json::from_str(&decision_json(&full())).unwrap();
        let each = [
            (&written, DecisionRecord::schema()),
            (&written["steps"][0], StepRecord::schema()),
            (&written["candidates"][0], CandidateRecord::schema()),
            (&written["basis"], BasisRecord::schema()),
        ];
        for (written, schema) in each {
            let schema = serde_json::to_value(schema).unwrap();
            assert_eq!(keys(written), keys(&schema["properties"]));
        }
    }

    #[test]
    fn an_explanation_reads_what_was_written() {
        let read: DecisionRecord = serde_json::from_str(&decision_json(&full())).unwrap();
        assert_eq!((read.rule.as_deref(), read.step), (Some("vip"), Some(1)));
        assert_eq!(read.tags, ["vip", "night"]);
        assert_eq!((read.steps[0].step, &*read.steps[0].to), (1, "group:sales"));
        assert_eq!((read.candidates[0].load_units, &*read.candidates[0].verdict), (1.5, "chosen"));
        assert_eq!(read.counts["dinner"], 2);
        assert_eq!(read.choice.unwrap()["manager"], "ana");
        assert!(read.sentence.starts_with("Moved from ana to ana"), "{}", read.sentence);
    }
}
