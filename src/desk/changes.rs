//! Changes under those who wait: other rules, another default assignment, new facts about a customer.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::account::Account;
use crate::domain::customer::Customer;
use crate::domain::ids::DialogId;
use crate::domain::time::Timestamp;
use crate::rules::ruleset::RuleSet;

use super::Desk;
use super::gradual::{Hold, Pace};
use super::itinerary::{Itinerary, Source, Who};
use super::orders::Order;
use super::planning::{Ask, By, Planned, gate, need};
use super::waiting::Waiter;

impl Desk {
    /// Puts other rules in force.
    ///
    /// Groups, exclusions, capacities, opening hours and what dialogs cost apply at once. Dialogs that wait by a rule keep the
    /// plan they entered with (its steps name groups, and mean whoever is in them now), as long as the bot acts,
    /// unless `migrate` says otherwise. What waits for the default assignment is planned anew in any case, and so is
    /// everything when the bot ceases to act.
    ///
    /// To plan an old backlog anew may set much of it free. Those whom somebody would get at once go on no faster than
    /// `[release] rate`, the most urgent first; until its turn comes a dialog is held. A change that leaves plans alone
    /// makes room for those who wait, or takes it, and lets them go at once.
    pub fn set_rules(&mut self, rules: Arc<RuleSet>, migrate: bool, now: Timestamp) -> Vec<Order> {
        let pace = if migrate { Pace::InTurn } else { Pace::AtOnce };
        self.put_in_force(rules, migrate, pace, now)
    }

    /// As [`Desk::set_rules`], at another pace.
    pub(super) fn put_in_force(
        &mut self,
        rules: Arc<RuleSet>,
        migrate: bool,
        pace: Pace,
        now: Timestamp,
    ) -> Vec<Order> {
        let mut orders = Vec::new();
        let before = std::mem::replace(&mut self.rules, rules);
        self.keep_earlier(before);
        self.closings.set_rate(self.rules.closings_per_second());
        self.entering.set_rate(Some(self.rules.releases_per_second()));
        self.missing.clear();
        self.roster.adopt(&self.rules);
        self.reschedule_leaving(now, &mut orders);
        // Whoever may wait for others now is looked at with all the rest.
        self.reappoint_all(&mut orders);
        self.plan_anew(migrate, pace, now, &mut orders);
        orders
    }

    /// Takes over the account's record. What waits for its default assignment is planned anew.
    pub fn set_account(&mut self, account: Account, now: Timestamp) -> Vec<Order> {
        let mut orders = Vec::new();
        let decides = account.default_assignment != self.account.default_assignment;
        self.account = Arc::new(account);
        if decides {
            self.plan_anew(false, Pace::AtOnce, now, &mut orders);
        }
        orders
    }

    /// Takes over a customer's record. Dialogs of theirs that wait are planned anew when it changes their way;
    /// those that stay with the same rule keep their place.
    pub fn put_customer(&mut self, customer: Arc<Customer>, now: Timestamp) -> Vec<Order> {
        let mut orders = Vec::new();
        let id = customer.id.clone();
        let waiting = self.waiting.of_customer(&id);
        if waiting.is_empty() || self.customers.get(&id) == Some(&customer) {
            self.customers.insert(id, customer);
            return orders;
        }
        // Both by the rules that it entered with, which its new plan is made by too.
        let mut before: BTreeMap<DialogId, Itinerary> = BTreeMap::new();
        for dialog in &waiting {
            before.extend(self.plan_of(dialog, now).map(|planned| (dialog.clone(), planned.way)));
        }
        self.customers.insert(id, customer);
        let mut changed = Vec::new();
        for (dialog, before) in before {
            let Some(after) = self.plan_of(&dialog, now).filter(|after| after.way != before) else {
                continue;
            };
            let Some(mut waiter) = self.waiting.take(&dialog) else {
                continue;
            };
            take_way(&mut waiter, after, now);
            self.waiting.add(waiter);
            changed.push(dialog);
        }
        self.settle_all(&changed, now, &mut orders);
        orders
    }

    fn plan_of(&mut self, dialog: &DialogId, now: Timestamp) -> Option<Planned> {
        let waiter = self.waiting.get(dialog)?;
        let (dialog, only) = (Arc::clone(&waiter.dialog), waiter.request.only.clone());
        let by = By::Entered(Arc::clone(&waiter.rules));
        let ask = only.as_ref().map_or(Ask::Mode, Ask::Only);
        Some(if waiter.way.facts_by.is_some() {
            self.plan_or_wait(&dialog, ask, &by, now)
        } else {
            self.plan(&dialog, ask, &by, now)
        })
    }

    /// Looks at everybody who waits, the most urgent first.
    fn plan_anew(&mut self, migrate: bool, pace: Pace, now: Timestamp, orders: &mut Vec<Order>) {
        let all = self.waiting.iter().map(|waiter| waiter.dialog.id.clone()).collect::<Vec<_>>();
        let by_urgency = self.waiting.by_urgency(&all, now);
        let mut waiters: Vec<Waiter> = by_urgency.iter().filter_map(|id| self.waiting.take(id)).collect();
        for waiter in &mut waiters {
            self.refresh(waiter, migrate, now);
        }
        // Their urgency may have changed with their plan.
        waiters.sort_by_cached_key(|waiter| std::cmp::Reverse(waiter.urgency(now)));
        let mut has_turns = waiters.iter().any(|waiter| matches!(waiter.hold, Some(Hold::Turn(_))));
        for mut waiter in waiters {
            if pace == Pace::InTurn && self.is_set_free(&waiter, now) {
                has_turns |= self.await_turn(&mut waiter, has_turns, now);
            }
            self.settle(waiter, now, orders);
        }
        self.drain(now, orders);
        if pace == Pace::InTurn {
            self.let_in(now, orders);
        }
    }

    fn refresh(&mut self, waiter: &mut Waiter, migrate: bool, now: Timestamp) {
        let keeps_plan = match waiter.way.source {
            Source::Choice => true,
            Source::Rule => self.acts() && !migrate,
            Source::Fallback(_) => false,
        };
        if keeps_plan {
            waiter.charge = self.policy_of(&waiter.dialog, now).weight;
            // Who is never to serve a customer is no part of a plan: it counts from now on.
            let excluded = self.excluded(&waiter.dialog, now);
            for leg in &mut waiter.way.legs {
                leg.need = need(waiter.charge, &leg.step);
                if let Who::Pool(pool) = leg.who {
                    leg.who = self.without(Who::Pool(self.roster.whole(pool)), excluded.as_deref());
                }
                leg.gate = gate(&self.rules, &leg.step.to).or(leg.gate.take());
            }
            waiter.bars.excluded.clone_from(&excluded);
            waiter.way.excluded = excluded;
            waiter.way.prepare(&mut self.roster);
        } else {
            let dialog = Arc::clone(&waiter.dialog);
            let planned = if waiter.way.facts_by.is_some() {
                self.plan_or_wait(&dialog, Ask::Mode, &By::InForce, now)
            } else {
                self.plan(&dialog, Ask::Mode, &By::InForce, now)
            };
            waiter.charge = planned.charge;
            take_way(waiter, planned, now);
        }
    }
}

/// Goes another way, from the same place where the way there is still the same: by the same rule, over the same
/// steps.
pub(super) fn take_way(waiter: &mut Waiter, Planned { rules, way, .. }: Planned, now: Timestamp) {
    let at = waiter.at;
    let walked = |way: &Itinerary| {
        let own = way.legs.iter().take(way.own.min(at + 1));
        own.map(|leg| leg.step.clone()).collect::<Vec<_>>()
    };
    let is_same = way.rule == waiter.way.rule
        && at < way.legs.len()
        && way.is_fallback(at) == waiter.way.is_fallback(at)
        && walked(&way) == walked(&waiter.way);
    if !is_same {
        waiter.at = 0;
        waiter.entered_at = now;
        // Whose turn is still to come keeps waiting for it.
        let keeps = |hold: &Hold| hold.until() <= now && !matches!(hold, Hold::Facts(_));
        waiter.hold = waiter.hold.filter(keeps);
    }
    // A wait for facts has no place that would tell it from what comes after it.
    waiter.told &= way.facts_by == waiter.way.facts_by;
    waiter.rules = rules;
    waiter.bars.excluded.clone_from(&way.excluded);
    waiter.way = way;
}
