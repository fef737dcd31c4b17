//! Bodies of requests: what type they are, how long they may be, and how long they may take.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;

use super::problem::Problem;
use super::problem_codes as codes;

/// A body that takes longer than this between its first byte and its last is given up.
const LONGEST: Duration = Duration::from_secs(30);

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One JSON value.
    Json,
    /// A JSON value on each line.
    Lines,
    /// A text that is no JSON.
    Text,
}

fn text(headers: &HeaderMap, name: actix_web::http::header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

impl Format {
    /// The content types that say so; the first is the one to recommend.
    fn types(self) -> &'static [&'static str] {
        match self {
            Self::Json => &["application/json"],
            Self::Lines => &["application/x-ndjson", "application/ndjson", "application/jsonl"],
            Self::Text => &["text/plain", "application/toml"],
        }
    }
}

/// How the body is written, by its headers: as JSON, or in the other way that the route takes.
///
/// # Errors
/// [`codes::WRONG_CONTENT_TYPE`].
pub fn format(headers: &HeaderMap, other: Option<Format>) -> Result<Format, Problem> {
    let wrong = |found: &str| {
        let other = other.map(|other| format!(" or {}", other.types()[0])).unwrap_or_default();
        let detail = format!("send `Content-Type: application/json`{other}, not {found}");
        Problem::new(&codes::WRONG_CONTENT_TYPE, detail)
    };
    if let Some(encoding) = text(headers, CONTENT_ENCODING)
        && !encoding.eq_ignore_ascii_case("identity")
    {
        return Err(wrong(&format!("the content encoding `{encoding}`")));
    }
    let Some(value) = text(headers, CONTENT_TYPE) else {
        return Err(wrong("none"));
    };
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence.starts_with("application/") && essence.ends_with("+json") {
        return Ok(Format::Json);
    }
    let mut taken = [Some(Format::Json), other].into_iter().flatten();
    taken
        .find(|format| format.types().contains(&essence.as_str()))
        .ok_or_else(|| wrong(&format!("`{value}`")))
}

fn too_large(limit: usize) -> Problem {
    let detail = format!("the body may have at most {limit} bytes");
    Problem::new(&codes::BODY_TOO_LARGE, detail)
}

/// Reads the whole body.
///
/// # Errors
/// [`codes::BODY_TOO_LARGE`], [`codes::UNREADABLE_BODY`], [`codes::SLOW_BODY`].
pub async fn read(headers: &HeaderMap, payload: Payload, limit: usize) -> Result<Bytes, Problem> {
    let announced = text(headers, CONTENT_LENGTH).and_then(|text| text.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    let mut reading = pin!(collect(payload, announced, limit));
    // Nearly all bodies have arrived with their heads; only the others need a timer.
    let at_once = poll_fn(|context| Poll::Ready(reading.as_mut().poll(context))).await;
    if let Poll::Ready(body) = at_once {
        return body;
    }
    match tokio::time::timeout(LONGEST, reading).await {
        Ok(body) => body,
        Err(_) => Err(Problem::new(&codes::SLOW_BODY, codes::SLOW_BODY.meaning)),
    }
}

async fn collect(mut payload: Payload, announced: Option<usize>, limit: usize) -> Result<Bytes, Problem> {
    let mut whole = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| Problem::new(&codes::UNREADABLE_BODY, error.to_string()))?;
        if whole.is_empty() && announced == Some(chunk.len()) {
            // All of it in one piece: no copy.
            return Ok(chunk);
        }
        if whole.len() + chunk.len() > limit {
            return Err(too_large(limit));
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.freeze())
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;

    use actix_web::error::PayloadError;
    use actix_web::http::header::HeaderValue;
    use futures_util::Stream;

    use super::*;

    type Chunks = Pin<Box<dyn Stream<Item = Result<Bytes, PayloadError>>>>;

    fn headers(content_type: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers
    }

    fn payload(chunks: &[&'static str]) -> Payload {
        let chunks: Vec<_> = chunks.iter().map(|chunk| Ok(Bytes::from_static(chunk.as_bytes()))).collect();
        Payload::from(Box::pin(futures_util::stream::iter(chunks)) as Chunks)
    }

    #[test]
    fn takes_json_and_what_else_the_route_takes() {
        assert_eq!(format(&headers("application/json; charset=utf-8"), None), Ok(Format::Json));
        assert_eq!(format(&headers("application/vnd.crm+json"), None), Ok(Format::Json));
        assert_eq!(format(&headers("application/x-ndjson"), Some(Format::Lines)), Ok(Format::Lines));
        assert_eq!(format(&headers("text/plain; charset=utf-8"), Some(Format::Text)), Ok(Format::Text));
        for (wrong, other) in [("application/x-ndjson", None), ("text/plain", Some(Format::Lines))] {
            let problem = format(&headers(wrong), other).unwrap_err();
            assert_eq!(problem.status(), 415);
            assert!(problem.detail.contains(wrong));
        }
        assert_eq!(format(&HeaderMap::new(), None).unwrap_err().status(), 415);
        let mut zipped = headers("application/json");
        zipped.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        assert_eq!(format(&zipped, None).unwrap_err().status(), 415);
    }

    #[actix_web::test]
    async fn reads_up_to_the_limit() {
        let none = HeaderMap::new();
        assert_eq!(read(&none, payload(&["ab", "cd"]), 4).await, Ok(Bytes::from_static(b"abcd")));
        let problem = read(&none, payload(&["ab", "cde"]), 4).await.unwrap_err();
        assert_eq!(problem.status(), 413);
        let mut announced = HeaderMap::new();
        announced.insert(CONTENT_LENGTH, HeaderValue::from_static("5"));
        assert_eq!(read(&announced, payload(&[]), 4).await.unwrap_err().status(), 413);
    }

    #[actix_web::test]
    async fn gives_up_a_slow_body() {
        tokio::time::pause();
        let never = Payload::from(Box::pin(futures_util::stream::pending()) as Chunks);
        let problem = read(&HeaderMap::new(), never, 4).await.unwrap_err();
        assert_eq!(problem.status(), 408);
    }
}
