//! Tallies: what a manager did on a day, counted as it happens, for those who look at a list of managers.

use std::ops::AddAssign;
use std::time::Duration;

use super::announcement::Body;
use super::dialog::Effect;
use super::figures::ServiceFigure;
use super::ids::ManagerId;
use super::message::Author;
use super::routing::Responsible;

/// A day of the account: days since 1970-01-01, as calendars in the rule file's zone show them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i32);

/// How many there were of something, and how long all of them took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// How many.
    pub count: u64,
    /// How long, all together.
    pub sum: Duration,
}

impl Times {
    fn one(took: Duration) -> Self {
        Self { count: 1, sum: took }
    }

    /// How long one took on average; `None` when there was none.
    pub fn average(self) -> Option<Duration> {
        let micros = self.sum.as_micros().checked_div(u128::from(self.count))?;
        Some(Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX)))
    }
}

/// What one manager did on one day. Every part only ever grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DayTally {
    /// Dialogs that came to them.
    pub assigned: u64,
    /// Dialogs that went from them to somebody else, or back to routing.
    pub moved_away: u64,
    /// Dialogs that were closed while they held them.
    pub closed: u64,
    /// First replies of theirs, from the customer's first message on.
    pub first_replies: Times,
    /// Replies of theirs, from the first unanswered message on.
    pub replies: Times,
    /// Dialogs that they held, until they were closed or went away.
    pub handled: Times,
}

impl AddAssign for Times {
    fn add_assign(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        self.sum = self.sum.saturating_add(other.sum);
    }
}

impl AddAssign for DayTally {
    fn add_assign(&mut self, other: Self) {
        let Self { assigned, moved_away, closed, first_replies, replies, handled } = other;
        self.assigned = self.assigned.saturating_add(assigned);
        self.moved_away = self.moved_away.saturating_add(moved_away);
        self.closed = self.closed.saturating_add(closed);
        self.first_replies += first_replies;
        self.replies += replies;
        self.handled += handled;
    }
}

/// What managers did in one transition of a dialog, by what came of it. Internal dialogs are nobody's work, and
/// bots have no days.
pub fn tallies(effects: &[Effect]) -> Vec<(ManagerId, DayTally)> {
    let mut tallies: Vec<(ManagerId, DayTally)> = Vec::new();
    let mut add = |manager: Option<&ManagerId>, tally: DayTally| {
        let Some(manager) = manager else { return };
        match tallies.iter_mut().find(|(there, _)| there == manager) {
            Some((_, sum)) => *sum += tally,
            None => tallies.push((manager.clone(), tally)),
        }
    };
    let nothing = DayTally::default();
    let (came, went) = (DayTally { assigned: 1, ..nothing }, DayTally { moved_away: 1, ..nothing });
    let (mut gave_up, mut writer) = (None, None);
    for effect in effects {
        let Effect::Announce { body, .. } = effect else { continue };
        if let Body::DialogAssigned { to, .. } = body {
            add(to.manager(), came);
        } else if let Body::DialogReassigned { from, to, .. } = body {
            add(from.manager(), went);
            add(to.manager(), came);
            gave_up = from.manager();
        } else if let Body::DialogReturned { from, .. } = body {
            add(from.manager(), went);
            gave_up = from.manager();
        } else if let Body::DialogClosed { last, .. } = body {
            gave_up = last.as_ref().and_then(Responsible::manager);
            add(gave_up, DayTally { closed: 1, ..nothing });
        } else if let Body::MessageRecorded { from: Author::Manager(manager), .. } = body {
            writer = Some(manager);
        }
    }
    // What is measured says how long, and what is announced says who.
    for effect in effects {
        let Effect::Measure(figure) = effect else { continue };
        match figure {
            ServiceFigure::FirstReply { took, .. } => {
                add(writer, DayTally { first_replies: Times::one(*took), ..nothing });
            }
            ServiceFigure::Reply { took, .. } => {
                add(writer, DayTally { replies: Times::one(*took), ..nothing });
            }
            ServiceFigure::Handle { took, .. } => {
                add(gave_up, DayTally { handled: Times::one(*took), ..nothing });
            }
            ServiceFigure::TimeToAssign { .. }
            | ServiceFigure::Resolution { .. }
            | ServiceFigure::Abandoned { .. } => {}
        }
    }
    tallies
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dialog::ClosureReason;
    use crate::domain::message::Visibility;

    fn manager(id: &str) -> ManagerId {
        ManagerId::trusted(id)
    }

    fn announce(body: Body) -> Effect {
        Effect::Announce { cause: None, body }
    }

    #[test]
    fn a_move_is_counted_for_both() {
        let [ana, boris] = ["ana", "boris"].map(|id| Responsible::Manager(manager(id)));
        let took = Duration::from_mins(1);
        let effects = [
            announce(Body::DialogReassigned { from: ana, to: boris, by: None, decision: None }),
            Effect::Measure(ServiceFigure::Handle { channel: "site".into(), took }),
        ];
        let went = DayTally { moved_away: 1, handled: Times::one(took), ..DayTally::default() };
        let came = DayTally { assigned: 1, ..DayTally::default() };
        assert_eq!(tallies(&effects), [(manager("ana"), went), (manager("boris"), came)]);
    }

    #[test]
    fn a_reply_is_whose_message_it_was_and_bots_have_no_days() {
        let wrote = |from| {
            let message = crate::domain::ids::MessageId::trusted("m1");
            announce(Body::MessageRecorded { message, from, visibility: Visibility::Public, failed: None })
        };
        let took = Duration::from_secs(5);
        let reply = Effect::Measure(ServiceFigure::Reply { channel: "site".into(), took });
        let counted = tallies(&[wrote(Author::Manager(manager("ana"))), reply.clone()]);
        assert_eq!(
            counted,
            [(manager("ana"), DayTally { replies: Times::one(took), ..DayTally::default() })]
        );
        assert_eq!(tallies(&[wrote(Author::Bot(crate::domain::ids::BotId::trusted("b1"))), reply]), []);
    }

    #[test]
    fn a_closure_that_nobody_held_is_nobodys() {
        let closed = Body::DialogClosed { reason: ClosureReason::Manual(None), by: None, last: None };
        assert_eq!(tallies(&[announce(closed)]), []);
    }

    #[test]
    fn an_average_of_nothing_is_none() {
        assert_eq!(Times::default().average(), None);
        assert_eq!(Times { count: 3, sum: Duration::from_secs(6) }.average(), Some(Duration::from_secs(2)));
    }
}
