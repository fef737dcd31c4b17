//! `[facts]`: extra facts with type and default.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::table::{Entry, Section, Zero, keys};
use crate::domain::facts::FactValue;
use crate::rules::codes::Code;
use crate::rules::diagnostic::{At, Diagnostic, Findings, Span};
use crate::rules::durations::written;
use crate::rules::facts::{DeclaredFact, FactTable, FactType, Known, objection_to_name};
use crate::rules::listing::listed;

/// The most values of an enum, and the most texts of a default.
const MAX_VALUES: usize = 1_000;

/// Reads the section of all files.
pub(super) fn read(roots: &[Section<'_>], table: &mut FactTable, findings: &mut Findings) {
    let mut places = BTreeMap::new();
    for root in roots {
        let section = root.get("facts").and_then(|entry| entry.open_section(findings));
        for entry in section.into_iter().flat_map(Section::entries) {
            read_named(entry, entry.key.to_owned(), table, &mut places, findings);
        }
    }
}

/// A name with dots may be written with or without quotes; without them TOML makes sections of sections.
fn read_named(
    entry: Entry<'_>,
    name: String,
    table: &mut FactTable,
    places: &mut BTreeMap<String, Span>,
    findings: &mut Findings,
) {
    let Some(section) = entry.open_section(findings) else {
        return;
    };
    let is_outer = section.entries().next().is_some() && section.entries().all(Entry::is_section);
    if is_outer {
        for inner in section.entries() {
            let name = format!("{name}.{}", inner.key);
            read_named(inner, name, table, places, findings);
        }
        return;
    }
    let place = entry.key_span;
    if let Some(objection) = objection_to_name(&name) {
        let message = format!("a fact cannot be called `{name}`: {objection}");
        findings.add(Diagnostic::new(Code::BadFactName, place, message));
    }
    if let Some(first) = places.get(&name) {
        super::report_twice(&format!("the fact `{name}`"), place, *first, findings);
        return;
    }
    places.insert(name.clone(), place);
    let Some(fact) = read_fact(entry, name, findings) else {
        return;
    };
    // A fact of the catalogue keeps its meaning.
    if !matches!(table.get(&fact.name), Some(Known::BuiltIn(_))) {
        table.declare(fact);
    }
}

fn read_fact(entry: Entry<'_>, name: String, findings: &mut Findings) -> Option<DeclaredFact> {
    let section = entry.section(keys(&["type", "values", "default"]), findings)?;
    let words = FactType::ALL.map(|kind| (kind.word(), kind));
    let kind =
        section.require("type", "\"text\"", findings)?.word(Code::UnknownWord, &words, findings)?.value;
    let values = section.get("values");
    let default = section.get("default");
    let (values, default) = if kind == FactType::Enum {
        let values = match values {
            Some(values) => read_values(values, findings)?,
            None => Vec::new(),
        };
        if values.is_empty() {
            let message = format!("the enum `{name}` has no values");
            let place = section.get("values").map_or(section.span, Entry::span);
            findings.add(Diagnostic::new(Code::NoValues, place, message));
            return None;
        }
        let default = section.require("default", "\"unknown\"", findings)?;
        let default = read_choice(&default.text(findings)?, &values, findings)?;
        (values, FactValue::Text(default))
    } else {
        if let Some(values) = values {
            let message = "only facts of type `enum` have values";
            findings.add(Diagnostic::new(Code::NoEffect, values.key_span, message));
        }
        let default = match default {
            Some(default) => read_default(default, kind, findings)?,
            None => empty(kind),
        };
        (Vec::new(), default)
    };
    Some(DeclaredFact { name: name.into(), kind, values, default })
}

fn read_values(entry: Entry<'_>, findings: &mut Findings) -> Option<Vec<Arc<str>>> {
    let mut values: Vec<Arc<str>> = Vec::new();
    let mut seen = BTreeSet::new();
    let items = entry.list(findings)?;
    if items.len() > MAX_VALUES {
        let message = format!("{} values are more than the {MAX_VALUES} allowed", items.len());
        findings.add(Diagnostic::new(Code::OutOfRange, entry.span(), message));
        return None;
    }
    for item in items {
        let text = item.text(findings)?;
        if seen.insert(text.value) {
            values.push(text.value.into());
        } else {
            let message = format!("\"{}\" is listed twice", text.value);
            findings.add(Diagnostic::new(Code::Repeated, text.span, message));
        }
    }
    Some(values)
}

fn read_choice(text: &At<&str>, values: &[Arc<str>], findings: &mut Findings) -> Option<Arc<str>> {
    if let Some(value) = values.iter().find(|value| ***value == *text.value) {
        return Some(value.clone());
    }
    let known = || values.iter().map(AsRef::as_ref);
    let message = format!("the default \"{}\" is not one of the values", text.value);
    let finding = Diagnostic::new(Code::DefaultNotAChoice, text.span, message);
    let near = findings.nearest(text.value, known()).map(|near| format!("\"{near}\""));
    findings.add(finding.nearest(near.as_deref(), || format!("the values are {}", listed(known()))));
    None
}

fn read_default(entry: Entry<'_>, kind: FactType, findings: &mut Findings) -> Option<FactValue> {
    Some(match kind {
        FactType::Bool => FactValue::Bool(entry.boolean(findings)?.value),
        FactType::Number => FactValue::Number(entry.number(-1e15, 1e15, findings)?.value),
        FactType::Text | FactType::Enum => FactValue::Text(entry.text(findings)?.value.into()),
        FactType::Texts => FactValue::Texts(read_values(entry, findings)?.into()),
        // As it is sent, so that it reads as it was written.
        FactType::Duration => FactValue::Text(written(entry.duration(Zero::Allowed, findings)?.value).into()),
    })
}

fn empty(kind: FactType) -> FactValue {
    match kind {
        FactType::Bool => FactValue::Bool(false),
        FactType::Number => FactValue::Number(0.0),
        FactType::Text | FactType::Enum => FactValue::Text("".into()),
        FactType::Duration => FactValue::Text(written(Duration::ZERO).into()),
        FactType::Texts => FactValue::Texts([].into()),
    }
}
