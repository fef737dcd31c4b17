//! What a run came to, for people and as JSON.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use serde::Serialize;

use super::check::verdict::Verdict;
use super::check::violation::{Kind, Violation};
use super::client::Traffic;
use super::latency::Histogram;
use super::moments::show;
use super::player::Refusals;
use super::stage::Stage;
use super::trace::{BadRow, Trace};
use super::wire;

/// How many violations, bad rows and refusals are told one by one.
const TOLD: usize = 20;

/// Spans in milliseconds.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Spans {
    /// How many.
    pub count: u64,
    /// Mean.
    pub mean_ms: f64,
    /// Median.
    pub p50_ms: f64,
    /// Nine of ten are not longer.
    pub p90_ms: f64,
    /// Ninety-nine of a hundred are not longer.
    pub p99_ms: f64,
    /// The longest.
    pub max_ms: f64,
}

impl From<&Histogram> for Spans {
    fn from(histogram: &Histogram) -> Self {
        let ms = |span: Duration| (span.as_secs_f64() * 1e6).round() / 1e3;
        Self {
            count: histogram.count(),
            mean_ms: ms(histogram.mean()),
            p50_ms: ms(histogram.per_mille(500)),
            p90_ms: ms(histogram.per_mille(900)),
            p99_ms: ms(histogram.per_mille(990)),
            max_ms: ms(histogram.max()),
        }
    }
}

impl Spans {
    fn line(&self) -> String {
        let of = |ms: f64| show(Duration::try_from_secs_f64(ms / 1e3).unwrap_or_default());
        let [mean, p50, p90, p99, max] =
            [self.mean_ms, self.p50_ms, self.p90_ms, self.p99_ms, self.max_ms].map(of);
        format!("{:>8}   mean {mean}, p50 {p50}, p90 {p90}, p99 {p99}, max {max}", self.count)
    }
}

/// How a request was refused.
#[derive(Clone, Debug, Serialize)]
pub struct Refusal {
    /// What for, and the code.
    pub code: String,
    /// How often.
    pub count: u64,
    /// The first explanation.
    pub detail: String,
}

/// What was played.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Played {
    /// Dialogs of the trace.
    pub rows: u64,
    /// Rows that were not wanted.
    pub left_out: u64,
    /// Rows that could not be read.
    pub bad_rows: u64,
    /// The first of them.
    pub first_bad_rows: Vec<BadRow>,
    /// Wall time.
    pub seconds: f64,
    /// Opened.
    pub opened: u64,
    /// Had a responsible with the very answer.
    pub assigned_at_once: u64,
    /// Had to wait.
    pub waited: u64,
    /// Messages that went into dialogs that were open already.
    pub joined: u64,
    /// Closed by the drive.
    pub closed: u64,
    /// Closed by the server.
    pub closed_by_server: u64,
    /// Customers who gave up.
    pub gave_up: u64,
    /// Moved from one responsible to another.
    pub moved: u64,
    /// Refused.
    pub failed: u64,
    /// Why requests were refused.
    pub refusals: Vec<Refusal>,
    /// Requests answered.
    pub requests: u64,
    /// Of those, a second.
    pub requests_per_second: f64,
    /// Assignments a second.
    pub assignments_per_second: f64,
    /// Requests sent again after their connection was lost.
    pub repeated: u64,
    /// Answers that asked to try again.
    pub put_off: u64,
    /// Connections lost with requests under way.
    pub lost_connections: u64,
    /// The longest time the server could not be reached, in seconds.
    pub longest_outage_seconds: f64,
    /// From asking to answer, by kind of request.
    pub latency: BTreeMap<&'static str, Spans>,
    /// From arrival to the first responsible by the trace's clock, by priority.
    pub waits_by_trace: BTreeMap<String, Spans>,
}

impl Played {
    /// The figures of a play.
    pub fn of(trace: &Trace, stage: &Stage, refusals: &Refusals, traffic: &Traffic, took: Duration) -> Self {
        let tally = stage.tally();
        let seconds = took.as_secs_f64();
        let latency =
            wire::Kind::ALL.iter().zip(&traffic.latency).filter(|(_, histogram)| histogram.count() > 0);
        let refusal = |(code, (count, detail)): (&String, &(u64, String))| Refusal {
            code: code.clone(),
            count: *count,
            detail: detail.clone(),
        };
        Self {
            rows: trace.rows.len() as u64,
            left_out: trace.left_out,
            bad_rows: trace.bad.len() as u64,
            first_bad_rows: trace.bad.iter().take(TOLD).cloned().collect(),
            seconds,
            opened: tally.opened,
            assigned_at_once: tally.at_once,
            waited: tally.waited,
            joined: tally.joined,
            closed: tally.closed,
            closed_by_server: tally.closed_by_server,
            gave_up: tally.gave_up,
            moved: tally.moved,
            failed: tally.failed,
            refusals: refusals.iter().map(refusal).collect(),
            requests: traffic.answers,
            requests_per_second: rate(traffic.answers, seconds),
            assignments_per_second: 0.0,
            repeated: traffic.repeated,
            put_off: traffic.put_off,
            lost_connections: traffic.lost_connections,
            longest_outage_seconds: traffic
                .outages
                .iter()
                .map(|(from, to)| (*to - *from).as_secs_f64())
                .fold(0.0, f64::max),
            latency: latency.map(|(kind, histogram)| (kind.word(), histogram.into())).collect(),
            waits_by_trace: stage
                .waits()
                .iter()
                .map(|(priority, histogram)| {
                    (priority.as_deref().unwrap_or("all").to_owned(), histogram.into())
                })
                .collect(),
        }
    }
}

fn rate(count: u64, seconds: f64) -> f64 {
    if seconds > 0.0 { (count as f64 / seconds * 10.0).round() / 10.0 } else { 0.0 }
}

/// How assignments were spread.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Spread {
    /// Managers who got something.
    pub managers: u64,
    /// The least that one of them got.
    pub least: u64,
    /// The median.
    pub median: u64,
    /// The most.
    pub most: u64,
    /// The most dialogs that anybody held at once.
    pub most_at_once: u32,
    /// Assignments by manager.
    pub by_manager: BTreeMap<String, u64>,
}

/// What the events betray.
#[derive(Clone, Debug, Serialize)]
pub struct Checked {
    /// The number of the last event before the run.
    pub after: u64,
    /// Events judged.
    pub events: u64,
    /// Dialogs opened.
    pub opened: u64,
    /// Assignments and reassignments.
    pub assignments: u64,
    /// Reassignments.
    pub moves: u64,
    /// Closures.
    pub closed: u64,
    /// Dialogs that wait at the end.
    pub still_waiting: u64,
    /// From opening to the first responsible, by the server's stamps.
    pub waits: Spans,
    /// The longest time a dialog waited while somebody allowed had room, in milliseconds.
    pub longest_wait_in_vain_ms: f64,
    /// How assignments were spread.
    pub spread: Spread,
    /// Violations by kind.
    pub violations: BTreeMap<Kind, u64>,
    /// The first of them, explained.
    pub first_violations: Vec<Violation>,
}

impl Checked {
    /// The figures of a verdict.
    pub fn of(after: u64, verdict: &Verdict) -> Self {
        let mut taken: Vec<_> = verdict.managers.values().map(|(taken, _)| *taken).collect();
        taken.sort_unstable();
        let spread = Spread {
            managers: taken.len() as u64,
            least: taken.first().copied().unwrap_or(0),
            median: taken.get(taken.len() / 2).copied().unwrap_or(0),
            most: taken.last().copied().unwrap_or(0),
            most_at_once: verdict.managers.values().map(|(_, most)| *most).max().unwrap_or(0),
            by_manager: verdict.managers.iter().map(|(name, (taken, _))| (name.clone(), *taken)).collect(),
        };
        Self {
            after,
            events: verdict.events,
            opened: verdict.opened,
            assignments: verdict.assignments,
            moves: verdict.moves,
            closed: verdict.closed,
            still_waiting: verdict.still_waiting,
            waits: (&verdict.waits).into(),
            longest_wait_in_vain_ms: verdict.longest_in_vain.as_secs_f64() * 1e3,
            spread,
            violations: verdict.counts.clone(),
            first_violations: verdict.violations.iter().take(TOLD).cloned().collect(),
        }
    }
}

/// What a run came to.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The run's name.
    pub run: String,
    /// What should be known before the figures are believed.
    pub warnings: Vec<String>,
    /// What was played; nothing when only checking.
    pub played: Option<Played>,
    /// What the events betray.
    pub checked: Checked,
}

impl Report {
    /// Puts the parts together.
    pub fn new(run: String, warnings: Vec<String>, played: Option<Played>, checked: Checked) -> Self {
        let played = played.map(|played| {
            let assignments_per_second = rate(checked.assignments, played.seconds);
            Played { assignments_per_second, ..played }
        });
        Self { run, warnings, played, checked }
    }

    /// Whether all checks pass.
    pub fn is_clean(&self) -> bool {
        self.checked.violations.is_empty()
    }

    /// Writes it for people.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_human(&self, out: &mut dyn Write) -> io::Result<()> {
        for warning in &self.warnings {
            writeln!(out, "note: {warning}")?;
        }
        if let Some(played) = &self.played {
            played.write_human(&self.run, out)?;
        }
        self.checked.write_human(out)
    }
}

impl Played {
    fn write_human(&self, run: &str, out: &mut dyn Write) -> io::Result<()> {
        let Self { rows, left_out, bad_rows, .. } = self;
        writeln!(out, "{run}: {rows} dialogs played, {left_out} rows left out, {bad_rows} unreadable")?;
        for BadRow { line, problem } in &self.first_bad_rows {
            writeln!(out, "  line {line}: {problem}")?;
        }
        writeln!(
            out,
            "  opened {}: assigned at once {}, had to wait {}; joined an open one {}, refused {}",
            self.opened, self.assigned_at_once, self.waited, self.joined, self.failed
        )?;
        writeln!(
            out,
            "  closed {}, by the server {}, given up {}, moved {}",
            self.closed, self.closed_by_server, self.gave_up, self.moved
        )?;
        for Refusal { code, count, detail } in self.refusals.iter().take(TOLD) {
            writeln!(out, "  refused: {code} {count} times: {detail}")?;
        }
        writeln!(
            out,
            "  {:.2} s: {} assignments/s, {} requests/s",
            self.seconds, self.assignments_per_second, self.requests_per_second
        )?;
        if self.lost_connections + self.put_off + self.repeated > 0 {
            writeln!(
                out,
                "  {} connections lost with requests under way, {} requests repeated, {} put off, longest outage {:.1} s",
                self.lost_connections, self.repeated, self.put_off, self.longest_outage_seconds
            )?;
        }
        writeln!(out, "latency")?;
        for (kind, spans) in &self.latency {
            writeln!(out, "  {kind:<10}{}", spans.line())?;
        }
        writeln!(out, "waits, by the trace's clock")?;
        for (priority, spans) in &self.waits_by_trace {
            writeln!(out, "  {priority:<10}{}", spans.line())?;
        }
        Ok(())
    }
}

impl Checked {
    fn write_human(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "waits, by the server's clock")?;
        writeln!(out, "  {:<10}{}", "all", self.waits.line())?;
        let Spread { managers, least, median, most, most_at_once, .. } = self.spread;
        writeln!(
            out,
            "spread: {managers} managers got {least} to {most}, median {median}; at most {most_at_once} at once"
        )?;
        writeln!(
            out,
            "checked {} events after {}: {} opened, {} assigned (of those {} moves), {} closed, {} still wait",
            self.events,
            self.after,
            self.opened,
            self.assignments,
            self.moves,
            self.closed,
            self.still_waiting
        )?;
        writeln!(
            out,
            "longest wait while somebody allowed had room: {:.1} ms",
            self.longest_wait_in_vain_ms
        )?;
        if self.violations.is_empty() {
            return writeln!(out, "no violations");
        }
        writeln!(out, "VIOLATIONS: {}", self.violations.values().sum::<u64>())?;
        for (kind, count) in &self.violations {
            writeln!(out, "  {count:>8}  {}", kind.title())?;
        }
        for Violation { kind, seq, text } in &self.first_violations {
            writeln!(out, "  event {seq}: {}: {text}", kind.title())?;
        }
        Ok(())
    }
}
