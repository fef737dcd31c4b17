//! The keeper of an account: starts its actors from the store, and again whenever they cannot be trusted.

use std::sync::Arc;
use std::time::Duration;

use actix::Actor;
use tokio::sync::mpsc;

use super::Parts;
use super::beginning::{self, Beginning};
use super::cell::{AccountCell, Notice};
use super::clock::pause;
use super::messages::{self, ApplyRules, RecordRules, Restore};
use super::outbox_relay::{OutboxRelay, Post};
use super::rulebook::InForce;
use super::shadow::ResumeShadow;
use super::supervisor::Supervisor;
use super::surroundings::Surroundings;
use super::tell::tell;
use super::timekeeper::Timekeeper;
use crate::domain::account::Account;
use crate::domain::ids::AccountId;
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
    let Read { account, snapshot, webhooks, rules } = loop {
        match read(parts, cell).await {
            Ok(read) => break read,
            Err(failure) => {
                cell.store_failed(failure.to_string());
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
        before_next: Arc::default(),
        rulebook: Arc::clone(&parts.rulebook),
        timekeeper: Timekeeper::new(cell.id.clone(), Arc::clone(&parts.clock), Arc::clone(&parts.observer))
            .start(),
    };
    let post = Post {
        store: Arc::clone(&parts.store),
        courier: Arc::clone(&parts.courier),
        backoff: parts.backoff.clone(),
    };
    let relay = OutboxRelay::new(around.clone(), post, webhooks).start();
    let open = snapshot.open_dialogs.len();
    let Beginning { edition, since, previous, earlier, shadow } = rules;
    let now = parts.clock.now();
    let set = Arc::clone(&edition.rules);
    let supervisor = Supervisor::new(around, account, Arc::clone(&set), earlier, relay, snapshot).start();
    if since.is_none() {
        tell(&supervisor, RecordRules { edition: edition.clone(), previous });
    }
    if let Some((rules, record)) = shadow {
        tell(&supervisor, ResumeShadow { rules, record });
    }
    tracing::info!(
        account = %cell.id, open_dialogs = open, rules = %set.version(), rules_via = edition.via.word(),
        rules_by = edition.by, "the account is open"
    );
    parts.observer.rules_applied(&cell.id, set.version(), since.unwrap_or(now));
    parts.observer.objectives_set(&cell.id, set.objectives());
    let (is_own, files) = (edition.is_own(), edition.version_of_files());
    cell.put_rules(InForce { edition: edition.clone(), since: since.unwrap_or(now) });
    cell.opened(supervisor.clone());
    if cell.id == AccountId::default_account() {
        parts.rulebook.put_lead(edition);
    } else if !is_own
        && let Some(lead) = parts.rulebook.lead().filter(|lead| lead.version_of_files() != files)
    {
        // It changed while this account started.
        let edition = lead.followed();
        tell(&supervisor, ApplyRules { edition, expected: None, migrate: false, reply: None });
    }
    supervisor
}

/// All that a life of an account begins with.
struct Read {
    account: Account,
    snapshot: Snapshot,
    webhooks: Vec<crate::store::change::Webhook>,
    rules: Beginning,
}

async fn read(parts: &Parts, cell: &AccountCell) -> StoreResult<Read> {
    // Whatever the life before had under way must have settled before it is read.
    parts.writer.flush().await;
    let account = parts.store.accounts().await?.into_iter().find(|account| account.id == cell.id);
    let snapshot = parts.store.snapshot(&cell.id).await?;
    let webhooks = parts.store.webhooks(&cell.id).await?;
    let rules = beginning::read(parts, &cell.id, &snapshot).await?;
    let account = account.unwrap_or_else(|| Account::new(cell.id.clone()));
    Ok(Read { account, snapshot, webhooks, rules })
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
