//! Steps seen together with capacities: who has no room, not even when idle.

use super::steps::Members;
use crate::domain::ids::ManagerId;
use crate::domain::routing::Target;
use crate::domain::units::Units;
use crate::rules::codes::Code;
use crate::rules::diagnostic::{At, Diagnostic, Findings};
use crate::rules::read::{Draft, StepDraft};

pub(super) fn check(draft: &Draft, members: &Members<'_>, findings: &mut Findings) {
    for step in draft.rules.iter().flat_map(|rule| &rule.steps) {
        let Some(to) = &step.to else { continue };
        nobody_fits(draft, members, step, to, findings);
        if let (Target::Bot(_), Some(wait)) = (&to.value, &step.wait) {
            let message = "the wait never passes: a bot takes the dialog at once";
            let finding = Diagnostic::new(Code::WaitNeverPasses, wait.span, message);
            findings.add(finding.also(to.span, "a bot always has room"));
        }
    }
}

fn nobody_fits(
    draft: &Draft,
    members: &Members<'_>,
    step: &StepDraft,
    to: &At<Target>,
    findings: &mut Findings,
) {
    let Some(capacity) = &draft.capacity else {
        return;
    };
    let by_manager = &capacity.value.by_manager;
    let has_none = |manager: &ManagerId| by_manager.get(manager) == Some(&Units::ZERO);
    let nobody = match &to.value {
        Target::Manager(manager) => has_none(manager),
        Target::Group(group) => members.get(group).is_some_and(|members| {
            // Of those who are not named in the capacities, the first is reached at once.
            !members.is_empty() && members.len() <= by_manager.len() && members.iter().all(|m| has_none(m))
        }),
        Target::Owner
        | Target::LastManager { .. }
        | Target::Everyone
        | Target::Bot(_)
        | Target::UntilOpen(_) => false,
    };
    if nobody && step.over_capacity == Units::ZERO {
        let message = format!("nobody of `{}` is ever given a dialog: they have no units", to.value);
        let finding = Diagnostic::new(Code::NobodyFits, to.span, message);
        findings.add(finding.also(capacity.span, "their capacity is zero here"));
    }
}
