//! What the desk looks like now, for lists and gauges.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::ids::{DialogId, GroupId, ManagerId, RuleId, RulesVersion};
use crate::domain::manager::{Availability, Manager, Presence};
use crate::domain::routing::GroupUse;
use crate::domain::time::Timestamp;
use crate::domain::units::Units;

use super::Desk;
use super::gradual::Hold;
use super::seat::Seat;
use super::waiting::Waiter;
use super::walk::Taker;

/// What a manager looks like now.
#[derive(Clone, Debug, PartialEq)]
pub struct ManagerView {
    /// The record.
    pub manager: Manager,
    /// Groups, those of the rule file included.
    pub groups: BTreeSet<GroupId>,
    /// What they say of themselves.
    pub presence: Presence,
    /// Whether they may take work.
    pub availability: Availability,
    /// Units in use.
    pub load: Units,
    /// Units in all.
    pub capacity: Units,
    /// Dialogs held.
    pub dialogs: u32,
}

/// The account's people and queue now.
#[derive(Clone, Debug, PartialEq)]
pub struct RosterView {
    /// All managers that were not removed, by id.
    pub managers: Vec<ManagerView>,
    /// How many dialogs wait.
    pub waiting: u32,
    /// How many of them are held until hours begin, until their turn comes, or until facts are known.
    pub held: u32,
    /// How many somebody could take, the held ones apart: must be zero.
    pub serviceable: u32,
    /// When the oldest of them began to wait.
    pub oldest_waiting_since: Option<Timestamp>,
    /// The groups with a limit, and how many dialogs they have and may have.
    pub group_uses: Vec<(GroupId, GroupUse)>,
    /// The rule set in force.
    pub rules: RulesVersion,
    /// Those who wait, the oldest first.
    pub queue: Vec<WaitingView>,
}

/// One dialog that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingView {
    /// Which.
    pub dialog: DialogId,
    /// The rule it waits under.
    pub rule: Option<RuleId>,
    /// Kind of its channel.
    pub channel_kind: Arc<str>,
    /// Since when.
    pub since: Timestamp,
    /// It is held until this moment, and then until its turn comes; for facts, until then at the latest.
    pub held_until: Option<Timestamp>,
}

impl Desk {
    /// Whoever could take a dialog that waits, by what its present step allows: nobody, while the desk keeps its promise.
    pub(super) fn taker_of(&self, waiter: &Waiter) -> Option<Taker> {
        if waiter.hold.is_some() {
            return None;
        }
        waiter.counting_legs().iter().find_map(|leg| super::walk::taker(&self.roster, leg, &waiter.bars))
    }

    /// What a manager looks like now; `None`: they do not belong to the account.
    pub fn manager_view(&self, id: &ManagerId) -> Option<ManagerView> {
        self.member(id).and_then(|(_, seat)| self.view_of(seat))
    }

    /// What all managers look like now, by id.
    pub fn managers(&self) -> impl Iterator<Item = ManagerView> {
        self.roster.by_id().filter_map(|(_, seat)| self.view_of(seat))
    }

    fn view_of(&self, seat: &Seat) -> Option<ManagerView> {
        Some(ManagerView {
            manager: Manager::clone(seat.record.as_ref()?),
            groups: seat.pools.iter().filter_map(|pool| self.roster.pool(*pool).group.clone()).collect(),
            presence: seat.presence,
            availability: seat.availability,
            load: seat.load_units(),
            capacity: seat.capacity,
            dialogs: u32::try_from(seat.dialogs.len()).unwrap_or(u32::MAX),
        })
    }

    /// Everybody and everything now. Decides for each waiting dialog whether somebody could take it: for lists
    /// that people ask for, not for every scrape.
    pub fn view(&self) -> RosterView {
        RosterView {
            managers: self.managers().collect(),
            waiting: u32::try_from(self.waiting.unheld_count()).unwrap_or(u32::MAX),
            held: u32::try_from(self.waiting.on_hold()).unwrap_or(u32::MAX),
            serviceable: count(self.waiting.iter().filter(|waiter| self.taker_of(waiter).is_some())),
            oldest_waiting_since: self.waiting.unheld().next().map(|waiter| waiter.since),
            group_uses: self.group_uses().map(|(group, seen)| (group.clone(), seen)).collect(),
            rules: self.rules.version().clone(),
            queue: self.waiting.unheld().map(view_of_waiter).collect(),
        }
    }
}

fn view_of_waiter(waiter: &Waiter) -> WaitingView {
    WaitingView {
        dialog: waiter.dialog.id.clone(),
        rule: waiter.way.rule.clone(),
        channel_kind: Arc::clone(&waiter.dialog.channel_kind),
        since: waiter.since,
        held_until: waiter.hold.map(Hold::until),
    }
}

/// How many there are.
fn count<T>(items: impl Iterator<Item = T>) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}
