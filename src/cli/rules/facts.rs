//! `reparto rules facts`: everything that conditions may ask about a dialog.

use crate::cli::exit::{FINE, Failure};
use crate::cli::terminal::Terminal;
use crate::rules::facts::catalogue;

/// Runs the command.
///
/// # Errors
/// Output that cannot be written.
pub fn run(terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let widest = catalogue().iter().map(|fact| fact.name.len()).max().unwrap_or_default();
    for fact in catalogue() {
        let meaning = if fact.values.is_empty() {
            fact.meaning.to_owned()
        } else {
            format!("{}: {}", fact.meaning, fact.values.join(", "))
        };
        writeln!(terminal.out, "{:widest$}  {:8}  {meaning}", fact.name, fact.kind.word())?;
    }
    Ok(FINE)
}
