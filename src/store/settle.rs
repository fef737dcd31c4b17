//! Settling a group: which of its changes fit what is stored and each other, before anything is written.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::change::{Change, Conflict, Write};
use crate::domain::dialog::Dialog;
use crate::domain::ids::{AccountId, DialogId, MessageId};
use crate::domain::message::Message;

/// What is known of the store beforehand. `None`: not known, taken to fit.
pub(crate) trait Known {
    /// The stored version of a dialog; zero when there is none.
    fn version(&self, account: &AccountId, dialog: &DialogId) -> Option<u64>;
    /// Whether a message is stored.
    fn has_message(&self, account: &AccountId, message: &MessageId) -> Option<bool>;
}

/// Knows nothing: the database itself will object to what does not fit.
pub(crate) struct Nothing;

impl Known for Nothing {
    fn version(&self, _: &AccountId, _: &DialogId) -> Option<u64> {
        None
    }
    fn has_message(&self, _: &AccountId, _: &MessageId) -> Option<bool> {
        None
    }
}

/// What the changes accepted so far leave behind.
struct Settled<'a, K> {
    known: &'a K,
    versions: HashMap<(&'a AccountId, &'a DialogId), u64>,
    messages: HashSet<(&'a AccountId, &'a MessageId)>,
    poisoned: HashSet<(&'a AccountId, u64)>,
}

/// Says of each change, in order, whether it can be stored.
///
/// A change that conflicts leaves no trace for those after it, except that it poisons its lineage.
pub(crate) fn settle<'a>(changes: &'a [Change], known: &'a impl Known) -> Vec<Result<(), Conflict>> {
    let mut settled =
        Settled { known, versions: HashMap::new(), messages: HashSet::new(), poisoned: HashSet::new() };
    changes.iter().map(|change| settled.accept(change)).collect()
}

impl<'a, K: Known> Settled<'a, K> {
    fn accept(&mut self, change: &'a Change) -> Result<(), Conflict> {
        let line = (&change.account, change.lineage);
        if self.poisoned.contains(&line) {
            return Err(Conflict::Lineage);
        }
        let accepted = self.try_accept(change);
        if accepted.is_err() && change.lineage != 0 {
            self.poisoned.insert(line);
        }
        accepted
    }

    fn try_accept(&mut self, change: &'a Change) -> Result<(), Conflict> {
        let account = &change.account;
        let mut dialogs: Vec<&'a Arc<Dialog>> = Vec::new();
        let mut messages: Vec<&'a Arc<Message>> = Vec::new();
        for write in &change.writes {
            match write {
                Write::Dialog(dialog) => {
                    let earlier = dialogs.iter().rev().find(|earlier| earlier.id == dialog.id);
                    let stored = match earlier {
                        Some(earlier) => Some(earlier.version),
                        None => self.version(account, &dialog.id),
                    };
                    if dialog.version == 0 || stored.is_some_and(|stored| stored + 1 != dialog.version) {
                        return Err(Conflict::Dialog(dialog.id.clone()));
                    }
                    dialogs.push(dialog);
                }
                Write::Message(message) => {
                    let is_twice = messages.iter().any(|earlier| earlier.id == message.id);
                    if is_twice || self.has_message(account, &message.id) {
                        return Err(Conflict::Message(message.id.clone()));
                    }
                    messages.push(message);
                }
                Write::MessageStatus { .. }
                | Write::Event(_)
                | Write::Account(_)
                | Write::Channel(_)
                | Write::Customer(_)
                | Write::CustomerMerged { .. }
                | Write::Manager(_)
                | Write::Attendance { .. }
                | Write::Work { .. }
                | Write::Rotation { .. }
                | Write::Stance(_)
                | Write::Tally { .. }
                | Write::Receipt(_)
                | Write::Webhook(_)
                | Write::WebhookRemoved(_)
                | Write::WebhookCursor { .. }
                | Write::Delivery(_)
                | Write::Rules(_)
                | Write::Shadow(_) => {}
            }
        }
        self.versions.extend(dialogs.into_iter().map(|dialog| ((account, &dialog.id), dialog.version)));
        self.messages.extend(messages.into_iter().map(|message| (account, &message.id)));
        Ok(())
    }

    fn version(&self, account: &'a AccountId, dialog: &'a DialogId) -> Option<u64> {
        self.versions.get(&(account, dialog)).copied().or_else(|| self.known.version(account, dialog))
    }

    fn has_message(&self, account: &'a AccountId, message: &'a MessageId) -> bool {
        self.messages.contains(&(account, message))
            || self.known.has_message(account, message).unwrap_or(false)
    }
}
