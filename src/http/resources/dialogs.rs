//! Dialogs: opening them, listing them, looking at one.

use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::domain::ids::{CustomerId, DialogId, MessageId};
use crate::engine::inbound::{Inbound, OpenDialog, Outcome};
use crate::http::call::{Call, unexpected};
use crate::http::idempotency::Key;
use crate::http::page;
use crate::http::problem::Problem;
use crate::http::problem_codes as codes;
use crate::http::query::List;
use crate::http::reply::{Answer, Reply};
use crate::http::views::dialog::{DialogAnswer, DialogPage, DialogView, NewDialog};
use crate::http::views::id::{ChannelKey, CustomerKey, ManagerKey};
use crate::store::read::{DialogFilter, Interlocutor};

/// Open a dialog.
///
/// If the chat has an open dialog already, the message goes there. The answer carries the decision when one was
/// made at once; it is durable then.
#[utoipa::path(
    post,
    path = "/v1/accounts/{account}/dialogs",
    request_body = NewDialog,
    responses(
        (status = 201, description = "The dialog is open.", body = DialogAnswer),
        (status = 200, description = "It was open already.", body = DialogAnswer),
    )
)]
pub async fn open(call: Call) -> Answer {
    let mut opening = call.json::<NewDialog>()?.into_domain()?;
    if let Some(key) = &call.key {
        derive_ids(&mut opening, key);
    }
    let outcome = call.submit(Inbound::Open(opening)).await?;
    let Outcome::Dialog { dialog, decision, created, message } = outcome else {
        return Err(unexpected("an opening"));
    };
    let answer = DialogAnswer {
        dialog: DialogView::of(&dialog),
        decision: decision.as_deref().map(Into::into),
        message: message.as_deref().map(Into::into),
    };
    Reply::json(if created { 201 } else { 200 }, &answer)
}

/// Gives ids that follow from the key to what has none.
pub fn derive_ids(opening: &mut OpenDialog, key: &Key) {
    opening.id.get_or_insert_with(|| DialogId::trusted(&key.derive_id("dialog")));
    if let Some(message) = &mut opening.message {
        message.id.get_or_insert_with(|| MessageId::trusted(&key.derive_id("message")));
    }
}

/// With whom a listed dialog is, seen from a manager.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InterlocutorWord {
    /// Anybody.
    #[default]
    All,
    /// Customers on record in the CRM.
    Known,
    /// Customers whose owner is `manager`.
    Mine,
    /// Other managers: internal dialogs; of `manager`, when one is named.
    Colleagues,
}

/// Which dialogs.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct DialogQuery {
    /// States, separated by commas: `waiting`, `assigned`, `internal`, `closed`.
    #[param(value_type = String)]
    pub state: List<String>,
    /// Channels, separated by commas.
    #[param(value_type = String)]
    pub channel: List<ChannelKey>,
    /// Held, or when closed last held, by this manager.
    pub responsible: Option<ManagerKey>,
    /// Of this customer.
    pub customer: Option<CustomerKey>,
    /// With whom.
    #[param(inline)]
    pub interlocutor: InterlocutorWord,
    /// The manager that `mine` and `colleagues` are seen from.
    pub manager: Option<ManagerKey>,
    /// Only those whose id, customer's name, or messages contain this text, whatever the case.
    pub q: Option<String>,
    /// At most this many rows; 100 when missing.
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
    /// Go on where an earlier page ended.
    pub cursor: Option<String>,
}

const STATES: [&str; 4] = ["waiting", "assigned", "internal", "closed"];

impl DialogQuery {
    /// In the store's words.
    ///
    /// # Errors
    /// [`codes::BAD_VALUE`].
    pub fn into_filter(self) -> Result<DialogFilter, Problem> {
        let bad = |detail: String| Problem::new(&codes::BAD_VALUE, detail);
        if let Some(state) = self.state.0.iter().find(|state| !STATES.contains(&state.as_str())) {
            return Err(bad(format!("there is no state `{state}`; there are {}", STATES.join(", "))));
        }
        let manager = self.manager.map(|id| id.0);
        let interlocutor = match (self.interlocutor, manager) {
            (InterlocutorWord::All, _) => Interlocutor::All,
            (InterlocutorWord::Known, _) => Interlocutor::Known,
            (InterlocutorWord::Mine, Some(manager)) => Interlocutor::Mine(manager),
            (InterlocutorWord::Mine, None) => {
                return Err(bad("`interlocutor=mine` needs `manager`: whose customers?".to_owned()));
            }
            (InterlocutorWord::Colleagues, manager) => Interlocutor::Colleagues(manager),
        };
        Ok(DialogFilter {
            states: self.state.0,
            channels: self.channel.0.into_iter().map(|id| id.0).collect(),
            responsible: self.responsible.map(|id| id.0),
            customer: self.customer.map(|id| id.0),
            interlocutor,
            text: self.q.filter(|text| !text.is_empty()),
            cursor: self.cursor,
            limit: page::limit(self.limit)?,
        })
    }
}

/// Dialogs by filter: what the chat window lists and searches.
#[utoipa::path(
    get,
    path = "/v1/accounts/{account}/dialogs",
    params(DialogQuery),
    responses((status = 200, description = "Dialogs, newest first.", body = DialogPage))
)]
pub async fn list(call: Call) -> Answer {
    let query: DialogQuery = call.query()?;
    call.newest_seq()?;
    let mut filter = query.into_filter()?;
    if let Some(id) = filter.customer.take() {
        filter.customer = Some(surviving(&call, id).await?);
    }
    page(&call, &filter).await
}

/// The record that a merged id leads to.
async fn surviving(call: &Call, id: CustomerId) -> Result<CustomerId, Problem> {
    let customer = call.store().customer(&call.account, &id).await?;
    Ok(customer.map_or(id, |customer| customer.id))
}

/// A page of dialogs.
pub async fn page(call: &Call, filter: &DialogFilter) -> Answer {
    let page = call.store().dialogs(&call.account, filter).await?;
    let rows = page.items.iter();
    let view = rows.map(|row| DialogView::of(&row.dialog).named(row.customer_name.as_deref()));
    let items = view.collect();
    let next = page.next.as_deref();
    Reply::json(200, &DialogPage { items, next })
}

/// A dialog.
#[utoipa::path(
    get,
    path = "/v1/accounts/{account}/dialogs/{dialog}",
    responses((status = 200, description = "The dialog.", body = DialogView))
)]
pub async fn get(call: Call) -> Answer {
    let dialog = find(&call).await?;
    Reply::json(200, &DialogView::of(&dialog))
}

/// The dialog that the path names.
pub async fn find(call: &Call) -> Result<crate::domain::dialog::Dialog, Problem> {
    let id: DialogId = call.id("dialog")?;
    call.newest_seq()?;
    let dialog = call.store().dialog(&call.account, &id).await?;
    dialog.ok_or_else(|| Problem::unknown("dialog", id.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{AccountId, ManagerId};
    use crate::http::query;

    fn filter(text: &str) -> Result<DialogFilter, Problem> {
        query::read::<DialogQuery>(text)?.into_filter()
    }

    #[test]
    fn filters_are_read_as_the_chat_window_sends_them() {
        let read = filter("state=waiting,assigned&interlocutor=mine&manager=ana&q=size%20M").unwrap();
        assert_eq!(read.states, ["waiting", "assigned"]);
        assert_eq!(read.interlocutor, Interlocutor::Mine(ManagerId::trusted("ana")));
        assert_eq!(read.text.as_deref(), Some("size M"));
        assert_eq!(filter("").unwrap().limit, 100);
    }

    #[test]
    fn bad_filters_are_refused() {
        for (bad, code) in [
            ("state=open", "bad_value"),
            ("interlocutor=mine", "bad_value"),
            ("interlocutor=friends", "bad_value"),
            ("limit=0", "bad_value"),
            ("responsable=ana", "unknown_field"),
            ("responsible=a%20b", "bad_id"),
        ] {
            assert_eq!(filter(bad).unwrap_err().kind.code, code, "{bad}");
        }
    }

    #[test]
    fn only_missing_ids_follow_from_the_key() {
        let key = Key::of_header(&AccountId::default_account(), b"k").unwrap();
        let read = |text| {
            let opening: NewDialog = serde_json::from_str(text).unwrap();
            opening.into_domain().unwrap()
        };
        let mut opening = read(r#"{"customer":"c","message":{"id":"m1"}}"#);
        derive_ids(&mut opening, &key);
        assert_eq!(opening.id, Some(DialogId::trusted(&key.derive_id("dialog"))));
        assert_eq!(opening.message.unwrap().id, Some(MessageId::trusted("m1")));
    }
}
