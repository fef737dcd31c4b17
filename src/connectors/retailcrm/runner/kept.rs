//! Messages that were read in a reading of everything that was cut off: the next one need not read them again, so that
//! a large account gets there in the end, however often its line breaks.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::connectors::retailcrm::wire::{Id, Message};

/// Messages by dialog, with the newest message that its chat showed before they were read.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<BTreeMap<Id, (Id, Vec<Message>)>>);

impl Kept {
    fn with<T>(&self, act: impl FnOnce(&mut BTreeMap<Id, (Id, Vec<Message>)>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The messages of a dialog, if its chat still shows the same newest one.
    pub fn get(&self, dialog: Id, newest: Id) -> Option<Vec<Message>> {
        self.with(|kept| {
            kept.get(&dialog).filter(|(of, _)| *of == newest).map(|(_, messages)| messages.clone())
        })
    }

    /// Keeps what was read.
    pub fn put(&self, dialog: Id, newest: Id, messages: Vec<Message>) {
        self.with(|kept| kept.insert(dialog, (newest, messages)));
    }

    /// All of it was used.
    pub fn clear(&self) {
        self.with(BTreeMap::clear);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_holds_until_somebody_writes() {
        let kept = Kept::default();
        kept.put(9, 70, vec![Message::default()]);
        assert_eq!(kept.get(9, 70).map(|messages| messages.len()), Some(1));
        assert!(kept.get(9, 71).is_none(), "there is a newer one");
        assert!(kept.get(8, 70).is_none());
        kept.clear();
        assert!(kept.get(9, 70).is_none());
    }
}
