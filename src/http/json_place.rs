//! Where in a JSON text a line and a column are, as an RFC 6901 pointer.

/// The pointer to the value at, or the key before, a line and column (from one, in bytes).
///
/// The text may be broken from there on: only what stands before is read.
pub fn pointer_at(text: &[u8], line: usize, column: usize) -> String {
    open_at(text, line, column).iter().filter_map(Level::token).collect()
}

/// The pointer to the object that ends at a line and column.
pub fn object_at(text: &[u8], line: usize, column: usize) -> String {
    let mut open = open_at(text, line, column);
    if let Some(Level::Object(key)) = open.last_mut() {
        *key = None;
    }
    open.iter().filter_map(Level::token).collect()
}

/// The objects and arrays that are open there.
fn open_at(text: &[u8], line: usize, column: usize) -> Vec<Level> {
    let before = &text[..offset(text, line, column).min(text.len())];
    let mut open: Vec<Level> = Vec::new();
    let mut rest = before;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'{' => open.push(Level::Object(None)),
            b'[' => open.push(Level::Array(0)),
            // The bracket that the mistake was noticed at still belongs to what it closes.
            b'}' | b']' if !rest.is_empty() => {
                open.pop();
            }
            b',' => match open.last_mut() {
                Some(Level::Array(index)) => *index += 1,
                Some(Level::Object(key)) => *key = None,
                None => {}
            },
            b'"' => {
                let (string, after) = split_string(rest);
                rest = after;
                if let Some(Level::Object(key @ None)) = open.last_mut() {
                    *key = Some(String::from_utf8_lossy(string).into_owned());
                }
            }
            _ => {}
        }
    }
    open
}

enum Level {
    /// The key that was read last.
    Object(Option<String>),
    /// The index of the present element.
    Array(usize),
}

impl Level {
    fn token(&self) -> Option<String> {
        match self {
            Self::Object(key) => {
                let key = key.as_ref()?;
                Some(format!("/{}", key.replace('~', "~0").replace('/', "~1")))
            }
            Self::Array(index) => Some(format!("/{index}")),
        }
    }
}

/// The contents of a string and what follows it; escapes are left as they are.
fn split_string(text: &[u8]) -> (&[u8], &[u8]) {
    let mut at = 0;
    while at < text.len() {
        match text[at] {
            b'"' => return (&text[..at], &text[at + 1..]),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    (text, &[])
}

fn offset(text: &[u8], line: usize, column: usize) -> usize {
    let start = text
        .split(|byte| *byte == b'\n')
        .take(line.saturating_sub(1))
        .map(|line| line.len() + 1)
        .sum::<usize>();
    start + column
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn finds_the_way_to_a_value() {
        let text = br#"{"a": {"b": [1, {"c/d": 2}]}, "e": "x,y"}"#;
        let at = |needle: &str| {
            let position = String::from_utf8_lossy(text).find(needle).unwrap();
            pointer_at(text, 1, position + 1)
        };
        assert_eq!(at("1,"), "/a/b/0");
        assert_eq!(at("2}"), "/a/b/1/c~1d");
        assert_eq!(at("y\""), "/e");
        assert_eq!(at("{"), "");
        assert_eq!(object_at(br#"{"a": {"b": 1}}"#, 1, 14), "/a");
    }

    #[test]
    fn counts_lines() {
        assert_eq!(pointer_at(b"{\n\"a\": 1,\n\"b\": 2}", 3, 6), "/b");
        assert_eq!(pointer_at(b"{\n\"a\": 1", 9, 9), "/a");
    }

    proptest! {
        #[test]
        fn takes_any_text(text: Vec<u8>, line in 0usize..9, column in 0usize..99) {
            pointer_at(&text, line, column);
        }
    }
}
