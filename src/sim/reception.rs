//! Reception: finds out where something that came in belongs, and what must exist before it can be carried out.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::commits::Commit;
use super::dialog_life::DialogLife;
use super::inbound::{AssignTo, Inbound, NewMessage, OpenDialog, RequestId};
use super::ledger::Write;
use super::mail::{Asked, Failure, Found, ToDialog, ToManager};
use super::world::World;
use crate::desk::policy::neutral_policy;
use crate::domain::announcement::{Body, Subject};
use crate::domain::channel::Channel;
use crate::domain::customer::Customer;
use crate::domain::dialog::{By, ClosureReason, Command, Dialog, DialogKind, Opening};
use crate::domain::ids::{ChatId, CustomerId, DialogId, ManagerId, MessageId};
use crate::domain::manager::{Attendance, Manager};
use crate::domain::message::{Author, DeliveryStatus, Message};
use crate::domain::refusal::Refusal;
use crate::domain::routing::{Cause, Responsible, Target};

/// Where a dialog is to be.
struct Place {
    chat: ChatId,
    channel: Option<Arc<Channel>>,
}

/// How much of a dialog's first message is kept for conditions, in characters.
const OPENING_TEXT_CHARS: usize = 500;

/// What of a message's text conditions may ask about.
pub(super) fn opening_text(text: &str) -> &str {
    text.char_indices().nth(OPENING_TEXT_CHARS).map_or(text, |(end, _)| &text[..end])
}

fn bad(field: &'static str, problem: &str) -> Refusal {
    Refusal::BadValue { field, problem: problem.to_owned() }
}

fn unknown(kind: &'static str, id: &str) -> Refusal {
    Refusal::Unknown { kind, id: id.into() }
}

fn about_dialog(request: RequestId) -> Asked {
    Asked { request, message: None, about_message: false, created: false }
}

impl World {
    /// What is wanted, for whom the customer's id leads to.
    fn by_survivor<'a>(&self, wanted: &'a OpenDialog) -> Cow<'a, OpenDialog> {
        let desk = self.memory.as_ref().map(|memory| &memory.desk);
        match desk.zip(wanted.customer.as_ref()).and_then(|(desk, id)| desk.survivor(id)) {
            Some(survivor) => Cow::Owned(OpenDialog { customer: Some(survivor.clone()), ..wanted.clone() }),
            None => Cow::Borrowed(wanted),
        }
    }

    /// The supervisor takes in what came from outside.
    pub(super) fn receive(&mut self, request: RequestId, inbound: &Inbound, found: Found) {
        match inbound {
            Inbound::Open(wanted) => {
                let wanted = self.by_survivor(wanted);
                self.open(&wanted, request);
            }
            Inbound::Write { dialog, message } => self.write(dialog, message, found, request),
            Inbound::ReportStatus { message, status } => self.report(message, status, found, request),
            Inbound::Assign { dialog, to, by, allow_absent, external } => {
                self.assign(dialog, to, by, (*allow_absent, *external), request);
            }
            Inbound::Unassign { dialog, by } => {
                let by_admin = self.is_admin(by);
                let command =
                    Command::Return { by: by.clone(), by_admin, only: None, cause: Cause::Returned };
                self.command(dialog, command, Some(about_dialog(request)));
            }
            Inbound::Accept { dialog, by } => {
                let command = Command::Accept { by: by.clone(), by_admin: self.is_admin(by) };
                self.command(dialog, command, Some(about_dialog(request)));
            }
            Inbound::Decline { dialog, by } => {
                let command = Command::Decline { by: by.clone(), by_admin: self.is_admin(by) };
                self.command(dialog, command, Some(about_dialog(request)));
            }
            Inbound::Close { dialog, by, reason } => {
                let reason = ClosureReason::Manual(reason.clone());
                let command = Command::Close { by: by.clone(), by_admin: self.is_admin(by), reason };
                self.command(dialog, command, Some(about_dialog(request)));
            }
            Inbound::PutAccount(account) => {
                self.commit(Commit::done(vec![Write::Account(account.clone())], request));
                let account = account.clone();
                self.replan(|desk, now| desk.set_account(account, now));
                self.tell_situation(self.open_dialog_ids());
            }
            Inbound::PutChannel(channel) => self.put_channel(channel, request),
            Inbound::PutCustomer(customer) => self.put_customer(customer.clone(), request),
            Inbound::LookUp { customer, is_pending } => {
                self.commit(Commit::done(Vec::new(), request));
                let desk = self.memory.as_ref().map(|memory| &memory.desk);
                let survivor = desk.and_then(|desk| desk.survivor(customer)).unwrap_or(customer).clone();
                self.replan(|desk, now| desk.set_facts_pending(&survivor, *is_pending, now));
            }
            Inbound::MergeCustomers { from, into } => self.merge(from, into, request),
            Inbound::PutManager(manager) => self.put_manager(manager.clone(), request),
            Inbound::RemoveManager(id) => self.remove_manager(id, request),
            Inbound::PutPresence { manager, presence } => {
                if let Err(refusal) = self.known_manager(manager) {
                    return self.refused(request, refusal);
                }
                self.tell_manager(manager, ToManager::Report { presence: *presence, request });
            }
            Inbound::ApplyRules { rules, migrate } => {
                // The same set once more is no news, unless it is to move those who wait.
                let is_news = *migrate || self.rules.version() != rules.version();
                let writes = self.apply_rules(rules, *migrate, is_news);
                self.commit(Commit::done(writes, request));
                if is_news {
                    self.spread_rules(*migrate);
                }
            }
        }
    }

    fn refused(&mut self, request: RequestId, refusal: Refusal) {
        self.answer(request, Err(Failure::Refused(refusal)));
    }

    fn is_admin(&self, by: &By) -> bool {
        match by {
            By::Manager(id) => self.memory.as_ref().is_some_and(|memory| memory.desk.is_admin(id)),
            By::Backend => true,
        }
    }

    /// Opens a dialog, or passes the message on to the chat's open one.
    fn open(&mut self, wanted: &OpenDialog, request: RequestId) {
        let place = match self.place_of(wanted) {
            Ok(place) => place,
            Err(refusal) => return self.refused(request, refusal),
        };
        let Some(memory) = &self.memory else { return };
        if let Some(id) = &wanted.id
            && let Some(open) = memory.open.get(id)
        {
            let text =
                wanted.message.as_ref().and_then(|message| message.text.as_deref()).unwrap_or_default();
            let is_same = open.chat == place.chat
                && open.customer == wanted.customer
                && *open.opening_text == *opening_text(text);
            return if is_same {
                self.tell_open(id, ToDialog::Show(about_dialog(request)));
            } else {
                self.refused(request, Refusal::DuplicateId { kind: "dialog", id: id.as_str().into() });
            };
        }
        if let Some(open) = memory.chats.get(&place.chat).cloned() {
            // One chat has one open dialog: what was sent is not lost, and the answer says where it went.
            return match &wanted.message {
                Some(message) => {
                    let message = self.fill_in(message, &open);
                    let asked = Asked { message: Some(Arc::clone(&message)), ..about_dialog(request) };
                    self.command(&open, Command::Write((*message).clone()), Some(asked));
                }
                None => self.tell_open(&open, ToDialog::Show(about_dialog(request))),
            };
        }
        let id = wanted.id.clone().unwrap_or_else(|| DialogId::trusted(&self.new_id('d')));
        self.begin(id, wanted, place, request, false);
    }

    /// Where a dialog would be: its chat and channel, after checking that what it names exists.
    fn place_of(&self, wanted: &OpenDialog) -> Result<Place, Refusal> {
        if wanted.kind == DialogKind::Internal {
            for member in &wanted.members {
                self.known_manager(member)?;
            }
            let Some(Author::Manager(writer)) = wanted.message.as_ref().map(|message| &message.from) else {
                return Err(bad("message", "an internal dialog begins with a manager's message"));
            };
            self.known_manager(writer)?;
            let chat = wanted.chat.clone().unwrap_or_else(|| {
                let everybody: BTreeSet<_> =
                    wanted.members.iter().chain([writer]).map(ManagerId::as_str).collect();
                ChatId::trusted(&format!("internal:{}", everybody.into_iter().collect::<Vec<_>>().join("+")))
            });
            return Ok(Place { chat, channel: None });
        }
        let Some(channel) = &wanted.channel else {
            return Err(bad("channel", "a customer's dialog needs a channel"));
        };
        let Some(customer) = &wanted.customer else {
            return Err(bad("customer", "a customer's dialog needs the customer's id"));
        };
        let known = self.memory.as_ref().and_then(|memory| memory.desk.channel(channel)).cloned();
        let channel = known.ok_or_else(|| unknown("channel", channel.as_str()))?;
        if let Some(Author::Manager(manager)) = wanted.message.as_ref().map(|message| &message.from) {
            self.known_manager(manager)?;
        }
        let chat =
            wanted.chat.clone().unwrap_or_else(|| ChatId::trusted(&format!("{}:{customer}", channel.id)));
        Ok(Place { chat, channel: Some(channel) })
    }

    fn known_manager(&self, id: &ManagerId) -> Result<(), Refusal> {
        match self.memory.as_ref().and_then(|memory| memory.desk.manager(id)) {
            Some(manager) if manager.active => Ok(()),
            _ => Err(unknown("manager", id.as_str())),
        }
    }

    /// Brings a new dialog into being.
    fn begin(
        &mut self,
        id: DialogId,
        wanted: &OpenDialog,
        place: Place,
        request: RequestId,
        about_message: bool,
    ) {
        let now = self.now;
        let customer = wanted.customer.as_ref();
        let known = self.memory.as_ref().and_then(|memory| memory.desk.customer(customer?)).cloned();
        let returning = self.memory.as_ref().is_some_and(|memory| memory.known_chats.contains(&place.chat));
        if let (Some(id), None) = (customer, known) {
            let customer = Arc::new(Customer::new(id.clone()));
            self.commit(Commit::of(vec![Write::Customer(Arc::clone(&customer))]));
            self.with_desk(|desk, now| desk.put_customer(customer, now));
        }
        let message = wanted.message.as_ref().map(|message| self.fill_in(message, &id));
        let opening = Opening {
            id,
            chat: place.chat,
            channel: place.channel.as_ref().map(|channel| (channel.id.clone(), Arc::clone(&channel.kind))),
            customer: wanted.customer.clone(),
            kind: wanted.kind,
            members: wanted.members.clone(),
            returning,
            message: message.as_deref().cloned(),
            facts: wanted.facts.clone(),
        };
        let channel = place.channel.as_ref().map(|channel| &channel.id);
        let Some(situation) = self.situation(channel, customer) else { return };
        let transition = Dialog::open(opening, &neutral_policy(), now);
        let dialog = Arc::new(transition.next.clone());
        let lineage = self.next_actor();
        self.register(&dialog, DialogLife::new(situation, lineage, Arc::clone(&dialog), true, now));
        let asked = Asked { request, message, about_message, created: true };
        self.tell_dialog(lineage, ToDialog::Begin { transition: Box::new(transition), at: now, asked });
    }

    /// A message as it is stored: with an id.
    fn fill_in(&mut self, message: &NewMessage, dialog: &DialogId) -> Arc<Message> {
        let status = match message.from {
            Author::Customer(_) => DeliveryStatus::Delivered,
            Author::Manager(_) | Author::Bot(_) | Author::Reparto => DeliveryStatus::Queued,
        };
        Arc::new(Message {
            id: message.id.clone().unwrap_or_else(|| MessageId::trusted(&self.new_id('m'))),
            dialog: dialog.clone(),
            from: message.from.clone(),
            text: message.text.clone(),
            at: self.now,
            visibility: message.visibility,
            quote: None,
            status,
        })
    }

    fn write(&mut self, dialog: &DialogId, message: &NewMessage, found: Found, request: RequestId) {
        if let Author::Manager(manager) = &message.from
            && let Err(refusal) = self.known_manager(manager)
        {
            return self.refused(request, refusal);
        }
        let is_open = self.memory.as_ref().is_some_and(|memory| memory.open.contains_key(dialog));
        if let Found::Closed { dialog: closed, is_latest } = found
            && !is_open
        {
            return self.write_after_closing(&closed, is_latest, message, request);
        }
        let message = self.fill_in(message, dialog);
        let asked =
            Asked { message: Some(Arc::clone(&message)), about_message: true, ..about_dialog(request) };
        self.command(dialog, Command::Write((*message).clone()), Some(asked));
    }

    /// A closed dialog stays closed. The customer's next message opens a new one in the chat, and so may the
    /// manager who had it last, unless it is somebody else's since.
    fn write_after_closing(
        &mut self,
        closed: &Dialog,
        is_latest: bool,
        message: &NewMessage,
        request: RequestId,
    ) {
        let open = self.memory.as_ref().and_then(|memory| memory.chats.get(&closed.chat).cloned());
        if let Some(open) = open {
            if matches!(message.from, Author::Customer(_)) {
                let message = self.fill_in(message, &open);
                let asked = Asked {
                    message: Some(Arc::clone(&message)),
                    about_message: true,
                    ..about_dialog(request)
                };
                return self.command(&open, Command::Write((*message).clone()), Some(asked));
            }
            return self.refused(request, Refusal::DialogClosed);
        }
        match &message.from {
            Author::Customer(_) => {}
            Author::Manager(manager) => {
                let had_it = closed.last_responsible() == Some(&Responsible::Manager(manager.clone()));
                if !(had_it && is_latest) {
                    return self
                        .refused(request, Refusal::NotLastResponsible { writer: manager.as_str().into() });
                }
            }
            Author::Bot(_) | Author::Reparto => return self.refused(request, Refusal::DialogClosed),
        }
        let wanted = OpenDialog {
            id: None,
            chat: Some(closed.chat.clone()),
            channel: closed.channel.clone(),
            customer: closed.customer.clone(),
            kind: closed.kind,
            members: closed.members.clone(),
            message: Some(message.clone()),
            facts: closed.facts.clone(),
        };
        match self.place_of(&wanted) {
            Ok(place) => {
                let id = DialogId::trusted(&self.new_id('d'));
                self.begin(id, &wanted, place, request, true);
            }
            Err(refusal) => self.refused(request, refusal),
        }
    }

    fn report(&mut self, id: &MessageId, reported: &DeliveryStatus, found: Found, request: RequestId) {
        let (Found::Message { message, dialog }, Some(memory)) = (found, &self.memory) else {
            return self.refused(request, unknown("message", id.as_str()));
        };
        let channel = dialog.and_then(|dialog| dialog.channel.clone());
        let features =
            channel.and_then(|id| memory.desk.channel(&id)).map(|channel| channel.features.clone());
        let is_open = memory.open.contains_key(&message.dialog);
        match message.status.after(reported.clone(), &features.unwrap_or_default()) {
            Err(refusal) => self.refused(request, refusal),
            Ok(status) if is_open => {
                let stored = Arc::new(Message { status: status.clone(), ..(*message).clone() });
                let asked = Asked { message: Some(stored), about_message: true, ..about_dialog(request) };
                let dialog = message.dialog.clone();
                self.command(&dialog, Command::Report { message: (*message).clone(), status }, Some(asked));
            }
            Ok(status) => {
                let write = Write::MessageStatus { message: message.id.clone(), status };
                self.commit(Commit::done(vec![write], request));
            }
        }
    }

    fn assign(
        &mut self,
        dialog: &DialogId,
        to: &AssignTo,
        by: &By,
        (allow_absent, external): (bool, bool),
        request: RequestId,
    ) {
        let by_admin = self.is_admin(by);
        let cause = if external { Cause::External } else { Cause::Manual };
        let target = match to {
            AssignTo::Manager(manager) => Target::Manager(manager.clone()),
            AssignTo::Group(group) => Target::Group(group.clone()),
            AssignTo::Bot(bot) => Target::Bot(bot.clone()),
        };
        let Some(memory) = &self.memory else { return };
        if let Err(refusal) = memory.desk.authorize_assign(&target, allow_absent || external) {
            return self.refused(request, refusal);
        }
        let by = by.clone();
        let command = match to {
            AssignTo::Manager(manager) => {
                Command::Assign { to: Responsible::Manager(manager.clone()), by, by_admin, cause }
            }
            AssignTo::Bot(bot) => Command::Assign { to: Responsible::Bot(bot.clone()), by, by_admin, cause },
            AssignTo::Group(_) => Command::Return { by, by_admin, only: Some(target), cause },
        };
        self.command(dialog, command, Some(about_dialog(request)));
    }

    fn put_channel(&mut self, channel: &Channel, request: RequestId) {
        let channel = Arc::new(channel.clone());
        self.commit(Commit::done(vec![Write::Channel(Arc::clone(&channel))], request));
        let Some(memory) = &mut self.memory else { return };
        let through_it = |open: &super::world::OpenDialog| open.channel.as_ref() == Some(&channel.id);
        let dialogs: BTreeSet<DialogId> =
            memory.open.iter().filter(|(_, open)| through_it(open)).map(|(id, _)| id.clone()).collect();
        memory.desk.put_channel(channel);
        self.tell_situation(dialogs);
    }

    fn put_customer(&mut self, mut customer: Customer, request: RequestId) {
        let authorized = self.memory.as_ref().map(|memory| memory.desk.authorize_customer(&customer.id));
        if let Some(Err(refusal)) = authorized {
            return self.refused(request, refusal);
        }
        if let Some(known) = self.memory.as_ref().and_then(|memory| memory.desk.customer(&customer.id)) {
            customer.last_served.clone_from(&known.last_served);
        }
        let customer = Arc::new(customer);
        self.commit(Commit::done(vec![Write::Customer(Arc::clone(&customer))], request));
        self.customer_changed(customer);
    }

    fn customer_changed(&mut self, customer: Arc<Customer>) {
        let id = customer.id.clone();
        self.replan(|desk, now| desk.put_customer(customer, now));
        let dialogs = self.memory.as_ref().and_then(|memory| memory.by_customer.get(&id).cloned());
        self.tell_situation(dialogs.unwrap_or_default());
    }

    fn merge(&mut self, from: &CustomerId, into: &CustomerId, request: RequestId) {
        let customer = |id| self.memory.as_ref().and_then(|memory| memory.desk.customer(id)).cloned();
        let (Some(gone), Some(stays)) = (customer(from), customer(into)) else {
            let missing = if customer(from).is_none() { from } else { into };
            return self.refused(request, unknown("customer", missing.as_str()));
        };
        if from == into {
            return self.refused(request, bad("into", "a customer cannot be merged into itself"));
        }
        let mut merged = (*stays).clone();
        merged.absorb(&gone);
        let merged = Arc::new(merged);
        let body = Body::CustomerMerged { from: from.clone(), into: into.clone() };
        let event = self.account_event(Subject::Account, None, body);
        let merge = Write::CustomerMerged { from: from.clone(), into: into.clone() };
        self.commit(Commit::done(vec![Write::Customer(Arc::clone(&merged)), merge, event], request));
        let Some(memory) = &mut self.memory else { return };
        memory.desk.merge_customers(from, into);
        let moved = memory.by_customer.remove(from).unwrap_or_default();
        for id in &moved {
            if let Some(open) = memory.open.get_mut(id) {
                open.customer = Some(into.clone());
            }
        }
        memory.by_customer.entry(into.clone()).or_default().extend(moved.iter().cloned());
        for id in &moved {
            self.command(id, Command::Relink(into.clone()), None);
        }
        self.customer_changed(merged);
    }

    fn put_manager(&mut self, manager: Manager, request: RequestId) {
        let manager = Arc::new(manager);
        let id = manager.id.clone();
        self.commit(Commit::of(vec![Write::Manager(Arc::clone(&manager))]));
        self.with_desk(|desk, now| desk.put_manager(manager, now));
        if self.memory.as_ref().is_some_and(|memory| memory.managers.contains_key(&id)) {
            // The desk has forgotten the presence of somebody who was removed meanwhile.
            self.tell_manager(&id, ToManager::Introduce);
        } else {
            let attendance = Attendance::new(self.now);
            self.start_manager(id, attendance);
        }
        self.commit(Commit::done(Vec::new(), request));
    }

    fn remove_manager(&mut self, id: &ManagerId, request: RequestId) {
        let known = self.memory.as_ref().and_then(|memory| memory.desk.manager(id));
        let Some(manager) = known.filter(|manager| manager.active).cloned() else {
            return self.refused(request, unknown("manager", id.as_str()));
        };
        let removed = Arc::new(Manager { active: false, ..(*manager).clone() });
        self.commit(Commit::done(vec![Write::Manager(Arc::clone(&removed))], request));
        // Their actor lives on: presence is what the person does, on record or not, and its versions go on
        // should they come back.
        self.with_desk(|desk, now| desk.put_manager(removed, now));
    }
}
