//! The names of a file looked up in the account that it is for.

use std::collections::BTreeSet;

use crate::domain::account::DefaultAssignment;
use crate::domain::ids::{GroupId, ManagerId};
use crate::domain::routing::Target;
use crate::rules::codes::Code;
use crate::rules::diagnostic::{Diagnostic, Findings, Span};
use crate::rules::read::Draft;
use crate::rules::roster::Roster;
use crate::rules::ruleset::GroupMembers;

pub(super) fn check(draft: &Draft, roster: &Roster, findings: &mut Findings) {
    for (id, members) in &draft.groups {
        match &members.value {
            GroupMembers::Managers(managers) => {
                for unknown in managers.iter().filter(|manager| !roster.managers.contains(*manager)) {
                    manager(unknown, members.span, None, roster, findings);
                }
            }
            GroupMembers::Crm(group) if !roster.groups.contains(group) => {
                let message = format!("`{id}`: nobody of the account is in the group `{group}`");
                let finding = Diagnostic::new(Code::UnknownCrmGroup, members.span, message);
                findings.add(finding.help("check how the CRM writes the group's id"));
            }
            GroupMembers::Crm(_) => {}
        }
    }
    let steps = draft.rules.iter().flat_map(|rule| &rule.steps).filter_map(|step| step.to.as_ref());
    let then = draft.reassign.iter().filter_map(|reassign| reassign.value.then.as_ref());
    for to in steps.chain(then) {
        match &to.value {
            Target::Manager(id) => target_manager(id, to.span, roster, findings),
            Target::Group(id) => target_group(draft, id, to.span, roster, findings),
            Target::Owner
            | Target::LastManager { .. }
            | Target::Everyone
            | Target::Bot(_)
            | Target::UntilOpen(_) => {}
        }
    }
    if let Some(fallback) = draft.bot.as_ref().and_then(|bot| bot.value.fallback.as_ref()) {
        match &fallback.value {
            DefaultAssignment::Manager(id) => target_manager(id, fallback.span, roster, findings),
            DefaultAssignment::Group(id) => target_group(draft, id, fallback.span, roster, findings),
            DefaultAssignment::Crm | DefaultAssignment::Nobody | DefaultAssignment::Bot(_) => {}
        }
    }
    if let Some(capacity) = &draft.capacity {
        for unknown in capacity.value.by_manager.keys().filter(|id| !roster.managers.contains(*id)) {
            manager(unknown, capacity.span, None, roster, findings);
        }
        for kind in capacity.value.by_channel.keys().filter(|kind| !roster.channel_types.contains(*kind)) {
            let message = format!("the account has no channel of type `{kind}`");
            let finding = Diagnostic::new(Code::UnknownChannel, capacity.span, message);
            let near = findings.nearest(kind, roster.channel_types.iter().map(AsRef::as_ref));
            findings.add(match near {
                Some(near) => finding.help(format!("did you mean `{near}`?")),
                None => finding.help("it has no effect until there is one"),
            });
        }
    }
}

fn target_manager(id: &ManagerId, place: Span, roster: &Roster, findings: &mut Findings) {
    if !roster.managers.contains(id) {
        manager(id, place, Some("manager"), roster, findings);
    }
}

/// A group that the file does not define is one of the CRM's.
fn target_group(draft: &Draft, id: &GroupId, place: Span, roster: &Roster, findings: &mut Findings) {
    if draft.groups.contains_key(id) || roster.groups.contains(id) {
        return;
    }
    let message = format!("neither the file nor the account has a group `{id}`");
    let finding = Diagnostic::new(Code::UnknownCrmGroup, place, message);
    let known: BTreeSet<&str> = draft.groups.keys().chain(&roster.groups).map(GroupId::as_str).collect();
    let near = findings.nearest(id.as_str(), known).map(|near| format!("\"group:{near}\""));
    findings.add(finding.nearest(near.as_deref(), || "check how the CRM writes the group's id".into()));
}

/// At a place that is the manager's own, a nearer name can be offered in exchange.
fn manager(id: &ManagerId, place: Span, own: Option<&str>, roster: &Roster, findings: &mut Findings) {
    let message = format!("the account has no manager `{id}`");
    let finding = Diagnostic::new(Code::UnknownManager, place, message);
    let near = findings.nearest(id.as_str(), roster.managers.iter().map(ManagerId::as_str));
    findings.add(match (near, own) {
        (Some(near), Some(word)) => finding.replace_by(format!("\"{word}:{near}\"")),
        (Some(near), None) => finding.help(format!("did you mean `{near}`?")),
        (None, _) => finding.help("check how the CRM writes the manager's id"),
    });
}
