//! `reparto rules fix`: applies the fixes that findings offer, and shows what it changed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde::Serialize;
use similar::TextDiff;

use crate::cli::exit::{FINDINGS, FINE, Failure};
use crate::cli::terminal::Terminal;
use crate::rules::{self, Fixed, Source, render};

/// The version of the JSON document's form.
const VERSION: u32 = 1;

/// `reparto rules fix …`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  reparto rules fix rules/                    Mends a folder's files and prints the changes
  reparto rules fix rules/a.toml --dry-run    Only prints them
  reparto rules fix rules/ --format json      For editors and other programs

A fix that would bring new errors is left out, so files never become worse.

Exit codes:
  0  no problem is left; warnings do not count
  1  problems are left, or with --dry-run there is something to mend
  2  a path could not be read or written")]
pub struct FixArgs {
    /// Rule files, or folders of rule files; each is one rule set
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Print the changes, write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// How to print the changes
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// How changes are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// As a unified diff
    #[default]
    Human,
    /// One JSON document for all paths
    Json,
}

#[derive(Serialize)]
struct Document {
    version: u32,
    dry_run: bool,
    sets: Vec<Set>,
}

/// What became of one path.
#[derive(Serialize)]
struct Set {
    path: String,
    fixes: Vec<Done>,
    files: Vec<File>,
    /// Problems that are left.
    errors: usize,
    warnings: usize,
}

#[derive(Serialize)]
struct Done {
    code: &'static str,
    file: String,
    line: usize,
    message: String,
    fix: String,
}

/// A file that changes.
#[derive(Serialize)]
struct File {
    file: String,
    diff: String,
}

/// Runs the command.
///
/// # Errors
/// A path that cannot be read or written.
pub fn run(args: &FixArgs, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let mut exit = FINE;
    let mut sets = Vec::new();
    for path in &args.paths {
        let before = rules::load(path).map_err(|error| {
            Failure::new(format!("cannot read the rules {}: {error}", path.display()), "check the path")
        })?;
        let fixed = rules::fix(&before);
        let set = set(path, &before, &fixed);
        if !args.dry_run {
            for (old, new) in changed(&before, &fixed.sources) {
                write(Path::new(&old.name), &new.text).map_err(|error| {
                    Failure::new(
                        format!("cannot write {}: {error}", old.name),
                        "check the rights of the file and its folder, or use --dry-run",
                    )
                })?;
            }
        }
        if set.errors > 0 || (args.dry_run && !set.files.is_empty()) {
            exit = FINDINGS;
        }
        if args.format == Format::Human {
            for file in &set.files {
                write!(terminal.out, "{}", file.diff)?;
            }
            writeln!(terminal.err, "{}", sentence(&set, args.dry_run))?;
        }
        sets.push(set);
    }
    if args.format == Format::Json {
        let document = Document { version: VERSION, dry_run: args.dry_run, sets };
        writeln!(terminal.out, "{}", serde_json::to_string_pretty(&document).unwrap_or_default())?;
    }
    Ok(exit)
}

fn changed<'a>(before: &'a [Source], after: &'a [Source]) -> impl Iterator<Item = (&'a Source, &'a Source)> {
    before.iter().zip(after).filter(|(old, new)| old.text != new.text)
}

fn set(path: &Path, before: &[Source], fixed: &Fixed) -> Set {
    let done = fixed.applied.iter().map(|applied| {
        let finding = &applied.finding;
        let file = finding.span().map_or(0, |span| span.file);
        Done {
            code: finding.code.as_str(),
            file: before[file].name.clone(),
            line: applied.line,
            message: finding.message.clone(),
            fix: finding.fix.as_ref().map(|fix| fix.message.clone()).unwrap_or_default(),
        }
    });
    let files = changed(before, &fixed.sources).map(|(old, new)| {
        let diff = TextDiff::from_lines(old.text.as_str(), new.text.as_str());
        let names = (format!("a/{}", old.name), format!("b/{}", old.name));
        File {
            file: old.name.clone(),
            diff: diff.unified_diff().context_radius(2).header(&names.0, &names.1).to_string(),
        }
    });
    let (errors, warnings) = render::counts(&fixed.compiled.diagnostics);
    Set { path: path.display().to_string(), fixes: done.collect(), files: files.collect(), errors, warnings }
}

fn sentence(set: &Set, dry_run: bool) -> String {
    let done = match (set.fixes.len(), dry_run) {
        (0, _) => "nothing to mend".to_owned(),
        (1, false) => "1 fix applied".to_owned(),
        (count, false) => format!("{count} fixes applied"),
        (1, true) => "1 fix to apply".to_owned(),
        (count, true) => format!("{count} fixes to apply"),
    };
    let left = match (set.errors, set.warnings) {
        (0, 0) => String::new(),
        (errors, warnings) => {
            format!(
                "; left are {errors} errors and {warnings} warnings: see `reparto rules check {}`",
                set.path
            )
        }
    };
    format!("{}: {done}{left}", set.path)
}

/// Whole or not at all: a server that watches the file must never see half of it.
fn write(path: &Path, text: &str) -> io::Result<()> {
    // A link stays a link.
    let path = fs::canonicalize(path)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    let permissions = fs::metadata(&path)?.permissions();
    fs::write(&new, text)?;
    let done = fs::set_permissions(&new, permissions).and_then(|()| fs::rename(&new, &path));
    if done.is_err() {
        // What is left behind would only be in the way.
        let _ = fs::remove_file(&new);
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_was_done_and_what_is_left() {
        let mut set = Set { path: "a".into(), fixes: Vec::new(), files: Vec::new(), errors: 0, warnings: 0 };
        assert_eq!(sentence(&set, false), "a: nothing to mend");
        set.errors = 2;
        assert_eq!(
            sentence(&set, true),
            "a: nothing to mend; left are 2 errors and 0 warnings: see `reparto rules check a`"
        );
    }

    #[test]
    fn files_are_replaced_whole_and_keep_their_rights() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        fs::write(&path, "old").unwrap();
        let mut rights = fs::metadata(&path).unwrap().permissions();
        rights.set_readonly(true);
        fs::set_permissions(&path, rights).unwrap();
        write(&path, "new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert!(fs::metadata(&path).unwrap().permissions().readonly());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
