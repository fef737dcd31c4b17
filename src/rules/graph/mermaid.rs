//! A chart for Mermaid.

use std::fmt::Write as _;

use super::chart::{Chart, Words};
use crate::rules::graph::dot::{Shape, walk};

/// Writes the chart.
pub(super) fn write(chart: &Chart) -> String {
    let (nodes, edges) = walk(chart);
    let mut lines = vec!["flowchart TD".to_owned()];
    for node in nodes {
        let label = label(node.words);
        let (open, close) = match node.shape {
            Shape::Start => ("([", "])"),
            Shape::Question => ("{{", "}}"),
            Shape::Deed => ("[", "]"),
            Shape::End => ("[[", "]]"),
        };
        lines.push(format!("  {}{open}\"{label}\"{close}", node.id));
    }
    for edge in edges {
        let arrow =
            if edge.label.is_empty() { "-->".into() } else { format!("-->|\"{}\"|", escaped(&edge.label)) };
        lines.push(format!("  {} {arrow} {}", edge.from, edge.to));
    }
    lines.join("\n") + "\n"
}

fn label(words: &Words) -> String {
    let code = words.code.iter().map(|code| format!("<code>{}</code>", escaped(code)));
    let notes = words.notes.iter().map(|note| escaped(note));
    let head = format!("<b>{}</b>", escaped(&words.head));
    std::iter::once(head).chain(code).chain(notes).collect::<Vec<_>>().join("<br/>")
}

/// Mermaid writes characters that mean something to it as entities by number.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_alphanumeric() || matches!(c, ' ' | '.' | ',' | '_' | '-' | ':' | '\'') {
            out.push(c);
        } else {
            let _ = write!(out, "#{};", u32::from(c));
        }
    }
    out
}
