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
//! | `facts_wait` | dialogs that wait for what is being looked up of their customer |
//! | `gradual` | dialogs that are held until hours begin, and let go a few at a time |
//! | `books` | who holds what, and what is reserved while an answer is on its way |
//! | `places` | how many dialogs each group has, and whether it may have another |
//! | `planning` | from a dialog's facts to its itinerary: the steps and whom they mean |
//! | `excluded` | who is never given a dialog, and pools without them |
//! | `deputies` | who stands in for those on leave |
//! | `walk` | the one function that says who gets a dialog, or where it waits |
//! | `record` | the decision written down: everybody looked at, and why |
//! | `telling` | what customers are told with a decision |
//! | `stances` | how managers stood, told before each decision, so that it can be explained for anybody |
//! | `judge`, `why_not` | what became of a manager by a decision, when it is made and long after |
//! | `waiting` | the waiting set, indexed by who could take a dialog |
//! | [`shadow`], `mirror` | a second rule set that decides beside the live one, and nothing comes of it |
//! | [`what_if`] | where a dialog would go, and nothing comes of it |
//! | `roster`, `pool`, `census` | managers, indexed so that no decision looks at all of them |
//!
//! Two promises hold after every call (`check` looks at both): the load of a manager is the sum of what is
//! booked on them, and nobody waits whom somebody of their steps could take.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use crate::domain::account::Account;
use crate::domain::channel::Channel;
use crate::domain::customer::{Customer, LastServed};
use crate::domain::ids::{ChannelId, CustomerId, DialogId, RuleId};
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::rules::ruleset::RuleSet;

mod books;
mod census;
mod changes;
mod check;
mod deciding;
mod deputies;
pub mod diff;
mod excluded;
mod facts_wait;
mod gradual;
mod itinerary;
mod judge;
mod keys;
mod limiter;
mod mirror;
pub mod orders;
mod people;
mod places;
mod planning;
pub mod policy;
mod pool;
mod ranks;
mod record;
mod roster;
mod seat;
pub mod shadow;
mod stances;
mod telling;
mod versions;
pub mod view;
mod waiting;
mod walk;
pub mod what_if;
pub mod why_not;

pub use orders::{Order, Save};

use books::Booking;
use facts_wait::{AllPostponed, LookedUp};
use limiter::Limiter;
use roster::Roster;
use seat::{PoolNo, Slot};
use shadow::Beside;
use waiting::Waiting;

/// The account's people, queue and books.
#[derive(Clone, Debug)]
pub struct Desk {
    account: Arc<Account>,
    rules: Arc<RuleSet>,
    /// Sets that were in force before, the newest last: dialogs may come back that entered with them.
    earlier: VecDeque<Arc<RuleSet>>,
    channels: BTreeMap<ChannelId, Arc<Channel>>,
    customers: HashMap<CustomerId, Arc<Customer>>,
    /// Ids of records that went, and where they lead to.
    merged: BTreeMap<CustomerId, CustomerId>,
    roster: Roster,
    books: HashMap<DialogId, Booking>,
    waiting: Waiting,
    /// Managers who may have gained room or eligibility during this call.
    freed: Vec<Slot>,
    /// Groups in which a place became free during this call.
    vacated: Vec<PoolNo>,
    /// Managers whose work changed since it was last saved.
    unsaved: Vec<Slot>,
    /// When the dialogs of those who are away are to leave them.
    leaving: BTreeSet<(Timestamp, Slot)>,
    /// Missing targets that were announced under these rules.
    missing: BTreeSet<(Option<RuleId>, u16)>,
    closings: Limiter,
    /// How fast held dialogs go on.
    entering: Limiter,
    /// Those on leave who have a deputy.
    on_leave: BTreeSet<Slot>,
    /// Circles of deputies that were announced.
    circles: BTreeSet<BTreeSet<Slot>>,
    /// A rule set that decides and does not act.
    shadow: Beside,
    /// Whose facts are being looked up.
    looked_up: LookedUp,
    /// What rules that do not act are asked once facts are known.
    postponed: AllPostponed,
}

impl Desk {
    /// A desk without people or dialogs.
    pub fn new(account: Account, rules: Arc<RuleSet>) -> Self {
        let mut closings = Limiter::default();
        closings.set_rate(rules.closings_per_second());
        let mut entering = Limiter::default();
        entering.set_rate(Some(rules.releases_per_second()));
        Self {
            account: Arc::new(account),
            earlier: VecDeque::new(),
            channels: BTreeMap::new(),
            customers: HashMap::new(),
            merged: BTreeMap::new(),
            roster: Roster::new(&rules),
            books: HashMap::new(),
            waiting: Waiting::default(),
            freed: Vec::new(),
            vacated: Vec::new(),
            unsaved: Vec::new(),
            leaving: BTreeSet::new(),
            missing: BTreeSet::new(),
            closings,
            entering,
            on_leave: BTreeSet::new(),
            circles: BTreeSet::new(),
            shadow: Beside::default(),
            looked_up: LookedUp::default(),
            postponed: AllPostponed::new(),
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

    /// Two records are one person: from now on the id of the one that goes leads to the other.
    pub fn merge_customers(&mut self, from: &CustomerId, into: &CustomerId) {
        self.customers.remove(from);
        for (_, survivor) in self.merged.iter_mut().filter(|(_, survivor)| *survivor == from) {
            survivor.clone_from(into);
        }
        self.merged.remove(into);
        self.merged.insert(from.clone(), into.clone());
    }

    /// Whom a customer's id leads to, if that is another record since a merge.
    pub fn survivor(&self, id: &CustomerId) -> Option<&CustomerId> {
        self.merged.get(id)
    }

    /// Whether a customer's record may be written.
    ///
    /// # Errors
    /// [`Refusal::CustomerMerged`] when the id leads to another record.
    pub fn authorize_customer(&self, id: &CustomerId) -> Result<(), Refusal> {
        match self.survivor(id) {
            Some(into) => {
                Err(Refusal::CustomerMerged { from: id.as_str().into(), into: into.as_str().into() })
            }
            None => Ok(()),
        }
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
