//! Identifiers that nobody gave: time-ordered, from injected randomness.

use std::sync::Mutex;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha12Rng;

use crate::domain::time::Timestamp;

/// Makes identifiers and secrets.
pub struct IdSource {
    rng: Mutex<ChaCha12Rng>,
}

impl IdSource {
    /// Seeded by the caller: with the system's randomness in a server, with a constant in a test.
    pub fn seeded(seed: [u8; 32]) -> Self {
        Self { rng: Mutex::new(ChaCha12Rng::from_seed(seed)) }
    }

    /// Seeded by the system's randomness.
    ///
    /// # Errors
    /// When the system has none to give.
    pub fn from_system() -> Result<Self, rand::rngs::SysError> {
        use rand::TryRng;
        let mut seed = [0; 32];
        rand::rngs::SysRng.try_fill_bytes(&mut seed)?;
        Ok(Self::seeded(seed))
    }

    /// Random bytes, fit for secrets when the seed was.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng.lock().unwrap_or_else(std::sync::PoisonError::into_inner).fill_bytes(&mut bytes);
        bytes
    }

    /// A UUID of version 7: ids made later sort later.
    pub fn new_id(&self, now: Timestamp) -> String {
        let millis = u64::try_from(now.micros() / 1_000).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &self.bytes()).into_uuid().to_string()
    }
}

impl std::fmt::Debug for IdSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IdSource")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_ids_sort_later_and_equal_seeds_give_equal_ids() {
        let (one, two) = (IdSource::seeded([7; 32]), IdSource::seeded([7; 32]));
        let early = one.new_id(Timestamp::from_secs(1_000));
        assert_eq!(early, two.new_id(Timestamp::from_secs(1_000)));
        assert!(early < one.new_id(Timestamp::from_secs(1_001)));
    }
}
