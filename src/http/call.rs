//! A request as handlers see it: who calls, what the address names, and what was sent.

use std::sync::Arc;

use actix_web::HttpRequest;
use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::auth::permission::Principal;
use super::body::Format;
use super::idempotency::Key;
use super::problem::Problem;
use super::problem_codes as codes;
use super::reply::internal;
use super::router::{Params, decode};
use super::routes::Route;
use super::server::Shared;
use super::views::id::ParseId;
use super::{json, query};
use crate::domain::ids::AccountId;
use crate::domain::refusal::Refusal;
use crate::engine::inbound::{Inbound, Outcome};
use crate::engine::{Engine, EngineError};
use crate::store::SharedStore;

/// One request.
pub struct Call {
    /// The server's state.
    pub shared: Arc<Shared>,
    /// The number of its route.
    pub route: usize,
    /// What the path names.
    pub params: Params,
    /// The request itself, for its headers.
    pub request: HttpRequest,
    /// Who calls; nobody where anybody may.
    pub principal: Option<Arc<Principal>>,
    /// The account of the path; where the path has none the caller's, or else the default one.
    pub account: AccountId,
    /// The body.
    pub body: Bytes,
    /// How the body is written.
    pub format: Format,
    /// What the ids of new things follow from.
    pub key: Option<Key>,
}

impl Call {
    /// Its route.
    pub fn route(&self) -> &Route {
        &self.shared.routes[self.route]
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.shared.state.engine
    }

    /// The store, for reading.
    pub fn store(&self) -> &SharedStore {
        self.engine().store()
    }

    /// A part of the path as it was sent.
    fn raw_param(&self, name: &str) -> Option<&str> {
        let at = self.route().params.iter().position(|param| *param == name)?;
        self.params.get(at, self.request.path())
    }

    /// A part of the path.
    ///
    /// # Errors
    /// [`codes::BAD_PATH`].
    pub fn param(&self, name: &str) -> Result<String, Problem> {
        let raw = self.raw_param(name).ok_or_else(|| internal(format!("the route has no {{{name}}}")))?;
        match decode(raw) {
            Some(text) => Ok(text.into_owned()),
            None => Err(Problem::new(&codes::BAD_PATH, codes::BAD_PATH.meaning)),
        }
    }

    /// An identifier in the path.
    ///
    /// # Errors
    /// [`codes::BAD_PATH`], [`codes::BAD_ID`].
    pub fn id<T: ParseId>(&self, name: &'static str) -> Result<T, Problem> {
        let text = self.param(name)?;
        let id = T::parse_id(&text).map_err(|problem| Refusal::BadId { field: name, problem })?;
        Ok(id)
    }

    /// The body.
    ///
    /// # Errors
    /// Those of [`json::read`].
    pub fn json<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Problem> {
        json::read(&self.body)
    }

    /// The body, where nothing may be sent instead of `{}`.
    ///
    /// # Errors
    /// Those of [`json::read`].
    pub fn json_or_default<'a, T: Deserialize<'a> + Default>(&'a self) -> Result<T, Problem> {
        if self.body.is_empty() {
            return Ok(T::default());
        }
        self.json()
    }

    /// The query string.
    ///
    /// # Errors
    /// Those of [`query::read`].
    pub fn query<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        query::read(self.request.query_string())
    }

    /// A header's text, if there is one and it is ASCII.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.request.headers().get(name)?.to_str().ok()
    }

    /// Has the engine carry something out.
    ///
    /// # Errors
    /// What the engine refuses; something unknown that the path does not name is the body's mistake.
    pub async fn submit(&self, inbound: Inbound) -> Result<Outcome, Problem> {
        let outcome = self.engine().submit(&self.account, inbound).await;
        outcome.map_err(|error| self.blame(error))
    }

    fn blame(&self, error: EngineError) -> Problem {
        let is_named = match &error {
            EngineError::Refused(Refusal::Unknown { kind, id }) => {
                self.raw_param(kind).and_then(decode).as_deref() == Some(&**id)
            }
            EngineError::Refused(_)
            | EngineError::Store(_)
            | EngineError::Busy
            | EngineError::Stopping
            | EngineError::Internal
            | EngineError::NoAccount(_) => true,
        };
        let problem = Problem::from(error);
        if is_named { problem } else { problem.in_body() }
    }

    /// The number of the account's newest event; for calls that only read, this is how they know it exists.
    ///
    /// # Errors
    /// [`codes::UNKNOWN_ACCOUNT`].
    pub fn newest_seq(&self) -> Result<tokio::sync::watch::Receiver<u64>, Problem> {
        let newest = self.engine().newest_seq(&self.account);
        newest.ok_or_else(|| EngineError::NoAccount(self.account.clone()).into())
    }
}

/// The engine answered something that does not belong to the question: a defect.
pub fn unexpected(asked: &str) -> Problem {
    internal(format!("the engine's answer to `{asked}` is of another kind"))
}
