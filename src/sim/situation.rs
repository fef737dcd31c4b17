//! A dialog's situation: what its policy follows from.

use std::sync::Arc;

use crate::desk::policy::{dialog_policy, neutral_policy};
use crate::domain::account::Account;
use crate::domain::channel::Channel;
use crate::domain::closing::DialogPolicy;
use crate::domain::customer::Customer;
use crate::domain::dialog::Dialog;
use crate::domain::facts::Facts;
use crate::domain::time::Timestamp;
use crate::rules::ruleset::RuleSet;

/// What a dialog's policy follows from; told anew when any of it changes.
#[derive(Clone, Debug)]
pub(super) struct Situation {
    /// The rule set in force.
    pub rules: Arc<RuleSet>,
    /// The account's settings.
    pub account: Arc<Account>,
    /// The channel.
    pub channel: Option<Arc<Channel>>,
    /// The customer.
    pub customer: Option<Arc<Customer>>,
}

impl Situation {
    /// What holds for a dialog in this situation at a moment.
    pub fn policy(&self, dialog: &Dialog, now: Timestamp) -> DialogPolicy {
        match (&self.channel, &self.customer) {
            (Some(channel), Some(customer)) => {
                dialog_policy(&self.rules, &self.account, &Facts::of(dialog, channel, customer, now))
            }
            _ => neutral_policy(),
        }
    }
}
