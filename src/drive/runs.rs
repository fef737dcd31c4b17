//! Whole runs against a stand-in server: what a flawless one is told, and what each flaw betrays.

use std::cell::RefCell;
use std::rc::Rc;

use clap::Parser;

use super::check::violation::Kind;
use super::report::Report;
use super::stand_in::{Deed, Flaws, World, start};
use super::{Exit, drive_here, run};
use crate::drive::args::DriveArgs;

#[derive(Parser)]
struct Program {
    #[command(flatten)]
    drive: DriveArgs,
}

fn args(url: &str, line: &str) -> DriveArgs {
    let words =
        ["drive", "--url", url, "--quiet", "--settle", "200ms"].into_iter().chain(line.split_whitespace());
    Program::try_parse_from(words).map(|program| program.drive).unwrap()
}

/// Drives a stand-in with these flaws.
fn against(flaws: Flaws, line: &str) -> (Result<Report, String>, Rc<RefCell<World>>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let (url, world) = start(flaws).await;
        (drive_here(&args(&url, line)).await, world)
    })
}

#[track_caller]
fn kinds(report: &Report) -> Vec<Kind> {
    report.checked.violations.keys().copied().collect()
}

const MADE_UP: &str = "--synthetic 500 --managers 10 --capacity 4";

/// 400 calls for eight agents with two skills, one call at a time, and more work than they can do at once.
fn trace() -> (tempfile::NamedTempFile, String) {
    let mut table = "arrival,customer,took,type,agent,priority\n".to_owned();
    for call in 0..400_u32 {
        let skill = if call % 3 == 0 { "NE" } else { "PS" };
        let agent = if call % 3 == 0 { call % 2 } else { 2 + call % 6 };
        let customer = if call % 5 == 0 { String::new() } else { format!("c{}", call * 7 % 301) };
        let row = format!("{},{customer},{},{skill},a{agent},{}\n", call * 10, 30 + call * 37 % 90, call % 3);
        table.push_str(&row);
    }
    let file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    std::fs::write(file.path(), table).unwrap();
    let line = format!(
        "--trace {} --map arrival=arrival,customer=customer,handle=took,fact.type=type,agent=agent,priority=priority \
         --skills type --vip-when priority=2 --capacity 1 --allow fact.type=group",
        file.path().display()
    );
    (file, line)
}

#[test]
fn made_up_traffic_is_played_to_its_end() {
    let (report, _) = against(Flaws::default(), MADE_UP);
    let report = report.unwrap();
    assert_eq!(kinds(&report), [], "{:?}", report.checked.first_violations);
    let played = report.played.unwrap();
    assert_eq!((played.rows, played.opened, played.closed, played.refusals.len()), (500, 500, 500, 0));
    assert_eq!((report.checked.opened, report.checked.assignments, report.checked.closed), (500, 500, 500));
    assert_eq!(played.latency["message"].count, 500);
    assert_eq!((report.checked.spread.managers, report.checked.still_waiting), (10, 0));
}

#[test]
fn closures_may_go_in_batches() {
    let (report, world) = against(Flaws::default(), &format!("{MADE_UP} --batch 5 --replies 0"));
    let report = report.unwrap();
    assert_eq!((kinds(&report), report.checked.closed), (vec![], 500));
    assert!(world.borrow().requests < 700, "{}", world.borrow().requests);
}

#[test]
fn a_trace_is_played_with_its_agents_skills_and_queues() {
    let (_file, line) = trace();
    let (report, world) = against(Flaws::default(), &line);
    let report = report.unwrap();
    assert_eq!(kinds(&report), [], "{:?}", report.checked.first_violations);
    let played = report.played.unwrap();
    assert!(played.waited > 20, "{} had to wait", played.waited);
    assert_eq!(played.closed + played.joined, 400);
    assert_eq!(report.checked.spread.most_at_once, 1);
    assert!(!world.borrow().vips.is_empty());
    // Two people take 1 call in 30 s that lasts 75 s on average: they are overloaded, and the trace's clock shows it.
    assert!(played.waits_by_trace["0"].max_ms > 60_000.0, "{:?}", played.waits_by_trace);
}

#[test]
fn one_by_one_the_same_trace_gives_the_same_waits_and_together_nearly_so() {
    let (_file, line) = trace();
    let line = format!("{line} --limit 150");
    let waits = |more: &str| {
        let report = against(Flaws::default(), &format!("{line} {more}")).0.unwrap();
        let waits = report.played.unwrap().waits_by_trace;
        waits.into_iter().map(|(priority, waits)| (priority, waits.count, waits.mean_ms)).collect::<Vec<_>>()
    };
    let one_by_one = waits("--in-flight 1");
    assert_eq!(one_by_one, waits("--in-flight 1 --connections 2"));
    for ((_, _, alone), (_, _, together)) in one_by_one.iter().zip(waits("--in-flight 64")) {
        assert!((alone / together - 1.0).abs() < 0.2, "{alone} {together}");
    }
}

#[test]
fn in_pace_it_takes_its_time() {
    let (_file, line) = trace();
    let (report, _) = against(Flaws::default(), &format!("{line} --limit 40 --speed 800"));
    let played = report.unwrap().played.unwrap();
    // The last of 40 arrives at 390.
    assert!(played.seconds > 390.0 / 800.0, "{}", played.seconds);
}

#[test]
fn a_server_that_dies_again_and_again_is_ridden_out() {
    let flaws = Flaws { dies_every: Some(97), stays_away: 3, ..Flaws::default() };
    for line in [MADE_UP, &format!("{MADE_UP} --batch 5")] {
        let report = against(flaws, line).0.unwrap();
        assert_eq!(kinds(&report), [], "{:?}", report.checked.first_violations);
        let played = report.played.unwrap();
        assert_eq!((played.opened, played.closed), (500, 500));
        assert!(played.lost_connections > 3 && played.repeated > 3, "{played:?}");
    }
}

#[test]
fn a_busy_server_is_asked_again() {
    let report = against(Flaws { busy_every: Some(10), ..Flaws::default() }, MADE_UP).0.unwrap();
    assert_eq!(kinds(&report), []);
    let played = report.played.unwrap();
    assert!(played.put_off > 50 && played.closed == 500);
}

#[test]
fn each_flaw_is_betrayed() {
    let (_file, line) = trace();
    let line = format!("{line} --limit 150");
    let betrays = |flaws: Flaws, kind: Kind| {
        let report = against(flaws, &line).0.unwrap();
        assert!(kinds(&report).contains(&kind), "{flaws:?}: {:?}", report.checked.violations);
    };
    betrays(Flaws::of(Deed::Overloads), Kind::OverCapacity);
    betrays(Flaws::of(Deed::LeavesWaiting), Kind::WaitedInVain);
    betrays(Flaws::of(Deed::IgnoresGroups), Kind::NotAllowed);
    betrays(Flaws::of(Deed::SkipsNumbers), Kind::SequenceGap);
    betrays(Flaws::of(Deed::ForgetsClosures), Kind::LostClosure);
}

#[test]
fn a_second_run_begins_where_the_first_ended_and_the_whole_can_be_checked() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let (url, _) = start(Flaws::default()).await;
        let first = drive_here(&args(&url, MADE_UP)).await.unwrap();
        let second = drive_here(&args(&url, MADE_UP)).await.unwrap();
        assert_eq!((kinds(&second), second.checked.opened), (vec![], 500));
        assert_eq!(second.checked.after, first.checked.events);
        let whole = drive_here(&args(&url, "--check-only")).await.unwrap();
        assert_eq!((kinds(&whole), whole.checked.opened), (vec![], 1_000));
        assert!(whole.played.is_none());
    });
}

#[test]
fn what_cannot_be_done_is_explained() {
    let problem = |line: &str| against(Flaws::default(), line).0.map(|_| ()).unwrap_err();
    assert!(problem("").contains("--trace FILE or --synthetic N"));
    assert!(problem("--trace /nowhere/calls.csv --map arrival=a").contains("/nowhere/calls.csv"));
    assert!(problem("--trace calls.csv.gz").contains("zcat"));
    assert!(problem("--synthetic 5").contains("--managers"));
    let (_file, line) = trace();
    assert!(problem(&format!("{line} --date 2020-01-01")).contains("nothing to play (400 rows left out"));
}

#[test]
fn the_exit_status_and_the_report_say_it() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let nobody = args("http://127.0.0.1:1", MADE_UP);
        assert_eq!(run(&nobody, &mut out, &mut err).await, Exit::CouldNotRun);
        let told = String::from_utf8(std::mem::take(&mut err)).unwrap();
        assert!(told.contains("no server at http://127.0.0.1:1"), "{told}");

        let (url, _) = start(Flaws::default()).await;
        assert_eq!(run(&args(&url, MADE_UP), &mut out, &mut err).await, Exit::Fine);
        let text = String::from_utf8(std::mem::take(&mut out)).unwrap();
        assert!(text.contains("500 dialogs played") && text.ends_with("no violations\n"), "{text}");

        let (url, _) = start(Flaws::of(Deed::SkipsNumbers)).await;
        let json = args(&url, &format!("{MADE_UP} --format json"));
        assert_eq!(run(&json, &mut out, &mut err).await, Exit::Violations);
        let report: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert!(report["checked"]["violations"]["sequence_gap"].as_u64() > Some(10), "{report}");
    });
}
