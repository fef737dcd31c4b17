//! The outbox relay: delivers announcements to webhooks, in order for each dialog, until they are acknowledged.
//!
//! The events themselves are the outbox. Each webhook has a cursor in the store; what lies behind it is
//! acknowledged, everything else is delivered (again, if need be): receivers drop repeats by id.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, ActorContext, AsyncContext, Context, Handler, Message, SpawnHandle, WrapFuture};
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream;

use super::backoff::Schedule;
use super::clock::pause;
use super::inbound::{Inbound, Outcome};
use super::surroundings::Surroundings;
use super::webhook_reach::Forbidden;
use super::webhook_signature::{Signed, sign, webhook_id};
use super::{Failure, Reply, unknown};
use crate::domain::ids::DialogId;
use crate::store::SharedStore;
use crate::store::change::{Delivery, Webhook, Write};
use crate::store::read::{EventFilter, StoredEvent};
use crate::telemetry::metrics::DeliveryResult;

/// How many events one round takes on.
const ROUND: u32 = 64;
/// How many deliveries of one webhook are under way at once; those of one dialog never are.
const AT_ONCE: usize = 16;

/// What a receiver said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posted {
    /// HTTP status.
    pub status: u16,
    /// When it wants to be asked again, if it said so.
    pub retry_after: Option<Duration>,
}

/// Why a receiver said nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotPosted {
    /// It may not be called.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// It could not be reached, or did not answer.
    #[error("{0}")]
    Failed(String),
}

/// Carries a request to its receiver.
pub trait Courier: Send + Sync + 'static {
    /// Posts a signed body; answers what the receiver said, or why it said nothing.
    fn post<'a>(
        &'a self,
        url: &'a str,
        signed: Signed,
        body: String,
    ) -> BoxFuture<'a, Result<Posted, NotPosted>>;
}

/// What the relay needs besides an actor's surroundings.
#[derive(Clone)]
pub struct Post {
    /// Where events are read.
    pub store: SharedStore,
    /// Who carries them.
    pub courier: Arc<dyn Courier>,
    /// When to try again, and when to give up and pause.
    pub backoff: Schedule,
}

/// A webhook is made, changed, removed, or rewound.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Change {
    /// Which of the three.
    pub inbound: Arc<Inbound>,
    /// Who waits for it.
    pub reply: Reply,
}

/// Stop.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Retire;

/// The relay of one account.
pub struct OutboxRelay {
    around: Surroundings,
    post: Post,
    webhooks: BTreeMap<Arc<str>, (Webhook, Option<SpawnHandle>)>,
}

impl OutboxRelay {
    /// A relay for these webhooks.
    pub fn new(around: Surroundings, post: Post, webhooks: Vec<Webhook>) -> Self {
        let webhooks =
            webhooks.into_iter().map(|webhook| (Arc::clone(&webhook.id), (webhook, None))).collect();
        Self { around, post, webhooks }
    }

    fn deliver(&mut self, webhook: Webhook, ctx: &mut Context<Self>) {
        self.cancel(&webhook.id, ctx);
        let handle = (!webhook.paused && !webhook.is_within()).then(|| {
            let run = Run { around: self.around.clone(), post: self.post.clone(), webhook: webhook.clone() };
            ctx.spawn(run.forever().into_actor(self))
        });
        self.webhooks.insert(Arc::clone(&webhook.id), (webhook, handle));
    }

    fn cancel(&mut self, id: &str, ctx: &mut Context<Self>) -> Option<Webhook> {
        let (webhook, handle) = self.webhooks.remove(id)?;
        if let Some(handle) = handle {
            ctx.cancel_future(handle);
        }
        Some(webhook)
    }

    fn store(&self, write: Write, reply: Reply) {
        self.around.commit(0, vec![write], Some((reply, Ok(Outcome::Done))), Vec::new());
    }

    fn refuse(&self, id: &str, reply: Reply) {
        self.around.answer(reply, Err(unknown("webhook", id)));
    }
}

impl Actor for OutboxRelay {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let webhooks: Vec<Webhook> = self.webhooks.values().map(|(webhook, _)| webhook.clone()).collect();
        for webhook in webhooks {
            self.deliver(webhook, ctx);
        }
    }
}

impl Handler<Change> for OutboxRelay {
    type Result = ();

    fn handle(&mut self, Change { inbound, reply }: Change, ctx: &mut Self::Context) {
        if let Inbound::PutWebhook(webhook) = &*inbound {
            self.store(Write::Webhook(webhook.clone()), reply);
            self.deliver(webhook.clone(), ctx);
        } else if let Inbound::RemoveWebhook(id) = &*inbound {
            match self.cancel(id, ctx) {
                Some(_) => self.store(Write::WebhookRemoved(Arc::clone(id)), reply),
                None => self.refuse(id, reply),
            }
        } else if let Inbound::Redeliver { webhook: id, from } = &*inbound {
            match self.cancel(id, ctx) {
                Some(mut webhook) => {
                    webhook.paused = false;
                    if let Some(from) = from {
                        webhook.acknowledged = from.saturating_sub(1);
                        self.around.commit(0, vec![cursor(&webhook)], None, Vec::new());
                    }
                    self.store(Write::Webhook(webhook.clone()), reply);
                    self.deliver(webhook, ctx);
                }
                None => self.refuse(id, reply),
            }
        } else {
            self.around.answer(reply, Err(Failure::Engine(super::EngineError::Internal)));
        }
    }
}

impl Handler<Retire> for OutboxRelay {
    type Result = ();

    fn handle(&mut self, _: Retire, ctx: &mut Self::Context) {
        ctx.stop();
    }
}

fn cursor(webhook: &Webhook) -> Write {
    Write::WebhookCursor { webhook: Arc::clone(&webhook.id), acknowledged: webhook.acknowledged }
}

/// The deliveries of one webhook.
struct Run {
    around: Surroundings,
    post: Post,
    webhook: Webhook,
}

impl Run {
    async fn forever(mut self) {
        let mut newest = self.around.cell.newest_seq.subscribe();
        loop {
            let reached = newest.wait_for(|seq| self.webhook.acknowledged < *seq).await.map(|seq| *seq);
            let Ok(reached) = reached else { return };
            if !self.round(reached).await {
                return;
            }
        }
    }

    /// Delivers the next events. `false` when the webhook was paused.
    async fn round(&mut self, newest: u64) -> bool {
        let filter = EventFilter { dialog: None, names: self.webhook.events.clone() };
        let account = &self.around.cell.id;
        let events = match self.post.store.events(account, self.webhook.acknowledged, ROUND, &filter).await {
            Ok(events) => events,
            Err(failure) => {
                tracing::warn!(%failure, webhook = %self.webhook.id, "events could not be read for a webhook; trying again");
                pause(Duration::from_secs(1)).await;
                return true;
            }
        };
        // Fewer than a full round: everything up to the newest event at the time was looked at.
        let whole = events.len() < ROUND as usize;
        let last = events.last().map_or(0, |event| event.seq);
        let mut by_dialog: BTreeMap<Option<DialogId>, Vec<StoredEvent>> = BTreeMap::new();
        for event in events {
            by_dialog.entry(event.dialog.clone()).or_default().push(event);
        }
        let this = &*self;
        let delivered = stream::iter(by_dialog.into_values())
            .map(|events| this.in_order(events))
            .buffer_unordered(AT_ONCE)
            .all(|delivered| async move { delivered })
            .await;
        if delivered {
            self.webhook.acknowledged = if whole { last.max(newest) } else { last };
            self.around.commit(0, vec![cursor(&self.webhook)], None, Vec::new());
        } else {
            self.webhook.paused = true;
            tracing::error!(webhook = %self.webhook.id, url = %self.webhook.url, "a webhook did not acknowledge for too long and is paused; nothing is lost: redeliver when it is well");
            self.around.commit(0, vec![Write::Webhook(self.webhook.clone())], None, Vec::new());
        }
        delivered
    }

    async fn in_order(&self, events: Vec<StoredEvent>) -> bool {
        for event in events {
            if !self.until_acknowledged(&event).await {
                return false;
            }
        }
        true
    }

    async fn until_acknowledged(&self, event: &StoredEvent) -> bool {
        let account = &self.around.cell.id;
        let body = event.to_json(account);
        let id = webhook_id(account, &event.id);
        for attempt in 1_u32.. {
            let now = self.around.now();
            let signed = sign(&self.webhook.secret, &id, now, body.as_bytes());
            let result = self.post.courier.post(&self.webhook.url, signed, body.clone()).await;
            let took = self.around.now().since(now);
            let (outcome, status, retry_after, error) = match result {
                Ok(Posted { status, .. }) if (200..300).contains(&status) => {
                    (DeliveryResult::Delivered, Some(status), None, None)
                }
                Ok(Posted { status, retry_after }) => {
                    let error = format!("the receiver answered {status}");
                    (DeliveryResult::Rejected, Some(status), retry_after, Some(error))
                }
                Err(NotPosted::Forbidden(why)) => {
                    (DeliveryResult::Forbidden, None, None, Some(why.to_string()))
                }
                Err(NotPosted::Failed(why)) => (DeliveryResult::Failed, None, None, Some(why)),
            };
            let succeeded = error.is_none();
            let webhook = Arc::clone(&self.webhook.id);
            let delivery = Delivery { webhook, seq: event.seq, attempt, at: now, status, error };
            self.around.observer.delivered(account, outcome, took);
            self.around.commit(0, vec![Write::Delivery(delivery)], None, Vec::new());
            if succeeded {
                return true;
            }
            let Some(wait) =
                self.post.backoff.wait(attempt, u32::from_le_bytes(self.around.ids.bytes()), retry_after)
            else {
                return false;
            };
            pause(wait).await;
        }
        false
    }
}
