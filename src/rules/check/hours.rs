//! Schedules: hours that overlap, that clocks lose, that nobody uses, and at which nobody answers.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;

use crate::domain::ids::ScheduleId;
use crate::domain::routing::Target;
use crate::domain::time::Timestamp;
use crate::rules::codes::Code;
use crate::rules::diagnostic::{At, Diagnostic, Findings, Span};
use crate::rules::listing::listed;
use crate::rules::read::{Draft, Timetable};
use crate::rules::schedule::{Dates, Hours, MIDNIGHT, offset_of_noon, weekday};

/// Changes of clocks are looked for in these years. Their rules seldom change, and no check may depend on the
/// day on which it is made.
const YEARS: std::ops::Range<i32> = 2026..2037;
const WEEK: usize = 7 * MIDNIGHT as usize;
/// Schedules begin in the year 2000 at the earliest.
const BEGINNING: Timestamp = Timestamp::from_secs(946_684_800 - 2 * 86_400);
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

pub(super) fn check(draft: &Draft, findings: &mut Findings) {
    unknown(draft, findings);
    // What could not be read may have asked for any.
    let used = used(draft);
    let mut told = Told::default();
    if let Some(imported) = &draft.imported {
        let mut schedules = draft.schedules.values();
        if schedules.all(|table| table.from.is_none()) {
            let finding =
                Diagnostic::new(Code::NoEffect, imported.span, "no schedule has its hours from here");
            findings.add(finding.help("a schedule has them with `from = \"crm\"`"));
        }
    }
    // Of those that have hours which never open that need not be told again.
    let opens = draft.imported.as_ref().is_none_or(|imported| sound(imported, &mut told, findings));
    for (id, table) in &draft.schedules {
        if used.as_ref().is_some_and(|used| !used.contains(id)) {
            let message = format!("nothing uses the schedule `{id}`");
            findings.add(Diagnostic::new(Code::ScheduleUnused, table.span, message));
        }
        if let (Some(from), None) = (table.from, &draft.imported) {
            let message = format!("nothing has been imported for `{id}`, so it counts as open at all times");
            let finding = Diagnostic::new(Code::HoursUnknown, from, message);
            findings.add(finding.help(
                "a server that is connected to the CRM imports the hours; for tests and until then, \
                 `reparto retailcrm hours --imported` prints an `[imported.crm]` to add",
            ));
        }
        if table.from.is_none() || opens {
            sound(table, &mut told, findings);
        }
    }
}

/// What was told already of hours that several schedules have.
#[derive(Default)]
struct Told {
    overlaps: BTreeSet<(Span, Span)>,
    clocks: BTreeSet<Span>,
    /// The dates around changes of the clocks, by zone.
    changes: BTreeMap<&'static str, Vec<NaiveDate>>,
}

/// Looks at the hours of one schedule. `false`: it never opens.
fn sound(table: &Timetable, told: &mut Told, findings: &mut Findings) -> bool {
    if !table.is_complete {
        return true;
    }
    if table.schedule.next_opening(BEGINNING).is_none() {
        let message = format!("the schedule `{}` never opens", table.schedule.id());
        findings.add(Diagnostic::new(Code::NeverOpen, table.span, message));
        return false;
    }
    overlaps(table, &mut told.overlaps, findings);
    closed_anyway(table, findings);
    let zone = table.schedule.timezone();
    let dates = told.changes.entry(zone.name()).or_insert_with(|| clock_changes(zone));
    lost_or_doubled(table, dates, &mut told.clocks, findings);
    true
}

/// The schedules that anything asks for; `None` when a condition could not be read.
fn used(draft: &Draft) -> Option<BTreeSet<ScheduleId>> {
    let mut used = BTreeSet::new();
    let rules = draft.rules.iter().map(|rule| &rule.when);
    let classes = draft.priorities.iter().map(|class| &class.when);
    let closes = draft.closes.iter().map(|close| &close.when);
    let exclusions = draft.exclusions.iter().map(|exclusion| &exclusion.when);
    let replies = draft.replies.iter().map(|reply| &reply.when);
    for when in rules.chain(classes).chain(closes).chain(exclusions).chain(replies) {
        when.condition()?.note_schedules(&mut used);
    }
    used.extend(holds(draft).map(|(_, id)| id.clone()));
    Some(used)
}

/// All steps that hold, where they say so, and what they wait for.
fn holds(draft: &Draft) -> impl Iterator<Item = (Span, &ScheduleId)> {
    let targets = draft.rules.iter().flat_map(|rule| &rule.steps).filter_map(|step| step.to.as_ref());
    targets.filter_map(|to| match &to.value {
        Target::UntilOpen(id) => Some((to.span, id)),
        Target::Owner
        | Target::LastManager { .. }
        | Target::Manager(_)
        | Target::Group(_)
        | Target::Everyone
        | Target::Bot(_) => None,
    })
}

/// Steps that hold until a schedule opens which there is not.
fn unknown(draft: &Draft, findings: &mut Findings) {
    for (span, id) in holds(draft).filter(|(_, id)| !draft.schedules.contains_key(*id)) {
        let known = || draft.schedules.keys().map(ScheduleId::as_str);
        let message = format!("there is no schedule `{id}`");
        let near = findings.nearest(id.as_str(), known()).map(|near| format!("\"until_open:{near}\""));
        let finding = Diagnostic::new(Code::UnknownSchedule, span, message);
        findings.add(finding.nearest(near.as_deref(), || match listed(known()) {
            none if none.is_empty() => {
                format!("define it: `[schedules.{id}]` with `open = {{ mon-fri = [\"09:00-18:00\"] }}`")
            }
            known => format!("the schedules are {known}"),
        }));
    }
}

/// One line of a file may stand for several days, and for several schedules.
fn overlaps(table: &Timetable, told: &mut BTreeSet<(Span, Span)>, findings: &mut Findings) {
    let mut tell = |first: &At<Hours>, second: &At<Hours>, message: String| {
        if told.insert((first.span, second.span)) {
            let finding = Diagnostic::new(Code::HoursOverlap, second.span, message);
            let same = first.span == second.span;
            findings.add(if same { finding } else { finding.also(first.span, "these go on until after") });
        }
    };
    let special = table.special.iter().map(|(_, hours)| hours);
    for day in table.week.iter().chain(special) {
        let mut last: Option<&At<Hours>> = None;
        for hours in day {
            if let Some(last) = last.filter(|last| hours.value.from < last.value.to) {
                tell(last, hours, format!("{} overlaps {}", written(hours.value), written(last.value)));
            }
            last = Some(last.filter(|last| last.value.to >= hours.value.to).unwrap_or(hours));
        }
    }
    for (number, day) in table.week.iter().enumerate() {
        let Some(late) = day.iter().max_by_key(|hours| hours.value.to) else { continue };
        let tomorrow = (number + 1) % 7;
        if let Some(early) =
            table.week[tomorrow].first().filter(|early| early.value.from + MIDNIGHT < late.value.to)
        {
            let (today, tomorrow) = (DAYS[number], DAYS[tomorrow]);
            let message = format!(
                "{} of {tomorrow} begins before {} of {today} is over",
                written(early.value),
                written(late.value)
            );
            tell(late, early, message);
        }
    }
}

/// A dated closure of days on which it would not open anyway is mostly a slip in the date.
fn closed_anyway(table: &Timetable, findings: &mut Findings) {
    for closed in &table.closed {
        let Dates::Once(first, last) = closed.value else { continue };
        let opens = |date: NaiveDate| !table.week[weekday(date)].is_empty();
        // A whole week has every day that there is.
        let mut days = first.iter_days().take(7).take_while(|date| *date <= last);
        let is_special = |date: NaiveDate| table.special.iter().any(|(dates, _)| dates.value.has(date));
        if days.all(|date| !opens(date) && !is_special(date)) {
            let message = "it is closed then in any case".to_owned();
            let finding = Diagnostic::new(Code::NoEffect, closed.span, message);
            let day = DAYS[weekday(first)];
            findings.add(finding.help(format!("{first} is a {day}; is the date right?")));
        }
    }
}

/// Dates on which the clocks of a zone change, and those before and after.
fn clock_changes(zone: Tz) -> Vec<NaiveDate> {
    let mut dates = BTreeSet::new();
    let Some(first) = NaiveDate::from_ymd_opt(YEARS.start, 1, 1) else {
        return Vec::new();
    };
    let days = first.iter_days().take_while(|date| date.year() < YEARS.end);
    let mut before = None;
    for date in days {
        let offset = offset_of_noon(zone, date);
        if before.is_some_and(|before| before != offset) {
            dates.extend(date.iter_days().take(2));
            dates.extend(date.pred_opt());
        }
        before = Some(offset);
    }
    dates.into_iter().collect()
}

fn lost_or_doubled(
    table: &Timetable,
    dates: &[NaiveDate],
    told: &mut BTreeSet<Span>,
    findings: &mut Findings,
) {
    for date in dates {
        for hours in &table.week[weekday(*date)] {
            let (opens, closes) = table.schedule.calendar().span(*date, hours.value);
            let planned = u64::from(hours.value.to - hours.value.from) * 60;
            let lasts = closes.since(opens).as_secs();
            let message = if lasts == 0 {
                "does not exist"
            } else if lasts >= 2 * planned {
                "comes twice"
            } else {
                continue;
            };
            if told.insert(hours.span) {
                let zone = table.schedule.timezone();
                let message = format!("{} {message} on {date} in {zone}", written(hours.value));
                findings.add(Diagnostic::new(Code::ClocksChange, hours.span, message));
            }
        }
    }
}

/// The hours of the week at which no rule matches, when each rule asks for opening hours.
pub(super) fn unmanned(draft: &Draft) -> Option<Diagnostic> {
    let last = draft.rules.last()?;
    let mut asked = BTreeSet::new();
    for rule in &draft.rules {
        asked.extend(rule.when.condition()?.only_while_open()?);
    }
    let tables: Vec<&Timetable> = asked.iter().filter_map(|id| draft.schedules.get(id)).collect();
    let zone = tables.first()?.schedule.timezone();
    if tables.iter().any(|table| !table.is_complete || table.schedule.timezone() != zone) {
        return None;
    }
    let mut open = vec![false; WEEK];
    for (day, hours) in tables.iter().flat_map(|table| table.week.iter().enumerate()) {
        let begins = day * usize::from(MIDNIGHT);
        for hours in hours {
            let stretch = usize::from(hours.value.from)..usize::from(hours.value.to);
            stretch.for_each(|minute| open[(begins + minute) % WEEK] = true);
        }
    }
    let from = (0..WEEK).find(|minute| !open[*minute] && open[(minute + WEEK - 1) % WEEK])?;
    let to = (from..from + WEEK).find(|minute| open[minute % WEEK])? % WEEK;
    let message = format!("no rule matches, for example, from {} to {}", in_words(from), in_words(to));
    let finding = Diagnostic::new(Code::NobodyOnDuty, last.when.span.unwrap_or(last.span), message);
    let names = listed(asked.iter().map(ScheduleId::as_str));
    let help = "end with a rule without `when`, such as one that holds dialogs until opening";
    Some(finding.label(format!("each rule asks for {names}")).help(help))
}

fn in_words(minute: usize) -> String {
    let (day, minute) = (minute / usize::from(MIDNIGHT), minute % usize::from(MIDNIGHT));
    format!("{} {:02}:{:02}", DAYS[day], minute / 60, minute % 60)
}

/// As in a rule file.
fn written(hours: Hours) -> String {
    let time = |minute: u16| {
        let minute = if minute > MIDNIGHT { minute - MIDNIGHT } else { minute };
        format!("{:02}:{:02}", minute / 60, minute % 60)
    };
    format!("{}-{}", time(hours.from), time(hours.to))
}
