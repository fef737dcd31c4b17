//! The last answer of a schedule, kept in one word so that threads share it without a lock.
//!
//! Nearly all questions are about now, and now mostly lies in the window of the question before. The memo
//! changes no answer: it holds for which moments the answer was worked out already.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Window;
use crate::domain::time::Timestamp;

/// One bit for open, 33 for the first second, 30 for the length in seconds. A word of zeroes holds nothing.
const LENGTH_BITS: u32 = 30;
const START_BITS: u32 = 33;
/// The length of a window that has no end.
const FOR_EVER: u64 = (1 << LENGTH_BITS) - 1;

#[derive(Debug, Default)]
pub(super) struct Memo(AtomicU64);

impl Memo {
    /// The window that a moment lies in, if it is known.
    pub(super) fn get(&self, now: Timestamp) -> Option<Window> {
        // One word is read or written whole, and nothing else depends on it.
        let word = self.0.load(Ordering::Relaxed);
        let length = word & FOR_EVER;
        let start = i64::try_from(word >> LENGTH_BITS & ((1 << START_BITS) - 1)).ok()?;
        let open = word >> (LENGTH_BITS + START_BITS) == 1;
        if length == 0 || now < Timestamp::from_secs(start) {
            return None;
        }
        if length == FOR_EVER {
            return Some(Window { open, until: None });
        }
        let until = Timestamp::from_secs(start + i64::try_from(length).ok()?);
        (now < until).then_some(Window { open, until: Some(until) })
    }

    /// Keeps what holds from a moment on, if it fits.
    pub(super) fn put(&self, now: Timestamp, window: Window) {
        // The next whole second: the window holds then, if it is not over.
        let start = now.micros().div_euclid(1_000_000).saturating_add(1);
        let length = match window.until {
            None => Some(FOR_EVER),
            // Clocks change, and hours begin, at whole seconds.
            Some(until) => u64::try_from(until.micros().div_euclid(1_000_000).saturating_sub(start)).ok(),
        };
        let fits = |length: &u64| window.until.is_none() || (1..FOR_EVER).contains(length);
        let start = u64::try_from(start).ok().filter(|start| *start < 1 << START_BITS);
        if let (Some(start), Some(length)) = (start, length.filter(fits)) {
            let word = u64::from(window.open) << (LENGTH_BITS + START_BITS) | start << LENGTH_BITS | length;
            self.0.store(word, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_secs(second)
    }

    #[test]
    fn holds_the_last_window_and_nothing_outside_of_it() {
        let memo = Memo::default();
        assert_eq!(memo.get(at(0)), None);
        let window = Window { open: true, until: Some(at(1_000)) };
        memo.put(at(100), window);
        assert_eq!((memo.get(at(100)), memo.get(at(101))), (None, Some(window)));
        assert_eq!((memo.get(at(999)), memo.get(at(1_000))), (Some(window), None));
        let for_ever = Window { open: false, until: None };
        memo.put(at(2_000), for_ever);
        assert_eq!((memo.get(at(1_999)), memo.get(at(9_000_000_000))), (None, Some(for_ever)));
    }

    #[test]
    fn what_does_not_fit_is_not_kept() {
        let memo = Memo::default();
        memo.put(at(-10), Window { open: true, until: Some(at(5)) });
        memo.put(at(10), Window { open: true, until: Some(at(11)) });
        memo.put(at(i64::MAX / 2_000_000), Window { open: true, until: None });
        memo.put(at(0), Window { open: true, until: Some(at(1 << 31)) });
        assert!([-9, 0, 3, 10, 11, 1 << 30].iter().all(|second| memo.get(at(*second)).is_none()));
    }
}
