//! Query strings: typed like bodies, with the same kinds of problems.

use std::fmt;
use std::marker::PhantomData;

use actix_web::error::QueryPayloadError;
use actix_web::web::Query;
use serde::de::{self, Deserialize, DeserializeOwned, Deserializer, Visitor};

use super::json::suggestion;
use super::problem::Problem;
use super::problem_codes as codes;
use super::views::id::{Id, ParseId};

/// Reads a query string.
///
/// # Errors
/// A problem that says which parameter, and what instead.
pub fn read<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    match Query::<T>::from_query(query) {
        Ok(query) => Ok(query.into_inner()),
        Err(QueryPayloadError::Deserialize(error)) => Err(explain(&error.to_string())),
        Err(error) => Err(explain(&error.to_string())),
    }
}

fn explain(text: &str) -> Problem {
    let kind = if text.starts_with("unknown field") {
        &codes::UNKNOWN_FIELD
    } else if text.starts_with("missing field") {
        &codes::MISSING_FIELD
    } else if text.starts_with("an identifier") {
        &codes::BAD_ID
    } else {
        &codes::BAD_VALUE
    };
    Problem { suggestion: suggestion(text), ..Problem::new(kind, format!("in the query string: {text}")) }
}

/// Texts separated by commas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List<T>(pub Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// What a list can hold.
pub trait ListItem: Sized {
    /// Reads one item.
    ///
    /// # Errors
    /// What is wrong with it.
    fn read(text: &str) -> Result<Self, String>;
}

impl ListItem for String {
    fn read(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }
}

impl<T: ParseId> ListItem for Id<T> {
    fn read(text: &str) -> Result<Self, String> {
        T::parse_id(text).map(Id).map_err(|error| error.to_string())
    }
}

impl<'de, T: ListItem> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text<T>(PhantomData<T>);

        impl<T: ListItem> Visitor<'_> for Text<T> {
            type Value = List<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("texts separated by commas")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<List<T>, E> {
                let items = text.split(',').filter(|item| !item.is_empty());
                let items: Result<_, _> = items.map(T::read).collect();
                items.map(List).map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Text(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::ChannelId;

    #[derive(Debug, Default, PartialEq, serde::Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Sample {
        limit: Option<u32>,
        channel: List<Id<ChannelId>>,
    }

    #[test]
    fn reads_numbers_and_lists() {
        let read: Sample = read("limit=7&channel=a,b%2Dc").unwrap();
        assert_eq!(read.limit, Some(7));
        assert_eq!(read.channel.0, ["a", "b-c"].map(|id| Id(ChannelId::trusted(id))));
    }

    #[test]
    fn says_what_is_wrong() {
        let problem = |query| read::<Sample>(query).unwrap_err();
        assert_eq!(problem("limit=x").kind.code, "bad_value");
        assert_eq!(problem("channel=a%20b").kind.code, "bad_id");
        let unknown = problem("chanel=a");
        assert_eq!(unknown.kind.code, "unknown_field");
        assert_eq!(unknown.suggestion.as_deref(), Some("channel"));
    }
}
