//! Whether several conditions together hold wherever another one does, though none of them does so alone. A yes is
//! certain, a no may be wrong.
//!
//! The other one is taken apart into cases, each of which must imply one of the several: into its own parts where it is
//! a choice between them, and into both sides of opposites that occur in the several (`customer.vip` and
//! `!customer.vip`). Most conditions have no such parts, and nothing is compared for them.

#![expect(clippy::wildcard_enum_match_arm, reason = "a form that is not known is no choice and no opposite")]

use std::collections::BTreeSet;

use super::ast::Comparison;
use super::implies::implies;
use super::typed::{Condition, Number, Text};

/// So many parts of the several are looked at for opposites.
const LITERALS: usize = 200;
/// So many opposites are used, since each doubles the cases.
const OPPOSITES: usize = 6;
/// A choice between more parts is not taken apart.
const CHOICES: usize = 32;

/// Several conditions, numbered by whoever adds them.
#[derive(Debug, Default)]
pub struct Cover<'a> {
    several: Vec<(usize, &'a Condition)>,
    literals: Vec<&'a Condition>,
    opposites: Vec<(&'a Condition, &'a Condition)>,
}

impl<'a> Cover<'a> {
    /// Adds one of them.
    pub fn add(&mut self, number: usize, condition: &'a super::Condition) {
        self.several.push((number, &condition.0));
        self.learn(&condition.0);
    }

    fn learn(&mut self, condition: &'a Condition) {
        if let Condition::All(parts) | Condition::Any(parts) = condition {
            parts.iter().for_each(|part| self.learn(part));
        } else if self.literals.len() < LITERALS && !self.literals.contains(&condition) {
            let opposite = self.literals.iter().find(|known| are_opposite(known, condition));
            if self.opposites.len() < OPPOSITES {
                self.opposites.extend(opposite.map(|opposite| (condition, *opposite)));
            }
            self.literals.push(condition);
        }
    }

    /// The numbers of those that together hold wherever this one does; `None`: they do not, as far as can be told
    /// within `patience`.
    pub fn of(&self, condition: &super::Condition, patience: &mut u32) -> Option<BTreeSet<usize>> {
        let has_cases = !self.opposites.is_empty() || choices(&condition.0).is_some();
        let mut found = BTreeSet::new();
        let is_covered = has_cases && self.has(&condition.0, &self.opposites, &mut found, patience);
        is_covered.then_some(found)
    }

    fn has(
        &self,
        case: &Condition,
        opposites: &[(&Condition, &Condition)],
        found: &mut BTreeSet<usize>,
        patience: &mut u32,
    ) -> bool {
        if let Some((number, _)) = self.several.iter().find(|(_, wide)| implies(case, wide, patience)) {
            found.insert(*number);
            return true;
        }
        if let Some(parts) = choices(case) {
            return parts.iter().all(|part| self.has(part, opposites, found, patience));
        }
        let Some(((one, other), rest)) = opposites.split_first() else {
            return false;
        };
        [one, other].into_iter().all(|side| {
            let narrower = || Condition::all([case.clone(), Condition::clone(side)]);
            excludes(case, side) || self.has(&narrower(), rest, found, patience)
        })
    }
}

/// The parts that a condition is a choice between; `None`: it is none, or one between too many.
fn choices(condition: &Condition) -> Option<Vec<Condition>> {
    match condition {
        Condition::Any(parts) if parts.len() <= CHOICES => Some(parts.to_vec()),
        Condition::OneOf(text, list) if list.len() <= CHOICES => {
            let equal = |value| Condition::Equal(text.clone(), Text::Constant(value));
            Some(list.iter().cloned().map(equal).collect())
        }
        Condition::All(parts) => {
            let (at, choices) = parts.iter().enumerate().find_map(|(at, part)| Some((at, choices(part)?)))?;
            let with = |choice: Condition| {
                let (before, after) = (&parts[..at], &parts[at + 1..]);
                Condition::all(before.iter().cloned().chain([choice]).chain(after.iter().cloned()))
            };
            Some(choices.into_iter().map(with).collect())
        }
        _ => None,
    }
}

/// A case in which one side of an opposite does not occur.
fn excludes(case: &Condition, side: &Condition) -> bool {
    match case {
        Condition::All(parts) => parts.iter().any(|part| are_opposite(part, side)),
        other => are_opposite(other, side),
    }
}

/// One of the two holds, and never both.
fn are_opposite(one: &Condition, other: &Condition) -> bool {
    match (one, other) {
        (Condition::Not(inner), other) | (other, Condition::Not(inner)) => **inner == *other,
        // Of facts: what is calculated may be no number at all, and then neither holds.
        (Condition::Compare(one, pair), Condition::Compare(other, same)) => {
            let are_sides = matches!(
                (one, other),
                (Comparison::Less, Comparison::GreaterOrEqual)
                    | (Comparison::GreaterOrEqual, Comparison::Less)
                    | (Comparison::Greater, Comparison::LessOrEqual)
                    | (Comparison::LessOrEqual, Comparison::Greater)
            );
            are_sides && pair == same && matches!(**pair, (Number::Fact(_), Number::Constant(_)))
        }
        _ => false,
    }
}
