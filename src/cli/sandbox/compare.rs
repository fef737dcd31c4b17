//! The sandbox's books against what Reparto told: dialog by dialog, who held it last and whether it is closed.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::sandbox::books::Books;
use crate::sandbox::gateway::records::{Holder, Id};

/// What is known of a dialog.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Who holds it, or held it when it was closed: a manager's number, or `bot:` and a bot's.
    pub holder: Option<String>,
    /// It is over.
    pub is_closed: bool,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let holder = self.holder.as_deref().unwrap_or("nobody");
        write!(f, "{} with {holder}", if self.is_closed { "closed" } else { "open" })
    }
}

/// What Reparto told so far.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// By the dialog's number.
    pub dialogs: BTreeMap<Id, State>,
    /// Times it gave a dialog to somebody by a rule.
    pub by_rule: u64,
    /// Times it learnt that a person did.
    pub by_hand: u64,
}

fn party(value: Option<&Value>) -> Option<String> {
    let value = value?;
    let manager = value.get("manager").and_then(Value::as_str).map(str::to_owned);
    manager.or_else(|| value.get("bot").and_then(Value::as_str).map(|bot| format!("bot:{bot}")))
}

impl Told {
    /// Takes an event of the feed.
    pub fn hear(&mut self, event: &Value) {
        let (Some(kind), Some(dialog)) = (
            event.get("type").and_then(Value::as_str),
            event.get("dialog").and_then(Value::as_str).and_then(|id| id.parse().ok()),
        ) else {
            return;
        };
        let data = event.get("data").unwrap_or(&Value::Null);
        match kind {
            "dialog.opened" => {
                self.dialogs.entry(dialog).or_default();
            }
            "dialog.assigned" | "dialog.reassigned" => {
                let decided = data.get("decision").is_some_and(|decision| !decision.is_null());
                *(if decided { &mut self.by_rule } else { &mut self.by_hand }) += 1;
                self.dialogs.entry(dialog).or_default().holder = party(data.get("to"));
            }
            "dialog.returned" => self.dialogs.entry(dialog).or_default().holder = None,
            "dialog.closed" => self.dialogs.entry(dialog).or_default().is_closed = true,
            _ => {}
        }
    }
}

/// What the books say of each dialog.
pub fn of_books(books: &Books) -> BTreeMap<Id, State> {
    let state = |(id, page): (&Id, &crate::sandbox::books::Page)| {
        let holder = page.holder().map(|holder| match holder {
            Holder::User(id) => id.to_string(),
            Holder::Bot(id) => format!("bot:{id}"),
        });
        (*id, State { holder, is_closed: page.closed.is_some() })
    };
    books.pages().iter().map(state).collect()
}

/// One sentence for each dialog on which they differ.
pub fn differences(books: &BTreeMap<Id, State>, told: &BTreeMap<Id, State>) -> Vec<String> {
    let mut found = Vec::new();
    for (id, real) in books {
        match told.get(id) {
            Some(state) if state == real => {}
            Some(state) => found.push(format!("#{id}: {real}, but Reparto says {state}")),
            None => found.push(format!("#{id}: {real}, but Reparto never heard of it")),
        }
    }
    found.extend(
        told.keys().filter(|id| !books.contains_key(id)).map(|id| format!("#{id}: only Reparto knows it")),
    );
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn state(holder: Option<&str>, is_closed: bool) -> State {
        State { holder: holder.map(str::to_owned), is_closed }
    }

    #[test]
    fn events_are_folded_and_differences_named() {
        let mut told = Told::default();
        for event in [
            json!({"type": "dialog.opened", "dialog": "1", "data": {}}),
            json!({"type": "dialog.assigned", "dialog": "1", "data": {"to": {"manager": "4"}, "decision": {}}}),
            json!({"type": "dialog.reassigned", "dialog": "1", "data": {"to": {"bot": "7"}, "by": "backend"}}),
            json!({"type": "dialog.closed", "dialog": "1", "data": {}}),
            json!({"type": "dialog.assigned", "dialog": "2", "data": {"to": {"manager": "4"}}}),
            json!({"type": "dialog.returned", "dialog": "2", "data": {"from": {"manager": "4"}}}),
            json!({"type": "manager.available", "data": {"manager": "4"}}),
        ] {
            told.hear(&event);
        }
        assert_eq!((told.by_rule, told.by_hand), (1, 2));
        let mut books = BTreeMap::from([(1, state(Some("bot:7"), true)), (2, state(None, false))]);
        assert_eq!(differences(&books, &told.dialogs), [""; 0]);
        books.insert(2, state(Some("5"), false));
        books.insert(3, state(None, false));
        assert_eq!(
            differences(&books, &told.dialogs),
            [
                "#2: open with 5, but Reparto says open with nobody",
                "#3: open with nobody, but Reparto never heard of it",
            ]
        );
    }
}
