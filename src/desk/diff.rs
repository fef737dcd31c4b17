//! What another rule set would do to the dialogs there are, found out on a copy of the desk: the answer is what
//! would happen, since it is the same code that would do it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::ids::{DialogId, GroupId, ManagerId, RuleId, RulesVersion};
use crate::domain::routing::{Decision, Responsible, Target};
use crate::domain::time::Timestamp;
use crate::rules::ruleset::{GroupMembers, RuleSet};

use super::Desk;
use super::gradual::Pace;
use super::orders::Order;
use super::roster::Roster;
use super::waiting::Waiter;

/// What another rule set would do.
#[derive(Clone, Debug, PartialEq)]
pub struct Diff {
    /// Dialogs that wait, those that are to move to somebody else included.
    pub waiting: usize,
    /// Of those, how many somebody would get at once.
    pub assigned: usize,
    /// How many would wait elsewhere: by another rule, at another step, or for somebody else.
    pub moved: usize,
    /// How many would stay where they are.
    pub kept: usize,
    /// How many would go on waiting by other rules than the new ones, those that they entered with.
    pub earlier: usize,
    /// No more of those that somebody would get go on in a second than this; `None`: all go at once, since they are not
    /// planned anew.
    pub release_rate: Option<f64>,
    /// How those that change do it, and how many do it so, the most frequent first.
    pub ways: Vec<(Spot, Fate, usize)>,
    /// Each of them, the longest waiting first.
    pub dialogs: Vec<Moved>,
    /// Dialogs held by managers who would be told to let them go.
    pub leaving: Vec<(DialogId, ManagerId)>,
    /// Managers whom the old rules could give dialogs and the new ones cannot, and how many dialogs they hold.
    /// They keep those until they are closed or reassigned.
    pub dropped: Vec<(ManagerId, usize)>,
    /// Managers whom the new rules name and the account does not know.
    pub unknown_managers: BTreeSet<ManagerId>,
    /// Groups that steps name and neither the new rules nor the account know.
    pub unknown_groups: BTreeSet<GroupId>,
}

/// Where a dialog waits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// By which rules.
    pub rules: RulesVersion,
    /// By which rule; `None`: for the default assignment, or for somebody that a person chose.
    pub rule: Option<RuleId>,
    /// At which step, from zero.
    pub step: usize,
    /// For whom; `None` when there is nobody to wait for.
    pub to: Option<Target>,
}

/// What would become of a dialog that waits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// Somebody would get it at once, by this rule.
    Assigned {
        /// Who.
        to: Responsible,
        /// By which rule; `None`: by the default assignment.
        rule: Option<RuleId>,
    },
    /// It would wait here.
    Waits(Spot),
}

/// A dialog that another rule set would move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Which.
    pub dialog: DialogId,
    /// Since when it waits.
    pub since: Timestamp,
    /// Where it waits.
    pub from: Spot,
    /// Where it would go.
    pub fate: Fate,
}

/// What would happen if these rules came into force now.
pub fn diff(desk: &Desk, rules: &Arc<RuleSet>, migrate: bool, now: Timestamp) -> Diff {
    let mut after = desk.clone();
    // At once, to see who would get somebody at all.
    let orders = after.put_in_force(Arc::clone(rules), migrate, Pace::AtOnce, now);
    let (mut assigned, mut leaving) = (BTreeMap::new(), Vec::new());
    for order in orders {
        match order {
            Order::Route { dialog, decision, .. } if decision.choice.is_some() => {
                assigned.insert(dialog, decision);
            }
            Order::Move { dialog, from, .. } => leaving.push((dialog, from)),
            Order::Route { .. }
            | Order::Stay { .. }
            | Order::Lapse { .. }
            | Order::Announce { .. }
            | Order::Save { .. } => {}
        }
    }
    let mut found = Diff {
        waiting: 0,
        assigned: 0,
        moved: 0,
        kept: 0,
        earlier: 0,
        release_rate: migrate.then(|| rules.releases_per_second()),
        ways: Vec::new(),
        dialogs: Vec::new(),
        leaving,
        dropped: dropped(desk, &after),
        unknown_managers: unknown_managers(&after.roster, rules),
        unknown_groups: unknown_groups(&mut after.roster, rules),
    };
    let mut ways: BTreeMap<(Spot, Fate), usize> = BTreeMap::new();
    for waiter in desk.waiting.iter() {
        found.waiting += 1;
        let (id, from) = (&waiter.dialog.id, spot(waiter));
        let fate = match (assigned.get(id), after.waiting.get(id)) {
            (Some(decision), _) => settled(decision),
            (None, Some(waiter)) => {
                found.earlier +=
                    usize::from(waiter.way.rule.is_some() && waiter.way.rules != *rules.version());
                Some(Fate::Waits(spot(waiter)))
            }
            (None, None) => None,
        };
        let Some(fate) = fate.filter(|fate| !is_same(&from, fate)) else {
            found.kept += 1;
            continue;
        };
        match &fate {
            Fate::Assigned { .. } => found.assigned += 1,
            Fate::Waits(_) => found.moved += 1,
        }
        *ways.entry((from.clone(), somebody(&fate))).or_default() += 1;
        found.dialogs.push(Moved { dialog: id.clone(), since: waiter.since, from, fate });
    }
    found.ways = ways.into_iter().map(|((from, fate), count)| (from, fate, count)).collect();
    found.ways.sort_by_key(|(_, _, count)| std::cmp::Reverse(*count));
    found
}

fn spot(waiter: &Waiter) -> Spot {
    let way = &waiter.way;
    Spot {
        rules: way.rules.clone(),
        rule: way.rule.clone(),
        step: waiter.at,
        to: way.legs.get(waiter.at).map(|leg| leg.step.to.clone()),
    }
}

fn settled(decision: &Decision) -> Option<Fate> {
    let rule = decision.rule.clone().filter(|_| decision.fallback.is_none());
    decision.choice.clone().map(|to| Fate::Assigned { to, rule })
}

/// The version alone is no change: it waits for the same people by the same rule.
fn is_same(from: &Spot, fate: &Fate) -> bool {
    match fate {
        Fate::Assigned { .. } => false,
        Fate::Waits(spot) => (&spot.rule, spot.step, &spot.to) == (&from.rule, from.step, &from.to),
    }
}

/// For counting: by which rule dialogs would go matters, not to whom each.
fn somebody(fate: &Fate) -> Fate {
    match fate {
        Fate::Assigned { to: Responsible::Manager(_), rule } => {
            Fate::Assigned { to: Responsible::Manager(ManagerId::trusted("somebody")), rule: rule.clone() }
        }
        Fate::Assigned { .. } | Fate::Waits(_) => fate.clone(),
    }
}

/// Whom a set can give dialogs at all, owners and last managers aside: those depend on the customer.
fn reaches(roster: &Roster, rules: &RuleSet, id: &ManagerId) -> bool {
    let Some(slot) = roster.find(id) else { return false };
    rules.targets().any(|target| match target {
        Target::Everyone => true,
        Target::Manager(named) => named == *id,
        Target::Group(group) => {
            roster.find_pool(&group).is_some_and(|pool| roster.seat(slot).pools.binary_search(&pool).is_ok())
        }
        Target::Owner | Target::LastManager { .. } | Target::Bot(_) | Target::UntilOpen(_) => false,
    })
}

fn dropped(before: &Desk, after: &Desk) -> Vec<(ManagerId, usize)> {
    let seats = before.roster.by_id().map(|(_, seat)| seat);
    let gone = seats.filter(|seat| {
        !seat.dialogs.is_empty()
            && reaches(&before.roster, &before.rules, &seat.id)
            && !reaches(&after.roster, &after.rules, &seat.id)
    });
    gone.map(|seat| (seat.id.clone(), seat.dialogs.len())).collect()
}

fn unknown_managers(roster: &Roster, rules: &RuleSet) -> BTreeSet<ManagerId> {
    let listed = rules.groups().values().flat_map(|members| match members {
        GroupMembers::Managers(managers) => managers.as_slice(),
        GroupMembers::Crm(_) => &[],
    });
    let named = rules.targets().filter_map(|target| match target {
        Target::Manager(id) => Some(id),
        Target::Owner
        | Target::LastManager { .. }
        | Target::Group(_)
        | Target::Everyone
        | Target::Bot(_)
        | Target::UntilOpen(_) => None,
    });
    let is_known = |id: &ManagerId| roster.find(id).is_some_and(|slot| roster.seat(slot).belongs());
    listed.cloned().chain(named).filter(|id| !is_known(id)).collect()
}

fn unknown_groups(roster: &mut Roster, rules: &RuleSet) -> BTreeSet<GroupId> {
    let groups: BTreeSet<GroupId> = rules
        .targets()
        .filter_map(|target| match target {
            Target::Group(group) => Some(group),
            Target::Owner
            | Target::LastManager { .. }
            | Target::Manager(_)
            | Target::Everyone
            | Target::Bot(_)
            | Target::UntilOpen(_) => None,
        })
        .collect();
    groups
        .into_iter()
        .filter(|group| {
            let pool = roster.pool_of(group);
            !roster.exists(pool)
        })
        .collect()
}
