//! Tests of the look-ups: what is asked and when, and that nothing grows beyond its bounds.

use proptest::prelude::*;

use super::*;
use crate::connectors::retailcrm::crm_wire::{Customer, Phone};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_secs(seconds)
}

fn person(id: GatewayId) -> Person {
    Person { id, ..Person::default() }
}

fn marta() -> Person {
    Person { id: 7, phone: "+34 611 222 333".into(), email: "marta@example.com".into() }
}

fn owned(manager_id: u64) -> Customer {
    Customer { id: 1, manager_id, ..Customer::default() }
}

fn found(update: Option<Update>) -> Option<u64> {
    match update?.outcome {
        Outcome::Found(facts) => Some(facts.owner),
        Outcome::Nobody | Outcome::NoAnswer => None,
    }
}

#[test]
fn whoever_asks_meanwhile_shares_the_answer() {
    let mut lookup = Lookup::new(Memory::default());
    let first = lookup.see(&person(7), at(0));
    assert_eq!(first, Sight { is_pending: true, ..Sight::default() });
    let question = lookup.next(at(0)).expect("a question");
    assert_eq!(question.request(), Request::customers_of_gateway(7));
    assert!(lookup.see(&person(7), at(1)).is_pending);
    assert_eq!(lookup.next(at(1)), None, "it is on its way");
    assert_eq!(found(lookup.answer(&question, &[owned(24)], at(2))), Some(24));
    let later = lookup.see(&person(7), at(3));
    assert_eq!((later.facts.map(|facts| facts.owner), later.is_pending), (Some(24), false));
    assert_eq!(lookup.next(at(3)), None);
}

#[test]
fn what_is_known_holds_for_a_while_and_is_used_while_asked_again() {
    let mut lookup = Lookup::new(Memory::default());
    lookup.see(&person(7), at(0));
    let question = lookup.next(at(0)).expect("a question");
    lookup.answer(&question, &[owned(24)], at(0));
    assert!(!lookup.see(&person(7), at(899)).is_pending);
    let old = lookup.see(&person(7), at(900));
    assert_eq!((old.facts.map(|facts| facts.owner), old.is_pending), (Some(24), true));
    let question = lookup.next(at(900)).expect("a question");
    assert!(lookup.fail(&question, true, 0, at(901)).is_some());
    assert_eq!(lookup.facts(7).map(|facts| facts.owner), Some(24), "an outage makes nobody forget");
}

#[test]
fn one_way_after_the_other_until_somebody_is_found() {
    let mut lookup = Lookup::new(Memory::default());
    lookup.see(&marta(), at(0));
    let first = lookup.next(at(0)).expect("by id");
    assert_eq!(lookup.answer(&first, &[], at(0)), None);
    let second = lookup.next(at(0)).expect("by phone");
    assert_eq!(second.by, By::Phone);
    let stranger = Customer { phones: vec![Phone { number: "34999".into() }], ..owned(3) };
    assert_eq!(lookup.answer(&second, &[stranger], at(0)), None, "the filter finds names too");
    let third = lookup.next(at(0)).expect("by e-mail");
    let hers = Customer { email: "Marta@Example.com".into(), ..owned(24) };
    assert_eq!(found(lookup.answer(&third, &[owned(3), hers], at(0))), Some(24));
}

#[test]
fn nobody_is_remembered_too() {
    let mut lookup = Lookup::new(Memory::default());
    lookup.see(&person(7), at(0));
    let question = lookup.next(at(0)).expect("a question");
    let update = lookup.answer(&question, &[], at(0)).expect("news");
    assert_eq!(update.outcome, Outcome::Nobody);
    let nobody = Sight { is_nobody: true, ..Sight::default() };
    assert_eq!(lookup.see(&person(7), at(299)), nobody);
    assert!(lookup.see(&person(7), at(300)).is_pending);
}

#[test]
fn news_is_asked_about_but_not_over_and_over() {
    let mut lookup = Lookup::new(Memory::default());
    lookup.see(&person(7), at(0));
    let question = lookup.next(at(0)).expect("a question");
    lookup.answer(&question, &[], at(0));
    assert!(!lookup.news(&person(7), at(29)).is_pending);
    assert!(lookup.news(&person(7), at(30)).is_pending);
    let question = lookup.next(at(30)).expect("a question");
    lookup.answer(&question, &[], at(31));
    assert!(lookup.see(&marta(), at(32)).is_pending, "a telephone number is more to ask by");
    let question = lookup.next(at(32)).expect("a question");
    lookup.answer(&question, &[owned(24)], at(32));
    assert!(!lookup.see(&person(7), at(33)).is_pending, "what is not said is no news");
}

#[test]
fn what_becomes_known_meanwhile_is_asked_for_afterwards() {
    let mut lookup = Lookup::new(Memory::default());
    lookup.see(&person(7), at(0));
    let question = lookup.next(at(0)).expect("a question");
    lookup.see(&marta(), at(1));
    assert_eq!(lookup.answer(&question, &[], at(2)), None);
    let again = lookup.next(at(2)).expect("a question");
    assert_eq!((again.by, again.person), (By::Gateway, marta()));
}

#[test]
fn failures_are_told_once_and_tried_again_ever_more_slowly() {
    let mut lookup = Lookup::new(Memory::default());
    lookup.see(&person(7), at(0));
    let mut now = at(0);
    let (mut told, mut waits) = (0, Vec::new());
    while let Some(question) = lookup.next(now) {
        told += usize::from(lookup.fail(&question, true, 0, now).is_some());
        let Some(next) = lookup.wakes_at() else { break };
        waits.push(next.since(now).as_millis());
        assert_eq!(lookup.next(now), None, "it rests");
        now = next;
    }
    assert_eq!(told, 1);
    assert_eq!(waits, [100, 200, 400, 800, 1_600]);
}

#[test]
fn a_key_without_the_right_is_not_tried_again() {
    let mut lookup = Lookup::new(Memory::default());
    lookup.see(&person(7), at(0));
    let question = lookup.next(at(0)).expect("a question");
    let update = lookup.fail(&question, false, 0, at(0)).expect("news");
    assert_eq!(update.outcome, Outcome::NoAnswer);
    assert_eq!((lookup.next(at(1)), lookup.wakes_at()), (None, None));
}

#[test]
fn answers_that_nobody_waits_for_change_nothing() {
    let mut lookup = Lookup::new(Memory { at_once: 1, ..Memory::default() });
    lookup.see(&person(7), at(0));
    lookup.see(&person(8), at(0));
    let question = lookup.next(at(0)).expect("a question");
    assert!(lookup.answer(&question, &[owned(1)], at(0)).is_some());
    assert_eq!(lookup.answer(&question, &[owned(2)], at(0)), None);
    assert_eq!(lookup.facts(7).map(|facts| facts.owner), Some(1));
    assert!(lookup.next(at(0)).is_some());
    assert_eq!(lookup.next(at(0)), None, "one at once");
}

#[derive(Clone, Debug)]
enum Act {
    See(GatewayId, bool),
    News(GatewayId),
    Ask,
    Answer(usize, bool),
    Fail(usize, bool),
    Wait(u64),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let id = 0_u64..12;
    let act = prop_oneof![
        (id.clone(), any::<bool>()).prop_map(|(id, phone)| Act::See(id, phone)),
        id.prop_map(Act::News),
        Just(Act::Ask),
        (0_usize..4, any::<bool>()).prop_map(|(which, is_found)| Act::Answer(which, is_found)),
        (0_usize..4, any::<bool>()).prop_map(|(which, is_passing)| Act::Fail(which, is_passing)),
        (0_u64..400).prop_map(Act::Wait),
    ];
    proptest::collection::vec(act, 1..200)
}

proptest! {
    /// Whatever happens: memory and questions under way stay within bounds, nobody is asked about twice at a time,
    /// and at the end, with a CRM that answers, nobody is left pending.
    #[test]
    fn bounds_hold_and_everybody_is_settled(acts in acts()) {
        let memory = Memory { customers: 6, at_once: 2, ..Memory::default() };
        let mut lookup = Lookup::new(memory);
        let mut now = at(0);
        let mut open: Vec<Question> = Vec::new();
        for act in acts {
            match act {
                Act::See(id, phone) => {
                    let phone = if phone { "34611222333".to_owned() } else { String::new() };
                    lookup.see(&Person { id, phone, ..Person::default() }, now);
                }
                Act::News(id) => { lookup.news(&person(id), now); }
                Act::Ask => open.extend(lookup.next(now)),
                Act::Answer(which, is_found) if which < open.len() => {
                    let question = open.swap_remove(which);
                    let found = if is_found && question.by == By::Gateway { vec![owned(9)] } else { vec![] };
                    lookup.answer(&question, &found, now);
                }
                Act::Fail(which, is_passing) if which < open.len() => {
                    lookup.fail(&open.swap_remove(which), is_passing, 0, now);
                }
                Act::Wait(seconds) => now = now + Duration::from_secs(seconds),
                Act::Answer(..) | Act::Fail(..) => {}
            }
            prop_assert!(lookup.entries.len() <= 6 && lookup.by_seen.len() == lookup.entries.len());
            prop_assert!(open.len() <= 2 && lookup.under_way == open.len());
            let mut asked: Vec<_> = open.iter().map(|question| question.person.id).collect();
            asked.sort_unstable();
            asked.dedup();
            prop_assert_eq!(asked.len(), open.len());
            prop_assert!(lookup.queue.len() <= 6);
        }
        now = now + Duration::from_hours(1);
        for question in open {
            lookup.answer(&question, &[], now);
        }
        for _ in 0..100 {
            let Some(question) = lookup.next(now) else { break };
            lookup.answer(&question, &[], now);
        }
        prop_assert!(lookup.entries.values().all(|entry| matches!(entry.stage, Stage::Settled(_))));
    }
}
