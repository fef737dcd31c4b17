//! Changes under those who wait: other rules, another default assignment, new facts about a customer.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::account::Account;
use crate::domain::customer::Customer;
use crate::domain::ids::DialogId;
use crate::domain::time::Timestamp;
use crate::rules::ruleset::RuleSet;

use super::Desk;
use super::itinerary::{Itinerary, Source};
use super::orders::Order;
use super::planning::{Ask, need};
use super::waiting::Waiter;

impl Desk {
    /// Puts other rules in force.
    ///
    /// Groups, capacities and what dialogs cost apply at once. Dialogs that wait by a rule keep the plan they
    /// entered with, as long as the bot acts; what waits for the default assignment is planned anew, and so is
    /// everything when the bot ceases to act.
    pub fn set_rules(&mut self, rules: Arc<RuleSet>, now: Timestamp) -> Vec<Order> {
        let mut orders = Vec::new();
        self.rules = rules;
        self.closings.set_rate(self.rules.closings_per_second());
        self.missing.clear();
        self.roster.adopt(&self.rules);
        self.reschedule_leaving(now, &mut orders);
        self.plan_anew(now, &mut orders);
        orders
    }

    /// Takes over the account's record. What waits for its default assignment is planned anew.
    pub fn set_account(&mut self, account: Account, now: Timestamp) -> Vec<Order> {
        let mut orders = Vec::new();
        let decides = account.default_assignment != self.account.default_assignment;
        self.account = Arc::new(account);
        if decides {
            self.plan_anew(now, &mut orders);
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
        // Both under the rules in force: a dialog that keeps an older plan keeps it when nothing that matters changed.
        let mut before: BTreeMap<DialogId, Itinerary> = BTreeMap::new();
        for dialog in &waiting {
            before.extend(self.plan_of(dialog, now).map(|way| (dialog.clone(), way)));
        }
        self.customers.insert(id, customer);
        let mut changed = Vec::new();
        for (dialog, before) in before {
            let Some(after) = self.plan_of(&dialog, now).filter(|after| *after != before) else {
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

    fn plan_of(&mut self, dialog: &DialogId, now: Timestamp) -> Option<Itinerary> {
        let waiter = self.waiting.get(dialog)?;
        let (dialog, only) = (Arc::clone(&waiter.dialog), waiter.request.only.clone());
        Some(self.plan(&dialog, only.as_ref().map_or(Ask::Mode, Ask::Only), now).way)
    }

    /// Looks at everybody who waits, the most urgent first.
    fn plan_anew(&mut self, now: Timestamp, orders: &mut Vec<Order>) {
        let all = self.waiting.iter().map(|waiter| waiter.dialog.id.clone()).collect::<Vec<_>>();
        let by_urgency = self.waiting.by_urgency(&all, now);
        let mut waiters: Vec<Waiter> = by_urgency.iter().filter_map(|id| self.waiting.take(id)).collect();
        for waiter in &mut waiters {
            self.refresh(waiter, now);
        }
        // Their urgency may have changed with their plan.
        waiters.sort_by_cached_key(|waiter| std::cmp::Reverse(waiter.urgency(now)));
        for waiter in waiters {
            self.settle(waiter, now, orders);
        }
        self.drain(now, orders);
    }

    fn refresh(&mut self, waiter: &mut Waiter, now: Timestamp) {
        let keeps_plan = match waiter.way.source {
            Source::Choice => true,
            Source::Rule => self.acts(),
            Source::Fallback(_) => false,
        };
        if keeps_plan {
            waiter.charge = self.policy_of(&waiter.dialog).weight;
            for leg in &mut waiter.way.legs {
                leg.need = need(waiter.charge, &leg.step);
            }
            waiter.way.prepare(&mut self.roster);
        } else {
            let dialog = Arc::clone(&waiter.dialog);
            let planned = self.plan(&dialog, Ask::Mode, now);
            waiter.charge = planned.charge;
            take_way(waiter, planned.way, now);
        }
    }
}

/// Goes another way, from the same place where it is still the same rule.
fn take_way(waiter: &mut Waiter, way: Itinerary, now: Timestamp) {
    let place = waiter.way.place(waiter.at, waiter.entered_at);
    if place.and_then(|place| way.leg_of(&place)).is_none() {
        waiter.at = 0;
        waiter.entered_at = now;
    }
    waiter.way = way;
}
