//! One sentence that tells a decision to a person: who got the dialog, by which rule and step, and why not somebody else.
//!
//! It names people by their ids and counts steps from one, as people do.

use super::manager::Absence;
use super::routing::{
    Candidate, Cause, Decision, DecisionEffect, FallbackReason, Responsible, StepOutcome, StepTrace, Target,
    Verdict,
};

/// At most this many candidates are told apart; the rest are in the record.
const TOLD: usize = 4;

/// The sentence of a decision.
pub fn sentence(decision: &Decision) -> String {
    let mut reasons = Vec::new();
    let mut told = Vec::new();
    for step in &decision.steps {
        reasons.extend(step_reason(step, decision, &mut told));
    }
    reasons.extend(crowd(decision, &told));
    let mut text = opening(decision);
    if !reasons.is_empty() {
        text.push_str(": ");
        text.push_str(&reasons.join("; "));
    }
    text.push('.');
    text
}

fn name(who: &Responsible) -> String {
    match who {
        Responsible::Manager(id) => id.to_string(),
        Responsible::Bot(id) => format!("bot {id}"),
    }
}

/// What came of it and by which authority.
fn opening(decision: &Decision) -> String {
    let choice = decision.choice.as_ref().map_or_else(|| "nobody".to_owned(), name);
    let previous = decision.previous.as_ref().map(name);
    let mut text = match (decision.effect, previous) {
        (DecisionEffect::Assigned, _) => format!("Went to {choice}"),
        (DecisionEffect::Reassigned, Some(previous)) => {
            format!("Moved from {previous} to {choice}")
        }
        (DecisionEffect::Reassigned, None) => format!("Moved to {choice}"),
        (DecisionEffect::Waiting, _) => "Waits".to_owned(),
        (DecisionEffect::Kept, Some(previous)) => format!("Stays with {previous} for now"),
        (DecisionEffect::Kept, None) => "Stays where it is for now".to_owned(),
    };
    text.push_str(occasion(decision.cause));
    if let Some(reason) = decision.fallback {
        text.push_str(" by the default assignment, since ");
        text.push_str(fallback(reason));
    } else if let Some(rule) = &decision.rule {
        text += " by rule ";
        text += rule.as_str();
    }
    if let Some(step) = decision.step {
        text += ", step ";
        text += &(u32::from(step) + 1).to_string();
    }
    text
}

/// Why it was asked at all, where that is not plain from the rest.
fn occasion(cause: Cause) -> &'static str {
    match cause {
        Cause::Opened | Cause::MaxMoves => "",
        Cause::Manual => " by hand",
        Cause::Picked => " by their own choice",
        Cause::External => " as the CRM reports",
        Cause::NoReply => " after no reply in time",
        Cause::Offline => " after its manager went offline",
        Cause::Returned => " after it was given back",
        Cause::MemberRemoved => " after its manager was removed",
        Cause::RulesChanged => " after the rules changed",
        Cause::Recovered => " after a restart",
    }
}

fn fallback(reason: FallbackReason) -> &'static str {
    match reason {
        FallbackReason::BotOff => "the bot is off",
        FallbackReason::NoRule => "no rule matches",
        FallbackReason::StepsExhausted => "the rule has no steps left",
        FallbackReason::RulesBroken => "the rules could not be loaded",
        FallbackReason::MaxMoves => "it was moved as often as it may be",
    }
}

/// What one step came to. Remembers whom it told of, so that they are not told of again.
fn step_reason<'a>(step: &'a StepTrace, decision: &'a Decision, told: &mut Vec<&'a str>) -> Option<String> {
    if let Some(person) = &step.person {
        let whose = match step.to {
            Target::Owner => "own manager ",
            Target::LastManager { .. } => "last manager ",
            Target::Manager(_) | Target::Group(_) | Target::Everyone | Target::Bot(_) => "",
        };
        if told.contains(&person.as_str()) {
            return None;
        }
        let candidate = decision.candidates.iter().find(|candidate| candidate.manager == *person);
        let state = match candidate {
            Some(candidate) => state(candidate),
            None if step.outcome == StepOutcome::NobodyPresent => "is absent".to_owned(),
            None => return None,
        };
        told.push(person.as_str());
        return Some(format!("{whose}{person} {state}"));
    }
    match (&step.to, &step.outcome) {
        (Target::Owner, StepOutcome::NoSuchPerson) => Some("the customer has no own manager".to_owned()),
        (Target::LastManager { .. }, StepOutcome::NoSuchPerson) => {
            Some("nobody served the customer lately".to_owned())
        }
        (to, StepOutcome::TargetMissing) => Some(format!("{} does not exist", target(to))),
        (Target::Everyone, StepOutcome::NobodyPresent) => Some("nobody is present".to_owned()),
        (to, StepOutcome::NobodyPresent) => Some(format!("nobody of {} is present", target(to))),
        (to, StepOutcome::Full) => Some(format!("all present of {} are full", target(to))),
        (to, StepOutcome::Passed) => Some(format!("the time for {} is over", target(to))),
        (_, StepOutcome::NoSuchPerson | StepOutcome::Chosen) => None,
    }
}

fn target(to: &Target) -> String {
    match to {
        Target::Owner => "the own manager".to_owned(),
        Target::LastManager { .. } => "the last manager".to_owned(),
        Target::Manager(id) => id.to_string(),
        Target::Group(id) => format!("group {id}"),
        Target::Everyone => "everyone".to_owned(),
        Target::Bot(id) => format!("bot {id}"),
    }
}

/// Of how many present the choice was made, and how the nearest of them stood.
fn crowd(decision: &Decision, told: &[&str]) -> Option<String> {
    let is_present = |verdict: Verdict| !matches!(verdict, Verdict::Absent(_));
    let present: u32 =
        decision.counts.iter().filter(|(verdict, _)| is_present(*verdict)).map(|(_, count)| count).sum();
    let near: Vec<_> = decision
        .candidates
        .iter()
        .filter(|candidate| is_present(candidate.verdict) && !told.contains(&candidate.manager.as_str()))
        .take(TOLD)
        .map(|candidate| format!("{} {}", candidate.manager, state(candidate)))
        .collect();
    if near.is_empty() {
        return None;
    }
    let place = match decision.step.and_then(|step| decision.steps.iter().find(|trace| trace.step == step)) {
        Some(StepTrace { to: Target::Group(id), .. }) => format!(" in {id}"),
        Some(_) | None => String::new(),
    };
    let of = if present > 1 { format!("of {} present{place} ", number(present)) } else { String::new() };
    Some(format!("{of}{}", near.join(", ")))
}

/// How somebody stood.
fn state(candidate: &Candidate) -> String {
    let load = format!("({} of {})", candidate.load, candidate.capacity);
    match candidate.verdict {
        Verdict::Chosen => format!("has room {load}"),
        Verdict::Outranked => format!("comes after {load}"),
        Verdict::OverCapacity => format!("is full {load}"),
        Verdict::FailedBefore => "had it just before".to_owned(),
        Verdict::Absent(absence) => absent(absence).to_owned(),
    }
}

fn absent(absence: Absence) -> &'static str {
    match absence {
        Absence::Removed => "was removed",
        Absence::OnLeave => "is on leave",
        Absence::Offline => "is offline",
        Absence::Settling => "came online only just now",
        Absence::Busy => "is busy",
        Absence::Dinner => "is at dinner",
        Absence::Break => "is on a break",
        Absence::WrapUp => "is finishing another dialog",
    }
}

fn number(count: u32) -> String {
    let words = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    usize::try_from(count)
        .ok()
        .and_then(|at| words.get(at))
        .map_or_else(|| count.to_string(), |word| (*word).to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::ids::{DialogId, GroupId, ManagerId, RuleId, RulesVersion};
    use super::super::routing::Strategy;
    use super::super::time::Timestamp;
    use super::super::units::Units;
    use super::*;

    fn candidate(manager: &str, load: u32, capacity: u32, verdict: Verdict) -> Candidate {
        let [load, capacity] = [load, capacity].map(Units::whole);
        Candidate { manager: ManagerId::trusted(manager), load, capacity, idle_since: None, verdict }
    }

    fn example() -> Decision {
        let step = |step, to, person: Option<&str>, outcome| StepTrace {
            step,
            to,
            person: person.map(ManagerId::trusted),
            outcome,
        };
        Decision {
            dialog: DialogId::trusted("d1"),
            at: Timestamp::from_secs(0),
            cause: Cause::Opened,
            rules: RulesVersion::trusted("abc"),
            rule: Some(RuleId::trusted("standard")),
            step: Some(2),
            entered_step_at: None,
            strategy: Some(Strategy::LeastLoaded),
            steps: vec![
                step(0, Target::Owner, Some("vera"), StepOutcome::NobodyPresent),
                step(2, Target::Group(GroupId::trusted("sales")), None, StepOutcome::Chosen),
            ],
            candidates: vec![
                candidate("vera", 0, 10, Verdict::Absent(Absence::Offline)),
                candidate("ana", 14, 14, Verdict::OverCapacity),
                candidate("boris", 3, 10, Verdict::Chosen),
            ],
            counts: vec![
                (Verdict::Chosen, 1),
                (Verdict::OverCapacity, 1),
                (Verdict::Absent(Absence::Offline), 1),
            ],
            choice: Some(Responsible::Manager(ManagerId::trusted("boris"))),
            previous: None,
            effect: DecisionEffect::Assigned,
            fallback: None,
            waited: Duration::ZERO,
        }
    }

    #[test]
    fn an_assignment_tells_who_why_and_who_not() {
        let told = "Went to boris by rule standard, step 3: own manager vera is offline; \
                    of two present in sales ana is full (14 of 14), boris has room (3 of 10).";
        assert_eq!(sentence(&example()), told);
    }

    #[test]
    fn a_move_tells_from_whom_and_why() {
        let mut decision = example();
        decision.effect = DecisionEffect::Reassigned;
        decision.cause = Cause::NoReply;
        decision.previous = Some(Responsible::Manager(ManagerId::trusted("gleb")));
        decision.steps.clear();
        decision.candidates.truncate(0);
        assert_eq!(
            sentence(&decision),
            "Moved from gleb to boris after no reply in time by rule standard, step 3."
        );
    }

    #[test]
    fn a_choice_by_hand_needs_no_rule() {
        let mut decision = example();
        decision.cause = Cause::Manual;
        (decision.rule, decision.step) = (None, None);
        decision.steps.clear();
        decision.candidates.clear();
        assert_eq!(sentence(&decision), "Went to boris by hand.");
        decision.cause = Cause::Offline;
        decision.effect = DecisionEffect::Kept;
        decision.previous = decision.choice.take();
        assert_eq!(sentence(&decision), "Stays with boris for now after its manager went offline.");
    }

    #[test]
    fn waiting_and_the_default_assignment_have_their_reasons() {
        let mut decision = example();
        decision.effect = DecisionEffect::Waiting;
        decision.choice = None;
        decision.rule = None;
        decision.step = None;
        decision.fallback = Some(FallbackReason::NoRule);
        decision.steps = vec![StepTrace {
            step: 0,
            to: Target::Everyone,
            person: None,
            outcome: StepOutcome::NobodyPresent,
        }];
        decision.candidates.truncate(1);
        assert_eq!(
            sentence(&decision),
            "Waits by the default assignment, since no rule matches: nobody is present."
        );
    }

    #[test]
    fn a_crowd_is_counted_and_only_the_nearest_are_told() {
        let mut decision = example();
        decision.candidates =
            (0..9).map(|n| candidate(&format!("m{n}"), 5, 10, Verdict::Outranked)).collect();
        decision.counts = vec![(Verdict::Outranked, 4_000)];
        let told = sentence(&decision);
        assert!(told.contains("of 4000 present in sales m0 comes after (5 of 10)"), "{told}");
        assert!(!told.contains("m4"), "{told}");
    }
}
