//! What only the whole file shows: order, references from section to section, and what never happens.

mod order;
mod references;
mod steps;

use super::codes::Code;
use super::diagnostic::{Diagnostic, Findings, Span};
use super::durations::written;
use super::read::Draft;
use super::read::PER_MINUTE;
use super::ruleset::BotMode;
use crate::domain::closing::LastFrom;

/// Looks at everything.
pub(super) fn check(draft: &Draft, findings: &mut Findings) {
    let bot = draft.bot.as_ref().map(|bot| &bot.value);
    let has_fallback = bot.is_some_and(|bot| bot.has_fallback);
    let is_off = bot.is_some_and(|bot| bot.mode == BotMode::Off);
    order::check(draft, has_fallback, findings);
    if draft.rules.is_empty() && !is_off && !draft.rules_misread {
        let start = Span { file: 0, start: 0, end: 0 };
        let finding = Diagnostic::new(Code::NoRule, start, "there is no rule");
        findings.add(finding.help("add `[[rule]]` with `to = \"everyone\"`"));
    }
    for rule in &draft.rules {
        steps::check(rule, &draft.groups, has_fallback, findings);
    }
    references::check(draft, findings);
    slopes(draft, findings);
    closures_before_moves(draft, findings);
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

fn closures_before_moves(draft: &Draft, findings: &mut Findings) {
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
