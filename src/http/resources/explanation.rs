//! Explanations: the decisions about a dialog, and why somebody did not get it.

use serde::Deserialize;
use utoipa::IntoParams;

use super::{dialogs, managers};
use crate::domain::sentence::Language;
use crate::explain::{ExplainError, Question, explain};
use crate::http::call::Call;
use crate::http::problem::Problem;
use crate::http::reply::{Answer, Reply, internal};
use crate::http::views::explanation::{ExplanationView, LanguageWord};
use crate::http::views::id::ManagerKey;
use crate::store::StoreError;

/// What to explain.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ExplanationQuery {
    /// Also say why this manager did not get the dialog.
    pub why_not: Option<ManagerKey>,
    /// Which decision, from one, the oldest first; the newest when missing.
    pub decision: Option<u32>,
    /// The language of sentences; when missing, the first of `Accept-Language` that there is, or else English.
    #[param(inline)]
    pub language: Option<LanguageWord>,
}

/// Why a dialog is where it is.
///
/// A decision as it is on record: rule, step, strategy, candidates, counts; in one sentence first, in English or
/// Spanish. With `why_not`, what it made of one manager: exact for anybody, since how everybody stood is on record too.
#[utoipa::path(
    get,
    path = "/v1/accounts/{account}/dialogs/{dialog}/explanation",
    params(ExplanationQuery),
    responses((status = 200, description = "The explanation.", body = ExplanationView))
)]
pub async fn get(call: Call) -> Answer {
    let query: ExplanationQuery = call.query()?;
    let dialog = dialogs::find(&call).await?;
    let language = language(&call, query.language);
    let manager = query.why_not.map(|key| key.0);
    let now = match &manager {
        Some(manager) => managers::find(&call, manager).await?,
        None => None,
    };
    let question = Question { decision: query.decision, why_not: manager.clone() };
    let explanation =
        explain(call.store(), &call.account, &dialog.id, &question).await.map_err(|error| match error {
            ExplainError::NoDecision { asked, .. } => Problem::unknown("decision", &asked.to_string()),
            ExplainError::Store(StoreError::Corrupt(problem)) => internal(problem),
            ExplainError::Store(error @ StoreError::Unavailable(_)) => error.into(),
        })?;
    let view = ExplanationView::new(&dialog, &explanation, language, now.as_ref());
    let manager = manager.as_ref().map(crate::domain::ids::ManagerId::as_str);
    Reply::json(200, &view.or_nobody_asked(manager, language, now.as_ref()))
}

/// The language that a caller wants.
pub(super) fn language(call: &Call, wanted: Option<LanguageWord>) -> Language {
    let accepted = || Language::accepted(call.header("accept-language")?);
    wanted.map(Language::from).or_else(accepted).unwrap_or_default()
}
