//! What holds for one dialog apart from where it goes: the rule file's word, or the account's while the bot is off.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::account::Account;
use crate::domain::closing::{ClosePolicy, DialogPolicy, LastFrom, ReassignPolicy};
use crate::domain::facts::Facts;
use crate::domain::ids::RuleId;
use crate::domain::units::Units;
use crate::rules::ruleset::{BotMode, RuleSet};

/// The policy of a dialog of which this is known.
pub fn dialog_policy(rules: &RuleSet, account: &Account, facts: &Facts<'_>) -> DialogPolicy {
    let mut policy = rules.dialog_policy(facts);
    if rules.mode() != BotMode::Enforce {
        policy.reassign = Arc::new(ReassignPolicy { max_moves: 0, ..ReassignPolicy::default() });
        policy.replies.clear();
        policy.close = account.auto_close.map(|after| Arc::new(close_of_account(after)));
    }
    policy
}

/// How dialogs close while the bot does not act: after the account's own time, whoever wrote last.
fn close_of_account(after: Duration) -> ClosePolicy {
    ClosePolicy {
        id: RuleId::trusted("account"),
        by_account: true,
        after,
        last_from: LastFrom::Any,
        warnings: Vec::new(),
        farewell: None,
        farewell_timeout: Duration::ZERO,
    }
}

/// The policy of an internal dialog: it costs nothing, never moves and never closes by itself.
pub fn neutral_policy() -> DialogPolicy {
    DialogPolicy {
        weight: Units::ZERO,
        idle_weight: Units::ZERO,
        idle_after: None,
        close: None,
        reassign: Arc::new(ReassignPolicy { max_moves: 0, ..ReassignPolicy::default() }),
        language: None,
        may_write: false,
        replies: Vec::new(),
        changes_at: None,
    }
}
