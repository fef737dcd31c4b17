//! Who there is at the beginning: channels, managers in groups, and customers on record.

use super::super::crm::Crm;
use super::super::crm::records::{Customer, Group, Order, Person};
use super::super::gateway::records::Id;
use super::super::gateway::{Gateway, Party};
use super::{Plan, names};
use crate::domain::time::Timestamp;

/// Messengers with the hours in which one may answer; nought: for ever.
const CHANNELS: [(&str, &str, u32); 6] = [
    ("whatsapp", "WhatsApp", 24),
    ("telegram", "Telegram", 0),
    ("instagram", "Instagram", 24),
    ("fbmessenger", "Messenger", 24),
    ("consultant", "Site chat", 0),
    ("viber", "Viber", 0),
];
/// Groups by code and name; managers are dealt to them in turn.
const GROUPS: [(&str, &str); 3] = [("sales", "Sales"), ("support", "Support"), ("returns", "Returns")];
/// Numbers of managers in the CRM begin here, so that nobody takes them for the gateway's.
const FIRST_PERSON: Id = 101;
/// Numbers of customers in the CRM begin here.
const FIRST_CUSTOMER: Id = 5001;

/// The person with this number, as the messenger knows them.
pub(super) fn party(number: usize) -> Party {
    let (first, last) = names::of(number * 7 + 3);
    let phone = format!("346{number:08}");
    Party { external_id: phone.clone(), name: format!("{first} {last}"), phone }
}

/// Adds all of them; the channels' and the managers' numbers in the gateway.
pub(super) fn fill(plan: &Plan, gateway: &mut Gateway, crm: &mut Crm, now: Timestamp) -> (Vec<Id>, Vec<Id>) {
    let mut channels = Vec::new();
    for number in 0..plan.channels.max(1) {
        let (kind, name, hours) = CHANNELS[number % CHANNELS.len()];
        let round = number / CHANNELS.len();
        let name = if round == 0 { name.to_owned() } else { format!("{name} {}", round + 1) };
        let channel = gateway.add_channel(kind, &name, hours, now);
        crm.settings
            .sites
            .push((channel, if number.is_multiple_of(2) { "main" } else { "outlet" }.to_owned()));
        channels.push(channel);
    }
    for (at, (code, name)) in (1..).zip(GROUPS) {
        let sites = vec!["main".to_owned(), "outlet".to_owned()];
        crm.add_group(Group { id: at, code: code.to_owned(), name: name.to_owned(), sites });
    }
    let mut users = Vec::new();
    for number in 0..plan.managers.max(1) {
        users.push(add_manager(number, gateway, crm, now));
    }
    for number in 0..plan.dialogs {
        add_customer(number, users.len(), crm, now);
    }
    (channels, users)
}

fn add_manager(number: usize, gateway: &mut Gateway, crm: &mut Crm, now: Timestamp) -> Id {
    let (first, last) = names::of(number);
    let id = FIRST_PERSON + number as Id;
    let user = gateway.add_user(&id.to_string(), first, last, now);
    crm.add_person(Person {
        id,
        gateway_id: Some(user),
        first_name: first.to_owned(),
        last_name: last.to_owned(),
        email: format!("{}.{id}@shop.example", first.to_lowercase()),
        status: "free",
        is_admin: number == 0,
        is_manager: true,
        groups: vec![(number % GROUPS.len()) as Id + 1],
        created_at: now,
    });
    user
}

/// Three of five are on record; some have a manager of their own, some are important, a few are bad.
fn add_customer(number: usize, managers: usize, crm: &mut Crm, now: Timestamp) {
    if number % 5 > 2 {
        return;
    }
    let party = party(number);
    let (first, last) = party.name.split_once(' ').unwrap_or((&party.name, ""));
    let id = FIRST_CUSTOMER + number as Id;
    let own = (number % 5 == 1).then(|| FIRST_PERSON + (number / 5 % managers) as Id);
    let is_vip = number.is_multiple_of(20);
    let orders = u32::from(number.is_multiple_of(4)) + u32::from(is_vip) * 5;
    crm.put_customer(Customer {
        id,
        first_name: first.to_owned(),
        last_name: last.to_owned(),
        phones: vec![party.phone.clone()],
        email: format!("customer{number}@mail.example"),
        manager: own,
        is_vip,
        is_bad: number % 50 == 7,
        site: "main".to_owned(),
        orders,
        total: orders * 60,
        segments: if is_vip { vec!["best".to_owned()] } else { Vec::new() },
        created_at: now,
        ..Customer::default()
    });
    if orders > 0 {
        crm.add_order(Order {
            id,
            customer: id,
            manager: own,
            status: "complete".to_owned(),
            site: "main".to_owned(),
            total: 60,
            dialog: None,
            created_at: now,
        });
    }
}
