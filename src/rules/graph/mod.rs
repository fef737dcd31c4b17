//! A rule set as a picture: what is asked of a dialog in which order, and what comes of each answer.
//!
//! `chart` tells the set as bands of rows: a question, and the chain of what follows when it is answered
//! with yes; a no leads to the row below. The three writers only write that down.

mod chart;
mod dot;
mod mermaid;
mod svg;
mod wrap;

use super::effective::Effective;
use chart::chart;

/// For pages that render Mermaid, such as those of GitHub and GitLab.
pub fn mermaid(rules: &Effective) -> String {
    mermaid::write(&chart(rules))
}

/// For Graphviz.
pub fn dot(rules: &Effective) -> String {
    dot::write(&chart(rules))
}

/// For browsers; the same rules always give the same bytes.
pub fn svg(rules: &Effective) -> String {
    svg::write(&chart(rules))
}
