//! What goes over the wire between the Message Gateway and a bot, as far as a distributor needs it.
//!
//! The gateway leaves out what is empty, adds fields without notice, and its older and newer parts spell some things
//! differently. So: absent, null and zero mean the same; unknown fields are skipped; unknown words survive as they are;
//! times come with 0 to 9 digits of fraction and any offset. The CRM's words stay in this module.
//!
//! Facts about the protocol are from the vendor's generated clients and the recorded bodies of its tests.

mod actor;
mod bot;
mod channel;
mod chat;
mod customer;
mod dialog;
mod frame;
mod lenient;
mod message;
mod reply;
mod user;
mod words;

pub use actor::{Actor, Responsible};
pub use bot::Bot;
pub use channel::{Channel, ChannelSettings, SendingPolicy, StatusSettings, TextSettings};
pub use chat::{Chat, LastDialog};
pub use customer::Customer;
pub use dialog::{Dialog, DialogEvent, Tag};
pub use frame::{Event, Frame, SUBSCRIPTION};
pub(super) use lenient::from_value;
pub use lenient::{Undecodable, decode, decode_list};
pub use message::{DialogRef, Message, MessageError, Quote};
pub use reply::{Assigned, ErrorBody, Sent, Unassigned};
pub use user::User;
pub use words::{
    ActorType, BotRole, ChannelType, Feature, MemberState, MessageErrorCode, MessageStatus, MessageType,
    Scope, SystemAction, WaitingLevel,
};

/// A number the gateway gives: one sequence for each kind of thing. Zero means "none".
pub type Id = u64;
