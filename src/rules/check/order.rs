//! Rules, priorities and close rules in their order: the first match wins, so what stands behind
//! something wider is never reached.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::ids::RuleId;
use crate::rules::codes::Code;
use crate::rules::condition::Condition;
use crate::rules::condition::cover::Cover;
use crate::rules::diagnostic::{At, Diagnostic, Findings, Span};
use crate::rules::read::{Draft, When};

/// How many parts of conditions are compared at most. Files of people need some thousand; in one with far
/// more, the rest is not compared, and that is reported.
const PATIENCE: u32 = 500_000;

/// Conditions that are longer, in bytes, are not compared with several others together.
const COMPARED_TOGETHER: usize = 2_000;

/// A thing with an id and a condition, in a list of its kind.
pub(super) struct Listed<'a> {
    pub(super) id: &'a At<RuleId>,
    pub(super) when: &'a When,
    pub(super) span: Span,
}

impl Listed<'_> {
    /// Where its condition stands, or itself when it has none.
    pub(super) fn place(&self) -> Span {
        self.when.span.unwrap_or(self.span)
    }

    /// How long its condition is, in bytes.
    fn size(&self) -> usize {
        self.when.span.map_or(0, |span| span.end - span.start)
    }
}

pub(super) fn check(draft: &Draft, has_fallback: bool, findings: &mut Findings) {
    let mut rules = Vec::new();
    for rule in &draft.rules {
        rules.push(Listed { id: &rule.id, when: &rule.when, span: rule.span });
    }
    check_list("rule", &rules, findings);
    if let Some(last) = rules.last() {
        if let Some(unmanned) = super::hours::unmanned(draft) {
            findings.add(unmanned);
        } else {
            catch_all(&rules, last, has_fallback, findings);
        }
    }
    let mut classes = Vec::new();
    for class in &draft.priorities {
        classes.push(Listed { id: &class.id, when: &class.when, span: class.span });
    }
    check_list("priority", &classes, findings);
    let mut closes = Vec::new();
    for close in &draft.closes {
        closes.push(Listed { id: &close.id, when: &close.when, span: close.span });
    }
    check_list("close rule", &closes, findings);
    let mut replies = Vec::new();
    for reply in &draft.replies {
        replies.push(Listed { id: &reply.id, when: &reply.when, span: reply.id.span });
    }
    unique_ids("auto-reply", &replies, findings);
}

fn check_list(kind: &str, list: &[Listed<'_>], findings: &mut Findings) {
    unique_ids(kind, list, findings);
    let mut patience = PATIENCE;
    let mut catch_all: Option<&Listed<'_>> = None;
    let mut is_told = false;
    let mut earlier: Vec<(&Listed<'_>, &Condition)> = Vec::new();
    let mut together = Cover::default();
    let mut patience_together = PATIENCE;
    for one in list {
        let Some(condition) = one.when.condition() else {
            continue;
        };
        if condition.is_never() {
            never_matches(one, findings);
            continue;
        }
        let wider = catch_all.or_else(|| first_wider(one, condition, &earlier, &mut patience));
        // A last one for all the rest is good practice, even when there is no rest.
        if wider.is_none()
            && !condition.is_always()
            && one.size() <= COMPARED_TOGETHER
            && let Some(several) = together.of(condition, &mut patience_together)
        {
            findings.add(taken_together(kind, one, &several, &earlier));
        }
        if one.size() <= COMPARED_TOGETHER {
            together.add(earlier.len(), condition);
        }
        earlier.push((one, condition));
        if (patience == 0 || patience_together == 0) && !is_told {
            is_told = true;
            let message =
                format!("from the {kind} `{}` on, conditions were not compared any more", one.id.value);
            let finding = Diagnostic::new(Code::NotCompared, one.place(), message);
            findings.add(
                finding.help("what stands behind something wider may stay unnoticed; shorten the conditions"),
            );
        }
        if let Some(wider) = wider {
            let message = format!("no dialog can reach the {kind} `{}`", one.id.value);
            let taken = format!("`{}` already takes every one", wider.id.value);
            let finding = Diagnostic::new(Code::Unreachable, one.place(), message);
            let help = format!("move `{}` above `{}`", one.id.value, wider.id.value);
            let finding = finding.also(wider.place(), taken);
            findings.add(if one.when.span.is_some() { finding.help(help) } else { finding });
        }
        if condition.is_always() && catch_all.is_none() {
            catch_all = Some(one);
        }
    }
    findings.spend((PATIENCE - patience) as usize + (PATIENCE - patience_together) as usize);
}

/// Several of the earlier ones together take whatever this one could.
fn taken_together(
    kind: &str,
    one: &Listed<'_>,
    several: &BTreeSet<usize>,
    earlier: &[(&Listed<'_>, &Condition)],
) -> Diagnostic {
    let takers: Vec<&Listed<'_>> = several.iter().filter_map(|at| Some(earlier.get(*at)?.0)).collect();
    let names: Vec<String> = takers.iter().map(|taker| format!("`{}`", taker.id.value)).collect();
    let message = format!("no dialog can reach the {kind} `{}`", one.id.value);
    let finding = Diagnostic::new(Code::UnreachableTogether, one.place(), message);
    let finding = finding.label(format!("{} already take every one between them", names.join(", ")));
    let pointed =
        takers.iter().fold(finding, |finding, taker| finding.also(taker.place(), "takes some of them"));
    pointed.help(format!("move `{}` above {}, or remove it", one.id.value, names.join(" and ")))
}

/// The first of the earlier ones that takes whatever this one could. None when patience is at an end.
fn first_wider<'a>(
    one: &Listed<'_>,
    condition: &Condition,
    earlier: &[(&'a Listed<'a>, &Condition)],
    patience: &mut u32,
) -> Option<&'a Listed<'a>> {
    for (listed, wider) in earlier {
        // To see that two are alike takes as long as the shorter is.
        let cost = 1 + one.size().min(listed.size()) / 64;
        *patience = patience.checked_sub(u32::try_from(cost).unwrap_or(u32::MAX)).unwrap_or_default();
        if *patience == 0 {
            return None;
        }
        if condition.implies(wider, patience) {
            return Some(listed);
        }
    }
    None
}

/// What it guards never happens.
pub(super) fn never_matches(one: &Listed<'_>, findings: &mut Findings) {
    let message = format!("`{}` never matches", one.id.value);
    let finding = Diagnostic::new(Code::NeverMatches, one.place(), message);
    findings.add(finding.label("always false"));
}

/// Ids name one thing each.
pub(super) fn unique_ids(kind: &str, list: &[Listed<'_>], findings: &mut Findings) {
    let mut seen: BTreeMap<&RuleId, Span> = BTreeMap::new();
    for one in list {
        if let Some(first) = seen.get(&one.id.value) {
            let message = format!("a second {kind} is called `{}`", one.id.value);
            let finding = Diagnostic::new(Code::DuplicateId, one.id.span, message);
            findings.add(finding.also(*first, "the first"));
        } else {
            seen.insert(&one.id.value, one.id.span);
        }
    }
}

/// Wherever one of two rules does not match, the other does.
fn complete(rules: &[Listed<'_>]) -> bool {
    let mut patience = PATIENCE;
    let conditions: Vec<&Condition> = rules.iter().filter_map(|rule| rule.when.condition()).collect();
    let mut pairs = conditions.iter().enumerate();
    pairs.any(|(index, one)| {
        let rest = one.negated();
        conditions[index + 1..].iter().any(|other| rest.implies(other, &mut patience))
    })
}

fn catch_all(rules: &[Listed<'_>], last: &Listed<'_>, has_fallback: bool, findings: &mut Findings) {
    let is_open = |rule: &Listed<'_>| rule.when.condition().is_some_and(Condition::is_always);
    // One that could not be read may be meant for all.
    if rules.iter().any(is_open) || last.when.condition().is_none() || complete(rules) {
        return;
    }
    let message = "dialogs that match no rule get the default assignment";
    let who = if has_fallback {
        "`[bot.fallback]` decides about them"
    } else {
        "the file has no `[bot.fallback]`: the account's own setting decides about them"
    };
    let finding = Diagnostic::new(Code::NoCatchAll, last.place(), message);
    findings.add(
        finding.label("the last rule has a condition").help(format!("{who}; end with a rule without `when`")),
    );
}
