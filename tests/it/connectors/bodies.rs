//! Recorded bodies, and the comparison that nothing of them is lost or made up by reading.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::DateTime;
use serde_json::Value;

/// Where recorded bodies are, if they are here. They are not ours to ship: where they lie beside the checkout they are
/// read; elsewhere the tests say that they did nothing, and where everything must be proven (`CI=true`) their absence is a
/// failure.
pub fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/mg-fixtures");
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(
        std::env::var_os("CI").is_none_or(|value| value != "true"),
        "no recorded bodies at {}",
        folder.display()
    );
    eprintln!("NOT RUN: no recorded bodies at {}", folder.display());
    None
}

pub fn body(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The bodies of a folder, by name.
pub fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("a readable entry").path()).collect();
    paths.sort();
    let source = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let name = |path: &Path| format!("{source}/{}", path.file_name().unwrap_or_default().to_string_lossy());
    paths.iter().map(|path| (name(path), body(path))).collect()
}

/// What kind of thing stands under a name, for names that mean different things in different places.
fn place(name: &str, above: &'static str) -> &'static str {
    match name {
        "dialog" | "last_dialog" => "dialog",
        "channel" => "channel",
        "quote" => "quote",
        "user" | "responsible" | "from" => "user",
        "customer" => "customer",
        "chat" => "chat",
        "message" | "last_message" | "last_user_message" => "message",
        _ => above,
    }
}

fn is_in(unused: &[&str], name: &str, kind: &str) -> bool {
    unused.contains(&name) || unused.contains(&format!("{name}@{kind}").as_str())
}

fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Object(fields) => fields.values().all(says_nothing),
        Value::Bool(_) => false,
    }
}

/// The same: times compare as moments, numbers also as texts.
fn is_same(read: &Value, raw: &Value) -> bool {
    if read == raw || says_nothing(read) && says_nothing(raw) {
        return true;
    }
    match (read, raw) {
        (Value::Number(read), Value::Number(raw)) => read.as_f64() == raw.as_f64(),
        (Value::String(read), Value::Number(raw)) => *read == raw.to_string(),
        (Value::String(read), Value::String(raw)) => {
            let moment = |text: &str| DateTime::parse_from_rfc3339(text).ok().map(|at| at.timestamp_micros());
            moment(read).is_some() && moment(read) == moment(raw)
        }
        _ => false,
    }
}

/// Tells what was lost or made up between a body and what was read of it. Fields in `unused`, and all below them, may be
/// lost; `name@kind` means the field of that kind of thing only.
pub fn compare(
    read: &Value,
    raw: &Value,
    kind: &'static str,
    at: &str,
    unused: &[&str],
    differences: &mut Vec<String>,
) {
    match (read, raw) {
        (Value::Object(read), Value::Object(raw)) => {
            let names: BTreeSet<&String> = read.keys().chain(raw.keys()).collect();
            for name in names {
                if is_in(unused, name, kind) {
                    continue;
                }
                let raw_name =
                    if name == "is_active" && raw.contains_key("isActive") { "isActive" } else { name };
                let (ours, theirs) = (read.get(name), raw.get(raw_name));
                let at = format!("{at}.{name}");
                match (ours.filter(|v| !says_nothing(v)), theirs.filter(|v| !says_nothing(v))) {
                    (None, None) => {}
                    (None, Some(_)) if name == "isActive" => {}
                    (None, Some(lost)) => differences.push(format!("{at} is lost: {lost}")),
                    (Some(made), None) => differences.push(format!("{at} is made up: {made}")),
                    (Some(ours), Some(theirs)) => {
                        compare(ours, theirs, place(name, kind), &at, unused, differences);
                    }
                }
            }
        }
        (Value::Array(read), Value::Array(raw)) if read.len() == raw.len() => {
            for (index, (read, raw)) in read.iter().zip(raw).enumerate() {
                compare(read, raw, kind, &format!("{at}[{index}]"), unused, differences);
            }
        }
        (read, raw) if is_same(read, raw) => {}
        (read, raw) => differences.push(format!("{at}: read {read}, was {raw}")),
    }
}
