//! Where commands write: results to one stream, everything else to another. Tests read both.

use std::io::{self, IsTerminal, Write};

/// The two streams.
pub struct Terminal<'a> {
    /// Results, fit to be piped on.
    pub out: &'a mut dyn Write,
    /// Everything else.
    pub err: &'a mut dyn Write,
    /// Whether results may have colours.
    pub colour: bool,
}

impl Terminal<'_> {
    /// Runs with the streams of this process.
    pub fn with_standard<T>(act: impl FnOnce(&mut Terminal<'_>) -> T) -> T {
        let colour = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        act(&mut Terminal { out: &mut io::stdout(), err: &mut io::stderr(), colour })
    }
}
