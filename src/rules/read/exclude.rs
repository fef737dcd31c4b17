//! `[[exclude]]`: never these customers to those managers.

use super::ExclusionDraft;
use super::routes::{id_or, when};
use super::table::{Entry, Section, keys};
use crate::domain::ids::{GroupId, ManagerId};
use crate::rules::codes::Code;
use crate::rules::diagnostic::{Diagnostic, Findings};
use crate::rules::facts::FactTable;

/// The most tables of a file: each is asked about every dialog.
const MAX_EXCLUSIONS: usize = 100;

/// The most managers one table lists; each is looked at in every decision that the table is about, which the
/// members of a group are not.
const MAX_MANAGERS: usize = 100;

pub(super) fn read(
    entry: Entry<'_>,
    facts: &FactTable,
    exclusions: &mut Vec<ExclusionDraft>,
    findings: &mut Findings,
) {
    for section in entry.sections(keys(&["id", "when", "managers", "groups"]), findings) {
        if exclusions.len() == MAX_EXCLUSIONS {
            let message = format!("more than {MAX_EXCLUSIONS} `[[exclude]]`");
            findings.add(Diagnostic::new(Code::OutOfRange, section.span, message));
            return;
        }
        exclusions.push(exclusion(section, facts, exclusions.len(), findings));
    }
}

fn exclusion(
    section: Section<'_>,
    facts: &FactTable,
    before: usize,
    findings: &mut Findings,
) -> ExclusionDraft {
    let (managers, groups) = (section.get("managers"), section.get("groups"));
    let is_empty = |entry: &Option<Entry<'_>>| entry.is_none_or(|entry| entry.length() == Some(0));
    if is_empty(&managers) && is_empty(&groups) {
        let finding = Diagnostic::new(Code::ExcludesNobody, section.span, "it excludes nobody");
        findings.add(finding.help("name them: `managers = [\"ana\"]` or `groups = [\"juniors\"]`"));
    }
    if let Some(managers) = managers.filter(|entry| entry.length() > Some(MAX_MANAGERS)) {
        let message = format!("more than {MAX_MANAGERS} managers");
        let finding = Diagnostic::new(Code::OutOfRange, managers.span(), message);
        findings.add(finding.help("put them into a group, and exclude the group"));
    }
    let managers = managers.filter(|entry| entry.length() <= Some(MAX_MANAGERS));
    ExclusionDraft {
        id: id_or(section, "exclude", before, findings),
        when: when(section, facts, findings),
        managers: managers.map(|entry| entry.ids(ManagerId::parse, findings)).unwrap_or_default(),
        groups: groups.map(|entry| entry.ids(GroupId::parse, findings)).unwrap_or_default(),
        span: section.span,
    }
}
