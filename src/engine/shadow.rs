//! The shadow over the life of an account: it is put on record, survives restarts, and is watched by meters.

use std::sync::Arc;

use actix::{Context, Handler, Message, MessageResult};
use tokio::sync::oneshot;

use super::inbound::Outcome;
use super::rulebook::Joined;
use super::supervisor::Supervisor;
use super::tell::tell;
use super::{Engine, EngineError, Failure, Reply};
use crate::desk::shadow::ShadowReport;
use crate::domain::agreement::Tally;
use crate::domain::ids::AccountId;
use crate::rules::ruleset::RuleSet;
use crate::store::change::{ShadowRecord, Write};

/// A rule set decides beside the live one from now on, in place of any other.
#[derive(Message)]
#[rtype(result = "()")]
pub struct SetShadow {
    /// The set; `None`: none does any more.
    pub rules: Option<Arc<RuleSet>>,
    /// Who, when and what for.
    pub record: ShadowRecord,
    /// Who waits for it to be durable.
    pub reply: Reply,
}

/// The shadow that the store knows of goes on.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ResumeShadow {
    /// The set; `None`: this version of the program finds errors in it.
    pub rules: Option<Arc<RuleSet>>,
    /// Who, when and what for.
    pub record: ShadowRecord,
}

/// How does the shadow do?
#[derive(Message)]
#[rtype(result = "Option<ShadowState>")]
pub struct ViewShadow;

/// A shadow, and how it did so far.
#[derive(Clone, Debug)]
pub struct ShadowState {
    /// Who brought it, when and what for.
    pub record: ShadowRecord,
    /// What it decided since then, or since the account started; `None`: this version of the program finds errors in
    /// its rules, so it decides nothing.
    pub report: Option<ShadowReport>,
}

impl Engine {
    /// Lets a rule set decide beside the live one of an account, and answers when that is on record; without a
    /// set, none does any more.
    ///
    /// # Errors
    /// [`EngineError`]. Nothing changed then.
    pub async fn set_shadow(
        &self,
        account: &AccountId,
        rules: Option<Arc<RuleSet>>,
        record: ShadowRecord,
    ) -> Result<(), EngineError> {
        let cell = self.cell(account).ok_or_else(|| EngineError::NoAccount(account.clone()))?;
        let supervisor = cell.supervisor().ok_or(EngineError::Stopping)?;
        let (reply, done) = oneshot::channel();
        tell(&supervisor, SetShadow { rules, record, reply });
        match done.await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(Failure::Engine(error))) => Err(error),
            Ok(Err(Failure::Conflict(_) | Failure::NotOpen(_))) | Err(_) => Err(EngineError::Stopping),
        }
    }

    /// The shadow of an account; `None`: it has none.
    ///
    /// # Errors
    /// [`EngineError`].
    pub async fn shadow(&self, account: &AccountId) -> Result<Option<ShadowState>, EngineError> {
        let cell = self.cell(account).ok_or_else(|| EngineError::NoAccount(account.clone()))?;
        let supervisor = cell.supervisor().ok_or(EngineError::Stopping)?;
        supervisor.send(ViewShadow).await.map_err(|_| EngineError::Stopping)
    }
}

impl Handler<SetShadow> for Supervisor {
    type Result = ();

    fn handle(&mut self, SetShadow { rules, record, reply }: SetShadow, _: &mut Context<Self>) {
        let writes = vec![Write::Shadow(record.clone())];
        self.around.commit(0, writes, Some((reply, Ok(Outcome::Done))), Vec::new());
        self.begin_shadow(rules, record);
    }
}

impl Handler<ResumeShadow> for Supervisor {
    type Result = ();

    fn handle(&mut self, ResumeShadow { rules, record }: ResumeShadow, _: &mut Context<Self>) {
        self.begin_shadow(rules, record);
    }
}

impl Handler<ViewShadow> for Supervisor {
    type Result = MessageResult<ViewShadow>;

    fn handle(&mut self, _: ViewShadow, _: &mut Context<Self>) -> Self::Result {
        let record = self.shadow.clone();
        MessageResult(record.map(|record| ShadowState { record, report: self.desk.shadow_report() }))
    }
}

impl Supervisor {
    fn begin_shadow(&mut self, rules: Option<Arc<RuleSet>>, record: ShadowRecord) {
        self.around.observer.shadow_set(&self.around.cell.id, rules.is_some());
        self.desk.set_shadow(rules, self.around.now());
        self.shadow = record.version.is_some().then_some(record);
        self.shadow_told = (Tally::default(), false);
        self.watch_shadow();
    }

    /// The shadow goes by the hours that were imported last, if it asks for them. What it counted by others is
    /// forgotten.
    pub(super) fn join_shadow(&mut self) {
        let (book, account) = (&self.around.rulebook, &self.around.cell.id);
        let hours = book.hours(account).flatten();
        let Some(record) = &self.shadow else { return };
        let Some(Joined { rules, sources }) = book.join(hours.as_ref(), &record.sources) else { return };
        let record = ShadowRecord { version: Some(rules.version().clone()), sources, ..record.clone() };
        self.around.commit(0, vec![Write::Shadow(record.clone())], None, Vec::new());
        self.begin_shadow(Some(rules), record);
    }

    /// Tells the meters what the shadow decided since they were told last.
    pub(super) fn watch_shadow(&mut self) {
        let Some((tally, is_stopped)) = self.desk.shadow_tally() else { return };
        let (told, was_stopped) = std::mem::replace(&mut self.shadow_told, (tally, is_stopped));
        let (account, observer) = (&self.around.cell.id, &self.around.observer);
        if tally != told {
            for (agreement, count) in tally.since(told).filter(|(_, count)| *count > 0) {
                observer.shadow_decided(account, agreement, count);
            }
        }
        if is_stopped && !was_stopped {
            tracing::error!(%account, "the shadow rules panicked and were given up; live decisions go on");
            observer.shadow_panicked(account);
            observer.shadow_set(account, false);
        }
    }
}
