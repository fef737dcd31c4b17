//! `[[priority]]` and `[[rule]]` with their steps.

use std::time::Duration;

use super::lifecycle::key_of;
use super::table::{Entry, Keys, Section, Zero, keys};
use super::{Class, Rule, StepDraft, When, tags, targets};
use crate::domain::ids::RuleId;
use crate::domain::routing::{Strategy, Target};
use crate::domain::units::Units;
use crate::rules::codes::Code;
use crate::rules::condition::{self, Condition};
use crate::rules::diagnostic::{At, Diagnostic, Findings};
use crate::rules::facts::FactTable;

/// Points a minute when a priority does not say.
pub(in crate::rules) const PER_MINUTE: i64 = 60;

/// The most steps of a rule. Widening by ten is already more than anybody follows.
const MAX_STEPS: usize = 100;

/// What a step that holds cannot have.
const HOLD_EXCLUDES: [&str; 7] = ["to", "pick", "wait", "only", "over_capacity", "accept_within", "within"];

/// The longest wait for a customer's facts: who writes wants somebody to answer, and a look-up that takes longer
/// than this is not going to come.
const LONGEST_FACTS_WAIT: Duration = Duration::from_secs(30);

const RULE: Keys = Keys {
    known: &[
        "id",
        "when",
        "facts_within",
        "tags",
        "step",
        "to",
        "pick",
        "wait",
        "only",
        "over_capacity",
        "accept_within",
        "within",
        "hold",
        "notify",
    ],
    later: &[],
};
const STEP: Keys =
    keys(&["to", "pick", "wait", "only", "over_capacity", "accept_within", "within", "hold", "notify"]);

/// The id of a section, or one made of its place in the list.
pub(super) fn id_or(section: Section<'_>, kind: &str, before: usize, findings: &mut Findings) -> At<RuleId> {
    let written = section.get("id").and_then(|entry| entry.id(RuleId::parse, findings));
    written.unwrap_or_else(|| {
        let id = format!("{kind}-{}", before + 1);
        At::new(RuleId::trusted(&id), section.span)
    })
}

/// The `when` of a section.
pub(super) fn when(section: Section<'_>, facts: &FactTable, findings: &mut Findings) -> When {
    let Some(entry) = section.get("when") else {
        return When { condition: None, span: None };
    };
    let text = entry.mapped_text(findings);
    When {
        condition: text.and_then(|(text, map)| condition::compile(text, &map, facts, findings)),
        span: Some(entry.span()),
    }
}

pub(super) fn priorities(
    entry: Entry<'_>,
    facts: &FactTable,
    classes: &mut Vec<Class>,
    findings: &mut Findings,
) {
    let known = &["id", "when", "base", "per_minute"];
    for section in entry.sections(keys(known), findings) {
        let base = section.get("base").and_then(|entry| entry.whole(-1_000_000, 1_000_000, findings));
        let per_minute = section.get("per_minute").and_then(|entry| entry.whole(0, 100_000, findings));
        if let Some(zero) = per_minute.as_ref().filter(|points| points.value == 0) {
            let message = "waiting gains no points";
            let finding = Diagnostic::new(Code::NeverAges, zero.span, message);
            findings.add(finding.help("leave it out for 60 points a minute"));
        }
        classes.push(Class {
            id: id_or(section, "priority", classes.len(), findings),
            when: when(section, facts, findings),
            base: base.map_or(0, |base| base.value),
            per_minute: per_minute.unwrap_or(At::new(PER_MINUTE, section.span)),
            span: section.span,
        });
    }
}

pub(super) fn rules(entry: Entry<'_>, facts: &FactTable, rules: &mut Vec<Rule>, findings: &mut Findings) {
    for section in entry.sections(RULE, findings) {
        let id = id_or(section, "rule", rules.len(), findings);
        let when = when(section, facts, findings);
        let steps = steps(section, findings);
        let when = while_it_holds(when, &steps, facts);
        let facts_within = facts_within(section, findings);
        let tags = section.get("tags").map(|entry| tags::read(entry, findings)).unwrap_or_default();
        rules.push(Rule { id, when, facts_within, tags, steps, span: section.span });
    }
}

/// How long a rule waits for what is being looked up of the customer.
fn facts_within(section: Section<'_>, findings: &mut Findings) -> Option<Duration> {
    let within = section.get("facts_within")?.duration(Zero::Refused, findings)?;
    if within.value > LONGEST_FACTS_WAIT {
        let most = LONGEST_FACTS_WAIT.as_secs();
        let message = format!("nobody should wait longer than {most} seconds for what is looked up");
        let finding = Diagnostic::new(Code::FactsWaitTooLong, within.span, message);
        findings.add(finding.help("a look-up takes a second or two: write `facts_within = \"2s\"`"));
        return None;
    }
    Some(within.value)
}

/// A rule whose steps do nothing but hold matches only while one of them does: at opening its dialogs are
/// planned anew, and must not come back to it.
fn while_it_holds(when: When, steps: &[StepDraft], facts: &FactTable) -> When {
    let closed = |step: &StepDraft| match &step.to.as_ref()?.value {
        Target::UntilOpen(id) => facts.find_schedule(id.as_str()).cloned().map(Condition::while_closed),
        Target::Owner
        | Target::LastManager { .. }
        | Target::Manager(_)
        | Target::Group(_)
        | Target::Everyone
        | Target::Bot(_) => None,
    };
    let holds: Option<Vec<Condition>> = steps.iter().map(closed).collect();
    let holds = holds.and_then(|holds| holds.into_iter().reduce(Condition::or));
    match (when.condition().cloned(), holds) {
        (Some(condition), Some(holds)) => When { condition: Some(condition.and(holds)), span: when.span },
        (_, _) => when,
    }
}

/// The list of steps, or the one step written directly in the rule.
fn steps(section: Section<'_>, findings: &mut Findings) -> Vec<StepDraft> {
    let own = section.entries().find(|entry| STEP.known.contains(&entry.key));
    let Some(list) = section.get("step") else {
        if own.is_none() {
            let finding = Diagnostic::new(Code::NoSteps, section.span, "the rule has no step");
            findings.add(finding.help("add for example `to = \"everyone\"`"));
            return Vec::new();
        }
        return vec![step(section, findings)];
    };
    if let Some(own) = own {
        let message = format!("`{}` and `step` exclude each other", own.key);
        let finding = Diagnostic::new(Code::KeysExclude, own.key_span, message);
        let help = "write it inside of a step, or write the only step without `step`";
        findings.add(finding.also(list.key_span, "the steps are here").help(help));
    }
    match list.length() {
        Some(0) => {
            findings.add(Diagnostic::new(Code::NoSteps, list.span(), "the list of steps is empty"));
        }
        Some(count) if count > MAX_STEPS => {
            let message = format!("{count} steps are more than the {MAX_STEPS} allowed");
            findings.add(Diagnostic::new(Code::OutOfRange, list.span(), message));
            return Vec::new();
        }
        _ => {}
    }
    list.sections(STEP, findings).into_iter().map(|section| step(section, findings)).collect()
}

fn step(section: Section<'_>, findings: &mut Findings) -> StepDraft {
    let hold = section.get("hold");
    let to = match (section.get("to"), hold) {
        (Some(entry), None) => targets::read(entry, findings),
        (_, Some(hold)) => {
            let others = HOLD_EXCLUDES.iter().filter_map(|key| section.get(key));
            for other in others {
                let message = format!("`{}` and `hold` exclude each other", other.key);
                let finding = Diagnostic::new(Code::KeysExclude, other.key_span, message);
                let help = "a step that holds offers the dialog to nobody; write a step of its own behind it";
                findings.add(finding.also(hold.key_span, "it is held here").help(help));
            }
            targets::hold(hold, findings)
        }
        (None, None) => {
            section.require("to", "\"everyone\"", findings);
            None
        }
    };
    let strategies = Strategy::ALL.map(|strategy| (strategy.word(), strategy));
    let pick = section.get("pick").and_then(|entry| entry.word(Code::UnknownStrategy, &strategies, findings));
    let wait = section.get("wait").and_then(|entry| entry.duration(Zero::Refused, findings));
    let only = section.get("only").and_then(|entry| entry.boolean(findings));
    let over_capacity = section
        .get("over_capacity")
        .and_then(|entry| entry.number(0.0, 1_000.0, findings))
        .and_then(|units| Units::from_f64(units.value))
        .unwrap_or(Units::ZERO);
    let accept_within = accept_within(section, to.as_ref(), findings);
    let notify = section.get("notify").and_then(|entry| key_of(entry, findings));
    let to = if hold.is_some() { to } else { within(section, to, findings) };
    StepDraft { to, pick, wait, only, over_capacity, accept_within, notify, span: section.span }
}

/// Managers are asked; a bot takes what it gets.
fn accept_within(section: Section<'_>, to: Option<&At<Target>>, findings: &mut Findings) -> Option<Duration> {
    let entry = section.get("accept_within")?;
    let within = entry.duration(Zero::Refused, findings)?;
    if let Some(At { value: Target::Bot(bot), .. }) = to {
        let message = format!("the bot `{bot}` is not asked whether it takes a dialog");
        findings.add(Diagnostic::new(Code::NoEffect, entry.key_span, message));
    }
    Some(within.value)
}

/// `within` belongs to `last_manager`.
fn within(section: Section<'_>, to: Option<At<Target>>, findings: &mut Findings) -> Option<At<Target>> {
    let Some(entry) = section.get("within") else {
        return to;
    };
    let within = entry.duration(Zero::Refused, findings);
    Some(to?.map(|target| match target {
        Target::LastManager { .. } => Target::LastManager { within: within.map(|within| within.value) },
        Target::Owner
        | Target::Manager(_)
        | Target::Group(_)
        | Target::Everyone
        | Target::Bot(_)
        | Target::UntilOpen(_) => {
            let message = format!("`within` says nothing about `{target}`");
            let finding = Diagnostic::new(Code::NoEffect, entry.key_span, message);
            findings.add(finding.help("it belongs to `to = \"last_manager\"`"));
            target
        }
    }))
}
