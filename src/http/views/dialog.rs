//! Dialogs in JSON: what opens one, and how one looks.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::decision::DecisionRecord;
use super::fact::{self, Fact};
use super::id::{ChannelKey, ChatKey, CustomerKey, DialogKey, ManagerKey};
use super::message::{FirstMessage, MessageView};
use super::time::Time;
use super::who::{ByView, NewBy, NewResponsible, ResponsibleView};
use super::words::{self, KindWord, SideWord, StarterWord};
use crate::domain::dialog::{ClosureReason, Dialog, DialogState};
use crate::domain::facts::FactValue;
use crate::domain::ids::{ChannelId, CustomerId, GroupId, ManagerId, RuleId};
use crate::domain::offer::Offer;
use crate::domain::refusal::Refusal;
use crate::domain::routing::{Cause, Place};
use crate::engine::inbound::OpenDialog;
use crate::store::decision_json::DecisionView;

/// A dialog to open.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDialog {
    /// Its id; made up when missing. Sending the same id with the same content again changes nothing.
    pub id: Option<DialogKey>,
    /// The chat it is a part of; `channel:customer` when missing.
    pub chat: Option<ChatKey>,
    /// The channel it comes through; required for a customer's dialog, and must exist.
    pub channel: Option<ChannelKey>,
    /// The customer; required for a customer's dialog. Somebody unknown is put on record.
    pub customer: Option<CustomerKey>,
    /// Between whom it is; `customer` when missing.
    pub kind: Option<KindWord>,
    /// The managers of an internal dialog.
    #[serde(default)]
    pub members: Vec<ManagerKey>,
    /// The first message.
    pub message: Option<FirstMessage>,
    /// Extra facts for the conditions of rules.
    #[serde(default)]
    pub facts: BTreeMap<String, Fact>,
}

impl NewDialog {
    /// In the engine's words.
    ///
    /// # Errors
    /// [`Refusal::BadValue`] when fields contradict each other.
    pub fn into_domain(self) -> Result<OpenDialog, Refusal> {
        let customer = self.customer.map(|id| id.0);
        let message = match self.message {
            Some(message) => Some(message.into_domain(customer.as_ref())?),
            None => None,
        };
        Ok(OpenDialog {
            id: self.id.map(|id| id.0),
            chat: self.chat.map(|id| id.0),
            channel: self.channel.map(|id| id.0),
            customer,
            kind: self.kind.map(Into::into).unwrap_or_default(),
            members: self.members.into_iter().map(|id| id.0).collect(),
            message,
            facts: fact::into_domain(self.facts),
        })
    }
}

/// An assignment by hand.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    /// To whom.
    pub to: NewResponsible,
    /// Who says so; the CRM backend itself when missing.
    pub by: Option<NewBy>,
    /// Assign even if the manager is absent.
    #[serde(default)]
    pub allow_absent: bool,
    /// It is done already in the CRM: a fact, which is recorded and never refused.
    #[serde(default)]
    pub external: bool,
}

/// A dialog given back to routing.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GivingBack {
    /// Who says so; the CRM backend itself when missing.
    pub by: Option<NewBy>,
}

/// An answer to an offer.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Answering {
    /// Who answers; the CRM backend itself, for whoever is asked, when missing.
    pub by: Option<NewBy>,
}

/// A closure by hand.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Closing {
    /// Who says so; the CRM backend itself when missing.
    pub by: Option<NewBy>,
    /// Why, for people.
    pub reason: Option<String>,
}

/// A dialog. Fields that say nothing are left out.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Dialog)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct DialogView<'a> {
    /// Its id.
    id: &'a str,
    /// The chat it is a part of.
    chat: &'a str,
    /// The channel; none for internal dialogs.
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<&'a str>,
    /// The channel's kind of messenger.
    #[serde(skip_serializing_if = "str::is_empty")]
    channel_type: &'a str,
    /// The customer; none for internal dialogs.
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<&'a str>,
    /// The customer's name, in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_name: Option<&'a str>,
    /// Between whom it is.
    kind: KindWord,
    /// Who opened it.
    started_by: StarterWord,
    /// The managers of an internal dialog.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    members: Vec<&'a str>,
    /// The chat had a dialog before.
    returning: bool,
    /// Where it is in its life.
    #[schema(schema_with = words::state)]
    state: &'static str,
    /// Who holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    responsible: Option<ResponsibleView<'a>>,
    /// Since when it has this state and this responsible.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Time>,
    /// It is to move to somebody else for this cause as soon as somebody can take it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = words::cause)]
    moving: Option<&'static str>,
    /// Where it stands in its plan while it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<PlaceView<'a>>,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    closed: Option<ClosureView<'a>>,
    /// When it was opened.
    opened_at: Time,
    /// First time it got a responsible.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_assigned_at: Option<Time>,
    /// First public reply of a manager.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_reply_at: Option<Time>,
    /// The first customer's message that has no reply yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    awaiting_reply_since: Option<Time>,
    /// Last public message of either side.
    last_message_at: Time,
    /// Whose it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_from: Option<SideWord>,
    /// Messages so far, notes and failed ones included.
    messages: u32,
    /// Customer's messages that nobody has seen.
    unread: u32,
    /// Automatic moves so far.
    moves: u32,
    /// The group whose step chose its manager: it takes up one of the places that the group may have.
    #[serde(skip_serializing_if = "Option::is_none")]
    through: Option<&'a str>,
    /// It is offered to somebody, who has not answered yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    offer: Option<OfferView<'a>>,
    /// Whom it was taken from last.
    #[serde(skip_serializing_if = "Option::is_none")]
    taken_from: Option<&'a str>,
    /// A person chose the responsible.
    pinned: bool,
    /// The customer is silent for so long that it costs less of the manager's capacity.
    idle: bool,
    /// Set aside after repeated failures: a person must assign or close it.
    quarantined: bool,
    /// Extra facts that came with it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", serialize_with = "fact::serialize")]
    #[schema(value_type = BTreeMap<String, Fact>)]
    facts: &'a BTreeMap<Arc<str>, FactValue>,
    /// Grows by one with each change.
    version: u64,
}

impl<'a> DialogView<'a> {
    /// The view of a dialog.
    pub fn of(dialog: &'a Dialog) -> Self {
        let (since, moving, place) = match &dialog.state {
            DialogState::Waiting { since, place } => (Some(*since), None, place.as_ref()),
            DialogState::Assigned { since, moving, .. } => (Some(*since), *moving, None),
            DialogState::Closed { at, .. } => (Some(*at), None, None),
            DialogState::Internal => (None, None, None),
        };
        Self {
            id: dialog.id.as_str(),
            chat: dialog.chat.as_str(),
            channel: dialog.channel.as_ref().map(ChannelId::as_str),
            channel_type: &dialog.channel_kind,
            customer: dialog.customer.as_ref().map(CustomerId::as_str),
            customer_name: None,
            kind: dialog.kind.into(),
            started_by: dialog.started_by.into(),
            members: dialog.members.iter().map(ManagerId::as_str).collect(),
            returning: dialog.returning,
            state: dialog.state.word(),
            responsible: dialog.responsible().map(Into::into),
            since: Time::of(since),
            moving: moving.map(Cause::word),
            place: place.map(PlaceView::of),
            closed: ClosureView::of(&dialog.state),
            opened_at: Time(dialog.opened_at),
            first_assigned_at: Time::of(dialog.first_assigned_at),
            first_reply_at: Time::of(dialog.first_reply_at),
            awaiting_reply_since: Time::of(dialog.awaiting_reply_since),
            last_message_at: Time(dialog.last_message_at),
            last_from: dialog.last_from.map(Into::into),
            messages: dialog.messages,
            unread: dialog.unread,
            moves: dialog.moves,
            through: dialog.through.as_ref().map(GroupId::as_str),
            offer: dialog.offer.as_ref().map(OfferView::of),
            taken_from: dialog.taken_from.as_ref().map(ManagerId::as_str),
            pinned: dialog.pinned,
            idle: dialog.idle,
            quarantined: dialog.quarantined,
            facts: &dialog.facts,
            version: dialog.version,
        }
    }

    /// With the customer's name.
    #[must_use]
    pub fn named(mut self, name: Option<&'a str>) -> Self {
        self.customer_name = name;
        self
    }
}

/// Somebody is asked whether they take a dialog.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Offer)]
pub struct OfferView<'a> {
    /// The manager.
    to: &'a str,
    /// Until when they may accept.
    until: Time,
}

impl<'a> OfferView<'a> {
    fn of(offer: &'a Offer) -> Self {
        Self { to: offer.to.as_str(), until: Time(offer.until) }
    }
}

/// Where a dialog stands in its plan while it waits.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Place)]
pub struct PlaceView<'a> {
    /// The rule set in force when it entered the step.
    rules: &'a str,
    /// The rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a str>,
    /// The step, from one.
    step: u32,
    /// When it entered the step.
    entered_at: Time,
    /// It is held, offered to nobody, until this moment, and then until its turn comes.
    #[serde(skip_serializing_if = "Option::is_none")]
    held_until: Option<Time>,
}

impl<'a> PlaceView<'a> {
    fn of(place: &'a Place) -> Self {
        Self {
            rules: place.rules.as_str(),
            rule: place.rule.as_ref().map(RuleId::as_str),
            step: u32::from(place.step) + 1,
            entered_at: Time(place.entered_at),
            held_until: Time::of(place.held_until),
        }
    }
}

/// How a dialog ended.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Closure)]
pub struct ClosureView<'a> {
    /// When.
    at: Time,
    /// Why, in one word.
    #[schema(schema_with = words::closure)]
    reason: &'static str,
    /// The reason given by hand, or the close rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    /// By whom, when by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<ByView<'a>>,
    /// Who held it then.
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<ResponsibleView<'a>>,
}

impl<'a> ClosureView<'a> {
    fn of(state: &'a DialogState) -> Option<Self> {
        let DialogState::Closed { at, reason, by, last } = state else {
            return None;
        };
        let detail = match reason {
            ClosureReason::Manual(reason) => reason.as_deref(),
            ClosureReason::Idle(rule) => Some(rule.as_str()),
            ClosureReason::AccountAutoClose | ClosureReason::External => None,
        };
        Some(Self {
            at: Time(*at),
            reason: reason.word(),
            detail,
            by: by.as_ref().map(Into::into),
            last: last.as_ref().map(Into::into),
        })
    }
}

/// A dialog after a change, with the decision when one was made at once.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DialogAnswer)]
pub struct DialogAnswer<'a> {
    /// The dialog.
    pub dialog: DialogView<'a>,
    /// The decision in full, when one was made at once.
    #[schema(value_type = Option<DecisionRecord>)]
    pub decision: Option<DecisionView<'a>>,
    /// The message that came with the request, as stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageView<'a>>,
}

/// A page of dialogs.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DialogPage)]
pub struct DialogPage<'a> {
    /// The dialogs, newest first.
    pub items: Vec<DialogView<'a>>,
    /// The cursor of the next page; none at the end.
    pub next: Option<&'a str>,
}
