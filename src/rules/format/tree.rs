//! A text as lines with keys and values, comments and blank lines included.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "each place has a use for few of the many kinds of events"
)]

use toml_parser::decoder::Encoding;
use toml_parser::parser::{Event, EventKind, parse_document};
use toml_parser::{Source, Span};

use super::written::{key_of, text_of};

/// A line of a file, or several when the value takes several.
#[derive(Debug)]
pub(super) enum Line {
    Blank,
    Comment(String),
    Header { text: String, comment: Option<String> },
    Pair { key: String, value: Value, comment: Option<String> },
}

#[derive(Debug)]
pub(super) enum Value {
    /// As it is to be written.
    Plain(String),
    List(Vec<Piece>),
    Section(Vec<Piece>),
}

/// What stands between brackets or braces.
#[derive(Debug)]
pub(super) enum Piece {
    Comment(String),
    /// An item, or a key with its value.
    Item {
        key: Option<String>,
        value: Value,
        comment: Option<String>,
    },
}

/// The lines of a text that is TOML.
pub(super) fn lines(text: &str) -> Vec<Line> {
    let source = Source::new(text);
    let tokens = source.lex().into_vec();
    let mut events: Vec<Event> = Vec::new();
    // The caller knows that there are none.
    parse_document(&tokens, &mut events, &mut ());
    events.retain(|event| event.kind() != EventKind::Whitespace);
    let mut walk = Walk { source, events: &events, at: 0 };
    let mut lines = Vec::new();
    while let Some(event) = walk.next() {
        match event.kind() {
            EventKind::Newline => lines.push(Line::Blank),
            EventKind::Comment => {
                lines.push(Line::Comment(walk.comment(event)));
                walk.end_line();
            }
            EventKind::StdTableOpen | EventKind::ArrayTableOpen => {
                let key = walk.key();
                walk.at += 1;
                let is_list = event.kind() == EventKind::ArrayTableOpen;
                let text = if is_list { format!("[[{key}]]") } else { format!("[{key}]") };
                lines.push(Line::Header { text, comment: walk.comment_at_end() });
            }
            EventKind::SimpleKey => {
                walk.at -= 1;
                let (key, value) = walk.pair();
                lines.push(Line::Pair { key, value, comment: walk.comment_at_end() });
            }
            _ => {}
        }
    }
    lines
}

/// Among the escapes of a text is one such as `\u00e9`.
fn names_a_character(written: &str) -> bool {
    let mut rest = written.chars();
    while let Some(c) = rest.next() {
        if c == '\\' && matches!(rest.next(), Some('u' | 'U' | 'x')) {
            return true;
        }
    }
    false
}

struct Walk<'a> {
    source: Source<'a>,
    /// All but white space.
    events: &'a [Event],
    at: usize,
}

impl Walk<'_> {
    fn next(&mut self) -> Option<Event> {
        let event = self.events.get(self.at).copied();
        self.at += 1;
        event
    }

    fn peek(&self) -> Option<EventKind> {
        self.events.get(self.at).map(Event::kind)
    }

    fn raw(&self, span: Span) -> &str {
        self.source.input().get(span.start()..span.end()).unwrap_or_default()
    }

    /// `#x` → `# x`; directives such as `#:schema` and rulers such as `####` stay.
    fn comment(&self, event: Event) -> String {
        let text = self.raw(event.span()).trim_end();
        let said = text.strip_prefix('#').unwrap_or_default();
        if said.is_empty() || said.starts_with([' ', '\t', ':', '#', '!']) {
            text.to_owned()
        } else {
            format!("# {said}")
        }
    }

    fn end_line(&mut self) {
        if self.peek() == Some(EventKind::Newline) {
            self.at += 1;
        }
    }

    fn comment_at_end(&mut self) -> Option<String> {
        let comment = self.comment_here();
        self.end_line();
        comment
    }

    fn comment_here(&mut self) -> Option<String> {
        let event = *self.events.get(self.at).filter(|event| event.kind() == EventKind::Comment)?;
        self.at += 1;
        Some(self.comment(event))
    }

    /// A key of one part or several.
    fn key(&mut self) -> String {
        let mut parts = Vec::new();
        while let Some(kind @ (EventKind::SimpleKey | EventKind::KeySep)) = self.peek() {
            let event = self.events[self.at];
            self.at += 1;
            if kind == EventKind::SimpleKey {
                let mut name = std::borrow::Cow::Borrowed("");
                if let Some(raw) = self.source.get(event) {
                    raw.decode_key(&mut name, &mut ());
                }
                parts.push(key_of(&name));
            }
        }
        parts.join(".")
    }

    fn pair(&mut self) -> (String, Value) {
        let key = self.key();
        // The sign between them.
        self.at += 1;
        let is_condition = key == "when";
        let value = self.value(is_condition);
        (key, value)
    }

    fn value(&mut self, is_condition: bool) -> Value {
        let Some(event) = self.next() else {
            return Value::Plain(String::new());
        };
        match event.kind() {
            EventKind::ArrayOpen => Value::List(self.pieces(EventKind::ArrayClose)),
            EventKind::InlineTableOpen => Value::Section(self.pieces(EventKind::InlineTableClose)),
            _ => Value::Plain(self.scalar(event, is_condition)),
        }
    }

    fn scalar(&self, event: Event, is_condition: bool) -> String {
        let written = self.raw(event.span());
        let is_short = matches!(event.encoding(), Some(Encoding::BasicString | Encoding::LiteralString));
        // Who escapes a character by its number wants it to be seen.
        let by_number = event.encoding() == Some(Encoding::BasicString) && names_a_character(written);
        if !is_short || by_number {
            return written.to_owned();
        }
        let mut text = std::borrow::Cow::Borrowed("");
        match self.source.get(event) {
            Some(raw) => {
                let _ = raw.decode_scalar(&mut text, &mut ());
                text_of(&text, is_condition)
            }
            None => written.to_owned(),
        }
    }

    fn pieces(&mut self, close: EventKind) -> Vec<Piece> {
        let mut pieces: Vec<Piece> = Vec::new();
        let mut is_same_line = false;
        while let Some(event) = self.next() {
            match event.kind() {
                kind if kind == close => break,
                EventKind::Newline => is_same_line = false,
                EventKind::Comment => {
                    let text = self.comment(event);
                    match pieces.last_mut() {
                        Some(Piece::Item { comment: slot @ None, .. }) if is_same_line => *slot = Some(text),
                        _ => pieces.push(Piece::Comment(text)),
                    }
                }
                EventKind::SimpleKey => {
                    self.at -= 1;
                    let (key, value) = self.pair();
                    pieces.push(Piece::Item { key: Some(key), value, comment: None });
                    is_same_line = true;
                }
                EventKind::Scalar | EventKind::ArrayOpen | EventKind::InlineTableOpen => {
                    self.at -= 1;
                    let value = self.value(false);
                    pieces.push(Piece::Item { key: None, value, comment: None });
                    is_same_line = true;
                }
                // Commas.
                _ => {}
            }
        }
        pieces
    }
}
