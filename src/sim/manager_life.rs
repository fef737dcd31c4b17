//! The life of one manager's actor: it holds the presence machine and tells the desk whether they may take work.

use std::sync::Arc;

use super::commits::Commit;
use super::ledger::Write;
use super::mail::{News, ToDesk, ToManager, Whose};
use super::world::World;
use crate::domain::announcement::{Announcement, Body, Subject};
use crate::domain::ids::ManagerId;
use crate::domain::manager::{Attendance, Availability, PresencePolicy};
use crate::domain::time::Timestamp;
use crate::rules::ruleset::RuleSet;

/// The actor of one manager.
#[derive(Debug)]
pub(super) struct ManagerLife {
    rules: Arc<RuleSet>,
    id: ManagerId,
    pub attendance: Attendance,
    armed: Option<Timestamp>,
    told: Option<Availability>,
}

impl ManagerLife {
    /// The actor of a manager as they are stored, or as they begin.
    pub fn new(rules: Arc<RuleSet>, id: ManagerId, attendance: Attendance) -> Self {
        Self { rules, id, attendance, armed: None, told: None }
    }

    /// Lets the machine change; what is to be written of it.
    fn change(&mut self, change: impl FnOnce(&mut Attendance, &PresencePolicy), at: Timestamp) -> Vec<Write> {
        let policy = self.rules.presence();
        let before = self.attendance.clone();
        change(&mut self.attendance, policy);
        if self.attendance == before {
            return Vec::new();
        }
        let version = before.version + 1;
        self.attendance.version = version;
        let mut bodies = Vec::new();
        if self.attendance.presence != before.presence {
            bodies
                .push(Body::ManagerChanged { manager: self.id.clone(), presence: self.attendance.presence });
        }
        let was = before.availability(policy.available_when);
        match (was, self.attendance.availability(policy.available_when)) {
            (Availability::Absent(..), Availability::Available) => {
                bodies.push(Body::ManagerAvailable(self.id.clone()));
            }
            (Availability::Available, Availability::Absent(absence, _)) => {
                bodies.push(Body::ManagerUnavailable { manager: self.id.clone(), absence });
            }
            (Availability::Absent(one, _), Availability::Absent(other, _)) if one != other => {
                bodies.push(Body::ManagerUnavailable { manager: self.id.clone(), absence: other });
            }
            (Availability::Absent(..), Availability::Absent(..))
            | (Availability::Available, Availability::Available) => {}
        }
        let mut writes =
            vec![Write::Attendance { manager: self.id.clone(), attendance: self.attendance.clone() }];
        writes.extend((0..).zip(bodies).map(|(part, body)| {
            let subject = Subject::Manager(self.id.clone());
            Write::Event(Announcement { subject, version, part, at, cause: None, body })
        }));
        writes
    }
}

impl World {
    /// A manager's actor takes a mail.
    pub(super) fn manager_hears(&mut self, actor: u64, mail: ToManager) {
        let now = self.now;
        match mail {
            ToManager::Begin | ToManager::Look => {
                if let (ToManager::Look, Some(life)) = (&mail, self.manager(actor)) {
                    life.armed = None;
                }
                self.change_manager(actor, |attendance, policy| attendance.on_time(policy, now));
            }
            ToManager::Report { presence, request } => {
                self.change_manager(actor, |attendance, policy| attendance.report(presence, policy, now));
                // By way of the supervisor, whose books the answer shows.
                self.tell_desk(ToDesk::ShowManager(request));
            }
            ToManager::Finish { lineage, dialog, standing } => {
                self.change_manager(actor, |attendance, policy| attendance.finish_dialog(policy, now));
                self.tell_desk(ToDesk::FromDialog { lineage, dialog, news: News::Stand(standing) });
            }
            ToManager::Rules(rules) => {
                if let Some(life) = self.manager(actor) {
                    life.rules = rules;
                }
                self.change_manager(actor, |attendance, policy| attendance.on_time(policy, now));
            }
            ToManager::Introduce => {
                if let Some(life) = self.manager(actor) {
                    life.told = None;
                }
                self.change_manager(actor, |attendance, policy| attendance.on_time(policy, now));
            }
        }
    }

    fn manager(&mut self, actor: u64) -> Option<&mut ManagerLife> {
        self.memory.as_mut()?.manager_lives.get_mut(&actor)
    }

    fn tell_desk(&mut self, mail: ToDesk) {
        if let Some(memory) = &mut self.memory {
            memory.mail.tell_desk(mail);
        }
    }

    /// Lets the machine change, and sees to what follows: store, announce, tell the desk, set the deadline.
    fn change_manager(&mut self, actor: u64, change: impl FnOnce(&mut Attendance, &PresencePolicy)) {
        let now = self.now;
        let Some(life) = self.manager(actor) else { return };
        let writes = life.change(change, now);
        let policy = life.rules.presence();
        let availability = life.attendance.availability(policy.available_when);
        let (manager, presence) = (life.id.clone(), life.attendance.presence);
        let is_news = life.told.replace(availability) != Some(availability);
        let deadline = life.attendance.deadline(policy);
        let is_moved = std::mem::replace(&mut life.armed, deadline) != deadline;
        if !writes.is_empty() {
            self.commit(Commit::of(writes));
        }
        if is_news {
            self.tell_desk(ToDesk::Available { manager: manager.clone(), availability, presence });
        }
        if is_moved {
            self.arm(Whose::Manager(manager), deadline);
        }
    }
}
