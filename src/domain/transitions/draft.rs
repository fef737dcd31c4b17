//! A transition in the making: the dialog as it will be, and the effects so far.

use std::time::Duration;

use crate::domain::announcement::Body;
use crate::domain::dialog::{Dialog, DialogKind, Effect, Transition};
use crate::domain::figures::ServiceFigure;
use crate::domain::refusal::Refusal;
use crate::domain::routing::Cause;
use crate::domain::time::Timestamp;

/// What each part of a transition works on.
pub(super) struct Draft {
    /// The dialog as it will be. Its version is the one that the transition leads to.
    pub dialog: Dialog,
    /// The time of the transition.
    pub now: Timestamp,
    /// The command is refused and leaves a trace.
    pub refusal: Option<Refusal>,
    effects: Vec<Effect>,
}

impl Draft {
    /// Of a new dialog.
    pub fn new(dialog: Dialog, now: Timestamp) -> Self {
        Self { dialog, now, refusal: None, effects: Vec::new() }
    }

    /// Of the next state of a dialog.
    pub fn of(dialog: &Dialog, now: Timestamp) -> Self {
        let mut next = dialog.clone();
        next.version += 1;
        Self::new(next, now)
    }

    /// Asks something of the world.
    pub fn effect(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Tells all subscribers.
    pub fn announce(&mut self, cause: Option<Cause>, body: Body) {
        self.effect(Effect::Announce { cause, body });
    }

    /// Measures a figure of a customer's dialog; internal ones have none.
    pub fn measure(&mut self, figure: ServiceFigure) {
        if self.dialog.kind == DialogKind::Customer {
            self.effect(Effect::Measure(figure));
        }
    }

    /// How long ago something was.
    pub fn ago(&self, then: Timestamp) -> Duration {
        self.now.since(then)
    }

    /// The transition that opens the dialog.
    pub fn opened(self) -> Transition {
        Transition { next: self.dialog, effects: self.effects, refusal: self.refusal }
    }

    /// The transition from `before`: one step of the version, or none when nothing came of it.
    pub fn settle(mut self, before: &Dialog) -> Transition {
        let reached = self.dialog.version;
        self.dialog.version = before.version;
        let has_effects = before.is_open() && !self.effects.is_empty();
        if has_effects || self.dialog != *before {
            self.dialog.version = reached;
        }
        self.opened()
    }
}
