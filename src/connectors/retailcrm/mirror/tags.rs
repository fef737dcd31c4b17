//! Tags that rules put on dialogs: added where the gateway does not have them yet, and never taken off. Nothing depends
//! on them, so what the gateway refuses is given up.

use std::sync::Arc;
use std::time::Duration;

use super::Mirror;
use super::calls::{PATIENCE, is_same};
use super::card::Card;
use super::step::{Call, Job, Step};
use crate::connectors::retailcrm::wire::{self, Id};
use crate::domain::tags::Tags;
use crate::domain::time::Timestamp;

/// All names of both, each once.
pub(super) fn united(some: &Tags, more: &Tags) -> Tags {
    if some.is_empty() {
        return more.clone();
    }
    let new = more.names().iter().filter(|name| !some.names().contains(name));
    some.names().iter().chain(new).cloned().collect()
}

impl Card {
    /// Those of the tags that the dialog was never seen with; `None`: it had them all.
    pub(super) fn lacking(&self, tags: &Tags) -> Option<Tags> {
        let is_new = |name: &&Arc<str>| !self.tags.iter().any(|known| is_same(known, name));
        let lacking: Tags = tags.names().iter().filter(is_new).cloned().collect();
        (!lacking.is_empty()).then_some(lacking)
    }

    /// Whoever takes a tag off that it had wants it off: it counts as had.
    fn had(&mut self, name: &str) {
        if !self.tags.iter().any(|known| **known == *name) {
            self.tags.push(name.into());
        }
    }
}

impl Mirror {
    /// The gateway shows with which tags a dialog is.
    pub(super) fn see_tags(&mut self, dialog: &wire::Dialog) {
        if let Some(card) = self.cards.get_mut(&dialog.id).filter(|card| !card.is_closed()) {
            dialog.tags.iter().for_each(|tag| card.had(&tag.name));
        }
    }

    /// A call put tags on a dialog.
    pub(super) fn tagged(&mut self, job: &Job, now: Timestamp, out: &mut Vec<Step>) {
        let Call::Tag(tags) = &job.call else { return };
        if let Some(card) = self.cards.get_mut(&job.dialog) {
            tags.names().iter().for_each(|name| card.had(name));
        }
        self.done_once(job.dialog, now, out);
    }

    /// They cannot be put on it, and are not tried again: what waits behind them goes on.
    pub(super) fn give_tags_up(&mut self, job: &Job, why: &str, now: Timestamp, out: &mut Vec<Step>) {
        out.push(Step::GiveUp { job: job.clone(), why: why.trim().to_owned() });
        self.tagged(job, now, out);
    }

    /// The dialog was read again, since the answer was lost.
    pub(super) fn check_tags(&mut self, dialog: Id, tags: Tags, now: Timestamp, out: &mut Vec<Step>) {
        let Some(card) = self.cards.get(&dialog) else { return };
        let (chat, is_lacking) = (card.chat, card.lacking(&tags).is_some());
        let failures = self.duties.by_dialog.get(&dialog).map_or(0, |duty| duty.failures);
        if !is_lacking {
            self.done_once(dialog, now, out);
        } else if failures < PATIENCE {
            self.try_later(dialog, Duration::ZERO, now, out);
        } else {
            let job = Job { dialog, chat, call: Call::Tag(tags) };
            self.give_tags_up(&job, "the answers are lost, and the dialog does not have them", now, out);
        }
    }
}
