//! The order of acts, in pace and as fast as possible, and what answers and the feed change of it.

use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_secs(seconds)
}

fn row(arrival: i64, handle: u64) -> Row {
    Row { arrival: at(arrival), handle: Some(Duration::from_secs(handle)), ..Row::default() }
}

fn stage(rows: &[Row], tempo: Tempo, messages: u16) -> Stage<'_> {
    Stage::new(rows, Manner { tempo, messages, handle: Duration::from_mins(1) })
}

const STRICT: Tempo = Tempo::Virtual { strict: true };
const ANA: ManagerNo = 1;
const BORIS: ManagerNo = 2;

/// What comes next without any clock.
fn next(stage: &mut Stage) -> Next {
    stage.next(Timestamp::default())
}

#[track_caller]
fn acts(stage: &mut Stage, act: Act) {
    assert_eq!(next(stage), Next::Act(act));
}

#[test]
fn as_fast_as_possible_the_order_is_still_the_traces() {
    let rows = [row(0, 90), row(10, 30), row(50, 10), row(200, 10)];
    let mut stage = stage(&rows, STRICT, 0);
    acts(&mut stage, Act::Open(0));
    acts(&mut stage, Act::Open(1));
    assert_eq!(next(&mut stage), Next::Wait, "1 may end at 40, before 2 begins");
    stage.opened(1, Given::To(ANA));
    acts(&mut stage, Act::Close(1, Some(ANA)));
    acts(&mut stage, Act::Open(2));
    stage.opened(2, Given::To(ANA));
    acts(&mut stage, Act::Close(2, Some(ANA)));
    assert_eq!(next(&mut stage), Next::Wait, "0 may end at 90, before 3 begins");
    stage.opened(0, Given::To(BORIS));
    acts(&mut stage, Act::Close(0, Some(BORIS)));
    acts(&mut stage, Act::Open(3));
    stage.opened(3, Given::ToBot);
    acts(&mut stage, Act::Close(3, None));
    for dialog in 0..4 {
        stage.closed(dialog);
    }
    assert_eq!(next(&mut stage), Next::Done);
    assert_eq!((stage.tally().closed, stage.tally().at_once, stage.done()), (4, 4, 4));
}

#[test]
fn in_pace_nothing_is_early_and_work_counts_from_the_answer() {
    let rows = [row(100, 30), row(105, 30)];
    let mut stage = stage(&rows, Tempo::Paced, 0);
    assert_eq!(stage.next(at(40)), Next::Until(at(100)));
    assert_eq!(stage.next(at(101)), Next::Act(Act::Open(0)));
    assert_eq!(stage.next(at(102)), Next::Until(at(105)));
    stage.opened(0, Given::To(ANA));
    assert_eq!(stage.next(at(106)), Next::Act(Act::Open(1)));
    assert_eq!(stage.next(at(107)), Next::Until(at(132)));
    assert_eq!(stage.next(at(132)), Next::Act(Act::Close(0, Some(ANA))));
}

#[test]
fn messages_are_spread_over_the_work_in_turn() {
    let rows = [row(0, 40)];
    let mut stage = stage(&rows, STRICT, 3);
    acts(&mut stage, Act::Open(0));
    stage.opened(0, Given::To(ANA));
    acts(&mut stage, Act::Say(0, 1, Speaker::Manager(ANA)));
    stage.said(0);
    acts(&mut stage, Act::Say(0, 2, Speaker::Customer));
    stage.said(0);
    acts(&mut stage, Act::Say(0, 3, Speaker::Manager(ANA)));
    assert_eq!(stage.clock, at(30));
    assert_eq!(next(&mut stage), Next::Wait, "a closure must not overtake the last message");
    stage.said(0);
    acts(&mut stage, Act::Close(0, Some(ANA)));
}

#[test]
fn while_somebody_waits_nothing_overtakes_a_closure() {
    let rows = [row(0, 90), row(10, 30), row(500, 10)];
    let mut stage = stage(&rows, STRICT, 0);
    acts(&mut stage, Act::Open(0));
    acts(&mut stage, Act::Open(1));
    stage.opened(0, Given::To(ANA));
    stage.opened(1, Given::Waits);
    acts(&mut stage, Act::Close(0, Some(ANA)));
    stage.closed(0);
    assert_eq!(next(&mut stage), Next::Wait, "the feed has not shown the closure");
    stage.fed(0, Given::Closed);
    stage.fed(1, Given::To(ANA));
    acts(&mut stage, Act::Close(1, Some(ANA)));
    assert_eq!(stage.clock, at(120), "Ana was free at 90, and works for 30");
    assert_eq!(stage.waits()[&None].max(), Duration::from_secs(80));
}

#[test]
fn the_feed_may_be_faster_than_the_answer() {
    let rows = [row(0, 90)];
    let mut stage = stage(&rows, STRICT, 0);
    acts(&mut stage, Act::Open(0));
    stage.fed(0, Given::To(ANA));
    acts(&mut stage, Act::Close(0, Some(ANA)));
    stage.opened(0, Given::Waits);
    stage.closed(0);
    assert_eq!((next(&mut stage), stage.waiting()), (Next::Done, 0));
}

#[test]
fn whoever_has_it_by_then_closes_it() {
    let rows = [row(0, 90)];
    let mut stage = stage(&rows, STRICT, 0);
    acts(&mut stage, Act::Open(0));
    stage.opened(0, Given::To(ANA));
    acts(&mut stage, Act::Close(0, Some(ANA)));
    stage.close_refused(0);
    assert_eq!((next(&mut stage), stage.waiting()), (Next::Stuck, 1), "whose is it?");
    stage.fed(0, Given::To(BORIS));
    acts(&mut stage, Act::Close(0, Some(BORIS)));
    stage.fed(0, Given::To(ANA));
    stage.close_refused(0);
    acts(&mut stage, Act::Close(0, Some(ANA)));
    stage.closed(0);
    assert_eq!(next(&mut stage), Next::Done);
}

#[test]
fn a_move_begins_the_work_anew_and_a_return_stops_it() {
    let rows = [row(0, 90), row(50, 500)];
    let mut stage = stage(&rows, STRICT, 0);
    acts(&mut stage, Act::Open(0));
    stage.opened(0, Given::To(ANA));
    acts(&mut stage, Act::Open(1));
    stage.opened(1, Given::To(BORIS));
    stage.fed(0, Given::Waits);
    assert_eq!(stage.waiting(), 1);
    stage.fed(0, Given::To(BORIS));
    stage.fed(1, Given::To(ANA));
    acts(&mut stage, Act::Close(0, Some(BORIS)));
    acts(&mut stage, Act::Close(1, Some(ANA)));
    assert_eq!((stage.clock, stage.tally().moved), (at(550), 1));
}

#[test]
fn the_impatient_leave() {
    let impatient = Row { patience: Some(Duration::from_secs(20)), ..row(5, 90) };
    let rows = [row(0, 90), impatient];
    let mut stage = stage(&rows, STRICT, 0);
    acts(&mut stage, Act::Open(0));
    acts(&mut stage, Act::Open(1));
    stage.opened(0, Given::To(ANA));
    stage.opened(1, Given::Waits);
    acts(&mut stage, Act::Close(1, None));
    assert_eq!(stage.clock, at(25));
    stage.closed(1);
    assert_eq!((stage.tally().gave_up, stage.waiting()), (1, 0));
}

#[test]
fn what_the_server_closes_refuses_or_joins_is_over() {
    let rows = [row(0, 90), row(1, 90), row(2, 90)];
    let mut stage = stage(&rows, STRICT, 0);
    for dialog in 0..3 {
        acts(&mut stage, Act::Open(dialog));
    }
    stage.failed(0);
    stage.joined(1);
    stage.opened(2, Given::To(ANA));
    stage.fed(2, Given::Closed);
    assert_eq!(next(&mut stage), Next::Done);
    let tally = stage.tally();
    assert_eq!((tally.failed, tally.joined, tally.closed_by_server, stage.done()), (1, 1, 1, 3));
}
