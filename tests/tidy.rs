//! Keeps what the compiler cannot: the direction of imports between the layers, and the habits of the files.
//!
//! A check tells what is wrong with one file, if anything. Each is tried on a bad sample before it judges the tree.

use std::fs;
use std::path::Path;

type Check = fn(path: &str, text: &str) -> Option<String>;

/// What each layer may name besides itself. `lib.rs`, `main.rs` and `cli` may name everything.
const MAY_NAME: &[(&str, &str)] = &[
    ("domain", ""),
    ("rules", "domain nearest"),
    ("desk", "rules domain"),
    ("sim", "desk rules domain"),
    ("trial", "sim desk rules domain"),
    ("store", "domain"),
    ("engine", "store desk rules domain telemetry"),
    ("explain", "store desk domain"),
    ("connectors", "engine explain store domain telemetry"),
    ("http", "engine explain store trial desk rules domain telemetry config nearest"),
    // The load tool speaks HTTP to the engine, as any stranger would.
    ("drive", "domain"),
    // A stand-in for a foreign service: it must not know how we read it.
    ("sandbox", "domain"),
    ("config", "nearest"),
    // A leaf: texts in, a text out.
    ("nearest", ""),
    // Meters count domain values: decisions, announcements, figures.
    ("telemetry", "domain"),
];
const MAY_NAME_EVERYTHING: &[&str] = &["lib", "main", "cli"];

/// Actors stay replaceable while few places know of them.
const MAY_USE_ACTIX: &[&str] = &["engine", "connectors", "http", "sandbox", "cli", "main"];
const ACTIX: &[&str] = &["actix", "actix_rt", "actix_web"];
/// The core has no clock, no chance, no runtime, no wire format and no database.
const OUTSIDE: &[&str] =
    &["chrono", "chrono_tz", "rand", "rand_chacha", "serde", "serde_json", "sqlx", "tokio"];

const MAX_LINES: usize = 500;
const SAY_NOTHING: &[&str] = &["utils", "helpers", "common", "imp", "misc"];
/// Cut in two, so that this file passes its own check.
const UNFINISHED: &[[&str; 2]] =
    &[["to", "do!"], ["unimpl", "emented!"], ["FIX", "ME"], ["TO", "DO"], ["#[ign", "ore"]];

/// `src/rules/check.rs` → `rules`; `src/main.rs` → `main`; outside `src` there are no layers.
fn layer(path: &str) -> Option<&str> {
    path.strip_prefix("src/")?.split(['/', '.']).next()
}

/// The text without comments: prose may speak of any layer.
fn code(text: &str) -> String {
    let code = |line| str::split_once(line, "//").map_or(line, |(code, _)| code);
    text.lines().map(code).collect::<Vec<_>>().join("\n")
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn first_word(text: &str) -> &str {
    let text = text.trim_start();
    text.split_once(|c| !is_word(c)).map_or(text, |(word, _)| word)
}

/// What follows each `root::` in the code.
fn paths_below<'a>(code: &'a str, root: &str) -> Vec<&'a str> {
    let found = code.match_indices(root).filter(|(at, _)| !code[..*at].ends_with(is_word));
    found.filter_map(|(at, _)| code[at + root.len()..].strip_prefix("::")).collect()
}

fn imports(path: &str, text: &str) -> Option<String> {
    let own = layer(path).filter(|own| !MAY_NAME_EVERYTHING.contains(own))?;
    let Some((_, allowed)) = MAY_NAME.iter().find(|(layer, _)| *layer == own) else {
        return Some(format!("the layer `{own}` has no line in MAY_NAME"));
    };
    let code = code(text);
    let mut named: Vec<_> = paths_below(&code, "crate").into_iter().map(first_word).collect();
    if named.contains(&"") {
        return Some("opens a group at `crate::`: write one `use` a layer".into());
    }
    // Layers are also reached from below, by `super`.
    let above = paths_below(&code, "super").into_iter().map(first_word);
    named.extend(above.filter(|name| MAY_NAME.iter().any(|(layer, _)| layer == name)));
    named.retain(|name| *name != own && !allowed.split(' ').any(|layer| layer == *name));
    (!named.is_empty()).then(|| format!("`{own}` must not name {}", named.join(", ")))
}

fn foreign_crates(path: &str, text: &str) -> Option<String> {
    let own = layer(path)?;
    let actix = ACTIX.iter().filter(|_| !MAY_USE_ACTIX.contains(&own));
    let outside = OUTSIDE.iter().filter(|_| own == "domain");
    let code = code(text);
    let used = actix.chain(outside).find(|name| !paths_below(&code, name).is_empty())?;
    Some(format!("`{own}` must not use the crate {used}"))
}

fn opening(path: &str, text: &str) -> Option<String> {
    let is_missing = Path::new(path).extension()? == "rs" && !text.starts_with("//! ");
    is_missing.then(|| "does not open with a `//!` sentence on what it is for".into())
}

fn length(path: &str, text: &str) -> Option<String> {
    let lines = text.lines().count();
    let is_long = layer(path).is_some() && lines > MAX_LINES;
    is_long.then(|| format!("{lines} lines, over {MAX_LINES}: split it where two ideas meet"))
}

fn name(path: &str, _: &str) -> Option<String> {
    let part = path.split(['/', '.']).find(|part| SAY_NOTHING.contains(part))?;
    Some(format!("the name `{part}` says nothing about the contents"))
}

fn trailing_space(_: &str, text: &str) -> Option<String> {
    let at = text.lines().position(|line| line.ends_with([' ', '\t']))?;
    Some(format!("line {} ends with white space", at + 1))
}

fn unfinished(_: &str, text: &str) -> Option<String> {
    let word = UNFINISHED.iter().map(|halves| halves.concat()).find(|word| text.contains(word))?;
    Some(format!("holds `{word}`"))
}

/// Migrations are `0001_first.sql` and so on; `names` are in order.
fn gap_in_numbers(names: &[&str]) -> Option<String> {
    let number = |name: &str| first_word(name).split('_').next()?.parse::<usize>().ok();
    let (at, name) = names.iter().enumerate().find(|(at, name)| number(name) != Some(at + 1))?;
    Some(format!("{name} should have number {}", at + 1))
}

/// All text files below the folder as (path, text), in order. Fixtures may be as bad as they like.
fn files(folder: &Path) -> Vec<(String, String)> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("a readable entry").path()).collect();
    paths.retain(|path| !path.ends_with("fixtures"));
    paths.sort();
    let read = |path: &Path| match path.extension()?.to_str()? {
        "rs" | "sql" | "toml" => Some((path.to_str()?.to_owned(), fs::read_to_string(path).ok()?)),
        _ => None,
    };
    paths.iter().flat_map(|p| if p.is_dir() { files(p) } else { read(p).into_iter().collect() }).collect()
}

/// Tries the check on samples that are wrong and that are right, each a path, a space and a text; then on the tree.
#[track_caller]
fn holds(check: Check, wrong: &[&str], right: &[&str]) {
    let finds = |sample: &str| sample.split_once(' ').and_then(|(path, text)| check(path, text));
    for sample in wrong {
        assert!(finds(sample).is_some(), "the check misses: {sample}");
    }
    for sample in right {
        assert_eq!(finds(sample), None, "the check objects to: {sample}");
    }
    let folders = ["src", "tests", "benches", "rules", "migrations"].map(Path::new);
    let files: Vec<_> = folders.into_iter().flat_map(files).collect();
    assert!(files.iter().any(|(path, _)| path == "src/lib.rs"));
    let finding = |(path, text): &(String, String)| Some(format!("{path}: {}", check(path, text)?));
    let findings: Vec<_> = files.iter().filter_map(finding).collect();
    assert!(findings.is_empty(), "\n{}", findings.join("\n"));
}

#[test]
fn imports_point_towards_the_domain() {
    let wrong = [
        "src/store/read.rs use crate::rules::Rule;",
        "src/rules/mod.rs use super::engine::Clock;",
        "src/rules/check.rs use crate::{domain, rules::parse};",
        "src/attic/old.rs fn f() {}",
    ];
    let right = [
        "src/rules/check.rs use crate::domain::ids; // unlike crate::engine",
        "src/rules/check.rs use super::facts;\nuse crate::rules::facts;\nuse std::{fs, io};",
        "src/cli/serve.rs use crate::engine::Engine;",
    ];
    holds(imports, &wrong, &right);
}

#[test]
fn foreign_crates_stay_in_the_shell() {
    let wrong = ["src/desk/mod.rs use actix::Addr;", "src/domain/ids.rs #[derive(serde::Serialize)]"];
    let right =
        ["src/engine/mod.rs use actix::Addr;", "src/domain/ids.rs operand::of(chrono); // tokio::spawn"];
    holds(foreign_crates, &wrong, &right);
}

#[test]
fn files_open_with_their_purpose() {
    let wrong = ["tests/a.rs use std::fs;"];
    holds(opening, &wrong, &["rules/a.toml schema = 1"]);
}

#[test]
fn files_stay_short() {
    let lines = |n| format!("src/a.rs {}", "\n".repeat(n));
    holds(length, &[&lines(MAX_LINES + 1)], &[&lines(MAX_LINES)]);
}

#[test]
fn names_say_something() {
    let wrong = ["src/http/utils.rs ", "tests/common/mod.rs "];
    holds(name, &wrong, &["src/imports.rs "]);
}

#[test]
fn no_line_ends_with_white_space() {
    holds(trailing_space, &["a.sql a\nb \n"], &["a.sql a\n\nb\n"]);
}

#[test]
fn nothing_is_left_unfinished() {
    for [start, end] in UNFINISHED {
        let word = format!("src/a.rs fn a() {{ {start}{end} }}");
        holds(unfinished, &[&word], &["src/a.rs fn a() {}"]);
    }
}

#[test]
fn migrations_are_numbered_without_gaps() {
    let gap = ["0001_dialogs.sql", "0003_outbox.sql"];
    assert_eq!(gap_in_numbers(&gap).as_deref(), Some("0003_outbox.sql should have number 2"));
    assert_eq!(gap_in_numbers(&["0001_dialogs.sql", "0002_outbox.sql"]), None);
    let migrations = files(Path::new("migrations"));
    let names = migrations.iter().filter_map(|(path, _)| path.strip_prefix("migrations/"));
    assert_eq!(gap_in_numbers(&names.collect::<Vec<_>>()), None);
}
