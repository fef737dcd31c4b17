//! Messages: writing them, reading them, and how far they got.

use crate::domain::ids::{DialogId, MessageId};
use crate::engine::inbound::{Inbound, NewMessage as Incoming, Outcome};
use crate::http::call::{Call, unexpected};
use crate::http::page::{self, PageQuery};
use crate::http::reply::{Answer, Reply};
use crate::http::resources::dialogs;
use crate::http::views::dialog::DialogView;
use crate::http::views::message::{DeliveryReport, MessageAnswer, MessagePage, MessageView, NewMessage};
use crate::store::read::TimelineEntry;

/// Write in a dialog.
///
/// A customer's message to a closed dialog opens a new one in the same chat. Whoever is no longer responsible
/// cannot write: the message is recorded as failed, and the answer is 403.
#[utoipa::path(
    post,
    path = "/v1/accounts/{account}/dialogs/{dialog}/messages",
    request_body = NewMessage,
    responses((status = 201, description = "The message is stored.", body = MessageAnswer))
)]
pub async fn write(call: Call) -> Answer {
    let dialog: DialogId = call.id("dialog")?;
    let mut message: Incoming = call.json::<NewMessage>()?.into();
    if let (None, Some(key)) = (&message.id, &call.key) {
        message.id = Some(MessageId::trusted(&key.derive_id("message")));
    }
    let outcome = call.submit(Inbound::Write { dialog, message }).await?;
    let Outcome::Message { message, dialog, decision, opened } = outcome else {
        return Err(unexpected("a message"));
    };
    let answer = MessageAnswer {
        message: MessageView::from(&*message),
        dialog: DialogView::of(&dialog),
        decision: decision.as_deref().map(Into::into),
        opened,
    };
    Reply::json(201, &answer)
}

/// The messages of a dialog.
#[utoipa::path(
    get,
    path = "/v1/accounts/{account}/dialogs/{dialog}/messages",
    params(PageQuery),
    responses((status = 200, description = "Messages in order of time.", body = MessagePage))
)]
pub async fn list(call: Call) -> Answer {
    let query: PageQuery = call.query()?;
    let dialog = dialogs::find(&call).await?;
    let timeline = call.store().timeline(&call.account, &dialog.id).await?;
    let message = |entry| match entry {
        TimelineEntry::Message(message) => Some(message),
        TimelineEntry::Event(_) => None,
    };
    let messages = timeline.into_iter().filter_map(message).collect();
    let (messages, next) = page::by_place(messages, &query)?;
    let items = messages.iter().map(MessageView::from).collect();
    let next = next.as_deref();
    Reply::json(200, &MessagePage { items, next })
}

/// Report how far a message got.
///
/// Reports may come late or out of order: a step back changes nothing.
#[utoipa::path(
    put,
    path = "/v1/accounts/{account}/messages/{message}/status",
    request_body = DeliveryReport,
    responses((status = 204, description = "The report is taken."))
)]
pub async fn report(call: Call) -> Answer {
    let message: MessageId = call.id("message")?;
    let status = call.json::<DeliveryReport>()?.into_domain()?;
    call.submit(Inbound::ReportStatus { message, status }).await?;
    Ok(Reply::empty())
}
