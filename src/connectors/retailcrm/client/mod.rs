//! The gateway's REST side: one attempt a call, within the rate, and a typed end.
//!
//! When to try again is not decided here: calls about dialogs are the mirror's, and whoever reads asks
//! `patiently`.

mod address;
mod answer;
mod bucket;
mod jobs;
mod lists;

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use reqwest::{Method, Request};
use reqwest_websocket::{Upgrade, WebSocket};

use crate::connectors::retailcrm::wire::{SUBSCRIPTION, Undecodable};
use crate::engine::clock::{Clock, pause};
use crate::telemetry::metrics::ConnectorMeters;

pub use address::{Address, BadAddress, Token};
pub use answer::Failure;
pub use bucket::Bucket;

/// The largest answer that is read, in bytes: a thousand chats with everything in them are a tenth of this.
const MAX_BODY: usize = 64 << 20;
/// The first wait before reading is tried again, and the longest.
const WAITS: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(30));

/// What a client is made of.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// Where the gateway is.
    pub address: Address,
    /// By which secret it knows us.
    pub token: Token,
    /// Requests a second.
    pub per_second: u32,
    /// How long an answer may take.
    pub timeout: Duration,
}

/// Speaks to the gateway. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    http: reqwest::Client,
    /// Sockets last: no limit on how long one may be open.
    sockets: reqwest::Client,
    address: Address,
    token: RwLock<Token>,
    bucket: Mutex<Bucket>,
    clock: Arc<dyn Clock>,
    meters: ConnectorMeters,
}

impl Client {
    /// A client that has not spoken yet.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(
        options: ClientOptions,
        clock: Arc<dyn Clock>,
        meters: ConnectorMeters,
    ) -> Result<Self, reqwest::Error> {
        // Setting it twice is no fault: another part of the process was first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let ClientOptions { address, token, per_second, timeout } = options;
        let builder = || {
            reqwest::Client::builder()
                .connect_timeout(timeout)
                .redirect(reqwest::redirect::Policy::none())
                .http1_only()
                .user_agent(concat!("reparto/", env!("CARGO_PKG_VERSION")))
        };
        let (http, sockets) = (builder().timeout(timeout).build()?, builder().build()?);
        let bucket = Mutex::new(Bucket::new(per_second, per_second.saturating_mul(2)));
        let inner = Inner { http, sockets, address, token: RwLock::new(token), bucket, clock, meters };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Another token is in force.
    pub fn set_token(&self, token: Token) {
        *self.inner.token.write().unwrap_or_else(PoisonError::into_inner) = token;
    }

    /// Whether it is the token in force.
    pub fn has_token(&self, token: &Token) -> bool {
        *self.inner.token.read().unwrap_or_else(PoisonError::into_inner) == *token
    }

    fn request(&self, method: Method, path: &str, body: Option<String>) -> Result<Request, Failure> {
        let token = self.inner.token.read().unwrap_or_else(PoisonError::into_inner).clone();
        let request = self.inner.http.request(method, self.inner.address.of(path));
        let request =
            request.header("X-Bot-Token", token.reveal()).header("content-type", "application/json");
        let request = match body {
            Some(body) => request.body(body),
            None => request,
        };
        request
            .build()
            .map_err(|error| Failure::Rejected { status: 0, text: error.without_url().to_string() })
    }

    async fn turn(&self) {
        let wait = {
            let mut bucket = self.inner.bucket.lock().unwrap_or_else(PoisonError::into_inner);
            bucket.take(self.inner.clock.now())
        };
        if wait > Duration::ZERO {
            pause(wait).await;
        }
    }

    /// One attempt. The kind is the word in metrics.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn once(
        &self,
        kind: &'static str,
        method: Method,
        path: &str,
        body: Option<String>,
    ) -> Result<Vec<u8>, Failure> {
        self.turn().await;
        let started = self.inner.clock.now();
        let result = match self.request(method, path, body) {
            Ok(request) => self.carry(request).await,
            Err(failure) => Err(failure),
        };
        let word = result.as_ref().err().map_or("ok", Failure::word);
        self.inner.meters.called(kind, word, self.inner.clock.now().since(started));
        if let Err(Failure::Retry { after }) = &result {
            let mut bucket = self.inner.bucket.lock().unwrap_or_else(PoisonError::into_inner);
            bucket.close((*after).clamp(WAITS.0, WAITS.1), self.inner.clock.now());
        }
        result
    }

    async fn carry(&self, request: Request) -> Result<Vec<u8>, Failure> {
        let lost = |error: &reqwest::Error| match error {
            error if error.is_connect() => Failure::Retry { after: Duration::ZERO },
            error if error.is_timeout() => Failure::Lost("no answer in time".into()),
            _ => Failure::Lost("the connection broke".into()),
        };
        let mut response = self.inner.http.execute(request).await.map_err(|error| lost(&error))?;
        let status = response.status().as_u16();
        let retry_after = response.headers().get("retry-after");
        let retry_after = retry_after.and_then(|value| value.to_str().ok()).map(str::to_owned);
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| lost(&error))? {
            if body.len() + chunk.len() > MAX_BODY {
                return Err(Failure::Lost("the answer is too large".into()));
            }
            body.extend_from_slice(&chunk);
        }
        answer::judge(status, retry_after.as_deref(), &body)?;
        Ok(body)
    }

    /// Reads, again and again until there is something that can be read: reading changes nothing.
    ///
    /// # Errors
    /// [`Failure::Rejected`] and [`Failure::Unauthorized`]; the others are tried again.
    async fn patiently<T>(
        &self,
        kind: &'static str,
        path: &str,
        read: impl Fn(&[u8]) -> Result<T, Undecodable>,
    ) -> Result<T, Failure> {
        let mut wait = WAITS.0;
        loop {
            let lost = match self.once(kind, Method::GET, path, None).await {
                Ok(body) => match read(&body) {
                    Ok(found) => return Ok(found),
                    Err(undecodable) => undecodable.to_string(),
                },
                Err(failure @ (Failure::Rejected { .. } | Failure::Unauthorized)) => return Err(failure),
                Err(failure) => failure.to_string(),
            };
            tracing::debug!(kind, lost, "reading is tried again");
            self.inner.meters.retried(kind);
            pause(wait).await;
            wait = (wait * 2).min(WAITS.1);
        }
    }

    /// Opens the socket.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn socket(&self) -> Result<WebSocket, Failure> {
        self.turn().await;
        let token = self.inner.token.read().unwrap_or_else(PoisonError::into_inner).clone();
        let address = self.inner.address.socket(SUBSCRIPTION);
        let request = self.inner.sockets.get(address).header("X-Bot-Token", token.reveal());
        let response =
            request.upgrade().send().await.map_err(|_| Failure::Retry { after: Duration::ZERO })?;
        let status = response.status().as_u16();
        if status != 101 {
            return Err(answer::judge(status, None, b"")
                .err()
                .unwrap_or_else(|| Failure::Lost(format!("status {status} to an upgrade"))));
        }
        response.into_websocket().await.map_err(|_| Failure::Lost("the handshake failed".into()))
    }
}
