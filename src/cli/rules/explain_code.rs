//! `reparto rules explain-code`: the paragraph behind a code.

use crate::cli::exit::{FINE, Failure};
use crate::cli::parts;
use crate::cli::terminal::Terminal;

/// Runs the command.
///
/// # Errors
/// A code that does not exist.
pub fn run(code: &str, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let code = code.to_uppercase();
    let text = parts::explain_code(&code).ok_or_else(|| {
        Failure::new(
            format!("there is no code {code}"),
            "codes look like R204; `rules check` prints them in brackets",
        )
    })?;
    writeln!(terminal.out, "{}", text.trim_end())?;
    Ok(FINE)
}
