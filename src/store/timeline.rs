//! A dialog's timeline: its messages and events put in one order.

use std::collections::HashMap;

use serde::Deserialize;

use super::read::{StoredEvent, TimelineEntry};
use crate::domain::message::Message;

/// The part of a message event's data that says which message it is about.
#[derive(Deserialize)]
struct About {
    message: String,
}

/// Puts messages and events in order of time. At equal times the order of the events decides, where the
/// event that reported a message stands for it; that event itself is left out.
pub(crate) fn merge(messages: Vec<Message>, events: Vec<StoredEvent>) -> Vec<TimelineEntry> {
    let is_report = |event: &StoredEvent| matches!(&*event.name, "message.received" | "message.sent");
    let (reports, events): (Vec<_>, Vec<_>) = events.into_iter().partition(is_report);
    let about =
        |event: &StoredEvent| Some((serde_json::from_str::<About>(&event.data).ok()?.message, event.seq));
    let reported: HashMap<String, u64> = reports.iter().filter_map(about).collect();
    let reported = |message: &Message| reported.get(message.id.as_str()).copied().unwrap_or(u64::MAX);
    let mut entries: Vec<_> = messages
        .into_iter()
        .map(|message| (message.at, reported(&message), TimelineEntry::Message(message)))
        .chain(events.into_iter().map(|event| (event.at, event.seq, TimelineEntry::Event(event))))
        .collect();
    entries.sort_by_key(|(at, seq, _)| (*at, *seq));
    entries.into_iter().map(|(_, _, entry)| entry).collect()
}
