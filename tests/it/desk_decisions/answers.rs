//! Decisions that cross other news on their way, or a restart.

use std::sync::Arc;

use reparto::domain::dialog::{AssignmentRequest, DialogState};
use reparto::domain::ids::DialogId;
use reparto::domain::routing::{Cause, Place, Target};
use reparto::domain::units::Units;

use super::{single_unit, world};
use crate::desk_sketch::{at, dialog, manager, person, to, waiting};

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
        held_until: None,
    };
    waits.state = DialogState::Waiting { since: at(970), place: Some(place) };
    let request = AssignmentRequest { cause: Cause::Recovered, ticket: 7, avoid: None, only: None };
    world.desk.request(&Arc::new(waits), request, at(1_000));
    assert_eq!(world.desk.deadline(), Some(at(1_030)));
}
