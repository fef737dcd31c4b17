//! Tokens seen lately, so that most requests need not ask the store who calls.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::bucket::{Bucket, Rate};
use super::permission::Principal;
use crate::domain::time::Timestamp;

/// How long a token is believed without asking the store: so long may a revocation elsewhere go unnoticed.
const BELIEVED_FOR: Duration = Duration::from_secs(5);
/// More tokens than this are not remembered.
const MOST_REMEMBERED: usize = 10_000;

/// SHA-256 of a token.
pub type Hash = [u8; 32];

struct Entry {
    principal: Arc<Principal>,
    believed_until: Timestamp,
    bucket: Option<Bucket>,
}

/// What is known of a token.
#[derive(Debug, PartialEq, Eq)]
pub enum Known {
    /// Whose it is.
    Yes(Arc<Principal>),
    /// The store must be asked.
    No,
    /// It called too often.
    TooOften {
        /// When it may call again.
        seconds: u32,
    },
}

/// Tokens seen lately, and how often they may call.
#[derive(Default)]
pub struct Memory {
    entries: Mutex<HashMap<Hash, Entry>>,
    rate: Option<Rate>,
}

impl Memory {
    /// Nothing seen yet; each token may call at this rate, or as often as it likes.
    pub fn new(rate: Option<Rate>) -> Self {
        Self { entries: Mutex::default(), rate }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Hash, Entry>> {
        // What is remembered stays true when a holder of the lock panicked.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whose token this is, as far as it is known; counts one call.
    pub fn recall(&self, hash: &Hash, now: Timestamp) -> Known {
        let mut entries = self.lock();
        let Some(entry) = entries.get_mut(hash) else {
            return Known::No;
        };
        if let (Some(rate), Some(bucket)) = (self.rate, &mut entry.bucket)
            && let Err(seconds) = bucket.take(rate, now)
        {
            return Known::TooOften { seconds };
        }
        if entry.believed_until <= now {
            // One caller asks the store; the others go on believing meanwhile.
            entry.believed_until = now + BELIEVED_FOR;
            return Known::No;
        }
        Known::Yes(entry.principal.clone())
    }

    /// Remembers what the store said.
    pub fn remember(&self, hash: Hash, principal: Arc<Principal>, now: Timestamp) {
        let mut entries = self.lock();
        let bucket = match entries.remove(&hash) {
            // `recall` counted this call already.
            Some(known) => known.bucket,
            None => self.rate.map(|rate| {
                let mut bucket = Bucket::new(rate, now);
                // The first call always passes: it was answered by the store before there was a bucket.
                let _ = bucket.take(rate, now);
                bucket
            }),
        };
        if entries.len() >= MOST_REMEMBERED {
            entries.clear();
        }
        let believed_until = now + BELIEVED_FOR;
        entries.insert(hash, Entry { principal, believed_until, bucket });
    }

    /// Forgets a token, so that its revocation is noticed at once.
    pub fn forget(&self, hash: &Hash) {
        self.lock().remove(hash);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::change::Role;

    const HASH: Hash = [7; 32];

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_secs(seconds)
    }

    fn ana() -> Arc<Principal> {
        Arc::new(Principal { token: "t".into(), role: Role::Operator, account: None })
    }

    #[test]
    fn believes_for_some_seconds_and_then_asks_once() {
        let memory = Memory::new(None);
        assert_eq!(memory.recall(&HASH, at(0)), Known::No);
        memory.remember(HASH, ana(), at(0));
        assert_eq!(memory.recall(&HASH, at(4)), Known::Yes(ana()));
        assert_eq!(memory.recall(&HASH, at(5)), Known::No);
        assert_eq!(memory.recall(&HASH, at(5)), Known::Yes(ana()));
        memory.forget(&HASH);
        assert_eq!(memory.recall(&HASH, at(5)), Known::No);
    }

    #[test]
    fn asking_the_store_again_does_not_refill_the_bucket() {
        let rate = Rate { per_second: 1, burst: 2 };
        let memory = Memory::new(Some(rate));
        memory.remember(HASH, ana(), at(0));
        assert_eq!(memory.recall(&HASH, at(0)), Known::Yes(ana()));
        assert_eq!(memory.recall(&HASH, at(0)), Known::TooOften { seconds: 1 });
        memory.remember(HASH, ana(), at(0));
        assert_eq!(memory.recall(&HASH, at(0)), Known::TooOften { seconds: 1 });
        assert_eq!(memory.recall(&HASH, at(1)), Known::Yes(ana()));
    }

    #[test]
    fn remembers_a_bounded_number() {
        let memory = Memory::new(None);
        for number in 0..=MOST_REMEMBERED {
            let mut hash = [0; 32];
            hash[..8].copy_from_slice(&number.to_be_bytes());
            memory.remember(hash, ana(), at(0));
        }
        assert_eq!(memory.lock().len(), 1);
    }
}
