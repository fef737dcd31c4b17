//! Reading leniently: absent, null and empty are the same, and one bad element does not spoil a list.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serializer};
use serde_json::Value;

use crate::domain::time::Timestamp;

/// A body that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body cannot be read: {reason}")]
pub struct Undecodable {
    /// What is wrong with it.
    pub reason: String,
}

impl From<serde_json::Error> for Undecodable {
    fn from(error: serde_json::Error) -> Self {
        Self { reason: error.to_string() }
    }
}

/// Reads one body.
///
/// # Errors
/// No JSON, or a field that is there with a value of another type.
pub fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, Undecodable> {
    from_value(serde_json::from_slice(body)?)
}

/// Reads a bare array; elements that cannot be read are left out and told apart.
///
/// # Errors
/// No JSON, or no array.
pub fn decode_list<T: DeserializeOwned>(body: &[u8]) -> Result<(Vec<T>, Vec<Undecodable>), Undecodable> {
    let elements: Vec<Value> = serde_json::from_slice(body)?;
    let (mut read, mut unread) = (Vec::with_capacity(elements.len()), Vec::new());
    for element in elements {
        match from_value(element) {
            Ok(element) => read.push(element),
            Err(undecodable) => unread.push(undecodable),
        }
    }
    Ok((read, unread))
}

pub(in crate::connectors::retailcrm) fn from_value<T: DeserializeOwned>(
    mut value: Value,
) -> Result<T, Undecodable> {
    remove_nulls(&mut value);
    Ok(T::deserialize(value)?)
}

/// Takes away what says nothing, so that defaults stand in its place. JSON nests at most 128 deep here: the
/// parser refuses more.
fn remove_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(remove_nulls);
        }
        Value::Array(elements) => elements.iter_mut().for_each(remove_nulls),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A time; an empty text is none.
pub(super) mod moment {
    use super::{DateTime, Deserialize, Deserializer, SecondsFormat, Serializer, Timestamp, Utc};

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() {
            return Ok(None);
        }
        let moment = DateTime::parse_from_rfc3339(&text)
            .map_err(|error| serde::de::Error::custom(format!("`{text}` is no time: {error}")))?;
        Ok(Some(Timestamp::from_micros(moment.timestamp_micros())))
    }

    #[expect(clippy::ref_option, reason = "serde hands over a reference to the field")]
    pub fn serialize<S: Serializer>(moment: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
        let moment = moment.and_then(|moment| DateTime::<Utc>::from_timestamp_micros(moment.micros()));
        match moment {
            Some(moment) => serializer.serialize_str(&moment.to_rfc3339_opts(SecondsFormat::Micros, true)),
            None => serializer.serialize_none(),
        }
    }
}

/// A text that some parts of the gateway write as a number.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        other @ (Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) => {
            Err(serde::de::Error::custom(format!("expected a text or a number, found {other}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize, Serialize)]
    #[serde(default)]
    struct Sample {
        id: u64,
        #[serde(with = "moment", skip_serializing_if = "Option::is_none")]
        at: Option<Timestamp>,
        #[serde(deserialize_with = "text")]
        external_id: String,
    }

    fn at(text: &str) -> Option<i64> {
        let body = format!(r#"{{"at": "{text}"}}"#);
        decode::<Sample>(body.as_bytes()).expect(text).at.map(Timestamp::micros)
    }

    #[test]
    fn times_have_any_precision_and_any_offset() {
        let second = 1_772_442_904_000_000;
        assert_eq!(at("2026-03-02T09:15:04Z"), Some(second));
        assert_eq!(at("2026-03-02T12:15:04+03:00"), Some(second));
        assert_eq!(at("2026-03-02T09:15:04.7Z"), Some(second + 700_000));
        assert_eq!(at("2026-03-02T09:15:04.72241Z"), Some(second + 722_410));
        assert_eq!(at("2026-03-02T09:15:04.434291791Z"), Some(second + 434_291));
        assert_eq!(at(""), None);
        assert!(decode::<Sample>(br#"{"at": "yesterday"}"#).is_err());
    }

    #[test]
    fn absent_null_and_unknown_do_no_harm() {
        let sample: Sample =
            decode(br#"{"id": null, "at": null, "external_id": 17, "new": {"x": null}}"#).unwrap();
        assert_eq!(sample, Sample { external_id: "17".into(), ..Sample::default() });
        assert_eq!(decode::<Sample>(b"{}").unwrap(), Sample::default());
    }

    #[test]
    fn one_bad_element_does_not_spoil_a_list() {
        let (read, unread) = decode_list::<Sample>(br#"[{"id": 1}, {"id": "one"}, {"id": 3}]"#).unwrap();
        assert_eq!(read.iter().map(|sample| sample.id).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(unread.len(), 1);
        assert!(decode_list::<Sample>(b"<html>").is_err());
        assert!(decode_list::<Sample>(br#"{"data": []}"#).is_err());
    }
}
