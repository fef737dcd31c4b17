//! From the arguments to what is played, who plays it, and what is to be expected of the server.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::args::{ChannelArg, DriveArgs, Speed, TraceFormat};
use super::check::outages::Outages;
use super::check::room::Member;
use super::check::{GroupOf, Terms};
use super::moments;
use super::names::RunName;
use super::player::Pressure;
use super::roster::Scene;
use super::stage::{Manner, Tempo};
use super::synthetic::{Workload, synthetic};
use super::trace::{self, Selection, Trace};
use crate::domain::facts::FactValue;
use crate::domain::ids::{GroupId, ManagerId};

/// Half of what all managers can hold, at least one dialog.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range was clamped")]
fn half_of(slots: f64) -> u32 {
    (slots / 2.0).clamp(1.0, 1_000_000.0) as u32
}

/// Whether the trace's own order counts, in which one thing leads to another; made-up dialogs without a rate are
/// only load.
fn is_story(args: &DriveArgs) -> bool {
    args.synthetic.is_none() || args.rate > 0.0
}

/// How hard to press managers who can hold so many dialogs.
pub fn pressure(args: &DriveArgs, slots: f64) -> Pressure {
    // Closures that wait for others keep places taken that made-up dialogs count upon.
    let most = if args.synthetic.is_some() { half_of(slots) as usize / 4 } else { usize::MAX };
    let speed = match args.speed {
        Speed::Factor(factor) => Some(factor),
        Speed::Max => None,
    };
    Pressure {
        speed,
        in_flight: args.in_flight.max(1),
        batch: args.batch.min(most).max(1),
        follow_always: is_story(args),
        settle: args.settle,
        channel: args.channel.first().map_or_else(String::new, |channel| channel.id.to_string()),
    }
}

/// How the trace is played.
pub fn manner(args: &DriveArgs) -> Manner {
    let tempo = match args.speed {
        Speed::Factor(_) => Tempo::Paced,
        Speed::Max => Tempo::Virtual { strict: is_story(args) },
    };
    // Between two replies of the manager the customer writes again.
    let messages = args.replies.saturating_mul(2).saturating_sub(1);
    Manner { tempo, messages, handle: args.handle }
}

/// The made-up traffic for managers who can hold so many dialogs.
pub fn make_up(args: &DriveArgs, dialogs: u32, slots: f64) -> Trace {
    let open = args.open.unwrap_or_else(|| half_of(slots)).max(1);
    synthetic(&Workload { dialogs, rate: args.rate, handle: args.handle, open, seed: args.seed })
}

/// The trace, if there is one to read.
///
/// # Errors
/// A sentence for people.
pub fn read_trace(args: &DriveArgs) -> Result<Trace, String> {
    let Some(path) = &args.trace else {
        if args.synthetic.is_none() && !args.check_only {
            return Err("say what to play: --trace FILE or --synthetic N (or --check-only)".to_owned());
        }
        return Ok(Trace::default());
    };
    let a_day = Duration::from_hours(24);
    let selection = Selection {
        map: args.map.clone(),
        only: args.only.clone(),
        vip_when: args.vip_when.clone(),
        from: args.date.or(args.from),
        to: args.date.map(|date| date + a_day).or(args.to),
        limit: args.limit,
        skills: args.skills.clone(),
        strict: args.strict,
    };
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or("");
    if extension == "gz" {
        return Err(format!(
            "{0} is compressed; write: zcat {0} | reparto drive --trace - …",
            path.display()
        ));
    }
    let source: Box<dyn io::Read> = if path == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(path).map_err(|error| format!("{}: {error}", path.display()))?)
    };
    let by_name =
        if matches!(extension, "ndjson" | "jsonl") { TraceFormat::Ndjson } else { TraceFormat::Csv };
    let read = match args.trace_format.unwrap_or(by_name) {
        TraceFormat::Csv => trace::read_csv(source, &selection),
        TraceFormat::Ndjson => trace::read_ndjson(source, &selection),
    };
    let trace = read.map_err(|problem| format!("{}: {problem}", path.display()))?;
    if trace.rows.is_empty() {
        let first =
            trace.bad.first().map_or_else(String::new, |bad| format!("; line {}: {}", bad.line, bad.problem));
        let (left_out, bad) = (trace.left_out, trace.bad.len());
        return Err(format!(
            "{}: nothing to play ({left_out} rows left out, {bad} unreadable{first})",
            path.display()
        ));
    }
    Ok(trace)
}

/// Who and what has to be on record before the first dialog.
///
/// # Errors
/// A sentence for people: what is no group.
pub fn scene(args: &DriveArgs, trace: &Trace) -> Result<Scene, String> {
    let groups = args
        .group
        .iter()
        .map(|group| GroupId::parse(group).map_err(|problem| format!("--group {group}: {problem}")));
    let groups: BTreeSet<_> = groups.collect::<Result<_, _>>()?;
    let managers = match args.managers {
        Some(count) => {
            (1..=count).map(|no| (ManagerId::trusted(&format!("m{no:03}")), groups.clone())).collect()
        }
        None => trace.agents(),
    };
    let mut channels: BTreeMap<_, _> =
        args.channel.iter().map(|channel| (channel.id.clone(), channel.kind.clone())).collect();
    let kind = args.channel.first().map_or("chat", |channel| &channel.kind);
    for channel in trace.rows.iter().filter_map(|row| row.channel.as_ref()) {
        channels.entry(channel.clone()).or_insert_with(|| kind.to_owned());
    }
    Ok(Scene { managers, capacity: args.capacity, channels })
}

fn fact_text(facts: &[(Arc<str>, FactValue)], name: &str) -> Option<String> {
    let (_, value) = facts.iter().find(|(fact, _)| &**fact == name)?;
    Some(match value {
        FactValue::Text(text) => text.to_string(),
        FactValue::Number(number) => number.to_string(),
        FactValue::Bool(value) => value.to_string(),
        FactValue::Texts(_) => return None,
    })
}

/// Which group a dialog is for, by its place in the trace.
fn groups_of(trace: &Trace, fact: &str) -> Vec<Option<GroupId>> {
    let group = |text: String| GroupId::parse(&text).ok();
    trace.rows.iter().map(|row| fact_text(&row.facts, fact).and_then(group)).collect()
}

/// What the judge is to hold the server to.
pub fn terms(args: &DriveArgs, trace: &Trace, run: &RunName, after: u64, managers: Vec<Member>) -> Terms {
    let group_of = args.allow.as_ref().map(|fact| {
        let (groups, run) = (groups_of(trace, fact), run.clone());
        let group_of = move |dialog: &str| groups.get(run.number(dialog)? as usize).cloned().flatten();
        Box::new(group_of) as GroupOf
    });
    let scene_kind = |channel: &ChannelArg| {
        let cost = args.cost.iter().find(|cost| cost.kind == channel.kind)?;
        Some((channel.id.clone(), cost.cost))
    };
    let mut costs: BTreeMap<_, _> = args.channel.iter().filter_map(scene_kind).collect();
    // Channels that only the trace names are of the first one's kind.
    if let Some(cost) = args.channel.first().and_then(|first| costs.get(&first.id).copied()) {
        for channel in trace.rows.iter().filter_map(|row| row.channel.as_ref()) {
            let is_given = args.channel.iter().any(|given| given.id == *channel);
            if !is_given {
                costs.insert(channel.clone(), cost);
            }
        }
    }
    Terms {
        after,
        managers,
        costs,
        group_of,
        over_capacity: args.over_capacity,
        idle_discount: args.idle_discount,
        grace: args.grace,
        outages: Outages::default(),
    }
}

/// What should be known before the figures are believed.
pub fn warnings(args: &DriveArgs, trace: &Trace, members: &[Member]) -> Vec<String> {
    let mut warnings = Vec::new();
    let without_handle = trace.rows.iter().filter(|row| row.handle.is_none()).count();
    if without_handle > 0 {
        let span = moments::show(args.handle);
        warnings.push(format!("{without_handle} dialogs without a time of work get {span} (--handle)"));
    }
    if let Some(fact) = &args.allow {
        let mut without = BTreeMap::<_, u64>::new();
        for group in groups_of(trace, fact).into_iter().flatten() {
            if !members.iter().any(|member| member.groups.contains(&group)) {
                *without.entry(group).or_default() += 1;
            }
        }
        let tell = |(group, count): (GroupId, u64)| {
            format!("{count} dialogs are for group {group}, which nobody is in")
        };
        warnings.extend(without.into_iter().map(tell));
    }
    warnings
}
