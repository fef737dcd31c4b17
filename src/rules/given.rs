//! What is given of a dialog that is tried: facts by name, as the condition language calls them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::durations;
use super::facts::{DeclaredFact, FactType, catalogue};
use super::listing::listed;
use crate::domain::channel::{Channel, ChannelFeatures};
use crate::domain::customer::{Amount, Customer, LastServed};
use crate::domain::facts::FactValue;
use crate::domain::ids::{ChannelId, CustomerId, ManagerId};
use crate::domain::time::Timestamp;
use crate::nearest::nearest;

/// The kind of channel of a dialog that does not say.
const SOME_CHANNEL: &str = "chat";
/// How long ago the last manager served the customer when only who it was is given.
const LATELY: Duration = Duration::from_hours(1);

/// What stands for a longer name.
const SHORT: [(&str, &str); 3] =
    [("channel", "channel.type"), ("text", "dialog.text"), ("returning", "dialog.returning")];
/// What is no fact, and yet matters: who served the customer last and how long ago, who is never to serve them, and
/// whether we may write texts of our own in the channel.
pub(super) const LAST_MANAGER: &str = "customer.last_manager";
pub(super) const LAST_SERVED: &str = "customer.last_served";
const EXCLUDED: &str = "customer.excluded_managers";
const MAY_WRITE: &str = "channel.may_write";
/// Facts that follow from what happens.
const FOLLOWS: [&str; 4] = ["dialog.kind", "dialog.started_by", "dialog.messages", "dialog.moves"];

/// What is given of a dialog.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Given {
    facts: BTreeMap<Arc<str>, FactValue>,
    last_manager: Option<ManagerId>,
    last_served: Option<Duration>,
}

/// What a name takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Takes {
    /// A value of this type; of an enum one of these.
    Fact(FactType, Vec<Arc<str>>),
    /// The id of a manager.
    Manager,
    /// A duration.
    Ago,
}

/// Why something cannot be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotGiven {
    /// There is no such fact.
    Unknown,
    /// It follows from what happens.
    Follows,
}

/// The full name of what may be written shorter.
pub fn full_name(name: &str) -> &str {
    SHORT.iter().find(|(short, _)| *short == name).map_or(name, |(_, full)| full)
}

/// What may be given under a name.
///
/// # Errors
/// When nothing may.
pub fn takes<'a>(
    name: &str,
    declared: impl FnOnce(&str) -> Option<&'a DeclaredFact>,
) -> Result<Takes, NotGiven> {
    if FOLLOWS.contains(&name) {
        return Err(NotGiven::Follows);
    }
    match name {
        LAST_MANAGER | "customer.owner" => return Ok(Takes::Manager),
        LAST_SERVED => return Ok(Takes::Ago),
        EXCLUDED => return Ok(Takes::Fact(FactType::Texts, Vec::new())),
        MAY_WRITE => return Ok(Takes::Fact(FactType::Bool, Vec::new())),
        _ => {}
    }
    if let Some(fact) = catalogue().iter().find(|fact| fact.name == name) {
        return Ok(Takes::Fact(fact.kind, Vec::new()));
    }
    let fact = declared(name).ok_or(NotGiven::Unknown)?;
    Ok(Takes::Fact(fact.kind, fact.values.clone()))
}

/// The names that may be given, apart from declared facts.
pub fn names() -> impl Iterator<Item = &'static str> {
    let facts = catalogue().iter().map(|fact| fact.name).filter(|name| !FOLLOWS.contains(name));
    SHORT.iter().map(|(short, _)| *short).chain(facts).chain([LAST_MANAGER, LAST_SERVED, EXCLUDED, MAY_WRITE])
}

impl Given {
    /// Gives a fact. The value must be of the type that [`takes`] names.
    pub fn set(&mut self, name: &str, value: FactValue) {
        self.facts.insert(full_name(name).into(), value);
    }

    /// Gives a fact that somebody sent by name, after looking whether there is one and of which type.
    ///
    /// # Errors
    /// What is wrong with it, in a sentence.
    pub fn give<'a>(
        &mut self,
        name: &str,
        value: FactValue,
        declared: impl FnOnce(&str) -> Option<&'a DeclaredFact>,
    ) -> Result<(), String> {
        let full = full_name(name);
        let takes = takes(full, declared).map_err(|why| match why {
            NotGiven::Follows => format!("`{name}` cannot be given: it follows from what happens"),
            NotGiven::Unknown => {
                let near = nearest(name, names()).map(|near| format!("; did you mean `{near}`?"));
                format!("there is no fact `{name}`{}", near.unwrap_or_default())
            }
        })?;
        let wrong = |what: &str| Err(format!("`{name}` takes {what}"));
        match (takes, value) {
            (Takes::Manager, FactValue::Text(id)) => {
                let id = ManagerId::parse(&id).map_err(|error| format!("`{name}`: {error}"))?;
                self.set_manager(full, id);
            }
            (Takes::Manager, _) => return wrong("the id of a manager"),
            (Takes::Ago, FactValue::Text(text)) => match durations::parse(&text) {
                Ok(ago) => self.set_last_served(ago),
                Err(_) => return wrong("a duration, such as 90m"),
            },
            (Takes::Ago, _) => return wrong("a duration, such as 90m"),
            (Takes::Fact(FactType::Enum, values), FactValue::Text(text)) => {
                if !values.contains(&text) {
                    return wrong(&format!("one of {}", listed(values.iter().map(AsRef::as_ref))));
                }
                self.set(name, FactValue::Text(text));
            }
            (Takes::Fact(FactType::Bool, _), value @ FactValue::Bool(_))
            | (Takes::Fact(FactType::Number | FactType::Duration, _), value @ FactValue::Number(_))
            | (Takes::Fact(FactType::Text | FactType::Duration, _), value @ FactValue::Text(_))
            | (Takes::Fact(FactType::Texts, _), value @ FactValue::Texts(_)) => self.set(name, value),
            (Takes::Fact(kind, _), _) => return wrong(&format!("a value of type {kind}")),
        }
        Ok(())
    }

    /// Gives who a name means: the owner, or who served last.
    pub fn set_manager(&mut self, name: &str, manager: ManagerId) {
        if name == LAST_MANAGER {
            self.last_manager = Some(manager);
        } else {
            self.set(name, FactValue::Text(manager.shared()));
        }
    }

    /// Gives how long ago the customer was served.
    pub fn set_last_served(&mut self, ago: Duration) {
        self.last_served = Some(ago);
    }

    /// Whether nothing is given.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The managers it names.
    pub fn managers(&self) -> impl Iterator<Item = ManagerId> {
        let owner = self.text("customer.owner").and_then(|owner| ManagerId::parse(owner).ok());
        owner.into_iter().chain(self.last_manager.clone())
    }

    /// This with something else over it.
    #[must_use]
    pub fn with(&self, over: &Self) -> Self {
        let mut both = self.clone();
        both.facts.extend(over.facts.iter().map(|(name, value)| (Arc::clone(name), value.clone())));
        both.last_manager = over.last_manager.clone().or(both.last_manager);
        both.last_served = over.last_served.or(both.last_served);
        both
    }

    fn text(&self, name: &str) -> Option<&str> {
        match self.facts.get(name) {
            Some(FactValue::Text(text)) => Some(text),
            Some(FactValue::Bool(_) | FactValue::Number(_) | FactValue::Texts(_)) | None => None,
        }
    }

    fn is(&self, name: &str) -> Option<bool> {
        match self.facts.get(name) {
            Some(FactValue::Bool(is)) => Some(*is),
            Some(FactValue::Text(_) | FactValue::Number(_) | FactValue::Texts(_)) | None => None,
        }
    }

    fn number(&self, name: &str) -> Option<f64> {
        match self.facts.get(name) {
            Some(FactValue::Number(number)) => Some(*number),
            Some(FactValue::Text(_) | FactValue::Bool(_) | FactValue::Texts(_)) | None => None,
        }
    }

    /// The channel that the dialog comes through; its id is its kind when none is given.
    pub fn channel(&self) -> Channel {
        let kind = self.text("channel.type").unwrap_or(SOME_CHANNEL);
        let id = self.text("channel.id").and_then(|id| ChannelId::parse(id).ok());
        let bot_may_write = self.is(MAY_WRITE).unwrap_or(true);
        Channel {
            id: id
                .or_else(|| ChannelId::parse(kind).ok())
                .unwrap_or_else(|| ChannelId::trusted(SOME_CHANNEL)),
            kind: kind.into(),
            name: self.text("channel.name").unwrap_or(kind).to_owned(),
            site: self.text("channel.site").map(str::to_owned),
            features: ChannelFeatures { bot_may_write, ..ChannelFeatures::default() },
        }
    }

    /// Who writes. `id` is theirs when none is given.
    pub fn customer(&self, id: &str, now: Timestamp) -> Customer {
        let given = self.text("customer.id").and_then(|id| CustomerId::parse(id).ok());
        let mut customer = Customer::new(given.unwrap_or_else(|| CustomerId::trusted(id)));
        customer.known = true;
        self.overlay(&mut customer, now);
        customer
    }

    /// Puts what is given over a customer's record.
    pub fn overlay(&self, customer: &mut Customer, now: Timestamp) {
        customer.known = self.is("customer.known").unwrap_or(customer.known);
        customer.vip = self.is("customer.vip").unwrap_or(customer.vip);
        customer.bad = self.is("customer.bad").unwrap_or(customer.bad);
        if let Some(owner) = self.text("customer.owner") {
            customer.owner = ManagerId::parse(owner).ok();
        }
        if let Some(language) = self.text("customer.language") {
            customer.language = Some(language.into());
        }
        if let Some(FactValue::Texts(tags)) = self.facts.get("customer.tags") {
            customer.tags = tags.iter().cloned().collect();
        }
        if let Some(FactValue::Texts(excluded)) = self.facts.get(EXCLUDED) {
            customer.excluded_managers.extend(excluded.iter().filter_map(|id| ManagerId::parse(id).ok()));
        }
        let amount = |name| self.number(name).and_then(Amount::from_f64);
        customer.orders_count = self.number("customer.orders_count").map_or(customer.orders_count, whole);
        customer.orders_total = amount("customer.orders_total").unwrap_or(customer.orders_total);
        customer.average_order = amount("customer.average_order").unwrap_or(customer.average_order);
        let counts = self.facts.contains_key("customer.orders_count")
            || self.facts.contains_key("customer.orders_total");
        if counts && !self.facts.contains_key("customer.average_order") && customer.orders_count > 0 {
            customer.average_order = Amount(customer.orders_total.0 / i64::from(customer.orders_count));
        }
        if let Some(manager) = self.last_manager.clone() {
            let at = now - self.last_served.unwrap_or(LATELY);
            customer.last_served = Some(LastServed { manager, at });
        }
        customer.extra.extend(self.declared(true));
    }

    /// Facts that go with the dialog.
    pub fn extra(&self) -> BTreeMap<Arc<str>, FactValue> {
        self.declared(false)
    }

    /// The declared facts, those of the customer or all others.
    fn declared(&self, of_customer: bool) -> BTreeMap<Arc<str>, FactValue> {
        let is_known = |name: &str| {
            [MAY_WRITE, EXCLUDED].contains(&name) || catalogue().iter().any(|fact| fact.name == name)
        };
        let is_wanted = |name: &str| name.starts_with("customer.") == of_customer && !is_known(name);
        let wanted = self.facts.iter().filter(|(name, _)| is_wanted(name));
        wanted.map(|(name, value)| (Arc::clone(name), value.clone())).collect()
    }

    /// Text of the message that opens the dialog.
    pub fn opening_text(&self) -> Option<Arc<str>> {
        self.text("dialog.text").map(Into::into)
    }

    /// The chat had a dialog before.
    pub fn returning(&self) -> bool {
        self.is("dialog.returning").unwrap_or_default()
    }
}

/// A number as a count, as far as it is one.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what a count holds")]
fn whole(number: f64) -> u32 {
    number.round().clamp(0.0, f64::from(u32::MAX)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_become_the_records_that_they_are_of() {
        let mut given = Given::default();
        given.set("channel", FactValue::Text("whatsapp".into()));
        given.set("customer.orders_count", FactValue::Number(4.0));
        given.set("customer.orders_total", FactValue::Number(100.0));
        given.set("customer.segment", FactValue::Text("retail".into()));
        given.set("basket.worth", FactValue::Number(7.0));
        given.set_manager(LAST_MANAGER, ManagerId::trusted("ana"));
        let now = Timestamp::from_secs(10_000);
        let customer = given.customer("customer-1", now);
        assert_eq!((customer.orders_count, customer.average_order), (4, Amount(2_500)));
        assert_eq!(customer.last_served.map(|served| now.since(served.at)), Some(LATELY));
        assert_eq!(customer.extra.keys().map(AsRef::as_ref).collect::<Vec<&str>>(), ["customer.segment"]);
        assert_eq!(given.extra().keys().map(AsRef::as_ref).collect::<Vec<&str>>(), ["basket.worth"]);
        assert_eq!(given.channel().id.as_str(), "whatsapp");
    }

    #[test]
    fn what_follows_from_events_cannot_be_given() {
        let nothing = |_: &str| None;
        assert_eq!(takes("dialog.moves", nothing), Err(NotGiven::Follows));
        assert_eq!(takes("customer.vipp", nothing), Err(NotGiven::Unknown));
        assert_eq!(takes("customer.owner", nothing), Ok(Takes::Manager));
        assert!(names().all(|name| takes(full_name(name), nothing).is_ok()));
    }
}
