//! The language as a JSON Schema, by which editors complete, explain and check rule files.
//!
//! Draft 7: the newest that Taplo, and with it Even Better TOML, validates without being asked to. References
//! hide what stands beside them there, so everything is written out where it is used, but for facts, whose
//! names may nest.

use chrono_tz::TZ_VARIANTS;
use serde_json::{Map, Value, json};

use super::{Bond, FILE, Key, LONGEST_TAG, MOST_TAGS, Named, Names, Table, Takes, Unsaid};

/// What an id looks like.
const ID: &str = r#"^[^\s/?#\\"\x00-\x1f\x7f]{1,128}$"#;
/// Units from large to small, each once, with no more digits than ten years have.
const DURATION: &str =
    "^(0*[0-9]{1,3}w)?(0*[0-9]{1,4}d)?(0*[0-9]{1,5}h)?(0*[0-9]{1,7}m)?(0*[0-9]{1,9}s)?(0*[0-9]{1,12}ms)?$";
const LANGUAGE: &str = "^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$";
const RATE: &str = r"^([0-9]+\.?[0-9]*|\.[0-9]+)/(s|m|min|h)$";
const HOURS: &str = "^([01]?[0-9]|2[0-4]):[0-5][0-9]-([01]?[0-9]|2[0-4]):[0-5][0-9]$";
const DATES: &str = r"^([0-9]{4}-[0-9]{2}-[0-9]{2}(\.\.[0-9]{4}-[0-9]{2}-[0-9]{2})?|[0-9]{2}-[0-9]{2}(\.\.[0-9]{2}-[0-9]{2})?)$";
const DAYS: &str = "^(mon|tue|wed|thu|fri|sat|sun)(-(mon|tue|wed|thu|fri|sat|sun))?$";
const FACT_NAME: &str = r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$";

/// Editors hand dates and times over as texts.
const MOMENT: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}";

/// The schema of a rule file.
pub fn schema() -> Value {
    let mut schema = table(&FILE);
    insert(&mut schema, "$schema", "http://json-schema.org/draft-07/schema#");
    if let Some(fact) = fact_table() {
        // A name without quotes is sections in sections.
        let outer = json!({
            "type": "object",
            "minProperties": 1,
            "additionalProperties": { "$ref": "#/definitions/facts" },
        });
        let definitions =
            json!({ "fact": fact, "facts": { "anyOf": [{ "$ref": "#/definitions/fact" }, outer] } });
        insert(&mut schema, "definitions", definitions);
    }
    schema
}

fn insert(schema: &mut Value, key: &str, value: impl Into<Value>) {
    if let Value::Object(map) = schema {
        map.insert(key.to_owned(), value.into());
    }
}

fn fact_table() -> Option<Value> {
    let fact = FILE
        .keys
        .iter()
        .find_map(|key| if let Takes::Facts(fact) = key.takes { Some(fact) } else { None })?;
    let mut schema = table(fact);
    // The type of the default is that of the fact.
    if let Some(Value::Object(default)) = schema.pointer_mut("/properties/default") {
        default.remove("type");
    }
    let of_type = |kind: &str, default: Value| {
        json!({
            "if": { "properties": { "type": { "const": kind } }, "required": ["type"] },
            "then": default,
        })
    };
    let takes = |default: Value| json!({ "properties": { "default": default } });
    let texts = json!({ "type": "array", "items": { "type": "string" }, "maxItems": 1000 });
    let choice = json!({
        "required": ["values", "default"],
        "properties": { "values": { "minItems": 1, "maxItems": 1000 }, "default": { "type": "string" } },
    });
    let by_type = json!([
        of_type("bool", takes(json!({ "type": "boolean" }))),
        of_type("number", takes(json!({ "type": "number", "minimum": -1e15, "maximum": 1e15 }))),
        of_type("text", takes(json!({ "type": "string" }))),
        of_type("texts", takes(texts)),
        of_type("duration", takes(duration(true))),
        of_type("enum", choice),
    ]);
    insert(&mut schema, "allOf", by_type);
    Some(schema)
}

fn table(table: &Table) -> Value {
    let properties: Map<String, Value> =
        table.keys.iter().map(|key| (key.name.to_owned(), property(table, key))).collect();
    let required: Vec<&str> = table
        .keys
        .iter()
        .filter(|key| matches!(key.unless_said, Unsaid::Refused) && !is_bound(table, key.name))
        .map(|key| key.name)
        .collect();
    let mut schema = json!({
        "title": table.title,
        "description": table.about,
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    });
    if !required.is_empty() {
        insert(&mut schema, "required", required);
    }
    let mut dependencies = Map::new();
    for bond in table.bonds {
        let some = |keys: &[&str]| -> Value { keys.iter().map(|key| json!({ "required": [key] })).collect() };
        match bond {
            Bond::OneOf(keys) => insert(&mut schema, "oneOf", some(keys)),
            Bond::AnyOf(keys) => insert(&mut schema, "anyOf", some(keys)),
            Bond::Alone(key, others) => {
                depend(&mut dependencies, key, json!({ "not": { "anyOf": some(others) } }));
            }
            Bond::AtMostOne(keys) => {
                for key in *keys {
                    let others: Vec<&str> = keys.iter().copied().filter(|other| other != key).collect();
                    depend(&mut dependencies, key, json!({ "not": { "anyOf": some(&others) } }));
                }
            }
            Bond::Needs(key, other) => depend(&mut dependencies, key, json!({ "required": [other] })),
            // A warning, no error.
            Bond::Serves(..) => {}
        }
    }
    if !dependencies.is_empty() {
        insert(&mut schema, "dependencies", dependencies);
    }
    schema
}

/// What holds where the key is there; it may have several such conditions.
fn depend(dependencies: &mut Map<String, Value>, key: &str, condition: Value) {
    let all = dependencies.entry(key).or_insert_with(|| json!({ "allOf": [] }));
    if let Some(Value::Array(all)) = all.get_mut("allOf") {
        all.push(condition);
    }
}

/// A bond says when the key must be there.
fn is_bound(table: &Table, name: &str) -> bool {
    table.bonds.iter().any(|bond| match bond {
        Bond::OneOf(keys) | Bond::AnyOf(keys) => keys.contains(&name),
        Bond::Alone(..) | Bond::AtMostOne(_) | Bond::Needs(..) | Bond::Serves(..) => false,
    })
}

fn property(table: &Table, key: &Key) -> Value {
    let mut schema = value(&key.takes);
    insert(&mut schema, "title", key.name);
    let serves = table.bonds.iter().find_map(|bond| match bond {
        Bond::Serves(name, other) if *name == key.name => Some(other),
        Bond::OneOf(_)
        | Bond::AnyOf(_)
        | Bond::AtMostOne(_)
        | Bond::Needs(..)
        | Bond::Serves(..)
        | Bond::Alone(..) => None,
    });
    let mut about = match key.unless_said {
        Unsaid::IsPlace(word) => format!("{} Without it: `{word}-` and its place in the list.", key.about),
        Unsaid::IsWith(_, other) => format!("{} Says nothing without `{other}`.", key.about),
        Unsaid::Refused | Unsaid::Nothing | Unsaid::Is(_) | Unsaid::IsOfMany(_) => key.about.to_owned(),
    };
    if let Some(other) = serves {
        about = format!("{about} Goes with such as `{other}`.");
    }
    // A section of names has told of them already.
    if !matches!(key.takes, Takes::Named(_)) {
        insert(&mut schema, "description", about);
    }
    let default = match key.unless_said {
        Unsaid::Is(text) | Unsaid::IsWith(text, _) => json_of(text),
        Unsaid::IsOfMany(word) => Some(word.into()),
        Unsaid::Refused | Unsaid::Nothing | Unsaid::IsPlace(_) => None,
    };
    // An empty section as the default says nothing to a reader.
    if let Some(default) = default.filter(|default| *default != json!({})) {
        insert(&mut schema, "default", default);
    }
    schema
}

/// A default, which is written as TOML, as JSON.
fn json_of(text: &str) -> Option<Value> {
    let table: Map<String, Value> = toml::from_str(&format!("value = {text}")).ok()?;
    table.get("value").cloned()
}

fn value(takes: &Takes) -> Value {
    match takes {
        Takes::Schema => json!({ "type": "integer", "const": 1 }),
        Takes::Timezone => {
            let zones: Vec<&str> = TZ_VARIANTS.iter().map(|zone| zone.name()).collect();
            json!({ "type": "string", "enum": zones })
        }
        Takes::Text | Takes::Condition => json!({ "type": "string" }),
        Takes::Id => json!({ "type": "string", "pattern": ID }),
        Takes::Bool => json!({ "type": "boolean" }),
        Takes::Whole(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Takes::Number(least, most) => json!({ "type": "number", "minimum": least, "maximum": most }),
        Takes::Duration { may_be_zero } => duration(*may_be_zero),
        Takes::Words(words) => {
            let (words, meanings): (Vec<&str>, Vec<&str>) = words.iter().copied().unzip();
            json!({ "type": "string", "enum": words, "x-taplo": { "docs": { "enumValues": meanings } } })
        }
        Takes::Target => named_or(&["owner", "last_manager", "everyone"]),
        Takes::Assignment => named_or(&["crm", "nobody"]),
        Takes::Rate => json!({ "type": "string", "pattern": RATE, "allOf": [{ "pattern": "[1-9]" }] }),
        Takes::Hours => json!({ "type": "string", "pattern": HOURS }),
        Takes::Dates => json!({ "type": "string", "pattern": DATES }),
        Takes::Hold => json!({ "type": "string", "pattern": format!("^until_open:{}", &ID[1..]) }),
        Takes::Language => json!({ "type": "string", "pattern": LANGUAGE }),
        Takes::Moment => json!({ "type": "string", "pattern": MOMENT }),
        Takes::Texts => {
            let text = json!({ "type": "string" });
            json!({ "anyOf": [text, { "type": "array", "items": text }] })
        }
        Takes::Tags => tags(),
        Takes::Given => json!({ "type": "object" }),
        Takes::TextOrGiven => json!({ "type": ["string", "object"] }),
        Takes::List(items) => json!({ "type": "array", "items": value(items) }),
        Takes::Section(section) => table(section),
        Takes::Sections(section) => json!({ "type": "array", "items": table(section) }),
        Takes::SomeSections(section, most) => {
            json!({ "type": "array", "items": table(section), "minItems": 1, "maxItems": most })
        }
        Takes::Named(section) => named(section),
        Takes::Facts(_) => json!({
            "type": "object",
            "additionalProperties": { "$ref": "#/definitions/facts" },
            "propertyNames": { "pattern": FACT_NAME },
        }),
    }
}

/// White space around a name does not count.
fn tags() -> Value {
    let name = format!(r"^\s*\S([\s\S]{{0,{}}}\S)?\s*$", LONGEST_TAG - 2);
    json!({
        "type": "array",
        "items": { "type": "string", "pattern": name },
        "minItems": 1,
        "maxItems": MOST_TAGS,
    })
}

fn duration(may_be_zero: bool) -> Value {
    let mut schema = json!({ "type": "string", "minLength": 2, "pattern": DURATION });
    if !may_be_zero {
        insert(&mut schema, "allOf", json!([{ "pattern": "[1-9]" }]));
    }
    schema
}

/// One of some words, or somebody by id.
fn named_or(words: &[&str]) -> Value {
    let somebody = format!("^(manager|group|bot):{}", &ID[1..]);
    json!({ "anyOf": [{ "type": "string", "enum": words }, { "type": "string", "pattern": somebody }] })
}

fn named(section: &Named) -> Value {
    let mut schema = json!({
        "title": section.title,
        "description": format!("{} A name is for example `{}`.", section.about, section.example),
        "type": "object",
        "additionalProperties": value(&section.holds),
    });
    match section.names {
        Names::Id => insert(&mut schema, "propertyNames", json!({ "pattern": ID })),
        Names::Language => insert(&mut schema, "propertyNames", json!({ "pattern": LANGUAGE })),
        Names::Day => insert(&mut schema, "propertyNames", json!({ "pattern": DAYS })),
        Names::Date => insert(&mut schema, "propertyNames", json!({ "pattern": DATES })),
        Names::Free => {}
    }
    schema
}
