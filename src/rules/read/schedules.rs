//! `[schedules.…]`: weekly hours, closed dates, and dates with hours of their own.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;

use super::table::{Entry, Keys, Section};
use super::{Timetable, bot};
use crate::domain::ids::ScheduleId;
use crate::rules::codes::Code;
use crate::rules::diagnostic::{At, Diagnostic, Findings};
use crate::rules::facts::FactTable;
use crate::rules::schedule::{Calendar, Dates, Hours, MIDNIGHT, Schedule, Week};

const KEYS: Keys = Keys { known: &["open", "closed", "special", "timezone"], later: &["from"] };
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const DAY_HELP: &str = "days are mon, tue, wed, thu, fri, sat, sun, or several such as `mon-fri`";
const HOURS_HELP: &str =
    "hours look like \"09:00-18:00\"; past midnight \"22:00-06:00\", a whole day \"00:00-24:00\"";
const DATE_HELP: &str = "dates look like \"2026-12-25\", each year \"12-25\", several days \"01-01..01-06\" or \"2026-08-01..2026-08-15\"";
/// Longer lists are no shop's hours.
const MAX_SCHEDULES: usize = 1_000;
const MAX_ITEMS: usize = 1_000;
/// Dates outside of these are slips of a key.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=2199;

/// Reads the section of all files, so that conditions of any file may ask for schedules of every file.
pub(super) fn read(
    roots: &[Section<'_>],
    facts: &mut FactTable,
    timetables: &mut BTreeMap<ScheduleId, Timetable>,
    findings: &mut Findings,
) {
    // A zone that is none is reported where it is read for good.
    let mut zones = roots.iter().filter_map(|root| root.get("timezone"));
    let zone = zones.find_map(|entry| bot::timezone(entry, &mut Findings::default()));
    let zone = zone.map_or(Tz::UTC, |zone| zone.value);
    for root in roots {
        let section = root.get("schedules").and_then(|entry| entry.open_section(findings));
        for entry in section.into_iter().flat_map(Section::entries) {
            let Some(id) = entry.key_id(ScheduleId::parse, findings) else {
                continue;
            };
            if let Some(first) = timetables.get(&id.value) {
                super::report_twice(&format!("the schedule `{}`", id.value), id.span, first.span, findings);
                continue;
            }
            if timetables.len() == MAX_SCHEDULES {
                let message = format!("more than {MAX_SCHEDULES} schedules");
                findings.add(Diagnostic::new(Code::OutOfRange, id.span, message));
                return;
            }
            let timetable = timetable(entry, id, zone, findings);
            facts.schedule(Arc::clone(&timetable.schedule));
            timetables.insert(timetable.schedule.id().clone(), timetable);
        }
    }
}

fn timetable(entry: Entry<'_>, id: At<ScheduleId>, zone: Tz, findings: &mut Findings) -> Timetable {
    let mut table = Timetable {
        span: id.span,
        week: Default::default(),
        closed: Vec::new(),
        special: Vec::new(),
        is_complete: false,
        schedule: Arc::new(Schedule::new(
            id.value,
            Calendar { zone, week: Week::default(), closed: Vec::new(), special: Vec::new() },
        )),
    };
    let before = findings.len();
    let Some(section) = entry.section(KEYS, findings) else {
        return table;
    };
    let own = section.get("timezone").and_then(|entry| bot::timezone(entry, findings));
    if let Some(entry) = section.get("open") {
        open(entry, &mut table.week, findings);
    }
    if let Some(entry) = section.get("closed") {
        let items = few(entry, findings).into_iter();
        table.closed = items.filter_map(|item| dates(item.text(findings)?, findings)).collect();
    }
    let special = section.get("special").and_then(|entry| entry.open_section(findings));
    for entry in special.into_iter().flat_map(Section::entries) {
        if let Some(dates) = dates(At::new(entry.key, entry.key_span), findings) {
            table.special.push((dates, day(entry, findings)));
        }
    }
    for day in &mut table.week {
        day.sort_by_key(|hours| hours.value);
    }
    let plain = |day: &[At<Hours>]| day.iter().map(|hours| hours.value).collect::<Vec<_>>();
    let calendar = Calendar {
        zone: own.map_or(zone, |own| own.value),
        week: table.week.each_ref().map(|day| plain(day)),
        closed: table.closed.iter().map(|dates| dates.value).collect(),
        special: table.special.iter().map(|(dates, hours)| (dates.value, plain(hours))).collect(),
    };
    table.schedule = Arc::new(Schedule::new(table.schedule.id().clone(), calendar));
    table.is_complete = findings.len() == before;
    table
}

fn open(entry: Entry<'_>, week: &mut [Vec<At<Hours>>; 7], findings: &mut Findings) {
    let Some(section) = entry.open_section(findings) else {
        return;
    };
    for entry in section.entries() {
        let days = days(entry, findings);
        let hours = day(entry, findings);
        for day in days {
            week[day].extend(&hours);
        }
    }
}

/// Days of the week, from Monday; none when it was reported.
fn days(entry: Entry<'_>, findings: &mut Findings) -> Vec<usize> {
    let (first, last) = entry.key.split_once('-').unwrap_or((entry.key, entry.key));
    let place = |name: &str| DAYS.iter().position(|day| *day == name);
    if let (Some(first), Some(last)) = (place(first), place(last)) {
        let count = (last + 7 - first) % 7 + 1;
        return (0..count).map(|away| (first + away) % 7).collect();
    }
    let message = format!("`{}` is not a day", entry.key);
    let finding = Diagnostic::new(Code::UnknownDay, entry.key_span, message);
    // Three letters are too few to tell `tues` and `friday` by their slips; the beginning does.
    let short = |name: &str| DAYS.into_iter().find(|day| name.to_ascii_lowercase().starts_with(day));
    let near = match (short(first), short(last)) {
        (Some(first), Some(last)) if entry.key.contains('-') => Some(format!("{first}-{last}")),
        (Some(day), Some(_)) => Some(day.to_owned()),
        _ => findings.nearest(entry.key, DAYS).map(str::to_owned),
    };
    findings.add(finding.nearest(near.as_deref(), || DAY_HELP.into()));
    Vec::new()
}

fn few<'a>(entry: Entry<'a>, findings: &mut Findings) -> Vec<Entry<'a>> {
    let items = entry.list(findings).unwrap_or_default();
    if items.len() > MAX_ITEMS {
        let message = format!("{} items are more than the {MAX_ITEMS} allowed", items.len());
        findings.add(Diagnostic::new(Code::OutOfRange, entry.span(), message));
        return Vec::new();
    }
    items
}

/// The hours of a day by their beginning.
fn day(entry: Entry<'_>, findings: &mut Findings) -> Vec<At<Hours>> {
    let items = few(entry, findings);
    if entry.length() == Some(0) {
        let message = format!("`{}` has no hours", entry.key);
        let finding = Diagnostic::new(Code::BadHours, entry.span(), message);
        findings.add(finding.help("leave the day out, or list the date in `closed`"));
    }
    let mut hours: Vec<At<Hours>> =
        items.into_iter().filter_map(|item| hours(item.text(findings)?, findings)).collect();
    hours.sort_by_key(|hours| hours.value);
    hours
}

fn hours(text: At<&str>, findings: &mut Findings) -> Option<At<Hours>> {
    let objection = |message: String, findings: &mut Findings| {
        let finding = Diagnostic::new(Code::BadHours, text.span, message);
        findings.add(finding.help(HOURS_HELP));
        None
    };
    let parts = text.value.split_once('-');
    let Some((from, to)) = parts.and_then(|(from, to)| Some((minute(from)?, minute(to)?))) else {
        return objection(format!("\"{}\" is not a time from and a time to", text.value), findings);
    };
    if from == MIDNIGHT {
        return objection("24:00 is the end of a day; the next one begins at 00:00".into(), findings);
    }
    if from == to {
        return objection(format!("\"{}\" ends when it begins", text.value), findings);
    }
    // Past midnight, if it ends before it begins.
    let to = if to < from { to + MIDNIGHT } else { to };
    Some(At::new(Hours { from, to }, text.span))
}

/// Minutes after midnight: `09:00`, `9:00`, `24:00`.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let number = |text: &str, longest: usize| {
        let is_plain = (1..=longest).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u16>().ok().filter(|_| is_plain)
    };
    let (hour, minute) = (number(hour, 2)?, number(minute, 2).filter(|m| *m < 60 && minute.len() == 2)?);
    let total = hour * 60 + minute;
    (total <= MIDNIGHT).then_some(total)
}

/// One end of a range as it is written.
#[derive(Clone, Copy)]
enum Written {
    Once(i32, u32, u32),
    Yearly(u32, u32),
}

fn dates(text: At<&str>, findings: &mut Findings) -> Option<At<Dates>> {
    let (first, last) = text.value.split_once("..").unwrap_or((text.value, text.value));
    let (Some(first), Some(last)) = (date(first), date(last)) else {
        let message = format!("\"{}\" is not a date", text.value);
        findings.add(Diagnostic::new(Code::BadDate, text.span, message).help(DATE_HELP));
        return None;
    };
    let never = |message: String, findings: &mut Findings| {
        findings.add(Diagnostic::new(Code::NoSuchDate, text.span, message));
        None
    };
    match (first, last) {
        (Written::Once(..), Written::Once(..)) => {
            let exact = |written| match written {
                Written::Once(year, month, day) => NaiveDate::from_ymd_opt(year, month, day),
                Written::Yearly(..) => None,
            };
            match (exact(first), exact(last)) {
                (Some(first), Some(last))
                    if !YEARS.contains(&first.year()) || !YEARS.contains(&last.year()) =>
                {
                    let message = format!("years are between {} and {}", YEARS.start(), YEARS.end());
                    findings.add(Diagnostic::new(Code::OutOfRange, text.span, message));
                    None
                }
                (Some(first), Some(last)) if last < first => {
                    never(format!("\"{}\" ends before it begins", text.value), findings)
                }
                (Some(first), Some(last)) => Some(At::new(Dates::Once(first, last), text.span)),
                _ => never(format!("the calendar has no \"{}\"", text.value), findings),
            }
        }
        (Written::Yearly(month, day), Written::Yearly(last_month, last_day)) => {
            // A leap year, so that 29 February is one.
            let exists = |month, day| NaiveDate::from_ymd_opt(2024, month, day).is_some();
            if exists(month, day) && exists(last_month, last_day) {
                return Some(At::new(Dates::Yearly((month, day), (last_month, last_day)), text.span));
            }
            never(format!("no year has \"{}\"", text.value), findings)
        }
        (Written::Once(..), Written::Yearly(..)) | (Written::Yearly(..), Written::Once(..)) => {
            let message = format!("\"{}\" has a year on one side only", text.value);
            findings.add(Diagnostic::new(Code::BadDate, text.span, message).help(DATE_HELP));
            None
        }
    }
}

fn date(text: &str) -> Option<Written> {
    let number = |text: &str, digits: usize| {
        let is_plain = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u32>().ok().filter(|_| is_plain)
    };
    let parts: Vec<&str> = text.trim().split('-').take(4).collect();
    match parts.as_slice() {
        [year, month, day] => {
            let year = i32::try_from(number(year, 4)?).ok()?;
            Some(Written::Once(year, number(month, 2)?, number(day, 2)?))
        }
        [month, day] => Some(Written::Yearly(number(month, 2)?, number(day, 2)?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day_are_minutes() {
        assert_eq!(minute("09:30"), Some(570));
        assert_eq!((minute("9:05"), minute("24:00"), minute("00:00")), (Some(545), Some(MIDNIGHT), Some(0)));
        for bad in
            ["", "9", "9:5", "24:01", "25:00", "09:60", "-1:00", "09:00:00", "09.00", "+9:00", "009:00"]
        {
            assert_eq!(minute(bad), None, "{bad}");
        }
    }
}
