//! Reception: finds out where an inbound fact belongs, and what must exist before it can be carried out.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use actix::{Actor, AsyncContext, Context, Handler, Message};

use super::dialog_actor::{Asked, DialogActor};
use super::inbound::{AssignTo, Fact, Inbound, NewMessage, OpenDialog as Wanted, Outcome};
use super::manager_actor;
use super::outbox_relay;
use super::supervisor::Supervisor;
use super::tell::tell;
use super::{EngineError, Failure, Reply, unknown};
use crate::desk::policy::neutral_policy;
use crate::domain::channel::Channel;
use crate::domain::customer::Customer;
use crate::domain::dialog::{By, ClosureReason, Command, Dialog, DialogKind, Opening};
use crate::domain::ids::{ChannelId, ChatId, DialogId, ManagerId, MessageId};
use crate::domain::manager::Presence;
use crate::domain::message::{Author, DeliveryStatus, Message as Text};
use crate::domain::refusal::Refusal;
use crate::domain::routing::{Cause, Responsible, Target};
use crate::store::change::Write;

/// What the edge looked up in the store because no actor knows it.
#[derive(Clone, Debug, Default)]
pub enum Found {
    /// Nothing was looked up.
    #[default]
    Nothing,
    /// A closed dialog that somebody wrote in, and whether its chat had no later one.
    Closed {
        /// Its last state.
        dialog: Box<Dialog>,
        /// No later dialog was opened in its chat.
        is_latest: bool,
    },
    /// The message itself: it was sent before, and opened the chat's next dialog then.
    Repeat(Box<Text>),
    /// The message that a delivery report is about, and its dialog's channel.
    Message {
        /// As it is stored.
        message: Box<Text>,
        /// The channel.
        channel: Option<ChannelId>,
    },
}

/// Something came in.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Submit {
    /// What.
    pub inbound: Arc<Inbound>,
    /// What was looked up for it.
    pub found: Found,
    /// Who waits for the answer.
    pub reply: Reply,
}

impl Handler<Submit> for Supervisor {
    type Result = ();

    fn handle(&mut self, Submit { inbound, found, reply }: Submit, ctx: &mut Context<Self>) {
        match &*inbound {
            Inbound::Open(wanted) => self.open(&self.by_survivor(wanted), reply, ctx),
            Inbound::Write { dialog, message } => self.write(dialog, message, found, reply, ctx),
            Inbound::ReportStatus { message, status } => self.report(message, status, found, reply),
            Inbound::Assign { dialog, to, by, allow_absent, external } => {
                self.assign(dialog, to, by, *allow_absent, *external, reply);
            }
            Inbound::Unassign { dialog, by } => {
                let by_admin = self.is_admin(by);
                let command =
                    Command::Return { by: by.clone(), by_admin, only: None, cause: Cause::Returned };
                self.command(dialog, command, Some(about_dialog(reply)));
            }
            Inbound::Accept { dialog, by } => {
                let command = Command::Accept { by: by.clone(), by_admin: self.is_admin(by) };
                self.command(dialog, command, Some(about_dialog(reply)));
            }
            Inbound::Decline { dialog, by } => {
                let command = Command::Decline { by: by.clone(), by_admin: self.is_admin(by) };
                self.command(dialog, command, Some(about_dialog(reply)));
            }
            Inbound::Close { dialog, by, reason } => {
                let reason = ClosureReason::Manual(reason.clone());
                let command = Command::Close { by: by.clone(), by_admin: self.is_admin(by), reason };
                self.command(dialog, command, Some(about_dialog(reply)));
            }
            Inbound::Reported { dialog, fact } => self.reported(dialog, fact, &found, reply),
            Inbound::PutAccount(account) => {
                self.around.commit(0, vec![Write::Account(account.clone())], Some(done(reply)), Vec::new());
                let account = account.clone();
                self.with_desk(|desk, now| desk.set_account(account, now));
                self.tell_situation(self.open_dialog_ids().into_iter());
            }
            Inbound::PutChannel(channel) => self.put_channel(channel, reply),
            Inbound::PutCustomer(customer) => self.put_customer(customer.clone(), reply),
            Inbound::MergeCustomers { from, into } => self.merge(from, into, reply),
            Inbound::PutManager(manager) => self.put_manager(manager.clone(), reply, ctx),
            Inbound::RemoveManager(id) => self.remove_manager(id, reply),
            Inbound::PutPresence { manager, presence } => self.report_presence(manager, *presence, reply),
            Inbound::PutWebhook(_) | Inbound::RemoveWebhook(_) | Inbound::Redeliver { .. } => {
                tell(&self.relay, outbox_relay::Change { inbound: Arc::clone(&inbound), reply });
            }
        }
    }
}

/// An answer that says only that it is done.
pub(super) fn done(reply: Reply) -> (Reply, Result<Outcome, Failure>) {
    (reply, Ok(Outcome::Done))
}

fn about_dialog(reply: Reply) -> Asked {
    Asked { reply, message: None, about_message: false, created: false }
}

impl Supervisor {
    pub(super) fn refuse(&self, reply: Reply, refusal: Refusal) {
        self.around.answer(reply, Err(Failure::Engine(EngineError::Refused(refusal))));
    }

    /// Answers with a dialog as it is.
    fn show(&self, dialog: &DialogId, asked: Asked) {
        if let Some(open) = self.dialogs.get(dialog) {
            tell(&open.actor, super::dialog_actor::Show(asked));
        }
    }

    fn is_admin(&self, by: &By) -> bool {
        match by {
            By::Manager(id) => self.desk.is_admin(id),
            By::Backend => true,
        }
    }

    /// What is wanted, for whom the customer's id leads to.
    fn by_survivor<'a>(&self, wanted: &'a Wanted) -> Cow<'a, Wanted> {
        match wanted.customer.as_ref().and_then(|id| self.desk.survivor(id)) {
            Some(survivor) => Cow::Owned(Wanted { customer: Some(survivor.clone()), ..wanted.clone() }),
            None => Cow::Borrowed(wanted),
        }
    }

    /// Opens a dialog, or passes the message on to the chat's open one.
    fn open(&mut self, wanted: &Wanted, reply: Reply, ctx: &Context<Self>) {
        let place = match self.place_of(wanted) {
            Ok(place) => place,
            Err(refusal) => return self.refuse(reply, refusal),
        };
        let named = wanted.id.as_ref();
        if let Some(id) = named
            && let Some(open) = self.dialogs.get(id)
        {
            let text =
                wanted.message.as_ref().and_then(|message| message.text.as_deref()).unwrap_or_default();
            let same = open.chat == place.chat
                && open.customer == wanted.customer
                && *open.opening_text == *super::opening_text(text);
            return if same {
                // The repeat is answered with what the first request led to.
                self.show(&id.clone(), about_dialog(reply));
            } else {
                self.refuse(reply, Refusal::DuplicateId { kind: "dialog", id: id.as_str().into() });
            };
        }
        if let Some(open) = self.chats.get(&place.chat).cloned() {
            // One chat has one open dialog: what was sent is not lost, and the answer says where it went.
            return match &wanted.message {
                Some(message) => {
                    let message = self.fill_in(message, &open);
                    let asked = Asked {
                        reply,
                        message: Some(Arc::clone(&message)),
                        about_message: false,
                        created: false,
                    };
                    self.command(&open, Command::Write((*message).clone()), Some(asked));
                }
                None => self.show(&open, about_dialog(reply)),
            };
        }
        let id =
            named.cloned().unwrap_or_else(|| DialogId::trusted(&self.around.ids.new_id(self.around.now())));
        self.begin(id, wanted, place, reply, false, ctx);
    }

    /// Where a dialog would be: its chat and channel, after checking that what it names exists.
    fn place_of(&self, wanted: &Wanted) -> Result<Place, Refusal> {
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
            return Err(bad(
                "channel",
                "a customer's dialog needs a channel; create it with PUT channels/{id}",
            ));
        };
        let Some(customer) = &wanted.customer else {
            return Err(bad("customer", "a customer's dialog needs the customer's id"));
        };
        let channel = self
            .desk
            .channel(channel)
            .cloned()
            .ok_or_else(|| Refusal::Unknown { kind: "channel", id: channel.as_str().into() })?;
        if let Some(Author::Manager(manager)) = wanted.message.as_ref().map(|message| &message.from) {
            self.known_manager(manager)?;
        }
        let chat =
            wanted.chat.clone().unwrap_or_else(|| ChatId::trusted(&format!("{}:{customer}", channel.id)));
        Ok(Place { chat, channel: Some(channel) })
    }

    fn known_manager(&self, id: &ManagerId) -> Result<(), Refusal> {
        match self.desk.manager(id) {
            Some(manager) if manager.active => Ok(()),
            _ => Err(Refusal::Unknown { kind: "manager", id: id.as_str().into() }),
        }
    }

    fn report_presence(&self, manager: &ManagerId, presence: Presence, reply: Reply) {
        match (self.known_manager(manager), self.managers.get(manager)) {
            (Ok(()), Some(actor)) => {
                tell(actor, manager_actor::Report { presence, reply: Some(reply) });
            }
            (Ok(()), None) | (Err(_), _) => {
                self.around.answer(reply, Err(unknown("manager", manager.as_str())));
            }
        }
    }

    /// Brings a new dialog into being.
    fn begin(
        &mut self,
        id: DialogId,
        wanted: &Wanted,
        place: Place,
        reply: Reply,
        about_message: bool,
        ctx: &Context<Self>,
    ) {
        let now = self.around.now();
        let returning = self.known_chats.contains(&place.chat);
        if let Some(customer) = &wanted.customer
            && self.desk.customer(customer).is_none()
        {
            let customer = Arc::new(Customer::new(customer.clone()));
            self.around.commit(0, vec![Write::Customer(Arc::clone(&customer))], None, Vec::new());
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
        let channel = place.channel.as_ref().map(|channel| channel.id.clone());
        let situation = self.situation(channel.as_ref(), wanted.customer.as_ref());
        let opened = catch_unwind(AssertUnwindSafe(|| Dialog::open(opening, &neutral_policy(), now)));
        let Ok(transition) = opened else {
            self.around.observer.panicked(&self.around.cell.id);
            return self.around.answer(reply, Err(Failure::Engine(EngineError::Internal)));
        };
        let dialog = transition.next.clone();
        let asked = Asked { reply, message, about_message, created: true };
        let lineage = self.lineage();
        let around = self.around.clone();
        let actor =
            DialogActor::opening(around, ctx.address(), situation, lineage, transition, asked).start();
        self.register(&dialog, actor, lineage);
    }

    /// A message as it is stored: with an id, and never from the future.
    fn fill_in(&self, message: &NewMessage, dialog: &DialogId) -> Arc<Text> {
        let now = self.around.now();
        let id = message.id.clone().unwrap_or_else(|| MessageId::trusted(&self.around.ids.new_id(now)));
        let status = match message.from {
            Author::Customer(_) => DeliveryStatus::Delivered,
            Author::Manager(_) | Author::Bot(_) | Author::Reparto => DeliveryStatus::Queued,
        };
        Arc::new(Text {
            id,
            dialog: dialog.clone(),
            from: message.from.clone(),
            text: message.text.clone(),
            at: message.at.map_or(now, |at| at.min(now)),
            visibility: message.visibility,
            quote: message.quote.clone(),
            status,
        })
    }

    fn write(
        &mut self,
        dialog: &DialogId,
        message: &NewMessage,
        found: Found,
        reply: Reply,
        ctx: &Context<Self>,
    ) {
        if let Author::Manager(manager) = &message.from
            && let Err(refusal) = self.known_manager(manager)
        {
            return self.refuse(reply, refusal);
        }
        if let Found::Closed { dialog: closed, is_latest } = found
            && !self.dialogs.contains_key(dialog)
        {
            return self.write_after_closing(&closed, is_latest, message, reply, ctx);
        }
        let message = self.fill_in(message, dialog);
        let asked = Asked { reply, message: Some(Arc::clone(&message)), about_message: true, created: false };
        self.command(dialog, Command::Write((*message).clone()), Some(asked));
    }

    /// A closed dialog stays closed. The customer's next message opens a new one in the chat, and so may
    /// the manager who had it last, unless it is somebody else's since.
    fn write_after_closing(
        &mut self,
        closed: &Dialog,
        is_latest: bool,
        message: &NewMessage,
        reply: Reply,
        ctx: &Context<Self>,
    ) {
        if let Some(open) = self.chats.get(&closed.chat).cloned() {
            if matches!(message.from, Author::Customer(_)) {
                let message = self.fill_in(message, &open);
                let asked =
                    Asked { reply, message: Some(Arc::clone(&message)), about_message: true, created: false };
                return self.command(&open, Command::Write((*message).clone()), Some(asked));
            }
            return self.refuse(reply, Refusal::DialogClosed);
        }
        match &message.from {
            Author::Customer(_) => {}
            Author::Manager(manager) => {
                let had_it = closed.last_responsible() == Some(&Responsible::Manager(manager.clone()));
                if !(had_it && is_latest) {
                    return self
                        .refuse(reply, Refusal::NotLastResponsible { writer: manager.as_str().into() });
                }
            }
            Author::Bot(_) | Author::Reparto => return self.refuse(reply, Refusal::DialogClosed),
        }
        let wanted = Wanted {
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
                let id = DialogId::trusted(&self.around.ids.new_id(self.around.now()));
                self.begin(id, &wanted, place, reply, true, ctx);
            }
            Err(refusal) => self.refuse(reply, refusal),
        }
    }

    /// The CRM reports something as done.
    fn reported(&mut self, dialog: &DialogId, fact: &Fact, found: &Found, reply: Reply) {
        let by_admin = true;
        let (command, asked) = match fact {
            Fact::Wrote { message, late } => {
                if let Author::Manager(manager) = &message.from
                    && let Err(refusal) = self.known_manager(manager)
                {
                    return self.refuse(reply, refusal);
                }
                if matches!(found, Found::Closed { .. }) && !self.dialogs.contains_key(dialog) {
                    return self.refuse(reply, Refusal::DialogClosed);
                }
                let message = self.fill_in(message, dialog);
                let stored = Some(Arc::clone(&message));
                let asked = Asked { reply, message: stored, about_message: true, created: false };
                (Command::Heard { message: (*message).clone(), late: *late }, asked)
            }
            Fact::Returned => {
                let (by, cause) = (By::Backend, Cause::External);
                (Command::Return { by, by_admin, only: None, cause }, about_dialog(reply))
            }
            Fact::NotTaken { by } => (Command::NotTaken { by: by.clone() }, about_dialog(reply)),
            Fact::Closed { held_by } => {
                let to = match held_by {
                    Some(AssignTo::Manager(manager)) => Some(Responsible::Manager(manager.clone())),
                    Some(AssignTo::Bot(bot)) => Some(Responsible::Bot(bot.clone())),
                    Some(AssignTo::Group(_)) | None => None,
                };
                if self.dialogs.contains_key(dialog) {
                    // Nothing comes between the two.
                    let (by, cause) = (By::Backend, Cause::External);
                    let before = match to {
                        Some(to) => Command::Assign { to, by, by_admin, cause },
                        None => Command::Return { by, by_admin, only: None, cause },
                    };
                    self.command(dialog, before, None);
                }
                let reason = ClosureReason::External;
                (Command::Close { by: By::Backend, by_admin, reason }, about_dialog(reply))
            }
        };
        self.command(dialog, command, Some(asked));
    }

    fn report(&mut self, id: &MessageId, reported: &DeliveryStatus, found: Found, reply: Reply) {
        let Found::Message { message, channel } = found else {
            return self.around.answer(reply, Err(unknown("message", id.as_str())));
        };
        let features = channel.and_then(|id| self.desk.channel(&id)).map(|channel| channel.features.clone());
        match message.status.after(reported.clone(), &features.unwrap_or_default()) {
            Err(refusal) => self.refuse(reply, refusal),
            Ok(status) if self.dialogs.contains_key(&message.dialog) => {
                let stored = Arc::new(Text { status: status.clone(), ..(*message).clone() });
                let asked = Asked { reply, message: Some(stored), about_message: true, created: false };
                let dialog = message.dialog.clone();
                self.command(&dialog, Command::Report { message: *message, status }, Some(asked));
            }
            Ok(status) => {
                let write = Write::MessageStatus { message: message.id.clone(), status };
                self.around.commit(0, vec![write], Some(done(reply)), Vec::new());
            }
        }
    }

    fn assign(
        &mut self,
        dialog: &DialogId,
        to: &AssignTo,
        by: &By,
        allow_absent: bool,
        external: bool,
        reply: Reply,
    ) {
        let by_admin = self.is_admin(by);
        let cause = if external { Cause::External } else { Cause::Manual };
        let target = match to {
            AssignTo::Manager(manager) => Target::Manager(manager.clone()),
            AssignTo::Bot(bot) => Target::Bot(bot.clone()),
            AssignTo::Group(group) => Target::Group(group.clone()),
        };
        if let Err(refusal) = self.desk.authorize_assign(&target, allow_absent || external) {
            return self.refuse(reply, refusal);
        }
        let assign = |to| Command::Assign { to, by: by.clone(), by_admin, cause };
        let command = match to {
            AssignTo::Manager(manager) => assign(Responsible::Manager(manager.clone())),
            AssignTo::Bot(bot) => assign(Responsible::Bot(bot.clone())),
            AssignTo::Group(_) => Command::Return { by: by.clone(), by_admin, only: Some(target), cause },
        };
        self.command(dialog, command, Some(about_dialog(reply)));
    }
}

/// Where a dialog is to be.
struct Place {
    chat: ChatId,
    channel: Option<Arc<Channel>>,
}

pub(super) fn bad(field: &'static str, problem: &str) -> Refusal {
    Refusal::BadValue { field, problem: problem.to_owned() }
}
