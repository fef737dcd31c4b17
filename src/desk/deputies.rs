//! Deputies: whoever stands in for somebody who is on leave, where a step names that one person.
//!
//! Who stands in for whom is worked out anew when somebody goes on leave or comes back, or a record changes, and
//! not by decisions: those look it up. A deputy on leave is stood in for in turn; whoever would stand in for
//! themselves has nobody. Only leave calls for a deputy: somebody who is offline or at dinner will be back.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::announcement::{Body, Subject};
use crate::domain::ids::DialogId;
use crate::domain::manager::Absence;

use super::Desk;
use super::itinerary::Who;
use super::orders::Order;
use super::roster::Roster;
use super::seat::Slot;

/// Who stands in for whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StandIns {
    by_principal: BTreeMap<Slot, Slot>,
    by_deputy: BTreeMap<Slot, BTreeSet<Slot>>,
}

impl StandIns {
    /// Who acts for somebody: their stand-in, or they themselves.
    pub fn acting_for(&self, principal: Slot) -> Slot {
        self.by_principal.get(&principal).copied().unwrap_or(principal)
    }

    /// For whom somebody stands in.
    pub fn principals_of(&self, deputy: Slot) -> impl Iterator<Item = Slot> {
        self.by_deputy.get(&deputy).into_iter().flatten().copied()
    }

    fn insert(&mut self, principal: Slot, deputy: Slot) {
        self.by_principal.insert(principal, deputy);
        self.by_deputy.entry(deputy).or_default().insert(principal);
    }
}

/// Where the chain of somebody's deputies leads.
enum Chain {
    /// To somebody who is not on leave.
    To(Slot),
    /// To nobody.
    Ends,
    /// Back to somebody in it: the circle.
    Circular(BTreeSet<Slot>),
}

fn chain(roster: &Roster, principal: Slot) -> Chain {
    let mut seen: Vec<Slot> = vec![principal];
    let mut at = principal;
    loop {
        let deputy = roster.seat(at).record.as_ref().and_then(|record| record.deputy.as_ref());
        let Some(next) = deputy.and_then(|id| roster.find(id)) else { return Chain::Ends };
        if let Some(first) = seen.iter().position(|slot| *slot == next) {
            return Chain::Circular(seen[first..].iter().copied().collect());
        }
        if !roster.seat(next).belongs() {
            return Chain::Ends;
        }
        if roster.seat(next).absence() != Some(Absence::OnLeave) {
            return Chain::To(next);
        }
        seen.push(next);
        at = next;
    }
}

/// Who stands in for whom, and whose deputies lead in a circle.
pub fn stand_ins(roster: &Roster, on_leave: impl Iterator<Item = Slot>) -> (StandIns, Vec<BTreeSet<Slot>>) {
    let (mut found, mut circles) = (StandIns::default(), Vec::new());
    for principal in on_leave {
        match chain(roster, principal) {
            Chain::To(deputy) => found.insert(principal, deputy),
            Chain::Ends => {}
            Chain::Circular(circle) => circles.push(circle),
        }
    }
    (found, circles)
}

impl Desk {
    /// Whether somebody is on leave and has a deputy.
    fn is_deputized(&self, slot: Slot) -> bool {
        let seat = self.roster.seat(slot);
        let has_deputy = seat.record.as_ref().is_some_and(|record| record.deputy.is_some());
        seat.absence() == Some(Absence::OnLeave) && has_deputy
    }

    /// Somebody's leave or record may have changed. Whoever acts for somebody from now on may take what waits for
    /// that one; returns the dialogs that may have nobody to wait for any more.
    pub(super) fn reappoint(&mut self, slot: Slot, orders: &mut Vec<Order>) -> Vec<DialogId> {
        if self.is_deputized(slot) {
            self.on_leave.insert(slot);
        } else {
            self.on_leave.remove(&slot);
        }
        self.reappoint_all(orders)
    }

    /// As [`Desk::reappoint`], for all.
    pub(super) fn reappoint_all(&mut self, orders: &mut Vec<Order>) -> Vec<DialogId> {
        let before = self.roster.stand_ins();
        let serve = self.rules.presence().deputies;
        if self.on_leave.is_empty() && before == &StandIns::default() {
            return Vec::new();
        }
        let on_leave = self.on_leave.iter().copied().filter(|_| serve);
        let (found, circles) = stand_ins(&self.roster, on_leave);
        self.report_circles(circles, orders);
        let before = self.roster.appoint(found);
        let after = self.roster.stand_ins();
        let principals = before.by_principal.keys().chain(after.by_principal.keys()).copied();
        let mut lost = Vec::new();
        for principal in principals.collect::<BTreeSet<_>>() {
            let acts = after.acting_for(principal);
            if acts != before.acting_for(principal) {
                self.freed.push(acts);
                lost.extend(self.waiting.watching(Who::Person(principal)));
            }
        }
        lost
    }

    /// Tells of circles that were not told of before; those that are no more may be told of again.
    fn report_circles(&mut self, circles: Vec<BTreeSet<Slot>>, orders: &mut Vec<Order>) {
        let now: BTreeSet<BTreeSet<Slot>> = circles.into_iter().collect();
        for circle in now.difference(&self.circles) {
            let managers = circle.iter().map(|slot| self.roster.seat(*slot).id.clone()).collect();
            let body = Body::DeputiesCircular { managers };
            orders.push(Order::Announce { subject: Subject::Account, cause: None, body });
        }
        self.circles = now;
    }

    /// Checks that those who stand in are those whom the records say.
    pub(super) fn check_stand_ins(&self) -> Result<(), String> {
        let serve = self.rules.presence().deputies;
        let all = (0..self.roster.seats().len()).filter(|slot| serve && self.is_deputized(*slot));
        let (expected, _) = stand_ins(&self.roster, all);
        let kept = self.roster.stand_ins();
        if *kept == expected { Ok(()) } else { Err(format!("stand-ins are {kept:?}, not {expected:?}")) }
    }
}
