//! How the texts of settings are read. An error says what would be right.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use tracing_subscriber::EnvFilter;

/// The value, or how to write it.
pub type Parsed<T> = Result<T, &'static str>;

/// An address with a port.
pub fn address(text: &str) -> Parsed<SocketAddr> {
    text.parse()
        .map_err(|_| "write an IP address and a port, such as 127.0.0.1:8080, 0.0.0.0:8080 or [::1]:8080")
}

/// A path that is not empty.
pub fn path(text: &str) -> Parsed<PathBuf> {
    if text.is_empty() {
        return Err("write a path");
    }
    Ok(PathBuf::from(text))
}

/// Names with a path each, commas between: `shop=rules/shop.toml,office=rules/office`; may be empty.
pub fn named_paths(text: &str) -> Parsed<Vec<(String, PathBuf)>> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let named = |part: &str| {
        let (name, path) = part.split_once('=')?;
        let (name, path) = (name.trim(), path.trim());
        (!name.is_empty() && !path.is_empty()).then(|| (name.to_owned(), PathBuf::from(path)))
    };
    parts
        .map(named)
        .collect::<Option<Vec<_>>>()
        .ok_or("write accounts and their rule files, such as shop=rules/shop.toml,office=rules/office")
}

/// A whole number from one to a million.
pub fn count(text: &str) -> Parsed<usize> {
    match text.parse() {
        Ok(number @ 1..=1_000_000) => Ok(number),
        Ok(_) | Err(_) => Err("write a whole number from 1 to 1000000"),
    }
}

/// A whole number of threads.
pub fn threads(text: &str) -> Parsed<usize> {
    match text.parse() {
        Ok(number @ 1..=256) => Ok(number),
        Ok(_) | Err(_) => Err("write a whole number from 1 to 256"),
    }
}

/// A size in bytes: `64KiB`, `1MiB`, `1048576`; at least a kibibyte, at most a gibibyte.
pub fn size(text: &str) -> Parsed<usize> {
    const HELP: &str = "write a number of bytes from 1KiB to 1GiB, such as 65536, 64KiB or 1MiB";
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim() {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return Err(HELP),
    };
    let number: usize = number.parse().map_err(|_| HELP)?;
    let bytes = number.checked_mul(factor).ok_or(HELP)?;
    if (1 << 10..=1 << 30).contains(&bytes) { Ok(bytes) } else { Err(HELP) }
}

/// A span of time: `500ms`, `10s`, `1h30m`; more than nothing, at most a year.
pub fn duration(text: &str) -> Parsed<Duration> {
    const HELP: &str = "write a duration such as 500ms, 10s, 5m, 1h30m or 1d, at most 365d";
    const YEAR: u64 = 365 * 86_400_000;
    let mut rest = text.trim();
    let mut millis: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or(HELP)?;
        let (number, tail) = rest.split_at(digits);
        let letters = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let factor = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return Err(HELP),
        };
        let number: u64 = number.parse().map_err(|_| HELP)?;
        millis = number.checked_mul(factor).and_then(|more| millis.checked_add(more)).ok_or(HELP)?;
        rest = tail;
    }
    if (1..=YEAR).contains(&millis) { Ok(Duration::from_millis(millis)) } else { Err(HELP) }
}

/// Durations with commas between; at least one.
pub fn durations(text: &str) -> Parsed<Vec<Duration>> {
    text.split(',')
        .map(|part| duration(part))
        .collect::<Result<_, _>>()
        .map_err(|_| "write durations with commas between, such as 1s,5s,30s,5m")
}

/// `true` or `false`, and the other words that environments use for them.
pub fn switch(text: &str) -> Parsed<bool> {
    match text {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err("write true or false"),
    }
}

/// A filter for logs.
pub fn filter(text: &str) -> Parsed<String> {
    let is_right = !text.trim().is_empty() && EnvFilter::try_new(text).is_ok();
    is_right
        .then(|| text.to_owned())
        .ok_or("write a level (error, warn, info, debug, trace, off), or levels by module such as warn,reparto=debug")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_numbers_with_units() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("1h30m"), Ok(Duration::from_mins(90)));
        for bad in ["", "10", "s", "10 parsecs", "-1s", "1.5s", "0s", "366d", "99999999999999999999s"] {
            assert!(duration(bad).is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn sizes_have_binary_units() {
        assert_eq!(size("64KiB"), Ok(65_536));
        assert_eq!(size("1048576"), Ok(1 << 20));
        assert_eq!(size("2 MiB"), Ok(2 << 20));
        for bad in ["", "1MB", "12", "-1KiB", "2GiB", "99999999999999999999", "18446744073709551615KiB"] {
            assert!(size(bad).is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn numbers_have_bounds() {
        assert_eq!(count("1000"), Ok(1_000));
        assert!(count("0").is_err());
        assert!(count("1e3").is_err());
        assert!(threads("257").is_err());
    }

    #[test]
    fn lists_have_no_holes() {
        assert_eq!(durations("1s, 5s"), Ok(vec![Duration::from_secs(1), Duration::from_secs(5)]));
        assert!(durations("1s,,5s").is_err());
        assert!(durations("").is_err());
    }

    #[test]
    fn addresses_have_a_port() {
        assert!(address("[::1]:8080").is_ok());
        assert!(address("localhost").is_err());
        assert!(address("127.0.0.1").is_err());
    }

    #[test]
    fn filters_are_tried() {
        assert!(filter("warn,reparto::engine=debug").is_ok());
        assert!(filter("reparto=loud").is_err());
        assert!(filter(" ").is_err());
    }
}
