//! Answers before they become HTTP.

use std::convert::Infallible;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use bytes::Bytes;
use futures_util::stream::LocalBoxStream;
use serde::Serialize;

use super::problem::Problem;
use super::problem_codes as codes;

/// What a handler answers.
pub type Answer = Result<Reply, Problem>;

/// The type of JSON.
pub const JSON: &str = "application/json";
/// The type of problems.
pub const PROBLEM: &str = "application/problem+json";
/// Room for an answer of the hot path, so that it is written without growing.
const USUAL_LENGTH: usize = 1_536;

/// An answer.
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    content_type: &'static str,
    /// Its body.
    pub body: Body,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// The body of an answer.
pub enum Body {
    /// Nothing.
    Empty,
    /// All of it.
    Whole(Bytes),
    /// Pieces, as they come.
    Stream(LocalBoxStream<'static, Result<Bytes, Infallible>>),
}

impl Reply {
    /// Whole, with this type.
    pub fn whole(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self { status, content_type, body: Body::Whole(body.into()), headers: Vec::new() }
    }

    /// JSON.
    ///
    /// # Errors
    /// [`codes::INTERNAL`], when a view cannot be written: a defect.
    pub fn json(status: u16, view: &impl Serialize) -> Answer {
        let mut body = Vec::with_capacity(USUAL_LENGTH);
        match serde_json::to_writer(&mut body, view) {
            Ok(()) => Ok(Self::whole(status, JSON, body)),
            Err(error) => Err(internal(format!("an answer could not be written: {error}"))),
        }
    }

    /// Done, and nothing to say.
    pub fn empty() -> Self {
        Self { body: Body::Empty, ..Self::whole(204, JSON, Bytes::new()) }
    }

    /// A stream of this type.
    pub fn stream(
        content_type: &'static str,
        pieces: LocalBoxStream<'static, Result<Bytes, Infallible>>,
    ) -> Self {
        Self { body: Body::Stream(pieces), ..Self::whole(200, content_type, Bytes::new()) }
    }

    /// With one more header.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: &'static str) -> Self {
        self.headers.push((name, HeaderValue::from_static(value)));
        self
    }

    /// With one more header whose text is made up; left out if it cannot stand in a header.
    #[must_use]
    pub fn with_text(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::try_from(value) {
            self.headers.push((name, value));
        }
        self
    }

    /// As actix sends it.
    pub fn into_response(self) -> HttpResponse {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = HttpResponse::build(status);
        for header in self.headers {
            response.insert_header(header);
        }
        if !matches!(self.body, Body::Empty) {
            let content_type = HeaderValue::from_static(self.content_type);
            response.insert_header((header::CONTENT_TYPE, content_type));
        }
        match self.body {
            Body::Empty => response.finish(),
            Body::Whole(bytes) => response.body(bytes),
            Body::Stream(pieces) => response.streaming(pieces),
        }
    }
}

/// A defect. The cause is for the log.
pub fn internal(cause: impl Into<String>) -> Problem {
    Problem { cause: Some(cause.into()), ..Problem::new(&codes::INTERNAL, codes::INTERNAL.meaning) }
}

/// A problem as actix sends it.
pub fn problem_response(problem: &Problem) -> HttpResponse {
    let mut reply = Reply::whole(problem.status(), PROBLEM, problem.to_json());
    if problem.kind == &codes::UNAUTHORIZED {
        reply = reply.with(header::WWW_AUTHENTICATE, "Bearer realm=\"reparto\"");
    }
    if let Some(allow) = &problem.allow {
        reply = reply.with_text(header::ALLOW, allow);
    }
    if let Some(seconds) = problem.retry_after_seconds {
        reply = reply.with_text(header::RETRY_AFTER, &seconds.to_string());
    }
    reply.into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_carry_their_headers() {
        let response = problem_response(&Problem::new(&codes::UNAUTHORIZED, "no"));
        assert_eq!(response.status(), 401);
        assert!(response.headers().contains_key("www-authenticate"));
        let response = problem_response(&Problem::passing(&codes::BUSY, "no", 3));
        assert_eq!(response.headers().get("retry-after").unwrap(), "3");
        assert_eq!(response.headers().get("content-type").unwrap(), PROBLEM);
        let wrong_method =
            Problem { allow: Some("GET, HEAD".into()), ..Problem::new(&codes::WRONG_METHOD, "no") };
        let response = problem_response(&wrong_method);
        assert_eq!(response.headers().get("allow").unwrap(), "GET, HEAD");
    }
}
