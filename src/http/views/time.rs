//! Instants in JSON: any RFC 3339 in, and out as the store writes them.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::time::Timestamp;
use crate::store::moment::Rfc3339;

/// An instant as it stands in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time(pub Timestamp);

impl Time {
    /// Of an instant that may be missing.
    pub fn of(at: Option<Timestamp>) -> Option<Self> {
        at.map(Self)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Rfc3339(self.0).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Time;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time by RFC 3339, such as \"2026-03-31T08:30:00Z\"")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Time, E> {
                let read = chrono::DateTime::parse_from_rfc3339(text);
                let at = read.map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))?;
                Ok(Time(Timestamp::from_micros(at.timestamp_micros())))
            }
        }

        deserializer.deserialize_str(Text)
    }
}

impl PartialSchema for Time {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("An instant by RFC 3339; answers are in UTC with microseconds."))
            .into()
    }
}

impl ToSchema for Time {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_any_zone_and_refuses_other_texts() {
        let time: Time = serde_json::from_str(r#""2026-03-31T10:30:00.5+02:00""#).unwrap();
        assert_eq!(serde_json::to_string(&time).unwrap(), r#""2026-03-31T08:30:00.500000Z""#);
        let refused = serde_json::from_str::<Time>(r#""yesterday""#).unwrap_err();
        assert!(refused.to_string().contains("expected a time by RFC 3339"));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(micros in -62_167_219_200_000_000..=253_402_300_799_999_999_i64) {
            let time = Time(Timestamp::from_micros(micros));
            let text = serde_json::to_string(&time).unwrap();
            prop_assert_eq!(serde_json::from_str::<Time>(&text).unwrap(), time);
        }
    }
}
