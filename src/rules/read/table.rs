//! Reading tables: keys are known or reported, values have the right type or it is reported.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeInteger, DeString, DeTable, DeValue};
use toml::value::Datetime;

use crate::domain::ids::InvalidId;
use crate::rules::codes::Code;
use crate::rules::diagnostic::{At, Diagnostic, Findings, Span};
use crate::rules::durations;
use crate::rules::listing::listed;
use crate::rules::syntax::{self, Document, TextMap};

/// A key with its value, or an item of a list.
#[derive(Clone, Copy)]
pub(super) struct Entry<'a> {
    document: &'a Document<'a>,
    /// The key; for an item, that of its list.
    pub(super) key: &'a str,
    pub(super) key_span: Span,
    value: &'a Spanned<DeValue<'a>>,
}

/// A table whose keys were checked.
#[derive(Clone, Copy)]
pub(super) struct Section<'a> {
    document: &'a Document<'a>,
    table: &'a DeTable<'a>,
    pub(super) span: Span,
}

/// The keys that a section may have.
#[derive(Clone, Copy)]
pub(super) struct Keys {
    pub(super) known: &'static [&'static str],
    /// Keys of the language that this version does not support yet.
    pub(super) later: &'static [&'static str],
}

const PLAIN_NUMBER: &str = "write it without quotes and without a unit";

/// Keys that are all supported.
pub(super) const fn keys(known: &'static [&'static str]) -> Keys {
    Keys { known, later: &[] }
}

/// Whether a duration may be zero.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Zero {
    Allowed,
    /// The key is left out to do without.
    Refused,
    /// The key must be there and name a time.
    Senseless,
}

impl<'a> Section<'a> {
    /// The root of a file.
    pub(super) fn root(document: &'a Document<'a>, keys: Keys, findings: &mut Findings) -> Self {
        let span = Span { file: document.file, start: 0, end: 0 };
        let section = Self { document, table: document.root.get_ref(), span };
        section.check_keys(keys, findings);
        section
    }

    /// The name of the file that it is in.
    pub(super) fn source(self) -> &'a str {
        self.document.name
    }

    /// All keys with their values, by name.
    pub(super) fn entries(self) -> impl Iterator<Item = Entry<'a>> {
        self.table.iter().map(move |(key, value)| self.entry(key, value))
    }

    fn entry(self, key: &'a Spanned<DeString<'a>>, value: &'a Spanned<DeValue<'a>>) -> Entry<'a> {
        Entry {
            document: self.document,
            key: key.get_ref(),
            key_span: syntax::span(self.document.file, self.document.text, &key.span()),
            value,
        }
    }

    /// The value of a key, if the key is there.
    pub(super) fn get(self, key: &str) -> Option<Entry<'a>> {
        let (key, value) = self.table.get_key_value(key)?;
        Some(self.entry(key, value))
    }

    /// The value of a key that must be there.
    pub(super) fn require(self, key: &str, example: &str, findings: &mut Findings) -> Option<Entry<'a>> {
        let entry = self.get(key);
        if entry.is_none() {
            let message = format!("the key `{key}` is missing");
            let finding = Diagnostic::new(Code::MissingKey, self.span, message);
            findings.add(finding.help(format!("for example `{key} = {example}`")));
        }
        entry
    }

    fn check_keys(self, keys: Keys, findings: &mut Findings) {
        #[cfg(test)]
        super::asked::note_keys(self.entries().map(|entry| entry.key), keys.known);
        for entry in self.entries() {
            findings.spend(1);
            let key = entry.key;
            if keys.known.contains(&key) {
                continue;
            }
            if keys.later.contains(&key) {
                let message = format!("this version does not support `{key}` yet");
                let finding = Diagnostic::new(Code::NotYetSupported, entry.key_span, message);
                findings.add(finding.help("remove it, or use a newer version of Reparto"));
                continue;
            }
            let message = format!("there is no key `{key}` here");
            let finding = Diagnostic::new(Code::UnknownKey, entry.key_span, message);
            let all = || keys.known.iter().copied();
            let near = findings.nearest(key, all());
            findings.add(finding.nearest(near, || format!("the keys here are {}", listed(all()))));
        }
    }
}

impl<'a> Entry<'a> {
    /// Where the value stands.
    pub(super) fn span(self) -> Span {
        syntax::span(self.document.file, self.document.text, &self.value.span())
    }

    pub(super) fn is_section(self) -> bool {
        matches!(self.value.get_ref(), DeValue::Table(_))
    }

    fn what(self) -> &'static str {
        match self.value.get_ref() {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number with a fraction",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date or time",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a section",
        }
    }

    fn wrong_type<T>(self, takes: &str, help: &str, findings: &mut Findings) -> Option<T> {
        let message = format!("`{}` takes {takes}, this is {}", self.key, self.what());
        let finding = Diagnostic::new(Code::WrongType, self.span(), message);
        findings.add(if help.is_empty() { finding } else { finding.help(help) });
        None
    }

    /// The table of a section in braces or under a header, with its keys checked.
    pub(super) fn section(self, keys: Keys, findings: &mut Findings) -> Option<Section<'a>> {
        let section = self.table(keys.known, findings)?;
        section.check_keys(keys, findings);
        Some(section)
    }

    /// The table of a section whose keys are names that the admin chooses.
    pub(super) fn open_section(self, findings: &mut Findings) -> Option<Section<'a>> {
        self.table(&["name"], findings)
    }

    fn table(self, known: &[&str], findings: &mut Findings) -> Option<Section<'a>> {
        if let DeValue::Table(table) = self.value.get_ref() {
            return Some(Section { document: self.document, table, span: self.span() });
        }
        let help = if self.is_under_headers() {
            format!("write [{}] with single brackets, once", self.key)
        } else {
            let example = known.first().unwrap_or(&"key");
            format!("a section is written in braces, such as {{ {example} = … }}")
        };
        self.wrong_type("a section", &help, findings)
    }

    /// It is written as `[key]` or `[[key]]`, not as `key = …`.
    fn is_under_headers(self) -> bool {
        let span = self.span();
        let written = self.document.text[span.start..span.end].trim_start_matches('[');
        written.trim_start().starts_with(self.key)
    }

    /// The sections of a list such as `[[rule]]`.
    pub(super) fn sections(self, keys: Keys, findings: &mut Findings) -> Vec<Section<'a>> {
        if let DeValue::Table(_) = self.value.get_ref() {
            let help = if self.is_under_headers() {
                format!("write [[{}]] with double brackets, once for each", self.key)
            } else {
                "put it in brackets: [{ … }]".into()
            };
            return self.wrong_type("a list of sections", &help, findings).unwrap_or_default();
        }
        let items = self.list(findings).unwrap_or_default();
        items.into_iter().filter_map(|item| item.section(keys, findings)).collect()
    }

    /// How many items a list has; `None` when it is no list.
    pub(super) fn length(self) -> Option<usize> {
        self.value.get_ref().as_array().map(|items| items.len())
    }

    pub(super) fn list(self, findings: &mut Findings) -> Option<Vec<Entry<'a>>> {
        let DeValue::Array(items) = self.value.get_ref() else {
            return self.wrong_type("a list", "a list is written in brackets: [a, b]", findings);
        };
        Some(items.iter().map(|value| Entry { value, ..self }).collect())
    }

    pub(super) fn text(self, findings: &mut Findings) -> Option<At<&'a str>> {
        let value = self.value.get_ref();
        if let DeValue::String(text) = value {
            return Some(At::new(text, self.span()));
        }
        if value.is_array() {
            return self.wrong_type("one text", "", findings);
        }
        self.wrong_type("a text", "texts stand in quotes", findings)
    }

    /// A text in which places matter.
    pub(super) fn mapped_text(self, findings: &mut Findings) -> Option<(&'a str, TextMap)> {
        let text = self.text(findings)?;
        let map = TextMap::new(self.document.text, text.span, text.value);
        Some((text.value, map))
    }

    pub(super) fn boolean(self, findings: &mut Findings) -> Option<At<bool>> {
        let DeValue::Boolean(value) = self.value.get_ref() else {
            return self.wrong_type("true or false", "write it without quotes", findings);
        };
        Some(At::new(*value, self.span()))
    }

    /// A number between two others, both included.
    pub(super) fn number(self, least: f64, most: f64, findings: &mut Findings) -> Option<At<f64>> {
        let value = self.value.get_ref();
        let number = if let Some(integer) = value.as_integer() {
            whole_number(integer).map_or(f64::INFINITY, |integer| integer as f64)
        } else if let Some(float) = value.as_float() {
            float.as_str().parse().unwrap_or(f64::INFINITY)
        } else {
            return self.wrong_type("a number", PLAIN_NUMBER, findings);
        };
        if (least..=most).contains(&number) {
            return Some(At::new(number, self.span()));
        }
        self.out_of_range(&least.to_string(), &most.to_string(), findings)
    }

    /// A whole number between two others, both included.
    pub(super) fn whole(self, least: i64, most: i64, findings: &mut Findings) -> Option<At<i64>> {
        let DeValue::Integer(integer) = self.value.get_ref() else {
            return self.wrong_type("a whole number", PLAIN_NUMBER, findings);
        };
        match whole_number(integer) {
            Some(number) if (least..=most).contains(&number) => Some(At::new(number, self.span())),
            _ => self.out_of_range(&least.to_string(), &most.to_string(), findings),
        }
    }

    fn out_of_range<T>(self, least: &str, most: &str, findings: &mut Findings) -> Option<T> {
        let message = format!("`{}` must be between {least} and {most}", self.key);
        findings.add(Diagnostic::new(Code::OutOfRange, self.span(), message));
        None
    }

    /// A date, a time, or both.
    pub(super) fn moment(self, findings: &mut Findings) -> Option<Datetime> {
        if let DeValue::Datetime(moment) = self.value.get_ref() {
            return Some(*moment);
        }
        self.wrong_type("a date with a time", "write it without quotes: 2026-03-02T10:00:00+01:00", findings)
    }

    pub(super) fn duration(self, zero: Zero, findings: &mut Findings) -> Option<At<Duration>> {
        let DeValue::String(text) = self.value.get_ref() else {
            let help = "durations are texts with a unit, such as \"90s\", \"2m\" or \"1h30m\"";
            return self.wrong_type("a duration", help, findings);
        };
        match durations::parse(text) {
            Ok(Duration::ZERO) if zero != Zero::Allowed => {
                let message = format!("`{}` must be longer than nothing", self.key);
                let finding = Diagnostic::new(Code::ZeroDuration, self.span(), message);
                findings.add(match zero {
                    Zero::Refused => finding.help(format!("leave `{}` out to do without", self.key)),
                    Zero::Allowed | Zero::Senseless => finding,
                });
                None
            }
            Ok(duration) => Some(At::new(duration, self.span())),
            Err(bad) => {
                let message = format!("\"{text}\" is not a duration: {}", bad.words());
                let finding = Diagnostic::new(Code::BadDuration, self.span(), message);
                findings.add(finding.help("durations look like \"90s\", \"2m\", \"72h\" or \"1h30m\""));
                None
            }
        }
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(
        self,
        code: Code,
        words: &[(&'static str, T)],
        findings: &mut Findings,
    ) -> Option<At<T>> {
        #[cfg(test)]
        super::asked::note_words(self.key, words.iter().map(|(word, _)| *word));
        let text = self.text(findings)?;
        if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == text.value) {
            return Some(At::new(*meaning, text.span));
        }
        let known = || words.iter().map(|(word, _)| *word);
        let message = format!("`{}` cannot be \"{}\"", self.key, text.value);
        let finding = Diagnostic::new(code, text.span, message);
        let near = findings.nearest(text.value, known()).map(|near| format!("\"{near}\""));
        findings.add(finding.nearest(near.as_deref(), || format!("it is one of {}", listed(known()))));
        None
    }

    /// An identifier.
    pub(super) fn id<T>(
        self,
        parse: fn(&str) -> Result<T, InvalidId>,
        findings: &mut Findings,
    ) -> Option<At<T>> {
        let text = self.text(findings)?;
        id_in(text, parse, findings)
    }

    /// A list of identifiers, each of them once.
    pub(super) fn ids<T: Ord + Clone + fmt::Display>(
        self,
        parse: fn(&str) -> Result<T, InvalidId>,
        findings: &mut Findings,
    ) -> Vec<At<T>> {
        let mut ids: Vec<At<T>> = Vec::new();
        let mut seen = BTreeSet::new();
        for item in self.list(findings).unwrap_or_default() {
            let Some(id) = item.id(parse, findings) else { continue };
            if seen.insert(id.value.clone()) {
                ids.push(id);
            } else {
                let message = format!("`{}` is listed twice", id.value);
                findings.add(Diagnostic::new(Code::Repeated, id.span, message));
            }
        }
        ids
    }

    /// The key itself as an identifier.
    pub(super) fn key_id<T>(
        self,
        parse: fn(&str) -> Result<T, InvalidId>,
        findings: &mut Findings,
    ) -> Option<At<T>> {
        id_in(At::new(self.key, self.key_span), parse, findings)
    }
}

fn whole_number(integer: &DeInteger<'_>) -> Option<i64> {
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

/// A text as an identifier.
pub(super) fn id_in<T>(
    text: At<&str>,
    parse: fn(&str) -> Result<T, InvalidId>,
    findings: &mut Findings,
) -> Option<At<T>> {
    match parse(text.value) {
        Ok(id) => Some(At::new(id, text.span)),
        Err(error) => {
            findings.add(Diagnostic::new(Code::BadId, text.span, error.to_string()));
            None
        }
    }
}
