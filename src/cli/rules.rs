//! `reparto rules`: checks rule files without a server.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::exit::{FINDINGS, FINE, Failure};
use super::parts;
use super::terminal::Terminal;

/// `reparto rules …`
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// Checks rule files: every problem in one run, with its place and a way to mend it
    Check(CheckArgs),
    /// Explains the code of a problem, such as R204
    ExplainCode {
        /// The code as `rules check` prints it in brackets
        code: String,
    },
}

/// `reparto rules check …`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  reparto rules check rules/                        Every file of a folder as one rule set
  reparto rules check a.toml b.toml                 Two rule sets, each checked on its own
  reparto rules check rules/ --format github        Annotations in a GitHub workflow
  reparto rules check rules/ --format json | jq .   For editors and other programs

Exit codes:
  0  nothing to object to; warnings alone do not count unless --strict is given
  1  at least one problem
  2  a path could not be read")]
pub struct CheckArgs {
    /// Rule files, or folders of rule files; each is one rule set
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// How to print problems
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Warnings count as problems
    #[arg(long)]
    pub strict: bool,
}

/// How problems are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people, with the lines in question
    #[default]
    Human,
    /// One JSON document for each path
    Json,
    /// Annotations of GitHub workflows
    Github,
}

/// Runs the command.
///
/// # Errors
/// A path that cannot be read, a code that does not exist.
pub fn run(command: RulesCommand, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    match command {
        RulesCommand::Check(args) => check(&args, terminal),
        RulesCommand::ExplainCode { code } => {
            let code = code.to_uppercase();
            let text = parts::explain_code(&code).ok_or_else(|| {
                Failure::new(
                    format!("there is no code {code}"),
                    "codes look like R204; `rules check` prints them in brackets",
                )
            })?;
            writeln!(terminal.out, "{}", text.trim_end())?;
            Ok(FINE)
        }
    }
}

fn check(args: &CheckArgs, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let mut exit = FINE;
    for path in &args.paths {
        let checked = parts::check_rules(path)?;
        let text = checked.render(args.format, terminal.colour);
        if !text.is_empty() {
            writeln!(terminal.out, "{}", text.trim_end())?;
        }
        if args.format == Format::Human {
            writeln!(terminal.err, "{}: {}", path.display(), verdict(checked.errors, checked.warnings))?;
        }
        if checked.errors > 0 || (args.strict && checked.warnings > 0) {
            exit = FINDINGS;
        }
    }
    Ok(exit)
}

fn verdict(errors: usize, warnings: usize) -> String {
    let count = |n: usize, word: &str| match n {
        0 => None,
        1 => Some(format!("1 {word}")),
        n => Some(format!("{n} {word}s")),
    };
    let counts: Vec<_> = [count(errors, "error"), count(warnings, "warning")].into_iter().flatten().collect();
    if counts.is_empty() { "fine".into() } else { counts.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_count() {
        assert_eq!(verdict(0, 0), "fine");
        assert_eq!(verdict(1, 0), "1 error");
        assert_eq!(verdict(2, 1), "2 errors, 1 warning");
    }
}
