//! HTTP requests to the world and back.

use std::io;

use actix_web::http::StatusCode;
use actix_web::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_TYPE};
use actix_web::web::{Data, Payload, Query};
use actix_web::{HttpRequest, HttpResponse, rt};
use bytes::Bytes;
use futures_util::stream;
use serde_json::{Value, json};

use super::hub::Hub;
use super::{callback, sockets};
use crate::sandbox::calls::Outcome;
use crate::sandbox::clock;
use crate::sandbox::control;
use crate::sandbox::crm::answer as crm;
use crate::sandbox::gateway::rest::{self, PREFIX};

/// The longest body that is read.
const MAX_BODY: usize = 1 << 20;
/// What may be subscribed to; the last two are legacy and never sent.
const KINDS: [&str; 19] = [
    "message_new",
    "message_updated",
    "message_restored",
    "message_deleted",
    "dialog_opened",
    "dialog_closed",
    "dialog_assign",
    "chat_created",
    "chat_updated",
    "chats_deleted",
    "user_joined_chat",
    "user_left_chat",
    "user_updated",
    "user_online_updated",
    "channel_updated",
    "customer_updated",
    "bot_updated",
    "settings_updated",
    "chat_unread_updated",
];

/// Names with values, in order; what cannot be decoded is no pair.
fn pairs(text: &str) -> Vec<(String, String)> {
    Query::<Vec<(String, String)>>::from_query(text).map(Query::into_inner).unwrap_or_default()
}

/// A path without its percent signs.
fn decoded(path: &str) -> String {
    // The decoder at hand is for forms, where a plus is a blank.
    let pairs = pairs(&format!("path={}", path.replace('+', "%2B")));
    pairs.into_iter().next().map_or_else(|| path.to_owned(), |(_, path)| path)
}

fn header<'a>(request: &'a HttpRequest, name: &str) -> &'a str {
    request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn refusal(status: u16, text: &str) -> HttpResponse {
    json_response(status, &json!({"errors": [text]}))
}

fn status(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn json_response(code: u16, body: &Value) -> HttpResponse {
    HttpResponse::build(status(code))
        .insert_header((CONTENT_TYPE, "application/json; charset=utf-8"))
        .insert_header((ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .body(body.to_string())
}

async fn send(outcome: Outcome) -> HttpResponse {
    match outcome {
        Outcome::Json(status, body) => json_response(status, &body),
        Outcome::Slowly(span, outcome) => {
            clock::pause(span).await;
            Box::pin(send(*outcome)).await
        }
        Outcome::Page(code, page) => {
            let kind = (CONTENT_TYPE, "text/html; charset=utf-8");
            HttpResponse::build(status(code)).insert_header(kind).body(page)
        }
        Outcome::Empty(code) => HttpResponse::build(status(code)).finish(),
        Outcome::Cut => {
            let broken = io::Error::from(io::ErrorKind::ConnectionReset);
            HttpResponse::Ok().streaming(stream::once(async { Err::<Bytes, _>(broken) }))
        }
    }
}

/// Answers whatever is asked.
pub(super) async fn serve(request: HttpRequest, payload: Payload, hub: Data<Hub>) -> HttpResponse {
    let path = decoded(request.path());
    if path.strip_prefix(PREFIX) == Some("/ws") {
        return open_socket(&request, payload, &hub);
    }
    let Ok(Ok(body)) = payload.to_bytes_limited(MAX_BODY).await else {
        return refusal(413, "the body is too long, or broke off");
    };
    let outcome = if let Some(below) = path.strip_prefix(PREFIX) {
        let asked = rest::Request {
            method: request.method().as_str(),
            path: below,
            query: rest::Query::new(pairs(request.query_string())),
            token: header(&request, "X-Bot-Token"),
            body: &body,
        };
        hub.with(|world, now| world.call_gateway(&asked, now))
    } else if path.starts_with("/api/") {
        let asked = crm::Request {
            method: request.method().as_str(),
            path: &path,
            query: pairs(request.query_string()),
            key: header(&request, "X-API-KEY"),
            form: pairs(&String::from_utf8_lossy(&body)),
        };
        hub.with(|world, now| world.call_crm(&asked, now))
    } else if let Some(below) = path.strip_prefix(control::PREFIX) {
        return control(&request, below, &body, &hub).await;
    } else {
        return refusal(404, "Not found");
    };
    send(outcome).await
}

/// The sandbox's own calls are for this machine only.
async fn control(request: &HttpRequest, path: &str, body: &[u8], hub: &Hub) -> HttpResponse {
    if !request.peer_addr().is_some_and(|peer| peer.ip().is_loopback()) {
        return refusal(403, "the sandbox's own calls are taken from this machine only");
    }
    let method = request.method().as_str();
    match hub.with(|world, now| control::carry_out(world, method, path, body, now)) {
        Ok((answer, callback)) => {
            if let Some(callback) = callback {
                callback::tell(callback).await;
            }
            json_response(200, &answer)
        }
        Err(not_done) => refusal(not_done.status, &not_done.text),
    }
}

/// The kinds of events that a socket asks for.
///
/// # Errors
/// The gateway's words.
fn kinds(query: &str, is_strict: bool) -> Result<Vec<String>, String> {
    let pairs = pairs(query);
    let events = pairs.iter().filter(|(name, _)| name == "events").map(|(_, value)| value.as_str());
    let kinds = events.flat_map(|value| value.split(','));
    let kinds: Vec<String> =
        kinds.map(str::trim).filter(|kind| !kind.is_empty()).map(str::to_owned).collect();
    if kinds.is_empty() {
        return Err("events is a required field".into());
    }
    match kinds.iter().find(|kind| !KINDS.contains(&kind.as_str())) {
        Some(unknown) if is_strict => Err(format!("unknown event {unknown}")),
        _ => Ok(kinds),
    }
}

fn open_socket(request: &HttpRequest, payload: Payload, hub: &Hub) -> HttpResponse {
    let token = header(request, "X-Bot-Token");
    if !hub.with(|world, _| rest::bot_of(&world.gateway, token).is_some()) {
        return refusal(403, "Forbidden");
    }
    let kinds = match kinds(request.query_string(), hub.strict_events) {
        Ok(kinds) => kinds,
        Err(text) => return refusal(400, &text),
    };
    let (response, session, incoming) = match actix_ws::handle(request, payload) {
        Ok(parts) => parts,
        Err(error) => return refusal(400, &error.to_string()),
    };
    let Some(ear) = hub.listen(token, kinds) else {
        return refusal(403, "Forbidden");
    };
    rt::spawn(sockets::serve(ear, session, incoming));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_named_with_commas() {
        assert_eq!(kinds("events=message_new,dialog_opened&options=", false).map(|k| k.len()), Ok(2));
        assert_eq!(kinds("events=message_new,%20surprise", false).map(|k| k.len()), Ok(2));
        assert_eq!(kinds("events=surprise", true), Err("unknown event surprise".into()));
        assert_eq!(kinds("events=&options=", false), Err("events is a required field".into()));
        assert!(kinds("", false).is_err());
    }

    #[test]
    fn paths_are_decoded() {
        assert_eq!(decoded("/my/commands/a%20b+c"), "/my/commands/a b+c");
    }
}
