//! What goes over the wire: the bodies of requests, and of answers the few fields that the drive looks at.

use std::sync::Arc;

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};

use super::feed::{Holder, HolderView, Text};
use crate::domain::facts::FactValue;

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Opens a dialog.
    Open,
    /// Writes a message.
    Say,
    /// Closes a dialog.
    Close,
    /// Closes several.
    Batch,
    /// Tells of a customer.
    Customer,
    /// Anything else; whoever asked reads the answer.
    Other,
}

impl Kind {
    /// All, in the order of their numbers.
    pub const ALL: [Self; 6] = [Self::Open, Self::Say, Self::Close, Self::Batch, Self::Customer, Self::Other];

    /// The word in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Say => "message",
            Self::Close => "close",
            Self::Batch => "batch",
            Self::Customer => "customer",
            Self::Other => "other",
        }
    }
}

/// `{"manager": "ana"}`, `{"customer": "c1"}`, or `"backend"`.
#[derive(Clone, Copy, Debug)]
pub enum Who<'a> {
    /// A manager.
    Manager(&'a str),
    /// The customer.
    Customer(&'a str),
    /// The backend itself.
    Backend,
}

impl Serialize for Who<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (key, id) = match self {
            Self::Manager(id) => ("manager", id),
            Self::Customer(id) => ("customer", id),
            Self::Backend => return serializer.serialize_str("backend"),
        };
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(key, id)?;
        map.end()
    }
}

/// A message of a request.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct NewMessage<'a> {
    /// Its id: a repeated request is known by it.
    pub id: &'a str,
    /// Who wrote.
    pub from: Who<'a>,
    /// The text.
    pub text: &'a str,
}

/// The facts of a dialog.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a>(pub &'a [(Arc<str>, FactValue)]);

struct Value<'a>(&'a FactValue);

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            FactValue::Bool(value) => serializer.serialize_bool(*value),
            FactValue::Number(value) => serializer.serialize_f64(*value),
            FactValue::Text(value) => serializer.serialize_str(value),
            FactValue::Texts(values) => serializer.collect_seq(values.iter().map(|text| &**text)),
        }
    }
}

impl Serialize for Facts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (&**name, Value(value))))
    }
}

/// `POST …/dialogs`.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Open<'a> {
    /// The dialog's id.
    pub id: &'a str,
    /// Its channel.
    pub channel: &'a str,
    /// The customer.
    pub customer: &'a str,
    /// Its chat, when the trace says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chat: Option<&'a str>,
    /// The customer's message.
    pub message: NewMessage<'a>,
    /// Its facts.
    #[serde(skip_serializing_if = "Facts::is_empty")]
    pub facts: Facts<'a>,
}

impl Facts<'_> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// `PUT …/customers/{id}`.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Vip {
    /// The customer is VIP.
    pub vip: bool,
}

/// `POST …/dialogs/{id}/close`.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Close<'a> {
    /// Who closes.
    pub by: Who<'a>,
    /// Why.
    pub reason: &'a str,
}

/// A closure among others in `POST …/events`.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct BatchedClose<'a> {
    /// A repeated item is known by it.
    pub source_id: &'a str,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The dialog.
    pub id: &'a str,
    /// The body of the single call.
    pub data: Close<'a>,
}

/// Who got a dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// A manager.
    To(String),
    /// A bot.
    ToBot,
    /// Nobody yet.
    Waits,
}

/// What became of an item of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// It is done.
    Done,
    /// It was refused, with this code.
    Refused(String),
    /// It is to be sent again.
    Again,
}

/// An answer, as far as the drive looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A dialog as it stands.
    Dialog {
        /// Its id.
        id: String,
        /// Who has it.
        given: Given,
        /// It is closed already.
        closed: bool,
    },
    /// It is done.
    Done,
    /// What became of each item of a batch.
    Batch(Vec<Item>),
    /// It was refused.
    Refused {
        /// The stable code.
        code: String,
        /// For people.
        detail: String,
    },
}

#[derive(Deserialize)]
struct OpenedView<'a> {
    #[serde(borrow)]
    dialog: DialogView<'a>,
}

#[derive(Deserialize)]
struct DialogView<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    state: Text<'a>,
    #[serde(borrow)]
    responsible: Option<HolderView<'a>>,
}

#[derive(Deserialize)]
struct ProblemView<'a> {
    #[serde(borrow)]
    code: Option<Text<'a>>,
    #[serde(borrow)]
    detail: Option<Text<'a>>,
    #[serde(borrow)]
    title: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct BatchView<'a> {
    #[serde(borrow)]
    items: Vec<ItemView<'a>>,
}

#[derive(Deserialize)]
struct ItemView<'a> {
    #[serde(borrow)]
    status: Text<'a>,
    #[serde(borrow)]
    problem: Option<ProblemView<'a>>,
}

impl ItemView<'_> {
    fn result(self) -> Item {
        match &*self.status {
            "done" => Item::Done,
            "failed" => Item::Again,
            _ => {
                let code = self.problem.and_then(|problem| problem.code);
                Item::Refused(code.map_or_else(|| "refused".to_owned(), |code| code.to_string()))
            }
        }
    }
}

/// Reads an answer.
pub fn read(kind: Kind, status: u16, body: &[u8]) -> Reply {
    let unreadable = |error: serde_json::Error| Reply::Refused {
        code: "unreadable".to_owned(),
        detail: error.to_string(),
    };
    if !(200..300).contains(&status) {
        let problem = serde_json::from_slice::<ProblemView>(body).ok();
        let (code, detail) =
            problem.map_or((None, None), |problem| (problem.code, problem.detail.or(problem.title)));
        return Reply::Refused {
            code: code.map_or_else(|| status.to_string(), |code| code.to_string()),
            detail: detail.map_or_else(|| format!("status {status}"), |detail| detail.to_string()),
        };
    }
    match kind {
        Kind::Open => match serde_json::from_slice::<OpenedView>(body) {
            Ok(OpenedView { dialog }) => Reply::Dialog {
                given: match dialog.responsible.and_then(HolderView::holder) {
                    Some(Holder::Manager(id)) => Given::To(id.to_string()),
                    Some(Holder::Bot(_)) => Given::ToBot,
                    None => Given::Waits,
                },
                closed: &*dialog.state == "closed",
                id: dialog.id.to_string(),
            },
            Err(error) => unreadable(error),
        },
        Kind::Batch => match serde_json::from_slice::<BatchView>(body) {
            Ok(view) => Reply::Batch(view.items.into_iter().map(ItemView::result).collect()),
            Err(error) => unreadable(error),
        },
        Kind::Say | Kind::Close | Kind::Customer | Kind::Other => Reply::Done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opening_says_what_the_trace_knows() {
        let facts = [("type".into(), FactValue::Text("PS".into())), ("sum".into(), FactValue::Number(2.5))];
        let message = NewMessage { id: "d1.0", from: Who::Customer("c\u{e9}"), text: "Hi" };
        let open = Open {
            id: "d1",
            channel: "drive",
            customer: "c\u{e9}",
            chat: None,
            message,
            facts: Facts(&facts),
        };
        let want = "{\"id\":\"d1\",\"channel\":\"drive\",\"customer\":\"c\u{e9}\",\
            \"message\":{\"id\":\"d1.0\",\"from\":{\"customer\":\"c\u{e9}\"},\"text\":\"Hi\"},\
            \"facts\":{\"type\":\"PS\",\"sum\":2.5}}";
        assert_eq!(serde_json::to_string(&open).unwrap(), want);
    }

    #[test]
    fn answers_are_read_as_far_as_needed() {
        let body = br#"{"dialog":{"id":"d1","state":"assigned","responsible":{"manager":"ana"},"colour":1},"decision":{"rule":"r"}}"#;
        let given = Given::To("ana".to_owned());
        assert_eq!(read(Kind::Open, 201, body), Reply::Dialog { id: "d1".to_owned(), given, closed: false });
        let body = br#"{"dialog":{"id":"d1","state":"waiting","responsible":null}}"#;
        let waits = Reply::Dialog { id: "d1".to_owned(), given: Given::Waits, closed: false };
        assert_eq!(read(Kind::Open, 200, body), waits);
        let body = br#"{"type":"about:blank","code":"dialog_closed","detail":"it is closed"}"#;
        let refused = Reply::Refused { code: "dialog_closed".to_owned(), detail: "it is closed".to_owned() };
        assert_eq!(read(Kind::Close, 409, body), refused);
        assert_eq!(read(Kind::Close, 204, b""), Reply::Done);
        assert!(matches!(read(Kind::Open, 502, b"<html>"), Reply::Refused { code, .. } if code == "502"));
        assert!(matches!(read(Kind::Open, 200, b"{}"), Reply::Refused { code, .. } if code == "unreadable"));
    }

    #[test]
    fn of_a_batch_each_item_has_its_result() {
        let body =
            br#"{"done":1,"refused":1,"failed":1,"items":[{"source_id":"a","status":"done","dialog":"d1"},
            {"status":"refused","problem":{"code":"dialog_closed","status":409}},{"status":"failed"}]}"#;
        let items = vec![Item::Done, Item::Refused("dialog_closed".to_owned()), Item::Again];
        assert_eq!(read(Kind::Batch, 200, body), Reply::Batch(items));
        let close = Close { by: Who::Backend, reason: "done" };
        let item = BatchedClose { source_id: "d1.close", kind: "dialog.close", id: "d1", data: close };
        let want = r#"{"source_id":"d1.close","type":"dialog.close","id":"d1","data":{"by":"backend","reason":"done"}}"#;
        assert_eq!(serde_json::to_string(&item).unwrap(), want);
    }
}
