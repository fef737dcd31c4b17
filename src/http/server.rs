//! The server: takes requests, finds their routes, checks who asks, and turns answers into HTTP.

use std::net::TcpListener;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use actix_web::dev::Server;
use actix_web::http::header::{ALLOW, AUTHORIZATION};
use actix_web::http::{Method, StatusCode};
use actix_web::web::{self, Data, Payload};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use bytes::Bytes;
use futures_util::FutureExt;

use super::auth::permission::{Permission, Principal};
use super::body::{self, Format};
use super::call::Call;
use super::idempotency::{Key, UnderWay};
use super::problem::Problem;
use super::problem_codes as codes;
use super::reply::{Answer, Reply, internal, problem_response};
use super::router::{Found, Params, Router, decode};
use super::routes::{self, Route, Takes};
use super::{AppState, Callback, HttpOptions, openapi, repeats};
use crate::domain::ids::AccountId;
use crate::domain::refusal::Refusal;

/// What all workers share.
pub struct Shared {
    /// What handlers work with.
    pub state: AppState,
    /// How the server behaves.
    pub options: HttpOptions,
    /// All routes.
    pub routes: Vec<Route>,
    /// Finds them.
    pub router: Router,
    /// Keys of requests under way.
    pub under_way: UnderWay,
    /// The OpenAPI document.
    pub document: Bytes,
}

impl Shared {
    fn new(state: AppState, options: HttpOptions) -> Self {
        let routes = routes::table();
        Self {
            state,
            options,
            router: routes::router(&routes),
            document: openapi::document(&routes).into(),
            routes,
            under_way: UnderWay::default(),
        }
    }
}

/// A server on this socket. It runs once awaited; signals are left to the caller.
///
/// # Errors
/// Those of the socket.
pub fn build(state: AppState, listen: TcpListener, options: HttpOptions) -> std::io::Result<Server> {
    let (workers, keep_alive) = (options.workers.max(1), options.keep_alive);
    let shutdown_timeout = options.shutdown_timeout.as_secs();
    let shared = Arc::new(Shared::new(state, options));
    let app = move || {
        // Runs on each thread that answers; accounts live there too.
        shared.state.engine.add_host(actix::Arbiter::current());
        let app = App::new().app_data(Data::from(shared.clone()));
        let app = match shared.options.callback.clone() {
            Some(callback) => {
                let path = callback.path;
                let answer = move |body: Bytes| std::future::ready(told(&callback, &body));
                app.route(path, web::post().to(answer))
            }
            None => app,
        };
        app.default_service(web::to(serve))
    };
    let server = HttpServer::new(app)
        .workers(workers)
        .keep_alive(keep_alive)
        .shutdown_timeout(shutdown_timeout)
        .disable_signals()
        .listen(listen)?
        .run();
    Ok(server)
}

fn told(callback: &Callback, body: &[u8]) -> HttpResponse {
    let (status, answer) = (callback.answer)(body);
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    HttpResponse::build(status).content_type("application/json").body(answer)
}

async fn serve(request: HttpRequest, payload: Payload, shared: Data<Shared>) -> HttpResponse {
    let answering = answer(shared.into_inner(), &request, payload);
    let answer = match AssertUnwindSafe(answering).catch_unwind().await {
        Ok(answer) => answer,
        Err(panic) => Err(internal(format!("a handler panicked: {}", words_of(&*panic)))),
    };
    let response = match answer {
        Ok(reply) => reply.into_response(),
        Err(problem) => {
            log(&request, &problem);
            problem_response(&problem)
        }
    };
    tracing::debug!(
        method = %request.method(),
        path = request.path(),
        status = response.status().as_u16(),
        "answered"
    );
    response
}

fn words_of(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without words")
}

/// Defects and failures are logged here, once; what callers did wrong is theirs to know.
fn log(request: &HttpRequest, problem: &Problem) {
    let (method, path) = (request.method(), request.path());
    match &problem.cause {
        Some(cause) if problem.kind == &codes::INTERNAL => {
            tracing::error!(%method, path, %cause, "a request met a defect");
        }
        Some(cause) => {
            let code = problem.kind.code;
            tracing::warn!(%method, path, %cause, code, "a request failed");
        }
        None => {}
    }
}

async fn answer(shared: Arc<Shared>, request: &HttpRequest, payload: Payload) -> Answer {
    let (number, params) = match find(&shared.router, request)? {
        Ok(found) => found,
        Err(options) => return Ok(options),
    };
    let route = &shared.routes[number];
    let principal = principal(&shared, route, request).await?;
    let account = account(route, params, request.path(), principal.as_deref())?;
    let (body, format) = read_body(&shared.options, route.takes, request, payload).await?;
    let key = key(route.takes, &account, request)?;
    let (keeps_receipts, handler) = (route.takes.keeps_receipts(), route.handler);
    let call = Call {
        shared,
        route: number,
        params,
        request: request.clone(),
        principal,
        account,
        body,
        format,
        key: None,
    };
    match key {
        Some(key) if keeps_receipts => repeats::answer(call, key).await,
        key => handler(Call { key, ..call }).await,
    }
}

/// The route of a request; or the answer to one that only asks for the methods there are.
fn find(router: &Router, request: &HttpRequest) -> Result<Result<(usize, Params), Reply>, Problem> {
    match router.find(request.method().as_str(), request.path()) {
        Found::Route(number, params) => Ok(Ok((number, params))),
        Found::Nothing => Err(Problem::new(
            &codes::NO_SUCH_ROUTE,
            format!("there is no address `{}`; see /docs", request.path()),
        )),
        Found::WrongMethod(allowed) => {
            let allowed = allowed.join(", ");
            if request.method() == Method::OPTIONS {
                return Ok(Err(Reply::empty().with_text(ALLOW, &allowed)));
            }
            let method = request.method();
            let detail = format!("{method} is not taken here; there are {allowed}");
            Err(Problem { allow: Some(allowed.into()), ..Problem::new(&codes::WRONG_METHOD, detail) })
        }
    }
}

async fn principal(
    shared: &Shared,
    route: &Route,
    request: &HttpRequest,
) -> Result<Option<Arc<Principal>>, Problem> {
    if route.permission == Permission::Public {
        return Ok(None);
    }
    let header = request.headers().get(AUTHORIZATION);
    let header = header.and_then(|value| value.to_str().ok());
    let now = shared.state.clock.now();
    let principal = shared.state.auth.principal(header, now).await?;
    principal.require(route.permission)?;
    Ok(Some(principal))
}

fn account(
    route: &Route,
    params: Params,
    path: &str,
    principal: Option<&Principal>,
) -> Result<AccountId, Problem> {
    if !route.is_of_account() {
        let own = principal.and_then(|principal| principal.account.clone());
        return Ok(own.unwrap_or_else(AccountId::default_account));
    }
    let text = params.get(0, path).and_then(decode);
    let text = text.ok_or_else(|| Problem::new(&codes::BAD_PATH, codes::BAD_PATH.meaning))?;
    if let Some(principal) = principal {
        principal.reach(&text)?;
        // Shares the text instead of allocating it anew for each request.
        if let Some(own) = &principal.account {
            return Ok(own.clone());
        }
    }
    let id = AccountId::parse(&text).map_err(|problem| Refusal::BadId { field: "account", problem })?;
    Ok(id)
}

async fn read_body(
    options: &HttpOptions,
    takes: Takes,
    request: &HttpRequest,
    payload: Payload,
) -> Result<(Bytes, Format), Problem> {
    let limit = match takes {
        Takes::Nothing | Takes::Order => return Ok((Bytes::new(), Format::Json)),
        Takes::Json | Takes::MaybeJson | Takes::Secret | Takes::Rules => options.body_limit,
        Takes::Batch => options.batch_body_limit,
    };
    let headers = request.headers();
    let format = body::format(headers, takes.other_format());
    if takes != Takes::MaybeJson {
        format.clone()?;
    }
    let body = body::read(headers, payload.into_inner(), limit).await?;
    if body.is_empty() {
        return Ok((body, Format::Json));
    }
    Ok((body, format?))
}

fn key(takes: Takes, account: &AccountId, request: &HttpRequest) -> Result<Option<Key>, Problem> {
    let header = request.headers().get(repeats::KEY);
    header.filter(|_| takes.takes_key()).map(|header| Key::of_header(account, header.as_bytes())).transpose()
}
