//! Commands where they are typed: made known in the gateway, and answered for the connector.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use reqwest::Method;
use serde_json::json;
use tokio::sync::watch;

use super::carry::{Typed, carry};
use super::parse::REGISTERED;
use crate::connectors::retailcrm::client::Client;
use crate::connectors::retailcrm::crm::companion::Companion;
use crate::connectors::retailcrm::mirror::Given;
use crate::connectors::retailcrm::runner::Commands;
use crate::domain::ids::{AccountId, DialogId, ManagerId};
use crate::engine::Engine;
use crate::engine::clock::Clock;

/// Answers the commands of one account's managers.
pub struct ChatCommands {
    /// The account.
    pub account: AccountId,
    /// The engine.
    pub engine: Engine,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Knows the account's language; `None`: English.
    pub companion: Option<Companion>,
}

impl Commands for ChatCommands {
    fn answer<'a>(&'a self, given: &'a Given) -> BoxFuture<'a, Option<String>> {
        Box::pin(async move {
            let typed = Typed {
                manager: ManagerId::trusted(&given.user.to_string()),
                dialog: given.dialog.map(|dialog| DialogId::trusted(&dialog.to_string())),
                text: given.text.clone(),
            };
            let language = self.companion.as_ref().map(Companion::language).unwrap_or_default();
            carry(&self.engine, &self.account, &typed, language, self.clock.now()).await
        })
    }
}

/// Makes the commands known in the gateway, whenever it is followed anew: it may have forgotten them, or be another one.
pub async fn make_known(client: Client, mut live: watch::Receiver<bool>) {
    loop {
        if *live.borrow_and_update() {
            for (name, description) in REGISTERED {
                let body = json!({ "name": name, "description": description }).to_string();
                let path = format!("/my/commands/{name}");
                if let Err(failure) = client.once("command", Method::PUT, &path, Some(body)).await {
                    // People may type them all the same; only the hint is missing.
                    tracing::warn!(name, %failure, "a chat command could not be made known");
                    break;
                }
            }
        }
        if live.changed().await.is_err() {
            return;
        }
    }
}
