//! Whether one condition holds only where another does, as far as their form shows. A yes is certain, a
//! no may be wrong.

#![expect(clippy::wildcard_enum_match_arm, reason = "a form that is not known implies nothing")]

use super::ast::Comparison;
use super::typed::{Condition, Number, Text};

/// Whenever `narrow` holds, `wide` holds. Each look at two parts takes one of `patience`; without any
/// left the answer is no, since trees of `&&` in `||` in `&&` could be compared in very many ways.
pub(super) fn implies(narrow: &Condition, wide: &Condition, patience: &mut u32) -> bool {
    let Some(left) = patience.checked_sub(1) else {
        return false;
    };
    *patience = left;
    if narrow == wide {
        return true;
    }
    match (narrow, wide) {
        (Condition::Constant(false), _) | (_, Condition::Constant(true)) => true,
        // All parts of the wide one must follow, each from all of the narrow one.
        (_, Condition::All(parts)) => parts.iter().all(|part| implies(narrow, part, patience)),
        (Condition::Any(parts), _) => parts.iter().all(|part| implies(part, wide, patience)),
        (Condition::All(parts), _) if parts.iter().any(|part| implies(part, wide, patience)) => true,
        (_, Condition::Any(parts)) => parts.iter().any(|part| implies(narrow, part, patience)),
        (Condition::Equal(fact, Text::Constant(value)), Condition::OneOf(other, list)) => {
            fact == other && list.contains(value)
        }
        (Condition::OneOf(fact, list), Condition::OneOf(other, wider)) => {
            fact == other && list.iter().all(|value| wider.contains(value))
        }
        (Condition::OneOf(fact, list), Condition::Equal(other, Text::Constant(value))) => {
            fact == other && list.iter().all(|item| item == value)
        }
        (Condition::Equal(fact, Text::Constant(value)), Condition::Not(inner)) => {
            excludes(fact, value, inner)
        }
        (Condition::Compare(comparison, pair), Condition::Compare(wider, wide_pair)) => {
            pair.0 == wide_pair.0 && bounds(*comparison, &pair.1, *wider, &wide_pair.1)
        }
        _ => false,
    }
}

/// A fact that has this value cannot satisfy the condition.
fn excludes(fact: &Text, value: &str, condition: &Condition) -> bool {
    match condition {
        Condition::Equal(other, Text::Constant(theirs)) => fact == other && **theirs != *value,
        Condition::OneOf(other, list) => fact == other && !list.iter().any(|item| **item == *value),
        _ => false,
    }
}

/// `x narrow a` implies `x wide b`.
fn bounds(narrow: Comparison, a: &Number, wide: Comparison, b: &Number) -> bool {
    use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual};
    let (Number::Constant(a), Number::Constant(b)) = (a, b) else {
        return false;
    };
    match (narrow, wide) {
        (Equal, wide) => wide.holds(*a, *b),
        (Greater, Greater | GreaterOrEqual) | (GreaterOrEqual, GreaterOrEqual) => a >= b,
        (GreaterOrEqual, Greater) => a > b,
        (Less, Less | LessOrEqual) | (LessOrEqual, LessOrEqual) => a <= b,
        (LessOrEqual, Less) => a < b,
        _ => false,
    }
}
