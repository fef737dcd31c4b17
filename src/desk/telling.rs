//! What a customer is told with a decision: the text of the step where the dialog comes to wait, and auto-replies.
//!
//! The desk names texts each time it would tell them; the dialog asks for each of them once.

use std::sync::Arc;

use crate::domain::closing::Text;
use crate::domain::dialog::DialogState;
use crate::domain::routing::{Cause, Decision, StepOutcome};
use crate::rules::replies::Moment;

use super::Desk;
use super::gradual::Hold;
use super::waiting::Waiter;
use super::walk::Walk;

impl Desk {
    /// The texts that go with a decision. `waiter` is as it was before.
    pub(super) fn texts(&self, waiter: &Waiter, walk: &Walk, decision: &Decision) -> Vec<Arc<Text>> {
        let mut texts = Vec::new();
        let DialogState::Waiting { place, .. } = &waiter.dialog.state else {
            return texts;
        };
        // What is said when a dialog is opened may depend on what is being looked up.
        if !self.acts() || matches!(walk.hold, Some(Hold::Facts(_))) {
            return texts;
        }
        let waits = walk.chosen.is_none();
        if self.rules.replies() {
            let is_first = waiter.request.cause == Cause::Opened && !waiter.told && place.is_none();
            let may_take = waits && walk.hold.is_none();
            let moment = Moment {
                opened: is_first,
                ahead: may_take.then(|| self.queued()),
                nobody_online: may_take && is_nobody_present(decision),
            };
            texts =
                self.with_facts(&waiter.dialog, decision.at, |facts| self.rules.replies_at(moment, facts));
        }
        let leg = waiter.way.legs.get(walk.at).filter(|_| waits);
        texts.extend(leg.and_then(|leg| leg.step.notify.clone()));
        texts
    }

    /// How many wait for somebody to have room.
    fn queued(&self) -> u32 {
        u32::try_from(self.waiting.unheld_count().saturating_sub(self.waiting.on_hold())).unwrap_or(u32::MAX)
    }
}

/// Of all whom the steps so far name, nobody is at work.
fn is_nobody_present(decision: &Decision) -> bool {
    let mut named = decision.steps.iter().filter(|step| step.outcome != StepOutcome::NoSuchPerson).peekable();
    named.peek().is_some()
        && named.all(|step| matches!(step.outcome, StepOutcome::NobodyPresent | StepOutcome::TargetMissing))
}
