//! The tree of a condition as it is written, with the place of each part.

use std::ops::Range;
use std::sync::Arc;

/// The deepest tree accepted. Bounds the recursion of everything that walks one.
pub(super) const MAX_DEPTH: usize = 40;

/// A part of a condition. Two are equal when they mean the same, wherever they stand.
#[derive(Clone, Debug)]
pub(super) struct Expr {
    pub(super) kind: Kind,
    pub(super) span: Range<usize>,
    /// How many levels there are below and with it.
    pub(super) depth: usize,
}

impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

/// What a part is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Bool(bool),
    Number(f64),
    Text(Arc<str>),
    List(Vec<Expr>),
    /// A fact by its whole name.
    Fact(Arc<str>),
    Not(Box<Expr>),
    Negative(Box<Expr>),
    /// Two or more.
    And(Vec<Expr>),
    /// Two or more.
    Or(Vec<Expr>),
    Compare(Comparison, Box<(Expr, Expr)>),
    Calculate(Operator, Box<(Expr, Expr)>),
    In(Box<(Expr, Expr)>),
    If(Box<(Expr, Expr, Expr)>),
    /// A function and its arguments.
    Call(Name, Vec<Expr>),
    /// A method, what it is called on, and its arguments.
    Method(Name, Box<Expr>, Vec<Expr>),
}

/// The name of a function or method, and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Name {
    pub(super) text: Arc<str>,
    pub(super) span: Range<usize>,
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Plus,
    Minus,
    Times,
    Over,
}

impl Operator {
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Plus => "+",
            Self::Minus => "-",
            Self::Times => "*",
            Self::Over => "/",
        }
    }
}

impl Expr {
    pub(super) fn new(kind: Kind, span: Range<usize>) -> Self {
        let deepest = |parts: &[Self]| parts.iter().map(|part| part.depth).max().unwrap_or(0);
        let below = match &kind {
            Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) | Kind::Fact(_) => 0,
            Kind::List(parts) | Kind::And(parts) | Kind::Or(parts) | Kind::Call(_, parts) => deepest(parts),
            Kind::Not(inner) | Kind::Negative(inner) => inner.depth,
            Kind::Compare(_, pair) | Kind::Calculate(_, pair) | Kind::In(pair) => {
                pair.0.depth.max(pair.1.depth)
            }
            Kind::If(three) => three.0.depth.max(three.1.depth).max(three.2.depth),
            Kind::Method(_, on, arguments) => on.depth.max(deepest(arguments)),
        };
        Self { kind, span, depth: below + 1 }
    }
}
