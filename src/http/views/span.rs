//! Spans of time in JSON: a text such as `72h` or `1h30m`, or a number of seconds.

use std::fmt::{self, Write};
use std::time::Duration;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// Longer spans are mistakes: a hundred years.
const LONGEST: Duration = Duration::from_hours(100 * 366 * 24);
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// A span of time as it stands in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(pub Duration);

/// `1h30m` → 90 minutes. Units from large to small, each at most once.
fn parse(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut units = UNITS.iter();
    let mut millis = 0u64;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.bytes().take_while(u8::is_ascii_lowercase).count();
        let (_, size) = units.find(|(name, _)| *name == &rest[..letters])?;
        rest = &rest[letters..];
        millis = millis.checked_add(number.checked_mul(*size)?)?;
    }
    (!text.is_empty()).then(|| Duration::from_millis(millis))
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut millis = self.0.as_millis();
        if millis == 0 {
            return f.write_str("0s");
        }
        for (name, size) in UNITS {
            let count = millis / u128::from(size);
            // Days only for whole days: `72h` is what people write.
            if count == 0 || (name == "d" && !millis.is_multiple_of(u128::from(size))) {
                continue;
            }
            write!(f, "{count}{name}")?;
            millis -= count * u128::from(size);
        }
        Ok(())
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = String::new();
        write!(text, "{self}").map_err(serde::ser::Error::custom)?;
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrSeconds;

        impl Visitor<'_> for TextOrSeconds {
            type Value = Span;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "a span such as \"72h\", \"1h30m\" or \"90s\" (d, h, m, s, ms), or a number of seconds",
                )
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Span, E> {
                let span = parse(text).filter(|span| *span <= LONGEST);
                span.map(Span).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
            }

            fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Span, E> {
                let span = Some(Duration::from_secs(seconds)).filter(|span| *span <= LONGEST);
                span.map(Span).ok_or_else(|| E::invalid_value(de::Unexpected::Unsigned(seconds), &self))
            }

            fn visit_f64<E: de::Error>(self, seconds: f64) -> Result<Span, E> {
                let span = Duration::try_from_secs_f64(seconds).ok();
                span.filter(|span| *span <= LONGEST)
                    .map(Span)
                    .ok_or_else(|| E::invalid_value(de::Unexpected::Float(seconds), &self))
            }
        }

        deserializer.deserialize_any(TextOrSeconds)
    }
}

impl PartialSchema for Span {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some(r"^(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?$"));
        let seconds = ObjectBuilder::new().schema_type(Type::Number).minimum(Some(0.0));
        OneOfBuilder::new()
            .item(text)
            .item(seconds)
            .description(Some(
                "A span of time: a text such as `72h`, `1h30m` or `90s`, or a number of seconds. Answers use the text.",
            ))
            .examples([serde_json::json!("72h")])
            .into()
    }
}

impl ToSchema for Span {}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Duration, String> {
        serde_json::from_str::<Span>(json).map(|span| span.0).map_err(|e| e.to_string())
    }

    #[test]
    fn reads_texts_and_seconds() {
        assert_eq!(read(r#""72h""#), Ok(Duration::from_hours(72)));
        assert_eq!(read(r#""1h30m""#), Ok(Duration::from_mins(90)));
        assert_eq!(read(r#""1s500ms""#), Ok(Duration::from_millis(1_500)));
        assert_eq!(read("90"), Ok(Duration::from_secs(90)));
        assert_eq!(read("0.5"), Ok(Duration::from_millis(500)));
    }

    #[test]
    fn refuses_what_is_no_span() {
        for bad in [
            r#""""#,
            r#""3""#,
            r#""h""#,
            r#""1m1h""#,
            r#""1h1h""#,
            "-1",
            "-0.5",
            r#""99999999999999999999h""#,
            "1e300",
            "true",
        ] {
            let refused = read(bad).unwrap_err();
            assert!(refused.contains("expected a span such as"), "{bad}: {refused}");
        }
    }

    #[test]
    fn writes_what_people_write() {
        let text = |millis| Span(Duration::from_millis(millis)).to_string();
        assert_eq!(text(0), "0s");
        assert_eq!(text(5_400_000), "1h30m");
        assert_eq!(text(259_200_000), "3d");
        assert_eq!(text(100_800_000), "28h");
        assert_eq!(text(1_500), "1s500ms");
    }
}
