//! `reparto rules show`: the effective file, with all defaults.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::exit::{FINDINGS, FINE, Failure};
use crate::cli::parts;
use crate::cli::terminal::Terminal;

/// `reparto rules show …`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  reparto rules show rules/retail.toml              What is in effect; `# default` marks what need not be written
  reparto rules show rules/                         All files of a folder as one
  reparto rules show a.toml --format json | jq .    The file, and the ways (JSON pointers) to all defaults

What is printed is a rule file itself, and does the same.

Exit codes:
  0  printed
  1  the rules have errors, which are printed instead
  2  a path could not be read")]
pub struct ShowArgs {
    /// A rule file, or a folder of rule files
    #[arg(value_name = "PATH")]
    pub path: PathBuf,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    pub format: ShowFormat,
}

/// How the effective file is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ShowFormat {
    /// A rule file
    #[default]
    Toml,
    /// One JSON document
    Json,
}

/// Runs the command.
///
/// # Errors
/// A path that cannot be read.
pub fn run(args: &ShowArgs, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let Some(effective) = parts::effective_rules(&args.path, terminal)? else { return Ok(FINDINGS) };
    match args.format {
        ShowFormat::Toml => write!(terminal.out, "{}", effective.toml())?,
        ShowFormat::Json => writeln!(terminal.out, "{:#}", effective.json())?,
    }
    Ok(FINE)
}
