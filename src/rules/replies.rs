//! Auto-replies: which texts a customer is told by themselves, and when.

use std::sync::Arc;
use std::time::Duration;

use super::condition::Condition;
use super::ruleset::RuleSet;
use crate::domain::closing::Text;
use crate::domain::facts::Facts;

/// What an `[[auto_reply]]` answers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Occasion {
    /// The dialog was opened.
    Opened,
    /// It waits, and at least so many were there before it.
    Waits {
        /// How many.
        ahead: u32,
    },
    /// It has waited for so long.
    WaitsFor(Duration),
    /// It waits, and of those whom its steps name nobody is present.
    NobodyOnline,
}

/// An `[[auto_reply]]`.
#[derive(Debug)]
pub(super) struct AutoReply {
    pub(super) when: Condition,
    pub(super) on: Occasion,
    pub(super) text: Arc<Text>,
}

/// How a dialog stands at the moment of a decision about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// It is the first decision after it was opened.
    pub opened: bool,
    /// It comes to wait, and so many wait already; `None`: it does not wait, or is held.
    pub ahead: Option<u32>,
    /// It comes to wait, and of those whom its steps name nobody is present.
    pub nobody_online: bool,
}

impl RuleSet {
    /// Whether it has any auto-reply.
    pub fn replies(&self) -> bool {
        !self.auto_replies().is_empty()
    }

    /// What the customer is told at a decision: for each occasion the first reply that matches.
    pub fn replies_at(&self, moment: Moment, facts: &Facts<'_>) -> Vec<Arc<Text>> {
        let replies = self.auto_replies();
        let first = |is_it: &dyn Fn(Occasion) -> bool| {
            replies.iter().find(|reply| is_it(reply.on) && reply.when.holds(facts))
        };
        let opened = moment.opened.then(|| first(&|on| on == Occasion::Opened)).flatten();
        let absent = moment.nobody_online.then(|| first(&|on| on == Occasion::NobodyOnline)).flatten();
        let queue = moment
            .ahead
            .and_then(|queue| first(&|on| matches!(on, Occasion::Waits { ahead } if ahead <= queue)));
        [opened, absent, queue].into_iter().flatten().map(|reply| Arc::clone(&reply.text)).collect()
    }

    /// What the customer is told after waiting for so long, the earliest first.
    pub fn replies_to_waiting(&self, facts: &Facts<'_>) -> Vec<(Duration, Arc<Text>)> {
        let matching = self.auto_replies().iter().filter_map(|reply| match reply.on {
            Occasion::WaitsFor(after) if reply.when.holds(facts) => Some((after, Arc::clone(&reply.text))),
            Occasion::Opened | Occasion::Waits { .. } | Occasion::WaitsFor(_) | Occasion::NobodyOnline => {
                None
            }
        });
        let mut replies: Vec<_> = matching.collect();
        replies.sort_by_key(|(after, _)| *after);
        replies
    }
}
