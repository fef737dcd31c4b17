//! Writing: who may, and what a message changes.

use std::sync::Arc;

use super::draft::Draft;
use super::holding::{self, Grant};
use super::{closing, offers, routing};
use crate::domain::announcement::Body;
use crate::domain::dialog::{By, Dialog, DialogState, Effect, Side, StartedBy};
use crate::domain::figures::ServiceFigure;
use crate::domain::message::{Author, DeliveryStatus, Message, Visibility};
use crate::domain::refusal::Refusal;
use crate::domain::routing::{Cause, Responsible};

/// What a message of ours may do.
enum Right {
    /// It is recorded and changes nothing else: a note, or a text of Reparto's.
    Note,
    /// A word among managers.
    Member,
    /// A reply of whoever holds the dialog.
    Reply,
    /// Nobody holds the dialog; the writer does from now on.
    Take(Responsible),
    /// The writer may not write here.
    Refused(Arc<str>),
}

/// Somebody wrote.
pub(super) fn write(draft: &mut Draft, mut message: Message) -> Result<(), Refusal> {
    let is_internal = matches!(draft.dialog.state, DialogState::Internal);
    if matches!(message.from, Author::Customer(_)) {
        if is_internal {
            return Err(Refusal::InternalDialog);
        }
        from_customer(draft, &message);
        return Ok(());
    }
    match right(&draft.dialog, &message) {
        Right::Note => record(draft, &message),
        Right::Member => {
            record(draft, &message);
            draft.dialog.last_message_at = draft.now;
            draft.dialog.last_from = Some(Side::Shop);
        }
        Right::Reply => reply(draft, &message),
        Right::Take(writer) => {
            if !offers::accept_by_writing(draft, &writer) {
                holding::withdraw(draft);
                let by = writer.manager().cloned().map(By::Manager);
                let grant = Grant { cause: Cause::Picked, by, decision: None, through: None };
                holding::give(draft, writer, grant);
            }
            reply(draft, &message);
        }
        Right::Refused(writer) => {
            let refusal = Refusal::NotResponsible { writer };
            message.status = DeliveryStatus::Failed(refusal.code().into());
            record(draft, &message);
            draft.refusal = Some(refusal);
        }
    }
    Ok(())
}

/// Somebody wrote in the CRM itself. What was written is written: nobody is refused who wrote to a customer.
pub(super) fn heard(draft: &mut Draft, message: Message, late: bool) -> Result<(), Refusal> {
    if late {
        record(draft, &message);
        return Ok(());
    }
    let is_internal = matches!(draft.dialog.state, DialogState::Internal);
    if !is_internal && matches!(right(&draft.dialog, &message), Right::Refused(_)) {
        reply(draft, &message);
        return Ok(());
    }
    write(draft, message)
}

/// Whether it is a note among managers. A customer has nobody to write notes to.
pub(super) fn is_note(message: &Message) -> bool {
    message.visibility == Visibility::Private && !matches!(message.from, Author::Customer(_))
}

fn right(dialog: &Dialog, message: &Message) -> Right {
    let writer = match &message.from {
        Author::Manager(id) => Responsible::Manager(id.clone()),
        Author::Bot(id) => Responsible::Bot(id.clone()),
        Author::Customer(_) | Author::Reparto => return Right::Note,
    };
    let name: Arc<str> = match &writer {
        Responsible::Manager(id) => id.as_str().into(),
        Responsible::Bot(id) => id.as_str().into(),
    };
    match &dialog.state {
        // Notes there are for its members too.
        DialogState::Internal => match writer.manager() {
            Some(manager) if dialog.members.contains(manager) => Right::Member,
            _ => Right::Refused(name),
        },
        _ if is_note(message) => Right::Note,
        DialogState::Assigned { to, .. } if *to == writer => Right::Reply,
        DialogState::Waiting { .. } if writer.manager().is_some() => Right::Take(writer),
        DialogState::Assigned { .. } | DialogState::Waiting { .. } | DialogState::Closed { .. } => {
            Right::Refused(name)
        }
    }
}

/// Stores a message and tells of it.
pub(super) fn record(draft: &mut Draft, message: &Message) {
    draft.dialog.messages = draft.dialog.messages.saturating_add(1);
    let failed = match &message.status {
        DeliveryStatus::Failed(reason) => Some(reason.clone()),
        DeliveryStatus::Queued | DeliveryStatus::Sent | DeliveryStatus::Delivered | DeliveryStatus::Seen => {
            None
        }
    };
    let body = Body::MessageRecorded {
        message: message.id.clone(),
        from: message.from.clone(),
        visibility: message.visibility,
        failed,
    };
    draft.announce(None, body);
    draft.effect(Effect::RecordMessage(message.clone()));
}

/// A customer wrote.
pub(super) fn from_customer(draft: &mut Draft, message: &Message) {
    record(draft, message);
    draft.dialog.unread = draft.dialog.unread.saturating_add(1);
    customer_waits(draft);
    closing::postpone(draft);
}

/// From now on, unless they did so before, the customer waits for a reply.
pub(super) fn customer_waits(draft: &mut Draft) {
    let now = draft.now;
    let dialog = &mut draft.dialog;
    if dialog.awaiting_reply_since.is_none() {
        dialog.awaiting_reply_since = Some(now);
        dialog.nudges_sent = 0;
    }
    dialog.last_message_at = now;
    dialog.last_customer_message_at = Some(now);
    dialog.last_from = Some(Side::Customer);
    dialog.idle = false;
}

/// The responsible wrote to the customer.
fn reply(draft: &mut Draft, message: &Message) {
    record(draft, message);
    // A bot's reply helps the customer; how fast people reply is another matter.
    if matches!(message.from, Author::Manager(_)) {
        measure_reply(draft);
    }
    let now = draft.now;
    let dialog = &mut draft.dialog;
    dialog.awaiting_reply_since = None;
    dialog.unread = 0;
    dialog.last_message_at = now;
    dialog.last_from = Some(Side::Shop);
    routing::stay_after_reply(draft);
    closing::postpone(draft);
}

/// The first reply counts from the customer's first message. Where one of ours wrote first, that moment is
/// known only while it is also the first unanswered one.
fn measure_reply(draft: &mut Draft) {
    let dialog = &draft.dialog;
    if dialog.last_customer_message_at.is_none() {
        return;
    }
    let channel = dialog.channel_kind.clone();
    let awaiting = dialog.awaiting_reply_since;
    let is_first = dialog.first_reply_at.is_none();
    let first_message = match dialog.started_by {
        StartedBy::Customer => Some(dialog.opened_at),
        StartedBy::Manager | StartedBy::Bot => awaiting,
    };
    if is_first {
        draft.dialog.first_reply_at = Some(draft.now);
        if let Some(since) = first_message {
            let took = draft.ago(since);
            draft.measure(ServiceFigure::FirstReply { channel: channel.clone(), took });
        }
    }
    if let Some(since) = awaiting {
        let took = draft.ago(since);
        draft.measure(ServiceFigure::Reply { channel, took });
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::*;
    use super::*;
    use crate::domain::dialog::{Command, Transition};

    fn write(dialog: &Dialog, message: Message, seconds: i64) -> Transition {
        decide(dialog, Command::Write(message), seconds)
    }

    #[test]
    fn what_the_crm_reports_as_written_is_a_reply_whoever_wrote() {
        let hear = |dialog: &Dialog, message, late| decide(dialog, Command::Heard { message, late }, 100);
        let by_another = hear(&assigned(), by_manager("boris", "me too"), false);
        assert_eq!(names(&by_another), ["message.sent"]);
        assert_eq!((by_another.next.awaiting_reply_since, by_another.refusal), (None, None));
        assert_eq!(by_another.next.responsible(), assigned().responsible(), "it is no reason to take it");
        let by_bot = hear(&waiting(), by_bot("helper", "one moment"), false).next;
        assert_eq!((by_bot.awaiting_reply_since, by_bot.responsible()), (None, None));
        let claimed = hear(&waiting(), by_manager("ana", "hello"), false);
        assert_eq!(names(&claimed), ["dialog.assigned", "message.sent"]);
        let late = hear(&assigned(), by_manager("ana", "hello"), true);
        assert_eq!(names(&late), ["message.sent"]);
        assert_eq!(late.next.awaiting_reply_since, assigned().awaiting_reply_since);
        assert_eq!(late.next.messages, assigned().messages + 1);
    }

    #[test]
    fn a_customer_waits_from_the_first_unanswered_message_on() {
        let once = write(&assigned(), by_customer("and?"), 100);
        assert_eq!(names(&once), ["message.received"]);
        assert_eq!(once.next.unread, 2);
        assert_eq!(once.next.awaiting_reply_since, Some(at(0)), "the first one was not answered");
        assert_eq!(once.next.last_customer_message_at, Some(at(100)));
        let answered = write(&once.next, by_manager("ana", "here"), 110).next;
        let again = write(&answered, by_customer("so"), 120).next;
        assert_eq!((again.unread, again.awaiting_reply_since), (1, Some(at(120))));
    }

    #[test]
    fn a_customers_message_calls_off_the_closure_and_idleness() {
        let mut dialog = assigned();
        dialog.idle = true;
        dialog.warnings_sent = 1;
        dialog.closes_at = Some(at(50));
        let written = write(&dialog, by_customer("wait"), 100);
        assert_eq!(names(&written), ["message.received", "dialog.close_postponed"]);
        let next = written.next;
        assert_eq!((next.idle, next.warnings_sent, next.closes_at), (false, 0, None));
    }

    #[test]
    fn the_responsibles_reply_is_measured_and_ends_the_wait() {
        let first = write(&assigned(), by_manager("ana", "hello"), 60);
        assert_eq!(names(&first), ["message.sent"]);
        let (channel, took): (Arc<str>, _) = ("telegram".into(), minutes(1));
        let expected = [
            ServiceFigure::FirstReply { channel: channel.clone(), took },
            ServiceFigure::Reply { channel, took },
        ];
        assert_eq!(figures(&first), expected);
        let next = first.next;
        assert_eq!((next.unread, next.awaiting_reply_since), (0, None));
        assert_eq!(next.first_reply_at, Some(at(60)));
        let second = write(&next, by_manager("ana", "still there?"), 90);
        assert_eq!(figures(&second), [], "nobody waited for it");
    }

    #[test]
    fn opening_a_dialog_is_not_a_reply() {
        let opening = opening(Some(by_manager("ana", "hello")));
        let dialog = Dialog::open(opening, &policy(), at(0)).next;
        let dialog = write(&dialog, by_manager("ana", "are you there?"), 10).next;
        assert_eq!(dialog.first_reply_at, None);
        let dialog = write(&dialog, by_customer("yes"), 20).next;
        let replied = write(&dialog, by_manager("ana", "good"), 25);
        assert_eq!(replied.next.first_reply_at, Some(at(25)));
        assert_eq!(figures(&replied).len(), 2);
    }

    #[test]
    fn a_bots_reply_counts_as_ours_but_not_as_a_managers() {
        let dialog = Dialog::open(opening(Some(by_bot("helper", "hello"))), &policy(), at(0)).next;
        let dialog = write(&dialog, by_customer("hi"), 10).next;
        let replied = write(&dialog, by_bot("helper", "what can I do?"), 11);
        assert_eq!(replied.next.last_from, Some(Side::Shop));
        assert_eq!((replied.next.awaiting_reply_since, replied.next.first_reply_at), (None, None));
        assert_eq!(figures(&replied), []);
    }

    #[test]
    fn who_answers_a_waiting_dialog_takes_it() {
        let taken = write(&waiting(), by_manager("boris", "hello"), 30);
        assert_eq!(names(&taken), ["dialog.assigned", "message.sent"]);
        assert!(taken.effects.contains(&Effect::WithdrawRequest));
        assert_eq!(taken.next.responsible(), Some(&manager("boris")));
        assert!(taken.next.pinned);
        assert_eq!((taken.next.request, taken.next.awaiting_reply_since), (None, None));
    }

    #[test]
    fn who_does_not_hold_it_may_not_write_and_the_message_is_kept_as_failed() {
        let cases = [
            (assigned(), by_manager("boris", "hello")),
            (assigned(), by_bot("helper", "hello")),
            (waiting(), by_bot("helper", "hello")),
            (internal(), by_manager("stranger", "hello")),
            (internal(), by_bot("helper", "hello")),
        ];
        for (dialog, message) in cases {
            let refused = write(&dialog, message.clone(), 30);
            assert!(matches!(refused.refusal, Some(Refusal::NotResponsible { .. })), "{message:?}");
            assert_eq!(names(&refused), ["message.sent"]);
            let mut stored = message.clone();
            stored.status = DeliveryStatus::Failed("not_responsible".into());
            assert!(refused.effects.contains(&Effect::RecordMessage(stored)));
            let mut same = refused.next;
            assert_eq!((same.messages, same.version), (dialog.messages + 1, dialog.version + 1));
            same.messages = dialog.messages;
            same.version = dialog.version;
            assert_eq!(same, dialog, "nothing but the record of it");
        }
    }

    #[test]
    fn anybody_may_leave_a_note_and_it_is_no_reply() {
        for dialog in [assigned(), waiting()] {
            let mut note = by_manager("boris", "he called yesterday");
            note.visibility = Visibility::Private;
            let noted = write(&dialog, note, 30);
            assert_eq!((noted.refusal, &noted.next.state), (None, &dialog.state));
            assert_eq!(noted.next.awaiting_reply_since, dialog.awaiting_reply_since);
            assert_eq!(noted.next.last_message_at, dialog.last_message_at);
        }
    }

    #[test]
    fn texts_of_reparto_are_neither_replies_nor_questions() {
        let text = message(Author::Reparto, "we are closed now");
        let written = write(&assigned(), text, 30);
        assert_eq!(written.next.last_message_at, assigned().last_message_at);
        assert_eq!(written.next.awaiting_reply_since, Some(at(0)));
    }

    #[test]
    fn customers_stay_out_of_internal_dialogs() {
        let refused = internal().decide(Command::Write(by_customer("hi")), &policy(), at(9));
        assert_eq!(refused, Err(Refusal::InternalDialog));
        let written = write(&internal(), by_manager("boris", "here"), 9);
        assert_eq!((written.refusal, written.next.unread), (None, 0));
    }

    #[test]
    fn nobody_writes_in_a_closed_dialog() {
        for message in [by_customer("hi"), by_manager("ana", "hi")] {
            let refused = closed().decide(Command::Write(message), &policy(), at(999));
            assert_eq!(refused, Err(Refusal::DialogClosed));
        }
    }

    #[test]
    fn a_reply_keeps_a_dialog_that_was_to_move_for_absence_or_silence() {
        for cause in [Cause::Offline, Cause::NoReply] {
            let moving = decide(&assigned(), Command::Move { cause, from: None }, 20).next;
            let replied = write(&moving, by_manager("ana", "back"), 30);
            assert!(replied.effects.contains(&Effect::WithdrawRequest));
            assert_eq!(replied.next.state, assigned().state);
            assert_eq!(replied.next.request, None);
        }

        let moving =
            decide(&assigned_by_rules(), Command::Move { cause: Cause::RulesChanged, from: None }, 20).next;
        let replied = write(&moving, by_manager("ana", "hello"), 30);
        assert_eq!(replied.next.request, moving.request, "the new rules still want it elsewhere");
    }
}
