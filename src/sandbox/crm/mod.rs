//! The stand-in CRM: its people, groups, customers, orders, settings, and the modules that connect bots.
//!
//! | file | idea |
//! |---|---|
//! | `records` | what there is |
//! | `answer` | a request in, an answer out: keys, limits, paths |
//! | `lists` | filters and pages |
//! | `views` | records as JSON |
//! | `modules` | how a bot is connected, and what the account tells it |
//! | `writing` | what a bot may change |
//!
//! Chosen where the sources are silent: a filter nobody knows is refused, because a misspelt one would otherwise name
//! every customer; `mgCustomers[].externalId` is the gateway's number of the customer, as text; times are written in
//! the account's zone.

pub mod answer;
mod lists;
pub mod modules;
pub mod records;
mod views;
mod writing;

use std::collections::BTreeMap;

use crate::domain::time::Timestamp;
use modules::Module;
use records::{Customer, Group, Id, Order, Person, Settings, Task};

/// The CRM of one account.
#[derive(Debug, Default)]
pub struct Crm {
    /// The keys that it takes; none: every call is refused.
    pub keys: Vec<String>,
    /// Calls a key may make within a second.
    pub calls_per_second: u32,
    /// Where the gateway is reached, as bots are told it.
    pub endpoint: String,
    /// The account was deleted or moved: everything is answered by a page for people.
    pub is_missing: bool,
    /// Chats are switched off: no bot can be connected.
    pub has_no_chats: bool,
    /// Working hours and the like.
    pub settings: Settings,
    people: BTreeMap<Id, Person>,
    groups: BTreeMap<Id, Group>,
    customers: BTreeMap<Id, Customer>,
    orders: BTreeMap<Id, Order>,
    tasks: BTreeMap<Id, Task>,
    modules: BTreeMap<String, Module>,
    /// Calls by key: the second, and how many were made in it.
    calls: BTreeMap<String, (i64, u32)>,
    tokens: u64,
}

impl Crm {
    /// A CRM that takes this key, ten times a second.
    pub fn new(key: &str) -> Self {
        Self { keys: vec![key.to_owned()], calls_per_second: 10, ..Self::default() }
    }

    /// Adds a person who works here.
    pub fn add_person(&mut self, person: Person) {
        self.people.insert(person.id, person);
    }

    /// Adds a group.
    pub fn add_group(&mut self, group: Group) {
        self.groups.insert(group.id, group);
    }

    /// Adds a customer, or replaces the one with this id.
    pub fn put_customer(&mut self, customer: Customer) {
        self.customers.insert(customer.id, customer);
    }

    /// Adds an order.
    pub fn add_order(&mut self, order: Order) {
        self.orders.insert(order.id, order);
    }

    /// People by id.
    pub fn people(&self) -> &BTreeMap<Id, Person> {
        &self.people
    }

    /// Customers by id.
    pub fn customers(&self) -> &BTreeMap<Id, Customer> {
        &self.customers
    }

    /// Orders by id.
    pub fn orders(&self) -> &BTreeMap<Id, Order> {
        &self.orders
    }

    /// Tasks by id.
    pub fn tasks(&self) -> &BTreeMap<Id, Task> {
        &self.tasks
    }

    /// Connected modules by code.
    pub fn modules(&self) -> &BTreeMap<String, Module> {
        &self.modules
    }

    /// A person's switch: `free`, `busy`, `dinner` or `break`. Nobody is told of it.
    pub fn set_status(&mut self, person: Id, status: &'static str) {
        if let Some(person) = self.people.get_mut(&person) {
            person.status = status;
        }
    }

    /// Somebody of whom nothing is known yet wrote through a messenger: ties them to a customer with this number, if
    /// there is one.
    pub fn tie(&mut self, gateway_customer: Id, phone: &str) {
        let digits = records::digits(phone);
        if digits.is_empty() {
            return;
        }
        let known = self.customers.values_mut().find(|customer| customer.has_phone(&digits));
        if let Some(customer) = known
            && !customer.gateway_ids.contains(&gateway_customer)
        {
            customer.gateway_ids.push(gateway_customer);
        }
    }

    /// Whether this key may call once more within the present second.
    fn counts(&mut self, key: &str, now: Timestamp) -> bool {
        let second = now.micros().div_euclid(1_000_000);
        let calls = self.calls.entry(key.to_owned()).or_insert((second, 0));
        if calls.0 != second {
            *calls = (second, 0);
        }
        calls.1 += 1;
        calls.1 <= self.calls_per_second
    }
}

/// The next number of a sequence.
fn next<T>(records: &BTreeMap<Id, T>) -> Id {
    records.last_key_value().map_or(1, |(id, _)| id + 1)
}
