//! `reparto rules rollback`: an earlier version in force again.

use clap::Args;
use serde_json::json;

use super::answers::in_force;
use super::putting::PuttingArgs;
use crate::cli::exit::Failure;
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
    /// How
    #[command(flatten)]
    pub putting: PuttingArgs,
}

/// Runs the command.
///
/// # Errors
/// The server does not answer, or has no such version.
pub async fn run(args: &RollbackArgs, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let putting = &args.putting;
    putting.may_ask()?;
    let remote = putting.remote.connect()?;
    let expected = in_force(&remote).await?;
    let earlier = remote.get(&["rules", "history", &args.version], &[]).await?;
    let question = format!("Put it in force in `{}` again?", remote.account());
    let sources = json!({"sources": earlier["sources"]});
    let found = match putting.agree(&remote, &sources, &question, terminal).await? {
        Ok(found) => found,
        Err(code) => return Ok(code),
    };
    let body = json!({
        "version": earlier["version"], "why": putting.why, "expected": expected, "migrate": putting.migrate,
    });
    let applied = remote.post(&["rules", "rollback"], &[], &body).await;
    putting.tell(&found, applied, |version| format!("{version} is in force again"), terminal)
}
