//! Extra facts in JSON: true or false, a number, a text, or a list of texts.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, OneOfBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::facts::FactValue;

/// A fact's value as it stands in JSON.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact(pub FactValue);

/// Reads a request's facts into the domain's.
pub fn into_domain(facts: BTreeMap<String, Fact>) -> BTreeMap<Arc<str>, FactValue> {
    facts.into_iter().map(|(name, fact)| (name.into(), fact.0)).collect()
}

/// Writes facts as a JSON object.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<S: Serializer>(
    facts: &BTreeMap<Arc<str>, FactValue>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(facts.iter().map(|(name, value)| (&**name, Written(value))))
}

struct Written<'a>(&'a FactValue);

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            FactValue::Bool(value) => serializer.serialize_bool(*value),
            FactValue::Number(value) => serializer.serialize_f64(*value),
            FactValue::Text(value) => serializer.serialize_str(value),
            FactValue::Texts(values) => serializer.collect_seq(values.iter().map(|text| &**text)),
        }
    }
}

impl<'de> Deserialize<'de> for Fact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyFact;

        impl<'de> Visitor<'de> for AnyFact {
            type Value = Fact;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a fact: true or false, a number, a text, or a list of texts")
            }

            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Fact, E> {
                Ok(Fact(FactValue::Bool(value)))
            }

            #[expect(clippy::cast_precision_loss, reason = "conditions compare numbers as floats")]
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Fact, E> {
                Ok(Fact(FactValue::Number(value as f64)))
            }

            #[expect(clippy::cast_precision_loss, reason = "conditions compare numbers as floats")]
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Fact, E> {
                Ok(Fact(FactValue::Number(value as f64)))
            }

            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Fact, E> {
                Ok(Fact(FactValue::Number(value)))
            }

            fn visit_str<E: de::Error>(self, value: &str) -> Result<Fact, E> {
                Ok(Fact(FactValue::Text(value.into())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Fact, A::Error> {
                let mut texts: Vec<Arc<str>> = Vec::new();
                while let Some(text) = values.next_element::<String>()? {
                    texts.push(text.into());
                }
                Ok(Fact(FactValue::Texts(texts.into())))
            }
        }

        deserializer.deserialize_any(AnyFact)
    }
}

impl PartialSchema for Fact {
    fn schema() -> RefOr<Schema> {
        let plain = |kind| ObjectBuilder::new().schema_type(kind);
        OneOfBuilder::new()
            .item(plain(Type::Boolean))
            .item(plain(Type::Number))
            .item(plain(Type::String))
            .item(ArrayBuilder::new().items(plain(Type::String)))
            .description(Some("The value of an extra fact that rules may ask about by its name."))
            .into()
    }
}

impl ToSchema for Fact {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_survive_the_way_in_and_out() {
        let text = r#"{"b":true,"n":-2.0,"t":"es","ts":["a","b"]}"#;
        let read: BTreeMap<String, Fact> = serde_json::from_str(text).unwrap();
        let facts = into_domain(read);
        assert_eq!(facts["n"], FactValue::Number(-2.0));
        let mut written = Vec::new();
        serialize(&facts, &mut serde_json::Serializer::new(&mut written)).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), text);
    }

    #[test]
    fn what_is_no_fact_is_refused() {
        for bad in ["null", "{}", "[1]"] {
            assert!(serde_json::from_str::<Fact>(bad).is_err(), "{bad}");
        }
    }
}
