//! `reparto rules test`: plays the tests of rule files on a clock that jumps.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::cli::exit::{FINDINGS, FINE, Failure};
use crate::cli::parts;
use crate::cli::terminal::Terminal;
use crate::trial::report::Report;
use crate::trial::{self, render};

/// `reparto rules test …`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  reparto rules test rules/shop.toml                 Play every [[test]] of a file
  reparto rules test rules/ --min-coverage 80        Fail when tests reach less than 80 % of the rules
  reparto rules test rules/ --filter 'own manager'   Only tests with this in their name
  reparto rules test rules/ --format json | jq .     For CI and other programs

A test says who is there, what happens, and what must come of it:

  [[test]]
  name     = \"a regular customer reaches their own manager\"
  managers = { ana = { online = true }, boris = { online = true, load = 3.0 } }
  given    = { channel = \"telegram\", customer = { owner = \"boris\" } }
  expect   = { to = \"boris\", rule = \"standard\", step = 1 }

The same desk and dialogs decide as in a running server, in virtual time. Managers whom the file names and the test
does not are not at work; without `managers` all of them are, and have nothing to do.

Exit codes:
  0  all tests passed
  1  a test failed, the tests reach too little, or the rules have errors
  2  a path could not be read")]
pub struct TestArgs {
    /// Rule files, or folders of rule files; each is one rule set
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// How to print what came of it
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Play only tests whose name contains this
    #[arg(long, value_name = "NAME")]
    pub filter: Option<String>,
    /// The least share of the rules that tests must reach, in percent
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100), conflicts_with = "filter")]
    pub min_coverage: Option<u8>,
}

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people, with the trace of what came out differently
    #[default]
    Human,
    /// One JSON document for each path
    Json,
}

/// Runs the command.
///
/// # Errors
/// A path that cannot be read.
pub fn run(args: &TestArgs, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let mut exit = FINE;
    for path in &args.paths {
        let sources = parts::load_rules(path)?;
        let is_wanted = |name: &str| args.filter.as_ref().is_none_or(|part| name.contains(part.as_str()));
        let report = trial::run_some(&sources, is_wanted);
        let text = match args.format {
            Format::Human => render::human(&report, &sources, terminal.colour),
            Format::Json => render::json(&report, &sources),
        };
        if args.format == Format::Human && args.paths.len() > 1 {
            writeln!(terminal.out, "{}", path.display())?;
        }
        writeln!(terminal.out, "{}", text.trim_end())?;
        if let Some(objection) = objection(path, &report, args) {
            writeln!(terminal.err, "{objection}")?;
            exit = FINDINGS;
        }
    }
    Ok(exit)
}

/// Why a rule set does not pass.
fn objection(path: &Path, report: &Report, args: &TestArgs) -> Option<String> {
    let path = path.display();
    if report.version.is_none() {
        return Some(format!("{path}: the rules have errors, so nothing was tried"));
    }
    if !report.passed() {
        return Some(format!("{path}: tests failed"));
    }
    if report.tests.is_empty() && args.filter.is_some() {
        return Some(format!("{path}: no test has this in its name"));
    }
    let percent = report.coverage.percent();
    let least = args.min_coverage.filter(|least| percent < *least)?;
    Some(format!("{path}: the tests reach {percent} % of the rules, {least} % are wanted"))
}
