//! `reparto rules apply`: checked, compared, confirmed, and then in force from one decision to the next.

use std::path::PathBuf;

use clap::Args;
use serde_json::Value;

use super::answers::{self, Output, body, in_force, usable};
use super::putting::PuttingArgs;
use crate::cli::exit::{FINDINGS, FINE, Failure};
use crate::cli::remote::Remote;
use crate::cli::terminal::Terminal;

/// `reparto rules apply …`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  reparto rules apply rules/shop.toml --why \"VIPs first on Fridays\"
      Checks the file, shows what would change, asks, and puts it in force.
  reparto rules apply rules/shop.toml --migrate --yes
      Without asking, and dialogs that wait are planned anew.
  reparto rules apply rules/shop.toml --shadow
      It decides beside the live rules and acts on nothing; see: reparto rules shadow status

It stays in force over restarts, until the account's rule file changes on the server's disk.

Exit codes:
  0  it is in force
  1  it has errors, somebody was faster, or the answer was no; nothing was changed
  2  it could not be read, or the server gave no answer")]
pub struct ApplyArgs {
    /// Rule file, or folder of rule files
    #[arg(value_name = "PATH")]
    pub path: PathBuf,
    /// Let it decide beside the live rules and act on nothing; nobody is asked, since nothing changes
    #[arg(long, conflicts_with = "migrate")]
    pub shadow: bool,
    /// How
    #[command(flatten)]
    pub putting: PuttingArgs,
}

/// Runs the command.
///
/// # Errors
/// The path cannot be read, or the server does not answer.
pub async fn run(args: &ApplyArgs, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let putting = &args.putting;
    if !args.shadow {
        putting.may_ask()?;
    }
    let Some(checked) = usable(&args.path, putting.format, terminal)? else { return Ok(FINDINGS) };
    let remote = putting.remote.connect()?;
    let body = body(&checked);
    if args.shadow {
        return shadow(putting, &remote, &body, terminal).await;
    }
    // Taken before it is compared: whatever comes into force since then is noticed.
    let expected = in_force(&remote).await?;
    let question = format!("Put it in force in `{}`?", remote.account());
    let found = match putting.agree(&remote, &body, &question, terminal).await? {
        Ok(found) => found,
        Err(code) => return Ok(code),
    };
    let migrate = if putting.migrate { "true" } else { "false" };
    let query = [("expected", expected.as_str()), ("migrate", migrate), ("why", &putting.why)];
    let applied = remote.put(&["rules"], &query, &body).await;
    let sentence =
        |version: &str| format!("{version} is in force; back with: reparto rules rollback {expected}");
    putting.tell(&found, applied, sentence, terminal)
}

async fn shadow(
    putting: &PuttingArgs,
    remote: &Remote,
    body: &Value,
    terminal: &mut Terminal<'_>,
) -> Result<u8, Failure> {
    let shadow = match remote.put(&["rules", "shadow"], &[("why", &putting.why)], body).await {
        Ok(shadow) => shadow,
        Err(no_answer) => return answers::finding(no_answer, terminal),
    };
    match putting.format {
        Output::Json => Output::document("shadow", &shadow, terminal)?,
        Output::Human => {
            let version = shadow["version"].as_str().unwrap_or_default();
            writeln!(
                terminal.out,
                "{version} decides beside the live rules in `{}` and acts on nothing; see: reparto rules shadow status",
                remote.account()
            )?;
        }
    }
    Ok(FINE)
}
