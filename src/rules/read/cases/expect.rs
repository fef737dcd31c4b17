//! `expect` of a test: what must have come of it.

use std::sync::Arc;

use crate::domain::ids::{BotId, ManagerId, RuleId, ScheduleId};
use crate::domain::manager::Absence;
use crate::domain::routing::{Cause, FallbackReason, Responsible, Verdict};
use crate::domain::units::Units;
use crate::rules::cases::{Conversation, Expectation, Wanted};
use crate::rules::codes::Code;
use crate::rules::diagnostic::{At, Findings, Span};
use crate::rules::read::table::{Entry, Section, id_in, keys};
use crate::rules::read::targets;

const KEYS: [&str; 19] = [
    "dialog", "to", "offered", "waits", "held", "rule", "step", "cause", "fallback", "rejected", "priority",
    "close", "closed", "says", "language", "reminded", "moves", "load", "refused",
];
/// What stands for no rule, no class and nobody.
const NONE: &str = "none";
const NOBODY: &str = "nobody";
/// Why somebody did not get a dialog.
const REJECTIONS: [Verdict; 15] = [
    Verdict::Outranked,
    Verdict::OverCapacity,
    Verdict::FailedBefore,
    Verdict::Declined,
    Verdict::DidNotAccept,
    Verdict::Excluded,
    Verdict::GroupFull,
    Verdict::Absent(Absence::Removed),
    Verdict::Absent(Absence::OnLeave),
    Verdict::Absent(Absence::Offline),
    Verdict::Absent(Absence::Settling),
    Verdict::Absent(Absence::Busy),
    Verdict::Absent(Absence::Dinner),
    Verdict::Absent(Absence::Break),
    Verdict::Absent(Absence::WrapUp),
];
const FALLBACKS: [FallbackReason; 5] = [
    FallbackReason::BotOff,
    FallbackReason::NoRule,
    FallbackReason::StepsExhausted,
    FallbackReason::RulesBroken,
    FallbackReason::MaxMoves,
];
const MOST_UNITS: f64 = 1_000_000.0;

/// What an `expect` says.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Which conversation it is about, and where that is said.
    pub(super) conversation: Option<(Conversation, Span)>,
    /// What must have come of it.
    pub(super) all: Vec<Expectation>,
}

pub(super) fn read(entry: Entry<'_>, findings: &mut Findings) -> Told {
    let mut told = Told::default();
    let Some(section) = entry.section(keys(&KEYS), findings) else {
        return told;
    };
    if let Some(entry) = section.get("dialog")
        && let Some(number) = entry.whole(1, 1_000, findings)
    {
        told.conversation = Conversation::try_from(number.value).ok().map(|value| (value, number.span));
    }
    for entry in section.entries() {
        match entry.key {
            "rejected" => told.all.extend(rejected(entry, findings)),
            "load" => told.all.extend(loads(entry, findings)),
            _ => {
                let wanted = wanted(entry, findings);
                let (key, value) = (entry.key_span, entry.span());
                told.all.extend(wanted.map(|wanted| Expectation { wanted, key, value }));
            }
        }
    }
    told
}

fn wanted(entry: Entry<'_>, findings: &mut Findings) -> Option<Wanted> {
    Some(match entry.key {
        "to" => to(entry, findings)?,
        "offered" => {
            let id = entry.id(ManagerId::parse, findings)?.value;
            Wanted::Offered((id.as_str() != NOBODY).then_some(id))
        }
        "waits" => Wanted::Waits(entry.boolean(findings)?.value),
        "held" => {
            let schedule = entry.id(ScheduleId::parse, findings)?.value;
            Wanted::Held((schedule.as_str() != NONE).then_some(schedule))
        }
        "rule" => Wanted::Rule(entry.id(RuleId::parse, findings)?.value),
        "step" => Wanted::Step(u16::try_from(entry.whole(1, 100, findings)?.value).ok()?),
        "cause" => {
            let words = Cause::ALL.map(|cause| (cause.word(), cause));
            Wanted::Cause(entry.word(Code::UnknownWord, &words, findings)?.value)
        }
        "fallback" => {
            let words = FALLBACKS.map(|reason| (reason.word(), reason));
            Wanted::Fallback(entry.word(Code::UnknownWord, &words, findings)?.value)
        }
        "priority" => Wanted::Priority(not_none(entry.id(RuleId::parse, findings)?.value)),
        "close" => Wanted::CloseRule(not_none(entry.id(RuleId::parse, findings)?.value)),
        "closed" => Wanted::Closed(entry.boolean(findings)?.value),
        "says" => Wanted::Says(texts(entry, findings)?),
        "language" => Wanted::Language(entry.text(findings)?.value.into()),
        "reminded" => Wanted::Reminded(u32::try_from(entry.whole(0, 1_000, findings)?.value).ok()?),
        "moves" => Wanted::Moves(u32::try_from(entry.whole(0, 1_000, findings)?.value).ok()?),
        "refused" => Wanted::Refused(entry.text(findings)?.value.into()),
        // `dialog` was read before; whatever else was reported.
        _ => return None,
    })
}

/// A manager's id, `bot:` with one, or nobody.
fn to(entry: Entry<'_>, findings: &mut Findings) -> Option<Wanted> {
    let text = entry.text(findings)?;
    Some(Wanted::To(match targets::split(text.value) {
        (NOBODY, None) => None,
        ("bot", Some(id)) => {
            Some(Responsible::Bot(id_in(At::new(id, text.span), BotId::parse, findings)?.value))
        }
        ("manager", Some(id)) => {
            Some(Responsible::Manager(id_in(At::new(id, text.span), ManagerId::parse, findings)?.value))
        }
        _ => Some(Responsible::Manager(id_in(text, ManagerId::parse, findings)?.value)),
    }))
}

fn not_none(id: RuleId) -> Option<RuleId> {
    (id.as_str() != NONE).then_some(id)
}

/// One key of a text, or a list of them.
fn texts(entry: Entry<'_>, findings: &mut Findings) -> Option<Vec<Arc<str>>> {
    if entry.length().is_none() {
        return Some(vec![entry.text(findings)?.value.into()]);
    }
    let items = entry.list(findings)?;
    items.into_iter().map(|item| Some(item.text(findings)?.value.into())).collect()
}

fn rejected(entry: Entry<'_>, findings: &mut Findings) -> Vec<Expectation> {
    let words = REJECTIONS.map(|verdict| (verdict.word(), verdict.word()));
    each_manager(entry, findings, |manager, entry, findings| {
        let word = entry.word(Code::UnknownWord, &words, findings)?.value;
        Some(Wanted::Rejected(manager, word.into()))
    })
}

fn loads(entry: Entry<'_>, findings: &mut Findings) -> Vec<Expectation> {
    each_manager(entry, findings, |manager, entry, findings| {
        let units = Units::from_f64(entry.number(0.0, MOST_UNITS, findings)?.value)?;
        Some(Wanted::Load(manager, units))
    })
}

fn each_manager(
    entry: Entry<'_>,
    findings: &mut Findings,
    read: impl Fn(ManagerId, Entry<'_>, &mut Findings) -> Option<Wanted>,
) -> Vec<Expectation> {
    let mut all = Vec::new();
    let section = entry.open_section(findings);
    for entry in section.into_iter().flat_map(Section::entries) {
        let Some(id) = entry.key_id(ManagerId::parse, findings) else { continue };
        let (key, value) = (entry.key_span, entry.span());
        all.extend(read(id.value, entry, findings).map(|wanted| Expectation { wanted, key, value }));
    }
    all
}
