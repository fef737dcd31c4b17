//! What the CRM knows of a customer, as routing asks for it, and which of several records is meant.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::connectors::retailcrm::crm_wire;
use crate::domain::customer::{Amount, Customer};
use crate::domain::facts::FactValue;
use crate::domain::ids::ManagerId;

/// The extra fact with the codes of the customer's segments, for rules that ask `fact("segments")`.
pub const SEGMENTS: &str = "segments";
/// The extra fact with the store that the customer belongs to.
pub const SITE: &str = "customer_site";

/// What the CRM knows of a customer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CrmFacts {
    /// The customer's id in the CRM.
    pub crm_id: u64,
    /// The CRM user who owns them; zero: nobody.
    pub owner: u64,
    /// A name for people; may be empty.
    pub name: String,
    /// Marked VIP.
    pub vip: bool,
    /// Marked BAD.
    pub bad: bool,
    /// Labels.
    pub tags: BTreeSet<Arc<str>>,
    /// Codes of segments.
    pub segments: BTreeSet<Arc<str>>,
    /// The store they belong to; may be empty.
    pub site: Arc<str>,
    /// How many orders.
    pub orders_count: u32,
    /// What the orders came to.
    pub orders_total: Amount,
    /// Mean worth of an order.
    pub average_order: Amount,
}

impl From<&crm_wire::Customer> for CrmFacts {
    fn from(customer: &crm_wire::Customer) -> Self {
        let texts = |texts: &mut dyn Iterator<Item = &str>| {
            texts.filter(|text| !text.is_empty()).map(Arc::from).collect::<BTreeSet<Arc<str>>>()
        };
        let money = |sum: f64| Amount::from_f64(sum).unwrap_or_default();
        Self {
            crm_id: customer.id,
            owner: customer.manager_id,
            name: format!("{} {}", customer.first_name, customer.last_name).trim().to_owned(),
            vip: customer.vip,
            bad: customer.bad,
            tags: texts(&mut customer.tags.iter().map(|tag| tag.name.as_str())),
            segments: texts(&mut customer.segments.iter().map(|segment| segment.code.as_str())),
            site: customer.site.as_str().into(),
            orders_count: u32::try_from(customer.orders_count).unwrap_or(u32::MAX),
            orders_total: money(customer.total_summ),
            average_order: money(customer.average_summ),
        }
    }
}

impl CrmFacts {
    /// Writes them into a record, over what the CRM said before. Names, contacts, language and whatever else the
    /// record holds stay. `owner` is the manager whom the owner is in the Message Gateway, if they are there.
    pub fn write(&self, customer: &mut Customer, owner: Option<ManagerId>) {
        customer.known = true;
        customer.owner = owner;
        customer.vip = self.vip;
        customer.bad = self.bad;
        customer.tags.clone_from(&self.tags);
        customer.orders_count = self.orders_count;
        customer.orders_total = self.orders_total;
        customer.average_order = self.average_order;
        if customer.name.as_ref().is_none_or(String::is_empty) && !self.name.is_empty() {
            customer.name = Some(self.name.clone());
        }
        let segments: Arc<[Arc<str>]> = self.segments.iter().cloned().collect();
        customer.extra.insert(SEGMENTS.into(), FactValue::Texts(segments));
        if !self.site.is_empty() {
            customer.extra.insert(SITE.into(), FactValue::Text(Arc::clone(&self.site)));
        }
    }
}

/// The record that is meant among several of one person: who ordered most, then who has an owner, then the oldest.
pub fn best<'a>(found: impl Iterator<Item = &'a crm_wire::Customer>) -> Option<&'a crm_wire::Customer> {
    found.max_by_key(|customer| {
        (customer.orders_count, customer.manager_id > 0, std::cmp::Reverse(customer.id))
    })
}

/// Whether two numbers are one: written differently, or one without the code of the country.
pub fn same_number(one: &str, other: &str) -> bool {
    let (one, other) = (digits(one), digits(other));
    let (long, short) = if one.len() >= other.len() { (one, other) } else { (other, one) };
    match long.len() - short.len() {
        0 => !long.is_empty() && long == short,
        // Country codes have one to three digits; what remains has at least eight where people move with their number.
        1..=3 => short.len() >= 8 && long.ends_with(&short),
        _ => false,
    }
}

/// The digits, without what stands for "abroad" and "long distance".
fn digits(number: &str) -> String {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    // Written within Russia and Kazakhstan, 8 stands for the 7 of the country.
    if digits.len() == 11 && digits.starts_with('8') && !number.trim_start().starts_with('+') {
        return format!("7{}", &digits[1..]);
    }
    digits.trim_start_matches('0').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::CustomerId;

    #[test]
    fn numbers_are_compared_as_people_write_them() {
        let same = [
            ("+34 611 22-23-33", "34611222333"),
            ("611222333", "+34611222333"),
            ("8 (999) 123-45-67", "+7 999 1234567"),
            ("0034611222333", "34611222333"),
        ];
        for (one, other) in same {
            assert!(same_number(one, other) && same_number(other, one), "{one} {other}");
        }
        let different = [
            ("34611222333", "33611222333"),
            ("", ""),
            ("x", "y"),
            ("2333", "34611222333"),
            ("1222333", "611222333"),
        ];
        for (one, other) in different {
            assert!(!same_number(one, other), "{one} {other}");
        }
    }

    #[test]
    fn facts_go_over_old_facts_and_leave_the_rest() {
        let text = r#"{"id": 9, "managerId": 24, "vip": true, "site": "shop", "ordersCount": 2, "totalSumm": 50.5,
            "averageSumm": 25.25, "firstName": "Marta", "mgCustomers": [{"id": 1, "externalId": "5012"}], "tags": [{"name": "slow"}], "segments": [{"code": "es"}]}"#;
        let found: crm_wire::Customer = serde_json::from_str(text).expect("a customer");
        let mut customer = Customer::new(CustomerId::trusted("5012"));
        customer.name = Some("M.".into());
        customer.language = Some("es".into());
        customer.tags = ["old".into()].into();
        CrmFacts::from(&found).write(&mut customer, Some(ManagerId::trusted("41")));
        assert!(customer.known && customer.vip && !customer.bad);
        assert_eq!(customer.owner, Some(ManagerId::trusted("41")));
        assert_eq!(customer.name.as_deref(), Some("M."));
        assert_eq!(customer.language.as_deref(), Some("es"));
        assert_eq!(customer.tags, ["slow".into()].into());
        assert_eq!((customer.orders_count, customer.orders_total), (2, Amount(5_050)));
        assert_eq!(customer.extra[SEGMENTS], FactValue::Texts(["es".into()].into()));
        assert_eq!(customer.extra[SITE], FactValue::Text("shop".into()));
    }

    #[test]
    fn of_duplicates_the_one_with_history_is_meant() {
        let customer = |id, manager_id, orders_count| crm_wire::Customer {
            id,
            manager_id,
            orders_count,
            ..crm_wire::Customer::default()
        };
        let best_of = |list: &[crm_wire::Customer]| best(list.iter()).map(|customer| customer.id);
        assert_eq!(best_of(&[customer(1, 0, 0), customer(2, 7, 0), customer(3, 7, 0)]), Some(2));
        assert_eq!(best_of(&[customer(1, 7, 1), customer(2, 0, 5)]), Some(2));
        assert_eq!(best_of(&[]), None);
    }
}
