//! Metrics in the form of Prometheus: a catalogue of families, a recorder, and for each account [`Meters`],
//! small functions that the engine calls after what they count is durable.
//!
//! Labels are bounded: an account, kinds of channel and groups up to a limit (the rest is `other`), names
//! from the rule file, closed words. Managers have series of their own only when the settings ask for it.

use std::sync::{Mutex, PoisonError};

use metrics_exporter_prometheus::{
    BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};

mod bounded;
pub mod catalogue;
mod desk_series;
pub mod gauges;
pub mod meters;
mod routing_series;
pub mod server;
mod service_series;

pub use gauges::Gauges;
pub use meters::{DeliveryResult, Meters, Options, Phase};

/// Why metrics did not start.
#[derive(Debug, thiserror::Error)]
pub enum MetricsError {
    /// The recorder could not be built.
    #[error("cannot build the metrics recorder: {0}")]
    Build(#[from] BuildError),
    /// Something in this process records metrics already, and not we.
    #[error("another metrics recorder is installed in this process")]
    Installed,
}

/// The one recorder of the process, once it is installed.
static INSTALLED: Mutex<Option<PrometheusHandle>> = Mutex::new(None);

/// A recorder with our histogram edges. Tests use one of their own by `metrics::with_local_recorder`.
///
/// # Errors
/// [`MetricsError::Build`], if a histogram has no edges.
pub fn recorder() -> Result<PrometheusRecorder, MetricsError> {
    let mut builder = PrometheusBuilder::new();
    for family in catalogue::ALL {
        if let catalogue::Kind::Histogram(edges) = family.kind {
            builder = builder.set_buckets_for_metric(Matcher::Full(family.name.into()), edges)?;
        }
    }
    Ok(builder.build_recorder())
}

/// Explains every family to the recorder in force, and sets what never changes.
pub fn describe() {
    for family in catalogue::ALL {
        family.describe();
    }
    let version = env!("CARGO_PKG_VERSION");
    catalogue::BUILD_INFO.gauge([version.into()]).set(1.0);
}

/// Installs the recorder for the whole process; a second call answers the same handle.
///
/// The handle renders the page to scrape. Its `run_upkeep` must be called every few seconds, or the
/// histograms keep each single value until somebody scrapes.
///
/// # Errors
/// [`MetricsError`].
pub fn install() -> Result<PrometheusHandle, MetricsError> {
    let mut installed = INSTALLED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = &*installed {
        return Ok(handle.clone());
    }
    let recorder = recorder()?;
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).map_err(|_| MetricsError::Installed)?;
    describe();
    *installed = Some(handle.clone());
    Ok(handle)
}

#[cfg(test)]
mod page_tests;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_install_gives_the_same_page() {
        let first = install().expect("nobody else installs one in this process");
        let second = install().expect("it is ours");
        metrics::counter!("reparto_tests_total").increment(7);
        assert!(first.render().contains("reparto_tests_total 7"));
        assert!(second.render().contains("reparto_tests_total 7"));
    }
}
