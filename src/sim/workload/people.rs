//! The people: customers who write, managers who answer, a CRM that reports. They know only what was announced.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::cast::Cast;
use super::{Arrival, Habits, exponential};
use crate::domain::announcement::{Body, Subject, TextPurpose};
use crate::domain::dialog::{By, DialogKind};
use crate::domain::ids::{CustomerId, DialogId, ManagerId, MessageId};
use crate::domain::manager::{Presence, Status};
use crate::domain::message::{Author, DeliveryStatus, Visibility};
use crate::domain::routing::Responsible;
use crate::domain::time::Timestamp;
use crate::rules::ruleset::RuleSet;
use crate::sim::inbound::{Inbound, NewMessage, OpenDialog};
use crate::sim::ledger::Entry;

/// Something that somebody is about to do.
#[derive(Clone, Debug)]
pub(super) enum Act {
    /// Bring this in.
    Send(Inbound),
    /// A customer comes.
    Arrive(usize),
    /// A customer has waited for so long for somebody, and may go.
    LosePatience(DialogId),
    /// A manager is done with a dialog.
    Finish(DialogId, ManagerId),
    /// Somebody meddles.
    Meddle,
    /// Somebody's presence changes.
    Presence,
    /// A record changes.
    Records,
    /// The rules change.
    Rules,
}

/// What people know of a dialog.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub holder: Option<Responsible>,
    pub is_open: bool,
    pub is_served: bool,
    pub is_offered: bool,
    pub customer: Option<CustomerId>,
    /// The arrival that it came from.
    arrival: Option<usize>,
}

/// The people.
#[derive(Debug)]
pub struct People {
    pub(super) chance: ChaCha8Rng,
    pub(super) habits: Habits,
    pub(super) cast: Cast,
    pub(super) rules: Vec<Arc<RuleSet>>,
    pub(super) dialogs: BTreeMap<DialogId, Seen>,
    pub(super) present: BTreeMap<ManagerId, Presence>,
    arrivals: Vec<Arrival>,
    by_id: BTreeMap<DialogId, usize>,
    agenda: BTreeMap<(Timestamp, u64), Act>,
    written: u64,
    acts: u64,
    is_over: bool,
}

/// Whether somebody talks to somebody, or ends it: what people still do when the day is over.
fn is_talk(inbound: &Inbound) -> bool {
    matches!(
        inbound,
        Inbound::Open(_)
            | Inbound::Write { .. }
            | Inbound::Accept { .. }
            | Inbound::Decline { .. }
            | Inbound::Close { .. }
            | Inbound::ReportStatus { .. }
    )
}

impl People {
    /// Everybody who is to come.
    pub fn new(
        seed: u64,
        start: Timestamp,
        cast: Cast,
        habits: Habits,
        arrivals: Vec<Arrival>,
        rules: Vec<Arc<RuleSet>>,
    ) -> Self {
        let mut people = Self {
            // Another stream than the scheduler's: what people do does not depend on how mail is delivered.
            chance: ChaCha8Rng::seed_from_u64(seed ^ 0x005e_ed0f_9e09_1e00),
            habits,
            cast,
            rules,
            dialogs: BTreeMap::new(),
            present: BTreeMap::new(),
            arrivals,
            by_id: BTreeMap::new(),
            agenda: BTreeMap::new(),
            written: 0,
            acts: 0,
            is_over: false,
        };
        for (at, arrival) in people.arrivals.clone().iter().enumerate() {
            people.plan(start + arrival.at, Act::Arrive(at));
        }
        people.begin_habits(start);
        people
    }

    fn begin_habits(&mut self, now: Timestamp) {
        for act in [Act::Meddle, Act::Presence, Act::Records, Act::Rules] {
            self.again(act, now);
        }
    }

    /// What must be there before anybody comes: records, and everybody at work.
    pub fn opening(&mut self) -> Vec<Inbound> {
        let Cast { channels, managers, customers } = self.cast.clone();
        let mut opening: Vec<Inbound> = channels.into_iter().map(Inbound::PutChannel).collect();
        opening.extend(customers.into_iter().map(Inbound::PutCustomer));
        for manager in managers {
            let id = manager.id.clone();
            opening.push(Inbound::PutManager(manager));
            opening.push(self.shows_up(&id));
        }
        opening
    }

    /// The day is over: everybody is at work, and leaves nothing undone.
    pub fn wind_down(&mut self, now: Timestamp) {
        self.habits = self.habits.winding_down();
        self.is_over = true;
        self.agenda.retain(|_, act| match act {
            Act::Meddle | Act::Presence | Act::Records | Act::Rules => false,
            Act::Send(inbound) => is_talk(inbound),
            Act::Arrive(_) | Act::LosePatience(_) | Act::Finish(..) => true,
        });
        if let Some(rules) = self.rules.first().cloned() {
            self.plan(now, Act::Send(Inbound::ApplyRules { rules, migrate: false }));
        }
        for manager in self.cast.managers.clone() {
            let shows_up = self.shows_up(&manager.id);
            self.plan(now, Act::Send(Inbound::PutManager(manager)));
            self.plan(now, Act::Send(shows_up));
        }
        let open: Vec<_> =
            self.dialogs.iter().filter(|(_, seen)| seen.is_open).map(|(id, _)| id.clone()).collect();
        for dialog in open {
            self.holder_acts(&dialog, now);
        }
    }

    pub(super) fn shows_up(&mut self, manager: &ManagerId) -> Inbound {
        let presence = Presence { online: true, status: Status::Free, on_leave: false };
        self.present.insert(manager.clone(), presence);
        Inbound::PutPresence { manager: manager.clone(), presence }
    }

    pub(super) fn plan(&mut self, at: Timestamp, act: Act) {
        self.acts += 1;
        self.agenda.insert((at, self.acts), act);
    }

    pub(super) fn soon(&mut self, mean: Duration) -> Duration {
        exponential(&mut self.chance, mean)
    }

    /// Something that goes on all day comes up again.
    pub(super) fn again(&mut self, act: Act, now: Timestamp) {
        let every = match act {
            Act::Meddle => self.habits.meddle_every,
            Act::Presence => self.habits.presence_every,
            Act::Records => self.habits.records_every,
            Act::Rules => self.habits.rules_every,
            Act::Send(_) | Act::Arrive(_) | Act::LosePatience(_) | Act::Finish(..) => None,
        };
        if let Some(every) = every {
            let at = now + self.soon(every);
            self.plan(at, act);
        }
    }

    /// When somebody does something next.
    pub fn next(&self) -> Option<Timestamp> {
        self.agenda.first_key_value().map(|((at, _), _)| *at)
    }

    /// What they do by now.
    pub fn act(&mut self, now: Timestamp) -> Vec<Inbound> {
        let mut inbound = Vec::new();
        while let Some(entry) = self.agenda.first_entry().filter(|entry| entry.key().0 <= now) {
            match entry.remove() {
                Act::Send(sent) => inbound.push(sent),
                Act::Arrive(at) => {
                    inbound.extend(self.look_up(at, now));
                    inbound.extend(self.arrive(at));
                }
                Act::LosePatience(dialog) => inbound.extend(self.lose_patience(&dialog)),
                Act::Finish(dialog, manager) => inbound.extend(self.finish(&dialog, &manager)),
                act @ (Act::Meddle | Act::Presence | Act::Records | Act::Rules) => {
                    inbound.extend(self.go_on(&act));
                    self.again(act, now);
                }
            }
        }
        inbound
    }

    /// Whoever comes is looked up, which ends some time later.
    fn look_up(&mut self, at: usize, now: Timestamp) -> Option<Inbound> {
        let customer = self.arrivals.get(at)?.customer.clone();
        if self.habits.look_up <= 0.0 || !self.chance.random_bool(self.habits.look_up) {
            return None;
        }
        let ends = now + self.soon(self.habits.look_up_takes);
        let end = Inbound::LookUp { customer: customer.clone(), is_pending: false };
        self.plan(ends, Act::Send(end));
        Some(Inbound::LookUp { customer, is_pending: true })
    }

    fn arrive(&mut self, at: usize) -> Option<Inbound> {
        let Arrival { customer, channel, facts, .. } = self.arrivals.get(at)?.clone();
        // Some clients name the dialog, some leave that to the server.
        let is_named = !self.habits.chat || self.chance.random_bool(0.7);
        let id = is_named.then(|| DialogId::trusted(&format!("d{at}")));
        if let Some(id) = &id {
            self.by_id.insert(id.clone(), at);
        }
        let message = Some(self.message(Author::Customer(customer.clone())));
        Some(Inbound::Open(OpenDialog {
            id,
            chat: None,
            channel: Some(channel),
            customer: Some(customer),
            kind: DialogKind::Customer,
            members: std::collections::BTreeSet::new(),
            message,
            facts,
        }))
    }

    fn lose_patience(&mut self, dialog: &DialogId) -> Option<Inbound> {
        let seen = self.dialogs.get(dialog).filter(|seen| seen.is_open && !seen.is_served)?;
        seen.holder.is_none().then(|| Inbound::Close {
            dialog: dialog.clone(),
            by: By::Backend,
            reason: Some("the customer left".into()),
        })
    }

    fn finish(&mut self, dialog: &DialogId, manager: &ManagerId) -> Option<Inbound> {
        let seen = self.dialogs.get(dialog)?;
        let is_theirs = seen.is_open && seen.holder.as_ref().and_then(Responsible::manager) == Some(manager);
        is_theirs.then(|| Inbound::Close {
            dialog: dialog.clone(),
            by: By::Manager(manager.clone()),
            reason: None,
        })
    }

    /// A message with an id of its own.
    pub(super) fn message(&mut self, from: Author) -> NewMessage {
        self.written += 1;
        let id = MessageId::trusted(&format!("w{}", self.written));
        NewMessage { id: Some(id), from, text: Some("hello".into()), visibility: Visibility::Public }
    }

    /// They hear what was announced.
    pub fn hear(&mut self, entry: &Entry, now: Timestamp) {
        let Subject::Dialog(id) = &entry.announcement.subject else { return };
        if let Body::MessageRecorded { message, .. } = &entry.announcement.body
            && self.chance.random_bool(self.habits.report_delivery)
        {
            let status =
                if self.chance.random_bool(0.5) { DeliveryStatus::Delivered } else { DeliveryStatus::Seen };
            let at = now + self.soon(Duration::from_secs(20));
            self.plan(at, Act::Send(Inbound::ReportStatus { message: message.clone(), status }));
        }
        match &entry.announcement.body {
            Body::DialogOpened { customer, .. } => {
                let customer = customer.clone();
                let arrival = self.by_id.get(id).copied();
                let seen = Seen {
                    holder: None,
                    is_open: true,
                    is_served: false,
                    is_offered: false,
                    customer,
                    arrival,
                };
                self.dialogs.insert(id.clone(), seen);
                let patience = arrival.and_then(|at| self.arrivals.get(at)?.patience);
                if let Some(patience) = patience {
                    self.plan(entry.announcement.at + patience, Act::LosePatience(id.clone()));
                }
            }
            Body::DialogOffered { to, .. } => {
                if let Some(seen) = self.dialogs.get_mut(id) {
                    seen.is_offered = true;
                }
                self.is_asked(id, to, now);
            }
            Body::DialogOfferEnded { .. } => {
                if let Some(seen) = self.dialogs.get_mut(id) {
                    seen.is_offered = false;
                }
            }
            Body::DialogAssigned { to, .. } | Body::DialogReassigned { to, .. } => {
                if let Some(seen) = self.dialogs.get_mut(id) {
                    seen.holder = Some(to.clone());
                    seen.is_served = true;
                    seen.is_offered = false;
                }
                self.holder_acts(id, now);
            }
            Body::DialogReturned { .. } => {
                if let Some(seen) = self.dialogs.get_mut(id) {
                    seen.holder = None;
                }
            }
            Body::DialogClosed { .. } => self.hears_of_closure(id, now),
            Body::MessageRecorded { from: Author::Customer(_), .. } => self.holder_acts(id, now),
            Body::MessageRecorded {
                from: Author::Manager(manager),
                visibility: Visibility::Public,
                failed: None,
                ..
            } => {
                self.hears_of_reply(id, &manager.clone(), now);
            }
            Body::MessageRequested { message, purpose: TextPurpose::Farewell, .. } => {
                self.report_farewell(message, now);
            }
            Body::DialogWaiting(_)
            | Body::DialogKept(_)
            | Body::DialogCloseWarned { .. }
            | Body::DialogClosePostponed
            | Body::DialogQuarantined
            | Body::MessageRecorded { .. }
            | Body::MessageRequested { .. }
            | Body::ManagerAvailable(_)
            | Body::ManagerUnavailable { .. }
            | Body::ManagerChanged { .. }
            | Body::CustomerMerged { .. }
            | Body::FallbackUsed { .. }
            | Body::TargetMissing { .. }
            | Body::DeputiesCircular { .. }
            | Body::ShadowDecided(_)
            | Body::RulesApplied(_)
            | Body::RulesRejected { .. } => {}
        }
    }

    /// Somebody is asked whether they take a dialog: they accept, in time or late, decline, or do not answer.
    fn is_asked(&mut self, dialog: &DialogId, to: &ManagerId, now: Timestamp) {
        let (dialog, by) = (dialog.clone(), By::Manager(to.clone()));
        let answer = self.chance.random::<f64>();
        let inbound = if answer < self.habits.accept {
            Inbound::Accept { dialog, by }
        } else if answer < self.habits.accept + self.habits.decline {
            Inbound::Decline { dialog, by }
        } else {
            return;
        };
        let at = now + self.soon(self.habits.answer_after);
        self.plan(at, Act::Send(inbound));
    }

    fn report_farewell(&mut self, message: &MessageId, now: Timestamp) {
        if self.chance.random_bool(self.habits.report_farewell) {
            let is_lost = self.chance.random_bool(0.1);
            let status =
                if is_lost { DeliveryStatus::Failed("blocked".into()) } else { DeliveryStatus::Sent };
            let at = now + self.soon(Duration::from_secs(3));
            self.plan(at, Act::Send(Inbound::ReportStatus { message: message.clone(), status }));
        }
    }

    /// Whoever holds it replies, some time; or serves it, like a call.
    fn holder_acts(&mut self, id: &DialogId, now: Timestamp) {
        let Some(seen) = self.dialogs.get(id) else { return };
        let writer = match seen.holder.clone() {
            Some(Responsible::Manager(manager)) if !self.habits.chat => {
                let handling =
                    seen.arrival.and_then(|at| self.arrivals.get(at)).map(|arrival| arrival.handling);
                return self.plan(now + handling.unwrap_or_default(), Act::Finish(id.clone(), manager));
            }
            Some(Responsible::Manager(manager)) => Author::Manager(manager),
            Some(Responsible::Bot(bot)) => Author::Bot(bot),
            None => return,
        };
        if !self.chance.random_bool(self.habits.neglect) {
            let at = now + self.soon(self.habits.reply_after);
            let message = self.message(writer);
            self.plan(at, Act::Send(Inbound::Write { dialog: id.clone(), message }));
        }
    }

    fn hears_of_reply(&mut self, id: &DialogId, manager: &ManagerId, now: Timestamp) {
        if !self.habits.chat {
            return;
        }
        let customer = self.dialogs.get(id).and_then(|seen| seen.customer.clone());
        if let (true, Some(customer)) = (self.chance.random_bool(self.habits.ask_again), customer) {
            let at = now + self.soon(self.habits.ask_after);
            let message = self.message(Author::Customer(customer));
            self.plan(at, Act::Send(Inbound::Write { dialog: id.clone(), message }));
        } else if self.chance.random_bool(self.habits.close) {
            let at = now + self.soon(self.habits.ask_after);
            self.plan(at, Act::Finish(id.clone(), manager.clone()));
        }
    }

    fn hears_of_closure(&mut self, id: &DialogId, now: Timestamp) {
        let Some(seen) = self.dialogs.get_mut(id) else { return };
        seen.is_open = false;
        let (holder, customer) = (seen.holder.clone(), seen.customer.clone());
        if !self.chance.random_bool(self.habits.return_after_closing) {
            return;
        }
        let writer = match (self.chance.random_bool(0.8), customer, holder) {
            (true, Some(customer), _) => Author::Customer(customer),
            (_, _, Some(Responsible::Manager(manager))) => Author::Manager(manager),
            _ => return,
        };
        let at = now + self.soon(self.habits.ask_after);
        let message = self.message(writer);
        self.plan(at, Act::Send(Inbound::Write { dialog: id.clone(), message }));
    }

    /// Nobody knows what came of a request, since the server went down: most clients send it again.
    pub fn try_again(&mut self, inbound: &Inbound, now: Timestamp) {
        if self.chance.random_bool(0.9) && (!self.is_over || is_talk(inbound)) {
            let at = now + self.soon(Duration::from_secs(5));
            self.plan(at, Act::Send(inbound.clone()));
        }
    }

    /// A client sends again what was answered.
    pub fn repeat(&mut self, inbound: &Inbound, now: Timestamp) {
        let at = now + self.soon(Duration::from_mins(1));
        self.plan(at, Act::Send(inbound.clone()));
    }
}
