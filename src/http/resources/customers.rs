//! Customers: what the CRM knows of them, merging, and the dialogs of their card.

use crate::domain::ids::CustomerId;
use crate::engine::inbound::{Inbound, Outcome};
use crate::http::call::{Call, unexpected};
use crate::http::page::{self, PageQuery};
use crate::http::problem::Problem;
use crate::http::reply::{Answer, Reply};
use crate::http::resources::dialogs;
use crate::http::views::customer::{CustomerView, Merging, NewCustomer};
use crate::http::views::dialog::DialogPage;
use crate::store::read::DialogFilter;

/// Create or change a customer.
///
/// Replaces the whole record, apart from who served them last, which the engine knows.
#[utoipa::path(
    put,
    path = "/v1/accounts/{account}/customers/{customer}",
    request_body = NewCustomer,
    responses((status = 200, description = "The customer as they are now.", body = CustomerView))
)]
pub async fn put(call: Call) -> Answer {
    let id: CustomerId = call.id("customer")?;
    let customer = call.json::<NewCustomer>()?.into_domain(id)?;
    let Outcome::Customer(customer) = call.submit(Inbound::PutCustomer(customer)).await? else {
        return Err(unexpected("a change of a customer"));
    };
    Reply::json(200, &CustomerView::from(&*customer))
}

/// A customer; a merged id finds the record it was merged into.
#[utoipa::path(
    get,
    path = "/v1/accounts/{account}/customers/{customer}",
    responses((status = 200, description = "The customer.", body = CustomerView))
)]
pub async fn get(call: Call) -> Answer {
    let id: CustomerId = call.id("customer")?;
    call.newest_seq()?;
    let customer = call.store().customer(&call.account, &id).await?;
    let customer = customer.ok_or_else(|| Problem::unknown("customer", id.as_str()))?;
    Reply::json(200, &CustomerView::from(&customer))
}

/// Two records are one person.
///
/// Dialogs are relinked to the record that stays. Orders add up; VIP and BAD hold if either had them; tags unite;
/// for everything else the value of the record that stays stands, and the other fills gaps.
#[utoipa::path(
    post,
    path = "/v1/accounts/{account}/customers/{customer}/merge",
    request_body = Merging,
    responses((status = 200, description = "The record that stays.", body = CustomerView))
)]
pub async fn merge(call: Call) -> Answer {
    let from: CustomerId = call.id("customer")?;
    let into = call.json::<Merging>()?.into.0;
    let Outcome::Customer(customer) = call.submit(Inbound::MergeCustomers { from, into }).await? else {
        return Err(unexpected("a merging of customers"));
    };
    Reply::json(200, &CustomerView::from(&*customer))
}

/// The dialogs of a customer's card: start, state, number of messages, channel.
#[utoipa::path(
    get,
    path = "/v1/accounts/{account}/customers/{customer}/dialogs",
    params(PageQuery),
    responses((status = 200, description = "The customer's dialogs, newest first.", body = DialogPage))
)]
pub async fn dialogs(call: Call) -> Answer {
    let id: CustomerId = call.id("customer")?;
    let query: PageQuery = call.query()?;
    call.newest_seq()?;
    let customer = call.store().customer(&call.account, &id).await?;
    let customer = customer.ok_or_else(|| Problem::unknown("customer", id.as_str()))?;
    let filter = DialogFilter {
        customer: Some(customer.id),
        cursor: query.cursor,
        limit: page::limit(query.limit)?,
        ..DialogFilter::default()
    };
    dialogs::page(&call, &filter).await
}
