//! What a condition has to do with opening hours.

use std::collections::BTreeSet;

use super::typed::{Condition, Number, Text};
use crate::domain::ids::ScheduleId;

impl Condition {
    /// Notes the schedules that it asks for.
    pub(super) fn note_schedules(&self, found: &mut BTreeSet<ScheduleId>) {
        match self {
            Self::Open(schedule) => {
                found.insert(schedule.id().clone());
            }
            Self::Not(inner) => inner.note_schedules(found),
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.note_schedules(found)),
            Self::Same(pair) => {
                pair.0.note_schedules(found);
                pair.1.note_schedules(found);
            }
            Self::Compare(_, pair) => {
                pair.0.note_schedules(found);
                pair.1.note_schedules(found);
            }
            Self::Equal(one, other)
            | Self::StartsWith(one, other)
            | Self::EndsWith(one, other)
            | Self::Contains(one, other) => {
                one.note_schedules(found);
                other.note_schedules(found);
            }
            Self::OneOf(text, _) | Self::Among(text, _) | Self::Matches(text, _) => {
                text.note_schedules(found);
            }
            Self::NumberOneOf(number, _) => number.note_schedules(found),
            Self::If(three) => {
                three.0.note_schedules(found);
                three.1.note_schedules(found);
                three.2.note_schedules(found);
            }
            Self::Constant(_) | Self::Fact(_) | Self::Has(_) => {}
        }
    }

    /// Schedules of which at least one is open whenever it holds; `None` when that is not certain.
    pub(super) fn only_while_open(&self) -> Option<BTreeSet<ScheduleId>> {
        match self {
            Self::Constant(false) => Some(BTreeSet::new()),
            Self::Open(schedule) => Some([schedule.id().clone()].into()),
            Self::All(parts) => parts.iter().find_map(Self::only_while_open),
            Self::Any(parts) => {
                let each: Option<Vec<_>> = parts.iter().map(Self::only_while_open).collect();
                Some(each?.into_iter().flatten().collect())
            }
            Self::Constant(true)
            | Self::Fact(_)
            | Self::Not(_)
            | Self::Same(_)
            | Self::Compare(..)
            | Self::Equal(..)
            | Self::OneOf(..)
            | Self::NumberOneOf(..)
            | Self::Among(..)
            | Self::StartsWith(..)
            | Self::EndsWith(..)
            | Self::Contains(..)
            | Self::Matches(..)
            | Self::Has(_)
            | Self::If(_) => None,
        }
    }
}

impl Number {
    fn note_schedules(&self, found: &mut BTreeSet<ScheduleId>) {
        match self {
            Self::Negative(inner) => inner.note_schedules(found),
            Self::Calculate(_, pair) => {
                pair.0.note_schedules(found);
                pair.1.note_schedules(found);
            }
            Self::Length(text) => text.note_schedules(found),
            Self::If(three) => {
                three.0.note_schedules(found);
                three.1.note_schedules(found);
                three.2.note_schedules(found);
            }
            Self::Constant(_) | Self::Fact(_) | Self::Count(_) => {}
        }
    }
}

impl Text {
    fn note_schedules(&self, found: &mut BTreeSet<ScheduleId>) {
        match self {
            Self::If(three) => {
                three.0.note_schedules(found);
                three.1.note_schedules(found);
                three.2.note_schedules(found);
            }
            Self::Constant(_) | Self::Fact(_) => {}
        }
    }
}
