//! Diagnostics as data: what is wrong with a rule file, where, and how to mend it.

use super::codes::Code;
use crate::nearest::nearest;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// The file can be used, but probably does not do what was meant.
    Warning,
}

impl Severity {
    /// The word shown.
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// A stretch of one source, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Index of the source among those compiled together.
    pub file: usize,
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

/// A place and what is to be said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What; may be empty.
    pub message: String,
    /// It is the place of the finding, not one that helps to understand it.
    pub primary: bool,
}

/// A replacement of text that would mend the finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What to do, as a sentence.
    pub message: String,
    /// What to replace.
    pub span: Span,
    /// By what.
    pub replacement: String,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its kind; `explain_code` tells more about it.
    pub code: Code,
    /// How bad.
    pub severity: Severity,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// Where; the first is the place of the finding.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
    /// A change that would mend it.
    pub fix: Option<Fix>,
}

impl Diagnostic {
    /// A finding at a place. Its severity is that of its code.
    pub(super) fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        let label = Label { span, message: String::new(), primary: true };
        Self {
            code,
            severity: code.severity(),
            message: message.into(),
            labels: vec![label],
            help: None,
            fix: None,
        }
    }

    /// Says something at the place itself.
    pub(super) fn label(mut self, message: impl Into<String>) -> Self {
        self.labels[0].message = message.into();
        self
    }

    /// Points at a second place.
    pub(super) fn also(mut self, span: Span, message: impl Into<String>) -> Self {
        self.labels.push(Label { span, message: message.into(), primary: false });
        self
    }

    /// Says what to do.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Offers a replacement of the place itself.
    pub(super) fn replace_by(mut self, replacement: impl Into<String>) -> Self {
        let replacement = replacement.into();
        self.fix =
            Some(Fix { message: format!("write `{replacement}`"), span: self.labels[0].span, replacement });
        self
    }

    /// Offers a near name in place of an unknown one, if there is a near one, or else says what there is.
    pub(super) fn nearest(self, near: Option<&str>, known: impl FnOnce() -> String) -> Self {
        match near {
            Some(near) => self.replace_by(near),
            None => self.help(known()),
        }
    }

    /// Where it is; `None` only for a rule set without any source.
    pub fn span(&self) -> Option<Span> {
        self.labels.first().map(|label| label.span)
    }
}

/// The most findings that one run tells.
pub const MAX_FINDINGS: usize = 500;

/// How many names are compared with mistyped ones in one run, so that a text with very many of both costs
/// no more than its length.
const COMPARED_NAMES: usize = 20_000;

/// What was found so far, and how much work it was.
#[derive(Debug, Default)]
pub(super) struct Findings {
    found: Vec<Diagnostic>,
    work: u64,
    compared: usize,
}

impl Findings {
    /// Takes one more.
    pub(super) fn add(&mut self, finding: Diagnostic) {
        self.found.push(finding);
    }

    /// How many.
    pub(super) fn len(&self) -> usize {
        self.found.len()
    }

    /// Counts steps of work: bytes and words read, names and conditions compared.
    pub(super) fn spend(&mut self, steps: usize) {
        self.work += steps as u64;
    }

    /// The steps counted.
    pub(super) fn work(&self) -> u64 {
        self.work
    }

    /// Whether it is still worth while to look for what was meant: not after more findings than anybody
    /// reads, and not for ever.
    pub(super) fn may_suggest(&self) -> bool {
        self.found.len() < MAX_FINDINGS && self.compared < COMPARED_NAMES
    }

    /// The known name nearest to a mistyped one, as long as [`Self::may_suggest`].
    pub(super) fn nearest<'a>(
        &mut self,
        written: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Option<&'a str> {
        if !self.may_suggest() {
            return None;
        }
        let mut compared = 0;
        let near = nearest(written, known.into_iter().inspect(|_| compared += 1));
        self.compared += compared;
        self.spend(compared);
        near
    }

    /// Whether the file cannot be used.
    pub(super) fn has_errors(&self) -> bool {
        self.found.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// All, in the order of the text. Of more than anybody reads only the first, errors before warnings.
    pub(super) fn in_order(mut self) -> Vec<Diagnostic> {
        if self.found.len() > MAX_FINDINGS && self.has_errors() {
            self.found.retain(|finding| finding.severity == Severity::Error);
        }
        self.found.sort_by_key(|finding| (finding.span(), finding.code));
        self.found.truncate(MAX_FINDINGS);
        self.found
    }
}

/// A value and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) span: Span,
}

impl<T> At<T> {
    pub(super) fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }

    pub(super) fn map<U>(self, change: impl FnOnce(T) -> U) -> At<U> {
        At::new(change(self.value), self.span)
    }
}
