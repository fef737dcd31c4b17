//! Managers and their presence in JSON.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::id::{GroupKey, ManagerKey};
use super::manager_day::ManagerDayView;
use super::time::Time;
use super::words::{self, StatusWord};
use crate::desk::view::ManagerView as Seen;
use crate::domain::ids::{GroupId, ManagerId};
use crate::domain::manager::{Availability, Manager, Presence};
use crate::domain::refusal::Refusal;
use crate::domain::units::Units;

/// A manager's record.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewManager {
    /// A name for people; the id when missing.
    pub name: Option<String>,
    /// Groups the CRM puts them in; a rule file may add more.
    #[serde(default)]
    pub groups: Vec<GroupKey>,
    /// May reassign and close anybody's dialog.
    #[serde(default)]
    pub admin: bool,
    /// A capacity of their own in units, to the thousandth; the rule file's when missing.
    #[schema(minimum = 0)]
    pub capacity: Option<f64>,
    /// Languages they speak.
    #[serde(default)]
    pub languages: Vec<String>,
    /// Who stands in for them while they are on leave.
    pub deputy: Option<ManagerKey>,
}

impl NewManager {
    /// In the domain's words.
    ///
    /// # Errors
    /// [`Refusal::BadValue`] when the capacity is no amount of units.
    pub fn into_domain(self, id: ManagerId) -> Result<Manager, Refusal> {
        let capacity = match self.capacity {
            None => None,
            Some(units) => Some(Units::from_f64(units).ok_or_else(|| Refusal::BadValue {
                field: "capacity",
                problem: "must be a number of units from 0 to 4000000".to_owned(),
            })?),
        };
        Ok(Manager {
            name: self.name.unwrap_or_else(|| id.to_string()),
            groups: self.groups.into_iter().map(|group| group.0).collect(),
            admin: self.admin,
            capacity,
            languages: self.languages.into_iter().map(Into::into).collect(),
            deputy: self.deputy.map(|id| id.0),
            ..Manager::new(id)
        })
    }
}

/// What a manager, or the CRM, says of the manager's presence.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPresence {
    /// Has a live session in the CRM.
    pub online: bool,
    /// The chosen status; `free` when missing.
    pub status: Option<StatusWord>,
    /// On leave: goes before everything else.
    #[serde(default)]
    pub on_leave: bool,
}

impl From<NewPresence> for Presence {
    fn from(presence: NewPresence) -> Self {
        Self {
            online: presence.online,
            status: presence.status.map(Into::into).unwrap_or_default(),
            on_leave: presence.on_leave,
        }
    }
}

/// What a manager, or the CRM, said last of the manager's presence.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Presence)]
pub struct PresenceView {
    /// Has a live session in the CRM.
    online: bool,
    /// The chosen status.
    status: StatusWord,
    /// On leave.
    on_leave: bool,
}

/// A manager as the engine sees them now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Manager)]
pub struct ManagerView<'a> {
    /// Their id.
    id: &'a str,
    /// A name for people.
    name: &'a str,
    /// Groups, those of the rule file included.
    groups: Vec<&'a str>,
    /// May reassign and close anybody's dialog.
    admin: bool,
    /// A capacity of their own, in units.
    #[serde(skip_serializing_if = "Option::is_none")]
    capacity: Option<f64>,
    /// Languages they speak.
    languages: Vec<&'a str>,
    /// Who stands in for them while they are on leave.
    #[serde(skip_serializing_if = "Option::is_none")]
    deputy: Option<&'a str>,
    /// False once removed.
    active: bool,
    /// What they, or the CRM, said last.
    presence: PresenceView,
    /// May take work, as far as presence goes.
    available: bool,
    /// Why they may not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = words::absence)]
    absence: Option<&'static str>,
    /// Since when they may not.
    #[serde(skip_serializing_if = "Option::is_none")]
    absent_since: Option<Time>,
    /// Units in use.
    load_units: f64,
    /// Units in all.
    capacity_units: f64,
    /// Dialogs held.
    dialogs: u32,
    /// What they did today; not in answers to changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    today: Option<ManagerDayView>,
}

impl<'a> From<&'a Seen> for ManagerView<'a> {
    fn from(seen: &'a Seen) -> Self {
        let manager = &seen.manager;
        let (absence, absent_since) = match seen.availability {
            Availability::Available => (None, None),
            Availability::Absent(absence, since) => (Some(absence), Some(since)),
        };
        Self {
            id: manager.id.as_str(),
            name: &manager.name,
            groups: seen.groups.iter().map(GroupId::as_str).collect(),
            admin: manager.admin,
            capacity: manager.capacity.map(Units::as_f64),
            languages: manager.languages.iter().map(|tag| &**tag).collect(),
            deputy: manager.deputy.as_ref().map(ManagerId::as_str),
            active: manager.active,
            presence: PresenceView {
                online: seen.presence.online,
                status: seen.presence.status.into(),
                on_leave: seen.presence.on_leave,
            },
            available: absence.is_none(),
            absence: absence.map(crate::domain::manager::Absence::word),
            absent_since: Time::of(absent_since),
            load_units: seen.load.as_f64(),
            capacity_units: seen.capacity.as_f64(),
            dialogs: seen.dialogs,
            today: None,
        }
    }
}

impl ManagerView<'_> {
    /// With what they did today.
    #[must_use]
    pub fn with_today(self, today: ManagerDayView) -> Self {
        Self { today: Some(today), ..self }
    }
}

/// A page of managers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ManagerPage)]
pub struct ManagerPage<'a> {
    /// The managers by id.
    pub items: Vec<ManagerView<'a>>,
    /// The cursor of the next page; none at the end.
    pub next: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::manager::Status;

    #[test]
    fn a_capacity_is_an_amount_of_units() {
        let read = |text| {
            let manager: NewManager = serde_json::from_str(text).unwrap();
            manager.into_domain(ManagerId::trusted("ana"))
        };
        assert_eq!(read(r#"{"capacity":2.5}"#).unwrap().capacity, Some(Units::from_milli(2_500)));
        assert_eq!(read(r#"{"capacity":-1}"#).unwrap_err().code(), "bad_value");
    }

    #[test]
    fn presence_is_free_unless_said_otherwise() {
        let read = |text| serde_json::from_str::<NewPresence>(text).map(Presence::from);
        assert_eq!(read(r#"{"online":true}"#).unwrap().status, Status::Free);
        assert_eq!(read(r#"{"online":true,"status":"dinner"}"#).unwrap().status, Status::Dinner);
        assert!(read(r#"{"status":"free"}"#).unwrap_err().to_string().contains("missing field `online`"));
    }
}
