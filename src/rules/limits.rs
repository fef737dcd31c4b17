//! How large a text may be: everything else that is limited, is so that work stays linear in its length.

use super::codes::Code;
use super::diagnostic::{Diagnostic, Findings, Span};
use super::source::{MAX_BYTES, Source};
use super::syntax;

/// The longest line, in bytes. A line is shown as a whole with what is found in it.
const MAX_LINE: usize = 100_000;

/// Whether the texts are too large to be read; what is was reported.
pub(super) fn exceeded(sources: &[Source], findings: &mut Findings) -> bool {
    let total: usize = sources.iter().map(|source| source.text.len()).sum();
    findings.spend(total);
    let most = usize::try_from(MAX_BYTES).unwrap_or(usize::MAX);
    if total > most {
        let message = format!("{total} bytes, over the {most} that a rule set may have");
        let start = Span { file: 0, start: 0, end: 0 };
        let finding = Diagnostic::new(Code::TooLarge, start, message);
        findings.add(finding.help("check that the path names a rule file, or a folder of rule files only"));
        return true;
    }
    let mut is_exceeded = false;
    for (file, source) in sources.iter().enumerate() {
        let mut start = 0;
        for line in source.text.split('\n') {
            if line.len() > MAX_LINE {
                let message = format!("the line has {} bytes, over {MAX_LINE}", line.len());
                // The place is short: nobody wants to see such a line.
                let place = syntax::span(file, &source.text, &(start..start + 1));
                let finding = Diagnostic::new(Code::TooLarge, place, message);
                findings.add(finding.help("break the list or the text into several lines"));
                is_exceeded = true;
            }
            start += line.len() + 1;
        }
    }
    is_exceeded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(texts: &[String], expected: usize) {
        let sources: Vec<_> = texts.iter().map(|text| Source::new("a", text.as_str())).collect();
        let mut findings = Findings::default();
        assert_eq!(exceeded(&sources, &mut findings), expected > 0);
        assert_eq!(findings.len(), expected);
    }

    #[test]
    fn long_lines_and_large_sets_are_refused() {
        check(&["# ñ\n".repeat(10)], 0);
        check(&["x".repeat(MAX_LINE)], 0);
        check(&[format!("a = 1\n{}\n{}", "ñ".repeat(MAX_LINE), "x".repeat(MAX_LINE + 1))], 2);
        let half = "# a comment\n".repeat(200_000);
        check(std::slice::from_ref(&half), 0);
        check(&[half.clone(), half], 1);
    }
}
