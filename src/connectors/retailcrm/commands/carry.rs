//! Carries a command out, and puts the answer into words. The engine says who may; nothing is decided here.

use serde::Deserialize;

use super::naming::{holder, named, named_answer};
use super::note::{Note, Queue};
use super::parse::{Command, parse};
use super::staff::{Meant, Staff};
use crate::domain::dialog::By;
use crate::domain::ids::{AccountId, BotId, DialogId, ManagerId};
use crate::domain::manager::Availability;
use crate::domain::refusal::Refusal;
use crate::domain::routing::Responsible;
use crate::domain::sentence::{self, Language};
use crate::domain::time::Timestamp;
use crate::engine::inbound::{AssignTo, Inbound, Outcome};
use crate::engine::{Engine, EngineError};
use crate::explain::{Decided, ExplainError, Question, explain};

/// What somebody typed, and where.
#[derive(Clone, Debug)]
pub struct Typed {
    /// Who.
    pub manager: ManagerId,
    /// The chat's open dialog, if there is one.
    pub dialog: Option<DialogId>,
    /// The whole text, with the slash.
    pub text: String,
}

/// Carries out what was typed; the answer is for a private note. `None`: it was no command.
pub async fn carry(
    engine: &Engine,
    account: &AccountId,
    typed: &Typed,
    language: Language,
    now: Timestamp,
) -> Option<String> {
    let command = parse(&typed.text)?;
    let note = match Desk::look(engine, account, typed, now).await {
        Ok(desk) => desk.carry(command, language).await,
        Err(failure) => Err(failure),
    };
    Some(note.unwrap_or_else(|failure| not_done(failure, None)).text(language))
}

/// Why a command was not carried out.
fn not_done(failure: EngineError, who: Option<String>) -> Note {
    match failure {
        EngineError::Refused(refusal) => Note::Refused(refusal, who),
        EngineError::Store(_)
        | EngineError::Busy
        | EngineError::Stopping
        | EngineError::NoAccount(_)
        | EngineError::Internal => Note::Later,
    }
}

/// The account as it was when the command came.
struct Desk<'a> {
    engine: &'a Engine,
    account: &'a AccountId,
    typed: &'a Typed,
    staff: Staff,
    queue: Queue,
}

impl<'a> Desk<'a> {
    async fn look(
        engine: &'a Engine,
        account: &'a AccountId,
        typed: &'a Typed,
        now: Timestamp,
    ) -> Result<Self, EngineError> {
        let roster = engine.roster(account).await?;
        let is_here = |waiting: &DialogId| typed.dialog.as_ref() == Some(waiting);
        let place = roster.queue.iter().position(|waiting| is_here(&waiting.dialog));
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let has_time = |availability: Availability| availability == Availability::Available;
        let own = roster.managers.iter().find(|view| view.manager.id == typed.manager);
        let queue = Queue {
            waiting: roster.waiting,
            longest: roster.oldest_waiting_since.map(|since| now.since(since)),
            held: roster.held,
            place: place.map(|place| count(place + 1)),
            present: count(roster.managers.iter().filter(|view| has_time(view.availability)).count()),
            own: own.map_or(0, |view| view.dialogs),
        };
        let people =
            roster.managers.into_iter().map(|view| (view.manager.id, view.manager.name, view.groups));
        Ok(Self { engine, account, typed, staff: Staff::new(people), queue })
    }

    async fn carry(&self, command: Command, language: Language) -> Result<Note, EngineError> {
        match (command, &self.typed.dialog) {
            (Command::Help, _) => Ok(Note::Help),
            (Command::Unknown(word), _) => Ok(Note::Unknown(word)),
            (Command::Queue, _) => Ok(Note::Queue(self.queue)),
            (_, None) => Ok(Note::NoDialog),
            (Command::Why(name), Some(dialog)) => self.why(dialog, name, language).await,
            (Command::Transfer { to, anyway }, Some(dialog)) => self.transfer(dialog, &to, anyway).await,
            (Command::Release, Some(dialog)) => self.release(dialog).await,
        }
    }

    async fn why(
        &self,
        dialog: &DialogId,
        name: Option<String>,
        language: Language,
    ) -> Result<Note, EngineError> {
        let why_not = match name.map(|name| (self.staff.find(&name), name)) {
            None => None,
            Some((Meant::Manager(id), _)) => Some(id),
            Some((Meant::Several(people), name)) => return Ok(Note::Several(name, people)),
            Some((Meant::Group(_) | Meant::Nobody, name)) => {
                return Ok(Note::Nobody(name, self.staff.groups()));
            }
        };
        let question = Question { decision: None, why_not };
        let explained = explain(self.engine.store(), self.account, dialog, &question).await;
        let explanation = explained.map_err(|failure| match failure {
            ExplainError::Store(failure) => EngineError::Store(failure.to_string()),
            ExplainError::NoDecision { .. } => EngineError::Internal,
        })?;
        if question.why_not.is_none()
            && let Some(by_hand) = explanation.history.iter().rev().find(|decided| !decided.is_shadow())
            && by_hand.decision.is_none()
            && let Some(to) = given_to(by_hand)
        {
            return Ok(Note::ByHand(holder(&to, &self.staff).into_owned()));
        }
        let Some(decision) = explanation.decided().and_then(|decided| decided.decision.as_ref()) else {
            return Ok(Note::NoDecision);
        };
        let decision = named(decision, &self.staff);
        Ok(Note::Said(match &explanation.why_not {
            Some(why) => sentence::why_not(&decision, &named_answer(&why.answer, &self.staff), language),
            None => sentence::told(&decision, language),
        }))
    }

    async fn transfer(&self, dialog: &DialogId, to: &str, anyway: bool) -> Result<Note, EngineError> {
        let to = match self.staff.find(to) {
            Meant::Manager(id) => AssignTo::Manager(id),
            Meant::Group(id) => AssignTo::Group(id),
            Meant::Several(people) => return Ok(Note::Several(to.to_owned(), people)),
            Meant::Nobody if to.is_empty() => return Ok(Note::ToWhom(self.staff.groups())),
            Meant::Nobody => return Ok(Note::Nobody(to.to_owned(), self.staff.groups())),
        };
        let stored = self.engine.store().dialog(self.account, dialog).await?;
        if let (AssignTo::Manager(id), Some(stored)) = (&to, &stored)
            && stored.responsible().and_then(Responsible::manager) == Some(id)
        {
            return Ok(Note::IsWith(self.staff.shown(id)));
        }
        let (by, allow_absent) = (By::Manager(self.typed.manager.clone()), anyway);
        let assign =
            Inbound::Assign { dialog: dialog.clone(), to: to.clone(), by, allow_absent, external: false };
        let waits = match &to {
            AssignTo::Group(group) => Note::WaitsFor(group.to_string()),
            AssignTo::Manager(_) | AssignTo::Bot(_) => Note::Waits,
        };
        Ok(self.submit(assign, waits).await)
    }

    async fn release(&self, dialog: &DialogId) -> Result<Note, EngineError> {
        let by = By::Manager(self.typed.manager.clone());
        Ok(self.submit(Inbound::Unassign { dialog: dialog.clone(), by }, Note::Waits).await)
    }

    /// Tells who has it afterwards.
    async fn submit(&self, inbound: Inbound, waits: Note) -> Note {
        match self.engine.submit(self.account, inbound).await {
            Ok(Outcome::Dialog { dialog, .. }) => match dialog.responsible() {
                Some(who) => Note::GoesTo(holder(who, &self.staff).into_owned()),
                None => waits,
            },
            Ok(_) => waits,
            Err(failure) => {
                let mut who = None;
                if let EngineError::Refused(Refusal::ManagerAbsent { manager, .. }) = &failure {
                    who = Some(self.staff.shown(&ManagerId::trusted(manager)));
                }
                not_done(failure, who)
            }
        }
    }
}

#[derive(Deserialize)]
struct Given {
    to: To,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum To {
    Manager(String),
    Bot(String),
}

/// To whom an assignment by hand gave it.
fn given_to(decided: &Decided) -> Option<Responsible> {
    let given: Given = serde_json::from_str(&decided.event.data).ok()?;
    Some(match given.to {
        To::Manager(id) => Responsible::Manager(ManagerId::trusted(&id)),
        To::Bot(id) => Responsible::Bot(BotId::trusted(&id)),
    })
}
