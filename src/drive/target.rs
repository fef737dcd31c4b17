//! Where the server is, and how it is reached.

use std::fmt;
use std::io::Write as _;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::responses::Responses;

/// Where the server is, and who we are to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// `host:port`.
    pub authority: String,
    /// What stands before each path of the account: `/v1/accounts/default`.
    pub base: String,
    /// The bearer token.
    pub token: Option<String>,
}

impl Target {
    /// From an address like `http://127.0.0.1:8080`.
    ///
    /// # Errors
    /// A sentence for people.
    pub fn parse(url: &str, account: &str, token: Option<String>) -> Result<Self, String> {
        let Some(rest) = url.strip_prefix("http://") else {
            return Err(format!(
                "`{url}` does not begin with http:// (the drive speaks plain HTTP to a server nearby)"
            ));
        };
        let rest = rest.trim_end_matches('/');
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if authority.is_empty() {
            return Err(format!("`{url}` names no host"));
        }
        let port = if authority.rsplit(']').next().is_some_and(|end| end.contains(':')) { "" } else { ":80" };
        let path = if path.is_empty() { String::new() } else { format!("/{path}") };
        Ok(Self {
            authority: format!("{authority}{port}"),
            base: format!("{path}/v1/accounts/{account}"),
            token,
        })
    }
}

impl Target {
    /// Writes the head of a request about the account.
    pub(super) fn write_head(
        &self,
        bytes: &mut Vec<u8>,
        method: &str,
        path: fmt::Arguments,
        content_type: &str,
        length: usize,
    ) {
        // Writing into memory cannot fail.
        let _ = write!(bytes, "{method} {}{path} HTTP/1.1\r\nhost: {}\r\n", self.base, self.authority);
        if let Some(token) = &self.token {
            let _ = write!(bytes, "authorization: Bearer {token}\r\n");
        }
        if length > 0 || method != "GET" {
            let _ = write!(bytes, "content-type: {content_type}\r\ncontent-length: {length}\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
    }

    /// Whether anybody listens there.
    ///
    /// # Errors
    /// A sentence for people.
    pub async fn is_there(&self) -> Result<(), String> {
        let connect = TcpStream::connect(&self.authority).await;
        let problem =
            |error| format!("no server at http://{}: {error}; start it with `reparto serve`", self.authority);
        connect.map(drop).map_err(problem)
    }

    /// A fresh connection to a server that says it is ready.
    ///
    /// # Errors
    /// Why it cannot be reached, or is not ready.
    pub(super) async fn reach(&self, responses: &mut Responses) -> Result<TcpStream, String> {
        let problem = |error: std::io::Error| error.to_string();
        let mut stream = TcpStream::connect(&self.authority).await.map_err(problem)?;
        stream.set_nodelay(true).map_err(problem)?;
        let ask = format!("GET /readyz HTTP/1.1\r\nhost: {}\r\n\r\n", self.authority);
        stream.write_all(ask.as_bytes()).await.map_err(problem)?;
        responses.clear();
        loop {
            if let Some(response) = responses.take()? {
                let (status, closes) = (response.status, response.closes);
                if status == 200 && closes {
                    // It will not take another request on this one.
                    return TcpStream::connect(&self.authority).await.map_err(problem);
                }
                return if status == 200 { Ok(stream) } else { Err(format!("/readyz answers {status}")) };
            }
            if stream.read_buf(responses.buffer()).await.map_err(problem)? == 0 {
                return Err("it closes the connection".to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_becomes_host_port_and_path() {
        let target = |url| Target::parse(url, "default", None).map(|target| (target.authority, target.base));
        let of = |authority: &str, base: &str| Ok((authority.to_owned(), base.to_owned()));
        assert_eq!(target("http://127.0.0.1:8080"), of("127.0.0.1:8080", "/v1/accounts/default"));
        assert_eq!(target("http://crm.local/"), of("crm.local:80", "/v1/accounts/default"));
        assert_eq!(target("http://[::1]/bot/"), of("[::1]:80", "/bot/v1/accounts/default"));
        assert_eq!(target("http://[::1]:81"), of("[::1]:81", "/v1/accounts/default"));
        assert!(target("https://crm.local").unwrap_err().contains("http://"));
        assert!(target("http://").unwrap_err().contains("no host"));
    }

    #[test]
    fn a_head_says_who_asks_and_how_much_follows() {
        let target = Target::parse("http://h:1", "shop", Some("secret".to_owned())).unwrap();
        let mut head = Vec::new();
        target.write_head(&mut head, "POST", format_args!("/dialogs"), "application/json", 12);
        let want = "POST /v1/accounts/shop/dialogs HTTP/1.1\r\nhost: h:1\r\nauthorization: Bearer secret\r\n\
            content-type: application/json\r\ncontent-length: 12\r\n\r\n";
        assert_eq!(String::from_utf8(head).unwrap(), want);
    }
}
