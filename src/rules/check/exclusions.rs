//! `[[exclude]]`: names that mean something, and conditions that neither never nor always hold.

use super::order::{Listed, never_matches, unique_ids};
use super::references::known_group;
use crate::rules::codes::Code;
use crate::rules::condition::Condition;
use crate::rules::diagnostic::{Diagnostic, Findings};
use crate::rules::read::Draft;

pub(super) fn check(draft: &Draft, findings: &mut Findings) {
    let listed: Vec<Listed<'_>> = draft
        .exclusions
        .iter()
        .map(|exclusion| Listed { id: &exclusion.id, when: &exclusion.when, span: exclusion.span })
        .collect();
    unique_ids("exclusion", &listed, findings);
    for (exclusion, listed) in draft.exclusions.iter().zip(&listed) {
        for group in &exclusion.groups {
            known_group(draft, &group.value, group.span, findings);
        }
        let Some(condition) = exclusion.when.condition() else { continue };
        if condition.is_never() {
            never_matches(listed, findings);
        }
        let names_somebody = !exclusion.managers.is_empty() || !exclusion.groups.is_empty();
        if Condition::is_always(condition) && names_somebody {
            let message = format!("`{}` keeps them from every dialog there is", exclusion.id.value);
            let finding = Diagnostic::new(Code::ExcludesAlways, listed.place(), message);
            findings.add(finding.help("say whose dialogs they are not to get: `when = \'customer.vip\'`"));
        }
    }
}
