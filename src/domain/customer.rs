//! Customers: the facts that routing asks about, and how two records of one person become one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::facts::FactValue;
use super::ids::{CustomerId, ManagerId};
use super::time::Timestamp;

/// How many managers one customer may exclude. Each decision about the customer looks at every one of them;
/// whole groups are excluded by the rule file, at no such cost.
pub const MOST_EXCLUDED: usize = 50;

/// A sum of money in hundredths of the account's currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Amount(pub i64);

impl Amount {
    /// As a number of whole currency units.
    #[expect(clippy::cast_precision_loss, reason = "sums of money stay far below 2^53 hundredths")]
    pub fn as_f64(self) -> f64 {
        self.0 as f64 / 100.0
    }

    /// From a number of whole currency units, rounded to hundredths; `None` if it does not fit.
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
    pub fn from_f64(amount: f64) -> Option<Self> {
        let hundredths = (amount * 100.0).round();
        (hundredths.abs() < 9.0e15).then_some(Self(hundredths as i64))
    }
}

/// Who last served a customer, and when they last held a dialog of theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastServed {
    /// The manager.
    pub manager: ManagerId,
    /// When they were assigned last, or the dialog with them closed.
    pub at: Timestamp,
}

/// A customer, over all chats.
#[derive(Clone, Debug, PartialEq)]
pub struct Customer {
    /// Their id.
    pub id: CustomerId,
    /// On record in the CRM; false for somebody who only wrote.
    pub known: bool,
    /// A name for people.
    pub name: Option<String>,
    /// The manager responsible for this customer in the CRM.
    pub owner: Option<ManagerId>,
    /// Marked VIP.
    pub vip: bool,
    /// Marked BAD: a customer to be careful with.
    pub bad: bool,
    /// Labels.
    pub tags: BTreeSet<Arc<str>>,
    /// How many orders they made.
    pub orders_count: u32,
    /// What the orders came to.
    pub orders_total: Amount,
    /// Mean worth of an order.
    pub average_order: Amount,
    /// Language as a BCP 47 tag, such as `es`.
    pub language: Option<Arc<str>>,
    /// Ways to reach them: kind (`phone`, `email`, …) to value.
    pub contacts: BTreeMap<String, String>,
    /// Managers who are never given a dialog of theirs: at most [`MOST_EXCLUDED`] in what is put on record.
    pub excluded_managers: BTreeSet<ManagerId>,
    /// Facts that the rule file declared and the CRM sent.
    pub extra: BTreeMap<Arc<str>, FactValue>,
    /// Who served them last.
    pub last_served: Option<LastServed>,
}

impl Customer {
    /// Somebody of whom only the id is known.
    pub fn new(id: CustomerId) -> Self {
        Self {
            id,
            known: false,
            name: None,
            owner: None,
            vip: false,
            bad: false,
            tags: BTreeSet::new(),
            orders_count: 0,
            orders_total: Amount(0),
            average_order: Amount(0),
            language: None,
            contacts: BTreeMap::new(),
            excluded_managers: BTreeSet::new(),
            extra: BTreeMap::new(),
            last_served: None,
        }
    }

    /// Takes over what is known of a second record of the same person.
    ///
    /// The rule: orders add up and the average follows from the sums; VIP and BAD hold if either had
    /// them; tags and excluded managers unite; for owner, name, language, contacts and extra facts the surviving record's
    /// value stands and the other fills gaps; of two last servings the later one stands.
    pub fn absorb(&mut self, other: &Self) {
        self.orders_count = self.orders_count.saturating_add(other.orders_count);
        self.orders_total = Amount(self.orders_total.0.saturating_add(other.orders_total.0));
        if self.orders_count > 0 {
            self.average_order = Amount(self.orders_total.0 / i64::from(self.orders_count));
        }
        self.known |= other.known;
        self.vip |= other.vip;
        self.bad |= other.bad;
        self.tags.extend(other.tags.iter().cloned());
        self.excluded_managers.extend(other.excluded_managers.iter().cloned());
        self.owner = self.owner.take().or_else(|| other.owner.clone());
        self.name = self.name.take().or_else(|| other.name.clone());
        self.language = self.language.take().or_else(|| other.language.clone());
        for (kind, value) in &other.contacts {
            self.contacts.entry(kind.clone()).or_insert_with(|| value.clone());
        }
        for (fact, value) in &other.extra {
            self.extra.entry(fact.clone()).or_insert_with(|| value.clone());
        }
        let other_is_later = match (&self.last_served, &other.last_served) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(mine), Some(theirs)) => mine.at < theirs.at,
        };
        if other_is_later {
            self.last_served.clone_from(&other.last_served);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absorbing_adds_orders_and_keeps_the_survivors_owner() {
        let mut one = Customer::new(CustomerId::trusted("c1"));
        one.owner = Some(ManagerId::trusted("ana"));
        one.orders_count = 1;
        one.orders_total = Amount(10_000);
        let mut two = Customer::new(CustomerId::trusted("c2"));
        two.owner = Some(ManagerId::trusted("boris"));
        two.vip = true;
        two.excluded_managers = [ManagerId::trusted("gleb")].into();
        two.orders_count = 3;
        two.orders_total = Amount(20_000);
        two.language = Some("es".into());
        one.absorb(&two);
        assert_eq!(one.owner, Some(ManagerId::trusted("ana")));
        assert_eq!(
            (one.orders_count, one.orders_total, one.average_order),
            (4, Amount(30_000), Amount(7_500))
        );
        assert!(one.vip);
        assert!(one.excluded_managers.contains("gleb"), "whoever may not serve one may not serve the other");
        assert_eq!(one.language.as_deref(), Some("es"));
    }
}
