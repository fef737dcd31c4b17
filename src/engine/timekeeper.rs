//! The timekeeper: one ordered set of deadlines for a whole account, and one timer.
//!
//! A deadline here is only a hint to look. Whoever set it decides whether anything is due, so a stale
//! one does no harm, and a lost one is set again from the stored state at the next start.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, AsyncContext, Context, Handler, Message, SpawnHandle};

use super::clock::Clock;
use super::messages::Due;
use super::observe::Observer;
use super::supervisor::Supervisor;
use super::tell::tell;
use crate::domain::ids::{AccountId, DialogId, ManagerId};
use crate::domain::time::Timestamp;

/// Whose deadline it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whose {
    /// The desk's.
    Desk,
    /// A dialog's, set by the actor of this lineage: one that was replaced may still clear its own.
    Dialog(DialogId, u64),
    /// A manager's.
    Manager(ManagerId),
}

/// Sets, moves or clears somebody's deadline.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Arm {
    /// Whose.
    pub whose: Whose,
    /// When; `None` clears it.
    pub at: Option<Timestamp>,
}

/// The account's supervisor started; it is told what is due.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ReportTo(pub actix::Addr<Supervisor>);

/// Stop.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Retire;

/// The longest sleep: a machine's clock may jump, so look again now and then.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// Keeps an account's deadlines.
pub struct Timekeeper {
    account: AccountId,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
    supervisor: Option<actix::Addr<Supervisor>>,
    by_time: BTreeSet<(Timestamp, Whose)>,
    by_owner: BTreeMap<Whose, Timestamp>,
    timer: Option<(Timestamp, SpawnHandle)>,
}

impl Timekeeper {
    /// A timekeeper without deadlines.
    pub fn new(account: AccountId, clock: Arc<dyn Clock>, observer: Arc<dyn Observer>) -> Self {
        Self {
            account,
            clock,
            observer,
            supervisor: None,
            by_time: BTreeSet::new(),
            by_owner: BTreeMap::new(),
            timer: None,
        }
    }

    fn sleep(&mut self, ctx: &mut Context<Self>) {
        let Some((next, _)) = self.by_time.first() else {
            if let Some((_, timer)) = self.timer.take() {
                ctx.cancel_future(timer);
            }
            return;
        };
        let next = *next;
        // A timer that rings earlier is left alone: it looks, and sleeps again.
        if self.timer.as_ref().is_some_and(|(rings, _)| *rings <= next) {
            return;
        }
        if let Some((_, timer)) = self.timer.take() {
            ctx.cancel_future(timer);
        }
        let span = next.since(self.clock.now()).min(LONGEST_SLEEP);
        let timer = ctx.run_later(span, |keeper, ctx| {
            keeper.timer = None;
            keeper.ring();
            keeper.sleep(ctx);
        });
        self.timer = Some((next, timer));
    }

    fn ring(&mut self) {
        let now = self.clock.now();
        let mut due = Vec::new();
        while let Some((at, whose)) = self.by_time.pop_first() {
            if now < at {
                self.by_time.insert((at, whose));
                break;
            }
            self.observer.deadline_met(&self.account, now.since(at));
            self.by_owner.remove(&whose);
            due.push(whose);
        }
        if let (Some(supervisor), false) = (&self.supervisor, due.is_empty()) {
            tell(supervisor, Due(due));
        }
    }
}

impl Actor for Timekeeper {
    type Context = Context<Self>;
}

impl Handler<ReportTo> for Timekeeper {
    type Result = ();

    fn handle(&mut self, ReportTo(supervisor): ReportTo, _: &mut Context<Self>) {
        self.supervisor = Some(supervisor);
    }
}

impl Handler<Arm> for Timekeeper {
    type Result = ();

    fn handle(&mut self, Arm { whose, at }: Arm, ctx: &mut Context<Self>) {
        if let Some(before) = self.by_owner.remove(&whose) {
            self.by_time.remove(&(before, whose.clone()));
        }
        if let Some(at) = at {
            self.by_owner.insert(whose.clone(), at);
            self.by_time.insert((at, whose));
        }
        self.sleep(ctx);
    }
}

impl Handler<Retire> for Timekeeper {
    type Result = ();

    fn handle(&mut self, _: Retire, ctx: &mut Context<Self>) {
        use actix::ActorContext;
        ctx.stop();
    }
}
