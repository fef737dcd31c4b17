//! Managers: their records, their presence, and how much they have to do.

use std::collections::BTreeMap;

use crate::desk::view::ManagerView as Seen;
use crate::domain::ids::ManagerId;
use crate::domain::tally::{Day, DayTally};
use crate::engine::EngineError;
use crate::engine::inbound::{Inbound, Outcome};
use crate::http::call::{Call, unexpected};
use crate::http::page::{self, PageQuery};
use crate::http::problem::Problem;
use crate::http::reply::{Answer, Reply};
use crate::http::views::manager::{ManagerPage, ManagerView, NewManager, NewPresence};
use crate::http::views::manager_day::ManagerDayView;

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

/// Managers with their presence, load, capacity, and what they did today.
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
    let days = Days::of(&call).await?;
    let items = managers.iter().map(|seen| days.show(seen)).collect();
    Reply::json(200, &ManagerPage { items, next })
}

/// What managers of an account did today.
struct Days {
    today: Day,
    tallies: BTreeMap<ManagerId, DayTally>,
}

impl Days {
    async fn of(call: &Call) -> Result<Self, Problem> {
        let today = call.engine().today(&call.account).ok_or(EngineError::Stopping)?;
        let days = call.engine().store().manager_days(&call.account, today).await;
        let tallies = days.map_err(EngineError::from)?.into_iter().collect();
        Ok(Self { today, tallies })
    }

    fn show<'a>(&self, seen: &'a Seen) -> ManagerView<'a> {
        let tally = self.tallies.get(&seen.manager.id).copied().unwrap_or_default();
        ManagerView::from(seen).with_today(ManagerDayView::new(self.today, &tally))
    }
}

/// A manager with their presence, load, capacity, and what they did today.
#[utoipa::path(
    get,
    path = "/v1/accounts/{account}/managers/{manager}",
    responses((status = 200, description = "The manager.", body = ManagerView))
)]
pub async fn get(call: Call) -> Answer {
    let id: ManagerId = call.id("manager")?;
    let manager = find(&call, &id).await?;
    let manager = manager.ok_or_else(|| Problem::unknown("manager", id.as_str()))?;
    Reply::json(200, &Days::of(&call).await?.show(&manager))
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
