//! From the text of a condition to its words and signs, one pass from left to right. Operators of other
//! languages are reported and then read as what they mean, so that the rest is checked in the same run.

use std::ops::Range;
use std::sync::Arc;

use super::Report;
use crate::rules::codes::Code;
use crate::rules::durations;

/// A word or sign.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Number(f64),
    Text(Arc<str>),
    Name(Arc<str>),
    /// Any sign, and the word `in`.
    Sign(&'static str),
    /// Something that was reported as unreadable.
    Broken,
    End,
}

/// Signs, longer ones before those they begin with. The second is what it means when it is foreign.
const SIGNS: &[(&str, Option<&str>)] = &[
    ("===", Some("==")),
    ("!==", Some("!=")),
    ("&&", None),
    ("||", None),
    ("==", None),
    ("!=", None),
    ("<=", None),
    (">=", None),
    ("<>", Some("!=")),
    ("=>", Some(">=")),
    ("=<", Some("<=")),
    ("=", Some("==")),
    ("&", Some("&&")),
    ("|", Some("||")),
    ("<", None),
    (">", None),
    ("!", None),
    ("+", None),
    ("-", None),
    ("*", None),
    ("/", None),
    ("(", None),
    (")", None),
    ("[", None),
    ("]", None),
    (",", None),
    (".", None),
    ("?", None),
    (":", None),
    ("≠", Some("!=")),
    ("≤", Some("<=")),
    ("≥", Some(">=")),
];

/// Words of other languages, in lower case, and what they mean.
const WORDS: &[(&str, &str)] = &[("and", "&&"), ("or", "||"), ("not", "!"), ("is", "==")];

/// Reads all; the last token is [`Token::End`].
pub(super) fn tokens(text: &str, report: &mut Report<'_>) -> Vec<(Token, Range<usize>)> {
    let mut lexer = Lexer { text, at: 0, report };
    let mut tokens = Vec::new();
    loop {
        let skipped = lexer.rest().trim_start();
        lexer.at = text.len() - skipped.len();
        let start = lexer.at;
        let after_dot = matches!(tokens.last(), Some((Token::Sign("."), _)));
        let token = lexer.next(after_dot);
        let is_end = token == Token::End;
        tokens.push((token, start..lexer.at));
        if is_end {
            return tokens;
        }
    }
}

struct Lexer<'a, 'r> {
    text: &'a str,
    at: usize,
    report: &'a mut Report<'r>,
}

impl<'a> Lexer<'a, '_> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn next(&mut self, after_dot: bool) -> Token {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return Token::End;
        };
        if first.is_ascii_digit() {
            return self.number();
        }
        if matches!(first, 'r' | 'R') && rest[1..].starts_with(['"', '\'']) {
            return self.raw();
        }
        if first.is_alphabetic() || first == '_' {
            return self.word(after_dot);
        }
        if let Some(closing) = closing_quote(first) {
            return self.quoted(first, closing);
        }
        for (sign, meaning) in SIGNS {
            if rest.starts_with(sign) {
                let start = self.at;
                self.at += sign.len();
                return Token::Sign(match meaning {
                    Some(meaning) => self.foreign(start, sign, meaning),
                    None => sign,
                });
            }
        }
        let start = self.at;
        self.at += first.len_utf8();
        let message = format!("{first:?} has no meaning in a condition");
        self.broken(start, &message, "see the list of signs: `R301`")
    }

    fn foreign(&mut self, start: usize, written: &str, meaning: &'static str) -> &'static str {
        let message = format!("`{written}` is written `{meaning}` in conditions");
        let finding = self.report.finding(Code::ForeignOperator, &(start..self.at), message);
        self.report.add(finding.replace_by(meaning));
        meaning
    }

    fn broken(&mut self, start: usize, message: &str, help: &str) -> Token {
        let finding = self.report.finding(Code::BadText, &(start..self.at), message);
        self.report.add(finding.help(help));
        Token::Broken
    }

    fn word(&mut self, after_dot: bool) -> Token {
        let rest = self.rest();
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let (start, word) = (self.at, &rest[..length]);
        self.at += length;
        if after_dot {
            return Token::Name(word.into());
        }
        if word == "in" {
            return Token::Sign("in");
        }
        let foreign = WORDS.iter().find(|(foreign, _)| word.eq_ignore_ascii_case(foreign));
        match foreign {
            Some((_, meaning)) => Token::Sign(self.foreign(start, word, meaning)),
            None => Token::Name(word.into()),
        }
    }

    fn number(&mut self) -> Token {
        let (start, rest) = (self.at, self.rest());
        let bytes = rest.as_bytes();
        let digits = |from: usize| {
            let is_digit = |byte: &&u8| byte.is_ascii_digit();
            bytes.get(from..).map_or(0, |rest| rest.iter().take_while(is_digit).count())
        };
        let mut length = digits(0);
        if bytes.get(length) == Some(&b'.') && digits(length + 1) > 0 {
            length += 1 + digits(length + 1);
        }
        if matches!(bytes.get(length), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
            let exponent = digits(length + 1 + sign);
            if exponent > 0 {
                length += 1 + sign + exponent;
            }
        }
        let stuck =
            rest[length..].find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len() - length);
        self.at += length + stuck;
        if stuck > 0 {
            let word = &rest[..length + stuck];
            let message = format!("`{word}` is not a number");
            if durations::parse(word).is_err() {
                return self.broken(start, &message, "numbers in conditions have no unit");
            }
            let finding = self.report.finding(Code::BadText, &(start..self.at), message);
            self.report.add(finding.replace_by(format!("duration(\"{word}\")")));
            return Token::Broken;
        }
        match rest[..length].parse::<f64>() {
            Ok(number) if number.is_finite() => Token::Number(number),
            _ => self.broken(start, "the number is too large", "write a smaller number"),
        }
    }

    /// A text in which backslashes are nothing special, for patterns: `r"\d+"`.
    fn raw(&mut self) -> Token {
        let start = self.at;
        let rest = self.rest();
        let quote = &rest[1..2];
        let line = rest[2..].lines().next().unwrap_or_default();
        if let Some(length) = line.find(quote) {
            self.at += 2 + length + 1;
            return Token::Text(line[..length].into());
        }
        self.at += 2 + line.len();
        let message = format!("the text that begins here has no closing {quote}");
        self.broken(start, &message, "close it on the same line")
    }

    fn quoted(&mut self, opening: char, closing: char) -> Token {
        let start = self.at;
        let mut text = String::new();
        let mut is_broken = false;
        self.at += opening.len_utf8();
        loop {
            let Some(c) = self.rest().chars().next().filter(|c| *c != '\n') else {
                let message = format!("the text that begins here has no closing {closing}");
                let help = "close it on the same line";
                return self.broken(start, &message, help);
            };
            self.at += c.len_utf8();
            if c == closing {
                break;
            }
            if c != '\\' {
                text.push(c);
                continue;
            }
            let escaped = self.rest().chars().next();
            self.at += escaped.map_or(0, char::len_utf8);
            match escaped {
                Some('n') => text.push('\n'),
                Some('r') => text.push('\r'),
                Some('t') => text.push('\t'),
                Some(c @ ('\\' | '"' | '\'')) => text.push(c),
                _ => {
                    let place = self.at - 1 - escaped.map_or(0, char::len_utf8);
                    let sequence = &self.text[place..self.at];
                    let message = format!("there is no backslash sequence {sequence}");
                    let finding = self.report.finding(Code::BadText, &(place..self.at), message);
                    self.report.add(finding.replace_by(format!("\\{sequence}")));
                    is_broken = true;
                }
            }
        }
        if opening != closing {
            let message = "the quotes are curly";
            let finding = self.report.finding(Code::BadText, &(start..self.at), message);
            let straight = format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
            self.report.add(finding.replace_by(straight));
        }
        if is_broken { Token::Broken } else { Token::Text(text.into()) }
    }
}

fn closing_quote(opening: char) -> Option<char> {
    match opening {
        '"' | '\'' => Some(opening),
        '“' | '”' | '„' => Some('”'),
        '‘' | '’' => Some('’'),
        '«' => Some('»'),
        _ => None,
    }
}
