//! For a review on GitHub: workflow commands, one line a finding.

use super::super::diagnostic::Diagnostic;
use super::super::source::Source;

/// One line a finding; the runner shows each at its place in the changed file.
pub fn github(diagnostics: &[Diagnostic], sources: &[Source]) -> String {
    diagnostics.iter().map(|finding| line(finding, sources)).collect()
}

fn line(finding: &Diagnostic, sources: &[Source]) -> String {
    let severity = finding.severity.word();
    let place = finding.span().and_then(|span| {
        let source = sources.get(span.file)?;
        let (line, column) = source.position(span.start);
        let (end_line, end_column) = source.position(span.end);
        let file = escaped_property(&source.name);
        // Columns count only within one line.
        let columns =
            if line == end_line { format!(",col={column},endColumn={end_column}") } else { String::new() };
        Some(format!("file={file},line={line},endLine={end_line}{columns},"))
    });
    let place = place.unwrap_or_default();
    let title = finding.code.as_str();
    let mut message = finding.message.clone();
    let help = finding.help.as_ref();
    if let Some(help) = help.or(finding.fix.as_ref().map(|fix| &fix.message)) {
        message += "\n";
        message += help;
    }
    format!("::{severity} {place}title={title}::{}\n", escaped(&message))
}

fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn escaped_property(text: &str) -> String {
    escaped(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::codes::Code;
    use crate::rules::diagnostic::Span;

    #[test]
    fn writes_workflow_commands() {
        let sources = [Source::new("a:b,c.toml", "schema = 2\n")];
        let span = Span { file: 0, start: 9, end: 10 };
        let finding = Diagnostic::new(Code::SchemaUnknown, span, "100% new").help("upgrade");
        assert_eq!(
            github(&[finding], &sources),
            "::error file=a%3Ab%2Cc.toml,line=1,endLine=1,col=10,endColumn=11,\
             title=R002::100%25 new%0Aupgrade\n"
        );
    }
}
