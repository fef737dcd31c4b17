//! The observer of a server: everything the engine tells becomes metrics, by account.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use super::observe::Observer;
use crate::desk::view::RosterView;
use crate::domain::agreement::Agreement;
use crate::domain::announcement::Announcement;
use crate::domain::figures::{Objective, ServiceFigure};
use crate::domain::ids::{AccountId, RulesVersion};
use crate::domain::time::Timestamp;
use crate::store::change::Webhook;
use crate::telemetry::metrics::server::ServerMeters;
use crate::telemetry::metrics::{DeliveryResult, Gauges, Meters, Options, Phase, without_edge};

/// Meters for every account that was seen.
pub struct Metered {
    options: Options,
    server: ServerMeters,
    accounts: RwLock<BTreeMap<AccountId, Arc<Meters>>>,
}

impl Metered {
    /// No account was seen yet. The recorder must be installed before.
    pub fn new(options: Options) -> Self {
        Self { options, server: ServerMeters::new(), accounts: RwLock::default() }
    }

    fn of(&self, account: &AccountId) -> Arc<Meters> {
        if let Some(meters) = self.accounts.read().unwrap_or_else(PoisonError::into_inner).get(account) {
            return Arc::clone(meters);
        }
        let mut accounts = self.accounts.write().unwrap_or_else(PoisonError::into_inner);
        let meters = accounts.entry(account.clone());
        Arc::clone(meters.or_insert_with(|| Arc::new(Meters::new(account, self.options))))
    }

    /// What an account looks like now; told before a scrape.
    pub fn show(
        &self,
        account: &AccountId,
        view: &RosterView,
        webhooks: &[Webhook],
        newest_seq: u64,
        now: Timestamp,
    ) {
        let mut gauges = Gauges { serviceable: view.serviceable, held: view.held, ..Gauges::default() };
        for waiting in &view.queue {
            gauges.waits(waiting.rule.as_ref(), &waiting.channel_kind, now.since(waiting.since));
        }
        for manager in &view.managers {
            let (load, capacity) = (manager.load, manager.capacity);
            gauges.manager(&manager.manager.id, &manager.groups, load, capacity, manager.availability);
        }
        gauges.group_uses = view.group_uses.iter().cloned().collect();
        gauges.webhooks_paused =
            u32::try_from(webhooks.iter().filter(|hook| hook.paused).count()).unwrap_or(u32::MAX);
        let behind = webhooks.iter().map(|hook| newest_seq.saturating_sub(hook.acknowledged));
        gauges.webhook_backlog = behind.max().unwrap_or(0);
        self.of(account).gauges(&gauges);
    }

    /// The size of the database, in bytes.
    pub fn store_size(&self, bytes: u64) {
        self.server.store_size(bytes);
    }
}

impl Observer for Metered {
    fn announced(&self, account: &AccountId, announcement: &Announcement) {
        let meters = self.of(account);
        if let Some(decision) = announcement.body.decision() {
            meters.decided(decision);
        }
        meters.announced(announcement);
    }

    fn measured(&self, account: &AccountId, figure: &ServiceFigure) {
        self.of(account).figure(figure);
    }

    fn committed(&self, account: &AccountId, changes: usize, took: Duration) {
        self.of(account).committed(changes, took);
    }

    fn took(&self, account: &AccountId, phase: Phase, took: Duration) {
        self.of(account).took(phase, took);
    }

    fn deadline_met(&self, account: &AccountId, late: Duration) {
        self.of(account).timer_lag(late);
    }

    fn delivered(&self, account: &AccountId, result: DeliveryResult, took: Duration) {
        self.of(account).webhook_delivery(result, took);
    }

    fn panicked(&self, account: &AccountId) {
        self.of(account).panicked();
    }

    fn recovered(&self, account: &AccountId) {
        self.of(account).repaired("account_restart");
    }

    fn admission_refused(&self) {
        self.server.admission_refused();
    }

    fn rules_applied(&self, account: &AccountId, version: &RulesVersion, at: Timestamp) {
        self.of(account).rules_loaded(version, at);
    }

    fn objectives_set(&self, account: &AccountId, objectives: &[Objective]) {
        self.of(account).objectives(objectives);
        for objective in without_edge(objectives) {
            tracing::warn!(
                %account,
                objective = %objective.id,
                measure = objective.measure.word(),
                within = ?objective.within,
                "the histogram has no edge for this objective until the server starts again; its own series are exact"
            );
        }
    }

    fn shadow_set(&self, account: &AccountId, active: bool) {
        self.of(account).shadow_set(active);
    }

    fn shadow_decided(&self, account: &AccountId, agreement: Agreement, count: u64) {
        self.of(account).shadow_decided(agreement, count);
    }

    fn shadow_panicked(&self, account: &AccountId) {
        self.of(account).shadow_panicked();
    }

    fn rules_rejected(&self, account: &AccountId) {
        self.of(account).rules_rejected();
    }
}
