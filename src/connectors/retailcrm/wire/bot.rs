//! Bots of the account.

use serde::{Deserialize, Serialize};

use super::Id;
use super::lenient;
use super::words::BotRole;
use crate::domain::time::Timestamp;

/// An element of `GET /bots`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Bot {
    /// Its id.
    pub id: Id,
    /// Its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What it may do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<BotRole>,
    /// Whether it is connected to the account.
    #[serde(alias = "isActive", skip_serializing_if = "Option::is_none")]
    pub is_active: Option<bool>,
    /// Whether it is us.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_self: Option<bool>,
    /// Whether it is the vendor's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_system: Option<bool>,
    /// Since when it is not.
    #[serde(with = "lenient::moment", skip_serializing_if = "Option::is_none")]
    pub deactivated_at: Option<Timestamp>,
}

impl Bot {
    /// Whether it acts: old records say so and carry a time of deactivation all the same.
    pub fn acts(&self) -> bool {
        self.is_active != Some(false) && self.deactivated_at.is_none()
    }

    /// Whether it shares out dialogs.
    pub fn is_distributor(&self) -> bool {
        self.roles.contains(&BotRole::Distributor)
    }
}
