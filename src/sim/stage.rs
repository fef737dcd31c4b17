//! The stage of a story: what is there before it begins, and time that goes on to a moment.
//!
//! A made-up day brings everything about by what people do. A story, such as a test in a rule file, begins in the
//! middle of things: somebody has 14 units of work, somebody else has had none for an hour.

use super::world::World;
use crate::desk::Desk;
use crate::domain::dialog::Standing;
use crate::domain::ids::{ChatId, DialogId, ManagerId};
use crate::domain::manager::ManagerWork;
use crate::domain::routing::Responsible;
use crate::domain::time::Timestamp;
use crate::domain::units::Units;

/// The most deadlines that ring before a moment of a story comes: more means that they ring without end.
const MOST_ALARMS: u32 = 100_000;

impl World {
    /// The desk; `None` while the server is down.
    pub fn desk(&self) -> Option<&Desk> {
        self.memory.as_ref().map(|memory| &memory.desk)
    }

    /// Gives a manager work that is no part of the story: answered, so that it never moves, and never closed.
    pub fn burden(&mut self, manager: &ManagerId, units: Units) {
        let dialog = DialogId::trusted(&format!("work-of-{manager}"));
        let by = Responsible::Manager(manager.clone());
        let standing = Standing::Held {
            by,
            charge: units,
            awaits_reply: false,
            answered: true,
            through: None,
            offered: None,
        };
        self.with_desk(|desk, now| desk.stand(&dialog, standing, now));
    }

    /// A customer wrote in this chat before the story, and the dialog of that time is closed.
    pub fn remember_chat(&mut self, chat: &ChatId) {
        self.ledger.opened_in_chat.entry(chat.clone()).or_insert(1);
        if let Some(memory) = &mut self.memory {
            memory.known_chats.insert(chat.clone());
        }
    }

    /// Says when a manager last had work.
    pub fn remember_work(&mut self, manager: &ManagerId, work: ManagerWork) {
        if let Some(memory) = &mut self.memory {
            memory.desk.restore_work(manager, work);
        }
    }

    /// Lets time go on to a moment. All deadlines up to it ring, each when it is due, and what follows is done.
    ///
    /// # Errors
    /// When deadlines ring without end.
    pub fn play_to(&mut self, to: Timestamp) -> Result<(), &'static str> {
        for _ in 0..MOST_ALARMS {
            self.settle();
            let Some(at) = self.next_alarm().filter(|at| *at <= to) else {
                self.advance(to);
                return Ok(());
            };
            self.advance(at);
        }
        Err("deadlines ring without end")
    }
}
