//! Whose facts are being looked up at the moment, and dialogs that a rule lets wait for them.
//!
//! What a CRM knows of a customer is looked up outside of the desk, and often comes a moment after their first
//! message. A rule with `facts_within` stops the rules there, before its condition is looked at, as long as a look-up
//! is under way and the dialog has not waited for so long. Such a dialog has a way without legs: nobody is offered
//! it. When the look-up ends, whatever came of it, or the time is over, the rules are asked anew, with what is known
//! then.
//!
//! Only a dialog that nobody holds waits like that, and only before it stands anywhere: one that already waits for
//! somebody does not stop because its customer is looked up again. What is looked up is never stored: after a restart dialogs are
//! decided with what is known.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use crate::domain::dialog::{AssignmentRequest, Dialog, DialogState};
use crate::domain::ids::{CustomerId, DialogId};
use crate::domain::tags::Tags;
use crate::domain::time::Timestamp;

use super::Desk;
use super::changes::take_way;
use super::itinerary::{Itinerary, Source};
use super::orders::Order;
use super::planning::{Ask, By, Planned};
use super::waiting::Waiter;

/// Whoever looks customers up may stop without saying so. What takes longer than this is not waited for any more;
/// no rule waits for so long.
const LONGEST_LOOKUP: Duration = Duration::from_mins(1);

/// The customers who are being looked up.
#[derive(Clone, Debug, Default)]
pub struct LookedUp {
    /// Since when.
    since: HashMap<CustomerId, Timestamp>,
    /// In the order in which they began, with those that ended meanwhile.
    begun: VecDeque<(Timestamp, CustomerId)>,
}

impl LookedUp {
    fn begin(&mut self, customer: &CustomerId, now: Timestamp) {
        while let Some((began, _)) = self.begun.front().filter(|(began, _)| *began + LONGEST_LOOKUP <= now) {
            let began = *began;
            if let Some((_, forgotten)) = self.begun.pop_front()
                && self.since.get(&forgotten) == Some(&began)
            {
                self.since.remove(&forgotten);
            }
        }
        self.since.insert(customer.clone(), now);
        self.begun.push_back((now, customer.clone()));
    }

    fn end(&mut self, customer: &CustomerId) {
        self.since.remove(customer);
    }

    fn has(&self, customer: &CustomerId, now: Timestamp) -> bool {
        self.since.get(customer).is_some_and(|since| now < *since + LONGEST_LOOKUP)
    }
}

/// A question to rules that do not act, for when the facts are known.
#[derive(Clone, Debug)]
pub struct Postponed {
    dialog: Arc<Dialog>,
    request: AssignmentRequest,
}

/// The questions that wait for facts, by when they are asked at the latest.
pub type AllPostponed = BTreeMap<(Timestamp, DialogId), Postponed>;

impl Desk {
    /// Somebody looks a customer up, or has ended doing so: then whoever waits for it is decided, with what is known
    /// by now.
    pub fn set_facts_pending(
        &mut self,
        customer: &CustomerId,
        is_pending: bool,
        now: Timestamp,
    ) -> Vec<Order> {
        let mut orders = Vec::new();
        if is_pending {
            self.looked_up.begin(customer, now);
            return orders;
        }
        self.looked_up.end(customer);
        let mut held = self.waiting.of_customer(customer);
        held.retain(|dialog| self.waiting.get(dialog).is_some_and(|waiter| waiter.way.facts_by.is_some()));
        self.settle_all(&held, now, &mut orders);
        self.ask_postponed(customer, now, &mut orders);
        orders
    }

    /// Plans the way of a dialog that stands nowhere yet. It may have to wait for facts before it has one.
    pub(super) fn plan_or_wait(&mut self, dialog: &Dialog, ask: Ask<'_>, by: &By, now: Timestamp) -> Planned {
        self.stop_for_facts(dialog, ask, by, now).unwrap_or_else(|| self.plan(dialog, ask, by, now))
    }

    /// The way without legs of a dialog at whose rules somebody waits for facts.
    fn stop_for_facts(&mut self, dialog: &Dialog, ask: Ask<'_>, by: &By, now: Timestamp) -> Option<Planned> {
        let asks_rules = match ask {
            Ask::Mode => self.acts(),
            Ask::Rules => true,
            Ask::Only(_) => false,
        };
        let rules = match by {
            By::InForce => &self.rules,
            By::Entered(rules) => rules,
            By::Rule(..) => return None,
        };
        let since = self.awaits_facts_since(dialog, now).filter(|_| asks_rules)?;
        let rules = Arc::clone(rules);
        let (rule, until, priority, charge) = self.with_facts(dialog, now, |facts| {
            let (rule, within) = rules.facts_wait(facts, now.since(since))?;
            let charge = self.rules.dialog_policy(facts).weight;
            Some((rule.clone(), since + within, rules.priority(facts).clone(), charge))
        })?;
        let way = Itinerary {
            rules: rules.version().clone(),
            rule: Some(rule),
            // Its condition was not looked at.
            tags: Tags::NONE,
            source: Source::Rule,
            legs: Vec::new(),
            own: 0,
            priority,
            excluded: self.excluded(dialog, now),
            facts_by: Some(until),
        };
        Some(Planned { rules, way, charge })
    }

    /// Since when a dialog waits that nobody holds and whose customer is being looked up.
    fn awaits_facts_since(&self, dialog: &Dialog, now: Timestamp) -> Option<Timestamp> {
        let DialogState::Waiting { since, .. } = &dialog.state else { return None };
        dialog.customer.as_ref().filter(|customer| self.looked_up.has(customer, now)).map(|_| *since)
    }

    /// Asks the rules anew for a dialog that has waited for facts long enough.
    pub(super) fn end_facts_wait(&mut self, waiter: &mut Waiter, now: Timestamp) {
        let Some(until) = waiter.way.facts_by else { return };
        if now < until && self.awaits_facts_since(&waiter.dialog, now).is_some() {
            return;
        }
        let (dialog, by) = (Arc::clone(&waiter.dialog), By::Entered(Arc::clone(&waiter.rules)));
        let planned = self.plan_or_wait(&dialog, Ask::Mode, &by, now);
        waiter.charge = planned.charge;
        take_way(waiter, planned, now);
    }

    /// Rules that do not act are asked when the facts are known, and then once.
    pub(super) fn postpone(&mut self, until: Timestamp, dialog: &Arc<Dialog>, request: &AssignmentRequest) {
        self.forget_postponed(&dialog.id);
        let postponed = Postponed { dialog: Arc::clone(dialog), request: request.clone() };
        self.postponed.insert((until, dialog.id.clone()), postponed);
    }

    /// A dialog is gone, or asks something else.
    pub(super) fn forget_postponed(&mut self, dialog: &DialogId) {
        self.postponed.retain(|(_, postponed), _| postponed != dialog);
    }

    /// Asks what was postponed and is due.
    pub(super) fn ask_postponed_due(&mut self, now: Timestamp, orders: &mut Vec<Order>) {
        while let Some(((until, _), _)) = self.postponed.first_key_value()
            && *until <= now
            && let Some((_, Postponed { dialog, request })) = self.postponed.pop_first()
        {
            self.shadow(&dialog, &request, now, orders);
        }
    }

    /// Asks what was postponed for a customer.
    fn ask_postponed(&mut self, customer: &CustomerId, now: Timestamp, orders: &mut Vec<Order>) {
        let meant = self.postponed.iter();
        let meant = meant.filter(|(_, postponed)| postponed.dialog.customer.as_ref() == Some(customer));
        let meant: Vec<_> = meant.map(|(key, _)| key.clone()).collect();
        for key in meant {
            if let Some(Postponed { dialog, request }) = self.postponed.remove(&key) {
                self.shadow(&dialog, &request, now, orders);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_secs(1_000);

    fn customer(id: &str) -> CustomerId {
        CustomerId::trusted(id)
    }

    #[test]
    fn a_look_up_that_never_ends_is_forgotten() {
        let mut looked_up = LookedUp::default();
        looked_up.begin(&customer("a"), START);
        assert!(looked_up.has(&customer("a"), START + LONGEST_LOOKUP - Duration::from_millis(1)));
        assert!(!looked_up.has(&customer("a"), START + LONGEST_LOOKUP));
        looked_up.begin(&customer("b"), START + LONGEST_LOOKUP);
        assert_eq!((looked_up.since.len(), looked_up.begun.len()), (1, 1));
    }

    #[test]
    fn one_that_begins_again_counts_from_then() {
        let mut looked_up = LookedUp::default();
        let (half, whole) = (START + LONGEST_LOOKUP / 2, START + LONGEST_LOOKUP);
        looked_up.begin(&customer("a"), START);
        looked_up.end(&customer("a"));
        assert!(!looked_up.has(&customer("a"), half));
        looked_up.begin(&customer("a"), half);
        looked_up.begin(&customer("b"), whole);
        assert!(looked_up.has(&customer("a"), whole));
    }
}
