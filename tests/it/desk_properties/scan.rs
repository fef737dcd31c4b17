//! The choice compared with that of a plain scan over everybody.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use reparto::desk::Order;
use reparto::domain::customer::Customer;
use reparto::domain::dialog::{AssignmentRequest, Standing};
use reparto::domain::ids::{CustomerId, DialogId, GroupId, ManagerId};
use reparto::domain::manager::{Absence, Availability, Manager, ManagerWork};
use reparto::domain::routing::{Cause, Responsible, Step, Strategy as Pick, Target, Verdict};
use reparto::domain::units::Units;

use super::{ABSENCES, GROUPS, KINDS, PEOPLE, steps, weights};
use crate::desk_sketch::{ONLINE, Sketch, at, dialog, person};
use crate::desk_world::World;

/// A manager as a plain scan sees them.
#[derive(Clone, Debug)]
struct Plain {
    id: &'static str,
    groups: Vec<&'static str>,
    capacity: u32,
    load: u32,
    availability: Availability,
    work: ManagerWork,
    /// The group that their dialog came through.
    through: Option<&'static str>,
}

fn plain_people() -> impl Strategy<Value = Vec<Plain>> {
    let availability = prop_oneof![
        3 => Just(Availability::Available),
        1 => select(&ABSENCES[..]).prop_map(|absence| Availability::Absent(absence, at(0))),
    ];
    let moment = || proptest::option::of((0_i64..5).prop_map(at));
    let through = proptest::option::of(select(&GROUPS[..]));
    let each =
        (subsequence(&GROUPS[..], 0..=3), 0_u32..5, 0_u32..10, availability, moment(), moment(), through);
    proptest::collection::vec(each, PEOPLE.len()).prop_flat_map(|people| {
        let named = people.into_iter().zip(PEOPLE).map(
            |((groups, capacity, load, availability, last, idle, through), id)| Plain {
                id,
                groups,
                capacity: capacity * 1_000,
                load: load * 500,
                availability,
                work: ManagerWork { last_assigned_at: last, idle_since: idle },
                through,
            },
        );
        let all: Vec<Plain> = named.collect();
        subsequence(all, 0..=PEOPLE.len())
    })
}

/// Decides by looking at everybody: the reference for the desk's indexes.
struct Scan<'a> {
    people: &'a [Plain],
    owner: Option<&'static str>,
    turn: Option<&'static str>,
    barred: Option<&'static str>,
    excluded: BTreeSet<&'static str>,
    caps: &'a [(&'static str, u32)],
    charge: u32,
}

impl Scan<'_> {
    fn named(&self, step: &Step) -> Vec<&Plain> {
        let names = |plain: &&Plain| match &step.to {
            Target::Everyone => true,
            Target::Group(group) => plain.groups.contains(&group.as_str()),
            Target::Owner => self.owner == Some(plain.id),
            Target::Manager(id) => id.as_str() == plain.id,
            Target::LastManager { .. } | Target::Bot(_) | Target::UntilOpen(_) => false,
        };
        self.people.iter().filter(names).collect()
    }

    fn has_room(&self, step: &Step, plain: &Plain) -> bool {
        plain.load + self.charge <= plain.capacity + step.over_capacity.milli()
    }

    fn is_full(&self, step: &Step) -> bool {
        let Target::Group(group) = &step.to else { return false };
        let cap = self.caps.iter().find(|(capped, _)| *capped == group.as_str());
        let used = self.people.iter().filter(|plain| plain.through == Some(group.as_str())).count();
        cap.is_some_and(|(_, most)| used >= usize::try_from(*most).expect("few"))
    }

    fn may_have_it(&self, plain: &Plain) -> bool {
        self.barred != Some(plain.id) && !self.excluded.contains(plain.id)
    }

    fn best(&self, step: &Step) -> Option<&'static str> {
        let able = self.named(step).into_iter().filter(|plain| {
            plain.availability == Availability::Available
                && self.may_have_it(plain)
                && !self.is_full(step)
                && self.has_room(step, plain)
        });
        let turn = |plain: &&Plain| (self.turn.is_some_and(|last| plain.id <= last), plain.id);
        let best = match step.pick {
            Pick::RoundRobin => able.min_by_key(turn),
            Pick::Ordered => able.min_by_key(|plain| plain.id),
            Pick::LongestIdle => able.min_by_key(|plain| (plain.work.idle_since, plain.id)),
            Pick::LeastLoaded => able.min_by(|a, b| {
                let share = |plain: &Plain| match plain.capacity {
                    0 => f64::INFINITY,
                    capacity => f64::from(plain.load) / f64::from(capacity),
                };
                let overload = |plain: &Plain| if plain.capacity == 0 { plain.load } else { 0 };
                let shares = share(a).total_cmp(&share(b)).then(overload(a).cmp(&overload(b)));
                shares.then((a.work.last_assigned_at, a.id).cmp(&(b.work.last_assigned_at, b.id)))
            }),
        };
        best.map(|plain| plain.id)
    }

    /// Which step decides, and who is chosen.
    fn walk(&self, steps: &[Step]) -> (usize, Option<&'static str>) {
        for (at, step) in steps.iter().enumerate() {
            if let Some(best) = self.best(step) {
                return (at, Some(best));
            }
            let wrap_up =
                |plain: &Plain| matches!(plain.availability, Availability::Absent(Absence::WrapUp, _));
            let is_here = |plain: &&Plain| plain.availability == Availability::Available || wrap_up(plain);
            let here = self.named(step).into_iter().filter(is_here).any(|plain| self.may_have_it(plain));
            if here {
                return (at, None);
            }
        }
        (steps.len() - 1, None)
    }

    /// How many got each verdict, over everybody that the steps from the last replacing one on name.
    fn counts(&self, steps: &[Step], decides: usize, chosen: Option<&str>) -> BTreeMap<Verdict, u32> {
        let replaces =
            |at: &usize| steps[*at].only && (steps[*at].to != Target::Owner || self.owner.is_some());
        let first = (0..=decides).rev().find(replaces).unwrap_or(0);
        let mut counts = BTreeMap::new();
        for plain in self.people {
            let seen = &steps[first..=decides];
            let mut naming = seen
                .iter()
                .filter(|step| self.named(step).iter().any(|named| named.id == plain.id))
                .peekable();
            if naming.peek().is_none() {
                continue;
            }
            let verdict = match plain.availability {
                _ if chosen == Some(plain.id) => Verdict::Chosen,
                _ if self.barred == Some(plain.id) => Verdict::FailedBefore,
                _ if self.excluded.contains(plain.id) => Verdict::Excluded,
                Availability::Absent(absence, _) => Verdict::Absent(absence),
                Availability::Available => {
                    let open: Vec<_> = naming.filter(|step| !self.is_full(step)).collect();
                    match open[..] {
                        [] => Verdict::GroupFull,
                        _ if open.iter().any(|step| self.has_room(step, plain)) => Verdict::Outranked,
                        _ => Verdict::OverCapacity,
                    }
                }
            };
            *counts.entry(verdict).or_insert(0) += 1;
        }
        counts
    }
}

fn furnish(world: &mut World, people: &[Plain]) {
    for plain in people {
        let id = ManagerId::trusted(plain.id);
        let capacity = Some(Units::from_milli(plain.capacity));
        world.enrol(Manager { capacity, ..person(plain.id, &plain.groups) });
        let charge = Units::from_milli(plain.load);
        let held = Standing::Held {
            by: Responsible::Manager(id.clone()),
            charge,
            awaits_reply: false,
            answered: true,
            through: plain.through.map(GroupId::trusted),
            offered: None,
        };
        world.desk.stand(&DialogId::trusted(&format!("of-{}", plain.id)), held, at(100));
        world.desk.set_availability(&id, plain.availability, ONLINE, at(100));
        world.desk.restore_work(&id, plain.work);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    /// Invariant 4, and the counts of the record: the indexes find whom a scan finds.
    #[test]
    fn the_choice_is_that_of_a_plain_scan(
        people in plain_people(),
        steps in steps(false),
        kind in select(&KINDS[..]),
        owner in proptest::option::of(select(&PEOPLE[..])),
        turn in proptest::option::of(select(&PEOPLE[..])),
        barred in proptest::option::of(select(&PEOPLE[..])),
        excluded in [subsequence(&PEOPLE[..], 0..3), subsequence(&PEOPLE[..], 0..3)],
        excluded_groups in subsequence(&GROUPS[..], 0..2),
        caps in proptest::collection::btree_map(select(&GROUPS[..]), 1_u32..5, 0..3),
    ) {
        let [by_record, by_file] = excluded;
        let excludes = vec![(false, by_file.clone(), excluded_groups.clone())];
        let excludes = if by_file.is_empty() && excluded_groups.is_empty() { vec![] } else { excludes };
        let caps: Vec<_> = caps.into_iter().collect();
        let sketch = Sketch { weights: weights(), excludes, caps: caps.clone(), ..Sketch::of(steps.clone()) };
        let mut world = World::new(sketch.compile(), at(100));
        world.over_capacity = Units::ONE;
        furnish(&mut world, &people);
        let mut customer = Customer::new(CustomerId::trusted("c"));
        customer.owner = owner.map(ManagerId::trusted);
        customer.excluded_managers = by_record.iter().map(|id| ManagerId::trusted(id)).collect();
        world.desk.put_customer(Arc::new(customer), at(100));
        for key in ["everyone", "group:red", "group:green", "group:blue"] {
            if let Some(turn) = turn {
                world.desk.restore_rotation(key, ManagerId::trusted(turn));
            }
        }
        let charge = match kind { "email" => 500, "site" => 2_000, _ => 1_000 };
        let in_group = |plain: &&Plain| excluded_groups.iter().any(|group| plain.groups.contains(group));
        let by_group = people.iter().filter(in_group).map(|plain| plain.id);
        let excluded = by_record.into_iter().chain(by_file).chain(by_group).collect();
        let scan = Scan { people: &people, owner, turn, barred, excluded, caps: &caps, charge };
        let (decides, chosen) = scan.walk(&steps);

        let request = AssignmentRequest { cause: Cause::Opened, ticket: 1, avoid: barred.map(ManagerId::trusted), only: None };
        let asking = Arc::new(dialog("d", "c", kind, at(100)));
        let orders = world.desk.request(&asking, request, at(100));
        let decision = orders.iter().find_map(|order| match order {
            Order::Route { decision, .. } => Some(decision),
            Order::Move { .. } | Order::Stay { .. } | Order::Lapse { .. } | Order::Save { .. } | Order::Announce { .. } => None,
        }).unwrap();
        let choice = decision.choice.as_ref().and_then(Responsible::manager).map(ManagerId::as_str);
        prop_assert_eq!(choice, chosen, "{:?}", decision);
        prop_assert_eq!(usize::from(decision.step.unwrap_or_default()), decides, "{:?}", decision);
        let counts: BTreeMap<Verdict, u32> = decision.counts.iter().copied().collect();
        prop_assert_eq!(counts, scan.counts(&steps, decides, chosen), "{:?}", decision);
        let listed: BTreeSet<&str> = decision.candidates.iter().map(|candidate| candidate.manager.as_str()).collect();
        prop_assert_eq!(listed.len(), decision.candidates.len(), "nobody twice");
        let counted: u32 = decision.counts.iter().map(|(_, count)| count).sum();
        prop_assert_eq!(listed.len(), usize::try_from(counted).unwrap(), "a small account is listed whole");
        world.check();
    }
}
