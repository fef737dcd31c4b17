//! The joints between the command line and the parts it drives: each is named here once, so that commands
//! read the same whatever a part's own words are.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::exit::Failure;
use super::rules::Format;
use super::terminal::Terminal;
use crate::domain::time::Timestamp;
use crate::engine::clock::{Clock, SystemClock};
use crate::engine::ids::IdSource;
use crate::engine::rulebook::Origin;
use crate::rules::diagnostic::Diagnostic;
use crate::rules::effective::{Effective, effective};
use crate::rules::roster::Roster;
use crate::rules::ruleset::RuleSet;
use crate::rules::{self, Source, render};
use crate::store::sqlite::SqliteStore;
use crate::store::{SharedStore, StoreError};
use crate::trial;

/// A checked rule set.
pub struct Checked {
    /// How many problems keep it from being used.
    pub errors: usize,
    /// How many things are odd.
    pub warnings: usize,
    sources: Vec<Source>,
    diagnostics: Vec<Diagnostic>,
    /// The set, unless it has errors.
    pub rules: Option<Arc<RuleSet>>,
}

impl Checked {
    /// The problems as text; empty when there are none.
    pub fn render(&self, format: Format, colour: bool) -> String {
        if self.diagnostics.is_empty() && !matches!(format, Format::Json | Format::Sarif) {
            return String::new();
        }
        match format {
            Format::Human => render::human(&self.diagnostics, &self.sources, colour),
            Format::Json => render::json(&self.diagnostics, &self.sources),
            Format::Github => render::github(&self.diagnostics, &self.sources),
            Format::Sarif => render::sarif(&[self.findings()]),
        }
    }

    /// What its own tests object to, and how many of them fail; `None`: they pass, or there are none.
    pub fn failed_tests(&self) -> Option<(usize, String)> {
        let report = trial::run(&self.sources);
        let failed = report.failed().count();
        (!report.passed()).then(|| (failed.max(1), trial::render::human(&report, &self.sources, false)))
    }

    /// Its files: name and text.
    pub fn sources(&self) -> impl Iterator<Item = (&str, &str)> {
        self.sources.iter().map(|source| (source.name.as_str(), source.text.as_str()))
    }

    /// The problems, and the texts that they are about.
    pub fn findings(&self) -> (&[Diagnostic], &[Source]) {
        (&self.diagnostics, &self.sources)
    }

    /// Where it came from, for the record.
    pub fn origin(&self, by: &str) -> Origin {
        let sources = self.sources.iter().map(|source| (source.name.clone(), source.text.clone())).collect();
        Origin { sources, by: by.to_owned() }
    }
}

/// How far a database is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schema {
    /// The version of the database; `None`: there is none yet.
    pub present: Option<i64>,
    /// The version that this program works with.
    pub wanted: i64,
}

impl Schema {
    /// Whether a migration is to be done.
    pub fn is_pending(self) -> bool {
        self.present.is_none_or(|present| present < self.wanted)
    }

    /// A version for people.
    pub fn version(version: Option<i64>) -> String {
        version.map_or("nothing".into(), |version| format!("version {version}"))
    }

    /// Where it stands.
    pub fn sentence(self) -> String {
        let Self { present, wanted } = self;
        match present {
            None => format!("there is no database yet; version {wanted} will be made"),
            Some(present) if present < wanted => {
                format!("the database has version {present}; version {wanted} is pending")
            }
            Some(present) => format!("the database has version {present}, as it should"),
        }
    }
}

/// The time.
pub fn now() -> Timestamp {
    SystemClock::default().now()
}

/// Ids and secrets, seeded by the operating system.
///
/// # Errors
/// When the system has no randomness to give.
pub fn ids() -> Result<IdSource, Failure> {
    IdSource::from_system().map_err(|error| {
        Failure::new(
            format!("the system gives no random numbers: {error}"),
            "check that /dev/urandom can be read",
        )
    })
}

/// Reads a rule file or folder.
///
/// # Errors
/// When it cannot be read.
pub fn load_rules(path: &Path) -> Result<Vec<Source>, Failure> {
    rules::load(path).map_err(|error| {
        Failure::new(
            format!("cannot read the rules {}: {error}", path.display()),
            "check the path: --rules PATH, or the setting `rules`",
        )
    })
}

/// Reads and checks a rule file or folder.
///
/// # Errors
/// When it cannot be read.
pub fn check_rules(path: &Path) -> Result<Checked, Failure> {
    check_rules_for(path, None)
}

/// Reads and checks a rule file or folder, and looks up its names in an account.
///
/// # Errors
/// When it cannot be read.
pub fn check_rules_for(path: &Path, roster: Option<&Roster>) -> Result<Checked, Failure> {
    let sources = load_rules(path)?;
    let compiled = match roster {
        Some(roster) => rules::compile_for(&sources, roster),
        None => rules::compile(&sources),
    };
    let rules::Compiled { rules, diagnostics, .. } = compiled;
    let (errors, warnings) = render::counts(&diagnostics);
    Ok(Checked { errors, warnings, sources, diagnostics, rules })
}

/// All that is in effect by a rule file or folder. `None`: it has errors, which were printed.
///
/// # Errors
/// When it cannot be read, or changed while it was.
pub fn effective_rules(path: &Path, terminal: &mut Terminal<'_>) -> Result<Option<Effective>, Failure> {
    let checked = check_rules(path)?;
    if checked.errors > 0 {
        let text = checked.render(Format::Human, terminal.colour);
        writeln!(terminal.err, "{}", text.trim_end())?;
        return Ok(None);
    }
    let effective = effective(&checked.sources);
    effective
        .map(Some)
        .ok_or_else(|| Failure::new(format!("{} has just changed", path.display()), "try again"))
}

/// The paragraph about a diagnostic's code.
pub fn explain_code(code: &str) -> Option<String> {
    rules::explain_code(code).map(str::to_owned)
}

fn database(data_dir: &Path) -> PathBuf {
    data_dir.join("reparto.db")
}

/// What to tell of a database that cannot be read.
pub fn store_failure(data_dir: &Path, error: &StoreError) -> Failure {
    let path = database(data_dir);
    let help = match error {
        StoreError::Unavailable(_) => {
            "check the folder's rights and the room on its disk, or choose another with --data-dir"
        }
        StoreError::Corrupt(_) => "start the program that wrote it, or restore a backup",
    };
    Failure::new(format!("cannot open {}: {error}", path.display()), help)
}

/// Opens the embedded database in the folder, which is made when missing, and migrates it.
///
/// # Errors
/// When it cannot be opened, or belongs to a newer version.
pub async fn open_store(data_dir: &Path) -> Result<SharedStore, Failure> {
    let store =
        SqliteStore::open(&database(data_dir)).await.map_err(|error| store_failure(data_dir, &error))?;
    Ok(Arc::new(store))
}

/// Opens the embedded database in the folder for reading only, beside a running server or without one.
///
/// # Errors
/// When there is none, or it belongs to another version.
pub async fn read_store(data_dir: &Path) -> Result<SharedStore, Failure> {
    let store = SqliteStore::open_to_read(&database(data_dir)).await;
    Ok(Arc::new(store.map_err(|error| store_failure(data_dir, &error))?))
}

/// How far the database in the folder is; changes nothing.
///
/// # Errors
/// When it cannot be read.
pub async fn schema(data_dir: &Path) -> Result<Schema, Failure> {
    let present = SqliteStore::present_version(&database(data_dir)).await;
    let present = present.map_err(|error| store_failure(data_dir, &error))?;
    Ok(Schema { present, wanted: SqliteStore::wanted_version() })
}
