//! A condition as text again, with no more parentheses than it needs.

use std::fmt;

use super::ast::{Expr, Kind};

/// How tightly a part holds together; a part in a tighter place needs parentheses.
const CHOICE: u8 = 0;
const ANY: u8 = 1;
const ALL: u8 = 2;
const RELATION: u8 = 3;
const SUM: u8 = 4;
const PRODUCT: u8 = 5;
const UNARY: u8 = 6;
const VALUE: u8 = 7;

impl Kind {
    fn tightness(&self) -> u8 {
        use super::ast::Operator::{Minus, Over, Plus, Times};
        match self {
            Self::If(_) => CHOICE,
            Self::Or(_) => ANY,
            Self::And(_) => ALL,
            Self::Compare(..) | Self::In(_) => RELATION,
            Self::Calculate(Plus | Minus, _) => SUM,
            Self::Calculate(Times | Over, _) => PRODUCT,
            Self::Not(_) | Self::Negative(_) => UNARY,
            Self::Bool(_)
            | Self::Number(_)
            | Self::Text(_)
            | Self::List(_)
            | Self::Fact(_)
            | Self::Call(..)
            | Self::Method(..) => VALUE,
        }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Bool(value) => write!(f, "{value}"),
            Kind::Number(number) => write!(f, "{number}"),
            Kind::Text(text) => quoted(f, text),
            Kind::List(items) => {
                f.write_str("[")?;
                separated(f, items, ", ", CHOICE)?;
                f.write_str("]")
            }
            Kind::Fact(name) => f.write_str(name),
            Kind::Not(inner) => {
                f.write_str("!")?;
                held(f, inner, UNARY)
            }
            Kind::Negative(inner) => {
                f.write_str("-")?;
                held(f, inner, UNARY)
            }
            Kind::And(parts) => separated(f, parts, " && ", RELATION),
            Kind::Or(parts) => separated(f, parts, " || ", ALL),
            Kind::Compare(comparison, pair) => pair_of(f, pair, comparison.sign(), RELATION),
            Kind::In(pair) => pair_of(f, pair, "in", RELATION),
            Kind::Calculate(operator, pair) => pair_of(f, pair, operator.sign(), self.kind.tightness()),
            Kind::If(three) => {
                held(f, &three.0, ANY)?;
                f.write_str(" ? ")?;
                held(f, &three.1, ANY)?;
                f.write_str(" : ")?;
                held(f, &three.2, CHOICE)
            }
            Kind::Call(name, arguments) => called(f, &name.text, arguments),
            Kind::Method(name, on, arguments) => {
                held(f, on, VALUE)?;
                f.write_str(".")?;
                called(f, &name.text, arguments)
            }
        }
    }
}

fn held(f: &mut fmt::Formatter<'_>, part: &Expr, tightness: u8) -> fmt::Result {
    if part.kind.tightness() < tightness { write!(f, "({part})") } else { write!(f, "{part}") }
}

/// Operators of one level are read from left to right.
fn pair_of(f: &mut fmt::Formatter<'_>, pair: &(Expr, Expr), sign: &str, tightness: u8) -> fmt::Result {
    held(f, &pair.0, tightness)?;
    write!(f, " {sign} ")?;
    held(f, &pair.1, tightness + 1)
}

fn separated(f: &mut fmt::Formatter<'_>, parts: &[Expr], by: &str, tightness: u8) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(by)?;
        }
        held(f, part, tightness)?;
    }
    Ok(())
}

fn called(f: &mut fmt::Formatter<'_>, name: &str, arguments: &[Expr]) -> fmt::Result {
    write!(f, "{name}(")?;
    separated(f, arguments, ", ", CHOICE)?;
    f.write_str(")")
}

fn quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str("\"")?;
    for c in text.chars() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            c => write!(f, "{c}")?,
        }
    }
    f.write_str("\"")
}
