//! What an event says, as JSON: the stable shape that the feed, webhooks and the timeline serve verbatim.
//!
//! Persons are objects with one key: `{"manager":"ana"}`, `{"bot":"helper"}`, `{"customer":"c1"}`; or one word
//! for those of whom there is only one: `"reparto"`; who acted by hand is `{"manager":"ana"}` or `"backend"`. Instants are RFC 3339
//! in UTC with microseconds. Steps count from one. What is absent is left out. By name of the event:
//!
//! | event | data |
//! |---|---|
//! | `dialog.opened` | `chat`, `channel?`, `customer?`, `kind`, `started_by` |
//! | `dialog.waiting`, `dialog.kept`, `routing.shadow_decided` | `decision` |
//! | `dialog.offered` | `to`, `until`, `decision` |
//! | `dialog.offer_ended` | `to`, `reason`: `declined`, `expired` or `withdrawn` |
//! | `dialog.assigned` | `to`, `by?`, `decision?` |
//! | `dialog.reassigned` | `from`, `to`, `by?`, `decision?` |
//! | `dialog.returned` | `from`, `by?` |
//! | `dialog.close_warned` | `rule`, `closes_at` |
//! | `dialog.close_postponed`, `dialog.quarantined` | nothing |
//! | `dialog.closed` | `reason`, `text?`, `rule?`, `by?`, `last?` |
//! | `message.received`, `message.sent` | `message`, `from`, `visibility`, `failed?` |
//! | `message.requested` | `message`, `purpose`, `text`, `visibility` |
//! | `manager.available` | `manager` |
//! | `manager.unavailable` | `manager`, `absence` |
//! | `manager.changed` | `manager`, `presence` with `online`, `status`, `on_leave` |
//! | `customer.merged` | `from`, `into` |
//! | `routing.fallback_used` | `dialog`, `reason` |
//! | `routing.target_missing` | `rule?`, `step`, `target` |
//! | `routing.deputies_circular` | `managers` |
//! | `rules.applied` | `rules`, `previous?`, `applied_by`, `why?`, `migrated?` |
//! | `rules.rejected` | `errors` |

use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::decision_json::DecisionView;
use super::moment::Rfc3339;
use super::read::StoredEvent;
use super::words::Word;
use crate::domain::announcement::{Announcement, Body, RulesChange, Subject};
use crate::domain::dialog::{By, ClosureReason};
use crate::domain::ids::{AccountId, ChannelId, CustomerId, DialogId, ManagerId, RuleId, RulesVersion};
use crate::domain::message::Author;
use crate::domain::routing::Responsible;

/// A person or bot: one key says what, its value who; or a program: one word.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Party<'a> {
    Manager(&'a str),
    Bot(&'a str),
    Customer(&'a str),
    Backend,
    Reparto,
}

impl<'a> From<&'a Responsible> for Party<'a> {
    fn from(responsible: &'a Responsible) -> Self {
        match responsible {
            Responsible::Manager(id) => Self::Manager(id.as_str()),
            Responsible::Bot(id) => Self::Bot(id.as_str()),
        }
    }
}

impl<'a> From<&'a By> for Party<'a> {
    fn from(by: &'a By) -> Self {
        match by {
            By::Manager(id) => Self::Manager(id.as_str()),
            By::Backend => Self::Backend,
        }
    }
}

impl<'a> From<&'a Author> for Party<'a> {
    fn from(author: &'a Author) -> Self {
        match author {
            Author::Customer(id) => Self::Customer(id.as_str()),
            Author::Manager(id) => Self::Manager(id.as_str()),
            Author::Bot(id) => Self::Bot(id.as_str()),
            Author::Reparto => Self::Reparto,
        }
    }
}

#[derive(Serialize)]
struct PresenceView {
    online: bool,
    status: &'static str,
    on_leave: bool,
}

/// Every field that any event's data may have, in the order in which they are written.
#[derive(Serialize, Default)]
struct Data<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    chat: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_by: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    manager: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    managers: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    absence: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    presence: Option<PresenceView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dialog: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Party<'a>>,
    #[serde(rename = "from", skip_serializing_if = "Option::is_none")]
    from_customer: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    into: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<Party<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    visibility: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<Shown<&'a crate::domain::routing::Target>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rules: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    applied_by: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    migrated: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Rfc3339>,
    #[serde(skip_serializing_if = "Option::is_none")]
    closes_at: Option<Rfc3339>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<Party<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<Party<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<DecisionView<'a>>,
}

/// Something as the text that it shows.
#[derive(Debug)]
pub(super) struct Shown<T>(pub T);

impl<T: std::fmt::Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'a> From<&'a Body> for Data<'a> {
    fn from(body: &'a Body) -> Self {
        let none = Self::default();
        match body {
            Body::DialogOpened { chat, channel, customer, kind, started_by } => Self {
                chat: Some(chat.as_str()),
                channel: channel.as_ref().map(ChannelId::as_str),
                customer: customer.as_ref().map(CustomerId::as_str),
                kind: Some(kind.word()),
                started_by: Some(started_by.word()),
                ..none
            },
            Body::DialogWaiting(decision) | Body::DialogKept(decision) | Body::ShadowDecided(decision) => {
                Self { decision: Some(DecisionView::from(&**decision)), ..none }
            }
            Body::DialogOffered { to, until, decision } => Self {
                to: Some(Party::Manager(to.as_str())),
                until: Some(Rfc3339(*until)),
                decision: Some(DecisionView::from(&**decision)),
                ..none
            },
            Body::DialogOfferEnded { to, how } => {
                Self { to: Some(Party::Manager(to.as_str())), reason: Some(how.word()), ..none }
            }
            Body::DialogAssigned { to, by, decision } => Self {
                to: Some(to.into()),
                by: by.as_ref().map(Party::from),
                decision: decision.as_deref().map(Into::into),
                ..none
            },
            Body::DialogReassigned { from, to, by, decision } => Self {
                from: Some(from.into()),
                to: Some(to.into()),
                by: by.as_ref().map(Party::from),
                decision: decision.as_deref().map(Into::into),
                ..none
            },
            Body::DialogReturned { from, by } => {
                Self { from: Some(from.into()), by: by.as_ref().map(Party::from), ..none }
            }
            Body::DialogCloseWarned { rule, closes_at } => {
                Self { rule: Some(rule.as_str()), closes_at: Some(Rfc3339(*closes_at)), ..none }
            }
            Body::DialogClosePostponed | Body::DialogQuarantined => none,
            Body::DialogClosed { reason, by, last } => {
                let (text, rule) = match reason {
                    ClosureReason::Manual(text) => (text.as_deref(), None),
                    ClosureReason::Idle(rule) => (None, Some(rule.as_str())),
                    ClosureReason::AccountAutoClose | ClosureReason::External => (None, None),
                };
                let (by, last) = (by.as_ref().map(Party::from), last.as_ref().map(Party::from));
                Self { reason: Some(reason.word()), text, rule, by, last, ..none }
            }
            Body::MessageRecorded { message, from, visibility, failed } => Self {
                message: Some(message.as_str()),
                from: Some(from.into()),
                visibility: Some(visibility.word()),
                failed: failed.as_deref(),
                ..none
            },
            Body::MessageRequested { message, purpose, text, visibility } => Self {
                message: Some(message.as_str()),
                purpose: Some(purpose.word()),
                text: Some(text),
                visibility: Some(visibility.word()),
                ..none
            },
            Body::ManagerAvailable(manager) => Self { manager: Some(manager.as_str()), ..none },
            Body::ManagerUnavailable { manager, absence } => {
                Self { manager: Some(manager.as_str()), absence: Some(absence.word()), ..none }
            }
            Body::ManagerChanged { manager, presence } => {
                let view = PresenceView {
                    online: presence.online,
                    status: presence.status.word(),
                    on_leave: presence.on_leave,
                };
                Self { manager: Some(manager.as_str()), presence: Some(view), ..none }
            }
            Body::CustomerMerged { from, into } => {
                Self { from_customer: Some(from.as_str()), into: Some(into.as_str()), ..none }
            }
            Body::FallbackUsed { dialog, reason } => {
                Self { dialog: Some(dialog.as_str()), reason: Some(reason.word()), ..none }
            }
            Body::TargetMissing { rule, step, target } => Self {
                rule: rule.as_ref().map(RuleId::as_str),
                step: Some(u32::from(*step) + 1),
                target: Some(Shown(target)),
                ..none
            },
            Body::DeputiesCircular { managers } => {
                Self { managers: Some(managers.iter().map(ManagerId::as_str).collect()), ..none }
            }
            Body::RulesApplied(change) => Self::from(&**change),
            Body::RulesRejected { errors } => Self { errors: Some(*errors), ..none },
        }
    }
}

impl<'a> From<&'a RulesChange> for Data<'a> {
    fn from(change: &'a RulesChange) -> Self {
        let RulesChange { version, previous, by, why, migrated } = change;
        Self {
            rules: Some(version.as_str()),
            previous: previous.as_ref().map(RulesVersion::as_str),
            applied_by: Some(by),
            why: Some(&**why).filter(|why| !why.is_empty()),
            migrated: migrated.then_some(true),
            ..Self::default()
        }
    }
}

/// What the event's data says, as a JSON object.
pub fn data_json(body: &Body) -> String {
    to_json(&Data::from(body))
}

/// Room for most data, decisions of a few candidates included, so that it need not grow.
const ROOM: usize = 1_024;

/// Our own plain structs always serialize, and to nothing but UTF-8.
pub(super) fn to_json(view: &impl Serialize) -> String {
    let mut bytes = Vec::with_capacity(ROOM);
    match serde_json::to_writer(&mut bytes, view) {
        Ok(()) => String::from_utf8(bytes).unwrap_or_else(|_| "{}".to_owned()),
        Err(_) => "{}".to_owned(),
    }
}

impl StoredEvent {
    /// An announcement with its number, ready to be stored and served.
    pub fn new(seq: u64, announcement: &Announcement) -> Self {
        let dialog = match (&announcement.subject, &announcement.body) {
            (Subject::Dialog(dialog), _) | (_, Body::FallbackUsed { dialog, .. }) => Some(dialog.clone()),
            (_, body) => body.decision().map(|decision| decision.dialog.clone()),
        };
        Self {
            seq,
            id: announcement.id().into(),
            name: announcement.body.name().into(),
            at: announcement.at,
            dialog,
            cause: announcement.cause.map(|cause| Arc::from(cause.word())),
            data: data_json(&announcement.body).into(),
        }
    }

    /// The whole event as a JSON object, the same for the feed, timelines and webhooks: `seq`, `id`, `type`, `at`,
    /// `account`, as far as there are such `dialog` and `cause`, and `data`, which is inserted as it is.
    pub fn to_json(&self, account: &AccountId) -> String {
        let mut json = String::with_capacity(self.data.len() + 256);
        json.push_str("{\"seq\":");
        json.push_str(&self.seq.to_string());
        let mut field = |name: &str, value: Option<&str>| {
            let Some(value) = value else { return };
            json.push_str(",\"");
            json.push_str(name);
            json.push_str("\":");
            json.push_str(&to_json(&value));
        };
        field("id", Some(&self.id));
        field("type", Some(&self.name));
        field("at", Some(&Rfc3339(self.at).to_string()));
        field("account", Some(account.as_str()));
        field("dialog", self.dialog.as_ref().map(DialogId::as_str));
        field("cause", self.cause.as_deref());
        json.push_str(",\"data\":");
        json.push_str(&self.data);
        json.push('}');
        json
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{BotId, MessageId};
    use crate::domain::message::Visibility;
    use crate::domain::routing::Target;
    use crate::domain::time::Timestamp;

    #[test]
    fn data_leaves_out_what_is_absent() {
        let to = Responsible::Manager(ManagerId::trusted("boris"));
        let assigned = Body::DialogAssigned { to, by: None, decision: None };
        assert_eq!(data_json(&assigned), r#"{"to":{"manager":"boris"}}"#);
        let last = Some(Responsible::Bot(BotId::trusted("helper")));
        let closed =
            Body::DialogClosed { reason: ClosureReason::Idle(RuleId::trusted("rest")), by: None, last };
        assert_eq!(data_json(&closed), r#"{"reason":"idle","rule":"rest","last":{"bot":"helper"}}"#);
        assert_eq!(data_json(&Body::DialogQuarantined), "{}");
    }

    #[test]
    fn steps_count_from_one() {
        let missing =
            Body::TargetMissing { rule: None, step: 0, target: Target::Manager(ManagerId::trusted("ana")) };
        assert_eq!(data_json(&missing), r#"{"step":1,"target":"manager:ana"}"#);
    }

    #[test]
    fn an_event_is_one_object_with_its_data_verbatim() {
        let dialog = DialogId::trusted("d1");
        let announcement = Announcement {
            subject: Subject::Dialog(dialog),
            version: 2,
            part: 1,
            at: Timestamp::from_secs(1),
            cause: None,
            body: Body::MessageRecorded {
                message: MessageId::trusted("m1"),
                from: Author::Customer(CustomerId::trusted("c1")),
                visibility: Visibility::Public,
                failed: None,
            },
        };
        let event = StoredEvent::new(7, &announcement);
        let expected = concat!(
            r#"{"seq":7,"id":"dialog/d1/2.1","type":"message.received","at":"1970-01-01T00:00:01.000000Z","#,
            r#""account":"default","dialog":"d1","#,
            r#""data":{"message":"m1","from":{"customer":"c1"},"visibility":"public"}}"#
        );
        assert_eq!(event.to_json(&AccountId::default_account()), expected);
    }
}
