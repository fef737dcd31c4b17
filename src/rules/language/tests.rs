//! The language as described and the language as read are one: key by key, word by word, limit by limit,
//! and file by file with the schema.

#![expect(clippy::wildcard_enum_match_arm, reason = "each test picks out the types that it is about")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::{Value, json};

use super::schema::schema;
use super::{Bond, FILE, Key, LONGEST_TAG, MOST_TAGS, Table, Takes, Unsaid};
use crate::rules::codes::Code;
use crate::rules::format::key_of;
use crate::rules::read::asked;
use crate::rules::{Source, compile, load};

/// What the schema sees too: keys, types, words, limits and forms of texts.
const STRUCTURAL: &[Code] = &[
    Code::SchemaUnknown,
    Code::UnknownKey,
    Code::MissingKey,
    Code::WrongType,
    Code::BadDuration,
    Code::ZeroDuration,
    Code::UnknownWord,
    Code::OutOfRange,
    Code::BadId,
    Code::UnknownTimezone,
    Code::BadRate,
    Code::KeysExclude,
    Code::UnknownTarget,
    Code::UnknownStrategy,
    Code::NoSteps,
    Code::BadFallback,
    Code::NoValues,
    Code::BadLanguage,
    Code::BadHold,
];
/// What the schema sees some of: names of facts that are no names, but not those that are taken; keys of
/// later versions, but not what conditions cannot say yet.
/// Days, hours and dates by their form, but not those that no calendar has.
const PARTLY: &[Code] = &[
    Code::BadFactName,
    Code::NotYetSupported,
    Code::UnknownDay,
    Code::BadHours,
    Code::BadDate,
    Code::NoSuchDate,
    // What may be given is a matter of the facts, also by its type.
    Code::UnknownFact,
];

fn validator() -> &'static Validator {
    static VALIDATOR: LazyLock<Validator> =
        LazyLock::new(|| jsonschema::draft7::new(&schema()).expect("a valid schema"));
    &VALIDATOR
}

/// TOML as the JSON that editors validate: dates and times are texts.
fn json_of(text: &str) -> Option<Value> {
    fn plain(value: toml::Value) -> Value {
        match value {
            toml::Value::String(text) => text.into(),
            toml::Value::Integer(number) => number.into(),
            toml::Value::Float(number) => number.into(),
            toml::Value::Boolean(value) => value.into(),
            toml::Value::Datetime(time) => time.to_string().into(),
            toml::Value::Array(items) => items.into_iter().map(plain).collect(),
            toml::Value::Table(table) => table.into_iter().map(|(key, value)| (key, plain(value))).collect(),
        }
    }
    let table: toml::Table = toml::from_str(text).ok()?;
    Some(plain(toml::Value::Table(table)))
}

fn codes_of(text: &str) -> Vec<Code> {
    let found = compile(&[Source::new("a.toml", text)]).diagnostics;
    found.into_iter().map(|finding| finding.code).collect()
}

fn objections(validator: &Validator, value: &Value) -> Vec<String> {
    validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

fn files(folder: &str) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder).expect(folder).map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// The way to a key: the keys of the sections around it, and itself.
type Way = Vec<&'static str>;

/// All sections with the way to them.
fn tables() -> Vec<(Way, &'static Table)> {
    fn below(takes: &'static Takes, way: &Way, found: &mut Vec<(Way, &'static Table)>) {
        match takes {
            Takes::Section(table) | Takes::Sections(table) | Takes::SomeSections(table, _) => {
                within(table, way, found);
            }
            Takes::Facts(table) => within(table, &[way.as_slice(), &["a_fact"]].concat(), found),
            Takes::Named(named) => {
                below(&named.holds, &[way.as_slice(), &[named.example]].concat(), found);
            }
            Takes::List(items) => below(items, way, found),
            _ => {}
        }
    }
    fn within(table: &'static Table, way: &Way, found: &mut Vec<(Way, &'static Table)>) {
        found.push((way.clone(), table));
        for key in table.keys {
            below(&key.takes, &[way.as_slice(), &[key.name]].concat(), found);
        }
    }
    let mut found = Vec::new();
    within(&FILE, &Way::new(), &mut found);
    found
}

/// A value that fits; sections on the `way` lead on to the section at its end, which gets one more entry.
fn sample(takes: &Takes, way: &[&'static str], entry: &str) -> String {
    let section = |table: &Table| format!("{{ {} }}", entries(table, way, entry).join(", "));
    match takes {
        Takes::Schema => "1".into(),
        Takes::Timezone => "'Europe/Madrid'".into(),
        Takes::Text => "'some text'".into(),
        Takes::Id => "'ana'".into(),
        Takes::Condition => "'customer.vip'".into(),
        Takes::Bool => "true".into(),
        Takes::Whole(_, most) => most.to_string(),
        Takes::Number(_, most) => format!("{most:?}"),
        Takes::Duration { .. } => "'90s'".into(),
        Takes::Words(words) => format!("'{}'", words[0].0),
        Takes::Target => "'everyone'".into(),
        Takes::Assignment => "'crm'".into(),
        Takes::Rate => "'5/s'".into(),
        Takes::Hours => "'09:00-18:00'".into(),
        Takes::Dates => "'12-25'".into(),
        Takes::Hold => "'until_open:office'".into(),
        Takes::Language => "'es'".into(),
        Takes::Moment => "2026-03-02T10:00:00Z".into(),
        Takes::Texts => "['closed']".into(),
        Takes::Tags => "['vip']".into(),
        Takes::Given => "{ vip = true }".into(),
        Takes::TextOrGiven => "'site'".into(),
        Takes::List(items) => format!("[{}]", sample(items, way, entry)),
        Takes::Section(table) => section(table),
        Takes::Sections(table) | Takes::SomeSections(table, _) => format!("[{}]", section(table)),
        Takes::Facts(table) => {
            format!("{{ a_fact = {{ {} }} }}", entries(table, rest(way), entry).join(", "))
        }
        Takes::Named(named) => {
            format!("{{ {} = {} }}", key_of(named.example), sample(&named.holds, rest(way), entry))
        }
    }
}

fn rest(way: &[&'static str]) -> &'static [&'static str] {
    // Ways are short and tests end soon.
    way.get(1..).unwrap_or_default().to_vec().leak()
}

/// The entries of a section: what must be there, what leads on, and at the end of the way the one more.
fn entries(table: &Table, way: &[&'static str], entry: &str) -> Vec<String> {
    let own = way.first().copied().unwrap_or_else(|| entry.split(" = ").next().unwrap_or_default());
    let goes_with_own = |key: &str| {
        let clashes = |bond: &Bond| match bond {
            Bond::Alone(alone, others) => {
                (*alone == key && others.contains(&own)) || (*alone == own && others.contains(&key))
            }
            Bond::OneOf(keys) | Bond::AtMostOne(keys) => keys.contains(&key) && keys.contains(&own),
            Bond::AnyOf(_) | Bond::Needs(..) | Bond::Serves(..) => false,
        };
        !table.bonds.iter().any(clashes)
    };
    let mut needed: Vec<&str> = Vec::new();
    let mut bound: Vec<&str> = Vec::new();
    for bond in table.bonds {
        if let Bond::OneOf(keys) | Bond::AnyOf(keys) = bond {
            bound.extend(*keys);
            if !keys.contains(&own) {
                needed.extend(keys.iter().find(|key| goes_with_own(key)));
            }
        }
    }
    for bond in table.bonds {
        if let Bond::Needs(key, other) | Bond::Serves(key, other) = bond
            && *key == own
        {
            needed.push(other);
        }
    }
    let mut lines = Vec::new();
    for key in table.keys {
        let must = matches!(key.unless_said, Unsaid::Refused) && !bound.contains(&key.name);
        if key.name == own && !way.is_empty() {
            lines.push(format!("{} = {}", key.name, sample(&key.takes, rest(way), entry)));
        } else if key.name != own && (must || needed.contains(&key.name)) {
            lines.push(format!("{} = {}", key.name, sample(&key.takes, &[], "")));
        }
    }
    if way.is_empty() && !entry.is_empty() {
        lines.push(entry.to_owned());
    }
    lines
}

/// A file with one entry in the section at the end of the way.
fn file_with(way: &[&'static str], entry: &str) -> String {
    entries(&FILE, way, entry).join("\n") + "\n"
}

/// All keys but those of facts, whose default is of the fact's type, with the way to their section.
fn keys() -> impl Iterator<Item = (Way, &'static Key)> {
    let tables = tables().into_iter().filter(|(way, _)| !way.contains(&"a_fact"));
    tables.flat_map(|(way, table)| table.keys.iter().map(move |key| (way.clone(), key)))
}

#[test]
fn the_reader_knows_the_keys_that_are_described() {
    let mut seen = 0;
    for (way, table) in tables() {
        let text = file_with(&way, "zz_mark = 1");
        asked::take();
        compile(&[Source::new("a.toml", text.as_str())]);
        let sections = asked::take().sections;
        let marked = sections.iter().find(|(there, _)| there.iter().any(|key| key == "zz_mark"));
        let Some((_, known)) = marked else {
            panic!("the reader does not look at {} in\n{text}", table.title);
        };
        let known: BTreeSet<&str> = known.iter().copied().collect();
        let described: BTreeSet<&str> = table.keys.iter().map(|key| key.name).collect();
        let missing: Vec<_> = known.difference(&described).collect();
        let invented: Vec<_> = described.difference(&known).collect();
        assert!(missing.is_empty(), "describe {missing:?} of {} in rules/language/tables.rs", table.title);
        assert!(invented.is_empty(), "no reader knows {invented:?} of {}", table.title);
        seen += 1;
    }
    assert!(seen >= 15, "only {seen} sections");
}

#[test]
fn the_reader_knows_the_words_that_are_described() {
    let words_of = |key: &Key| match key.takes {
        Takes::Words(words) => Some(words.iter().map(|(word, _)| *word).collect::<BTreeSet<_>>()),
        _ => None,
    };
    let mut described: BTreeMap<&str, Vec<BTreeSet<&str>>> = BTreeMap::new();
    for (_, table) in tables() {
        for (key, words) in table.keys.iter().filter_map(|key| Some((key.name, words_of(key)?))) {
            described.entry(key).or_default().push(words);
        }
        // Behind a name the reader knows the word by the name.
        for key in table.keys {
            if let Takes::Named(named) = key.takes
                && let Takes::Words(words) = named.holds
            {
                described
                    .entry(named.example)
                    .or_default()
                    .push(words.iter().map(|(word, _)| *word).collect());
            }
        }
    }
    let mut read: BTreeMap<String, Vec<BTreeSet<&str>>> = BTreeMap::new();
    for (way, key) in
        tables().into_iter().flat_map(|(way, table)| table.keys.iter().map(move |key| (way.clone(), key)))
    {
        let entry = format!("{} = {}", key.name, sample(&key.takes, &[], ""));
        asked::take();
        compile(&[Source::new("a.toml", file_with(&way, &entry))]);
        for (key, words) in asked::take().words {
            let words = words.into_iter().collect();
            let known = read.entry(key).or_default();
            if !known.contains(&words) {
                known.push(words);
            }
        }
    }
    for words in described.values_mut() {
        words.sort();
        words.dedup();
    }
    for words in read.values_mut() {
        words.sort();
    }
    let read: BTreeMap<&str, _> = read.iter().map(|(key, words)| (key.as_str(), words.clone())).collect();
    assert_eq!(described, read);
}

#[test]
fn what_fits_is_read_and_validates() {
    let validator = validator();
    for (way, key) in keys() {
        let text = file_with(&way, &format!("{} = {}", key.name, sample(&key.takes, &[], "")));
        let codes = codes_of(&text);
        assert!(!codes.iter().any(|code| STRUCTURAL.contains(code)), "{codes:?} in\n{text}");
        let value = json_of(&text).expect(&text);
        assert_eq!(objections(validator, &value), Vec::<String>::new(), "in\n{text}");
    }
}

/// The codes that one of some values must give, and that none of them validates.
#[track_caller]
fn refused(way: &Way, key: &Key, values: &[String], expected: &[Code]) {
    for value in values {
        let text = file_with(way, &format!("{} = {value}", key.name));
        let codes = codes_of(&text);
        assert!(
            codes.iter().any(|code| expected.contains(code)),
            "{codes:?} instead of {expected:?} in\n{text}"
        );
        let value = json_of(&text).expect(&text);
        assert!(!validator().is_valid(&value), "the schema accepts\n{text}");
    }
}

#[test]
fn values_of_another_type_are_refused() {
    for (way, key) in keys() {
        let kinds = ["true", "17", "0.5", "'a text'", "[1979-05-27]", "{ a = 1 }"];
        let right: &[&str] = match key.takes {
            Takes::Bool => &["true"],
            Takes::Schema | Takes::Whole(..) => &["17"],
            Takes::Number(..) => &["17", "0.5"],
            Takes::Timezone
            | Takes::Text
            | Takes::Id
            | Takes::Condition
            | Takes::Duration { .. }
            | Takes::Words(_)
            | Takes::Target
            | Takes::Assignment
            | Takes::Rate
            | Takes::Hours
            | Takes::Dates
            | Takes::Hold
            | Takes::Language => &["'a text'"],
            Takes::Moment => &[],
            Takes::Texts => &["'a text'", "[1979-05-27]"],
            Takes::TextOrGiven => &["'a text'", "{ a = 1 }"],
            Takes::List(_) | Takes::Tags | Takes::Sections(_) | Takes::SomeSections(..) => &["[1979-05-27]"],
            Takes::Section(_) | Takes::Named(_) | Takes::Facts(_) | Takes::Given => &["{ a = 1 }"],
        };
        let wrong: Vec<String> =
            kinds.iter().filter(|kind| !right.contains(kind)).map(|kind| (*kind).to_owned()).collect();
        // What a test gives may have the right type and still be no fact.
        refused(&way, key, &wrong, &[Code::WrongType, Code::UnknownFact]);
    }
}

#[test]
fn limits_are_the_same() {
    let validator = validator();
    let mut tried = 0;
    for (way, key) in keys() {
        let (within, beyond) = match key.takes {
            Takes::Whole(least, most) => (
                vec![least.to_string(), most.to_string()],
                vec![(least - 1).to_string(), (most + 1).to_string()],
            ),
            Takes::Number(least, most) => (
                vec![format!("{least:?}"), format!("{most:?}")],
                vec![format!("{:?}", least - 0.001), format!("{:?}", most + 0.001)],
            ),
            Takes::Tags => {
                let tags = |count: usize| format!("[{}]", vec!["'a tag'"; count].join(", "));
                let long = |length: usize| format!("[' {} ']", "ñ".repeat(length));
                let empty = ["[]", "['']", "['  ']"].map(str::to_owned);
                let within = vec![tags(1), tags(MOST_TAGS), long(1), long(LONGEST_TAG)];
                (within, [vec![tags(MOST_TAGS + 1), long(LONGEST_TAG + 1)], empty.to_vec()].concat())
            }
            _ => continue,
        };
        for value in within {
            let text = file_with(&way, &format!("{} = {value}", key.name));
            assert!(!codes_of(&text).contains(&Code::OutOfRange), "{text}");
            assert!(validator.is_valid(&json_of(&text).expect(&text)), "{text}");
        }
        refused(&way, key, &beyond, &[Code::OutOfRange]);
        tried += 1;
    }
    assert!(tried >= 5, "only {tried} limits");
}

#[test]
fn forms_of_texts_are_the_same() {
    let owned = |texts: &[&str]| texts.iter().map(|text| format!("'{text}'")).collect::<Vec<_>>();
    for (way, key) in keys() {
        let (bad, codes): (&[&str], &[Code]) = match key.takes {
            Takes::Duration { .. } => (&["", "5", "-5m", "1.5h", "30m1h", "5 m"], &[Code::BadDuration]),
            Takes::Id => (&["", "a b", "a/b", "a\"b"], &[Code::BadId]),
            Takes::Words(_) => (&["zz", ""], &[Code::UnknownWord, Code::UnknownStrategy]),
            Takes::Target => (&["sales", "nobody", "group:"], &[Code::UnknownTarget, Code::BadId]),
            Takes::Assignment => (&["owner", "manager:a b"], &[Code::BadFallback, Code::BadId]),
            Takes::Hold => (&["open:office", "until_open", "until_open:"], &[Code::BadHold, Code::BadId]),
            Takes::Rate => (&["5", "0/s", "5/d", "x/s"], &[Code::BadRate]),
            Takes::Timezone => (&["CET+1", "europe/madrid"], &[Code::UnknownTimezone]),
            _ => continue,
        };
        refused(&way, key, &owned(bad), codes);
        if let Takes::Duration { may_be_zero } = key.takes {
            let text = file_with(&way, &format!("{} = '0s'", key.name));
            assert_eq!(codes_of(&text).contains(&Code::ZeroDuration), !may_be_zero, "{text}");
            assert_eq!(validator().is_valid(&json_of(&text).expect(&text)), may_be_zero, "{text}");
        }
    }
}

#[test]
fn good_files_validate() {
    let validator = validator();
    for path in files("rules") {
        let text = fs::read_to_string(&path).unwrap();
        let value = json_of(&text).expect("TOML");
        assert_eq!(objections(validator, &value), Vec::<String>::new(), "{}", path.display());
    }
}

/// Bad files fail by the schema exactly when what is wrong with them is a matter of keys, types, words,
/// limits and forms; what takes more than one place to see is left to `reparto rules check`.
#[test]
fn the_schema_sees_what_one_place_shows() {
    let validator = validator();
    let (mut seen, mut wrong) = ((0, 0), Vec::new());
    for path in files("tests/fixtures/rules/bad") {
        let sources = load(&path).unwrap();
        let values: Option<Vec<Value>> = sources.iter().map(|source| json_of(&source.text)).collect();
        let Some(values) = values else { continue };
        let codes: Vec<Code> =
            compile(&sources).diagnostics.into_iter().map(|finding| finding.code).collect();
        // To JSON 1.0 is a whole number, and how far apart two dates are no pattern can tell.
        let is_beyond =
            ["schema_fraction.toml", "schedule_date_too_far.toml"].iter().any(|name| path.ends_with(name));
        if is_beyond || codes.iter().any(|code| PARTLY.contains(code)) {
            continue;
        }
        // The schema does not look into conditions.
        let is_condition =
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("condition_"));
        let expected = !is_condition && codes.iter().any(|code| STRUCTURAL.contains(code));
        let objections: Vec<_> = values.iter().flat_map(|value| objections(validator, value)).collect();
        if expected == objections.is_empty() {
            wrong.push(format!("{} {codes:?}: {objections:#?}", path.display()));
        }
        if expected { seen.0 += 1 } else { seen.1 += 1 }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen.0 >= 80 && seen.1 >= 60, "only {seen:?}");
}

#[test]
fn every_key_explains_itself() {
    fn check(value: &Value, place: &str) {
        if let Some(properties) = value.get("properties").and_then(Value::as_object) {
            for (key, schema) in properties {
                let place = format!("{place}.{key}");
                let about = schema.get("description").and_then(Value::as_str).unwrap_or_default();
                assert!(about.ends_with('.') && about.len() > 8, "{place} says: {about}");
                check(schema, &place);
            }
            assert_eq!(value.get("additionalProperties"), Some(&json!(false)), "{place}");
        }
        for inner in ["items", "additionalProperties"] {
            if let Some(schema) = value.get(inner) {
                check(schema, place);
            }
        }
    }
    check(&schema(), "");
    check(&schema()["definitions"]["fact"], "facts");
}
