//! Reading JSON bodies: straight into typed requests, with problems that say where and what instead.

use serde::Deserialize;
use serde_json::error::Category;

use super::json_place::{object_at, pointer_at};
use super::problem::{Place, Problem};
use super::problem_codes as codes;
use crate::nearest::nearest;

/// Reads a body.
///
/// # Errors
/// A problem with the place of the mistake.
pub fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| explain(body, &error))
}

/// Only mistaken requests come here, so it may take its time.
fn explain(body: &[u8], error: &serde_json::Error) -> Problem {
    let text = error.to_string();
    // The place is said apart.
    let text = text.rsplit_once(" at line ").map_or(&*text, |(text, _)| text);
    let kind = match error.classify() {
        Category::Data if text.starts_with("unknown field") => &codes::UNKNOWN_FIELD,
        Category::Data if text.starts_with("unknown variant") => &codes::BAD_VALUE,
        Category::Data if text.starts_with("missing field") => &codes::MISSING_FIELD,
        Category::Data if text.starts_with("invalid type") => &codes::WRONG_TYPE,
        Category::Data if text.starts_with("an identifier") => &codes::BAD_ID,
        Category::Data => &codes::BAD_VALUE,
        Category::Syntax | Category::Eof | Category::Io => &codes::MALFORMED_JSON,
    };
    let (line, column) = (error.line(), error.column());
    // What is missing has no place of its own.
    let pointer = if kind == &codes::MISSING_FIELD {
        object_at(body, line, column)
    } else {
        pointer_at(body, line, column)
    };
    let place = Place { pointer, line, column };
    Problem { suggestion: suggestion(text), place: Some(Box::new(place)), ..Problem::new(kind, text) }
}

/// Of ``unknown field `chanel`, expected one of `chat`, `channel` `` finds `channel`.
pub fn suggestion(text: &str) -> Option<Box<str>> {
    let is_unknown = text.starts_with("unknown field") || text.starts_with("unknown variant");
    let mut quoted = text.split('`').skip(1).step_by(2);
    let wrong = quoted.next().filter(|_| is_unknown)?;
    nearest(wrong, quoted).map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::views::dialog::NewDialog;

    #[track_caller]
    fn check(body: &str, code: &str, pointer: &str, at: (usize, usize), says: &str) -> Problem {
        let problem = read::<NewDialog>(body.as_bytes()).unwrap_err();
        let place = problem.place.as_deref().unwrap();
        assert_eq!((problem.kind.code, &*place.pointer), (code, pointer), "{problem}");
        assert_eq!((place.line, place.column), at, "{problem}");
        assert!(problem.detail.contains(says), "{problem}");
        assert!(!problem.detail.contains(" at line "), "{problem}");
        problem
    }

    #[test]
    fn malformed_json_says_where() {
        check("{\n \"id\": }", "malformed_json", "/id", (2, 8), "expected value");
        check("{\"id\": \"d1\"", "malformed_json", "/id", (1, 11), "EOF");
        check("", "malformed_json", "", (1, 0), "EOF");
    }

    #[test]
    fn an_unknown_field_gets_a_suggestion() {
        let problem = check(r#"{"chanel": "wa"}"#, "unknown_field", "/chanel", (1, 9), "`chanel`");
        assert_eq!(problem.suggestion.as_deref(), Some("channel"));
        let problem = check(r#"{"kind": "custommer"}"#, "bad_value", "/kind", (1, 20), "`custommer`");
        assert_eq!(problem.suggestion.as_deref(), Some("customer"));
    }

    #[test]
    fn a_wrong_value_says_what_would_be_right() {
        check(r#"{"id": 7}"#, "wrong_type", "/id", (1, 8), "expected an identifier");
        check(r#"{"id": "a b"}"#, "bad_id", "/id", (1, 12), "may not contain ' '");
        check(r#"{"message": {"at": "now"}}"#, "bad_value", "/message/at", (1, 24), "RFC 3339");
        check(r#"{"members": ["a", {}]}"#, "wrong_type", "/members/1", (1, 18), "expected an identifier");
    }
}
