//! The envelope around every answer of the CRM.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::connectors::retailcrm::wire::Undecodable;

/// What the CRM answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer<T> {
    /// What was asked for.
    Success(T),
    /// Why not.
    Refusal(Refusal),
}

/// Why the CRM does not do what it is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Refusal {
    /// In words that may change.
    pub error_msg: String,
    /// More words: of fields when the CRM names them, otherwise without names.
    #[serde(deserialize_with = "texts")]
    pub errors: Vec<String>,
}

impl Refusal {
    /// All that is said, as one text.
    pub fn text(&self) -> String {
        let all = Some(&self.error_msg).into_iter().chain(&self.errors).filter(|text| !text.is_empty());
        all.map(String::as_str).collect::<Vec<_>>().join("; ")
    }

    /// The key is wrong, missing or withdrawn: nothing will work until another one is given.
    pub fn is_about_the_key(&self) -> bool {
        ["apiKey", "Access denied"].iter().any(|words| self.error_msg.contains(words))
    }

    /// The address belongs to no account.
    pub fn is_about_the_account(&self) -> bool {
        self.error_msg.contains("Account does not exist")
    }
}

/// A list, or an object of texts by field.
fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let text = |value: Value| match value {
        Value::String(text) => text,
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            other.to_string()
        }
    };
    Ok(match Value::deserialize(deserializer)? {
        Value::Array(list) => list.into_iter().map(text).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(field, value)| format!("{field}: {}", text(value))).collect()
        }
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => vec![text(other)],
    })
}

/// Where a page stands among the pages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Pagination {
    /// Elements on a page.
    pub limit: u64,
    /// Elements in all.
    pub total_count: u64,
    /// This page, from 1.
    pub current_page: u64,
    /// Pages in all.
    pub total_page_count: u64,
}

impl Pagination {
    /// Whether there are more pages.
    pub fn has_more(&self) -> bool {
        self.current_page < self.total_page_count
    }
}

/// Reads an answer.
///
/// # Errors
/// No JSON (a proxy or a missing account answers HTML), or no envelope.
pub fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<Answer<T>, Undecodable> {
    let value: Value = serde_json::from_slice(body)?;
    match value.get("success").and_then(Value::as_bool) {
        Some(true) => Ok(Answer::Success(lenient(value)?)),
        Some(false) => Ok(Answer::Refusal(lenient(value)?)),
        None => Err(Undecodable { reason: "the answer has no `success`".into() }),
    }
}

fn lenient<T: DeserializeOwned>(value: Value) -> Result<T, Undecodable> {
    crate::connectors::retailcrm::wire::from_value(value)
}

/// An object that is written as `[]` when it is empty.
pub(super) fn object_or_empty<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned + Default,
{
    let value = Value::deserialize(deserializer)?;
    if value.as_array().is_some_and(Vec::is_empty) {
        return Ok(T::default());
    }
    T::deserialize(value).map_err(serde::de::Error::custom)
}

/// A number, also where it is written as a text; anything else is none.
pub(super) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let written = value.as_str().and_then(|text| text.trim().parse().ok());
    Ok(value.as_u64().or(written).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Nothing {}

    fn refusal(body: &str) -> Refusal {
        let Ok(Answer::Refusal(refusal)) = decode::<Nothing>(body.as_bytes()) else { panic!("{body}") };
        refusal
    }

    #[test]
    fn refusals_say_all_they_know() {
        let map =
            refusal(r#"{"success": false, "errorMsg": "Validation error", "errors": {"name": "is empty"}}"#);
        assert_eq!(map.text(), "Validation error; name: is empty");
        let list = refusal(r#"{"success": false, "errorMsg": "Failed", "errors": ["no funds", "no chats"]}"#);
        assert_eq!(list.text(), "Failed; no funds; no chats");
        assert!(refusal(r#"{"success": false, "errorMsg": "Wrong \"apiKey\" value."}"#).is_about_the_key());
        assert!(
            refusal(r#"{"success": false, "errorMsg": "Account does not exist."}"#).is_about_the_account()
        );
    }

    #[test]
    fn what_is_no_envelope_is_an_error() {
        for body in ["", "<html>", "[]", "{}", r#"{"success": "yes"}"#] {
            assert!(decode::<Nothing>(body.as_bytes()).is_err(), "{body}");
        }
        assert_eq!(decode::<Nothing>(br#"{"success": true}"#), Ok(Answer::Success(Nothing {})));
    }
}
