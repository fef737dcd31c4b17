//! The cast: channels, managers and customers of a made-up account.

use std::collections::BTreeSet;

use rand::{Rng, RngExt};

use crate::domain::channel::{Channel, ChannelFeatures};
use crate::domain::customer::Customer;
use crate::domain::ids::{ChannelId, CustomerId, GroupId, ManagerId};
use crate::domain::manager::Manager;

/// Everybody there is in the beginning.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cast {
    /// Channels.
    pub channels: Vec<Channel>,
    /// Managers.
    pub managers: Vec<Manager>,
    /// Customers on record.
    pub customers: Vec<Customer>,
}

/// A channel of a kind, with the kind as its id.
pub fn channel(kind: &str) -> Channel {
    let features = ChannelFeatures { bot_may_write: kind != "email", ..ChannelFeatures::default() };
    Channel { id: ChannelId::trusted(kind), kind: kind.into(), name: kind.to_owned(), site: None, features }
}

/// The id of the manager with this number: `m0`, `m1`, …
pub fn manager_id(number: usize) -> ManagerId {
    ManagerId::trusted(&format!("m{number}"))
}

/// The id of the customer with this number: `c0`, `c1`, …
pub fn customer_id(number: usize) -> CustomerId {
    CustomerId::trusted(&format!("c{number}"))
}

impl Cast {
    /// A small account: three channels, this many managers (the first is an administrator, every second is in
    /// the CRM's group `support`) and customers (some VIP, some bad, some owned, some who exclude somebody).
    pub fn small(managers: usize, customers: usize, chance: &mut impl Rng) -> Self {
        let channels = ["whatsapp", "site", "email"].map(channel).to_vec();
        let managers: Vec<Manager> = (0..managers).map(manager).collect();
        let customers =
            (0..customers).map(|number| particular_customer(number, managers.len(), chance)).collect();
        Self { channels, managers, customers }
    }

    /// The ids of the channels.
    pub fn channel_ids(&self) -> Vec<ChannelId> {
        self.channels.iter().map(|channel| channel.id.clone()).collect()
    }

    /// The ids of the customers.
    pub fn customer_ids(&self) -> Vec<CustomerId> {
        self.customers.iter().map(|customer| customer.id.clone()).collect()
    }
}

/// A manager of the small account.
pub fn manager(number: usize) -> Manager {
    let groups = if number.is_multiple_of(2) {
        BTreeSet::from([GroupId::trusted("support")])
    } else {
        BTreeSet::new()
    };
    // Of each three, two are deputies of each other; the third has the next one.
    let deputy = if number % 3 == 1 { number - 1 } else { number + 1 };
    let deputy = Some(manager_id(deputy));
    Manager { groups, admin: number == 0, deputy, ..Manager::new(manager_id(number)) }
}

/// A customer of the small account, with facts left to chance.
pub fn customer(number: usize, managers: usize, chance: &mut impl Rng) -> Customer {
    let mut customer = Customer::new(customer_id(number));
    customer.known = chance.random_bool(0.8);
    customer.vip = chance.random_bool(0.15);
    customer.bad = chance.random_bool(0.05);
    customer.owner = chance.random_bool(0.4).then(|| manager_id(chance.random_range(0..managers.max(1))));
    customer
}

/// A customer of the small account, who may exclude a manager.
pub fn particular_customer(number: usize, managers: usize, chance: &mut impl Rng) -> Customer {
    let mut customer = customer(number, managers, chance);
    if chance.random_bool(0.15) {
        customer.excluded_managers.insert(manager_id(chance.random_range(0..managers.max(1))));
    }
    customer
}
