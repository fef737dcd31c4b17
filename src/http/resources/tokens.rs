//! Tokens: made, listed and revoked. Each is shown once; only its hash is kept.

use std::sync::Arc;

use actix_web::http::header::CACHE_CONTROL;

use crate::domain::ids::AccountId;
use crate::engine::EngineError;
use crate::http::auth::permission::Principal;
use crate::http::auth::secret::Token;
use crate::http::call::Call;
use crate::http::page::{self, PageQuery};
use crate::http::problem::Problem;
use crate::http::problem_codes as codes;
use crate::http::reply::{Answer, Reply, internal};
use crate::http::views::token::{NewToken, TokenPage, TokenView};
use crate::store::change::{Role, TokenRecord};

const LONGEST_NAME: usize = 200;

/// Make a token.
///
/// An operator makes any, an administrator those of their own account. The token is shown in this answer only;
/// a repeat with the same `Idempotency-Key` answers 200 without it.
#[utoipa::path(
    post,
    path = "/v1/tokens",
    request_body = NewToken,
    responses(
        (status = 201, description = "The token.", body = TokenView),
        (status = 200, description = "It was made before.", body = TokenView),
    )
)]
pub async fn create(call: Call) -> Answer {
    let principal = caller(&call)?;
    let new: NewToken = call.json()?;
    let account = account_of(&new, &principal)?;
    if let Some(account) = &account
        && call.engine().newest_seq(account).is_none()
    {
        return Err(Problem::from(EngineError::NoAccount(account.clone())).in_body());
    }
    let state = &call.shared.state;
    let id = match &call.key {
        Some(key) => key.derive_id("token"),
        None => state.ids.new_id(state.clock.now()),
    };
    if call.key.is_some()
        && let Some(earlier) = find(&call, &id).await?
    {
        return repeat(&earlier, &new, account.as_ref());
    }
    let token = Token::from_bytes(state.ids.bytes());
    let record = TokenRecord {
        id: id.into(),
        hash: token.hash(),
        account,
        role: new.role.into(),
        name: new.name,
        created_at: state.clock.now(),
        revoked_at: None,
    };
    call.store().put_token(&record).await?;
    let reply = Reply::json(201, &TokenView::from(&record).revealing(token.reveal()))?;
    Ok(reply.with(CACHE_CONTROL, "no-store"))
}

fn caller(call: &Call) -> Result<Arc<Principal>, Problem> {
    let principal = call.principal.clone();
    principal.ok_or_else(|| internal("the route lets anybody in"))
}

fn bad(detail: &str) -> Problem {
    Problem::new(&codes::BAD_VALUE, detail)
}

/// The account that a new token is for, if its maker may make it.
fn account_of(new: &NewToken, principal: &Principal) -> Result<Option<AccountId>, Problem> {
    if new.name.len() > LONGEST_NAME {
        return Err(bad("name: may have at most 200 bytes"));
    }
    let role = Role::from(new.role);
    let asked = new.account.as_ref().map(|account| account.0.clone());
    let reaches_all = matches!(role, Role::Operator | Role::Metrics);
    match (&principal.account, asked) {
        (Some(_), _) if reaches_all => Err(Problem::new(
            &codes::NOT_PERMITTED,
            format!("only an operator makes tokens of role `{}`: they reach all accounts", role.word()),
        )),
        (Some(own), None) => Ok(Some(own.clone())),
        (_, Some(asked)) if !reaches_all => principal.reach(asked.as_str()).map(|()| Some(asked)),
        (None, None) if reaches_all => Ok(None),
        (None, None) => Err(bad("account: say for which account the token is")),
        (_, Some(_)) => Err(bad("account: leave it out, since this role reaches all accounts")),
    }
}

fn repeat(earlier: &TokenRecord, new: &NewToken, account: Option<&AccountId>) -> Answer {
    let is_same =
        earlier.role == new.role.into() && earlier.account.as_ref() == account && earlier.name == new.name;
    if !is_same {
        let kind = &codes::IDEMPOTENCY_MISMATCH;
        return Err(Problem::new(kind, kind.meaning));
    }
    Reply::json(200, &TokenView::from(earlier))
}

/// Tokens that the caller may know of: an operator of all, an administrator of their own account's.
fn may_know(principal: &Principal, record: &TokenRecord) -> bool {
    principal.account.is_none() || principal.account == record.account
}

async fn find(call: &Call, id: &str) -> Result<Option<TokenRecord>, Problem> {
    let tokens = call.store().tokens().await?;
    Ok(tokens.into_iter().find(|record| *record.id == *id))
}

/// Tokens, the revoked included.
#[utoipa::path(
    get,
    path = "/v1/tokens",
    params(PageQuery),
    responses((status = 200, description = "Tokens by id, without the tokens themselves.", body = TokenPage))
)]
pub async fn list(call: Call) -> Answer {
    let principal = caller(&call)?;
    let query: PageQuery = call.query()?;
    let mut tokens = call.store().tokens().await?;
    tokens.retain(|record| may_know(&principal, record));
    tokens.sort_by(|one, other| one.id.cmp(&other.id));
    let (tokens, next) = page::by_id(tokens, |record| &record.id, &query)?;
    let items = tokens.iter().map(TokenView::from).collect();
    Reply::json(200, &TokenPage { items, next })
}

/// Revoke a token.
///
/// At once here; other servers on the same database notice within seconds.
#[utoipa::path(
    delete,
    path = "/v1/tokens/{token}",
    responses((status = 204, description = "The token is revoked."))
)]
pub async fn revoke(call: Call) -> Answer {
    let principal = caller(&call)?;
    let id = call.param("token")?;
    let found = find(&call, &id).await?;
    let mut record =
        found.filter(|record| may_know(&principal, record)).ok_or_else(|| Problem::unknown("token", &id))?;
    if record.revoked_at.is_none() {
        record.revoked_at = Some(call.shared.state.clock.now());
        call.store().put_token(&record).await?;
    }
    call.shared.state.auth.forget(&record.hash);
    Ok(Reply::empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn principal(role: Role, account: Option<&str>) -> Principal {
        Principal { token: "t".into(), role, account: account.map(AccountId::trusted) }
    }

    #[track_caller]
    fn check(principal: &Principal, new: &str, expected: Result<Option<&str>, &str>) {
        let new: NewToken = serde_json::from_str(new).unwrap();
        let found = account_of(&new, principal);
        let found = found.map_err(|problem| problem.kind.code);
        assert_eq!(found, expected.map(|id| id.map(AccountId::trusted)));
    }

    #[test]
    fn an_operator_makes_any_token() {
        let operator = principal(Role::Operator, None);
        check(&operator, r#"{"role":"operator"}"#, Ok(None));
        check(&operator, r#"{"role":"metrics"}"#, Ok(None));
        check(&operator, r#"{"role":"backend","account":"a"}"#, Ok(Some("a")));
        check(&operator, r#"{"role":"backend"}"#, Err("bad_value"));
        check(&operator, r#"{"role":"operator","account":"a"}"#, Err("bad_value"));
    }

    #[test]
    fn an_administrator_stays_within_their_account() {
        let admin = principal(Role::Admin, Some("a"));
        check(&admin, r#"{"role":"viewer"}"#, Ok(Some("a")));
        check(&admin, r#"{"role":"admin","account":"a"}"#, Ok(Some("a")));
        check(&admin, r#"{"role":"backend","account":"b"}"#, Err("wrong_account"));
        check(&admin, r#"{"role":"operator"}"#, Err("not_permitted"));
        check(&admin, r#"{"role":"metrics","account":"a"}"#, Err("not_permitted"));
    }
}
