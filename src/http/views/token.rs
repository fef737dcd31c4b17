//! Tokens in JSON.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::id::AccountKey;
use super::time::Time;
use super::words::RoleWord;
use crate::domain::ids::AccountId;
use crate::store::change::TokenRecord;

/// A token to make.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// What it permits.
    pub role: RoleWord,
    /// Its account; an administrator's own when missing. None for `operator` and `metrics`.
    pub account: Option<AccountKey>,
    /// A name for people; empty when missing.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub name: String,
}

/// A token. The token itself stands only in the answer that made it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Token)]
pub struct TokenView<'a> {
    /// Its id, for lists and revocation.
    id: &'a str,
    /// What it permits.
    role: RoleWord,
    /// Its account.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a str>,
    /// A name for people.
    name: &'a str,
    /// When it was made.
    created_at: Time,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<Time>,
    /// The token: shown this once, since only its hash is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
}

impl<'a> From<&'a TokenRecord> for TokenView<'a> {
    fn from(record: &'a TokenRecord) -> Self {
        Self {
            id: &record.id,
            role: record.role.into(),
            account: record.account.as_ref().map(AccountId::as_str),
            name: &record.name,
            created_at: Time(record.created_at),
            revoked_at: Time::of(record.revoked_at),
            token: None,
        }
    }
}

impl<'a> TokenView<'a> {
    /// With the token itself, for the answer that made it.
    #[must_use]
    pub fn revealing(mut self, token: &'a str) -> Self {
        self.token = Some(token);
        self
    }
}

/// A page of tokens.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TokenPage)]
pub struct TokenPage<'a> {
    /// The tokens, the revoked included.
    pub items: Vec<TokenView<'a>>,
    /// The cursor of the next page; none at the end.
    pub next: Option<String>,
}
