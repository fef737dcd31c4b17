//! Patterns of `matches`: regular expressions with limits, and the place of what is wrong with one.

use std::ops::Range;

use regex::{Regex, RegexBuilder};

/// The longest pattern, in bytes.
const MAX_BYTES: usize = 1_000;
/// The most memory that a compiled pattern may take, and as much again for its cache.
const MAX_PROGRAM: usize = 256 * 1024;
/// How deep its groups may be nested.
const MAX_NESTING: u32 = 40;

/// A compiled pattern. Matching takes time linear in the text.
#[derive(Clone, Debug)]
pub(super) struct Pattern(Regex);

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

/// What is wrong with a pattern.
#[derive(Debug)]
pub(super) struct Bad {
    /// Where in the pattern; the whole of it when it is all of it.
    pub(super) at: Range<usize>,
    pub(super) message: String,
    pub(super) help: &'static str,
}

impl Pattern {
    /// Compiles a pattern.
    pub(super) fn compile(pattern: &str) -> Result<Self, Bad> {
        let whole = 0..pattern.len();
        if pattern.len() > MAX_BYTES {
            let message = format!("the pattern has {} bytes, over {MAX_BYTES}", pattern.len());
            let help = "use several shorter ones, or a fact that the CRM sends";
            return Err(Bad { at: whole, message, help });
        }
        let mut parser = regex_syntax::ParserBuilder::new().nest_limit(MAX_NESTING).build();
        if let Err(error) = parser.parse(pattern) {
            return Err(unreadable(&error, whole));
        }
        let mut builder = RegexBuilder::new(pattern);
        builder.size_limit(MAX_PROGRAM).dfa_size_limit(MAX_PROGRAM).nest_limit(MAX_NESTING);
        builder.build().map(Self).map_err(|_| Bad {
            at: whole,
            message: "the pattern takes too much memory when compiled".into(),
            help: "use smaller repetitions, or [0-9] and [a-z] instead of \\d and \\w, which know every script",
        })
    }

    /// Whether it matches somewhere in the text.
    pub(super) fn is_in(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

fn unreadable(error: &regex_syntax::Error, whole: Range<usize>) -> Bad {
    let (span, what) = match error {
        regex_syntax::Error::Parse(error) => (Some(error.span()), error.kind().to_string()),
        regex_syntax::Error::Translate(error) => (Some(error.span()), error.kind().to_string()),
        other => (None, other.to_string()),
    };
    let at = span.map_or(whole, |span| span.start.offset..span.end.offset);
    let help = if what.contains("look-around") || what.contains("backreferences") {
        "patterns are those of RE2, which take linear time: split it into several conditions"
    } else {
        "a sign that is meant as itself takes a backslash; in r\"…\" it stands as it is written"
    };
    Bad { at, message: format!("the pattern cannot be read: {what}"), help }
}

/// The place in a condition of a stretch of the text that is written at `literal`.
pub(super) fn within_quoted(condition: &str, literal: &Range<usize>, part: &Range<usize>) -> Range<usize> {
    let Some(written) = condition.get(literal.clone()) else {
        return literal.clone();
    };
    // Parentheses around a text count as part of it.
    let bare = written.trim_start_matches(|c: char| c == '(' || c.is_whitespace());
    let is_raw = bare.starts_with(['r', 'R']);
    // Curly quotes are longer than one byte, and were reported.
    let quote = bare.chars().nth(usize::from(is_raw)).map_or(0, char::len_utf8);
    let opening = written.len() - bare.len() + usize::from(is_raw) + quote;
    let (mut at, mut decoded) = (opening, 0);
    let mut start = None;
    while let Some(c) = written.get(at..).and_then(|rest| rest.chars().next()) {
        if decoded >= part.start && start.is_none() {
            start = Some(at);
        }
        if decoded >= part.end {
            break;
        }
        let is_escape = c == '\\' && !is_raw;
        // Every escape that can be read is one byte and stands for one byte.
        at += if is_escape { 2 } else { c.len_utf8() };
        decoded += if is_escape { 1 } else { c.len_utf8() };
    }
    let start = start.unwrap_or(opening);
    literal.start + start..literal.start + at.max(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_anywhere_unless_it_is_tied() {
        let is_in = |pattern: &str, text: &str| Pattern::compile(pattern).unwrap().is_in(text);
        assert!(is_in(r"order \d+", "my order 17 please"));
        assert!(!is_in(r"^order", "my order"));
        assert!(is_in(r"(?i)\p{Cyrillic}+$", "Hola ПРИВЕТ"));
        assert!(is_in("", ""));
    }

    #[test]
    fn bad_patterns_say_where() {
        let place = |pattern: &str| {
            let bad = Pattern::compile(pattern).unwrap_err();
            pattern[bad.at].to_owned()
        };
        assert_eq!(place("a(b"), "(");
        assert_eq!(place("a[z-a]"), "z-a");
        assert_eq!(place(r"a\pX"), r"\pX");
        assert_eq!(place("ñ*?**(?=x)"), "(?=");
        assert_eq!(place(r"(a)\1"), r"\1");
    }

    #[test]
    fn costly_patterns_are_refused() {
        for pattern in ["(a{100}){100}", r"\w{100}", &"(".repeat(500), &"a".repeat(1_001)] {
            assert!(Pattern::compile(pattern).is_err(), "{pattern}");
        }
        for pattern in [r"\w+@\w+\.\w+", r"^\+?\d{9,15}$", "(?i)factura|invoice|cuenta"] {
            assert!(Pattern::compile(pattern).is_ok(), "{pattern}");
        }
    }

    #[test]
    fn places_in_the_text_are_places_in_the_condition() {
        let check = |condition: &str, part: Range<usize>, expected: &str| {
            let start = condition.find(['"', '\'', 'r']).unwrap();
            let place = within_quoted(condition, &(start..condition.len()), &part);
            assert_eq!(&condition[place], expected, "{condition}");
        };
        check(r#"x "abc""#, 1..2, "b");
        check(r#"x "\\d(b""#, 2..3, "(");
        check(r#"x "\\d(b""#, 0..2, r"\\d");
        check(r#"x r"\d(b""#, 2..3, "(");
        check(r#"x "ñ(b""#, 2..3, "(");
        check(r#"x "ab""#, 2..2, "");
        let parentheses = r#"((r"\ñ("))"#;
        assert_eq!(&parentheses[within_quoted(parentheses, &(0..parentheses.len()), &(3..4))], "(");
    }
}
