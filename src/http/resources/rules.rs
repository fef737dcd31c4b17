//! Rule sets: which is in force, which were, what is wrong with one, and putting another in force.

use std::sync::Arc;

use serde_json::value::RawValue;

use crate::domain::ids::RulesVersion;
use crate::engine::EngineError;
use crate::engine::rulebook::{Edition, InForce};
use crate::engine::rules::Application;
use crate::http::auth::permission::Permission;
use crate::http::body::Format;
use crate::http::call::Call;
use crate::http::problem::Problem;
use crate::http::problem_codes as codes;
use crate::http::reply::{Answer, JSON, Reply, internal};
use crate::http::views::rule_versions::ApplyQuery;
use crate::http::views::rules::{NewRules, RulesCheck, RulesView};
use crate::rules::ruleset::RuleSet;
use crate::rules::{Compiled, Source, compile, render};
use crate::store::change::{Role, RulesVia};
use crate::trial;

/// The rule set in force.
///
/// Since when and by whom. Its texts, and whether the account's rule file says something else, are shown to
/// administrators only.
#[utoipa::path(
    get,
    path = "/v1/accounts/{account}/rules",
    responses((status = 200, description = "The rule set.", body = RulesView))
)]
pub async fn get(call: Call) -> Answer {
    let rules = in_force(&call)?;
    let view = RulesView::of(&rules);
    let file = || call.engine().rule_file(&call.account);
    Reply::json(200, &if may_manage(&call) { view.revealing(&rules, file()) } else { view })
}

/// Whether the caller may see and change rules.
pub(super) fn may_manage(call: &Call) -> bool {
    call.principal.as_ref().is_some_and(|who| Permission::Manage.is_given_to(who.role))
}

/// What is in force in the account of a call.
pub(super) fn in_force(call: &Call) -> Result<Arc<InForce>, Problem> {
    call.newest_seq()?;
    call.engine().rules(&call.account).ok_or_else(|| EngineError::Stopping.into())
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
/// dialog, without a restart, from one decision to the next. Dialogs that wait keep the steps and the priority they
/// entered with, unless `migrate` says otherwise; groups, capacities and presence count for everybody at once.
///
/// It stays in force over restarts, until the account's rule file changes. Accounts that never had rules of their own
/// go along with the account `default`; while there are such accounts, only an operator may change its rules.
#[utoipa::path(
    put,
    path = "/v1/accounts/{account}/rules",
    params(ApplyQuery),
    request_body(content((NewRules = "application/json"), (String = "text/plain"))),
    responses((status = 200, description = "The rule set is in force.", body = RulesView))
)]
pub async fn put(call: Call) -> Answer {
    let query: ApplyQuery = call.query()?;
    query.check()?;
    call.newest_seq()?;
    may_change(&call)?;
    let checked = Checked::of(&call).await?;
    let rules = checked.usable()?;
    checked.passes().await?;
    let by = name(&call).await?;
    let edition =
        Edition { rules, sources: Arc::new(checked.texts()), by, via: RulesVia::Api, why: query.why };
    let expected = query.expected.as_deref().map(RulesVersion::trusted);
    apply(&call, Application { edition, expected, migrate: query.migrate }, checked.oddities()?).await
}

/// Puts a set in force and answers with it.
pub(super) async fn apply(call: &Call, application: Application, check: Option<Box<RawValue>>) -> Answer {
    let edition = application.edition.clone();
    call.engine().apply_rules(&call.account, application).await?;
    // Somebody else may have been quick: the answer is about what this call did.
    let newest = in_force(call)?;
    let since = if newest.edition.version() == edition.version() {
        newest.since
    } else {
        call.shared.state.clock.now()
    };
    let rules = InForce { edition, since };
    let view = RulesView::of(&rules).revealing(&rules, call.engine().rule_file(&call.account));
    Reply::json(200, &RulesView { check, ..view })
}

/// Whoever changes the rules of other accounts too must reach them.
pub(super) fn may_change(call: &Call) -> Result<(), Problem> {
    let principal = call.principal.as_ref().ok_or_else(|| internal("the route lets anybody in"))?;
    let goes_along = call.engine().accounts_along_with(&call.account);
    match goes_along.first().filter(|_| principal.role != Role::Operator) {
        None => Ok(()),
        Some(account) => {
            let detail = format!(
                "account `{account}` has no rules of its own and goes along with `{}`: only an operator may change the \
                 rules of both",
                call.account
            );
            Err(Problem::new(&codes::NOT_PERMITTED, detail))
        }
    }
}

/// Who brings the rules, for the record: the token's name and id.
pub(super) async fn name(call: &Call) -> Result<String, Problem> {
    let principal = call.principal.as_ref().ok_or_else(|| internal("the route lets anybody in"))?;
    let tokens = call.store().tokens().await?;
    let name = tokens.into_iter().find(|token| token.id == principal.token).map(|token| token.name);
    Ok(match name.filter(|name| !name.is_empty()) {
        Some(name) => format!("{name} (token {})", principal.token),
        None => format!("token {}", principal.token),
    })
}

/// A rule set that was checked.
pub(super) struct Checked {
    sources: Vec<Source>,
    compiled: Compiled,
}

impl Checked {
    /// The rule set in the body of a call.
    pub(super) async fn of(call: &Call) -> Result<Self, Problem> {
        let sources = sources_of(call)?.into_iter().map(|source| (source.name, source.text));
        Self::of_texts(call, &sources.collect::<Vec<_>>()).await
    }

    /// Texts with the hours that the account imported from its CRM, checked. Accounts live on this thread, and a text
    /// may be long.
    pub(super) async fn of_texts(call: &Call, texts: &[(String, String)]) -> Result<Self, Problem> {
        let texts = call.engine().with_hours(&call.account, texts);
        let sources: Vec<_> = texts.into_iter().map(|(name, text)| Source::new(name, text)).collect();
        let checking = tokio::task::spawn_blocking(move || {
            let compiled = compile(&sources);
            Self { sources, compiled }
        });
        checking.await.map_err(|error| internal(format!("rules could not be checked: {error}")))
    }

    /// Plays the tests of the files, on a thread of their own: there may be many.
    pub(super) async fn passes(&self) -> Result<(), Problem> {
        let sources = self.sources.clone();
        let playing = tokio::task::spawn_blocking(move || trial::run(&sources));
        let report = playing.await.map_err(|error| internal(format!("rules could not be tried: {error}")))?;
        if report.passed() {
            return Ok(());
        }
        let text = trial::render::human(&report, &self.sources, false);
        let detail = format!("its own tests fail, so the former rules stay in force:\n{}", text.trim_end());
        Err(Problem::new(&codes::FAILED_TESTS, detail))
    }

    /// The set, if it can be used.
    pub(super) fn usable(&self) -> Result<Arc<RuleSet>, Problem> {
        let Some(rules) = self.compiled.rules.clone() else {
            let (errors, _) = render::counts(&self.compiled.diagnostics);
            let count = if errors == 1 { "1 error".to_owned() } else { format!("{errors} errors") };
            let detail = format!("the rule set has {count}; the former one stays in force");
            let check = Some(self.document().into());
            return Err(Problem { check, ..Problem::new(&codes::BAD_RULES, detail) });
        };
        Ok(rules)
    }

    fn document(&self) -> String {
        render::json(&self.compiled.diagnostics, &self.sources)
    }

    /// What is odd about a set that can be used.
    pub(super) fn oddities(&self) -> Result<Option<Box<RawValue>>, Problem> {
        if self.compiled.diagnostics.is_empty() {
            return Ok(None);
        }
        let document = RawValue::from_string(self.document());
        document.map(Some).map_err(|error| internal(format!("findings are no JSON: {error}")))
    }

    /// The texts.
    pub(super) fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// The texts, for the record.
    pub(super) fn texts(&self) -> Vec<(String, String)> {
        self.sources.iter().map(|source| (source.name.clone(), source.text.clone())).collect()
    }
}

/// The rule files in the body of a call.
pub(super) fn sources_of(call: &Call) -> Result<Vec<Source>, Problem> {
    let new: NewRules = match call.format {
        Format::Text => NewRules::of_text(text(&call.body)?),
        Format::Json | Format::Lines => call.json()?,
    };
    Ok(new.into_sources()?)
}

fn text(body: &[u8]) -> Result<&str, Problem> {
    std::str::from_utf8(body)
        .map_err(|error| Problem::new(&codes::UNREADABLE_BODY, format!("the text is not UTF-8: {error}")))
}
