//! Whose turn it is, and who may overtake whom.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use reparto::domain::customer::Customer;
use reparto::domain::ids::CustomerId;
use reparto::domain::manager::Absence;
use reparto::domain::routing::{Step, Strategy as Pick, Target};

use super::PEOPLE;
use crate::desk_sketch::{Sketch, at, person, to};
use crate::desk_world::World;

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, ..ProptestConfig::default() })]

    /// Invariant 4: whoever is eligible all the time gets as many turns as the others, within one,
    /// whoever else comes and goes.
    #[test]
    fn turns_differ_by_at_most_one(
        steady in subsequence(&PEOPLE[..], 1..6),
        story in proptest::collection::vec(prop_oneof![
            3 => Just(None),
            1 => (select(&PEOPLE[..]), any::<bool>()).prop_map(Some),
        ], 1..100),
    ) {
        let step = Step { pick: Pick::RoundRobin, ..to(Target::Everyone) };
        let mut world = World::new(Sketch { units: 1_000, ..Sketch::of(vec![step]) }.compile(), at(0));
        for id in PEOPLE {
            world.enrol(person(id, &[]));
        }
        for id in &steady {
            world.present(id);
        }
        let mut turns: BTreeMap<&str, u32> = steady.iter().map(|id| (*id, 0)).collect();
        for (n, event) in story.iter().enumerate() {
            match event {
                Some((id, _)) if steady.contains(id) => {}
                Some((id, true)) => world.present(id),
                Some((id, false)) => world.absent(id, Absence::Break),
                None => {
                    let id = format!("d{n}");
                    world.open(&id, "c", "telegram");
                    let holder = world.holder(&id).unwrap_or_default();
                    if let Some(count) = turns.get_mut(holder.as_str()) {
                        *count += 1;
                    }
                }
            }
            let (least, most) = (turns.values().min().unwrap(), turns.values().max().unwrap());
            prop_assert!(most - least <= 1, "{turns:?}");
        }
    }

    /// Invariant 5: with the same slope, a class overtakes only those who waited less than its head start longer;
    /// within a class it is first come, first served; and everybody is served.
    #[test]
    fn overtaking_is_bounded(
        story in proptest::collection::vec(prop_oneof![
            2 => any::<bool>().prop_map(Some),
            1 => Just(None),
        ], 1..80),
        gaps in proptest::collection::vec(0_u64..90, 80),
    ) {
        const HEAD_START: i64 = 120;
        const SLOPE: i64 = 60;
        let sketch = Sketch {
            units: 1,
            priorities: vec![(true, HEAD_START, SLOPE), (false, 0, SLOPE)],
            ..Sketch::of(vec![to(Target::Everyone)])
        };
        let mut world = World::new(sketch.compile(), at(0));
        let mut vip = Customer::new(CustomerId::trusted("vip"));
        vip.vip = true;
        world.desk.put_customer(Arc::new(vip), at(0));
        world.enrol(person("ana", &[]));
        world.present("ana");
        let mut served: Vec<String> = Vec::new();
        let mut arrivals: BTreeMap<String, (i64, bool)> = BTreeMap::new();
        let mut serve = |world: &mut World, arrivals: &BTreeMap<String, (i64, bool)>| {
            let held = arrivals.keys().find(|id| world.holder(id).is_some()).cloned();
            let Some(held) = held else { return false };
            served.push(held.clone());
            world.close(&held);
            world.deliver_all();
            true
        };
        for (event, gap) in story.iter().zip(gaps) {
            world.pass(gap);
            if let Some(is_vip) = event {
                let id = format!("d{:03}", arrivals.len());
                world.open(&id, if *is_vip { "vip" } else { "c" }, "telegram");
                arrivals.insert(id, (world.now.micros() / 1_000_000, *is_vip));
            } else {
                serve(&mut world, &arrivals);
            }
        }
        while serve(&mut world, &arrivals) {}
        prop_assert_eq!(served.len(), arrivals.len());
        for (place, later_served) in served.iter().enumerate() {
            for earlier_served in &served[..place] {
                let (mine, am_vip) = arrivals[later_served];
                let (theirs, is_vip) = arrivals[earlier_served];
                let head_start = if is_vip && !am_vip { HEAD_START * 60 / SLOPE } else { 0 };
                prop_assert!(theirs - mine <= head_start, "{earlier_served} before {later_served}");
            }
        }
    }
}
