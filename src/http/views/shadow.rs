//! A shadow in JSON: which rules decide beside the live ones, how near they came, and where they differ.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::explanation::LanguageWord;
use super::rule_versions::check_why;
use super::rules::SourceView;
use super::time::Time;
use super::who::ResponsibleView;
use super::words;
use crate::desk::shadow::{Difference, ShadowReport};
use crate::domain::agreement::{Agreement, Tally};
use crate::domain::refusal::Refusal;
use crate::domain::routing::Decision;
use crate::domain::sentence::{self, Language};
use crate::engine::shadow::ShadowState;

/// What goes with a shadow that is set, as parameters, so that a body may be a plain text.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ShadowSetQuery {
    /// What for, in a sentence; it is kept.
    #[param(max_length = 500)]
    #[serde(default)]
    pub why: String,
}

impl ShadowSetQuery {
    /// Whether it can be kept.
    ///
    /// # Errors
    /// [`Refusal::BadValue`] for a reason that is too long or not printable.
    pub fn check(&self) -> Result<(), Refusal> {
        check_why(&self.why)
    }
}

/// How a shadow is shown.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ShadowQuery {
    /// At most this many of the latest differences; all that are kept when missing.
    #[param(minimum = 0, maximum = 200)]
    pub limit: Option<usize>,
    /// The language of sentences; when missing, the first of `Accept-Language` that there is, or else English.
    #[param(inline)]
    pub language: Option<LanguageWord>,
}

/// A rule set that decides beside the live one and acts on nothing.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Shadow)]
pub struct ShadowView<'a> {
    /// Its content hash.
    pub version: &'a str,
    /// When it was set.
    pub applied_at: Time,
    /// Who brought it.
    pub applied_by: &'a str,
    /// What for, in the words of whoever brought it.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub why: &'a str,
    /// `deciding`, `stopped` (it panicked and was given up; live decisions went on), or `unreadable` (this version
    /// of the server finds errors in it).
    pub state: &'static str,
    /// Since when decisions are counted: since it was set, or the account started after that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counting_since: Option<Time>,
    /// How many decisions came how near.
    pub decisions: AgreementView,
    /// The latest decisions on which the two differ, the newest first; at most 200 are kept.
    pub differences: Vec<DifferenceView<'a>>,
    /// Its files in order.
    pub sources: Vec<SourceView<'a>>,
}

/// How many decisions of a shadow came how near to the live ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ShadowAgreement)]
pub struct AgreementView {
    /// The same came of it, by the same rule and step.
    same: u64,
    /// The same came of it, by another rule or step.
    rule: u64,
    /// It went to somebody else.
    manager: u64,
    /// One of them gave it to somebody, and the other let it wait, held it or asked a bot.
    outcome: u64,
}

impl From<Tally> for AgreementView {
    fn from(tally: Tally) -> Self {
        Self {
            same: tally.count(Agreement::Same),
            rule: tally.count(Agreement::Rule),
            manager: tally.count(Agreement::Manager),
            outcome: tally.count(Agreement::Outcome),
        }
    }
}

/// A decision on which the two sets differ.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ShadowDifference)]
pub struct DifferenceView<'a> {
    /// When.
    pub at: Time,
    /// The dialog.
    pub dialog: &'a str,
    /// What asked for the decision.
    #[schema(schema_with = words::cause)]
    pub cause: &'static str,
    /// In what they differ.
    #[schema(schema_with = words::agreement)]
    pub agreement: &'static str,
    /// Both in a sentence each.
    pub summary: String,
    /// What the live rules decided.
    pub live: SideView<'a>,
    /// What the shadow would have decided.
    pub shadow: SideView<'a>,
}

/// One side of a difference.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ShadowSide)]
pub struct SideView<'a> {
    /// In one sentence, in the language asked for.
    pub summary: String,
    /// The rule; none: no rule matched, or the bot does not act.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<&'a str>,
    /// The step that chose, or where the dialog waits; from one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<u32>,
    /// Who gets it; none while it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub responsible: Option<ResponsibleView<'a>>,
}

impl<'a> SideView<'a> {
    fn new(decision: &'a Decision, language: Language) -> Self {
        Self {
            summary: sentence::told(decision, language),
            rule: decision.rule.as_ref().map(crate::domain::ids::RuleId::as_str),
            step: decision.step.map(|step| u32::from(step) + 1),
            responsible: decision.choice.as_ref().map(ResponsibleView::from),
        }
    }
}

impl<'a> DifferenceView<'a> {
    fn new(difference: &'a Difference, language: Language) -> Self {
        let Difference { agreement, live, shadow } = difference;
        Self {
            at: Time(live.at),
            dialog: live.dialog.as_str(),
            cause: live.cause.word(),
            agreement: agreement.word(),
            summary: sentence::side_by_side(live, shadow, language),
            live: SideView::new(live, language),
            shadow: SideView::new(shadow, language),
        }
    }
}

impl<'a> ShadowView<'a> {
    /// A shadow with at most so many differences.
    pub fn new(state: &'a ShadowState, most: usize, language: Language) -> Self {
        let ShadowState { record, report } = state;
        let report = report.as_ref();
        let word = match report {
            None => "unreadable",
            Some(ShadowReport { stopped_at: Some(_), .. }) => "stopped",
            Some(_) => "deciding",
        };
        let differences = report.map_or(&[][..], |report| &report.differences).iter().take(most);
        Self {
            version: record.version.as_ref().map_or("", |version| version.as_str()),
            applied_at: Time(record.at),
            applied_by: &record.by,
            why: &record.why,
            state: word,
            counting_since: report.map(|report| Time(report.since)),
            decisions: report.map(|report| report.tally).unwrap_or_default().into(),
            differences: differences.map(|difference| DifferenceView::new(difference, language)).collect(),
            sources: SourceView::all(&record.sources),
        }
    }
}
