//! Who is chosen within a step.

use reparto::desk::{Order, Save};
use reparto::domain::ids::{BotId, DialogId, ManagerId};
use reparto::domain::manager::ManagerWork;
use reparto::domain::routing::{Cause, DecisionEffect, Responsible, Step, Strategy, Target, Verdict};
use reparto::domain::units::Units;

use super::{single_unit, world};
use crate::desk_sketch::{Sketch, at, group, person, to};

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
        Order::Move { .. }
        | Order::Stay { .. }
        | Order::Lapse { .. }
        | Order::Save { .. }
        | Order::Announce { .. } => None,
    });
    let boris = ManagerId::trusted("boris");
    let finished = saves.flatten().any(|save| match save {
        Save::Work { manager, work } => *manager == boris && work.idle_since == Some(at(1_020)),
        Save::Rotation { .. } | Save::Stance(_) => false,
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
