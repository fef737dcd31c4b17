//! Managers: their records, their presence, and how much they have to do.

use crate::desk::view::ManagerView as Seen;
use crate::domain::ids::ManagerId;
use crate::engine::inbound::{Inbound, Outcome};
use crate::http::call::{Call, unexpected};
use crate::http::page::{self, PageQuery};
use crate::http::problem::Problem;
use crate::http::reply::{Answer, Reply};
use crate::http::views::manager::{ManagerPage, ManagerView, NewManager, NewPresence};

/// Create or change a manager.
///
/// Replaces the whole record; presence is apart. Dialogs that wait and that the manager could take now go to them.
#[utoipa::path(
    put,
    path = "/v1/accounts/{account}/managers/{manager}",
    request_body = NewManager,
    responses((status = 200, description = "The manager as the engine sees them now.", body = ManagerView))
)]
pub async fn put(call: Call) -> Answer {
    let id: ManagerId = call.id("manager")?;
    let manager = call.json::<NewManager>()?.into_domain(id)?;
    seen(call.submit(Inbound::PutManager(manager)).await?)
}

/// Say whether a manager is there.
///
/// A drop of `online` shorter than the rules' `offline_after` moves nothing.
#[utoipa::path(
    put,
    path = "/v1/accounts/{account}/managers/{manager}/presence",
    request_body = NewPresence,
    responses((status = 200, description = "The manager as the engine sees them now.", body = ManagerView))
)]
pub async fn presence(call: Call) -> Answer {
    let manager: ManagerId = call.id("manager")?;
    let presence = call.json::<NewPresence>()?.into();
    seen(call.submit(Inbound::PutPresence { manager, presence }).await?)
}

fn seen(outcome: Outcome) -> Answer {
    let Outcome::Manager(manager) = outcome else {
        return Err(unexpected("a change of a manager"));
    };
    Reply::json(200, &ManagerView::from(&*manager))
}

/// Managers with their presence, load and capacity.
#[utoipa::path(
    get,
    path = "/v1/accounts/{account}/managers",
    params(PageQuery),
    responses((status = 200, description = "Managers by id.", body = ManagerPage))
)]
pub async fn list(call: Call) -> Answer {
    let query: PageQuery = call.query()?;
    let roster = call.engine().roster(&call.account).await?;
    let (managers, next) = page::by_id(roster.managers, |seen| seen.manager.id.as_str(), &query)?;
    let items = managers.iter().map(ManagerView::from).collect();
    Reply::json(200, &ManagerPage { items, next })
}

/// A manager with their presence, load and capacity.
#[utoipa::path(
    get,
    path = "/v1/accounts/{account}/managers/{manager}",
    responses((status = 200, description = "The manager.", body = ManagerView))
)]
pub async fn get(call: Call) -> Answer {
    let id: ManagerId = call.id("manager")?;
    let manager = find(&call, &id).await?;
    let manager = manager.ok_or_else(|| Problem::unknown("manager", id.as_str()))?;
    Reply::json(200, &ManagerView::from(&manager))
}

/// The manager as the engine sees them now.
pub async fn find(call: &Call, id: &ManagerId) -> Result<Option<Seen>, Problem> {
    let roster = call.engine().roster(&call.account).await?;
    Ok(roster.managers.into_iter().find(|seen| seen.manager.id == *id))
}

/// Remove a manager.
///
/// They get no more dialogs, and those they hold are routed anew.
#[utoipa::path(
    delete,
    path = "/v1/accounts/{account}/managers/{manager}",
    responses((status = 204, description = "The manager is removed."))
)]
pub async fn remove(call: Call) -> Answer {
    let id: ManagerId = call.id("manager")?;
    call.submit(Inbound::RemoveManager(id)).await?;
    Ok(Reply::empty())
}
