//! Becoming a bot of the account: the integration module.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::envelope::object_or_empty;

/// The answer to `POST /api/v5/integration-modules/{code}/edit`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct ModuleEdited {
    /// What the account gives us.
    #[serde(deserialize_with = "object_or_empty")]
    pub info: ModuleInfo,
}

/// What the account gives a module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ModuleInfo {
    /// Access to the Message Gateway; none, when chats are not switched on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mg_bot: Option<MgBotInfo>,
}

/// Access to the Message Gateway.
#[derive(Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MgBotInfo {
    /// Its address; another one for each account.
    pub endpoint_url: String,
    /// The token: a secret.
    pub token: String,
}

impl fmt::Debug for MgBotInfo {
    /// Without the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MgBotInfo").field("endpoint_url", &self.endpoint_url).finish_non_exhaustive()
    }
}

/// `GET /api/v5/integration-modules/{code}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ModuleShown {
    /// The module.
    pub integration_module: Module,
}

/// An integration module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Module {
    /// Its code.
    pub code: String,
    /// Switched on by the account.
    pub active: bool,
    /// Stopped by the CRM, for instance for lack of payment.
    pub freeze: bool,
    /// What it offers.
    #[serde(deserialize_with = "object_or_empty")]
    pub integrations: Integrations,
}

/// What a module offers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Integrations {
    /// A bot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mg_bot: Option<MgBot>,
}

/// A bot as its module shows it.
#[derive(Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MgBot {
    /// Whether it acts.
    pub is_active: bool,
    /// Address of the Message Gateway.
    pub endpoint_url: String,
    /// The token: a secret.
    pub token: String,
}

impl fmt::Debug for MgBot {
    /// Without the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MgBot").field("is_active", &self.is_active).finish_non_exhaustive()
    }
}

/// `GET /api/credentials`: what the key may do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Credentials {
    /// Addresses it may ask.
    pub credentials: Vec<String>,
    /// Rights by name.
    pub scopes: Vec<String>,
    /// Stores it may see: `access_full`, `access_selective` or `access_none`.
    pub site_access: String,
}

/// `GET /api/system-info`: where the account is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SystemInfo {
    /// As people know it.
    pub public_url: String,
    /// As it stays when people rename it.
    pub technical_url: String,
}
