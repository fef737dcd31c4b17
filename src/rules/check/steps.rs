//! The steps of one rule: which of them do nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::ids::{GroupId, ManagerId};
use crate::domain::routing::Target;
use crate::domain::units::Units;
use crate::rules::codes::Code;
use crate::rules::diagnostic::{At, Diagnostic, Findings};
use crate::rules::read::{Rule, StepDraft};
use crate::rules::ruleset::GroupMembers;

/// Who is in each group that the file itself fills.
pub(super) type Members<'a> = BTreeMap<&'a GroupId, BTreeSet<&'a ManagerId>>;

/// The members of the file's groups, to look them up.
pub(super) fn members(groups: &BTreeMap<GroupId, At<GroupMembers>>) -> Members<'_> {
    let listed = groups.iter().filter_map(|(group, members)| match &members.value {
        GroupMembers::Managers(managers) => Some((group, managers.iter().collect())),
        GroupMembers::Crm(_) => None,
    });
    listed.collect()
}

/// The members of the file's groups that may have any number of dialogs. Whoever is in a group with a limit is
/// eligible by it only while a place is free, so naming them by themselves does add them.
pub(super) fn unlimited<'a>(members: &Members<'a>, caps: &BTreeMap<GroupId, u32>) -> Members<'a> {
    let unlimited = members.iter().filter(|(group, _)| !caps.contains_key(**group));
    unlimited.map(|(group, members)| (*group, members.clone())).collect()
}

pub(super) fn check(rule: &Rule, groups: &Members<'_>, has_fallback: bool, findings: &mut Findings) {
    for step in &rule.steps {
        pick(step, findings);
    }
    if let Some(only) = rule.steps.first().and_then(|step| step.only.as_ref()).filter(|only| only.value) {
        let message = "`only` has no effect on the first step: there are no earlier ones";
        findings.add(Diagnostic::new(Code::NoEffect, only.span, message));
    }
    chain(&rule.steps, groups, findings);
    let last_wait = rule.steps.last().and_then(|step| step.wait.as_ref());
    if let Some(wait) = last_wait.filter(|_| !has_fallback) {
        let message = "after the last step there is nothing to go on to";
        let finding = Diagnostic::new(Code::WaitLeadsNowhere, wait.span, message);
        findings
            .add(finding.help(
                "leave `wait` out to stay until somebody is free, or add a step or a `[bot.fallback]`",
            ));
    }
}

fn pick(step: &StepDraft, findings: &mut Findings) {
    let (Some(to), Some(pick)) = (&step.to, &step.pick) else {
        return;
    };
    match &to.value {
        Target::Group(_) | Target::Everyone | Target::UntilOpen(_) => {}
        Target::Owner | Target::LastManager { .. } | Target::Manager(_) | Target::Bot(_) => {
            let message = format!("`{}` is only one: there is nothing to pick from", to.value);
            findings.add(Diagnostic::new(Code::PickWithoutChoice, pick.span, message));
        }
    }
}

/// Steps widen, until one replaces those before it or gives the dialog to a bot.
fn chain(steps: &[StepDraft], groups: &Members<'_>, findings: &mut Findings) {
    let mut eligible: Vec<(&At<Target>, Units)> = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let Some(to) = &step.to else { continue };
        if matches!(to.value, Target::UntilOpen(_)) {
            continue;
        }
        if step.only.as_ref().is_some_and(|only| only.value) {
            eligible.clear();
        }
        let covers = |(earlier, over): &&(&At<Target>, Units)| {
            *over >= step.over_capacity && contains(&earlier.value, &to.value, groups)
        };
        findings.spend(eligible.len());
        if let Some((earlier, _)) = eligible.iter().find(covers) {
            let message = format!("the step `{}` adds nobody", to.value);
            let finding = Diagnostic::new(Code::StepAddsNobody, to.span, message);
            let already = format!("`{}` has them all already", earlier.value);
            findings.add(finding.also(earlier.span, already));
        }
        eligible.push((to, step.over_capacity));
        if let (Target::Bot(_), Some(next)) = (&to.value, steps.get(index + 1)) {
            let place = next.to.as_ref().map_or(next.span, |to| to.span);
            let message = "the step is never reached";
            let finding = Diagnostic::new(Code::StepNeverReached, place, message);
            findings.add(finding.also(to.span, "a bot always has room"));
            return;
        }
    }
}

/// Everybody of the second target is in the first.
fn contains(wide: &Target, narrow: &Target, groups: &Members<'_>) -> bool {
    if wide == narrow {
        return true;
    }
    match (wide, narrow) {
        (Target::Everyone, narrow) => !matches!(narrow, Target::Bot(_)),
        (Target::Group(group), Target::Manager(manager)) => {
            groups.get(group).is_some_and(|members| members.contains(manager))
        }
        _ => false,
    }
}
