//! What another rule set would do to the account as it is now.

use super::rules::{Checked, in_force};
use crate::desk::diff::diff;
use crate::http::call::Call;
use crate::http::reply::{Answer, Reply, internal};
use crate::http::views::rule_diff::{DiffQuery, RulesDiff};
use crate::http::views::rules::NewRules;
use crate::rules::Source;
use crate::rules::changes::changes;

/// Find out what a rule set would do.
///
/// Changes nothing. The answer says what the texts say differently, and what would become of the dialogs there are if
/// the set came into force now: found out on a copy of the account by the same code that would do it.
#[utoipa::path(
    post,
    path = "/v1/accounts/{account}/rules/diff",
    params(DiffQuery),
    request_body(content((NewRules = "application/json"), (String = "text/plain"))),
    responses((status = 200, description = "What would change.", body = RulesDiff))
)]
pub async fn find(call: Call) -> Answer {
    let DiffQuery { migrate } = call.query()?;
    let rules = in_force(&call)?;
    let checked = Checked::of(&call).await?;
    let new = checked.usable()?;
    let desk = call.engine().desk(&call.account).await?;
    let now = call.shared.state.clock.now();
    // A queue may be long, and accounts live on this thread.
    let finding = tokio::task::spawn_blocking(move || {
        let source = |(name, text): &(String, String)| Source::new(name.clone(), text.clone());
        let before: Vec<_> = rules.edition.sources.iter().map(source).collect();
        let (from, to) = (rules.edition.version().to_string(), new.version().to_string());
        let found = diff(&desk, &new, migrate, now);
        RulesDiff::new(from, to, migrate, changes(&before, checked.sources()), found)
    });
    let found = finding.await.map_err(|error| internal(format!("rules could not be compared: {error}")))?;
    Reply::json(200, &found)
}
