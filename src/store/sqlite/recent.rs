//! The newest events, in memory: those who follow a feed are nearly always served from here.
//!
//! A reader on SQLite drops its page cache at every commit of the writer, so that a feed that is followed closely
//! reads all its pages anew each time. What was just committed is at hand as it is.

use std::collections::{HashMap, VecDeque};
use std::sync::{PoisonError, RwLock};

use crate::domain::ids::{AccountId, DialogId};
use crate::store::read::{EventFilter, StoredEvent};

/// What all accounts together may keep, in bytes of text. Those who follow are a second behind at most, and what is
/// kept for long is no longer in the processor's cache when its memory is used again.
const BYTES: usize = 4 * 1_024 * 1_024;

/// The newest committed events of each account, without gaps up to the newest.
pub(super) struct Recent {
    bytes: usize,
    tails: RwLock<HashMap<AccountId, Tail>>,
}

#[derive(Default)]
struct Tail {
    events: VecDeque<StoredEvent>,
    bytes: usize,
}

fn size(event: &StoredEvent) -> usize {
    size_of::<StoredEvent>() + event.data.len() + event.id.len() + event.name.len()
}

impl Tail {
    fn push(&mut self, event: StoredEvent) {
        if self.events.back().is_some_and(|last| last.seq + 1 != event.seq) {
            *self = Self::default();
        }
        self.bytes += size(&event);
        self.events.push_back(event);
    }

    fn trim(&mut self, bytes: usize) {
        while self.bytes > bytes
            && let Some(event) = self.events.pop_front()
        {
            self.bytes -= size(&event);
        }
    }
}

impl Default for Recent {
    fn default() -> Self {
        Self::within(BYTES)
    }
}

impl Recent {
    fn within(bytes: usize) -> Self {
        Self { bytes, tails: RwLock::default() }
    }

    /// Keeps what was committed.
    pub(super) fn keep(&self, events: Vec<(AccountId, StoredEvent)>) {
        if events.is_empty() {
            return;
        }
        let mut tails = self.tails.write().unwrap_or_else(PoisonError::into_inner);
        let before = tails.len();
        for (account, event) in events {
            match tails.get_mut(&account) {
                Some(tail) => tail.push(event),
                None => tails.entry(account).or_default().push(event),
            }
        }
        // Shares are equal. They shrink only when an account comes in, which is rare.
        let share = self.bytes / tails.len().max(1);
        let is_over = |tail: &Tail| tail.bytes > share;
        if tails.len() > before || tails.values().any(is_over) {
            tails.values_mut().for_each(|tail| tail.trim(share));
        }
    }

    /// Forgets everything: it is not known what was committed.
    pub(super) fn forget(&self) {
        self.tails.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The events after a number, if all of them that the filter admits are here; `None`: ask the tables.
    pub(super) fn after(
        &self,
        account: &AccountId,
        after: u64,
        limit: u32,
        filter: &EventFilter,
    ) -> Option<Vec<StoredEvent>> {
        let tails = self.tails.read().unwrap_or_else(PoisonError::into_inner);
        let events = &tails.get(account)?.events;
        let (first, last) = (events.front()?.seq, events.back()?.seq);
        if after >= last || after + 1 < first {
            return None;
        }
        let skipped = usize::try_from(after + 1 - first).ok()?;
        let admitted =
            |event: &&StoredEvent| filter.admits(&event.name, event.dialog.as_ref().map(DialogId::as_str));
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Some(events.range(skipped..).filter(admitted).take(limit).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;

    fn event(seq: u64) -> StoredEvent {
        StoredEvent {
            seq,
            id: format!("e{seq}").into(),
            name: if seq.is_multiple_of(2) { "dialog.opened" } else { "dialog.closed" }.into(),
            at: Timestamp::from_micros(0),
            dialog: None,
            cause: None,
            data: "{}".into(),
        }
    }

    fn kept(recent: &Recent, account: &str, seqs: std::ops::RangeInclusive<u64>) {
        recent.keep(seqs.map(|seq| (AccountId::trusted(account), event(seq))).collect());
    }

    fn numbers(recent: &Recent, account: &str, after: u64, filter: &EventFilter) -> Option<Vec<u64>> {
        let found = recent.after(&AccountId::trusted(account), after, 3, filter)?;
        Some(found.iter().map(|event| event.seq).collect())
    }

    #[test]
    fn what_is_all_here_is_served_and_what_is_not_is_left_to_the_tables() {
        let recent = Recent::default();
        let all = EventFilter::default();
        assert_eq!(numbers(&recent, "a", 0, &all), None);
        kept(&recent, "a", 5..=10);
        assert_eq!(numbers(&recent, "a", 3, &all), None, "number 4 is not here");
        assert_eq!(numbers(&recent, "a", 4, &all), Some(vec![5, 6, 7]));
        assert_eq!(numbers(&recent, "a", 8, &all), Some(vec![9, 10]));
        assert_eq!(numbers(&recent, "a", 10, &all), None, "whether there is more only the tables know");
        assert_eq!(numbers(&recent, "b", 4, &all), None, "another account");
        let opened = EventFilter { names: vec!["dialog.opened".to_owned()], dialog: None };
        assert_eq!(numbers(&recent, "a", 6, &opened), Some(vec![8, 10]));
    }

    #[test]
    fn a_gap_or_a_doubt_forgets_what_was_before_it() {
        let recent = Recent::default();
        let all = EventFilter::default();
        kept(&recent, "a", 1..=4);
        kept(&recent, "a", 7..=8);
        assert_eq!(numbers(&recent, "a", 3, &all), None);
        assert_eq!(numbers(&recent, "a", 6, &all), Some(vec![7, 8]));
        recent.forget();
        assert_eq!(numbers(&recent, "a", 6, &all), None);
    }

    #[test]
    fn accounts_share_the_room_equally() {
        let recent = Recent::within(20 * size(&event(10)));
        kept(&recent, "a", 10..=40);
        let held = |account: &str| recent.tails.read().unwrap()[&AccountId::trusted(account)].events.len();
        assert_eq!(held("a"), 20);
        kept(&recent, "b", 10..=40);
        assert_eq!((held("a"), held("b")), (10, 10));
        assert_eq!(numbers(&recent, "a", 30, &EventFilter::default()), Some(vec![31, 32, 33]));
    }
}
