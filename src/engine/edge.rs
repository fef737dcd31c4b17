//! Submitting from the edge: the one place of the engine that waits, and that looks into the store for what
//! no actor knows (closed dialogs, older messages, repeats).

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::oneshot;

use super::cell::AccountCell;
use super::clock::pause;
use super::inbound::{Fact, Inbound, NewMessage, OpenDialog, Outcome};
use super::messages::FactsPending;
use super::reception::{Found, Submit};
use super::tell::tell;
use super::{Engine, EngineError, Failure, opening_text};
use crate::domain::dialog::Dialog;
use crate::domain::ids::{AccountId, CustomerId, DialogId};
use crate::domain::message::{Author, Message};
use crate::domain::refusal::Refusal;
use crate::store::StoreError;
use crate::store::change::Conflict;

/// How often a request is tried again that lost a race: against a closure, or against a repeat of itself.
const ATTEMPTS: u32 = 8;

/// How long to wait at first for an actor that is being started again; twice as long each time.
const RESTART_PAUSE: Duration = Duration::from_millis(1);

impl From<StoreError> for EngineError {
    fn from(failure: StoreError) -> Self {
        Self::Store(failure.to_string())
    }
}

impl Engine {
    /// Somebody looks a customer up, or has ended doing so. Nothing of it is stored and nobody answers; what is
    /// submitted afterwards is decided knowing it.
    pub fn set_facts_pending(&self, account: &AccountId, customer: &CustomerId, is_pending: bool) {
        // An account that starts again decides with what is known.
        if let Some(supervisor) = self.cell(account).and_then(|cell| cell.supervisor()) {
            tell(&supervisor, FactsPending { customer: customer.clone(), is_pending });
        }
    }

    /// Carries out what came from outside; answers once it is durable.
    ///
    /// # Errors
    /// [`EngineError`].
    pub async fn submit(&self, account: &AccountId, inbound: Inbound) -> Result<Outcome, EngineError> {
        if self.inner.stopping.load(Ordering::Acquire) {
            return Err(EngineError::Stopping);
        }
        let Some(_permit) = self.inner.admission.permit() else {
            self.inner.parts.observer.admission_refused();
            return Err(EngineError::Busy);
        };
        let cell = match (self.cell(account), &inbound) {
            (Some(cell), _) => cell,
            (None, Inbound::PutAccount(_)) => return self.found_account(account, inbound).await,
            (None, _) => return Err(EngineError::NoAccount(account.clone())),
        };
        let inbound = Arc::new(inbound);
        let mut found = self.look_up_first(account, &inbound).await?;
        for attempt in 0..ATTEMPTS {
            if let Found::Repeat(known) = found {
                return self.as_first_answered(account, *known).await?.ok_or(EngineError::Internal);
            }
            match ask(&cell, &inbound, found).await {
                Ok(outcome) => return Ok(outcome),
                Err(Failure::NotOpen(dialog)) => {
                    found = self.look_up_closed(account, &inbound, &dialog).await?;
                    if matches!(found, Found::Nothing) {
                        // The store has it open: its actor is about to start.
                        pause(RESTART_PAUSE * 2_u32.pow(attempt)).await;
                    }
                }
                Err(Failure::Engine(EngineError::Refused(Refusal::DialogClosed)))
                    if opens_the_next(&inbound) =>
                {
                    // It closed while the message was on its way: the message opens a new one.
                    found = Found::Nothing;
                }
                Err(Failure::Engine(error)) => return Err(error),
                Err(Failure::Conflict(conflict)) => {
                    if let Some(settled) = self.settle(account, &inbound, conflict).await? {
                        return Ok(settled);
                    }
                    // The actor is being started again from the store.
                    pause(RESTART_PAUSE * 2_u32.pow(attempt)).await;
                    found = self.look_up_first(account, &inbound).await?;
                }
            }
        }
        Err(EngineError::Busy)
    }

    /// A new account: stored first, then opened.
    async fn found_account(&self, id: &AccountId, inbound: Inbound) -> Result<Outcome, EngineError> {
        let Inbound::PutAccount(account) = inbound else { return Err(EngineError::Internal) };
        let cell = self.open_account(id);
        let founded = Arc::clone(&cell);
        let (reply, answer) = oneshot::channel();
        let change = crate::store::change::Change {
            account: account.id.clone(),
            lineage: 0,
            writes: vec![crate::store::change::Write::Account(account)],
        };
        let commit = super::Commit {
            epoch: cell.epoch(),
            cell,
            change,
            answer: Some((reply, Ok(Outcome::Done))),
            figures: Vec::new(),
        };
        self.inner.parts.writer.commit(commit);
        let outcome = match answer.await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(Failure::Engine(error))) => return Err(error),
            Ok(Err(Failure::Conflict(_) | Failure::NotOpen(_))) => return Err(EngineError::Internal),
            Err(_) => return Err(EngineError::Stopping),
        };
        while founded.supervisor().is_none() && !self.is_stopping() {
            // Whoever founded it may use it at once.
            super::clock::pause(super::HOST_PAUSE).await;
        }
        Ok(outcome)
    }

    /// A delivery report is about a message that only the store knows.
    async fn look_up_first(&self, account: &AccountId, inbound: &Inbound) -> Result<Found, EngineError> {
        let Inbound::ReportStatus { message: id, .. } = inbound else { return Ok(Found::Nothing) };
        let Some(message) = self.store().message(account, id).await? else { return Ok(Found::Nothing) };
        let dialog = self.store().dialog(account, &message.dialog).await?;
        Ok(Found::Message { message: Box::new(message), channel: dialog.and_then(|dialog| dialog.channel) })
    }

    /// No open dialog has the id: it is closed, or there is none.
    async fn look_up_closed(
        &self,
        account: &AccountId,
        inbound: &Inbound,
        id: &DialogId,
    ) -> Result<Found, EngineError> {
        let stored = self.store().dialog(account, id).await?;
        let Some(dialog) = stored else {
            return Err(Refusal::Unknown { kind: "dialog", id: id.as_str().into() }.into());
        };
        let (Inbound::Write { message, .. } | Inbound::Reported { fact: Fact::Wrote { message, .. }, .. }) =
            inbound
        else {
            // It may have been opened a moment ago by somebody else: then the next attempt finds it.
            return if dialog.is_open() { Ok(Found::Nothing) } else { Err(Refusal::DialogClosed.into()) };
        };
        if dialog.is_open() {
            return Ok(Found::Nothing);
        }
        if let Some(id) = &message.id
            && let Some(known) = self.store().message(account, id).await?
        {
            // Sent before: in this dialog while it was open, or as the message that opened the next one.
            return if same_message(message, &known) {
                Ok(Found::Repeat(Box::new(known)))
            } else {
                Err(Refusal::DuplicateId { kind: "message", id: id.as_str().into() }.into())
            };
        }
        let latest = self.store().latest_in_chat(account, &dialog.chat).await?;
        let is_latest = latest.is_none_or(|latest| latest.id == dialog.id);
        Ok(Found::Closed { dialog: Box::new(dialog), is_latest })
    }

    /// The store had something with the same id: a repeat is answered as the first was, anything else is
    /// refused. `None`: the actor was behind the store and has been started again; worth another attempt.
    async fn settle(
        &self,
        account: &AccountId,
        inbound: &Inbound,
        conflict: Conflict,
    ) -> Result<Option<Outcome>, EngineError> {
        // An opening is answered with its decision, whose change only says that the one before conflicted:
        // so it is asked of the store which id was there already.
        match (conflict, inbound) {
            (Conflict::Dialog(_) | Conflict::Lineage, Inbound::Open(wanted)) => {
                if let Some(id) = &wanted.id
                    && let Some(stored) = self.store().dialog(account, id).await?
                {
                    if !same_opening(wanted, &stored) {
                        return Err(Refusal::DuplicateId { kind: "dialog", id: id.as_str().into() }.into());
                    }
                    let message = self.first_message(account, wanted).await?;
                    let dialog = Arc::new(stored);
                    return Ok(Some(Outcome::Dialog { dialog, decision: None, created: false, message }));
                }
                self.repeated_message(account, wanted.message.as_ref()).await
            }
            (Conflict::Message(_), Inbound::Open(wanted)) => {
                self.repeated_message(account, wanted.message.as_ref()).await
            }
            (
                Conflict::Message(_) | Conflict::Lineage,
                Inbound::Write { message, .. } | Inbound::Reported { fact: Fact::Wrote { message, .. }, .. },
            ) => self.repeated_message(account, Some(message)).await,
            (Conflict::Dialog(_) | Conflict::Message(_) | Conflict::Lineage, _) => Ok(None),
        }
    }

    async fn first_message(
        &self,
        account: &AccountId,
        wanted: &OpenDialog,
    ) -> Result<Option<Arc<Message>>, EngineError> {
        match wanted.message.as_ref().and_then(|message| message.id.as_ref()) {
            Some(id) => Ok(self.store().message(account, id).await?.map(Arc::new)),
            None => Ok(None),
        }
    }

    async fn repeated_message(
        &self,
        account: &AccountId,
        sent: Option<&NewMessage>,
    ) -> Result<Option<Outcome>, EngineError> {
        let Some((sent, id)) = sent.and_then(|sent| Some((sent, sent.id.as_ref()?))) else { return Ok(None) };
        let Some(known) = self.store().message(account, id).await? else { return Ok(None) };
        if !same_message(sent, &known) {
            return Err(Refusal::DuplicateId { kind: "message", id: id.as_str().into() }.into());
        }
        self.as_first_answered(account, known).await
    }

    async fn as_first_answered(
        &self,
        account: &AccountId,
        known: Message,
    ) -> Result<Option<Outcome>, EngineError> {
        let Some(dialog) = self.store().dialog(account, &known.dialog).await? else { return Ok(None) };
        Ok(Some(Outcome::Message {
            message: Arc::new(known),
            dialog: Arc::new(dialog),
            decision: None,
            opened: false,
        }))
    }
}

async fn ask(cell: &AccountCell, inbound: &Arc<Inbound>, found: Found) -> Result<Outcome, Failure> {
    let away = || Failure::Engine(cell.away());
    let supervisor = cell.supervisor().ok_or_else(away)?;
    let (reply, answer) = oneshot::channel();
    tell(&supervisor, Submit { inbound: Arc::clone(inbound), found, reply });
    answer.await.map_err(|_| away())?
}

/// Whether it opens a new dialog when the one it went into is closed. (An opening goes into the chat's open dialog.)
fn opens_the_next(inbound: &Inbound) -> bool {
    matches!(inbound, Inbound::Open(_))
        || matches!(inbound, Inbound::Write { message, .. } if matches!(message.from, Author::Customer(_)))
}

/// Whether a stored message is the one that was sent.
fn same_message(sent: &NewMessage, stored: &Message) -> bool {
    sent.from == stored.from
        && sent.text == stored.text
        && sent.visibility == stored.visibility
        && sent.quote == stored.quote
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
