//! Rule sets: which is in force, which were, what is wrong with one, and putting another in force.

use std::sync::Arc;

use serde_json::value::RawValue;

use crate::engine::rulebook::Origin;
use crate::http::auth::permission::{Permission, Principal};
use crate::http::body::Format;
use crate::http::call::Call;
use crate::http::page::{self, PageQuery};
use crate::http::problem::Problem;
use crate::http::problem_codes as codes;
use crate::http::reply::{Answer, JSON, Reply, internal};
use crate::http::views::rules::{NewRules, PastRulesPage, PastRulesView, RulesCheck, RulesView};
use crate::rules::ruleset::RuleSet;
use crate::rules::{Compiled, Source, compile, render};
use crate::store::change::{Role, RulesRecord};

/// The rule set in force.
///
/// Since when and by whom. Its files are shown to administrators only.
#[utoipa::path(
    get,
    path = "/v1/accounts/{account}/rules",
    responses((status = 200, description = "The rule set.", body = RulesView))
)]
pub async fn get(call: Call) -> Answer {
    call.newest_seq()?;
    let rules = call.engine().rules();
    let record = record(&call, &rules).await?;
    let view = RulesView::of(rules.version().as_str(), rules.mode().word(), record.as_ref());
    let may_manage = call.principal.as_ref().is_some_and(|who| Permission::Manage.is_given_to(who.role));
    Reply::json(200, &if may_manage { view.revealing(record.as_ref()) } else { view })
}

/// The newest record of a set, if it came into force in this account already.
async fn record(call: &Call, rules: &RuleSet) -> Result<Option<RulesRecord>, Problem> {
    let history = call.store().rules_history(&call.account).await?;
    Ok(history.into_iter().find(|record| record.version == *rules.version()))
}

/// The rule sets that were in force.
///
/// Each time that one came into force, in order, with when and by whom.
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

/// Check a rule set.
///
/// Changes nothing. The answer lists every problem with its place and a way to mend it, and is the same document that
/// `reparto rules check --format json` prints. A text body is one file.
#[utoipa::path(
    post,
    path = "/v1/accounts/{account}/rules/check",
    request_body(content((NewRules = "application/json"), (String = "text/plain"))),
    responses((status = 200, description = "What is wrong; `errors` is 0 when it can be used.", body = RulesCheck))
)]
pub async fn check(call: Call) -> Answer {
    call.newest_seq()?;
    let checked = Checked::of(&call).await?;
    Ok(Reply::whole(200, JSON, checked.document()))
}

/// Put a rule set in force.
///
/// It is checked first; with errors the answer is 422 and the former set stays. In force means: in force for every
/// dialog, without a restart, and the waiting ones are asked again. A text body is one file.
///
/// The server has one rule set, which serves all accounts. So while it has several accounts, only an operator may do
/// this. A restart or SIGHUP puts the files of the server's own setting `rules` in force again.
#[utoipa::path(
    put,
    path = "/v1/accounts/{account}/rules",
    request_body(content((NewRules = "application/json"), (String = "text/plain"))),
    responses((status = 200, description = "The rule set is in force.", body = RulesView))
)]
pub async fn put(call: Call) -> Answer {
    call.newest_seq()?;
    let principal = call.principal.clone().ok_or_else(|| internal("the route lets anybody in"))?;
    may_replace(&principal, call.engine().accounts().len())?;
    let checked = Checked::of(&call).await?;
    let Some(rules) = checked.compiled.rules.clone() else {
        let (errors, _) = render::counts(&checked.compiled.diagnostics);
        let count = if errors == 1 { "1 error".to_owned() } else { format!("{errors} errors") };
        let detail = format!("the rule set has {count}; the former one stays in force");
        let check = Some(checked.document().into());
        return Err(Problem { check, ..Problem::new(&codes::BAD_RULES, detail) });
    };
    let by = name(&call, &principal).await?;
    call.engine().apply_rules(Arc::clone(&rules), checked.origin(by)).await?;
    let record = record(&call, &rules).await?;
    let view = RulesView::of(rules.version().as_str(), rules.mode().word(), record.as_ref());
    let view = RulesView { check: checked.oddities()?, ..view.revealing(record.as_ref()) };
    Reply::json(200, &view)
}

/// Whoever changes the rules of all accounts must reach all of them.
fn may_replace(principal: &Principal, accounts: usize) -> Result<(), Problem> {
    if principal.role == Role::Operator || accounts <= 1 {
        return Ok(());
    }
    let detail = "the server's rule set serves all its accounts; while there are several, only an operator may replace it";
    Err(Problem::new(&codes::NOT_PERMITTED, detail))
}

/// Who brings the rules, for the record: the token's name and id.
async fn name(call: &Call, principal: &Principal) -> Result<String, Problem> {
    let tokens = call.store().tokens().await?;
    let name = tokens.into_iter().find(|token| token.id == principal.token).map(|token| token.name);
    Ok(match name.filter(|name| !name.is_empty()) {
        Some(name) => format!("{name} (token {})", principal.token),
        None => format!("token {}", principal.token),
    })
}

/// A rule set that was checked.
struct Checked {
    sources: Vec<Source>,
    compiled: Compiled,
}

impl Checked {
    /// The rule set in the body of a call.
    async fn of(call: &Call) -> Result<Self, Problem> {
        let new: NewRules = match call.format {
            Format::Text => NewRules::of_text(text(&call.body)?),
            Format::Json | Format::Lines => call.json()?,
        };
        let sources = new.into_sources()?;
        // Accounts live on this thread, and a text may be long.
        let checking = tokio::task::spawn_blocking(move || {
            let compiled = compile(&sources);
            Self { sources, compiled }
        });
        checking.await.map_err(|error| internal(format!("rules could not be checked: {error}")))
    }

    fn document(&self) -> String {
        render::json(&self.compiled.diagnostics, &self.sources)
    }

    /// What is odd about a set that can be used.
    fn oddities(&self) -> Result<Option<Box<RawValue>>, Problem> {
        if self.compiled.diagnostics.is_empty() {
            return Ok(None);
        }
        let document = RawValue::from_string(self.document());
        document.map(Some).map_err(|error| internal(format!("findings are no JSON: {error}")))
    }

    fn origin(&self, by: String) -> Origin {
        let source = |source: &Source| (source.name.clone(), source.text.clone());
        Origin { sources: self.sources.iter().map(source).collect(), by }
    }
}

fn text(body: &[u8]) -> Result<&str, Problem> {
    std::str::from_utf8(body)
        .map_err(|error| Problem::new(&codes::UNREADABLE_BODY, format!("the text is not UTF-8: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::AccountId;

    #[test]
    fn of_several_accounts_only_an_operator_changes_the_rules() {
        let admin =
            Principal { token: "t".into(), role: Role::Admin, account: Some(AccountId::default_account()) };
        let operator = Principal { role: Role::Operator, account: None, ..admin.clone() };
        assert_eq!(may_replace(&admin, 1), Ok(()));
        assert_eq!(may_replace(&operator, 2), Ok(()));
        assert_eq!(may_replace(&admin, 2).unwrap_err().kind.code, "not_permitted");
    }
}
