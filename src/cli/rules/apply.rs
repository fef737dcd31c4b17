//! `reparto rules apply`: checked, compared, confirmed, and then in force from one decision to the next.

use std::io::{self, BufRead, IsTerminal};
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::answers::{self, Output, body, in_force, usable};
use super::diff;
use super::diff_text::human;
use crate::cli::exit::{FINDINGS, FINE, Failure};
use crate::cli::remote::RemoteArgs;
use crate::cli::terminal::Terminal;

/// `reparto rules apply …`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  reparto rules apply rules/shop.toml --why \"VIPs first on Fridays\"
      Checks the file, shows what would change, asks, and puts it in force.
  reparto rules apply rules/shop.toml --migrate --yes
      Without asking, and dialogs that wait are planned anew.

It stays in force over restarts, until the account's rule file changes on the server's disk.

Exit codes:
  0  it is in force
  1  it has errors, somebody was faster, or the answer was no; nothing was changed
  2  it could not be read, or the server gave no answer")]
pub struct ApplyArgs {
    /// Rule file, or folder of rule files
    #[arg(value_name = "PATH")]
    pub path: PathBuf,
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
/// The path cannot be read, or the server does not answer.
pub async fn run(args: &ApplyArgs, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    may_ask(args.yes, args.format)?;
    let Some(checked) = usable(&args.path, args.format, terminal)? else { return Ok(FINDINGS) };
    let remote = args.remote.connect()?;
    let body = body(&checked);
    // Taken before it is compared: whatever comes into force since then is noticed.
    let expected = in_force(&remote).await?;
    let found = match diff::find(&remote, &body, args.migrate).await {
        Ok(found) => found,
        Err(no_answer) => return answers::finding(no_answer, terminal),
    };
    if args.format == Output::Human {
        write!(terminal.out, "{}", human(&found))?;
        if !(args.yes || agrees(&format!("Put it in force in `{}`?", remote.account()), terminal)?) {
            writeln!(terminal.err, "nothing was changed")?;
            return Ok(FINDINGS);
        }
    }
    let migrate = if args.migrate { "true" } else { "false" };
    let query = [("expected", expected.as_str()), ("migrate", migrate), ("why", &args.why)];
    let applied = match remote.put(&["rules"], &query, &body).await {
        Ok(applied) => applied,
        Err(no_answer) => return answers::finding(no_answer, terminal),
    };
    match args.format {
        Output::Json => {
            let document = json!({"version": 1, "diff": found, "rules": applied});
            writeln!(terminal.out, "{document}")?;
        }
        Output::Human => {
            let version = applied["version"].as_str().unwrap_or_default();
            writeln!(terminal.out, "{version} is in force; back with: reparto rules rollback {expected}")?;
        }
    }
    Ok(FINE)
}

/// Whoever cannot be asked must have said yes.
///
/// # Errors
/// They have not.
pub fn may_ask(yes: bool, format: Output) -> Result<(), Failure> {
    if yes || (format == Output::Human && io::stdin().is_terminal()) {
        return Ok(());
    }
    Err(Failure::new(
        "nobody can be asked here whether to go on",
        "give --yes when what will change is known",
    ))
}

/// Asks a question that is to be answered by yes or no.
///
/// # Errors
/// The output cannot be written, or the input not read.
pub fn agrees(question: &str, terminal: &mut Terminal<'_>) -> Result<bool, Failure> {
    write!(terminal.err, "{question} [y/N] ")?;
    terminal.err.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
