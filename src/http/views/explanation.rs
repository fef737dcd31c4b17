//! Explanations: the decision as it is on record, and why somebody did not get the dialog.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::decision::DecisionRecord;
use super::manager::ManagerView;
use super::time::Time;
use super::who::ResponsibleView;
use super::words;
use crate::desk::view::ManagerView as Now;
use crate::domain::dialog::Dialog;
use crate::domain::manager::Absence;
use crate::domain::routing::{Decision, Verdict};
use crate::domain::sentence::{self, Language};
use crate::domain::stance::Stance;
use crate::domain::units::Units;
use crate::explain::{self, Decided, Explanation};

/// What is told when no rule was ever asked about a dialog.
const NO_RULE_ASKED: [&str; 2] = [
    "No rule was ever asked about this dialog: it was assigned by hand, or not at all.",
    "Nunca se consultó ninguna regla para este diálogo: se asignó a mano o no se asignó.",
];

fn no_rule_asked(language: Language) -> String {
    let [english, spanish] = NO_RULE_ASKED;
    match language {
        Language::English => english.to_owned(),
        Language::Spanish => spanish.to_owned(),
    }
}

/// The languages of explanations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ExplanationLanguage)]
pub enum LanguageWord {
    /// English.
    En,
    /// Spanish.
    Es,
}

impl From<LanguageWord> for Language {
    fn from(word: LanguageWord) -> Self {
        match word {
            LanguageWord::En => Self::English,
            LanguageWord::Es => Self::Spanish,
        }
    }
}

impl From<Language> for LanguageWord {
    fn from(language: Language) -> Self {
        match language {
            Language::English => Self::En,
            Language::Spanish => Self::Es,
        }
    }
}

/// Why a dialog is where it is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Explanation)]
pub struct ExplanationView<'a> {
    /// The decision in one sentence, in the language asked for.
    pub summary: String,
    /// That language.
    pub language: LanguageWord,
    /// The dialog.
    pub dialog: &'a str,
    /// Where it is in its life.
    #[schema(schema_with = words::state)]
    pub state: &'static str,
    /// Who holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub responsible: Option<ResponsibleView<'a>>,
    /// The decision asked for in full, or else the newest; none when no rule was ever asked.
    #[schema(value_type = Option<DecisionRecord>)]
    pub decision: Option<&'a RawValue>,
    /// Its number among the decisions about the dialog, from one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision_number: Option<u32>,
    /// What the rules would have done while the bot only watches.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<DecisionRecord>)]
    pub shadow: Option<&'a RawValue>,
    /// Why that manager did not get it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_not: Option<WhyNotView<'a>>,
    /// All that was decided, oldest first.
    pub history: Vec<DecidedView<'a>>,
}

/// An event that carried a decision, or an assignment by hand.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Decided)]
pub struct DecidedView<'a> {
    /// The event's number.
    pub seq: u64,
    /// The decision's number, to ask for it; none where nothing was decided, or only in the shadow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    /// The event's name.
    pub r#type: &'a str,
    /// When.
    pub at: Time,
    /// What asked for the decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<&'a str>,
    /// The decision in one sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
}

/// Why a manager did not get the dialog by the decision: exact for every manager of the account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WhyNot)]
pub struct WhyNotView<'a> {
    /// The manager.
    pub manager: &'a str,
    /// False when the account never had such a manager, as far as any decision knows.
    pub known: bool,
    /// What the decision made of them; none when no step that counted names them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = words::verdict)]
    pub verdict: Option<&'static str>,
    /// Why, in one word.
    #[schema(schema_with = words::why)]
    pub why: &'static str,
    /// The answer in a sentence or two.
    pub answer: String,
    /// When they were outranked: by what whoever got it came first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = words::edge)]
    pub outranked_by: Option<&'static str>,
    /// How they stood when it was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub then: Option<StanceView>,
    /// How whoever got it stood when it was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub winner_then: Option<StanceView>,
    /// How the manager stands now, which may differ from then; none when there is no such manager, or no server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<ManagerView<'a>>,
}

/// How a manager stood when something was decided.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = Stance)]
pub struct StanceView {
    /// Why they could not take work; none when they could.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = words::absence)]
    absence: Option<&'static str>,
    /// Units in use.
    load_units: f64,
    /// Units in all.
    capacity_units: f64,
    /// When they had last been assigned a dialog.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_assigned_at: Option<Time>,
    /// When they had last got or finished a dialog.
    #[serde(skip_serializing_if = "Option::is_none")]
    idle_since: Option<Time>,
}

impl From<Stance> for StanceView {
    fn from(stance: Stance) -> Self {
        Self {
            absence: stance.absence.map(Absence::word),
            load_units: Units::as_f64(stance.load),
            capacity_units: Units::as_f64(stance.capacity),
            last_assigned_at: Time::of(stance.work.last_assigned_at),
            idle_since: Time::of(stance.work.idle_since),
        }
    }
}

impl<'a> WhyNotView<'a> {
    fn new(
        why_not: &'a explain::WhyNot,
        decision: &Decision,
        language: Language,
        now: Option<&'a Now>,
    ) -> Self {
        use crate::domain::why_not::Why;

        let answer = &why_not.answer;
        let edge = if let Why::Outranked(edge) = &answer.why { edge.as_ref() } else { None };
        Self {
            manager: answer.manager.as_str(),
            known: why_not.is_known || now.is_some(),
            verdict: answer.verdict.map(Verdict::word),
            why: answer.why.word(),
            answer: sentence::why_not(decision, answer, language),
            outranked_by: edge.map(crate::domain::why_not::Edge::word),
            then: answer.stance.map(StanceView::from),
            winner_then: why_not.winner.as_ref().map(|seen| seen.stance.into()),
            now: now.map(ManagerView::from),
        }
    }
}

impl<'a> ExplanationView<'a> {
    /// An explanation for people and programs. `now`: how the manager stands who was asked about.
    pub fn new(
        dialog: &'a Dialog,
        explanation: &'a Explanation,
        language: Language,
        now: Option<&'a Now>,
    ) -> Self {
        let mut number = 0;
        let mut chosen_number = None;
        let mut history = Vec::with_capacity(explanation.history.len());
        for (at, decided) in explanation.history.iter().enumerate() {
            let is_numbered = decided.decision.is_some() && !decided.is_shadow();
            number += u32::from(is_numbered);
            let number = is_numbered.then_some(number);
            if explanation.chosen == Some(at) {
                chosen_number = number;
            }
            history.push(line(decided, number, language));
        }
        let decided = explanation.decided();
        let decision = decided.and_then(|decided| decided.decision.as_ref());
        let why_not = explanation.why_not.as_ref().zip(decision);
        let stored = |decided: &'a Decided| decided.stored.as_deref();
        Self {
            summary: decision
                .map_or_else(|| no_rule_asked(language), |decision| sentence::told(decision, language)),
            language: language.into(),
            dialog: dialog.id.as_str(),
            state: dialog.state.word(),
            responsible: dialog.responsible().map(Into::into),
            decision: decided.and_then(stored),
            decision_number: chosen_number,
            shadow: explanation.shadow().and_then(stored),
            why_not: why_not.map(|(why_not, decision)| WhyNotView::new(why_not, decision, language, now)),
            history,
        }
    }

    /// With the answer for somebody who was asked about when no rule was ever asked.
    #[must_use]
    pub fn or_nobody_asked(
        mut self,
        manager: Option<&'a str>,
        language: Language,
        now: Option<&'a Now>,
    ) -> Self {
        if let (None, Some(manager)) = (&self.why_not, manager) {
            self.why_not = Some(WhyNotView {
                manager,
                known: now.is_some(),
                verdict: None,
                why: "nothing_asked",
                answer: no_rule_asked(language),
                outranked_by: None,
                then: None,
                winner_then: None,
                now: now.map(ManagerView::from),
            });
        }
        self
    }
}

fn line(decided: &Decided, number: Option<u32>, language: Language) -> DecidedView<'_> {
    let event = &decided.event;
    DecidedView {
        seq: event.seq,
        number,
        r#type: &event.name,
        at: Time(event.at),
        cause: event.cause.as_deref(),
        summary: decided.decision.as_ref().map(|decision| sentence::told(decision, language)),
    }
}
