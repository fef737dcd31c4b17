//! What comes in from outside, in domain words, and what goes back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::desk::view::ManagerView;
use crate::domain::account::Account;
use crate::domain::channel::Channel;
use crate::domain::customer::Customer;
use crate::domain::dialog::{By, Dialog, DialogKind};
use crate::domain::facts::FactValue;
use crate::domain::ids::{BotId, ChannelId, ChatId, CustomerId, DialogId, GroupId, ManagerId, MessageId};
use crate::domain::manager::{Manager, Presence};
use crate::domain::message::{Author, DeliveryStatus, Message, Visibility};
use crate::domain::routing::Decision;
use crate::domain::time::Timestamp;
use crate::store::change::Webhook;

/// A message as the edge got it; what is missing is filled in by the engine.
#[derive(Clone, Debug, PartialEq)]
pub struct NewMessage {
    /// Its id; made up when missing.
    pub id: Option<MessageId>,
    /// Who wrote.
    pub from: Author,
    /// The text.
    pub text: Option<Arc<str>>,
    /// When; now when missing or in the future.
    pub at: Option<Timestamp>,
    /// Who may read.
    pub visibility: Visibility,
    /// What it quotes.
    pub quote: Option<MessageId>,
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
    /// Whoever of a group the engine finds.
    Group(GroupId),
    /// A bot.
    Bot(BotId),
}

/// What a CRM reports as done in it: a fact, whoever did it, so that nobody's rights are asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// Somebody wrote. Unlike [`Inbound::Write`] it never opens a dialog: a closed one refuses it.
    Wrote {
        /// The message.
        message: NewMessage,
        /// A newer one was told before, so that this one is only recorded.
        late: bool,
    },
    /// Nobody holds it any more.
    Returned,
    /// It was refused to this manager, who is to have it by a decision of the engine.
    NotTaken {
        /// Who.
        by: ManagerId,
    },
    /// It is closed.
    Closed {
        /// Who held it last in the CRM. Whatever the engine decided meanwhile did not come about there.
        held_by: Option<AssignTo>,
    },
}

/// What comes in.
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
    /// The CRM reports something about a dialog as done.
    Reported {
        /// The dialog.
        dialog: DialogId,
        /// What.
        fact: Fact,
    },
    /// Create or change the account.
    PutAccount(Account),
    /// Create or change a channel.
    PutChannel(Channel),
    /// Create or change a customer. `last_served` is the engine's and is kept.
    PutCustomer(Customer),
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
    /// Create or change a webhook.
    PutWebhook(Webhook),
    /// Remove a webhook.
    RemoveWebhook(Arc<str>),
    /// Deliver again from this sequence number on, and unpause.
    Redeliver {
        /// The webhook.
        webhook: Arc<str>,
        /// The first event to deliver again; `None`: only unpause.
        from: Option<u64>,
    },
}

impl Inbound {
    /// A word for logs and metrics.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Open(_) => "opened",
            Self::Write { .. } | Self::Reported { fact: Fact::Wrote { .. }, .. } => "message",
            Self::ReportStatus { .. } => "delivery",
            Self::Assign { .. } => "assigned",
            Self::Accept { .. } => "accepted",
            Self::Decline { .. } => "declined",
            Self::Unassign { .. } | Self::Reported { fact: Fact::Returned | Fact::NotTaken { .. }, .. } => {
                "returned"
            }
            Self::Close { .. } | Self::Reported { fact: Fact::Closed { .. }, .. } => "closed",
            Self::PutAccount(_) => "account",
            Self::PutChannel(_) => "channel",
            Self::PutCustomer(_) | Self::MergeCustomers { .. } => "customer",
            Self::PutManager(_) | Self::RemoveManager(_) => "manager",
            Self::PutPresence { .. } => "presence",
            Self::PutWebhook(_) | Self::RemoveWebhook(_) | Self::Redeliver { .. } => "webhook",
        }
    }
}

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
        /// The message that came with it, as stored.
        message: Option<Arc<Message>>,
    },
    /// A message was stored.
    Message {
        /// The message.
        message: Arc<Message>,
        /// The dialog it went to: a new one when the named one was closed.
        dialog: Arc<Dialog>,
        /// The decision, when one was made at once.
        decision: Option<Arc<Decision>>,
        /// The dialog is new.
        opened: bool,
    },
    /// A manager's record or presence changed.
    Manager(Box<ManagerView>),
    /// A customer's record changed.
    Customer(Arc<Customer>),
    /// It is done; there is nothing more to say.
    Done,
}
