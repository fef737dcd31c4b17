//! What a decision promises: it explains itself, keeps capacity, is fair, and lets nobody overtake unduly.

use std::cmp::Reverse;

use super::eligible::{Legs, is_member};
use crate::domain::ids::{DialogId, ManagerId};
use crate::domain::manager::Manager;
use crate::domain::routing::{
    Candidate, Decision, DecisionEffect, Priority, Responsible, Strategy, Target, Verdict,
};
use crate::domain::time::Timestamp;
use crate::domain::units::Units;
use crate::rules::ruleset::RuleSet;

/// A decision names what it follows from: its rule set, the rule or why there is none, the step, the strategy;
/// and its candidates agree with its choice.
///
/// # Errors
/// What it does not say.
pub fn decision_is_complete(decision: &Decision, is_known: impl Fn(&Decision) -> bool) -> Result<(), String> {
    let dialog = &decision.dialog;
    if !is_known(decision) {
        return Err(format!(
            "the decision on {dialog} names rules {}, which were not in force",
            decision.rules
        ));
    }
    let is_settled = matches!(
        decision.effect,
        DecisionEffect::Assigned | DecisionEffect::Reassigned | DecisionEffect::Offered
    );
    if is_settled != decision.choice.is_some() {
        return Err(format!(
            "the decision on {dialog} is {:?} with choice {:?}",
            decision.effect, decision.choice
        ));
    }
    if is_settled
        && decision.fallback.is_none()
        && (decision.step.is_none() || decision.strategy.is_some() != is_of_several(decision))
    {
        let (step, strategy) = (decision.step, decision.strategy);
        return Err(format!("the decision on {dialog} names step {step:?} and strategy {strategy:?}"));
    }
    let chosen: Vec<&ManagerId> = decision
        .candidates
        .iter()
        .filter(|candidate| is_chosen(candidate))
        .map(|chosen| &chosen.manager)
        .collect();
    let choice: Vec<&ManagerId> = decision.choice.iter().filter_map(Responsible::manager).collect();
    if chosen != choice {
        return Err(format!("the decision on {dialog} chooses {choice:?}, its candidates say {chosen:?}"));
    }
    Ok(())
}

/// The target of the step that chose, or where the dialog waits.
fn target(decision: &Decision) -> Option<&Target> {
    let at = decision.step?;
    decision.steps.iter().find(|traced| traced.step == at).map(|traced| &traced.to)
}

/// Whether the step picks one of several.
fn is_of_several(decision: &Decision) -> bool {
    matches!(target(decision), Some(Target::Group(_) | Target::Everyone))
}

fn is_chosen(candidate: &Candidate) -> bool {
    candidate.verdict == Verdict::Chosen
}

fn chosen(decision: &Decision) -> Option<&Candidate> {
    decision.candidates.iter().find(|candidate| is_chosen(candidate))
}

/// The engine's own choice never exceeds a capacity by more than its step allows.
///
/// # Errors
/// Whose capacity, and by how much.
pub fn capacity_is_kept(decision: &Decision, cost: Units, over: Units) -> Result<(), String> {
    let Some(Candidate { manager, load, capacity, .. }) = chosen(decision) else { return Ok(()) };
    if load.plus(cost) <= capacity.plus(over) {
        Ok(())
    } else {
        Err(format!("{} costs {cost}, and {manager} has {load} of {capacity} in use", decision.dialog))
    }
}

/// Those of the chosen step whom the record shows as able to take the dialog, with the chosen one.
fn able<'a>(
    decision: &'a Decision,
    rules: &RuleSet,
    known: &dyn Fn(&ManagerId) -> Option<&'a Manager>,
) -> Vec<&'a Candidate> {
    let is_of_step = |candidate: &&Candidate| match target(decision) {
        Some(Target::Everyone) => true,
        Some(Target::Group(group)) => {
            known(&candidate.manager).is_some_and(|seen| is_member(rules, group, seen))
        }
        Some(
            Target::Owner
            | Target::LastManager { .. }
            | Target::Manager(_)
            | Target::Bot(_)
            | Target::UntilOpen(_),
        )
        | None => false,
    };
    let is_able = |candidate: &&Candidate| matches!(candidate.verdict, Verdict::Chosen | Verdict::Outranked);
    decision.candidates.iter().filter(is_able).filter(is_of_step).collect()
}

/// The chosen one is the best by the step's strategy, of those whom the record shows as able.
///
/// # Errors
/// Who would have been better.
pub fn choice_is_fair<'a>(
    decision: &'a Decision,
    rules: &RuleSet,
    known: &dyn Fn(&ManagerId) -> Option<&'a Manager>,
) -> Result<(), String> {
    let (Some(chosen), Some(strategy)) = (chosen(decision), decision.strategy) else { return Ok(()) };
    let better = able(decision, rules, known).into_iter().find(|other| match strategy {
        Strategy::LeastLoaded => share_is_less(other, chosen),
        Strategy::LongestIdle => (other.idle_since, &other.manager) < (chosen.idle_since, &chosen.manager),
        Strategy::Ordered => position(decision, rules, other) < position(decision, rules, chosen),
        Strategy::RoundRobin => false,
    });
    match better {
        Some(better) => {
            Err(format!("{} by {strategy:?}: {chosen:?}, but better is {better:?}", decision.dialog))
        }
        None => Ok(()),
    }
}

fn share_is_less(one: &Candidate, other: &Candidate) -> bool {
    let share = |of: &Candidate, by: &Candidate| u64::from(of.load.milli()) * u64::from(by.capacity.milli());
    match (one.capacity.milli(), other.capacity.milli()) {
        (0, _) => false,
        (_, 0) => true,
        _ => share(one, other) < share(other, one),
    }
}

fn position<'a>(decision: &Decision, rules: &RuleSet, candidate: &'a Candidate) -> (usize, &'a ManagerId) {
    let listed = match target(decision) {
        Some(Target::Group(group)) => match rules.groups().get(group) {
            Some(crate::rules::ruleset::GroupMembers::Managers(listed)) => listed.as_slice(),
            Some(crate::rules::ruleset::GroupMembers::Crm(_)) | None => &[],
        },
        _ => &[],
    };
    let at = listed.iter().position(|listed| *listed == candidate.manager).unwrap_or(usize::MAX);
    (at, &candidate.manager)
}

/// Round robin goes on in turn: the chosen one is the next able by id after whoever was served last.
///
/// # Errors
/// Whose turn it was.
pub fn turns_are_kept<'a>(
    decision: &'a Decision,
    last: Option<&ManagerId>,
    rules: &RuleSet,
    known: &dyn Fn(&ManagerId) -> Option<&'a Manager>,
) -> Result<(), String> {
    let (Some(chosen), Some(Strategy::RoundRobin)) = (chosen(decision), decision.strategy) else {
        return Ok(());
    };
    let mut able: Vec<&ManagerId> = able(decision, rules, known).iter().map(|able| &able.manager).collect();
    able.sort();
    let next = able.iter().find(|able| last.is_none_or(|last| **able > last)).or(able.first());
    match next {
        Some(next) if **next != chosen.manager => Err(format!(
            "{} went to {}, after {last:?} it was {next}'s turn of {able:?}",
            decision.dialog, chosen.manager
        )),
        Some(_) | None => Ok(()),
    }
}

/// Nobody is given a dialog of a customer whom they are never to serve.
///
/// # Errors
/// Who got it.
pub fn excluded_get_nothing(decision: &Decision, manager: &Manager, legs: &Legs) -> Result<(), String> {
    if legs.exclude(manager) {
        return Err(format!("{} went to {}, who is excluded: {legs:?}", decision.dialog, manager.id));
    }
    Ok(())
}

/// A waiting dialog, as far as urgency goes.
#[derive(Clone, Debug)]
pub struct Waits {
    /// Which.
    pub dialog: DialogId,
    /// Since when.
    pub since: Timestamp,
    /// Who may take it, and its priority.
    pub legs: Legs,
}

/// More is more urgent; equal points go to whoever waits longer, then by id.
pub(super) fn urgency<'a>(
    dialog: &'a DialogId,
    since: Timestamp,
    priority: &Priority,
    now: Timestamp,
) -> (i128, Reverse<Timestamp>, Reverse<&'a DialogId>) {
    let waited = i128::from(now.micros()) - i128::from(since.micros());
    let points = i128::from(priority.base) * 60_000_000 + i128::from(priority.per_minute) * waited;
    (points, Reverse(since), Reverse(dialog))
}

impl Waits {
    fn urgency(&self, now: Timestamp) -> (i128, Reverse<Timestamp>, Reverse<&DialogId>) {
        urgency(&self.dialog, self.since, &self.legs.priority, now)
    }
}

/// Nobody gets a manager whom a more urgent dialog, told to wait before, might have had. With equal slopes this
/// bounds overtaking: a class with base B overtakes only those who waited less than B by slope longer.
///
/// # Errors
/// Who was overtaken.
pub fn nobody_is_overtaken(
    decision: &Decision,
    manager: &Manager,
    served: &Waits,
    others: &[Waits],
) -> Result<(), String> {
    let Some(Candidate { load, capacity, .. }) = chosen(decision) else { return Ok(()) };
    let free = i64::from(capacity.milli()) - i64::from(load.milli());
    let now = decision.at;
    let overtaken = others
        .iter()
        .find(|other| other.urgency(now) > served.urgency(now) && other.legs.allow(manager, free));
    match overtaken {
        Some(other) => Err(format!(
            "{} got {} at {now:?}, but {other:?} is more urgent than {served:?}",
            served.dialog, manager.id
        )),
        None => Ok(()),
    }
}
