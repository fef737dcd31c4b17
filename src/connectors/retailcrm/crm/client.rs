//! The one place that speaks HTTP to the CRM: at the pace that is permitted, again when that may help.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};
use serde::de::DeserializeOwned;

use super::answer::{CrmError, Reply, read};
use super::pace::{Pace, wait};
use super::request::{Method, Request};
use crate::engine::clock::{Clock, pause};
use crate::engine::ids::IdSource;

/// The CRM's own limit is ten; two are left for whoever else uses the key.
pub const REQUESTS_PER_SECOND: u32 = 8;
/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(20);
/// How often a request is sent before whoever asked is told.
const ATTEMPTS: u32 = 4;
/// Longer answers are not ours: a page of a hundred users has some 100 kB.
const LONGEST: usize = 16 << 20;
const KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum BadAccess {
    /// The address is none.
    #[error("`{0}` is no address of an account; write it as in https://shop.simla.com")]
    Address(String),
    /// Keys do not go over the net unsealed.
    #[error("`{0}` is not https; plain http is for this machine only")]
    Plain(String),
    /// The key has characters that no key has.
    #[error("the key has characters that no key has; copy it again from the CRM")]
    Key,
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] reqwest::Error),
}

/// The address of an account.
///
/// # Errors
/// [`BadAccess`]: no address, or one that a key must not be sent to.
pub fn account_address(text: &str) -> Result<Url, BadAccess> {
    let url = Url::parse(text.trim()).map_err(|_| BadAccess::Address(text.to_owned()))?;
    let host = url.host_str().unwrap_or_default();
    let is_here = host == "localhost"
        || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    match url.scheme() {
        _ if host.is_empty() => Err(BadAccess::Address(text.to_owned())),
        "https" => Ok(url),
        "http" if is_here => Ok(url),
        "http" => Err(BadAccess::Plain(text.to_owned())),
        _ => Err(BadAccess::Address(text.to_owned())),
    }
}

/// A client of one account. Clones share key and pace.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    http: reqwest::Client,
    account: Url,
    key: RwLock<HeaderValue>,
    pace: Mutex<Pace>,
    clock: Arc<dyn Clock>,
    chance: Arc<IdSource>,
    /// By how many seconds our clock was ahead of the CRM's when it last answered.
    ahead: Mutex<Option<i64>>,
}

impl fmt::Debug for Client {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("account", &self.inner.account.as_str()).finish_non_exhaustive()
    }
}

impl Client {
    /// A client of the account at this address, as often as this in a second.
    ///
    /// # Errors
    /// [`BadAccess`].
    pub fn new(
        address: &str,
        key: &str,
        per_second: u32,
        clock: Arc<dyn Clock>,
        chance: Arc<IdSource>,
    ) -> Result<Self, BadAccess> {
        // Setting it twice is no fault: another part of the process was first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .user_agent(concat!("reparto/", env!("CARGO_PKG_VERSION")))
            .build()?;
        let account = account_address(address)?;
        let (key, pace) = (RwLock::new(header(key)?), Mutex::new(Pace::new(per_second)));
        let ahead = Mutex::new(None);
        Ok(Self { inner: Arc::new(Inner { http, account, key, pace, clock, chance, ahead }) })
    }

    /// Goes on with another key.
    ///
    /// # Errors
    /// [`BadAccess::Key`].
    pub fn set_key(&self, key: &str) -> Result<(), BadAccess> {
        *self.inner.key.write().unwrap_or_else(PoisonError::into_inner) = header(key)?;
        Ok(())
    }

    /// The address of the account.
    pub fn address(&self) -> &str {
        self.inner.account.as_str()
    }

    /// By how many seconds our clock is ahead of the CRM's, if it ever answered.
    pub fn clock_ahead(&self) -> Option<i64> {
        *self.inner.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks, at the permitted pace, and again when that may help and can do no harm.
    ///
    /// # Errors
    /// [`CrmError`], after the last attempt.
    pub async fn ask<T: DeserializeOwned>(&self, request: &Request) -> Result<T, CrmError> {
        let mut failures = 0;
        loop {
            let error = match self.attempt(request).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            failures += 1;
            let CrmError::Retry { after, may_be_done, .. } = &error else {
                return Err(error);
            };
            if failures == ATTEMPTS || (*may_be_done && !request.repeatable) {
                return Err(error);
            }
            let span = wait(failures, u32::from_le_bytes(self.inner.chance.bytes()), *after);
            if !may_be_done {
                // Throttled: everybody else with this key is meant as well.
                let until = self.inner.clock.now() + span;
                self.inner.pace.lock().unwrap_or_else(PoisonError::into_inner).rest(until);
            }
            tracing::debug!(?request, failures, %error, "the CRM is asked again");
            pause(span).await;
        }
    }

    async fn attempt<T: DeserializeOwned>(&self, request: &Request) -> Result<T, CrmError> {
        let now = self.inner.clock.now();
        let at = self.inner.pace.lock().unwrap_or_else(PoisonError::into_inner).take(now);
        if at > now {
            pause(at.since(now)).await;
        }
        let reply = self.send(request).await.map_err(|failure| {
            let why =
                if failure.is_timeout() { "it did not answer in time".into() } else { innermost(&failure) };
            CrmError::Retry { after: None, why, may_be_done: !failure.is_connect() }
        })?;
        read(self.inner.account.as_str(), &reply)
    }

    async fn send(&self, request: &Request) -> Result<Reply, reqwest::Error> {
        let url = request.url(&self.inner.account);
        let key = self.inner.key.read().unwrap_or_else(PoisonError::into_inner).clone();
        let built = match request.method {
            Method::Get => self.inner.http.get(url),
            Method::Post => self
                .inner
                .http
                .post(url)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(request.body()),
        };
        let mut response = built.header(KEY, key).send().await?;
        let retry_after = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
        let retry_after = retry_after.and_then(|text| text.parse().ok()).map(Duration::from_secs);
        let date = response.headers().get("date").and_then(|value| value.to_str().ok());
        if let Some(theirs) = date.and_then(|text| chrono::DateTime::parse_from_rfc2822(text).ok()) {
            let ours = self.inner.clock.now().micros().div_euclid(1_000_000);
            let mut ahead = self.inner.ahead.lock().unwrap_or_else(PoisonError::into_inner);
            *ahead = Some(ours - theirs.timestamp());
        }
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await? {
            if body.len() + piece.len() > LONGEST {
                // Cut off, it cannot be read, and is told so.
                break;
            }
            body.extend_from_slice(&piece);
        }
        Ok(Reply { status, retry_after, body })
    }
}

/// A key as a header; marked so that nobody prints it.
fn header(key: &str) -> Result<HeaderValue, BadAccess> {
    let mut value = HeaderValue::from_str(key.trim()).map_err(|_| BadAccess::Key)?;
    value.set_sensitive(true);
    Ok(value)
}

/// The outer texts name the address with its query, which holds people's telephone numbers.
fn innermost(failure: &reqwest::Error) -> String {
    let mut text = "it cannot be reached".to_owned();
    let mut cause = std::error::Error::source(failure);
    while let Some(error) = cause {
        text = error.to_string();
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_go_nowhere_unsealed() {
        for fine in
            ["https://shop.simla.com", "http://127.0.0.1:8080/crm", "http://localhost:1", "http://[::1]:1"]
        {
            assert!(account_address(fine).is_ok(), "{fine}");
        }
        for bad in ["http://shop.simla.com", "shop.simla.com", "ftp://shop.simla.com", "", "https://"] {
            assert!(account_address(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn keys_are_not_printed() {
        let clock = Arc::new(crate::engine::clock::SystemClock::default());
        let chance = Arc::new(IdSource::seeded([1; 32]));
        let client = Client::new("https://shop.example", "s3cret", 8, clock, chance).expect("a client");
        assert!(!format!("{client:?}").contains("s3cret"));
        assert!(!format!("{:?}", client.inner.key).contains("s3cret"));
        assert!(client.set_key("a\nb").is_err());
    }
}
