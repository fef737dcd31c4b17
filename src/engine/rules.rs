//! Rules as the edge handles them: which are in force, others put in force, files offered or refused.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::cell::AccountCell;
use super::inbound::Outcome;
use super::messages::{AnnounceForAccount, ApplyRules, CopyDesk, ImportHours};
use super::rulebook::{Edition, FileState, InForce, Rejected};
use super::{Engine, EngineError, Failure, tell};
use crate::desk::Desk;
use crate::domain::announcement::Body;
use crate::domain::ids::{AccountId, RulesVersion};
use crate::domain::refusal::Refusal;
use crate::domain::tally::Day;
use crate::rules::imported::{self, ImportedHours};
use crate::rules::ruleset::{BotMode, RuleSet};
use crate::store::change::RulesRecord;

/// The header of hours that are imported.
pub const HOURS_TABLE: &str = imported::TABLE;

/// How a rule set is to come into force.
#[derive(Clone, Debug)]
pub struct Application {
    /// The set.
    pub edition: Edition,
    /// Only in place of this version: whoever compared with it must not overwrite what came since.
    pub expected: Option<RulesVersion>,
    /// Dialogs that wait are planned anew, instead of keeping the plan they entered with.
    pub migrate: bool,
}

impl Engine {
    /// Puts another rule set in force in an account, and answers when that is durable. Accounts without rules of
    /// their own go along with the account `default`.
    ///
    /// # Errors
    /// [`EngineError`]; [`crate::domain::refusal::Refusal::RulesMoved`] when another version than the expected one is
    /// in force. Nothing changed then. An account that goes along and is starting finds the set by itself.
    pub async fn apply_rules(
        &self,
        account: &AccountId,
        application: Application,
    ) -> Result<(), EngineError> {
        let cell = self.cell(account).ok_or_else(|| EngineError::NoAccount(account.clone()))?;
        // So that the supervisor finds what comes into force on the shelf.
        let book = &self.inner.parts.rulebook;
        book.keep(&application.edition.rules);
        book.joined(account, application.edition.clone());
        if *account != AccountId::default_account() {
            return ask(&cell, application).await;
        }
        // Whoever asked may hang up: those that go along are told all the same.
        let engine = self.clone();
        let leading = tokio::spawn(async move { engine.lead(&cell, application).await });
        leading.await.map_err(|_| EngineError::Internal)?
    }

    /// Puts a set in force in the account `default` and in all that go along with it, one set after the other, so
    /// that all end with the same.
    async fn lead(&self, cell: &AccountCell, application: Application) -> Result<(), EngineError> {
        let _turn = self.inner.leading.lock().await;
        let (edition, migrate) = (application.edition.clone(), application.migrate);
        ask(cell, application).await?;
        self.inner.parts.rulebook.put_lead(edition.clone());
        for follower in self.followers() {
            match ask(&follower, Application { edition: edition.followed(), expected: None, migrate }).await {
                // It finds them when it starts.
                Ok(()) | Err(EngineError::Stopping) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Hours of the settings of an account's CRM, as TOML under `[imported.crm]`; `None`: it says none. They join the
    /// rules in force, and all that come into force from now on, where these ask for them. Answers when that is
    /// durable; hours that are known already cost nothing.
    ///
    /// # Errors
    /// [`EngineError`]; [`Refusal::BadValue`] for hours that no schedule can have. What was imported before stays then.
    pub async fn import_hours(
        &self,
        account: &AccountId,
        hours: Option<&str>,
        by: &str,
    ) -> Result<(), EngineError> {
        let refused = |problem| EngineError::Refused(Refusal::BadValue { field: "hours", problem });
        let hours = hours.map(ImportedHours::new).transpose().map_err(refused)?;
        let cell = self.cell(account).ok_or_else(|| EngineError::NoAccount(account.clone()))?;
        let supervisor = cell.supervisor().ok_or(EngineError::Stopping)?;
        let book = Arc::clone(&self.inner.parts.rulebook);
        let known = book.hours(account);
        if known.as_ref() == Some(&hours) || (known.is_none() && hours.is_none()) {
            return Ok(());
        }
        // Compiled beside the account, so that its supervisor finds the set on the shelf.
        if let Some(rules) = cell.rules() {
            let (edition, hours) = (rules.edition.clone(), hours.clone());
            let compiling = tokio::task::spawn_blocking(move || book.joined_with(hours.as_ref(), edition));
            compiling.await.map_err(|_| EngineError::Internal)?;
        }
        let (reply, done) = oneshot::channel();
        tell(&supervisor, ImportHours { hours, by: by.into(), reply });
        answered(done).await
    }

    /// Whether the rules in force in an account ask for hours of its CRM.
    pub fn asks_for_hours(&self, account: &AccountId) -> bool {
        self.rules(account).is_some_and(|rules| imported::asked_for(&rules.edition.sources))
    }

    /// A set as it would come into force in an account: with the hours that were imported there, if it asks for them.
    pub fn with_hours(&self, account: &AccountId, texts: &[(String, String)]) -> Vec<(String, String)> {
        imported::with(texts, self.inner.parts.rulebook.hours(account).flatten().as_ref())
    }

    /// What the file of an account offers from now on.
    pub fn offer_rules(&self, account: &AccountId, path: &str, edition: Edition) {
        self.inner.parts.rulebook.offer(account, path, edition);
    }

    /// The file of an account cannot be used: announced there, and in the accounts that go along with it.
    pub fn reject_rules(&self, account: &AccountId, path: &str, rejected: Rejected) {
        let errors = rejected.errors;
        self.inner.parts.rulebook.reject(account, path, rejected);
        let mut cells: Vec<_> = self.cell(account).into_iter().collect();
        if *account == AccountId::default_account() {
            cells.extend(self.followers());
        }
        for cell in cells {
            self.inner.parts.observer.rules_rejected(&cell.id);
            if let Some(supervisor) = cell.supervisor() {
                tell(&supervisor, AnnounceForAccount(Body::RulesRejected { errors }));
            }
        }
    }

    /// The file of an account, which could not be used, can be used again, and is what was loaded before.
    pub fn rules_are_well(&self, account: &AccountId) {
        if let Some(rules) = self.rules(account) {
            let observer = &self.inner.parts.observer;
            observer.rules_applied(account, rules.edition.version(), rules.since);
        }
    }

    /// The rule set in force in an account; `None`: there is no such account, or it has not started yet.
    pub fn rules(&self, account: &AccountId) -> Option<Arc<InForce>> {
        self.cell(account)?.rules()
    }

    /// Today, as a calendar in the zone of the account's rules shows it; `None` as for [`Engine::rules`].
    pub fn today(&self, account: &AccountId) -> Option<Day> {
        let now = self.inner.parts.clock.now();
        self.rules(account).map(|rules| rules.edition.rules.day(now))
    }

    /// Whether the rules in force in an account are carried out, rather than watched or switched off.
    pub fn acts(&self, account: &AccountId) -> bool {
        self.rules(account).is_some_and(|rules| rules.edition.rules.mode() == BotMode::Enforce)
    }

    /// The accounts that get the rules of this one, since they have none of their own.
    pub fn accounts_along_with(&self, account: &AccountId) -> Vec<AccountId> {
        if *account == AccountId::default_account() {
            self.followers().iter().map(|cell| cell.id.clone()).collect()
        } else {
            Vec::new()
        }
    }

    /// A copy of an account's desk, to try something on: other rules, or another day.
    ///
    /// # Errors
    /// [`EngineError`].
    pub async fn desk(&self, account: &AccountId) -> Result<Box<Desk>, EngineError> {
        let cell = self.cell(account).ok_or_else(|| EngineError::NoAccount(account.clone()))?;
        let supervisor = cell.supervisor().ok_or(EngineError::Stopping)?;
        supervisor.send(CopyDesk).await.map_err(|_| EngineError::Stopping)
    }

    /// How the rule file of an account is; `None`: it has none.
    pub fn rule_file(&self, account: &AccountId) -> Option<FileState> {
        self.inner.parts.rulebook.file(account)
    }

    /// How many accounts have a rule file that cannot be used.
    pub fn rejected_rule_files(&self) -> usize {
        self.inner.parts.rulebook.rejected()
    }

    /// What the rule file of an account offers.
    pub fn offered_rules(&self, account: &AccountId) -> Option<Edition> {
        self.inner.parts.rulebook.offered(account)
    }

    /// The set of a record. `None`: this version of the program finds errors in it.
    pub fn compiled_rules(&self, record: &RulesRecord) -> Option<Arc<RuleSet>> {
        self.inner.parts.rulebook.compiled(record)
    }

    /// The accounts without rules of their own, and those of which that is not known since they are starting.
    fn followers(&self) -> Vec<Arc<AccountCell>> {
        let default = AccountId::default_account();
        let follows = |cell: &Arc<AccountCell>| {
            cell.id != default && cell.rules().is_none_or(|rules| !rules.edition.is_own())
        };
        self.cells().into_iter().filter(follows).collect()
    }
}

/// Asks an account's supervisor to put a set in force.
async fn ask(cell: &AccountCell, application: Application) -> Result<(), EngineError> {
    let Application { edition, expected, migrate } = application;
    let supervisor = cell.supervisor().ok_or(EngineError::Stopping)?;
    let (reply, applied) = oneshot::channel();
    tell(&supervisor, ApplyRules { edition, expected, migrate, reply: Some(reply) });
    answered(applied).await
}

async fn answered(reply: oneshot::Receiver<Result<Outcome, Failure>>) -> Result<(), EngineError> {
    match reply.await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(Failure::Engine(error))) => Err(error),
        Ok(Err(Failure::Conflict(_) | Failure::NotOpen(_))) | Err(_) => Err(EngineError::Stopping),
    }
}
