//! `reparto drive`: plays a trace against a running server, as a CRM backend would, and checks what came of it.
//!
//! It is a stranger to the engine: it speaks HTTP and knows only the domain's words. Pure are the
//! [stage], which says what happens next in a trace, and the [judge](check), which folds the event feed;
//! around them stand a lean [client], a [player] and a [follower] of the feed. Everything runs on one
//! thread. Deliberately absent: any look into the server's database or memory. What the checks say, they say from the
//! event feed and the answers, as any subscriber could.

use std::collections::BTreeMap;
use std::io::{self, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::domain::units::Units;

pub mod args;
pub mod check;
pub mod client;
pub mod clock;
pub mod feed;
pub mod follower;
pub mod latency;
pub mod mapping;
pub mod moments;
pub mod names;
pub mod ndjson;
pub mod plan;
pub mod player;
pub mod report;
pub mod responses;
pub mod roster;
pub mod stage;
pub mod synthetic;
pub mod target;
pub mod trace;
pub mod wire;

#[cfg(test)]
mod runs;
#[cfg(test)]
mod stand_in;

use args::{DriveArgs, Format};
use check::Judge;
use check::claims::{Claims, Standing};
use check::outages::Outages;
use check::room::Member;
use check::violation::Kind;
use client::{Limits, Pool};
use clock::Clock;
use follower::{Follower, PAGE};
use names::RunName;
use player::Player;
use report::{Checked, Played, Report};
use stage::Stage;
use target::Target;
use trace::Trace;

/// What the program's exit status says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All checks pass.
    Fine,
    /// There are violations.
    Violations,
    /// It could not run.
    CouldNotRun,
}

impl Exit {
    /// The status.
    pub fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Violations => 1,
            Self::CouldNotRun => 2,
        }
    }
}

/// Drives, and writes the report to `out`, or to `err` why it could not be done.
pub async fn run(args: &DriveArgs, out: &mut dyn Write, err: &mut dyn Write) -> Exit {
    let report = match drive(args).await {
        Ok(report) => report,
        Err(problem) => {
            // If nobody can be told, the status says it.
            let _ = writeln!(err, "error: {problem}");
            return Exit::CouldNotRun;
        }
    };
    let written = match args.format {
        Format::Human => report.write_human(out),
        Format::Json => serde_json::to_writer_pretty(&mut *out, &report)
            .map_err(io::Error::from)
            .and_then(|()| writeln!(out)),
    };
    match written {
        Ok(()) if report.is_clean() => Exit::Fine,
        Ok(()) => Exit::Violations,
        Err(error) => {
            let _ = writeln!(err, "error: the report cannot be written: {error}");
            Exit::CouldNotRun
        }
    }
}

/// Drives.
///
/// # Errors
/// A sentence for people: why it could not be done.
pub async fn drive(args: &DriveArgs) -> Result<Report, String> {
    // The connections share state without locks, so they stay on this thread.
    tokio::task::LocalSet::new().run_until(drive_here(args)).await
}

async fn drive_here(args: &DriveArgs) -> Result<Report, String> {
    let target = Target::parse(&args.url, args.account.as_str(), args.token.clone())?;
    let trace = plan::read_trace(args)?;
    // A server that is not there at the start will not come.
    target.is_there().await?;
    let few = Limits { connections: 8, pipeline: 4, ride_out: args.ride_out };
    let desk = Pool::new(target.clone(), few);
    if args.check_only {
        check_only(args, &trace, &desk).await
    } else {
        play_and_check(args, trace, &target, &desk).await
    }
}

fn run_name(args: &DriveArgs, after: u64) -> RunName {
    args.run.as_deref().map_or_else(|| RunName::after(after), RunName::chosen)
}

async fn check_only(args: &DriveArgs, trace: &Trace, desk: &Pool) -> Result<Report, String> {
    let run = run_name(args, args.after);
    let mut members = roster::read(desk).await?;
    let claims = Claims { roster: standings(&members), ..Claims::default() };
    for member in &mut members {
        (member.load, member.held) = (Units::ZERO, 0);
        // Who came and went later is in the feed; who was there before is best told by who is there now.
        member.available &= args.after > 0;
    }
    let judge = Judge::new(plan::terms(args, trace, &run, args.after, members));
    let checked = read_and_judge(desk, judge, args.after, &BTreeMap::new(), &claims).await?;
    Ok(Report::new(run.as_str().to_owned(), Vec::new(), None, checked))
}

async fn play_and_check(
    args: &DriveArgs,
    trace: Trace,
    target: &Target,
    desk: &Pool,
) -> Result<Report, String> {
    let after = roster::newest_seq(desk).await?;
    let run = run_name(args, after);
    let before = roster::read(desk).await?;
    roster::prepare(desk, &plan::scene(args, &trace)?).await?;
    let members = roster::read(desk).await?;
    if members.is_empty() {
        return Err("there are no managers: say --managers N, or map the trace's agent".to_owned());
    }
    let slots = members.iter().map(|member| member.capacity.as_f64()).sum();
    let trace = args.synthetic.map_or(trace, |dialogs| plan::make_up(args, dialogs, slots));
    let warnings = plan::warnings(args, &trace, &members);

    let pressure = plan::pressure(args, slots);
    let stage = Stage::new(&trace.rows, plan::manner(args));
    let follower = Follower::new(target, args.ride_out, run.clone(), after);
    let limits = Limits { connections: args.connections, pipeline: args.pipeline, ride_out: args.ride_out };
    let pool = Pool::new(target.clone(), limits);
    let mut play = Player::new(&trace.rows, &run, &pressure, stage, &pool, &follower);
    let progress = progress(args, trace.rows.len() as u64);
    let clock = Clock::start();
    let outcome = play.play(clock, &progress).await;
    let took = clock.elapsed();
    progress.finish_and_clear();
    outcome?;

    let figures = Played::of(&trace, play.stage(), play.refusals(), &pool.traffic(), took);
    let roster_now = roster::read(desk).await?;
    let claims = Claims { roster: standings(&roster_now), ..play.claims() };
    let mut terms = plan::terms(args, &trace, &run, after, as_before(members, &before));
    let away = pool.traffic().outages.into_iter().chain(follower.outages());
    let away = away.map(|(from, to)| (clock.at(from), clock.at(to))).collect();
    let (heard_at, names) = (play.heard_at(), run.clone());
    let heard_at = move |dialog: &str| heard_at.get(names.number(dialog)? as usize).copied().flatten();
    terms.outages = Outages::new(away, Box::new(heard_at));
    let judge = Judge::new(terms);
    let seen = follower.seen().into_iter().collect();
    let checked = read_and_judge(desk, judge, after, &seen, &claims).await?;
    Ok(Report::new(run.as_str().to_owned(), warnings, Some(figures), checked))
}

/// Groups and capacities of the run, presence and load from before it.
fn as_before(mut members: Vec<Member>, before: &[Member]) -> Vec<Member> {
    for member in &mut members {
        let earlier = before.iter().find(|earlier| earlier.name == member.name);
        member.available = earlier.is_some_and(|earlier| earlier.available);
        (member.load, member.held) = earlier.map_or((Units::ZERO, 0), |earlier| (earlier.load, earlier.held));
    }
    members
}

fn progress(args: &DriveArgs, length: u64) -> ProgressBar {
    let target = if args.quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} dialogs, {per_sec}, {elapsed_precise}");
    ProgressBar::with_draw_target(Some(length), target)
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn standings(members: &[Member]) -> BTreeMap<String, Standing> {
    let standing = |member: &Member| Standing { load: Some(member.load), dialogs: Some(member.held) };
    members.iter().map(|member| (member.name.clone(), standing(member))).collect()
}

/// Reads the feed from an event on to its end, and judges it.
async fn read_and_judge(
    pool: &Pool,
    mut judge: Judge,
    mut after: u64,
    seen: &BTreeMap<u64, u64>,
    claims: &Claims,
) -> Result<Checked, String> {
    let began_after = after;
    loop {
        let page = roster::ask(pool, "GET", &format!("/events?after={after}&limit={PAGE}"), b"").await?;
        let events = feed::page(&page)?;
        let Some(last) = events.last() else { break };
        after = last.seq;
        for event in &events {
            judge.take(event);
            let is_changed = seen.get(&event.seq).is_some_and(|seen| *seen != feed::fingerprint(&event.id));
            if is_changed {
                let text = format!("event {} was another one before", event.seq);
                judge.object(Kind::ChangedHistory, event.seq, text);
            }
        }
    }
    if let Some((lost, _)) = seen.range(after + 1..).next() {
        judge.object(
            Kind::ChangedHistory,
            *lost,
            format!("the events from {lost} on were served, and are gone"),
        );
    }
    Ok(Checked::of(began_after, &judge.finish(claims)))
}
