//! Trying rules before they go live: their own tests, and single questions to the rules in force.

use serde_json::value::RawValue;

use crate::domain::ids::RuleId;
use crate::engine::EngineError;
use crate::engine::supposing::WhatIf;
use crate::http::call::Call;
use crate::http::reply::{Answer, JSON, Reply, internal};
use crate::http::resources::rules::sources_of;
use crate::http::views::rules::NewRules;
use crate::http::views::trial::{RouteAnswer, RouteQuestion, RulesTest};
use crate::store::decision_json::decision_json;
use crate::trial::{self, render};

/// Play a rule set's tests.
///
/// Changes nothing. Its `[[test]]` tables are played on a clock that jumps, by the same desk and dialogs that serve
/// customers. The answer is the same document that `reparto rules test --format json` prints. A text body is one file.
#[utoipa::path(
    post,
    path = "/v1/accounts/{account}/rules/test",
    request_body(content((NewRules = "application/json"), (String = "text/plain"))),
    responses((status = 200, description = "What came of each test, and what they reach.", body = RulesTest))
)]
pub async fn test(call: Call) -> Answer {
    call.newest_seq()?;
    let sources = sources_of(&call)?;
    // Accounts live on this thread, and a file may have many tests.
    let playing = tokio::task::spawn_blocking(move || render::json(&trial::run(&sources), &sources));
    let document = playing.await.map_err(|error| internal(format!("rules could not be tried: {error}")))?;
    Ok(Reply::whole(200, JSON, document))
}

/// Ask where a dialog would go.
///
/// Changes nothing: the rules in force decide about a dialog that is not opened, with the account's people as they are
/// now. A channel and a customer that are on record are taken from there, with the given facts over them.
#[utoipa::path(
    post,
    path = "/v1/accounts/{account}/rules/route",
    request_body = RouteQuestion,
    responses((status = 200, description = "The decision.", body = RouteAnswer))
)]
pub async fn route(call: Call) -> Answer {
    call.newest_seq()?;
    let question: RouteQuestion = call.json()?;
    let in_force = call.engine().rules(&call.account).ok_or(EngineError::Stopping)?;
    let (given, customer, at) = question.into_domain(&in_force.edition.rules)?;
    let supposed = call.engine().suppose(&call.account, WhatIf { given, customer, at }).await?;
    let decision = RawValue::from_string(decision_json(&supposed.decision));
    let decision = decision.map_err(|error| internal(format!("a decision is no JSON: {error}")))?;
    let rules = supposed.decision.rules.clone();
    let close = supposed.close.as_ref().map(RuleId::as_str);
    Reply::json(200, &RouteAnswer::of(rules.as_str(), &decision, supposed.priority.as_deref(), close))
}
