//! What the stage is told: answers to its acts, and what the feed says.

use std::cmp::Reverse;

use super::{DialogNo, Given, ManagerNo, Stage, State, Tempo, Todo};

impl Stage<'_> {
    /// An opening was answered.
    pub fn opened(&mut self, dialog: DialogNo, given: Given) {
        self.answered_opening(dialog);
        self.tally.opened += 1;
        match (self.seat(dialog).state, given) {
            (State::Sent, Given::To(manager)) => {
                self.tally.at_once += 1;
                self.assign(dialog, Some(manager));
            }
            (State::Sent, Given::ToBot) => {
                self.tally.at_once += 1;
                self.assign(dialog, None);
            }
            (State::Sent, Given::Waits) => self.begin_waiting(dialog),
            (State::Sent, Given::Closed) => {
                self.tally.closed_by_server += 1;
                self.seat(dialog).state = State::Left;
            }
            // The feed was faster.
            _ => {}
        }
    }

    fn begin_waiting(&mut self, dialog: DialogNo) {
        self.waiting += 1;
        self.tally.waited += 1;
        self.seat(dialog).state = State::Waiting;
        let row = self.row(dialog);
        if let Some(patience) = row.patience {
            self.agenda.push(Reverse((row.arrival + patience, dialog, Todo::GiveUp, 0)));
        }
    }

    fn answered_opening(&mut self, dialog: DialogNo) {
        self.under_way = self.under_way.saturating_sub(1);
        self.unanswered.remove(&(self.earliest(dialog), dialog));
    }

    /// The opening's message went into a dialog that was open already.
    pub fn joined(&mut self, dialog: DialogNo) {
        self.answered_opening(dialog);
        self.tally.joined += 1;
        self.seat(dialog).state = State::Joined;
    }

    /// The server would not open it.
    pub fn failed(&mut self, dialog: DialogNo) {
        self.answered_opening(dialog);
        self.tally.failed += 1;
        self.seat(dialog).state = State::Failed;
    }

    /// A message was answered.
    pub fn said(&mut self, dialog: DialogNo) {
        self.under_way = self.under_way.saturating_sub(1);
        self.seat(dialog).speaks = false;
    }

    /// A closure was answered: done, or the dialog was closed already.
    pub fn closed(&mut self, dialog: DialogNo) {
        self.under_way = self.under_way.saturating_sub(1);
        if self.seat(dialog).state == State::Leaving {
            self.seat(dialog).state = State::Left;
            if self.seat(dialog).gave_up {
                self.tally.gave_up += 1;
            } else {
                self.tally.closed += 1;
            }
        }
    }

    /// A closure was refused: most likely the dialog is somebody else's by now.
    pub fn close_refused(&mut self, dialog: DialogNo) {
        self.under_way = self.under_way.saturating_sub(1);
        self.unsettled.remove(&dialog);
        let clock = self.clock;
        let seat = self.seat(dialog);
        if seat.state != State::Leaving {
            return;
        }
        if seat.who == seat.closer {
            seat.state = State::Displaced;
            self.displaced += 1;
        } else {
            seat.state = State::Held;
            let turn = seat.turn;
            self.agenda.push(Reverse((clock, dialog, Todo::Leave, turn)));
        }
    }

    /// The dialog is this manager's (or a bot's) now: plans what they will do.
    fn assign(&mut self, dialog: DialogNo, who: Option<ManagerNo>) {
        let (row, state) = (self.row(dialog), self.seat(dialog).state);
        let at = match (self.is_virtual(), state) {
            (true, State::Sent) => row.arrival,
            (true, State::Waiting) => {
                // The feed tells late of what happened when the manager last finished something.
                let freed = who.and_then(|who| self.last_left.get(&who)).copied().unwrap_or(row.arrival);
                row.arrival.max(freed)
            }
            _ => self.clock,
        };
        if self.seat(dialog).turn == 0 {
            self.waits.entry(row.priority.clone()).or_default().add(at.since(row.arrival));
        }
        let seat = self.seat(dialog);
        seat.state = State::Held;
        seat.who = who;
        seat.turn = seat.turn.wrapping_add(1);
        let turn = seat.turn;
        let (todo, span) = match self.messages(dialog) {
            0 => (Todo::Leave, self.handle(dialog)),
            _ => (Todo::Say(1), self.pause(dialog)),
        };
        self.agenda.push(Reverse((at + span, dialog, todo, turn)));
    }

    /// The feed says whose the dialog is.
    pub fn fed(&mut self, dialog: DialogNo, given: Given) {
        let Some(seat) = self.seats.get(dialog as usize).copied() else {
            return;
        };
        let who = match given {
            Given::To(manager) => Some(manager),
            Given::ToBot => None,
            Given::Waits => return self.fed_return(dialog, seat.state),
            Given::Closed => return self.fed_closure(dialog, seat.state),
        };
        match seat.state {
            State::Sent | State::Waiting => {
                self.leave_queue(dialog);
                self.assign(dialog, who);
            }
            State::Displaced => {
                self.leave_queue(dialog);
                self.tally.moved += u64::from(seat.who != who);
                self.assign(dialog, who);
            }
            State::Held if seat.who != who => {
                self.tally.moved += 1;
                self.assign(dialog, who);
            }
            State::Leaving => self.seat(dialog).who = who,
            State::Unsent | State::Held | State::Left | State::Joined | State::Failed => {}
        }
    }

    /// It no longer holds anything up.
    fn leave_queue(&mut self, dialog: DialogNo) {
        match self.seat(dialog).state {
            State::Sent => _ = self.unanswered.remove(&(self.earliest(dialog), dialog)),
            State::Waiting => self.waiting -= 1,
            State::Displaced => self.displaced -= 1,
            State::Unsent | State::Held | State::Leaving | State::Left | State::Joined | State::Failed => {}
        }
    }

    /// The feed does not show what was acknowledged: goes on without it.
    pub fn expect_no_more_of_the_feed(&mut self) {
        if let Tempo::Virtual { strict } = &mut self.manner.tempo {
            *strict = false;
        }
    }

    fn fed_return(&mut self, dialog: DialogNo, state: State) {
        if state == State::Held {
            let seat = self.seat(dialog);
            seat.turn = seat.turn.wrapping_add(1);
            seat.state = State::Waiting;
            self.waiting += 1;
        }
    }

    fn fed_closure(&mut self, dialog: DialogNo, state: State) {
        self.unsettled.remove(&dialog);
        if matches!(state, State::Waiting | State::Held | State::Sent | State::Displaced) {
            self.leave_queue(dialog);
            self.tally.closed_by_server += 1;
            self.seat(dialog).state = State::Left;
        }
    }
}
