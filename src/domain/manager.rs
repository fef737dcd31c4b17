//! Managers: who they are, what they say of their presence, and whether they may take work now.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::ids::{GroupId, ManagerId};
use super::time::Timestamp;
use super::units::Units;

/// What is on record about a manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manager {
    /// Their id.
    pub id: ManagerId,
    /// A name for people.
    pub name: String,
    /// Groups the CRM puts them in; a rule file may add more.
    pub groups: BTreeSet<GroupId>,
    /// May reassign and close anybody's dialog.
    pub admin: bool,
    /// A capacity of their own, over the rule file's.
    pub capacity: Option<Units>,
    /// Languages they speak.
    pub languages: BTreeSet<Arc<str>>,
    /// Who stands in for them while they are on leave, where a step names them as one person.
    pub deputy: Option<ManagerId>,
    /// False once removed: never chosen again, but remembered by old dialogs.
    pub active: bool,
}

impl Manager {
    /// Somebody of whom only the id is known.
    pub fn new(id: ManagerId) -> Self {
        Self {
            name: id.to_string(),
            id,
            groups: BTreeSet::new(),
            admin: false,
            capacity: None,
            languages: BTreeSet::new(),
            deputy: None,
            active: true,
        }
    }
}

/// The status that a manager sets for themselves in the CRM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Status {
    /// Ready for work.
    #[default]
    Free,
    /// Busy.
    Busy,
    /// At dinner.
    Dinner,
    /// On a break.
    Break,
}

/// What a manager and the CRM say of the manager's presence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Presence {
    /// Has a live session in the CRM.
    pub online: bool,
    /// The chosen status.
    pub status: Status,
    /// On leave: goes before everything else.
    pub on_leave: bool,
}

/// Which of the two signs of presence count: the official bot's three choices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum AvailableWhen {
    /// Status is free and the manager is online.
    #[default]
    StatusAndOnline,
    /// Status is free, online or not.
    Status,
    /// Online, whatever the status.
    Online,
}

/// The rule file's `[presence]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresencePolicy {
    /// Which signs count.
    pub available_when: AvailableWhen,
    /// How long somebody must stay online before they get work.
    pub online_after: Duration,
    /// A drop shorter than this is a blip: nothing moves.
    pub offline_after: Duration,
    /// The pause after a dialog of theirs closes.
    pub wrap_up: Duration,
    /// Deputies stand in for those on leave, where a step names one person.
    pub deputies: bool,
}

impl Default for PresencePolicy {
    fn default() -> Self {
        Self {
            available_when: AvailableWhen::default(),
            online_after: Duration::ZERO,
            offline_after: Duration::from_secs(90),
            wrap_up: Duration::ZERO,
            deputies: true,
        }
    }
}

/// Why a manager may not take work now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Absence {
    /// Removed from the account.
    Removed,
    /// On leave.
    OnLeave,
    /// No live session, for longer than a blip.
    Offline,
    /// Online, but not yet for long enough.
    Settling,
    /// Status busy.
    Busy,
    /// Status dinner.
    Dinner,
    /// Status break.
    Break,
    /// In the pause after a closed dialog.
    WrapUp,
}

impl Absence {
    /// All there are.
    pub const ALL: [Self; 8] = [
        Self::Removed,
        Self::OnLeave,
        Self::Offline,
        Self::Settling,
        Self::Busy,
        Self::Dinner,
        Self::Break,
        Self::WrapUp,
    ];

    /// The word used in the API, in metrics and in explanations.
    pub fn word(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            Self::OnLeave => "on_leave",
            Self::Offline => "offline",
            Self::Settling => "settling",
            Self::Busy => "busy",
            Self::Dinner => "dinner",
            Self::Break => "break",
            Self::WrapUp => "wrap_up",
        }
    }

    /// Whether dialogs of a manager so absent may be moved to somebody else.
    /// A pause or a busy status is not desertion.
    pub fn is_away(self) -> bool {
        matches!(self, Self::Removed | Self::OnLeave | Self::Offline)
    }
}

/// Whether a manager may take work, as the supervisor books it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Availability {
    /// May take work.
    Available,
    /// May not, for this reason, since then.
    Absent(Absence, Timestamp),
}

/// The state machine of one manager's presence: debounces drops, settles arrivals, pauses after work.
///
/// A blip shorter than `offline_after` is not seen by anybody else (invariant 8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attendance {
    /// What was said last.
    pub presence: Presence,
    /// Since when `presence.online` has its value.
    pub online_changed_at: Timestamp,
    /// Whether the manager counts as online after debouncing.
    pub counts_as_online: bool,
    /// Until when the wrap-up pause lasts.
    pub wrap_up_until: Option<Timestamp>,
    /// Since when the present availability holds.
    pub since: Timestamp,
    /// Grows by one with each stored change.
    pub version: u64,
}

impl Attendance {
    /// Somebody never seen: offline since `now`.
    pub fn new(now: Timestamp) -> Self {
        Self {
            presence: Presence::default(),
            online_changed_at: now,
            counts_as_online: false,
            wrap_up_until: None,
            since: now,
            version: 0,
        }
    }

    /// Takes in what the manager or the CRM says.
    pub fn report(&mut self, presence: Presence, policy: &PresencePolicy, now: Timestamp) {
        let before = self.absence();
        if presence.online != self.presence.online {
            self.online_changed_at = now;
        }
        self.presence = presence;
        self.settle(policy, now, before);
    }

    /// A dialog of theirs closed: the wrap-up pause begins.
    pub fn finish_dialog(&mut self, policy: &PresencePolicy, now: Timestamp) {
        if policy.wrap_up > Duration::ZERO {
            let before = self.absence();
            self.wrap_up_until = Some(now + policy.wrap_up);
            self.settle(policy, now, before);
        }
    }

    /// Lets time pass: debounce and wrap-up end when they are due.
    pub fn on_time(&mut self, policy: &PresencePolicy, now: Timestamp) {
        let before = self.absence();
        self.settle(policy, now, before);
    }

    fn settle(&mut self, policy: &PresencePolicy, now: Timestamp, before: Option<Absence>) {
        if self.presence.online != self.counts_as_online && self.debounce_ends(policy) <= now {
            self.counts_as_online = self.presence.online;
        }
        if self.wrap_up_until.is_some_and(|until| until <= now) {
            self.wrap_up_until = None;
        }
        if self.absence() != before {
            self.since = now;
        }
    }

    fn debounce_ends(&self, policy: &PresencePolicy) -> Timestamp {
        let span = if self.presence.online { policy.online_after } else { policy.offline_after };
        self.online_changed_at + span
    }

    /// When to look again, if nothing is reported before.
    pub fn deadline(&self, policy: &PresencePolicy) -> Option<Timestamp> {
        let debounce = (self.presence.online != self.counts_as_online).then(|| self.debounce_ends(policy));
        debounce.into_iter().chain(self.wrap_up_until).min()
    }

    /// The reason that holds whatever the policy counts, as a stable sign that something changed.
    fn absence(&self) -> Option<Absence> {
        match self.availability(AvailableWhen::StatusAndOnline) {
            Availability::Available => None,
            Availability::Absent(absence, _) => Some(absence),
        }
    }

    /// Whether the manager may take work, as far as presence goes.
    pub fn availability(&self, available_when: AvailableWhen) -> Availability {
        let absent = |absence| Availability::Absent(absence, self.since);
        if self.presence.on_leave {
            return absent(Absence::OnLeave);
        }
        let online_counts = !matches!(available_when, AvailableWhen::Status);
        if online_counts && !self.counts_as_online {
            return absent(if self.presence.online { Absence::Settling } else { Absence::Offline });
        }
        if !matches!(available_when, AvailableWhen::Online) {
            match self.presence.status {
                Status::Free => {}
                Status::Busy => return absent(Absence::Busy),
                Status::Dinner => return absent(Absence::Dinner),
                Status::Break => return absent(Absence::Break),
            }
        }
        if self.wrap_up_until.is_some() {
            return absent(Absence::WrapUp);
        }
        Availability::Available
    }
}

/// When a manager last had work, for strategies that ask who waited longest for some.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ManagerWork {
    /// When they were last assigned a dialog.
    pub last_assigned_at: Option<Timestamp>,
    /// When they last got or finished a dialog.
    pub idle_since: Option<Timestamp>,
}

/// The rule file's `[capacity]`: one budget of units a manager, over all channels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapacityPolicy {
    /// The budget of somebody who has none of their own.
    pub units: Units,
    /// Budgets by manager; they go before the manager's record.
    pub by_manager: BTreeMap<ManagerId, Units>,
    /// What a dialog costs, by kind of channel; one unit when not listed.
    pub by_channel: BTreeMap<Arc<str>, Units>,
    /// The share of its cost that a dialog takes once its customer is silent for `idle_after`.
    pub idle_weight: Units,
    /// The silence after which a dialog is idle; `None`: never.
    pub idle_after: Option<Duration>,
}

impl Default for CapacityPolicy {
    fn default() -> Self {
        Self {
            units: Units::whole(10),
            by_manager: BTreeMap::new(),
            by_channel: BTreeMap::new(),
            idle_weight: Units::ONE,
            idle_after: None,
        }
    }
}

impl CapacityPolicy {
    /// The budget of a manager: the rule file's own line, else their record's, else the general one.
    pub fn of_manager(&self, manager: &Manager) -> Units {
        self.by_manager.get(&manager.id).copied().or(manager.capacity).unwrap_or(self.units)
    }

    /// What a dialog through a channel of this kind costs.
    pub fn of_channel(&self, kind: &str) -> Units {
        self.by_channel.get(kind).copied().unwrap_or(Units::ONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONLINE: Presence = Presence { online: true, status: Status::Free, on_leave: false };
    const GONE: Presence = Presence { online: false, status: Status::Free, on_leave: false };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_secs(seconds)
    }

    #[test]
    fn a_blip_is_not_seen() {
        let policy = PresencePolicy::default();
        let mut attendance = Attendance::new(at(0));
        attendance.report(ONLINE, &policy, at(0));
        attendance.report(GONE, &policy, at(100));
        assert_eq!(attendance.deadline(&policy), Some(at(190)));
        attendance.on_time(&policy, at(150));
        assert_eq!(attendance.availability(AvailableWhen::default()), Availability::Available);
        attendance.report(ONLINE, &policy, at(180));
        attendance.on_time(&policy, at(190));
        assert_eq!(attendance.availability(AvailableWhen::default()), Availability::Available);
        assert_eq!(attendance.deadline(&policy), None);
    }

    #[test]
    fn a_real_drop_is_seen_when_it_is_due() {
        let policy = PresencePolicy::default();
        let mut attendance = Attendance::new(at(0));
        attendance.report(ONLINE, &policy, at(0));
        attendance.report(GONE, &policy, at(100));
        attendance.on_time(&policy, at(190));
        assert_eq!(
            attendance.availability(AvailableWhen::default()),
            Availability::Absent(Absence::Offline, at(190))
        );
        assert_eq!(attendance.availability(AvailableWhen::Status), Availability::Available);
    }

    #[test]
    fn wrap_up_pauses_and_ends() {
        let policy = PresencePolicy { wrap_up: Duration::from_secs(30), ..PresencePolicy::default() };
        let mut attendance = Attendance::new(at(0));
        attendance.report(ONLINE, &policy, at(0));
        attendance.finish_dialog(&policy, at(10));
        assert_eq!(
            attendance.availability(AvailableWhen::default()),
            Availability::Absent(Absence::WrapUp, at(10))
        );
        attendance.on_time(&policy, at(40));
        assert_eq!(attendance.availability(AvailableWhen::default()), Availability::Available);
    }
}
