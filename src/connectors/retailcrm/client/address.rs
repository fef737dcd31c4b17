//! Where the gateway is, and by which secret it knows us.

use std::fmt;
use std::net::IpAddr;

use reqwest::Url;

/// What all paths of the gateway begin with.
const PREFIX: &str = "/api/bot/v1";

/// Why an address cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    /// It is no URL.
    #[error("`{0}` is no address; write one such as https://mg-s1.retailcrm.pro")]
    NoUrl(String),
    /// The token would travel in clear.
    #[error("`{0}` would send the token in clear; write https:// (http:// is for this machine only)")]
    Insecure(String),
}

/// The gateway's base address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    base: String,
}

impl Address {
    /// Reads an address as the CRM gives it: with or without the path that all calls begin with.
    ///
    /// # Errors
    /// [`BadAddress`].
    pub fn parse(text: &str) -> Result<Self, BadAddress> {
        let url = Url::parse(text.trim()).map_err(|_| BadAddress::NoUrl(text.to_owned()))?;
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let is_loopback =
            host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        match url.scheme() {
            "https" => {}
            "http" if is_loopback => {}
            "http" => return Err(BadAddress::Insecure(text.to_owned())),
            _ => return Err(BadAddress::NoUrl(text.to_owned())),
        }
        let base = url.as_str().trim_end_matches('/');
        let base = if base.ends_with(PREFIX) { base.to_owned() } else { format!("{base}{PREFIX}") };
        Ok(Self { base })
    }

    /// The address of a path with its query.
    pub fn of(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// The address of the socket.
    pub fn socket(&self, events: &[&str]) -> String {
        let base = self.base.replacen("http", "ws", 1);
        format!("{base}/ws?events={}", events.join(","))
    }
}

/// The secret by which the gateway knows us. It is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Keeps a token.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the header only.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_added_unless_it_is_there() {
        for text in [
            "https://mg.example",
            "https://mg.example/",
            "https://mg.example/api/bot/v1/",
            " https://mg.example ",
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!(address.of("/bots?self=1"), "https://mg.example/api/bot/v1/bots?self=1", "{text}");
        }
        let address = Address::parse("http://127.0.0.1:8090").unwrap();
        let socket = "ws://127.0.0.1:8090/api/bot/v1/ws?events=message_new,dialog_opened";
        assert_eq!(address.socket(&["message_new", "dialog_opened"]), socket);
    }

    #[test]
    fn a_token_is_not_sent_in_clear_nor_shown() {
        assert!(matches!(Address::parse("http://mg.example"), Err(BadAddress::Insecure(_))));
        assert!(matches!(Address::parse("ftp://mg.example"), Err(BadAddress::NoUrl(_))));
        assert!(matches!(Address::parse("mg.example"), Err(BadAddress::NoUrl(_))));
        assert!(Address::parse("http://[::1]:1").is_ok() && Address::parse("http://localhost:1").is_ok());
        assert_eq!(format!("{:?}", Token::new("hunter2")), "Token(…)");
    }
}
