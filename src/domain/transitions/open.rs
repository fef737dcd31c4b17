//! The first moment of a dialog.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::draft::Draft;
use super::{holding, write};
use crate::domain::announcement::Body;
use crate::domain::dialog::{By, Dialog, DialogKind, DialogState, Opening, Side, StartedBy, Transition};
use crate::domain::message::{Author, Message};
use crate::domain::offer::Passed;
use crate::domain::routing::{Cause, Responsible};
use crate::domain::time::Timestamp;

/// How much of the first message's text is kept for conditions, in characters.
const OPENING_TEXT: usize = 500;

/// Opens a dialog: it waits for a responsible, unless one of ours wrote first and holds it.
pub(super) fn open(opening: Opening, now: Timestamp) -> Transition {
    let started_by = started_by(&opening);
    let (dialog, message) = dialog(opening, started_by, now);
    let mut draft = Draft::new(dialog, now);
    let body = Body::DialogOpened {
        chat: draft.dialog.chat.clone(),
        channel: draft.dialog.channel.clone(),
        customer: draft.dialog.customer.clone(),
        kind: draft.dialog.kind,
        started_by,
    };
    draft.announce(None, body);
    match &message {
        Some(message) => first_message(&mut draft, message),
        // It was opened for a customer whose words are not known: they wait for us all the same.
        None if draft.dialog.kind == DialogKind::Customer => write::customer_waits(&mut draft),
        None => {}
    }
    if matches!(draft.dialog.state, DialogState::Waiting { .. }) {
        holding::request(&mut draft, Cause::Opened, None, None);
    }
    draft.opened()
}

/// Without a message the customer; in an internal dialog a manager, since there is no customer.
fn started_by(opening: &Opening) -> StartedBy {
    match opening.message.as_ref().map(|message| &message.from) {
        Some(Author::Manager(_)) => StartedBy::Manager,
        Some(Author::Bot(_)) => StartedBy::Bot,
        Some(Author::Customer(_) | Author::Reparto) | None => match opening.kind {
            DialogKind::Customer => StartedBy::Customer,
            DialogKind::Internal => StartedBy::Manager,
        },
    }
}

/// Whoever of ours writes first holds the dialog; a manager who starts an internal one is a member of it.
fn first_message(draft: &mut Draft, message: &Message) {
    let is_internal = draft.dialog.kind == DialogKind::Internal;
    match &message.from {
        Author::Manager(manager) if is_internal => {
            draft.dialog.members.insert(manager.clone());
            write::record(draft, message);
        }
        Author::Manager(manager) => {
            let by = Some(By::Manager(manager.clone()));
            let grant = holding::Grant { cause: Cause::Picked, by, decision: None, through: None };
            holding::give(draft, Responsible::Manager(manager.clone()), grant);
            write::record(draft, message);
        }
        Author::Bot(bot) if !is_internal => {
            let grant = holding::Grant { cause: Cause::Picked, by: None, decision: None, through: None };
            holding::give(draft, Responsible::Bot(bot.clone()), grant);
            write::record(draft, message);
        }
        Author::Customer(_) if !is_internal => write::from_customer(draft, message),
        Author::Customer(_) | Author::Bot(_) | Author::Reparto => write::record(draft, message),
    }
    let is_ours = matches!(message.from, Author::Manager(_) | Author::Bot(_));
    if is_ours && !write::is_note(message) {
        draft.dialog.last_from = Some(Side::Shop);
    }
}

fn dialog(opening: Opening, started_by: StartedBy, now: Timestamp) -> (Dialog, Option<Message>) {
    let (channel, channel_kind) = match opening.channel {
        Some((id, kind)) => (Some(id), kind),
        None => (None, Arc::from("")),
    };
    let text = opening.message.as_ref().and_then(|message| message.text.clone());
    let state = match opening.kind {
        DialogKind::Customer => DialogState::Waiting { since: now, place: None },
        DialogKind::Internal => DialogState::Internal,
    };
    let dialog = Dialog {
        id: opening.id,
        chat: opening.chat,
        channel,
        channel_kind,
        customer: opening.customer,
        kind: opening.kind,
        started_by,
        members: opening.members,
        returning: opening.returning,
        opening_text: beginning(text.unwrap_or_default()),
        facts: opening.facts,
        opened_at: now,
        state,
        first_assigned_at: None,
        first_reply_at: None,
        awaiting_reply_since: None,
        moved_at: None,
        last_message_at: now,
        last_customer_message_at: None,
        last_from: None,
        messages: 0,
        unread: 0,
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
        version: 1,
    };
    (dialog, opening.message)
}

fn beginning(text: Arc<str>) -> Arc<str> {
    match text.char_indices().nth(OPENING_TEXT) {
        Some((end, _)) => text[..end].into(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::*;
    use super::*;
    use crate::domain::dialog::{AssignmentRequest, Effect};
    use crate::domain::ids::ManagerId;
    use crate::domain::message::Visibility;

    #[test]
    fn a_customers_message_opens_a_dialog_that_asks_for_a_responsible() {
        let opened = Dialog::open(opening(Some(by_customer("hello"))), &policy(), at(7));
        assert_eq!(names(&opened), ["dialog.opened", "message.received"]);
        let asked = AssignmentRequest { cause: Cause::Opened, ticket: 1, avoid: None, only: None };
        assert_eq!(opened.effects.last(), Some(&Effect::RequestAssignment(asked.clone())));
        let dialog = opened.next;
        assert_eq!(dialog.state, DialogState::Waiting { since: at(7), place: None });
        assert_eq!((dialog.version, dialog.messages, dialog.unread), (1, 1, 1));
        assert_eq!(dialog.awaiting_reply_since, Some(at(7)));
        assert_eq!(dialog.last_from, Some(Side::Customer));
        assert_eq!(dialog.request, Some(asked));
        assert_eq!(&*dialog.opening_text, "hello");
    }

    #[test]
    fn a_customer_without_words_waits_too() {
        let opened = Dialog::open(opening(None), &policy(), at(7));
        assert_eq!(names(&opened), ["dialog.opened"]);
        assert_eq!(opened.next.started_by, StartedBy::Customer);
        assert_eq!((opened.next.messages, opened.next.unread), (0, 0));
        assert_eq!(opened.next.awaiting_reply_since, Some(at(7)));
    }

    #[test]
    fn who_of_ours_writes_first_holds_it() {
        let opened = Dialog::open(opening(Some(by_manager("ana", "hello"))), &policy(), at(7));
        assert_eq!(names(&opened), ["dialog.opened", "dialog.assigned", "message.sent"]);
        assert_eq!(opened.next.responsible(), Some(&manager("ana")));
        assert_eq!(opened.next.started_by, StartedBy::Manager);
        assert_eq!(opened.next.last_from, Some(Side::Shop));
        assert_eq!(figures(&opened), [], "no time to speak of");
        assert_eq!((opened.next.request, opened.next.first_reply_at), (None, None));

        let opened = Dialog::open(opening(Some(by_bot("helper", "hello"))), &policy(), at(7));
        assert_eq!(opened.next.responsible(), Some(&bot("helper")));
        assert!(!opened.next.pinned, "nobody chose");
    }

    #[test]
    fn a_note_is_no_word_to_the_customer() {
        let mut note = by_manager("ana", "to be called back");
        note.visibility = Visibility::Private;
        let opened = Dialog::open(opening(Some(note)), &policy(), at(7)).next;
        assert_eq!(opened.responsible(), Some(&manager("ana")));
        assert_eq!((opened.last_from, opened.messages), (None, 1));
    }

    #[test]
    fn an_internal_dialog_is_not_routed_and_its_starter_is_a_member() {
        let mut opening = opening(Some(by_manager("ana", "a word?")));
        opening.kind = DialogKind::Internal;
        opening.customer = None;
        opening.channel = None;
        opening.members = [ManagerId::trusted("boris")].into();
        let opened = Dialog::open(opening, &policy(), at(7));
        assert_eq!(names(&opened), ["dialog.opened", "message.sent"]);
        assert_eq!(opened.next.state, DialogState::Internal);
        assert_eq!((opened.next.members.len(), opened.next.request), (2, None));
    }

    #[test]
    fn only_the_beginning_of_a_long_text_is_kept_and_no_letter_is_cut() {
        let opened = Dialog::open(opening(Some(by_customer(&"ñ".repeat(600)))), &policy(), at(7));
        assert_eq!(opened.next.opening_text.chars().count(), OPENING_TEXT);
    }
}
