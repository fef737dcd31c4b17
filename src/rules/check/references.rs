//! Names in one section that another defines: groups and texts.

use std::collections::BTreeSet;

use crate::domain::account::DefaultAssignment;
use crate::domain::ids::GroupId;
use crate::domain::routing::Target;
use crate::rules::codes::Code;
use crate::rules::diagnostic::{Diagnostic, Findings, Span};
use crate::rules::listing::listed;
use crate::rules::read::Draft;

/// Of more languages in one file than there are, not all are compared.
const MAX_LANGUAGES: usize = 200;

pub(super) fn check(draft: &Draft, findings: &mut Findings) {
    let steps = draft.rules.iter().flat_map(|rule| &rule.steps);
    let then = draft.reassign.iter().filter_map(|reassign| reassign.value.then.as_ref());
    for to in steps.filter_map(|step| step.to.as_ref()).chain(then) {
        if let Target::Group(group) = &to.value {
            known_group(draft, group, to.span, findings);
        }
    }
    let fallback = draft.bot.as_ref().and_then(|bot| bot.value.fallback.as_ref());
    if let Some(fallback) = fallback
        && let DefaultAssignment::Group(group) = &fallback.value
    {
        known_group(draft, group, fallback.span, findings);
    }
    texts(draft, findings);
    languages(draft, findings);
}

pub(super) fn known_group(draft: &Draft, group: &GroupId, place: Span, findings: &mut Findings) {
    if draft.groups.contains_key(group) {
        return;
    }
    let message = format!("the file does not define the group `{group}`");
    let finding = Diagnostic::new(Code::UnknownGroup, place, message);
    let near = findings.nearest(group.as_str(), draft.groups.keys().map(GroupId::as_str));
    let near = near.map(|near| format!("\"group:{near}\""));
    findings.add(finding.nearest(near.as_deref(), || {
        format!(
            "if it is a group of the CRM, say so in [groups]: {group} = {{ crm_group = \
             \"{group}\" }}"
        )
    }));
}

fn texts(draft: &Draft, findings: &mut Findings) {
    let mut used = BTreeSet::new();
    let warnings = draft.closes.iter().flat_map(|close| &close.warnings).map(|(_, text)| text);
    let farewells = draft.closes.iter().filter_map(|close| close.farewell.as_ref());
    let steps = draft.rules.iter().flat_map(|rule| &rule.steps).filter_map(|step| step.notify.as_ref());
    let replies = draft.replies.iter().filter_map(|reply| reply.text.as_ref());
    for text in warnings.chain(farewells).chain(steps).chain(replies) {
        used.insert(&text.value);
        if draft.texts.contains_key(&text.value) {
            continue;
        }
        let known = || draft.texts.keys().map(AsRef::as_ref);
        let message = format!("there is no text `{}`", text.value);
        let finding = Diagnostic::new(Code::UnknownText, text.span, message);
        let near = findings.nearest(&text.value, known()).map(|near| format!("\"{near}\""));
        findings.add(finding.nearest(near.as_deref(), || {
            let key = &text.value;
            if draft.texts.is_empty() {
                format!("word it in [texts]: {key} = {{ en = \"…\" }}")
            } else {
                format!("the texts are {}", listed(known()))
            }
        }));
    }
    for (key, text) in draft.texts.iter().filter(|(key, _)| !used.contains(key)) {
        let message = format!("nothing uses the text `{key}`");
        findings.add(Diagnostic::new(Code::UnusedText, text.span, message));
    }
}

/// A text without any wording has a finding of its own.
fn languages(draft: &Draft, findings: &mut Findings) {
    let worded = || draft.texts.iter().filter(|(_, text)| !text.value.is_empty());
    let all: BTreeSet<_> = worded().flat_map(|(_, text)| text.value.keys()).collect();
    for (key, text) in worded() {
        findings.spend(all.len().min(MAX_LANGUAGES));
        let missing = all.iter().take(MAX_LANGUAGES).filter(|language| !text.value.contains_key(**language));
        let missing = listed(missing.map(|language| &***language));
        if !missing.is_empty() {
            let message = format!("the text `{key}` has no wording in {missing}");
            let finding = Diagnostic::new(Code::LanguageMissing, text.span, message);
            findings.add(finding.help("other texts have one"));
        }
    }
}
