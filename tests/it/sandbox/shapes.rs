//! The sandbox's answers against recorded ones: the same fields, of the same kinds. What was recorded is not part of
//! this repository; where it is missing the test says so and checks nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::client::Stage;

const RECORDED: &str = "../shared/mg-fixtures/bot-php";
/// Recorded fields that the sandbox leaves out, as the vendor's newest description allows.
const LEFT_OUT: [&str; 10] = [
    // Legacy: gone from the description.
    "bots.events",
    "chats.members",
    // May be absent.
    "customers.avatar_url",
    "customers.country",
    "customers.language",
    "customers.profile_url",
    "messages.note",
    "messages.quote",
    "messages.from",
    "messages.content",
];

/// Fields of all elements of a list, with one value each that is not null, if there is any.
fn fields(list: &Value) -> BTreeMap<String, Value> {
    let mut fields = BTreeMap::new();
    for element in list.as_array().into_iter().flatten() {
        for (name, value) in element.as_object().into_iter().flatten() {
            let known = fields.entry(name.clone()).or_insert(Value::Null);
            if known.is_null() {
                *known = value.clone();
            }
        }
    }
    fields
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "switch",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

#[tokio::test]
async fn answers_have_the_fields_of_recorded_ones() {
    if !Path::new(RECORDED).is_dir() {
        eprintln!("{RECORDED} is not there: nothing is compared");
        return;
    }
    let stage = Stage::start();
    stage.marta_writes("Hola");
    assert_eq!(stage.call("PATCH", "/dialogs/1/assign", r#"{"user_id":1}"#).await.0, 200);
    let mut missing = Vec::new();
    for name in ["bots", "channels", "chats", "customers", "dialogs", "members", "messages", "users"] {
        let text = fs::read_to_string(format!("{RECORDED}/{name}.json")).expect("it is recorded");
        let recorded = fields(&serde_json::from_str(&text).expect("JSON"));
        let (status, answer) = stage.call("GET", &format!("/{name}?limit=1000"), "").await;
        assert_eq!(status, 200);
        let ours = fields(&answer);
        assert!(!ours.is_empty(), "{name} are listed");
        for (field, value) in recorded {
            let full = format!("{name}.{field}");
            match ours.get(&field) {
                None if LEFT_OUT.contains(&full.as_str()) => {}
                None => missing.push(format!("{full} is missing")),
                Some(own) if own.is_null() || value.is_null() || kind(own) == kind(&value) => {}
                Some(own) => missing.push(format!("{full} is a {}, not a {}", kind(own), kind(&value))),
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    stage.handle.stop().await;
}
