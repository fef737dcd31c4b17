//! Managers, their presence and their work, as rows.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::ids::{AccountId, GroupId, ManagerId};
use crate::domain::manager::{Attendance, Manager, ManagerWork, Presence, Status};
use crate::domain::time::Timestamp;
use crate::domain::units::Units;
use crate::store::cell::{Cells, Record, Sparse, record};

record! {
    /// A manager.
    ManagerRecord {
        account: AccountId,
        id: ManagerId,
        name: String,
        crm_groups: Sparse<BTreeSet<Arc<str>>>,
        admin: bool,
        capacity: Option<Units>,
        languages: Sparse<BTreeSet<Arc<str>>>,
        deputy: Option<ManagerId>,
        active: bool,
    }
}

record! {
    /// A manager's presence.
    AttendanceRecord {
        account: AccountId,
        manager: ManagerId,
        online: bool,
        status: Status,
        on_leave: bool,
        online_changed_at: Timestamp,
        counts_as_online: bool,
        wrap_up_until: Option<Timestamp>,
        since: Timestamp,
        version: u64,
    }
}

record! {
    /// When a manager last worked.
    WorkRecord {
        account: AccountId,
        manager: ManagerId,
        last_assigned_at: Option<Timestamp>,
        idle_since: Option<Timestamp>,
    }
}

record! {
    /// Whom a round-robin target served last.
    RotationRecord {
        account: AccountId,
        target: Arc<str>,
        last_served: ManagerId,
    }
}

impl ManagerRecord {
    /// Takes a manager apart.
    pub(crate) fn new(account: &AccountId, manager: &Manager) -> Self {
        let Manager { id, name, groups, admin, capacity, languages, deputy, active } = manager;
        Self {
            account: account.clone(),
            id: id.clone(),
            name: name.clone(),
            crm_groups: Sparse(groups.iter().map(GroupId::shared).collect()),
            admin: *admin,
            capacity: *capacity,
            languages: Sparse(languages.clone()),
            deputy: deputy.clone(),
            active: *active,
        }
    }

    /// Reads a manager.
    pub(crate) fn manager(cells: &impl Cells) -> Result<Manager, String> {
        let record = Self::read(cells, 0)?;
        Ok(Manager {
            id: record.id,
            name: record.name,
            groups: record.crm_groups.0.iter().map(|id| GroupId::trusted(id)).collect(),
            admin: record.admin,
            capacity: record.capacity,
            languages: record.languages.0,
            deputy: record.deputy,
            active: record.active,
        })
    }
}

impl AttendanceRecord {
    /// Takes a presence apart.
    pub(crate) fn new(account: &AccountId, manager: &ManagerId, attendance: &Attendance) -> Self {
        let Attendance { presence, online_changed_at, counts_as_online, wrap_up_until, since, version } =
            attendance;
        let Presence { online, status, on_leave } = *presence;
        Self {
            account: account.clone(),
            manager: manager.clone(),
            online,
            status,
            on_leave,
            online_changed_at: *online_changed_at,
            counts_as_online: *counts_as_online,
            wrap_up_until: *wrap_up_until,
            since: *since,
            version: *version,
        }
    }

    /// Reads a presence.
    pub(crate) fn attendance(cells: &impl Cells) -> Result<(ManagerId, Attendance), String> {
        let record = Self::read(cells, 0)?;
        let attendance = Attendance {
            presence: Presence { online: record.online, status: record.status, on_leave: record.on_leave },
            online_changed_at: record.online_changed_at,
            counts_as_online: record.counts_as_online,
            wrap_up_until: record.wrap_up_until,
            since: record.since,
            version: record.version,
        };
        Ok((record.manager, attendance))
    }
}

impl WorkRecord {
    /// Takes the figures apart.
    pub(crate) fn new(account: &AccountId, manager: &ManagerId, work: ManagerWork) -> Self {
        let ManagerWork { last_assigned_at, idle_since } = work;
        Self { account: account.clone(), manager: manager.clone(), last_assigned_at, idle_since }
    }

    /// Reads the figures.
    pub(crate) fn work(cells: &impl Cells) -> Result<(ManagerId, ManagerWork), String> {
        let Self { account: _, manager, last_assigned_at, idle_since } = Self::read(cells, 0)?;
        Ok((manager, ManagerWork { last_assigned_at, idle_since }))
    }
}
