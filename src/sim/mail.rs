//! Mailboxes: one for each simulated actor, first in, first out; which of them delivers next is left to chance.
//!
//! The messages are those of the engine's actors. Real actors see some order of deliveries; every order
//! they may see is one that the scheduler may pick.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use rand::{Rng, RngExt};

use super::inbound::{Inbound, RequestId};
use super::ledger::Conflict;
use super::situation::Situation;
use crate::desk::Save;
use crate::domain::customer::LastServed;
use crate::domain::dialog::{AssignmentRequest, Command, Dialog, Standing, Transition};
use crate::domain::ids::{CustomerId, DialogId, ManagerId};
use crate::domain::manager::{Availability, Presence};
use crate::domain::message::Message;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::rules::ruleset::RuleSet;

/// An actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whom {
    /// The supervisor with its desk.
    Desk,
    /// A dialog, by the lineage of its actor.
    Dialog(u64),
    /// A manager, by the number of their actor.
    Manager(u64),
    /// Whoever keeps the deadlines.
    Timekeeper,
    /// Whoever starts dialogs again that the store contradicted.
    Keeper,
    /// Clients who try again what lost a race.
    Edge,
}

/// Whose deadline it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Whose {
    /// The desk's.
    Desk,
    /// A dialog's, set by the actor of this lineage: an earlier one may still clear its own.
    Dialog(DialogId, u64),
    /// A manager's.
    Manager(ManagerId),
}

/// Somebody waits for an answer.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// To what.
    pub request: RequestId,
    /// The message that came with it.
    pub message: Option<Arc<Message>>,
    /// It was about a message rather than about the dialog.
    pub about_message: bool,
    /// The dialog is new.
    pub created: bool,
}

/// Why an actor did not do it; some of this the edge settles by looking into the store.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Failure {
    /// For the client.
    Refused(Refusal),
    /// The store contradicts.
    Conflict(Conflict),
    /// No open dialog has this id.
    NotOpen(DialogId),
    /// The actor that should have answered is gone.
    Stopping,
}

/// What the edge looked up because no actor knows it.
#[derive(Clone, Debug, Default)]
pub(super) enum Found {
    /// Nothing was looked up.
    #[default]
    Nothing,
    /// A closed dialog that somebody wrote in, and whether its chat had no later one.
    Closed { dialog: Arc<Dialog>, is_latest: bool },
    /// The message itself was sent before.
    Repeat(Arc<Message>),
    /// The message that a delivery report is about, and its dialog.
    Message { message: Arc<Message>, dialog: Option<Arc<Dialog>> },
}

/// What a dialog's actor tells the supervisor.
#[derive(Debug)]
pub(super) enum News {
    Request { dialog: Arc<Dialog>, request: AssignmentRequest },
    Withdraw,
    Decline { ticket: u64 },
    Stand(Standing),
    Serve { customer: CustomerId, served: LastServed, keep: bool },
    MayClose,
    Closed,
}

/// To the supervisor.
#[derive(Debug)]
pub(super) enum ToDesk {
    Submit { request: RequestId, inbound: Arc<Inbound>, found: Found },
    FromDialog { lineage: u64, dialog: DialogId, news: News },
    Finish { manager: ManagerId, lineage: u64, dialog: DialogId, standing: Standing },
    Available { manager: ManagerId, availability: Availability, presence: Presence },
    ShowManager(RequestId),
    Due(Vec<Whose>),
    Restore { dialog: DialogId, lineage: u64, stored: Option<Arc<Dialog>> },
}

/// To a dialog.
#[derive(Debug)]
pub(super) enum ToDialog {
    Begin { transition: Box<Transition>, at: Timestamp, asked: Asked },
    Introduce,
    Do { command: Command, asked: Option<Asked>, saves: Vec<Save> },
    Show(Asked),
    Look { may_close: bool },
    Situation(Situation),
    Retire,
}

/// To a manager.
#[derive(Debug)]
pub(super) enum ToManager {
    Begin,
    Report { presence: Presence, request: RequestId },
    Finish { lineage: u64, dialog: DialogId, standing: Standing },
    Look,
    Rules(Arc<RuleSet>),
    Introduce,
}

/// To the timekeeper: sets, moves or clears somebody's deadline.
#[derive(Debug)]
pub(super) struct Arm {
    pub whose: Whose,
    pub at: Option<Timestamp>,
}

/// To the keeper: a dialog's actor built on a state that the store does not have.
#[derive(Debug)]
pub(super) struct Conflicted {
    pub dialog: DialogId,
    pub lineage: u64,
}

/// All mailboxes.
#[derive(Debug, Default)]
pub(super) struct Mailroom {
    pub desk: VecDeque<ToDesk>,
    pub dialogs: BTreeMap<u64, VecDeque<ToDialog>>,
    pub managers: BTreeMap<u64, VecDeque<ToManager>>,
    pub timekeeper: VecDeque<Arm>,
    pub keeper: VecDeque<Conflicted>,
    pub edge: VecDeque<RequestId>,
    /// The mailboxes with something in them.
    ready: Vec<Whom>,
    /// Whose turn it is, where turns are taken.
    turn: Option<Whom>,
}

impl Mailroom {
    /// Writes to the supervisor.
    pub fn tell_desk(&mut self, mail: ToDesk) {
        if self.desk.is_empty() {
            self.ready.push(Whom::Desk);
        }
        self.desk.push_back(mail);
    }

    /// Writes to a dialog's actor. One that stopped answers nothing; its mail comes back.
    pub fn tell_dialog(&mut self, lineage: u64, mail: ToDialog) -> Option<ToDialog> {
        let Some(mailbox) = self.dialogs.get_mut(&lineage) else { return Some(mail) };
        if mailbox.is_empty() {
            self.ready.push(Whom::Dialog(lineage));
        }
        mailbox.push_back(mail);
        None
    }

    /// Writes to a manager's actor. One that stopped swallows it.
    pub fn tell_manager(&mut self, actor: u64, mail: ToManager) {
        if let Some(mailbox) = self.managers.get_mut(&actor) {
            if mailbox.is_empty() {
                self.ready.push(Whom::Manager(actor));
            }
            mailbox.push_back(mail);
        }
    }

    /// Writes to the timekeeper.
    pub fn tell_timekeeper(&mut self, mail: Arm) {
        if self.timekeeper.is_empty() {
            self.ready.push(Whom::Timekeeper);
        }
        self.timekeeper.push_back(mail);
    }

    /// Writes to the keeper.
    pub fn tell_keeper(&mut self, mail: Conflicted) {
        if self.keeper.is_empty() {
            self.ready.push(Whom::Keeper);
        }
        self.keeper.push_back(mail);
    }

    /// Tells a client to try again.
    pub fn tell_edge(&mut self, request: RequestId) {
        if self.edge.is_empty() {
            self.ready.push(Whom::Edge);
        }
        self.edge.push_back(request);
    }

    /// How many mailboxes have something in them.
    pub fn ready(&self) -> usize {
        self.ready.len()
    }

    /// Picks one of those with something in them. Whoever takes the mail says so with [`Mailroom::taken`].
    pub fn pick(&mut self, chance: &mut impl Rng) -> Option<Whom> {
        if self.ready.is_empty() {
            return None;
        }
        let at = chance.random_range(0..self.ready.len());
        Some(self.ready.swap_remove(at))
    }

    /// The next in turn: whoever took the last mail, until theirs are all taken, and then whoever has had some for
    /// longest. Whoever takes the mail says so with [`Mailroom::taken`].
    pub fn next_in_turn(&mut self) -> Option<Whom> {
        let goes_on = self.turn.and_then(|turn| self.ready.iter().position(|whom| *whom == turn));
        let at = goes_on.unwrap_or(0);
        self.turn = (at < self.ready.len()).then(|| self.ready.remove(at));
        self.turn
    }

    /// One mail was taken, and is not acted on yet; whatever is left keeps the mailbox ready.
    pub fn taken(&mut self, whom: Whom) {
        let is_left = match whom {
            Whom::Desk => !self.desk.is_empty(),
            Whom::Dialog(lineage) => self.dialogs.get(&lineage).is_some_and(|mail| !mail.is_empty()),
            Whom::Manager(actor) => self.managers.get(&actor).is_some_and(|mail| !mail.is_empty()),
            Whom::Timekeeper => !self.timekeeper.is_empty(),
            Whom::Keeper => !self.keeper.is_empty(),
            Whom::Edge => !self.edge.is_empty(),
        };
        if is_left {
            self.ready.push(whom);
        }
    }

    /// An actor stops: what is left in its mailbox comes back unread.
    pub fn dismiss_dialog(&mut self, lineage: u64) -> VecDeque<ToDialog> {
        self.ready.retain(|whom| *whom != Whom::Dialog(lineage));
        self.dialogs.remove(&lineage).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn mail_to_one_actor_stays_in_order_whoever_delivers_next() {
        let mut chance = ChaCha8Rng::seed_from_u64(1);
        let mut room = Mailroom::default();
        room.managers.insert(7, VecDeque::new());
        for name in ["a", "b", "c"] {
            room.tell_desk(ToDesk::Due(vec![Whose::Dialog(DialogId::trusted(name), 1)]));
            room.tell_manager(7, ToManager::Look);
        }
        let mut seen = Vec::new();
        while let Some(whom) = room.pick(&mut chance) {
            match whom {
                Whom::Desk => match room.desk.pop_front() {
                    Some(ToDesk::Due(due)) => seen.extend(due),
                    other => panic!("{other:?} was never sent"),
                },
                Whom::Manager(_) => {
                    assert!(room.managers.get_mut(&7).and_then(VecDeque::pop_front).is_some());
                }
                Whom::Dialog(_) | Whom::Timekeeper | Whom::Keeper | Whom::Edge => {
                    panic!("{whom:?} got nothing")
                }
            }
            room.taken(whom);
        }
        assert_eq!(seen, ["a", "b", "c"].map(|name| Whose::Dialog(DialogId::trusted(name), 1)));
        assert!(room.managers.values().all(VecDeque::is_empty));
    }

    #[test]
    fn in_turn_everybody_takes_all_their_mail() {
        let mut room = Mailroom::default();
        room.managers.insert(7, VecDeque::new());
        room.tell_manager(7, ToManager::Look);
        room.tell_desk(ToDesk::Due(Vec::new()));
        room.tell_manager(7, ToManager::Look);
        let mut seen = Vec::new();
        while let Some(whom) = room.next_in_turn() {
            seen.push(whom);
            room.desk.truncate(usize::from(whom != Whom::Desk));
            if let (Whom::Manager(actor), Some(mail)) = (whom, room.managers.get_mut(&7)) {
                assert!(actor == 7 && mail.pop_front().is_some());
            }
            room.taken(whom);
        }
        assert_eq!(seen, [Whom::Manager(7), Whom::Manager(7), Whom::Desk]);
    }
}
