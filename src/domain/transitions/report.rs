//! Delivery reports: how far a message got, and what that means for its dialog.

use super::closing;
use super::draft::Draft;
use crate::domain::closing::DialogPolicy;
use crate::domain::dialog::Effect;
use crate::domain::message::{Author, DeliveryStatus, Message};

/// Stores the status, unless it is the one that is stored.
pub(super) fn record(draft: &mut Draft, message: &Message, status: DeliveryStatus) {
    if message.status != status {
        draft.effect(Effect::RecordStatus { message: message.id.clone(), status });
    }
}

/// Who sees one message of a customer has seen those before it; a farewell that went out, or cannot, ends
/// the dialog.
pub(super) fn report(draft: &mut Draft, message: &Message, status: DeliveryStatus, policy: &DialogPolicy) {
    if message.status == status {
        return;
    }
    let is_farewell = draft.dialog.farewell.as_ref().is_some_and(|farewell| farewell.message == message.id);
    if matches!(message.from, Author::Customer(_)) && status == DeliveryStatus::Seen {
        draft.dialog.unread = 0;
    }
    record(draft, message, status);
    if is_farewell {
        closing::farewell_settled(draft, policy);
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::*;
    use super::*;
    use crate::domain::dialog::Command;

    #[test]
    fn a_message_that_was_seen_leaves_nothing_unread() {
        let message = by_customer("hello");
        let dialog = waiting();
        assert_eq!(dialog.unread, 1);
        let command = |status| Command::Report { message: message.clone(), status };
        let delivered = decide(&dialog, command(DeliveryStatus::Delivered), 10);
        assert_eq!(delivered.next.unread, 1);
        let seen = decide(&dialog, command(DeliveryStatus::Seen), 10);
        assert_eq!((seen.next.unread, seen.next.version), (0, dialog.version + 1));
        let recorded = Effect::RecordStatus { message: message.id.clone(), status: DeliveryStatus::Seen };
        assert_eq!(seen.effects, [recorded]);
    }

    #[test]
    fn that_our_message_was_seen_says_nothing_of_theirs() {
        let command = Command::Report { message: by_manager("ana", "hello"), status: DeliveryStatus::Seen };
        assert_eq!(decide(&waiting(), command, 10).next.unread, 1);
    }

    #[test]
    fn a_report_that_says_nothing_new_changes_nothing() {
        let mut message = by_customer("hello");
        message.status = DeliveryStatus::Seen;
        let status = DeliveryStatus::Seen;
        unchanged(&waiting(), Command::Report { message, status }, 10);
    }

    #[test]
    fn a_late_report_is_stored_and_the_closed_dialog_stays_as_it_is() {
        let dialog = closed();
        let command = Command::Report { message: by_manager("ana", "bye"), status: DeliveryStatus::Seen };
        let late = decide(&dialog, command, 1_000);
        assert_eq!(late.next, dialog);
        assert!(matches!(late.effects[..], [Effect::RecordStatus { .. }]));
    }
}
