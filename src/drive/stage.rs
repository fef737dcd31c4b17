//! What happens next when a trace is played: a pure state machine. It is told what was answered and what the feed
//! says, and names the next act; it neither sends nor waits nor knows the time.
//!
//! Played in pace, an act is due when the trace's clock, which follows the wall, has reached it. Played as fast as
//! possible, the clock is virtual: it jumps from one act to the next, in the order of the trace, and stands still
//! only while an earlier act is unanswered whose consequence could come first. So a dialog that was worked on for 90
//! seconds in the trace ends after everything of those 90 seconds, however fast it all goes. When dialogs wait, the
//! clock also stands still until the feed has shown each closure, since that is what ends the waiting (`strict`);
//! a mere load test does without.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::sync::Arc;
use std::time::Duration;

use super::latency::Histogram;
use super::trace::Row;
use crate::domain::time::Timestamp;

mod heard;

#[cfg(test)]
mod tests;

/// A dialog, by place in the trace.
pub type DialogNo = u32;
/// A manager, by a number of the player's.
pub type ManagerNo = u32;

/// How the trace's clock runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tempo {
    /// With the wall's, at some factor.
    Paced,
    /// As fast as the answers come.
    Virtual {
        /// Nothing overtakes the end of a wait.
        strict: bool,
    },
}

/// How to play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner {
    /// How the clock runs.
    pub tempo: Tempo,
    /// Messages after the opening one, where the trace does not say.
    pub messages: u16,
    /// Time of work, where the trace does not say.
    pub handle: Duration,
}

/// Something to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// A customer opens a dialog.
    Open(DialogNo),
    /// Somebody writes: the message's number within the dialog, from one.
    Say(DialogNo, u16, Speaker),
    /// A dialog is closed, by its manager or by the backend.
    Close(DialogNo, Option<ManagerNo>),
}

/// Who writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Speaker {
    /// The manager.
    Manager(ManagerNo),
    /// The customer.
    Customer,
}

/// What is next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// This.
    Act(Act),
    /// Nothing before this moment.
    Until(Timestamp),
    /// Nothing before an answer or an event.
    Wait,
    /// Only dialogs that wait are left, and nothing that could end their waiting is under way.
    Stuck,
    /// Nothing any more.
    Done,
}

/// Who has a dialog, by an answer or the feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// This manager.
    To(ManagerNo),
    /// A bot.
    ToBot,
    /// Nobody yet.
    Waits,
    /// Nobody any more.
    Closed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Todo {
    Say(u16),
    Leave,
    GiveUp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Unsent,
    Sent,
    Waiting,
    Held,
    Leaving,
    /// Its manager may not close it: it is somebody else's by now, and the feed will tell whose.
    Displaced,
    Left,
    /// The message went into another dialog of the chat.
    Joined,
    /// The server would not have it.
    Failed,
}

#[derive(Clone, Copy, Debug)]
struct Seat {
    state: State,
    /// Grows with each change of responsible: what was planned before no longer counts.
    turn: u16,
    who: Option<ManagerNo>,
    /// A message is unanswered: what comes next in the dialog must not overtake it.
    speaks: bool,
    /// Who was to close it.
    closer: Option<ManagerNo>,
    gave_up: bool,
}

/// What came of the dialogs so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Opened.
    pub opened: u64,
    /// Had somebody with the very answer to opening.
    pub at_once: u64,
    /// Had to wait.
    pub waited: u64,
    /// Messages that went into a dialog that was open already.
    pub joined: u64,
    /// Closed by the drive.
    pub closed: u64,
    /// Closed by the server.
    pub closed_by_server: u64,
    /// Customers who gave up.
    pub gave_up: u64,
    /// Refused by the server.
    pub failed: u64,
    /// Moved from one responsible to another.
    pub moved: u64,
}

/// The play.
pub struct Stage<'t> {
    rows: &'t [Row],
    manner: Manner,
    next_row: usize,
    seats: Vec<Seat>,
    agenda: BinaryHeap<Reverse<(Timestamp, DialogNo, Todo, u16)>>,
    /// Openings without an answer, by the earliest moment at which something could come of them.
    unanswered: BTreeSet<(Timestamp, DialogNo)>,
    /// Closures that the feed has not shown.
    unsettled: BTreeSet<DialogNo>,
    /// Acts without an answer.
    under_way: u64,
    waiting: u64,
    displaced: u64,
    clock: Timestamp,
    /// When a manager last finished something.
    last_left: BTreeMap<ManagerNo, Timestamp>,
    tally: Tally,
    waits: BTreeMap<Option<Arc<str>>, Histogram>,
}

impl<'t> Stage<'t> {
    /// Before the first act.
    pub fn new(rows: &'t [Row], manner: Manner) -> Self {
        let seat =
            Seat { state: State::Unsent, turn: 0, who: None, speaks: false, closer: None, gave_up: false };
        Self {
            rows,
            manner,
            next_row: 0,
            seats: vec![seat; rows.len()],
            agenda: BinaryHeap::new(),
            unanswered: BTreeSet::new(),
            unsettled: BTreeSet::new(),
            under_way: 0,
            waiting: 0,
            displaced: 0,
            clock: rows.first().map_or_else(Timestamp::default, |row| row.arrival),
            last_left: BTreeMap::new(),
            tally: Tally::default(),
            waits: BTreeMap::new(),
        }
    }

    /// What came of the dialogs so far.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// From arrival to the first responsible, by the trace's clock and by priority.
    pub fn waits(&self) -> &BTreeMap<Option<Arc<str>>, Histogram> {
        &self.waits
    }

    /// How many dialogs wait, or wait to hear whose they are.
    pub fn waiting(&self) -> u64 {
        self.waiting + self.displaced
    }

    /// Dialogs that are over.
    pub fn done(&self) -> u64 {
        let Tally { joined, closed, closed_by_server, gave_up, failed, .. } = self.tally;
        joined + closed + closed_by_server + gave_up + failed
    }

    fn row(&self, dialog: DialogNo) -> &'t Row {
        &self.rows[dialog as usize]
    }

    fn seat(&mut self, dialog: DialogNo) -> &mut Seat {
        &mut self.seats[dialog as usize]
    }

    fn handle(&self, dialog: DialogNo) -> Duration {
        self.row(dialog).handle.unwrap_or(self.manner.handle)
    }

    fn messages(&self, dialog: DialogNo) -> u16 {
        self.row(dialog).messages.unwrap_or(self.manner.messages)
    }

    /// The pause between the messages of a dialog: they are spread evenly over the time of work.
    fn pause(&self, dialog: DialogNo) -> Duration {
        self.handle(dialog) / (u32::from(self.messages(dialog)) + 1)
    }

    fn is_virtual(&self) -> bool {
        matches!(self.manner.tempo, Tempo::Virtual { .. })
    }

    /// The next thing to do. `now` is the trace's clock; played as fast as possible it does not count.
    pub fn next(&mut self, now: Timestamp) -> Next {
        if !self.is_virtual() {
            self.clock = self.clock.max(now);
        }
        self.drop_stale();
        let arrival = self.rows.get(self.next_row).map(|row| row.arrival);
        let todo = self.agenda.peek().map(|Reverse((at, ..))| *at);
        // What was begun goes on before something new begins at the same moment.
        let comes_first = match (todo, arrival) {
            (Some(todo), Some(arrival)) => todo <= arrival,
            (todo, _) => todo.is_some(),
        };
        let Some(at) = (if comes_first { todo } else { arrival }) else {
            return match (self.under_way, self.waiting()) {
                (0, 0) => Next::Done,
                (0, _) => Next::Stuck,
                _ => Next::Wait,
            };
        };
        if comes_first && self.is_interrupted() {
            return Next::Wait;
        }
        match self.manner.tempo {
            Tempo::Paced if at > now => return Next::Until(at),
            Tempo::Paced => {}
            Tempo::Virtual { strict } => {
                let may_be_overtaken = self.unanswered.first().is_some_and(|(earliest, _)| *earliest <= at);
                if may_be_overtaken || (strict && self.waiting > 0 && !self.unsettled.is_empty()) {
                    return Next::Wait;
                }
                self.clock = self.clock.max(at);
            }
        }
        self.under_way += 1;
        Next::Act(if comes_first { self.carry_on() } else { self.open() })
    }

    fn drop_stale(&mut self) {
        while let Some(Reverse((_, dialog, todo, turn))) = self.agenda.peek() {
            let seat = &self.seats[*dialog as usize];
            let fits = match todo {
                Todo::Say(_) | Todo::Leave => seat.state == State::Held && seat.turn == *turn,
                Todo::GiveUp => seat.state == State::Waiting,
            };
            if fits {
                return;
            }
            self.agenda.pop();
        }
    }

    /// Whether the head of the agenda is of a dialog in which a message is unanswered.
    fn is_interrupted(&self) -> bool {
        self.agenda.peek().is_some_and(|Reverse((_, dialog, ..))| self.seats[*dialog as usize].speaks)
    }

    fn open(&mut self) -> Act {
        let dialog = DialogNo::try_from(self.next_row).unwrap_or(DialogNo::MAX);
        self.next_row += 1;
        self.seat(dialog).state = State::Sent;
        self.unanswered.insert((self.earliest(dialog), dialog));
        Act::Open(dialog)
    }

    /// When at the earliest something could come of an opening.
    fn earliest(&self, dialog: DialogNo) -> Timestamp {
        let row = self.row(dialog);
        row.arrival + self.pause(dialog).min(row.patience.unwrap_or(Duration::MAX))
    }

    /// The head of the agenda, which is not stale.
    fn carry_on(&mut self) -> Act {
        let Some(Reverse((_, dialog, todo, turn))) = self.agenda.pop() else {
            return Act::Open(0);
        };
        let clock = self.clock;
        let who = self.seat(dialog).who;
        match todo {
            Todo::Say(number) => {
                let last = number >= self.messages(dialog);
                let next = if last { Todo::Leave } else { Todo::Say(number + 1) };
                self.agenda.push(Reverse((clock + self.pause(dialog), dialog, next, turn)));
                self.seat(dialog).speaks = true;
                let speaker = match who {
                    Some(manager) if number % 2 == 1 => Speaker::Manager(manager),
                    _ => Speaker::Customer,
                };
                Act::Say(dialog, number, speaker)
            }
            Todo::Leave => {
                if let Some(manager) = who {
                    self.last_left.insert(manager, clock);
                }
                self.leave(dialog, who)
            }
            Todo::GiveUp => {
                self.waiting -= 1;
                self.seat(dialog).gave_up = true;
                self.leave(dialog, None)
            }
        }
    }

    fn leave(&mut self, dialog: DialogNo, closer: Option<ManagerNo>) -> Act {
        let seat = self.seat(dialog);
        seat.state = State::Leaving;
        seat.closer = closer;
        self.unsettled.insert(dialog);
        Act::Close(dialog, closer)
    }
}
