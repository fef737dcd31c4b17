//! Evaluating a compiled condition: borrows from the facts, allocates nothing, cannot fail.

use std::sync::Arc;
use std::time::Duration;

use super::ast::{Comparison, Operator};
use super::typed::{BoolFact, Condition, Missable, Number, NumberFact, Text, TextFact, Texts};
use crate::domain::dialog::{DialogKind, StartedBy};
use crate::domain::facts::{FactValue, Facts};
use crate::rules::durations;
use crate::rules::facts::{DIALOG_KINDS, DeclaredFact, FactType, STARTERS};

impl Comparison {
    #[expect(clippy::float_cmp, reason = "conditions compare what was written, to the last bit")]
    pub(super) fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Equal => left == right,
            Self::NotEqual => left != right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
        }
    }
}

impl Operator {
    /// Always a finite number: a division by zero gives 0, and what is too large the largest number.
    pub(super) fn apply(self, left: f64, right: f64) -> f64 {
        match self {
            Self::Plus => finite(left + right),
            Self::Minus => finite(left - right),
            Self::Times => finite(left * right),
            Self::Over if right == 0.0 => 0.0,
            Self::Over => finite(left / right),
        }
    }
}

fn finite(number: f64) -> f64 {
    if number.is_nan() { 0.0 } else { number.clamp(f64::MIN, f64::MAX) }
}

impl Condition {
    pub(super) fn holds(&self, facts: &Facts<'_>) -> bool {
        match self {
            Self::Constant(value) => *value,
            Self::Fact(fact) => fact.read(facts),
            Self::Not(inner) => !inner.holds(facts),
            Self::All(parts) => parts.iter().all(|part| part.holds(facts)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(facts)),
            Self::Same(pair) => pair.0.holds(facts) == pair.1.holds(facts),
            Self::Compare(comparison, pair) => comparison.holds(pair.0.value(facts), pair.1.value(facts)),
            Self::Equal(left, right) => left.value(facts) == right.value(facts),
            Self::OneOf(text, list) => {
                let text = text.value(facts);
                list.iter().any(|item| **item == *text)
            }
            Self::NumberOneOf(number, list) => list.contains(&number.value(facts)),
            Self::Among(text, texts) => texts.contain(text.value(facts), facts),
            Self::StartsWith(text, part) => text.value(facts).starts_with(part.value(facts)),
            Self::EndsWith(text, part) => text.value(facts).ends_with(part.value(facts)),
            Self::Contains(text, part) => text.value(facts).contains(part.value(facts)),
            Self::Matches(text, pattern) => pattern.is_in(text.value(facts)),
            Self::Has(fact) => fact.is_there(facts),
            Self::Open(schedule) => schedule.is_open(facts.now),
            Self::If(three) => {
                let chosen = if three.0.holds(facts) { &three.1 } else { &three.2 };
                chosen.holds(facts)
            }
        }
    }
}

impl Number {
    fn value(&self, facts: &Facts<'_>) -> f64 {
        match self {
            Self::Constant(number) => *number,
            Self::Fact(fact) => fact.read(facts),
            Self::Negative(inner) => -inner.value(facts),
            Self::Calculate(operator, pair) => operator.apply(pair.0.value(facts), pair.1.value(facts)),
            Self::Length(text) => text.value(facts).chars().count() as f64,
            Self::Count(texts) => texts.count(facts) as f64,
            Self::If(three) => {
                let chosen = if three.0.holds(facts) { &three.1 } else { &three.2 };
                chosen.value(facts)
            }
        }
    }
}

impl Text {
    fn value<'a>(&'a self, facts: &Facts<'a>) -> &'a str {
        match self {
            Self::Constant(text) => text,
            Self::Fact(fact) => fact.read(facts),
            Self::If(three) => {
                let chosen = if three.0.holds(facts) { &three.1 } else { &three.2 };
                chosen.value(facts)
            }
        }
    }
}

impl BoolFact {
    fn read(&self, facts: &Facts<'_>) -> bool {
        match self {
            Self::Vip => facts.customer.vip,
            Self::Bad => facts.customer.bad,
            Self::Known => facts.customer.known,
            Self::Returning => facts.returning,
            Self::Declared(fact) => fact.sent(facts, bool_of).unwrap_or(false),
        }
    }
}

impl NumberFact {
    fn read(&self, facts: &Facts<'_>) -> f64 {
        match self {
            Self::OrdersCount => f64::from(facts.customer.orders_count),
            Self::OrdersTotal => facts.customer.orders_total.as_f64(),
            Self::AverageOrder => facts.customer.average_order.as_f64(),
            Self::Messages => f64::from(facts.messages),
            Self::Moves => f64::from(facts.moves),
            Self::Declared(fact) if fact.kind == FactType::Duration => {
                fact.sent(facts, millis_of).unwrap_or(0.0)
            }
            Self::Declared(fact) => fact.sent(facts, number_of).unwrap_or(0.0),
        }
    }
}

impl TextFact {
    fn read<'a>(&'a self, facts: &Facts<'a>) -> &'a str {
        let customer = facts.customer;
        match self {
            Self::ChannelId => facts.channel.id.as_str(),
            Self::ChannelType => &facts.channel.kind,
            Self::ChannelName => &facts.channel.name,
            Self::ChannelSite => facts.channel.site.as_deref().unwrap_or(""),
            Self::CustomerId => customer.id.as_str(),
            Self::CustomerOwner => customer.owner.as_ref().map_or("", |owner| owner.as_str()),
            Self::Language => customer.language.as_deref().unwrap_or(""),
            Self::DialogKind => match facts.kind {
                DialogKind::Customer => DIALOG_KINDS[0],
                DialogKind::Internal => DIALOG_KINDS[1],
            },
            Self::StartedBy => match facts.started_by {
                StartedBy::Customer => STARTERS[0],
                StartedBy::Manager => STARTERS[1],
                StartedBy::Bot => STARTERS[2],
            },
            Self::OpeningText => facts.text,
            Self::Declared(fact) => fact.text(facts),
        }
    }
}

impl Texts {
    fn contain(&self, text: &str, facts: &Facts<'_>) -> bool {
        match self {
            Self::Tags => facts.customer.tags.contains(text),
            Self::Declared(fact) => {
                let texts = fact.sent(facts, texts_of).unwrap_or(&[]);
                texts.iter().any(|item| **item == *text)
            }
        }
    }

    fn count(&self, facts: &Facts<'_>) -> usize {
        match self {
            Self::Tags => facts.customer.tags.len(),
            Self::Declared(fact) => fact.sent(facts, texts_of).unwrap_or(&[]).len(),
        }
    }
}

impl Missable {
    fn is_there(&self, facts: &Facts<'_>) -> bool {
        match self {
            Self::ChannelSite => facts.channel.site.is_some(),
            Self::CustomerOwner => facts.customer.owner.is_some(),
            Self::Language => facts.customer.language.is_some(),
            Self::Declared(fact) => facts.extra(&fact.name).is_some(),
        }
    }
}

impl DeclaredFact {
    /// What was sent, or else the default. What was sent with another type counts as not sent.
    fn sent<'a, T>(&'a self, facts: &Facts<'a>, read: fn(&'a FactValue) -> Option<T>) -> Option<T> {
        let sent = facts.extra(&self.name).and_then(read);
        sent.or_else(|| read(&self.default))
    }

    /// A text that is none of an enum's values counts as not sent.
    fn text<'a>(&'a self, facts: &Facts<'a>) -> &'a str {
        let sent = facts.extra(&self.name).and_then(text_of);
        let is_valid = |text: &&str| self.values.is_empty() || self.values.iter().any(|v| **v == **text);
        sent.filter(is_valid).or_else(|| text_of(&self.default)).unwrap_or("")
    }
}

fn bool_of(value: &FactValue) -> Option<bool> {
    match value {
        FactValue::Bool(value) => Some(*value),
        FactValue::Number(_) | FactValue::Text(_) | FactValue::Texts(_) => None,
    }
}

fn number_of(value: &FactValue) -> Option<f64> {
    match value {
        FactValue::Number(number) => Some(finite(*number)),
        FactValue::Bool(_) | FactValue::Text(_) | FactValue::Texts(_) => None,
    }
}

/// A duration is sent as a text such as `90m`, or as a number of seconds.
fn millis_of(value: &FactValue) -> Option<f64> {
    match value {
        FactValue::Number(seconds) => Some(finite(*seconds * 1_000.0)),
        FactValue::Text(text) => durations::parse(text).ok().map(millis),
        FactValue::Bool(_) | FactValue::Texts(_) => None,
    }
}

/// The milliseconds of a duration.
pub(super) fn millis(duration: Duration) -> f64 {
    duration.as_millis() as f64
}

fn text_of(value: &FactValue) -> Option<&str> {
    match value {
        FactValue::Text(text) => Some(text),
        FactValue::Bool(_) | FactValue::Number(_) | FactValue::Texts(_) => None,
    }
}

fn texts_of(value: &FactValue) -> Option<&[Arc<str>]> {
    match value {
        FactValue::Texts(texts) => Some(texts),
        FactValue::Bool(_) | FactValue::Number(_) | FactValue::Text(_) => None,
    }
}
