//! How a dialog ends: warnings, farewell, closure.
//!
//! A dialog closes `after` its last message, but never before each of its warnings is out for as long as it
//! promised: a warning that goes out late (the server was down, the rule became shorter) puts off what
//! follows it. The closure and the warnings still to come are planned from one another.

use std::sync::Arc;
use std::time::Duration;

use super::draft::Draft;
use super::{holding, texts};
use crate::domain::announcement::{Body, TextPurpose};
use crate::domain::closing::{ClosePolicy, DialogPolicy, LastFrom, Text};
use crate::domain::dialog::{By, ClosureReason, Dialog, DialogState, Effect, Farewell, Side, StartedBy};
use crate::domain::figures::ServiceFigure;
use crate::domain::message::Visibility;
use crate::domain::time::Timestamp;

/// The policy by which it closes, as things are.
fn applying<'a>(dialog: &Dialog, policy: &'a DialogPolicy) -> Option<&'a Arc<ClosePolicy>> {
    policy.close.as_ref().filter(|close| match close.last_from {
        LastFrom::Manager => dialog.last_from == Some(Side::Shop),
        LastFrom::Customer => dialog.last_from == Some(Side::Customer),
        LastFrom::Any => true,
    })
}

/// When it closes if nobody writes and no warning goes out late.
fn closes_at(dialog: &Dialog, close: &ClosePolicy) -> Timestamp {
    let planned = dialog.last_message_at + close.after;
    dialog.closes_at.map_or(planned, |promised| promised.max(planned))
}

/// The next warning: when it is due, how long before the closure that is, and its text.
fn next_warning<'a>(dialog: &Dialog, close: &'a ClosePolicy) -> Option<(Timestamp, Duration, &'a Arc<Text>)> {
    let (before, text) = close.warnings.get(usize::from(dialog.warnings_sent))?;
    Some((closes_at(dialog, close) - *before, *before, text))
}

/// When there is something to do next.
pub(super) fn deadline(dialog: &Dialog, policy: &DialogPolicy) -> Option<Timestamp> {
    match (applying(dialog, policy), &dialog.farewell) {
        (Some(close), Some(farewell)) => Some(farewell.requested_at + close.farewell_timeout),
        (Some(close), None) => {
            let warning = next_warning(dialog, close).map(|(due, ..)| due);
            Some(warning.unwrap_or_else(|| closes_at(dialog, close)))
        }
        // The rules changed their mind: what was begun is called off at once.
        (None, Some(farewell)) => Some(farewell.requested_at),
        (None, None) => (dialog.warnings_sent > 0).then_some(dialog.last_message_at),
    }
}

/// Does what is due: warns, says farewell, closes.
pub(super) fn tick(draft: &mut Draft, policy: &DialogPolicy) {
    let Some(close) = applying(&draft.dialog, policy) else {
        return postpone(draft);
    };
    if let Some(farewell) = &draft.dialog.farewell {
        if farewell.requested_at + close.farewell_timeout <= draft.now {
            by_itself(draft, close);
        }
        return;
    }
    warn(draft, close, policy);
    // While a warning is to come, so is the closure: they are planned from one another.
    if closes_at(&draft.dialog, close) > draft.now {
        return;
    }
    match &close.farewell {
        Some(text) if policy.may_write => {
            let wording = text.in_language(policy.language.as_deref());
            let message = texts::request(draft, TextPurpose::Farewell, wording, Visibility::Public);
            draft.dialog.farewell = Some(Farewell { message, requested_at: draft.now });
        }
        Some(_) | None => by_itself(draft, close),
    }
}

/// Sends the warning that is due. Of several that fall together the last is enough.
fn warn(draft: &mut Draft, close: &ClosePolicy, policy: &DialogPolicy) {
    let mut last = None;
    while let Some((due, before, text)) = next_warning(&draft.dialog, close)
        && due <= draft.now
    {
        let promised = closes_at(&draft.dialog, close).max(draft.now + before);
        draft.dialog.closes_at = Some(promised);
        draft.dialog.warnings_sent = draft.dialog.warnings_sent.saturating_add(1);
        last = Some((text, promised));
    }
    let Some((text, closes_at)) = last else {
        return;
    };
    let rule = close.id.clone();
    draft.announce(None, Body::DialogCloseWarned { rule, closes_at });
    if policy.may_write {
        let wording = text.in_language(policy.language.as_deref());
        texts::request(draft, TextPurpose::CloseWarning, wording, Visibility::Public);
    }
}

/// The farewell went out, or cannot.
pub(super) fn farewell_settled(draft: &mut Draft, policy: &DialogPolicy) {
    match applying(&draft.dialog, policy) {
        Some(close) => by_itself(draft, close),
        None => postpone(draft),
    }
}

/// Somebody wrote, or the rules changed: a closure that was under way is called off.
pub(super) fn postpone(draft: &mut Draft) {
    let was_under_way = draft.dialog.warnings_sent > 0 || draft.dialog.farewell.is_some();
    draft.dialog.warnings_sent = 0;
    draft.dialog.closes_at = None;
    draft.dialog.farewell = None;
    if was_under_way {
        draft.announce(None, Body::DialogClosePostponed);
    }
}

fn by_itself(draft: &mut Draft, policy: &ClosePolicy) {
    let reason = if policy.by_account {
        ClosureReason::AccountAutoClose
    } else {
        ClosureReason::Idle(policy.id.clone())
    };
    close(draft, reason, None);
}

/// Closes it for good.
pub(super) fn close(draft: &mut Draft, reason: ClosureReason, by: Option<By>) {
    let held = holding::held(&draft.dialog);
    let last = held.as_ref().map(|(holder, _)| holder.clone());
    holding::withdraw(draft);
    draft.announce(None, Body::DialogClosed { reason: reason.clone(), by: by.clone(), last: last.clone() });
    measure(draft, &reason, held.map(|(_, since)| since));
    if let Some(manager) = last.as_ref().and_then(|holder| holder.manager()) {
        holding::remember(draft, manager);
        draft.effect(Effect::FinishDialog(manager.clone()));
    }
    draft.dialog.farewell = None;
    draft.dialog.quarantined = false;
    draft.dialog.through = None;
    draft.dialog.state = DialogState::Closed { at: draft.now, reason, by, last };
}

fn measure(draft: &mut Draft, reason: &ClosureReason, held_since: Option<Timestamp>) {
    let dialog = &draft.dialog;
    let channel = dialog.channel_kind.clone();
    let took = draft.ago(dialog.opened_at);
    // A bot may have helped; then the customer does not wait at the end.
    let is_abandoned = dialog.started_by == StartedBy::Customer
        && dialog.first_reply_at.is_none()
        && dialog.awaiting_reply_since.is_some();
    if let Some(since) = held_since {
        holding::handled(draft, since);
    }
    draft.measure(ServiceFigure::Resolution { channel: channel.clone(), reason: reason.word(), took });
    if is_abandoned {
        draft.measure(ServiceFigure::Abandoned { channel });
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::*;
    use super::*;
    use crate::domain::dialog::{Command, Transition};
    use crate::domain::ids::RuleId;
    use crate::domain::message::{Author, DeliveryStatus, Message};

    /// Of the sample: the last message, which is ours, came at second 10.
    const LAST: i64 = 10;
    const HOUR: i64 = 3_600;

    fn tick(dialog: &Dialog, seconds: i64) -> Transition {
        decide(dialog, Command::Tick, seconds)
    }

    fn warned() -> Dialog {
        tick(&answered(), LAST + HOUR).next
    }

    fn farewell() -> Dialog {
        tick(&warned(), LAST + 2 * HOUR).next
    }

    fn report(dialog: &Dialog, status: DeliveryStatus) -> Command {
        let id = dialog.farewell.as_ref().expect("it says farewell").message.clone();
        Command::Report { message: Message { id, ..message(Author::Reparto, "bye") }, status }
    }

    fn announced(transition: &Transition) -> Option<Timestamp> {
        for effect in &transition.effects {
            if let Effect::Announce { body: Body::DialogCloseWarned { closes_at, .. }, .. } = effect {
                return Some(*closes_at);
            }
        }
        None
    }

    #[test]
    fn warning_farewell_closure() {
        let warned = tick(&answered(), LAST + HOUR);
        assert_eq!(names(&warned), ["dialog.close_warned", "message.requested"]);
        assert_eq!(announced(&warned), Some(at(LAST + 2 * HOUR)));
        let id = format!("d.w{}", warned.next.version);
        assert_eq!(texts(&warned), [(id, "soon".to_owned())]);
        assert_eq!(warned.next.last_message_at, at(LAST), "a warning is no conversation");
        assert_eq!(warned.next.deadline(&policy()), Some(at(LAST + 2 * HOUR)));

        let farewell = tick(&warned.next, LAST + 2 * HOUR);
        assert_eq!(names(&farewell), ["message.requested"]);
        assert!(farewell.next.is_open());
        let dialog = farewell.next;
        assert_eq!(dialog.deadline(&policy()), Some(at(LAST + 2 * HOUR + 60)));
        unchanged(&dialog, Command::Tick, LAST + 2 * HOUR + 59);

        let closed = tick(&dialog, LAST + 2 * HOUR + 60);
        assert_eq!(names(&closed), ["dialog.closed"]);
        let reason = ClosureReason::Idle(RuleId::trusted("quiet"));
        let (at, last) = (at(LAST + 2 * HOUR + 60), Some(manager("ana")));
        assert_eq!(closed.next.state, DialogState::Closed { at, reason, by: None, last });
    }

    #[test]
    fn a_farewell_that_went_out_or_cannot_closes_at_once() {
        let dialog = farewell();
        for status in
            [DeliveryStatus::Sent, DeliveryStatus::Delivered, DeliveryStatus::Failed("blocked".into())]
        {
            let closed = decide(&dialog, report(&dialog, status), LAST + 2 * HOUR + 1);
            assert_eq!(names(&closed), ["dialog.closed"]);
            assert!(matches!(closed.effects[0], Effect::RecordStatus { .. }));
        }
    }

    #[test]
    fn whoever_writes_calls_the_closure_off() {
        for dialog in [warned(), farewell()] {
            for message in [by_customer("wait"), by_manager("ana", "one more thing")] {
                let written = decide(&dialog, Command::Write(message), LAST + 2 * HOUR + 1);
                assert_eq!(names(&written)[1..], ["dialog.close_postponed"]);
                let next = written.next;
                assert_eq!((next.farewell, next.warnings_sent, next.closes_at), (None, 0, None));
            }
        }
        let dialog = farewell();
        let written = decide(&dialog, Command::Write(by_customer("wait")), LAST + 2 * HOUR + 1);
        let late = report(&dialog, DeliveryStatus::Sent);
        assert!(decide(&written.next, late, LAST + 2 * HOUR + 2).next.is_open());
    }

    #[test]
    fn a_late_warning_puts_the_closure_off() {
        let late = LAST + 10 * HOUR;
        let warned = tick(&answered(), late);
        assert_eq!(names(&warned), ["dialog.close_warned", "message.requested"]);
        assert_eq!(announced(&warned), Some(at(late + HOUR)));
        assert_eq!(warned.next.deadline(&policy()), Some(at(late + HOUR)));
        unchanged(&warned.next, Command::Tick, late + HOUR - 1);
    }

    #[test]
    fn warnings_keep_their_distances() {
        let policy = close_policy(|close| {
            let text = close.warnings[0].1.clone();
            close.warnings.push((minutes(15), text));
            close.farewell = None;
        });
        let late = LAST + 10 * HOUR;
        let first = decide_under(&answered(), Command::Tick, &policy, late).next;
        assert_eq!(first.deadline(&policy), Some(at(late + HOUR - 900)));
        let second = decide_under(&first, Command::Tick, &policy, late + HOUR - 900);
        assert_eq!(announced(&second), Some(at(late + HOUR)));
        let closed = decide_under(&second.next, Command::Tick, &policy, late + HOUR);
        assert_eq!(names(&closed), ["dialog.closed"]);
    }

    #[test]
    fn warnings_that_fall_together_are_one() {
        let policy = close_policy(|close| close.warnings = vec![close.warnings[0].clone(); 3]);
        let warned = decide_under(&answered(), Command::Tick, &policy, LAST + HOUR);
        assert_eq!((texts(&warned).len(), warned.next.warnings_sent), (1, 3));
    }

    #[test]
    fn a_channel_that_may_not_be_written_to_is_spared_the_texts() {
        let policy = DialogPolicy { may_write: false, ..policy() };
        let warned = decide_under(&answered(), Command::Tick, &policy, LAST + HOUR);
        assert_eq!(names(&warned), ["dialog.close_warned"]);
        let closed = decide_under(&warned.next, Command::Tick, &policy, LAST + 2 * HOUR);
        assert_eq!(names(&closed), ["dialog.closed"]);
    }

    #[test]
    fn texts_are_in_the_customers_language() {
        let policy = DialogPolicy { language: Some("es-MX".into()), ..policy() };
        let warned = decide_under(&answered(), Command::Tick, &policy, LAST + HOUR);
        assert_eq!(texts(&warned)[0].1, "adiós");
    }

    #[test]
    fn it_closes_only_on_whom_the_rule_says() {
        let ours = answered();
        let theirs = decide(&ours, Command::Write(by_customer("and?")), LAST).next;
        let waits = waiting();
        let cases = [
            (LastFrom::Manager, &ours, true),
            (LastFrom::Manager, &theirs, false),
            (LastFrom::Manager, &waits, false),
            (LastFrom::Customer, &ours, false),
            (LastFrom::Customer, &theirs, true),
            (LastFrom::Customer, &waits, true),
            (LastFrom::Any, &ours, true),
            (LastFrom::Any, &theirs, true),
            (LastFrom::Any, &waits, true),
        ];
        for (last_from, dialog, closes) in cases {
            let policy = close_policy(|close| {
                *close = ClosePolicy { last_from, warnings: vec![], farewell: None, ..close.clone() };
            });
            let ticked = decide_under(dialog, Command::Tick, &policy, LAST + 2 * HOUR);
            let state = dialog.state.word();
            assert_eq!(!ticked.next.is_open(), closes, "{last_from:?}, {state}, {dialog:?}");
            if closes && state == "waiting" {
                assert!(ticked.effects.contains(&Effect::WithdrawRequest));
            }
        }
    }

    #[test]
    fn the_accounts_own_time_is_named_as_the_reason() {
        let policy = close_policy(|close| {
            let (warnings, farewell) = (vec![], None);
            *close = ClosePolicy { by_account: true, warnings, farewell, ..close.clone() };
        });
        let closed = decide_under(&answered(), Command::Tick, &policy, LAST + 2 * HOUR).next;
        let DialogState::Closed { reason, .. } = closed.state else { panic!("it is open") };
        assert_eq!(reason, ClosureReason::AccountAutoClose);
    }

    #[test]
    fn a_rule_that_became_shorter_keeps_what_was_promised() {
        let shorter = close_policy(|close| {
            close.after = minutes(20);
            close.warnings[0].0 = minutes(5);
        });
        assert_eq!(warned().deadline(&shorter), Some(at(LAST + 2 * HOUR)));
        let late = LAST + HOUR;
        let warned = decide_under(&answered(), Command::Tick, &shorter, late);
        assert_eq!(announced(&warned), Some(at(late + 300)));
    }

    #[test]
    fn when_the_rules_change_their_mind_subscribers_hear_of_it() {
        let policy = DialogPolicy { close: None, ..policy() };
        for dialog in [warned(), farewell()] {
            assert!(dialog.deadline(&policy).is_some_and(|due| due <= at(LAST + 2 * HOUR)));
            let called_off = decide_under(&dialog, Command::Tick, &policy, LAST + 2 * HOUR);
            assert_eq!(names(&called_off), ["dialog.close_postponed"]);
            assert_eq!(called_off.next.deadline(&policy), None);
        }
    }
}
