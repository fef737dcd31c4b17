//! Customers as rows, and facts as JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::customer::{Amount, Customer, LastServed};
use crate::domain::facts::FactValue;
use crate::domain::ids::{AccountId, CustomerId, ManagerId};
use crate::domain::time::Timestamp;
use crate::store::cell::{Cells, Record, Sparse, folded, record};

record! {
    /// A customer.
    CustomerRecord {
        account: AccountId,
        id: CustomerId,
        known: bool,
        name: Option<String>,
        name_folded: Option<String>,
        owner: Option<ManagerId>,
        vip: bool,
        bad: bool,
        tags: Sparse<BTreeSet<Arc<str>>>,
        orders_count: u32,
        orders_total: i64,
        average_order: i64,
        language: Option<Arc<str>>,
        contacts: Sparse<BTreeMap<String, String>>,
        extra: Sparse<BTreeMap<Arc<str>, FactRecord>>,
        excluded_managers: Sparse<BTreeSet<Arc<str>>>,
        last_manager: Option<ManagerId>,
        last_served_at: Option<Timestamp>,
    }
}

/// [`FactValue`] as the JSON value that it came as.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum FactRecord {
    Bool(bool),
    Number(f64),
    Text(Arc<str>),
    Texts(Vec<Arc<str>>),
}

impl From<&FactValue> for FactRecord {
    fn from(value: &FactValue) -> Self {
        match value {
            FactValue::Bool(value) => Self::Bool(*value),
            FactValue::Number(value) => Self::Number(*value),
            FactValue::Text(value) => Self::Text(value.clone()),
            FactValue::Texts(values) => Self::Texts(values.to_vec()),
        }
    }
}

impl From<FactRecord> for FactValue {
    fn from(record: FactRecord) -> Self {
        match record {
            FactRecord::Bool(value) => Self::Bool(value),
            FactRecord::Number(value) => Self::Number(value),
            FactRecord::Text(value) => Self::Text(value),
            FactRecord::Texts(values) => Self::Texts(values.into()),
        }
    }
}

impl CustomerRecord {
    /// Takes a customer apart.
    pub(crate) fn new(account: &AccountId, customer: &Customer) -> Self {
        let Customer {
            id,
            known,
            name,
            owner,
            vip,
            bad,
            tags,
            orders_count,
            orders_total,
            average_order,
            language,
            contacts,
            excluded_managers,
            extra,
            last_served,
        } = customer;
        let (last_manager, last_served_at) =
            last_served.as_ref().map(|LastServed { manager, at }| (manager.clone(), *at)).unzip();
        Self {
            account: account.clone(),
            id: id.clone(),
            known: *known,
            name: name.clone(),
            name_folded: name.as_deref().and_then(folded),
            owner: owner.clone(),
            vip: *vip,
            bad: *bad,
            tags: Sparse(tags.clone()),
            orders_count: *orders_count,
            orders_total: orders_total.0,
            average_order: average_order.0,
            language: language.clone(),
            contacts: Sparse(contacts.clone()),
            extra: Sparse(extra.iter().map(|(name, value)| (name.clone(), value.into())).collect()),
            excluded_managers: Sparse(excluded_managers.iter().map(ManagerId::shared).collect()),
            last_manager,
            last_served_at,
        }
    }

    /// Reads a customer.
    pub(crate) fn customer(cells: &impl Cells) -> Result<Customer, String> {
        let record = Self::read(cells, 0)?;
        let last_served = match (record.last_manager, record.last_served_at) {
            (Some(manager), Some(at)) => Some(LastServed { manager, at }),
            (None, None) => None,
            _ => return Err("columns last_manager and last_served_at do not fit".to_owned()),
        };
        Ok(Customer {
            id: record.id,
            known: record.known,
            name: record.name,
            owner: record.owner,
            vip: record.vip,
            bad: record.bad,
            tags: record.tags.0,
            orders_count: record.orders_count,
            orders_total: Amount(record.orders_total),
            average_order: Amount(record.average_order),
            language: record.language,
            contacts: record.contacts.0,
            extra: record.extra.0.into_iter().map(|(name, value)| (name, value.into())).collect(),
            excluded_managers: record.excluded_managers.0.iter().map(|id| ManagerId::trusted(id)).collect(),
            last_served,
        })
    }
}
