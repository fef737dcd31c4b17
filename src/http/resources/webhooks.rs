//! Webhooks: subscriptions by HTTP, signed by the Standard Webhooks scheme.

use serde::Deserialize;
use utoipa::IntoParams;

use crate::engine::inbound::Inbound;
use crate::engine::webhook_signature::{NEW_SECRET_BYTES, show_secret};
use crate::http::call::Call;
use crate::http::page::{self, PageQuery};
use crate::http::problem::Problem;
use crate::http::reply::{Answer, Reply};
use crate::http::views::webhook::{
    DeliveryPage, DeliveryView, NewWebhook, Redelivery, WebhookPage, WebhookView,
};
use crate::store::change::Webhook;

/// Make a webhook.
///
/// Events are delivered in order, each until it is acknowledged by a 2xx answer, with `webhook-id`,
/// `webhook-timestamp` and `webhook-signature` headers by the Standard Webhooks scheme. The secret is shown in this
/// answer only.
#[utoipa::path(
    post,
    path = "/v1/accounts/{account}/webhooks",
    request_body = NewWebhook,
    responses((status = 201, description = "The webhook, with its secret.", body = WebhookView))
)]
pub async fn create(call: Call) -> Answer {
    let new: NewWebhook = call.json()?;
    new.check()?;
    let state = &call.shared.state;
    let newest_seq = *call.newest_seq()?.borrow();
    let id = match &call.key {
        Some(key) => key.derive_id("webhook"),
        None => state.ids.new_id(state.clock.now()),
    };
    let secret = state.ids.bytes::<NEW_SECRET_BYTES>();
    let webhook = Webhook {
        id: id.into(),
        url: new.url,
        events: new.events,
        secret: secret.to_vec(),
        acknowledged: new.after.unwrap_or(newest_seq).min(newest_seq),
        paused: false,
        created_at: state.clock.now(),
    };
    call.submit(Inbound::PutWebhook(webhook.clone())).await?;
    let secret = show_secret(&webhook.secret);
    Reply::json(201, &WebhookView::from(&webhook).revealing(&secret))
}

/// The account's webhooks.
#[utoipa::path(
    get,
    path = "/v1/accounts/{account}/webhooks",
    params(PageQuery),
    responses((status = 200, description = "The webhooks by id, without their secrets.", body = WebhookPage))
)]
pub async fn list(call: Call) -> Answer {
    let query: PageQuery = call.query()?;
    call.newest_seq()?;
    let mut webhooks = call.store().webhooks(&call.account).await?;
    webhooks.sort_by(|one, other| one.id.cmp(&other.id));
    let (webhooks, next) = page::by_id(webhooks, |webhook| &webhook.id, &query)?;
    let items = webhooks.iter().map(WebhookView::from).collect();
    Reply::json(200, &WebhookPage { items, next })
}

/// A webhook.
#[utoipa::path(
    get,
    path = "/v1/accounts/{account}/webhooks/{webhook}",
    responses((status = 200, description = "The webhook, without its secret.", body = WebhookView))
)]
pub async fn get(call: Call) -> Answer {
    Reply::json(200, &WebhookView::from(&find(&call).await?))
}

async fn find(call: &Call) -> Result<Webhook, Problem> {
    let id = call.param("webhook")?;
    call.newest_seq()?;
    let webhooks = call.store().webhooks(&call.account).await?;
    let found = webhooks.into_iter().find(|webhook| *webhook.id == id);
    found.ok_or_else(|| Problem::unknown("webhook", &id))
}

/// Remove a webhook. What was not delivered yet is dropped.
#[utoipa::path(
    delete,
    path = "/v1/accounts/{account}/webhooks/{webhook}",
    responses((status = 204, description = "The webhook is removed."))
)]
pub async fn remove(call: Call) -> Answer {
    let webhook = find(&call).await?;
    call.submit(Inbound::RemoveWebhook(webhook.id)).await?;
    Ok(Reply::empty())
}

/// How many deliveries.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct DeliveryQuery {
    /// At most this many; 100 when missing.
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
}

/// The newest deliveries, and what became of them.
#[utoipa::path(
    get,
    path = "/v1/accounts/{account}/webhooks/{webhook}/deliveries",
    params(DeliveryQuery),
    responses((status = 200, description = "Attempts, newest first.", body = DeliveryPage))
)]
pub async fn deliveries(call: Call) -> Answer {
    let query: DeliveryQuery = call.query()?;
    let limit = page::limit(query.limit)?;
    let webhook = find(&call).await?;
    let store = call.store();
    let deliveries = store.deliveries(&call.account, &webhook.id, limit).await?;
    let items = deliveries.iter().map(DeliveryView::from).collect();
    Reply::json(200, &DeliveryPage { items, next: None })
}

/// Deliver again.
///
/// From the given event on; without one, a webhook that was paused after repeated failure goes on where it stopped.
#[utoipa::path(
    post,
    path = "/v1/accounts/{account}/webhooks/{webhook}/redeliver",
    request_body = Option<Redelivery>,
    responses((status = 200, description = "The webhook as it is now.", body = WebhookView))
)]
pub async fn redeliver(call: Call) -> Answer {
    let Redelivery { from } = call.json_or_default()?;
    let webhook = find(&call).await?.id;
    call.submit(Inbound::Redeliver { webhook, from }).await?;
    Reply::json(200, &WebhookView::from(&find(&call).await?))
}
