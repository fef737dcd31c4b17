//! Customers as the gateway lists them: one for each channel that a person writes in.

use serde::{Deserialize, Serialize};

use super::Id;
use super::lenient;
use crate::domain::time::Timestamp;

/// An element of `GET /customers`. The CRM's customer is another object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Customer {
    /// Its id in the gateway.
    pub id: Id,
    /// Its id in the messenger.
    #[serde(deserialize_with = "lenient::text", skip_serializing_if = "String::is_empty")]
    pub external_id: String,
    /// Its channel.
    pub channel_id: Id,
    /// Name in the messenger.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub username: String,
    /// First name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub first_name: String,
    /// Family name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub last_name: String,
    /// Language.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub language: String,
    /// Telephone number.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub phone: String,
    /// E-mail address.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub email: String,
    /// Messages both ways are stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_blocked: Option<bool>,
    /// Since when it is gone.
    #[serde(with = "lenient::moment", skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
}
