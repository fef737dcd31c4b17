//! TOML with spans: texts to tables, and places inside texts back to places in the file.

use std::ops::Range;

use toml::Spanned;
use toml::de::DeTable;

use super::codes::Code;
use super::diagnostic::{Diagnostic, Findings, Span};
use super::source::Source;

/// One file as tables.
#[derive(Debug)]
pub(super) struct Document<'a> {
    /// Its index among the sources.
    pub(super) file: usize,
    /// Its name.
    pub(super) name: &'a str,
    /// Its text.
    pub(super) text: &'a str,
    /// Its root.
    pub(super) root: Spanned<DeTable<'a>>,
}

/// Reads all files; syntax errors of all of them become findings.
pub(super) fn parse<'a>(sources: &'a [Source], findings: &mut Findings) -> Vec<Document<'a>> {
    let parse = |(file, source): (usize, &'a Source)| {
        let (root, errors) = DeTable::parse_recoverable(&source.text);
        report(file, source, &errors, findings);
        Document { file, name: &source.name, text: &source.text, root }
    };
    sources.iter().enumerate().map(parse).collect()
}

/// The first error of each line: those after it are mostly its consequences. A bracket that is never
/// closed swallows all that follows, so nothing after the first trouble with one is told.
fn report(file: usize, source: &Source, errors: &[toml::de::Error], findings: &mut Findings) {
    let has =
        |error: &toml::de::Error, words: &[&str]| words.iter().any(|words| error.message().contains(words));
    let swallows = errors.iter().any(|error| has(error, &["unclosed"]));
    let place = |error: &toml::de::Error| span(file, &source.text, &error.span().unwrap_or(0..0));
    let mut in_order: Vec<_> = errors.iter().map(|error| (place(error), error)).collect();
    in_order.sort_by_key(|(span, _)| *span);
    let mut line_end = 0;
    for (span, error) in in_order {
        // Still the line that was told of last.
        if span.start < line_end {
            continue;
        }
        let rest = &source.text[span.start..];
        line_end = span.start + rest.find('\n').unwrap_or(rest.len()) + 1;
        findings.add(Diagnostic::new(Code::Syntax, span, one_line(error.message())));
        if swallows && has(error, &["unclosed", "missing comma", "missing inline"]) {
            return;
        }
    }
}

/// A span that lies within the text and between characters.
pub(super) fn span(file: usize, text: &str, range: &Range<usize>) -> Span {
    let start = text.floor_char_boundary(range.start.min(text.len()));
    let end = text.ceil_char_boundary(range.end.clamp(start, text.len()));
    Span { file, start, end }
}

fn one_line(message: &str) -> String {
    message.lines().collect::<Vec<_>>().join("; ")
}

/// Where the characters of a text value stand in the file. A text may be written with escapes, so that
/// its bytes and those of the file do not run in step.
#[derive(Debug)]
pub(super) struct TextMap {
    /// The whole value with its quotes.
    whole: Span,
    offsets: Offsets,
    /// It stands between double quotes, where quotes and backslashes are escaped.
    has_escapes: bool,
}

#[derive(Debug)]
enum Offsets {
    /// The text stands in the file as it is, beginning here.
    Verbatim(usize),
    /// For each byte of the text and for its end, the byte of the file.
    Escaped(Vec<usize>),
    /// Not known.
    Unknown,
}

impl TextMap {
    /// The map of a value at `whole` in a file's `text` that was read as `decoded`.
    pub(super) fn new(text: &str, whole: Span, decoded: &str) -> Self {
        let raw = &text[whole.start..whole.end];
        let offsets = inner(raw).map_or(Offsets::Unknown, |inner| {
            let start = whole.start + inner.start;
            if &raw[inner.clone()] == decoded {
                return Offsets::Verbatim(start);
            }
            let offsets = unescaped(&raw[inner], start);
            if offsets.len() == decoded.len() + 1 { Offsets::Escaped(offsets) } else { Offsets::Unknown }
        });
        Self { whole, offsets, has_escapes: raw.starts_with('"') }
    }

    /// A part of the text as it must be written in the file.
    pub(super) fn written(&self, part: &str) -> String {
        if self.has_escapes { part.replace('\\', "\\\\").replace('"', "\\\"") } else { part.to_owned() }
    }

    /// The place in the file of a stretch of the text.
    pub(super) fn span(&self, range: &Range<usize>) -> Span {
        let (start, end) = match &self.offsets {
            Offsets::Verbatim(start) => (start + range.start, start + range.end),
            Offsets::Escaped(offsets) => match (offsets.get(range.start), offsets.get(range.end)) {
                (Some(start), Some(end)) => (*start, *end),
                _ => return self.whole,
            },
            Offsets::Unknown => return self.whole,
        };
        Span { file: self.whole.file, start, end }
    }
}

/// What stands between the quotes. A newline right after three quotes does not count.
fn inner(raw: &str) -> Option<Range<usize>> {
    for quotes in ["\"\"\"", "'''"] {
        if raw.len() >= 6 && raw.starts_with(quotes) && raw.ends_with(quotes) {
            let rest = &raw[3..];
            let newline = if rest.starts_with("\r\n") { 2 } else { usize::from(rest.starts_with('\n')) };
            return Some((3 + newline).min(raw.len() - 3)..raw.len() - 3);
        }
    }
    let is_quoted = |quote| raw.len() >= 2 && raw.starts_with(quote) && raw.ends_with(quote);
    (is_quoted('"') || is_quoted('\'')).then(|| 1..raw.len() - 1)
}

/// The place of each byte that the written text stands for, and of its end.
fn unescaped(raw: &str, start: usize) -> Vec<usize> {
    let mut offsets = Vec::with_capacity(raw.len() + 1);
    let mut at = 0;
    while let Some(c) = raw[at..].chars().next() {
        let (written, stands_for) = match c {
            '\\' => escape(&raw[at..]),
            c => (c.len_utf8(), c.len_utf8()),
        };
        offsets.extend(std::iter::repeat_n(start + at, stands_for));
        at += written;
    }
    offsets.push(start + raw.len());
    offsets
}

/// How many bytes an escape takes, and how many bytes of text it stands for.
fn escape(raw: &str) -> (usize, usize) {
    let digits = |count: usize| {
        let code = raw.get(2..2 + count).and_then(|hex| u32::from_str_radix(hex, 16).ok());
        let length = code.and_then(char::from_u32).map_or(1, char::len_utf8);
        ((2 + count).min(raw.len()), length)
    };
    match raw.as_bytes().get(1) {
        Some(b'x') => digits(2),
        Some(b'u') => digits(4),
        Some(b'U') => digits(8),
        // A backslash at the end of a line joins it with the next.
        Some(b'\n' | b'\r' | b' ' | b'\t') => {
            let rest = raw[1..].trim_start_matches([' ', '\t', '\r', '\n']);
            (raw.len() - rest.len(), 0)
        }
        Some(byte) if byte.is_ascii() => (2, 1),
        _ => (1, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the file says at the place of `part`, which is in the value of `key = …`.
    #[track_caller]
    fn check(line: &str, part: &str, expected: &str) {
        let table = DeTable::parse(line).unwrap();
        let value = table.get_ref().get("key").unwrap();
        let decoded = value.get_ref().as_str().unwrap();
        let map = TextMap::new(line, span(0, line, &value.span()), decoded);
        let start = decoded.find(part).unwrap();
        let place = map.span(&(start..start + part.len()));
        assert_eq!(&line[place.start..place.end], expected, "{line}");
    }

    #[test]
    fn places_in_texts_are_places_in_the_file() {
        check("key = 'a == \"b\"'", "\"b\"", "\"b\"");
        check("key = \"a == b\"", "b", "b");
        check("key = \"a == \\\"ñ\\\" && c\"", "c", "c");
        check("key = \"a == \\\"b\\\" && c\"", "\"b\"", "\\\"b\\\"");
        check("key = \"\\u00e9\\U0001F600 x\"", "x", "x");
        check("key = '''\na\nb'''", "b", "b");
        check("key = \"\"\"\na \\\n   b\"\"\"", "b", "b");
        check("key = \"\"\"a\"\"\"", "a", "a");
    }

    #[test]
    fn all_syntax_errors_are_found_in_all_files() {
        let sources = [Source::new("a", "x = \ny = 1 2\n"), Source::new("b", "[z\n")];
        let mut findings = Findings::default();
        parse(&sources, &mut findings);
        let found = findings.in_order();
        assert!(found.len() >= 3, "{found:#?}");
        assert!(found.iter().any(|finding| finding.labels[0].span.file == 1));
    }
}
