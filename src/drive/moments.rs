//! Times and spans as they stand in traces and on the command line.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveDateTime};

use crate::domain::time::Timestamp;

/// Reads a moment: RFC 3339 (`2026-03-02T10:00:00Z`), local time without a zone (`2026-03-02T10:00:00`, also
/// with a space; taken as UTC, since only distances matter), a date alone, or a number of seconds.
///
/// # Errors
/// A sentence for people.
pub fn moment(text: &str) -> Result<Timestamp, String> {
    if let Ok(seconds) = text.parse::<f64>() {
        return from_seconds(seconds).ok_or_else(|| format!("`{text}` is not a number of seconds that fits"));
    }
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(Timestamp::from_micros(at.timestamp_micros()));
    }
    let local = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .or_else(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0));
    match local {
        Some(local) => Ok(Timestamp::from_micros(local.and_utc().timestamp_micros())),
        None => {
            Err(format!("`{text}` is no time; write 2026-03-02T10:00:00Z, 2026-03-02T10:00:00, or seconds"))
        }
    }
}

/// A moment from seconds; `None` when it is not finite or out of range.
pub fn from_seconds(seconds: f64) -> Option<Timestamp> {
    let micros = seconds * 1_000_000.0;
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
    (micros.abs() < 9.0e18).then(|| Timestamp::from_micros(micros as i64))
}

/// Reads a span in seconds, as traces have it.
///
/// # Errors
/// A sentence for people.
pub fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| format!("`{text}` is not a number of seconds"))?;
    Duration::try_from_secs_f64(seconds)
        .map_err(|_| format!("`{text}` seconds cannot be: at least 0 and finite"))
}

/// Reads a span with its unit, as on the command line: `250ms`, `60s`, `2m`, `1.5h`.
///
/// # Errors
/// A sentence for people.
pub fn span(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let scale = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        _ => {
            return Err(format!("`{text}` is no span; write a number and its unit: 250ms, 60s, 2m, 1h"));
        }
    };
    let number: f64 = number.parse().map_err(|_| format!("`{text}` does not begin with a number"))?;
    Duration::try_from_secs_f64(number * scale).map_err(|_| format!("`{text}` is too long"))
}

/// A span for people: `0.8 ms`, `12.3 s`, `4 min 05 s`.
pub fn show(span: Duration) -> String {
    let seconds = span.as_secs_f64();
    if seconds < 1.0 {
        format!("{:.1} ms", seconds * 1_000.0)
    } else if seconds < 120.0 {
        format!("{seconds:.1} s")
    } else {
        let whole = span.as_secs();
        format!("{} min {:02} s", whole / 60, whole % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_come_in_many_forms() {
        let nine = moment("1999-01-04T09:00:00Z").unwrap();
        for same in [
            "1999-01-04T09:00:00",
            "1999-01-04 09:00",
            "1999-01-04T12:00:00+03:00",
            "915440400",
            "915440400.0",
        ] {
            assert_eq!(moment(same), Ok(nine), "{same}");
        }
        assert_eq!(nine.since(moment("1999-01-04").unwrap()), Duration::from_hours(9));
        assert!(moment("yesterday").unwrap_err().contains("`yesterday` is no time"));
        assert!(moment("NaN").is_err());
    }

    #[test]
    fn spans_need_their_unit_on_the_command_line() {
        assert_eq!(span("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(span("1.5h"), Ok(Duration::from_mins(90)));
        assert!(span("60").is_err());
        assert!(span("s").is_err());
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        assert!(seconds("-1").is_err());
    }

    #[test]
    fn people_read_spans_in_fitting_units() {
        assert_eq!(show(Duration::from_micros(840)), "0.8 ms");
        assert_eq!(show(Duration::from_secs(245)), "4 min 05 s");
    }
}
