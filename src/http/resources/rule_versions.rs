//! Versions of rule sets: which there were, and an earlier one put in force again.

use std::sync::Arc;

use super::rules::{Checked, apply, in_force, may_change, may_manage, name};
use crate::domain::ids::RulesVersion;
use crate::engine::rulebook::Edition;
use crate::engine::rules::Application;
use crate::http::call::Call;
use crate::http::page::{self, PageQuery};
use crate::http::problem::Problem;
use crate::http::reply::{Answer, Reply};
use crate::http::views::rule_versions::{PastRulesPage, PastRulesView, Rollback, find_version};
use crate::http::views::rules::RulesView;
use crate::store::change::RulesVia;

/// The rule sets that were in force.
///
/// Each time that one came into force, in order, with when, by whom and why.
#[utoipa::path(
    get,
    path = "/v1/accounts/{account}/rules/history",
    params(PageQuery),
    responses((status = 200, description = "The rule sets, the oldest first.", body = PastRulesPage))
)]
pub async fn history(call: Call) -> Answer {
    let query: PageQuery = call.query()?;
    call.newest_seq()?;
    let mut records = call.store().rules_history(&call.account).await?;
    records.reverse();
    let (records, next) = page::by_place(records, &query)?;
    let items = records.iter().map(PastRulesView::from).collect();
    Reply::json(200, &PastRulesPage { items, next: next.as_deref() })
}

/// A rule set that was in force.
///
/// The version may be cut off, as long as only one version begins like that. Its texts are shown to administrators
/// only.
#[utoipa::path(
    get,
    path = "/v1/accounts/{account}/rules/history/{version}",
    responses((status = 200, description = "The rule set, as it came into force last.", body = PastRulesView))
)]
pub async fn get(call: Call) -> Answer {
    call.newest_seq()?;
    let version = call.param("version")?;
    let record = find_version(&version, call.store().rules_history(&call.account).await?)?;
    let view =
        if may_manage(&call) { PastRulesView::revealing(&record) } else { PastRulesView::from(&record) };
    Reply::json(200, &view)
}

/// Put an earlier rule set in force again.
///
/// It is checked like any other: this version of the server may find errors that an earlier one did not.
#[utoipa::path(
    post,
    path = "/v1/accounts/{account}/rules/rollback",
    request_body = Rollback,
    responses((status = 200, description = "The rule set is in force.", body = RulesView))
)]
pub async fn rollback(call: Call) -> Answer {
    let asked: Rollback = call.json()?;
    in_force(&call)?;
    may_change(&call)?;
    let record = asked.find(call.store().rules_history(&call.account).await?);
    let record = record.map_err(|refusal| Problem::from(refusal).in_body())?;
    let checked = Checked::of_texts(&call, &record.sources).await?;
    let rules = checked.usable()?;
    checked.passes().await?;
    let by = name(&call).await?;
    let sources = Arc::new(checked.texts());
    let edition = Edition { rules, sources, by, via: RulesVia::Rollback, why: asked.why };
    let expected = asked.expected.as_deref().map(RulesVersion::trusted);
    apply(&call, Application { edition, expected, migrate: asked.migrate }, checked.oddities()?).await
}
