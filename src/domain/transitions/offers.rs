//! Offers: somebody is asked whether they take the dialog, and accepts, declines or lets the time pass.
//!
//! While an offer stands nobody new holds the dialog, and the request that it answers stands too. Whatever else
//! happens to the dialog goes first: by hand it is assigned, given back or closed as if there were no offer, which
//! thereby ends. That it was accepted is told by the assignment alone, which needs no decision of its own: the offer
//! told it.

use std::sync::Arc;

use super::draft::Draft;
use super::holding::{self, Grant};
use super::routing;
use crate::domain::announcement::Body;
use crate::domain::dialog::{By, Dialog, DialogState};
use crate::domain::ids::ManagerId;
use crate::domain::offer::{Offer, OfferEnd, Pass, Passed};
use crate::domain::refusal::Refusal;
use crate::domain::routing::{Decision, Place, Responsible};
use crate::domain::time::Timestamp;

/// Somebody was chosen, and is asked. A waiting dialog keeps its place, so that it goes on there if they pass.
pub(super) fn make(
    draft: &mut Draft,
    to: ManagerId,
    until: Timestamp,
    decision: Arc<Decision>,
    to_remember: Option<Place>,
) {
    let Some(ticket) = draft.dialog.request.as_ref().map(|request| request.ticket) else {
        return;
    };
    if let DialogState::Waiting { place, .. } = &mut draft.dialog.state {
        *place = to_remember;
    }
    draft.dialog.passed.forget(decision.at);
    let (cause, through) = (decision.cause, decision.through().cloned());
    draft.dialog.offer = Some(Offer { to: to.clone(), until, ticket, cause, through });
    draft.announce(Some(cause), Body::DialogOffered { to, until, decision });
}

/// Nobody else can be asked for now: when those who passed are asked again.
pub(super) fn pause(draft: &mut Draft, again_at: Timestamp) {
    let passed = &mut draft.dialog.passed;
    if !passed.people.is_empty() && passed.again_at != Some(again_at) {
        passed.again_at = Some(again_at);
        passed.rounds = passed.rounds.saturating_add(1);
    }
}

/// Whoever is asked accepts, or somebody for them who may.
pub(super) fn accept(draft: &mut Draft, by: &By, by_admin: bool) -> Result<(), Refusal> {
    let Some(offer) = standing(draft) else {
        // What is so already is no matter for a refusal: the answer to the first call may have been lost.
        let holds = matches!(by, By::Manager(manager)
            if draft.dialog.responsible().and_then(Responsible::manager) == Some(manager));
        return if holds { Ok(()) } else { Err(not_offered(&draft.dialog, by, draft.now)) };
    };
    permit(&draft.dialog, &offer, by, by_admin, draft.now)?;
    take(draft, offer);
    Ok(())
}

/// Whoever is asked declines, or somebody for them who may.
pub(super) fn decline(draft: &mut Draft, by: &By, by_admin: bool) -> Result<(), Refusal> {
    let Some(offer) = standing(draft) else {
        let passed = draft.dialog.passed.people.iter();
        let did = matches!(by, By::Manager(manager)
            if passed.into_iter().any(|(who, pass)| who == manager && *pass == Pass::Declined));
        return if did { Ok(()) } else { Err(not_offered(&draft.dialog, by, draft.now)) };
    };
    permit(&draft.dialog, &offer, by, by_admin, draft.now)?;
    ask_on(draft, &offer.to, Pass::Declined);
    Ok(())
}

/// Whoever is asked wrote to the customer: what they have begun they have accepted. Whether they were asked.
pub(super) fn accept_by_writing(draft: &mut Draft, writer: &Responsible) -> bool {
    let offer = standing(draft).filter(|offer| writer.manager() == Some(&offer.to));
    offer.map(|offer| take(draft, offer)).is_some()
}

/// When the offer ends by itself.
pub(super) fn due(dialog: &Dialog) -> Option<Timestamp> {
    dialog.offer.as_ref().map(|offer| offer.until)
}

/// The time for an offer is over.
pub(super) fn tick(draft: &mut Draft) {
    if let Some(offer) = draft.dialog.offer.clone().filter(|offer| offer.until <= draft.now) {
        ask_on(draft, &offer.to, Pass::Expired);
    }
}

/// Whoever is asked left.
pub(super) fn lapse(draft: &mut Draft, to: &ManagerId) {
    if draft.dialog.offer.as_ref().is_some_and(|offer| offer.to == *to) {
        ask_on(draft, to, Pass::Expired);
    }
}

/// Ends an offer that stands otherwise than by accepting it.
pub(super) fn end(draft: &mut Draft, how: OfferEnd) {
    if let Some(Offer { to, cause, .. }) = draft.dialog.offer.take() {
        draft.announce(Some(cause), Body::DialogOfferEnded { to, how });
    }
}

/// Nobody is looked for any more, or somebody else is.
pub(super) fn call_off(draft: &mut Draft) {
    end(draft, OfferEnd::Withdrawn);
    draft.dialog.passed = Passed::default();
}

/// The offer that can still be accepted.
fn standing(draft: &Draft) -> Option<Offer> {
    draft.dialog.offer.clone().filter(|offer| offer.until > draft.now)
}

fn permit(dialog: &Dialog, offer: &Offer, by: &By, by_admin: bool, now: Timestamp) -> Result<(), Refusal> {
    let is_asked = match by {
        By::Manager(manager) => *manager == offer.to,
        By::Backend => true,
    };
    if is_asked || by_admin { Ok(()) } else { Err(not_offered(dialog, by, now)) }
}

/// Says what became of the dialog instead.
fn not_offered(dialog: &Dialog, by: &By, now: Timestamp) -> Refusal {
    let offered = dialog.offer.as_ref().filter(|offer| offer.until > now);
    let stands = match (&dialog.state, offered) {
        (_, Some(offer)) => format!("it is offered to {}", offer.to),
        (DialogState::Assigned { to: Responsible::Manager(manager), .. }, None) => {
            format!("{manager} has it")
        }
        (DialogState::Assigned { to: Responsible::Bot(bot), .. }, None) => format!("the bot {bot} has it"),
        (DialogState::Waiting { .. } | DialogState::Internal | DialogState::Closed { .. }, None) => {
            "nobody has it".to_owned()
        }
    };
    Refusal::NotOffered { by: by.name(), stands: stands.into() }
}

fn take(draft: &mut Draft, offer: Offer) {
    let Offer { to, cause, through, .. } = offer;
    draft.dialog.offer = None;
    let asked = draft.dialog.request.as_ref().map_or(cause, |request| request.cause);
    routing::count_move(draft, asked);
    holding::give(draft, Responsible::Manager(to), Grant { cause, by: None, decision: None, through });
}

/// They passed: somebody else is asked, for the same reason as before.
fn ask_on(draft: &mut Draft, who: &ManagerId, pass: Pass) {
    end(draft, pass.end());
    let now = draft.now;
    let passed = &mut draft.dialog.passed;
    passed.forget(now);
    passed.people.retain(|(known, _)| known != who);
    passed.people.push((who.clone(), pass));
    if let Some(request) = draft.dialog.request.clone() {
        holding::ask(draft, request.cause, request.avoid, request.only);
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::*;
    use super::*;
    use crate::domain::dialog::{AssignmentRequest, ClosureReason, Command, Effect, Standing};
    use crate::domain::routing::{Cause, DecisionEffect};

    /// Offered to ana at second 0, until second 60.
    fn offered() -> Dialog {
        let dialog = waiting();
        let offered = decide(&dialog, answer(&dialog, DecisionEffect::Offered, Some("ana")), 0);
        assert_eq!(names(&offered), ["dialog.offered"]);
        offered.next
    }

    fn accept(by: By, by_admin: bool) -> Command {
        Command::Accept { by, by_admin }
    }

    fn decline(by: By) -> Command {
        Command::Decline { by, by_admin: false }
    }

    fn by(id: &str) -> By {
        By::Manager(ManagerId::trusted(id))
    }

    fn passed(dialog: &Dialog) -> Vec<(&str, Pass)> {
        dialog.passed.people.iter().map(|(who, pass)| (who.as_str(), *pass)).collect()
    }

    fn asked(dialog: &Dialog) -> AssignmentRequest {
        dialog.request.clone().expect("it asks")
    }

    #[test]
    fn an_offered_dialog_waits_and_keeps_room_with_whoever_is_asked() {
        let (before, dialog) = (waiting(), offered());
        assert_eq!((&dialog.state, &dialog.request), (&before.state, &before.request));
        let Standing::Offered(promise) = dialog.standing(&policy()) else { panic!("it is offered") };
        assert_eq!((promise.to.as_str(), promise.ticket), ("ana", asked(&dialog).ticket));
        assert_eq!(dialog.deadline(&policy()), Some(at(60)));
    }

    #[test]
    fn whoever_accepts_in_time_has_it_for_the_reason_it_was_asked_for() {
        let accepted = decide(&offered(), accept(by("ana"), false), 59);
        assert_eq!(names(&accepted), ["dialog.assigned"]);
        let Effect::Announce { cause, .. } = &accepted.effects[0] else { panic!("it is announced") };
        assert_eq!(*cause, Some(Cause::Opened));
        let dialog = accepted.next;
        assert_eq!(dialog.responsible(), Some(&manager("ana")));
        assert_eq!((dialog.offer.clone(), dialog.request.clone(), dialog.pinned), (None, None, false));
        unchanged(&dialog, accept(by("ana"), false), 70);
    }

    #[test]
    fn only_whoever_is_asked_may_answer_or_somebody_for_them() {
        let refused = |dialog: &Dialog, command, seconds| {
            let refusal = dialog.decide(command, &policy(), at(seconds)).expect_err("it is refused");
            assert_eq!(refusal.code(), "not_offered");
            refusal.to_string()
        };
        let dialog = offered();
        assert!(refused(&dialog, accept(by("boris"), false), 10).ends_with("it is offered to ana"));
        assert!(refused(&dialog, decline(by("boris")), 10).contains("boris"));
        for command in [accept(by("chief"), true), accept(By::Backend, true)] {
            assert_eq!(decide(&dialog, command, 10).next.responsible(), Some(&manager("ana")));
        }
        let taken = decide(&dialog, accept(by("ana"), false), 10).next;
        assert!(refused(&taken, accept(by("boris"), false), 20).ends_with("ana has it"));
        assert!(
            refused(&dialog, accept(by("ana"), false), 60).ends_with("nobody has it"),
            "a moment too late"
        );
        assert!(refused(&waiting(), decline(by("ana")), 0).ends_with("nobody has it"));
    }

    #[test]
    fn whoever_declines_is_remembered_and_somebody_else_is_asked() {
        let dialog = offered();
        let declined = decide(&dialog, decline(by("ana")), 10);
        assert_eq!(names(&declined), ["dialog.offer_ended"]);
        let next = declined.next;
        assert_eq!(passed(&next), [("ana", Pass::Declined)]);
        let (before, after) = (asked(&dialog), asked(&next));
        assert_eq!((after.cause, after.ticket), (before.cause, next.version));
        assert_eq!(next.standing(&policy()), Standing::Free);
        // The answer to the first call may have been lost.
        unchanged(&next, decline(by("ana")), 11);
    }

    #[test]
    fn an_offer_ends_at_its_time_or_when_whoever_is_asked_leaves() {
        let dialog = offered();
        unchanged(&dialog, Command::Tick, 59);
        let expired = decide(&dialog, Command::Tick, 60);
        assert_eq!(names(&expired), ["dialog.offer_ended"]);
        assert_eq!(passed(&expired.next), [("ana", Pass::Expired)]);
        let lapsed = decide(&dialog, Command::Lapse { to: ManagerId::trusted("ana") }, 5).next;
        assert_eq!(passed(&lapsed), [("ana", Pass::Expired)]);
        unchanged(&dialog, Command::Lapse { to: ManagerId::trusted("boris") }, 5);
    }

    #[test]
    fn what_people_do_meanwhile_goes_first() {
        let dialog = offered();
        let given = decide(&dialog, assign_to("boris", By::Backend, false), 10);
        assert_eq!(names(&given), ["dialog.offer_ended", "dialog.assigned"]);
        assert_eq!((given.next.offer.clone(), given.next.passed.clone()), (None, Passed::default()));
        assert!(given.effects.contains(&Effect::WithdrawRequest));
        let close = Command::Close { by: By::Backend, by_admin: false, reason: ClosureReason::Manual(None) };
        assert_eq!(names(&decide(&dialog, close, 10)), ["dialog.offer_ended", "dialog.closed"]);
        let wrote = decide(&dialog, Command::Write(by_manager("ana", "hello")), 10);
        assert_eq!(names(&wrote), ["dialog.assigned", "message.sent"], "who answers has accepted");
        assert!(!wrote.next.pinned);
    }

    #[test]
    fn a_dialog_that_is_to_move_stays_until_somebody_accepts() {
        let moving = decide(&assigned(), Command::Move { cause: Cause::Offline, from: None }, 20).next;
        let dialog = decide(&moving, answer(&moving, DecisionEffect::Offered, Some("boris")), 21).next;
        assert_eq!(dialog.responsible(), Some(&manager("ana")));
        let moved = decide(&dialog, accept(by("boris"), false), 30);
        assert_eq!(names(&moved), ["dialog.reassigned"]);
        assert_eq!((moved.next.moves, moved.next.responsible()), (1, Some(&manager("boris"))));
        // Whoever it was to leave is back.
        let stays = decide(&dialog, Command::Stay, 30);
        assert_eq!(names(&stays), ["dialog.offer_ended"]);
        assert_eq!((stays.next.offer, stays.next.request), (None, None));
    }

    #[test]
    fn when_all_have_passed_they_are_asked_again_after_a_pause_that_grows() {
        let declined = decide(&offered(), decline(by("ana")), 10).next;
        let Command::Route { ticket, decision, .. } = answer(&declined, DecisionEffect::Waiting, None) else {
            unreachable!("it is a route")
        };
        let mut decision = Arc::unwrap_or_clone(decision);
        decision.ask_again_at = Some(at(70));
        let decision = Arc::new(decision);
        let route = Command::Route { ticket, decision, place: None, texts: Vec::new() };
        let waits = decide(&declined, route, 10).next;
        assert_eq!((waits.passed.again_at, waits.passed.rounds), (Some(at(70)), 1));
        assert_eq!(waits.passed.pause().as_secs(), 120);
        let Command::Route { ticket, decision, .. } = answer(&waits, DecisionEffect::Offered, Some("ana"))
        else {
            unreachable!("it is a route")
        };
        let mut decision = Arc::unwrap_or_clone(decision);
        (decision.at, decision.accept_by) = (at(70), Some(at(100)));
        let route = Command::Route { ticket, decision: Arc::new(decision), place: None, texts: Vec::new() };
        let again = decide(&waits, route, 70).next;
        assert_eq!((passed(&again), again.passed.again_at, again.passed.rounds), (vec![], None, 1));
    }
}
