//! Who is there when a trial begins: everybody whom the file or the trial names, as they are then.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::domain::account::{Account, DefaultAssignment};
use crate::domain::ids::{AccountId, ManagerId};
use crate::domain::manager::{AvailableWhen, Manager, ManagerWork, Presence, Status};
use crate::domain::routing::Target;
use crate::domain::time::Timestamp;
use crate::rules::cases::Person;
use crate::rules::ruleset::{GroupMembers, RuleSet};
use crate::sim::inbound::Inbound;
use crate::sim::world::{Setup, World};

/// All chance of a trial follows from this; whatever it is, nothing that a trial tells depends on it.
const SEED: u64 = 1;
/// People come before the beginning, by this more than they must be online for.
const MARGIN: Duration = Duration::from_mins(1);

/// Somebody's record and presence.
#[derive(Clone, Debug)]
pub struct Present {
    manager: Manager,
    presence: Presence,
    is_removed: bool,
}

/// The managers that a rule set names.
pub fn named(rules: &RuleSet) -> BTreeSet<ManagerId> {
    let mut named = BTreeSet::new();
    for members in rules.groups().values() {
        if let GroupMembers::Managers(managers) = members {
            named.extend(managers.iter().cloned());
        }
    }
    let steps = rules.routes().flat_map(|(_, steps)| steps).map(|step| &step.to);
    named.extend(steps.chain(&rules.reassign().then).filter_map(|target| match target {
        Target::Manager(id) => Some(id.clone()),
        Target::Owner
        | Target::LastManager { .. }
        | Target::Group(_)
        | Target::Everyone
        | Target::Bot(_)
        | Target::UntilOpen(_) => None,
    }));
    named.extend(rules.capacity().by_manager.keys().cloned());
    if let Some(DefaultAssignment::Manager(id)) = rules.fallback() {
        named.insert(id.clone());
    }
    named
}

/// Who is there. People of the file whom the trial does not name are not at work; when it names nobody at all,
/// everybody is.
pub fn people(
    rules: &RuleSet,
    managers: Option<&BTreeMap<ManagerId, Person>>,
) -> BTreeMap<ManagerId, Present> {
    let idle = Presence { online: true, status: Status::Free, on_leave: false };
    // Where only the status counts, nobody is away by being offline.
    let is_by_status = rules.presence().available_when == AvailableWhen::Status;
    let away =
        Presence { online: false, status: if is_by_status { Status::Break } else { Status::Free }, ..idle };
    let mut people: BTreeMap<ManagerId, Present> = BTreeMap::new();
    for id in named(rules) {
        let presence = if managers.is_none() { idle } else { away };
        people.insert(id.clone(), Present { manager: Manager::new(id), presence, is_removed: false });
    }
    for (id, person) in managers.into_iter().flatten() {
        let mut present = Present { manager: Manager::new(id.clone()), presence: idle, is_removed: false };
        present.change(person);
        people.insert(id.clone(), present);
    }
    people
}

impl Present {
    /// Somebody whom only a story names.
    pub fn new(id: ManagerId) -> Self {
        Self { manager: Manager::new(id), presence: Presence::default(), is_removed: false }
    }

    /// Takes over what is said of them.
    pub fn change(&mut self, person: &Person) {
        let Person { online, status, on_leave, capacity, groups, languages, deputy, admin, removed, .. } =
            person;
        self.presence.online = online.unwrap_or(self.presence.online);
        self.presence.status = status.unwrap_or(self.presence.status);
        self.presence.on_leave = on_leave.unwrap_or(self.presence.on_leave);
        self.manager.admin = admin.unwrap_or(self.manager.admin);
        self.manager.capacity = capacity.or(self.manager.capacity);
        self.is_removed = removed.unwrap_or(self.is_removed);
        if let Some(groups) = groups {
            self.manager.groups.clone_from(groups);
        }
        if let Some(languages) = languages {
            self.manager.languages.clone_from(languages);
        }
        if deputy.is_some() {
            self.manager.deputy.clone_from(deputy);
        }
    }

    /// What the CRM would send to bring it about, after `before`.
    pub fn told(&self, before: Option<&Self>) -> Vec<Inbound> {
        let id = &self.manager.id;
        if self.is_removed {
            let was_there = before.is_some_and(|before| !before.is_removed);
            return if was_there { vec![Inbound::RemoveManager(id.clone())] } else { Vec::new() };
        }
        let before = before.filter(|before| !before.is_removed);
        let mut told = Vec::new();
        if before.is_none_or(|before| before.manager != self.manager) {
            told.push(Inbound::PutManager(self.manager.clone()));
        }
        if before.is_none_or(|before| before.presence != self.presence) {
            told.push(Inbound::PutPresence { manager: id.clone(), presence: self.presence });
        }
        told
    }
}

/// A world with these people in it, at the moment when a trial begins.
///
/// # Errors
/// When time does not go on.
pub fn world(
    rules: &Arc<RuleSet>,
    people: &BTreeMap<ManagerId, Present>,
    told: Option<&BTreeMap<ManagerId, Person>>,
    start: Timestamp,
) -> Result<World, &'static str> {
    let presence = rules.presence();
    let early = presence.online_after.max(presence.offline_after) + MARGIN;
    let mut world = World::new(Setup {
        seed: SEED,
        start: start - early,
        account: Account::new(AccountId::default_account()),
        rules: Arc::clone(rules),
        lag: Duration::ZERO,
        sabotage: None,
    });
    for inbound in people.values().flat_map(|present| present.told(None)) {
        world.submit(inbound);
        world.settle();
    }
    for (id, person) in told.into_iter().flatten() {
        if let Some(units) = person.load {
            world.burden(id, units);
        }
        let since = person.idle.map(|idle| start - idle);
        if person.load.is_some() || since.is_some() {
            world.remember_work(id, ManagerWork { last_assigned_at: since, idle_since: since });
        }
    }
    world.play_to(start)?;
    world.news();
    world.answers();
    Ok(world)
}
