//! `reparto serve`: checks everything that can be checked, then starts from the store upwards, and stops from
//! the edge downwards, so that nothing acknowledged is lost.

use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use clap::Args;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::watch;

use super::assemble;
use super::connect::{self, Connected};
use super::exit::{COULD_NOT_RUN, FINDINGS, FINE, Failure};
use super::first_token;
use super::listen;
use super::parts;
use super::reload;
use super::rules::Format;
use super::settings::AllSettings;
use super::signals::{Asked, Signals};
use super::terminal::Terminal;
use super::token::store_failure;
use super::watch as rule_watch;
use crate::config::secret::Secret;
use crate::config::{Config, LogFormat};
use crate::engine::Engine;
use crate::store::SharedStore;
use crate::telemetry::{logs, metrics, panics};

/// `reparto serve …`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  reparto serve
      On 127.0.0.1:8080 with a database in ./data and the rules in rules/default.toml.
      The first start makes an operator token and prints it once.
  REPARTO_ADMIN_TOKEN=$(openssl rand -hex 24) reparto serve --listen 0.0.0.0:8080 --data-dir /var/lib/reparto
      Reachable from other machines: the operator token must be given, or made before with `reparto token create`.
  reparto serve --config /etc/reparto.toml --log-format json
      Settings from a file; flags go before the environment, the environment before the file.

Signals:
  SIGTERM, SIGINT  stop: no new requests, those under way finish, everything is stored; a second one stops at once
  SIGHUP           read the rules again; a bad file is refused and the former rules stay in force

Exit codes:
  0  stopped when asked
  1  the rules have errors
  2  could not run: bad settings, port taken, data folder not writable

`reparto serve --help` explains all settings, `reparto config show` prints those in force.")]
pub struct ServeArgs {
    /// The settings
    #[command(flatten)]
    pub settings: AllSettings,
}

/// How often histograms are emptied into their buckets: they keep every single value until then, or until a scrape.
const UPKEEP: Duration = Duration::from_secs(5);

/// Runs the server until it is asked to stop.
///
/// # Errors
/// Everything that keeps it from starting.
pub async fn run(args: ServeArgs, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let (config, gathered) = args.settings.load()?;
    start_logs(&config)?;
    for warning in &gathered.warnings {
        tracing::warn!("{warning}");
    }
    // Whatever can be refused without touching the data folder is refused first.
    let rules = parts::check_rules(&config.rules)?;
    if rules.errors > 0 {
        writeln!(terminal.err, "{}", rules.render(Format::Human, false).trim_end())?;
        writeln!(terminal.err, "error: {} cannot be used; nothing was started", config.rules.display())?;
        return Ok(FINDINGS);
    }
    let files = reload::files(&config)?;
    let mut others = Vec::new();
    for file in files.iter().skip(1) {
        let checked = parts::check_rules(&file.path)?;
        if checked.errors > 0 {
            writeln!(terminal.err, "{}", checked.render(Format::Human, false).trim_end())?;
            writeln!(terminal.err, "error: {} cannot be used; nothing was started", file.path.display())?;
            return Ok(FINDINGS);
        }
        others.push((file.clone(), checked));
    }
    let connections = connect::plan(&gathered.retailcrm)?;
    let objectives = rules.rules.as_ref().map_or(&[][..], |rules| rules.objectives());
    let recorder = metrics::install(objectives)
        .map_err(|error| Failure::new(error.to_string(), "start one server in a process"))?;
    let mut signals = Signals::new().map_err(|error| {
        Failure::new(format!("cannot listen to signals: {error}"), "check the limits of this process")
    })?;
    let listener = listen::bind(config.listen)?;
    // With port 0 the system chooses one.
    let address = listener.local_addr().unwrap_or(config.listen);
    let store = parts::open_store(&config.data_dir).await?;
    settle_first_token(&store, &config, gathered.admin_token.as_ref(), terminal).await?;
    let assembly = assemble::engine(&config, Arc::clone(&store), &rules)?;
    let engine = assembly.engine.clone();
    for (file, checked) in &others {
        reload::offer(&engine, file, checked);
    }
    let (stopping, told) = watch::channel(false);
    let server = assemble::http(&config, &assembly, listener, &recorder, told)?;
    let handle = server.handle();
    actix_rt::spawn(server);
    engine.start().await.map_err(|error| store_failure(&error))?;
    engine.until_ready().await;
    let connected = connect::start(&connections, &assembly)?;
    let upkeep = actix_rt::spawn(keep_up(recorder));
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        data_dir = %config.data_dir.display(),
        rules = %config.rules.display(),
        "listening on http://{address}"
    );
    let watching = config.rules_watch.then(|| rule_watch::start(&engine, files.clone()));
    while signals.next().await == Asked::Reload {
        reload::rules(&engine, &files).await;
    }
    drop(watching);
    let _ = stopping.send(true);
    let exit = stop(&config, &engine, &handle, &connected, &mut signals).await;
    upkeep.abort();
    Ok(exit)
}

fn start_logs(config: &Config) -> Result<(), Failure> {
    let format = match config.log.format {
        LogFormat::Human => logs::Format::Human,
        LogFormat::Json => logs::Format::Json,
    };
    logs::init(format, &config.log.filter)
        .map_err(|error| Failure::new(error.to_string(), "set log.filter to a level such as info"))?;
    panics::log_them();
    Ok(())
}

/// Makes sure that somebody may operate the server. A token that was made goes to stderr, not into the log:
/// logs are collected and kept.
async fn settle_first_token(
    store: &SharedStore,
    config: &Config,
    from_environment: Option<&Secret>,
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    let tokens = store.tokens().await.map_err(|error| store_failure(&error))?;
    let plan = first_token::plan(
        &tokens,
        config.listen.ip(),
        from_environment,
        parts::now(),
        parts::ids()?.bytes(),
    )?;
    if let Some(record) = &plan.put {
        store.put_token(record).await.map_err(|error| store_failure(&error))?;
    }
    if let Some(token) = &plan.show {
        writeln!(
            terminal.err,
            "\nFirst start: this operator token is shown once. Keep it; `reparto token` makes others.\n\n    {token}\n"
        )?;
    }
    Ok(())
}

async fn keep_up(recorder: PrometheusHandle) {
    let mut ticks = tokio::time::interval(UPKEEP);
    loop {
        ticks.tick().await;
        recorder.run_upkeep();
    }
}

/// Stops from the edge downwards. Being told a second time ends the waiting, and what was acknowledged is
/// durable all the same.
async fn stop(
    config: &Config,
    engine: &Engine,
    server: &ServerHandle,
    connected: &[Connected],
    signals: &mut Signals,
) -> u8 {
    tracing::info!("stopping; requests under way have {:?} to finish", config.shutdown_grace);
    let drained = async {
        for connection in connected {
            connection.stop().await;
        }
        // The engine first: its actors live on the server's threads.
        engine.stop().await;
        server.stop(true).await;
    };
    tokio::select! {
        () = drained => {
            tracing::info!("stopped");
            FINE
        }
        () = signals.stop() => {
            tracing::warn!("stopped at once, as told a second time");
            COULD_NOT_RUN
        }
    }
}
