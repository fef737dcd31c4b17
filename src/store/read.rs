//! What is read back by the edge: filters, pages, rows, events.

use std::sync::Arc;

use crate::domain::dialog::Dialog;
use crate::domain::ids::{ChannelId, CustomerId, DialogId, ManagerId};
use crate::domain::message::Message;
use crate::domain::time::Timestamp;

/// With whom a listed dialog is, seen from a manager.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Interlocutor {
    /// Anybody.
    #[default]
    All,
    /// Customers on record in the CRM.
    Known,
    /// Customers whose owner is this manager.
    Mine(ManagerId),
    /// Other managers: internal dialogs this manager is a member of, or all when `None`.
    Colleagues(Option<ManagerId>),
}

/// Which dialogs to list.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct DialogFilter {
    /// State words (`waiting`, `assigned`, `closed`, `internal`); empty: any.
    pub states: Vec<String>,
    /// Only of these channels; empty: any.
    pub channels: Vec<ChannelId>,
    /// Only held (or, when closed, last held) by this manager.
    pub responsible: Option<ManagerId>,
    /// Only of this customer.
    pub customer: Option<CustomerId>,
    /// With whom.
    pub interlocutor: Interlocutor,
    /// Only those whose id, customer name, or messages contain this text, whatever the case.
    pub text: Option<String>,
    /// Go on after this row: the opaque cursor of an earlier page. After any other text there is nothing.
    pub cursor: Option<String>,
    /// At most this many rows.
    pub limit: u32,
}

/// One listed dialog.
#[derive(Clone, Debug, PartialEq)]
pub struct DialogRow {
    /// Its state.
    pub dialog: Dialog,
    /// The customer's name, if known.
    pub customer_name: Option<String>,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where to go on; `None` at the end.
    pub next: Option<String>,
}

/// Which events to read.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct EventFilter {
    /// Only of this dialog.
    pub dialog: Option<DialogId>,
    /// Only these names, or prefixes that end in `.*`; empty: all.
    pub names: Vec<String>,
}

/// An announcement as it is stored: its body is JSON, written once and served as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its number: without gaps in the account.
    pub seq: u64,
    /// Its stable id.
    pub id: Arc<str>,
    /// Its name, such as `dialog.assigned`.
    pub name: Arc<str>,
    /// When it happened.
    pub at: Timestamp,
    /// The dialog it is about, if it is about one.
    pub dialog: Option<DialogId>,
    /// Why, in one word, where that says something.
    pub cause: Option<Arc<str>>,
    /// What else there is to say, as a JSON object: the fields of the event's data.
    pub data: Arc<str>,
}

/// One line of a dialog's timeline.
#[derive(Clone, Debug, PartialEq)]
pub enum TimelineEntry {
    /// Somebody wrote.
    Message(Message),
    /// Something happened. `message.received` and `message.sent` are left out: the message itself stands here.
    Event(StoredEvent),
}
