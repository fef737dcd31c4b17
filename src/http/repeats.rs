//! Requests with an `Idempotency-Key`: the first is carried out, its repeats are answered from its receipt.

use std::sync::Arc;

use actix_web::http::header::HeaderName;

use super::call::Call;
use super::idempotency::{self, Key};
use super::problem::Problem;
use super::problem_codes as codes;
use super::reply::{Answer, Body, JSON, PROBLEM, Reply};
use crate::store::change::Receipt;

/// The header with the key.
pub const KEY: &str = "idempotency-key";
static REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Answers from the receipt, or carries the request out and keeps one.
///
/// # Errors
/// Those of the handler, and of [`idempotency`].
pub async fn answer(mut call: Call, key: Key) -> Answer {
    let shared = call.shared.clone();
    let _held = shared.under_way.hold(&key)?;
    let address = call.request.uri().to_string();
    let method = call.request.method().as_str();
    let fingerprint = idempotency::fingerprint(method, &address, &call.body);
    let earlier = call.store().receipt(&call.account, key.as_str()).await?;
    if let Some(receipt) = earlier {
        idempotency::check(&receipt, &fingerprint)?;
        return Ok(replay(&receipt));
    }
    let account = call.account.clone();
    let handler = call.route().handler;
    call.key = Some(key.clone());
    let answer = handler(call).await;
    let Some((status, body)) = worth_keeping(&answer) else {
        return answer;
    };
    let receipt =
        Receipt { key: key.as_str().into(), fingerprint, status, body, at: shared.state.clock.now() };
    if let Err(error) = shared.state.engine.remember(&account, receipt).await {
        // What was done is durable and the client is told so. A repeat would be carried out again, with the
        // same ids.
        tracing::warn!(%error, "the receipt of a request could not be kept");
    }
    answer
}

/// Only answers to requests that left a trace: any other may be repeated after its cause is mended.
fn worth_keeping(answer: &Answer) -> Option<(u16, Arc<str>)> {
    match answer {
        Ok(reply) => match &reply.body {
            Body::Empty => Some((reply.status, "".into())),
            Body::Whole(bytes) => Some((reply.status, std::str::from_utf8(bytes).ok()?.into())),
            Body::Stream(_) => None,
        },
        Err(problem) if leaves_trace(problem) => Some((problem.status(), problem.to_json().into())),
        Err(_) => None,
    }
}

fn leaves_trace(problem: &Problem) -> bool {
    problem.kind == &codes::NOT_RESPONSIBLE
}

fn replay(receipt: &Receipt) -> Reply {
    let reply = if receipt.body.is_empty() {
        Reply::empty()
    } else {
        let content_type = if receipt.status < 400 { JSON } else { PROBLEM };
        Reply::whole(receipt.status, content_type, receipt.body.to_string())
    };
    reply.with(REPLAYED.clone(), "true")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::refusal::Refusal;

    #[test]
    fn only_what_left_a_trace_is_kept() {
        let created = Ok(Reply::whole(201, JSON, "{}"));
        assert_eq!(worth_keeping(&created), Some((201, "{}".into())));
        assert_eq!(worth_keeping(&Ok(Reply::empty())), Some((204, "".into())));
        let recorded = Refusal::NotResponsible { writer: "ana".into() };
        assert_eq!(worth_keeping(&Err(recorded.into())).map(|kept| kept.0), Some(403));
        assert_eq!(worth_keeping(&Err(Refusal::NotAssigned.into())), None);
    }

    #[test]
    fn a_replay_says_that_it_is_one() {
        let receipt = |status, body: &str| Receipt {
            key: "key:k".into(),
            fingerprint: [0; 32],
            status,
            body: body.into(),
            at: crate::domain::time::Timestamp::default(),
        };
        let response = replay(&receipt(201, "{}")).into_response();
        assert_eq!(response.status(), 201);
        assert_eq!(response.headers().get("idempotency-replayed").unwrap(), "true");
        let response = replay(&receipt(403, "{}")).into_response();
        assert_eq!(response.headers().get("content-type").unwrap(), PROBLEM);
        assert_eq!(replay(&receipt(204, "")).into_response().status(), 204);
    }
}
