//! Who may operate a fresh server: the token from the environment, or on loopback one that is made and shown once.

use std::net::IpAddr;

use super::exit::Failure;
use crate::config::secret::Secret;
use crate::config::setting::ADMIN_TOKEN_VARIABLE;
use crate::domain::time::Timestamp;
use crate::http::auth::secret::{self, BYTES, Token};
use crate::store::change::{Role, TokenRecord};

/// Id and name of the token from the environment.
pub const ENVIRONMENT_TOKEN: &str = "env-admin";

/// The shortest token taken from the environment, in characters.
const SHORTEST: usize = 12;

/// What to do before the server answers.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// A record to store.
    pub put: Option<TokenRecord>,
    /// A token to show, this once.
    pub show: Option<String>,
}

/// Works out what to do from the tokens that exist, the address and the token from the environment.
///
/// # Errors
/// A token from the environment that is too easy to guess; a reachable address without any operator token.
pub fn plan(
    tokens: &[TokenRecord],
    listen: IpAddr,
    from_environment: Option<&Secret>,
    now: Timestamp,
    random: [u8; BYTES],
) -> Result<Plan, Failure> {
    if let Some(token) = from_environment {
        let hash = secret::hash(acceptable(token)?);
        let is_known = tokens.iter().any(|t| &*t.id == ENVIRONMENT_TOKEN && t.hash == hash && is_operator(t));
        let record = operator(ENVIRONMENT_TOKEN, hash, ENVIRONMENT_TOKEN, now);
        return Ok(Plan { put: (!is_known).then_some(record), show: None });
    }
    if tokens.iter().any(is_operator) {
        return Ok(Plan::default());
    }
    if !listen.is_loopback() {
        return Err(Failure::new(
            format!("{listen} can be reached from other machines, and no operator token exists yet"),
            format!(
                "set {ADMIN_TOKEN_VARIABLE} to a long random text, run `reparto token create --role operator` first, \
                 or listen on 127.0.0.1"
            ),
        ));
    }
    let token = Token::from_bytes(random);
    let hash = token.hash();
    let record = operator(&secret::id(&hash), hash, "first start", now);
    Ok(Plan { put: Some(record), show: Some(token.reveal().to_owned()) })
}

fn acceptable(secret: &Secret) -> Result<&str, Failure> {
    let text = secret.reveal();
    // A bearer token travels in a header.
    if text.len() >= SHORTEST && text.chars().all(|c| c.is_ascii_graphic()) {
        return Ok(text);
    }
    Err(Failure::new(
        format!("{ADMIN_TOKEN_VARIABLE} is too short, or has spaces or other than ASCII characters"),
        format!("use at least {SHORTEST} letters, digits and signs; `openssl rand -hex 24` makes a good one"),
    ))
}

fn is_operator(token: &TokenRecord) -> bool {
    token.role == Role::Operator && token.revoked_at.is_none()
}

fn operator(id: &str, hash: [u8; 32], name: &str, now: Timestamp) -> TokenRecord {
    TokenRecord {
        id: id.into(),
        hash,
        account: None,
        role: Role::Operator,
        name: name.into(),
        created_at: now,
        revoked_at: None,
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const ANYWHERE: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    const NOW: Timestamp = Timestamp::from_secs(1);

    fn tried(tokens: &[TokenRecord], listen: IpAddr, environment: Option<&str>) -> Result<Plan, String> {
        let secret = environment.map(Secret::new);
        plan(tokens, listen, secret.as_ref(), NOW, [7; BYTES]).map_err(|failure| failure.to_string())
    }

    #[test]
    fn a_first_start_on_loopback_makes_a_token_and_a_second_does_not() {
        let first = tried(&[], HERE, None).expect("loopback needs nothing");
        let record = first.put.expect("it is stored");
        let token = first.show.expect("it is shown");
        assert_eq!(record.hash, secret::hash(&token));
        assert_eq!((record.role, record.account.clone()), (Role::Operator, None));
        assert_eq!(tried(std::slice::from_ref(&record), HERE, None), Ok(Plan::default()));
        assert_eq!(tried(&[record], ANYWHERE, None), Ok(Plan::default()));
    }

    #[test]
    fn a_reachable_address_needs_an_operator() {
        let error = tried(&[], ANYWHERE, None).unwrap_err();
        assert!(error.contains("0.0.0.0 can be reached") && error.contains("REPARTO_ADMIN_TOKEN"), "{error}");
        let mut revoked = operator("x", [0; 32], "x", NOW);
        revoked.revoked_at = Some(NOW);
        let mut backend = operator("y", [0; 32], "y", NOW);
        backend.role = Role::Backend;
        assert!(tried(&[revoked, backend], ANYWHERE, None).is_err());
    }

    #[test]
    fn the_token_from_the_environment_is_stored_hashed_and_never_shown() {
        let plan = tried(&[], ANYWHERE, Some("ci-admin-token")).expect("it is long enough");
        let record = plan.put.expect("it is stored");
        assert_eq!((&*record.id, record.hash), (ENVIRONMENT_TOKEN, secret::hash("ci-admin-token")));
        assert_eq!(plan.show, None);
        let known = std::slice::from_ref(&record);
        assert_eq!(tried(known, ANYWHERE, Some("ci-admin-token")), Ok(Plan::default()));
        let changed = tried(known, ANYWHERE, Some("another-admin-token")).expect("it may change");
        assert_eq!(changed.put.map(|t| t.hash), Some(secret::hash("another-admin-token")));
        let mut revoked = record;
        revoked.revoked_at = Some(NOW);
        let back = tried(&[revoked], HERE, Some("ci-admin-token")).expect("it is set again");
        assert_eq!(back.put.and_then(|t| t.revoked_at), None);
    }

    #[test]
    fn tokens_that_are_easy_to_guess_or_break_headers_are_refused_and_not_repeated() {
        for bad in ["tiny-one", "with a space in it", "con-eñe-larga", "line\nline-line"] {
            let error = tried(&[], HERE, Some(bad)).unwrap_err();
            assert!(!error.contains(bad), "{error}");
        }
    }
}
