//! A dialog: its state, what may be asked of it, and what it asks of the world in return.
//!
//! The transitions are in [`super::transitions`]; this file is their vocabulary. A dialog knows nothing
//! of rules, stores or clocks: policies and the time come in, effects go out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::announcement::Body;
use super::closing::Text;
use super::customer::LastServed;
use super::facts::FactValue;
use super::figures::ServiceFigure;
use super::ids::{ChannelId, ChatId, CustomerId, DialogId, GroupId, ManagerId, MessageId, RuleId};
use super::message::{DeliveryStatus, Message};
use super::offer::{Offer, Passed, Promise};
use super::refusal::Refusal;
use super::routing::{Cause, Decision, Place, Responsible, Target};
use super::time::Timestamp;
use super::units::Units;

/// Between whom a dialog is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum DialogKind {
    /// A customer and the shop.
    #[default]
    Customer,
    /// Managers among themselves; never routed.
    Internal,
}

/// Who opened a dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum StartedBy {
    /// The customer's message.
    #[default]
    Customer,
    /// A manager writing first.
    Manager,
    /// A bot writing first.
    Bot,
}

/// Whose public message is the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The customer's.
    Customer,
    /// Ours: a manager's or a bot's.
    Shop,
}

/// Who did something by hand.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum By {
    /// A manager.
    Manager(ManagerId),
    /// The CRM backend, on its own account: may do anything.
    Backend,
}

impl By {
    /// The name to show.
    pub fn name(&self) -> Arc<str> {
        match self {
            Self::Manager(id) => id.as_str().into(),
            Self::Backend => "backend".into(),
        }
    }
}

/// Why a dialog was closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClosureReason {
    /// By hand, with whatever reason was given.
    Manual(Option<Arc<str>>),
    /// By a `[[close]]` rule.
    Idle(RuleId),
    /// By the account's own auto-close time, while the bot was off.
    AccountAutoClose,
    /// The CRM reported it closed.
    External,
}

impl ClosureReason {
    /// The word used in the API, in metrics and in the store.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Manual(_) => "manual",
            Self::Idle(_) => "idle",
            Self::AccountAutoClose => "account_auto_close",
            Self::External => "external",
        }
    }
}

/// Where a dialog is in its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DialogState {
    /// Open, nobody holds it.
    Waiting {
        /// Since when it waits for a responsible; waiting orders by this and by priority.
        since: Timestamp,
        /// Where it stands in its plan; `None` before it was routed.
        place: Option<Place>,
    },
    /// Somebody holds it.
    Assigned {
        /// Who.
        to: Responsible,
        /// Since when.
        since: Timestamp,
        /// It is to move to somebody else for this cause as soon as there is somebody; it stays until then.
        moving: Option<Cause>,
    },
    /// Open between managers, not routed.
    Internal,
    /// Closed; never changes again.
    Closed {
        /// When.
        at: Timestamp,
        /// Why.
        reason: ClosureReason,
        /// By whom, when by hand.
        by: Option<By>,
        /// Who held it then.
        last: Option<Responsible>,
    },
}

impl DialogState {
    /// The word used in the API and in the store.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Waiting { .. } => "waiting",
            Self::Assigned { .. } => "assigned",
            Self::Internal => "internal",
            Self::Closed { .. } => "closed",
        }
    }
}

/// A farewell that was asked for and not yet acknowledged; the dialog closes when it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Farewell {
    /// The message that carries it.
    pub message: MessageId,
    /// When it was asked for.
    pub requested_at: Timestamp,
}

/// The whole state of a dialog.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, not the states of one machine")]
pub struct Dialog {
    /// Its id.
    pub id: DialogId,
    /// The chat it is a part of.
    pub chat: ChatId,
    /// The channel; `None` for internal dialogs.
    pub channel: Option<ChannelId>,
    /// Kind of the channel, for figures; empty for internal dialogs.
    pub channel_kind: Arc<str>,
    /// The customer; `None` for internal dialogs.
    pub customer: Option<CustomerId>,
    /// Between whom it is.
    pub kind: DialogKind,
    /// Who opened it.
    pub started_by: StartedBy,
    /// The managers of an internal dialog.
    pub members: BTreeSet<ManagerId>,
    /// The chat had a dialog before.
    pub returning: bool,
    /// Text of the message that opened it, for conditions; at most a few hundred characters are kept.
    pub opening_text: Arc<str>,
    /// Extra facts sent with it.
    pub facts: BTreeMap<Arc<str>, FactValue>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Where it is in its life.
    pub state: DialogState,
    /// First time it got a responsible.
    pub first_assigned_at: Option<Timestamp>,
    /// First public reply of a manager.
    pub first_reply_at: Option<Timestamp>,
    /// The first customer's message that has no reply yet.
    pub awaiting_reply_since: Option<Timestamp>,
    /// When it last got a responsible, which sets the no-reply clock back; it counts from the later of this and
    /// the message.
    pub moved_at: Option<Timestamp>,
    /// Last public message of either side.
    pub last_message_at: Timestamp,
    /// Last public message of the customer.
    pub last_customer_message_at: Option<Timestamp>,
    /// Whose it was.
    pub last_from: Option<Side>,
    /// Messages so far, notes and failed ones included.
    pub messages: u32,
    /// Customer's messages that nobody has seen.
    pub unread: u32,
    /// The request for a responsible that still stands: set while the dialog waits or is to move, unless it is
    /// set aside. Answers with another ticket are stale, and a server that starts again asks with this one.
    pub request: Option<AssignmentRequest>,
    /// Automatic moves so far; the last one, to whoever `[reassign] then` names, is not among them.
    pub moves: u32,
    /// That last one was made: no more automatic moves.
    pub then_used: bool,
    /// The group whose step chose its manager, and in which it takes up a place as long as they hold it. `None`:
    /// a person chose them, or a step that names no group, or nobody holds it.
    pub through: Option<GroupId>,
    /// It is offered to somebody, who has not answered yet.
    pub offer: Option<Offer>,
    /// Who passed it, since somebody is looked for.
    pub passed: Passed,
    /// The manager it was taken from last; `None` too when that was a bot.
    pub taken_from: Option<ManagerId>,
    /// A person chose the responsible: automatic moves for absence or no reply still apply, rule changes do not.
    pub pinned: bool,
    /// Reminders sent since the customer began to wait.
    pub nudges_sent: u16,
    /// Warnings sent since the last message.
    pub warnings_sent: u16,
    /// When the last of them said that it will close, if nobody writes: it does not close before.
    pub closes_at: Option<Timestamp>,
    /// A closing in progress.
    pub farewell: Option<Farewell>,
    /// It is charged as idle.
    pub idle: bool,
    /// Set aside after repeated failures.
    pub quarantined: bool,
    /// The texts of the rule file, by key, that its customer was told while it waited: each is told once.
    pub texts_told: BTreeSet<Arc<str>>,
    /// Grows by one with each stored change; starts at one.
    pub version: u64,
}

impl Dialog {
    /// Who holds it now.
    pub fn responsible(&self) -> Option<&Responsible> {
        match &self.state {
            DialogState::Assigned { to, .. } => Some(to),
            DialogState::Waiting { .. } | DialogState::Internal | DialogState::Closed { .. } => None,
        }
    }

    /// Who held it last: now, or when it closed.
    pub fn last_responsible(&self) -> Option<&Responsible> {
        match &self.state {
            DialogState::Assigned { to, .. } => Some(to),
            DialogState::Closed { last, .. } => last.as_ref(),
            DialogState::Waiting { .. } | DialogState::Internal => None,
        }
    }

    /// The manager who holds it, and since when.
    pub fn served_by(&self) -> Option<(&ManagerId, Timestamp)> {
        match &self.state {
            DialogState::Assigned { to: Responsible::Manager(manager), since, .. } => Some((manager, *since)),
            DialogState::Assigned { .. }
            | DialogState::Waiting { .. }
            | DialogState::Internal
            | DialogState::Closed { .. } => None,
        }
    }

    /// Whether a decision says only what the dialog was told before: that it waits, where, and when those who passed
    /// are asked again.
    pub fn was_told(&self, decision: &Decision, place: Option<&Place>) -> bool {
        if decision.ask_again_at.is_some() && decision.ask_again_at != self.passed.again_at {
            return false;
        }
        match (&self.state, place) {
            (DialogState::Waiting { place: Some(told), .. }, Some(place)) => {
                decision.choice.is_none() && (&told.rule, told.step) == (&place.rule, place.step)
            }
            (DialogState::Assigned { moving: Some(_), .. }, _) => decision.choice.is_none(),
            (
                DialogState::Waiting { .. }
                | DialogState::Assigned { .. }
                | DialogState::Internal
                | DialogState::Closed { .. },
                _,
            ) => false,
        }
    }

    /// Whether it is not closed.
    pub fn is_open(&self) -> bool {
        !matches!(self.state, DialogState::Closed { .. })
    }
}

/// What somebody wants opened.
#[derive(Clone, Debug, PartialEq)]
pub struct Opening {
    /// The new dialog's id.
    pub id: DialogId,
    /// Its chat.
    pub chat: ChatId,
    /// Its channel and the channel's kind; `None` for internal dialogs.
    pub channel: Option<(ChannelId, Arc<str>)>,
    /// The customer; `None` for internal dialogs.
    pub customer: Option<CustomerId>,
    /// Between whom.
    pub kind: DialogKind,
    /// The managers of an internal dialog.
    pub members: BTreeSet<ManagerId>,
    /// The chat had a dialog before.
    pub returning: bool,
    /// The first message; its author is who started the dialog.
    /// Without one the customer is taken to have started it.
    pub message: Option<Message>,
    /// Extra facts.
    pub facts: BTreeMap<Arc<str>, FactValue>,
}

/// What may be asked of an open dialog. Rights that depend on other records come along, already looked up.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Somebody wrote. The author is in the message.
    Write(Message),
    /// Somebody wrote, and the CRM reports it as done: a fact, so that it is a reply whoever wrote it. Who holds
    /// the dialog stays so: a parting word of somebody else is no reason to take it.
    Heard {
        /// The message. The author is in it.
        message: Message,
        /// A newer one was told before: it is recorded, and says nothing of who waits for whom.
        late: bool,
    },
    /// A delivery report about a message of this dialog.
    Report {
        /// The message as it is stored.
        message: Message,
        /// What its status becomes (already worked out by [`DeliveryStatus::after`]).
        status: DeliveryStatus,
    },
    /// Assign by hand.
    Assign {
        /// To whom.
        to: Responsible,
        /// Who says so.
        by: By,
        /// They are an administrator.
        by_admin: bool,
        /// Units may exceed the capacity: a person's choice is never refused for load.
        cause: Cause,
    },
    /// Send back to routing, to a group when one is named.
    Return {
        /// Who says so.
        by: By,
        /// They are an administrator.
        by_admin: bool,
        /// Only to this target.
        only: Option<Target>,
        /// `Returned`, `Manual` (to a group), `External`.
        cause: Cause,
    },
    /// The CRM refused it to this manager: back to routing, unless somebody else holds it by now.
    NotTaken {
        /// Who.
        by: ManagerId,
    },
    /// Close by hand.
    Close {
        /// Who says so.
        by: By,
        /// They are an administrator.
        by_admin: bool,
        /// Why.
        reason: ClosureReason,
    },
    /// Its customer's record was merged into another.
    Relink(CustomerId),
    /// The supervisor's answer to an [`AssignmentRequest`]: a decision for the ticket it was asked with.
    Route {
        /// The request's ticket; an answer to an older request is dropped.
        ticket: u64,
        /// The decision.
        decision: Arc<Decision>,
        /// The place to remember while it waits.
        place: Option<Place>,
        /// What the customer is to be told, unless they were.
        texts: Vec<Arc<Text>>,
    },
    /// The supervisor wants it moved away from its manager.
    Move {
        /// Why.
        cause: Cause,
        /// From whom: if somebody else holds it by now, nothing comes of it. `None`: from whoever holds it.
        from: Option<ManagerId>,
    },
    /// The supervisor took back a [`Command::Move`]: the manager is present again.
    Stay,
    /// Whoever it is offered to takes it.
    Accept {
        /// Who says so.
        by: By,
        /// They are an administrator.
        by_admin: bool,
    },
    /// Whoever it is offered to does not.
    Decline {
        /// Who says so.
        by: By,
        /// They are an administrator.
        by_admin: bool,
    },
    /// Whoever it is offered to left: somebody else is asked.
    Lapse {
        /// To whom it is offered; if it is not, nothing comes of it.
        to: ManagerId,
    },
    /// A deadline may be due.
    Tick,
    /// Set aside after repeated failures.
    Quarantine,
}

/// A request for a responsible.
#[derive(Clone, Debug, PartialEq)]
pub struct AssignmentRequest {
    /// What asks.
    pub cause: Cause,
    /// The dialog's version at the time; answers carry it back.
    pub ticket: u64,
    /// Not to this manager.
    pub avoid: Option<ManagerId>,
    /// Only to this target, in place of the rules.
    pub only: Option<Target>,
}

/// What a transition asks of the world. Only after the new state is durable may any of it happen.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Tell all subscribers.
    Announce {
        /// Why, where that says something.
        cause: Option<Cause>,
        /// What.
        body: Body,
    },
    /// Store a message.
    RecordMessage(Message),
    /// Store a message's new status.
    RecordStatus {
        /// The message.
        message: MessageId,
        /// Its status.
        status: DeliveryStatus,
    },
    /// Ask the supervisor for a responsible, in place of any earlier request for this dialog.
    RequestAssignment(AssignmentRequest),
    /// Tell the supervisor that an earlier request no longer stands.
    WithdrawRequest,
    /// Remember who served the customer.
    RememberServing(LastServed),
    /// A dialog of this manager closed: their wrap-up begins.
    FinishDialog(ManagerId),
    /// A service figure.
    Measure(ServiceFigure),
}

/// What a command led to.
#[derive(Clone, Debug, PartialEq)]
pub struct Transition {
    /// The state after.
    pub next: Dialog,
    /// What it asks of the world, in order.
    pub effects: Vec<Effect>,
    /// The command was refused and yet left a trace (a message recorded as failed).
    pub refusal: Option<Refusal>,
}

/// How a dialog stands in the supervisor's books: a function of the dialog's state alone,
/// told anew after each change, so that telling twice does no harm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody holds it.
    Free,
    /// Nobody holds it, and room is kept for it with whoever it is offered to.
    Offered(Promise),
    /// Somebody holds it.
    Held {
        /// Who.
        by: Responsible,
        /// What it costs them now.
        charge: Units,
        /// Its customer waits for a reply.
        awaits_reply: bool,
        /// A manager replied at least once.
        answered: bool,
        /// The group in which it takes up a place.
        through: Option<GroupId>,
        /// Room that is kept for it with whoever it is offered to, while it is to leave.
        offered: Option<Promise>,
    },
    /// Closed.
    Gone,
}
