//! How a command ends: exit codes, and what is told when it could not run.

use std::fmt;
use std::io;

use crate::config::problem::Problem;

/// All went well and there is nothing to object to.
pub const FINE: u8 = 0;
/// The command ran and found something that is wrong: a bad rule file, a pending migration.
pub const FINDINGS: u8 = 1;
/// The command could not run: bad arguments or settings, a port taken, a folder that cannot be written.
pub const COULD_NOT_RUN: u8 = 2;

/// Why a command could not run.
#[derive(Debug)]
pub enum Failure {
    /// What went wrong and how to mend it.
    Told {
        /// What went wrong.
        what: String,
        /// How to mend it.
        help: String,
    },
    /// Problems with the settings, all of them.
    Settings(Vec<Problem>),
    /// Whoever read our output went away (`reparto … | head`): no failure to speak of.
    OutputClosed,
}

impl Failure {
    /// A failure with its remedy.
    pub fn new(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Told { what: what.into(), help: help.into() }
    }

    /// The exit code it ends with.
    pub fn exit(&self) -> u8 {
        match self {
            Self::Told { .. } | Self::Settings(_) => COULD_NOT_RUN,
            Self::OutputClosed => FINE,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Told { what, help } => write!(f, "error: {what}\n  help: {help}"),
            Self::Settings(problems) => {
                let mut between = "";
                for problem in problems {
                    write!(f, "{between}error: {problem}")?;
                    between = "\n";
                }
                Ok(())
            }
            Self::OutputClosed => Ok(()),
        }
    }
}

impl From<io::Error> for Failure {
    /// For what goes wrong with our own output; other errors of the system need words of their own.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::OutputClosed
        } else {
            Self::new(format!("cannot write the output: {error}"), "check where the output goes")
        }
    }
}

impl From<Vec<Problem>> for Failure {
    fn from(problems: Vec<Problem>) -> Self {
        Self::Settings(problems)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_pipe_is_no_failure() {
        let closed = Failure::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!(closed.exit(), FINE);
        let full = Failure::from(io::Error::from(io::ErrorKind::StorageFull));
        assert_eq!(full.exit(), COULD_NOT_RUN);
        assert!(full.to_string().starts_with("error: cannot write the output"));
    }
}
