//! Customers and their orders.

use serde::{Deserialize, Serialize};

use super::envelope::{Pagination, number};

/// A page of `GET /api/v5/customers`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct CustomerPage {
    /// Where it stands.
    pub pagination: Pagination,
    /// Its customers.
    pub customers: Vec<Customer>,
}

/// A customer of the CRM. Without `manager_id` nobody owns them.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Customer {
    /// Id in the CRM.
    pub id: u64,
    /// `customer` or `customer_corporate`.
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// The owner: a CRM user.
    pub manager_id: u64,
    /// Marked VIP.
    pub vip: bool,
    /// Marked BAD.
    pub bad: bool,
    /// The store they belong to.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub site: String,
    /// Labels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// Number of orders.
    pub orders_count: u64,
    /// Worth of all orders. The CRM spells it so.
    pub total_summ: f64,
    /// Mean worth of an order.
    pub average_summ: f64,
    /// Segments they are in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<Segment>,
    /// First name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub first_name: String,
    /// Family name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub last_name: String,
    /// E-mail address.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub email: String,
    /// Telephone numbers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub phones: Vec<Phone>,
    /// Who they are in the Message Gateway, one for each channel.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mg_customers: Vec<MgCustomer>,
}

/// A label.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Tag {
    /// Its name.
    pub name: String,
}

/// A segment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Segment {
    /// Its code.
    pub code: String,
    /// Name for people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
}

/// A telephone number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Phone {
    /// As somebody wrote it.
    pub number: String,
}

/// A customer of the Message Gateway. Which of the two ids is the gateway's own is not documented.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MgCustomer {
    /// One id.
    #[serde(deserialize_with = "number")]
    pub id: u64,
    /// The other.
    #[serde(deserialize_with = "number")]
    pub external_id: u64,
}

/// A page of `GET /api/v5/orders`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct OrderPage {
    /// Where it stands.
    pub pagination: Pagination,
    /// Its orders.
    pub orders: Vec<Order>,
}

/// An order, as far as it tells who served somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Order {
    /// Its id.
    pub id: u64,
    /// Its manager: a CRM user.
    pub manager_id: u64,
    /// When it was made, in the account's zone.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub created_at: String,
    /// The dialog of the gateway it came from.
    pub dialog_id: u64,
}
