//! Who may take a dialog at the step it stands at: worked out from the rules alone, not from the desk's indexes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::desk::Desk;
use crate::domain::account::DefaultAssignment;
use crate::domain::dialog::{AssignmentRequest, Dialog};
use crate::domain::facts::Facts;
use crate::domain::ids::{GroupId, ManagerId};
use crate::domain::manager::{Absence, Availability, Manager};
use crate::domain::routing::{Place, Priority, Step, Strategy, Target};
use crate::domain::time::Timestamp;
use crate::domain::units::Units;
use crate::rules::ruleset::{BotMode, GroupMembers, RuleSet};

/// The steps that count for a dialog, and what each of them needs.
#[derive(Clone)]
pub struct Legs {
    /// Whom each names, and the thousandths of a unit that must be free.
    targets: Vec<(Target, i64)>,
    /// Groups and their members come from here.
    rules: Arc<RuleSet>,
    owner: Option<ManagerId>,
    /// Whoever is on leave among the managers, and their deputy.
    on_leave: BTreeMap<ManagerId, Option<ManagerId>>,
    excluded: BTreeSet<ManagerId>,
    /// Groups excluded by the rule set that planned it.
    excluded_groups: Vec<GroupId>,
    /// Groups that have no place for it.
    full: BTreeSet<GroupId>,
    /// The dialog's priority.
    pub priority: Priority,
}

impl std::fmt::Debug for Legs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} of {} with {:?}", self.targets, self.rules.version(), self.priority)
    }
}

impl Legs {
    /// The legs of a dialog that was told to wait at this place. `None`: the place is of rules that are not
    /// known any more, or the plan changed since.
    pub fn at(
        desk: &Desk,
        rules: &Arc<RuleSet>,
        dialog: &Dialog,
        request: &AssignmentRequest,
        place: &Place,
        now: Timestamp,
    ) -> Option<Self> {
        let channel = desk.channel(dialog.channel.as_ref()?)?;
        let customer = desk.customer(dialog.customer.as_ref()?)?;
        let facts = Facts::of(dialog, channel, customer, now);
        let weight = desk.rules().dialog_policy(&facts).weight;
        let acts = rules.mode() == BotMode::Enforce;
        let plan = rules.plan(&facts).filter(|_| acts);
        let priority = plan.as_ref().map(|plan| plan.priority.clone()).unwrap_or_default();
        let plan = plan.filter(|_| request.only.is_none());
        if plan.as_ref().and_then(|plan| plan.rule.clone()) != place.rule {
            return None;
        }
        let mut steps: Vec<Step> = match &request.only {
            Some(target) => vec![single(target.clone())],
            None => plan.as_ref().map(|plan| plan.steps.to_vec()).unwrap_or_default(),
        };
        if request.only.is_none() {
            let fallback = rules.fallback().unwrap_or(&desk.account().default_assignment);
            steps.extend(fallback_target(fallback).map(single));
        }
        let at = usize::from(place.step);
        let replaces = |step: &Step| step.only && (step.to != Target::Owner || customer.owner.is_some());
        let base = (0..=at).rev().find(|at| steps.get(*at).is_some_and(replaces)).unwrap_or(0);
        let need = |step: &Step| i64::from(weight.milli()) - i64::from(step.over_capacity.milli());
        let targets = steps.get(base..=at)?.iter().map(|step| (step.to.clone(), need(step))).collect();
        // Groups apply at once, whatever plan a dialog entered with.
        let mut excluded = customer.excluded_managers.clone();
        let mut excluded_groups = Vec::new();
        // So do exclusions.
        for exclusion in desk.rules().exclusions(&facts) {
            excluded.extend(exclusion.managers.iter().cloned());
            excluded_groups.extend(exclusion.groups.iter().cloned());
        }
        let (owner, rules) = (customer.owner.clone(), Arc::clone(desk.rules()));
        let on_leave = on_leave(desk);
        let full = full_groups(desk, dialog);
        Some(Self { targets, rules, owner, on_leave, excluded, excluded_groups, full, priority })
    }

    /// Whether a manager who has this much free may take it.
    pub fn allow(&self, manager: &Manager, free: i64) -> bool {
        !self.exclude(manager)
            && self
                .targets
                .iter()
                .any(|(target, need)| *need <= free && self.names(target, manager) && !self.is_full(target))
    }

    fn is_full(&self, target: &Target) -> bool {
        match target {
            Target::Group(group) => self.full.contains(group),
            Target::Owner
            | Target::LastManager { .. }
            | Target::Manager(_)
            | Target::Everyone
            | Target::Bot(_)
            | Target::UntilOpen(_) => false,
        }
    }

    /// Whether a manager is never to be given it.
    pub fn exclude(&self, manager: &Manager) -> bool {
        self.excluded.contains(&manager.id)
            || self.excluded_groups.iter().any(|group| is_member(&self.rules, group, manager))
    }

    /// Whether a manager is somebody, or stands in for them: no chain of deputies is longer than the managers
    /// who are on leave.
    fn stands_for(&self, manager: &Manager, principal: &ManagerId) -> bool {
        let mut acting = principal;
        for _ in 0..=self.on_leave.len() {
            match self.on_leave.get(acting) {
                Some(Some(deputy)) => acting = deputy,
                Some(None) | None => break,
            }
        }
        *acting == manager.id
    }

    /// Whether a target means this manager, as far as the rules alone say. Whoever served a customer last is
    /// left out: that is fixed when the dialog begins to wait.
    fn names(&self, target: &Target, manager: &Manager) -> bool {
        match target {
            Target::Owner => self.owner.as_ref().is_some_and(|owner| self.stands_for(manager, owner)),
            Target::LastManager { .. } | Target::Bot(_) | Target::UntilOpen(_) => false,
            Target::Manager(id) => self.stands_for(manager, id),
            Target::Group(group) => is_member(&self.rules, group, manager),
            Target::Everyone => true,
        }
    }
}

/// Groups with as many dialogs as they may have, where this one is none of them. That the desk counts right is looked at
/// whenever nothing is under way.
fn full_groups(desk: &Desk, dialog: &Dialog) -> BTreeSet<GroupId> {
    let is_in = |group: &GroupId| dialog.responsible().is_some() && dialog.through.as_ref() == Some(group);
    let full = desk.group_uses().filter(|(group, seen)| seen.used >= seen.most && !is_in(group));
    full.map(|(group, _)| group.clone()).collect()
}

/// Whoever is on leave, and their deputy.
fn on_leave(desk: &Desk) -> BTreeMap<ManagerId, Option<ManagerId>> {
    if !desk.rules().presence().deputies {
        return BTreeMap::new();
    }
    let views = desk.managers();
    let away = views.filter(|view| matches!(view.availability, Availability::Absent(Absence::OnLeave, _)));
    away.map(|view| (view.manager.id.clone(), view.manager.deputy.clone())).collect()
}

/// Whether a manager is in a group.
pub fn is_member(rules: &RuleSet, group: &GroupId, manager: &Manager) -> bool {
    match rules.groups().get(group) {
        Some(GroupMembers::Managers(listed)) => listed.contains(&manager.id),
        Some(GroupMembers::Crm(source)) => manager.groups.contains(source),
        None => manager.groups.contains(group),
    }
}

fn single(to: Target) -> Step {
    Step {
        to,
        pick: Strategy::LeastLoaded,
        wait: None,
        only: false,
        over_capacity: Units::ZERO,
        accept_within: None,
        notify: None,
    }
}

fn fallback_target(fallback: &DefaultAssignment) -> Option<Target> {
    match fallback {
        DefaultAssignment::Crm | DefaultAssignment::Nobody => None,
        DefaultAssignment::Manager(id) => Some(Target::Manager(id.clone())),
        DefaultAssignment::Group(id) => Some(Target::Group(id.clone())),
        DefaultAssignment::Bot(id) => Some(Target::Bot(id.clone())),
    }
}
