//! Facts: everything a condition in a rule file may ask about a dialog that is to be routed.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::channel::Channel;
use super::customer::Customer;
use super::dialog::{Dialog, DialogKind, StartedBy};
use super::time::Timestamp;

/// The value of a fact.
#[derive(Clone, Debug, PartialEq)]
pub enum FactValue {
    /// True or false.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A text, or a choice of a declared list.
    Text(Arc<str>),
    /// Several texts, such as tags.
    Texts(Arc<[Arc<str>]>),
}

/// What is known when a dialog is routed. Borrowed: evaluating a rule set allocates nothing.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The moment of the question, for opening hours.
    pub now: Timestamp,
    /// The channel it came through.
    pub channel: &'a Channel,
    /// Who wrote.
    pub customer: &'a Customer,
    /// Customer or internal.
    pub kind: DialogKind,
    /// Who opened it.
    pub started_by: StartedBy,
    /// Whether the chat had a dialog before.
    pub returning: bool,
    /// Messages so far.
    pub messages: u32,
    /// Automatic moves so far.
    pub moves: u32,
    /// Text of the message that opened it, if it had one.
    pub text: &'a str,
    /// Extra facts sent with the dialog; they go before the customer's of the same name.
    pub extra: &'a BTreeMap<Arc<str>, FactValue>,
}

impl<'a> Facts<'a> {
    /// The facts of one dialog at a moment.
    pub fn of(dialog: &'a Dialog, channel: &'a Channel, customer: &'a Customer, now: Timestamp) -> Self {
        Self {
            now,
            channel,
            customer,
            kind: dialog.kind,
            started_by: dialog.started_by,
            returning: dialog.returning,
            messages: dialog.messages,
            moves: dialog.moves,
            text: &dialog.opening_text,
            extra: &dialog.facts,
        }
    }

    /// The value of an extra fact: the dialog's, or else the customer's.
    pub fn extra(&self, name: &str) -> Option<&'a FactValue> {
        self.extra.get(name).or_else(|| self.customer.extra.get(name))
    }
}
