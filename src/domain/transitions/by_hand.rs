//! What people do by hand: assign, give back, close. And who may.

use super::closing;
use super::draft::Draft;
use super::holding::{self, Grant};
use crate::domain::dialog::{By, ClosureReason, Dialog, DialogState};
use crate::domain::ids::ManagerId;
use crate::domain::refusal::Refusal;
use crate::domain::routing::{Cause, Responsible, Target};

/// Whether somebody has the say over a dialog: the backend, an administrator, the responsible, and among
/// managers each member.
fn has_say(dialog: &Dialog, by: &By, by_admin: bool) -> bool {
    let By::Manager(manager) = by else {
        return true;
    };
    by_admin
        || match &dialog.state {
            DialogState::Assigned { to, .. } => to.manager() == Some(manager),
            DialogState::Internal => dialog.members.contains(manager),
            DialogState::Waiting { .. } | DialogState::Closed { .. } => false,
        }
}

fn permit(is_permitted: bool, action: &'static str, by: &By) -> Result<(), Refusal> {
    if is_permitted { Ok(()) } else { Err(Refusal::Forbidden { action, by: by.name() }) }
}

/// Assigns by hand. What the CRM reports as done is a fact and never refused, and what is so already needs
/// nobody's leave. A dialog that nobody holds may be taken by any manager.
pub(super) fn assign(
    draft: &mut Draft,
    to: Responsible,
    by: By,
    by_admin: bool,
    cause: Cause,
) -> Result<(), Refusal> {
    let holder = draft.dialog.responsible();
    if holder == Some(&to) {
        return Ok(());
    }
    let takes = match &by {
        By::Manager(manager) => holder.is_none() && to.manager() == Some(manager),
        By::Backend => false,
    };
    let is_fact = cause == Cause::External;
    permit(is_fact || takes || has_say(&draft.dialog, &by, by_admin), "assign", &by)?;
    holding::withdraw(draft);
    holding::give(draft, to, Grant { cause, by: Some(by), decision: None, through: None });
    Ok(())
}

/// Gives it back to routing, or sends it to a group: then it may also be one that waits already.
pub(super) fn give_back(
    draft: &mut Draft,
    by: By,
    by_admin: bool,
    only: Option<Target>,
    cause: Cause,
) -> Result<(), Refusal> {
    let action = if only.is_some() { "assign" } else { "unassign" };
    let is_held = draft.dialog.responsible().is_some();
    if !is_held && only.is_none() {
        return Err(Refusal::NotAssigned);
    }
    let is_fact = cause == Cause::External;
    permit(is_fact || has_say(&draft.dialog, &by, by_admin), action, &by)?;
    if draft.dialog.quarantined {
        return Err(Refusal::Quarantined);
    }
    if is_held {
        holding::put_back(draft, cause, Some(by));
    } else if draft.dialog.request.as_ref().is_some_and(|request| request.only == only) {
        return Ok(());
    }
    let avoid = draft.dialog.taken_from.clone();
    holding::request(draft, cause, avoid, only);
    Ok(())
}

/// The CRM refused it to this manager; what was decided in the meantime stands. They are not avoided: whether they
/// may have dialogs at all is for their presence to say.
pub(super) fn not_taken(draft: &mut Draft, by: &ManagerId) {
    if draft.dialog.responsible().and_then(Responsible::manager) == Some(by) {
        holding::put_back(draft, Cause::Returned, Some(By::Backend));
        holding::request(draft, Cause::Returned, None, None);
    }
}

/// Closes by hand.
pub(super) fn close(draft: &mut Draft, by: By, by_admin: bool, reason: ClosureReason) -> Result<(), Refusal> {
    let is_fact = reason == ClosureReason::External;
    permit(is_fact || has_say(&draft.dialog, &by, by_admin), "close", &by)?;
    closing::close(draft, reason, Some(by));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::samples::*;
    use super::*;
    use crate::domain::customer::LastServed;
    use crate::domain::dialog::{AssignmentRequest, Command, Effect};
    use crate::domain::figures::ServiceFigure;
    use crate::domain::ids::GroupId;
    use crate::domain::routing::DecisionEffect;

    fn refused(dialog: &Dialog, command: Command) -> Refusal {
        dialog.decide(command, &policy(), at(30)).expect_err("it is refused")
    }

    fn back(by: By, by_admin: bool, only: Option<Target>) -> Command {
        Command::Return { by, by_admin, only, cause: Cause::Returned }
    }

    fn support() -> Target {
        Target::Group(GroupId::trusted("support"))
    }

    #[test]
    fn who_may_assign() {
        let cases = [
            (waiting(), By::Backend, false, true),
            (waiting(), by("lead"), true, true),
            (waiting(), by("boris"), false, true),
            (waiting(), by("ana"), false, false),
            (assigned(), By::Backend, false, true),
            (assigned(), by("lead"), true, true),
            (assigned(), by("ana"), false, true),
            (assigned(), by("boris"), false, false),
        ];
        for (dialog, by, by_admin, may) in cases {
            let command = assign_to("boris", by.clone(), by_admin);
            let result = dialog.decide(command, &policy(), at(30));
            let state = dialog.state.word();
            assert_eq!(result.is_ok(), may, "{by:?}, admin: {by_admin}, of a dialog {state}");
            if !may {
                let refusal = Refusal::Forbidden { action: "assign", by: by.name() };
                assert_eq!(result, Err(refusal));
            }
        }
    }

    #[test]
    fn assigning_a_waiting_dialog_ends_its_request() {
        let taken = decide(&waiting(), assign_to("boris", by("boris"), false), 30);
        assert_eq!(names(&taken), ["dialog.assigned"]);
        let served = LastServed { manager: ManagerId::trusted("boris"), at: at(30) };
        assert_eq!(taken.effects[0], Effect::WithdrawRequest);
        assert!(taken.effects.contains(&Effect::RememberServing(served)));
        assert!(matches!(figures(&taken)[..], [ServiceFigure::TimeToAssign { .. }]));
        let next = taken.next;
        assert_eq!((next.request, next.first_assigned_at, next.pinned), (None, Some(at(30)), true));
        assert_eq!(next.version, 2);
    }

    #[test]
    fn assigning_a_held_dialog_tells_from_whom_to_whom() {
        let moved = decide(&assigned(), assign_to("boris", by("ana"), false), 65);
        assert_eq!(names(&moved), ["dialog.reassigned"]);
        assert!(!moved.effects.contains(&Effect::WithdrawRequest), "it asked for nobody");
        let took = minutes(1);
        let channel = "telegram".into();
        assert_eq!(figures(&moved), [ServiceFigure::Handle { channel, took }]);
        let next = moved.next;
        assert_eq!(next.taken_from, Some(ManagerId::trusted("ana")));
        assert_eq!((next.moves, next.moved_at), (0, Some(at(65))));
    }

    #[test]
    fn assigning_to_whoever_holds_it_changes_nothing() {
        unchanged(&assigned(), assign_to("ana", By::Backend, false), 30);
        let moving = decide(&assigned(), Command::Move { cause: Cause::Offline, from: None }, 20).next;
        unchanged(&moving, assign_to("ana", By::Backend, false), 30);
    }

    #[test]
    fn assigning_ends_a_move() {
        let moving = decide(&assigned(), Command::Move { cause: Cause::Offline, from: None }, 20).next;
        let moved = decide(&moving, assign_to("boris", By::Backend, false), 30);
        assert_eq!(moved.effects[0], Effect::WithdrawRequest);
        assert_eq!((moved.next.request, moved.next.moves), (None, 0));
    }

    #[test]
    fn what_the_crm_refused_to_one_is_not_taken_from_another() {
        let dialog = assigned();
        let not_taken = |by: &str| Command::NotTaken { by: ManagerId::trusted(by) };
        unchanged(&dialog, not_taken("boris"), 30);
        unchanged(&waiting(), not_taken("ana"), 30);
        let back = decide(&dialog, not_taken("ana"), 30);
        assert_eq!(names(&back), ["dialog.returned"]);
        let asked = back.next.request.clone().expect("somebody is looked for");
        assert_eq!(
            (asked.cause, asked.avoid),
            (Cause::Returned, None),
            "they may have it when they are back"
        );
        assert_eq!(back.next.state.word(), "waiting");
    }

    #[test]
    fn giving_back_makes_it_wait_for_somebody_else() {
        let dialog = assigned();
        let returned = decide(&dialog, back(by("ana"), false, None), 30);
        assert_eq!(names(&returned), ["dialog.returned"]);
        let asked = AssignmentRequest {
            cause: Cause::Returned,
            ticket: dialog.version + 1,
            avoid: Some(ManagerId::trusted("ana")),
            only: None,
        };
        assert_eq!(returned.next.request, Some(asked.clone()));
        assert!(returned.effects.contains(&Effect::RequestAssignment(asked)));
        assert_eq!(returned.next.state, DialogState::Waiting { since: at(30), place: None });
        assert_eq!((returned.next.moves, returned.next.pinned), (0, false));
    }

    #[test]
    fn who_may_give_back() {
        assert_eq!(refused(&waiting(), back(By::Backend, false, None)), Refusal::NotAssigned);
        let forbidden = |action| Refusal::Forbidden { action, by: "boris".into() };
        assert_eq!(refused(&assigned(), back(by("boris"), false, None)), forbidden("unassign"));
        assert_eq!(refused(&waiting(), back(by("boris"), false, Some(support()))), forbidden("assign"));
    }

    #[test]
    fn a_waiting_dialog_may_be_sent_to_a_group() {
        let dialog = waiting();
        let sent = decide(&dialog, back(By::Backend, false, Some(support())), 30);
        assert_eq!(names(&sent), [""; 0], "nobody lost it");
        let asked = sent.next.request.clone().expect("it asks anew");
        assert_eq!((asked.ticket, asked.only), (2, Some(support())));
        assert_eq!(sent.next.state, dialog.state, "it keeps its place in the queue");
        unchanged(&sent.next, back(By::Backend, false, Some(support())), 40);
    }

    #[test]
    fn who_may_close() {
        for (dialog, by, by_admin) in [
            (assigned(), by("ana"), false),
            (assigned(), by("lead"), true),
            (assigned(), By::Backend, false),
            (waiting(), By::Backend, false),
            (internal(), by("boris"), false),
        ] {
            assert!(!decide(&dialog, close_by(by, by_admin), 30).next.is_open());
        }
        for dialog in [assigned(), waiting(), internal()] {
            let refusal = Refusal::Forbidden { action: "close", by: "vera".into() };
            assert_eq!(refused(&dialog, close_by(by("vera"), false)), refusal);
        }
    }

    #[test]
    fn closing_tells_measures_and_remembers() {
        let closed = decide(&answered(), close_by(by("ana"), false), 65);
        let ana = ManagerId::trusted("ana");
        assert_eq!(names(&closed), ["dialog.closed"]);
        assert!(closed.effects.contains(&Effect::FinishDialog(ana.clone())));
        let served = LastServed { manager: ana, at: at(65) };
        assert!(closed.effects.contains(&Effect::RememberServing(served)));
        let kinds = figures(&closed);
        assert!(
            matches!(
                kinds[..],
                [ServiceFigure::Handle { .. }, ServiceFigure::Resolution { reason: "manual", .. }]
            ),
            "{kinds:?}"
        );
    }

    #[test]
    fn a_customer_without_any_reply_was_abandoned() {
        let by_bot_first = Dialog::open(opening(Some(by_bot("helper", "hi"))), &policy(), at(0));
        let asked = |dialog: &Dialog| decide(dialog, Command::Write(by_customer("and?")), 20).next;
        let mut helped = waiting();
        helped.state = by_bot_first.next.state.clone();
        let helped = decide(&helped, Command::Write(by_bot("helper", "done")), 20).next;
        for (dialog, is_abandoned) in [
            (waiting(), true),
            (assigned(), true),
            (answered(), false),
            (asked(&answered()), false),
            (asked(&by_bot_first.next), false),
            (helped, false),
            (internal(), false),
        ] {
            let closed = decide(&dialog, close_by(By::Backend, false), 30);
            let was = |figure: &ServiceFigure| matches!(figure, ServiceFigure::Abandoned { .. });
            assert_eq!(figures(&closed).iter().any(was), is_abandoned, "{dialog:?}");
        }
    }

    #[test]
    fn closing_a_waiting_dialog_ends_its_request_and_an_internal_one_has_no_figures() {
        let closed = decide(&waiting(), close_by(By::Backend, false), 30);
        assert!(closed.effects.contains(&Effect::WithdrawRequest));
        let internal = decide(&internal(), close_by(by("ana"), false), 30);
        assert_eq!(figures(&internal), []);
    }

    #[test]
    fn what_the_crm_reports_as_done_is_never_refused() {
        let (by, by_admin) = (by("vera"), false);
        let cause = Cause::External;
        let to = manager("boris");
        let assigned_there = Command::Assign { to, by: by.clone(), by_admin, cause };
        let next = decide(&assigned(), assigned_there, 30).next;
        assert_eq!(next.responsible(), Some(&manager("boris")));
        let returned_there = Command::Return { by: by.clone(), by_admin, only: None, cause };
        assert_eq!(decide(&assigned(), returned_there, 30).next.state.word(), "waiting");
        let reason = ClosureReason::External;
        let closed_there = Command::Close { by, by_admin, reason };
        assert_eq!(decide(&assigned(), closed_there, 30).next.state.word(), "closed");
    }

    #[test]
    fn nobody_changes_a_closed_dialog_and_stale_words_are_ignored() {
        let dialog = closed();
        for command in [
            assign_to("boris", By::Backend, true),
            back(By::Backend, true, Some(support())),
            close_by(By::Backend, true),
            Command::Quarantine,
        ] {
            assert_eq!(refused(&dialog, command), Refusal::DialogClosed);
        }
        for command in [
            answer(&waiting(), DecisionEffect::Assigned, Some("boris")),
            Command::Move { cause: Cause::MemberRemoved, from: None },
            Command::Stay,
            Command::NotTaken { by: ManagerId::trusted("ana") },
            Command::Tick,
        ] {
            unchanged(&dialog, command, 999_999);
        }
        assert_eq!(dialog.deadline(&policy()), None);
    }

    #[test]
    fn internal_dialogs_are_not_assigned() {
        let refusal = Refusal::InternalDialog;
        assert_eq!(refused(&internal(), assign_to("boris", By::Backend, false)), refusal);
        assert_eq!(refused(&internal(), back(By::Backend, false, None)), refusal);
        unchanged(&internal(), Command::Tick, 999_999);
        assert_eq!(internal().deadline(&policy()), None);
    }

    #[test]
    fn what_is_set_aside_waits_for_a_person() {
        let aside = decide(&waiting(), Command::Quarantine, 30);
        assert_eq!(names(&aside), ["dialog.quarantined"]);
        assert!(aside.effects.contains(&Effect::WithdrawRequest));
        let aside = aside.next;
        let stale = answer(&waiting(), DecisionEffect::Assigned, Some("boris"));
        for command in
            [stale, Command::Move { cause: Cause::Offline, from: None }, Command::Tick, Command::Quarantine]
        {
            unchanged(&aside, command, 999_999);
        }
        assert_eq!(aside.deadline(&policy()), None);
        assert_eq!(refused(&aside, back(By::Backend, false, Some(support()))), Refusal::Quarantined);
        let written = decide(&aside, Command::Write(by_customer("hello?")), 40).next;
        assert_eq!((written.unread, written.quarantined), (2, true));
        let taken = decide(&aside, assign_to("boris", by("boris"), false), 40).next;
        assert!(!taken.quarantined);
        assert!(taken.deadline(&policy()).is_some());
        let closed = decide(&aside, close_by(By::Backend, false), 40).next;
        assert!(!closed.quarantined);
    }
}
