//! A real weekday of a call centre, driven through the server: fresh, and killed in the middle of it.
//!
//! The trace is not ours to ship. Where it lies beside the checkout the day is played; elsewhere the tests say that
//! they did nothing, and where everything must be proven (`CI=true`) its absence is a failure.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::driver::{Drive, Report};
use super::place::{Place, Server};

const CALLS: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/anonymous-bank-1999/calls-jan-feb.csv.gz");
/// A Monday.
const DATE: &str = "1999-01-04";
/// The kinds of calls, each a skill.
const TYPES: [&str; 6] = ["PS", "PE", "IN", "NE", "NW", "TT"];
/// The calls that were served, and what is what.
const DAY: [&str; 12] = [
    "--map",
    "arrival=t_q_start/t_vru_exit,customer=customer,handle=ser_time,priority=priority,fact.type=type,agent=agent",
    "--where",
    "outcome=AGENT",
    "--date",
    DATE,
    "--vip-when",
    "priority=2",
    "--skills",
    "type",
    "--allow",
    "fact.type=group",
];

/// Who has a type of call among their skills takes it, one at a time, whoever has been idle for longest; VIP
/// customers are 90 seconds ahead, as they were in that centre.
fn rules() -> String {
    let mut text = format!(
        "[facts]\n\"fact.type\" = {{ type = \"enum\", values = {TYPES:?}, default = \"PS\" }}\n\
         [capacity]\nunits = 1\n\
         [[priority]]\nid = \"vip\"\nwhen = 'customer.vip'\nbase = 90\nper_minute = 60\n\
         [groups]\n"
    );
    for kind in TYPES {
        // Writing into memory cannot fail.
        let _ = writeln!(text, "{kind} = {{ crm_group = \"{kind}\" }}");
    }
    for kind in TYPES {
        // The last rule takes what is left.
        let when = if kind == "TT" { String::new() } else { format!("when = 'fact.type == \"{kind}\"'\n") };
        let step = format!("to = \"group:{kind}\"\npick = \"longest_idle\"");
        let _ = writeln!(text, "[[rule]]\nid = \"{kind}\"\n{when}{step}");
    }
    text
}

/// The day's rows in a file in the folder, if the trace is there.
fn day(folder: &Path) -> Option<PathBuf> {
    if !Path::new(CALLS).is_file() {
        let is_owed = std::env::var_os("CI").is_some_and(|value| value == "true");
        assert!(!is_owed, "{CALLS} is missing, and must be there");
        eprintln!("NOT TESTED: {CALLS} is not there, so no real day was played");
        return None;
    }
    let output =
        Command::new("gzip").args(["--decompress", "--stdout", CALLS]).output().expect("gzip is there");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let calls = String::from_utf8(output.stdout).expect("the trace is text");
    let mut lines = calls.lines();
    let mut day = vec![lines.next().expect("a header")];
    day.extend(lines.filter(|line| line.contains(DATE)));
    assert!(day.len() > 1_500, "a whole weekday: {} calls", day.len());
    let path = folder.join("day.csv");
    fs::write(&path, day.join("\n")).expect("it is writable");
    Some(path)
}

/// Plays the day to its end, killing the server when it has announced so many events. Each call is answered once.
fn play(trace: &Path, managers: &[&str], kill_after: Option<u64>) -> Report {
    let trace = trace.to_str().expect("a plain path");
    let place = Place::new(&rules());
    let mut server = place.start();
    let mut arguments = vec!["--trace", trace];
    arguments.extend(DAY.iter().chain(managers));
    let drive = Drive::start(&server, &arguments);
    if let Some(seq) = kill_after {
        server.follow().reaches(seq);
        server.dies();
        server = place.start();
    }
    let report = drive.passes();
    server.stops();
    if let Some(killed_at) = kill_after {
        // Whether requests were under way at that very instant is luck; that the day was not over is not.
        let events = report.number("/checked/after") + report.number("/checked/events");
        assert!(killed_at < events, "it was killed in the middle of the day");
        judge_again(&place.start(), &arguments, &report);
    }
    let [rows, opened, joined] =
        ["rows", "opened", "joined"].map(|what| report.number(&format!("/played/{what}")));
    assert!(rows > 1_500, "a whole weekday");
    assert_eq!(opened + joined, rows, "each call was taken");
    for what in ["assignments", "closed"] {
        assert_eq!(report.number(&format!("/checked/{what}")), opened, "each dialog once: {what}");
    }
    assert_eq!(report.number("/checked/still_waiting"), 0);
    assert_eq!(report.number("/checked/spread/most_at_once"), 1, "one call at a time");
    report
}

/// From the feed's first event to its last, what is stored tells the same story.
fn judge_again(server: &Server, arguments: &[&str], report: &Report) {
    let mut again = vec!["--check-only", "--run", report.text("/run")];
    again.extend(arguments);
    let again = Drive::start(server, &again).passes();
    for what in ["opened", "assignments", "closed", "still_waiting"] {
        let pointer = format!("/checked/{what}");
        assert_eq!(again.number(&pointer), report.number(&pointer), "{what}");
    }
}

#[test]
fn a_weekday_with_those_who_worked_then() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(trace) = day(folder.path()) else { return };
    let fresh = play(&trace, &[], None);
    let half = fresh.number("/checked/events") / 2;
    play(&trace, &[], Some(half));
}

#[test]
fn a_weekday_with_so_few_that_calls_queue() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(trace) = day(folder.path()) else { return };
    let mut managers = vec!["--managers", "6"];
    managers.extend(TYPES.iter().flat_map(|kind| ["--group", kind]));
    // Five or six events a call: killed when half of them are there.
    let killed = play(&trace, &managers, Some(4_000));
    assert!(killed.number("/played/waited") > 500, "they did queue");
}
