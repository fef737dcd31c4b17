//! How the commands that ask a server about rules read files, ask, and print.

use std::path::Path;

use clap::ValueEnum;
use serde_json::{Value, json};

use crate::cli::exit::{FINDINGS, Failure};
use crate::cli::parts::{self, Checked};
use crate::cli::remote::{NoAnswer, Remote};
use crate::cli::rules::Format;
use crate::cli::terminal::Terminal;

/// How a command prints what it found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people
    #[default]
    Human,
    /// One JSON document with a `version`
    Json,
}

/// The version of the commands' JSON documents.
const FORM: u32 = 1;

impl Output {
    /// Prints an answer of the server as a document, its form's version in front.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn document(key: &str, answer: &Value, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
        let mut document = json!({"version": FORM});
        document[key] = answer.clone();
        Ok(writeln!(terminal.out, "{document}")?)
    }
}

/// A rule file that can be used, or `None` after its problems were printed.
///
/// # Errors
/// It cannot be read, or the output cannot be written.
pub fn usable(path: &Path, output: Output, terminal: &mut Terminal<'_>) -> Result<Option<Checked>, Failure> {
    let checked = parts::check_rules(path)?;
    if checked.errors == 0 {
        if output == Output::Human {
            write!(terminal.err, "{}", checked.render(Format::Human, terminal.colour))?;
        }
        return Ok(Some(checked));
    }
    let format = if output == Output::Json { Format::Json } else { Format::Human };
    writeln!(terminal.out, "{}", checked.render(format, terminal.colour).trim_end())?;
    if output == Output::Human {
        writeln!(terminal.err, "{}: cannot be used; nothing was changed", path.display())?;
    }
    Ok(None)
}

/// The body that brings a rule set to the server.
pub fn body(checked: &Checked) -> Value {
    let sources: Vec<_> = checked
        .sources()
        .map(|(name, text)| json!({"name": name.rsplit('/').next().unwrap_or(name), "text": text}))
        .collect();
    json!({ "sources": sources })
}

/// The version in force.
///
/// # Errors
/// No answer.
pub async fn in_force(remote: &Remote) -> Result<String, Failure> {
    let rules = remote.get(&["rules"], &[]).await?;
    Ok(rules["version"].as_str().unwrap_or_default().to_owned())
}

/// A refusal that is a finding about the rules and no failure of the command: printed.
///
/// # Errors
/// Any other lack of an answer.
pub fn finding(no_answer: NoAnswer, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    match no_answer {
        NoAnswer::Refused(refused)
            if ["rules_moved", "bad_rules", "failed_tests"].contains(&refused.code.as_str()) =>
        {
            writeln!(terminal.err, "{}", refused.sentence())?;
            Ok(FINDINGS)
        }
        other @ (NoAnswer::Unreachable(_) | NoAnswer::Refused(_)) => Err(other.into()),
    }
}
