//! The courier: carries webhooks by HTTP, and only to where they may go.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, Url};

use super::outbox_relay::{Courier, NotPosted, Posted};
use super::webhook_reach::{Forbidden, Reach};
use super::webhook_signature::Signed;

/// A courier over HTTP/1.1, with TLS where the address says so.
#[derive(Clone, Debug)]
pub struct HttpCourier {
    plain: Client,
    secure: Client,
    reach: Reach,
}

impl HttpCourier {
    /// A courier that goes no further than `reach`, and waits this long for an answer.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(timeout: Duration, reach: Reach) -> Result<Self, reqwest::Error> {
        // Setting it twice is no fault: another part of the process was first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = |is_https| {
            Client::builder()
                .timeout(timeout)
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy()
                .dns_resolver(std::sync::Arc::new(Judge { reach, is_https }))
                .user_agent(concat!("reparto/", env!("CARGO_PKG_VERSION")))
                .build()
        };
        Ok(Self { plain: client(false)?, secure: client(true)?, reach })
    }

    fn client_for(&self, url: &str) -> Result<(&Client, Url), NotPosted> {
        let url = Url::parse(url)
            .map_err(|problem| NotPosted::Failed(format!("the address is not a URL: {problem}")))?;
        let is_https = url.scheme() == "https";
        // An address in figures is not resolved, so it is judged here.
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        if let Ok(address) = host.parse::<IpAddr>() {
            self.reach.permits(is_https, address).map_err(NotPosted::Forbidden)?;
        }
        Ok((if is_https { &self.secure } else { &self.plain }, url))
    }
}

impl Courier for HttpCourier {
    fn post<'a>(
        &'a self,
        url: &'a str,
        signed: Signed,
        body: String,
    ) -> BoxFuture<'a, Result<Posted, NotPosted>> {
        Box::pin(async move {
            let (client, url) = self.client_for(url)?;
            let mut request = client.post(url).header("content-type", "application/json").body(body);
            for (name, value) in signed.headers() {
                request = request.header(name, value);
            }
            let response = request.send().await.map_err(|failure| not_posted(&failure))?;
            let retry_after = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
            let retry_after = retry_after.and_then(|text| text.parse().ok()).map(Duration::from_secs);
            Ok(Posted { status: response.status().as_u16(), retry_after })
        })
    }
}

fn not_posted(failure: &reqwest::Error) -> NotPosted {
    let mut cause: Option<&dyn std::error::Error> = Some(failure);
    let mut innermost = String::new();
    while let Some(error) = cause {
        if let Some(forbidden) = error.downcast_ref::<Forbidden>() {
            return NotPosted::Forbidden(*forbidden);
        }
        // The outer texts name the address, which may hold a secret.
        innermost = error.to_string();
        cause = error.source();
    }
    NotPosted::Failed(if failure.is_timeout() {
        "the receiver did not answer in time".into()
    } else {
        innermost
    })
}

/// Resolves names, and leaves out the addresses that may not be called.
#[derive(Clone, Copy, Debug)]
struct Judge {
    reach: Reach,
    is_https: bool,
}

impl Resolve for Judge {
    fn resolve(&self, name: Name) -> Resolving {
        let Self { reach, is_https } = *self;
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let mut permitted = Vec::with_capacity(found.len());
            let mut refused = None;
            for address in found {
                match reach.permits(is_https, address.ip()) {
                    Ok(()) => permitted.push(address),
                    Err(forbidden) => refused = Some(forbidden),
                }
            }
            match (permitted.is_empty(), refused) {
                (true, Some(forbidden)) => Err(forbidden.into()),
                _ => Ok(Box::new(permitted.into_iter()) as Addrs),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn outcome(url: &str, reach: Reach) -> NotPosted {
        let courier = HttpCourier::new(Duration::from_secs(5), reach).expect("TLS is there");
        let signed = Signed { id: "msg".into(), timestamp: "0".into(), signature: "v1,".into() };
        courier.post(url, signed, "{}".into()).await.expect_err("nobody listens there")
    }

    #[actix::test]
    async fn what_only_the_server_can_reach_is_not_called() {
        assert_eq!(
            outcome("http://127.0.0.1:9/", Reach::Public).await,
            NotPosted::Forbidden(Forbidden::Loopback)
        );
        assert_eq!(
            outcome("http://[::1]:9/", Reach::Public).await,
            NotPosted::Forbidden(Forbidden::Loopback)
        );
        assert_eq!(
            outcome("http://localhost:9/", Reach::Public).await,
            NotPosted::Forbidden(Forbidden::Loopback)
        );
        assert_eq!(
            outcome("http://169.254.169.254/", Reach::Private).await,
            NotPosted::Forbidden(Forbidden::Reserved)
        );
        assert!(matches!(outcome("http://127.0.0.1:9/", Reach::Loopback).await, NotPosted::Failed(_)));
    }
}
