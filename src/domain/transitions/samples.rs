//! Dialogs in each state, and short words for the tests of this folder.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::announcement::Body;
use crate::domain::closing::{ClosePolicy, DialogPolicy, LastFrom, NoReplyPolicy, ReassignPolicy, Text};
use crate::domain::dialog::{By, ClosureReason, Command, Dialog, DialogKind, Effect, Opening, Transition};
use crate::domain::figures::ServiceFigure;
use crate::domain::ids::{
    BotId, ChannelId, ChatId, CustomerId, DialogId, ManagerId, MessageId, RuleId, RulesVersion,
};
use crate::domain::message::{Author, DeliveryStatus, Message, Visibility};
use crate::domain::routing::{Cause, Decision, DecisionEffect, Responsible};
use crate::domain::tags::Tags;
use crate::domain::time::Timestamp;
use crate::domain::units::Units;

pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_secs(seconds)
}

pub fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

pub fn manager(id: &str) -> Responsible {
    Responsible::Manager(ManagerId::trusted(id))
}

pub fn bot(id: &str) -> Responsible {
    Responsible::Bot(BotId::trusted(id))
}

pub fn by(id: &str) -> By {
    By::Manager(ManagerId::trusted(id))
}

fn text(key: &str) -> Arc<Text> {
    let wordings = BTreeMap::from([("en".into(), key.into()), ("es".into(), "adiós".into())]);
    Arc::new(Text { key: key.into(), wordings, fallback: Arc::default() })
}

/// Reminders after 5 and 8 minutes, moves after 10, idle after 15, a warning an hour before the closure
/// after two, with a farewell.
pub fn policy() -> DialogPolicy {
    let no_reply = NoReplyPolicy { after: minutes(10), nudges: vec![minutes(5), minutes(8)] };
    DialogPolicy {
        weight: Units::whole(2),
        idle_weight: Units::from_milli(500),
        idle_after: Some(minutes(15)),
        close: Some(Arc::new(ClosePolicy {
            id: RuleId::trusted("quiet"),
            by_account: false,
            after: minutes(120),
            last_from: LastFrom::Manager,
            warnings: vec![(minutes(60), text("soon"))],
            farewell: Some(text("bye")),
            farewell_timeout: minutes(1),
        })),
        reassign: Arc::new(ReassignPolicy { no_reply: Some(no_reply), ..Default::default() }),
        language: None,
        may_write: true,
        replies: Vec::new(),
        changes_at: None,
    }
}

pub fn close_policy(change: impl FnOnce(&mut ClosePolicy)) -> DialogPolicy {
    let mut policy = policy();
    change(policy.close.as_mut().map(Arc::make_mut).expect("it closes"));
    policy
}

pub fn reassign_policy(change: impl FnOnce(&mut ReassignPolicy)) -> DialogPolicy {
    let mut policy = policy();
    change(Arc::make_mut(&mut policy.reassign));
    policy
}

pub fn message(from: Author, text: &str) -> Message {
    Message {
        id: MessageId::trusted("m"),
        dialog: DialogId::trusted("d"),
        from,
        text: Some(text.into()),
        at: at(0),
        visibility: Visibility::Public,
        quote: None,
        status: DeliveryStatus::Queued,
    }
}

pub fn by_customer(text: &str) -> Message {
    message(Author::Customer(CustomerId::trusted("c")), text)
}

pub fn by_manager(id: &str, text: &str) -> Message {
    message(Author::Manager(ManagerId::trusted(id)), text)
}

pub fn by_bot(id: &str, text: &str) -> Message {
    message(Author::Bot(BotId::trusted(id)), text)
}

pub fn opening(message: Option<Message>) -> Opening {
    Opening {
        id: DialogId::trusted("d"),
        chat: ChatId::trusted("chat"),
        channel: Some((ChannelId::trusted("tg"), "telegram".into())),
        customer: Some(CustomerId::trusted("c")),
        kind: DialogKind::Customer,
        members: [].into(),
        returning: false,
        message,
        facts: [].into(),
    }
}

/// A customer wrote at second 0.
pub fn waiting() -> Dialog {
    Dialog::open(opening(Some(by_customer("hello"))), &policy(), at(0)).next
}

/// An administrator gave it to Ana at second 5.
pub fn assigned() -> Dialog {
    let command = assign_to("ana", By::Backend, false);
    decide(&waiting(), command, 5).next
}

/// The rules gave it to Ana at second 5.
pub fn assigned_by_rules() -> Dialog {
    let dialog = waiting();
    decide(&dialog, answer(&dialog, DecisionEffect::Assigned, Some("ana")), 5).next
}

/// Ana replied at second 10.
pub fn answered() -> Dialog {
    decide(&assigned(), Command::Write(by_manager("ana", "hello")), 10).next
}

/// Between Ana and Boris.
pub fn internal() -> Dialog {
    let mut opening = opening(Some(by_manager("ana", "a word?")));
    opening.kind = DialogKind::Internal;
    opening.customer = None;
    opening.channel = None;
    opening.members = [ManagerId::trusted("boris")].into();
    Dialog::open(opening, &policy(), at(0)).next
}

pub fn closed() -> Dialog {
    decide(&answered(), close_by(By::Backend, false), 20).next
}

pub fn assign_to(to: &str, by: By, by_admin: bool) -> Command {
    Command::Assign { to: manager(to), by, by_admin, cause: Cause::Manual }
}

pub fn close_by(by: By, by_admin: bool) -> Command {
    Command::Close { by, by_admin, reason: ClosureReason::Manual(None) }
}

/// An answer to the request that stands.
pub fn answer(dialog: &Dialog, effect: DecisionEffect, choice: Option<&str>) -> Command {
    let request = dialog.request.as_ref().expect("it asks");
    let decision = Decision {
        dialog: dialog.id.clone(),
        at: at(0),
        cause: request.cause,
        rules: RulesVersion::trusted("r"),
        rule: None,
        tags: Tags::NONE,
        step: None,
        entered_step_at: None,
        strategy: None,
        steps: vec![],
        candidates: vec![],
        counts: vec![],
        choice: choice.map(manager),
        accept_by: (effect == DecisionEffect::Offered).then_some(at(60)),
        ask_again_at: None,
        previous: None,
        effect,
        fallback: None,
        waited: Duration::ZERO,
        facts_until: None,
        basis: None,
    };
    Command::Route { ticket: request.ticket, decision: Arc::new(decision), place: None, texts: Vec::new() }
}

/// The transition under the usual policy.
#[track_caller]
pub fn decide(dialog: &Dialog, command: Command, seconds: i64) -> Transition {
    decide_under(dialog, command, &policy(), seconds)
}

#[track_caller]
pub fn decide_under(dialog: &Dialog, command: Command, policy: &DialogPolicy, seconds: i64) -> Transition {
    dialog.decide(command, policy, at(seconds)).expect("it is not refused")
}

/// The command is carried out and nothing comes of it.
#[track_caller]
pub fn unchanged(dialog: &Dialog, command: Command, seconds: i64) {
    let transition = decide(dialog, command, seconds);
    assert_eq!((&transition.next, &transition.effects[..]), (dialog, &[][..]));
}

/// Names of the announcements, in order.
pub fn names(transition: &Transition) -> Vec<&'static str> {
    let mut names = Vec::new();
    for effect in &transition.effects {
        if let Effect::Announce { body, .. } = effect {
            names.push(body.name());
        }
    }
    names
}

/// The figures, in order.
pub fn figures(transition: &Transition) -> Vec<ServiceFigure> {
    let mut figures = Vec::new();
    for effect in &transition.effects {
        if let Effect::Measure(figure) = effect {
            figures.push(figure.clone());
        }
    }
    figures
}

/// Ids and wordings of the texts asked for, in order.
pub fn texts(transition: &Transition) -> Vec<(String, String)> {
    let mut texts = Vec::new();
    for effect in &transition.effects {
        if let Effect::Announce { body: Body::MessageRequested { message, text, .. }, .. } = effect {
            texts.push((message.to_string(), text.to_string()));
        }
    }
    texts
}
