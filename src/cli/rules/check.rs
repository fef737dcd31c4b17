//! `reparto rules check`: every problem of rule files in one run.

use std::convert::Infallible;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::roster;
use crate::cli::exit::{FINDINGS, FINE, Failure};
use crate::cli::parts;
use crate::cli::remote::RemoteArgs;
use crate::cli::terminal::Terminal;
use crate::config::secret::Secret;
use crate::domain::ids::AccountId;
use crate::rules::render;

/// `reparto rules check …`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  reparto rules check rules/                        Every file of a folder as one rule set
  reparto rules check a.toml b.toml                 Two rule sets, each checked on its own
  reparto rules check rules/ --format github        Annotations in a GitHub workflow
  reparto rules check rules/ --format json | jq .   For editors and other programs
  reparto rules check rules/ --account shop         Also names that the account does not have
  reparto rules check rules/ --format sarif         For code scanning

Exit codes:
  0  nothing to object to; warnings alone do not count unless --strict is given
  1  at least one problem
  2  a path could not be read, or the server did not answer")]
pub struct CheckArgs {
    /// Rule files, or folders of rule files; each is one rule set
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// How to print problems
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Look up managers, groups and channels in this account of a running server
    #[arg(long, value_name = "ID", value_parser = |text: &str| AccountId::parse(text))]
    pub account: Option<AccountId>,
    /// Address of the running server
    #[arg(long, env = "REPARTO_URL", value_name = "URL", default_value = "http://127.0.0.1:8080")]
    pub url: String,
    /// A token that may read the account
    #[arg(long, env = "REPARTO_TOKEN", value_name = "TOKEN", hide_env_values = true, value_parser = |text: &str| Ok::<_, Infallible>(Secret::new(text)))]
    pub token: Option<Secret>,
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
    /// One SARIF 2.1.0 log of all paths, for code scanning
    Sarif,
}

/// Runs the command.
///
/// # Errors
/// A path that cannot be read, or a server that does not answer.
pub async fn run(args: &CheckArgs, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let roster = match &args.account {
        Some(account) => {
            let (url, token) = (args.url.clone(), args.token.as_ref().map(|token| token.reveal().to_owned()));
            let remote = RemoteArgs { url, token, account: account.clone() }.connect()?;
            Some(roster::ask(&remote).await?)
        }
        None => None,
    };
    let mut exit = FINE;
    let mut all = Vec::new();
    for path in &args.paths {
        let checked = parts::check_rules_for(path, roster.as_ref())?;
        // A log is one document, whatever the number of paths.
        let text = match args.format {
            Format::Sarif => String::new(),
            Format::Human | Format::Json | Format::Github => checked.render(args.format, terminal.colour),
        };
        if !text.is_empty() {
            writeln!(terminal.out, "{}", text.trim_end())?;
        }
        if args.format == Format::Human {
            writeln!(terminal.err, "{}: {}", path.display(), verdict(checked.errors, checked.warnings))?;
        }
        if checked.errors > 0 || (args.strict && checked.warnings > 0) {
            exit = FINDINGS;
        }
        all.push(checked);
    }
    if args.format == Format::Sarif {
        let findings: Vec<_> = all.iter().map(parts::Checked::findings).collect();
        writeln!(terminal.out, "{}", render::sarif(&findings))?;
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
