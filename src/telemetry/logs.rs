//! Logs by `tracing`, for people or for collectors, to stderr.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

/// The form of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Format {
    /// A line for people, coloured on a terminal.
    #[default]
    Human,
    /// A JSON object a line.
    Json,
}

/// Why logging did not start.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter means nothing.
    #[error("the log filter `{0}` means nothing: {1}")]
    Filter(String, String),
    /// Something in this process logs already.
    #[error("logging has started already: {0}")]
    Started(#[from] TryInitError),
}

/// Starts logging for the whole process, once.
///
/// # Errors
/// [`LogError`].
pub fn init(format: Format, filter: &str) -> Result<(), LogError> {
    let filter =
        EnvFilter::try_new(filter).map_err(|error| LogError::Filter(filter.to_owned(), error.to_string()))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_span_events(FmtSpan::NONE)
        .with_writer(std::io::stderr);
    match format {
        Format::Human => builder.with_ansi(std::io::stderr().is_terminal()).finish().try_init()?,
        Format::Json => builder.json().flatten_event(true).with_current_span(false).finish().try_init()?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_means_nothing_is_refused_before_anything_starts() {
        let error = init(Format::Human, "reparto=loud").unwrap_err();
        assert!(error.to_string().starts_with("the log filter `reparto=loud` means nothing"), "{error}");
    }
}
