//! The language as data: every section and key with its type, default and meaning. Hover texts and
//! completion of editors ([`schema`]) and the effective file ([`super::effective`]) come from here.
//!
//! To add a key: read it in `rules/read`, describe it in `tables`, and run `cargo test --lib language`,
//! which compares the two key by key, word by word and limit by limit.

pub(super) mod cases;
mod hours;
mod objectives;
pub mod schema;
mod tables;
mod tags;
#[cfg(test)]
mod tests;

pub(super) use tables::FILE;
pub(super) use tags::{LONGEST_TAG, MOST_TAGS};

/// A section.
#[derive(Debug)]
pub(super) struct Table {
    /// How it is written, such as `[presence]`.
    pub(super) title: &'static str,
    /// What it is for, in a sentence or two.
    pub(super) about: &'static str,
    /// Its keys, in the order in which they read best.
    pub(super) keys: &'static [Key],
    /// What must hold between the keys.
    pub(super) bonds: &'static [Bond],
}

/// A key of a section.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    /// What it means, in a sentence or two, for whoever hovers over it.
    pub(super) about: &'static str,
    pub(super) takes: Takes,
    pub(super) unless_said: Unsaid,
}

/// What holds when a key is left out.
#[derive(Clone, Copy, Debug)]
pub(super) enum Unsaid {
    /// It may not be left out, unless a [`Bond`] of the section says otherwise.
    Refused,
    /// What it asks for is not done.
    Nothing,
    /// This value, as TOML.
    Is(&'static str),
    /// This value, as TOML, where the other key is there; without that one it would say nothing.
    IsWith(&'static str, &'static str),
    /// This word, where the target of the step is more than one person.
    IsOfMany(&'static str),
    /// This word, a dash and the place in the list, from 1.
    IsPlace(&'static str),
}

/// What must hold between keys of a section.
#[derive(Clone, Copy, Debug)]
pub(super) enum Bond {
    /// Exactly one of these.
    OneOf(&'static [&'static str]),
    /// At least one of these.
    AnyOf(&'static [&'static str]),
    /// No two of these.
    AtMostOne(&'static [&'static str]),
    /// The first is not without the second.
    Needs(&'static str, &'static str),
    /// The first has an effect only with such as the second.
    Serves(&'static str, &'static str),
    /// The first goes with none of the others.
    Alone(&'static str, &'static [&'static str]),
}

/// The type of a value.
#[derive(Debug)]
pub(super) enum Takes {
    /// The number of the language's version.
    Schema,
    Timezone,
    Text,
    /// The id of a manager, group, rule or text.
    Id,
    Condition,
    Bool,
    /// A whole number between two others, both included.
    Whole(i64, i64),
    /// A number between two others, both included.
    Number(f64, f64),
    Duration {
        /// Zero is a duration here.
        may_be_zero: bool,
    },
    /// One of a few words, each with its meaning.
    Words(&'static [(&'static str, &'static str)]),
    /// Whom a step is about.
    Target,
    /// A default assignment.
    Assignment,
    /// So many in a unit of time.
    Rate,
    /// Hours of a day, such as `09:00-18:00`.
    Hours,
    /// A date or several.
    Dates,
    /// What a step holds for.
    Hold,
    /// A tag such as `es` or `pt-BR`.
    Language,
    /// A date with a time.
    Moment,
    /// One text or several.
    Texts,
    /// At least one name of a tag, and not more than fit.
    Tags,
    /// Facts that are given of a dialog that is tried.
    Given,
    /// One fact as a text, or several.
    TextOrGiven,
    List(&'static Takes),
    Section(&'static Table),
    Sections(&'static Table),
    /// At least one section, and at most so many.
    SomeSections(&'static Table, usize),
    /// A section whose keys the admin chooses.
    Named(&'static Named),
    /// Sections by the names of facts, with or without quotes.
    Facts(&'static Table),
}

/// A section whose keys are names.
#[derive(Debug)]
pub(super) struct Named {
    /// How it is written.
    pub(super) title: &'static str,
    pub(super) about: &'static str,
    /// What the names are.
    pub(super) names: Names,
    /// A name to begin with.
    pub(super) example: &'static str,
    /// What stands behind each name.
    pub(super) holds: Takes,
}

/// What kind of name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Names {
    Id,
    /// Any text.
    Free,
    /// Tags such as `es` or `pt-BR`.
    Language,
    /// Days of the week.
    Day,
    /// Dates.
    Date,
}
