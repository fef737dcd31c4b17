//! Events in JSON: described here, written by the store, and passed on as they are.

use std::io::Write;

use utoipa::ToSchema;

use super::time::Time;
use super::words;
use crate::domain::ids::AccountId;
use crate::store::read::StoredEvent;

/// Something that happened.
#[derive(ToSchema)]
#[schema(as = Event)]
#[expect(dead_code, reason = "describes what the store writes")]
pub struct EventView {
    /// Its number: without gaps in the account.
    seq: u64,
    /// Its stable id: equal for a repeat, different for everything else.
    id: String,
    /// What happened.
    #[schema(schema_with = words::event)]
    r#type: String,
    /// When.
    at: Time,
    /// The account.
    account: String,
    /// The dialog it is about, if it is about one.
    dialog: Option<String>,
    /// Why, where that says something.
    cause: Option<String>,
    /// What else there is to say; for routing with the decision record as `decision`.
    #[schema(value_type = Object)]
    data: (),
}

/// Writes events as elements of a JSON array, without its brackets.
pub fn write_events(account: &AccountId, events: &[StoredEvent], to: &mut Vec<u8>) {
    for (at, event) in events.iter().enumerate() {
        if at > 0 {
            to.push(b',');
        }
        to.extend_from_slice(event.to_json(account).as_bytes());
    }
}

/// Writes an event as one of a stream of server-sent events.
pub fn write_sent_event(account: &AccountId, event: &StoredEvent, to: &mut Vec<u8>) {
    let mut data = event.to_json(account);
    // A line break in the data would end it; in JSON line breaks only stand between tokens.
    data.retain(|c| !matches!(c, '\n' | '\r'));
    // Writing to memory cannot fail.
    let _ = write!(to, "id: {}\nevent: {}\ndata: {data}\n\n", event.seq, event.name);
}

/// A page of events.
#[derive(ToSchema)]
#[schema(as = EventPage)]
#[expect(dead_code, reason = "describes what is put together from what the store writes")]
pub struct EventPage {
    /// The events in order.
    pub items: Vec<EventView>,
    /// Send this as `after` to go on.
    pub next_after: u64,
    /// The number of the account's newest event.
    pub newest_seq: u64,
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde_json::Value;
    use utoipa::PartialSchema;

    use super::*;
    use crate::domain::ids::DialogId;
    use crate::domain::time::Timestamp;

    fn event() -> StoredEvent {
        StoredEvent {
            seq: 7,
            id: "dialog/d1/2.0".into(),
            name: "dialog.assigned".into(),
            at: Timestamp::from_secs(0),
            dialog: Some(DialogId::trusted("d1")),
            cause: Some("opened".into()),
            data: "{\n\"to\":{\"manager\":\"ana\"}}".into(),
        }
    }

    #[test]
    fn what_is_described_is_what_the_store_writes() {
        let mut written = vec![b'['];
        write_events(&AccountId::default_account(), &[event(), event()], &mut written);
        written.push(b']');
        let read: Vec<BTreeMap<String, Value>> = serde_json::from_slice(&written).unwrap();
        let schema = serde_json::to_value(EventView::schema()).unwrap();
        let described = schema["properties"].as_object().unwrap();
        assert!(read.len() == 2 && read[0] == read[1]);
        assert!(read[0].keys().eq(described.keys().collect::<BTreeSet<_>>()), "{schema}");
    }

    #[test]
    fn a_sent_event_is_one_line_of_data() {
        let mut written = Vec::new();
        write_sent_event(&AccountId::default_account(), &event(), &mut written);
        let text = String::from_utf8(written).unwrap();
        assert!(text.starts_with("id: 7\nevent: dialog.assigned\ndata: {\"seq\":7,"));
        assert!(text.ends_with("}}\n\n"));
        assert_eq!(text.lines().count(), 4);
    }
}
