//! A compiled rule set: what it answers about one dialog.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono_tz::Tz;

use super::condition::Condition;
use super::facts::DeclaredFact;
use super::replies::AutoReply;
use super::schedule::{Schedule, day_of};
use crate::domain::account::DefaultAssignment;
use crate::domain::closing::{ClosePolicy, DialogPolicy, ReassignPolicy, Text};
use crate::domain::facts::Facts;
use crate::domain::figures::Objective;
use crate::domain::ids::{GroupId, ManagerId, RuleId, RulesVersion, ScheduleId};
use crate::domain::manager::{CapacityPolicy, PresencePolicy};
use crate::domain::routing::{Plan, Priority, Step, Target};
use crate::domain::tags::Tags;
use crate::domain::tally::Day;
use crate::domain::time::Timestamp;

/// Whether the bot acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum BotMode {
    /// It assigns.
    #[default]
    Enforce,
    /// It decides and explains; the default assignment acts.
    Shadow,
    /// The default assignment acts.
    Off,
}

impl BotMode {
    /// The word used in rule files and in the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Shadow => "shadow",
            Self::Off => "off",
        }
    }
}

/// Who is in a group of the rule file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupMembers {
    /// These, in this order.
    Managers(Vec<ManagerId>),
    /// Whoever the CRM puts in this group of its own.
    Crm(GroupId),
}

/// A compiled rule set.
#[derive(Debug)]
pub struct RuleSet {
    parts: Parts,
}

/// What a rule set consists of.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) version: RulesVersion,
    pub(super) timezone: Tz,
    pub(super) mode: BotMode,
    pub(super) fallback: Option<DefaultAssignment>,
    pub(super) facts: BTreeMap<Arc<str>, Arc<DeclaredFact>>,
    pub(super) groups: BTreeMap<GroupId, GroupMembers>,
    pub(super) caps: BTreeMap<GroupId, u32>,
    pub(super) schedules: BTreeMap<ScheduleId, Arc<Schedule>>,
    pub(super) presence: PresencePolicy,
    pub(super) capacity: CapacityPolicy,
    pub(super) classes: Vec<Class>,
    /// The priority of dialogs that are in no class.
    pub(super) other: Priority,
    pub(super) routes: Vec<Route>,
    pub(super) reassign: Arc<ReassignPolicy>,
    pub(super) exclusions: Vec<Exclusion>,
    pub(super) closings: Vec<Closing>,
    pub(super) closings_per_second: Option<f64>,
    pub(super) objectives: Vec<Objective>,
    pub(super) releases_per_second: f64,
    pub(super) auto_replies: Vec<AutoReply>,
    /// What close rules and replies ask for.
    pub(super) policy_schedules: Vec<Arc<Schedule>>,
}

/// A `[[priority]]`.
#[derive(Debug)]
pub(super) struct Class {
    pub(super) when: Condition,
    pub(super) priority: Priority,
}

/// A `[[rule]]`.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) id: RuleId,
    pub(super) when: Condition,
    /// How long after a dialog began to wait it waits here for what is being looked up of its customer.
    pub(super) facts_within: Option<Duration>,
    pub(super) steps: Arc<[Step]>,
    /// What it puts on its dialogs.
    pub(super) tags: Tags,
}

/// An `[[exclude]]`: customers whom some managers are never to serve.
#[derive(Debug)]
pub struct Exclusion {
    /// Its id.
    pub id: RuleId,
    /// Whose dialogs it is about.
    pub(super) when: Condition,
    /// Who is not to serve them.
    pub managers: Vec<ManagerId>,
    /// Whole groups who are not.
    pub groups: Vec<GroupId>,
}

/// A `[[close]]`.
#[derive(Debug)]
pub(super) struct Closing {
    pub(super) when: Condition,
    pub(super) policy: Arc<ClosePolicy>,
}

impl RuleSet {
    pub(super) fn new(parts: Parts) -> Self {
        Self { parts }
    }

    /// Its content hash.
    pub fn version(&self) -> &RulesVersion {
        &self.parts.version
    }

    /// The zone that times of day in the file mean; UTC when it does not say.
    pub fn timezone(&self) -> Tz {
        self.parts.timezone
    }

    /// The day that a calendar in that zone shows.
    pub fn day(&self, at: Timestamp) -> Day {
        day_of(self.parts.timezone, at)
    }

    /// Whether the bot acts.
    pub fn mode(&self) -> BotMode {
        self.parts.mode
    }

    /// The default assignment of the file, which overrides the account's; `None` when the file has none.
    pub fn fallback(&self) -> Option<&DefaultAssignment> {
        self.parts.fallback.as_ref()
    }

    /// The facts that the file declares, by name.
    pub fn declared_facts(&self) -> impl Iterator<Item = &DeclaredFact> {
        self.parts.facts.values().map(AsRef::as_ref)
    }

    /// The file's groups. A group that is not here is a group of the CRM's of the same name.
    pub fn groups(&self) -> &BTreeMap<GroupId, GroupMembers> {
        &self.parts.groups
    }

    /// How many open dialogs that came through a group's step may be assigned at once; `None`: any number.
    pub fn group_cap(&self, group: &GroupId) -> Option<u32> {
        self.parts.caps.get(group).copied()
    }

    /// The file's opening hours, by name.
    pub fn schedules(&self) -> impl Iterator<Item = &Arc<Schedule>> {
        self.parts.schedules.values()
    }

    /// A schedule by name.
    pub fn schedule(&self, name: &str) -> Option<&Arc<Schedule>> {
        self.parts.schedules.get(name)
    }

    /// `[presence]`.
    pub fn presence(&self) -> &PresencePolicy {
        &self.parts.presence
    }

    /// `[capacity]`.
    pub fn capacity(&self) -> &CapacityPolicy {
        &self.parts.capacity
    }

    /// `[reassign]`: one table for the whole file, the same for every dialog.
    pub fn reassign(&self) -> &Arc<ReassignPolicy> {
        &self.parts.reassign
    }

    /// Whom its steps name, and its own default assignment.
    pub fn targets(&self) -> impl Iterator<Item = Target> {
        let steps = self.parts.routes.iter().flat_map(|route| route.steps.iter().map(|step| step.to.clone()));
        let fallback = self.parts.fallback.as_ref().and_then(|fallback| match fallback {
            DefaultAssignment::Crm | DefaultAssignment::Nobody => None,
            DefaultAssignment::Manager(id) => Some(Target::Manager(id.clone())),
            DefaultAssignment::Group(id) => Some(Target::Group(id.clone())),
            DefaultAssignment::Bot(id) => Some(Target::Bot(id.clone())),
        });
        steps.chain(fallback)
    }

    /// The ids of the rules, in their order.
    pub fn rule_ids(&self) -> impl Iterator<Item = &RuleId> {
        self.parts.routes.iter().map(|route| &route.id)
    }

    /// The rules with their steps, in their order.
    pub fn routes(&self) -> impl Iterator<Item = (&RuleId, &[Step])> {
        self.parts.routes.iter().map(|route| (&route.id, &*route.steps))
    }

    /// The priority classes, in their order.
    pub fn classes(&self) -> impl Iterator<Item = &Priority> {
        self.parts.classes.iter().map(|class| &class.priority)
    }

    /// The close rules, in their order.
    pub fn close_rules(&self) -> impl Iterator<Item = &ClosePolicy> {
        self.parts.closings.iter().map(|closing| &*closing.policy)
    }

    /// The texts that it may write to customers; one that it writes in several places comes several times.
    pub fn texts(&self) -> impl Iterator<Item = &Arc<Text>> {
        let Parts { routes, closings, auto_replies, .. } = &self.parts;
        let steps = routes.iter().flat_map(|route| route.steps.iter());
        let closings = closings.iter().map(|closing| &*closing.policy);
        let of_closings =
            closings.flat_map(|close| close.warnings.iter().map(|(_, text)| text).chain(&close.farewell));
        let of_replies = auto_replies.iter().map(|reply| &reply.text);
        steps.filter_map(|step| step.notify.as_ref()).chain(of_closings).chain(of_replies)
    }

    /// The first rule that matches, with its steps and the dialog's priority; `None` when no rule matches.
    pub fn plan(&self, facts: &Facts<'_>) -> Option<Plan> {
        let route = self.parts.routes.iter().find(|route| route.when.holds(facts))?;
        Some(Plan {
            rules: self.parts.version.clone(),
            rule: Some(route.id.clone()),
            steps: route.steps.clone(),
            tags: route.tags.clone(),
            priority: self.priority(facts).clone(),
        })
    }

    /// The rule that a dialog stops at whose customer is being looked up, and how long after it began to wait: the
    /// first that waits for facts longer than it has waited so far, unless one above it matches. What is asked for
    /// may change which rule that is, so its condition is not looked at.
    pub fn facts_wait(&self, facts: &Facts<'_>, waited: Duration) -> Option<(&RuleId, Duration)> {
        for route in &self.parts.routes {
            if let Some(within) = route.facts_within.filter(|within| *within > waited) {
                return Some((&route.id, within));
            }
            if route.when.holds(facts) {
                return None;
            }
        }
        None
    }

    /// What a rule means for a dialog that matched it before, whether or not it would match now; `None`: there is
    /// no such rule.
    pub fn plan_of(&self, rule: &RuleId, facts: &Facts<'_>) -> Option<Plan> {
        let route = self.parts.routes.iter().find(|route| route.id == *rule)?;
        Some(Plan {
            rules: self.parts.version.clone(),
            rule: Some(route.id.clone()),
            steps: route.steps.clone(),
            tags: route.tags.clone(),
            priority: self.priority(facts).clone(),
        })
    }

    /// All `[[exclude]]` that match. They hold whatever the mode: nobody expects a bot that is switched off to
    /// bring a customer together with somebody they must not meet.
    pub fn exclusions<'a>(&'a self, facts: &Facts<'_>) -> impl Iterator<Item = &'a Exclusion> {
        self.parts.exclusions.iter().filter(move |exclusion| exclusion.when.holds(facts))
    }

    /// The ids of all `[[exclude]]`, in their order.
    pub fn exclusion_ids(&self) -> impl Iterator<Item = &RuleId> {
        self.parts.exclusions.iter().map(|exclusion| &exclusion.id)
    }

    /// Whether it has any `[[exclude]]`.
    pub fn excludes(&self) -> bool {
        !self.parts.exclusions.is_empty()
    }

    /// The first priority class that matches; without any, no points at once and 60 for each minute.
    pub fn priority(&self, facts: &Facts<'_>) -> &Priority {
        let mut classes = self.parts.classes.iter();
        let class = classes.find(|class| class.when.holds(facts));
        class.map_or(&self.parts.other, |class| &class.priority)
    }

    /// What it says of a dialog apart from where it goes.
    pub fn dialog_policy(&self, facts: &Facts<'_>) -> DialogPolicy {
        let capacity = &self.parts.capacity;
        let weight = capacity.of_channel(&facts.channel.kind);
        let mut closings = self.parts.closings.iter();
        let closing = closings.find(|closing| closing.when.holds(facts));
        DialogPolicy {
            weight,
            idle_weight: weight.scaled(capacity.idle_weight),
            idle_after: capacity.idle_after,
            close: closing.map(|closing| closing.policy.clone()),
            reassign: self.parts.reassign.clone(),
            language: facts.customer.language.clone(),
            may_write: facts.channel.features.bot_may_write,
            replies: self.replies_to_waiting(facts),
            changes_at: self.policy_changes(facts.now),
        }
    }

    /// `[[objective]]`: each thing that is promised, in the order of the file.
    pub fn objectives(&self) -> &[Objective] {
        &self.parts.objectives
    }

    /// When what a policy says may change by itself: hours begin or end that close rules or replies ask for.
    fn policy_changes(&self, now: Timestamp) -> Option<Timestamp> {
        self.parts.policy_schedules.iter().filter_map(|schedule| schedule.next_change(now)).min()
    }

    pub(super) fn auto_replies(&self) -> &[AutoReply] {
        &self.parts.auto_replies
    }

    /// `[release] rate`: held dialogs that go on in a second at most.
    pub fn releases_per_second(&self) -> f64 {
        self.parts.releases_per_second
    }

    /// `[closing] rate`: automatic closures a second at most; `None`: as many as are due.
    pub fn closings_per_second(&self) -> Option<f64> {
        self.parts.closings_per_second
    }
}
