//! The supervisor: it holds the desk, knows which actors there are, and passes on what the desk orders.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use super::commits::Commit;
use super::dialog_life::DialogLife;
use super::faults::Sabotage;
use super::ledger::Write;
use super::mail::{Asked, Failure, News, ToDesk, ToDialog, ToManager, Whose};
use super::manager_life::ManagerLife;
use super::situation::Situation;
use super::world::{OpenDialog, World};
use crate::desk::{Desk, Order};
use crate::domain::announcement::{Announcement, Body, RulesChange, Subject};
use crate::domain::dialog::{Command, Dialog, Standing};
use crate::domain::ids::{ChannelId, CustomerId, DialogId, ManagerId};
use crate::domain::manager::Attendance;
use crate::domain::routing::Cause;
use crate::domain::time::Timestamp;
use crate::rules::ruleset::RuleSet;

/// The part that the supervisor's own announcements have: it tells them from those of the dialogs and managers
/// they may be about.
const SUPERVISORS_PART: u16 = 1_000;

impl World {
    /// The supervisor takes a mail.
    pub(super) fn desk_hears(&mut self, mail: ToDesk) {
        match mail {
            ToDesk::Submit { request, inbound, found } => self.receive(request, &inbound, found),
            ToDesk::FromDialog { lineage, dialog, news } => {
                if self.is_current(&dialog, lineage, &news) {
                    self.dialog_tells(dialog, news);
                }
            }
            ToDesk::Finish { manager, lineage, dialog, standing } => {
                let actor = self.memory.as_ref().and_then(|memory| memory.managers.get(&manager).copied());
                match (actor, &mut self.memory) {
                    (Some(actor), Some(memory)) => {
                        memory.mail.tell_manager(actor, ToManager::Finish { lineage, dialog, standing });
                    }
                    _ => self.desk_hears(ToDesk::FromDialog { lineage, dialog, news: News::Stand(standing) }),
                }
            }
            ToDesk::Available { manager, availability, presence } => {
                self.with_desk(|desk, now| desk.set_availability(&manager, availability, presence, now));
            }
            ToDesk::ShowManager(request) => self.commit(Commit::done(Vec::new(), request)),
            ToDesk::Due(owners) => {
                for whose in owners {
                    self.is_due(whose);
                }
            }
            ToDesk::Restore { dialog, lineage, stored } => self.restore_from(&dialog, lineage, stored),
        }
    }

    /// Whether this is the actor of a dialog that counts. An earlier one may still have mail under way, about
    /// a state that the store does not have; and the last word of a closed one goes by way of its manager.
    fn is_current(&self, dialog: &DialogId, lineage: u64, news: &News) -> bool {
        if self.sabotage == Some(Sabotage::TrustOldLives) {
            return true;
        }
        match self.lineage_of(dialog) {
            Some(current) => current == lineage,
            None => matches!(news, News::Stand(Standing::Gone)),
        }
    }

    fn dialog_tells(&mut self, dialog: DialogId, news: News) {
        match news {
            News::Request { dialog, request } => {
                self.watch.asks(&dialog, &request, self.now);
                self.with_desk(|desk, now| desk.request(&dialog, request, now));
            }
            News::Withdraw => {
                self.watch.asking.remove(&dialog);
                self.with_desk(|desk, now| desk.withdraw(&dialog, now));
            }
            News::Decline { ticket } => {
                self.watch.figures.declined += 1;
                self.with_desk(|desk, now| desk.decline(&dialog, ticket, now));
            }
            News::Stand(standing) => {
                self.watch.stands(&dialog, &standing);
                self.with_desk(|desk, now| desk.stand(&dialog, standing, now));
            }
            News::Serve { customer, served, keep } => {
                let Some(memory) = &mut self.memory else { return };
                if let Some(customer) = memory.desk.remember_serving(&customer, served)
                    && keep
                {
                    self.commit(Commit::of(vec![Write::Customer(customer)]));
                }
            }
            News::MayClose => self.may_close(dialog),
            News::Closed => {
                let open = self.memory.as_ref().and_then(|memory| memory.open.get(&dialog));
                let chat = open.map(|open| open.chat.clone());
                self.forget(&dialog);
                if let Some(memory) = &mut self.memory {
                    memory.known_chats.extend(chat);
                }
            }
        }
    }

    /// A dialog is about to close by itself, and closings are limited in number.
    fn may_close(&mut self, dialog: DialogId) {
        let now = self.now;
        let Some(lineage) = self.lineage_of(&dialog) else { return };
        let Some(memory) = &mut self.memory else { return };
        match memory.desk.permit_closing(now) {
            Ok(()) => self.tell_dialog(lineage, ToDialog::Look { may_close: true }),
            Err(later) => self.arm(Whose::Dialog(dialog, lineage), Some(later)),
        }
    }

    fn is_due(&mut self, whose: Whose) {
        let Some(memory) = &mut self.memory else { return };
        match whose {
            Whose::Desk => {
                memory.armed = None;
                self.with_desk(Desk::on_time);
            }
            Whose::Dialog(id, lineage) => {
                if memory.open.get(&id).is_some_and(|open| open.lineage == lineage) {
                    self.tell_dialog(lineage, ToDialog::Look { may_close: false });
                }
            }
            Whose::Manager(id) => {
                if let Some(actor) = memory.managers.get(&id) {
                    memory.mail.tell_manager(*actor, ToManager::Look);
                }
            }
        }
    }

    /// Lets the desk plan anew.
    pub(super) fn replan(&mut self, work: impl FnOnce(&mut Desk, Timestamp) -> Vec<Order>) {
        self.watch.is_planning = true;
        self.with_desk(work);
        self.watch.is_planning = false;
    }

    /// Lets the desk work, and passes on what it orders.
    pub(super) fn with_desk(&mut self, work: impl FnOnce(&mut Desk, Timestamp) -> Vec<Order>) {
        let now = self.now;
        if let Some(memory) = &mut self.memory {
            let orders = work(&mut memory.desk, now);
            self.obey(orders);
        }
    }

    /// Passes on what the desk orders, and sets its next deadline.
    pub(super) fn obey(&mut self, orders: Vec<Order>) {
        for order in orders {
            match order {
                Order::Route { dialog, ticket, decision, place, saves, texts } => {
                    self.see_decision(&dialog, &decision, place.as_ref());
                    if self.lineage_of(&dialog).is_some() {
                        let command = Command::Route { ticket, decision, place, texts };
                        self.tell_open(&dialog, ToDialog::Do { command, asked: None, saves });
                    } else {
                        self.with_desk(|desk, now| desk.decline(&dialog, ticket, now));
                    }
                }
                Order::Move { dialog, from, cause } => {
                    self.command(&dialog, Command::Move { cause, from: Some(from) }, None);
                }
                Order::Stay { dialog } => self.command(&dialog, Command::Stay, None),
                Order::Lapse { dialog, to } => self.command(&dialog, Command::Lapse { to }, None),
                Order::Save { saves } => {
                    self.commit(Commit::of(saves.into_iter().map(Write::from).collect()));
                }
                Order::Announce { subject, cause, body } => {
                    let event = self.account_event(subject, cause, body);
                    self.commit(Commit::of(vec![event]));
                }
            }
        }
        let Some(memory) = &mut self.memory else { return };
        let deadline = memory.desk.deadline();
        if deadline != memory.armed {
            memory.armed = deadline;
            self.arm(Whose::Desk, deadline);
        }
    }

    /// Passes a command on to a dialog.
    pub(super) fn command(&mut self, dialog: &DialogId, command: Command, asked: Option<Asked>) {
        if self.lineage_of(dialog).is_some() {
            self.tell_open(dialog, ToDialog::Do { command, asked, saves: Vec::new() });
        } else if let Some(asked) = asked {
            self.answer(asked.request, Err(Failure::NotOpen(dialog.clone())));
        }
    }

    fn lineage_of(&self, dialog: &DialogId) -> Option<u64> {
        self.memory.as_ref()?.open.get(dialog).map(|open| open.lineage)
    }

    /// Writes to the actor of an open dialog.
    pub(super) fn tell_open(&mut self, dialog: &DialogId, mail: ToDialog) {
        if let Some(lineage) = self.lineage_of(dialog) {
            self.tell_dialog(lineage, mail);
        }
    }

    /// Writes to a dialog's actor. Whoever asks one that stopped hears nothing but that.
    pub(super) fn tell_dialog(&mut self, lineage: u64, mail: ToDialog) {
        let Some(memory) = &mut self.memory else { return };
        if let Some(unread) = memory.mail.tell_dialog(lineage, mail) {
            self.unread(unread);
        }
    }

    /// A mail that nobody will read: whoever waits for an answer learns that there will be none.
    pub(super) fn unread(&mut self, mail: ToDialog) {
        let asked = match mail {
            ToDialog::Begin { asked, .. } | ToDialog::Show(asked) => Some(asked),
            ToDialog::Do { asked, .. } => asked,
            ToDialog::Introduce | ToDialog::Look { .. } | ToDialog::Situation(_) | ToDialog::Retire => None,
        };
        if let Some(asked) = asked {
            self.answered(asked.request, Err(Failure::Stopping));
        }
    }

    /// Enters a dialog's actor into the supervisor's lists.
    pub(super) fn register(&mut self, dialog: &Dialog, life: DialogLife) {
        let Some(memory) = &mut self.memory else { return };
        let lineage = life.lineage;
        memory.chats.insert(dialog.chat.clone(), dialog.id.clone());
        if let Some(customer) = &dialog.customer {
            memory.by_customer.entry(customer.clone()).or_default().insert(dialog.id.clone());
        }
        let open = OpenDialog {
            lineage,
            chat: dialog.chat.clone(),
            channel: dialog.channel.clone(),
            customer: dialog.customer.clone(),
            opening_text: Arc::clone(&dialog.opening_text),
        };
        memory.open.insert(dialog.id.clone(), open);
        memory.dialog_lives.insert(lineage, life);
        memory.mail.dialogs.insert(lineage, VecDeque::new());
    }

    /// Takes a dialog out of the lists and dismisses its actor.
    pub(super) fn forget(&mut self, id: &DialogId) {
        let Some(memory) = &mut self.memory else { return };
        let Some(open) = memory.open.remove(id) else { return };
        if memory.chats.get(&open.chat) == Some(id) {
            memory.chats.remove(&open.chat);
        }
        if let Some(customer) = &open.customer
            && let Some(dialogs) = memory.by_customer.get_mut(customer)
        {
            dialogs.remove(id);
            if dialogs.is_empty() {
                memory.by_customer.remove(customer);
            }
        }
        self.tell_dialog(open.lineage, ToDialog::Retire);
        self.arm(Whose::Dialog(id.clone(), open.lineage), None);
    }

    pub(super) fn start_manager(&mut self, id: ManagerId, attendance: Attendance) {
        let actor = self.next_actor();
        let Some(memory) = &mut self.memory else { return };
        let rules = Arc::clone(memory.desk.rules());
        memory.manager_lives.insert(actor, ManagerLife::new(rules, id.clone(), attendance));
        memory.mail.managers.insert(actor, VecDeque::new());
        memory.mail.tell_manager(actor, ToManager::Begin);
        memory.managers.insert(id, actor);
    }

    /// Writes to a manager's actor.
    pub(super) fn tell_manager(&mut self, id: &ManagerId, mail: ToManager) {
        let Some(memory) = &mut self.memory else { return };
        if let Some(actor) = memory.managers.get(id) {
            memory.mail.tell_manager(*actor, mail);
        }
    }

    /// The number of a new actor.
    pub(super) fn next_actor(&mut self) -> u64 {
        let Some(memory) = &mut self.memory else { return 0 };
        memory.next_actor += 1;
        memory.next_actor
    }

    /// What the policy of a dialog follows from now.
    pub(super) fn situation(
        &self,
        channel: Option<&ChannelId>,
        customer: Option<&CustomerId>,
    ) -> Option<Situation> {
        let memory = self.memory.as_ref()?;
        Some(Situation {
            rules: Arc::clone(memory.desk.rules()),
            account: Arc::clone(memory.desk.account()),
            channel: channel.and_then(|id| memory.desk.channel(id)).cloned(),
            customer: customer.and_then(|id| memory.desk.customer(id)).cloned(),
        })
    }

    /// Tells open dialogs what their policy now follows from.
    pub(super) fn tell_situation(&mut self, dialogs: impl IntoIterator<Item = DialogId>) {
        for id in dialogs {
            let open = self.memory.as_ref().and_then(|memory| memory.open.get(&id));
            let situation =
                open.and_then(|open| self.situation(open.channel.as_ref(), open.customer.as_ref()));
            if let Some(situation) = situation {
                self.tell_open(&id, ToDialog::Situation(situation));
            }
        }
    }

    pub(super) fn open_dialog_ids(&self) -> BTreeSet<DialogId> {
        self.memory.as_ref().map(|memory| memory.open.keys().cloned().collect()).unwrap_or_default()
    }

    /// Puts a rule set in force and on record; it is announced only when it is news.
    pub(super) fn apply_rules(&mut self, rules: &Arc<RuleSet>, migrated: bool, is_news: bool) -> Vec<Write> {
        let before = std::mem::replace(&mut self.rules, Arc::clone(rules));
        self.earlier.retain(|known| known.version() != rules.version());
        self.earlier.push(Arc::clone(rules));
        self.watch.rules_changed(rules, self.now);
        let change = RulesChange {
            version: rules.version().clone(),
            previous: Some(before.version().clone()),
            by: "somebody".into(),
            why: "".into(),
            migrated,
        };
        let mut writes = vec![Write::Rules(rules.version().clone())];
        if is_news {
            writes.push(self.account_event(Subject::Account, None, Body::RulesApplied(Arc::new(change))));
        }
        writes
    }

    /// Tells everybody of the rules in force.
    pub(super) fn spread_rules(&mut self, migrate: bool) {
        let rules = Arc::clone(&self.rules);
        self.watch.is_migrating = migrate;
        self.replan(|desk, now| desk.set_rules(Arc::clone(&rules), migrate, now));
        self.watch.is_migrating = false;
        let Some(memory) = &mut self.memory else { return };
        for actor in memory.managers.values() {
            memory.mail.tell_manager(*actor, ToManager::Rules(Arc::clone(&rules)));
        }
        self.tell_situation(self.open_dialog_ids());
    }

    /// An announcement about the account as a whole.
    pub(super) fn account_event(&mut self, subject: Subject, cause: Option<Cause>, body: Body) -> Write {
        let at = self.now;
        let version = self.memory.as_mut().map_or(0, |memory| {
            memory.account_version += 1;
            memory.account_version
        });
        Write::Event(Announcement { subject, version, part: SUPERVISORS_PART, at, cause, body })
    }

    /// A dialog must be started again from what is stored. It may even be forgotten by now: the state that the
    /// store does not have was a closed one.
    fn restore_from(&mut self, dialog: &DialogId, lineage: u64, stored: Option<Arc<Dialog>>) {
        if self.lineage_of(dialog).is_some_and(|current| current != lineage) {
            return;
        }
        self.forget(dialog);
        // What still asks goes on asking, in the desk's eyes since when it first did.
        let asks = |it: &Arc<Dialog>| it.is_open() && it.request.is_some() && it.offer.is_none();
        if !stored.as_ref().is_some_and(asks) {
            self.watch.stands(dialog, &Standing::Gone);
        }
        if let (Some(memory), Some(closed)) = (&mut self.memory, stored.as_ref().filter(|it| !it.is_open())) {
            memory.known_chats.insert(closed.chat.clone());
        }
        let Some(stored) = stored.filter(|stored| stored.is_open()) else {
            return self.with_desk(|desk, now| desk.stand(dialog, Standing::Gone, now));
        };
        // From one holder to the other in one step: were the place given up first, somebody who waits would get it.
        let mut orders = self.adopt(&stored);
        if let (None, Some(memory)) = (&stored.request, &mut self.memory) {
            orders.extend(memory.desk.withdraw(dialog, self.now));
        }
        orders.extend(self.ask_again(&stored));
        self.obey(orders);
    }
}
