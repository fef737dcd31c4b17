//! For people: the lines in question, with the place underlined.

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Patch, Renderer, Snippet};

use super::super::diagnostic::{Diagnostic, Severity};
use super::super::source::Source;
use super::counts;

/// All findings and a last line that counts them; empty when there are none.
/// `color` writes ANSI colours.
pub fn human(diagnostics: &[Diagnostic], sources: &[Source], color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let mut text = String::new();
    for finding in diagnostics {
        text += &renderer.render(&report(finding, sources));
        text += "\n\n";
    }
    let (errors, warnings) = counts(diagnostics);
    let counted = |count: usize, what: &str| match count {
        0 => None,
        1 => Some(format!("1 {what}")),
        count => Some(format!("{count} {what}s")),
    };
    let counted: Vec<String> =
        [counted(errors, "error"), counted(warnings, "warning")].into_iter().flatten().collect();
    if !counted.is_empty() {
        text += &counted.join(", ");
        text += "\n";
    }
    text
}

fn report<'a>(finding: &'a Diagnostic, sources: &'a [Source]) -> Vec<Group<'a>> {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(finding.message.as_str()).id(finding.code.as_str());
    let mut group = Group::with_title(title);
    // One snippet a file, that of the finding itself first.
    let mut files: Vec<usize> = Vec::new();
    for label in &finding.labels {
        if !files.contains(&label.span.file) {
            files.push(label.span.file);
        }
    }
    for file in files {
        let Some(source) = sources.get(file) else {
            continue;
        };
        let labels = finding.labels.iter().filter(|label| label.span.file == file);
        let annotations = labels.map(|label| -> Annotation<'a> {
            let kind = if label.primary { AnnotationKind::Primary } else { AnnotationKind::Context };
            let annotation = kind.span(shown(source, label.span.start..label.span.end));
            match label.message.as_str() {
                "" => annotation,
                message => annotation.label(message),
            }
        });
        let snippet =
            Snippet::source(source.text.as_str()).path(source.name.as_str()).annotations(annotations);
        group = group.element(snippet);
    }
    if let Some(help) = &finding.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let mut groups = vec![group];
    if let Some(fix) = &finding.fix
        && let Some(source) = sources.get(fix.span.file)
    {
        let patch = Patch::new(fix.span.start..fix.span.end, fix.replacement.as_str());
        let snippet = Snippet::source(source.text.as_str()).path(source.name.as_str()).patch(patch);
        let title = Level::HELP.secondary_title(fix.message.as_str());
        groups.push(Group::with_title(title).element(snippet));
    }
    groups
}

/// Of a place that covers several lines, the first line is enough.
fn shown(source: &Source, range: std::ops::Range<usize>) -> std::ops::Range<usize> {
    let text = source.text.get(range.clone()).unwrap_or("");
    let line = text.lines().next().unwrap_or("").trim_end();
    range.start..range.start + line.len()
}
