//! The actor of one manager: it holds the presence machine and tells the supervisor whether they may take work.

use std::sync::Arc;

use actix::{Actor, ActorContext, Addr, Context, Handler, Message};

use super::messages::{Available, FromDialog, ShowManager};
use super::supervisor::Supervisor;
use super::surroundings::Surroundings;
use super::tell::tell;
use super::timekeeper::Whose;
use crate::domain::announcement::{Announcement, Body, Subject};
use crate::domain::ids::ManagerId;
use crate::domain::manager::{Attendance, Availability, Presence};
use crate::domain::time::Timestamp;
use crate::rules::ruleset::RuleSet;
use crate::store::change::Write;

/// What the manager, or the CRM, says.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Report {
    /// What they say.
    pub presence: Presence,
    /// Who waits for the answer.
    pub reply: Option<super::Reply>,
}

/// A dialog of theirs closed: their pause begins, and then the desk hears that the place is free.
#[derive(Message)]
#[rtype(result = "()")]
pub struct FinishDialog {
    /// Who.
    pub manager: ManagerId,
    /// What the desk is to hear afterwards.
    pub stand: FromDialog,
}

/// Deadlines may be due.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Look;

/// Other rules are in force.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Rules(pub Arc<RuleSet>);

/// Tell the desk again whether they may take work: it has forgotten a manager who was removed meanwhile.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Introduce;

/// Stop.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Retire;

/// The actor of one manager.
pub struct ManagerActor {
    around: Surroundings,
    supervisor: Addr<Supervisor>,
    rules: Arc<RuleSet>,
    id: ManagerId,
    attendance: Attendance,
    armed: Option<Timestamp>,
    told: Option<Availability>,
}

impl ManagerActor {
    /// The actor of a manager as they are stored, or as they begin.
    pub fn new(
        around: Surroundings,
        supervisor: Addr<Supervisor>,
        rules: Arc<RuleSet>,
        id: ManagerId,
        attendance: Attendance,
    ) -> Self {
        Self { around, supervisor, rules, id, attendance, armed: None, told: None }
    }

    /// Lets the machine change, and sees to what follows: store, announce, tell the desk, set the deadline.
    fn change(&mut self, change: impl FnOnce(&mut Attendance, &RuleSet, Timestamp)) {
        let now = self.around.now();
        let before = self.attendance.clone();
        change(&mut self.attendance, &self.rules, now);
        let policy = self.rules.presence();
        let availability = self.attendance.availability(policy.available_when);
        if self.attendance != before {
            self.attendance.version = before.version + 1;
            let was = before.availability(policy.available_when);
            let mut writes =
                vec![Write::Attendance { manager: self.id.clone(), attendance: self.attendance.clone() }];
            let mut bodies = Vec::new();
            if self.attendance.presence != before.presence {
                bodies.push(Body::ManagerChanged {
                    manager: self.id.clone(),
                    presence: self.attendance.presence,
                });
            }
            match (was, availability) {
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
            let version = self.attendance.version;
            writes.extend((0..).zip(bodies).map(|(part, body)| {
                let subject = Subject::Manager(self.id.clone());
                Write::Event(Announcement { subject, version, part, at: now, cause: None, body })
            }));
            self.around.commit(0, writes, None, Vec::new());
        }
        self.tell_desk(availability);
    }

    fn tell_desk(&mut self, availability: Availability) {
        if self.told != Some(availability) {
            self.told = Some(availability);
            let presence = self.attendance.presence;
            tell(&self.supervisor, Available { manager: self.id.clone(), availability, presence });
        }
        let deadline = self.attendance.deadline(self.rules.presence());
        if deadline != self.armed {
            self.armed = deadline;
            self.around.arm(Whose::Manager(self.id.clone()), deadline);
        }
    }
}

impl Actor for ManagerActor {
    type Context = Context<Self>;

    fn started(&mut self, _: &mut Self::Context) {
        self.change(|attendance, rules, now| attendance.on_time(rules.presence(), now));
    }
}

impl Handler<Report> for ManagerActor {
    type Result = ();

    fn handle(&mut self, Report { presence, reply }: Report, _: &mut Self::Context) {
        self.change(|attendance, rules, now| attendance.report(presence, rules.presence(), now));
        if let Some(reply) = reply {
            // By way of the supervisor, whose books the answer shows.
            tell(&self.supervisor, ShowManager { manager: self.id.clone(), reply });
        }
    }
}

impl Handler<FinishDialog> for ManagerActor {
    type Result = ();

    fn handle(&mut self, FinishDialog { stand, .. }: FinishDialog, _: &mut Self::Context) {
        self.change(|attendance, rules, now| attendance.finish_dialog(rules.presence(), now));
        tell(&self.supervisor, stand);
    }
}

impl Handler<Look> for ManagerActor {
    type Result = ();

    fn handle(&mut self, _: Look, _: &mut Self::Context) {
        self.armed = None;
        self.change(|attendance, rules, now| attendance.on_time(rules.presence(), now));
    }
}

impl Handler<Rules> for ManagerActor {
    type Result = ();

    fn handle(&mut self, Rules(rules): Rules, _: &mut Self::Context) {
        self.rules = rules;
        self.change(|attendance, rules, now| attendance.on_time(rules.presence(), now));
    }
}

impl Handler<Introduce> for ManagerActor {
    type Result = ();

    fn handle(&mut self, _: Introduce, _: &mut Self::Context) {
        self.told = None;
        self.change(|attendance, rules, now| attendance.on_time(rules.presence(), now));
    }
}

impl Handler<Retire> for ManagerActor {
    type Result = ();

    fn handle(&mut self, _: Retire, ctx: &mut Self::Context) {
        ctx.stop();
    }
}
