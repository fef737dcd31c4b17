//! The facts catalogue: everything that conditions may ask, with types and meanings, and the facts that
//! a file declares itself.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::schedule::Schedule;
use crate::domain::facts::FactValue;
use crate::domain::ids::ScheduleId;

/// The type of a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FactType {
    /// True or false.
    Bool,
    /// A number.
    Number,
    /// Any text.
    Text,
    /// One of a few texts.
    Enum,
    /// Several texts.
    Texts,
    /// A length of time, sent as a text such as `90m` or as a number of seconds.
    Duration,
}

impl FactType {
    /// All types.
    pub const ALL: [Self; 6] =
        [Self::Bool, Self::Number, Self::Text, Self::Enum, Self::Texts, Self::Duration];

    /// The word used in rule files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Number => "number",
            Self::Text => "text",
            Self::Enum => "enum",
            Self::Texts => "texts",
            Self::Duration => "duration",
        }
    }
}

impl fmt::Display for FactType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// One fact of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactInfo {
    /// Its place in the catalogue, from 1; it keeps it for ever.
    pub number: u16,
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: FactType,
    /// Its values, when there are few.
    pub values: &'static [&'static str],
    /// It may be missing, so that `has(…)` makes sense; it is then an empty text.
    pub may_be_missing: bool,
    /// What it means.
    pub meaning: &'static str,
    reads: Reads,
}

impl FactInfo {
    /// What it reads.
    pub(super) fn reads(&self) -> Reads {
        self.reads
    }
}

/// What a fact of the catalogue reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reads {
    ChannelId,
    ChannelType,
    ChannelName,
    ChannelSite,
    CustomerId,
    CustomerVip,
    CustomerBad,
    CustomerKnown,
    CustomerTags,
    CustomerOwner,
    OrdersCount,
    OrdersTotal,
    AverageOrder,
    Language,
    DialogKind,
    StartedBy,
    Returning,
    Messages,
    Moves,
    OpeningText,
}

/// The words of `dialog.kind`.
pub(super) const DIALOG_KINDS: &[&str] = &["customer", "internal"];
/// The words of `dialog.started_by`.
pub(super) const STARTERS: &[&str] = &["customer", "manager", "bot"];

const fn fact(
    number: u16,
    name: &'static str,
    kind: FactType,
    reads: Reads,
    meaning: &'static str,
) -> FactInfo {
    let values = if matches!(reads, Reads::DialogKind) {
        DIALOG_KINDS
    } else if matches!(reads, Reads::StartedBy) {
        STARTERS
    } else {
        &[]
    };
    let may_be_missing = matches!(reads, Reads::ChannelSite | Reads::CustomerOwner | Reads::Language);
    FactInfo { number, name, kind, values, may_be_missing, meaning, reads }
}

#[rustfmt::skip]
const CATALOGUE: &[FactInfo] = &[
    fact(1, "channel.id", FactType::Text, Reads::ChannelId, "id of the messenger connection"),
    fact(2, "channel.type", FactType::Text, Reads::ChannelType, "kind of messenger, such as whatsapp, telegram, site"),
    fact(3, "channel.name", FactType::Text, Reads::ChannelName, "name of the connection, for people"),
    fact(4, "channel.site", FactType::Text, Reads::ChannelSite, "shop that the connection belongs to; empty when none"),
    fact(5, "customer.id", FactType::Text, Reads::CustomerId, "id of the customer"),
    fact(6, "customer.vip", FactType::Bool, Reads::CustomerVip, "marked VIP"),
    fact(7, "customer.bad", FactType::Bool, Reads::CustomerBad, "marked BAD"),
    fact(8, "customer.known", FactType::Bool, Reads::CustomerKnown, "on record in the CRM, not only somebody who wrote"),
    fact(9, "customer.tags", FactType::Texts, Reads::CustomerTags, "labels of the customer"),
    fact(10, "customer.owner", FactType::Text, Reads::CustomerOwner, "id of the customer's manager; empty when none"),
    fact(11, "customer.orders_count", FactType::Number, Reads::OrdersCount, "number of orders"),
    fact(12, "customer.orders_total", FactType::Number, Reads::OrdersTotal, "worth of all orders in the account's currency"),
    fact(13, "customer.average_order", FactType::Number, Reads::AverageOrder, "mean worth of an order in the account's currency"),
    fact(14, "customer.language", FactType::Text, Reads::Language, "language tag, such as es; empty when not known"),
    fact(15, "dialog.kind", FactType::Enum, Reads::DialogKind, "with a customer, or between managers (never routed)"),
    fact(16, "dialog.started_by", FactType::Enum, Reads::StartedBy, "who wrote first"),
    fact(17, "dialog.returning", FactType::Bool, Reads::Returning, "the chat had a dialog before"),
    fact(18, "dialog.messages", FactType::Number, Reads::Messages, "messages so far, notes included"),
    fact(19, "dialog.moves", FactType::Number, Reads::Moves, "automatic moves so far"),
    fact(20, "dialog.text", FactType::Text, Reads::OpeningText, "text of the message that opened the dialog; empty when it had none"),
];

/// The facts that every account has, numbered.
pub fn catalogue() -> &'static [FactInfo] {
    CATALOGUE
}

/// A fact that a file declares in `[facts]`.
#[derive(Clone, Debug, PartialEq)]
pub struct DeclaredFact {
    /// Its name.
    pub name: Arc<str>,
    /// Its type.
    pub kind: FactType,
    /// Its values; empty unless it is an enum.
    pub values: Vec<Arc<str>>,
    /// Its value when none was sent, or one of another type.
    pub default: FactValue,
}

/// Words that the condition language keeps for itself.
const RESERVED: &[&str] = &["true", "false", "in", "null", "and", "or", "not", "is", "has", "size"];

/// All facts that conditions of one file may use, and the schedules that they may ask for.
#[derive(Debug, Default)]
pub(super) struct FactTable {
    declared: BTreeMap<Arc<str>, Arc<DeclaredFact>>,
    schedules: BTreeMap<ScheduleId, Arc<Schedule>>,
}

/// A fact looked up by name.
#[derive(Debug)]
pub(super) enum Known<'a> {
    BuiltIn(&'static FactInfo),
    Declared(&'a Arc<DeclaredFact>),
}

impl FactTable {
    /// Adds a declared fact.
    pub(super) fn declare(&mut self, fact: DeclaredFact) {
        self.declared.insert(fact.name.clone(), Arc::new(fact));
    }

    /// Adds a schedule.
    pub(super) fn schedule(&mut self, schedule: Arc<Schedule>) {
        self.schedules.insert(schedule.id().clone(), schedule);
    }

    /// Looks a schedule up.
    pub(super) fn find_schedule(&self, name: &str) -> Option<&Arc<Schedule>> {
        self.schedules.get(name)
    }

    /// The names of all schedules.
    pub(super) fn schedules(&self) -> impl Iterator<Item = &str> {
        self.schedules.keys().map(ScheduleId::as_str)
    }

    /// Looks a name up.
    pub(super) fn get(&self, name: &str) -> Option<Known<'_>> {
        let built_in = CATALOGUE.iter().find(|fact| fact.name == name);
        built_in.map(Known::BuiltIn).or_else(|| self.declared.get(name).map(Known::Declared))
    }

    /// All names, those of the catalogue first.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let declared = self.declared.keys().map(AsRef::as_ref);
        CATALOGUE.iter().map(|fact| fact.name).chain(declared)
    }

    /// The declared facts by name.
    pub(super) fn into_declared(self) -> BTreeMap<Arc<str>, Arc<DeclaredFact>> {
        self.declared
    }
}

/// Why a name cannot be given to a declared fact; `None` when it can.
pub(super) fn objection_to_name(name: &str) -> Option<&'static str> {
    if CATALOGUE.iter().any(|fact| fact.name == name) {
        return Some("every account has a fact of this name already");
    }
    let is_reserved = |word: &str| RESERVED.iter().any(|kept| word.eq_ignore_ascii_case(kept));
    if name.split('.').any(is_reserved) {
        return Some("a part of it is a word of the condition language");
    }
    let is_word = |word: &str| {
        let starts_well = word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        starts_well && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let is_name = name.len() <= 128 && name.split('.').all(is_word);
    (!is_name).then_some("it must be words of letters, digits and underscores, joined by dots")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_numbered_without_gaps_and_names_are_unique() {
        for (index, fact) in catalogue().iter().enumerate() {
            assert_eq!(usize::from(fact.number), index + 1);
            assert_eq!(catalogue().iter().filter(|other| other.name == fact.name).count(), 1);
            assert_eq!(fact.kind == FactType::Enum, !fact.values.is_empty(), "{}", fact.name);
        }
    }

    #[test]
    fn declared_names_are_words_joined_by_dots() {
        assert_eq!(objection_to_name("customer.segment"), None);
        assert_eq!(objection_to_name("shift_2"), None);
        for bad in ["customer.vip", "customer segment", "a..b", "", "2nd", "order.in", "größe"] {
            assert!(objection_to_name(bad).is_some(), "{bad}");
        }
    }
}
