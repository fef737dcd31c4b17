//! Things to store, as plain as they can be.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use reparto::domain::announcement::{Announcement, Body, Subject};
use reparto::domain::customer::Customer;
use reparto::domain::dialog::{Dialog, DialogKind, DialogState, StartedBy};
use reparto::domain::ids::{ChannelId, ChatId, CustomerId, DialogId, GroupId, ManagerId, MessageId};
use reparto::domain::manager::{Absence, ManagerWork};
use reparto::domain::message::{Author, DeliveryStatus, Message, Visibility};
use reparto::domain::offer::Passed;
use reparto::domain::routing::Responsible;
use reparto::domain::stance::{Places, Stance, StanceChange};
use reparto::domain::time::Timestamp;
use reparto::domain::units::Units;
use reparto::store::change::{Delivery, Receipt, Webhook, Write};

pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_secs(1_700_000_000 + seconds)
}

pub fn manager(id: &str) -> ManagerId {
    ManagerId::trusted(id)
}

/// A manager's stance from a number on; with a group when their groups are told.
pub fn stance(id: &str, number: u64, load: u32, group: Option<String>) -> StanceChange {
    let stance = Stance {
        absence: (load == 0).then_some(Absence::OnLeave),
        load: Units::from_milli(load),
        capacity: Units::whole(1),
        work: ManagerWork { last_assigned_at: None, idle_since: Some(at(i64::from(load))) },
    };
    let groups = group.map(|id| Arc::new(Places::from([(GroupId::trusted(&id), Some(load))])));
    StanceChange { manager: manager(id), number, stance, groups }
}

/// A waiting dialog of customer `c1` in channel `site`.
pub fn dialog(id: &str, version: u64) -> Dialog {
    Dialog {
        id: DialogId::trusted(id),
        chat: ChatId::trusted("site:c1"),
        channel: Some(ChannelId::trusted("site")),
        channel_kind: "site".into(),
        customer: Some(CustomerId::trusted("c1")),
        kind: DialogKind::Customer,
        started_by: StartedBy::Customer,
        members: BTreeSet::new(),
        returning: false,
        opening_text: "".into(),
        facts: BTreeMap::new(),
        opened_at: at(0),
        state: DialogState::Waiting { since: at(0), place: None },
        first_assigned_at: None,
        first_reply_at: None,
        awaiting_reply_since: Some(at(0)),
        moved_at: None,
        last_message_at: at(0),
        last_customer_message_at: Some(at(0)),
        last_from: None,
        messages: 1,
        unread: 1,
        request: None,
        moves: 0,
        then_used: false,
        through: None,
        offer: None,
        passed: Passed::default(),
        taken_from: None,
        pinned: false,
        nudges_sent: 0,
        warnings_sent: 0,
        closes_at: None,
        farewell: None,
        idle: false,
        quarantined: false,
        texts_told: BTreeSet::new(),
        version,
    }
}

pub fn assigned(mut dialog: Dialog, to: &str) -> Dialog {
    let to = Responsible::Manager(manager(to));
    dialog.state = DialogState::Assigned { to, since: at(1), moving: None };
    dialog
}

pub fn write(dialog: Dialog) -> Write {
    Write::Dialog(Arc::new(dialog))
}

pub fn message(id: &str, dialog: &str, text: &str, seconds: i64) -> Message {
    Message {
        id: MessageId::trusted(id),
        dialog: DialogId::trusted(dialog),
        from: Author::Customer(CustomerId::trusted("c1")),
        text: Some(text.into()),
        at: at(seconds),
        visibility: Visibility::Public,
        quote: None,
        status: DeliveryStatus::Sent,
    }
}

pub fn write_message(id: &str, dialog: &str, text: &str, seconds: i64) -> Write {
    Write::Message(Arc::new(message(id, dialog, text, seconds)))
}

pub fn customer(id: &str, name: &str) -> Customer {
    let mut customer = Customer::new(CustomerId::trusted(id));
    customer.name = Some(name.to_owned());
    customer
}

pub fn write_customer(id: &str, name: &str) -> Write {
    Write::Customer(Arc::new(customer(id, name)))
}

pub fn event(dialog: &str, version: u64, seconds: i64, body: Body) -> Write {
    let subject = Subject::Dialog(DialogId::trusted(dialog));
    Write::Event(Announcement { subject, version, part: 0, at: at(seconds), cause: None, body })
}

pub fn quarantined(dialog: &str, version: u64) -> Write {
    event(dialog, version, 0, Body::DialogQuarantined)
}

pub fn receipt(key: &str, body: &str) -> Receipt {
    Receipt { key: key.into(), fingerprint: [7; 32], status: 201, body: body.into(), at: at(0) }
}

pub fn webhook(id: &str, acknowledged: u64) -> Webhook {
    Webhook {
        id: id.into(),
        url: "http://127.0.0.1:9/hook".to_owned(),
        events: vec!["dialog.*".to_owned()],
        secret: vec![0, 1, 255],
        acknowledged,
        paused: false,
        created_at: at(0),
    }
}

pub fn delivery(webhook: &str, seq: u64) -> Delivery {
    Delivery { webhook: webhook.into(), seq, attempt: 1, at: at(0), status: Some(200), error: None }
}
