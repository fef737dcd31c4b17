//! Why not them: judges anybody again by a decision's record and how they stood then, with the functions that decide.
//!
//! Needs no desk: a record, the stance of the manager asked about, and that of whoever got the dialog.

use super::judge::{Known, Naming, judge};
use super::keys::{Field, Key};
use super::seat::Posture;
use crate::domain::ids::ManagerId;
use crate::domain::manager::Absence;
use crate::domain::routing::{Decision, Responsible, StepOutcome, StepTrace, Strategy, Target, Verdict};
use crate::domain::stance::{Basis, Seen};
use crate::domain::why_not::{Answer, Edge, Why};

/// Why a manager did not get the dialog by a decision. `seen` is how they stood at the number of the decision's
/// basis, `winner` how whoever got it did; `None`: the account did not have them.
pub fn why_not(
    decision: &Decision,
    manager: &ManagerId,
    seen: Option<&Seen>,
    winner: Option<&Seen>,
) -> Answer {
    let answer = |verdict, why| Answer {
        manager: manager.clone(),
        verdict,
        why,
        stance: decision.basis.as_ref().and(seen).map(|seen| seen.stance),
    };
    let is_chosen = decision.choice.as_ref().and_then(Responsible::manager) == Some(manager);
    if is_held(decision) {
        return answer(None, Why::Held);
    }
    if decision.steps.is_empty() {
        return answer(None, if is_chosen { Why::Chosen } else { Why::NothingAsked });
    }
    let Some(basis) = &decision.basis else {
        let listed = decision.candidates.iter().find(|candidate| candidate.manager == *manager);
        return match listed.map(|candidate| candidate.verdict) {
            Some(verdict) => answer(Some(verdict), why(verdict, decision, None)),
            None => answer(None, Why::NotOnRecord),
        };
    };
    let Some(seen) = seen else {
        return answer(None, Why::NotThere);
    };
    match verdict(decision, basis, manager, seen) {
        Some(verdict @ Verdict::Outranked) => {
            answer(Some(verdict), Why::Outranked(edge(decision, basis, manager, seen, winner)))
        }
        Some(verdict) => answer(Some(verdict), why(verdict, decision, Some((basis, manager, seen)))),
        None => {
            let mut before = decision.steps.iter().filter(|step| step.step < basis.from);
            let was_named = before.any(|step| names(step, manager, seen));
            answer(None, if was_named { Why::SetAside(basis.from) } else { Why::NotNamed })
        }
    }
}

/// Whether the decision left the dialog where it is offered to nobody.
fn is_held(decision: &Decision) -> bool {
    let is_step_held = |step: &StepTrace| matches!(step.outcome, StepOutcome::Held { .. });
    decision.facts_until.is_some() || decision.steps.last().is_some_and(is_step_held)
}

/// What the decision made of a manager who stood like this; `None`: no step that counted names them, or the dialog
/// was held and nobody counted.
pub fn verdict(decision: &Decision, basis: &Basis, manager: &ManagerId, seen: &Seen) -> Option<Verdict> {
    if is_held(decision) {
        return None;
    }
    let stance = &seen.stance;
    let known = Known {
        is_chosen: decision.choice.as_ref().and_then(Responsible::manager) == Some(manager),
        barred: barred(basis, manager, seen),
        absence: stance.absence,
        free: i64::from(stance.capacity.milli()) - i64::from(stance.load.milli()),
    };
    let counting = counting(decision, basis, manager, seen);
    judge(counting.map(|step| naming(basis, step)), known)
}

fn barred(basis: &Basis, manager: &ManagerId, seen: &Seen) -> Option<Verdict> {
    let apart = basis.barred.iter().find(|(barred, _)| barred == manager).map(|(_, verdict)| *verdict);
    let is_excluded = || basis.excluded_groups.iter().any(|group| seen.groups.contains_key(group));
    apart.or_else(|| is_excluded().then_some(Verdict::Excluded))
}

/// The steps that counted and name a manager.
fn counting<'a>(
    decision: &'a Decision,
    basis: &Basis,
    manager: &'a ManagerId,
    seen: &'a Seen,
) -> impl Iterator<Item = &'a StepTrace> {
    let from = basis.from;
    decision.steps.iter().filter(move |step| step.step >= from && names(step, manager, seen))
}

fn naming(basis: &Basis, step: &StepTrace) -> Naming {
    let need = i64::from(basis.charge.milli()) - i64::from(step.over_capacity.milli());
    Naming { need, anyway: step.anyway, open: step.group_full.is_none() }
}

/// Whether a step named somebody who stood like this.
fn names(step: &StepTrace, manager: &ManagerId, seen: &Seen) -> bool {
    if let Some(person) = &step.person {
        // Whoever stands in for them is named with them.
        return person == manager || step.deputy.as_ref() == Some(manager);
    }
    let belonged = seen.stance.absence != Some(Absence::Removed);
    match &step.to {
        Target::Everyone => belonged,
        Target::Group(group) => belonged && seen.groups.contains_key(group),
        Target::Owner
        | Target::LastManager { .. }
        | Target::Manager(_)
        | Target::Bot(_)
        | Target::UntilOpen(_) => false,
    }
}

fn why(verdict: Verdict, decision: &Decision, known: Option<(&Basis, &ManagerId, &Seen)>) -> Why {
    match verdict {
        Verdict::Chosen => Why::Chosen,
        Verdict::Absent(absence) => Why::Absent(absence),
        Verdict::FailedBefore => Why::FailedBefore,
        Verdict::Declined => Why::Declined,
        Verdict::DidNotAccept => Why::DidNotAccept,
        Verdict::Excluded => Why::Excluded,
        Verdict::GroupFull => {
            let group = known.and_then(|(basis, manager, seen)| {
                let mut steps = counting(decision, basis, manager, seen);
                steps.find_map(|step| match &step.to {
                    Target::Group(group) => Some((group.clone(), step.group_full?)),
                    Target::Owner
                    | Target::LastManager { .. }
                    | Target::Manager(_)
                    | Target::Everyone
                    | Target::Bot(_)
                    | Target::UntilOpen(_) => None,
                })
            });
            Why::GroupFull { group }
        }
        Verdict::Outranked => Why::Outranked(None),
        Verdict::OverCapacity => {
            let over = known.and_then(|(basis, manager, seen)| {
                let open = counting(decision, basis, manager, seen).filter(|step| step.group_full.is_none());
                open.map(|step| step.over_capacity).max()
            });
            Why::OverCapacity {
                charge: known.map(|(basis, _, _)| basis.charge).unwrap_or_default(),
                over: over.unwrap_or_default(),
            }
        }
    }
}

/// By what whoever got it came before somebody with room.
fn edge(
    decision: &Decision,
    basis: &Basis,
    manager: &ManagerId,
    seen: &Seen,
    winner: Option<&Seen>,
) -> Option<Edge> {
    let chosen = decision.choice.as_ref().and_then(Responsible::manager)?;
    let winner = winner?;
    let step = decision.steps.iter().find(|step| step.outcome == StepOutcome::Chosen)?;
    let strategy = step.pick?;
    if strategy == Strategy::RoundRobin {
        return Some(Edge::Turn { after: basis.turn_after.clone() });
    }
    let place = |seen: &Seen| match &step.to {
        Target::Group(group) => seen.groups.get(group).copied().flatten(),
        Target::Owner
        | Target::LastManager { .. }
        | Target::Manager(_)
        | Target::Everyone
        | Target::Bot(_)
        | Target::UntilOpen(_) => None,
    };
    let key = |id: &ManagerId, seen: &Seen| {
        let rank = u64::from(id > chosen.min(manager));
        Key::of(strategy, &Posture::of(&seen.stance), rank, place(seen).map_or(i64::MAX, i64::from))
    };
    let field = key(chosen, winner).differs_in(&key(manager, seen))?;
    let (mine, theirs) = (&winner.stance, &seen.stance);
    Some(match (field, strategy) {
        (Field::Share, _) => Edge::Share { winner: (mine.load, mine.capacity) },
        (Field::Second, Strategy::LeastLoaded) => {
            Edge::LastAssigned { winner: mine.work.last_assigned_at, theirs: theirs.work.last_assigned_at }
        }
        (Field::Second, Strategy::LongestIdle) => {
            Edge::IdleSince { winner: mine.work.idle_since, theirs: theirs.work.idle_since }
        }
        (Field::Second, Strategy::Ordered | Strategy::RoundRobin) => {
            Edge::Place { winner: place(winner), theirs: place(seen) }
        }
        (Field::Rank, _) => Edge::Id,
    })
}
