//! What the engine has when the connector starts: so that the gateway's state is compared with how things were when all
//! wishes had last been carried out, and what a person did since is told from what we still owe.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Options;
use super::feed::{Feed, SUBSCRIBER, filter, number, party};
use crate::connectors::retailcrm::mirror::{Holder, Mirror, Seed, holder_of};
use crate::connectors::retailcrm::wire::Id;
use crate::domain::account::Account;
use crate::domain::dialog::{Dialog, DialogState};
use crate::engine::EngineError;
use crate::engine::inbound::Inbound;
use crate::store::read::StoredEvent;

pub(super) struct Begun {
    pub(super) mirror: Mirror,
    pub(super) feed: Feed,
}

/// Looks at everything that the engine has.
pub(super) async fn begin(options: &Options) -> Result<Begun, EngineError> {
    let (engine, account) = (&options.engine, &options.account);
    if engine.newest_seq(account).is_none() {
        engine.submit(account, Inbound::PutAccount(Account::new(account.clone()))).await?;
    }
    let newest = engine.newest_seq(account).map_or(0, |newest| *newest.borrow());
    let store = engine.store();
    let kept = store.webhooks(account).await?.into_iter().find(|webhook| *webhook.id == *SUBSCRIBER);
    // Whoever connects an account for the first time owes it nothing of what was before.
    let (place, made_at) = match kept {
        Some(kept) => (kept.acknowledged.min(newest), kept.created_at),
        None => (newest, options.clock.now()),
    };
    let mut mirror = Mirror::new();
    mirror.replayed_up_to(newest);
    mirror.read_up_to(place);
    let snapshot = store.snapshot(account).await?;
    for channel in snapshot.channels {
        mirror.seed_channel(channel);
    }
    for (manager, ..) in snapshot.managers {
        if let Ok(user) = manager.id.as_str().parse() {
            mirror.seed_manager(user, &manager.name, manager.active);
        }
    }
    let before = before(options, place).await?;
    let mut dialogs = snapshot.open_dialogs;
    for id in before.keys() {
        if !dialogs.iter().any(|dialog| number(&dialog.id) == Some(*id)) {
            let id = crate::domain::ids::DialogId::trusted(&id.to_string());
            dialogs.extend(store.dialog(account, &id).await?);
        }
    }
    for dialog in &dialogs {
        if let Some(seed) = seed(dialog, &before) {
            mirror.seed_dialog(&seed);
        }
    }
    Ok(Begun { mirror, feed: Feed::new(place, made_at) })
}

/// Who held the dialogs that changed behind the place, before they did.
async fn before(options: &Options, place: u64) -> Result<BTreeMap<Id, Option<Holder>>, EngineError> {
    let mut before = BTreeMap::new();
    let (mut after, filter) = (place, filter());
    loop {
        let events = options.engine.store().events(&options.account, after, 1_000, &filter).await?;
        let Some(last) = events.last() else { return Ok(before) };
        after = last.seq;
        for event in &events {
            if let Some((dialog, holder)) = held_before(event) {
                before.entry(dialog).or_insert(holder);
            }
        }
    }
}

fn held_before(event: &StoredEvent) -> Option<(Id, Option<Holder>)> {
    let dialog = number(event.dialog.as_ref()?)?;
    let data: Value = serde_json::from_str(&event.data).ok()?;
    let holder = match &*event.name {
        "dialog.assigned" => None,
        "dialog.reassigned" | "dialog.returned" => party(&data, "from"),
        "dialog.closed" => party(&data, "last"),
        _ => return None,
    };
    Some((dialog, holder))
}

fn seed(dialog: &Dialog, before: &BTreeMap<Id, Option<Holder>>) -> Option<Seed> {
    let id = number(&dialog.id)?;
    let chat = dialog.chat.as_str().parse().ok()?;
    let holder = match before.get(&id) {
        Some(holder) => *holder,
        None => match &dialog.state {
            DialogState::Assigned { to, .. } => holder_of(to),
            DialogState::Waiting { .. } | DialogState::Internal | DialogState::Closed { .. } => None,
        },
    };
    Some(Seed { dialog: id, chat, holder, last_message_at: dialog.last_message_at })
}
