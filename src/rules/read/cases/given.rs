//! `given` of a test: facts of the dialog, its channel and its customer.

use std::sync::Arc;

use crate::domain::facts::FactValue;
use crate::domain::ids::ManagerId;
use crate::nearest::nearest;
use crate::rules::cases::Given;
use crate::rules::codes::Code;
use crate::rules::diagnostic::{Diagnostic, Findings};
use crate::rules::durations::written;
use crate::rules::facts::{DeclaredFact, FactTable, FactType, Known};
use crate::rules::given::{NotGiven, Takes, full_name, names, takes};
use crate::rules::listing::listed;
use crate::rules::read::table::{Entry, Section, Zero};

/// The most texts of a fact.
const MOST_TEXTS: usize = 1_000;

pub(super) fn read(entry: Entry<'_>, facts: &FactTable, findings: &mut Findings) -> Given {
    let mut given = Given::default();
    let section = entry.open_section(findings);
    for entry in section.into_iter().flat_map(Section::entries) {
        fact(entry, entry.key, facts, &mut given, findings);
    }
    given
}

fn declared<'a>(facts: &'a FactTable, name: &str) -> Option<&'a DeclaredFact> {
    match facts.get(name) {
        Some(Known::Declared(fact)) => Some(fact),
        Some(Known::BuiltIn(_)) | None => None,
    }
}

/// A fact, or a section of facts whose names begin with its own: `customer = { vip = true }`.
pub(super) fn fact(
    entry: Entry<'_>,
    name: &str,
    facts: &FactTable,
    given: &mut Given,
    findings: &mut Findings,
) {
    if entry.is_section() {
        for inner in entry.open_section(findings).into_iter().flat_map(Section::entries) {
            fact(inner, &format!("{name}.{}", inner.key), facts, given, findings);
        }
        return;
    }
    let full = full_name(name);
    match takes(full, |name| declared(facts, name)) {
        Ok(Takes::Manager) => {
            if let Some(manager) = entry.id(ManagerId::parse, findings) {
                given.set_manager(full, manager.value);
            }
        }
        Ok(Takes::Ago) => {
            if let Some(ago) = entry.duration(Zero::Allowed, findings) {
                given.set_last_served(ago.value);
            }
        }
        Ok(Takes::Fact(kind, values)) => {
            if let Some(value) = value(entry, name, kind, &values, findings) {
                given.set(full, value);
            }
        }
        Err(NotGiven::Follows) => {
            let message = format!("`{name}` cannot be given: it follows from what happens in a test");
            findings.add(Diagnostic::new(Code::UnknownFact, entry.key_span, message));
        }
        Err(NotGiven::Unknown) => {
            let finding =
                Diagnostic::new(Code::UnknownFact, entry.key_span, format!("there is no fact `{name}`"));
            let of_file = facts.names().filter(|name| declared(facts, name).is_some());
            let mut known: Vec<&str> = names().collect();
            known.extend(of_file);
            // Within a section only the last part of a name is written.
            let prefix = name.strip_suffix(entry.key).unwrap_or_default().to_owned();
            let near = nearest(name, known).and_then(|near| near.strip_prefix(&*prefix));
            findings.add(finding.nearest(near, || {
                "declare it in [facts], or see the catalogue: `reparto rules facts`".to_owned()
            }));
        }
    }
}

fn value(
    entry: Entry<'_>,
    name: &str,
    kind: FactType,
    values: &[Arc<str>],
    findings: &mut Findings,
) -> Option<FactValue> {
    Some(match kind {
        FactType::Bool => FactValue::Bool(entry.boolean(findings)?.value),
        FactType::Number => FactValue::Number(entry.number(-1e15, 1e15, findings)?.value),
        FactType::Text => FactValue::Text(entry.text(findings)?.value.into()),
        FactType::Duration => FactValue::Text(written(entry.duration(Zero::Allowed, findings)?.value).into()),
        FactType::Enum => {
            let text = entry.text(findings)?;
            if !values.iter().any(|value| **value == *text.value) {
                let known = || values.iter().map(AsRef::as_ref);
                let message = format!("`{name}` is never \"{}\"", text.value);
                let finding = Diagnostic::new(Code::NotAChoice, text.span, message);
                let near = nearest(text.value, known()).map(|near| format!("\"{near}\""));
                findings
                    .add(finding.nearest(near.as_deref(), || format!("the values are {}", listed(known()))));
                return None;
            }
            FactValue::Text(text.value.into())
        }
        FactType::Texts => {
            let items = entry.list(findings)?;
            if items.len() > MOST_TEXTS {
                let message = format!("{} texts are more than the {MOST_TEXTS} allowed", items.len());
                findings.add(Diagnostic::new(Code::OutOfRange, entry.span(), message));
                return None;
            }
            let texts = items.into_iter().map(|item| Some(item.text(findings)?.value.into()));
            FactValue::Texts(texts.collect::<Option<Vec<Arc<str>>>>()?.into())
        }
    })
}
