//! What the mirror asks of the world, and what the world tells it.

use std::sync::Arc;
use std::time::Duration;

use crate::connectors::retailcrm::crm_wire;
use crate::connectors::retailcrm::wire::{self, Id};
use crate::domain::ids::MessageId;
use crate::domain::message::Visibility;
use crate::domain::tags::Tags;
use crate::domain::time::Timestamp;
use crate::engine::inbound::Inbound;

/// Who holds a dialog in the gateway. The two have ids of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    /// A manager.
    User(Id),
    /// A bot.
    Bot(Id),
}

/// A customer as chats and events show them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustomerSeen {
    /// Their id in the gateway.
    pub id: Id,
    /// A name for people; may be empty.
    pub name: String,
    /// Telephone number; may be empty.
    pub phone: String,
    /// E-mail address; may be empty.
    pub email: String,
}

/// A manager as the gateway shows them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonSeen {
    /// Their id in the gateway.
    pub id: Id,
    /// A name for people; may be empty.
    pub name: String,
    /// Dialogs may be given to them.
    pub serves: bool,
}

/// What the engine is told.
#[derive(Clone, Debug)]
pub enum News {
    /// As it is.
    Inbound(Arc<Inbound>),
    /// A customer: what else is on record about them stays.
    Customer(CustomerSeen),
    /// A manager: what else is on record about them stays.
    Person(PersonSeen),
}

/// In which order the engine is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Before everything that comes after it: managers, channels.
    Everything,
    /// After what was told about this chat before.
    Chat(Id),
}

/// A call that changes something in the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// Give a dialog to somebody.
    Assign(Holder),
    /// Take a dialog from whoever holds it.
    Unassign,
    /// Close a dialog.
    Close,
    /// Open a dialog in the chat: the customer wrote while the last one was being closed.
    OpenNext,
    /// Send a text.
    Send(Text),
    /// Put tags on a dialog.
    Tag(Tags),
}

impl Call {
    /// The word in metrics and logs.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Assign(_) => "assign",
            Self::Unassign => "unassign",
            Self::Close => "close",
            Self::OpenNext => "open",
            Self::Send(_) => "send",
            Self::Tag(_) => "tag",
        }
    }
}

/// A text to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The engine's id of it, for the report on its delivery.
    pub id: MessageId,
    /// The text.
    pub text: Arc<str>,
    /// For whom.
    pub visibility: Visibility,
    /// When the engine asked for it.
    pub asked_at: Timestamp,
}

/// A call about a dialog of a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The dialog.
    pub dialog: Id,
    /// Its chat.
    pub chat: Id,
    /// What to do.
    pub call: Call,
}

/// What a call led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Called {
    /// It holds now; before, it was held by somebody, since when.
    Assigned {
        /// Since when, as the gateway counts.
        at: Option<Timestamp>,
        /// Who held it before.
        before: Option<Holder>,
    },
    /// Nobody holds it; it was held by somebody.
    Unassigned(Option<Holder>),
    /// It is closed.
    Closed,
    /// The new dialog.
    Opened(Id),
    /// The message's id.
    Sent(Id),
    /// It has the tags.
    Tagged,
    /// Nothing was done; try again no sooner than that.
    Later(Duration),
    /// The reply was lost: it may have been done.
    Lost,
    /// It cannot be done.
    Rejected {
        /// HTTP status.
        status: u16,
        /// The gateway's words.
        text: String,
    },
    /// The token is no good.
    Unauthorized,
}

/// Something to read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Read {
    /// One dialog.
    Dialog(Id),
    /// One chat.
    Chat(Id),
    /// The messages of a dialog.
    Messages {
        /// The dialog.
        dialog: Id,
        /// Its chat.
        chat: Id,
    },
    /// All managers.
    Users,
}

/// What a manager commands: `/why`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The manager.
    pub user: Id,
    /// The chat it was typed in.
    pub chat: Id,
    /// The chat's dialog, if one is open.
    pub dialog: Option<Id>,
    /// The whole text, with the slash.
    pub text: String,
}

/// What the mirror asks for. Steps are in order.
#[derive(Clone, Debug)]
pub enum Step {
    /// Tell the engine, and report back with [`Input::Told`].
    Tell {
        /// In which order.
        lane: Lane,
        /// The dialog it is about.
        dialog: Option<Id>,
        /// What.
        news: News,
    },
    /// Look how the engine has a dialog, and report back with [`Input::Looked`].
    Look {
        /// The dialog.
        dialog: Id,
        /// Comes back with the report.
        epoch: u64,
    },
    /// Call, and report back with [`Input::Called`].
    Call(Job),
    /// Read again, and report back with [`Input::Read`].
    Read(Read),
    /// Answer a manager's command.
    Command(Given),
    /// The token may be no good: find out.
    Distrust,
    /// A metric.
    Count(Tally),
    /// A call is given up: nothing depends on it.
    GiveUp {
        /// The call.
        job: Job,
        /// Why, for people.
        why: String,
    },
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tally {
    /// The periodic comparison had to mend something of this kind.
    Repaired(&'static str),
    /// A person changed the responsible while we did, and theirs stands.
    Overwrote,
    /// A call was refused and its dialog goes back to routing.
    SentBack,
    /// A frame about nothing that concerns us.
    Skipped,
    /// The engine refused what it was told.
    Refused,
}

/// How the engine has a dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stand {
    /// It does not have it.
    Unknown,
    /// Open, held by somebody or nobody.
    Open(Option<Holder>),
    /// Open, held by somebody who is not of the gateway.
    Elsewhere,
    /// Closed.
    Closed,
}

/// What came back from reading.
#[derive(Clone, Debug)]
pub enum Found {
    /// The dialog, if there is one.
    Dialog(Id, Option<Box<wire::Dialog>>),
    /// The chat, if there is one.
    Chat(Id, Option<Box<wire::Chat>>),
    /// The messages of a dialog.
    Messages(Id, Vec<wire::Message>),
    /// All managers.
    Users(Vec<wire::User>),
}

/// How the engine took what it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is done.
    Done,
    /// The dialog is closed in the engine.
    Closed,
    /// It was refused otherwise.
    Refused,
}

/// What the engine wants of the CRM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// The dialog changed hands or closed: see to it that the gateway has it so.
    State,
    /// Send a text.
    Text(Text),
    /// The engine decided by a rule with these tags: see to it that the dialog has them.
    Tags(Tags),
}

/// What the mirror is told.
#[derive(Clone, Debug)]
pub enum Input {
    /// A frame came.
    Frame(Box<wire::Frame>),
    /// All was read again.
    Snapshot(Box<Snapshot>),
    /// Something was read again.
    Read(Found),
    /// The engine took what it was told.
    Told {
        /// The dialog it was about.
        dialog: Option<Id>,
        /// What.
        news: News,
        /// How it took it.
        taken: Taken,
    },
    /// The engine announced something that the CRM has to do.
    Wish {
        /// The number of the event.
        seq: u64,
        /// The dialog.
        dialog: Id,
        /// What.
        wish: Wish,
    },
    /// How the engine has a dialog.
    Looked {
        /// The dialog.
        dialog: Id,
        /// As it was asked with.
        epoch: u64,
        /// How it has it.
        stand: Stand,
        /// The rules in force are to be carried out.
        acts: bool,
    },
    /// A call came to an end.
    Called {
        /// The call.
        job: Job,
        /// Its end.
        called: Called,
    },
    /// The CRM says which of its users are there, and what status they chose.
    Crm {
        /// Its users.
        users: Vec<crm_wire::User>,
        /// When it was asked.
        asked: Timestamp,
    },
    /// The gateway did not take the token.
    Doubted,
    /// The socket is gone, or is back and all was read again.
    Connected(bool),
    /// Time passed.
    Tick,
}

/// All that is read after a gap, and now and then without one.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Where the mirror was when reading began: [`super::Mirror::turn`].
    pub began: u64,
    /// It was read although nothing was amiss: whatever it mends is counted.
    pub is_routine: bool,
    /// All managers.
    pub users: Vec<wire::User>,
    /// All channels.
    pub channels: Vec<wire::Channel>,
    /// All open dialogs.
    pub open: Vec<wire::Dialog>,
    /// The chats of those that need it.
    pub chats: Vec<wire::Chat>,
    /// Messages of those that need it.
    pub messages: Vec<wire::Message>,
}
