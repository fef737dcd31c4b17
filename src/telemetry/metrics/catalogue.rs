//! Every metric there is: name, kind, unit, labels and meaning. Nothing is measured that does not stand here.

use metrics::{Counter, Gauge, Histogram, Label, SharedString, Unit};

/// What kind of metric it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// A value of now.
    Gauge,
    /// How many values lay below each of these edges.
    Histogram(&'static [f64]),
}

/// All series of one name.
#[derive(Debug)]
pub struct Family {
    /// Its name.
    pub name: &'static str,
    /// What kind of metric it is.
    pub kind: Kind,
    /// In what it is measured.
    pub unit: Unit,
    /// The names of its labels, in order.
    pub labels: &'static [&'static str],
    /// What it means.
    pub help: &'static str,
}

impl Family {
    /// Makes the family known to the recorder, so that it is explained where it is read.
    pub(super) fn describe(&self) {
        match self.kind {
            Kind::Counter => metrics::describe_counter!(self.name, self.unit, self.help),
            Kind::Gauge => metrics::describe_gauge!(self.name, self.unit, self.help),
            Kind::Histogram(_) => metrics::describe_histogram!(self.name, self.unit, self.help),
        }
    }

    /// The counter with these values of its labels.
    pub(super) fn counter<const N: usize>(&self, values: [SharedString; N]) -> Counter {
        debug_assert_eq!(self.kind, Kind::Counter, "{}", self.name);
        metrics::counter!(self.name, self.with(values))
    }

    /// The gauge with these values of its labels.
    pub(super) fn gauge<const N: usize>(&self, values: [SharedString; N]) -> Gauge {
        debug_assert_eq!(self.kind, Kind::Gauge, "{}", self.name);
        metrics::gauge!(self.name, self.with(values))
    }

    /// The histogram with these values of its labels.
    pub(super) fn histogram<const N: usize>(&self, values: [SharedString; N]) -> Histogram {
        debug_assert!(matches!(self.kind, Kind::Histogram(_)), "{}", self.name);
        metrics::histogram!(self.name, self.with(values))
    }

    fn with<const N: usize>(&self, values: [SharedString; N]) -> Vec<Label> {
        debug_assert_eq!(self.labels.len(), N, "{}", self.name);
        self.labels.iter().zip(values).map(|(name, value)| Label::new(*name, value)).collect()
    }
}

/// How long customers wait: seconds to a day. 20 s and 60 s are common objectives.
const WAITS: &[f64] =
    &[0.1, 1.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0, 14_400.0, 86_400.0];
/// How long dialogs last: a minute to a week.
const LIVES: &[f64] =
    &[60.0, 300.0, 900.0, 1_800.0, 3_600.0, 14_400.0, 43_200.0, 86_400.0, 259_200.0, 604_800.0];
/// How long the engine takes: 50 µs to a second.
const MOMENTS: &[f64] =
    &[0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0];
/// How late something is, or how long a call takes: a millisecond to a minute.
const DELAYS: &[f64] = &[0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];
/// How many changes share a commit.
const SIZES: &[f64] = &[1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1_000.0];

macro_rules! families {
    ($($id:ident = $kind:expr, $unit:ident, $name:literal, [$($label:literal),*], $help:literal;)*) => {
        $(
            #[doc = $help]
            pub const $id: Family = Family {
                name: $name,
                kind: $kind,
                unit: Unit::$unit,
                labels: &[$($label),*],
                help: $help,
            };
        )*
        /// All families.
        pub const ALL: &[&Family] = &[$(&$id),*];
    };
}

families! {
    WAITING = Kind::Gauge, Count, "reparto_waiting_dialogs", ["account", "rule", "channel"],
        "Dialogs waiting now, by the rule they wait under and kind of channel.";
    WAITING_AGE = Kind::Gauge, Count, "reparto_waiting_age_bucket_dialogs", ["account", "age"],
        "Dialogs waiting now, by how long they have waited.";
    WAITING_OLDEST = Kind::Gauge, Seconds, "reparto_waiting_oldest_age_seconds", ["account"],
        "How long the oldest waiting dialog has waited; 0 when none waits.";
    WAITING_SERVICEABLE = Kind::Gauge, Count, "reparto_waiting_serviceable_dialogs", ["account"],
        "Dialogs that wait although somebody could take them. Must be 0.";
    WAITING_HELD = Kind::Gauge, Count, "reparto_waiting_held_dialogs", ["account"],
        "Dialogs that wait until hours begin, or until their turn after that; nobody is offered them.";
    ASSIGN_WAIT = Kind::Histogram(WAITS), Seconds, "reparto_assign_wait_seconds", ["account", "channel"],
        "From opening to the first assignment.";
    FIRST_REPLY = Kind::Histogram(WAITS), Seconds, "reparto_first_reply_seconds", ["account", "channel"],
        "From the customer's first message to the first reply of a manager.";
    REPLY = Kind::Histogram(WAITS), Seconds, "reparto_reply_seconds", ["account", "channel"],
        "From the first unanswered message of a customer to the reply.";
    ABANDONED = Kind::Counter, Count, "reparto_abandoned_total", ["account", "channel"],
        "Customers' dialogs that ended without any reply.";
    OBJECTIVE_JUDGED = Kind::Counter, Count, "reparto_objective_judged_total", ["account", "objective", "measure", "result"],
        "What an objective of the rules was about, by result: `met` or `missed`. Measure `first_reply`, `reply` or `assign`.";
    OBJECTIVE_ACHIEVED = Kind::Gauge, Count, "reparto_objective_achieved_ratio", ["account", "objective", "measure"],
        "Share of what was judged that met the objective, since the server started or the objective changed. Absent until something was judged.";
    OBJECTIVE_TARGET = Kind::Gauge, Count, "reparto_objective_target_ratio", ["account", "objective", "measure"],
        "Share that the objective demands; 0 once the rules in force do not have it any more.";
    OBJECTIVE_WITHIN = Kind::Gauge, Seconds, "reparto_objective_within_seconds", ["account", "objective", "measure"],
        "How long it may take under the objective. The histogram of the measure has an edge here, if the rule file had the objective when the server started.";
    HANDLE = Kind::Histogram(LIVES), Seconds, "reparto_handle_seconds", ["account", "channel"],
        "How long one responsible held a dialog.";
    RESOLUTION = Kind::Histogram(LIVES), Seconds, "reparto_resolution_seconds", ["account", "channel", "reason"],
        "From opening to closure, by the reason of the closure.";
    GROUP_LOAD = Kind::Gauge, Count, "reparto_group_load_units", ["account", "group"],
        "Units in use by the group's managers who are not away. Group `everyone` counts each manager once.";
    GROUP_CAPACITY = Kind::Gauge, Count, "reparto_group_capacity_units", ["account", "group"],
        "Units that the group's managers who are not away have in all.";
    GROUP_DIALOGS = Kind::Gauge, Count, "reparto_group_dialogs", ["account", "group"],
        "Assigned dialogs that came through a step of a group whose `max_dialogs` limits them.";
    GROUP_MOST_DIALOGS = Kind::Gauge, Count, "reparto_group_max_dialogs", ["account", "group"],
        "How many dialogs may be assigned at once through steps of a group: its `max_dialogs`.";
    MANAGERS = Kind::Gauge, Count, "reparto_managers", ["account", "group", "state"],
        "Managers by group and state: `available`, or why they may take no work.";
    LOAD_RATIO = Kind::Gauge, Count, "reparto_manager_load_ratio", ["account", "rank"],
        "Share of capacity in use among available managers: the least, the median, the ninetieth percentile, the most.";
    MANAGER_LOAD = Kind::Gauge, Count, "reparto_manager_load_units", ["account", "manager"],
        "Units in use by each manager. Only with the setting `metrics.per_manager`.";
    ASSIGNMENTS = Kind::Counter, Count, "reparto_assignments_total", ["account", "rule", "step", "strategy"],
        "Dialogs that got a responsible, by rule, step (from 1) and strategy. Strategy `by_hand`: a person chose. `fallback`: the default assignment.";
    REASSIGNMENTS = Kind::Counter, Count, "reparto_reassignments_total", ["account", "reason"],
        "Dialogs that went from one responsible to another, by reason.";
    REJECTED = Kind::Counter, Count, "reparto_candidates_rejected_total", ["account", "reason"],
        "Managers that decisions looked at and did not choose, by reason.";
    FALLBACK = Kind::Counter, Count, "reparto_fallback_total", ["account", "reason"],
        "Decisions that the default assignment took, by reason.";
    RULE_MATCHES = Kind::Counter, Count, "reparto_rule_matches_total", ["account", "rule"],
        "Decisions under each rule.";
    CLOSE = Kind::Counter, Count, "reparto_close_total", ["account", "rule", "outcome"],
        "Automatic closures by close rule: `closed`, or `postponed` since somebody wrote.";
    CLOSE_WARNINGS = Kind::Counter, Count, "reparto_close_warnings_total", ["account", "rule"],
        "Warnings before an automatic closure, by close rule.";
    EVENTS = Kind::Counter, Count, "reparto_events_total", ["account", "event"],
        "Events announced, by name.";
    DECISION = Kind::Histogram(MOMENTS), Seconds, "reparto_decision_seconds", ["account", "phase"],
        "How long a decision takes: to `decide`, until the `journal` has it, until its `effect` is out.";
    TIMER_LAG = Kind::Histogram(DELAYS), Seconds, "reparto_timer_lag_seconds", ["account"],
        "How late deadlines were looked at.";
    COMMIT = Kind::Histogram(MOMENTS), Seconds, "reparto_journal_commit_seconds", ["account"],
        "How long one group commit took.";
    COMMIT_CHANGES = Kind::Histogram(SIZES), Count, "reparto_journal_group_changes", ["account"],
        "How many changes shared one commit.";
    REPAIRS = Kind::Counter, Count, "reparto_reconcile_repairs_total", ["account", "kind"],
        "What the reconciliation had to repair. Each one is a defect.";
    PANICS = Kind::Counter, Count, "reparto_decision_panics_total", ["account"],
        "Decisions that panicked. Each one is a defect.";
    QUARANTINED = Kind::Counter, Count, "reparto_quarantined_total", ["account"],
        "Dialogs set aside after repeated failures.";
    RULES_INFO = Kind::Gauge, Count, "reparto_rules_info", ["account", "version"],
        "1 for the rule set in force, 0 for those that were in force before.";
    RULES_SUCCESS = Kind::Gauge, Count, "reparto_rules_last_reload_success", ["account"],
        "Whether the last rule set that was offered could be loaded (1) or the former one stays in force (0).";
    RULES_TIME = Kind::Gauge, Seconds, "reparto_rules_last_reload_timestamp_seconds", ["account"],
        "When the rule set in force was loaded, in seconds since 1970.";
    SHADOW_DECISIONS = Kind::Counter, Count, "reparto_shadow_decisions_total", ["account", "agreement"],
        "Decisions of the shadow rule set beside the live one: `same`, by another `rule` or step, for another `manager`, or with another `outcome`.";
    SHADOW_ACTIVE = Kind::Gauge, Count, "reparto_shadow_active", ["account"],
        "1 while a shadow rule set decides beside the live one, else 0.";
    SHADOW_PANICS = Kind::Counter, Count, "reparto_shadow_panics_total", ["account"],
        "Shadow rule sets that were given up since they panicked; live decisions went on. Each one is a defect.";
    WEBHOOK_DELIVERIES = Kind::Counter, Count, "reparto_webhook_deliveries_total", ["account", "result"],
        "Attempts to deliver an event: `delivered`, `rejected` (an answer other than 2xx), `failed` (no answer), `forbidden` (the address may not be called).";
    WEBHOOK_TIME = Kind::Histogram(DELAYS), Seconds, "reparto_webhook_delivery_seconds", ["account"],
        "How long subscribers took to answer a delivery.";
    WEBHOOK_BACKLOG = Kind::Gauge, Count, "reparto_webhook_backlog_events", ["account"],
        "Events that the slowest webhook has not acknowledged.";
    WEBHOOKS_PAUSED = Kind::Gauge, Count, "reparto_webhooks_paused", ["account"],
        "Webhooks paused after repeated failure.";
    CONNECTOR_CONNECTED = Kind::Gauge, Count, "reparto_connector_connected", ["account"],
        "Whether the connector follows its CRM (1), or is connecting, reading everything again, or shut out (0).";
    CONNECTOR_AUTHORIZED = Kind::Gauge, Count, "reparto_connector_authorized", ["account"],
        "Whether the CRM takes the connector's token (1) or not (0): then nothing is done until it has another.";
    CONNECTOR_FRAMES = Kind::Counter, Count, "reparto_connector_frames_total", ["account", "event", "result"],
        "Events from the CRM by kind and result: `ok`, `unknown` (a kind that is not known and is skipped), `broken` (it cannot be read).";
    CONNECTOR_CALLS = Kind::Counter, Count, "reparto_connector_calls_total", ["account", "call", "result"],
        "Requests to the CRM by kind and result: `ok`, `retry` (too busy or not reached), `lost` (no telling whether it was done), `rejected`, `unauthorized`.";
    CONNECTOR_CALL = Kind::Histogram(DELAYS), Seconds, "reparto_connector_call_seconds", ["account"],
        "How long the CRM took to answer a request.";
    CONNECTOR_RETRIES = Kind::Counter, Count, "reparto_connector_retries_total", ["account", "call"],
        "Requests that are tried again, by kind.";
    CONNECTOR_RESYNCS = Kind::Counter, Count, "reparto_connector_resyncs_total", ["account", "result"],
        "Times that everything was read again: `gap` after the socket was lost, `routine` without need, `failed`.";
    CONNECTOR_REPAIRS = Kind::Counter, Count, "reparto_connector_repairs_total", ["account", "kind"],
        "What the reading in routine had to mend: events that the CRM never sent, calls that never took hold.";
    CONNECTOR_CONFLICTS = Kind::Counter, Count, "reparto_connector_conflicts_total", ["account", "kind"],
        "`overwrote`: a person changed the responsible while we did, and theirs was restored. `sent_back`: the CRM refused a responsible, and the dialog was routed anew. `refused`: the engine refused what the CRM reported. `given_up`: the CRM refused the tags of a rule, and the dialog goes without.";
    CONNECTOR_OWED = Kind::Gauge, Count, "reparto_connector_owed_dialogs", ["account"],
        "Dialogs with something to do in the CRM that is not done yet.";
    STORE_SIZE = Kind::Gauge, Bytes, "reparto_store_size_bytes", [],
        "Size of the database.";
    ADMISSION_REFUSED = Kind::Counter, Count, "reparto_admission_refused_total", [],
        "Changes answered 503 because too many were under way.";
    BUILD_INFO = Kind::Gauge, Count, "reparto_build_info", ["version"],
        "1; the version is in the label.";
}

/// All metrics as a Markdown table.
pub fn markdown() -> String {
    use std::fmt::Write;

    let mut out = String::from("| metric | kind | labels | meaning |\n|---|---|---|---|\n");
    for family in ALL {
        let kind = match family.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram(_) => "histogram",
        };
        let labels: Vec<_> = family.labels.iter().map(|label| format!("`{label}`")).collect();
        let _ = writeln!(out, "| `{}` | {kind} | {} | {} |", family.name, labels.join(", "), family.help);
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Words that would leak a person or grow without bound.
    const FORBIDDEN_LABELS: &[&str] = &["dialog", "customer", "chat", "message", "id", "le", "quantile"];

    #[test]
    fn names_follow_the_convention() {
        let names: BTreeSet<_> = ALL.iter().map(|family| family.name).collect();
        assert_eq!(names.len(), ALL.len(), "a name stands twice");
        for family in ALL {
            let name = family.name;
            assert!(name.starts_with("reparto_"), "{name}");
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{name}");
            assert_eq!(name.ends_with("_total"), family.kind == Kind::Counter, "{name}");
            assert_eq!(name.ends_with("_seconds"), family.unit == Unit::Seconds, "{name}");
            assert_eq!(name.ends_with("_bytes"), family.unit == Unit::Bytes, "{name}");
            for suffix in ["_sum", "_count", "_bucket", "_milliseconds", "_counter", "_gauge"] {
                assert!(!name.ends_with(suffix), "{name}");
            }
        }
    }

    #[test]
    fn help_is_a_sentence_and_labels_are_bounded() {
        for family in ALL {
            assert!(family.help.ends_with('.'), "{}", family.name);
            assert!(!family.help.contains('\n'), "{}", family.name);
            assert!(family.labels.iter().all(|l| !FORBIDDEN_LABELS.contains(l)), "{}", family.name);
        }
    }

    #[test]
    fn edges_ascend() {
        for family in ALL {
            if let Kind::Histogram(edges) = family.kind {
                assert!(edges.is_sorted_by(|a, b| a < b), "{}", family.name);
            }
        }
    }

    #[test]
    fn the_listing_has_a_row_for_each() {
        assert_eq!(markdown().lines().count(), ALL.len() + 2);
    }
}
