//! Accounts in JSON.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::span::Span;
use super::time::Time;
use super::who::{DefaultAssignmentView, NewDefaultAssignment};
use crate::desk::view::RosterView;
use crate::domain::account::Account;
use crate::domain::ids::AccountId;

/// An account's own settings, which apply while no rule file acts.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    /// A name for people; the id when missing.
    pub name: Option<String>,
    /// What becomes of dialogs while the bot is off; `nobody` when missing.
    pub default_assignment: Option<NewDefaultAssignment>,
    /// The idle time after which a dialog closes while the bot is off; never when missing.
    pub auto_close: Option<Span>,
}

impl NewAccount {
    /// The account with these settings.
    pub fn into_domain(self, id: AccountId) -> Account {
        Account {
            name: self.name.unwrap_or_else(|| id.to_string()),
            id,
            default_assignment: self.default_assignment.map(Into::into).unwrap_or_default(),
            auto_close: self.auto_close.map(|span| span.0),
        }
    }
}

/// An account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Account)]
pub struct AccountView<'a> {
    /// Its id.
    id: &'a str,
    /// A name for people.
    name: &'a str,
    /// What becomes of dialogs while the bot is off.
    default_assignment: DefaultAssignmentView<'a>,
    /// The idle time after which a dialog closes while the bot is off.
    #[serde(skip_serializing_if = "Option::is_none")]
    auto_close: Option<Span>,
    /// How it stands now.
    #[serde(skip_serializing_if = "Option::is_none")]
    now: Option<AccountNow<'a>>,
}

impl<'a> AccountView<'a> {
    /// The view of an account and, if known, of its people and queue.
    pub fn of(account: &'a Account, now: Option<(&'a RosterView, u64)>) -> Self {
        Self {
            id: account.id.as_str(),
            name: &account.name,
            default_assignment: (&account.default_assignment).into(),
            auto_close: account.auto_close.map(Span),
            now: now.map(|(roster, newest_seq)| AccountNow::of(roster, newest_seq)),
        }
    }
}

/// How an account stands now.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountNow<'a> {
    /// Managers on record.
    managers: usize,
    /// Dialogs that wait for a responsible.
    waiting_dialogs: u32,
    /// How many of them somebody could take: zero, unless something is wrong.
    serviceable_dialogs: u32,
    /// When the oldest of them began to wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest_waiting_since: Option<Time>,
    /// The rule set in force: its content hash.
    rules: &'a str,
    /// The number of the newest event.
    newest_seq: u64,
}

impl<'a> AccountNow<'a> {
    fn of(roster: &'a RosterView, newest_seq: u64) -> Self {
        Self {
            managers: roster.managers.len(),
            waiting_dialogs: roster.waiting,
            serviceable_dialogs: roster.serviceable,
            oldest_waiting_since: Time::of(roster.oldest_waiting_since),
            rules: roster.rules.as_str(),
            newest_seq,
        }
    }
}
