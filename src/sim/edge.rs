//! The edge: the clients' side of the server. It waits for answers, looks into the store for what no actor
//! knows, and tries again what lost a race.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::inbound::{Inbound, NewMessage, OpenDialog, Outcome, Rejection, RequestId};
use super::ledger::Conflict;
use super::mail::{Failure, Found, ToDesk};
use super::reception::opening_text;
use super::world::World;
use crate::domain::dialog::Dialog;
use crate::domain::ids::DialogId;
use crate::domain::message::{Author, Message};
use crate::domain::refusal::Refusal;

/// How often a request is tried that loses races.
const ATTEMPTS: u32 = 8;

/// A request that was not answered yet.
#[derive(Debug)]
struct Pending {
    inbound: Arc<Inbound>,
    attempts: u32,
}

/// All requests.
#[derive(Debug, Default)]
pub(super) struct Edge {
    next: u64,
    pending: BTreeMap<RequestId, Pending>,
    /// Answered, and not told to the audience yet.
    pub answered: Vec<(RequestId, Arc<Inbound>, Result<Outcome, Rejection>)>,
}

impl Edge {
    pub fn enter(&mut self, inbound: Arc<Inbound>) -> RequestId {
        self.next += 1;
        self.pending.insert(RequestId(self.next), Pending { inbound, attempts: 0 });
        RequestId(self.next)
    }

    /// All that waits for an answer.
    pub fn waiting(&self) -> Vec<RequestId> {
        self.pending.keys().copied().collect()
    }
}

/// What the store says to something that no actor could settle.
enum Settled {
    Answer(Result<Outcome, Rejection>),
    TryAgain(Found),
}

fn refused(refusal: Refusal) -> Settled {
    Settled::Answer(Err(Rejection::Refused(refusal)))
}

impl World {
    /// Passes a request on to the supervisor.
    pub(super) fn ask(&mut self, request: RequestId) {
        let Some(pending) = self.edge.pending.get(&request) else { return };
        let found = self.look_up_first(&pending.inbound);
        self.ask_with(request, found);
    }

    fn ask_with(&mut self, request: RequestId, found: Found) {
        let Some(pending) = self.edge.pending.get_mut(&request) else { return };
        pending.attempts += 1;
        if pending.attempts > ATTEMPTS {
            return self.finish(request, Err(Rejection::Busy));
        }
        let inbound = Arc::clone(&pending.inbound);
        if let Found::Repeat(known) = found {
            let answer = self.as_first_answered(&known).ok_or(Rejection::Busy);
            return self.finish(request, answer);
        }
        match &mut self.memory {
            Some(memory) => memory.mail.tell_desk(ToDesk::Submit { request, inbound, found }),
            None => self.finish(request, Err(Rejection::Unknown)),
        }
    }

    /// The server answered.
    pub(super) fn answered(&mut self, request: RequestId, answer: Result<Outcome, Failure>) {
        let Some(pending) = self.edge.pending.get(&request) else { return };
        let inbound = Arc::clone(&pending.inbound);
        let settled = match answer {
            Ok(outcome) => Settled::Answer(Ok(outcome)),
            Err(Failure::NotOpen(dialog)) => self.look_up_closed(&inbound, &dialog),
            Err(Failure::Refused(Refusal::DialogClosed)) if opens_the_next(&inbound) => {
                // It closed while the message was on its way: the message opens a new one.
                Settled::TryAgain(Found::Nothing)
            }
            Err(Failure::Refused(refusal)) => refused(refusal),
            Err(Failure::Conflict(conflict)) => match self.settle_conflict(&inbound, conflict) {
                Some(settled) => Settled::Answer(settled),
                // The actor is being started again from the store.
                None => match &mut self.memory {
                    Some(memory) => return memory.mail.tell_edge(request),
                    None => Settled::Answer(Err(Rejection::Unknown)),
                },
            },
            Err(Failure::Stopping) => Settled::Answer(Err(Rejection::Unknown)),
        };
        match settled {
            Settled::Answer(answer) => self.finish(request, answer),
            Settled::TryAgain(found) => self.ask_with(request, found),
        }
    }

    fn finish(&mut self, request: RequestId, answer: Result<Outcome, Rejection>) {
        if let Some(pending) = self.edge.pending.remove(&request) {
            self.see_answer(&answer);
            self.edge.answered.push((request, pending.inbound, answer));
        }
    }

    /// A delivery report is about a message that only the store knows.
    fn look_up_first(&self, inbound: &Inbound) -> Found {
        let Inbound::ReportStatus { message: id, .. } = inbound else { return Found::Nothing };
        let Some(message) = self.ledger.messages.get(id).cloned() else { return Found::Nothing };
        let dialog = self.ledger.dialogs.get(&message.dialog).cloned();
        Found::Message { message, dialog }
    }

    /// No open dialog has the id: it is closed, or there is none.
    fn look_up_closed(&self, inbound: &Inbound, id: &DialogId) -> Settled {
        let Some(dialog) = self.ledger.dialogs.get(id).cloned() else {
            return refused(Refusal::Unknown { kind: "dialog", id: id.as_str().into() });
        };
        if dialog.is_open() {
            return Settled::TryAgain(self.look_up_first(inbound));
        }
        let Inbound::Write { message, .. } = inbound else { return refused(Refusal::DialogClosed) };
        if let Some(id) = &message.id
            && let Some(known) = self.ledger.messages.get(id)
        {
            // Sent before: in this dialog while it was open, or as the message that opened the next one.
            return if is_same(message, known) {
                Settled::TryAgain(Found::Repeat(Arc::clone(known)))
            } else {
                refused(duplicate("message", id.as_str()))
            };
        }
        let is_latest =
            self.ledger.latest_in_chat.get(&dialog.chat).is_none_or(|latest| *latest == dialog.id);
        Settled::TryAgain(Found::Closed { dialog, is_latest })
    }

    /// The store had something with the same id: a repeat is answered as the first was, anything else is
    /// refused. `None`: the actor was behind the store; worth another attempt.
    fn settle_conflict(&self, inbound: &Inbound, conflict: Conflict) -> Option<Result<Outcome, Rejection>> {
        // An opening is answered with its decision, whose change only says that the one before conflicted: so it
        // is asked of the store which id was there already.
        match (conflict, inbound) {
            (Conflict::Dialog(_) | Conflict::Lineage, Inbound::Open(wanted)) => {
                let stored = wanted.id.as_ref().and_then(|id| self.ledger.dialogs.get(id));
                match stored {
                    Some(dialog) if same_opening(wanted, dialog) => {
                        let dialog = Arc::clone(dialog);
                        Some(Ok(Outcome::Dialog { dialog, decision: None, created: false }))
                    }
                    Some(dialog) => Some(Err(Rejection::Refused(duplicate("dialog", dialog.id.as_str())))),
                    None => self.repeated_message(wanted.message.as_ref()),
                }
            }
            (Conflict::Message(_), Inbound::Open(wanted)) => self.repeated_message(wanted.message.as_ref()),
            (Conflict::Message(_) | Conflict::Lineage, Inbound::Write { message, .. }) => {
                self.repeated_message(Some(message))
            }
            (Conflict::Dialog(_) | Conflict::Message(_) | Conflict::Lineage, _) => None,
        }
    }

    fn repeated_message(&self, sent: Option<&NewMessage>) -> Option<Result<Outcome, Rejection>> {
        let sent = sent?;
        let known = self.ledger.messages.get(sent.id.as_ref()?)?;
        if !is_same(sent, known) {
            return Some(Err(Rejection::Refused(duplicate("message", known.id.as_str()))));
        }
        self.as_first_answered(known).map(Ok)
    }

    fn as_first_answered(&self, known: &Arc<Message>) -> Option<Outcome> {
        let dialog = Arc::clone(self.ledger.dialogs.get(&known.dialog)?);
        Some(Outcome::Message { message: Arc::clone(known), dialog, opened: false })
    }
}

fn duplicate(kind: &'static str, id: &str) -> Refusal {
    Refusal::DuplicateId { kind, id: id.into() }
}

fn is_same(sent: &NewMessage, stored: &Message) -> bool {
    sent.from == stored.from && sent.text == stored.text && sent.visibility == stored.visibility
}

/// Whether it opens a new dialog when the one it went into is closed. (An opening goes into the chat's open dialog.)
fn opens_the_next(inbound: &Inbound) -> bool {
    matches!(inbound, Inbound::Open(_))
        || matches!(inbound, Inbound::Write { message, .. } if matches!(message.from, Author::Customer(_)))
}

/// Whether a stored dialog is the one that was wanted.
fn same_opening(wanted: &OpenDialog, stored: &Dialog) -> bool {
    let text = wanted.message.as_ref().and_then(|message| message.text.as_deref()).unwrap_or_default();
    wanted.kind == stored.kind
        && wanted.channel == stored.channel
        && wanted.customer == stored.customer
        && wanted.chat.as_ref().is_none_or(|chat| *chat == stored.chat)
        && wanted.facts == stored.facts
        && opening_text(text) == &*stored.opening_text
}
