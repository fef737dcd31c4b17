//! Durations as admins write them: `90s`, `2m`, `72h`, `1d`, `1h30m`.

use std::time::Duration;

/// The longest duration accepted: ten years of 366 days. Longer ones are slips of a key.
pub(super) const LONGEST: Duration = Duration::from_hours(10 * 366 * 24);

/// What is wrong with a text that should be a duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BadDuration {
    /// Nothing there.
    Empty,
    /// It begins with a minus sign.
    Negative,
    /// A number without a unit.
    NoUnit,
    /// Something that is no unit.
    UnknownUnit,
    /// No number where one belongs, or one with a fraction.
    NotANumber,
    /// Units do not go from large to small, or one comes twice.
    Order,
    /// Longer than [`LONGEST`].
    TooLong,
}

impl BadDuration {
    /// In words.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Empty => "there is nothing here",
            Self::Negative => "a duration cannot be negative",
            Self::NoUnit => "a unit is missing",
            Self::UnknownUnit => "this unit is not known",
            Self::NotANumber => "each unit needs a whole number before it",
            Self::Order => "units go from large to small, each once",
            Self::TooLong => "longer than ten years",
        }
    }
}

/// Units from large to small, in milliseconds.
const UNITS: [(&str, u64); 6] =
    [("w", 7 * 86_400_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Reads a duration.
pub(super) fn parse(text: &str) -> Result<Duration, BadDuration> {
    if text.is_empty() {
        return Err(BadDuration::Empty);
    }
    if text.starts_with('-') {
        return Err(BadDuration::Negative);
    }
    let mut rest = text;
    let mut units = UNITS.as_slice();
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        if number.is_empty() {
            return Err(BadDuration::NotANumber);
        }
        let letters = after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        if unit.is_empty() {
            let is_fraction = after.starts_with(['.', ',']);
            return Err(if is_fraction { BadDuration::NotANumber } else { BadDuration::NoUnit });
        }
        let known = UNITS.iter().any(|(name, _)| *name == unit);
        let Some(at) = units.iter().position(|(name, _)| *name == unit) else {
            return Err(if known { BadDuration::Order } else { BadDuration::UnknownUnit });
        };
        let part = number
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(units[at].1))
            .ok_or(BadDuration::TooLong)?;
        total += Duration::from_millis(part);
        if total > LONGEST {
            return Err(BadDuration::TooLong);
        }
        units = &units[at + 1..];
        rest = after;
    }
    Ok(total)
}

/// The shortest way to write a duration.
pub(super) fn written(span: Duration) -> String {
    let mut rest = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    let mut text = String::new();
    for (unit, millis) in UNITS {
        // Weeks read worse than days.
        if unit != "w" && rest >= millis {
            text.push_str(&(rest / millis).to_string());
            text.push_str(unit);
            rest %= millis;
        }
    }
    if text.is_empty() { "0s".into() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<u64, BadDuration>) {
        assert_eq!(parse(text), expected.map(Duration::from_secs), "{text}");
    }

    #[test]
    fn reads_what_admins_write() {
        check("90s", Ok(90));
        check("2m", Ok(120));
        check("72h", Ok(259_200));
        check("1d", Ok(86_400));
        check("2w", Ok(1_209_600));
        check("1h30m", Ok(5_400));
        check("0s", Ok(0));
        assert_eq!(parse("250ms"), Ok(Duration::from_millis(250)));
    }

    #[test]
    fn says_what_is_wrong() {
        check("", Err(BadDuration::Empty));
        check("-5m", Err(BadDuration::Negative));
        check("5", Err(BadDuration::NoUnit));
        check("5 minutes", Err(BadDuration::NoUnit));
        check("5min", Err(BadDuration::UnknownUnit));
        check("m", Err(BadDuration::NotANumber));
        check("1.5h", Err(BadDuration::NotANumber));
        check("30m1h", Err(BadDuration::Order));
        check("1m1m", Err(BadDuration::Order));
        check("99999999999999999999h", Err(BadDuration::TooLong));
        check("11000d", Err(BadDuration::TooLong));
    }

    #[test]
    fn writes_what_it_reads() {
        for text in ["90s", "1m30s", "72h", "1d", "250ms", "0s", "1h"] {
            let span = parse(text).unwrap();
            assert_eq!(parse(&written(span)), Ok(span), "{text}");
        }
        assert_eq!(written(Duration::from_hours(72)), "3d");
    }
}
