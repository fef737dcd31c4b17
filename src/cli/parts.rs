//! The joints between the command line and the parts it drives: each is named here once, so that commands
//! read the same whatever a part's own words are.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::exit::Failure;
use super::rules::Format;
use crate::domain::time::Timestamp;
use crate::engine::clock::{Clock, SystemClock};
use crate::engine::ids::IdSource;
use crate::engine::rulebook::Origin;
use crate::rules::diagnostic::Diagnostic;
use crate::rules::ruleset::RuleSet;
use crate::rules::{self, Source, render};
use crate::store::sqlite::SqliteStore;
use crate::store::{SharedStore, StoreError};

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
        if self.diagnostics.is_empty() && format != Format::Json {
            return String::new();
        }
        match format {
            Format::Human => render::human(&self.diagnostics, &self.sources, colour),
            Format::Json => render::json(&self.diagnostics, &self.sources),
            Format::Github => render::github(&self.diagnostics, &self.sources),
        }
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

/// Reads and checks a rule file or folder.
///
/// # Errors
/// When it cannot be read.
pub fn check_rules(path: &Path) -> Result<Checked, Failure> {
    let sources = rules::load(path).map_err(|error| {
        Failure::new(
            format!("cannot read the rules {}: {error}", path.display()),
            "check the path: --rules PATH, or the setting `rules`",
        )
    })?;
    let rules::Compiled { rules, diagnostics } = rules::compile(&sources);
    let (errors, warnings) = render::counts(&diagnostics);
    Ok(Checked { errors, warnings, sources, diagnostics, rules })
}

/// The paragraph about a diagnostic's code.
pub fn explain_code(code: &str) -> Option<String> {
    rules::explain_code(code).map(str::to_owned)
}

fn database(data_dir: &Path) -> PathBuf {
    data_dir.join("reparto.db")
}

fn store_failure(data_dir: &Path, error: &StoreError) -> Failure {
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

/// How far the database in the folder is; changes nothing.
///
/// # Errors
/// When it cannot be read.
pub async fn schema(data_dir: &Path) -> Result<Schema, Failure> {
    let present = SqliteStore::present_version(&database(data_dir)).await;
    let present = present.map_err(|error| store_failure(data_dir, &error))?;
    Ok(Schema { present, wanted: SqliteStore::wanted_version() })
}
