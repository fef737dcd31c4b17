//! `reparto rules history`: which rule sets were in force, when, by whom and why.

use clap::Args;
use serde_json::{Value, json};

use super::answers::Output;
use crate::cli::exit::{FINE, Failure};
use crate::cli::remote::{Remote, RemoteArgs};
use crate::cli::terminal::Terminal;

/// `reparto rules history …`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  reparto rules history                        The newest last
  reparto rules history --show 901acd > old.toml
      The text of a version; several files follow each other under their names

Exit codes:
  0  fine
  2  the server gave no answer, or has no such version")]
pub struct HistoryArgs {
    /// Print the text of this version; its beginning is enough
    #[arg(long, value_name = "VERSION")]
    pub show: Option<String>,
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
pub async fn run(args: &HistoryArgs, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let remote = args.remote.connect()?;
    if let Some(version) = &args.show {
        let shown = remote.get(&["rules", "history", version], &[]).await?;
        match args.format {
            Output::Json => Output::document("rules", &shown, terminal)?,
            Output::Human => texts(&shown, terminal)?,
        }
        return Ok(FINE);
    }
    let items = all(&remote).await?;
    if args.format == Output::Json {
        Output::document("history", &json!(items), terminal)?;
        return Ok(FINE);
    }
    let text = |item: &Value, key: &str| item[key].as_str().unwrap_or_default().to_owned();
    for item in &items {
        let why = text(item, "why");
        let why = if why.is_empty() { why } else { format!(": {why}") };
        let (version, at) = (text(item, "version"), text(item, "applied_at"));
        // To the second: the rest is for programs.
        let at = at.get(..19).unwrap_or(&at).replace('T', " ");
        writeln!(
            terminal.out,
            "{version}  {at}  {:8}  {}{why}",
            text(item, "via"),
            text(item, "applied_by")
        )?;
    }
    Ok(FINE)
}

async fn all(remote: &Remote) -> Result<Vec<Value>, Failure> {
    let mut items = Vec::new();
    let mut cursor = String::new();
    loop {
        let query = [("limit", "1000"), ("cursor", cursor.as_str())];
        let query = if cursor.is_empty() { &query[..1] } else { &query[..] };
        let page = remote.get(&["rules", "history"], query).await?;
        items.extend(page["items"].as_array().cloned().unwrap_or_default());
        match page["next"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => return Ok(items),
        }
    }
}

fn texts(shown: &Value, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let sources = shown["sources"].as_array().map(Vec::as_slice).unwrap_or_default();
    for source in sources {
        if sources.len() > 1 {
            writeln!(terminal.out, "# {}", source["name"].as_str().unwrap_or_default())?;
        }
        writeln!(terminal.out, "{}", source["text"].as_str().unwrap_or_default().trim_end())?;
    }
    if sources.is_empty() {
        let help = "use a token of an administrator or operator";
        return Err(Failure::new("the server does not show the text to this token", help));
    }
    Ok(())
}
