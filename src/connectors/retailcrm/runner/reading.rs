//! Everything is read, in three rounds: who and what there is, with all open dialogs; then the chats of those; then the
//! messages that are missing. In between, the mirror says what it does not know yet.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat};

use super::{Back, Options, Runner};
use crate::connectors::retailcrm::client::Failure;
use crate::connectors::retailcrm::mirror::{Input, Snapshot};
use crate::connectors::retailcrm::session::Event;
use crate::connectors::retailcrm::wire::{Bot, Chat, Dialog, Id};
use crate::domain::time::Timestamp;

/// Chats that changed so long before the last complete moment are read again: the two clocks may differ.
const OVERLAP: Duration = Duration::from_mins(2);

/// A round that came to its end.
pub(super) enum Round {
    /// Who and what there is.
    Listed(Box<Bot>, Snapshot),
    /// Where the dialogs are.
    Placed(Snapshot),
    /// All of it.
    Complete(Snapshot),
}

impl Runner {
    pub(super) fn read_everything(&mut self, is_routine: bool) {
        let began = self.mirror.turn();
        self.round(move |options| async move {
            let me = introduced(&options).await?;
            let client = &options.client;
            let (users, channels) = (client.users().await?, client.channels().await?);
            let open = client.open_dialogs().await?;
            let snapshot = Snapshot { began, is_routine, users, channels, open, ..Snapshot::default() };
            Ok(Round::Listed(Box::new(me), snapshot))
        });
    }

    fn round<F>(&mut self, read: impl FnOnce(Arc<Options>) -> F)
    where
        F: Future<Output = Result<Round, Failure>> + 'static,
    {
        let (connection, back) = (self.connection, self.back.clone());
        let round = read(Arc::clone(&self.options));
        let reading = actix::spawn(async move {
            let round = round.await.map(Box::new);
            let _ = back.send(Back::Round(connection, round));
        });
        // One for a line that broke would go on for nobody.
        if let Some(former) = self.reading.replace(reading) {
            former.abort();
        }
    }

    pub(super) async fn next_round(&mut self, round: Round) {
        match round {
            Round::Listed(me, snapshot) => {
                self.mirror.set_me(&me);
                let unknown = snapshot.open.iter().map(|dialog| dialog.chat_id);
                let since = self.complete_at.map(|at| at - OVERLAP);
                // Without an earlier moment to go on from, all of them are read.
                let wanted: BTreeSet<Id> =
                    unknown.filter(|chat| since.is_none() || !self.mirror.knows_chat(*chat)).collect();
                self.round(move |options| async move {
                    let mut chats = options.client.chats(&wanted).await?;
                    if let Some(since) = since {
                        chats.extend(options.client.chats_since(&stamp(since)).await?);
                    }
                    Ok(Round::Placed(Snapshot { chats, ..snapshot }))
                });
            }
            Round::Placed(snapshot) => {
                let missing = self.missing(&snapshot.open, &snapshot.chats);
                let kept = Arc::clone(&self.kept);
                self.round(move |options| async move {
                    let mut messages = Vec::new();
                    for (dialog, newest) in missing {
                        if let Some(known) = kept.get(dialog, newest) {
                            messages.extend(known);
                            continue;
                        }
                        let read = options.client.messages(dialog).await?;
                        kept.put(dialog, newest, read.clone());
                        messages.extend(read);
                    }
                    Ok(Round::Complete(Snapshot { messages, ..snapshot }))
                });
            }
            Round::Complete(snapshot) => {
                self.options.meters.resynced(if snapshot.is_routine { "routine" } else { "gap" });
                self.complete_at = Some(self.options.clock.now());
                self.kept.clear();
                self.input(Input::Snapshot(Box::new(snapshot))).await;
                self.session_event(Event::Synced).await;
            }
        }
    }

    /// Dialogs in which something was written that the engine was not told, with the newest message of their chats.
    fn missing(&self, open: &[Dialog], chats: &[Chat]) -> Vec<(Id, Id)> {
        let chats: BTreeMap<Id, &Chat> = chats.iter().map(|chat| (chat.id, chat)).collect();
        let missing = open.iter().filter_map(|dialog| {
            let chat = chats.get(&dialog.chat_id).filter(|chat| self.mirror.misses_messages(dialog, chat))?;
            Some((dialog.id, chat.last_message.as_ref().map_or(0, |last| last.id)))
        });
        missing.collect()
    }
}

fn stamp(at: Timestamp) -> String {
    let moment = DateTime::from_timestamp_micros(at.micros()).unwrap_or_default();
    moment.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// Who we are. While the rules act, our role is that of a distributor: it switches off the gateway's own assignment.
async fn introduced(options: &Options) -> Result<Bot, Failure> {
    let (client, account) = (&options.client, &options.account);
    let me = client.me().await?;
    if !me.acts() {
        tracing::error!(%account, bot = me.id, "the bot is not active in the account: activate it in the CRM");
        return Err(Failure::Unauthorized);
    }
    if !options.engine.acts(account) {
        return Ok(me);
    }
    if !me.is_distributor() {
        let name = if me.name.is_empty() { "Reparto" } else { &me.name };
        client.introduce(name).await?;
        tracing::info!(%account, bot = me.id, "the bot has the role of a distributor now");
    }
    for rival in client.rivals().await? {
        tracing::warn!(
            %account, rival = rival.id, name = rival.name,
            "another bot shares out dialogs in this account too: switch one of them off"
        );
    }
    Ok(me)
}
