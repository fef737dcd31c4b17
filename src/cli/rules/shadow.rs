//! `reparto rules shadow`: a rule set that decides beside the live one: how near it comes, and its end.

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use serde_json::Value;

use super::answers::Output;
use crate::cli::exit::{FINE, Failure};
use crate::cli::remote::RemoteArgs;
use crate::cli::terminal::Terminal;

/// `reparto rules shadow …`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  reparto rules apply rules/new.toml --shadow --why \"would VIPs wait less?\"
      Begins: the file decides beside the live rules from now on, and acts on nothing
  reparto rules shadow status
      How many decisions came how near, and the latest that differ
  reparto rules shadow status --limit 3 --format json | jq '.shadow.differences[].summary'
  reparto rules shadow clear
      Ends it

It sees the dialogs, people and load that the live rules see, at the moment at which they decide. It is not followed
into the loads that would have come of its own choices; round robin has turns of its own.

This is not `[bot] mode = \"shadow\"` in a rule file: there the live rules decide for everybody to see, and the default
assignment acts.

Exit codes:
  0  fine
  2  the server gave no answer, or the account has no shadow")]
pub struct ShadowArgs {
    /// What to do
    #[command(subcommand)]
    pub command: ShadowCommand,
}

/// What to do with the shadow.
#[derive(Debug, Subcommand)]
pub enum ShadowCommand {
    /// Shows how near its decisions come to the live ones
    Status(StatusArgs),
    /// Ends it
    Clear(ClearArgs),
}

/// `reparto rules shadow status …`
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Show at most so many differences
    #[arg(long, value_name = "COUNT", default_value_t = 10)]
    pub limit: u16,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    pub format: Output,
    /// The server
    #[command(flatten)]
    pub remote: RemoteArgs,
}

/// `reparto rules shadow clear …`
#[derive(Debug, Args)]
pub struct ClearArgs {
    /// The server
    #[command(flatten)]
    pub remote: RemoteArgs,
}

/// Runs the command.
///
/// # Errors
/// The server does not answer, or there is no shadow.
pub async fn run(args: &ShadowArgs, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    match &args.command {
        ShadowCommand::Status(args) => status(args, terminal).await,
        ShadowCommand::Clear(args) => {
            let remote = args.remote.connect()?;
            remote.delete(&["rules", "shadow"]).await?;
            writeln!(terminal.err, "no rule set decides beside the live one in `{}`", remote.account())?;
            Ok(FINE)
        }
    }
}

async fn status(args: &StatusArgs, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let remote = args.remote.connect()?;
    let limit = args.limit.to_string();
    let shadow = remote.get(&["rules", "shadow"], &[("limit", &limit)]).await?;
    match args.format {
        Output::Json => Output::document("shadow", &shadow, terminal)?,
        Output::Human => write!(terminal.out, "{}", human(&shadow))?,
    }
    Ok(FINE)
}

/// The shadow for people.
fn human(shadow: &Value) -> String {
    let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let count = |key: &str| shadow["decisions"][key].as_u64().unwrap_or_default();
    let why = text(shadow, "why");
    let why = if why.is_empty() { why } else { format!(": {why}") };
    let by = text(shadow, "applied_by");
    let mut out = format!(
        "{} decides beside the live rules; set {} by {by}{why}\n",
        text(shadow, "version"),
        clock(&text(shadow, "applied_at"))
    );
    match shadow["state"].as_str() {
        Some("stopped") => out += "It panicked and was given up; live decisions went on. Please report it.\n",
        Some("unreadable") => out += "This version of the server finds errors in it: it decides nothing.\n",
        _ => {}
    }
    let [same, rule, manager, outcome] = ["same", "rule", "manager", "outcome"].map(count);
    let all = same + rule + manager + outcome;
    let since = clock(&text(shadow, "counting_since"));
    let _ = write!(out, "{all} decisions since {since}: {same} the same");
    for (count, what) in [
        (rule, "by another rule or step"),
        (manager, "for another manager"),
        (outcome, "with another outcome"),
    ] {
        if count > 0 {
            let _ = write!(out, ", {count} {what}");
        }
    }
    out += ".\n";
    for difference in shadow["differences"].as_array().into_iter().flatten() {
        let (at, dialog) = (clock(&text(difference, "at")), text(difference, "dialog"));
        let [live, shadow] = ["live", "shadow"].map(|side| text(&difference[side], "summary"));
        let _ = write!(
            out,
            "\n{at}  {dialog}  {}\n  live:   {live}\n  shadow: {shadow}\n",
            text(difference, "agreement")
        );
    }
    out
}

/// A time to the second: the rest is for programs.
fn clock(at: &str) -> String {
    at.get(..19).unwrap_or(at).replace('T', " ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_differs_is_told_side_by_side() {
        let mut shadow = json!({
            "version": "abc", "applied_at": "2026-03-04T09:00:00.5Z", "applied_by": "ana", "why": "VIPs",
            "state": "deciding", "counting_since": "2026-03-04T09:00:00.5Z",
            "decisions": {"same": 7, "rule": 0, "manager": 1, "outcome": 0},
            "differences": [{
                "at": "2026-03-04T09:01:00Z", "dialog": "d1", "agreement": "manager",
                "live": {"summary": "Went to ana."}, "shadow": {"summary": "Went to boris."},
            }],
        });
        let told = "abc decides beside the live rules; set 2026-03-04 09:00:00 by ana: VIPs\n\
            8 decisions since 2026-03-04 09:00:00: 7 the same, 1 for another manager.\n\n\
            2026-03-04 09:01:00  d1  manager\n  live:   Went to ana.\n  shadow: Went to boris.\n";
        assert_eq!(human(&shadow), told);
        shadow["state"] = json!("stopped");
        assert!(human(&shadow).contains("given up"));
    }
}
