//! The shadow: a second rule set that decides beside the live one, acts on nothing, and is compared with it.

use std::sync::Arc;

use super::explanation::language;
use super::rules::{Checked, in_force, name};
use crate::domain::sentence::Language;
use crate::engine::shadow::ShadowState;
use crate::http::call::Call;
use crate::http::problem::Problem;
use crate::http::reply::{Answer, Reply};
use crate::http::views::rules::NewRules;
use crate::http::views::shadow::{ShadowQuery, ShadowSetQuery, ShadowView};
use crate::rules::ruleset::RuleSet;
use crate::store::change::ShadowRecord;

/// The rule set that decides beside the live one.
///
/// Who set it, when and why; how many of its decisions came how near to the live ones, and the latest that differ,
/// each with both sentences. Counts and differences begin anew when the account starts.
#[utoipa::path(
    get,
    path = "/v1/accounts/{account}/rules/shadow",
    params(ShadowQuery),
    responses((status = 200, description = "The shadow.", body = ShadowView))
)]
pub async fn get(call: Call) -> Answer {
    let query: ShadowQuery = call.query()?;
    let language = language(&call, query.language);
    let state = find(&call).await?;
    Reply::json(200, &ShadowView::new(&state, query.limit.unwrap_or(usize::MAX), language))
}

/// Let a rule set decide beside the live one.
///
/// For each live routing decision it is asked the same, about the same dialog, people and load. What it says is
/// compared, counted and, where it differs, kept; nobody acts on it, and it is in nobody's way. It is checked and
/// tested first, as when a set comes into force: with errors the answer is 422, and nothing changes. It replaces a
/// former shadow and outlives restarts. It decides for this account alone, even if others go along with its rules.
///
/// This is not `[bot] mode = "shadow"`: there the *live* rules decide for everybody to see while the default assignment
/// acts.
#[utoipa::path(
    put,
    path = "/v1/accounts/{account}/rules/shadow",
    params(ShadowSetQuery),
    request_body(content((NewRules = "application/json"), (String = "text/plain"))),
    responses((status = 200, description = "It decides from now on.", body = ShadowView))
)]
pub async fn put(call: Call) -> Answer {
    let query: ShadowSetQuery = call.query()?;
    query.check()?;
    in_force(&call)?;
    let checked = Checked::of(&call).await?;
    let rules = checked.usable()?;
    checked.passes().await?;
    let record = ShadowRecord {
        version: Some(rules.version().clone()),
        sources: checked.texts(),
        at: call.shared.state.clock.now(),
        by: name(&call).await?,
        why: query.why,
    };
    set(&call, Some(rules), record).await?;
    let state = find(&call).await?;
    Reply::json(200, &ShadowView::new(&state, usize::MAX, Language::default()))
}

/// End the shadow.
///
/// What it counted and where it differed is forgotten; that there was one stays on record.
#[utoipa::path(
    delete,
    path = "/v1/accounts/{account}/rules/shadow",
    responses((status = 204, description = "No rule set decides beside the live one."))
)]
pub async fn remove(call: Call) -> Answer {
    find(&call).await?;
    let (at, by) = (call.shared.state.clock.now(), name(&call).await?);
    let record = ShadowRecord { version: None, sources: Vec::new(), at, by, why: String::new() };
    set(&call, None, record).await?;
    Ok(Reply::empty())
}

async fn set(call: &Call, rules: Option<Arc<RuleSet>>, record: ShadowRecord) -> Result<(), Problem> {
    Ok(call.engine().set_shadow(&call.account, rules, record).await?)
}

async fn find(call: &Call) -> Result<ShadowState, Problem> {
    in_force(call)?;
    let found = call.engine().shadow(&call.account).await?;
    found.ok_or_else(|| Problem::unknown("shadow", call.account.as_str()))
}
