//! What an answer means for whoever called.

use std::time::Duration;

use crate::connectors::retailcrm::wire::{ErrorBody, decode};

/// Why a call brought no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Nothing was done; try again, no sooner than that.
    #[error("the gateway is too busy or cannot be reached")]
    Retry {
        /// As long as the gateway asks for; zero: it does not say.
        after: Duration,
    },
    /// It cannot be done.
    #[error("the gateway answered {status}: {text}")]
    Rejected {
        /// HTTP status.
        status: u16,
        /// Its words, which may change.
        text: String,
    },
    /// The token is no good, or was.
    #[error("the gateway does not know the token")]
    Unauthorized,
    /// There is no telling whether it was done.
    #[error("the answer was lost: {0}")]
    Lost(String),
}

impl Failure {
    /// The word in metrics.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Retry { .. } => "retry",
            Self::Rejected { .. } => "rejected",
            Self::Unauthorized => "unauthorized",
            Self::Lost(_) => "lost",
        }
    }
}

/// Which answers carry a result. A proxy in between may answer anything with any body.
pub fn judge(status: u16, retry_after: Option<&str>, body: &[u8]) -> Result<(), Failure> {
    match status {
        200..=299 => Ok(()),
        401 | 403 => Err(Failure::Unauthorized),
        // The older convention says 503 where the newer one says 429.
        429 | 503 => {
            let seconds = retry_after.and_then(|text| text.trim().parse().ok());
            Err(Failure::Retry { after: seconds.map(Duration::from_secs).unwrap_or_default() })
        }
        300..=499 => {
            let error: ErrorBody = decode(body).unwrap_or_default();
            Err(Failure::Rejected { status, text: error.text() })
        }
        _ => Err(Failure::Lost(format!("status {status}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_its_meaning() {
        assert_eq!(judge(200, None, b"{}"), Ok(()));
        assert_eq!(judge(201, None, b""), Ok(()));
        assert_eq!(judge(403, None, b"{}"), Err(Failure::Unauthorized));
        assert_eq!(judge(429, Some("7"), b""), Err(Failure::Retry { after: Duration::from_secs(7) }));
        assert_eq!(judge(503, None, b"<html>"), Err(Failure::Retry { after: Duration::ZERO }));
        let text = "dialog is not assigned".to_owned();
        let body = br#"{"errors": ["dialog is not assigned"]}"#;
        assert_eq!(judge(400, None, body), Err(Failure::Rejected { status: 400, text }));
        let nothing = Failure::Rejected { status: 404, text: String::new() };
        assert_eq!(judge(404, None, b"<html>not found</html>"), Err(nothing));
        assert!(matches!(judge(502, None, b"<html>"), Err(Failure::Lost(_))));
        assert!(matches!(judge(500, None, b""), Err(Failure::Lost(_))));
    }
}
