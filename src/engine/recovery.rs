//! The keeper of an account: starts its actors from the store, and again whenever they cannot be trusted.

use std::sync::Arc;
use std::time::Duration;

use actix::Actor;
use tokio::sync::mpsc;

use super::Parts;
use super::cell::{AccountCell, Notice};
use super::clock::pause;
use super::messages::{self, ApplyRules, Restore};
use super::outbox_relay::{OutboxRelay, Post};
use super::supervisor::Supervisor;
use super::surroundings::Surroundings;
use super::tell::tell;
use super::timekeeper::Timekeeper;
use crate::domain::account::Account;
use crate::store::{Snapshot, StoreResult};

/// How long to wait before reading the store again when it could not be read.
const STORE_PAUSE: Duration = Duration::from_millis(500);

/// Keeps an account's actors running until told to stop. Runs on the thread that the actors are to live on.
pub async fn keep(parts: Parts, cell: Arc<AccountCell>, mut notices: mpsc::UnboundedReceiver<Notice>) {
    loop {
        let supervisor = start(&parts, &cell).await;
        if !attend(&parts, &cell, &supervisor, &mut notices).await {
            return;
        }
        parts.observer.recovered(&cell.id);
        pause(STORE_PAUSE).await;
    }
}

/// Starts a life of the account from what is stored.
async fn start(parts: &Parts, cell: &Arc<AccountCell>) -> actix::Addr<Supervisor> {
    let (account, snapshot, webhooks, newest_rules) = loop {
        match read(parts, cell).await {
            Ok(read) => break read,
            Err(failure) => {
                tracing::error!(account = %cell.id, %failure, "the account could not be read from the store; trying again");
                pause(STORE_PAUSE).await;
            }
        }
    };
    cell.newest_seq.send_replace(snapshot.last_seq);
    let around = Surroundings {
        cell: Arc::clone(cell),
        epoch: cell.epoch(),
        clock: Arc::clone(&parts.clock),
        ids: Arc::clone(&parts.ids),
        observer: Arc::clone(&parts.observer),
        writer: parts.writer.clone(),
        timekeeper: Timekeeper::new(cell.id.clone(), Arc::clone(&parts.clock), Arc::clone(&parts.observer))
            .start(),
    };
    let post = Post {
        store: Arc::clone(&parts.store),
        courier: Arc::clone(&parts.courier),
        backoff: parts.backoff.clone(),
    };
    let relay = OutboxRelay::new(around.clone(), post, webhooks).start();
    let (rules, record) = parts.rulebook.current();
    let open = snapshot.open_dialogs.len();
    let supervisor = Supervisor::new(around, account, Arc::clone(&rules), relay, snapshot).start();
    if newest_rules.as_ref() != Some(rules.version()) {
        let record = record.at(parts.clock.now());
        tell(&supervisor, ApplyRules { rules: Arc::clone(&rules), record, reply: None });
    }
    tracing::info!(account = %cell.id, open_dialogs = open, "the account is open");
    parts.observer.rules_applied(&cell.id, rules.version(), parts.clock.now());
    cell.opened(supervisor.clone());
    supervisor
}

type Read = (Account, Snapshot, Vec<crate::store::change::Webhook>, Option<crate::domain::ids::RulesVersion>);

async fn read(parts: &Parts, cell: &AccountCell) -> StoreResult<Read> {
    // Whatever the life before had under way must have settled before it is read.
    parts.writer.flush().await;
    let account = parts.store.accounts().await?.into_iter().find(|account| account.id == cell.id);
    let snapshot = parts.store.snapshot(&cell.id).await?;
    let webhooks = parts.store.webhooks(&cell.id).await?;
    let newest_rules =
        parts.store.rules_history(&cell.id).await?.into_iter().next().map(|record| record.version);
    Ok((account.unwrap_or_else(|| Account::new(cell.id.clone())), snapshot, webhooks, newest_rules))
}

/// Sees to notices. `true`: start again; `false`: stop for good.
async fn attend(
    parts: &Parts,
    cell: &AccountCell,
    supervisor: &actix::Addr<Supervisor>,
    notices: &mut mpsc::UnboundedReceiver<Notice>,
) -> bool {
    while let Some(notice) = notices.recv().await {
        match notice {
            Notice::Failed { epoch } if epoch == cell.epoch() => {
                cell.closed();
                tell(supervisor, messages::Retire);
                return true;
            }
            Notice::Conflicted { epoch, dialog, lineage } if epoch == cell.epoch() => {
                match parts.store.dialog(&cell.id, &dialog).await {
                    Ok(stored) => tell(supervisor, Restore { dialog, lineage, stored: stored.map(Box::new) }),
                    Err(_) => cell.notify(Notice::Failed { epoch }),
                }
            }
            Notice::Stop => {
                cell.closed();
                tell(supervisor, messages::Retire);
                return false;
            }
            // Of an earlier life.
            Notice::Failed { .. } | Notice::Conflicted { .. } => {}
        }
    }
    false
}
