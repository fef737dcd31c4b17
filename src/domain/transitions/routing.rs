//! What the supervisor says: decisions, moves away from the absent, and moves taken back.

use std::sync::Arc;

use super::draft::Draft;
use super::holding::{self, Grant};
use super::offers;
use crate::domain::announcement::Body;
use crate::domain::closing::ReassignPolicy;
use crate::domain::dialog::{Dialog, DialogState};
use crate::domain::ids::ManagerId;
use crate::domain::offer::OfferEnd;
use crate::domain::routing::{Cause, Decision, DecisionEffect, Place, Responsible, Target};

/// A decision. It counts only for the request that stands; the supervisor may answer that one several times,
/// until somebody takes the dialog. Whether it counted.
pub(super) fn route(draft: &mut Draft, ticket: u64, decision: Arc<Decision>, place: Option<Place>) -> bool {
    let Some(asked) = draft.dialog.request.as_ref().filter(|request| request.ticket == ticket) else {
        return false;
    };
    let asked = asked.cause;
    // The newest answer counts.
    offers::end(draft, OfferEnd::Withdrawn);
    let fallback = decision.fallback;
    match (decision.effect, decision.choice.clone()) {
        (DecisionEffect::Assigned | DecisionEffect::Reassigned, Some(choice)) => {
            hand_over(draft, asked, choice, decision);
        }
        // Whoever holds it need not be asked.
        (DecisionEffect::Offered, Some(choice)) if draft.dialog.responsible() == Some(&choice) => {
            hand_over(draft, asked, choice, decision);
        }
        (DecisionEffect::Offered, Some(Responsible::Manager(to))) => {
            let Some(accept_by) = decision.accept_by else { return false };
            // An answer that took long to come leaves them the whole time all the same.
            let whole = accept_by.since(decision.at);
            let until = if draft.now + whole / 2 <= accept_by { accept_by } else { draft.now + whole };
            offers::make(draft, to, until, decision, place);
        }
        (DecisionEffect::Assigned | DecisionEffect::Reassigned | DecisionEffect::Offered, _) => return false,
        (DecisionEffect::Waiting | DecisionEffect::Kept, _) => hold(draft, decision, place),
    }
    if let Some(reason) = fallback {
        let dialog = draft.dialog.id.clone();
        draft.announce(None, Body::FallbackUsed { dialog, reason });
    }
    true
}

/// Somebody takes it. `asked` is why it was asked for: a decision after a restart has another cause.
fn hand_over(draft: &mut Draft, asked: Cause, choice: Responsible, decision: Arc<Decision>) {
    let cause = decision.cause;
    match draft.dialog.responsible() {
        Some(holder) if *holder == choice => {
            // The best place for it is where it is: the move is over.
            draft.dialog.request = None;
            if let DialogState::Assigned { moving, .. } = &mut draft.dialog.state {
                *moving = None;
            }
            offers::call_off(draft);
            draft.announce(Some(cause), Body::DialogKept(decision));
            return;
        }
        Some(_) | None => count_move(draft, asked),
    }
    let through = decision.through().cloned();
    holding::give(draft, choice, Grant { cause, by: None, decision: Some(decision), through });
}

/// Counts that somebody else takes it from whoever holds it, which was asked for this cause.
pub(super) fn count_move(draft: &mut Draft, asked: Cause) {
    match draft.dialog.responsible() {
        Some(_) if asked == Cause::MaxMoves => draft.dialog.then_used = true,
        Some(_) if asked.is_automatic_move() => {
            draft.dialog.moves = draft.dialog.moves.saturating_add(1);
        }
        Some(_) | None => {}
    }
}

/// Nobody takes it yet: it waits, or stays with whoever holds it.
fn hold(draft: &mut Draft, decision: Arc<Decision>, to_remember: Option<Place>) {
    let cause = Some(decision.cause);
    if let Some(again_at) = decision.ask_again_at {
        offers::pause(draft, again_at);
    }
    match &mut draft.dialog.state {
        DialogState::Waiting { place, .. } => {
            *place = to_remember;
            draft.announce(cause, Body::DialogWaiting(decision));
        }
        DialogState::Assigned { .. } => draft.announce(cause, Body::DialogKept(decision)),
        DialogState::Internal | DialogState::Closed { .. } => {}
    }
}

/// It should move away from whoever holds it. It stays with them until somebody else takes it, unless they
/// are gone for good.
pub(super) fn start_moving(draft: &mut Draft, cause: Cause, policy: &ReassignPolicy) {
    let Some((holder, _)) = holding::held(&draft.dialog) else {
        return;
    };
    match cause {
        Cause::MemberRemoved => {
            holding::put_back(draft, cause, None);
            holding::request(draft, cause, holder.manager().cloned(), None);
        }
        Cause::NoReply | Cause::Offline => {
            if let Some((cause, only)) = next_move(&draft.dialog, cause, policy) {
                let avoid = holder.manager().filter(|_| policy.avoid_last).cloned();
                move_on(draft, cause, avoid, only);
            }
        }
        // New rules may find that its place is where it is. They are no reason to spend the last move.
        Cause::RulesChanged
            if is_staying(&draft.dialog) && !draft.dialog.pinned && draft.dialog.moves < policy.max_moves =>
        {
            move_on(draft, cause, None, None);
        }
        // Nothing that the supervisor moves dialogs for.
        Cause::RulesChanged
        | Cause::Opened
        | Cause::Manual
        | Cause::Picked
        | Cause::External
        | Cause::Returned
        | Cause::MaxMoves
        | Cause::Recovered => {}
    }
}

/// What an automatic move would be now: for its cause, or the last one to whoever the rules name for it.
/// `None`: it stays where it is.
pub(super) fn next_move(
    dialog: &Dialog,
    cause: Cause,
    policy: &ReassignPolicy,
) -> Option<(Cause, Option<Target>)> {
    if !is_staying(dialog) {
        None
    } else if dialog.moves < policy.max_moves {
        Some((cause, None))
    } else if dialog.then_used {
        None
    } else {
        policy.then.clone().map(|target| (Cause::MaxMoves, Some(target)))
    }
}

/// Somebody holds it, and it is not to move.
fn is_staying(dialog: &Dialog) -> bool {
    matches!(dialog.state, DialogState::Assigned { moving: None, .. })
}

fn move_on(draft: &mut Draft, cause: Cause, avoid: Option<ManagerId>, only: Option<Target>) {
    if let DialogState::Assigned { moving, .. } = &mut draft.dialog.state {
        *moving = Some(cause);
        holding::request(draft, cause, avoid, only);
    }
}

/// Its manager is back. Of the last move nobody knows any more what led to it: if that was silence, the
/// next tick asks for it again.
pub(super) fn stay(draft: &mut Draft) {
    stay_if(draft, |cause| matches!(cause, Cause::Offline | Cause::MaxMoves));
}

/// The responsible replied, so neither absence nor silence is a reason any more.
pub(super) fn stay_after_reply(draft: &mut Draft) {
    stay_if(draft, |cause| matches!(cause, Cause::NoReply | Cause::Offline | Cause::MaxMoves));
}

fn stay_if(draft: &mut Draft, is_over: impl Fn(Cause) -> bool) {
    if let DialogState::Assigned { moving: Some(cause), .. } = draft.dialog.state
        && is_over(cause)
    {
        holding::withdraw(draft);
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::*;
    use super::*;
    use crate::domain::closing::DialogPolicy;
    use crate::domain::dialog::{By, Command, Effect};
    use crate::domain::ids::{CustomerId, GroupId, RulesVersion};
    use crate::domain::routing::FallbackReason;

    fn last_resort(max_moves: u32, then: bool) -> DialogPolicy {
        let target = Target::Group(GroupId::trusted("duty"));
        reassign_policy(|reassign| {
            reassign.max_moves = max_moves;
            reassign.then = then.then_some(target);
        })
    }

    fn answered_with(dialog: &Dialog, effect: DecisionEffect, choice: Option<&str>) -> Dialog {
        decide(dialog, answer(dialog, effect, choice), 50).next
    }

    #[test]
    fn the_answer_to_the_request_that_stands_counts_whatever_was_written_since() {
        let dialog = waiting();
        let answer = answer(&dialog, DecisionEffect::Assigned, Some("ana"));
        let written = decide(&dialog, Command::Write(by_customer("hello?")), 10).next;
        let assigned = decide(&written, answer.clone(), 20);
        assert_eq!(names(&assigned), ["dialog.assigned"]);
        assert!(!assigned.effects.contains(&Effect::WithdrawRequest), "it was answered");
        let next = assigned.next;
        assert_eq!(next.responsible(), Some(&manager("ana")));
        assert_eq!((next.first_assigned_at, next.moved_at), (Some(at(20)), Some(at(20))));
        assert_eq!((next.pinned, next.moves, next.version), (false, 0, 3));
        unchanged(&next, answer, 30);
    }

    #[test]
    fn an_answer_to_an_older_request_is_dropped() {
        let dialog = assigned();
        let moving = decide(&dialog, Command::Move { cause: Cause::Offline, from: None }, 10).next;
        let stale = answer(&moving, DecisionEffect::Reassigned, Some("boris"));
        let back = Command::Return { by: By::Backend, by_admin: false, only: None, cause: Cause::Returned };
        unchanged(&decide(&moving, back, 20).next, stale, 30);
    }

    #[test]
    fn a_request_may_be_answered_by_waiting_first() {
        let dialog = waiting();
        let rules = RulesVersion::trusted("r");
        let entered = Place { rules, rule: None, step: 2, entered_at: at(10), held_until: None };
        let Command::Route { ticket, decision, .. } = answer(&dialog, DecisionEffect::Waiting, None) else {
            unreachable!("it is a route")
        };
        let place = Some(entered.clone());
        let command = Command::Route { ticket, decision, place, texts: Vec::new() };
        let waits = decide(&dialog, command, 10);
        assert_eq!(names(&waits), ["dialog.waiting"]);
        let waiting = DialogState::Waiting { since: at(0), place: Some(entered) };
        assert_eq!(waits.next.state, waiting);
        let taken = answered_with(&waits.next, DecisionEffect::Assigned, Some("ana"));
        assert_eq!(taken.responsible(), Some(&manager("ana")));
    }

    #[test]
    fn a_dialog_stays_until_somebody_else_takes_it() {
        let moving = decide(&assigned(), Command::Move { cause: Cause::Offline, from: None }, 20);
        assert_eq!(names(&moving), [""; 0]);
        let asked = moving.next.request.clone().expect("it asks");
        assert_eq!((asked.cause, asked.avoid.as_ref()), (Cause::Offline, manager("ana").manager()));
        assert_eq!(moving.next.responsible(), Some(&manager("ana")));

        let kept = decide(&moving.next, answer(&moving.next, DecisionEffect::Kept, None), 30);
        assert_eq!(names(&kept), ["dialog.kept"]);
        assert_eq!(kept.next.state, moving.next.state);

        let command = answer(&kept.next, DecisionEffect::Reassigned, Some("boris"));
        let moved = decide(&kept.next, command, 40);
        assert_eq!(names(&moved), ["dialog.reassigned"]);
        let next = moved.next;
        assert_eq!((next.moves, next.taken_from.as_ref()), (1, manager("ana").manager()));
        let to = manager("boris");
        assert_eq!(next.state, DialogState::Assigned { to, since: at(40), moving: None });
        assert_eq!((next.request, next.nudges_sent), (None, 0));
    }

    #[test]
    fn whom_it_is_taken_from_is_avoided_only_if_the_rules_say_so() {
        let policy = reassign_policy(|reassign| reassign.avoid_last = false);
        let moving =
            decide_under(&assigned(), Command::Move { cause: Cause::Offline, from: None }, &policy, 20).next;
        assert_eq!(moving.request.as_ref().and_then(|request| request.avoid.clone()), None);
        let same = decide(&moving, answer(&moving, DecisionEffect::Reassigned, Some("ana")), 30);
        assert_eq!(names(&same), ["dialog.kept"]);
        assert_eq!((same.next.state, same.next.request), (assigned().state, None));
    }

    #[test]
    fn whoever_is_looked_for_is_looked_for_anew_when_the_customer_turns_out_to_be_another() {
        let relink = || Command::Relink(CustomerId::trusted("other"));
        let dialog = waiting();
        let stale = answer(&dialog, DecisionEffect::Assigned, Some("ana"));
        let relinked = decide(&dialog, relink(), 10).next;
        assert_eq!(relinked.customer, Some(CustomerId::trusted("other")));
        unchanged(&relinked, stale, 20);
        let asked = relinked.request.clone().expect("it asks");
        assert_eq!((asked.cause, asked.ticket), (Cause::Opened, relinked.version));
        assert_eq!(decide(&assigned(), relink(), 10).effects, [], "nobody is looked for");
    }

    #[test]
    fn a_fallback_is_told() {
        let dialog = waiting();
        let Command::Route { ticket, decision, place, texts } =
            answer(&dialog, DecisionEffect::Assigned, Some("duty"))
        else {
            unreachable!("it is a route")
        };
        let mut decision = Arc::unwrap_or_clone(decision);
        decision.fallback = Some(FallbackReason::NoRule);
        let command = Command::Route { ticket, decision: Arc::new(decision), place, texts };
        let names = names(&decide(&dialog, command, 10));
        assert_eq!(names, ["dialog.assigned", "routing.fallback_used"]);
    }

    #[test]
    fn a_decision_without_a_choice_assigns_nobody() {
        let dialog = waiting();
        unchanged(&dialog, answer(&dialog, DecisionEffect::Assigned, None), 10);
    }

    #[test]
    fn who_returns_keeps_their_dialogs() {
        let dialog = assigned();
        let moving = decide(&dialog, Command::Move { cause: Cause::Offline, from: None }, 20).next;
        unchanged(&moving, Command::Move { cause: Cause::Offline, from: None }, 25);
        let kept = decide(&moving, Command::Stay, 30);
        assert_eq!(kept.effects, [Effect::WithdrawRequest]);
        assert_eq!(kept.next.state, dialog.state);
        unchanged(&kept.next, Command::Stay, 40);

        let silent = decide(&dialog, Command::Tick, 605).next;
        unchanged(&silent, Command::Stay, 610);
    }

    #[test]
    fn the_dialogs_of_a_removed_manager_wait() {
        let moving = decide(&assigned(), Command::Move { cause: Cause::Offline, from: None }, 20).next;
        let returned = decide(&moving, Command::Move { cause: Cause::MemberRemoved, from: None }, 30);
        assert_eq!(names(&returned), ["dialog.returned"]);
        let next = returned.next;
        assert_eq!(next.state, DialogState::Waiting { since: at(30), place: None });
        let asked = next.request.expect("it asks");
        assert_eq!((asked.cause, asked.ticket), (Cause::MemberRemoved, next.version));
        unchanged(&waiting(), Command::Move { cause: Cause::MemberRemoved, from: None }, 30);
    }

    #[test]
    fn new_rules_move_only_what_rules_placed() {
        unchanged(&assigned(), Command::Move { cause: Cause::RulesChanged, from: None }, 20);
        let away = decide(&assigned_by_rules(), Command::Move { cause: Cause::Offline, from: None }, 20).next;
        unchanged(&away, Command::Move { cause: Cause::RulesChanged, from: None }, 30);
        let moving =
            decide(&assigned_by_rules(), Command::Move { cause: Cause::RulesChanged, from: None }, 20).next;
        let asked = moving.request.clone().expect("it asks");
        assert_eq!((asked.cause, asked.avoid), (Cause::RulesChanged, None));
        assert_eq!(answered_with(&moving, DecisionEffect::Reassigned, Some("boris")).moves, 1);
    }

    #[test]
    fn after_the_last_move_there_is_none() {
        let none_left = last_resort(0, false);
        let stays =
            assigned().decide(Command::Move { cause: Cause::Offline, from: None }, &none_left, at(20));
        assert_eq!(stays.map(|transition| transition.next), Ok(assigned()));

        let policy = last_resort(0, true);
        let dialog =
            decide_under(&assigned(), Command::Move { cause: Cause::Offline, from: None }, &policy, 20).next;
        let asked = dialog.request.clone().expect("it asks");
        assert_eq!((asked.cause, asked.only), (Cause::MaxMoves, policy.reassign.then.clone()));
        assert!(!dialog.then_used, "nobody took it yet");
        let stays = decide(&dialog, Command::Stay, 30).next;
        assert_eq!(stays.request, None);

        let dialog = answered_with(&dialog, DecisionEffect::Reassigned, Some("lead"));
        assert_eq!((dialog.then_used, dialog.moves), (true, 0));
        let after = decide_under(&dialog, Command::Move { cause: Cause::Offline, from: None }, &policy, 90);
        assert_eq!(after.next, dialog);
        let after = decide_under(&dialog, Command::Tick, &policy, 3_600).next;
        assert_eq!(after.responsible(), Some(&manager("lead")));
        assert_eq!(after.request, None);
    }
}
