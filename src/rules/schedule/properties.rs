//! Schedules agree, minute by minute, with clocks on the wall that somebody looks at.

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use chrono_tz::Tz;
use proptest::prelude::*;

use super::calendar::{Calendar, Dates, Hours, MIDNIGHT, Week, weekday};
use super::instant::shown;
use super::{Schedule, Timestamp};
use crate::domain::ids::ScheduleId;

/// Zones, and dates around which their clocks change: by an hour, half an hour, at midnight, in Ramadan, by
/// a whole day, never.
const CHANGES: &[(&str, (i32, u32, u32))] = &[
    ("Europe/Madrid", (2026, 3, 29)),
    ("Europe/Madrid", (2026, 10, 25)),
    ("America/Santiago", (2026, 4, 5)),
    ("America/Santiago", (2026, 9, 6)),
    ("Africa/Casablanca", (2026, 2, 15)),
    ("Africa/Casablanca", (2026, 3, 22)),
    ("Asia/Kolkata", (2026, 3, 29)),
    ("Pacific/Chatham", (2026, 4, 5)),
    ("Pacific/Chatham", (2026, 9, 27)),
    ("Australia/Lord_Howe", (2026, 4, 5)),
    ("Australia/Lord_Howe", (2026, 10, 4)),
    ("Pacific/Apia", (2011, 12, 30)),
    ("America/New_York", (2026, 11, 1)),
];

const MINUTE: i64 = 60;
/// Days looked at before and after the change.
const AROUND: i64 = 2;

/// What the clocks of a zone show each minute over some days.
struct Clocks {
    first: i64,
    shown: Vec<NaiveDateTime>,
}

impl Clocks {
    fn around(zone: Tz, date: NaiveDate) -> Self {
        let noon = date.and_hms_opt(12, 0, 0).unwrap().and_utc().timestamp();
        let first = noon - (AROUND + 3) * 86_400;
        let minutes = 2 * (AROUND + 3) * 24 * 60;
        let shown = (0..minutes)
            .map(|minute| shown(zone, Timestamp::from_secs(first + minute * MINUTE)).unwrap())
            .collect();
        Self { first, shown }
    }

    /// The first, or last, minute at which they show this; if they never do, the first at which they show more.
    fn at(&self, wanted: NaiveDateTime, first: bool) -> usize {
        let is_it = |shown: &NaiveDateTime| *shown == wanted;
        let found =
            if first { self.shown.iter().position(is_it) } else { self.shown.iter().rposition(is_it) };
        found.unwrap_or_else(|| self.shown.iter().position(|shown| *shown > wanted).unwrap())
    }

    /// For each minute, whether it is open.
    fn open(&self, calendar: &Calendar) -> Vec<bool> {
        let mut open = vec![false; self.shown.len()];
        let (first, last) = (self.shown[0].date(), self.shown[self.shown.len() - 1].date());
        for date in first.iter_days().skip(1).take_while(|date| *date < last.pred_opt().unwrap()) {
            for hours in plain_hours(calendar, date) {
                let at = |minute: u16| date.and_time(NaiveTime::MIN) + TimeDelta::minutes(i64::from(minute));
                let (from, to) = (self.at(at(hours.from), true), self.at(at(hours.to), false));
                open[from..to.max(from)].fill(true);
            }
        }
        open
    }
}

fn plain_hours(calendar: &Calendar, date: NaiveDate) -> Vec<Hours> {
    for (dates, hours) in &calendar.special {
        if dates.has(date) {
            return hours.clone();
        }
    }
    if calendar.closed.iter().any(|dates| dates.has(date)) {
        return Vec::new();
    }
    calendar.week[weekday(date)].clone()
}

/// One to three stretches of a day in order, the last one possibly going on into the next day.
fn day() -> impl Strategy<Value = Vec<Hours>> {
    // Changes of clocks happen in the first hours of a day, so most begin or end there.
    let minute = prop_oneof![3 => 0..5 * 60_u16, 1 => 0..MIDNIGHT];
    let minute = minute.prop_map(|minute| minute / 15 * 15);
    let ends = prop_oneof![Just(0), Just(MIDNIGHT), 0..MIDNIGHT];
    (prop::collection::btree_set(minute, 0..6), ends).prop_map(|(minutes, over)| {
        let minutes: Vec<u16> = minutes.into_iter().collect();
        let mut hours: Vec<Hours> =
            minutes.chunks(2).filter_map(|pair| Some(Hours { from: pair[0], to: *pair.get(1)? })).collect();
        if let (1, Some(from)) = (minutes.len() % 2, minutes.last().filter(|_| over > 0)) {
            hours.push(Hours { from: *from, to: (from + over).max(from + 1).min(from + MIDNIGHT) });
        }
        hours
    })
}

fn calendar(zone: Tz, date: NaiveDate) -> impl Strategy<Value = Calendar> {
    let days = prop::collection::vec(day(), 7);
    let near = move |away: i64| date + TimeDelta::days(away);
    let dates = (-2..3_i64, 0..2_i64, any::<bool>()).prop_map(move |(away, more, yearly)| {
        let (first, last) = (near(away), near(away + more));
        if yearly {
            Dates::Yearly((first.month(), first.day()), (last.month(), last.day()))
        } else {
            Dates::Once(first, last)
        }
    });
    let special = prop::collection::vec((dates.clone(), day()), 0..2);
    (days, prop::collection::vec(dates, 0..2), special).prop_map(move |(days, closed, special)| {
        let week: Week = days.try_into().expect("seven days");
        Calendar { zone, week, closed, special }
    })
}

fn place() -> impl Strategy<Value = (Tz, NaiveDate)> {
    prop::sample::select(CHANGES).prop_map(|(zone, (year, month, day))| {
        (zone.parse().expect("a zone"), NaiveDate::from_ymd_opt(year, month, day).expect("a date"))
    })
}

fn schedule(calendar: Calendar) -> Schedule {
    Schedule::new(ScheduleId::trusted("s"), calendar)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn each_minute_is_as_the_clocks_say(
        (calendar, date) in place().prop_flat_map(|(zone, date)| (calendar(zone, date), Just(date))),
        steps in prop::collection::vec(1..400_usize, 20),
    ) {
        let clocks = Clocks::around(calendar.zone, date);
        let open = clocks.open(&calendar);
        let schedule = schedule(calendar);
        let second = |minute: usize| clocks.first + i64::try_from(minute).unwrap() * MINUTE;
        let at = |minute: usize| Timestamp::from_secs(second(minute));
        // Not the first and last days, whose neighbours nobody looked at.
        let inside = 2 * 24 * 60 + 1..open.len() - 3 * 24 * 60;
        for minute in inside.clone() {
            prop_assert_eq!(schedule.is_open(at(minute)), open[minute], "minute {} of {}", minute, clocks.shown[minute]);
        }
        // In no particular order, so that the memo holds another window now and then.
        let mut minute = inside.start;
        for step in steps {
            minute = inside.start + (minute + step * 37) % inside.len();
            let change = (minute + 1..open.len() - 24 * 60).find(|later| open[*later] != open[minute]);
            if let Some(change) = change.filter(|change| *change < inside.end) {
                prop_assert_eq!(schedule.next_change(at(minute)), Some(at(change)), "at {}", clocks.shown[minute]);
                let opening = if open[minute] { at(minute) } else { at(change) };
                prop_assert_eq!(schedule.next_opening(at(minute)), Some(opening));
            }
        }
    }

    #[test]
    fn the_next_change_is_one_and_the_first(
        calendar in place().prop_flat_map(|(zone, date)| calendar(zone, date)),
        second in -62_000_000_000..200_000_000_000_i64,
    ) {
        let schedule = schedule(calendar);
        let now = Timestamp::from_secs(second);
        let Some(change) = schedule.next_change(now) else { return Ok(()) };
        prop_assert!(change > now);
        let before = Timestamp::from_micros(change.micros() - 1);
        prop_assert_eq!(schedule.is_open(before), schedule.is_open(now));
        prop_assert_ne!(schedule.is_open(change), schedule.is_open(now));
    }
}

fn hours(from: u16, to: u16) -> Hours {
    Hours { from: from * 60, to: to * 60 }
}

fn madrid(week: Week) -> Calendar {
    Calendar { zone: Tz::Europe__Madrid, week, closed: Vec::new(), special: Vec::new() }
}

#[test]
fn what_never_opens_or_never_closes_ends_the_search() {
    let never = schedule(madrid(Week::default()));
    let always = schedule(madrid([(); 7].map(|()| vec![hours(0, 24)])));
    for second in [i64::MIN / 1_000_000, -1, 0, 1_800_000_000, i64::MAX / 1_000_000] {
        let now = Timestamp::from_secs(second);
        assert_eq!(
            (never.is_open(now), never.next_change(now), never.next_opening(now)),
            (false, None, None)
        );
        assert_eq!(always.next_change(now), None);
    }
    assert!(always.is_open(Timestamp::from_secs(1_800_000_000)));
    let ages = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap()..NaiveDate::from_ymd_opt(2199, 12, 31).unwrap();
    let mut calendar = madrid([(); 7].map(|()| vec![hours(9, 18)]));
    calendar.closed.push(Dates::Once(ages.start, ages.end));
    let opening = schedule(calendar).next_opening(Timestamp::from_secs(1_800_000_000));
    let date = NaiveDate::from_ymd_opt(2200, 1, 1).unwrap().and_hms_opt(8, 0, 0).unwrap();
    assert_eq!(opening, Some(Timestamp::from_secs(date.and_utc().timestamp())));
}

#[test]
fn a_schedule_of_one_leap_day_that_is_a_monday_is_found() {
    let mut week = Week::default();
    week[0].push(hours(9, 10));
    let mut calendar = madrid(week);
    calendar.closed = vec![Dates::Yearly((1, 1), (2, 28)), Dates::Yearly((3, 1), (12, 31))];
    let opening = schedule(calendar).next_opening(Timestamp::from_secs(1_800_000_000)).unwrap();
    let date = shown(Tz::Europe__Madrid, opening).unwrap();
    assert_eq!((date.date(), date.time()), ("2044-02-29".parse().unwrap(), "09:00:00".parse().unwrap()));
}

#[test]
fn a_night_shift_goes_on_into_a_closed_day() {
    let mut calendar = madrid([(); 7].map(|()| vec![Hours { from: 22 * 60, to: 30 * 60 }]));
    let christmas = NaiveDate::from_ymd_opt(2026, 12, 25).unwrap();
    calendar.closed.push(Dates::Once(christmas, christmas));
    let schedule = schedule(calendar);
    let at = |date: &str| {
        Timestamp::from_secs(date.parse::<NaiveDateTime>().unwrap().and_utc().timestamp() - 3_600)
    };
    assert!(schedule.is_open(at("2026-12-25T05:59:59")) && !schedule.is_open(at("2026-12-25T06:00:00")));
    assert!(!schedule.is_open(at("2026-12-26T05:00:00")));
    assert_eq!(schedule.next_opening(at("2026-12-25T12:00:00")), Some(at("2026-12-26T22:00:00")));
}
