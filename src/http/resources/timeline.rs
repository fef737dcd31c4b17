//! A dialog's timeline: who wrote, and what happened, in order.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::ids::AccountId;
use crate::http::call::Call;
use crate::http::page::{self, PageQuery};
use crate::http::reply::{Answer, JSON, Reply, internal};
use crate::http::resources::dialogs;
use crate::http::views::event::EventView;
use crate::http::views::message::MessageView;
use crate::store::read::TimelineEntry;

/// One line of a timeline.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TimelineEntry)]
pub enum EntryView<'a> {
    /// Somebody wrote.
    Message(MessageView<'a>),
    /// Something happened.
    #[expect(dead_code, reason = "described here, and written by the store")]
    #[serde(skip_serializing)]
    Event(EventView),
}

/// A page of a timeline.
#[derive(Serialize, ToSchema)]
#[schema(as = TimelinePage)]
pub struct TimelinePage<'a> {
    /// The lines in order of time.
    pub items: Vec<EntryView<'a>>,
    /// The cursor of the next page; none at the end.
    pub next: Option<&'a str>,
}

/// What happened in a dialog.
///
/// Who wrote; opened, assigned, reassigned, warned, closed. Each assignment by rules carries its decision.
#[utoipa::path(
    get,
    path = "/v1/accounts/{account}/dialogs/{dialog}/timeline",
    params(PageQuery),
    responses((status = 200, description = "The timeline.", body = TimelinePage))
)]
pub async fn list(call: Call) -> Answer {
    let query: PageQuery = call.query()?;
    let dialog = dialogs::find(&call).await?;
    let timeline = call.store().timeline(&call.account, &dialog.id).await?;
    let (entries, next) = page::by_place(timeline, &query)?;
    let body = write(&call.account, &entries, next.as_deref());
    let body = body.map_err(|error| internal(format!("a timeline could not be written: {error}")))?;
    Ok(Reply::whole(200, JSON, body))
}

/// By hand, since events are passed on as they are stored.
fn write(account: &AccountId, entries: &[TimelineEntry], next: Option<&str>) -> serde_json::Result<Vec<u8>> {
    let mut body = b"{\"items\":[".to_vec();
    for (at, entry) in entries.iter().enumerate() {
        if at > 0 {
            body.push(b',');
        }
        match entry {
            TimelineEntry::Message(message) => {
                let view = EntryView::Message(message.into());
                serde_json::to_writer(&mut body, &view)?;
            }
            TimelineEntry::Event(event) => {
                body.extend_from_slice(b"{\"event\":");
                body.extend_from_slice(event.to_json(account).as_bytes());
                body.push(b'}');
            }
        }
    }
    body.extend_from_slice(b"],\"next\":");
    serde_json::to_writer(&mut body, &next)?;
    body.push(b'}');
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{CustomerId, DialogId, MessageId};
    use crate::domain::message::{Author, DeliveryStatus, Message, Visibility};
    use crate::domain::time::Timestamp;
    use crate::store::read::StoredEvent;

    #[test]
    fn messages_and_events_stand_in_one_list() {
        let at = Timestamp::from_secs(0);
        let message = Message {
            id: MessageId::trusted("m"),
            dialog: DialogId::trusted("d"),
            from: Author::Customer(CustomerId::trusted("c")),
            text: Some("hi".into()),
            at,
            visibility: Visibility::Public,
            quote: None,
            status: DeliveryStatus::Sent,
        };
        let event = StoredEvent {
            seq: 1,
            id: "x".into(),
            name: "dialog.opened".into(),
            at,
            dialog: None,
            cause: None,
            data: "{}".into(),
        };
        let entries = [TimelineEntry::Event(event), TimelineEntry::Message(message)];
        let body = write(&AccountId::default_account(), &entries, Some("n")).unwrap();
        let read: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(read["items"][0]["event"]["type"], "dialog.opened");
        assert_eq!(read["items"][1]["message"]["from"]["customer"], "c");
        assert_eq!(read["next"], "n");
    }
}
