//! Customers in JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::fact::{self, Fact};
use super::id::{CustomerKey, ManagerKey};
use super::time::Time;
use crate::domain::customer::{Amount, Customer, MOST_EXCLUDED};
use crate::domain::facts::FactValue;
use crate::domain::ids::{CustomerId, ManagerId};
use crate::domain::refusal::Refusal;

/// A customer's record.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCustomer {
    /// On record in the CRM; true when missing. False for somebody who only wrote.
    pub known: Option<bool>,
    /// A name for people.
    pub name: Option<String>,
    /// The manager responsible for this customer in the CRM.
    pub owner: Option<ManagerKey>,
    /// Marked VIP.
    #[serde(default)]
    pub vip: bool,
    /// Marked BAD.
    #[serde(default)]
    pub bad: bool,
    /// Labels.
    #[serde(default)]
    pub tags: Vec<String>,
    /// How many orders they made.
    #[serde(default)]
    pub orders_count: u32,
    /// What the orders came to, in the account's currency.
    #[serde(default)]
    pub orders_total: f64,
    /// Mean worth of an order; total by count when missing.
    pub average_order: Option<f64>,
    /// Language as a BCP 47 tag, such as `es`.
    pub language: Option<String>,
    /// Ways to reach them: kind (`phone`, `email`, …) to value.
    #[serde(default)]
    pub contacts: BTreeMap<String, String>,
    /// Managers who are never given a dialog of this customer's; at most 50.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub excluded_managers: Vec<ManagerKey>,
    /// Extra facts for the conditions of rules.
    #[serde(default)]
    pub facts: BTreeMap<String, Fact>,
}

fn amount(field: &'static str, value: f64) -> Result<Amount, Refusal> {
    Amount::from_f64(value).ok_or_else(|| Refusal::BadValue {
        field,
        problem: "is not an amount of money that can be kept".to_owned(),
    })
}

impl NewCustomer {
    /// In the domain's words.
    ///
    /// # Errors
    /// [`Refusal::BadValue`] when an amount cannot be kept, or too many managers are excluded.
    pub fn into_domain(self, id: CustomerId) -> Result<Customer, Refusal> {
        let excluded_managers: BTreeSet<ManagerId> =
            self.excluded_managers.into_iter().map(|id| id.0).collect();
        if excluded_managers.len() > MOST_EXCLUDED {
            let problem = format!(
                "names {} managers, at most {MOST_EXCLUDED} may be; exclude whole groups in the rule file: [[exclude]]",
                excluded_managers.len()
            );
            return Err(Refusal::BadValue { field: "excluded_managers", problem });
        }
        let orders_total = amount("orders_total", self.orders_total)?;
        let average_order = match self.average_order {
            Some(average) => amount("average_order", average)?,
            None if self.orders_count > 0 => Amount(orders_total.0 / i64::from(self.orders_count)),
            None => Amount(0),
        };
        Ok(Customer {
            known: self.known.unwrap_or(true),
            name: self.name,
            owner: self.owner.map(|id| id.0),
            vip: self.vip,
            bad: self.bad,
            tags: self.tags.into_iter().map(Into::into).collect(),
            orders_count: self.orders_count,
            orders_total,
            average_order,
            language: self.language.map(Into::into),
            contacts: self.contacts,
            excluded_managers,
            extra: fact::into_domain(self.facts),
            ..Customer::new(id)
        })
    }
}

/// Which record stays when two are one person.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Merging {
    /// The record that stays; the one addressed goes, and its id leads to this one.
    pub into: CustomerKey,
}

/// A customer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Customer)]
pub struct CustomerView<'a> {
    /// Their id.
    id: &'a str,
    /// On record in the CRM.
    known: bool,
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    /// The manager responsible for this customer in the CRM.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<&'a str>,
    /// Marked VIP.
    vip: bool,
    /// Marked BAD.
    bad: bool,
    /// Labels.
    tags: Vec<&'a str>,
    /// How many orders they made.
    orders_count: u32,
    /// What the orders came to, in the account's currency.
    orders_total: f64,
    /// Mean worth of an order.
    average_order: f64,
    /// Language as a BCP 47 tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'a str>,
    /// Ways to reach them.
    contacts: &'a BTreeMap<String, String>,
    /// Managers who are never given a dialog of theirs.
    excluded_managers: Vec<&'a str>,
    /// Extra facts.
    #[serde(serialize_with = "fact::serialize")]
    #[schema(value_type = BTreeMap<String, Fact>)]
    facts: &'a BTreeMap<Arc<str>, FactValue>,
    /// Who served them last.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_served: Option<LastServedView<'a>>,
}

/// Who served a customer last.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LastServed)]
pub struct LastServedView<'a> {
    /// The manager.
    manager: &'a str,
    /// When they were assigned last, or the dialog with them closed.
    at: Time,
}

impl<'a> From<&'a Customer> for CustomerView<'a> {
    fn from(customer: &'a Customer) -> Self {
        Self {
            id: customer.id.as_str(),
            known: customer.known,
            name: customer.name.as_deref(),
            owner: customer.owner.as_ref().map(ManagerId::as_str),
            vip: customer.vip,
            bad: customer.bad,
            tags: customer.tags.iter().map(|tag| &**tag).collect(),
            orders_count: customer.orders_count,
            orders_total: customer.orders_total.as_f64(),
            average_order: customer.average_order.as_f64(),
            language: customer.language.as_deref(),
            contacts: &customer.contacts,
            excluded_managers: customer.excluded_managers.iter().map(ManagerId::as_str).collect(),
            facts: &customer.extra,
            last_served: customer
                .last_served
                .as_ref()
                .map(|served| LastServedView { manager: served.manager.as_str(), at: Time(served.at) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Customer, Refusal> {
        let customer: NewCustomer = serde_json::from_str(text).unwrap();
        customer.into_domain(CustomerId::trusted("c1"))
    }

    #[test]
    fn the_average_follows_from_the_total() {
        let customer = read(r#"{"orders_count":4,"orders_total":100.5}"#).unwrap();
        assert_eq!(customer.average_order, Amount(2_512));
        let customer = read(r#"{"orders_count":4,"orders_total":100.5,"average_order":7}"#).unwrap();
        assert_eq!(customer.average_order, Amount(700));
        assert!(read(r#"{"orders_total":1e300}"#).is_err());
    }

    #[test]
    fn only_so_many_managers_are_excluded() {
        let excluding = |count: usize| {
            let ids: Vec<String> = (0..count).map(|n| format!("m{n}")).collect();
            read(&serde_json::json!({ "excluded_managers": ids }).to_string())
        };
        assert_eq!(excluding(MOST_EXCLUDED).map(|customer| customer.excluded_managers.len()), Ok(50));
        let refused = excluding(MOST_EXCLUDED + 1);
        assert!(matches!(refused, Err(Refusal::BadValue { field: "excluded_managers", .. })), "{refused:?}");
    }

    #[test]
    fn what_is_written_can_be_sent_back() {
        let customer = read(
            r#"{"name":"Eva","owner":"ana","vip":true,"tags":["b","a"],"orders_count":1,"orders_total":5,
                "language":"es","contacts":{"phone":"1"},"excluded_managers":["gleb"],"facts":{"branch":"x"}}"#,
        )
        .unwrap();
        let mut written = serde_json::to_value(CustomerView::from(&customer)).unwrap();
        written.as_object_mut().unwrap().remove("id");
        assert_eq!(read(&written.to_string()), Ok(customer));
    }
}
