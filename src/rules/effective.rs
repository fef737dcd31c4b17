//! The effective file: all that was written and all that holds without being written, as one rule file.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};
use toml::{Table as Given, Value};

use super::durations;
use super::format::{format, key_of, text_of};
use super::language::{FILE, Key, Table, Takes, Unsaid};
use super::source::Source;

/// A line should not be longer than this.
const WIDTH: usize = 100;
const MARK: &str = "default";

/// A key with its value in effect.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) shown: Shown,
    /// It holds without being written.
    pub(super) is_default: bool,
    /// The key is known to be a condition.
    is_condition: bool,
}

/// A value in effect.
#[derive(Clone, Debug)]
pub(super) enum Shown {
    Plain(Value),
    Section(Vec<Entry>),
    Sections(Vec<Vec<Entry>>),
    /// A section whose keys are names.
    Names(Vec<Entry>),
}

/// A rule set with every key in effect.
#[derive(Debug)]
pub struct Effective {
    pub(super) entries: Vec<Entry>,
}

/// What the files of one rule set come to; `None` when one of them is not TOML.
pub fn effective(sources: &[Source]) -> Option<Effective> {
    let mut merged = Given::new();
    for source in sources {
        for (key, value) in toml::from_str::<Given>(&source.text).ok()? {
            match (merged.get_mut(&key), value) {
                (Some(Value::Array(all)), Value::Array(more)) => all.extend(more),
                (Some(Value::Table(all)), Value::Table(more)) => all.extend(more),
                (_, value) => {
                    merged.insert(key, value);
                }
            }
        }
    }
    Some(Effective { entries: filled(&FILE, &merged, 0) })
}

/// The keys that are there and those that hold all the same.
fn filled(table: &Table, given: &Given, index: usize) -> Vec<Entry> {
    let known = table.keys.iter().filter_map(|key| {
        let fallback = unsaid(key, given, index);
        let value = given.get(key.name).cloned().or_else(|| fallback.clone())?;
        let is_default = fallback.as_ref().is_some_and(|fallback| means_same(&key.takes, fallback, &value));
        Some(Entry {
            key: key.name.to_owned(),
            is_default: is_default && !value.is_table(),
            shown: shown(&key.takes, value),
            is_condition: matches!(key.takes, Takes::Condition),
        })
    });
    let mut entries: Vec<Entry> = known.collect();
    // Whatever is there is shown, described or not.
    let others = given.iter().filter(|(key, _)| !table.keys.iter().any(|known| known.name == key.as_str()));
    entries.extend(others.map(|(key, value)| plain(key, value.clone())));
    entries
}

fn plain(key: &str, value: Value) -> Entry {
    Entry { key: key.to_owned(), shown: Shown::Plain(value), is_default: false, is_condition: false }
}

/// What holds when the key is left out here.
fn unsaid(key: &Key, given: &Given, index: usize) -> Option<Value> {
    match key.unless_said {
        Unsaid::Is(text) => value_of(text),
        Unsaid::IsWith(text, other) => given.contains_key(other).then(|| value_of(text)).flatten(),
        Unsaid::IsOfMany(word) => {
            let to = given.get("to").and_then(Value::as_str)?;
            (to == "everyone" || to.starts_with("group:")).then(|| Value::String(word.into()))
        }
        Unsaid::IsPlace(word) => Some(Value::String(format!("{word}-{}", index + 1))),
        Unsaid::Refused | Unsaid::Nothing => None,
    }
}

/// A value written as TOML.
fn value_of(text: &str) -> Option<Value> {
    toml::from_str::<Given>(&format!("value = {text}")).ok()?.remove("value")
}

fn means_same(takes: &Takes, a: &Value, b: &Value) -> bool {
    let number = |value: &Value| value.as_float().or_else(|| value.as_integer().map(|number| number as f64));
    match (takes, a.as_str(), b.as_str()) {
        (Takes::Duration { .. }, Some(a), Some(b)) => durations::parse(a) == durations::parse(b),
        _ => a == b || number(a).is_some_and(|a| number(b) == Some(a)),
    }
}

fn shown(takes: &Takes, value: Value) -> Shown {
    match (takes, value) {
        (Takes::Section(table), Value::Table(given)) => Shown::Section(filled(table, &given, 0)),
        (Takes::Sections(table) | Takes::SomeSections(table, _), Value::Array(items)) => {
            let given = items
                .into_iter()
                .map(|item| if let Value::Table(given) = item { given } else { Given::new() });
            Shown::Sections(given.enumerate().map(|(index, given)| filled(table, &given, index)).collect())
        }
        (Takes::Named(named), Value::Table(given)) => {
            let entry = |(key, value)| Entry {
                shown: shown(&named.holds, value),
                ..plain(key, Value::Boolean(true))
            };
            Shown::Names(given.iter().map(|(key, value)| entry((key.as_str(), value.clone()))).collect())
        }
        (Takes::Facts(table), Value::Table(given)) => {
            let mut facts = BTreeMap::new();
            flatten("", &given, &mut facts);
            let entry = |(name, given): (&String, &Given)| Entry {
                shown: Shown::Section(filled(table, given, 0)),
                ..plain(name, Value::Boolean(true))
            };
            Shown::Names(facts.iter().map(entry).collect())
        }
        (_, value) => Shown::Plain(value),
    }
}

/// Names with dots, whether written with quotes or as sections in sections.
fn flatten(before: &str, given: &Given, facts: &mut BTreeMap<String, Given>) {
    for (name, value) in given {
        let Value::Table(inner) = value else { continue };
        let name = format!("{before}{name}");
        if !inner.is_empty() && inner.values().all(Value::is_table) {
            flatten(&format!("{name}."), inner, facts);
        } else {
            facts.insert(name, inner.clone());
        }
    }
}

impl Effective {
    /// As a rule file in canonical form, each default marked by a comment.
    pub fn toml(&self) -> String {
        let mut out =
            String::from("# All that is in effect. What is marked as default need not be written.\n");
        write_section("", &self.entries, &mut out);
        format(&out).unwrap_or(out)
    }

    /// As JSON: the file, and the ways to all values that need not be written.
    pub fn json(&self) -> Json {
        let mut defaults = Vec::new();
        let file = json_of(&self.entries, "", &mut defaults);
        serde_json::json!({ "version": 1, "file": file, "defaults": defaults })
    }
}

fn json_of(entries: &[Entry], way: &str, defaults: &mut Vec<String>) -> Json {
    let mut map = Map::new();
    for entry in entries {
        let way = format!("{way}/{}", entry.key.replace('~', "~0").replace('/', "~1"));
        if entry.is_default {
            defaults.push(way.clone());
        }
        let value = match &entry.shown {
            Shown::Plain(value) => json_value(value),
            Shown::Section(entries) | Shown::Names(entries) => json_of(entries, &way, defaults),
            Shown::Sections(all) => {
                let item = |(index, entries): (usize, &Vec<Entry>)| {
                    json_of(entries, &format!("{way}/{index}"), defaults)
                };
                all.iter().enumerate().map(item).collect()
            }
        };
        map.insert(entry.key.clone(), value);
    }
    Json::Object(map)
}

fn json_value(value: &Value) -> Json {
    match value {
        Value::String(text) => text.as_str().into(),
        Value::Integer(number) => (*number).into(),
        Value::Float(number) => (*number).into(),
        Value::Boolean(value) => (*value).into(),
        Value::Datetime(time) => time.to_string().into(),
        Value::Array(items) => items.iter().map(json_value).collect(),
        Value::Table(given) => given.iter().map(|(key, value)| (key.clone(), json_value(value))).collect(),
    }
}

/// First what belongs right under the header, then the sections that have headers of their own.
fn write_section(way: &str, entries: &[Entry], out: &mut String) {
    let (own, below): (Vec<_>, Vec<_>) = entries.iter().partition(|entry| !has_header(way, entry));
    for entry in own {
        let mark = if entry.is_default { format!("  # {MARK}") } else { String::new() };
        push(out, &format!("{} = {}{mark}", key_of(&entry.key), written(entry)));
    }
    for entry in below {
        let key = key_of(&entry.key);
        let way = if way.is_empty() { key } else { format!("{way}.{key}") };
        match &entry.shown {
            Shown::Sections(all) => {
                for entries in all {
                    push(out, &format!("[[{way}]]"));
                    write_section(&way, entries, out);
                }
            }
            Shown::Section(entries) | Shown::Names(entries) => {
                // The headers of what it consists of say enough.
                if entries.is_empty() || entries.iter().any(|entry| !has_header(&way, entry)) {
                    push(out, &format!("[{way}]"));
                }
                write_section(&way, entries, out);
            }
            Shown::Plain(_) => {}
        }
    }
}

fn push(out: &mut String, line: &str) {
    out.push_str(line);
    out.push('\n');
}

/// Sections of the file and of its sections have headers; a list of sections inside of another has not. What
/// is named is short enough for a line, mostly.
fn has_header(way: &str, entry: &Entry) -> bool {
    match &entry.shown {
        Shown::Plain(_) => false,
        Shown::Sections(_) => way.is_empty(),
        Shown::Section(_) | Shown::Names(_) if way.is_empty() => true,
        Shown::Section(entries) => {
            has_defaults(entries) || written(entry).len() > WIDTH || entry.key == "fallback"
        }
        Shown::Names(_) => written(entry).len() > WIDTH,
    }
}

fn has_defaults(entries: &[Entry]) -> bool {
    entries.iter().any(|entry| entry.is_default)
}

/// A value as TOML; sections in a list tell after each which keys need not be written.
fn written(entry: &Entry) -> String {
    let braces = |entries: &[Entry]| {
        let pairs = entries.iter().map(|entry| format!("{} = {}", key_of(&entry.key), written(entry)));
        let pairs: Vec<String> = pairs.collect();
        if pairs.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", pairs.join(", ")) }
    };
    match &entry.shown {
        Shown::Plain(Value::String(text)) => text_of(text, entry.is_condition),
        Shown::Plain(value) => plain_text(value),
        Shown::Section(entries) | Shown::Names(entries) => braces(entries),
        Shown::Sections(all) => {
            let items = all.iter().map(|entries| {
                let unwritten =
                    entries.iter().filter(|entry| entry.is_default).map(|entry| entry.key.as_str());
                let unwritten: Vec<&str> = unwritten.collect();
                let mark = if unwritten.is_empty() {
                    String::new()
                } else {
                    format!("  # {MARK}: {}", unwritten.join(", "))
                };
                format!("  {},{mark}\n", braces(entries))
            });
            format!("[\n{}]", items.collect::<String>())
        }
    }
}

fn plain_text(value: &Value) -> String {
    match value {
        Value::String(text) => text_of(text, false),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => format!("{number:?}"),
        Value::Boolean(value) => value.to_string(),
        Value::Datetime(time) => time.to_string(),
        Value::Array(items) => format!("[{}]", items.iter().map(plain_text).collect::<Vec<_>>().join(", ")),
        Value::Table(given) => {
            let pairs = given.iter().map(|(key, value)| format!("{} = {}", key_of(key), plain_text(value)));
            let pairs: Vec<String> = pairs.collect();
            if pairs.is_empty() { "{}".into() } else { format!("{{ {} }}", pairs.join(", ")) }
        }
    }
}
