//! For people: each test with a word, and of those that failed the lines in question with the decision's trace.

use std::fmt::Write;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::trace::trace;
use crate::domain::time::Timestamp;
use crate::rules::{Source, render};
use crate::trial::report::{Failure, Report, Tried};

/// The report. `color` writes ANSI colours.
pub fn human(report: &Report, sources: &[Source], color: bool) -> String {
    if report.version.is_none() {
        return render::human(&report.diagnostics, sources, color);
    }
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let mut text = String::new();
    // Writing to a text cannot fail.
    for test in &report.tests {
        let word = if test.failure.is_some() { "FAILED" } else { "ok" };
        let _ = writeln!(text, "{word:6}  {}", test.name);
        if let Some(failure) = &test.failure {
            let _ = writeln!(text, "\n{}\n", failed(test, failure, sources, &renderer));
        }
    }
    let coverage = &report.coverage;
    let unreached: Vec<String> = coverage.unreached().map(ToString::to_string).collect();
    for part in &unreached {
        let _ = writeln!(text, "not reached: {part}");
    }
    let failed = report.failed().count();
    let tests = report.tests.len();
    let _ = writeln!(
        text,
        "{tests} {}, {} ok, {failed} failed; the tests reach {} of {} parts of the rules ({} %)",
        if tests == 1 { "test" } else { "tests" },
        tests - failed,
        coverage.reached(),
        coverage.total(),
        coverage.percent(),
    );
    text
}

fn failed(test: &Tried, failure: &Failure, sources: &[Source], renderer: &Renderer) -> String {
    let after = spoken(failure.after);
    let title =
        format!("\"{}\" came out differently {after}, in conversation {}", test.name, failure.conversation);
    let mut group = Group::with_title(Level::ERROR.primary_title(title.as_str()));
    let labels: Vec<(usize, std::ops::Range<usize>, String)> = failure
        .differences
        .iter()
        .map(|difference| {
            let range = difference.span.start..difference.span.end;
            let says =
                format!("`{}`: expected {}, got {}", difference.what, difference.expected, difference.got);
            (difference.span.file, range, says)
        })
        .collect();
    let mut files: Vec<usize> = labels.iter().map(|(file, ..)| *file).collect();
    files.dedup();
    for file in files {
        let Some(source) = sources.get(file) else { continue };
        let here = labels.iter().filter(|(of, ..)| *of == file);
        let annotations =
            here.map(|(_, range, says)| AnnotationKind::Primary.span(range.clone()).label(says.as_str()));
        let snippet =
            Snippet::source(source.text.as_str()).path(source.name.as_str()).annotations(annotations);
        group = group.element(snippet);
    }
    let mut shown = renderer.render(&[group]);
    if let Some(decision) = &failure.decision {
        shown.push_str("\n\n");
        shown.push_str(trace(decision, "  ").trim_end());
    }
    shown
}

/// How long after the beginning, in words.
fn spoken(after: std::time::Duration) -> String {
    if after.is_zero() {
        return "at the beginning".to_owned();
    }
    let seconds = (Timestamp::default() + after).micros() / 1_000_000;
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let parts = [(hours, 'h'), (minutes, 'm'), (seconds, 's')];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}")).collect();
    if parts.is_empty() { "at the beginning".to_owned() } else { format!("after {}", parts.join("")) }
}
