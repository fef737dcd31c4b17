//! Putting rules in force from the command line: what would change is shown, somebody agrees, and it is told.

use std::io::{self, BufRead, IsTerminal};

use clap::Args;
use serde_json::{Value, json};

use super::answers::{self, Output};
use super::diff;
use super::diff_text::human;
use crate::cli::exit::{FINDINGS, FINE, Failure};
use crate::cli::remote::{NoAnswer, Remote, RemoteArgs};
use crate::cli::terminal::Terminal;
use crate::http::rule_diff::RulesDiff;

/// What goes with rules that come into force.
#[derive(Debug, Args)]
pub struct PuttingArgs {
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

impl PuttingArgs {
    /// Whoever cannot be asked must have said yes.
    ///
    /// # Errors
    /// They have not.
    pub fn may_ask(&self) -> Result<(), Failure> {
        if self.yes || (self.format == Output::Human && io::stdin().is_terminal()) {
            return Ok(());
        }
        Err(Failure::new(
            "nobody can be asked here whether to go on",
            "give --yes when what will change is known",
        ))
    }

    /// Compares the rules in `body` with the account and asks the question. `Err`: they do not come into force,
    /// and the exit code says why.
    ///
    /// # Errors
    /// No answer, or the output cannot be written.
    pub async fn agree(
        &self,
        remote: &Remote,
        body: &Value,
        question: &str,
        terminal: &mut Terminal<'_>,
    ) -> Result<Result<RulesDiff, u8>, Failure> {
        let found = match diff::find(remote, body, self.migrate).await {
            Ok(found) => found,
            Err(no_answer) => return answers::finding(no_answer, terminal).map(Err),
        };
        if self.format == Output::Human {
            write!(terminal.out, "{}", human(&found))?;
            if !(self.yes || agrees(question, terminal)?) {
                writeln!(terminal.err, "nothing was changed")?;
                return Ok(Err(FINDINGS));
            }
        }
        Ok(Ok(found))
    }

    /// Tells what became of it; `sentence` tells it to people by the version in force.
    ///
    /// # Errors
    /// No answer, or the output cannot be written.
    pub fn tell(
        &self,
        found: &RulesDiff,
        applied: Result<Value, NoAnswer>,
        sentence: impl FnOnce(&str) -> String,
        terminal: &mut Terminal<'_>,
    ) -> Result<u8, Failure> {
        let applied = match applied {
            Ok(applied) => applied,
            Err(no_answer) => return answers::finding(no_answer, terminal),
        };
        match self.format {
            Output::Json => {
                let document = json!({"version": 1, "diff": found, "rules": applied});
                writeln!(terminal.out, "{document}")?;
            }
            Output::Human => {
                writeln!(terminal.out, "{}", sentence(applied["version"].as_str().unwrap_or_default()))?;
            }
        }
        Ok(FINE)
    }
}

/// Asks a question that is to be answered by yes or no.
fn agrees(question: &str, terminal: &mut Terminal<'_>) -> Result<bool, Failure> {
    write!(terminal.err, "{question} [y/N] ")?;
    terminal.err.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
