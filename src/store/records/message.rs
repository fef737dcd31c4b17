//! Messages as rows.

use std::sync::Arc;

use crate::domain::ids::{AccountId, BotId, CustomerId, DialogId, ManagerId, MessageId};
use crate::domain::message::{Author, DeliveryStatus, Message, Visibility};
use crate::domain::time::Timestamp;
use crate::store::cell::{Cells, Record, folded, record};

record! {
    /// A message.
    MessageRecord {
        account: AccountId,
        id: MessageId,
        dialog: DialogId,
        author_kind: Arc<str>,
        author: Option<Arc<str>>,
        content: Option<Arc<str>>,
        content_folded: Option<String>,
        at: Timestamp,
        visibility: Visibility,
        quote: Option<MessageId>,
        status: Arc<str>,
        failure: Option<Arc<str>>,
    }
}

record! {
    /// A message's new status.
    StatusRecord {
        account: AccountId,
        id: MessageId,
        status: Arc<str>,
        failure: Option<Arc<str>>,
    }
}

impl StatusRecord {
    /// Takes a status apart.
    pub(crate) fn new(account: &AccountId, id: &MessageId, status: &DeliveryStatus) -> Self {
        let failure = match status {
            DeliveryStatus::Failed(reason) => Some(reason.clone()),
            DeliveryStatus::Queued
            | DeliveryStatus::Sent
            | DeliveryStatus::Delivered
            | DeliveryStatus::Seen => None,
        };
        Self { account: account.clone(), id: id.clone(), status: status.word().into(), failure }
    }
}

impl MessageRecord {
    /// Takes a message apart; `status` stands in for its own.
    pub(crate) fn new(account: &AccountId, message: &Message, status: &DeliveryStatus) -> Self {
        let Message { id, dialog, from, text, at, visibility, quote, status: _ } = message;
        let (author_kind, author) = match from {
            Author::Customer(id) => ("customer", Some(id.shared())),
            Author::Manager(id) => ("manager", Some(id.shared())),
            Author::Bot(id) => ("bot", Some(id.shared())),
            Author::Reparto => ("reparto", None),
        };
        let StatusRecord { account, id, status, failure } = StatusRecord::new(account, id, status);
        Self {
            account,
            id,
            dialog: dialog.clone(),
            author_kind: author_kind.into(),
            author,
            content: text.clone(),
            content_folded: text.as_deref().and_then(folded),
            at: *at,
            visibility: *visibility,
            quote: quote.clone(),
            status,
            failure,
        }
    }

    /// Reads a message.
    pub(crate) fn message(cells: &impl Cells) -> Result<Message, String> {
        let record = Self::read(cells, 0)?;
        let from = match (&*record.author_kind, record.author.as_deref()) {
            ("customer", Some(id)) => Author::Customer(CustomerId::trusted(id)),
            ("manager", Some(id)) => Author::Manager(ManagerId::trusted(id)),
            ("bot", Some(id)) => Author::Bot(BotId::trusted(id)),
            ("reparto", None) => Author::Reparto,
            (kind, _) => {
                return Err(format!("column author_kind: `{kind}` is unknown or does not fit the author"));
            }
        };
        let status = match (&*record.status, record.failure) {
            ("queued", _) => DeliveryStatus::Queued,
            ("sent", _) => DeliveryStatus::Sent,
            ("delivered", _) => DeliveryStatus::Delivered,
            ("seen", _) => DeliveryStatus::Seen,
            ("failed", Some(reason)) => DeliveryStatus::Failed(reason),
            (word, _) => {
                return Err(format!("column status: `{word}` is unknown or has no reason"));
            }
        };
        Ok(Message {
            id: record.id,
            dialog: record.dialog,
            from,
            text: record.content,
            at: record.at,
            visibility: record.visibility,
            quote: record.quote,
            status,
        })
    }
}
