//! Dialogs as rows: what they are opened with, which never changes, and what each version replaces.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::dialog::{By, ClosureReason, Dialog, DialogKind, DialogState, Farewell, Side, StartedBy};
use crate::domain::ids::{
    AccountId, BotId, ChannelId, ChatId, CustomerId, DialogId, GroupId, ManagerId, MessageId, RuleId,
    RulesVersion,
};
use crate::domain::offer::Passed;
use crate::domain::routing::{Cause, Place, Responsible};
use crate::domain::time::Timestamp;
use crate::store::cell::{Cells, Json, Record, Sparse, Value, record};
use crate::store::records::customer::FactRecord;
use crate::store::records::offer::{OfferRecord, PassedRecord};
use crate::store::records::request::RequestRecord;

record! {
    /// What a dialog is opened with. Written once; `customer` changes only when customers merge.
    OriginRecord {
        account: AccountId,
        id: DialogId,
        chat: ChatId,
        channel: Option<ChannelId>,
        channel_kind: Arc<str>,
        customer: Option<CustomerId>,
        kind: DialogKind,
        started_by: StartedBy,
        is_returning: bool,
        opening_text: Arc<str>,
        facts: Sparse<BTreeMap<Arc<str>, FactRecord>>,
        opened_at: Timestamp,
    }
}

record! {
    /// What changes.
    ProgressRecord {
        version: u64,
        members: Sparse<BTreeSet<Arc<str>>>,
        state: Arc<str>,
        state_since: Option<Timestamp>,
        responsible_kind: Option<Arc<str>>,
        responsible: Option<Arc<str>>,
        place: Option<Json<PlaceRecord>>,
        moving: Option<Cause>,
        closure: Option<Json<ClosureRecord>>,
        first_assigned_at: Option<Timestamp>,
        first_reply_at: Option<Timestamp>,
        awaiting_reply_since: Option<Timestamp>,
        moved_at: Option<Timestamp>,
        last_message_at: Timestamp,
        last_customer_message_at: Option<Timestamp>,
        last_from: Option<Side>,
        messages: u32,
        unread: u32,
        request: Option<Json<RequestRecord>>,
        moves: u32,
        then_used: bool,
        taken_from: Option<ManagerId>,
        pinned: bool,
        nudges_sent: u16,
        warnings_sent: u16,
        closes_at: Option<Timestamp>,
        farewell: Option<Json<FarewellRecord>>,
        idle: bool,
        quarantined: bool,
        texts_told: Sparse<BTreeSet<Arc<str>>>,
        through_group: Option<GroupId>,
        offer: Option<Json<OfferRecord>>,
        passed: Option<Json<PassedRecord>>,
    }
}

/// [`Place`] as JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PlaceRecord {
    rules: Arc<str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<Arc<str>>,
    step: u16,
    entered_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    held_until: Option<i64>,
}

/// Why a dialog was closed, and by whom, as JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ClosureRecord {
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<Arc<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<Arc<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<ByRecord>,
}

/// [`By`] as JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ByRecord {
    Manager(Arc<str>),
    Backend,
}

/// [`Farewell`] as JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct FarewellRecord {
    message: Arc<str>,
    requested_at: i64,
}

/// The state, spread over its columns.
struct StateColumns {
    state_since: Option<Timestamp>,
    responsible: Option<Responsible>,
    place: Option<Json<PlaceRecord>>,
    moving: Option<Cause>,
    closure: Option<Json<ClosureRecord>>,
}

/// Takes a dialog apart. The one place that lists all its fields.
pub(crate) fn records(account: &AccountId, dialog: &Dialog) -> (OriginRecord, ProgressRecord) {
    let Dialog {
        id,
        chat,
        channel,
        channel_kind,
        customer,
        kind,
        started_by,
        members,
        returning,
        opening_text,
        facts,
        opened_at,
        state,
        first_assigned_at,
        first_reply_at,
        awaiting_reply_since,
        moved_at,
        last_message_at,
        last_customer_message_at,
        last_from,
        messages,
        unread,
        request,
        moves,
        then_used,
        through,
        offer,
        passed,
        taken_from,
        pinned,
        nudges_sent,
        warnings_sent,
        closes_at,
        farewell,
        idle,
        quarantined,
        texts_told,
        version,
    } = dialog;
    let columns = take_apart(state);
    let (responsible_kind, responsible) = columns.responsible.as_ref().map(responsible_columns).unzip();
    let origin = OriginRecord {
        account: account.clone(),
        id: id.clone(),
        chat: chat.clone(),
        channel: channel.clone(),
        channel_kind: channel_kind.clone(),
        customer: customer.clone(),
        kind: *kind,
        started_by: *started_by,
        is_returning: *returning,
        opening_text: opening_text.clone(),
        facts: Sparse(facts.iter().map(|(name, value)| (name.clone(), value.into())).collect()),
        opened_at: *opened_at,
    };
    let progress = ProgressRecord {
        version: *version,
        members: Sparse(members.iter().map(ManagerId::shared).collect()),
        state: state.word().into(),
        state_since: columns.state_since,
        responsible_kind,
        responsible,
        place: columns.place,
        moving: columns.moving,
        closure: columns.closure,
        first_assigned_at: *first_assigned_at,
        first_reply_at: *first_reply_at,
        awaiting_reply_since: *awaiting_reply_since,
        moved_at: *moved_at,
        last_message_at: *last_message_at,
        last_customer_message_at: *last_customer_message_at,
        last_from: *last_from,
        messages: *messages,
        unread: *unread,
        request: request.as_ref().map(|request| Json(request.into())),
        moves: *moves,
        then_used: *then_used,
        taken_from: taken_from.clone(),
        through_group: through.clone(),
        offer: offer.as_ref().map(|offer| Json(offer.into())),
        passed: (*passed != Passed::default()).then(|| Json(passed.into())),
        pinned: *pinned,
        nudges_sent: *nudges_sent,
        warnings_sent: *warnings_sent,
        closes_at: *closes_at,
        farewell: farewell.as_ref().map(|Farewell { message, requested_at }| {
            Json(FarewellRecord { message: message.shared(), requested_at: requested_at.micros() })
        }),
        idle: *idle,
        quarantined: *quarantined,
        texts_told: Sparse(texts_told.clone()),
    };
    (origin, progress)
}

/// Puts a dialog together again.
fn dialog(origin: OriginRecord, progress: ProgressRecord) -> Result<Dialog, String> {
    let state = put_together(&progress)?;
    Ok(Dialog {
        id: origin.id,
        chat: origin.chat,
        channel: origin.channel,
        channel_kind: origin.channel_kind,
        customer: origin.customer,
        kind: origin.kind,
        started_by: origin.started_by,
        members: progress.members.0.iter().map(|id| ManagerId::trusted(id)).collect(),
        returning: origin.is_returning,
        opening_text: origin.opening_text,
        facts: origin.facts.0.into_iter().map(|(name, value)| (name, value.into())).collect(),
        opened_at: origin.opened_at,
        state,
        first_assigned_at: progress.first_assigned_at,
        first_reply_at: progress.first_reply_at,
        awaiting_reply_since: progress.awaiting_reply_since,
        moved_at: progress.moved_at,
        last_message_at: progress.last_message_at,
        last_customer_message_at: progress.last_customer_message_at,
        last_from: progress.last_from,
        messages: progress.messages,
        unread: progress.unread,
        request: progress.request.map(|Json(request)| request.request()).transpose()?,
        moves: progress.moves,
        then_used: progress.then_used,
        through: progress.through_group,
        offer: progress.offer.map(|Json(offer)| offer.offer()).transpose()?,
        passed: progress.passed.map(|Json(passed)| passed.passed()).transpose()?.unwrap_or_default(),
        taken_from: progress.taken_from,
        pinned: progress.pinned,
        nudges_sent: progress.nudges_sent,
        warnings_sent: progress.warnings_sent,
        closes_at: progress.closes_at,
        farewell: progress.farewell.map(|Json(FarewellRecord { message, requested_at })| Farewell {
            message: MessageId::trusted(&message),
            requested_at: Timestamp::from_micros(requested_at),
        }),
        idle: progress.idle,
        quarantined: progress.quarantined,
        texts_told: progress.texts_told.0,
        version: progress.version,
    })
}

/// A dialog in one row: its origin, then its progress.
pub(crate) struct DialogRecord;

impl DialogRecord {
    /// All columns, in order.
    pub(crate) fn columns() -> Vec<&'static str> {
        [OriginRecord::COLUMNS, ProgressRecord::COLUMNS].concat()
    }

    /// Appends a whole row.
    pub(crate) fn write(account: &AccountId, dialog: &Dialog, row: &mut Vec<Value>) {
        let (origin, progress) = records(account, dialog);
        origin.write(row);
        progress.write(row);
    }

    /// Reads a row from a position on.
    pub(crate) fn read(cells: &impl Cells, from: usize) -> Result<Dialog, String> {
        let origin = OriginRecord::read(cells, from)?;
        dialog(origin, ProgressRecord::read(cells, from + OriginRecord::COLUMNS.len())?)
    }
}

/// Kind and id of a responsible.
fn responsible_columns(responsible: &Responsible) -> (Arc<str>, Arc<str>) {
    match responsible {
        Responsible::Manager(id) => ("manager".into(), id.shared()),
        Responsible::Bot(id) => ("bot".into(), id.shared()),
    }
}

fn take_apart(state: &DialogState) -> StateColumns {
    let mut columns =
        StateColumns { state_since: None, responsible: None, place: None, moving: None, closure: None };
    match state {
        DialogState::Waiting { since, place } => {
            columns.state_since = Some(*since);
            columns.place = place.as_ref().map(|Place { rules, rule, step, entered_at, held_until }| {
                let rule = rule.as_ref().map(RuleId::shared);
                Json(PlaceRecord {
                    rules: rules.shared(),
                    rule,
                    step: *step,
                    entered_at: entered_at.micros(),
                    held_until: held_until.map(Timestamp::micros),
                })
            });
        }
        DialogState::Assigned { to, since, moving } => {
            columns.state_since = Some(*since);
            columns.responsible = Some(to.clone());
            columns.moving = *moving;
        }
        DialogState::Internal => {}
        DialogState::Closed { at, reason, by, last } => {
            columns.state_since = Some(*at);
            columns.responsible.clone_from(last);
            let (text, rule) = match reason {
                ClosureReason::Manual(text) => (text.clone(), None),
                ClosureReason::Idle(rule) => (None, Some(rule.shared())),
                ClosureReason::AccountAutoClose | ClosureReason::External => (None, None),
            };
            let by = by.as_ref().map(|by| match by {
                By::Manager(id) => ByRecord::Manager(id.shared()),
                By::Backend => ByRecord::Backend,
            });
            columns.closure = Some(Json(ClosureRecord { reason: reason.word().to_owned(), text, rule, by }));
        }
    }
    columns
}

fn put_together(record: &ProgressRecord) -> Result<DialogState, String> {
    let since = || record.state_since.ok_or("column state_since is empty");
    let responsible = match (record.responsible_kind.as_deref(), record.responsible.as_deref()) {
        (Some("manager"), Some(id)) => Some(Responsible::Manager(ManagerId::trusted(id))),
        (Some("bot"), Some(id)) => Some(Responsible::Bot(BotId::trusted(id))),
        (None, None) => None,
        (kind, _) => {
            return Err(format!("column responsible_kind: {kind:?} does not fit the responsible"));
        }
    };
    match &*record.state {
        "waiting" => {
            let place = record.place.as_ref().map(|Json(place)| Place {
                rules: RulesVersion::trusted(&place.rules),
                rule: place.rule.as_deref().map(RuleId::trusted),
                step: place.step,
                entered_at: Timestamp::from_micros(place.entered_at),
                held_until: place.held_until.map(Timestamp::from_micros),
            });
            Ok(DialogState::Waiting { since: since()?, place })
        }
        "assigned" => {
            let to = responsible.ok_or("column responsible is empty")?;
            Ok(DialogState::Assigned { to, since: since()?, moving: record.moving })
        }
        "internal" => Ok(DialogState::Internal),
        "closed" => {
            let Json(closure) = record.closure.as_ref().ok_or("column closure is empty")?;
            let reason = match (closure.reason.as_str(), &closure.rule) {
                ("manual", _) => ClosureReason::Manual(closure.text.clone()),
                ("idle", Some(rule)) => ClosureReason::Idle(RuleId::trusted(rule)),
                ("account_auto_close", _) => ClosureReason::AccountAutoClose,
                ("external", _) => ClosureReason::External,
                (other, _) => {
                    return Err(format!("column closure: the reason `{other}` is unknown or has no rule"));
                }
            };
            let by = closure.by.as_ref().map(|by| match by {
                ByRecord::Manager(id) => By::Manager(ManagerId::trusted(id)),
                ByRecord::Backend => By::Backend,
            });
            Ok(DialogState::Closed { at: since()?, reason, by, last: responsible })
        }
        other => Err(format!("column state: the word `{other}` is unknown")),
    }
}
