//! Signs deliveries by the Standard Webhooks scheme, so that subscribers can verify them with any of its libraries.
//!
//! The signed content is `id.timestamp.body`; the key is what stands base64-encoded behind `whsec_`.
//! Every attempt is signed anew, since subscribers refuse timestamps that are minutes old; the id stays.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::domain::ids::AccountId;
use crate::domain::time::Timestamp;

/// What secrets begin with.
pub const SECRET_PREFIX: &str = "whsec_";

/// How many random bytes make a new secret.
pub const NEW_SECRET_BYTES: usize = 32;

/// The lengths of secrets that the scheme permits, in bytes.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// Why a text is not a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSecret {
    /// It does not begin with [`SECRET_PREFIX`].
    #[error("a webhook secret begins with whsec_")]
    Prefix,
    /// What follows is no base64.
    #[error("behind whsec_ a webhook secret is base64")]
    Base64,
    /// It is too short or too long.
    #[error("a webhook secret has 24 to 64 bytes behind its base64, this one has {0}")]
    Length(usize),
}

/// Reads a secret as subscribers know it: `whsec_` and base64.
///
/// # Errors
/// [`BadSecret`].
pub fn parse_secret(text: &str) -> Result<Vec<u8>, BadSecret> {
    let encoded = text.strip_prefix(SECRET_PREFIX).ok_or(BadSecret::Prefix)?;
    let key = STANDARD.decode(encoded).map_err(|_| BadSecret::Base64)?;
    if SECRET_BYTES.contains(&key.len()) { Ok(key) } else { Err(BadSecret::Length(key.len())) }
}

/// Writes a secret as subscribers know it.
pub fn show_secret(key: &[u8]) -> String {
    format!("{SECRET_PREFIX}{}", STANDARD.encode(key))
}

/// The three headers of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// `webhook-id`: the same for every attempt, so that subscribers can drop repeats.
    pub id: String,
    /// `webhook-timestamp`: seconds since the Unix epoch.
    pub timestamp: String,
    /// `webhook-signature`: `v1,` and base64.
    pub signature: String,
}

impl Signed {
    /// The headers as names and values.
    pub fn headers(&self) -> [(&'static str, &str); 3] {
        [
            ("webhook-id", &self.id),
            ("webhook-timestamp", &self.timestamp),
            ("webhook-signature", &self.signature),
        ]
    }
}

/// Signs one attempt to deliver `body`.
pub fn sign(key: &[u8], id: &str, now: Timestamp, body: &[u8]) -> Signed {
    let timestamp = now.micros().div_euclid(1_000_000).to_string();
    let signature = format!("v1,{}", STANDARD.encode(mac(key, id, &timestamp, body).finalize().into_bytes()));
    Signed { id: id.to_owned(), timestamp, signature }
}

/// Whether one of the signatures in a `webhook-signature` header is right. The age of the timestamp is the
/// receiver's to judge.
pub fn verify(key: &[u8], id: &str, timestamp: &str, body: &[u8], signatures: &str) -> bool {
    signatures
        .split(' ')
        .filter_map(|signature| STANDARD.decode(signature.strip_prefix("v1,")?).ok())
        .any(|signature| mac(key, id, timestamp, body).verify_slice(&signature).is_ok())
}

fn mac(key: &[u8], id: &str, timestamp: &str, body: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    mac
}

/// The `webhook-id` of an event: stable over attempts and restarts, different for any two events.
///
/// Event ids have dots, which the scheme does not permit since dots part what is signed; so a hash stands for them.
pub fn webhook_id(account: &AccountId, event_id: &str) -> String {
    let mut hash = Sha256::new();
    // Neither an account's id nor an event's id has a zero byte.
    for part in [account.as_str().as_bytes(), b"\0", event_id.as_bytes()] {
        hash.update(part);
    }
    format!("msg_{}", URL_SAFE_NO_PAD.encode(&hash.finalize()[..18]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example that the scheme's own libraries are tested with.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const AT: i64 = 1_614_265_330;
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    #[test]
    fn the_published_example_comes_out() {
        let key = parse_secret(SECRET).expect("it is a secret");
        let signed = sign(&key, ID, Timestamp::from_secs(AT), BODY);
        assert_eq!(
            signed.headers(),
            [("webhook-id", ID), ("webhook-timestamp", "1614265330"), ("webhook-signature", SIGNATURE)]
        );
        assert_eq!(show_secret(&key), SECRET);
    }

    #[test]
    fn any_right_signature_of_several_will_do_and_any_change_breaks_it() {
        let key = parse_secret(SECRET).expect("it is a secret");
        let stamp = "1614265330";
        assert!(verify(&key, ID, stamp, BODY, &format!("v1,bm9wZQ== v1a,x {SIGNATURE}")));
        assert!(!verify(&key, ID, stamp, b"{}", SIGNATURE));
        assert!(!verify(&key, ID, "1614265331", BODY, SIGNATURE));
        assert!(!verify(&key, "msg_other", stamp, BODY, SIGNATURE));
        assert!(!verify(b"another key of many bytes", ID, stamp, BODY, SIGNATURE));
        assert!(!verify(&key, ID, stamp, BODY, ""));
        assert!(!verify(&key, ID, stamp, BODY, "v1,"));
    }

    #[test]
    fn bad_secrets_are_told_apart() {
        assert_eq!(parse_secret("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), Err(BadSecret::Prefix));
        assert_eq!(parse_secret("whsec_not base64!"), Err(BadSecret::Base64));
        assert_eq!(parse_secret("whsec_AAAA"), Err(BadSecret::Length(3)));
        assert_eq!(parse_secret(&show_secret(&[7; 65])), Err(BadSecret::Length(65)));
        assert_eq!(parse_secret(&show_secret(&[7; NEW_SECRET_BYTES])), Ok(vec![7; NEW_SECRET_BYTES]));
    }

    #[test]
    fn ids_are_stable_distinct_and_without_dots() {
        let (a, b) = (AccountId::trusted("a"), AccountId::trusted("b"));
        let id = webhook_id(&a, "dialog/d.1/3.0");
        assert_eq!(id, webhook_id(&a, "dialog/d.1/3.0"));
        assert_ne!(id, webhook_id(&b, "dialog/d.1/3.0"));
        assert_ne!(id, webhook_id(&a, "dialog/d.1/3.1"));
        assert!(!id.contains('.'));
        assert_eq!(id.len(), 28);
    }
}
