//! Hours, lunch and holidays from the CRM's settings, as a section of a rule file: of a schedule that an admin pastes,
//! or what the engine imports for schedules with `from = "crm"`.

use std::fmt::Write;

use crate::connectors::retailcrm::crm_wire::{NonWorkingDays, Settings, WorkTime};

const DAYS: [(&str, &str); 7] = [
    ("Monday", "mon"),
    ("Tuesday", "tue"),
    ("Wednesday", "wed"),
    ("Thursday", "thu"),
    ("Friday", "fri"),
    ("Saturday", "sat"),
    ("Sunday", "sun"),
];
const MIDNIGHT: u16 = 24 * 60;

/// Hours as a rule file has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// IANA zone; empty when the CRM names none.
    pub timezone: String,
    /// The section; `None`: the settings name no hours.
    pub section: Option<String>,
    /// What could not be taken over, in sentences.
    pub left_out: Vec<String>,
}

/// Minutes from midnight, and to the end, which is later.
type Span = (u16, u16);
/// The same from Monday's midnight.
type Shift = (u32, u32);
const DAY: u32 = 24 * 60;
const WEEK: u32 = 7 * DAY;

/// Writes a section with this header, such as `schedules.office`. Deterministic: equal settings give equal texts.
pub fn import(settings: &Settings, header: &str) -> Imported {
    let mut left_out = Vec::new();
    let mut shifts = Vec::new();
    for time in &settings.work_times {
        match DAYS.iter().position(|(day, _)| time.day_type.eq_ignore_ascii_case(day)) {
            Some(day) => match spans(time) {
                Some(spans) => shifts.extend(spans.into_iter().map(|(from, to)| {
                    let midnight = u32::try_from(day).unwrap_or(0) * DAY;
                    (midnight + u32::from(from), midnight + u32::from(to))
                })),
                None => left_out.push(format!(
                    "the hours of {}, from `{}` to `{}`: they are no times of a day",
                    time.day_type, time.start_time, time.end_time
                )),
            },
            None => left_out.push(format!("the hours of `{}`: it is no day of the week", time.day_type)),
        }
    }
    let week = by_day(joined(shifts));
    let mut closed = Vec::new();
    for days in &settings.non_working_days {
        match dates(days) {
            Some(dates) => closed.push(dates),
            None => left_out.push(format!(
                "the days off from `{}` to `{}`: they are no dates such as 12.31",
                days.start_date, days.end_date
            )),
        }
    }
    let timezone = settings.timezone.value.clone();
    let has_hours = week.iter().any(|day| !day.is_empty());
    let section = has_hours.then(|| section(header, &timezone, &week, &closed));
    Imported { timezone, section, left_out }
}

/// Shifts in minutes from Monday's midnight on, in order and without overlaps.
fn joined(shifts: Vec<Shift>) -> Vec<Shift> {
    let mut cut: Vec<Shift> = Vec::new();
    for (from, to) in shifts {
        // Sunday's night ends on Monday.
        let wraps = to > WEEK;
        cut.push((from % WEEK, if wraps && from < WEEK { WEEK } else { to - from / WEEK * WEEK }));
        cut.extend((wraps && from < WEEK).then(|| (0, to - WEEK)));
    }
    cut.sort_unstable();
    let mut joined: Vec<Shift> = Vec::new();
    for (from, to) in cut {
        match joined.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => joined.push((from, to)),
        }
    }
    joined
}

/// Each shift with the day it begins on; what lasts a day or longer is cut at midnight, since hours of a rule file do
/// not end when they begin.
fn by_day(shifts: Vec<Shift>) -> [Vec<Span>; 7] {
    let mut week: [Vec<Span>; 7] = Default::default();
    for (mut from, to) in shifts {
        while from < to {
            let midnight = from / DAY * DAY;
            let end = if to - from >= DAY { midnight + DAY } else { to };
            let minute = |at: u32| u16::try_from(at - midnight).unwrap_or(MIDNIGHT);
            if let Some(day) = usize::try_from(from / DAY).ok().and_then(|day| week.get_mut(day)) {
                day.push((minute(from), minute(end)));
            }
            from = end;
        }
    }
    week
}

fn section(header: &str, timezone: &str, week: &[Vec<Span>; 7], closed: &[String]) -> String {
    // Writing into a text cannot fail.
    let mut text = format!("[{header}]\n");
    let is_zone = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '+');
    if !timezone.is_empty() && timezone.chars().all(is_zone) {
        let _ = writeln!(text, "timezone = \"{timezone}\"");
    }
    let mut open = Vec::new();
    let mut day = 0;
    while day < DAYS.len() {
        // Days in a row with the same hours are one entry.
        let last = (day..DAYS.len()).take_while(|other| week[*other] == week[day]).last().unwrap_or(day);
        if !week[day].is_empty() {
            let spans: Vec<_> = week[day].iter().map(|span| format!("\"{}\"", shown(*span))).collect();
            let days = if last == day {
                DAYS[day].1.to_owned()
            } else {
                format!("{}-{}", DAYS[day].1, DAYS[last].1)
            };
            open.push(format!("{days} = [{}]", spans.join(", ")));
        }
        day = last + 1;
    }
    let _ = writeln!(text, "open = {{ {} }}", open.join(", "));
    if !closed.is_empty() {
        let closed: Vec<_> = closed.iter().map(|dates| format!("\"{dates}\"")).collect();
        let _ = writeln!(text, "closed = [{}]", closed.join(", "));
    }
    text
}

/// The hours of a day, without lunch. `None`: they are none.
fn spans(time: &WorkTime) -> Option<Vec<Span>> {
    let from = minute(&time.start_time)?;
    let to = minute(&time.end_time)?;
    if from == MIDNIGHT {
        return None;
    }
    // The CRM's last minute of a day is 23:59, and nobody means to close in it.
    let to = if to == 0 || to == MIDNIGHT - 1 { MIDNIGHT } else { to };
    let to = if to <= from { to + MIDNIGHT } else { to };
    if to - from > MIDNIGHT {
        return None;
    }
    let lunch = minute(&time.lunch_start_time).zip(minute(&time.lunch_end_time));
    // Of a night shift the lunch may be on the next day.
    let lunch = lunch.map(
        |(begins, ends)| if begins < from { (begins + MIDNIGHT, ends + MIDNIGHT) } else { (begins, ends) },
    );
    Some(match lunch {
        Some((begins, ends)) if from < begins && begins < ends && ends < to => {
            vec![(from, begins), (ends, to)]
        }
        _ => vec![(from, to)],
    })
}

/// `HH:MM`, also with seconds, in minutes from midnight.
fn minute(text: &str) -> Option<u16> {
    let mut parts = text.trim().split(':');
    let (hour, minute): (u16, u16) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let is_time = hour < 24 && minute < 60 || (hour, minute) == (24, 0);
    (is_time && parts.next().is_none_or(|seconds| seconds.len() == 2)).then_some(hour * 60 + minute)
}

fn shown((from, to): Span) -> String {
    let at = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    format!("{}-{}", at(from), at(if to > MIDNIGHT { to - MIDNIGHT } else { to }))
}

/// `MM.DD` to `MM.DD`, each year, as a rule file has them.
fn dates(days: &NonWorkingDays) -> Option<String> {
    let first = date(&days.start_date)?;
    let last = if days.end_date.is_empty() { first.clone() } else { date(&days.end_date)? };
    Some(if first == last { first } else { format!("{first}..{last}") })
}

fn date(text: &str) -> Option<String> {
    const LENGTHS: [u8; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let (month, day) = text.trim().split_once('.')?;
    let (month, day): (u8, u8) = (month.parse().ok()?, day.parse().ok()?);
    let length = *LENGTHS.get(usize::from(month.checked_sub(1)?))?;
    (1..=length).contains(&day).then(|| format!("{month:02}-{day:02}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: &str) -> Settings {
        serde_json::from_str(text).expect("settings")
    }

    #[test]
    fn hours_without_lunch_and_holidays_over_new_year() {
        let settings = settings(
            r#"{"timezone": {"value": "Europe/Moscow"},
            "work_times": [
                {"day_type": "Tuesday", "start_time": "09:00", "end_time": "17:00"},
                {"day_type": "Monday", "start_time": "08:00", "end_time": "18:30", "lunch_start_time": "15:00", "lunch_end_time": "16:00"},
                {"day_type": "Wednesday", "start_time": "09:00", "end_time": "17:00", "lunch_start_time": "", "lunch_end_time": ""},
                {"day_type": "Friday", "start_time": "22:00", "end_time": "06:00", "lunch_start_time": "01:00", "lunch_end_time": "01:30"},
                {"day_type": "Sunday", "start_time": "00:00", "end_time": "23:59"}],
            "non_working_days": [{"start_date": "12.31", "end_date": "01.07"}, {"start_date": "05.01", "end_date": "05.01"}]}"#,
        );
        let imported = import(&settings, "schedules.office");
        assert_eq!(
            imported.section.unwrap_or_default(),
            "[schedules.office]\ntimezone = \"Europe/Moscow\"\n\
             open = { mon = [\"08:00-15:00\", \"16:00-18:30\"], tue-wed = [\"09:00-17:00\"], \
             fri = [\"22:00-01:00\"], sat = [\"01:30-06:00\"], sun = [\"00:00-24:00\"] }\n\
             closed = [\"12-31..01-07\", \"05-01\"]\n"
        );
        assert_eq!(imported.left_out, Vec::<String>::new());
    }

    #[test]
    fn a_day_and_a_night_from_some_hour_on_are_cut_at_midnight() {
        let settings = settings(
            r#"{"work_times": [{"day_type": "Monday", "start_time": "06:00", "end_time": "06:00"}]}"#,
        );
        let section = import(&settings, "imported.crm").section.unwrap_or_default();
        assert_eq!(section, "[imported.crm]\nopen = { mon = [\"06:00-24:00\"], tue = [\"00:00-06:00\"] }\n");
    }

    #[test]
    fn what_makes_no_sense_is_left_out_and_told() {
        let settings = settings(
            r#"{"work_times": [
                {"day_type": "Monday", "start_time": "late", "end_time": "18:30"},
                {"day_type": "Someday", "start_time": "08:00", "end_time": "18:30"}],
            "non_working_days": [{"start_date": "02.30", "end_date": "03.01"}]}"#,
        );
        let imported = import(&settings, "imported.crm");
        assert_eq!(imported.left_out.len(), 3, "{:?}", imported.left_out);
        assert_eq!(imported.section, None);
    }
}
