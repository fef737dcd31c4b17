//! Channels: the messenger connections, and what each of them reports and permits.

use crate::domain::ids::ChannelId;
use crate::engine::inbound::Inbound;
use crate::http::call::Call;
use crate::http::page::{self, PageQuery};
use crate::http::problem::Problem;
use crate::http::reply::{Answer, Reply};
use crate::http::views::channel::{ChannelPage, ChannelView, NewChannel};

/// Create or change a channel.
#[utoipa::path(
    put,
    path = "/v1/accounts/{account}/channels/{channel}",
    request_body = NewChannel,
    responses((status = 200, description = "The channel as it is now.", body = ChannelView))
)]
pub async fn put(call: Call) -> Answer {
    let id: ChannelId = call.id("channel")?;
    let channel = call.json::<NewChannel>()?.into_domain(id)?;
    call.submit(Inbound::PutChannel(channel.clone())).await?;
    Reply::json(200, &ChannelView::from(&channel))
}

/// The account's channels.
#[utoipa::path(
    get,
    path = "/v1/accounts/{account}/channels",
    params(PageQuery),
    responses((status = 200, description = "Channels by id.", body = ChannelPage))
)]
pub async fn list(call: Call) -> Answer {
    let query: PageQuery = call.query()?;
    call.newest_seq()?;
    let channels = call.store().channels(&call.account).await?;
    let (channels, next) = page::by_id(channels, |channel| channel.id.as_str(), &query)?;
    let items = channels.iter().map(ChannelView::from).collect();
    Reply::json(200, &ChannelPage { items, next })
}

/// A channel.
#[utoipa::path(
    get,
    path = "/v1/accounts/{account}/channels/{channel}",
    responses((status = 200, description = "The channel.", body = ChannelView))
)]
pub async fn get(call: Call) -> Answer {
    let id: ChannelId = call.id("channel")?;
    call.newest_seq()?;
    let channels = call.store().channels(&call.account).await?;
    let channel = channels.iter().find(|channel| channel.id == id);
    let channel = channel.ok_or_else(|| Problem::unknown("channel", id.as_str()))?;
    Reply::json(200, &ChannelView::from(channel))
}
