//! A running server, as commands ask it: its address, the token, the account, and the failures in words.

use std::fmt;

use clap::Args;
use reqwest::{Client, Method, StatusCode, Url};
use serde_json::Value;

use super::exit::Failure;
use crate::domain::ids::AccountId;

/// Where the server is and who asks.
#[derive(Args, Clone)]
pub struct RemoteArgs {
    /// Address of the running server
    #[arg(long, env = "REPARTO_URL", value_name = "URL", default_value = "http://127.0.0.1:8080")]
    pub url: String,
    /// A token whose role permits what is asked
    #[arg(long, env = "REPARTO_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    /// The account
    #[arg(long, value_name = "ID", default_value_t = AccountId::default_account(),
          value_parser = |text: &str| AccountId::parse(text))]
    pub account: AccountId,
}

impl fmt::Debug for RemoteArgs {
    /// Without the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteArgs")
            .field("url", &self.url)
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}

/// A connection to a running server.
pub struct Remote {
    client: Client,
    base: Url,
    token: Option<String>,
    account: AccountId,
}

/// What the server answered when it did not do what was asked: problem+json.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    /// The HTTP status.
    pub status: u16,
    /// The stable code of the problem; empty when the answer was not problem+json.
    pub code: String,
    /// The whole problem, or the text that stood in its place.
    pub body: Value,
}

impl Refused {
    /// What went wrong, for people.
    pub fn sentence(&self) -> String {
        let text = |name: &str| self.body.get(name).and_then(Value::as_str).unwrap_or_default();
        match (text("title"), text("detail")) {
            ("", "") => format!("the server answered {}", self.status),
            (title, "") => title.to_owned(),
            ("", detail) => detail.to_owned(),
            (title, detail) => format!("{title}: {detail}"),
        }
    }
}

/// Why there is no good answer.
#[derive(Debug)]
pub enum NoAnswer {
    /// The server cannot be reached, or broke off.
    Unreachable(String),
    /// The server would not.
    Refused(Refused),
}

impl From<NoAnswer> for Failure {
    fn from(no_answer: NoAnswer) -> Self {
        match no_answer {
            NoAnswer::Unreachable(what) => {
                Self::new(what, "check --url, and that `reparto serve` runs there")
            }
            NoAnswer::Refused(refused) => {
                let help = match refused.status {
                    401 => "give a token by --token or in REPARTO_TOKEN; `reparto token create` makes one",
                    403 => {
                        "use a token of a role that may do this; `reparto token create --help` lists the roles"
                    }
                    404 => "check the id and --account",
                    _ => "the server's log says more",
                };
                Self::new(refused.sentence(), help)
            }
        }
    }
}

impl RemoteArgs {
    /// The connection; nothing is sent yet.
    ///
    /// # Errors
    /// An address that is none.
    pub fn connect(&self) -> Result<Remote, Failure> {
        let no_url = |why: String| {
            Failure::new(
                format!("`{}` is no address of a server: {why}", self.url),
                "write it like http://127.0.0.1:8080",
            )
        };
        let base = Url::parse(&self.url).map_err(|error| no_url(error.to_string()))?;
        if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
            return Err(no_url("it must begin with http:// or https:// and name a host".into()));
        }
        // Setting it twice is no fault: another part of the process was first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().user_agent(concat!("reparto/", env!("CARGO_PKG_VERSION"))).build();
        let client = client.map_err(|error| {
            Failure::new(format!("cannot set up the HTTP client: {error}"), "check the system's certificates")
        })?;
        Ok(Remote { client, base, token: self.token.clone(), account: self.account.clone() })
    }
}

impl Remote {
    /// The account that commands are about.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// Asks about the account: `path` holds the segments below `/v1/accounts/{account}`, not yet encoded.
    ///
    /// # Errors
    /// Nobody there, or a refusal.
    pub async fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Value, NoAnswer> {
        self.call(Method::GET, path, query, None).await
    }

    /// Changes something of the account by POST.
    ///
    /// # Errors
    /// Nobody there, or a refusal.
    pub async fn post(&self, path: &[&str], query: &[(&str, &str)], body: &Value) -> Result<Value, NoAnswer> {
        self.call(Method::POST, path, query, Some(body)).await
    }

    /// Changes something of the account by PUT.
    ///
    /// # Errors
    /// Nobody there, or a refusal.
    pub async fn put(&self, path: &[&str], query: &[(&str, &str)], body: &Value) -> Result<Value, NoAnswer> {
        self.call(Method::PUT, path, query, Some(body)).await
    }

    /// Removes something of the account by DELETE.
    ///
    /// # Errors
    /// Nobody there, or a refusal.
    pub async fn delete(&self, path: &[&str]) -> Result<Value, NoAnswer> {
        self.call(Method::DELETE, path, &[], None).await
    }

    async fn call(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Value, NoAnswer> {
        let unreachable = |error: reqwest::Error| {
            NoAnswer::Unreachable(format!("no answer from {}: {}", self.base, innermost(&error)))
        };
        let mut request = self.client.request(method, self.address(path, query));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let bytes = response.bytes().await.map_err(unreachable)?;
        let body = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into())
        };
        if status.is_success() { Ok(body) } else { Err(NoAnswer::Refused(refused(status, body))) }
    }

    fn address(&self, path: &[&str], query: &[(&str, &str)]) -> Url {
        let mut address = self.base.clone();
        if let Ok(mut segments) = address.path_segments_mut() {
            segments.pop_if_empty().extend(["v1", "accounts", self.account.as_str()]).extend(path);
        }
        if !query.is_empty() {
            address.query_pairs_mut().extend_pairs(query);
        }
        address
    }
}

fn refused(status: StatusCode, body: Value) -> Refused {
    let code = body.get("code").and_then(Value::as_str).unwrap_or_default().to_owned();
    Refused { status: status.as_u16(), code, body }
}

/// The cause at the bottom says more than "error sending request".
fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(below) = error.source() {
        error = below;
    }
    error.to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn remote(url: &str) -> Result<Remote, Failure> {
        let account = AccountId::trusted("shop");
        RemoteArgs { url: url.into(), token: Some("rpt_secret".into()), account }.connect()
    }

    #[test]
    fn paths_are_encoded_and_a_prefix_of_the_address_is_kept() {
        let Ok(remote) = remote("https://crm.example/reparto/") else {
            panic!("a good address");
        };
        let address = remote.address(&["dialogs", "a/b ä"], &[("why_not", "ana & co")]);
        let wanted = "https://crm.example/reparto/v1/accounts/shop/dialogs/a%2Fb%20%C3%A4?why_not=ana+%26+co";
        assert_eq!(address.as_str(), wanted);
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for bad in ["127.0.0.1:8080", "ftp://x", "", "mailto:a@b"] {
            assert!(remote(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_problem_says_what_is_wrong() {
        let body = json!({"title": "No such dialog", "detail": "d-9 is not known", "code": "not_found"});
        let problem = refused(StatusCode::NOT_FOUND, body);
        assert_eq!(
            (problem.code.as_str(), problem.sentence().as_str()),
            ("not_found", "No such dialog: d-9 is not known")
        );
        let other = refused(StatusCode::BAD_GATEWAY, json!("<html>"));
        assert_eq!(other.sentence(), "the server answered 502");
    }

    #[test]
    fn the_token_is_not_shown() {
        let args = RemoteArgs {
            url: "http://x".into(),
            token: Some("rpt_secret".into()),
            account: AccountId::default_account(),
        };
        assert!(!format!("{args:?}").contains("secret"));
    }
}
