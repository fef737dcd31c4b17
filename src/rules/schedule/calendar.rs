//! A calendar: the hours of each date, and the search for the next moment at which something changes.

use chrono::{Datelike, Days, NaiveDate, NaiveTime, TimeDelta, Weekday};
use chrono_tz::Tz;

use super::Window;
use super::instant::{first, last, shown};
use crate::domain::time::Timestamp;

/// Minutes of a day.
pub(in crate::rules) const MIDNIGHT: u16 = 24 * 60;

/// Days in which weekdays, leap years and yearly dates have met in every way: 28 years, or 40 over a year
/// such as 2100 that is no leap year.
const ALL_THERE_IS: u64 = 41 * 366;

/// Years in which dates can be counted on from without any care for the ends of time.
const YEARS: std::ops::Range<i32> = 1..9_000;

/// From a minute of the day until another one, which may be on the next day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::rules) struct Hours {
    /// Minutes after midnight, less than [`MIDNIGHT`].
    pub(in crate::rules) from: u16,
    /// More than `from`, by a day at most.
    pub(in crate::rules) to: u16,
}

/// The hours of each weekday from Monday on, each day's by their beginning.
pub(in crate::rules) type Week = [Vec<Hours>; 7];

/// A date or several, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rules) enum Dates {
    /// Once.
    Once(NaiveDate, NaiveDate),
    /// Each year, by month and day; may go over the end of a year.
    Yearly((u32, u32), (u32, u32)),
}

impl Dates {
    /// Whether a date is among them.
    pub(in crate::rules) fn has(&self, date: NaiveDate) -> bool {
        match self {
            Self::Once(first, last) => (*first..=*last).contains(&date),
            Self::Yearly(first, last) => {
                let day = (date.month(), date.day());
                if first <= last { (*first..=*last).contains(&day) } else { day >= *first || day <= *last }
            }
        }
    }
}

/// What a schedule says of every date.
#[derive(Clone, Debug)]
pub(in crate::rules) struct Calendar {
    pub(in crate::rules) zone: Tz,
    pub(in crate::rules) week: Week,
    pub(in crate::rules) closed: Vec<Dates>,
    /// Dates with hours of their own; of several that name a date the first counts.
    pub(in crate::rules) special: Vec<(Dates, Vec<Hours>)>,
}

impl Calendar {
    /// The hours that begin on a date.
    pub(in crate::rules) fn hours(&self, date: NaiveDate) -> &[Hours] {
        if let Some((_, hours)) = self.special.iter().find(|(dates, _)| dates.has(date)) {
            return hours;
        }
        if self.closed.iter().any(|dates| dates.has(date)) {
            return &[];
        }
        &self.week[weekday(date)]
    }

    /// When hours that begin on a date open and close; nothing is left of them when these are equal.
    pub(in crate::rules) fn span(&self, date: NaiveDate, hours: Hours) -> (Timestamp, Timestamp) {
        let at = |minute: u16| date.and_time(NaiveTime::MIN) + TimeDelta::minutes(i64::from(minute));
        (first(self.zone, at(hours.from)), last(self.zone, at(hours.to)))
    }

    /// Whether it is open, and until when.
    pub(super) fn window(&self, now: Timestamp) -> Window {
        const UNKNOWN: Window = Window { open: false, until: None };
        // Hours last a day at most, and where clocks skipped a whole day yesterday is two dates ago.
        let from = shown(self.zone, now).and_then(|now| now.date().checked_sub_days(Days::new(2)));
        let Some(from) = from.filter(|date| YEARS.contains(&date.year())) else {
            return UNKNOWN;
        };
        let mut open_until: Option<Timestamp> = None;
        for date in self.dates(from) {
            for hours in self.hours(date) {
                let (opens, closes) = self.span(date, *hours);
                // Over by now, or lost in a gap.
                if closes <= now || closes <= opens {
                    continue;
                }
                match open_until {
                    None if opens > now => return Window { open: false, until: Some(opens) },
                    Some(until) if opens > until => return Window { open: true, until: Some(until) },
                    // Hours follow each other in the order in which they open, so these go on where others end.
                    None | Some(_) => open_until = open_until.max(Some(closes)),
                }
            }
            if let Some(until) = open_until
                && shown(self.zone, until).is_some_and(|shown| shown.date() < date)
            {
                return Window { open: true, until: Some(until) };
            }
        }
        Window { open: open_until.is_some(), until: None }
    }

    /// All dates on which anything may begin, from one on, as far as anything new may come.
    fn dates(&self, from: NaiveDate) -> impl Iterator<Item = NaiveDate> {
        let special = self.special.iter().map(|(dates, _)| dates);
        let dated = self.closed.iter().chain(special).filter_map(|dates| match dates {
            Dates::Once(_, last) => Some(*last),
            Dates::Yearly(..) => None,
        });
        let end = dated.fold(from, NaiveDate::max).checked_add_days(Days::new(ALL_THERE_IS));
        let end = end.unwrap_or(NaiveDate::MAX);
        let mut next = Some(from);
        std::iter::from_fn(move || {
            let date = next.filter(|date| *date <= end)?;
            let rest = self.closed_until(date).unwrap_or(date);
            next = rest.succ_opt();
            Some(date)
        })
    }

    /// The last day of a dated closure that a date is in, unless special dates may break it.
    fn closed_until(&self, date: NaiveDate) -> Option<NaiveDate> {
        if !self.special.is_empty() {
            return None;
        }
        self.closed.iter().find_map(|dates| match dates {
            Dates::Once(_, last) if dates.has(date) => Some(*last),
            Dates::Once(..) | Dates::Yearly(..) => None,
        })
    }
}

/// Days since Monday.
pub(in crate::rules) fn weekday(date: NaiveDate) -> usize {
    match date.weekday() {
        Weekday::Mon => 0,
        Weekday::Tue => 1,
        Weekday::Wed => 2,
        Weekday::Thu => 3,
        Weekday::Fri => 4,
        Weekday::Sat => 5,
        Weekday::Sun => 6,
    }
}
