//! `reparto rules graph`: rules as a picture.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::exit::{FINDINGS, FINE, Failure};
use crate::cli::parts;
use crate::cli::terminal::Terminal;
use crate::rules::graph;

/// `reparto rules graph …`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  reparto rules graph rules/retail.toml --format svg > retail.svg    For browsers and pages; light and dark
  reparto rules graph rules/ --format mermaid                        For Markdown: GitHub, GitLab and wikis draw it
  reparto rules graph rules/ --format dot | dot -Tpdf > rules.pdf    With Graphviz

Questions stand on the left, in the order in which they are asked; to the right of each, what follows when it is
answered with yes. Steps widen the search: who was asked before stays in the running. A step at which nobody is
present is skipped at once.

Exit codes:
  0  printed
  1  the rules have errors, which are printed instead
  2  a path could not be read")]
pub struct GraphArgs {
    /// A rule file, or a folder of rule files
    #[arg(value_name = "PATH")]
    pub path: PathBuf,
    /// What to write it for
    #[arg(long, value_enum, default_value_t)]
    pub format: GraphFormat,
}

/// What a picture is written for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// For Markdown
    #[default]
    Mermaid,
    /// For Graphviz
    Dot,
    /// For browsers
    Svg,
}

/// Runs the command.
///
/// # Errors
/// A path that cannot be read.
pub fn run(args: &GraphArgs, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let Some(effective) = parts::effective_rules(&args.path, terminal)? else { return Ok(FINDINGS) };
    let picture = match args.format {
        GraphFormat::Mermaid => graph::mermaid(&effective),
        GraphFormat::Dot => graph::dot(&effective),
        GraphFormat::Svg => graph::svg(&effective),
    };
    write!(terminal.out, "{picture}")?;
    Ok(FINE)
}
