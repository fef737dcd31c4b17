//! Requests that may be repeated: keys, fingerprints, and ids that follow from the key.
//!
//! The answer of a request with a key is kept as a receipt and given again. Between the effect and its receipt
//! the server may crash; so that a repeat then finds what was done, ids that the body leaves out follow from
//! the key instead of from chance.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

use super::problem::Problem;
use super::problem_codes as codes;
use crate::domain::ids::AccountId;
use crate::store::change::Receipt;

const LONGEST_KEY: usize = 255;

/// A client's key, with the account it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    account: String,
    /// As receipts are filed: apart from those of batches.
    filed: String,
}

impl Key {
    /// Reads the `Idempotency-Key` header.
    ///
    /// # Errors
    /// [`codes::BAD_HEADER`].
    pub fn of_header(account: &AccountId, header: &[u8]) -> Result<Self, Problem> {
        let is_plain = |text: &&str| {
            (1..=LONGEST_KEY).contains(&text.len()) && text.bytes().all(|c| (0x20..0x7f).contains(&c))
        };
        let text = std::str::from_utf8(header).ok().filter(is_plain);
        let Some(text) = text else {
            let detail = format!("`Idempotency-Key` must be 1 to {LONGEST_KEY} printable ASCII characters");
            return Err(Problem::new(&codes::BAD_HEADER, detail));
        };
        Ok(Self::filed(account, format!("key:{text}")))
    }

    /// The key of one fact of a batch.
    pub fn of_source(account: &AccountId, source_id: &str) -> Self {
        Self::filed(account, format!("source:{source_id}"))
    }

    fn filed(account: &AccountId, filed: String) -> Self {
        Self { account: account.to_string(), filed }
    }

    /// What receipts are filed under.
    pub fn as_str(&self) -> &str {
        &self.filed
    }

    /// The id that a request with this key gives to something it makes.
    pub fn derive_id(&self, purpose: &str) -> String {
        let digest = digest([&*self.account, &*self.filed, purpose].map(str::as_bytes));
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
    }
}

/// SHA-256 over parts, each led by its length so that no two lists of parts look alike.
fn digest<const N: usize>(parts: [&[u8]; N]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// What makes two requests the same.
pub fn fingerprint(method: &str, address: &str, body: &[u8]) -> [u8; 32] {
    digest([method.as_bytes(), address.as_bytes(), body])
}

/// Whether an earlier answer belongs to this request.
///
/// # Errors
/// [`codes::IDEMPOTENCY_MISMATCH`].
pub fn check(receipt: &Receipt, fingerprint: &[u8; 32]) -> Result<(), Problem> {
    if receipt.fingerprint == *fingerprint {
        return Ok(());
    }
    let kind = &codes::IDEMPOTENCY_MISMATCH;
    Err(Problem::new(kind, kind.meaning))
}

/// Keys of requests that are under way.
#[derive(Clone, Default)]
pub struct UnderWay(Arc<Mutex<BTreeSet<Key>>>);

/// Holds a key while its request is under way.
pub struct Held {
    key: Key,
    under_way: UnderWay,
}

impl UnderWay {
    /// Holds a key.
    ///
    /// # Errors
    /// [`codes::IDEMPOTENCY_IN_PROGRESS`].
    pub fn hold(&self, key: &Key) -> Result<Held, Problem> {
        if self.lock().insert(key.clone()) {
            return Ok(Held { key: key.clone(), under_way: self.clone() });
        }
        let kind = &codes::IDEMPOTENCY_IN_PROGRESS;
        Err(Problem::passing(kind, kind.meaning, 1))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<Key>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.under_way.lock().remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Key {
        Key::of_header(&AccountId::default_account(), text.as_bytes()).unwrap()
    }

    #[test]
    fn keys_are_short_and_printable() {
        let account = AccountId::default_account();
        assert_eq!(key("a b").as_str(), "key:a b");
        for bad in [&b""[..], b"a\n", "é".as_bytes(), &[b'x'; 256]] {
            let problem = Key::of_header(&account, bad).unwrap_err();
            assert_eq!(problem.kind.code, "bad_header");
        }
    }

    #[test]
    fn ids_follow_from_key_account_and_purpose() {
        let other = Key::of_header(&AccountId::trusted("other"), b"k").unwrap();
        let source = Key::of_source(&AccountId::default_account(), "k");
        let ids = [
            key("k").derive_id("dialog"),
            key("k").derive_id("message"),
            key("l").derive_id("dialog"),
            other.derive_id("dialog"),
            source.derive_id("dialog"),
        ];
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
        assert_eq!(ids[0], key("k").derive_id("dialog"));
        assert_eq!(&ids[0][14..15], "8");
    }

    #[test]
    fn fingerprints_tell_requests_apart() {
        let one = fingerprint("POST", "/a", b"b");
        assert_eq!(one, fingerprint("POST", "/a", b"b"));
        assert_ne!(one, fingerprint("POST", "/ab", b""));
        assert_ne!(one, fingerprint("PUT", "/a", b"b"));
    }

    #[test]
    fn a_key_is_held_by_one_request() {
        let under_way = UnderWay::default();
        let held = under_way.hold(&key("k")).ok();
        assert_eq!(under_way.hold(&key("k")).err().map(|p| p.kind.code), Some("idempotency_in_progress"));
        assert!(under_way.hold(&key("l")).is_ok());
        drop(held);
        assert!(under_way.hold(&key("k")).is_ok());
    }
}
