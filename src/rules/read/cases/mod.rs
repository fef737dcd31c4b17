//! `[[test]]`: what is tried before the rules go live.

mod expect;
mod given;
mod people;
mod story;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use toml::value::{Datetime, Offset};

use super::table::{Entry, Section, keys};
use crate::domain::time::Timestamp;
use crate::rules::cases::{Act, Case, Deed, Expect, Given, Moment, Start};
use crate::rules::codes::Code;
use crate::rules::diagnostic::{Diagnostic, Findings};
use crate::rules::facts::FactTable;

const KEYS: [&str; 6] = ["name", "at", "managers", "given", "expect", "events"];

/// The most tests of one rule set, and the most events of one test.
const MOST: usize = 1_000;

pub(super) fn read(entry: Entry<'_>, facts: &FactTable, cases: &mut Vec<Case>, findings: &mut Findings) {
    for section in entry.sections(keys(&KEYS), findings) {
        if cases.len() == MOST {
            let message = format!("more than {MOST} tests");
            findings.add(Diagnostic::new(Code::OutOfRange, section.span, message));
            return;
        }
        cases.extend(case(section, facts, cases.len(), findings));
    }
}

fn case(section: Section<'_>, facts: &FactTable, before: usize, findings: &mut Findings) -> Option<Case> {
    let named = section.require("name", "\"the own manager first\"", findings);
    let named = named.and_then(|entry| entry.text(findings));
    let name: Arc<str> = match &named {
        Some(name) if !name.value.trim().is_empty() => name.value.into(),
        Some(_) | None => format!("test-{}", before + 1).into(),
    };
    let at = section.get("at").map(|entry| start(entry, findings));
    let managers = section.get("managers").map(|entry| people::read(entry, findings));
    let given = section.get("given").map(|entry| given::read(entry, facts, findings)).unwrap_or_default();
    let moments = match (section.get("events"), section.get("expect")) {
        (Some(events), expect) => {
            if let Some(expect) = expect {
                let message = "a test has either `expect` or `events`";
                let finding = Diagnostic::new(Code::KeysExclude, expect.key_span, message);
                let help = "say in each event what is expected then";
                findings.add(finding.also(events.key_span, "both stand here").help(help));
            }
            story::read(events, &given, facts, findings)
        }
        (None, Some(expect)) => vec![one_decision(section, given, expect, findings)],
        (None, None) => {
            let finding = Diagnostic::new(Code::TestsNothing, section.span, "the test expects nothing");
            findings.add(finding.help("add for example `expect = { to = \"ana\" }`"));
            return None;
        }
    };
    if moments.iter().all(|moment| moment.expect.all.is_empty()) && !moments.is_empty() {
        let finding = Diagnostic::new(Code::TestsNothing, section.span, "the test expects nothing");
        findings.add(finding.help("add for example `expect = { to = \"ana\" }`"));
    }
    let start = at.unwrap_or_else(|| Some(Start::default()))?;
    let span = named.map_or(section.span, |name| name.span);
    Some(Case { name, span, start, managers, moments })
}

/// The test of one decision: somebody writes, and it is looked who gets it.
fn one_decision(section: Section<'_>, given: Given, expect: Entry<'_>, findings: &mut Findings) -> Moment {
    let act = Act { conversation: 1, deed: Deed::CustomerWrites(given), span: section.span };
    Moment {
        after: Duration::ZERO,
        act: Some(act),
        managers: BTreeMap::new(),
        expect: Expect { conversation: None, all: expect::read(expect, findings).all },
        span: expect.span(),
    }
}

/// A date with a time, with an offset or as clocks of the file's zone show it.
fn start(entry: Entry<'_>, findings: &mut Findings) -> Option<Start> {
    let at = entry.moment(findings)?;
    let known = instant(&at);
    if known.is_none() {
        let message = format!("`{}` is no time that a test can begin at", entry.key);
        let finding = Diagnostic::new(Code::OutOfRange, entry.span(), message);
        findings.add(finding.help("write a date with a time, such as 2026-03-02T10:00:00+01:00"));
    }
    known
}

fn instant(at: &Datetime) -> Option<Start> {
    let (date, time) = (at.date?, at.time?);
    let nanos = time.nanosecond.unwrap_or(0);
    let second = u32::from(time.second.unwrap_or(0));
    let local = NaiveDateTime::new(
        NaiveDate::from_ymd_opt(i32::from(date.year), u32::from(date.month), u32::from(date.day))?,
        NaiveTime::from_hms_nano_opt(u32::from(time.hour), u32::from(time.minute), second, nanos)?,
    );
    let minutes = match at.offset {
        None => return Some(Start::Local(local)),
        Some(Offset::Z) => 0,
        Some(Offset::Custom { minutes }) => i64::from(minutes),
    };
    let utc = (local - TimeDelta::minutes(minutes)).and_utc();
    Some(Start::Instant(Timestamp::from_micros(utc.timestamp_micros())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_makes_an_instant_and_its_lack_a_local_time() {
        let read = |text: &str| instant(&text.parse().unwrap());
        let ten = Some(Start::Instant(Timestamp::from_secs(1_772_442_000)));
        assert_eq!(read("2026-03-02T10:00:00+01:00"), ten);
        assert_eq!(read("2026-03-02T09:00:00Z"), ten);
        assert!(matches!(read("2026-03-02T10:00:00"), Some(Start::Local(_))));
        assert_eq!(read("2026-03-02"), None);
        assert_eq!(read("10:00:00"), None);
    }
}
