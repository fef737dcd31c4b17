//! The service itself: is it alive, is it ready, what does it measure, and what do its problems mean.

use serde::Serialize;
use utoipa::ToSchema;

use crate::http::call::Call;
use crate::http::problem::Problem;
use crate::http::problem_codes::{self as codes, Kind};
use crate::http::reply::{Answer, Reply};

/// How the service is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// `ok`, or `starting`.
    status: &'static str,
    /// How many accounts have a rule file that cannot be used, so that the former rules stay in force; none is left
    /// out. `GET …/rules` says why.
    #[serde(skip_serializing_if = "is_zero")]
    rejected_rule_files: usize,
}

impl Health {
    fn of(status: &'static str) -> Self {
        Self { status, rejected_rule_files: 0 }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// Whether the process is alive.
#[utoipa::path(
    get,
    path = "/healthz",
    responses((status = 200, description = "It is alive.", body = Health))
)]
pub async fn health(_: Call) -> Answer {
    Reply::json(200, &Health::of("ok"))
}

/// Whether it takes work: every account has recovered, and the store takes writes.
#[utoipa::path(
    get,
    path = "/readyz",
    responses(
        (status = 200, description = "It takes work.", body = Health),
        (status = 503, description = "Not yet, or no more.", body = Health),
    )
)]
pub async fn ready(call: Call) -> Answer {
    if call.engine().is_ready() {
        let rejected_rule_files = call.engine().rejected_rule_files();
        return Reply::json(200, &Health { status: "ok", rejected_rule_files });
    }
    Reply::json(503, &Health::of("starting"))
}

/// Metrics in the text format of Prometheus.
#[utoipa::path(
    get,
    path = "/metrics",
    responses((status = 200, description = "The metrics.", body = String, content_type = "text/plain"))
)]
pub async fn metrics(call: Call) -> Answer {
    let page = (call.shared.state.metrics)().await;
    Ok(Reply::whole(200, "text/plain; version=0.0.4; charset=utf-8", page))
}

/// What a kind of problem means.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemKind {
    /// The stable code.
    code: &'static str,
    /// HTTP status.
    status: u16,
    /// A short name.
    title: &'static str,
    /// What it means and what to do.
    meaning: &'static str,
}

impl From<&'static Kind> for ProblemKind {
    fn from(kind: &'static Kind) -> Self {
        Self { code: kind.code, status: kind.status, title: kind.title, meaning: kind.meaning }
    }
}

/// What a problem's `code` means.
#[utoipa::path(
    get,
    path = "/problems/{code}",
    responses((status = 200, description = "The kind of problem.", body = ProblemKind))
)]
pub async fn problem(call: Call) -> Answer {
    let code = call.param("code")?;
    let kind = codes::find(&code).ok_or_else(|| Problem::unknown("problem", &code))?;
    Reply::json(200, &ProblemKind::from(kind))
}
