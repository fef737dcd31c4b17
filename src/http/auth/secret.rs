//! Bearer tokens: their text, made from a secure generator and kept out of logs, and the hash that is kept of them.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// What made tokens begin with, so that scanners for leaked secrets can find them.
const TOKEN_PREFIX: &str = "rpt_";
/// Random bytes of a token: 256 bits are more than anybody can guess.
pub const BYTES: usize = 32;

/// A bearer token in clear. It exists only between being made or sent and being hashed.
pub struct Token(String);

impl Token {
    /// The token of random bytes: `rpt_` and 43 characters.
    pub fn from_bytes(bytes: [u8; BYTES]) -> Self {
        Self(format!("{TOKEN_PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The token to show, once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored of it.
    pub fn hash(&self) -> [u8; 32] {
        hash(&self.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// The SHA-256 of a token: what the store keeps. A token has 256 random bits, so nothing slower is needed.
pub fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// An id for lists and revocation, from the hash: it tells nothing of the token.
pub fn id(hash: &[u8; 32]) -> String {
    use fmt::Write;

    let mut id = String::from("tok_");
    for byte in &hash[..6] {
        // Writing to a string cannot fail.
        let _ = write!(id, "{byte:02x}");
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_its_form_and_hides_itself() {
        let token = Token::from_bytes([0xfb; BYTES]);
        let encoded = "-_v7".repeat(10);
        assert_eq!(token.reveal(), format!("rpt_{encoded}-_s"));
        assert_eq!(token.reveal().len(), 47);
        assert_eq!(format!("{token:?}"), "Token(…)");
        assert_eq!(token.hash(), hash(token.reveal()));
    }

    #[test]
    fn hashes_are_sha_256() {
        let start = [0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea];
        assert_eq!(hash("abc")[..8], start);
        assert_eq!(id(&hash("abc")), "tok_ba7816bf8f01");
    }
}
