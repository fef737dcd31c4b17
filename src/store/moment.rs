//! Instants as text: RFC 3339 in UTC, always with microseconds, so that texts order as instants do.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::domain::time::Timestamp;

const MICROS_PER_DAY: i64 = 86_400_000_000;
/// 0000-01-01T00:00:00Z and 9999-12-31T23:59:59.999999Z: what RFC 3339 can write.
const EARLIEST: i64 = -62_167_219_200_000_000;
const LATEST: i64 = 253_402_300_799_999_999;
const LENGTH: usize = "0000-00-00T00:00:00.000000Z".len();

/// An instant that shows itself as `2026-03-02T10:00:00.000000Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rfc3339(pub Timestamp);

impl Rfc3339 {
    /// Writes the text into a buffer; instants that RFC 3339 cannot write become the nearest that it can.
    ///
    /// Written by hand because each answer of the hot path carries several.
    fn write(self, buffer: &mut [u8; LENGTH]) -> &str {
        let micros = self.0.micros().clamp(EARLIEST, LATEST);
        let (days, within) = (micros.div_euclid(MICROS_PER_DAY), micros.rem_euclid(MICROS_PER_DAY));
        let (year, month, day) = civil(days);
        let seconds = within / 1_000_000;
        let parts = [
            (year, 4, b'-'),
            (month, 2, b'-'),
            (day, 2, b'T'),
            (seconds / 3_600, 2, b':'),
            (seconds / 60 % 60, 2, b':'),
            (seconds % 60, 2, b'.'),
            (within % 1_000_000, 6, b'Z'),
        ];
        let mut at = 0;
        for (mut number, width, after) in parts {
            for place in buffer[at..at + width].iter_mut().rev() {
                *place = b'0' + u8::try_from(number % 10).unwrap_or(0);
                number /= 10;
            }
            buffer[at + width] = after;
            at += width + 1;
        }
        std::str::from_utf8(buffer).unwrap_or_default()
    }
}

impl fmt::Display for Rfc3339 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.write(&mut [0; LENGTH]))
    }
}

impl Serialize for Rfc3339 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.write(&mut [0; LENGTH]))
    }
}

/// Year, month and day of a day counted from 1970-01-01, in the Gregorian calendar.
///
/// Counts in eras of 400 years that begin in March, so that the leap day is a year's last.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, SecondsFormat};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn agrees_with_chrono(micros in -62_000_000_000_000_000_i64..250_000_000_000_000_000) {
            let expected = DateTime::from_timestamp_micros(micros).unwrap();
            prop_assert_eq!(
                Rfc3339(Timestamp::from_micros(micros)).to_string(),
                expected.to_rfc3339_opts(SecondsFormat::Micros, true)
            );
        }
    }

    #[test]
    fn leap_days_and_ends_of_years() {
        let at = |micros| Rfc3339(Timestamp::from_micros(micros)).to_string();
        assert_eq!(at(0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(at(1_709_164_800_000_001), "2024-02-29T00:00:00.000001Z");
        assert_eq!(at(-1), "1969-12-31T23:59:59.999999Z");
        assert_eq!(at(i64::MAX), "9999-12-31T23:59:59.999999Z");
        assert_eq!(at(i64::MIN), "0000-01-01T00:00:00.000000Z");
    }
}
