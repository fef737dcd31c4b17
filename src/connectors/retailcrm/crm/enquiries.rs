//! The look-ups of an account, shared by those who open dialogs and the one who asks the CRM; and for which of them
//! the engine was told that they are under way.
//!
//! Whoever opens a dialog must know at once whether its customer is being looked up: the rules may wait for that, and
//! what is said a moment later is said too late.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use super::lookup::{GatewayId, Lookup, Memory, Person};
use crate::domain::time::Timestamp;

/// The look-ups. Cheap to clone; nobody holds them longer than a look takes.
#[derive(Clone, Debug)]
pub struct Enquiries {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug)]
struct Shared {
    lookup: Lookup,
    /// Customers whose dialogs may wait for what is found. They are of those being looked up, and so never more.
    expected: BTreeSet<GatewayId>,
}

impl Enquiries {
    /// Nobody is known yet.
    pub fn new(memory: Memory) -> Self {
        let shared = Shared { lookup: Lookup::new(memory), expected: BTreeSet::new() };
        Self { shared: Arc::new(Mutex::new(shared)) }
    }

    /// Works with the look-ups.
    pub fn with<R>(&self, work: impl FnOnce(&mut Lookup) -> R) -> R {
        self.shared(|shared| work(&mut shared.lookup))
    }

    /// A dialog of theirs is about to be opened: true when there will soon be more to know of them, until
    /// [`Enquiries::end`]. Asks when what is known is nothing, or old.
    pub fn expect(&self, person: &Person, now: Timestamp) -> bool {
        self.shared(|shared| {
            shared.lookup.see(person, now);
            if shared.lookup.answers_soon(person.id) {
                shared.expected.insert(person.id);
            }
            shared.expected.contains(&person.id)
        })
    }

    /// Whether it still is so.
    pub fn is_expected(&self, id: GatewayId) -> bool {
        self.shared(|shared| shared.expected.contains(&id))
    }

    /// What there is to know is on record, or will not come: true when somebody may wait for it.
    pub fn end(&self, id: GatewayId) -> bool {
        self.shared(|shared| shared.expected.remove(&id))
    }

    fn shared<R>(&self, work: impl FnOnce(&mut Shared) -> R) -> R {
        work(&mut self.shared.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(60);

    #[test]
    fn what_is_looked_up_is_expected_until_it_is_on_record() {
        let enquiries = Enquiries::new(Memory::default());
        let marta = Person { id: 7, ..Person::default() };
        assert!(enquiries.expect(&marta, NOW));
        let question = enquiries.with(|lookup| lookup.next(NOW)).expect("a question");
        enquiries.with(|lookup| lookup.answer(&question, &[], NOW));
        assert!(enquiries.is_expected(7), "the answer is not on record yet");
        assert!(enquiries.expect(&marta, NOW), "nor for the next dialog");
        assert!(enquiries.end(7));
        assert!(!enquiries.end(7) && !enquiries.is_expected(7));
        assert!(!enquiries.expect(&marta, NOW), "nobody asks again so soon");
    }

    #[test]
    fn of_a_crm_that_does_not_answer_nothing_is_expected() {
        let enquiries = Enquiries::new(Memory::default());
        let [marta, pablo] = [7, 8].map(|id| Person { id, ..Person::default() });
        assert!(enquiries.expect(&marta, NOW));
        let question = enquiries.with(|lookup| lookup.next(NOW)).expect("a question");
        enquiries.with(|lookup| lookup.fail(&question, true, 0, NOW));
        assert!(enquiries.end(7));
        assert!(!enquiries.expect(&marta, NOW), "it did not answer for her");
        assert!(!enquiries.expect(&pablo, NOW), "nor will it for others");
        let later = NOW + std::time::Duration::from_hours(1);
        let question = enquiries.with(|lookup| lookup.next(later)).expect("it is asked again");
        assert!(!enquiries.expect(&pablo, later), "but it has not answered yet");
        enquiries.with(|lookup| lookup.answer(&question, &[], later));
        assert!(enquiries.expect(&pablo, later), "now it does");
    }
}
