//! Names in tests: whatever a test expects must be in the file or in the test.

use std::collections::BTreeSet;

use crate::domain::account::DefaultAssignment;
use crate::domain::ids::{ManagerId, RuleId, ScheduleId};
use crate::domain::routing::{Responsible, Target};
use crate::nearest::nearest;
use crate::rules::cases::{Act, Assignee, Case, Deed, Expect, Wanted};
use crate::rules::codes::Code;
use crate::rules::diagnostic::{Diagnostic, Findings, Span};
use crate::rules::listing::listed;
use crate::rules::read::Draft;
use crate::rules::ruleset::GroupMembers;

/// Of more managers than anybody reads, not all are listed.
const LISTED: usize = 20;

pub(super) fn check(draft: &Draft, findings: &mut Findings) {
    let named = managers_of(draft);
    for (at, case) in draft.cases.iter().enumerate() {
        if let Some(first) = draft.cases[..at].iter().find(|other| other.name == case.name) {
            let message = format!("two tests are called \"{}\"", case.name);
            let finding = Diagnostic::new(Code::DuplicateId, case.span, message);
            findings.add(finding.also(first.span, "first here"));
        }
        let known = Known { draft, managers: managers_in(case, &named) };
        for moment in &case.moments {
            if let Some(act) = &moment.act {
                known.act(act, findings);
            }
            known.expect(&moment.expect, findings);
        }
    }
}

/// The managers that a file names.
fn managers_of(draft: &Draft) -> BTreeSet<ManagerId> {
    let listed = draft.groups.values().filter_map(|group| match &group.value {
        GroupMembers::Managers(managers) => Some(managers.iter()),
        GroupMembers::Crm(_) => None,
    });
    let mut named: BTreeSet<ManagerId> = listed.flatten().cloned().collect();
    let steps = draft.rules.iter().flat_map(|rule| &rule.steps).filter_map(|step| step.to.as_ref());
    let then = draft.reassign.iter().filter_map(|reassign| reassign.value.then.as_ref());
    named.extend(steps.chain(then).filter_map(|to| match &to.value {
        Target::Manager(id) => Some(id.clone()),
        Target::Owner
        | Target::LastManager { .. }
        | Target::Group(_)
        | Target::Everyone
        | Target::Bot(_)
        | Target::UntilOpen(_) => None,
    }));
    named.extend(draft.capacity.iter().flat_map(|capacity| capacity.value.by_manager.keys().cloned()));
    let fallback = draft.bot.as_ref().and_then(|bot| bot.value.fallback.as_ref());
    if let Some(DefaultAssignment::Manager(id)) = fallback.map(|fallback| &fallback.value) {
        named.insert(id.clone());
    }
    named
}

/// With those that the test brings.
fn managers_in(case: &Case, named: &BTreeSet<ManagerId>) -> BTreeSet<ManagerId> {
    let mut managers = named.clone();
    managers.extend(case.managers.iter().flatten().map(|(id, _)| id.clone()));
    managers.extend(case.moments.iter().flat_map(|moment| moment.managers.keys().cloned()));
    managers
}

struct Known<'a> {
    draft: &'a Draft,
    managers: BTreeSet<ManagerId>,
}

impl Known<'_> {
    fn act(&self, act: &Act, findings: &mut Findings) {
        let by = match &act.deed {
            Deed::ManagerReplies { by, .. }
            | Deed::ManagerNotes(by)
            | Deed::GivesBack(by)
            | Deed::Accepts(by)
            | Deed::Declines(by)
            | Deed::Closes(by) => by.as_ref(),
            Deed::Assigns { to, by } => {
                if let Assignee::Manager(manager) = to {
                    self.manager(manager, act.span, findings);
                }
                by.as_ref()
            }
            Deed::CustomerWrites(_)
            | Deed::CustomerChanges(_)
            | Deed::LookUpBegins(_)
            | Deed::LookUpEnds
            | Deed::BotReplies
            | Deed::TextDelivered
            | Deed::TextFailed => None,
        };
        if let Some(by) = by {
            self.manager(by, act.span, findings);
        }
    }

    fn expect(&self, expect: &Expect, findings: &mut Findings) {
        let rule = expect.all.iter().find_map(|expected| expected.wanted.rule());
        for expected in &expect.all {
            let place = expected.value;
            match &expected.wanted {
                Wanted::To(Some(Responsible::Manager(manager))) | Wanted::Offered(Some(manager)) => {
                    self.manager(manager, place, findings);
                }
                Wanted::Rejected(manager, _) | Wanted::Load(manager, _) => {
                    self.manager(manager, expected.key, findings);
                }
                Wanted::Rule(rule) => {
                    let rules = || self.draft.rules.iter().map(|rule| &rule.id.value);
                    one_of("rule", rule, rules, place, findings);
                }
                Wanted::Held(Some(schedule)) if !self.draft.schedules.contains_key(schedule) => {
                    let known = || self.draft.schedules.keys().map(ScheduleId::as_str);
                    unknown("schedule", schedule.as_str(), known, place, findings);
                }
                Wanted::Priority(Some(class)) => {
                    let classes = || self.draft.priorities.iter().map(|class| &class.id.value);
                    one_of("priority", class, classes, place, findings);
                }
                Wanted::CloseRule(Some(close)) => {
                    let closes = || self.draft.closes.iter().map(|close| &close.id.value);
                    one_of("close rule", close, closes, place, findings);
                }
                Wanted::Step(step) => self.step(*step, rule, place, findings),
                Wanted::Says(texts) => {
                    for text in texts.iter().filter(|text| !self.draft.texts.contains_key(*text)) {
                        let known = || self.draft.texts.keys().map(AsRef::as_ref);
                        unknown("text", text, known, place, findings);
                    }
                }
                Wanted::To(_)
                | Wanted::Offered(None)
                | Wanted::Waits(_)
                | Wanted::Held(_)
                | Wanted::Cause(_)
                | Wanted::Fallback(_)
                | Wanted::Priority(None)
                | Wanted::CloseRule(None)
                | Wanted::Closed(_)
                | Wanted::Language(_)
                | Wanted::Reminded(_)
                | Wanted::Moves(_)
                | Wanted::Refused(_) => {}
            }
        }
    }

    fn manager(&self, manager: &ManagerId, place: Span, findings: &mut Findings) {
        if !self.managers.contains(manager) {
            let known = || self.managers.iter().take(LISTED).map(ManagerId::as_str);
            unknown("manager", manager.as_str(), known, place, findings);
        }
    }

    fn step(&self, step: u16, rule: Option<&RuleId>, place: Span, findings: &mut Findings) {
        let rules = self.draft.rules.iter().filter(|known| rule.is_none_or(|rule| known.id.value == *rule));
        let most = rules.map(|rule| rule.steps.len()).max();
        if let Some(most) = most.filter(|most| *most < usize::from(step)) {
            let message = match rule {
                Some(rule) => format!("the rule `{rule}` has no step {step}"),
                None => format!("no rule has a step {step}"),
            };
            let help = if most == 1 {
                "there is only step 1".to_owned()
            } else {
                format!("steps go from 1 to {most}")
            };
            findings.add(Diagnostic::new(Code::UnknownInTest, place, message).help(help));
        }
    }
}

fn one_of<'a, I: Iterator<Item = &'a RuleId>>(
    kind: &str,
    id: &RuleId,
    known: impl Fn() -> I,
    place: Span,
    findings: &mut Findings,
) {
    if !known().any(|known| known == id) {
        unknown(kind, id.as_str(), || known().map(RuleId::as_str), place, findings);
    }
}

fn unknown<'a, I: Iterator<Item = &'a str>>(
    kind: &str,
    name: &str,
    known: impl Fn() -> I,
    place: Span,
    findings: &mut Findings,
) {
    let finding = Diagnostic::new(Code::UnknownInTest, place, format!("there is no {kind} `{name}`"));
    let near = nearest(name, known());
    findings.add(match (near, known().next()) {
        (Some(near), _) => finding.help(format!("did you mean `{near}`?")),
        (None, Some(_)) => finding.help(format!("there are {}", listed(known()))),
        (None, None) => finding.help(format!("the file has no {kind}")),
    });
}
