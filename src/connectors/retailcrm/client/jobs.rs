//! The calls that change something: as requests, and what their answers say.

use reqwest::Method;
use serde_json::json;

use super::{Client, Failure};
use crate::connectors::retailcrm::mirror::{Call, Called, Holder, Job};
use crate::connectors::retailcrm::wire::{self, ActorType, Id, Responsible, decode};
use crate::domain::message::Visibility;

/// An answer that may be empty. One that is something else says nothing of whether the call took hold.
fn read<T: Default + serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    if body.trim_ascii().is_empty() {
        return Ok(T::default());
    }
    decode(body).map_err(|error| Failure::Lost(error.to_string()))
}

fn holder(one: &Responsible) -> Option<Holder> {
    let is_bot = one.kind == ActorType::Bot;
    (one.id != 0).then_some(if is_bot { Holder::Bot(one.id) } else { Holder::User(one.id) })
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Opened {
    id: Id,
}

impl Client {
    /// Makes a call about a dialog.
    pub async fn carry_out(&self, job: &Job) -> Called {
        match self.attempt(job).await {
            Ok(called) => called,
            Err(Failure::Retry { after }) => {
                self.inner.meters.retried(job.call.word());
                Called::Later(after)
            }
            Err(Failure::Rejected { status, text }) => Called::Rejected { status, text },
            Err(Failure::Unauthorized) => Called::Unauthorized,
            Err(Failure::Lost(_)) => Called::Lost,
        }
    }

    async fn attempt(&self, Job { dialog, chat, call }: &Job) -> Result<Called, Failure> {
        let kind = call.word();
        let dialogs = |action: &str| format!("/dialogs/{dialog}/{action}");
        Ok(match call {
            Call::Assign(to) => {
                let body = match to {
                    Holder::User(user) => json!({"user_id": user}),
                    Holder::Bot(bot) => json!({"bot_id": bot}),
                };
                let body = self.once(kind, Method::PATCH, &dialogs("assign"), Some(body.to_string())).await?;
                let reply: wire::Assigned = read(&body)?;
                Called::Assigned {
                    at: reply.responsible.and_then(|one| one.assigned_at),
                    before: reply.previous_responsible.as_ref().and_then(holder),
                }
            }
            Call::Unassign => {
                let body = self.once(kind, Method::PATCH, &dialogs("unassign"), Some("{}".into())).await;
                match body {
                    Ok(body) => {
                        let reply: wire::Unassigned = read(&body)?;
                        Called::Unassigned(reply.previous_responsible.as_ref().and_then(holder))
                    }
                    Err(Failure::Rejected { text, .. }) if text.contains("dialog is not assigned") => {
                        Called::Unassigned(None)
                    }
                    Err(failure) => return Err(failure),
                }
            }
            Call::Close => {
                self.once(kind, Method::DELETE, &dialogs("close"), None).await?;
                Called::Closed
            }
            Call::OpenNext => {
                let path = format!("/chats/{chat}/dialogs");
                let body = self.once(kind, Method::POST, &path, Some("{}".into())).await?;
                match read::<Opened>(&body)?.id {
                    0 => Called::Lost,
                    id => Called::Opened(id),
                }
            }
            Call::Send(text) => match self.send(*chat, &text.text, text.visibility).await? {
                0 => Called::Lost,
                id => Called::Sent(id),
            },
            Call::Tag(tags) => {
                let tags: Vec<_> = tags.names().iter().map(|name| json!({"name": name})).collect();
                let body = json!({"tags": tags}).to_string();
                self.once(kind, Method::PATCH, &dialogs("tags/add"), Some(body)).await?;
                Called::Tagged
            }
        })
    }

    /// Sends a text; answers its id, or zero when the gateway does not say.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn send(&self, chat: Id, text: &str, visibility: Visibility) -> Result<Id, Failure> {
        let scope = if visibility == Visibility::Private { "private" } else { "public" };
        let body = json!({"chat_id": chat, "scope": scope, "type": "text", "content": text});
        let body = self.once("send", Method::POST, "/messages", Some(body.to_string())).await?;
        Ok(read::<wire::Sent>(&body)?.message_id)
    }

    /// Says what we are: our name and our role.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn introduce(&self, name: &str) -> Result<(), Failure> {
        let body = json!({"name": name, "roles": ["distributor"]});
        self.once("introduce", Method::PATCH, "/my/info", Some(body.to_string())).await.map(drop)
    }
}
