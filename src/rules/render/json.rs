//! For programs: one JSON document.

use serde::Serialize;

use super::super::diagnostic::{Diagnostic, Span};
use super::super::source::Source;
use super::counts;

/// The version of the document's form. It grows when something is removed or changes its meaning.
pub const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    errors: usize,
    warnings: usize,
    diagnostics: Vec<Finding<'a>>,
}

#[derive(Serialize)]
struct Finding<'a> {
    code: &'static str,
    severity: &'static str,
    message: &'a str,
    labels: Vec<Label<'a>>,
    help: Option<&'a str>,
    fix: Option<Fix<'a>>,
}

#[derive(Serialize)]
struct Label<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    primary: bool,
    message: &'a str,
}

#[derive(Serialize)]
struct Fix<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    message: &'a str,
    replacement: &'a str,
}

#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    start: Position,
    end: Position,
}

/// Line and column from 1, the column in characters; the byte from 0.
#[derive(Serialize)]
struct Position {
    line: usize,
    column: usize,
    byte: usize,
}

/// All findings as a JSON document with its version.
///
/// # Panics
/// Never: texts and numbers are always JSON.
pub fn json(diagnostics: &[Diagnostic], sources: &[Source]) -> String {
    let (errors, warnings) = counts(diagnostics);
    let finding = |finding| one(finding, sources);
    let document = Document {
        version: VERSION,
        errors,
        warnings,
        diagnostics: diagnostics.iter().map(finding).collect(),
    };
    serde_json::to_string_pretty(&document).expect("texts and numbers are always JSON")
}

fn one<'a>(finding: &'a Diagnostic, sources: &'a [Source]) -> Finding<'a> {
    let labels = finding.labels.iter().filter_map(|label| {
        Some(Label { place: place(label.span, sources)?, primary: label.primary, message: &label.message })
    });
    let fix = finding.fix.as_ref().and_then(|fix| {
        Some(Fix { place: place(fix.span, sources)?, message: &fix.message, replacement: &fix.replacement })
    });
    Finding {
        code: finding.code.as_str(),
        severity: finding.severity.word(),
        message: &finding.message,
        labels: labels.collect(),
        help: finding.help.as_deref(),
        fix,
    }
}

fn place(span: Span, sources: &[Source]) -> Option<Place<'_>> {
    let source = sources.get(span.file)?;
    let position = |byte| {
        let (line, column) = source.position(byte);
        Position { line, column, byte }
    };
    Some(Place { file: &source.name, start: position(span.start), end: position(span.end) })
}
