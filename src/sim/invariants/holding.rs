//! What holding promises: nobody is given a held dialog, those who were held enter one by one, and none is
//! forgotten.

use std::cmp::Reverse;
use std::time::Duration;

use super::choice;
use crate::desk::view::RosterView;
use crate::domain::ids::DialogId;
use crate::domain::routing::{Decision, Place, Priority};
use crate::domain::time::Timestamp;

/// By the rule that holds it, nobody is given a dialog before the hours begin that it waits for.
///
/// # Errors
/// Who was given it too early.
pub fn nobody_has_a_held_one(
    place: Option<&Place>,
    decision: &Decision,
    now: Timestamp,
) -> Result<(), String> {
    let Some((place, until)) = place.and_then(|place| Some((place, place.held_until?))) else {
        return Ok(());
    };
    let is_same = (&place.rules, &place.rule) == (&decision.rules, &decision.rule);
    match &decision.choice {
        Some(choice) if is_same && now < until => {
            Err(format!("{} is held until {until:?}, and {choice:?} has it", decision.dialog))
        }
        Some(_) | None => Ok(()),
    }
}

/// Whether a decision lets a dialog go on that was held and is due.
pub fn goes_on(before: Option<&Place>, after: Option<&Place>, now: Timestamp) -> bool {
    let was_due = before.and_then(|place| place.held_until).is_some_and(|until| until <= now);
    was_due && after.is_none_or(|place| place.held_until.is_none())
}

/// Held dialogs go on no faster than the rate.
///
/// # Errors
/// How soon one followed another.
pub fn held_go_on_slowly(last: Option<Timestamp>, pause: Duration, now: Timestamp) -> Result<(), String> {
    match last {
        Some(last) if now < last + pause => {
            Err(format!("one went on at {last:?} and the next at {now:?}, not {pause:?} later"))
        }
        Some(_) | None => Ok(()),
    }
}

/// A held dialog whose hours have begun, as far as its turn goes.
#[derive(Clone, Debug)]
pub struct Turn {
    /// Which.
    pub dialog: DialogId,
    /// Since when it waits.
    pub since: Timestamp,
    /// Its priority.
    pub priority: Priority,
}

impl Turn {
    fn urgency(&self, now: Timestamp) -> (i128, Reverse<Timestamp>, Reverse<&DialogId>) {
        choice::urgency(&self.dialog, self.since, &self.priority, now)
    }
}

/// The most urgent of the held dialogs goes on first; of equally urgent ones the one that waited longest.
///
/// # Errors
/// Who should have gone on.
pub fn held_go_on_in_order(first: &Turn, others: &[Turn], now: Timestamp) -> Result<(), String> {
    match others.iter().find(|other| other.urgency(now) > first.urgency(now)) {
        Some(other) => Err(format!("{first:?} goes on at {now:?} before {other:?}, which is more urgent")),
        None => Ok(()),
    }
}

/// No held dialog is still there long after its hours began.
///
/// # Errors
/// Which one is.
pub fn held_are_let_go(view: &RosterView, patience: Duration, now: Timestamp) -> Result<(), String> {
    let late =
        view.queue.iter().find(|waiting| waiting.held_until.is_some_and(|until| until + patience < now));
    match late {
        Some(waiting) => {
            Err(format!("{} was held until {:?} and is still there", waiting.dialog, waiting.held_until))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{ManagerId, RuleId, RulesVersion};
    use crate::domain::routing::{Cause, DecisionEffect, Responsible};
    use crate::domain::tags::Tags;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_secs(second)
    }

    fn place(held_until: Option<i64>) -> Place {
        Place {
            rules: RulesVersion::trusted("v"),
            rule: Some(RuleId::trusted("night")),
            step: 0,
            entered_at: at(0),
            held_until: held_until.map(at),
        }
    }

    fn decision(choice: Option<&str>) -> Decision {
        Decision {
            dialog: DialogId::trusted("d"),
            at: at(0),
            cause: Cause::Opened,
            rules: RulesVersion::trusted("v"),
            rule: Some(RuleId::trusted("night")),
            tags: Tags::NONE,
            step: Some(0),
            entered_step_at: None,
            strategy: None,
            steps: Vec::new(),
            candidates: Vec::new(),
            counts: Vec::new(),
            choice: choice.map(|id| Responsible::Manager(ManagerId::trusted(id))),
            accept_by: None,
            ask_again_at: None,
            previous: None,
            effect: DecisionEffect::Assigned,
            fallback: None,
            waited: Duration::ZERO,
            facts_until: None,
            basis: None,
        }
    }

    #[test]
    fn a_held_dialog_in_somebodys_hands_is_found() {
        let held = place(Some(100));
        assert!(nobody_has_a_held_one(Some(&held), &decision(Some("ana")), at(99)).is_err());
        assert!(nobody_has_a_held_one(Some(&held), &decision(Some("ana")), at(100)).is_ok());
        assert!(nobody_has_a_held_one(Some(&held), &decision(None), at(50)).is_ok());
        assert!(nobody_has_a_held_one(Some(&place(None)), &decision(Some("ana")), at(50)).is_ok());
    }

    #[test]
    fn whoever_pushes_in_is_found() {
        let turn = |id: &str, since: i64, base: i64| Turn {
            dialog: DialogId::trusted(id),
            since: at(since),
            priority: Priority { base, per_minute: 60, ..Priority::default() },
        };
        let (old, young, vip) = (turn("a", 10, 0), turn("b", 20, 0), turn("c", 300, 600));
        let others = [old.clone(), young.clone()];
        assert!(held_go_on_in_order(&vip, &others, at(400)).is_ok());
        assert!(held_go_on_in_order(&old, &others[1..], at(400)).is_ok());
        assert!(held_go_on_in_order(&young, &others[..1], at(400)).is_err());
        assert!(held_go_on_in_order(&old, std::slice::from_ref(&vip), at(400)).is_err());
        // Ten minutes are what a VIP has before others.
        let late = turn("c", 700, 600);
        assert!(held_go_on_in_order(&old, std::slice::from_ref(&late), at(800)).is_ok());
        let same = turn("z", 10, 0);
        assert!(held_go_on_in_order(&old, std::slice::from_ref(&same), at(400)).is_ok());
        assert!(held_go_on_in_order(&same, std::slice::from_ref(&old), at(400)).is_err());
    }

    #[test]
    fn a_flood_is_found() {
        let pause = Duration::from_secs(2);
        assert!(goes_on(Some(&place(Some(10))), None, at(10)));
        assert!(!goes_on(Some(&place(Some(10))), Some(&place(Some(20))), at(10)));
        assert!(!goes_on(Some(&place(Some(10))), None, at(9)) && !goes_on(None, None, at(10)));
        assert!(held_go_on_slowly(Some(at(10)), pause, at(11)).is_err());
        assert!(held_go_on_slowly(Some(at(10)), pause, at(12)).is_ok());
    }
}
