//! Puts a server together: the engine on its store, and HTTP in front of it.

use std::net::TcpListener;
use std::sync::Arc;

use actix_web::dev::Server;
use futures_util::future::BoxFuture;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::watch;

use super::exit::Failure;
use super::parts::{self, Checked};
use crate::config::{Config, WebhookReach};
use crate::connectors::retailcrm::crm::callbacks::Callbacks;
use crate::connectors::retailcrm::crm::registration::ACTIVITY_PATH;
use crate::domain::ids::AccountId;
use crate::engine::backoff::Schedule;
use crate::engine::clock::{Clock, SystemClock};
use crate::engine::courier::HttpCourier;
use crate::engine::ids::IdSource;
use crate::engine::metered::Metered;
use crate::engine::observe::Observer;
use crate::engine::rulebook::Edition;
use crate::engine::webhook_reach::Reach;
use crate::engine::{Engine, Options};
use crate::http::auth::Auth;
use crate::http::{AppState, Callback, HttpOptions, server};
use crate::store::SharedStore;
use crate::telemetry::metrics;

/// The parts of a running server.
pub struct Assembly {
    /// The engine, not started.
    pub engine: Engine,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids and secrets.
    pub ids: Arc<IdSource>,
    /// Counts.
    pub metered: Arc<Metered>,
    /// Whom calls of CRMs mean.
    pub callbacks: Arc<Callbacks>,
}

/// Makes an engine with rules that were checked.
///
/// # Errors
/// When the system gives no randomness, or TLS cannot be set up.
pub fn engine(config: &Config, store: SharedStore, rules: &Checked) -> Result<Assembly, Failure> {
    let reach = match config.webhook.reach {
        WebhookReach::Public => Reach::Public,
        WebhookReach::Loopback => Reach::Loopback,
        WebhookReach::Private => Reach::Private,
    };
    let courier = HttpCourier::new(config.webhook.timeout, reach).map_err(|error| {
        Failure::new(format!("webhooks cannot be set up: {error}"), "check the certificates of this machine")
    })?;
    let ids = parts::ids()?;
    let Some(set) = &rules.rules else {
        return Err(Failure::new("the rules have errors", "see what `reparto rules check` says"));
    };
    let options = metrics::Options {
        per_manager: config.metrics.per_manager,
        manager_limit: config.metrics.manager_limit,
    };
    let (clock, ids, metered): (Arc<dyn Clock>, _, _) =
        (Arc::new(SystemClock::default()), Arc::new(ids), Arc::new(Metered::new(options)));
    let engine = Engine::new(Options {
        store,
        clock: Arc::clone(&clock),
        ids: Arc::clone(&ids),
        observer: Arc::clone(&metered) as Arc<dyn Observer>,
        courier: Arc::new(courier),
        backoff: Schedule::new(config.webhook.schedule.clone()),
        rules: Arc::clone(set),
        origin: rules.origin("the start of the server"),
        in_flight: config.limits.in_flight,
    });
    engine.offer_rules(
        &AccountId::default_account(),
        &config.rules.display().to_string(),
        Edition::of_file(Arc::clone(set), rules.origin("the start of the server")),
    );
    Ok(Assembly { engine, clock, ids, metered, callbacks: Arc::default() })
}

/// Puts HTTP in front of an engine. The accounts will live on the threads that answer.
///
/// # Errors
/// Those of the socket.
pub fn http(
    config: &Config,
    assembly: &Assembly,
    listener: TcpListener,
    recorder: &PrometheusHandle,
    stopping: watch::Receiver<bool>,
) -> Result<Server, Failure> {
    let state = AppState {
        engine: assembly.engine.clone(),
        auth: Auth::new(Arc::clone(assembly.engine.store()), None),
        clock: Arc::clone(&assembly.clock),
        metrics: page(assembly, recorder.clone()),
        ids: Arc::clone(&assembly.ids),
    };
    let options = HttpOptions {
        workers: config.workers,
        body_limit: config.limits.body,
        batch_limit: config.limits.batch,
        shutdown_timeout: config.shutdown_grace,
        stopping: Some(stopping),
        callback: Some(callback(assembly)),
        ..HttpOptions::default()
    };
    server::build(state, listener, options).map_err(|error| {
        Failure::new(format!("cannot serve HTTP: {error}"), "check the limits of this process")
    })
}

/// Answers what retailCRM tells of its own accord.
fn callback(assembly: &Assembly) -> Callback {
    let callbacks = Arc::clone(&assembly.callbacks);
    Callback { path: ACTIVITY_PATH, answer: Arc::new(move |form| callbacks.answer(form)) }
}

/// Writes the page that dashboards scrape: what the accounts look like is asked for then.
fn page(
    assembly: &Assembly,
    recorder: PrometheusHandle,
) -> Arc<dyn Fn() -> BoxFuture<'static, String> + Send + Sync> {
    let (engine, clock) = (assembly.engine.clone(), Arc::clone(&assembly.clock));
    let metered = Arc::clone(&assembly.metered);
    Arc::new(move || {
        let (engine, clock) = (engine.clone(), Arc::clone(&clock));
        let (metered, recorder) = (Arc::clone(&metered), recorder.clone());
        Box::pin(async move {
            for account in engine.accounts() {
                // An account that is starting shows what it showed before.
                let Ok(view) = engine.roster(&account).await else { continue };
                let webhooks = engine.store().webhooks(&account).await.unwrap_or_default();
                let newest = engine.newest_seq(&account).map_or(0, |seq| *seq.borrow());
                metered.show(&account, &view, &webhooks, newest, clock.now());
            }
            if let Ok(bytes) = engine.store().size_bytes().await {
                metered.store_size(bytes);
            }
            recorder.render()
        })
    })
}
