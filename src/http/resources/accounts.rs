//! Accounts: their own settings, and how they stand now.

use crate::domain::account::Account;
use crate::engine::inbound::Inbound;
use crate::http::call::Call;
use crate::http::problem::Problem;
use crate::http::problem_codes as codes;
use crate::http::reply::{Answer, Reply};
use crate::http::views::account::{AccountView, NewAccount};

/// Create or change an account.
///
/// The account `default` exists from the start.
#[utoipa::path(
    put,
    path = "/v1/accounts/{account}",
    request_body = NewAccount,
    responses((status = 200, description = "The account as it is now.", body = AccountView))
)]
pub async fn put(call: Call) -> Answer {
    let account = call.json::<NewAccount>()?.into_domain(call.account.clone());
    call.submit(Inbound::PutAccount(account.clone())).await?;
    Reply::json(200, &AccountView::of(&account, None))
}

/// An account, its people and its queue now.
#[utoipa::path(
    get,
    path = "/v1/accounts/{account}",
    responses((status = 200, description = "The account.", body = AccountView))
)]
pub async fn get(call: Call) -> Answer {
    let newest_seq = *call.newest_seq()?.borrow();
    let account = find(call.store().accounts().await?, &call)?;
    let roster = call.engine().roster(&call.account).await?;
    Reply::json(200, &AccountView::of(&account, Some((&roster, newest_seq))))
}

fn find(accounts: Vec<Account>, call: &Call) -> Result<Account, Problem> {
    let found = accounts.into_iter().find(|account| account.id == call.account);
    found.ok_or_else(|| {
        let detail = format!("there is no account `{}`", call.account);
        Problem::new(&codes::UNKNOWN_ACCOUNT, detail)
    })
}
