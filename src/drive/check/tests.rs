//! Each kind of violation is caught, and a flawless feed is not accused.

use super::claims::{Claim, Claims, Standing};
use super::*;
use crate::drive::feed::Text;

/// Builds a feed in which each event has the next number, an id of its own, and a stamp 1 ms later.
struct Feed {
    judge: Judge,
    seq: u64,
    at: i64,
}

fn member(name: &str, group: &str) -> Member {
    let groups = [GroupId::trusted(group)].into();
    Member { name: name.to_owned(), groups, capacity: Units::ONE, available: true, ..Member::default() }
}

fn terms() -> Terms {
    Terms {
        after: 0,
        managers: vec![member("ana", "PS"), member("boris", "NE")],
        costs: BTreeMap::from([(ChannelId::trusted("half"), Units::from_milli(500))]),
        group_of: Some(Box::new(|dialog| (!dialog.starts_with("any")).then(|| GroupId::trusted("PS")))),
        over_capacity: Units::ZERO,
        idle_discount: false,
        grace: Duration::from_millis(100),
        outages: Outages::default(),
    }
}

fn manager(name: &str) -> Holder<'_> {
    Holder::Manager(Text::from(name))
}

fn opened() -> What<'static> {
    What::Opened { channel: Some("drive".into()), routed: true }
}

fn to(name: &str) -> What<'_> {
    What::Assigned { to: manager(name), is_free: false }
}

fn closed(name: &str) -> What<'_> {
    What::Closed { last: Some(manager(name)) }
}

impl Feed {
    fn new(terms: Terms) -> Self {
        Self { seq: terms.after, judge: Judge::new(terms), at: 1_000 }
    }

    fn event<'a>(&mut self, id: &'a str, dialog: &'a str, what: What<'a>) -> &mut Self {
        self.seq += 1;
        self.at += 1;
        let dialog = (!dialog.is_empty()).then(|| Text::from(dialog));
        let at = Timestamp::from_micros(self.at * 1_000);
        self.judge.take(&Event { seq: self.seq, id: id.into(), at, dialog, what });
        self
    }

    fn add<'a>(&mut self, dialog: &'a str, what: What<'a>) -> &mut Self {
        let id = format!("{dialog}/{}", self.seq);
        self.event(&id, dialog, what)
    }

    fn rest(&mut self, millis: i64) -> &mut Self {
        self.at += millis;
        self
    }

    fn verdict(&mut self, claims: &Claims) -> Verdict {
        let judge = std::mem::replace(&mut self.judge, Judge::new(terms()));
        judge.finish(claims)
    }

    #[track_caller]
    fn betrays(&mut self, kind: Kind) {
        let verdict = self.verdict(&Claims::default());
        assert_eq!(verdict.counts, BTreeMap::from([(kind, 1)]), "{:#?}", verdict.violations);
    }

    #[track_caller]
    fn is_clean(&mut self) -> Verdict {
        let verdict = self.verdict(&Claims::default());
        assert!(verdict.is_clean(), "{:#?}", verdict.violations);
        verdict
    }
}

fn feed() -> Feed {
    Feed::new(terms())
}

#[test]
fn a_good_day_is_not_accused() {
    let mut feed = feed();
    feed.add("d1", opened()).add("d1", to("ana"));
    feed.add("d2", opened()).add("d2", What::Waiting(None)).rest(60_000);
    feed.add("d1", What::Message(Some("m1".into()))).add("d1", closed("ana")).add("d2", to("ana"));
    feed.add("d2", What::Returned { from: manager("ana") }).add("d2", What::Waiting(None)).rest(60_000);
    feed.add("", What::Unavailable("ana".into())).add("", What::Available("ana".into()));
    feed.add("d2", What::Assigned { to: manager("boris"), is_free: true });
    feed.add("d2", What::Reassigned { from: manager("boris"), to: manager("ana"), is_free: false });
    feed.add("d2", closed("ana"));
    let verdict = feed.is_clean();
    assert_eq!((verdict.opened, verdict.assignments, verdict.moves, verdict.closed), (2, 4, 1, 2));
    assert_eq!(verdict.waits.max(), Duration::from_millis(60_004));
    assert_eq!(verdict.managers["ana"], (3, 1));
}

#[test]
fn a_gap_and_a_wrong_order_of_numbers() {
    let mut feed = feed();
    feed.add("any1", opened());
    feed.seq += 1;
    feed.add("any1", to("boris")).betrays(Kind::SequenceGap);
}

#[test]
fn a_repeated_event_id() {
    let mut feed = feed();
    feed.event("x", "", What::Other).event("x", "", What::Other).betrays(Kind::RepeatedEvent);
}

#[test]
fn a_dialog_opened_twice() {
    feed().add("d1", opened()).add("d1", opened()).add("d1", to("ana")).betrays(Kind::OpenedTwice);
}

#[test]
fn a_dialog_given_to_two() {
    feed().add("any1", opened()).add("any1", to("ana")).add("any1", to("boris")).betrays(Kind::AssignedTwice);
}

#[test]
fn a_dialog_moved_from_somebody_who_does_not_have_it() {
    let moved = || What::Reassigned { from: manager("boris"), to: manager("ana"), is_free: true };
    feed().add("any1", opened()).add("any1", to("ana")).add("any1", moved()).betrays(Kind::TakenFromWrong);
    feed()
        .add("any1", opened())
        .add("any1", What::Waiting(None))
        .add("any1", moved())
        .betrays(Kind::TakenFromWrong);
    feed()
        .add("any1", opened())
        .add("any1", to("ana"))
        .add("any1", closed("boris"))
        .betrays(Kind::TakenFromWrong);
    let nobodys = What::Closed { last: None };
    feed().add("any1", opened()).add("any1", to("ana")).add("any1", nobodys).betrays(Kind::TakenFromWrong);
    let waits = What::Waiting(None);
    feed().add("any1", opened()).add("any1", to("ana")).add("any1", waits).betrays(Kind::TakenFromWrong);
}

#[test]
fn a_change_after_closure() {
    let mut feed = feed();
    feed.add("d1", opened()).add("d1", to("ana")).add("d1", closed("ana")).add("d1", to("ana"));
    feed.betrays(Kind::AfterClosure);
}

#[test]
fn a_dialog_given_outside_its_group() {
    feed().add("d1", opened()).add("d1", to("boris")).betrays(Kind::NotAllowed);
    let is_free = What::Assigned { to: manager("boris"), is_free: true };
    feed().add("d1", opened()).add("d1", is_free).is_clean();
}

#[test]
fn a_dialog_given_to_somebody_absent() {
    let given_after = |millis| {
        let mut feed = feed();
        feed.add("", What::Unavailable("ana".into())).add("d1", opened());
        feed.rest(millis).add("d1", to("ana"));
        feed
    };
    // What the engine had decided before may come a moment later.
    given_after(50).is_clean();
    given_after(101).betrays(Kind::Absent);
}

#[test]
fn somebody_over_capacity() {
    let two = |feed: &mut Feed, channel: &'static str| {
        for dialog in ["d1", "d2"] {
            feed.add(dialog, What::Opened { channel: Some(channel.into()), routed: true })
                .add(dialog, to("ana"));
        }
    };
    let mut over = feed();
    two(&mut over, "drive");
    over.betrays(Kind::OverCapacity);
    let mut halves = feed();
    two(&mut halves, "half");
    assert_eq!(halves.is_clean().managers["ana"], (2, 2));
    let mut allowed = Feed::new(Terms { over_capacity: Units::ONE, ..terms() });
    two(&mut allowed, "drive");
    allowed.is_clean();
}

#[test]
fn a_dialog_that_waited_while_somebody_had_room() {
    let mut late = feed();
    late.add("d1", opened()).add("d1", What::Waiting(None)).rest(100).add("d1", to("ana"));
    late.betrays(Kind::WaitedInVain);
    let mut in_time = feed();
    in_time.add("d1", opened()).add("d1", What::Waiting(None)).rest(90).add("d1", to("ana"));
    assert_eq!(in_time.is_clean().longest_in_vain, Duration::from_millis(92));
}

#[test]
fn others_between_a_closure_and_the_assignment_it_makes_possible_are_no_fault() {
    let mut feed = feed();
    feed.add("d1", opened())
        .add("d1", to("ana"))
        .add("d2", opened())
        .add("d2", What::Waiting(None))
        .rest(9_000);
    feed.add("d1", closed("ana")).add("any3", opened()).add("any3", to("boris")).add("d2", to("ana"));
    assert_eq!(feed.is_clean().longest_in_vain, Duration::from_millis(3));
}

#[test]
fn a_dialog_left_behind_at_the_end() {
    let mut feed = feed();
    feed.add("d1", opened()).add("d1", to("ana")).add("d2", opened()).add("d2", What::Waiting(None));
    feed.add("d1", closed("ana"));
    feed.betrays(Kind::WaitedInVain);
}

#[test]
fn without_groups_from_outside_the_decision_says_who_may() {
    let own = || Terms { group_of: None, ..terms() };
    let waits =
        |reach: &[&str]| What::Waiting(Some(reach.iter().map(|target| (*target).to_owned()).collect()));
    for (reach, clean) in
        [(["manager:boris"], false), (["group:NE"], false), (["everyone"], false), (["manager:ana"], true)]
    {
        let mut feed = Feed::new(own());
        feed.add("d1", opened()).add("d1", to("ana")).add("d2", opened()).add("d2", waits(&reach)).rest(900);
        feed.add("d1", What::OfDialog);
        assert_eq!(feed.verdict(&Claims::default()).is_clean(), clean, "{reach:?}");
    }
    // The default assignment may leave dialogs to nobody.
    Feed::new(own()).add("d1", opened()).add("d1", waits(&[])).rest(900).add("d1", What::OfDialog).is_clean();
}

#[test]
fn a_dialog_that_nobody_spoke_of_again() {
    feed().add("any1", opened()).betrays(Kind::NeverRouted);
    let internal = What::Opened { channel: None, routed: false };
    feed().add("any1", internal).is_clean();
}

#[test]
fn what_was_acknowledged_must_be_there() {
    let claim = |given_to: Option<&str>, closed| Claim {
        given_to: given_to.map(Into::into),
        closed,
        ..Claim::default()
    };
    let of = |claims: Claims| {
        let mut feed = feed();
        feed.add("d1", opened()).add("d1", to("ana")).add("d1", What::Message(Some("m1".into())));
        feed.add("d1", closed("ana")).add("any2", opened()).add("any2", to("boris"));
        feed.verdict(&claims).counts.into_keys().collect::<Vec<_>>()
    };
    let dialogs = |name: &str, claim| Claims { dialogs: vec![(name.to_owned(), claim)], ..Claims::default() };
    let honest = Claims { messages: vec!["m1".to_owned()], ..dialogs("d1", claim(Some("ana"), true)) };
    assert_eq!(of(honest), []);
    assert_eq!(of(dialogs("d3", claim(None, false))), [Kind::LostDialog]);
    assert_eq!(of(dialogs("d1", claim(Some("boris"), true))), [Kind::LostAssignment]);
    assert_eq!(of(dialogs("any2", claim(Some("boris"), true))), [Kind::LostClosure]);
    let unsent = Claims { messages: vec!["m2".to_owned()], ..Claims::default() };
    assert_eq!(of(unsent), [Kind::LostMessage]);
    // By the time of a repeated answer it may have been somebody else.
    let repeat = Claim { is_repeat: true, ..claim(Some("boris"), true) };
    assert_eq!(of(dialogs("d1", repeat)), []);
}

#[test]
fn the_roster_must_agree() {
    let standing = |load, dialogs| Claims {
        roster: BTreeMap::from([("ana".to_owned(), Standing { load: Some(load), dialogs: Some(dialogs) })]),
        ..Claims::default()
    };
    let of = |claims| {
        feed()
            .add("d1", opened())
            .add("d1", to("ana"))
            .verdict(&claims)
            .counts
            .into_keys()
            .collect::<Vec<_>>()
    };
    assert_eq!(of(standing(Units::ONE, 1)), []);
    assert_eq!(of(standing(Units::ONE, 2)), [Kind::RosterDisagrees]);
    assert_eq!(of(standing(Units::ZERO, 1)), [Kind::RosterDisagrees]);
}

#[test]
fn dialogs_from_before_the_run_are_taken_as_they_come() {
    let busy = Member { load: Units::ONE, held: 1, ..member("ana", "PS") };
    let mut feed = Feed::new(Terms { after: 70, managers: vec![busy], ..terms() });
    feed.add("d1", opened())
        .add("d1", What::Waiting(None))
        .rest(900)
        .add("old", closed("ana"))
        .add("d1", to("ana"));
    feed.is_clean();
}
