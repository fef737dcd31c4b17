//! What the engine tells its observer, always after the fact and never before it is durable.

use std::time::Duration;

use crate::domain::agreement::Agreement;
use crate::domain::announcement::Announcement;
use crate::domain::figures::{Objective, ServiceFigure};
use crate::domain::ids::{AccountId, RulesVersion};
use crate::domain::time::Timestamp;
use crate::telemetry::metrics::{DeliveryResult, Phase};

/// Somebody who counts: metrics in a server, nobody in most tests.
pub trait Observer: Send + Sync + 'static {
    /// This was announced.
    fn announced(&self, account: &AccountId, announcement: &Announcement) {
        let _ = (account, announcement);
    }

    /// This was measured.
    fn measured(&self, account: &AccountId, figure: &ServiceFigure) {
        let _ = (account, figure);
    }

    /// So many changes of an account became durable together.
    fn committed(&self, account: &AccountId, changes: usize, took: Duration) {
        let _ = (account, changes, took);
    }

    /// A part of a decision took so long.
    fn took(&self, account: &AccountId, phase: Phase, took: Duration) {
        let _ = (account, phase, took);
    }

    /// A deadline was looked at this long after it was due.
    fn deadline_met(&self, account: &AccountId, late: Duration) {
        let _ = (account, late);
    }

    /// A webhook delivery was tried.
    fn delivered(&self, account: &AccountId, result: DeliveryResult, took: Duration) {
        let _ = (account, result, took);
    }

    /// A decision panicked; the dialog was spared.
    fn panicked(&self, account: &AccountId) {
        let _ = account;
    }

    /// The account's actors were started again from the store.
    fn recovered(&self, account: &AccountId) {
        let _ = account;
    }

    /// A request was refused because too much was under way.
    fn admission_refused(&self) {}

    /// This rule set came into force.
    fn rules_applied(&self, account: &AccountId, version: &RulesVersion, at: Timestamp) {
        let _ = (account, version, at);
    }

    /// These objectives are in force now.
    fn objectives_set(&self, account: &AccountId, objectives: &[Objective]) {
        let _ = (account, objectives);
    }

    /// A shadow decides beside the live rules from now on, or none does any more.
    fn shadow_set(&self, account: &AccountId, active: bool) {
        let _ = (account, active);
    }

    /// So many decisions of the shadow came so near to the live ones.
    fn shadow_decided(&self, account: &AccountId, agreement: Agreement, count: u64) {
        let _ = (account, agreement, count);
    }

    /// The shadow panicked and was given up.
    fn shadow_panicked(&self, account: &AccountId) {
        let _ = account;
    }

    /// A rule set could not be loaded.
    fn rules_rejected(&self, account: &AccountId) {
        let _ = account;
    }
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unobserved;

impl Observer for Unobserved {}
