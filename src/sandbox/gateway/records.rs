//! What there is in the gateway.

use crate::domain::time::Timestamp;

/// A number of a record; each kind has a sequence of its own.
pub type Id = u64;

/// A bot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bot {
    /// Its id.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// Its picture.
    pub avatar_url: String,
    /// What it may do: `distributor`, `responsible`, `hidden`.
    pub roles: Vec<String>,
    /// Whether it is connected.
    pub is_active: bool,
    /// The token that it shows.
    pub token: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A manager.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "they are the gateway's")]
pub struct User {
    /// Its id.
    pub id: Id,
    /// Its id in the CRM.
    pub external_id: String,
    /// First name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Has access to chats.
    pub is_active: bool,
    /// Counted as online.
    pub is_online: bool,
    /// Has a live session.
    pub connected: bool,
    /// Their own switch in the CRM is on "free".
    pub available: bool,
    /// A login of the vendor's support.
    pub is_technical_account: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Its id.
    pub id: Id,
    /// Kind of messenger.
    pub kind: String,
    /// Name for people.
    pub name: String,
    /// Whether bots and managers may write.
    pub may_write: bool,
    /// Hours in which one may answer a customer's message; zero: for ever.
    pub reply_hours: u32,
    /// Whether it works.
    pub is_active: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A customer in a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// Its id.
    pub id: Id,
    /// The person's id in the messenger.
    pub external_id: String,
    /// The channel.
    pub channel: Id,
    /// Name in the messenger.
    pub name: String,
    /// Telephone number; may be empty.
    pub phone: String,
    /// E-mail address; may be empty.
    pub email: String,
    /// Messages both ways are stopped.
    pub is_blocked: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A chat: a customer in a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chat {
    /// Its id.
    pub id: Id,
    /// The channel.
    pub channel: Id,
    /// The customer.
    pub customer: Id,
    /// The newest message that is no system message.
    pub last_message: Option<Id>,
    /// The newest message of a manager or a bot.
    pub last_user_message: Option<Id>,
    /// The newest dialog.
    pub last_dialog: Option<Id>,
    /// When something last happened.
    pub last_activity: Timestamp,
    /// Since when the customer waits: their newest message that nobody answered.
    pub waits_since: Option<Timestamp>,
    /// When the customer last wrote.
    pub last_customer_message: Option<Timestamp>,
    /// How urgent: 0 none, 1 warning, 2 danger.
    pub waiting_level: u8,
    /// Customer's messages that nobody read.
    pub unread: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Who may hold a dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    /// A manager.
    User(Id),
    /// A bot.
    Bot(Id),
}

/// A dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialog {
    /// Its id.
    pub id: Id,
    /// Its chat.
    pub chat: Id,
    /// The message it began with.
    pub begin_message: Id,
    /// The system message it ended with.
    pub ending_message: Option<Id>,
    /// Who holds it, since when; stays after closing.
    pub responsible: Option<(Holder, Timestamp)>,
    /// Its tags: name and colour.
    pub tags: Vec<(String, Option<String>)>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
}

impl Dialog {
    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.closed_at.is_none()
    }
}

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Author {
    /// A manager.
    User(Id),
    /// A bot.
    Bot(Id),
    /// A customer.
    Customer(Id),
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its id.
    pub id: Id,
    /// Its chat.
    pub chat: Id,
    /// Its dialog.
    pub dialog: Option<Id>,
    /// `text`, `command` or `system`.
    pub kind: &'static str,
    /// Staff only.
    pub is_private: bool,
    /// Who wrote; nobody, when it is a system message.
    pub from: Option<Author>,
    /// The text.
    pub content: String,
    /// What a system message tells.
    pub action: &'static str,
    /// Whom it names.
    pub responsible: Option<Holder>,
    /// `received`, `sending`, `sent`, `failed`, `seen`.
    pub status: &'static str,
    /// Why it failed.
    pub error: Option<&'static str>,
    /// What it quotes.
    pub quote: Option<Id>,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A manager in a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its id.
    pub id: Id,
    /// The chat.
    pub chat: Id,
    /// The manager.
    pub user: Id,
    /// `active`, `kicked` or `leaved`.
    pub state: &'static str,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A command that managers may give to a bot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Its id.
    pub id: Id,
    /// The bot.
    pub bot: Id,
    /// Its name, without the slash.
    pub name: String,
    /// What it does.
    pub description: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}
