//! Close rules seen together with what else happens to dialogs: moves, waits, and types of channels.

use std::time::Duration;

use crate::domain::closing::LastFrom;
use crate::rules::codes::Code;
use crate::rules::condition::Condition;
use crate::rules::diagnostic::{Diagnostic, Findings};
use crate::rules::durations::written;
use crate::rules::listing::listed;
use crate::rules::read::{Close, Draft, Rule, StepDraft};
use crate::rules::roster::Roster;

/// How many parts of conditions are compared at most.
const PATIENCE: u32 = 50_000;

pub(super) fn check(draft: &Draft, roster: Option<&Roster>, findings: &mut Findings) {
    before_moves(draft, findings);
    let mut patience = PATIENCE;
    for rule in &draft.rules {
        waits(rule, &draft.closes, &mut patience, findings);
    }
    stays_open(draft, roster, findings);
    findings.spend((PATIENCE - patience) as usize);
}

fn before_moves(draft: &Draft, findings: &mut Findings) {
    let reassign = draft.reassign.as_ref().map(|reassign| &reassign.value);
    let no_reply = reassign.and_then(|r| r.policy.no_reply.as_ref().zip(r.no_reply_after));
    let Some((no_reply, place)) = no_reply else {
        return;
    };
    for close in &draft.closes {
        let Some(after) = &close.after else { continue };
        if close.last_from != LastFrom::Manager && after.value <= no_reply.after {
            let message = format!(
                "`{}` closes after {}, before a dialog without reply moves after {}",
                close.id.value,
                written(after.value),
                written(no_reply.after)
            );
            let finding = Diagnostic::new(Code::ShopNeverSilent, after.span, message);
            findings.add(
                finding
                    .also(place, "the dialog would move here")
                    .help("close only dialogs that we answered: `last_from = \"manager\"`"),
            );
        }
    }
}

/// A wait that the dialog does not live to see.
fn waits(rule: &Rule, closes: &[Close], patience: &mut u32, findings: &mut Findings) {
    let waiting = |step: &&StepDraft| step.wait.is_some();
    if !rule.steps.iter().any(|step| waiting(&step)) {
        return;
    }
    let Some(condition) = rule.when.condition() else {
        return;
    };
    let Some((close, after)) = surely_closed_by(condition, closes, patience) else {
        return;
    };
    for step in rule.steps.iter().filter(waiting) {
        if let Some(wait) = step.wait.as_ref().filter(|wait| wait.value >= after) {
            let message = format!(
                "the wait of {} never passes: `{}` closes the dialog after {}",
                written(wait.value),
                close.id.value,
                written(after)
            );
            let finding = Diagnostic::new(Code::WaitNeverPasses, wait.span, message);
            let place = close.after.as_ref().map_or(close.span, |after| after.span);
            findings.add(finding.also(place, "it closes dialogs whose customer waits for us"));
        }
    }
}

/// The close rule that ends every dialog of this condition although its customer waits for us, and when.
/// None as soon as an earlier close rule could take some of them and wait longer.
fn surely_closed_by<'a>(
    condition: &Condition,
    closes: &'a [Close],
    patience: &mut u32,
) -> Option<(&'a Close, Duration)> {
    let mut latest = Duration::ZERO;
    for close in closes {
        let after = close.after.as_ref().filter(|_| close.last_from != LastFrom::Manager)?;
        latest = latest.max(after.value);
        *patience = patience.saturating_sub(1);
        if condition.implies(close.when.condition()?, patience) {
            return Some((close, latest));
        }
    }
    None
}

/// Dialogs that no close rule is about, when there are close rules at all.
fn stays_open(draft: &Draft, roster: Option<&Roster>, findings: &mut Findings) {
    let conditions: Option<Vec<_>> = draft.closes.iter().map(|close| close.when.condition()).collect();
    let (Some(last), Some(conditions)) = (draft.closes.last(), conditions) else {
        return;
    };
    if conditions.iter().any(|condition| condition.is_always()) {
        return;
    }
    let mut patience = PATIENCE;
    let types = roster.map(|roster| {
        let mut open = Vec::new();
        for kind in &roster.channel_types {
            let any = Condition::of_channel_type(kind);
            if !conditions.iter().any(|condition| any.implies(condition, &mut patience)) {
                open.push(&**kind);
            }
        }
        open
    });
    let message = match types {
        None => "dialogs that match no close rule stay open".to_owned(),
        Some(open) if open.is_empty() => return,
        Some(open) => format!("some dialogs of {} match no close rule and stay open", listed(open)),
    };
    let finding = Diagnostic::new(Code::NeverCloses, last.when.span.unwrap_or(last.span), message);
    let finding = finding.label("the last close rule has a condition");
    findings.add(finding.help("end with a `[[close]]` without `when`"));
}
