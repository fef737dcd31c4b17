//! Lists of dialogs: the query that a filter comes to. All that users say is bound, none of it becomes SQL.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::cell::{Cell, Value};
use super::read::{DialogFilter, EventFilter, Interlocutor};
use super::records::dialog::DialogRecord;
use crate::domain::dialog::Dialog;
use crate::domain::ids::AccountId;
use crate::domain::time::Timestamp;

/// A query and what its parameters `$1`, `$2`, … stand for.
#[derive(Debug)]
pub(crate) struct Query {
    /// SQL, made of constants only.
    pub text: String,
    /// The parameters.
    pub values: Vec<Value>,
}

impl Query {
    /// A query without parameters.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), values: Vec::new() }
    }

    /// Adds a parameter and its place.
    pub(crate) fn bind(mut self, value: impl Cell) -> Self {
        self.push_bind(value);
        self
    }

    /// Adds a piece of text.
    pub(crate) fn then(mut self, text: &'static str) -> Self {
        self.text.push_str(text);
        self
    }

    fn push_bind(&mut self, value: impl Cell) {
        self.values.push(value.put());
        // Writing to a string cannot fail.
        let _ = write!(self.text, "${}", self.values.len());
    }

    /// `a, b, c` as parameters in parentheses.
    fn bind_all(mut self, values: impl IntoIterator<Item = impl Cell>) -> Self {
        self.text.push('(');
        for (at, value) in values.into_iter().enumerate() {
            if at > 0 {
                self.text.push_str(", ");
            }
            self.push_bind(value);
        }
        self.then(")")
    }
}

/// Where a page ended: the last row's place in the order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// When the row's dialog was opened.
    pub opened_at: Timestamp,
    /// Its id.
    pub id: String,
}

impl Cursor {
    /// The place of a dialog.
    pub(crate) fn at(dialog: &Dialog) -> Self {
        Self { opened_at: dialog.opened_at, id: dialog.id.to_string() }
    }

    /// The opaque text.
    pub(crate) fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(format!("{}:{}", self.opened_at.micros(), self.id))
    }

    /// Back from the text; `None` for what no page gave.
    pub(crate) fn decode(text: &str) -> Option<Self> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let (micros, id) = text.split_once(':')?;
        Some(Self { opened_at: Timestamp::from_micros(micros.parse().ok()?), id: id.to_owned() })
    }
}

/// The query for a page and one row more, so that it is known whether there is a next page.
/// `None` when the cursor is none of ours: then there is nothing after it.
pub(crate) fn dialogs(account: &AccountId, filter: &DialogFilter) -> Option<Query> {
    let DialogFilter { states, channels, responsible, customer, interlocutor, text, cursor, limit } = filter;
    let columns: Vec<_> = DialogRecord::columns().into_iter().map(|column| format!("d.{column}")).collect();
    let mut query = Query::new(format!(
        "SELECT {}, c.name FROM dialogs AS d \
         LEFT JOIN customers AS c ON c.account = d.account AND c.id = d.customer WHERE d.account = ",
        columns.join(", ")
    ))
    .bind(account.clone());
    if !states.is_empty() {
        query = query.then(" AND d.state IN ").bind_all(states.iter().cloned());
        if !states.iter().any(|state| state == "closed") {
            // Said in the very words of the index of open dialogs, so that it is used.
            query = query.then(" AND d.state <> 'closed'");
        }
    }
    if !channels.is_empty() {
        query = query.then(" AND d.channel IN ").bind_all(channels.iter().cloned());
    }
    if let Some(manager) = responsible {
        query = query.then(" AND d.responsible_kind = 'manager' AND d.responsible = ").bind(manager.clone());
    }
    if let Some(customer) = customer {
        query = query.then(" AND d.customer = ").bind(customer.clone());
    }
    query = match interlocutor {
        Interlocutor::All => query,
        Interlocutor::Known => query.then(" AND d.kind = 'customer' AND c.known = 1"),
        Interlocutor::Mine(manager) => {
            query.then(" AND d.kind = 'customer' AND c.owner = ").bind(manager.clone())
        }
        Interlocutor::Colleagues(None) => query.then(" AND d.kind = 'internal'"),
        // An id has no quotation marks, so that it stands in the JSON list exactly as `"id"`.
        Interlocutor::Colleagues(Some(manager)) => query
            .then(" AND d.kind = 'internal' AND instr(d.members, ")
            .bind(format!("\"{manager}\""))
            .then(") > 0"),
    };
    if let Some(text) = text {
        let pattern = pattern(text);
        query = query
            .then(" AND (d.id LIKE ")
            .bind(pattern.clone())
            .then(" ESCAPE '\\' OR COALESCE(c.name_folded, c.name) LIKE ")
            .bind(pattern.clone())
            .then(" ESCAPE '\\' OR EXISTS (SELECT 1 FROM messages AS m WHERE m.account = d.account AND m.dialog = d.id")
            .then(" AND COALESCE(m.content_folded, m.content) LIKE ")
            .bind(pattern)
            .then(" ESCAPE '\\'))");
    }
    if let Some(cursor) = cursor {
        let Cursor { opened_at, id } = Cursor::decode(cursor)?;
        query = query.then(" AND (d.opened_at, d.id) < (").bind(opened_at).then(", ").bind(id).then(")");
    }
    Some(query.then(" ORDER BY d.opened_at DESC, d.id DESC LIMIT ").bind(i64::from(*limit) + 1))
}

/// The pattern that finds a text anywhere, whatever its case.
fn pattern(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.to_lowercase().chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// The condition that an event filter comes to, after one that stands already.
pub(crate) fn events(mut query: Query, filter: &EventFilter) -> Query {
    let EventFilter { dialog, names } = filter;
    if let Some(dialog) = dialog {
        query = query.then(" AND dialog = ").bind(dialog.clone());
    }
    if names.is_empty() {
        return query;
    }
    let mut before = " AND (";
    for name in names {
        query = match prefix(name) {
            Some(prefix) => {
                let length = i64::try_from(prefix.chars().count()).unwrap_or(i64::MAX);
                let query = query.then(before).then("substr(name, 1, ").bind(length).then(") = ");
                query.bind(prefix.to_owned())
            }
            None => query.then(before).then("name = ").bind(name.clone()),
        };
        before = " OR ";
    }
    query.then(")")
}

/// The prefix, dot included, that `dialog.*` stands for.
fn prefix(name: &str) -> Option<&str> {
    name.strip_suffix('*').filter(|prefix| prefix.ends_with('.'))
}

impl EventFilter {
    /// Whether an event of this name, about this dialog, is to be read.
    pub fn admits(&self, name: &str, dialog: Option<&str>) -> bool {
        let named =
            |wanted: &String| prefix(wanted).map_or(wanted == name, |prefix| name.starts_with(prefix));
        self.dialog.as_ref().is_none_or(|wanted| dialog == Some(wanted.as_str()))
            && (self.names.is_empty() || self.names.iter().any(named))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_come_back_and_strangers_do_not() {
        let cursor = Cursor { opened_at: Timestamp::from_micros(-5), id: "mg:9:1".to_owned() };
        assert_eq!(Cursor::decode(&cursor.encode()), Some(cursor));
        assert_eq!(Cursor::decode("???"), None);
        assert_eq!(Cursor::decode("YWJj"), None);
    }

    #[test]
    fn what_users_say_never_becomes_sql() {
        let evil = "'; DROP TABLE dialogs; --";
        let filter = DialogFilter {
            states: vec![evil.to_owned()],
            text: Some(evil.to_owned()),
            ..DialogFilter::default()
        };
        let query = dialogs(&AccountId::default_account(), &filter).unwrap();
        assert!(!query.text.contains("DROP"), "{}", query.text);
        assert_eq!(pattern("50%_\\Ä"), "%50\\%\\_\\\\ä%");
    }

    #[test]
    fn a_prefix_admits_its_events_only() {
        let filter =
            EventFilter { dialog: None, names: vec!["dialog.*".to_owned(), "rules.applied".to_owned()] };
        assert!(filter.admits("dialog.closed", None));
        assert!(filter.admits("rules.applied", None));
        assert!(!filter.admits("rules.rejected", None));
        assert!(!filter.admits("dialogs.closed", None));
    }
}
