//! Panics reach the log, with their place, in the form that everything else has.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};

/// From now on panics are logged as errors instead of being printed as text.
///
/// A panic in a decision is caught further up and harms its dialog alone; it must be seen all the same.
pub fn log_them() {
    std::panic::set_hook(Box::new(|info| {
        let message = message(info.payload());
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let backtrace = Backtrace::capture();
        if backtrace.status() == BacktraceStatus::Captured {
            tracing::error!(place, %backtrace, "panic: {message}");
        } else {
            tracing::error!(place, "panic: {message}");
        }
    }));
}

/// The text that a panic carries.
pub fn message(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_text_are_read() {
        assert_eq!(message(&"plain"), "plain");
        assert_eq!(message(&String::from("formatted")), "formatted");
        assert_eq!(message(&7_u8), "without a message");
    }
}
