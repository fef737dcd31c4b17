//! The HTTP API: JSON in domain words over the engine, documented by the code itself.
//!
//! A request's way: `server` takes it, `router` finds its line in the table of `routes`, `auth` says who calls and
//! whether they may, `body` reads what they sent, `repeats` answers what was asked before, and a handler of
//! `resources` reads a request of `views`, submits it to the engine, and writes a view. Errors of every layer
//! become a `problem`.
//!
//! Deliberately absent: decisions, and any state but caches. What is answered is durable already.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::watch;

pub mod auth;
mod body;
mod call;
mod idempotency;
mod json;
mod json_place;
mod openapi;
mod page;
pub mod problem;
pub mod problem_codes;
mod query;
mod repeats;
mod reply;
mod resources;
mod router;
mod routes;
pub mod server;
pub(crate) mod views;
pub use views::rule_diff;

use crate::engine::Engine;
use crate::engine::clock::Clock;
use crate::engine::ids::IdSource;
use auth::Auth;

/// What handlers work with. Cheap to clone, and the same for all workers.
#[derive(Clone)]
pub struct AppState {
    /// The engine.
    pub engine: Engine,
    /// Who calls.
    pub auth: Auth,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Writes the page that dashboards scrape.
    pub metrics: Arc<dyn Fn() -> BoxFuture<'static, String> + Send + Sync>,
    /// Ids and secrets of webhooks and tokens.
    pub ids: Arc<IdSource>,
}

/// How the server behaves.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// Threads that take requests.
    pub workers: usize,
    /// Longest body of a single call, in bytes.
    pub body_limit: usize,
    /// Longest body of a batch, in bytes.
    pub batch_body_limit: usize,
    /// Most items of a batch.
    pub batch_limit: usize,
    /// How long a connection may be idle.
    pub keep_alive: Duration,
    /// How long requests under way may take once the server is told to stop.
    pub shutdown_timeout: Duration,
    /// Turns true when the server is about to stop, so that streams and long polls end and do not hold it up.
    /// They end too when its sender is gone.
    pub stopping: Option<watch::Receiver<bool>>,
    /// Answers what a CRM posts of its own accord; `None`: nobody does.
    pub callback: Option<Callback>,
}

/// A path that a CRM posts to. It is no part of the API: whoever posts is known by what the body says.
#[derive(Clone)]
pub struct Callback {
    /// The path.
    pub path: &'static str,
    /// What is answered.
    pub answer: Arc<CallbackAnswer>,
}

/// From a body to a status and a JSON text.
pub type CallbackAnswer = dyn Fn(&[u8]) -> (u16, &'static str) + Send + Sync;

impl std::fmt::Debug for Callback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Callback").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            workers: 1,
            body_limit: 1 << 20,
            batch_body_limit: 16 << 20,
            batch_limit: 10_000,
            keep_alive: Duration::from_secs(75),
            shutdown_timeout: Duration::from_secs(10),
            stopping: None,
            callback: None,
        }
    }
}
