//! The compiled form of a condition: a tree in which every part has its type, so that nothing can go
//! wrong when it is evaluated. Constructors fold what is constant.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "folding looks only for constants; anything else stays as it is"
)]

use std::sync::Arc;

use super::ast::{Comparison, Operator};
use super::pattern::Pattern;
use crate::rules::facts::{DeclaredFact, FactInfo, Reads};
use crate::rules::schedule::Schedule;

/// Something true or false.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Condition {
    Constant(bool),
    Fact(BoolFact),
    Not(Box<Condition>),
    /// None of them is constant or itself an `All`.
    All(Box<[Condition]>),
    /// None of them is constant or itself an `Any`.
    Any(Box<[Condition]>),
    /// Both or neither.
    Same(Box<(Condition, Condition)>),
    Compare(Comparison, Box<(Number, Number)>),
    /// Two texts are equal; of a fact and a constant the fact is first.
    Equal(Text, Text),
    OneOf(Text, Box<[Arc<str>]>),
    NumberOneOf(Number, Box<[f64]>),
    Among(Text, Texts),
    StartsWith(Text, Text),
    EndsWith(Text, Text),
    Contains(Text, Text),
    Matches(Text, Pattern),
    Has(Missable),
    /// The schedule is open at the moment of evaluation.
    Open(Arc<Schedule>),
    If(Box<(Condition, Condition, Condition)>),
}

/// A number; a duration is the number of its milliseconds.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Number {
    Constant(f64),
    Fact(NumberFact),
    Negative(Box<Number>),
    Calculate(Operator, Box<(Number, Number)>),
    /// How many characters.
    Length(Box<Text>),
    /// How many texts.
    Count(Texts),
    If(Box<(Condition, Number, Number)>),
}

/// A text.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Text {
    Constant(Arc<str>),
    Fact(TextFact),
    If(Box<(Condition, Text, Text)>),
}

/// Several texts.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Texts {
    Tags,
    Declared(Arc<DeclaredFact>),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum BoolFact {
    Vip,
    Bad,
    Known,
    Returning,
    Declared(Arc<DeclaredFact>),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum NumberFact {
    OrdersCount,
    OrdersTotal,
    AverageOrder,
    Messages,
    Moves,
    Declared(Arc<DeclaredFact>),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum TextFact {
    ChannelId,
    ChannelType,
    ChannelName,
    ChannelSite,
    CustomerId,
    CustomerOwner,
    Language,
    DialogKind,
    StartedBy,
    OpeningText,
    Declared(Arc<DeclaredFact>),
}

/// A fact that may be missing.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Missable {
    ChannelSite,
    CustomerOwner,
    Language,
    Declared(Arc<DeclaredFact>),
}

impl Missable {
    /// `None` for a fact that is always there.
    pub(super) fn of(fact: &FactInfo) -> Option<Self> {
        match fact.reads() {
            Reads::ChannelSite => Some(Self::ChannelSite),
            Reads::CustomerOwner => Some(Self::CustomerOwner),
            Reads::Language => Some(Self::Language),
            _ => None,
        }
    }
}

impl Condition {
    pub(super) fn not(self) -> Self {
        match self {
            Self::Constant(value) => Self::Constant(!value),
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    pub(super) fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut kept = Vec::new();
        for part in parts {
            match part {
                Self::Constant(true) => {}
                Self::Constant(false) => return Self::Constant(false),
                Self::All(inner) => kept.extend(inner),
                other => kept.push(other),
            }
        }
        Self::joined(kept, true, Self::All)
    }

    pub(super) fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut kept = Vec::new();
        for part in parts {
            match part {
                Self::Constant(false) => {}
                Self::Constant(true) => return Self::Constant(true),
                Self::Any(inner) => kept.extend(inner),
                other => kept.push(other),
            }
        }
        Self::joined(kept, false, Self::Any)
    }

    fn joined(mut parts: Vec<Self>, when_none: bool, join: fn(Box<[Self]>) -> Self) -> Self {
        match parts.len() {
            0 => Self::Constant(when_none),
            1 => parts.remove(0),
            _ => join(parts.into()),
        }
    }

    pub(super) fn same(left: Self, right: Self) -> Self {
        match (left, right) {
            (Self::Constant(true), other) | (other, Self::Constant(true)) => other,
            (Self::Constant(false), other) | (other, Self::Constant(false)) => other.not(),
            pair => Self::Same(Box::new(pair)),
        }
    }

    pub(super) fn compare(comparison: Comparison, left: Number, right: Number) -> Self {
        match (&left, &right) {
            (Number::Constant(left), Number::Constant(right)) => {
                Self::Constant(comparison.holds(*left, *right))
            }
            _ => Self::Compare(comparison, Box::new((left, right))),
        }
    }

    pub(super) fn equal(left: Text, right: Text) -> Self {
        match (left, right) {
            (Text::Constant(left), Text::Constant(right)) => Self::Constant(left == right),
            (left @ Text::Constant(_), right) => Self::Equal(right, left),
            (left, right) => Self::Equal(left, right),
        }
    }

    pub(super) fn one_of(text: Text, list: Vec<Arc<str>>) -> Self {
        match &text {
            Text::Constant(text) => Self::Constant(list.contains(text)),
            _ if list.is_empty() => Self::Constant(false),
            _ => Self::OneOf(text, list.into()),
        }
    }

    pub(super) fn number_one_of(number: Number, list: Vec<f64>) -> Self {
        match &number {
            Number::Constant(number) => Self::Constant(list.contains(number)),
            _ if list.is_empty() => Self::Constant(false),
            _ => Self::NumberOneOf(number, list.into()),
        }
    }

    pub(super) fn matches(text: Text, pattern: Pattern) -> Self {
        match &text {
            Text::Constant(text) => Self::Constant(pattern.is_in(text)),
            _ => Self::Matches(text, pattern),
        }
    }

    pub(super) fn choose(condition: Self, yes: Self, no: Self) -> Self {
        match condition {
            Self::Constant(true) => yes,
            Self::Constant(false) => no,
            condition => Self::If(Box::new((condition, yes, no))),
        }
    }
}

impl Number {
    pub(super) fn negative(self) -> Self {
        match self {
            Self::Constant(number) => Self::Constant(-number),
            other => Self::Negative(Box::new(other)),
        }
    }

    pub(super) fn calculate(operator: Operator, left: Self, right: Self) -> Self {
        match (&left, &right) {
            (Self::Constant(left), Self::Constant(right)) => Self::Constant(operator.apply(*left, *right)),
            _ => Self::Calculate(operator, Box::new((left, right))),
        }
    }

    pub(super) fn choose(condition: Condition, yes: Self, no: Self) -> Self {
        match condition {
            Condition::Constant(true) => yes,
            Condition::Constant(false) => no,
            condition => Self::If(Box::new((condition, yes, no))),
        }
    }
}

impl Text {
    pub(super) fn choose(condition: Condition, yes: Self, no: Self) -> Self {
        match condition {
            Condition::Constant(true) => yes,
            Condition::Constant(false) => no,
            condition => Self::If(Box::new((condition, yes, no))),
        }
    }
}
