//! What happens when nobody does anything: reminders, moves on no reply, idleness, and the way to closure.

use super::draft::Draft;
use super::{closing, offers, replies, routing, texts};
use crate::domain::announcement::TextPurpose;
use crate::domain::closing::{DialogPolicy, NoReplyPolicy};
use crate::domain::dialog::{Dialog, DialogState};
use crate::domain::message::Visibility;
use crate::domain::routing::{Cause, Responsible};
use crate::domain::time::Timestamp;

/// When [`tick`] has something to do next.
pub(super) fn deadline(dialog: &Dialog, policy: &DialogPolicy) -> Option<Timestamp> {
    let is_routed = match dialog.state {
        DialogState::Waiting { .. } | DialogState::Assigned { .. } => true,
        DialogState::Internal | DialogState::Closed { .. } => false,
    };
    if !is_routed || dialog.quarantined {
        return None;
    }
    let due = [
        next_nudge(dialog, policy),
        move_due(dialog, policy),
        idle_due(dialog, policy),
        closing::deadline(dialog, policy),
        replies::due(dialog, policy),
        offers::due(dialog),
        policy.changes_at,
    ];
    due.into_iter().flatten().min()
}

/// Does all that is due by now.
pub(super) fn tick(draft: &mut Draft, policy: &DialogPolicy) {
    let now = draft.now;
    // A reminder to somebody who loses the dialog in the same moment would only confuse.
    if move_due(&draft.dialog, policy).is_some_and(|due| due <= now) {
        routing::start_moving(draft, Cause::NoReply, &policy.reassign);
    } else {
        nudge(draft, policy);
    }
    if idle_due(&draft.dialog, policy).is_some_and(|due| due <= now) {
        draft.dialog.idle = true;
    }
    replies::tick(draft, policy);
    offers::tick(draft);
    closing::tick(draft, policy);
}

/// Since when whoever holds it owes a reply, if they do and it is not on its way to somebody else.
fn reply_owed_since(dialog: &Dialog) -> Option<Timestamp> {
    let since = dialog.awaiting_reply_since?;
    match dialog.state {
        DialogState::Assigned { moving: None, .. } => {
            Some(dialog.moved_at.map_or(since, |moved| moved.max(since)))
        }
        DialogState::Assigned { .. }
        | DialogState::Waiting { .. }
        | DialogState::Internal
        | DialogState::Closed { .. } => None,
    }
}

fn no_reply(policy: &DialogPolicy) -> Option<&NoReplyPolicy> {
    policy.reassign.no_reply.as_ref()
}

/// When it moves for want of a reply, if it may still move.
fn move_due(dialog: &Dialog, policy: &DialogPolicy) -> Option<Timestamp> {
    let since = reply_owed_since(dialog)?;
    let after = no_reply(policy)?.after;
    routing::next_move(dialog, Cause::NoReply, &policy.reassign).map(|_| since + after)
}

/// When its manager is reminded next. Bots need no reminders.
fn next_nudge(dialog: &Dialog, policy: &DialogPolicy) -> Option<Timestamp> {
    dialog.responsible().and_then(Responsible::manager)?;
    let after = no_reply(policy)?.nudges.get(usize::from(dialog.nudges_sent))?;
    Some(reply_owed_since(dialog)? + *after)
}

/// Sends the reminder that is due; of several that were missed, one.
fn nudge(draft: &mut Draft, policy: &DialogPolicy) {
    let before = draft.dialog.nudges_sent;
    while next_nudge(&draft.dialog, policy).is_some_and(|due| due <= draft.now) {
        draft.dialog.nudges_sent = draft.dialog.nudges_sent.saturating_add(1);
    }
    if draft.dialog.nudges_sent > before
        && let Some(since) = draft.dialog.awaiting_reply_since
    {
        let text = texts::nudge(draft.ago(since));
        texts::request(draft, TextPurpose::Nudge, text, Visibility::Private);
    }
}

/// When it begins to cost less: the customer has had their reply and is silent. A customer who waits for us
/// is not idle, or whoever neglects customers would be given more of them.
fn idle_due(dialog: &Dialog, policy: &DialogPolicy) -> Option<Timestamp> {
    let may_idle = matches!(dialog.state, DialogState::Assigned { .. })
        && !dialog.idle
        && dialog.awaiting_reply_since.is_none();
    policy.idle_after.filter(|_| may_idle).map(|after| dialog.last_message_at + after)
}

#[cfg(test)]
mod tests {
    use super::super::samples::*;
    use super::*;
    use crate::domain::dialog::{By, Command, Effect, Standing};
    use crate::domain::message::Author;
    use crate::domain::routing::DecisionEffect;
    use crate::domain::units::Units;

    fn minute(minute: i64) -> Timestamp {
        at(60 * minute)
    }

    /// The customer's message comes a moment after the assignment, so that all counts from there.
    fn owed() -> Dialog {
        let dialog = decide(&answered(), Command::Write(by_customer("and?")), 60).next;
        assert_eq!(dialog.awaiting_reply_since, Some(minute(1)));
        dialog
    }

    #[test]
    fn the_manager_is_reminded_and_then_the_dialog_moves() {
        let dialog = owed();
        assert_eq!(dialog.deadline(&policy()), Some(minute(6)));
        unchanged(&dialog, Command::Tick, 6 * 60 - 1);

        let first = decide(&dialog, Command::Tick, 6 * 60);
        assert_eq!(names(&first), ["message.requested"]);
        let text = "The customer has been waiting for a reply for 5 min.";
        let id = format!("d.n{}", first.next.version);
        assert_eq!(texts(&first), [(id, text.to_owned())]);
        let is_note = |effect: &Effect| {
            matches!(effect, Effect::RecordMessage(message)
                if message.visibility == Visibility::Private && message.from == Author::Reparto)
        };
        assert!(first.effects.iter().any(is_note));
        assert_eq!(first.next.deadline(&policy()), Some(minute(9)));

        let second = decide(&first.next, Command::Tick, 9 * 60).next;
        assert_eq!((second.nudges_sent, second.deadline(&policy())), (2, Some(minute(11))));

        let moving = decide(&second, Command::Tick, 11 * 60);
        assert_eq!(names(&moving), [""; 0]);
        let asked = moving.next.request.clone().expect("it asks");
        assert_eq!((asked.cause, asked.avoid.as_ref()), (Cause::NoReply, manager("ana").manager()));
        assert_eq!(moving.next.deadline(&policy()), None, "somebody must come first");
    }

    #[test]
    fn after_a_move_the_clock_starts_anew() {
        let moving = decide(&owed(), Command::Tick, 11 * 60).next;
        assert_eq!(moving.nudges_sent, 0, "no reminder to who loses it at once");
        let command = answer(&moving, DecisionEffect::Reassigned, Some("boris"));
        let moved = decide(&moving, command, 20 * 60).next;
        assert_eq!(moved.awaiting_reply_since, Some(minute(1)), "the customer waits as before");
        assert_eq!(moved.deadline(&policy()), Some(minute(25)));
        let again = decide(&moved, Command::Tick, 30 * 60).next;
        assert_eq!(again.request.map(|asked| asked.cause), Some(Cause::NoReply));
    }

    #[test]
    fn reminders_start_anew_with_each_holder_and_each_wait() {
        let nudged = decide(&owed(), Command::Tick, 6 * 60).next;
        assert_eq!(nudged.nudges_sent, 1);
        let given = decide(&nudged, assign_to("boris", By::Backend, false), 7 * 60).next;
        assert_eq!(given.deadline(&policy()), Some(minute(12)));
        let replied = decide(&nudged, Command::Write(by_manager("ana", "yes")), 7 * 60).next;
        let asked = decide(&replied, Command::Write(by_customer("so?")), 8 * 60).next;
        assert_eq!(asked.deadline(&policy()), Some(minute(13)));
    }

    #[test]
    fn who_gets_a_dialog_late_has_the_whole_time() {
        let dialog = waiting();
        let command = answer(&dialog, DecisionEffect::Assigned, Some("ana"));
        let assigned = decide(&dialog, command, 3_600).next;
        assert_eq!(assigned.deadline(&policy()), Some(minute(65)));
    }

    #[test]
    fn of_missed_reminders_one_is_sent() {
        let policy = reassign_policy(|reassign| reassign.max_moves = 0);
        let late = decide_under(&owed(), Command::Tick, &policy, 61 * 60);
        assert_eq!((texts(&late).len(), late.next.nudges_sent), (1, 2));
        assert_eq!(late.next.deadline(&policy), None);
    }

    #[test]
    fn a_bot_needs_no_reminder() {
        let dialog = Dialog::open(opening(Some(by_bot("helper", "hi"))), &policy(), at(0)).next;
        let dialog = decide(&dialog, Command::Write(by_customer("hello")), 60).next;
        assert_eq!(dialog.deadline(&policy()), Some(minute(11)));
        let moving = decide(&dialog, Command::Tick, 11 * 60).next;
        assert_eq!(moving.request.map(|asked| (asked.cause, asked.avoid)), Some((Cause::NoReply, None)));
    }

    #[test]
    fn a_customer_who_has_their_reply_and_is_silent_costs_less() {
        let dialog = answered();
        assert_eq!(dialog.deadline(&policy()), Some(at(10) + minutes(15)));
        let idle = decide(&dialog, Command::Tick, 10 + 15 * 60);
        assert!(idle.next.idle && idle.effects.is_empty());
        assert_eq!(idle.next.version, dialog.version + 1, "the change is stored");
        unchanged(&idle.next, Command::Tick, 10 + 15 * 60);
        let charge = |dialog: &Dialog| match dialog.standing(&policy()) {
            Standing::Held { charge, .. } => Some(charge),
            Standing::Free | Standing::Offered(_) | Standing::Gone => None,
        };
        assert_eq!(charge(&idle.next), Some(Units::from_milli(500)));
        let back = decide(&idle.next, Command::Write(by_customer("and?")), 1_000).next;
        assert_eq!(charge(&back), Some(Units::whole(2)));
    }

    #[test]
    fn a_dialog_that_nobody_holds_is_not_idle() {
        let returned =
            Command::Return { by: By::Backend, by_admin: false, only: None, cause: Cause::Returned };
        let dialog = decide(&answered(), returned, 60).next;
        let closing = closing::deadline(&dialog, &policy());
        assert_eq!(dialog.deadline(&policy()), closing);
    }

    #[test]
    fn a_customer_who_waits_for_us_is_not_idle() {
        let policy = reassign_policy(|reassign| reassign.no_reply = None);
        assert_eq!(owed().deadline(&policy), None);
        assert!(!decide_under(&owed(), Command::Tick, &policy, 999_999).next.idle);
    }
}
