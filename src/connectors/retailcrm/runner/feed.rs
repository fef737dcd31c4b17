//! The engine's events as wishes, and the place up to which all of them are done.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::Options;
use crate::connectors::retailcrm::mirror::{Holder, Input, Stand, Text, Wish, holder_of};
use crate::connectors::retailcrm::wire::Id;
use crate::domain::dialog::DialogState;
use crate::domain::ids::{BotId, DialogId, ManagerId, MessageId};
use crate::domain::message::Visibility;
use crate::domain::routing::Responsible;
use crate::domain::tags::Tags;
use crate::domain::time::Timestamp;
use crate::engine::inbound::Inbound;
use crate::store::StoreError;
use crate::store::change::Webhook;
use crate::store::read::{EventFilter, StoredEvent};

/// The id under which the place is kept.
pub(super) const SUBSCRIBER: &str = "connector:retailcrm";
/// The events that mean something to do.
const NAMES: &[&str] = &[
    "dialog.waiting",
    "dialog.offered",
    "dialog.assigned",
    "dialog.reassigned",
    "dialog.returned",
    "dialog.closed",
    "message.requested",
];
/// What the record of a decision with tags has in it, and no other: inside of a text, quotes have backslashes.
const HAS_TAGS: &str = r#""tags""#;
/// How many events are read at once.
const PAGE: u32 = 256;
/// How often the place is kept.
const KEEP: Duration = Duration::from_secs(1);

/// Where the connector is in the engine's events.
pub(super) struct Feed {
    read_up_to: u64,
    kept: u64,
    kept_at: Timestamp,
    made_at: Timestamp,
}

pub(super) fn filter() -> EventFilter {
    EventFilter { dialog: None, names: NAMES.iter().map(|name| (*name).to_owned()).collect() }
}

/// A subscriber as it is stored.
fn record(acknowledged: u64, made_at: Timestamp) -> Webhook {
    Webhook {
        id: SUBSCRIBER.into(),
        url: format!("{}retailcrm", Webhook::WITHIN),
        events: filter().names,
        secret: Vec::new(),
        acknowledged,
        paused: false,
        created_at: made_at,
    }
}

impl Feed {
    /// One that begins behind this event.
    pub(super) fn new(done_up_to: u64, made_at: Timestamp) -> Self {
        Self { read_up_to: done_up_to, kept: u64::MAX, kept_at: made_at, made_at }
    }

    pub(super) fn read_up_to(&self) -> u64 {
        self.read_up_to
    }

    /// The next wishes; `None`: all were read.
    pub(super) async fn next(
        &mut self,
        options: &Options,
        reached: u64,
    ) -> Result<Option<Vec<Input>>, StoreError> {
        if self.read_up_to >= reached {
            return Ok(None);
        }
        let events =
            options.engine.store().events(&options.account, self.read_up_to, PAGE, &filter()).await?;
        let is_whole = events.len() < PAGE as usize;
        let last = events.last().map_or(0, |event| event.seq);
        self.read_up_to = if is_whole { last.max(reached) } else { last };
        Ok(Some(events.iter().flat_map(wishes).collect()))
    }

    pub(super) async fn keep_now_and_then(&mut self, options: &Options, done_up_to: u64) {
        if options.clock.now().since(self.kept_at) >= KEEP {
            self.keep(options, done_up_to).await;
        }
    }

    /// Keeps the place up to which all is done.
    pub(super) async fn keep(&mut self, options: &Options, done_up_to: u64) {
        self.kept_at = options.clock.now();
        if done_up_to == self.kept {
            return;
        }
        let place = Inbound::PutWebhook(record(done_up_to, self.made_at));
        match options.engine.submit(&options.account, place).await {
            Ok(_) => self.kept = done_up_to,
            // The next time will do: it only means that more is looked at again after a crash.
            Err(error) => {
                tracing::debug!(account = %options.account, %error, "the connector's place was not kept");
            }
        }
    }
}

/// Which dialog of the gateway it is; `None`: one of somebody else's making.
pub(super) fn number(dialog: &DialogId) -> Option<Id> {
    dialog.as_str().parse().ok()
}

/// A person or bot in an event's data.
pub(super) fn party(data: &Value, name: &str) -> Option<Holder> {
    let party = data.get(name)?;
    let manager = party.get("manager").and_then(Value::as_str).map(ManagerId::trusted);
    let bot = party.get("bot").and_then(Value::as_str).map(BotId::trusted);
    let responsible = manager.map(Responsible::Manager).or_else(|| bot.map(Responsible::Bot))?;
    holder_of(&responsible)
}

fn wishes(event: &StoredEvent) -> Vec<Input> {
    let Some(dialog) = event.dialog.as_ref().and_then(number) else { return Vec::new() };
    let of_kind = match &*event.name {
        "message.requested" => text(event).map(Wish::Text),
        // That somebody waits or is asked changes nothing there.
        "dialog.waiting" | "dialog.offered" => None,
        _ => Some(Wish::State),
    };
    let wishes = of_kind.into_iter().chain(tags(event).map(Wish::Tags));
    wishes.map(|wish| Input::Wish { seq: event.seq, dialog, wish }).collect()
}

fn text(event: &StoredEvent) -> Option<Text> {
    let data: Value = serde_json::from_str(&event.data).ok()?;
    let word = |name: &str| data.get(name).and_then(Value::as_str);
    let is_private = word("visibility") == Some("private");
    Some(Text {
        id: MessageId::trusted(word("message")?),
        text: Arc::from(word("text")?),
        visibility: if is_private { Visibility::Private } else { Visibility::Public },
        asked_at: event.at,
    })
}

/// What the rule that decided puts on the dialog. Most have nothing, and are not read.
fn tags(event: &StoredEvent) -> Option<Tags> {
    if !event.data.contains(HAS_TAGS) {
        return None;
    }
    let data: Value = serde_json::from_str(&event.data).ok()?;
    let names = data.pointer("/decision/tags")?.as_array()?.iter().filter_map(Value::as_str);
    Some(names.collect()).filter(|tags: &Tags| !tags.is_empty())
}

/// How the engine has a dialog, and whether that is to be carried out.
pub(super) async fn stand(options: &Options, dialog: Id) -> (Stand, bool) {
    let id = DialogId::trusted(&dialog.to_string());
    let acts = options.engine.acts(&options.account);
    let found = loop {
        match options.engine.store().dialog(&options.account, &id).await {
            Ok(found) => break found,
            Err(failure) => {
                tracing::warn!(account = %options.account, %failure, "a dialog could not be looked up; trying again");
                crate::engine::clock::pause(KEEP).await;
            }
        }
    };
    let stand = match found.map(|dialog| dialog.state) {
        None => Stand::Unknown,
        Some(DialogState::Closed { .. }) => Stand::Closed,
        Some(DialogState::Waiting { .. } | DialogState::Internal) => Stand::Open(None),
        // Held by somebody who is not of the gateway: there is nothing to be done there.
        Some(DialogState::Assigned { to, .. }) => {
            holder_of(&to).map_or(Stand::Elsewhere, |holder| Stand::Open(Some(holder)))
        }
    };
    (stand, acts)
}
