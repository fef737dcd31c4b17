//! Gauges of the desk: who waits, who is there, how much is in use, which rules are in force.

use std::collections::BTreeMap;
use std::sync::Arc;

use metrics::{Gauge, SharedString};

use super::bounded::{GaugeSet, Names};
use super::catalogue as family;
use super::gauges::{AGES, Gauges, GroupGauges};
use super::meters::Options;
use crate::domain::ids::{GroupId, RulesVersion};
use crate::domain::time::Timestamp;

/// Most groups, rules and kinds of channel of one account that are told apart.
const GROUPS: usize = 200;
const RULES: usize = 100;
const CHANNELS: usize = 30;

/// The label of all managers together; each counts once there.
pub const EVERYONE: &str = "everyone";

/// Gauges of one account. What vanishes (a group, a rule, a version) goes to zero at once.
pub struct DeskSeries {
    account: SharedString,
    options: Options,
    rule_names: Names,
    channel_names: Names,
    group_names: Names,
    manager_names: Names,
    waiting: GaugeSet<(Arc<str>, Arc<str>)>,
    ages: [Gauge; AGES.len()],
    oldest: Gauge,
    serviceable: Gauge,
    held: Gauge,
    load: GaugeSet<Arc<str>>,
    capacity: GaugeSet<Arc<str>>,
    group_dialogs: GaugeSet<Arc<str>>,
    group_most: GaugeSet<Arc<str>>,
    states: GaugeSet<(Arc<str>, &'static str)>,
    manager_load: GaugeSet<Arc<str>>,
    webhook_backlog: Gauge,
    webhooks_paused: Gauge,
    rules: GaugeSet<Arc<str>>,
    rules_success: Gauge,
    rules_time: Gauge,
}

impl DeskSeries {
    /// Gauges at zero.
    pub fn new(account: SharedString, options: Options) -> Self {
        let own = || [account.clone()];
        Self {
            options,
            rule_names: Names::new(RULES),
            channel_names: Names::new(CHANNELS),
            group_names: Names::new(GROUPS),
            manager_names: Names::new(options.manager_limit),
            waiting: GaugeSet::new(),
            ages: AGES.map(|(age, _)| family::WAITING_AGE.gauge([account.clone(), age.into()])),
            oldest: family::WAITING_OLDEST.gauge(own()),
            serviceable: family::WAITING_SERVICEABLE.gauge(own()),
            held: family::WAITING_HELD.gauge(own()),
            load: GaugeSet::new(),
            capacity: GaugeSet::new(),
            group_dialogs: GaugeSet::new(),
            group_most: GaugeSet::new(),
            states: GaugeSet::new(),
            manager_load: GaugeSet::new(),
            webhook_backlog: family::WEBHOOK_BACKLOG.gauge(own()),
            webhooks_paused: family::WEBHOOKS_PAUSED.gauge(own()),
            rules: GaugeSet::new(),
            rules_success: family::RULES_SUCCESS.gauge(own()),
            rules_time: family::RULES_TIME.gauge(own()),
            account,
        }
    }

    /// What the account looks like now.
    pub fn gauges(&mut self, now: &Gauges) {
        self.waiting(now);
        self.people(now);
        self.webhook_backlog.set(now.webhook_backlog as f64);
        self.webhooks_paused.set(f64::from(now.webhooks_paused));
    }

    fn waiting(&mut self, now: &Gauges) {
        let mut waiting = BTreeMap::new();
        for ((rule, channel), count) in &now.waiting {
            let key = (self.rule_names.bounded(rule), self.channel_names.bounded(channel));
            *waiting.entry(key).or_insert(0.0) += f64::from(*count);
        }
        let account = &self.account;
        self.waiting.set(waiting, |(rule, channel)| {
            family::WAITING.gauge([account.clone(), shared(rule), shared(channel)])
        });
        for (gauge, count) in self.ages.iter().zip(now.ages) {
            gauge.set(f64::from(count));
        }
        self.oldest.set(now.oldest.as_secs_f64());
        self.serviceable.set(f64::from(now.serviceable));
        self.held.set(f64::from(now.held));
    }

    fn people(&mut self, now: &Gauges) {
        let mut load = BTreeMap::new();
        let mut capacity = BTreeMap::new();
        let mut states = BTreeMap::new();
        let groups = now.groups.iter().map(|(id, group)| (GroupId::as_str(id), group));
        for (name, group) in groups.chain([(EVERYONE, &now.everyone)]) {
            let name = if name == EVERYONE { EVERYONE.into() } else { self.group_names.bounded(name) };
            let GroupGauges { load: used, capacity: all, states: counts } = group;
            *load.entry(name.clone()).or_insert(0.0) += used.as_f64();
            *capacity.entry(name.clone()).or_insert(0.0) += all.as_f64();
            for (state, count) in counts {
                *states.entry((name.clone(), *state)).or_insert(0.0) += f64::from(*count);
            }
        }
        let (mut dialogs, mut most) = (BTreeMap::new(), BTreeMap::new());
        for (id, group) in &now.group_uses {
            let name = self.group_names.bounded(id.as_str());
            *dialogs.entry(name.clone()).or_insert(0.0) += f64::from(group.used);
            *most.entry(name).or_insert(0.0) += f64::from(group.most);
        }
        let account = &self.account;
        self.group_dialogs
            .set(dialogs, |group| family::GROUP_DIALOGS.gauge([account.clone(), shared(group)]));
        self.group_most.set(most, |group| family::GROUP_MOST_DIALOGS.gauge([account.clone(), shared(group)]));
        self.load.set(load, |group| family::GROUP_LOAD.gauge([account.clone(), shared(group)]));
        self.capacity.set(capacity, |group| family::GROUP_CAPACITY.gauge([account.clone(), shared(group)]));
        self.states.set(states, |(group, state)| {
            family::MANAGERS.gauge([account.clone(), shared(group), (*state).into()])
        });
        for (rank, ratio) in now.ranks() {
            family::LOAD_RATIO.gauge([account.clone(), rank.into()]).set(ratio);
        }
        if self.options.per_manager {
            let names = &mut self.manager_names;
            let loads = now
                .loads
                .iter()
                .filter_map(|(id, load)| Some((names.exactly(id.as_str())?, load.as_f64())))
                .collect();
            self.manager_load
                .set(loads, |manager| family::MANAGER_LOAD.gauge([account.clone(), shared(manager)]));
        }
    }

    /// This rule set came into force.
    pub fn rules_loaded(&mut self, version: &RulesVersion, at: Timestamp) {
        let account = &self.account;
        let in_force = [(Arc::from(version.as_str()), 1.0)].into();
        self.rules.set(in_force, |version| family::RULES_INFO.gauge([account.clone(), shared(version)]));
        self.rules_success.set(1.0);
        self.rules_time.set(at.micros() as f64 / 1e6);
    }

    /// A rule set could not be loaded; the former one stays in force.
    pub fn rules_rejected(&mut self) {
        self.rules_success.set(0.0);
    }
}

fn shared(text: &Arc<str>) -> SharedString {
    SharedString::from_shared(text.clone())
}
