//! Dialogs that are held: offered to nobody until hours begin, and then let go a few at a time.
//!
//! When the shop opens, everybody who wrote at night becomes due in the same moment. Managers are not buried:
//! held dialogs take turns, the most urgent first and among equals the one that waited longest, no faster than
//! `[release] rate`. Whoever writes after opening is not held and does not stand behind them.
//!
//! The same way serves a backlog that is planned anew when the rules change: those whom somebody would get at once go
//! on no faster. See [`Desk::set_rules`].

use crate::domain::routing::Place;
use crate::domain::time::Timestamp;

use super::Desk;
use super::itinerary::{Leg, Who};
use super::orders::Order;
use super::planning::{Ask, By};
use super::waiting::{Those, Waiter};
use super::walk::{Walk, walk};

/// Why a waiting dialog is offered to nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Until hours begin.
    Until(Timestamp),
    /// It may go on since this moment, and waits for its turn.
    Turn(Timestamp),
    /// Until this moment, or until it is known what is being looked up of its customer: see [`super::facts_wait`].
    Facts(Timestamp),
}

/// How fast those go on whom a change sets free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// All of them now.
    AtOnce,
    /// No faster than `[release] rate`.
    InTurn,
}

impl Hold {
    /// From when on it may go on.
    pub fn until(self) -> Timestamp {
        match self {
            Self::Until(at) | Self::Turn(at) | Self::Facts(at) => at,
        }
    }

    /// As a remembered place says; what became of it meanwhile is found out when it is settled.
    pub fn of(place: &Place) -> Option<Self> {
        place.held_until.map(Self::Until)
    }
}

impl Leg {
    /// When the hours begin that a dialog which entered this leg waits for; `None`: it holds nobody. What was
    /// open when a dialog came to it lets it pass for good. Hours that never come again hold nobody.
    pub(super) fn closed_until(&self, entered_at: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let gate = self.gate.as_ref().filter(|gate| !gate.is_open(entered_at))?;
        gate.next_opening(now)
    }
}

impl Desk {
    /// Whether somebody would get a dialog now that waits among the others, and that no person sent to somebody.
    pub(super) fn is_set_free(&self, waiter: &Waiter, now: Timestamp) -> bool {
        if waiter.hold.is_some() || waiter.is_moving() || waiter.request.only.is_some() {
            return false;
        }
        let Waiter { way, bars, at, entered_at, .. } = waiter;
        walk(&self.roster, way, bars, *at, *entered_at, now).chosen.is_some()
    }

    /// Lets a dialog that was set free pass, or has it wait for its turn: true. Nobody passes those who wait for
    /// theirs already.
    pub(super) fn await_turn(&mut self, waiter: &mut Waiter, has_turns: bool, now: Timestamp) -> bool {
        let waits = has_turns || self.entering.permit(now).is_err();
        if waits {
            waiter.hold = Some(Hold::Turn(now));
        }
        waits
    }

    /// When the next held dialog may go on, if one waits for its turn.
    pub(super) fn next_turn(&self) -> Option<Timestamp> {
        self.waiting.has_turns().then(|| self.entering.ready_at())
    }

    /// Lets held dialogs whose turn has come go on.
    pub(super) fn let_in(&mut self, now: Timestamp, orders: &mut Vec<Order>) {
        while let Some((_, _, dialog)) =
            self.waiting.most_urgent(Who::Gate, i64::MAX, Those::All, now, |_| true)
        {
            if self.entering.permit(now).is_err() {
                break;
            }
            if let Some(mut waiter) = self.waiting.take(&dialog.0) {
                self.go_on(&mut waiter, now);
                self.settle(waiter, now, orders);
            }
        }
    }

    /// Past the step that held it; planned anew when that was the last one.
    fn go_on(&mut self, waiter: &mut Waiter, now: Timestamp) {
        waiter.hold = None;
        let is_gate = waiter.way.legs.get(waiter.at).is_some_and(|leg| leg.gate.is_some());
        if !is_gate {
            return;
        }
        waiter.entered_at = now;
        if waiter.at + 1 < waiter.way.own {
            waiter.at += 1;
            return;
        }
        // As if it had come only now: by the rules and the hours that are in force.
        let planned = self.plan(&waiter.dialog, Ask::Mode, &By::InForce, now);
        waiter.rules = planned.rules;
        waiter.at = 0;
        waiter.bars.excluded.clone_from(&planned.way.excluded);
        waiter.charge = planned.charge;
        waiter.way = planned.way;
    }

    /// Where a held dialog stays; `None`: it is not held, or only for facts, as its way says.
    pub(super) fn stay_held(waiter: &Waiter, now: Timestamp) -> Option<Walk> {
        let before = waiter.hold.filter(|hold| !matches!(hold, Hold::Facts(_)))?;
        let gate = waiter.way.legs.get(waiter.at).and_then(|leg| leg.gate.as_ref());
        let opening = gate.filter(|gate| !gate.is_open(now)).and_then(|gate| gate.next_opening(now));
        let hold = match opening {
            Some(opening) => Hold::Until(opening),
            // Hours may begin earlier than they did.
            None => Hold::Turn(before.until().min(now)),
        };
        Some(Walk::held(waiter.at, waiter.entered_at, hold))
    }
}
