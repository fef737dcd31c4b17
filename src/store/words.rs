//! The words that stand for choices in the store and in event data: one word, one meaning, both ways.

use std::sync::Arc;

use super::cell::{Cell, Cells, Value};
use super::change::{Role, RulesVia};
use crate::domain::dialog::{DialogKind, Side, StartedBy};
use crate::domain::manager::{Absence, Status};
use crate::domain::message::Visibility;
use crate::domain::routing::{Cause, DecisionEffect, FallbackReason, StepOutcome, Strategy};

/// A choice that a word stands for.
pub trait Word: Copy + Sized + 'static {
    /// All there are.
    const CHOICES: &'static [Self];
    /// Its word.
    fn word(self) -> &'static str;
    /// The choice that a word stands for.
    fn from_word(word: &str) -> Option<Self> {
        Self::CHOICES.iter().copied().find(|choice| choice.word() == word)
    }
}

macro_rules! words {
    ($($choice:ident { $($variant:ident: $word:literal,)* })*) => {
        $(impl Word for $choice {
            const CHOICES: &'static [Self] = &[$(Self::$variant),*];
            fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        })*
        words!(cells $($choice)*);
    };
    (cells $($choice:ident)*) => {
        $(impl Cell for $choice {
            fn put(self) -> Value {
                Value::Text(Arc::from(Word::word(self)))
            }
            fn take(cells: &impl Cells, at: usize) -> Result<Self, String> {
                let word = cells.text(at)?;
                Self::from_word(word).ok_or_else(|| format!("the word `{word}` is unknown"))
            }
        })*
    };
}

words! {
    DialogKind { Customer: "customer", Internal: "internal", }
    StartedBy { Customer: "customer", Manager: "manager", Bot: "bot", }
    Side { Customer: "customer", Shop: "shop", }
    Visibility { Public: "public", Private: "private", }
    Status { Free: "free", Busy: "busy", Dinner: "dinner", Break: "break", }
}

impl Word for Cause {
    const CHOICES: &'static [Self] = &Self::ALL;
    fn word(self) -> &'static str {
        self.word()
    }
}

macro_rules! words_of_the_domain {
    ($($choice:ident)*) => {
        $(impl Word for $choice {
            const CHOICES: &'static [Self] = &Self::ALL;
            fn word(self) -> &'static str {
                Self::word(self)
            }
        })*
    };
}

words_of_the_domain! { Absence DecisionEffect FallbackReason StepOutcome Strategy }

impl Word for Role {
    const CHOICES: &'static [Self] = &Self::ALL;
    fn word(self) -> &'static str {
        self.word()
    }
}

impl Word for RulesVia {
    const CHOICES: &'static [Self] = &Self::ALL;
    fn word(self) -> &'static str {
        self.word()
    }
}

words!(cells Absence Cause Role RulesVia);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::cell::tests::same;

    #[test]
    fn words_lead_back() {
        DialogKind::CHOICES.iter().for_each(same);
        RulesVia::CHOICES.iter().for_each(same);
        Status::CHOICES.iter().for_each(same);
        Cause::CHOICES.iter().for_each(same);
        Role::CHOICES.iter().for_each(same);
        Absence::CHOICES.iter().for_each(same);
        assert_eq!(Side::from_word("nobody"), None);
    }
}
