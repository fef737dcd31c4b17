//! The desk: the account's one book-keeper. It knows who is there, who has room, who waits, and decides.
//!
//! Pure and synchronous: whatever happens comes in as a call with its time, whatever follows goes out as
//! [`Order`]s. The engine's supervisor and the simulation stand on the same desk. Deliberately absent: actors,
//! clocks, stores, chance.
//!
//! What a call goes through, from the top down:
//!
//! | file | idea |
//! |---|---|
//! | `deciding` | a request is answered at once or waits; whatever frees a manager serves those who wait |
//! | `people` | records, presence, who is away for so long that dialogs leave |
//! | `changes` | rules, account and customers change under those who wait |
//! | `books` | who holds what, and what is reserved while an answer is on its way |
//! | `planning` | from a dialog's facts to its itinerary: the steps and whom they mean |
//! | `walk` | the one function that says who gets a dialog, or where it waits |
//! | `record` | the decision written down: everybody looked at, and why |
//! | `waiting` | the waiting set, indexed by who could take a dialog |
//! | `roster`, `pool`, `census` | managers, indexed so that no decision looks at all of them |
//!
//! Two promises hold after every call (`check` looks at both): the load of a manager is the sum of what is
//! booked on them, and nobody waits whom somebody of their steps could take.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::domain::account::Account;
use crate::domain::channel::Channel;
use crate::domain::customer::{Customer, LastServed};
use crate::domain::ids::{ChannelId, CustomerId, DialogId, RuleId};
use crate::domain::time::Timestamp;
use crate::rules::ruleset::RuleSet;

mod books;
mod census;
mod changes;
mod check;
mod deciding;
mod itinerary;
mod keys;
mod limiter;
pub mod orders;
mod people;
mod planning;
pub mod policy;
mod pool;
mod ranks;
mod record;
mod roster;
mod seat;
pub mod view;
mod waiting;
mod walk;

pub use orders::{Order, Save};

use books::Booking;
use limiter::Limiter;
use roster::Roster;
use seat::Slot;
use waiting::Waiting;

/// The account's people, queue and books.
#[derive(Debug)]
pub struct Desk {
    account: Arc<Account>,
    rules: Arc<RuleSet>,
    channels: BTreeMap<ChannelId, Arc<Channel>>,
    customers: HashMap<CustomerId, Arc<Customer>>,
    roster: Roster,
    books: HashMap<DialogId, Booking>,
    waiting: Waiting,
    /// Managers who may have gained room or eligibility during this call.
    freed: Vec<Slot>,
    /// Managers whose work changed since it was last saved.
    unsaved: Vec<Slot>,
    /// When the dialogs of those who are away are to leave them.
    leaving: BTreeSet<(Timestamp, Slot)>,
    /// Missing targets that were announced under these rules.
    missing: BTreeSet<(Option<RuleId>, u16)>,
    closings: Limiter,
}

impl Desk {
    /// A desk without people or dialogs.
    pub fn new(account: Account, rules: Arc<RuleSet>) -> Self {
        let mut closings = Limiter::default();
        closings.set_rate(rules.closings_per_second());
        Self {
            account: Arc::new(account),
            channels: BTreeMap::new(),
            customers: HashMap::new(),
            roster: Roster::new(&rules),
            books: HashMap::new(),
            waiting: Waiting::default(),
            freed: Vec::new(),
            unsaved: Vec::new(),
            leaving: BTreeSet::new(),
            missing: BTreeSet::new(),
            closings,
            rules,
        }
    }

    /// The account.
    pub fn account(&self) -> &Arc<Account> {
        &self.account
    }

    /// The rules in force.
    pub fn rules(&self) -> &Arc<RuleSet> {
        &self.rules
    }

    /// Takes over a channel's record.
    pub fn put_channel(&mut self, channel: Arc<Channel>) {
        self.channels.insert(channel.id.clone(), channel);
    }

    /// A channel.
    pub fn channel(&self, id: &ChannelId) -> Option<&Arc<Channel>> {
        self.channels.get(id)
    }

    /// All channels, by id.
    pub fn channels(&self) -> impl Iterator<Item = &Arc<Channel>> {
        self.channels.values()
    }

    /// A customer.
    pub fn customer(&self, id: &CustomerId) -> Option<&Arc<Customer>> {
        self.customers.get(id)
    }

    /// Forgets a customer.
    pub fn remove_customer(&mut self, id: &CustomerId) -> Option<Arc<Customer>> {
        self.customers.remove(id)
    }

    /// Remembers who served a customer last; the record to store, if it changed.
    ///
    /// Dialogs of theirs that wait already keep to whom they were planned for.
    pub fn remember_serving(&mut self, id: &CustomerId, served: LastServed) -> Option<Arc<Customer>> {
        let customer = self.customers.get_mut(id)?;
        if customer.last_served.as_ref() == Some(&served) {
            return None;
        }
        Arc::make_mut(customer).last_served = Some(served);
        Some(Arc::clone(customer))
    }

    /// Lets one automatic closure through, or says when to ask again.
    ///
    /// # Errors
    /// The moment from which on the next closure may pass.
    pub fn permit_closing(&mut self, now: Timestamp) -> Result<(), Timestamp> {
        self.closings.permit(now)
    }
}
