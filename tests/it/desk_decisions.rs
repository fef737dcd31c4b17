//! What the desk decides, one situation at a time.

use std::sync::Arc;
use std::time::Duration;

use reparto::desk::{Desk, Order, Save};
use reparto::domain::account::{Account, DefaultAssignment};
use reparto::domain::announcement::{Body, Subject};
use reparto::domain::closing::{LastFrom, OfflineWhich};
use reparto::domain::customer::{Customer, LastServed};
use reparto::domain::dialog::{AssignmentRequest, DialogState, Standing};
use reparto::domain::ids::{AccountId, BotId, CustomerId, DialogId, GroupId, ManagerId};
use reparto::domain::manager::{Absence, Availability, Manager, ManagerWork};
use reparto::domain::refusal::Refusal;
use reparto::domain::routing::{
    Cause, DecisionEffect, FallbackReason, Place, Responsible, Step, StepOutcome, Strategy, Target, Verdict,
};
use reparto::domain::units::Units;
use reparto::rules::ruleset::BotMode;

use crate::desk_sketch::{Sketch, at, dialog, group, manager, person, to, waiting};
use crate::desk_world::World;

fn world(sketch: &Sketch, people: &[&str]) -> World {
    let mut world = World::new(sketch.compile(), at(1_000));
    for id in people {
        world.enrol(person(id, &[]));
        world.present(id);
    }
    world
}

/// Everybody has one unit, so one dialog fills them.
fn single_unit(steps: Vec<Step>) -> Sketch {
    Sketch { units: 1, ..Sketch::of(steps) }
}

fn customer(id: &str, owner: Option<&str>) -> Arc<Customer> {
    let mut customer = Customer::new(CustomerId::trusted(id));
    customer.owner = owner.map(ManagerId::trusted);
    Arc::new(customer)
}

fn outcomes(world: &World, id: &str) -> Vec<StepOutcome> {
    world.decision(id).steps.iter().map(|step| step.outcome.clone()).collect()
}

#[test]
fn the_least_share_in_use_wins_then_the_longest_without_work() {
    let mut world = world(&Sketch::of(vec![to(Target::Everyone)]), &["ana", "boris", "vera"]);
    let mut big = person("vera", &[]);
    big.capacity = Some(Units::whole(50));
    world.enrol(big);
    let mut got = Vec::new();
    for n in 0..5 {
        world.pass(1);
        let id = format!("d{n}");
        world.open(&id, "c", "telegram");
        got.extend(world.holder(&id));
    }
    assert_eq!(got, ["ana", "boris", "vera", "vera", "vera"]);
    let decision = world.decision("d0");
    assert_eq!(decision.effect, DecisionEffect::Assigned);
    assert_eq!(decision.rule.as_ref().map(ToString::to_string).as_deref(), Some("standard"));
    assert_eq!((decision.step, decision.strategy), (Some(0), Some(Strategy::LeastLoaded)));
    assert_eq!(decision.counts, [(Verdict::Chosen, 1), (Verdict::Outranked, 2)]);
    assert_eq!(decision.candidates[0].manager.as_str(), "ana");
}

#[test]
fn the_owner_is_waited_for_while_full_and_then_the_search_widens() {
    let steps = vec![waiting(to(Target::Owner), 120), to(Target::Everyone)];
    let mut world = world(&single_unit(steps), &["ana", "boris"]);
    world.desk.put_customer(customer("c", Some("ana")), at(1_000));
    world.open("first", "c", "telegram");
    assert_eq!(world.holder("first").as_deref(), Some("ana"));
    world.open("second", "c", "telegram");
    assert_eq!(world.holder("second"), None);
    assert_eq!(outcomes(&world, "second"), [StepOutcome::Full]);
    assert_eq!(world.desk.deadline(), Some(at(1_120)));
    world.pass(119);
    assert_eq!(world.holder("second"), None);
    world.pass(1);
    world.deliver_all();
    assert_eq!(world.holder("second").as_deref(), Some("boris"));
    assert_eq!(outcomes(&world, "second"), [StepOutcome::Passed, StepOutcome::Chosen]);
    assert_eq!(world.decision("second").waited, Duration::from_mins(2));
    world.check();
}

#[test]
fn whom_an_earlier_step_names_goes_first_even_later() {
    let steps = vec![waiting(to(Target::Owner), 10), to(Target::Everyone)];
    let mut world = world(&single_unit(steps), &["ana", "boris"]);
    world.desk.put_customer(customer("c", Some("boris")), at(1_000));
    world.open("a", "c", "telegram");
    world.open("b", "other", "telegram");
    world.open("late", "c", "telegram");
    world.pass(60);
    world.deliver_all();
    assert_eq!(world.holder("late"), None);
    world.close("a");
    world.deliver_all();
    assert_eq!(world.holder("late").as_deref(), Some("boris"));
    assert_eq!(world.decision("late").step, Some(0));
}

#[test]
fn steps_without_anybody_present_are_skipped_but_their_people_may_come() {
    let steps = vec![waiting(to(Target::Owner), 120), waiting(to(group("sales")), 60), to(group("duty"))];
    let sketch = Sketch { groups: vec![("sales", vec!["ana"]), ("duty", vec!["lead"])], ..Sketch::of(steps) };
    let mut world = world(&sketch, &[]);
    world.enrol(person("ana", &[]));
    world.enrol(person("lead", &[]));
    world.open("d", "c", "telegram");
    let absent = StepOutcome::NobodyPresent;
    let expected = [StepOutcome::NoSuchPerson, absent.clone(), absent];
    assert_eq!(outcomes(&world, "d"), expected);
    assert_eq!(world.decision("d").effect, DecisionEffect::Waiting);
    assert_eq!(world.decision("d").counts, [(Verdict::Absent(Absence::Offline), 2)]);
    world.present("ana");
    world.deliver_all();
    assert_eq!(world.holder("d").as_deref(), Some("ana"));
}

#[test]
fn a_dialog_leaves_a_step_when_its_last_person_leaves_work() {
    let steps = vec![to(group("sales")), to(group("duty"))];
    let sketch =
        Sketch { groups: vec![("sales", vec!["ana"]), ("duty", vec!["lead"])], ..single_unit(steps) };
    let mut world = world(&sketch, &["ana", "lead"]);
    world.open("a", "c", "telegram");
    world.open("b", "c", "telegram");
    assert_eq!(world.holder("b"), None);
    world.absent("ana", Absence::WrapUp);
    assert_eq!(world.holder("b"), None, "the pause after a dialog is no absence");
    world.absent("ana", Absence::Dinner);
    world.deliver_all();
    assert_eq!(world.holder("b").as_deref(), Some("lead"));
    world.check();
}

#[test]
fn only_replaces_the_people_of_earlier_steps() {
    let only = Step { only: true, ..to(manager("boris")) };
    let mut world = world(&single_unit(vec![waiting(to(manager("ana")), 10), only]), &["ana", "boris"]);
    world.open("a", "c", "telegram");
    let by = Responsible::Manager(ManagerId::trusted("boris"));
    let held = Standing::Held { by, charge: Units::ONE, awaits_reply: false, answered: false };
    assert_eq!(world.desk.stand(&DialogId::trusted("x"), held, world.now), []);
    world.open("b", "c", "telegram");
    world.pass(10);
    world.close("a");
    world.deliver_all();
    assert_eq!(world.holder("b"), None, "ana is no longer asked");
    let orders = world.desk.stand(&DialogId::trusted("x"), Standing::Gone, world.now);
    world.take(orders);
    world.deliver_all();
    assert_eq!(world.holder("b").as_deref(), Some("boris"));
}

#[test]
fn a_step_may_book_over_the_capacity() {
    let over = Step { over_capacity: Units::ONE, ..waiting(to(Target::Owner), 60) };
    let mut world = world(&single_unit(vec![over, to(Target::Everyone)]), &["ana"]);
    world.over_capacity = Units::ONE;
    world.desk.put_customer(customer("c", Some("ana")), at(1_000));
    for id in ["a", "b", "d"] {
        world.open(id, "c", "telegram");
    }
    assert_eq!(world.holder("b").as_deref(), Some("ana"));
    assert_eq!((world.holder("d"), world.load("ana")), (None, Units::whole(2)));
    assert_eq!(world.decision("d").counts, [(Verdict::OverCapacity, 1)]);
}

#[test]
fn weights_of_channels_are_booked_and_small_dialogs_fit_where_large_ones_do_not() {
    let weights = vec![("site", Units::whole(2)), ("email", Units::from_milli(500))];
    let sketch = Sketch { weights, units: 3, ..Sketch::of(vec![to(Target::Everyone)]) };
    let mut world = world(&sketch, &["ana"]);
    for (id, kind) in [("a", "site"), ("b", "site"), ("c", "email"), ("d", "email"), ("e", "email")] {
        world.open(id, "c", kind);
    }
    let held: Vec<bool> = ["a", "b", "c", "d", "e"].iter().map(|id| world.holder(id).is_some()).collect();
    assert_eq!(held, [true, false, true, true, false]);
    assert_eq!(world.load("ana"), Units::whole(3));
    world.close("a");
    world.deliver_all();
    assert!(world.holder("b").is_some(), "it waited longest");
    assert!(world.holder("e").is_none());
    world.check();
}

#[test]
fn exhausted_steps_lead_to_the_default_assignment() {
    let steps = vec![waiting(to(group("sales")), 30)];
    let fallback = Some(DefaultAssignment::Group(GroupId::trusted("duty")));
    let groups = vec![("sales", vec!["ana"]), ("duty", vec!["lead"])];
    let sketch = Sketch { fallback, groups, ..single_unit(steps) };
    let mut world = world(&sketch, &["ana", "lead"]);
    world.open("a", "c", "telegram");
    world.open("b", "c", "telegram");
    assert_eq!(world.holder("b"), None);
    world.pass(30);
    world.deliver_all();
    assert_eq!(world.holder("b").as_deref(), Some("lead"));
    let decision = world.decision("b");
    assert_eq!((decision.fallback, decision.step), (Some(FallbackReason::StepsExhausted), None));
    world.absent("ana", Absence::Offline);
    world.close("b");
    world.open("c", "c", "telegram");
    assert_eq!(world.holder("c").as_deref(), Some("lead"), "nobody present: the last step is left at once");
}

#[test]
fn a_last_step_without_time_limit_never_falls_back_unless_it_is_in_vain() {
    let fallback = Some(DefaultAssignment::Manager(ManagerId::trusted("lead")));
    let sketch = Sketch { fallback: fallback.clone(), ..single_unit(vec![to(group("sales"))]) };
    let sketch = Sketch { groups: vec![("sales", vec!["ana"])], ..sketch };
    let mut world = world(&sketch, &["lead"]);
    world.enrol(person("ana", &[]));
    world.open("a", "c", "telegram");
    world.pass(100_000);
    assert_eq!(world.holder("a"), None);
    world.close("a");
    let in_vain = Sketch { fallback, version: 2, ..single_unit(vec![to(Target::Owner)]) };
    let orders = world.desk.set_rules(in_vain.compile(), world.now);
    world.take(orders);
    world.open("b", "nobodys", "telegram");
    assert_eq!(world.holder("b").as_deref(), Some("lead"));
}

#[test]
fn waiting_becomes_vain_when_the_last_one_named_is_removed() {
    let fallback = Some(DefaultAssignment::Manager(ManagerId::trusted("lead")));
    let mut world = world(&Sketch { fallback, ..single_unit(vec![to(manager("ana"))]) }, &["ana", "lead"]);
    world.open("a", "c", "telegram");
    world.open("b", "c", "telegram");
    world.absent("ana", Absence::Offline);
    assert_eq!(world.holder("b"), None);
    world.enrol(Manager { active: false, ..person("ana", &[]) });
    world.deliver_all();
    assert_eq!(world.holder("b").as_deref(), Some("lead"));
    world.check();
}

#[test]
fn the_default_manager_is_booked_present_or_not_but_never_over_capacity() {
    let fallback = Some(DefaultAssignment::Manager(ManagerId::trusted("lead")));
    let sketch = Sketch { mode: BotMode::Off, fallback, ..single_unit(vec![to(Target::Everyone)]) };
    let mut world = world(&sketch, &["ana"]);
    world.enrol(person("lead", &[]));
    world.open("a", "c", "telegram");
    world.open("b", "c", "telegram");
    assert_eq!((world.holder("a").as_deref(), world.holder("b")), (Some("lead"), None));
    assert_eq!(world.decision("a").fallback, Some(FallbackReason::BotOff));
    world.close("a");
    world.deliver_all();
    assert_eq!(world.holder("b").as_deref(), Some("lead"));
    world.check();
}

#[test]
fn while_it_watches_the_bot_tells_what_it_would_do_and_books_nothing() {
    let sketch = Sketch { mode: BotMode::Shadow, ..Sketch::of(vec![to(Target::Everyone)]) };
    let mut world = world(&sketch, &["ana"]);
    world.open("a", "c", "telegram");
    let told = world.log.iter().find_map(|order| match order {
        Order::Announce { subject, body: Body::ShadowDecided(decision), .. } => {
            Some((subject, Arc::clone(decision)))
        }
        Order::Announce { .. } | Order::Route { .. } | Order::Move { .. } | Order::Stay { .. } => None,
    });
    let (subject, decision) = told.unwrap();
    assert_eq!(*subject, Subject::Dialog(DialogId::trusted("a")));
    assert_eq!(decision.choice, Some(Responsible::Manager(ManagerId::trusted("ana"))));
    assert_eq!((world.holder("a"), world.load("ana")), (None, Units::ZERO));
    let acted = world.decision("a");
    assert_eq!((acted.effect, acted.fallback), (DecisionEffect::Waiting, Some(FallbackReason::BotOff)));
}

#[test]
fn rules_that_begin_to_act_take_what_waits_and_rules_that_cease_let_it_go() {
    let sketch = Sketch { mode: BotMode::Off, ..single_unit(vec![to(Target::Everyone)]) };
    let mut world = world(&sketch, &["ana"]);
    world.open("a", "c", "telegram");
    world.open("b", "c", "telegram");
    let orders = world
        .desk
        .set_rules(Sketch { mode: BotMode::Enforce, version: 2, ..sketch.clone() }.compile(), at(1_001));
    world.take(orders);
    world.deliver_all();
    assert_eq!((world.holder("a").as_deref(), world.holder("b")), (Some("ana"), None));
    let orders = world.desk.set_rules(Sketch { version: 3, ..sketch }.compile(), at(1_002));
    world.take(orders);
    world.deliver_all();
    world.close("a");
    world.deliver_all();
    assert_eq!(world.holder("b"), None);
    world.check();
}

#[test]
fn waiting_dialogs_keep_their_plan_and_groups_change_under_it() {
    let sketch = Sketch { groups: vec![("sales", vec!["ana"])], ..single_unit(vec![to(group("sales"))]) };
    let entered_with = sketch.compile().version().clone();
    let mut world = world(&sketch, &["ana", "boris", "vera"]);
    world.open("a", "c", "telegram");
    world.open("b", "c", "telegram");
    let mut other = Sketch { version: 2, groups: vec![("sales", vec!["ana", "boris"])], ..sketch };
    other.rules = vec![("other", false, vec![to(manager("vera"))])];
    let orders = world.desk.set_rules(other.compile(), at(1_001));
    world.take(orders);
    world.deliver_all();
    assert_eq!(world.holder("b").as_deref(), Some("boris"));
    assert_eq!(world.decision("b").rules, entered_with);
    world.open("n", "c", "telegram");
    assert_eq!(world.holder("n").as_deref(), Some("vera"));
}

#[test]
fn a_new_owner_is_asked_at_once() {
    let steps = vec![to(Target::Owner), to(group("duty"))];
    let mut world = world(&Sketch { groups: vec![("duty", vec!["lead"])], ..Sketch::of(steps) }, &["ana"]);
    world.open("a", "c", "telegram");
    assert_eq!(world.holder("a"), None);
    let orders = world.desk.put_customer(customer("c", Some("ana")), at(1_005));
    world.take(orders);
    world.deliver_all();
    assert_eq!(world.holder("a").as_deref(), Some("ana"));
}

#[test]
fn the_last_manager_counts_for_as_long_as_the_rule_says() {
    let within = Some(Duration::from_secs(100));
    let mut world =
        world(&Sketch::of(vec![to(Target::LastManager { within }), to(manager("boris"))]), &["ana", "boris"]);
    let id = CustomerId::trusted("c");
    let served = LastServed { manager: ManagerId::trusted("ana"), at: at(950) };
    assert!(world.desk.remember_serving(&id, served.clone()).is_none(), "not on record");
    world.desk.put_customer(customer("c", None), at(1_000));
    assert!(world.desk.remember_serving(&id, served.clone()).is_some());
    assert!(world.desk.remember_serving(&id, served).is_none(), "nothing new");
    world.open("a", "c", "telegram");
    assert_eq!(world.holder("a").as_deref(), Some("ana"));
    world.pass(51);
    world.open("b", "c", "telegram");
    assert_eq!(world.holder("b").as_deref(), Some("boris"));
    assert_eq!(outcomes(&world, "b")[0], StepOutcome::NoSuchPerson);
}

#[test]
fn a_missing_target_is_announced_once_and_skipped() {
    let mut world = world(&Sketch::of(vec![to(group("ghosts")), to(Target::Everyone)]), &["ana"]);
    world.open("a", "c", "telegram");
    world.open("b", "c", "telegram");
    assert_eq!(world.holder("b").as_deref(), Some("ana"));
    assert_eq!(outcomes(&world, "b")[0], StepOutcome::TargetMissing);
    let missing =
        |order: &&Order| matches!(order, Order::Announce { body: Body::TargetMissing { step: 0, .. }, .. });
    assert_eq!(world.log.iter().filter(missing).count(), 1);
}

#[test]
fn bots_always_have_room() {
    let bot = BotId::trusted("helper");
    let mut world = world(&Sketch::of(vec![to(Target::Bot(bot.clone()))]), &[]);
    for n in 0..20 {
        let id = format!("d{n}");
        world.open(&id, "c", "telegram");
        assert_eq!(world.decision(&id).choice, Some(Responsible::Bot(bot.clone())));
    }
    let id = DialogId::trusted("d3");
    world.ask(&id, Cause::Returned, None, None);
    assert_eq!(world.decision("d3").effect, DecisionEffect::Kept, "never to whoever holds it");
}

#[test]
fn ordered_goes_by_the_groups_list() {
    let step = Step { pick: Strategy::Ordered, ..to(group("sales")) };
    let sketch = Sketch { groups: vec![("sales", vec!["vera", "ana", "boris"])], ..single_unit(vec![step]) };
    let mut world = world(&sketch, &["ana", "boris", "vera"]);
    let mut got = Vec::new();
    for id in ["a", "b", "c"] {
        world.open(id, "c", "telegram");
        got.extend(world.holder(id));
    }
    assert_eq!(got, ["vera", "ana", "boris"]);
}

#[test]
fn longest_idle_goes_by_the_last_work_done_or_got() {
    let step = Step { pick: Strategy::LongestIdle, ..to(Target::Everyone) };
    let mut world = world(&Sketch::of(vec![step]), &["ana", "boris"]);
    let work = |seconds| ManagerWork { last_assigned_at: None, idle_since: Some(at(seconds)) };
    world.desk.restore_work(&ManagerId::trusted("ana"), work(500));
    world.desk.restore_work(&ManagerId::trusted("boris"), work(400));
    world.open("a", "c", "telegram");
    assert_eq!(world.holder("a").as_deref(), Some("boris"));
    world.pass(10);
    world.open("b", "c", "telegram");
    assert_eq!(world.holder("b").as_deref(), Some("ana"));
    world.pass(10);
    world.close("a");
    world.pass(10);
    world.open("d", "c", "telegram");
    assert_eq!(world.holder("d").as_deref(), Some("ana"), "boris finished later than ana got hers");
    let saves = world.log.iter().filter_map(|order| match order {
        Order::Route { saves, .. } => Some(saves),
        Order::Move { .. } | Order::Stay { .. } | Order::Announce { .. } => None,
    });
    let boris = ManagerId::trusted("boris");
    let finished = saves.flatten().any(|save| match save {
        Save::Work { manager, work } => *manager == boris && work.idle_since == Some(at(1_020)),
        Save::Rotation { .. } => false,
    });
    assert!(finished, "what he finished goes to the store with the next decision");
}

#[test]
fn turns_are_saved_and_go_on_after_a_restart() {
    let step = Step { pick: Strategy::RoundRobin, ..to(Target::Everyone) };
    let mut world = world(&Sketch::of(vec![step]), &["ana", "boris", "vera"]);
    world.desk.restore_rotation("everyone", ManagerId::trusted("boris"));
    world.open("a", "c", "telegram");
    world.open("b", "c", "telegram");
    assert_eq!((world.holder("a").as_deref(), world.holder("b").as_deref()), (Some("vera"), Some("ana")));
    let Some(Order::Route { saves, .. }) = world.log.first() else { panic!("{:?}", world.log) };
    let turn = Save::Rotation { key: "everyone".into(), last: ManagerId::trusted("vera") };
    assert!(saves.contains(&turn), "{saves:?}");
}

#[test]
fn a_request_for_one_target_goes_nowhere_else() {
    let fallback = Some(DefaultAssignment::Manager(ManagerId::trusted("ana")));
    let mut world = world(&Sketch { fallback, ..Sketch::of(vec![to(Target::Everyone)]) }, &["ana"]);
    world.enrol(person("lead", &["duty"]));
    world.open("a", "c", "telegram");
    let id = DialogId::trusted("a");
    world.become_of(&id, DialogState::Waiting { since: at(1_000), place: None });
    world.ask(&id, Cause::Manual, None, Some(group("duty")));
    world.deliver_all();
    assert_eq!(world.holder("a"), None);
    let decision = world.decision("a");
    assert_eq!((decision.rule.clone(), decision.fallback), (None, None));
    world.present("lead");
    world.deliver_all();
    assert_eq!(world.holder("a").as_deref(), Some("lead"));
}

#[test]
fn whoever_failed_is_passed_over() {
    let mut world = world(&Sketch::of(vec![to(Target::Everyone)]), &["ana", "boris"]);
    world.open("a", "c", "telegram");
    let id = DialogId::trusted("a");
    world.become_of(&id, DialogState::Waiting { since: at(1_000), place: None });
    world.ask(&id, Cause::Returned, Some(ManagerId::trusted("ana")), None);
    world.deliver_all();
    assert_eq!(world.holder("a").as_deref(), Some("boris"));
    assert_eq!(world.decision("a").counts, [(Verdict::Chosen, 1), (Verdict::FailedBefore, 1)]);
}

#[test]
fn a_dialog_to_be_moved_is_kept_until_somebody_else_is_free() {
    let mut world = world(&single_unit(vec![to(Target::Everyone)]), &["ana"]);
    world.open("a", "c", "telegram");
    let id = DialogId::trusted("a");
    world.ask(&id, Cause::NoReply, Some(ManagerId::trusted("ana")), None);
    world.deliver_all();
    assert_eq!(world.decision("a").effect, DecisionEffect::Kept);
    assert_eq!(world.desk.view().waiting, 0, "somebody holds it");
    assert_eq!(world.load("ana"), Units::ONE);
    world.enrol(person("boris", &[]));
    world.present("boris");
    assert_eq!(
        (world.load("ana"), world.load("boris")),
        (Units::ONE, Units::ONE),
        "booked on both for a moment"
    );
    world.deliver_all();
    assert_eq!(world.decision("a").effect, DecisionEffect::Reassigned);
    assert_eq!((world.holder("a").as_deref(), world.load("ana")), (Some("boris"), Units::ZERO));
    world.check();
}

#[test]
fn dialogs_leave_whoever_is_away_for_too_long_and_stay_when_they_are_back_in_time() {
    let offline = Some((Duration::from_mins(3), OfflineWhich::Waiting));
    let mut world = world(&Sketch { offline, ..Sketch::of(vec![to(Target::Everyone)]) }, &["ana"]);
    world.open("a", "c", "telegram");
    world.open("b", "c", "telegram");
    if let Some(player) = world.players.get_mut(&DialogId::trusted("b")) {
        player.dialog.awaiting_reply_since = None;
    }
    world.tell(&DialogId::trusted("b"));
    world.absent("ana", Absence::Dinner);
    world.pass(1_000);
    assert_eq!(world.desk.deadline(), None, "a dinner is no desertion");
    world.absent("ana", Absence::Offline);
    world.pass(179);
    assert!(!world.log.iter().any(|order| matches!(order, Order::Move { .. })));
    world.pass(1);
    let moved = |world: &World, id: &str| {
        let moves = world.log.iter().filter(|order| match order {
            Order::Move { dialog, cause, .. } => dialog.as_str() == id && *cause == Cause::Offline,
            Order::Route { .. } | Order::Stay { .. } | Order::Announce { .. } => false,
        });
        moves.count()
    };
    assert_eq!((moved(&world, "a"), moved(&world, "b")), (1, 0));
    world.deliver_all();
    if let Some(player) = world.players.get_mut(&DialogId::trusted("b")) {
        player.dialog.awaiting_reply_since = Some(world.now);
    }
    world.tell(&DialogId::trusted("b"));
    assert_eq!(moved(&world, "b"), 1, "the customer wrote meanwhile");
    world.deliver_all();
    world.present("ana");
    let stays = world.log.iter().filter(|order| matches!(order, Order::Stay { .. })).count();
    assert_eq!(stays, 2);
    world.deliver_all();
    assert_eq!(world.holder("a").as_deref(), Some("ana"));
    world.check();
}

#[test]
fn dialogs_of_a_removed_manager_are_told_to_leave() {
    let mut world = world(&Sketch::of(vec![to(Target::Everyone)]), &["ana"]);
    world.open("a", "c", "telegram");
    world.enrol(Manager { active: false, ..person("ana", &[]) });
    world.enrol(person("boris", &[]));
    world.present("boris");
    world.deliver_all();
    assert_eq!(world.holder("a").as_deref(), Some("boris"));
    assert!(world.desk.manager(&ManagerId::trusted("ana")).is_none());
    assert_eq!(world.desk.view().managers.len(), 1);
    world.check();
}

#[test]
fn an_answer_that_crosses_news_of_its_dialog_keeps_its_reservation() {
    let mut world = world(&single_unit(vec![to(Target::Everyone)]), &["ana"]);
    world.begin("a", "c", "telegram");
    world.tell(&DialogId::trusted("a"));
    assert_eq!(world.load("ana"), Units::ONE, "still promised");
    world.begin("b", "c", "telegram");
    world.deliver_all();
    assert_eq!((world.holder("a").as_deref(), world.holder("b")), (Some("ana"), None));
    world.check();
}

#[test]
fn a_declined_answer_gives_its_room_to_the_next() {
    let mut world = world(&single_unit(vec![to(Target::Everyone)]), &["ana"]);
    world.enrol(person("boris", &[]));
    world.begin("a", "c", "telegram");
    world.begin("b", "c", "telegram");
    let taken_by_hand = DialogId::trusted("a");
    if let Some(player) = world.players.get_mut(&taken_by_hand) {
        player.asks = None;
    }
    assert_eq!(world.desk.decline(&taken_by_hand, 99, world.now), [], "another ticket");
    world.deliver_all();
    assert_eq!(world.holder("b").as_deref(), Some("ana"));
    world.check();
}

#[test]
fn a_choice_by_hand_is_a_fact_and_may_exceed_the_capacity() {
    let mut world = world(&single_unit(vec![to(Target::Everyone)]), &["ana"]);
    world.open("a", "c", "telegram");
    world.open("b", "c", "telegram");
    world.hold(&DialogId::trusted("b"), "ana");
    world.deliver_all();
    assert_eq!(world.load("ana"), Units::whole(2));
    world.close("a");
    world.open("d", "c", "telegram");
    assert_eq!(world.holder("d"), None);
    world.check();
}

#[test]
fn a_known_place_is_taken_up_again_after_a_restart() {
    let steps = vec![waiting(to(manager("ana")), 60), to(manager("boris"))];
    let mut world = world(&single_unit(steps), &["ana", "boris"]);
    world.open("a", "c", "telegram");
    let mut waits = dialog("b", "c", "telegram", at(970));
    let place = Place {
        rules: world.desk.rules().version().clone(),
        rule: Some(reparto::domain::ids::RuleId::trusted("standard")),
        step: 0,
        entered_at: at(970),
    };
    waits.state = DialogState::Waiting { since: at(970), place: Some(place) };
    let request = AssignmentRequest { cause: Cause::Recovered, ticket: 7, avoid: None, only: None };
    world.desk.request(&Arc::new(waits), request, at(1_000));
    assert_eq!(world.desk.deadline(), Some(at(1_030)));
}

#[test]
fn who_may_be_chosen_by_hand() {
    let sketch = Sketch { groups: vec![("duty", vec!["lead"])], ..Sketch::of(vec![to(Target::Everyone)]) };
    let mut world = world(&sketch, &["ana"]);
    world.enrol(person("vera", &["night"]));
    let unknown = |kind, id: &str| Err(Refusal::Unknown { kind, id: id.into() });
    let desk = &world.desk;
    assert_eq!(desk.authorize_assign(&manager("ana"), false), Ok(()));
    let absent = Refusal::ManagerAbsent { manager: "vera".into(), absence: "offline" };
    assert_eq!(desk.authorize_assign(&manager("vera"), false), Err(absent));
    assert_eq!(desk.authorize_assign(&manager("vera"), true), Ok(()));
    assert_eq!(desk.authorize_assign(&manager("zoe"), true), unknown("manager", "zoe"));
    assert_eq!(desk.authorize_assign(&group("duty"), false), Ok(()));
    assert_eq!(desk.authorize_assign(&group("night"), false), Ok(()));
    assert_eq!(desk.authorize_assign(&group("day"), false), unknown("group", "day"));
}

#[test]
fn while_the_bot_is_off_the_accounts_own_time_closes_and_nothing_moves() {
    let offline = Some((Duration::ZERO, OfflineWhich::Waiting));
    let sketch = Sketch { mode: BotMode::Off, offline, ..Sketch::of(vec![to(Target::Everyone)]) };
    let mut account = Account::new(AccountId::default_account());
    account.auto_close = Some(Duration::from_hours(1));
    let desk = Desk::new(account, sketch.compile());
    let policy = desk.policy_of(&dialog("a", "c", "telegram", at(0)));
    let close = policy.close.unwrap();
    assert!(close.by_account);
    assert_eq!((close.after, close.last_from), (Duration::from_hours(1), LastFrom::Any));
    assert_eq!(policy.reassign.offline, None);
}

#[test]
fn the_view_tells_who_waits_and_how_busy_people_are() {
    let sketch =
        Sketch { groups: vec![("sales", vec!["ana", "boris"])], ..single_unit(vec![to(group("sales"))]) };
    let mut world = world(&sketch, &["ana"]);
    world.enrol(person("boris", &[]));
    for (id, kind) in [("a", "telegram"), ("b", "site"), ("c", "telegram")] {
        world.open(id, "c", kind);
    }
    world.pass(30);
    let view = world.desk.view();
    let waiting: Vec<_> =
        view.queue.iter().map(|waits| (waits.dialog.as_str(), &*waits.channel_kind)).collect();
    assert_eq!(waiting, [("b", "site"), ("c", "telegram")], "the oldest first");
    assert_eq!((view.waiting, view.serviceable), (2, 0));
    assert_eq!(view.oldest_waiting_since.map(|since| world.now.since(since)), Some(Duration::from_secs(30)));
    let states: Vec<_> = view.managers.iter().map(|seen| (seen.manager.id.as_str(), seen.load)).collect();
    assert_eq!(states, [("ana", Units::ONE), ("boris", Units::ZERO)]);
}

#[test]
fn in_a_large_account_a_decision_lists_the_nearest_and_counts_all() {
    let mut world = world(&single_unit(vec![to(Target::Owner), to(Target::Everyone)]), &[]);
    for n in 0..100 {
        let id = format!("m{n:03}");
        world.enrol(person(&id, &[]));
        world.set(
            &id,
            if n % 2 == 0 { Availability::Available } else { Availability::Absent(Absence::Break, at(0)) },
        );
    }
    world.desk.put_customer(customer("c", Some("m001")), at(1_000));
    world.open("a", "c", "telegram");
    world.open("b", "c", "telegram");
    let decision = world.decision("b");
    let names: Vec<&str> = decision.candidates.iter().map(|candidate| candidate.manager.as_str()).collect();
    assert_eq!(names, ["m002", "m001", "m004", "m006"]);
    let mut counts = decision.counts.clone();
    counts.sort_by_key(|(verdict, _)| verdict.word());
    let expected = [
        (Verdict::Absent(Absence::Break), 50),
        (Verdict::Chosen, 1),
        (Verdict::Outranked, 48),
        (Verdict::OverCapacity, 1),
    ];
    assert_eq!(counts, expected);
}
