//! `[reassign]`, `[[close]]` and `[closing]`: when dialogs move and close by themselves.

use std::sync::Arc;
use std::time::Duration;

use super::routes::{id_or, when};
use super::table::{Entry, Keys, Section, Zero, keys};
use super::{Close, Reassign, targets};
use crate::domain::closing::{LastFrom, NoReplyPolicy, OfflinePolicy, OfflineWhich, ReassignPolicy};
use crate::domain::ids::RuleId;
use crate::rules::codes::Code;
use crate::rules::diagnostic::{At, Diagnostic, Findings};
use crate::rules::durations::written;
use crate::rules::facts::FactTable;

/// How long a farewell may take to be acknowledged when the file does not say.
const FAREWELL_TIMEOUT: Duration = Duration::from_mins(1);

/// The most reminders of a manager, and the most warnings of a customer.
const MAX_REMINDERS: usize = 50;

const REASSIGN: Keys =
    Keys { known: &["max_moves", "then", "avoid_last", "no_reply", "offline"], later: &["reopened"] };
const WHICH: [(&str, OfflineWhich); 2] =
    [("waiting", OfflineWhich::Waiting), ("unanswered", OfflineWhich::Unanswered)];
const LAST_FROM: [(&str, LastFrom); 3] =
    [("manager", LastFrom::Manager), ("customer", LastFrom::Customer), ("any", LastFrom::Any)];

pub(super) fn reassign(entry: Entry<'_>, findings: &mut Findings) -> Option<At<Reassign>> {
    let section = entry.section(REASSIGN, findings)?;
    let mut policy = ReassignPolicy::default();
    let max_moves = section.get("max_moves").and_then(|entry| entry.whole(0, 1_000, findings));
    if let Some(moves) = max_moves.and_then(|moves| u32::try_from(moves.value).ok()) {
        policy.max_moves = moves;
    }
    if let Some(avoid) = section.get("avoid_last").and_then(|entry| entry.boolean(findings)) {
        policy.avoid_last = avoid.value;
    }
    let then = section.get("then").and_then(|entry| targets::read(entry, findings));
    policy.then = then.as_ref().map(|then| then.value.clone());
    let no_reply = section.get("no_reply").and_then(|entry| no_reply(entry, findings));
    let no_reply_after = no_reply.as_ref().map(|no_reply| no_reply.span);
    policy.no_reply = no_reply.map(|no_reply| no_reply.value);
    policy.offline = section.get("offline").and_then(|entry| offline(entry, findings));
    let reassign = Reassign { policy, then, no_reply_after };
    Some(At::new(reassign, entry.key_span))
}

/// The place is that of `after`.
fn no_reply(entry: Entry<'_>, findings: &mut Findings) -> Option<At<NoReplyPolicy>> {
    let section = entry.section(keys(&["after", "nudge"]), findings)?;
    let after = section
        .require("after", "\"10m\"", findings)
        .and_then(|entry| entry.duration(Zero::Senseless, findings));
    let items = section.get("nudge").and_then(|entry| few(entry, findings)?.list(findings));
    let mut nudges = Vec::new();
    for item in items.unwrap_or_default() {
        let Some(nudge) = item.duration(Zero::Senseless, findings) else {
            continue;
        };
        if nudges.contains(&nudge.value) {
            let message = "the same reminder twice";
            findings.add(Diagnostic::new(Code::Repeated, nudge.span, message));
            continue;
        }
        nudges.push(nudge.value);
        if let Some(after) = after.as_ref().filter(|after| nudge.value >= after.value) {
            let message = format!(
                "a reminder after {} never comes: the dialog moves after {}",
                written(nudge.value),
                written(after.value)
            );
            let finding = Diagnostic::new(Code::NudgesTooLate, nudge.span, message);
            findings.add(finding.also(after.span, "the dialog moves here"));
        }
    }
    nudges.sort_unstable();
    Some(after?.map(|after| NoReplyPolicy { after, nudges }))
}

/// A list that nobody needs to be long; what is no list at all is reported by whoever reads it.
fn few<'a>(entry: Entry<'a>, findings: &mut Findings) -> Option<Entry<'a>> {
    let count = entry.length().unwrap_or_default();
    if count <= MAX_REMINDERS {
        return Some(entry);
    }
    let message = format!("{count} are more than the {MAX_REMINDERS} allowed");
    findings.add(Diagnostic::new(Code::OutOfRange, entry.span(), message));
    None
}

fn offline(entry: Entry<'_>, findings: &mut Findings) -> Option<OfflinePolicy> {
    let section = entry.section(keys(&["after", "which"]), findings)?;
    let after = section
        .require("after", "\"3m\"", findings)
        .and_then(|entry| entry.duration(Zero::Allowed, findings));
    let which = section.get("which").and_then(|entry| entry.word(Code::UnknownWord, &WHICH, findings));
    Some(OfflinePolicy {
        after: after?.value,
        which: which.map_or_else(OfflineWhich::default, |which| which.value),
    })
}

pub(super) fn closes(entry: Entry<'_>, facts: &FactTable, closes: &mut Vec<Close>, findings: &mut Findings) {
    let known = &["id", "when", "after", "last_from", "warn", "farewell", "farewell_timeout"];
    for section in entry.sections(keys(known), findings) {
        let after = section
            .require("after", "\"24h\"", findings)
            .and_then(|entry| entry.duration(Zero::Senseless, findings));
        let last_from =
            section.get("last_from").and_then(|entry| entry.word(Code::UnknownWord, &LAST_FROM, findings));
        let farewell = section.get("farewell").and_then(|entry| key_of(entry, findings));
        closes.push(Close {
            id: id_or(section, "close", closes.len(), findings),
            when: when(section, facts, findings),
            last_from: last_from.map_or_else(LastFrom::default, |last| last.value),
            warnings: warnings(section, after.as_ref(), findings),
            farewell_timeout: farewell_timeout(section, findings),
            farewell,
            after,
            span: section.span,
        });
    }
}

/// The key of a text.
pub(super) fn key_of(entry: Entry<'_>, findings: &mut Findings) -> Option<At<Arc<str>>> {
    let id = entry.id(RuleId::parse, findings)?;
    Some(id.map(|id| id.as_str().into()))
}

fn farewell_timeout(section: Section<'_>, findings: &mut Findings) -> Duration {
    let Some(entry) = section.get("farewell_timeout") else {
        return FAREWELL_TIMEOUT;
    };
    if section.get("farewell").is_none() {
        let message = "there is no `farewell` to wait for";
        findings.add(Diagnostic::new(Code::NoEffect, entry.key_span, message));
    }
    let timeout = entry.duration(Zero::Refused, findings);
    timeout.map_or(FAREWELL_TIMEOUT, |timeout| timeout.value)
}

/// The earliest warning first.
fn warnings(
    section: Section<'_>,
    after: Option<&At<Duration>>,
    findings: &mut Findings,
) -> Vec<(Duration, At<Arc<str>>)> {
    let mut warnings: Vec<(Duration, At<Arc<str>>)> = Vec::new();
    let Some(entry) = section.get("warn") else {
        return warnings;
    };
    let Some(entry) = few(entry, findings) else {
        return warnings;
    };
    for section in entry.sections(keys(&["before", "text"]), findings) {
        let before = section
            .require("before", "\"2h\"", findings)
            .and_then(|entry| entry.duration(Zero::Senseless, findings));
        let text =
            section.require("text", "\"close_soon\"", findings).and_then(|entry| key_of(entry, findings));
        let (Some(before), Some(text)) = (before, text) else {
            continue;
        };
        if let Some(after) = after.filter(|after| before.value >= after.value) {
            let message = format!(
                "a warning {} before the closure would come before the silence of {} begins",
                written(before.value),
                written(after.value)
            );
            let finding = Diagnostic::new(Code::WarnsTooEarly, before.span, message);
            findings.add(finding.also(after.span, "the dialog closes after this"));
        }
        if warnings.iter().any(|(known, _)| *known == before.value) {
            let message = "two warnings at the same time";
            findings.add(Diagnostic::new(Code::Repeated, before.span, message));
        } else {
            warnings.push((before.value, text));
        }
    }
    warnings.sort_by_key(|(before, _)| std::cmp::Reverse(*before));
    warnings
}

/// How many a second: closures, or held dialogs that go on.
pub(super) fn closing(entry: Entry<'_>, findings: &mut Findings) -> Option<At<Option<f64>>> {
    let section = entry.section(keys(&["rate"]), findings)?;
    let rate = section.get("rate").and_then(|entry| rate(entry, findings));
    Some(At::new(rate, entry.key_span))
}

fn rate(entry: Entry<'_>, findings: &mut Findings) -> Option<f64> {
    let text = entry.text(findings)?;
    let parts = text.value.split_once('/');
    let per_second = parts.and_then(|(number, unit)| {
        let seconds = match unit {
            "s" => 1.0,
            "m" | "min" => 60.0,
            "h" => 3_600.0,
            _ => return None,
        };
        let is_plain = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let number = number.parse::<f64>().ok().filter(|_| is_plain)?;
        (number > 0.0 && number <= 1e6).then_some(number / seconds)
    });
    if per_second.is_none() {
        let message = format!("\"{}\" is not a rate", text.value);
        let finding = Diagnostic::new(Code::BadRate, text.span, message);
        findings.add(finding.help("rates look like \"5/s\", \"90/m\" or \"1000/h\""));
    }
    per_second
}
