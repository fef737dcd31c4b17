//! Sketches for tests of the desk: a rule set, people and dialogs in a few words.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use reparto::domain::account::DefaultAssignment;
use reparto::domain::closing::OfflineWhich;
use reparto::domain::dialog::{Dialog, DialogKind, DialogState, StartedBy};
use reparto::domain::ids::{ChannelId, ChatId, CustomerId, DialogId, GroupId, ManagerId};
use reparto::domain::manager::{Manager, Presence};
use reparto::domain::offer::Passed;
use reparto::domain::routing::{Step, Strategy, Target};
use reparto::domain::time::Timestamp;
use reparto::domain::units::Units;
use reparto::rules::ruleset::{BotMode, RuleSet};
use reparto::rules::{Source, compile};

/// What a rule file says, as far as the desk asks.
#[derive(Clone, Debug)]
pub struct Sketch {
    pub version: u32,
    pub mode: BotMode,
    pub fallback: Option<DefaultAssignment>,
    /// Names and members, in the file's order.
    pub groups: Vec<(&'static str, Vec<&'static str>)>,
    pub units: u32,
    /// What dialogs cost, by kind of channel.
    pub weights: Vec<(&'static str, Units)>,
    /// Id, whether it is for VIPs only, steps.
    pub rules: Vec<(&'static str, bool, Vec<Step>)>,
    /// Whether it is for VIPs only, base, points a minute.
    pub priorities: Vec<(bool, i64, i64)>,
    pub offline: Option<(Duration, OfflineWhich)>,
    /// Whether it is for VIPs only, the managers and the groups that are excluded.
    pub excludes: Vec<(bool, Vec<&'static str>, Vec<&'static str>)>,
    pub deputies: bool,
    /// Groups, and how many dialogs they may have; one that is not among `groups` is the CRM's.
    pub caps: Vec<(&'static str, u32)>,
    /// How many seconds the first rule waits for facts.
    pub facts_within: Option<u8>,
}

/// The set of a rule file. The only place of these tests that knows how one is made.
pub fn rules_of(text: &str) -> Arc<RuleSet> {
    let compiled = compile(&[Source::new("test.toml", text)]);
    compiled.rules.unwrap_or_else(|| panic!("it is a good file: {:?}\n{text}", compiled.diagnostics))
}

impl Sketch {
    /// One rule for everybody, five units each.
    pub fn of(steps: Vec<Step>) -> Self {
        Self {
            version: 1,
            mode: BotMode::Enforce,
            fallback: None,
            groups: Vec::new(),
            units: 5,
            weights: Vec::new(),
            rules: vec![("standard", false, steps)],
            priorities: Vec::new(),
            offline: None,
            excludes: Vec::new(),
            deputies: true,
            caps: Vec::new(),
            facts_within: None,
        }
    }

    /// The compiled rule set.
    pub fn compile(&self) -> Arc<RuleSet> {
        rules_of(&self.text())
    }

    /// The rule file.
    fn text(&self) -> String {
        // The id of a file-wide text tells versions apart.
        let mut text = format!("[texts]\nversion = {{ en = \"{}\" }}\n", self.version);
        let mode = match self.mode {
            BotMode::Enforce => "enforce",
            BotMode::Shadow => "shadow",
            BotMode::Off => "off",
        };
        let _ = writeln!(text, "[bot]\nmode = \"{mode}\"");
        if let Some(fallback) = &self.fallback {
            let assign = match fallback {
                DefaultAssignment::Crm => "crm".to_owned(),
                DefaultAssignment::Nobody => "nobody".to_owned(),
                DefaultAssignment::Manager(id) => format!("manager:{id}"),
                DefaultAssignment::Group(id) => format!("group:{id}"),
                DefaultAssignment::Bot(id) => format!("bot:{id}"),
            };
            let _ = writeln!(text, "[bot.fallback]\nassign = \"{assign}\"");
        }
        text += "[groups]\n";
        for (id, managers) in &self.groups {
            let cap = self.caps.iter().find(|(group, _)| group == id);
            let cap = cap.map(|(_, most)| format!(", max_dialogs = {most}")).unwrap_or_default();
            let _ = writeln!(text, "{id} = {{ managers = {managers:?}{cap} }}");
        }
        for (id, most) in &self.caps {
            if self.groups.iter().all(|(group, _)| group != id) {
                let _ = writeln!(text, "{id} = {{ crm_group = \"{id}\", max_dialogs = {most} }}");
            }
        }
        let _ = writeln!(text, "[presence]\ndeputies = {}", self.deputies);
        let _ = writeln!(text, "[capacity]\nunits = {}", self.units);
        if !self.weights.is_empty() {
            text += "[capacity.channel]\n";
            for (kind, weight) in &self.weights {
                let _ = writeln!(text, "{kind} = {weight}");
            }
        }
        for (number, (vip_only, base, per_minute)) in (1..).zip(&self.priorities) {
            let _ = writeln!(
                text,
                "[[priority]]\nid = \"class-{number}\"\nbase = {base}\nper_minute = {per_minute}"
            );
            text += when(*vip_only);
        }
        for (place, (id, vip_only, steps)) in self.rules.iter().enumerate() {
            let steps: Vec<String> = steps.iter().map(step).collect();
            let _ = writeln!(text, "[[rule]]\nid = \"{id}\"\nstep = [{}]", steps.join(", "));
            if let Some(seconds) = self.facts_within.filter(|_| place == 0) {
                let _ = writeln!(text, "facts_within = \"{seconds}s\"");
            }
            text += when(*vip_only);
        }
        for (vip_only, managers, groups) in &self.excludes {
            let _ = writeln!(text, "[[exclude]]\nmanagers = {managers:?}\ngroups = {groups:?}");
            text += when(*vip_only);
        }
        if let Some((after, which)) = &self.offline {
            let which = match which {
                OfflineWhich::Waiting => "waiting",
                OfflineWhich::Unanswered => "unanswered",
            };
            let _ =
                writeln!(text, "[reassign.offline]\nafter = \"{}s\"\nwhich = \"{which}\"", after.as_secs());
        }
        text
    }
}

fn when(vip_only: bool) -> &'static str {
    if vip_only { "when = 'customer.vip'\n" } else { "" }
}

/// A step as the rule file writes it.
fn step(step: &Step) -> String {
    let mut text = format!("{{ to = \"{}\", pick = \"{}\"", step.to, step.pick.word());
    if let Target::LastManager { within: Some(within) } = step.to {
        let _ = write!(text, ", within = \"{}s\"", within.as_secs());
    }
    if let Some(wait) = step.wait {
        let _ = write!(text, ", wait = \"{}s\"", wait.as_secs());
    }
    if step.only {
        text += ", only = true";
    }
    if let Some(within) = step.accept_within {
        let _ = write!(text, ", accept_within = \"{}s\"", within.as_secs());
    }
    if step.over_capacity > Units::ZERO {
        let _ = write!(text, ", over_capacity = {}", step.over_capacity);
    }
    text + " }"
}

/// A step without time limit that picks the least loaded.
pub fn to(target: Target) -> Step {
    Step {
        to: target,
        pick: Strategy::LeastLoaded,
        wait: None,
        only: false,
        over_capacity: Units::ZERO,
        accept_within: None,
        notify: None,
    }
}

pub fn group(id: &str) -> Target {
    Target::Group(GroupId::trusted(id))
}

pub fn manager(id: &str) -> Target {
    Target::Manager(ManagerId::trusted(id))
}

/// The step with a time limit.
pub fn waiting(step: Step, seconds: u64) -> Step {
    Step { wait: Some(Duration::from_secs(seconds)), ..step }
}

/// The step that asks first.
pub fn asking(step: Step, seconds: u64) -> Step {
    Step { accept_within: Some(Duration::from_secs(seconds)), ..step }
}

pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_secs(seconds)
}

/// A manager in these groups of the CRM's.
pub fn person(id: &str, groups: &[&str]) -> Manager {
    let groups = groups.iter().map(|group| GroupId::trusted(group)).collect();
    Manager { groups, ..Manager::new(ManagerId::trusted(id)) }
}

pub const ONLINE: Presence =
    Presence { online: true, status: reparto::domain::manager::Status::Free, on_leave: false };

/// A customer's dialog that began to wait now.
pub fn dialog(id: &str, customer: &str, kind: &str, now: Timestamp) -> Dialog {
    Dialog {
        id: DialogId::trusted(id),
        chat: ChatId::trusted(id),
        channel: Some(ChannelId::trusted(kind)),
        channel_kind: kind.into(),
        customer: Some(CustomerId::trusted(customer)),
        kind: DialogKind::Customer,
        started_by: StartedBy::Customer,
        members: BTreeSet::new(),
        returning: false,
        opening_text: "".into(),
        facts: BTreeMap::new(),
        opened_at: now,
        state: DialogState::Waiting { since: now, place: None },
        first_assigned_at: None,
        first_reply_at: None,
        awaiting_reply_since: Some(now),
        moved_at: None,
        last_message_at: now,
        last_customer_message_at: Some(now),
        last_from: None,
        messages: 1,
        unread: 1,
        request: None,
        moves: 0,
        then_used: false,
        through: None,
        offer: None,
        passed: Passed::default(),
        taken_from: None,
        pinned: false,
        nudges_sent: 0,
        warnings_sent: 0,
        closes_at: None,
        farewell: None,
        idle: false,
        quarantined: false,
        texts_told: BTreeSet::new(),
        version: 1,
    }
}
