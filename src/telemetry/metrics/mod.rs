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
mod connector;
mod desk_series;
pub mod gauges;
pub mod meters;
mod objective_series;
mod routing_series;
pub mod server;
mod service_series;
mod shadow_series;

use crate::domain::figures::{Measure, Objective};

pub use connector::ConnectorMeters;
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

/// The objectives for which its histograms were cut.
static EDGES: Mutex<Option<Vec<Objective>>> = Mutex::new(None);

/// A recorder with our histogram edges. Tests use one of their own by `metrics::with_local_recorder`.
///
/// # Errors
/// [`MetricsError::Build`], if a histogram has no edges.
pub fn recorder() -> Result<PrometheusRecorder, MetricsError> {
    recorder_for(&[])
}

/// A recorder whose histograms have an edge more for each objective, so that what it promises can be read
/// from them exactly.
///
/// # Errors
/// [`MetricsError::Build`], if a histogram has no edges.
pub fn recorder_for(objectives: &[Objective]) -> Result<PrometheusRecorder, MetricsError> {
    let mut builder = PrometheusBuilder::new();
    for family in catalogue::ALL {
        if let catalogue::Kind::Histogram(edges) = family.kind {
            let mut edges = edges.to_vec();
            let about =
                objectives.iter().filter(|objective| of_measure(objective.measure).name == family.name);
            edges.extend(about.map(|objective| objective.within.as_secs_f64()));
            edges.sort_by(f64::total_cmp);
            edges.dedup();
            builder = builder.set_buckets_for_metric(Matcher::Full(family.name.into()), &edges)?;
        }
    }
    Ok(builder.build_recorder())
}

/// The histogram of what an objective is about.
fn of_measure(measure: Measure) -> &'static catalogue::Family {
    match measure {
        Measure::FirstReply => &catalogue::FIRST_REPLY,
        Measure::Reply => &catalogue::REPLY,
        Measure::Assign => &catalogue::ASSIGN_WAIT,
    }
}

/// Whether the histogram of an objective has its edge, given those that were known when it was made.
fn has_edge(objective: &Objective, known: &[Objective]) -> bool {
    let within = objective.within.as_secs_f64();
    let is_usual = match of_measure(objective.measure).kind {
        catalogue::Kind::Histogram(edges) => edges.contains(&within),
        catalogue::Kind::Counter | catalogue::Kind::Gauge => false,
    };
    let is_same = |other: &Objective| other.measure == objective.measure && other.within == objective.within;
    is_usual || known.iter().any(is_same)
}

/// The objectives in `now` whose histograms have no edge for them, since those are cut when the process
/// starts. The series of the objectives themselves need none.
pub fn without_edge(now: &[Objective]) -> Vec<&Objective> {
    let known = EDGES.lock().unwrap_or_else(PoisonError::into_inner);
    match &*known {
        Some(known) => now.iter().filter(|objective| !has_edge(objective, known)).collect(),
        // Nothing was installed.
        None => Vec::new(),
    }
}

/// Explains every family to the recorder in force, and sets what never changes.
pub fn describe() {
    for family in catalogue::ALL {
        family.describe();
    }
    let version = env!("CARGO_PKG_VERSION");
    catalogue::BUILD_INFO.gauge([version.into()]).set(1.0);
}

/// Installs the recorder for the whole process, with edges for these objectives; a second call answers the
/// same handle.
///
/// The handle renders the page to scrape. Its `run_upkeep` must be called every few seconds, or the
/// histograms keep each single value until somebody scrapes.
///
/// # Errors
/// [`MetricsError`].
pub fn install(objectives: &[Objective]) -> Result<PrometheusHandle, MetricsError> {
    let mut installed = INSTALLED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = &*installed {
        return Ok(handle.clone());
    }
    let recorder = recorder_for(objectives)?;
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).map_err(|_| MetricsError::Installed)?;
    describe();
    *installed = Some(handle.clone());
    *EDGES.lock().unwrap_or_else(PoisonError::into_inner) = Some(objectives.to_vec());
    Ok(handle)
}

#[cfg(test)]
mod page_tests;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_install_gives_the_same_page() {
        let first = install(&[]).expect("nobody else installs one in this process");
        let second = install(&[]).expect("it is ours");
        metrics::counter!("reparto_tests_total").increment(7);
        assert!(first.render().contains("reparto_tests_total 7"));
        assert!(second.render().contains("reparto_tests_total 7"));
    }

    #[test]
    fn an_objective_adds_an_edge_to_its_own_histogram() {
        let objective = |measure, seconds| Objective {
            id: "chat".into(),
            measure,
            within: std::time::Duration::from_secs(seconds),
            ratio: 0.8,
        };
        // 20 s are an edge anyway.
        let objectives = [objective(Measure::FirstReply, 45), objective(Measure::Reply, 20)];
        let recorder = recorder_for(&objectives).expect("every histogram has edges");
        metrics::with_local_recorder(&recorder, || {
            for name in ["reparto_first_reply_seconds", "reparto_reply_seconds"] {
                metrics::histogram!(name).record(44.0);
            }
        });
        let page = recorder.handle().render();
        assert!(page.contains("reparto_first_reply_seconds_bucket{le=\"45\"} 1"), "{page}");
        assert!(!page.contains("reparto_reply_seconds_bucket{le=\"45\"}"), "{page}");
        assert_eq!(page.matches("reparto_reply_seconds_bucket{le=\"20\"}").count(), 1);
        assert!(has_edge(&objective(Measure::FirstReply, 45), &objectives));
        assert!(has_edge(&objective(Measure::Assign, 60), &objectives));
        assert!(!has_edge(&objective(Measure::Reply, 45), &objectives));
    }
}
