//! Explanations: from what is stored about a dialog to its decisions, and why somebody did not get it.
//!
//! Reads only, from any store, beside a running server or without one. Deliberately absent: words for people
//! ([`crate::domain::sentence`]) and how an explanation is shown.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::desk::why_not::why_not;
use crate::domain::ids::{AccountId, DialogId, ManagerId};
use crate::domain::routing::{Decision, Responsible};
use crate::domain::stance::Seen;
use crate::domain::why_not::Answer;
use crate::store::read::{EventFilter, StoredEvent};
use crate::store::{SharedStore, StoreError, StoreResult, decision_read};

/// Events whose data may hold a decision that acted. Assignments by hand have none.
const DECIDED: [&str; 5] =
    ["dialog.waiting", "dialog.offered", "dialog.assigned", "dialog.reassigned", "dialog.kept"];
const SHADOW: &str = "routing.shadow_decided";
const AT_ONCE: u32 = 1_000;
/// A number that no stance is beyond.
const NEWEST: u64 = i64::MAX as u64;

/// What to explain.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// Which decision that acted, from one, the oldest first; `None`: the newest.
    pub decision: Option<u32>,
    /// Also say why this manager did not get the dialog.
    pub why_not: Option<ManagerId>,
}

/// An event that brought a decision, or an assignment by hand.
#[derive(Clone, Debug)]
pub struct Decided {
    /// The event.
    pub event: StoredEvent,
    /// The decision as it is stored, if there is one.
    pub stored: Option<Box<RawValue>>,
    /// The decision, if there is one.
    pub decision: Option<Decision>,
}

impl Decided {
    /// Whether it only says what the rules would have done.
    pub fn is_shadow(&self) -> bool {
        &*self.event.name == SHADOW
    }

    fn acted(&self) -> bool {
        !self.is_shadow() && self.decision.is_some()
    }
}

/// An explanation.
#[derive(Clone, Debug, Default)]
pub struct Explanation {
    /// All that was decided about the dialog, the oldest first.
    pub history: Vec<Decided>,
    /// The place in `history` of the decision that was asked for; `None`: no rule was ever asked.
    pub chosen: Option<usize>,
    /// The answer for the manager who was asked about, if a rule was ever asked.
    pub why_not: Option<WhyNot>,
}

/// Why a manager did not get the dialog.
#[derive(Clone, Debug)]
pub struct WhyNot {
    /// The answer.
    pub answer: Answer,
    /// How whoever got it stood then.
    pub winner: Option<Seen>,
    /// The account has, or had, such a manager.
    pub is_known: bool,
}

impl Explanation {
    /// The decision that was asked for.
    pub fn decided(&self) -> Option<&Decided> {
        self.history.get(self.chosen?)
    }

    /// What the rules would have done last, while the bot only watched.
    pub fn shadow(&self) -> Option<&Decided> {
        self.history.iter().rev().find(|decided| decided.is_shadow())
    }
}

/// Why there is no explanation.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no such decision.
    #[error("there is no decision {asked} about this dialog; there are {count}")]
    NoDecision {
        /// Which was asked for.
        asked: u32,
        /// How many there are.
        count: usize,
    },
}

/// Explains a dialog.
///
/// # Errors
/// [`ExplainError`].
pub async fn explain(
    store: &SharedStore,
    account: &AccountId,
    dialog: &DialogId,
    question: &Question,
) -> Result<Explanation, ExplainError> {
    let history = history(store, account, dialog).await?;
    let acted: Vec<usize> =
        history.iter().enumerate().filter(|(_, decided)| decided.acted()).map(|(at, _)| at).collect();
    let chosen = match question.decision {
        None => acted.last().copied(),
        Some(asked) => {
            let at = usize::try_from(asked).ok().and_then(|asked| asked.checked_sub(1));
            let none = ExplainError::NoDecision { asked, count: acted.len() };
            Some(at.and_then(|at| acted.get(at).copied()).ok_or(none)?)
        }
    };
    let mut explanation = Explanation { history, chosen, why_not: None };
    let decision = explanation.decided().and_then(|decided| decided.decision.as_ref());
    if let (Some(manager), Some(decision)) = (&question.why_not, decision) {
        explanation.why_not = Some(ask(store, account, decision, manager).await?);
    }
    Ok(explanation)
}

async fn ask(
    store: &SharedStore,
    account: &AccountId,
    decision: &Decision,
    manager: &ManagerId,
) -> StoreResult<WhyNot> {
    let number = decision.basis.as_ref().map_or(0, |basis| basis.number);
    let seen = store.stance(account, manager, number).await?;
    let winner = match decision.choice.as_ref().and_then(Responsible::manager) {
        Some(winner) => store.stance(account, winner, number).await?,
        None => None,
    };
    let is_known = seen.is_some() || store.stance(account, manager, NEWEST).await?.is_some();
    let answer = why_not(decision, manager, seen.as_ref(), winner.as_ref());
    Ok(WhyNot { answer, winner, is_known })
}

/// The part of an event's data that is asked for here.
#[derive(Deserialize)]
struct Data {
    decision: Option<Box<RawValue>>,
}

/// All events of the dialog that may hold decisions, oldest first.
async fn history(store: &SharedStore, account: &AccountId, dialog: &DialogId) -> StoreResult<Vec<Decided>> {
    let names = DECIDED.iter().chain([&SHADOW]);
    let filter =
        EventFilter { dialog: Some(dialog.clone()), names: names.map(|&name| name.to_owned()).collect() };
    let mut history: Vec<Decided> = Vec::new();
    loop {
        let after = history.last().map_or(0, |decided| decided.event.seq);
        let more = store.events(account, after, AT_ONCE, &filter).await?;
        let is_last = more.len() < AT_ONCE as usize;
        for event in more {
            history.push(decided(event)?);
        }
        if is_last {
            return Ok(history);
        }
    }
}

fn decided(event: StoredEvent) -> StoreResult<Decided> {
    let unreadable = |problem: String| {
        StoreError::Corrupt(format!("event {} holds a decision that cannot be read: {problem}", event.seq))
    };
    let data: Data = serde_json::from_str(&event.data).map_err(|error| unreadable(error.to_string()))?;
    let decision = data.decision.as_ref().map(|stored| decision_read::decision(stored.get()));
    let decision = decision.transpose().map_err(unreadable)?;
    Ok(Decided { stored: data.decision, decision, event })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;

    fn event(name: &str, data: &str) -> StoredEvent {
        StoredEvent {
            seq: 1,
            id: "x".into(),
            name: name.into(),
            at: Timestamp::from_secs(0),
            dialog: None,
            cause: None,
            data: data.into(),
        }
    }

    #[test]
    fn assignments_by_hand_have_no_decision() {
        let by_hand =
            decided(event("dialog.assigned", r#"{"to":{"manager":"ana"},"decision":null}"#)).unwrap();
        assert!(by_hand.decision.is_none() && !by_hand.acted());
        let without = decided(event("dialog.assigned", r#"{"to":{"manager":"ana"}}"#)).unwrap();
        assert!(!without.acted());
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_event() {
        for data in ["no", r#"{"decision":{"effect":"waiting"}}"#] {
            let error = decided(event("dialog.waiting", data)).unwrap_err().to_string();
            assert!(error.contains("event 1 holds a decision that cannot be read"), "{error}");
        }
    }
}
