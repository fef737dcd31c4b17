//! `reparto rules diff`: what a rule file would do to a running account.

use std::path::PathBuf;

use clap::Args;

use super::answers::{self, Output, body, usable};
use super::diff_text::human;
use crate::cli::exit::{FINDINGS, FINE, Failure};
use crate::cli::remote::{Remote, RemoteArgs};
use crate::cli::terminal::Terminal;
use crate::http::rule_diff::RulesDiff;

/// `reparto rules diff …`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  reparto rules diff rules/shop.toml             What would change, in the texts and for the dialogs there are
  reparto rules diff rules/shop.toml --migrate   The same, if dialogs that wait were planned anew
  reparto rules diff rules/shop.toml --format json | jq .account.ways

Exit codes:
  0  the file can be used, whatever it would change
  1  the file has errors
  2  it could not be read, or the server gave no answer")]
pub struct DiffArgs {
    /// Rule file, or folder of rule files
    #[arg(value_name = "PATH")]
    pub path: PathBuf,
    /// As if dialogs that wait were planned anew, instead of keeping the version they entered with
    #[arg(long)]
    pub migrate: bool,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    pub format: Output,
    /// The server
    #[command(flatten)]
    pub remote: RemoteArgs,
}

/// Runs the command.
///
/// # Errors
/// The path cannot be read, or the server does not answer.
pub async fn run(args: &DiffArgs, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let Some(checked) = usable(&args.path, args.format, terminal)? else { return Ok(FINDINGS) };
    let remote = args.remote.connect()?;
    let found = match find(&remote, &body(&checked), args.migrate).await {
        Ok(found) => found,
        Err(no_answer) => return answers::finding(no_answer, terminal),
    };
    match args.format {
        Output::Json => writeln!(terminal.out, "{}", serde_json::json!(found))?,
        Output::Human => write!(terminal.out, "{}", human(&found))?,
    }
    Ok(FINE)
}

/// Asks what a rule set would do.
///
/// # Errors
/// No answer, or one that this version of the program does not understand.
pub async fn find(
    remote: &Remote,
    body: &serde_json::Value,
    migrate: bool,
) -> Result<RulesDiff, crate::cli::remote::NoAnswer> {
    let migrate = if migrate { "true" } else { "false" };
    let answer = remote.post(&["rules", "diff"], &[("migrate", migrate)], body).await?;
    serde_json::from_value(answer).map_err(|error| {
        crate::cli::remote::NoAnswer::Unreachable(format!("the server's answer is not understood: {error}"))
    })
}
