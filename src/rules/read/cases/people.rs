//! `managers` of a test: who is there, and how they are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::ids::{GroupId, ManagerId};
use crate::domain::manager::Status;
use crate::domain::units::Units;
use crate::rules::cases::Person;
use crate::rules::codes::Code;
use crate::rules::diagnostic::Findings;
use crate::rules::read::table::{Entry, Section, Zero, keys};

const KEYS: [&str; 11] = [
    "online",
    "status",
    "on_leave",
    "load",
    "capacity",
    "idle",
    "groups",
    "languages",
    "deputy",
    "admin",
    "removed",
];
const STATUSES: [(&str, Status); 4] =
    [("free", Status::Free), ("busy", Status::Busy), ("dinner", Status::Dinner), ("break", Status::Break)];
const MOST_UNITS: f64 = 1_000_000.0;

pub(super) fn read(entry: Entry<'_>, findings: &mut Findings) -> BTreeMap<ManagerId, Person> {
    let mut people = BTreeMap::new();
    let section = entry.open_section(findings);
    for entry in section.into_iter().flat_map(Section::entries) {
        let id = entry.key_id(ManagerId::parse, findings);
        let person = person(entry, findings);
        people.extend(id.map(|id| id.value).zip(person));
    }
    people
}

fn person(entry: Entry<'_>, findings: &mut Findings) -> Option<Person> {
    let section = entry.section(keys(&KEYS), findings)?;
    let mut flag = |key| Some(section.get(key)?.boolean(findings)?.value);
    let (online, on_leave) = (flag("online"), flag("on_leave"));
    let (admin, removed) = (flag("admin"), flag("removed"));
    let mut units = |key| Units::from_f64(section.get(key)?.number(0.0, MOST_UNITS, findings)?.value);
    let (load, capacity) = (units("load"), units("capacity"));
    let status = section.get("status").and_then(|entry| entry.word(Code::UnknownWord, &STATUSES, findings));
    let idle = section.get("idle").and_then(|entry| entry.duration(Zero::Allowed, findings));
    let deputy = section.get("deputy").and_then(|entry| entry.id(ManagerId::parse, findings));
    let groups = section.get("groups").and_then(|entry| entry.list(findings));
    let groups = groups.map(|items| -> BTreeSet<GroupId> {
        items.into_iter().filter_map(|item| Some(item.id(GroupId::parse, findings)?.value)).collect()
    });
    let languages = section.get("languages").and_then(|entry| entry.list(findings));
    let languages = languages.map(|items| -> BTreeSet<Arc<str>> {
        items.into_iter().filter_map(|item| Some(item.text(findings)?.value.into())).collect()
    });
    Some(Person {
        online,
        status: status.map(|status| status.value),
        on_leave,
        load,
        capacity,
        idle: idle.map(|idle| idle.value),
        groups,
        languages,
        deputy: deputy.map(|deputy| deputy.value),
        admin,
        removed,
    })
}
