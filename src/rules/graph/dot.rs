//! A chart as nodes and edges, and for Graphviz.

use super::chart::{Band, Chart, Words};

/// What a node looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Start,
    Question,
    Deed,
    End,
}

/// A box.
#[derive(Debug)]
pub(super) struct Node<'a> {
    pub(super) id: String,
    pub(super) words: &'a Words,
    pub(super) shape: Shape,
}

/// An arrow.
#[derive(Debug)]
pub(super) struct Edge {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) label: String,
}

/// The chart as nodes and edges, each end of a band once.
pub(super) fn walk(chart: &Chart) -> (Vec<Node<'_>>, Vec<Edge>) {
    let (mut nodes, mut edges) = (Vec::new(), Vec::new());
    for (index, band) in chart.bands.iter().enumerate() {
        walk_band(&format!("b{index}"), band, &mut nodes, &mut edges);
    }
    (nodes, edges)
}

fn walk_band<'a>(name: &str, band: &'a Band, nodes: &mut Vec<Node<'a>>, edges: &mut Vec<Edge>) {
    let start = format!("{name}start");
    let end = format!("{name}end");
    nodes.push(Node { id: start.clone(), words: &band.start, shape: Shape::Start });
    // Where the next question is asked from, and after which answer.
    let mut from = Some((start.clone(), String::new()));
    for (row_index, row) in band.rows.iter().enumerate() {
        let question = format!("{name}r{row_index}");
        nodes.push(Node { id: question.clone(), words: &row.question, shape: Shape::Question });
        let (before, label) = from.take().unwrap_or((start.clone(), String::new()));
        edges.push(Edge { from: before, to: question.clone(), label });
        let mut last = question.clone();
        for (link_index, link) in row.chain.iter().enumerate() {
            let id = if link.is_end { end.clone() } else { format!("{question}s{link_index}") };
            if !link.is_end {
                nodes.push(Node { id: id.clone(), words: &link.words, shape: Shape::Deed });
            }
            let is_answer = link_index == 0 && link.after.is_empty() && band.is_ordered && !row.is_last;
            let label = if is_answer { "yes".into() } else { link.after.clone() };
            edges.push(Edge { from: last, to: id.clone(), label });
            last = id;
        }
        if band.is_ordered && !row.is_last {
            from = Some((question, "no".into()));
        }
    }
    if let Some(words) = &band.end {
        let is_reached = from.is_some() && band.is_ordered;
        if is_reached || edges.iter().any(|edge| edge.to == end) {
            nodes.push(Node { id: end.clone(), words, shape: Shape::End });
        }
        if let Some((before, label)) = from.filter(|_| is_reached) {
            edges.push(Edge { from: before, to: end, label });
        }
    }
}

/// Writes the chart for Graphviz.
pub(super) fn write(chart: &Chart) -> String {
    let (nodes, edges) = walk(chart);
    let mut lines = vec![
        "digraph rules {".to_owned(),
        "  node [fontname=\"sans-serif\", fontsize=11, shape=box, style=rounded];".into(),
        "  edge [fontname=\"sans-serif\", fontsize=10];".into(),
    ];
    for node in nodes {
        let shape = match node.shape {
            Shape::Start => ", shape=ellipse, style=solid",
            Shape::Question => ", shape=hexagon, style=solid",
            Shape::Deed => "",
            Shape::End => ", peripheries=2",
        };
        let words = node.words;
        let text = std::iter::once(&words.head).chain(&words.code).chain(&words.notes);
        let label: Vec<String> = text.map(|line| escaped(line)).collect();
        lines.push(format!("  {} [label=\"{}\"{shape}];", node.id, label.join("\\n")));
    }
    for edge in edges {
        lines.push(format!("  {} -> {} [label=\"{}\"];", edge.from, edge.to, escaped(&edge.label)));
    }
    lines.push("}".into());
    lines.join("\n") + "\n"
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace(char::is_control, " ")
}
