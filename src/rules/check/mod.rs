//! What only the whole file shows: order, references from section to section, and what never happens.

mod account;
mod capacities;
mod cases;
mod closings;
mod exclusions;
mod hours;
mod order;
mod references;
mod steps;

use std::collections::BTreeMap;

use super::codes::Code;
use super::diagnostic::{Diagnostic, Findings, Span};
use super::read::Draft;
use super::read::PER_MINUTE;
use super::roster::Roster;
use super::ruleset::BotMode;

/// Looks at everything.
pub(super) fn check(draft: &Draft, roster: Option<&Roster>, findings: &mut Findings) {
    let bot = draft.bot.as_ref().map(|bot| &bot.value);
    let has_fallback = bot.is_some_and(|bot| bot.has_fallback);
    let is_off = bot.is_some_and(|bot| bot.mode == BotMode::Off);
    order::check(draft, has_fallback, findings);
    exclusions::check(draft, findings);
    if draft.rules.is_empty() && !is_off && !draft.rules_misread {
        let start = Span { file: 0, start: 0, end: 0 };
        let finding = Diagnostic::new(Code::NoRule, start, "there is no rule");
        findings.add(finding.help("add `[[rule]]` with `to = \"everyone\"`"));
    }
    let members = steps::members(&draft.groups);
    let unlimited = steps::unlimited(&members, &draft.caps);
    for rule in &draft.rules {
        steps::check(rule, &unlimited, has_fallback, findings);
    }
    capacities::check(draft, &members, findings);
    closings::check(draft, roster, findings);
    objectives(draft, findings);
    if let Some(roster) = roster {
        account::check(draft, roster, findings);
    }
    references::check(draft, findings);
    cases::check(draft, findings);
    hours::check(draft, findings);
    slopes(draft, findings);
}

/// All classes should gain points at the speed of those that match no class.
fn slopes(draft: &Draft, findings: &mut Findings) {
    let catch_all = draft
        .priorities
        .iter()
        .find(|class| class.when.condition().is_some_and(super::condition::Condition::is_always));
    let general = catch_all.map_or(PER_MINUTE, |class| class.per_minute.value);
    for class in &draft.priorities {
        let own = class.per_minute.value;
        // Zero has a finding of its own.
        if own != general && own != 0 && general != 0 {
            let id = &class.id.value;
            let message = format!("`{id}` gains {own} points a minute, other dialogs {general}");
            let finding = Diagnostic::new(Code::SlopesDiffer, class.per_minute.span, message);
            findings.add(finding.help("tell classes apart by `base`"));
        }
    }
}

/// Two objectives of one name could not be told apart in the metrics.
fn objectives(draft: &Draft, findings: &mut Findings) {
    let mut seen = BTreeMap::new();
    for objective in &draft.objectives {
        let id = &objective.id;
        if let Some(first) = seen.get(&id.value) {
            let message = format!("a second objective is called `{}`", id.value);
            let finding = Diagnostic::new(Code::DuplicateId, id.span, message);
            findings.add(finding.also(*first, "the first"));
        } else {
            seen.insert(&id.value, id.span);
        }
    }
}
