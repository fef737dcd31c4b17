//! The supervisor of an account: it owns the desk, starts the actors of dialogs and managers, and passes
//! on what the desk orders.
//!
//! What belongs to nobody else is decided in [`super::reception`] (where an inbound fact belongs) and in
//! the desk (who gets what); here are only mailboxes.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use actix::{Actor, ActorContext, Addr, AsyncContext, Context, Handler};

use super::cell::Notice;
use super::dialog_actor::{self, Asked, DialogActor, Do, Situation};
use super::inbound::Outcome;
use super::manager_actor::{self, FinishDialog, ManagerActor};
use super::messages::{AnnounceForAccount, Available, Due, FromDialog, News, Retire, ShowManager, View};
use super::outbox_relay::{self, OutboxRelay};
use super::surroundings::Surroundings;
use super::tell::tell;
use super::timekeeper::{ReportTo, Whose};
use super::{Failure, Reply};
use crate::desk::{Desk, Order};
use crate::domain::account::Account;
use crate::domain::agreement::Tally;
use crate::domain::announcement::{Announcement, Body, Subject};
use crate::domain::dialog::{Command, Dialog, Standing};
use crate::domain::ids::{ChannelId, ChatId, CustomerId, DialogId, ManagerId};
use crate::domain::manager::Attendance;
use crate::domain::routing::Cause;
use crate::domain::time::Timestamp;
use crate::rules::ruleset::RuleSet;
use crate::store::Snapshot;
use crate::store::change::{ShadowRecord, Write};
use crate::telemetry::metrics::Phase;

/// The part that the supervisor's own announcements have: it tells them from those of the dialogs and managers
/// they may be about, whose versions are counted apart and whose parts are few.
const SUPERVISORS_PART: u16 = 1_000;

/// An open dialog as the supervisor knows it.
pub(super) struct OpenDialog {
    pub(super) actor: Addr<DialogActor>,
    pub(super) lineage: u64,
    pub(super) chat: ChatId,
    pub(super) channel: Option<ChannelId>,
    pub(super) customer: Option<CustomerId>,
    /// What it was opened with, to tell a repeated request from a contradicting one.
    pub(super) opening_text: Arc<str>,
}

/// The supervisor of one account.
pub struct Supervisor {
    pub(super) around: Surroundings,
    pub(super) desk: Desk,
    pub(super) dialogs: HashMap<DialogId, OpenDialog>,
    pub(super) chats: HashMap<ChatId, DialogId>,
    pub(super) by_customer: HashMap<CustomerId, BTreeSet<DialogId>>,
    /// Chats that had a dialog which is closed by now: so that an opening need not ask the store.
    pub(super) known_chats: HashSet<ChatId>,
    pub(super) managers: BTreeMap<ManagerId, Addr<ManagerActor>>,
    pub(super) relay: Addr<OutboxRelay>,
    snapshot: Option<Box<Snapshot>>,
    next_lineage: u64,
    account_version: u64,
    armed: Option<Timestamp>,
    /// The shadow's record, and what the meters were told of it: its tally, and that it was given up.
    pub(super) shadow: Option<ShadowRecord>,
    pub(super) shadow_told: (Tally, bool),
}

impl Supervisor {
    /// A supervisor that will start from what is stored. `earlier` holds the rule sets that dialogs entered with
    /// which still wait, the newest last.
    pub fn new(
        around: Surroundings,
        account: Account,
        rules: Arc<RuleSet>,
        earlier: Vec<Arc<RuleSet>>,
        relay: Addr<OutboxRelay>,
        snapshot: Snapshot,
    ) -> Self {
        let mut desk = Desk::new(account, rules);
        desk.know_rules(earlier);
        Self {
            // Lineages must differ between lives, and account versions must grow over them.
            next_lineage: around.epoch << 40,
            account_version: snapshot.last_seq,
            desk,
            around,
            dialogs: HashMap::new(),
            chats: HashMap::new(),
            by_customer: HashMap::new(),
            known_chats: HashSet::new(),
            managers: BTreeMap::new(),
            relay,
            snapshot: Some(Box::new(snapshot)),
            armed: None,
            shadow: None,
            shadow_told: (Tally::default(), false),
        }
    }

    pub(super) fn register(&mut self, dialog: &Dialog, actor: Addr<DialogActor>, lineage: u64) {
        self.chats.insert(dialog.chat.clone(), dialog.id.clone());
        if let Some(customer) = &dialog.customer {
            self.by_customer.entry(customer.clone()).or_default().insert(dialog.id.clone());
        }
        let open = OpenDialog {
            actor,
            lineage,
            chat: dialog.chat.clone(),
            channel: dialog.channel.clone(),
            customer: dialog.customer.clone(),
            opening_text: Arc::clone(&dialog.opening_text),
        };
        self.dialogs.insert(dialog.id.clone(), open);
    }

    pub(super) fn forget(&mut self, id: &DialogId) -> Option<OpenDialog> {
        let open = self.dialogs.remove(id)?;
        if self.chats.get(&open.chat) == Some(id) {
            self.chats.remove(&open.chat);
        }
        if let Some(customer) = &open.customer
            && let Some(dialogs) = self.by_customer.get_mut(customer)
        {
            dialogs.remove(id);
            if dialogs.is_empty() {
                self.by_customer.remove(customer);
            }
        }
        tell(&open.actor, dialog_actor::Retire);
        self.around.arm(Whose::Dialog(id.clone(), open.lineage), None);
        Some(open)
    }

    pub(super) fn start_manager(&mut self, id: ManagerId, attendance: Attendance, ctx: &Context<Self>) {
        let rules = Arc::clone(self.desk.rules());
        let actor =
            ManagerActor::new(self.around.clone(), ctx.address(), rules, id.clone(), attendance).start();
        self.managers.insert(id, actor);
    }

    pub(super) fn stop_manager(&mut self, id: &ManagerId) {
        if let Some(actor) = self.managers.remove(id) {
            tell(&actor, manager_actor::Retire);
            self.around.arm(Whose::Manager(id.clone()), None);
        }
    }

    pub(super) fn lineage(&mut self) -> u64 {
        self.next_lineage += 1;
        self.next_lineage
    }

    pub(super) fn situation(&self, channel: Option<&ChannelId>, customer: Option<&CustomerId>) -> Situation {
        Situation {
            rules: Arc::clone(self.desk.rules()),
            account: Arc::clone(self.desk.account()),
            channel: channel.and_then(|id| self.desk.channel(id)).cloned(),
            customer: customer.and_then(|id| self.desk.customer(id)).cloned(),
        }
    }

    /// Tells open dialogs what their policy now follows from.
    pub(super) fn tell_situation(&self, dialogs: impl Iterator<Item = DialogId>) {
        for id in dialogs {
            if let Some(open) = self.dialogs.get(&id) {
                tell(&open.actor, self.situation(open.channel.as_ref(), open.customer.as_ref()));
            }
        }
    }

    pub(super) fn open_dialog_ids(&self) -> BTreeSet<DialogId> {
        self.dialogs.keys().cloned().collect()
    }

    /// Passes a command on to a dialog.
    pub(super) fn command(&self, dialog: &DialogId, command: Command, asked: Option<Asked>) {
        match self.dialogs.get(dialog) {
            Some(open) => tell(&open.actor, Do { command, asked, saves: Vec::new() }),
            None => {
                if let Some(asked) = asked {
                    self.around.answer(asked.reply, Err(Failure::NotOpen(dialog.clone())));
                }
            }
        }
    }

    /// Passes on what the desk orders, and sets its next deadline.
    pub(super) fn obey(&mut self, orders: Vec<Order>) {
        let mut orders = VecDeque::from(orders);
        while let Some(order) = orders.pop_front() {
            match order {
                Order::Route { dialog, ticket, decision, place, saves, texts } => {
                    if let Some(open) = self.dialogs.get(&dialog) {
                        let command = Command::Route { ticket, decision, place, texts };
                        tell(&open.actor, Do { command, asked: None, saves });
                    } else {
                        let now = self.around.now();
                        orders.extend(self.desk.decline(&dialog, ticket, now));
                    }
                }
                Order::Move { dialog, cause, from } => {
                    self.command(&dialog, Command::Move { cause, from: Some(from) }, None);
                }
                Order::Stay { dialog } => self.command(&dialog, Command::Stay, None),
                Order::Lapse { dialog, to } => self.command(&dialog, Command::Lapse { to }, None),
                Order::Announce { subject, cause, body } => self.announce(subject, cause, body),
                Order::Save { saves } => {
                    self.around.store_before_next(saves.into_iter().map(dialog_actor::to_store));
                }
            }
        }
        let deadline = self.desk.deadline();
        if deadline != self.armed {
            self.armed = deadline;
            self.around.arm(Whose::Desk, deadline);
        }
    }

    /// Announces something that no dialog or manager announces itself.
    pub(super) fn announce(&mut self, subject: Subject, cause: Option<Cause>, body: Body) {
        let event = self.account_event(subject, cause, body);
        self.around.commit(0, vec![event], None, Vec::new());
    }

    pub(super) fn account_event(&mut self, subject: Subject, cause: Option<Cause>, body: Body) -> Write {
        self.account_version += 1;
        Write::Event(Announcement {
            subject,
            version: self.account_version,
            part: SUPERVISORS_PART,
            at: self.around.now(),
            cause,
            body,
        })
    }

    /// Lets the desk work. Should it panic, its books cannot be trusted: the account starts again from the store.
    pub(super) fn with_desk(&mut self, work: impl FnOnce(&mut Desk, Timestamp) -> Vec<Order>) {
        let now = self.around.now();
        let desk = &mut self.desk;
        if let Ok(orders) = catch_unwind(AssertUnwindSafe(|| work(desk, now))) {
            self.obey(orders);
            self.watch_shadow();
        } else {
            tracing::error!(account = %self.around.cell.id, "the desk panicked; the account starts again from the store");
            self.around.observer.panicked(&self.around.cell.id);
            self.around.cell.notify(Notice::Failed { epoch: self.around.epoch });
        }
    }

    /// Whether this is the actor of a dialog that counts. One that was replaced may still have news under way, of
    /// a state that the store does not have; and the last word of a closed one goes by way of its manager.
    fn is_current(&self, dialog: &DialogId, lineage: u64, news: &News) -> bool {
        match self.dialogs.get(dialog) {
            Some(open) => open.lineage == lineage,
            None => matches!(news, News::Stand(Standing::Gone)),
        }
    }

    fn may_close(&mut self, dialog: DialogId, lineage: u64) {
        match self.desk.permit_closing(self.around.now()) {
            Ok(()) => {
                if let Some(open) = self.dialogs.get(&dialog) {
                    tell(&open.actor, dialog_actor::Look { may_close: true });
                }
            }
            Err(later) => self.around.arm(Whose::Dialog(dialog, lineage), Some(later)),
        }
    }

    pub(super) fn show_manager(&self, manager: &ManagerId, reply: Reply) {
        let outcome = match self.desk.manager_view(manager) {
            Some(view) => Ok(Outcome::Manager(Box::new(view))),
            None => Err(super::unknown("manager", manager.as_str())),
        };
        self.around.answer(reply, outcome);
    }
}

impl Actor for Supervisor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        tell(&self.around.timekeeper, ReportTo(ctx.address()));
        if let Some(snapshot) = self.snapshot.take() {
            self.restore(*snapshot, ctx);
        }
    }
}

impl Handler<FromDialog> for Supervisor {
    type Result = ();

    fn handle(&mut self, FromDialog { dialog, lineage, news }: FromDialog, _: &mut Self::Context) {
        if !self.is_current(&dialog, lineage, &news) {
            return;
        }
        match news {
            News::Request { dialog, request } => {
                let asked = self.around.now();
                self.with_desk(|desk, now| desk.request(&dialog, request, now));
                self.around.observer.took(
                    &self.around.cell.id,
                    Phase::Decide,
                    self.around.now().since(asked),
                );
            }
            News::Withdraw => self.with_desk(|desk, now| desk.withdraw(&dialog, now)),
            News::Decline { ticket } => self.with_desk(|desk, now| desk.decline(&dialog, ticket, now)),
            News::Stand(standing) => self.with_desk(|desk, now| desk.stand(&dialog, standing, now)),
            News::Serve { customer, served, keep } => {
                if let Some(customer) = self.desk.remember_serving(&customer, served)
                    && keep
                {
                    self.around.commit(0, vec![Write::Customer(customer)], None, Vec::new());
                }
            }
            News::MayClose => self.may_close(dialog, lineage),
            News::Closed => {
                let closed = self.forget(&dialog);
                self.known_chats.extend(closed.map(|closed| closed.chat));
            }
        }
    }
}

impl Handler<FinishDialog> for Supervisor {
    type Result = ();

    fn handle(&mut self, finish: FinishDialog, ctx: &mut Self::Context) {
        match self.managers.get(&finish.manager) {
            Some(manager) => tell(manager, finish),
            None => self.handle(finish.stand, ctx),
        }
    }
}

impl Handler<Available> for Supervisor {
    type Result = ();

    fn handle(&mut self, Available { manager, availability, presence }: Available, _: &mut Self::Context) {
        self.with_desk(|desk, now| desk.set_availability(&manager, availability, presence, now));
    }
}

impl Handler<ShowManager> for Supervisor {
    type Result = ();

    fn handle(&mut self, ShowManager { manager, reply }: ShowManager, _: &mut Self::Context) {
        self.show_manager(&manager, reply);
    }
}

impl Handler<Due> for Supervisor {
    type Result = ();

    fn handle(&mut self, Due(owners): Due, _: &mut Self::Context) {
        for whose in owners {
            match whose {
                Whose::Desk => {
                    self.armed = None;
                    self.with_desk(Desk::on_time);
                }
                Whose::Dialog(id, lineage) => {
                    if let Some(open) = self.dialogs.get(&id).filter(|open| open.lineage == lineage) {
                        tell(&open.actor, dialog_actor::Look { may_close: false });
                    }
                }
                Whose::Manager(id) => {
                    if let Some(manager) = self.managers.get(&id) {
                        tell(manager, manager_actor::Look);
                    }
                }
            }
        }
    }
}

impl Handler<View> for Supervisor {
    type Result = actix::MessageResult<View>;

    fn handle(&mut self, _: View, _: &mut Self::Context) -> Self::Result {
        actix::MessageResult(self.desk.view())
    }
}

impl Handler<AnnounceForAccount> for Supervisor {
    type Result = ();

    fn handle(&mut self, AnnounceForAccount(body): AnnounceForAccount, _: &mut Self::Context) {
        self.announce(Subject::Account, None, body);
    }
}

impl Handler<Retire> for Supervisor {
    type Result = ();

    fn handle(&mut self, _: Retire, ctx: &mut Self::Context) {
        for id in self.open_dialog_ids() {
            self.forget(&id);
        }
        for id in self.managers.keys().cloned().collect::<Vec<_>>() {
            self.stop_manager(&id);
        }
        tell(&self.relay, outbox_relay::Retire);
        tell(&self.around.timekeeper, super::timekeeper::Retire);
        ctx.stop();
    }
}
