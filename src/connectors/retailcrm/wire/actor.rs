//! Who acts, and who is responsible.

use serde::{Deserialize, Serialize};

use super::Id;
use super::lenient;
use super::words::ActorType;
use crate::domain::time::Timestamp;

/// A manager, a bot or a customer, as chats, messages and events show them. The three have ids of their own: only kind
/// and id together name somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Actor {
    /// Id among its kind.
    pub id: Id,
    /// What it is.
    #[serde(rename = "type", skip_serializing_if = "ActorType::is_unsaid")]
    pub kind: ActorType,
    /// A manager's id in the CRM; a customer's id in the messenger.
    #[serde(deserialize_with = "lenient::text", skip_serializing_if = "String::is_empty")]
    pub external_id: String,
    /// Name for people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// First name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub first_name: String,
    /// Family name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub last_name: String,
    /// A customer's name in the messenger.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub username: String,
    /// Telephone number.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub phone: String,
    /// E-mail address.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub email: String,
    /// Of a manager: takes part, in the gateway's opinion. Not defined further by the vendor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available: Option<bool>,
    /// Of a manager: a login of the vendor's support; never routed to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_technical_account: Option<bool>,
    /// Of a manager in `user_updated`: has access.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_active: Option<bool>,
    /// Of a customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_blocked: Option<bool>,
    /// Of a bot: the vendor's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_system: Option<bool>,
}

impl Actor {
    /// A name for people, put together from whatever is known.
    pub fn display_name(&self) -> String {
        let full = format!("{} {}", self.first_name, self.last_name);
        let names = [self.name.as_str(), full.trim(), self.username.as_str()];
        names.into_iter().find(|name| !name.is_empty()).unwrap_or_default().to_owned()
    }
}

/// Who holds a dialog, as lists of dialogs, dialog events and answers to assignments tell it. A chat's last dialog
/// tells it as an [`Actor`] instead.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Responsible {
    /// A manager or a bot.
    #[serde(rename = "type", skip_serializing_if = "ActorType::is_unsaid")]
    pub kind: ActorType,
    /// Id among its kind.
    pub id: Id,
    /// A manager's id in the CRM; events leave it out.
    #[serde(deserialize_with = "lenient::text", skip_serializing_if = "String::is_empty")]
    pub external_id: String,
    /// Since when.
    #[serde(with = "lenient::moment", skip_serializing_if = "Option::is_none")]
    pub assigned_at: Option<Timestamp>,
}
