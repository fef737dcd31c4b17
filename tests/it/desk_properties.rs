//! What holds of the desk whatever happens: compared with plain scans, and after random events.

mod order;
mod scan;
mod stories;

use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::select;

use reparto::domain::ids::{GroupId, ManagerId};
use reparto::domain::manager::Absence;
use reparto::domain::routing::{Step, Strategy as Pick, Target};
use reparto::domain::units::Units;

const PEOPLE: [&str; 8] = ["ana", "boris", "daria", "gleb", "ira", "lev", "olga", "vera"];
const GROUPS: [&str; 3] = ["red", "green", "blue"];
const KINDS: [&str; 3] = ["email", "telegram", "site"];
const ABSENCES: [Absence; 5] =
    [Absence::Offline, Absence::OnLeave, Absence::Dinner, Absence::WrapUp, Absence::Settling];

fn weights() -> Vec<(&'static str, Units)> {
    vec![("email", Units::from_milli(500)), ("site", Units::whole(2))]
}

fn targets() -> impl Strategy<Value = Target> {
    prop_oneof![
        2 => Just(Target::Everyone),
        3 => select(&GROUPS[..]).prop_map(|id| Target::Group(GroupId::trusted(id))),
        1 => Just(Target::Owner),
        1 => select(&PEOPLE[..]).prop_map(|id| Target::Manager(ManagerId::trusted(id))),
    ]
}

fn steps(waits: bool) -> impl Strategy<Value = Vec<Step>> {
    let wait = if waits {
        prop_oneof![Just(None), Just(Some(Duration::from_secs(20)))].boxed()
    } else {
        Just(None).boxed()
    };
    let asks = if waits {
        proptest::option::weighted(0.3, Just(Duration::from_secs(30))).boxed()
    } else {
        Just(None).boxed()
    };
    let step = (targets(), select(&Pick::ALL[..]), wait, any::<bool>(), 0_u32..3, asks);
    let step = step.prop_map(|(to, pick, wait, only, over, accept_within)| Step {
        to,
        pick,
        wait,
        only: only && over == 2,
        over_capacity: Units::whole(u32::from(over == 1)),
        accept_within,
        notify: None,
    });
    proptest::collection::vec(step, 1..4)
}
