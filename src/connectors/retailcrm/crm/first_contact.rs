//! First contacts: the customer and the order that the official bot creates for them, if it is told to.
//!
//! A pure record of what is still to be created. A customer is created when the CRM knows nobody like them; an order,
//! in a brand-new chat, once the customer is known and a manager has the dialog, who becomes the order's. Each is
//! created at most once: what was asked for is not asked for again, whatever came of it. It is not stored: a restart
//! forgets the orders of dialogs that nobody has taken yet.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::request::Request;
use crate::connectors::retailcrm::crm_wire::OrderDefaults;
use crate::domain::customer::Customer;

/// For which channels something is created.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Channels {
    /// For none.
    #[default]
    None,
    /// For all.
    All,
    /// For these, by their ids in the gateway.
    Some(BTreeSet<u64>),
}

impl Channels {
    /// Whether a channel is among them.
    pub fn has(&self, channel: u64) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Some(channels) => channels.contains(&channel),
        }
    }
}

/// What is created on a first contact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// A customer, when the CRM knows none.
    pub customer: Channels,
    /// An order, when the chat is brand new. It needs a customer, so that one is created too.
    pub order: Channels,
}

/// A dialog that was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The dialog.
    pub dialog: u64,
    /// The customer, in the gateway.
    pub customer: u64,
    /// The channel.
    pub channel: u64,
    /// The chat had no dialog before.
    pub is_new_chat: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It is not known yet whether the CRM knows the customer.
    Asked,
    /// The customer is being created.
    Creating,
    /// The CRM knows the customer by this id; the order waits for its manager.
    NeedsManager(u64),
}

/// What is still to be created.
#[derive(Clone, Debug)]
pub struct FirstContacts {
    wanted: Wanted,
    open: BTreeMap<u64, (Opened, Stage)>,
    /// Customers whose creation was asked for.
    created: BTreeSet<u64>,
}

/// More than a shop has open at once; beyond it the oldest go without.
const MOST: usize = 20_000;

impl FirstContacts {
    /// Nothing is to be created yet.
    pub fn new(wanted: Wanted) -> Self {
        Self { wanted, open: BTreeMap::new(), created: BTreeSet::new() }
    }

    fn wants_order(&self, opened: &Opened) -> bool {
        opened.is_new_chat && self.wanted.order.has(opened.channel)
    }

    /// A dialog was opened. False: nothing is to be created for it.
    pub fn open(&mut self, opened: Opened) -> bool {
        if !self.wants_order(&opened) && !self.wanted.customer.has(opened.channel) {
            return false;
        }
        if self.open.len() >= MOST {
            self.open.pop_first();
        }
        self.open.entry(opened.dialog).or_insert((opened, Stage::Asked));
        true
    }

    /// The CRM does not know a customer. The channel through which to create them, if that is wanted and was not
    /// asked for before.
    pub fn unknown(&mut self, customer: u64) -> Option<u64> {
        let mut channel = None;
        for (opened, stage) in self.open.values_mut().filter(|(opened, _)| opened.customer == customer) {
            *stage = Stage::Creating;
            channel.get_or_insert(opened.channel);
        }
        if self.created.len() >= MOST {
            self.created.pop_first();
        }
        channel.filter(|_| self.created.insert(customer))
    }

    /// The CRM knows a customer, by this id.
    pub fn known(&mut self, customer: u64, crm_id: u64) {
        let wanted = self.wanted.order.clone();
        self.open.retain(|_, (opened, stage)| {
            if opened.customer == customer {
                *stage = Stage::NeedsManager(crm_id);
            }
            opened.customer != customer || opened.is_new_chat && wanted.has(opened.channel)
        });
    }

    /// The customer could not be created: nothing more is done for their dialogs.
    pub fn failed(&mut self, customer: u64) {
        self.open.retain(|_, (opened, _)| opened.customer != customer);
    }

    /// Dialogs whose orders wait for a manager.
    pub fn without_manager(&self) -> Vec<u64> {
        let waiting = self.open.iter().filter(|(_, (_, stage))| matches!(stage, Stage::NeedsManager(_)));
        waiting.map(|(dialog, _)| *dialog).collect()
    }

    /// A manager has the dialog: the customer, in the CRM, and the dialog whose order is to be created now.
    pub fn taken(&mut self, dialog: u64) -> Option<(u64, Opened)> {
        let (opened, stage) = *self.open.get(&dialog)?;
        let Stage::NeedsManager(crm_id) = stage else { return None };
        self.open.remove(&dialog);
        Some((crm_id, opened))
    }

    /// The dialog closed before a manager had it.
    pub fn closed(&mut self, dialog: u64) {
        self.open.remove(&dialog);
    }
}

/// The request that creates a customer of a store.
pub fn customer(gateway_id: u64, known: &Customer, site: Option<&str>) -> Request {
    let contact = |kind: &str| known.contacts.get(kind).map(String::as_str).filter(|text| !text.is_empty());
    let name = known.name.as_deref().filter(|name| !name.is_empty());
    // A customer must be called something.
    let name = name.or_else(|| contact("phone")).unwrap_or("?");
    let mut fields = json!({ "firstName": name, "mgCustomerId": gateway_id });
    if let Some(fields) = fields.as_object_mut() {
        let phones = contact("phone").map(|phone| ("phones".to_owned(), json!([{ "number": phone }])));
        let email = contact("email").map(|email| ("email".to_owned(), json!(email)));
        fields.extend(phones.into_iter().chain(email));
    }
    Request::create_customer(site, &fields)
}

/// The request that creates an order of a customer, with its manager in the CRM if they are known there.
pub fn order(customer: u64, dialog: u64, manager: Option<u64>, begins: Option<&OrderDefaults>) -> Request {
    let mut fields = json!({ "customer": { "id": customer }, "dialogId": dialog, "status": "new" });
    if let Some(fields) = fields.as_object_mut() {
        let said =
            begins.map(|begins| [("orderType", &begins.order_type), ("orderMethod", &begins.order_method)]);
        let said = said.into_iter().flatten().filter(|(_, value)| !value.is_empty());
        fields.extend(said.map(|(field, value)| (field.to_owned(), json!(value))));
        fields.extend(manager.map(|manager| ("managerId".to_owned(), json!(manager))));
    }
    Request::create_order(begins.map(|begins| begins.site.as_str()), &fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::CustomerId;

    const FIRST: Opened = Opened { dialog: 9, customer: 5, channel: 12, is_new_chat: true };

    fn contacts(customer: Channels, order: Channels) -> FirstContacts {
        FirstContacts::new(Wanted { customer, order })
    }

    #[test]
    fn an_order_needs_a_customer_and_a_manager() {
        let mut all = contacts(Channels::None, Channels::Some([12].into()));
        assert!(all.open(FIRST));
        assert_eq!(all.unknown(5), Some(12), "an order forces the customer");
        assert_eq!(all.unknown(5), None, "once");
        assert_eq!((all.without_manager(), all.taken(9)), (vec![], None));
        all.known(5, 900);
        assert_eq!(all.without_manager(), [9]);
        assert_eq!(all.taken(9), Some((900, FIRST)));
        assert_eq!(all.taken(9), None, "once");
    }

    #[test]
    fn a_customer_who_comes_back_gets_no_order() {
        let mut all = contacts(Channels::All, Channels::All);
        assert!(all.open(Opened { is_new_chat: false, ..FIRST }));
        all.known(5, 900);
        assert_eq!(all.without_manager(), <[u64; 0]>::default());
        let mut none = contacts(Channels::None, Channels::Some([13].into()));
        assert!(!none.open(FIRST));
        assert_eq!(none.unknown(5), None);
    }

    #[test]
    fn what_failed_or_closed_is_over() {
        let mut all = contacts(Channels::All, Channels::All);
        all.open(FIRST);
        all.unknown(5);
        all.failed(5);
        all.known(5, 900);
        assert_eq!(all.without_manager(), <[u64; 0]>::default());
        all.open(Opened { dialog: 10, ..FIRST });
        all.known(5, 900);
        all.closed(10);
        assert_eq!(all.taken(10), None);
    }

    #[test]
    fn requests_say_what_is_known() {
        let mut marta = Customer::new(CustomerId::trusted("5"));
        marta.contacts.insert("phone".into(), "34611".into());
        let request = customer(5, &marta, Some("kids"));
        let text = r#"{"firstName":"34611","mgCustomerId":5,"phones":[{"number":"34611"}]}"#;
        let sent: serde_json::Value = serde_json::from_str(&request.form[0].1).expect("JSON");
        assert_eq!(sent, serde_json::from_str::<serde_json::Value>(text).expect("JSON"));
        assert_eq!(request.form[1], ("site".to_owned(), "kids".to_owned()));
        let begins =
            OrderDefaults { site: "kids".into(), order_method: "chat".into(), ..OrderDefaults::default() };
        let request = order(900, 9, Some(17), Some(&begins));
        let sent: serde_json::Value = serde_json::from_str(&request.form[0].1).expect("JSON");
        assert_eq!(sent["managerId"], 17);
        assert_eq!((&sent["orderMethod"], sent.get("orderType")), (&json!("chat"), None));
        assert!(!request.repeatable);
    }
}
