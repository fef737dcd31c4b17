//! The meters of a connector: what comes from its CRM, what goes there, and what had to be mended.
//!
//! All labels are closed words of ours: a CRM's unknown words are counted as `unknown`.

use std::time::Duration;

use metrics::SharedString;

use super::catalogue as family;
use crate::domain::ids::AccountId;

/// The meters of one account's connector. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ConnectorMeters {
    account: SharedString,
}

impl ConnectorMeters {
    /// Meters of an account, in the recorder in force. What can be known beforehand begins at zero.
    pub fn new(account: &AccountId) -> Self {
        let meters = Self { account: SharedString::from(account.to_string()) };
        meters.connected(false);
        meters.owed(0);
        meters
    }

    fn account(&self) -> SharedString {
        self.account.clone()
    }

    /// It follows its CRM, or does not.
    pub fn connected(&self, is_connected: bool) {
        let value = if is_connected { 1.0 } else { 0.0 };
        family::CONNECTOR_CONNECTED.gauge([self.account()]).set(value);
    }

    /// The CRM takes the token, or does not.
    pub fn authorized(&self, is_authorized: bool) {
        let value = if is_authorized { 1.0 } else { 0.0 };
        family::CONNECTOR_AUTHORIZED.gauge([self.account()]).set(value);
    }

    /// An event came.
    pub fn frame(&self, event: &'static str, result: &'static str) {
        family::CONNECTOR_FRAMES.counter([self.account(), event.into(), result.into()]).increment(1);
    }

    /// A request came to an end.
    pub fn called(&self, call: &'static str, result: &'static str, took: Duration) {
        family::CONNECTOR_CALLS.counter([self.account(), call.into(), result.into()]).increment(1);
        family::CONNECTOR_CALL.histogram([self.account()]).record(took.as_secs_f64());
    }

    /// A request is tried again.
    pub fn retried(&self, call: &'static str) {
        family::CONNECTOR_RETRIES.counter([self.account(), call.into()]).increment(1);
    }

    /// Everything was read again.
    pub fn resynced(&self, result: &'static str) {
        family::CONNECTOR_RESYNCS.counter([self.account(), result.into()]).increment(1);
    }

    /// Reading in routine had to mend something.
    pub fn repaired(&self, kind: &'static str) {
        family::CONNECTOR_REPAIRS.counter([self.account(), kind.into()]).increment(1);
    }

    /// Two acted at once, or one refused the other.
    pub fn conflict(&self, kind: &'static str) {
        family::CONNECTOR_CONFLICTS.counter([self.account(), kind.into()]).increment(1);
    }

    /// So many dialogs wait for something to be done.
    pub fn owed(&self, dialogs: usize) {
        family::CONNECTOR_OWED.gauge([self.account()]).set(dialogs as f64);
    }
}
