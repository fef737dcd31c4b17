//! `reparto rules rollback`: an earlier version in force again.

use clap::Args;
use serde_json::json;

use super::answers::{self, Output, in_force};
use super::apply::{agrees, may_ask};
use super::diff;
use super::diff_text::human;
use crate::cli::exit::{FINDINGS, FINE, Failure};
use crate::cli::remote::RemoteArgs;
use crate::cli::terminal::Terminal;

/// `reparto rules rollback …`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  reparto rules rollback 901acd --why \"too many VIPs\"
      Shows what would change, asks, and puts the version in force again.
  reparto rules rollback 901acd --migrate --yes
      Without asking, and dialogs that wait are planned anew.

Exit codes:
  0  it is in force
  1  it has errors by this version of the server, somebody was faster, or the answer was no
  2  the server gave no answer, or has no such version")]
pub struct RollbackArgs {
    /// The version as `rules history` lists it; its beginning is enough
    #[arg(id = "to", value_name = "VERSION")]
    pub version: String,
    /// Plan dialogs that wait anew, instead of leaving them with the version they entered with
    #[arg(long)]
    pub migrate: bool,
    /// What for, in a sentence; kept in the history
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub why: String,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
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
/// The server does not answer, or has no such version.
pub async fn run(args: &RollbackArgs, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    may_ask(args.yes, args.format)?;
    let remote = args.remote.connect()?;
    let expected = in_force(&remote).await?;
    let earlier = remote.get(&["rules", "history", &args.version], &[]).await?;
    let found = match diff::find(&remote, &json!({"sources": earlier["sources"]}), args.migrate).await {
        Ok(found) => found,
        Err(no_answer) => return answers::finding(no_answer, terminal),
    };
    if args.format == Output::Human {
        write!(terminal.out, "{}", human(&found))?;
        if !(args.yes || agrees(&format!("Put it in force in `{}` again?", remote.account()), terminal)?) {
            writeln!(terminal.err, "nothing was changed")?;
            return Ok(FINDINGS);
        }
    }
    let body = json!({
        "version": earlier["version"], "why": args.why, "expected": expected, "migrate": args.migrate,
    });
    let applied = match remote.post(&["rules", "rollback"], &[], &body).await {
        Ok(applied) => applied,
        Err(no_answer) => return answers::finding(no_answer, terminal),
    };
    match args.format {
        Output::Json => {
            let document = json!({"version": 1, "diff": found, "rules": applied});
            writeln!(terminal.out, "{document}")?;
        }
        Output::Human => {
            writeln!(terminal.out, "{} is in force again", applied["version"].as_str().unwrap_or_default())?;
        }
    }
    Ok(FINE)
}
