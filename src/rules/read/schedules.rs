//! `[schedules.…]`: weekly hours, closed dates, and dates with hours of their own; or hours from `[imported.crm]`, to
//! which a schedule may add dates. What is imported and what that means stands in [`super::super::imported`].

use std::sync::Arc;

use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;

use super::table::{Entry, Keys, Section, keys};
use super::{Draft, Timetable, bot};
use crate::domain::ids::ScheduleId;
use crate::rules::codes::Code;
use crate::rules::diagnostic::{At, Diagnostic, Findings, Span};
use crate::rules::imported::{CRM, TABLE};
use crate::rules::schedule::{Calendar, Dates, Hours, MIDNIGHT, Schedule, Week};

const KEYS: Keys = keys(&["from", "open", "closed", "special", "timezone"]);
const IMPORTED_KEYS: Keys = keys(&["open", "closed", "special", "timezone"]);
/// What a schedule does not say itself when its hours are the CRM's.
const NOT_WITH_FROM: [&str; 2] = ["open", "timezone"];
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
pub(super) fn read(roots: &[Section<'_>], draft: &mut Draft, findings: &mut Findings) {
    let zone = zone(roots);
    for root in roots {
        let section = root.get("schedules").and_then(|entry| entry.open_section(findings));
        for entry in section.into_iter().flat_map(Section::entries) {
            let Some(id) = entry.key_id(ScheduleId::parse, findings) else {
                continue;
            };
            if let Some(first) = draft.schedules.get(&id.value) {
                super::report_twice(&format!("the schedule `{}`", id.value), id.span, first.span, findings);
                continue;
            }
            if draft.schedules.len() == MAX_SCHEDULES {
                let message = format!("more than {MAX_SCHEDULES} schedules");
                findings.add(Diagnostic::new(Code::OutOfRange, id.span, message));
                return;
            }
            let before = findings.len();
            let section = entry.section(KEYS, findings);
            let from = section.and_then(|section| from(section, findings));
            let mut timetable = timetable(section, id, zone, findings);
            timetable.is_complete &= findings.len() == before;
            if let Some(from) = from {
                timetable = timetable.with_hours_of(draft.imported.as_ref(), from);
            }
            draft.facts.schedule(Arc::clone(&timetable.schedule));
            draft.schedules.insert(timetable.schedule.id().clone(), timetable);
        }
    }
}

/// Reads `[imported.crm]`. What a program imported goes before what a file says.
pub(super) fn imported(roots: &[Section<'_>], findings: &mut Findings) -> Option<Timetable> {
    let zone = zone(roots);
    let mut written: Option<Timetable> = None;
    for root in roots {
        let section = root.get("imported").and_then(|entry| entry.section(keys(&["crm"]), findings));
        let Some(entry) = section.and_then(|section| section.get("crm")) else { continue };
        let id = At::new(ScheduleId::trusted(TABLE), entry.key_span);
        let timetable = timetable(entry.section(IMPORTED_KEYS, findings), id, zone, findings);
        if root.source() == CRM {
            return Some(timetable);
        }
        match &written {
            Some(first) => {
                super::report_twice(&format!("[{TABLE}]"), timetable.span, first.span, findings);
            }
            None => written = Some(timetable),
        }
    }
    written
}

/// The zone of all files. One that is none is reported where it is read for good.
fn zone(roots: &[Section<'_>]) -> Tz {
    let mut zones = roots.iter().filter_map(|root| root.get("timezone"));
    let zone = zones.find_map(|entry| bot::timezone(entry, &mut Findings::default()));
    zone.map_or(Tz::UTC, |zone| zone.value)
}

/// Where a schedule says that its hours are the CRM's; `None` too when it says something else as well.
fn from(section: Section<'_>, findings: &mut Findings) -> Option<Span> {
    let entry = section.get("from")?;
    let from = entry.word(Code::UnknownWord, &[("crm", ())], findings)?;
    let mut is_alone = true;
    for own in NOT_WITH_FROM.iter().filter_map(|key| section.get(key)) {
        is_alone = false;
        let message = format!("a schedule has either `from` or `{}` of its own", own.key);
        let finding = Diagnostic::new(Code::KeysExclude, own.key_span, message);
        let finding = finding.also(entry.key_span, "the CRM says the hours and their zone");
        findings.add(finding.help("remove one of the two; `closed` and `special` may stand beside `from`"));
    }
    is_alone.then_some(from.span)
}

/// Hours of a section; `None`: it was reported that there is none.
fn timetable(
    section: Option<Section<'_>>,
    id: At<ScheduleId>,
    zone: Tz,
    findings: &mut Findings,
) -> Timetable {
    let calendar = Calendar { zone, week: Week::default(), closed: Vec::new(), special: Vec::new() };
    let mut table = Timetable {
        span: id.span,
        week: Default::default(),
        closed: Vec::new(),
        special: Vec::new(),
        from: None,
        is_complete: false,
        schedule: Arc::new(Schedule::new(id.value, calendar)),
    };
    let before = findings.len();
    let Some(section) = section else {
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
    table.schedule = Arc::new(Schedule::new(
        table.schedule.id().clone(),
        Calendar {
            zone: own.map_or(zone, |own| own.value),
            week: table.week.each_ref().map(|day| plain(day)),
            closed: table.closed.iter().map(|dates| dates.value).collect(),
            special: table.special.iter().map(|(dates, hours)| (dates.value, plain(hours))).collect(),
        },
    ));
    table.is_complete = findings.len() == before;
    table
}

fn plain(day: &[At<Hours>]) -> Vec<Hours> {
    day.iter().map(|hours| hours.value).collect()
}

impl Timetable {
    /// With the week of another one, and its dates behind its own. `None`: nobody knows the week, so it is open at all
    /// times that it does not close itself.
    fn with_hours_of(self, other: Option<&Self>, from: Span) -> Self {
        let own = self.schedule.calendar();
        let (zone, week, others) = match other {
            Some(other) => {
                let calendar = other.schedule.calendar();
                (calendar.zone, calendar.week.clone(), Some(calendar))
            }
            None => (own.zone, std::array::from_fn(|_| vec![Hours { from: 0, to: MIDNIGHT }]), None),
        };
        let (mut closed, mut special) = (own.closed.clone(), own.special.clone());
        if let Some(others) = others {
            closed.extend_from_slice(&others.closed);
            special.extend_from_slice(&others.special);
        }
        let calendar = Calendar { zone, week, closed, special };
        Self {
            week: other.map(|other| other.week.clone()).unwrap_or_default(),
            from: Some(from),
            // Whoever does not know the hours has no ground to object to them.
            is_complete: self.is_complete && other.is_some_and(|other| other.is_complete),
            schedule: Arc::new(Schedule::new(self.schedule.id().clone(), calendar)),
            ..self
        }
    }
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
