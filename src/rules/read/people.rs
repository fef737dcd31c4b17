//! `[groups]`, `[presence]` and `[capacity]`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::table::{Entry, Section, Zero, keys};
use crate::domain::ids::{GroupId, ManagerId};
use crate::domain::manager::{AvailableWhen, CapacityPolicy, PresencePolicy};
use crate::domain::units::Units;
use crate::rules::codes::Code;
use crate::rules::diagnostic::{At, Diagnostic, Findings};
use crate::rules::ruleset::GroupMembers;

const AVAILABLE_WHEN: [(&str, AvailableWhen); 3] = [
    ("status_and_online", AvailableWhen::StatusAndOnline),
    ("status", AvailableWhen::Status),
    ("online", AvailableWhen::Online),
];
/// The largest capacity or weight, in units. Far beyond what a person can do.
const MOST_UNITS: f64 = 1_000_000.0;
/// The most dialogs that a group may be limited to. Far beyond what a group can do.
const MOST_DIALOGS: i64 = 1_000_000;

pub(super) fn groups(
    entry: Entry<'_>,
    groups: &mut BTreeMap<GroupId, At<GroupMembers>>,
    caps: &mut BTreeMap<GroupId, u32>,
    findings: &mut Findings,
) {
    let section = entry.open_section(findings);
    for entry in section.into_iter().flat_map(Section::entries) {
        let id = entry.key_id(GroupId::parse, findings);
        let (members, cap) = group(entry, findings);
        let Some(id) = id else { continue };
        if let Some(first) = groups.get(&id.value) {
            let name = format!("the group `{}`", id.value);
            super::report_twice(&name, id.span, first.span, findings);
            continue;
        }
        // A group that could not be read is still known by name.
        let members = members.unwrap_or(GroupMembers::Managers(Vec::new()));
        caps.extend(cap.map(|cap| (id.value.clone(), cap)));
        groups.insert(id.value, At::new(members, id.span));
    }
}

/// Its members, and how many dialogs it may have.
fn group(entry: Entry<'_>, findings: &mut Findings) -> (Option<GroupMembers>, Option<u32>) {
    let Some(section) = entry.section(keys(&["managers", "crm_group", "max_dialogs"]), findings) else {
        return (None, None);
    };
    let cap = section.get("max_dialogs").and_then(|cap| max_dialogs(entry.key, cap, findings));
    (members(section, entry.key, findings), cap)
}

fn max_dialogs(group: &str, entry: Entry<'_>, findings: &mut Findings) -> Option<u32> {
    let cap = entry.whole(0, MOST_DIALOGS, findings)?;
    if cap.value == 0 {
        let message = format!("no step of `group:{group}` ever gives anybody a dialog");
        let finding = Diagnostic::new(Code::GroupWithoutPlaces, cap.span, message);
        findings.add(finding.help("leave `max_dialogs` out to do without a limit"));
    }
    u32::try_from(cap.value).ok()
}

fn members(section: Section<'_>, group: &str, findings: &mut Findings) -> Option<GroupMembers> {
    match (section.get("managers"), section.get("crm_group")) {
        (Some(managers), Some(crm_group)) => {
            let message = "a group has either `managers` or a `crm_group`";
            let finding = Diagnostic::new(Code::KeysExclude, crm_group.key_span, message);
            findings.add(finding.also(managers.key_span, "both stand here"));
            None
        }
        (None, Some(crm_group)) => Some(GroupMembers::Crm(crm_group.id(GroupId::parse, findings)?.value)),
        (None, None) => {
            section.require("managers", "[\"ana\", \"boris\"]", findings)?;
            None
        }
        (Some(managers), None) => {
            if managers.length() == Some(0) {
                let message = format!("the group `{group}` has no managers");
                findings.add(Diagnostic::new(Code::EmptyGroup, managers.span(), message));
            }
            let members = managers.ids(ManagerId::parse, findings);
            Some(GroupMembers::Managers(members.into_iter().map(|id| id.value).collect()))
        }
    }
}

pub(super) fn presence(entry: Entry<'_>, findings: &mut Findings) -> Option<At<PresencePolicy>> {
    let known = &["available_when", "online_after", "offline_after", "wrap_up", "deputies"];
    let section = entry.section(keys(known), findings)?;
    let mut policy = PresencePolicy::default();
    if let Some(when) = section
        .get("available_when")
        .and_then(|entry| entry.word(Code::UnknownWord, &AVAILABLE_WHEN, findings))
    {
        policy.available_when = when.value;
    }
    let mut duration = |key, slot: &mut Duration| {
        let entry = section.get(key);
        if let Some(duration) = entry.and_then(|entry| entry.duration(Zero::Allowed, findings)) {
            *slot = duration.value;
        }
    };
    duration("online_after", &mut policy.online_after);
    duration("offline_after", &mut policy.offline_after);
    duration("wrap_up", &mut policy.wrap_up);
    if let Some(deputies) = section.get("deputies").and_then(|entry| entry.boolean(findings)) {
        policy.deputies = deputies.value;
    }
    Some(At::new(policy, entry.key_span))
}

pub(super) fn capacity(entry: Entry<'_>, findings: &mut Findings) -> Option<At<CapacityPolicy>> {
    let known = &["units", "idle_weight", "idle_after", "channel", "manager"];
    let section = entry.section(keys(known), findings)?;
    let mut policy = CapacityPolicy::default();
    if let Some(units) = section.get("units").and_then(|entry| units_of(entry, findings)) {
        if units.value == Units::ZERO {
            let message = "with no units nobody ever has room";
            findings.add(Diagnostic::new(Code::ZeroCapacity, units.span, message));
        }
        policy.units = units.value;
    }
    if let Some(manager) = section.get("manager") {
        managers(manager, &mut policy.by_manager, findings);
    }
    idle(section, &mut policy, findings);
    if let Some(channels) = section.get("channel") {
        weights(channels, &mut policy, findings);
    }
    Some(At::new(policy, entry.key_span))
}

fn units_of(entry: Entry<'_>, findings: &mut Findings) -> Option<At<Units>> {
    let number = entry.number(0.0, MOST_UNITS, findings)?;
    // What is not nothing must not become nothing by rounding.
    let units = Units::from_f64(number.value)?.max(Units::from_milli((number.value > 0.0).into()));
    Some(At::new(units, number.span))
}

fn managers(entry: Entry<'_>, by_manager: &mut BTreeMap<ManagerId, Units>, findings: &mut Findings) {
    let section = entry.open_section(findings);
    for entry in section.into_iter().flat_map(Section::entries) {
        let id = entry.key_id(ManagerId::parse, findings);
        let units = entry
            .section(keys(&["units"]), findings)
            .and_then(|section| section.require("units", "14", findings))
            .and_then(|entry| units_of(entry, findings));
        let (Some(id), Some(units)) = (id, units) else {
            continue;
        };
        if units.value == Units::ZERO {
            let message = format!("`{}` is never given a dialog", id.value);
            findings.add(Diagnostic::new(Code::IdleManager, units.span, message));
        }
        by_manager.insert(id.value, units.value);
    }
}

fn idle(section: Section<'_>, policy: &mut CapacityPolicy, findings: &mut Findings) {
    let (weight, after) = (section.get("idle_weight"), section.get("idle_after"));
    match (weight, after) {
        (Some(alone), None) => {
            let message = "without `idle_after` no dialog is ever idle";
            let finding = Diagnostic::new(Code::NoEffect, alone.key_span, message);
            findings.add(finding.help("add for example `idle_after = \"15m\"`"));
        }
        (None, Some(alone)) => {
            let message = "without `idle_weight` an idle dialog costs as much as any other";
            let finding = Diagnostic::new(Code::NoEffect, alone.key_span, message);
            findings.add(finding.help("add for example `idle_weight = 0.25`"));
        }
        _ => {}
    }
    if let Some(share) = weight
        .and_then(|entry| entry.number(0.0, 1.0, findings))
        .and_then(|share| Units::from_f64(share.value))
    {
        policy.idle_weight = share;
    }
    policy.idle_after =
        after.and_then(|entry| entry.duration(Zero::Refused, findings)).map(|after| after.value);
}

fn weights(entry: Entry<'_>, policy: &mut CapacityPolicy, findings: &mut Findings) {
    let largest = policy.by_manager.values().max().copied().unwrap_or_default();
    let largest = largest.max(policy.units);
    let section = entry.open_section(findings);
    for entry in section.into_iter().flat_map(Section::entries) {
        let Some(weight) = units_of(entry, findings) else {
            continue;
        };
        if weight.value > largest && largest > Units::ZERO {
            let message = format!(
                "a dialog of `{}` costs {} units, more than the {largest} that anybody has",
                entry.key, weight.value
            );
            findings.add(Diagnostic::new(Code::TooHeavy, weight.span, message));
        }
        let kind: Arc<str> = entry.key.into();
        policy.by_channel.insert(kind, weight.value);
    }
}
