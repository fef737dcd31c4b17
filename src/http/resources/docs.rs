//! The documentation: the OpenAPI document, and a page that shows it without anything from elsewhere.

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};

use crate::http::call::Call;
use crate::http::reply::{Answer, JSON, Reply};

const PAGE: &str = include_str!("../docs/page.html");
const SCRIPT: &str = include_str!("../docs/page.js");
const STYLE: &str = include_str!("../docs/page.css");
/// Only what this server sends runs or is shown, and calls go nowhere else: the page handles tokens.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The OpenAPI 3.1 document.
#[utoipa::path(
    get,
    path = "/openapi.json",
    responses((status = 200, description = "The document.", body = Object))
)]
pub async fn document(call: Call) -> Answer {
    Ok(Reply::whole(200, JSON, call.shared.document.clone()))
}

/// The documentation for people.
#[utoipa::path(
    get,
    path = "/docs",
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"))
)]
pub async fn page(_: Call) -> Answer {
    Ok(guarded("text/html; charset=utf-8", PAGE))
}

/// The page's script.
#[utoipa::path(
    get,
    path = "/docs/page.js",
    responses((status = 200, description = "The script.", body = String, content_type = "text/javascript"))
)]
pub async fn script(_: Call) -> Answer {
    Ok(guarded("text/javascript; charset=utf-8", SCRIPT))
}

/// The page's style.
#[utoipa::path(
    get,
    path = "/docs/page.css",
    responses((status = 200, description = "The style.", body = String, content_type = "text/css"))
)]
pub async fn style(_: Call) -> Answer {
    Ok(guarded("text/css; charset=utf-8", STYLE))
}

fn guarded(content_type: &'static str, body: &'static str) -> Reply {
    Reply::whole(200, content_type, body)
        .with(CONTENT_SECURITY_POLICY, POLICY)
        .with(X_CONTENT_TYPE_OPTIONS, "nosniff")
        .with(X_FRAME_OPTIONS, "DENY")
        .with(REFERRER_POLICY, "no-referrer")
        .with(CACHE_CONTROL, "no-cache")
}
