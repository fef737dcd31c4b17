//! Managers.

use serde::{Deserialize, Serialize};

use super::Id;
use super::lenient;
use crate::domain::time::Timestamp;

/// An element of `GET /users`: a user of the CRM with access to chats.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct User {
    /// Its id in the gateway.
    pub id: Id,
    /// Its id in the CRM.
    #[serde(deserialize_with = "lenient::text", skip_serializing_if = "String::is_empty")]
    pub external_id: String,
    /// Login.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub username: String,
    /// First name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub first_name: String,
    /// Family name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub last_name: String,
    /// Name for people, where a version gives one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Has access.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_active: Option<bool>,
    /// Counted as online.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_online: Option<bool>,
    /// Available for communication; not defined further by the vendor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available: Option<bool>,
    /// Has a live session; not defined further by the vendor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connected: Option<bool>,
    /// A login of the vendor's support: never routed to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_technical_account: Option<bool>,
    /// Since when access is withdrawn.
    #[serde(with = "lenient::moment", skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
}

impl User {
    /// Whether dialogs may be given to them at all.
    pub fn may_serve(&self) -> bool {
        self.is_active != Some(false) && self.revoked_at.is_none() && self.is_technical_account != Some(true)
    }

    /// A name for people, put together from whatever is known.
    pub fn display_name(&self) -> String {
        let full = format!("{} {}", self.first_name, self.last_name);
        let names = [full.trim(), self.name.as_str(), self.username.as_str()];
        names.into_iter().find(|name| !name.is_empty()).unwrap_or_default().to_owned()
    }
}
