//! Who calls: bearer tokens, looked up by their hash in the store and remembered for some seconds.

use std::sync::Arc;

use subtle::ConstantTimeEq;

pub mod bucket;
pub mod memory;
pub mod permission;
pub mod secret;

use crate::domain::time::Timestamp;
use crate::http::problem::Problem;
use crate::http::problem_codes as codes;
use crate::store::SharedStore;
use crate::store::change::TokenRecord;
use bucket::Rate;
use memory::{Hash, Known, Memory};
use permission::Principal;

/// Longer texts are no tokens.
const LONGEST_TOKEN: usize = 512;

/// Finds out who calls, and how often they may.
#[derive(Clone)]
pub struct Auth {
    store: SharedStore,
    memory: Arc<Memory>,
}

impl Auth {
    /// Looks tokens up in this store; each may call at this rate, or as often as it likes.
    pub fn new(store: SharedStore, rate: Option<Rate>) -> Self {
        Self { store, memory: Arc::new(Memory::new(rate)) }
    }

    /// Who calls, by the `Authorization` header.
    ///
    /// # Errors
    /// [`codes::UNAUTHORIZED`], [`codes::RATE_LIMITED`], or the store's.
    pub async fn principal(&self, header: Option<&str>, now: Timestamp) -> Result<Arc<Principal>, Problem> {
        let hash = secret::hash(bearer(header)?);
        match self.memory.recall(&hash, now) {
            Known::Yes(principal) => return Ok(principal),
            Known::TooOften { seconds } => return Err(too_often(seconds)),
            Known::No => {}
        }
        let found = self.store.token(&hash).await?;
        let Some(record) = found.filter(|record| is_valid(record, &hash)) else {
            self.forget(&hash);
            return Err(unauthorized("the token is unknown or was revoked"));
        };
        let principal = Arc::new(Principal { token: record.id, role: record.role, account: record.account });
        self.memory.remember(hash, principal.clone(), now);
        Ok(principal)
    }

    /// Forgets a token, so that its revocation is noticed at once.
    pub fn forget(&self, hash: &Hash) {
        self.memory.forget(hash);
    }
}

/// A store finds by hash, and a hash tells nothing about other tokens; that the comparison takes constant time
/// costs nothing and holds for any store.
fn is_valid(record: &TokenRecord, hash: &Hash) -> bool {
    record.revoked_at.is_none() && bool::from(record.hash.ct_eq(hash))
}

fn unauthorized(detail: &str) -> Problem {
    Problem::new(&codes::UNAUTHORIZED, detail)
}

fn too_often(seconds: u32) -> Problem {
    let detail = "the token's rate is used up";
    Problem::passing(&codes::RATE_LIMITED, detail, seconds.max(1))
}

/// The token of an `Authorization` header.
fn bearer(header: Option<&str>) -> Result<&str, Problem> {
    let header = header.ok_or_else(|| unauthorized(codes::UNAUTHORIZED.meaning))?;
    let (scheme, token) = header.split_once(' ').unwrap_or((header, ""));
    let token = token.trim();
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() || token.len() > LONGEST_TOKEN {
        return Err(unauthorized(codes::UNAUTHORIZED.meaning));
    }
    Ok(token)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::change::Role;

    fn record(hash: Hash, revoked: bool) -> TokenRecord {
        TokenRecord {
            id: "t".into(),
            hash,
            account: None,
            role: Role::Operator,
            name: String::new(),
            created_at: Timestamp::from_secs(0),
            revoked_at: revoked.then(|| Timestamp::from_secs(1)),
        }
    }

    #[test]
    fn reads_bearer_headers_only() {
        assert_eq!(bearer(Some("Bearer abc")), Ok("abc"));
        assert_eq!(bearer(Some("bearer  abc ")), Ok("abc"));
        for bad in [None, Some(""), Some("abc"), Some("Basic abc"), Some("Bearer"), Some("Bearer ")] {
            assert_eq!(bearer(bad).unwrap_err().status(), 401, "{bad:?}");
        }
        assert!(bearer(Some(&format!("Bearer {}", "x".repeat(513)))).is_err());
    }

    #[test]
    fn a_revoked_or_other_token_is_not_valid() {
        assert!(is_valid(&record([1; 32], false), &[1; 32]));
        assert!(!is_valid(&record([1; 32], true), &[1; 32]));
        assert!(!is_valid(&record([1; 32], false), &[2; 32]));
    }
}
