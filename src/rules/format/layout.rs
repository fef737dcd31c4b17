//! Lines as text: columns, breaks and blank lines.

use super::tree::{Line, Piece, Value};

/// A line should not be longer than this, in characters, if it can be broken.
const WIDTH: usize = 110;
const INDENT: usize = 2;
/// Between a line and its comment.
const GAP: usize = 2;

/// A line that waits for its column.
struct Row {
    /// The key, when `=` follows.
    key: Option<String>,
    value: String,
    comment: Option<String>,
}

/// The text of the lines.
pub(super) fn lay_out(lines: &[Line]) -> String {
    let mut out = String::new();
    let mut block: Vec<Row> = Vec::new();
    // A blank line is owed as soon as something follows.
    let mut owed = false;
    for (index, line) in lines.iter().enumerate() {
        if !matches!(line, Line::Pair { .. }) {
            flush(&mut block, 0, &mut out);
        }
        match line {
            Line::Blank => owed |= !out.is_empty() && !follows_header(lines, index),
            Line::Comment(text) => {
                owed |= leads_to_header(lines, index) && !out.is_empty();
                separate(&mut owed, &mut out);
                push_line(&mut out, 0, text);
            }
            Line::Header { text, comment } => {
                owed |= !out.is_empty()
                    && !matches!(index.checked_sub(1).map(|at| &lines[at]), Some(Line::Comment(_)));
                separate(&mut owed, &mut out);
                let comment = comment.as_ref().map(|comment| format!("{}{comment}", " ".repeat(GAP)));
                push_line(&mut out, 0, &format!("{text}{}", comment.unwrap_or_default()));
            }
            Line::Pair { key, value, comment } => {
                if owed {
                    flush(&mut block, 0, &mut out);
                }
                separate(&mut owed, &mut out);
                push_row(&mut block, Some(key), value, "", comment.as_ref(), 0, &mut out);
            }
        }
    }
    flush(&mut block, 0, &mut out);
    out
}

/// Only blank lines stand between this one and a header before it.
fn follows_header(lines: &[Line], index: usize) -> bool {
    let before = lines[..index].iter().rev().find(|line| !matches!(line, Line::Blank));
    matches!(before, Some(Line::Header { .. }))
}

/// The first of comments right above a header.
fn leads_to_header(lines: &[Line], index: usize) -> bool {
    let is_first = index == 0 || !matches!(lines[index - 1], Line::Comment(_));
    let after = lines[index..].iter().find(|line| !matches!(line, Line::Comment(_)));
    is_first && matches!(after, Some(Line::Header { .. }))
}

fn separate(owed: &mut bool, out: &mut String) {
    if *owed {
        out.push('\n');
        *owed = false;
    }
}

fn push_line(out: &mut String, indent: usize, text: &str) {
    out.push_str(&" ".repeat(indent));
    out.push_str(text);
    out.push('\n');
}

/// Adds a row to its block; one of several lines ends the block.
fn push_row(
    block: &mut Vec<Row>,
    key: Option<&String>,
    value: &Value,
    end: &str,
    comment: Option<&String>,
    indent: usize,
    out: &mut String,
) {
    let room = WIDTH.saturating_sub(indent + key.map_or(0, |key| width(key) + 3) + end.len());
    let written = match inline(value).filter(|line| width(line) <= room || !breaks(value)) {
        Some(line) => line + end,
        None => broken(value, indent) + end,
    };
    let is_long = written.contains('\n');
    block.push(Row { key: key.cloned(), value: written, comment: comment.cloned() });
    if is_long {
        flush(block, indent, out);
    }
}

fn flush(block: &mut Vec<Row>, indent: usize, out: &mut String) {
    let keys = block.iter().filter_map(|row| row.key.as_ref()).map(|key| width(key)).max().unwrap_or(0);
    let rows: Vec<(String, Option<String>)> = block
        .drain(..)
        .map(|row| {
            let line = match row.key {
                Some(key) => format!("{key}{} = {}", " ".repeat(keys - width(&key)), row.value),
                None => row.value,
            };
            (line, row.comment)
        })
        .collect();
    let one_line = |line: &str| !line.contains('\n');
    let commented = rows.iter().filter(|(line, comment)| comment.is_some() && one_line(line));
    let column = commented.map(|(line, _)| width(line)).max().unwrap_or(0);
    for (line, comment) in rows {
        let comment = comment.map(|comment| {
            let gap = if one_line(&line) { column - width(&line) } else { 0 };
            format!("{}{comment}", " ".repeat(gap + GAP))
        });
        push_line(out, indent, &(line + &comment.unwrap_or_default()));
    }
}

/// A value that is better broken when it is too long for a line.
fn breaks(value: &Value) -> bool {
    matches!(value, Value::List(pieces) if !pieces.is_empty())
}

/// The value on one line; `None` when it must not be on one.
fn inline(value: &Value) -> Option<String> {
    if let Value::List(pieces) = value
        && pieces.len() > 1
        && pieces.iter().any(|piece| matches!(piece, Piece::Item { value: Value::Section(_), .. }))
    {
        return None;
    }
    tight(value)
}

/// The value on one line, if it can be.
fn tight(value: &Value) -> Option<String> {
    let (pieces, [open, close]) = match value {
        Value::Plain(text) => return Some(text.clone()),
        Value::List(pieces) => (pieces, ["[", "]"]),
        Value::Section(pieces) if pieces.is_empty() => return Some("{}".into()),
        Value::Section(pieces) => (pieces, ["{ ", " }"]),
    };
    let mut items = Vec::new();
    for piece in pieces {
        let Piece::Item { key, value, comment: None } = piece else {
            return None;
        };
        let written = tight(value).filter(|value| !value.contains('\n'))?;
        items.push(key.as_ref().map_or_else(|| written.clone(), |key| format!("{key} = {written}")));
    }
    Some(format!("{open}{}{close}", items.join(", ")))
}

/// The value over several lines, an item a line.
fn broken(value: &Value, indent: usize) -> String {
    let (pieces, open, close) = match value {
        Value::Plain(text) => return text.clone(),
        Value::List(pieces) => (pieces, '[', ']'),
        Value::Section(pieces) => (pieces, '{', '}'),
    };
    let mut out = format!("{open}\n");
    let mut block = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Comment(text) => {
                flush(&mut block, indent + INDENT, &mut out);
                push_line(&mut out, indent + INDENT, text);
            }
            Piece::Item { key, value, comment } => {
                push_row(&mut block, key.as_ref(), value, ",", comment.as_ref(), indent + INDENT, &mut out);
            }
        }
    }
    flush(&mut block, indent + INDENT, &mut out);
    out.push_str(&" ".repeat(indent));
    out.push(close);
    out
}

fn width(text: &str) -> usize {
    text.chars().count()
}
