//! Rules that watch only, begin to act, cease, or change under those who wait.

use std::time::Duration;

use reparto::desk::Desk;
use reparto::domain::account::Account;
use reparto::domain::announcement::Subject;
use reparto::domain::closing::{LastFrom, OfflineWhich};
use reparto::domain::ids::{AccountId, DialogId, ManagerId};
use reparto::domain::routing::{DecisionEffect, FallbackReason, Responsible, Target};
use reparto::domain::units::Units;
use reparto::rules::ruleset::BotMode;

use super::{single_unit, world};
use crate::desk_sketch::{Sketch, at, dialog, group, manager, to};

#[test]
fn while_it_watches_the_bot_tells_what_it_would_do_and_books_nothing() {
    let sketch = Sketch { mode: BotMode::Shadow, ..Sketch::of(vec![to(Target::Everyone)]) };
    let mut world = world(&sketch, &["ana"]);
    world.open("a", "c", "telegram");
    let (subject, decision) = world.would_have().next().unwrap();
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
    let orders = world.desk.set_rules(
        Sketch { mode: BotMode::Enforce, version: 2, ..sketch.clone() }.compile(),
        false,
        at(1_001),
    );
    world.take(orders);
    world.deliver_all();
    assert_eq!((world.holder("a").as_deref(), world.holder("b")), (Some("ana"), None));
    let orders = world.desk.set_rules(Sketch { version: 3, ..sketch }.compile(), false, at(1_002));
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
    let orders = world.desk.set_rules(other.compile(), false, at(1_001));
    world.take(orders);
    world.deliver_all();
    assert_eq!(world.holder("b").as_deref(), Some("boris"));
    assert_eq!(world.decision("b").rules, entered_with);
    world.open("n", "c", "telegram");
    assert_eq!(world.holder("n").as_deref(), Some("vera"));
}

#[test]
fn while_the_bot_is_off_the_accounts_own_time_closes_and_nothing_moves() {
    let offline = Some((Duration::ZERO, OfflineWhich::Waiting));
    let sketch = Sketch { mode: BotMode::Off, offline, ..Sketch::of(vec![to(Target::Everyone)]) };
    let mut account = Account::new(AccountId::default_account());
    account.auto_close = Some(Duration::from_hours(1));
    let desk = Desk::new(account, sketch.compile());
    let policy = desk.policy_of(&dialog("a", "c", "telegram", at(0)), at(0));
    let close = policy.close.unwrap();
    assert!(close.by_account);
    assert_eq!((close.after, close.last_from), (Duration::from_hours(1), LastFrom::Any));
    assert_eq!(policy.reassign.offline, None);
}
