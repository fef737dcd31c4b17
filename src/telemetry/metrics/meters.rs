//! The meters of one account: small functions that the engine calls once what they count is durable.
//!
//! Handles are kept, so that counting what was counted before allocates nothing. A call costs a lock that
//! nobody else holds (the account's actors share one thread) and one or two look-ups in small trees.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use metrics::{Counter, Histogram, SharedString};

use super::catalogue as family;
use super::desk_series::DeskSeries;
use super::gauges::Gauges;
use super::objective_series::ObjectiveSeries;
use super::routing_series::RoutingSeries;
use super::service_series::ServiceSeries;
use super::shadow_series::ShadowSeries;
use crate::domain::agreement::Agreement;
use crate::domain::announcement::Announcement;
use crate::domain::figures::{Objective, ServiceFigure};
use crate::domain::ids::{AccountId, RulesVersion};
use crate::domain::routing::Decision;
use crate::domain::time::Timestamp;

/// What the settings say about metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Options {
    /// One load series a manager.
    pub per_manager: bool,
    /// Most managers of an account with a series of their own.
    pub manager_limit: usize,
}

/// A part of what a decision takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// From the request to the decision.
    Decide,
    /// From the decision until it is durable.
    Journal,
    /// From then until its effects are out.
    Effect,
}

/// What became of one attempt to deliver an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeliveryResult {
    /// The subscriber took it.
    Delivered,
    /// The subscriber answered something else than 2xx.
    Rejected,
    /// There was no answer.
    Failed,
    /// The address may not be called.
    Forbidden,
}

/// The meters of one account. Share it by `Arc` or `Rc`: all methods take `&self`.
pub struct Meters {
    account: SharedString,
    phases: [Histogram; 3],
    timer_lag: Histogram,
    commit: Histogram,
    commit_changes: Histogram,
    panics: Counter,
    deliveries: [Counter; 4],
    delivery_time: Histogram,
    repairs: Mutex<BTreeMap<&'static str, Counter>>,
    routing: Mutex<RoutingSeries>,
    service: Mutex<ServiceSeries>,
    objectives: Mutex<ObjectiveSeries>,
    shadow: Mutex<ShadowSeries>,
    desk: Mutex<DeskSeries>,
}

/// A panic while counting leaves at worst one count out.
fn lock<T>(series: &Mutex<T>) -> MutexGuard<'_, T> {
    series.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Meters {
    /// Meters of an account, in the recorder in force. What can be known beforehand begins at zero,
    /// so that the first increase is seen.
    pub fn new(account: &AccountId, options: Options) -> Self {
        let account = SharedString::from(account.to_string());
        let phase = |word: &'static str| family::DECISION.histogram([account.clone(), word.into()]);
        let result = |word: &'static str| family::WEBHOOK_DELIVERIES.counter([account.clone(), word.into()]);
        let meters = Self {
            phases: [phase("decide"), phase("journal"), phase("effect")],
            timer_lag: family::TIMER_LAG.histogram([account.clone()]),
            commit: family::COMMIT.histogram([account.clone()]),
            commit_changes: family::COMMIT_CHANGES.histogram([account.clone()]),
            panics: family::PANICS.counter([account.clone()]),
            deliveries: [result("delivered"), result("rejected"), result("failed"), result("forbidden")],
            delivery_time: family::WEBHOOK_TIME.histogram([account.clone()]),
            repairs: Mutex::default(),
            routing: Mutex::new(RoutingSeries::new(account.clone())),
            service: Mutex::new(ServiceSeries::new(account.clone())),
            objectives: Mutex::new(ObjectiveSeries::new(account.clone())),
            shadow: Mutex::new(ShadowSeries::new(account.clone())),
            desk: Mutex::new(DeskSeries::new(account.clone(), options)),
            account,
        };
        meters.gauges(&Gauges::default());
        meters
    }

    /// A decision was made, whatever it led to.
    pub fn decided(&self, decision: &Decision) {
        lock(&self.routing).decided(decision);
    }

    /// Something was announced. The decision that it may carry is counted by [`Self::decided`].
    pub fn announced(&self, announcement: &Announcement) {
        lock(&self.routing).announced(announcement);
    }

    /// Something ended, and this is how long it took.
    pub fn figure(&self, figure: &ServiceFigure) {
        lock(&self.service).figure(figure);
        lock(&self.objectives).figure(figure);
    }

    /// These objectives are in force now.
    pub fn objectives(&self, objectives: &[Objective]) {
        lock(&self.objectives).set(objectives);
    }

    /// A shadow decides beside the live rules, or none does any more.
    pub fn shadow_set(&self, active: bool) {
        lock(&self.shadow).set(active);
    }

    /// So many decisions of the shadow came so near.
    pub fn shadow_decided(&self, agreement: Agreement, count: u64) {
        lock(&self.shadow).decided(agreement, count);
    }

    /// The shadow panicked and was given up.
    pub fn shadow_panicked(&self) {
        lock(&self.shadow).panicked();
    }

    /// What the account looks like now. Told before each scrape, or every few seconds.
    pub fn gauges(&self, now: &Gauges) {
        lock(&self.desk).gauges(now);
    }

    /// This rule set came into force.
    pub fn rules_loaded(&self, version: &RulesVersion, at: Timestamp) {
        lock(&self.desk).rules_loaded(version, at);
    }

    /// A rule set could not be loaded; the former one stays in force.
    pub fn rules_rejected(&self) {
        lock(&self.desk).rules_rejected();
    }

    /// A part of a decision took so long.
    pub fn took(&self, phase: Phase, took: Duration) {
        let phase = match phase {
            Phase::Decide => &self.phases[0],
            Phase::Journal => &self.phases[1],
            Phase::Effect => &self.phases[2],
        };
        phase.record(took);
    }

    /// So many changes became durable together.
    pub fn committed(&self, changes: usize, took: Duration) {
        self.commit.record(took);
        self.commit_changes.record(changes as f64);
    }

    /// A deadline was looked at so long after it was due.
    pub fn timer_lag(&self, late: Duration) {
        self.timer_lag.record(late);
    }

    /// The reconciliation repaired something of this kind, in one closed word.
    pub fn repaired(&self, kind: &'static str) {
        lock(&self.repairs)
            .entry(kind)
            .or_insert_with(|| family::REPAIRS.counter([self.account.clone(), kind.into()]))
            .increment(1);
    }

    /// A decision panicked and was caught.
    pub fn panicked(&self) {
        self.panics.increment(1);
    }

    /// One attempt to deliver an event ended.
    pub fn webhook_delivery(&self, result: DeliveryResult, took: Duration) {
        let counter = match result {
            DeliveryResult::Delivered => &self.deliveries[0],
            DeliveryResult::Rejected => &self.deliveries[1],
            DeliveryResult::Failed => &self.deliveries[2],
            DeliveryResult::Forbidden => &self.deliveries[3],
        };
        counter.increment(1);
        if result != DeliveryResult::Forbidden {
            self.delivery_time.record(took);
        }
    }
}
