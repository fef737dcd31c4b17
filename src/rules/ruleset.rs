//! A compiled rule set: what it answers about one dialog.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono_tz::Tz;

use super::condition::Condition;
use super::facts::DeclaredFact;
use crate::domain::account::DefaultAssignment;
use crate::domain::closing::{ClosePolicy, DialogPolicy, ReassignPolicy};
use crate::domain::facts::Facts;
use crate::domain::ids::{GroupId, ManagerId, RuleId, RulesVersion};
use crate::domain::manager::{CapacityPolicy, PresencePolicy};
use crate::domain::routing::{Plan, Priority, Step};

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
    pub(super) presence: PresencePolicy,
    pub(super) capacity: CapacityPolicy,
    pub(super) classes: Vec<Class>,
    /// The priority of dialogs that are in no class.
    pub(super) other: Priority,
    pub(super) routes: Vec<Route>,
    pub(super) reassign: Arc<ReassignPolicy>,
    pub(super) closings: Vec<Closing>,
    pub(super) closings_per_second: Option<f64>,
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
    pub(super) steps: Arc<[Step]>,
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

    /// The ids of the rules, in their order.
    pub fn rule_ids(&self) -> impl Iterator<Item = &RuleId> {
        self.parts.routes.iter().map(|route| &route.id)
    }

    /// The first rule that matches, with its steps and the dialog's priority; `None` when no rule matches.
    pub fn plan(&self, facts: &Facts<'_>) -> Option<Plan> {
        let route = self.parts.routes.iter().find(|route| route.when.holds(facts))?;
        Some(Plan {
            rules: self.parts.version.clone(),
            rule: Some(route.id.clone()),
            steps: route.steps.clone(),
            priority: self.priority(facts).clone(),
        })
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
        }
    }

    /// `[closing] rate`: automatic closures a second at most; `None`: as many as are due.
    pub fn closings_per_second(&self) -> Option<f64> {
        self.parts.closings_per_second
    }
}
