//! An account: one CRM system, with the settings that apply when no rule file acts.

use std::time::Duration;

use super::ids::{AccountId, BotId, GroupId, ManagerId};

/// What the default assignment does with a dialog.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum DefaultAssignment {
    /// Reparto assigns nobody; the CRM's own default may.
    Crm,
    /// Nobody: the dialog waits for a person to take it.
    #[default]
    Nobody,
    /// One manager, present or not.
    Manager(ManagerId),
    /// Whoever of the group is present and least loaded.
    Group(GroupId),
    /// One bot.
    Bot(BotId),
}

/// An account and its own settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// A name for people.
    pub name: String,
    /// The default assignment while the bot is off; a rule file's `[bot.fallback]` overrides it.
    pub default_assignment: DefaultAssignment,
    /// The idle time after which a dialog closes while the bot is off. `None`: never.
    pub auto_close: Option<Duration>,
}

impl Account {
    /// A new account with nothing set.
    pub fn new(id: AccountId) -> Self {
        Self { name: id.to_string(), id, default_assignment: DefaultAssignment::default(), auto_close: None }
    }
}
