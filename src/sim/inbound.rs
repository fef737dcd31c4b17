//! What comes in from outside in domain words, as the engine's edge would bring it, and what is answered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::account::Account;
use crate::domain::channel::Channel;
use crate::domain::customer::Customer;
use crate::domain::dialog::{By, Dialog, DialogKind};
use crate::domain::facts::FactValue;
use crate::domain::ids::{BotId, ChannelId, ChatId, CustomerId, DialogId, GroupId, ManagerId, MessageId};
use crate::domain::manager::{Manager, Presence};
use crate::domain::message::{Author, DeliveryStatus, Message, Visibility};
use crate::domain::refusal::Refusal;
use crate::domain::routing::Decision;
use crate::rules::ruleset::RuleSet;

/// A message as it comes in; what is missing is filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct NewMessage {
    /// Its id; made up when missing.
    pub id: Option<MessageId>,
    /// Who wrote.
    pub from: Author,
    /// The text.
    pub text: Option<Arc<str>>,
    /// Who may read.
    pub visibility: Visibility,
}

/// A dialog to open.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenDialog {
    /// Its id; made up when missing.
    pub id: Option<DialogId>,
    /// Its chat; `channel:customer` when missing.
    pub chat: Option<ChatId>,
    /// Its channel; required for customers' dialogs. Must exist.
    pub channel: Option<ChannelId>,
    /// The customer; required for customers' dialogs. Created when unknown.
    pub customer: Option<CustomerId>,
    /// Between whom.
    pub kind: DialogKind,
    /// The managers of an internal dialog.
    pub members: BTreeSet<ManagerId>,
    /// The first message.
    pub message: Option<NewMessage>,
    /// Extra facts.
    pub facts: BTreeMap<Arc<str>, FactValue>,
}

/// To whom somebody assigns by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AssignTo {
    /// A manager.
    Manager(ManagerId),
    /// Whoever of a group is found.
    Group(GroupId),
    /// A bot.
    Bot(BotId),
}

/// What comes in. The same things may come in as in the engine, and a test holds both to the same answers.
#[derive(Clone, Debug)]
pub enum Inbound {
    /// Open a dialog. If the chat has an open dialog already, the message goes there.
    Open(OpenDialog),
    /// Somebody wrote in a dialog. A customer's message to a closed one opens a new one in the chat.
    Write {
        /// The dialog.
        dialog: DialogId,
        /// The message.
        message: NewMessage,
    },
    /// The channel reports how far a message got.
    ReportStatus {
        /// The message.
        message: MessageId,
        /// How far.
        status: DeliveryStatus,
    },
    /// Assign by hand.
    Assign {
        /// The dialog.
        dialog: DialogId,
        /// To whom.
        to: AssignTo,
        /// Who says so.
        by: By,
        /// Even if absent.
        allow_absent: bool,
        /// The CRM reports it as done: a fact, never refused.
        external: bool,
    },
    /// Give back to routing.
    Unassign {
        /// The dialog.
        dialog: DialogId,
        /// Who says so.
        by: By,
    },
    /// Whoever a dialog is offered to takes it.
    Accept {
        /// The dialog.
        dialog: DialogId,
        /// Who says so.
        by: By,
    },
    /// Whoever a dialog is offered to does not take it.
    Decline {
        /// The dialog.
        dialog: DialogId,
        /// Who says so.
        by: By,
    },
    /// Close by hand.
    Close {
        /// The dialog.
        dialog: DialogId,
        /// Who says so.
        by: By,
        /// Why.
        reason: Option<Arc<str>>,
    },
    /// Change the account.
    PutAccount(Account),
    /// Create or change a channel.
    PutChannel(Channel),
    /// Create or change a customer. `last_served` is kept.
    PutCustomer(Customer),
    /// Somebody looks a customer up, or has ended doing so.
    LookUp {
        /// The customer.
        customer: CustomerId,
        /// It is under way.
        is_pending: bool,
    },
    /// Two records are one person.
    MergeCustomers {
        /// The record that goes.
        from: CustomerId,
        /// The record that stays.
        into: CustomerId,
    },
    /// Create or change a manager.
    PutManager(Manager),
    /// Remove a manager: their dialogs are routed anew.
    RemoveManager(ManagerId),
    /// What a manager, or the CRM, says of their presence.
    PutPresence {
        /// The manager.
        manager: ManagerId,
        /// What they say.
        presence: Presence,
    },
    /// Put another rule set in force.
    ApplyRules {
        /// The set.
        rules: Arc<RuleSet>,
        /// Dialogs that wait are planned anew.
        migrate: bool,
    },
}

/// The number of something that came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// What came of it.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A dialog was opened, changed, or was so already.
    Dialog {
        /// Its state after.
        dialog: Arc<Dialog>,
        /// The decision, when one was made at once.
        decision: Option<Arc<Decision>>,
        /// It is new.
        created: bool,
    },
    /// A message was stored.
    Message {
        /// The message.
        message: Arc<Message>,
        /// The dialog it went to: a new one when the named one was closed.
        dialog: Arc<Dialog>,
        /// The dialog is new.
        opened: bool,
    },
    /// It is done; there is nothing more to say.
    Done,
}

impl Outcome {
    /// The dialog it tells of.
    pub fn dialog(&self) -> Option<&Arc<Dialog>> {
        match self {
            Self::Dialog { dialog, .. } | Self::Message { dialog, .. } => Some(dialog),
            Self::Done => None,
        }
    }
}

/// Why it was not done.
#[derive(Clone, Debug, PartialEq)]
pub enum Rejection {
    /// It may not be done.
    Refused(Refusal),
    /// It lost too many races.
    Busy,
    /// The server went down before it answered: nobody knows what came of it.
    Unknown,
}
