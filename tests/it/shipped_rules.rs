//! The rule files that come along: each is without findings, and its tests pass and reach nearly all of it.

use std::fs;
use std::path::PathBuf;

use reparto::rules::{compile, load, render};
use reparto::trial;

/// What tests must reach of a file, in percent.
const LEAST: u8 = 90;
/// Files to begin with, which are too small for tests of their own.
const SMALL: [&str; 2] = ["default.toml", "quickstart.toml"];

fn shipped() -> Vec<PathBuf> {
    let entries = fs::read_dir("rules").expect("the folder of rule files");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("a readable entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    paths
}

#[test]
fn each_is_without_findings() {
    let paths = shipped();
    for name in ["shop", "support", "sales", "official-bot", "call-centre", "retail"] {
        let file = format!("{name}.toml");
        assert!(paths.iter().any(|path| path.ends_with(&file)), "{file} is missing");
    }
    for path in paths {
        let sources = load(&path).expect("a readable file");
        let findings = compile(&sources).diagnostics;
        assert!(findings.is_empty(), "{}", render::human(&findings, &sources, false));
    }
}

#[test]
fn the_tests_of_each_pass_and_reach_it() {
    for path in shipped() {
        if SMALL.iter().any(|small| path.ends_with(small)) {
            continue;
        }
        let sources = load(&path).expect("a readable file");
        let report = trial::run(&sources);
        let told = trial::render::human(&report, &sources, false);
        assert!(report.passed() && report.tests.len() >= 5, "{}\n{told}", path.display());
        assert!(report.coverage.percent() >= LEAST, "{}\n{told}", path.display());
    }
}
