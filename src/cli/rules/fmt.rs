//! `reparto rules fmt`: rule files in canonical form.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use similar::TextDiff;

use crate::cli::exit::{FINDINGS, FINE, Failure};
use crate::cli::terminal::Terminal;
use crate::rules::format::format;
use crate::rules::{Source, compile, load, render};

/// `reparto rules fmt …`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  reparto rules fmt rules/                  Rewrites every *.toml file of a folder
  reparto rules fmt --check rules/*.toml    Changes nothing; shows what would change, and fails if anything would
  reparto rules fmt - < a.toml > b.toml     From standard input to standard output

The form: a blank line before each section; `=` and trailing comments of neighbouring lines in one column;
double quotes, single ones around conditions; steps one a line. Sections, keys and comments stay in the order in
which you wrote them, numbers as you wrote them. What the file means is compared before and after.

Exit codes:
  0  written, or nothing to do
  1  --check: a file would change; or a file is not TOML and was left alone
  2  a file could not be read or written")]
pub struct FmtArgs {
    /// Rule files or folders of rule files; - is standard input
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Writes nothing; shows the differences and ends with 1 if there are any
    #[arg(long)]
    pub check: bool,
    /// How to tell of the files
    #[arg(long, value_enum, default_value_t)]
    pub format: FmtFormat,
}

/// How files are told of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum FmtFormat {
    /// For people
    #[default]
    Human,
    /// One JSON document
    Json,
}

/// What became of one file.
enum Outcome {
    Same,
    /// It is not in canonical form; the form is here.
    Other(String),
    /// It is not TOML; what is wrong is here.
    Unreadable(String),
}

/// Runs the command.
///
/// # Errors
/// A file that cannot be read or written.
pub fn run(args: &FmtArgs, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    run_with(args, &mut io::stdin(), terminal)
}

fn run_with(args: &FmtArgs, stdin: &mut dyn Read, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let mut exit = FINE;
    let mut told = Vec::new();
    for path in &args.paths {
        let is_stdin = path.as_os_str() == "-";
        for source in if is_stdin { vec![read(stdin)?] } else { load_all(path)? } {
            let outcome = outcome(&source, terminal.colour);
            if matches!(outcome, Outcome::Unreadable(_))
                || (args.check && matches!(outcome, Outcome::Other(_)))
            {
                exit = FINDINGS;
            }
            if let Outcome::Other(text) = &outcome
                && !args.check
                && !is_stdin
            {
                replace(Path::new(&source.name), text)?;
            }
            if args.format == FmtFormat::Json {
                told.push(as_json(&source, &outcome, args.check));
            } else {
                tell(args, is_stdin, &source, &outcome, terminal)?;
            }
        }
    }
    if args.format == FmtFormat::Json {
        writeln!(terminal.out, "{:#}", serde_json::json!({ "version": 1, "files": told }))?;
    }
    Ok(exit)
}

fn tell(
    args: &FmtArgs,
    is_stdin: bool,
    source: &Source,
    outcome: &Outcome,
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    match outcome {
        Outcome::Unreadable(problems) => {
            writeln!(terminal.err, "{problems}")?;
            writeln!(terminal.err, "{}: not TOML, left alone", source.name)?;
        }
        Outcome::Other(text) if args.check => {
            write!(terminal.out, "{}", difference(source, text, terminal.colour))?;
            writeln!(terminal.err, "{}: would change", source.name)?;
        }
        Outcome::Other(text) if is_stdin => write!(terminal.out, "{text}")?,
        Outcome::Other(_) => writeln!(terminal.err, "{}: changed", source.name)?,
        Outcome::Same if is_stdin && !args.check => write!(terminal.out, "{}", source.text)?,
        Outcome::Same => {}
    }
    Ok(())
}

fn as_json(source: &Source, outcome: &Outcome, check: bool) -> serde_json::Value {
    let word = match outcome {
        Outcome::Same => "canonical",
        Outcome::Other(_) if check => "would_change",
        Outcome::Other(_) => "changed",
        Outcome::Unreadable(_) => "not_toml",
    };
    let mut told = serde_json::json!({ "path": source.name, "outcome": word });
    if let Outcome::Other(text) = outcome
        && check
    {
        told["diff"] = difference(source, text, false).into();
    }
    told
}

fn outcome(source: &Source, colour: bool) -> Outcome {
    match format(&source.text) {
        Some(text) if text == source.text => Outcome::Same,
        Some(text) => Outcome::Other(text),
        None => {
            let sources = [source.clone()];
            let found = compile(&sources).diagnostics;
            Outcome::Unreadable(render::human(&found, &sources, colour).trim_end().to_owned())
        }
    }
}

/// As `diff -u` shows it.
fn difference(source: &Source, text: &str, colour: bool) -> String {
    let diff = TextDiff::from_lines(source.text.as_str(), text);
    let plain = diff.unified_diff().header(&source.name, &format!("{} (formatted)", source.name)).to_string();
    if !colour {
        return plain;
    }
    let painted = plain.lines().map(|line| match line.chars().next() {
        Some('-') => format!("\u{1b}[31m{line}\u{1b}[0m\n"),
        Some('+') => format!("\u{1b}[32m{line}\u{1b}[0m\n"),
        Some('@') => format!("\u{1b}[36m{line}\u{1b}[0m\n"),
        _ => format!("{line}\n"),
    });
    painted.collect()
}

fn read(stdin: &mut dyn Read) -> Result<Source, Failure> {
    let mut text = String::new();
    stdin.read_to_string(&mut text).map_err(|error| {
        Failure::new(format!("cannot read standard input: {error}"), "rule files are texts in UTF-8")
    })?;
    Ok(Source::new("<stdin>", text))
}

fn load_all(path: &Path) -> Result<Vec<Source>, Failure> {
    load(path).map_err(|error| {
        Failure::new(
            format!("cannot read the rules {error}"),
            "name a rule file, a folder of rule files, or -",
        )
    })
}

/// Replaces the file whole or not at all; it keeps its rights. A link stays a link.
fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    let write = || -> io::Result<()> {
        let target = fs::canonicalize(path)?;
        let folder = target.parent().unwrap_or(Path::new("."));
        let name = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let beside = folder.join(format!(".{name}.{}.new", std::process::id()));
        let fill = || -> io::Result<()> {
            let mut file = File::create_new(&beside)?;
            file.write_all(text.as_bytes())?;
            file.set_permissions(fs::metadata(&target)?.permissions())?;
            file.sync_all()?;
            fs::rename(&beside, &target)
        };
        fill().inspect_err(|error| {
            // Somebody else's file of this name is not ours to remove.
            if error.kind() != io::ErrorKind::AlreadyExists {
                let _ = fs::remove_file(&beside);
            }
        })
    };
    write().map_err(|error| {
        let what = format!("cannot write {}: {error}", path.display());
        Failure::new(what, "check the rights of the file and its folder; the file is as it was")
    })
}
