//! From what a clock on the wall shows to instants, and back.

use chrono::{DateTime, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone};
use chrono_tz::Tz;

use crate::domain::tally::Day;
use crate::domain::time::Timestamp;

/// No zone was ever further from UTC, and no clock was put further at once.
const FAR: TimeDelta = TimeDelta::hours(27);

/// What a clock in the zone shows. `None` beyond the years that a calendar has.
pub(super) fn shown(zone: Tz, at: Timestamp) -> Option<NaiveDateTime> {
    let utc = DateTime::from_timestamp_micros(at.micros())?.naive_utc();
    utc.checked_add_offset(zone.offset_from_utc_datetime(&utc).fix())
}

/// How far the clocks are ahead of UTC, in seconds.
pub(super) fn offset(zone: Tz, at: Timestamp) -> i32 {
    let utc = DateTime::from_timestamp_micros(at.micros());
    utc.map_or(0, |utc| zone.offset_from_utc_datetime(&utc.naive_utc()).fix().local_minus_utc())
}

/// The day that a calendar shows.
pub(in crate::rules) fn day(zone: Tz, at: Timestamp) -> Day {
    let local = at.micros().div_euclid(1_000_000).saturating_add(i64::from(offset(zone, at)));
    let days = local.div_euclid(86_400);
    Day(i32::try_from(days).unwrap_or(if days < 0 { i32::MIN } else { i32::MAX }))
}

/// How far the clocks are ahead of UTC at noon of a date, in seconds.
pub(in crate::rules) fn offset_of_noon(zone: Tz, date: NaiveDate) -> i32 {
    let noon = date.and_time(NaiveTime::MIN) + TimeDelta::hours(12);
    offset(zone, Timestamp::from_secs(noon.and_utc().timestamp()))
}

/// The first moment at which a clock shows this; the moment after the gap when no clock ever does.
pub(super) fn first(zone: Tz, shown: NaiveDateTime) -> Timestamp {
    at(zone, shown, true)
}

/// The last moment at which a clock shows this; the moment after the gap when no clock ever does.
pub(super) fn last(zone: Tz, shown: NaiveDateTime) -> Timestamp {
    at(zone, shown, false)
}

fn at(zone: Tz, shown: NaiveDateTime, first: bool) -> Timestamp {
    let utc = match zone.from_local_datetime(&shown) {
        MappedLocalTime::Single(only) => only.timestamp(),
        MappedLocalTime::Ambiguous(one, other) => {
            let (one, other) = (one.timestamp(), other.timestamp());
            if first { one.min(other) } else { one.max(other) }
        }
        MappedLocalTime::None => after_gap(zone, shown),
    };
    Timestamp::from_secs(utc)
}

/// The first second at which clocks show more than a time that they leave out.
fn after_gap(zone: Tz, left_out: NaiveDateTime) -> i64 {
    let is_past = |second: i64| shown(zone, Timestamp::from_secs(second)).is_none_or(|at| at >= left_out);
    let (mut before, mut after) =
        ((left_out - FAR).and_utc().timestamp(), (left_out + FAR).and_utc().timestamp());
    while after - before > 1 {
        let middle = before + (after - before) / 2;
        if is_past(middle) {
            after = middle;
        } else {
            before = middle;
        }
    }
    after
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_in_the_zone() {
        // 2026-11-22T23:30:00Z, half past midnight in Madrid.
        let at = Timestamp::from_secs(1_795_390_200);
        assert_eq!(day(Tz::UTC, at), Day(20_779));
        assert_eq!(day(Tz::Europe__Madrid, at), Day(20_780));
        assert_eq!(day(Tz::UTC, Timestamp::from_secs(-1)), Day(-1));
    }
}
