//! The trace format of our own: one JSON object a line.
//!
//! ```json
//! {"at": "2026-03-02T10:00:00Z", "customer": "c17", "channel": "shop", "chat": "shop:c17", "handle": 95.5,
//!  "patience": 300, "messages": 3, "vip": true, "priority": "2", "agent": "ana", "facts": {"type": "PS"}}
//! ```
//!
//! (on one line). Only `at` is required: a moment, or a number of seconds. `handle` and `patience` are seconds;
//! `messages` counts those after the opening one, manager and customer in turn. Unknown keys are errors; whatever
//! else there is to say belongs under `facts`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::mapping::Condition;
use super::moments;
use super::trace::{Row, Selection, id};
use crate::domain::facts::FactValue;
use crate::domain::ids::{ChannelId, ChatId, CustomerId, ManagerId};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    at: Value,
    customer: Option<String>,
    chat: Option<String>,
    channel: Option<String>,
    handle: Option<f64>,
    patience: Option<f64>,
    messages: Option<u16>,
    #[serde(default)]
    vip: bool,
    priority: Option<Value>,
    agent: Option<String>,
    #[serde(default)]
    facts: BTreeMap<String, Value>,
}

/// A value as a condition compares it.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

impl Line {
    /// What a condition calls a column: a key of the line, or else a fact.
    fn column(&self, name: &str) -> String {
        let given = |text: &Option<String>| text.clone().unwrap_or_default();
        match name {
            "customer" => given(&self.customer),
            "chat" => given(&self.chat),
            "channel" => given(&self.channel),
            "agent" => given(&self.agent),
            "vip" => self.vip.to_string(),
            "priority" => self.priority.as_ref().map(text).unwrap_or_default(),
            _ => self.facts.get(name).map(text).unwrap_or_default(),
        }
    }

    fn meets(&self, condition: &Condition) -> bool {
        condition.holds(&self.column(&condition.column))
    }
}

fn fact(name: &str, value: Value) -> Result<(Arc<str>, FactValue), String> {
    let value = match value {
        Value::Bool(value) => FactValue::Bool(value),
        Value::Number(number) => FactValue::Number(number.as_f64().unwrap_or(f64::MAX)),
        Value::String(text) => FactValue::Text(text.into()),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            FactValue::Texts(items.iter().filter_map(Value::as_str).map(Arc::from).collect())
        }
        Value::Null | Value::Array(_) | Value::Object(_) => {
            return Err(format!(
                "facts.{name}: a fact is a text, a number, true or false, or a list of texts"
            ));
        }
    };
    Ok((name.into(), value))
}

fn span(name: &str, seconds: Option<f64>) -> Result<Option<Duration>, String> {
    let read = |seconds| {
        Duration::try_from_secs_f64(seconds).map_err(|_| format!("{name}: {seconds} seconds cannot be"))
    };
    seconds.map(read).transpose()
}

/// The row of a line; `None` when it is not wanted.
///
/// # Errors
/// A sentence for people.
pub(super) fn row(line: &str, selection: &Selection) -> Result<Option<Row>, String> {
    let mut line: Line = serde_json::from_str(line).map_err(|error| error.to_string())?;
    if !selection.only.iter().all(|condition| line.meets(condition)) {
        return Ok(None);
    }
    let given = |text: String| (!text.is_empty()).then(|| Arc::from(text));
    let arrival = match &line.at {
        Value::String(text) => moments::moment(text)?,
        Value::Number(number) => number
            .as_f64()
            .and_then(moments::from_seconds)
            .ok_or_else(|| format!("at: {number} seconds do not fit"))?,
        other @ (Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) => {
            return Err(format!("at: {other} is neither a time nor seconds"));
        }
    };
    Ok(Some(Row {
        line: 0,
        arrival,
        customer: line.customer.as_deref().map(|text| id("customer", text, CustomerId::parse)).transpose()?,
        chat: line.chat.as_deref().map(|text| id("chat", text, ChatId::parse)).transpose()?,
        channel: line.channel.as_deref().map(|text| id("channel", text, ChannelId::parse)).transpose()?,
        handle: span("handle", line.handle)?,
        patience: span("patience", line.patience)?,
        messages: line.messages,
        priority: given(line.column("priority")),
        vip: line.vip || selection.vip_when.iter().any(|condition| line.meets(condition)),
        agent: line.agent.as_deref().map(|text| id("agent", text, ManagerId::parse)).transpose()?,
        skill: selection.skills.as_deref().and_then(|name| given(line.column(name))),
        facts: std::mem::take(&mut line.facts)
            .into_iter()
            .map(|(name, value)| fact(&name, value))
            .collect::<Result<_, _>>()?,
    }))
}

#[cfg(test)]
mod tests {
    use super::super::trace::read_ndjson;
    use super::*;

    const LINES: &str = r#"
{"at": 20, "customer": "c2", "handle": 1.5, "facts": {"type": "NE", "sum": 12.5, "tags": ["a", "b"]}}
{"at": "1970-01-01T00:00:10Z", "vip": true, "messages": 3, "agent": "ana", "facts": {"type": "PS"}}
{"at": 30, "colour": "red"}
{"at": 40, "facts": {"type": "PS", "deep": {}}}
{"at": 50, "facts": {"type": "HANG"}}
"#;

    #[test]
    fn lines_become_rows_in_order_of_arrival() {
        let selection = Selection {
            only: vec!["type!=HANG".parse().unwrap()],
            vip_when: vec!["sum=12.5".parse().unwrap()],
            skills: Some("type".to_owned()),
            ..Selection::default()
        };
        let trace = read_ndjson(LINES.as_bytes(), &selection).unwrap();
        let [first, second] = &trace.rows[..] else { panic!("two rows: {:?}", trace.rows) };
        assert_eq!(
            (first.line, first.vip, first.messages, first.skill.as_deref()),
            (3, true, Some(3), Some("PS"))
        );
        assert_eq!((second.line, second.vip, second.handle), (2, true, Some(Duration::from_millis(1_500))));
        assert_eq!(second.facts.len(), 3);
        assert_eq!(trace.left_out, 1);
        let bad: Vec<_> = trace.bad.iter().map(|bad| bad.line).collect();
        assert_eq!(bad, [4, 5]);
        assert!(trace.bad[0].problem.contains("colour"), "{}", trace.bad[0].problem);
    }
}
