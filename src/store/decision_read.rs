//! The record of a decision read back from its JSON: for explanations in any language, long after.
//!
//! Records of earlier versions lack what later ones added; what is missing is taken as not known.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::words::Word;
use crate::domain::ids::{BotId, DialogId, GroupId, ManagerId, RuleId, RulesVersion};
use crate::domain::routing::{
    Candidate, Cause, Decision, DecisionEffect, FallbackReason, GroupUse, Responsible, StepOutcome,
    StepTrace, Strategy, Target, Verdict,
};
use crate::domain::stance::Basis;
use crate::domain::time::Timestamp;
use crate::domain::units::Units;

/// A decision from the JSON that [`super::decision_json`] writes.
///
/// # Errors
/// What cannot be understood in it.
pub fn decision(json: &str) -> Result<Decision, String> {
    let stored: Stored = serde_json::from_str(json).map_err(|error| error.to_string())?;
    Ok(stored.into())
}

#[derive(Deserialize)]
struct Stored {
    dialog: String,
    at: At,
    cause: Of<Cause>,
    rules: String,
    rule: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    step: Option<u16>,
    entered_step_at: Option<At>,
    strategy: Option<Of<Strategy>>,
    #[serde(deserialize_with = "steps")]
    steps: Vec<StepTrace>,
    candidates: Vec<Listed>,
    counts: BTreeMap<Judged, u32>,
    choice: Option<Who>,
    accept_by: Option<At>,
    ask_again_at: Option<At>,
    previous: Option<Who>,
    effect: Of<DecisionEffect>,
    fallback: Option<Of<FallbackReason>>,
    waited_seconds: f64,
    facts_until: Option<At>,
    basis: Option<WentBy>,
}

#[derive(Deserialize)]
struct Looked {
    step: u16,
    to: Whom,
    person: Option<String>,
    deputy: Option<String>,
    outcome: String,
    held_until: Option<At>,
    #[serde(default)]
    held_zone_seconds: i32,
    pick: Option<Of<Strategy>>,
    #[serde(default)]
    over_capacity_units: Amount,
    #[serde(default)]
    anyway: bool,
    group_full: Option<InUse>,
}

#[derive(Deserialize)]
struct InUse {
    used: u32,
    most: u32,
}

#[derive(Deserialize)]
struct Listed {
    manager: String,
    load_units: Amount,
    capacity_units: Amount,
    idle_since: Option<At>,
    verdict: Judged,
}

#[derive(Deserialize)]
struct WentBy {
    stances: u64,
    units: Amount,
    from_step: u16,
    turn_after: Option<String>,
    #[serde(default)]
    barred: BTreeMap<String, Judged>,
    #[serde(default)]
    excluded_groups: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Who {
    Manager(String),
    Bot(String),
}

impl From<Who> for Responsible {
    fn from(who: Who) -> Self {
        match who {
            Who::Manager(id) => Self::Manager(ManagerId::trusted(&id)),
            Who::Bot(id) => Self::Bot(BotId::trusted(&id)),
        }
    }
}

/// Something that a word stands for.
struct Of<T>(T);

impl<'de, T: Word> Deserialize<'de> for Of<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        T::from_word(&word).map(Self).ok_or_else(|| Error::custom(format!("the word `{word}` is unknown")))
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Judged(Verdict);

impl<'de> Deserialize<'de> for Judged {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        let verdict = Verdict::from_word(&word);
        verdict.map(Self).ok_or_else(|| Error::custom(format!("the verdict `{word}` is unknown")))
    }
}

struct Whom(Target);

impl<'de> Deserialize<'de> for Whom {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let target = Target::from_words(&text);
        target.map(Self).ok_or_else(|| Error::custom(format!("the target `{text}` is unknown")))
    }
}

#[derive(Default)]
struct Amount(Units);

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let units = f64::deserialize(deserializer)?;
        Units::from_f64(units)
            .map(Self)
            .ok_or_else(|| Error::custom(format!("{units} is no amount of units")))
    }
}

struct At(Timestamp);

impl<'de> Deserialize<'de> for At {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let at = chrono::DateTime::parse_from_rfc3339(&text)
            .map_err(|error| Error::custom(format!("`{text}` is no time: {error}")))?;
        Ok(Self(Timestamp::from_micros(at.timestamp_micros())))
    }
}

fn from_one(step: u16) -> u16 {
    step.saturating_sub(1)
}

impl From<Stored> for Decision {
    fn from(stored: Stored) -> Self {
        Self {
            dialog: DialogId::trusted(&stored.dialog),
            at: stored.at.0,
            cause: stored.cause.0,
            rules: RulesVersion::trusted(&stored.rules),
            rule: stored.rule.as_deref().map(RuleId::trusted),
            tags: stored.tags.into_iter().collect(),
            step: stored.step.map(from_one),
            entered_step_at: stored.entered_step_at.map(|at| at.0),
            strategy: stored.strategy.map(|strategy| strategy.0),
            steps: stored.steps,
            candidates: stored.candidates.into_iter().map(Candidate::from).collect(),
            counts: stored.counts.into_iter().map(|(verdict, count)| (verdict.0, count)).collect(),
            choice: stored.choice.map(Responsible::from),
            accept_by: stored.accept_by.map(|at| at.0),
            ask_again_at: stored.ask_again_at.map(|at| at.0),
            previous: stored.previous.map(Responsible::from),
            effect: stored.effect.0,
            fallback: stored.fallback.map(|reason| reason.0),
            waited: Duration::try_from_secs_f64(stored.waited_seconds).unwrap_or_default(),
            facts_until: stored.facts_until.map(|at| at.0),
            basis: stored.basis.map(Basis::from),
        }
    }
}

fn steps<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<StepTrace>, D::Error> {
    let looked = Vec::<Looked>::deserialize(deserializer)?;
    looked.into_iter().map(|step| trace(step).map_err(Error::custom)).collect()
}

fn trace(step: Looked) -> Result<StepTrace, String> {
    let outcome = match (step.held_until, StepOutcome::from_word(&step.outcome)) {
        (Some(until), _) => StepOutcome::Held { until: until.0, ahead: step.held_zone_seconds },
        (None, Some(outcome)) => outcome,
        (None, None) => return Err(format!("the word `{}` is unknown", step.outcome)),
    };
    Ok(StepTrace {
        step: from_one(step.step),
        to: step.to.0,
        person: step.person.as_deref().map(ManagerId::trusted),
        deputy: step.deputy.as_deref().map(ManagerId::trusted),
        outcome,
        pick: step.pick.map(|pick| pick.0),
        over_capacity: step.over_capacity_units.0,
        anyway: step.anyway,
        group_full: step.group_full.map(|InUse { used, most }| GroupUse { used, most }),
    })
}

impl From<Listed> for Candidate {
    fn from(listed: Listed) -> Self {
        Self {
            manager: ManagerId::trusted(&listed.manager),
            load: listed.load_units.0,
            capacity: listed.capacity_units.0,
            idle_since: listed.idle_since.map(|at| at.0),
            verdict: listed.verdict.0,
        }
    }
}

impl From<WentBy> for Basis {
    fn from(basis: WentBy) -> Self {
        let barred = basis.barred.into_iter();
        Self {
            number: basis.stances,
            charge: basis.units.0,
            from: from_one(basis.from_step),
            turn_after: basis.turn_after.as_deref().map(ManagerId::trusted),
            barred: barred.map(|(id, verdict)| (ManagerId::trusted(&id), verdict.0)).collect(),
            excluded_groups: basis.excluded_groups.iter().map(|id| GroupId::trusted(id)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::manager::Absence;
    use crate::domain::tags::Tags;
    use crate::store::decision_json::decision_json;

    fn full() -> Decision {
        let [ana, boris] = ["ana", "boris"].map(ManagerId::trusted);
        let step = |step, to, person: Option<&ManagerId>, outcome| StepTrace {
            step,
            to,
            person: person.cloned(),
            deputy: None,
            outcome,
            pick: person.is_none().then_some(Strategy::RoundRobin),
            over_capacity: Units::from_milli(500),
            anyway: person.is_some(),
            group_full: person.is_none().then_some(GroupUse { used: 3, most: 2 }),
        };
        let candidate = |manager: &ManagerId, verdict| Candidate {
            manager: manager.clone(),
            load: Units::from_milli(1_001),
            capacity: Units::whole(3),
            idle_since: Some(Timestamp::from_micros(1_700_000_000_000_001)),
            verdict,
        };
        Decision {
            dialog: DialogId::trusted("d1"),
            at: Timestamp::from_micros(1_700_000_000_123_456),
            cause: Cause::NoReply,
            rules: RulesVersion::trusted("abc"),
            rule: Some(RuleId::trusted("vip")),
            tags: ["vip", "de \"noche\""].into_iter().collect(),
            step: Some(2),
            entered_step_at: Some(Timestamp::from_secs(30)),
            strategy: Some(Strategy::RoundRobin),
            steps: vec![
                step(0, Target::Owner, Some(&ana), StepOutcome::NobodyPresent),
                step(1, Target::LastManager { within: None }, Some(&boris), StepOutcome::Passed),
                step(2, Target::from_words("group:sales").unwrap(), None, StepOutcome::Chosen),
                step(
                    3,
                    Target::from_words("until_open:office").unwrap(),
                    None,
                    StepOutcome::Held { until: Timestamp::from_secs(1_800_000_000), ahead: 3_600 },
                ),
            ],
            candidates: vec![
                candidate(&boris, Verdict::Chosen),
                candidate(&ana, Verdict::Absent(Absence::WrapUp)),
            ],
            counts: vec![(Verdict::Chosen, 1), (Verdict::Absent(Absence::WrapUp), 1)],
            choice: Some(Responsible::Manager(boris.clone())),
            accept_by: None,
            ask_again_at: None,
            previous: Some(Responsible::Bot(BotId::trusted("helper"))),
            effect: DecisionEffect::Reassigned,
            fallback: Some(FallbackReason::MaxMoves),
            waited: Duration::from_millis(1_500),
            facts_until: Some(Timestamp::from_micros(182_250_000)),
            basis: Some(Basis {
                number: u64::from(u32::MAX) + 7,
                charge: Units::ONE,
                from: 1,
                turn_after: Some(boris),
                barred: vec![(ana, Verdict::FailedBefore)],
                excluded_groups: vec![GroupId::trusted("night")],
            }),
        }
    }

    #[test]
    fn what_was_written_is_read_back() {
        let full = full();
        assert_eq!(decision(&decision_json(&full)), Ok(full.clone()));
        let bare = Decision {
            rule: None,
            tags: Tags::NONE,
            step: None,
            entered_step_at: None,
            strategy: None,
            steps: Vec::new(),
            candidates: Vec::new(),
            counts: Vec::new(),
            choice: None,
            accept_by: None,
            ask_again_at: None,
            previous: None,
            effect: DecisionEffect::Waiting,
            fallback: None,
            facts_until: None,
            basis: None,
            ..full
        };
        let written = decision_json(&bare);
        assert!(!written.contains("tags"), "{written}");
        assert_eq!(decision(&written), Ok(bare));
    }

    #[test]
    fn every_word_leads_back() {
        for verdict in Verdict::PRESENT.into_iter().chain(Absence::ALL.map(Verdict::Absent)) {
            assert_eq!(Verdict::from_word(verdict.word()), Some(verdict));
        }
        for text in ["owner", "last_manager", "everyone", "manager:a:b", "group:g", "bot:b", "until_open:o"] {
            assert_eq!(Target::from_words(text).map(|target| target.to_string()).as_deref(), Some(text));
        }
        assert_eq!(Target::from_words("nobody"), None);
    }

    #[test]
    fn what_cannot_be_understood_is_told() {
        let bad = decision_json(&full()).replace(r#""cause":"no_reply""#, r#""cause":"whim""#);
        assert!(decision(&bad).unwrap_err().contains("the word `whim` is unknown"));
        assert!(decision("{}").is_err());
    }
}
