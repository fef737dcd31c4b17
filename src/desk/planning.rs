//! Planning: from what is known of a dialog to the steps of its way and the people they mean.

use std::sync::Arc;

use crate::domain::account::DefaultAssignment;
use crate::domain::channel::{Channel, ChannelFeatures};
use crate::domain::closing::{DialogPolicy, OfflinePolicy};
use crate::domain::customer::Customer;
use crate::domain::dialog::Dialog;
use crate::domain::facts::Facts;
use crate::domain::ids::{ChannelId, CustomerId, ManagerId, RuleId};
use crate::domain::routing::{FallbackReason, Plan, Responsible, Step, Strategy, Target};
use crate::domain::time::Timestamp;
use crate::domain::units::Units;
use crate::rules::ruleset::{BotMode, RuleSet};
use crate::rules::schedule::Schedule;

use super::Desk;
use super::itinerary::{Bars, Itinerary, Leg, Source, Who};
use super::policy::dialog_policy;
use super::roster::EVERYONE;

/// A way and what the dialog will cost whoever takes it.
pub struct Planned {
    /// The rule set it comes from.
    pub rules: Arc<RuleSet>,
    /// The way.
    pub way: Itinerary,
    /// The cost.
    pub charge: Units,
}

/// What decides about a dialog.
#[derive(Clone, Copy, Debug)]
pub enum Ask<'a> {
    /// The rules, or the default assignment where they do not act.
    Mode,
    /// The rules, whether or not they act.
    Rules,
    /// Only this target.
    Only(&'a Target),
}

/// By which rules a way is planned.
#[derive(Clone, Debug)]
pub enum By {
    /// Those in force.
    InForce,
    /// Those that the dialog entered with, which it stays with.
    Entered(Arc<RuleSet>),
    /// The same, and by the rule that it matched then: what only time changed is no reason to plan it anew.
    Rule(Arc<RuleSet>, RuleId),
}

impl Desk {
    /// What the rules say of a dialog at a moment, apart from where it goes.
    ///
    /// While the bot does not act, the account's own auto-close time stands in, and nothing moves by itself.
    pub fn policy_of(&self, dialog: &Dialog, now: Timestamp) -> DialogPolicy {
        self.with_facts(dialog, now, |facts| dialog_policy(&self.rules, &self.account, facts))
    }

    /// Whether the rules act.
    pub(super) fn acts(&self) -> bool {
        self.rules.mode() == BotMode::Enforce
    }

    /// How dialogs of the absent move, if they do.
    pub(super) fn offline_policy(&self) -> Option<&OfflinePolicy> {
        self.rules.reassign().offline.as_ref().filter(|_| self.acts())
    }

    pub(super) fn with_facts<R>(
        &self,
        dialog: &Dialog,
        now: Timestamp,
        ask: impl FnOnce(&Facts<'_>) -> R,
    ) -> R {
        let channel = dialog.channel.as_ref().and_then(|id| self.channels.get(id));
        let customer = dialog.customer.as_ref().and_then(|id| self.customers.get(id));
        // Records of channels and customers may come after their dialogs; until then nothing is known of them.
        match (channel, customer) {
            (Some(channel), Some(customer)) => ask(&Facts::of(dialog, channel, customer, now)),
            (channel, customer) => {
                let channel =
                    channel.map_or_else(|| unknown_channel(dialog), |channel| Channel::clone(channel));
                let customer =
                    customer.map_or_else(|| unknown_customer(dialog), |customer| Customer::clone(customer));
                ask(&Facts::of(dialog, &channel, &customer, now))
            }
        }
    }

    /// Plans the way of a dialog by what is known.
    pub(super) fn plan(&mut self, dialog: &Dialog, ask: Ask<'_>, by: &By, now: Timestamp) -> Planned {
        let asks_rules = self.acts() || matches!(ask, Ask::Rules);
        let (rules, rule) = match by {
            By::Entered(rules) if asks_rules => (Arc::clone(rules), None),
            By::Rule(rules, rule) if asks_rules => (Arc::clone(rules), Some(rule)),
            By::InForce | By::Entered(_) | By::Rule(..) => (Arc::clone(&self.rules), None),
        };
        let (plan, charge) = self.with_facts(dialog, now, |facts| {
            let known = rule.and_then(|rule| rules.plan_of(rule, facts));
            let plan = if asks_rules { known.or_else(|| rules.plan(facts)) } else { None };
            // Capacity in force counts for everybody, whatever plan a dialog entered with.
            (plan, self.rules.dialog_policy(facts).weight)
        });
        let fallback = rules.fallback().unwrap_or(&self.account.default_assignment);
        let fallback = fallback_step(fallback);
        let priority = plan.as_ref().map(|plan| plan.priority.clone()).unwrap_or_default();
        let tags = plan.as_ref().filter(|_| !matches!(ask, Ask::Only(_))).map(|plan| plan.tags.clone());
        let tags = tags.unwrap_or_default();
        let none: Arc<[Step]> = Arc::from([]);
        let (source, rule, steps, behind) = match (ask, plan) {
            (Ask::Only(target), _) => (Source::Choice, None, Arc::from([single(target.clone())]), None),
            (Ask::Mode | Ask::Rules, Some(Plan { rule, steps, .. })) => (Source::Rule, rule, steps, fallback),
            (Ask::Mode | Ask::Rules, None) if asks_rules => {
                (Source::Fallback(FallbackReason::NoRule), None, none, fallback)
            }
            (Ask::Mode | Ask::Rules, None) => {
                (Source::Fallback(FallbackReason::BotOff), None, none, fallback)
            }
        };
        let customer = dialog.customer.as_ref().and_then(|id| self.customers.get(id)).cloned();
        let mut legs: Vec<Leg> = Vec::with_capacity(steps.len() + 1);
        let excluded = self.excluded(dialog, now);
        for step in steps.iter() {
            let who = self.whom(&step.to, customer.as_deref(), now);
            let who = self.without(who, excluded.as_deref());
            let gate = gate(&self.rules, &step.to);
            legs.push(Leg { step: step.clone(), who, need: need(charge, step), gate });
        }
        if let Some(step) = behind {
            let leg = self.fallback_leg(step, charge);
            legs.push(Leg { who: self.without(leg.who, excluded.as_deref()), ..leg });
        }
        let (version, own) = (rules.version().clone(), steps.len());
        let facts_by = None;
        let way = Itinerary { rules: version, rule, tags, source, legs, own, priority, excluded, facts_by };
        way.prepare(&mut self.roster);
        Planned { rules, way, charge }
    }

    fn whom(&mut self, target: &Target, customer: Option<&Customer>, now: Timestamp) -> Who {
        match target {
            Target::Owner => {
                let owner = customer.and_then(|customer| customer.owner.as_ref());
                owner.map_or(Who::Nobody, |owner| Who::Person(self.roster.slot_of(owner)))
            }
            Target::LastManager { within } => {
                let served = customer.and_then(|customer| customer.last_served.as_ref());
                let recent =
                    served.filter(|served| within.is_none_or(|within| now.since(served.at) <= within));
                recent.map_or(Who::Nobody, |served| Who::Person(self.roster.slot_of(&served.manager)))
            }
            Target::Manager(id) => Who::Person(self.roster.slot_of(id)),
            Target::Group(id) => Who::Pool(self.roster.pool_of(id)),
            Target::Everyone => Who::Pool(EVERYONE),
            Target::Bot(_) => Who::Bot,
            Target::UntilOpen(_) => Who::Gate,
        }
    }

    fn fallback_leg(&mut self, step: Step, charge: Units) -> Leg {
        let who = if let Target::Manager(id) = &step.to {
            // "One manager, present or not."
            Who::Desk(self.roster.slot_of(id))
        } else {
            self.whom(&step.to, None, Timestamp::default())
        };
        Leg { need: need(charge, &step), step, who, gate: None }
    }

    /// Who may not take a dialog: whom the request names, whoever holds it or passed it, and whom its way excludes.
    pub(super) fn bars(
        &mut self,
        dialog: &Dialog,
        avoid: Option<&ManagerId>,
        way: &Itinerary,
        now: Timestamp,
    ) -> Bars {
        let avoid = avoid.map(|id| self.roster.slot_of(id));
        let (holder, bot) = match dialog.responsible() {
            Some(Responsible::Manager(id)) => (Some(self.roster.slot_of(id)), None),
            Some(Responsible::Bot(id)) => (None, Some(id.clone())),
            None => (None, None),
        };
        let slots = [avoid, holder.filter(|slot| avoid != Some(*slot))];
        let passed = dialog.passed.at(now).iter();
        let passed = passed.map(|(id, pass)| (self.roster.slot_of(id), pass.verdict())).collect::<Vec<_>>();
        let again_at = dialog.passed.again_at.filter(|_| !passed.is_empty());
        let (excluded, place) = (way.excluded.clone(), self.place_of(&dialog.id));
        Bars { slots, passed, again_at, bot, excluded, place }
    }
}

/// Thousandths of a unit that must be free for a step to give somebody a dialog.
pub fn need(charge: Units, step: &Step) -> i64 {
    i64::from(charge.milli()) - i64::from(step.over_capacity.milli())
}

/// The hours that a step waits for, if it holds dialogs.
pub fn gate(rules: &RuleSet, to: &Target) -> Option<Arc<Schedule>> {
    match to {
        Target::UntilOpen(id) => rules.schedule(id.as_str()).cloned(),
        Target::Owner
        | Target::LastManager { .. }
        | Target::Manager(_)
        | Target::Group(_)
        | Target::Everyone
        | Target::Bot(_) => None,
    }
}

/// A step for a target that somebody chose, or that is the default: whoever is least loaded, no time limit.
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

/// `None`: the default assignment leaves the dialog to people.
fn fallback_step(fallback: &DefaultAssignment) -> Option<Step> {
    match fallback {
        DefaultAssignment::Crm | DefaultAssignment::Nobody => None,
        DefaultAssignment::Manager(id) => Some(single(Target::Manager(id.clone()))),
        DefaultAssignment::Group(id) => Some(single(Target::Group(id.clone()))),
        DefaultAssignment::Bot(id) => Some(single(Target::Bot(id.clone()))),
    }
}

fn unknown_channel(dialog: &Dialog) -> Channel {
    let id = dialog.channel.clone().unwrap_or_else(|| ChannelId::trusted("unknown"));
    let name = id.to_string();
    Channel {
        id,
        kind: Arc::clone(&dialog.channel_kind),
        name,
        site: None,
        features: ChannelFeatures::default(),
    }
}

fn unknown_customer(dialog: &Dialog) -> Customer {
    Customer::new(dialog.customer.clone().unwrap_or_else(|| CustomerId::trusted("unknown")))
}
