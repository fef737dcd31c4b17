//! A batch of facts in JSON, and what became of each.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::who::ResponsibleView;
use super::words;
use crate::http::problem::Problem;

/// One fact of a batch: the body of a single call, with what that call has in its address.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BatchItem)]
pub struct Item<'a> {
    /// The fact's own id in the system it comes from. An item that was carried out is not carried out again.
    #[serde(borrow)]
    pub source_id: Cow<'a, str>,
    /// Which single call it stands for.
    pub r#type: ItemType,
    /// The id that the single call has in its address; none for `dialog.open`.
    #[serde(borrow)]
    pub id: Option<Cow<'a, str>>,
    /// The body of the single call.
    #[serde(borrow)]
    #[schema(value_type = Option<Object>)]
    pub data: Option<&'a RawValue>,
}

/// Which single call a fact stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub enum ItemType {
    /// `POST dialogs`
    #[serde(rename = "dialog.open")]
    DialogOpen,
    /// `POST dialogs/{id}/messages`
    #[serde(rename = "dialog.write")]
    DialogWrite,
    /// `POST dialogs/{id}/assign`
    #[serde(rename = "dialog.assign")]
    DialogAssign,
    /// `POST dialogs/{id}/unassign`
    #[serde(rename = "dialog.unassign")]
    DialogUnassign,
    /// `POST dialogs/{id}/accept`
    #[serde(rename = "dialog.accept")]
    DialogAccept,
    /// `POST dialogs/{id}/decline`
    #[serde(rename = "dialog.decline")]
    DialogDecline,
    /// `POST dialogs/{id}/close`
    #[serde(rename = "dialog.close")]
    DialogClose,
    /// `PUT messages/{id}/status`
    #[serde(rename = "message.status")]
    MessageStatus,
    /// `PUT customers/{id}`
    #[serde(rename = "customer.put")]
    CustomerPut,
    /// `POST customers/{id}/merge`
    #[serde(rename = "customer.merge")]
    CustomerMerge,
    /// `PUT managers/{id}`
    #[serde(rename = "manager.put")]
    ManagerPut,
    /// `DELETE managers/{id}`
    #[serde(rename = "manager.remove")]
    ManagerRemove,
    /// `PUT managers/{id}/presence`
    #[serde(rename = "manager.presence")]
    ManagerPresence,
    /// `PUT channels/{id}`
    #[serde(rename = "channel.put")]
    ChannelPut,
}

impl ItemType {
    /// Whether doing it twice could differ from doing it once, so that a receipt must be kept.
    /// Openings and messages are known by their ids, a status never steps back, and what is closed stays closed.
    pub fn needs_receipt(self) -> bool {
        !matches!(self, Self::DialogOpen | Self::DialogWrite | Self::DialogClose | Self::MessageStatus)
    }
}

/// What became of one fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ItemStatus {
    /// Carried out, now or before.
    Done,
    /// Refused: sending it again unchanged is no use.
    Refused,
    /// Not carried out now: send it again.
    Failed,
}

/// What became of one fact.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BatchResult)]
pub struct ItemResult<'a> {
    /// The fact's own id; none when it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_id: Option<&'a str>,
    /// What became of it.
    pub status: ItemStatus,
    /// The dialog it led to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dialog: Option<&'a str>,
    /// That dialog's state.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = words::state)]
    pub state: Option<&'static str>,
    /// That dialog's responsible.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub responsible: Option<ResponsibleView<'a>>,
    /// The message it led to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<&'a str>,
    /// Why it was not carried out, as the single call would say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<&'a Problem>,
}

/// What became of a batch: one result for each fact, in the order of the request.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BatchAnswer)]
pub struct BatchAnswer<'a> {
    /// How many were carried out.
    pub done: usize,
    /// How many were refused.
    pub refused: usize,
    /// How many should be sent again.
    pub failed: usize,
    /// One result for each fact.
    pub items: Vec<ItemResult<'a>>,
}
