//! The rulebook: the rule sets that files offer, those that accounts use, and which of them wins at the start.
//!
//! Each account has one set in force. What it is after a start follows from what is stored and what the files
//! say, and from nothing else:
//!
//! 1. a file that changed since it was last loaded goes before everything;
//! 2. else the version that was in force last stays, however it came: from the file, by the API, by a rollback;
//! 3. an account that never had rules of its own uses those that are in force in the account `default`.
//!
//! So an apply over the API outlives a restart, and so does it when nobody touched the file; and whoever edits
//! the file, or deploys another one, gets that file. Which of them it was is logged at each start.
//!
//! Hours that an account imported from its CRM are no rules of anybody's: they join whatever set comes into force
//! there and asks for them ([`Rulebook::joined`]), also the one of the account `default`, whose own hours are other
//! ones. So files, applied sets and versions to roll back to are compared by what people wrote, and which hours are
//! in force is decided last. After a restart they are those of the newest record, until the CRM is read again.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::domain::ids::{AccountId, RulesVersion};
use crate::domain::time::Timestamp;
use crate::rules::imported::{self, ImportedHours};
use crate::rules::ruleset::RuleSet;
use crate::rules::{Source, compile};
use crate::store::change::{RulesRecord, RulesVia};

/// How many compiled sets are kept at hand, for accounts that start again and for dialogs that wait under older
/// versions. A set of a hundred rules takes some 100 KiB.
const MOST_COMPILED: usize = 32;

/// Where a rule set came from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Its text: file name and content, for each file.
    pub sources: Vec<(String, String)>,
    /// Who brought it.
    pub by: String,
}

/// A rule set and its record, but for the time.
#[derive(Clone, Debug)]
pub struct Edition {
    /// The set.
    pub rules: Arc<RuleSet>,
    /// Its text: file name and content, for each file.
    pub sources: Arc<Vec<(String, String)>>,
    /// Who brought it.
    pub by: String,
    /// How it comes.
    pub via: RulesVia,
    /// What for; may be empty.
    pub why: String,
}

impl Edition {
    /// A set from a file.
    pub fn of_file(rules: Arc<RuleSet>, origin: Origin) -> Self {
        let Origin { sources, by } = origin;
        Self { rules, sources: Arc::new(sources), by, via: RulesVia::File, why: String::new() }
    }

    /// The same set for an account that follows the account `default`.
    #[must_use]
    pub fn followed(&self) -> Self {
        Self { via: RulesVia::Default, ..self.clone() }
    }

    /// Whether it is the account's own, as opposed to that of the account `default`.
    pub fn is_own(&self) -> bool {
        self.via != RulesVia::Default
    }

    /// Its content hash.
    pub fn version(&self) -> &RulesVersion {
        self.rules.version()
    }

    /// The content hash of what people wrote, whatever hours were imported.
    pub fn version_of_files(&self) -> RulesVersion {
        version_of_files(self.version(), &self.sources)
    }

    /// The record of coming into force at this time.
    pub fn record(&self, at: Timestamp) -> RulesRecord {
        RulesRecord {
            version: self.rules.version().clone(),
            sources: (*self.sources).clone(),
            at,
            by: self.by.clone(),
            via: self.via,
            why: self.why.clone(),
        }
    }
}

fn version_of_files(version: &RulesVersion, texts: &[(String, String)]) -> RulesVersion {
    match ImportedHours::of(texts) {
        Some(_) => imported::version_of_files(texts),
        None => version.clone(),
    }
}

/// A set with the hours that were imported, or without them again.
#[derive(Clone, Debug)]
pub struct Joined {
    /// The set.
    pub rules: Arc<RuleSet>,
    /// Its text: file name and content, for each file and for the hours.
    pub sources: Vec<(String, String)>,
}

/// The set in force in an account, as all threads know it.
#[derive(Clone, Debug)]
pub struct InForce {
    /// The set and where it came from.
    pub edition: Edition,
    /// Since when.
    pub since: Timestamp,
}

/// What became of an account's files when they were last read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileState {
    /// The file or folder, as the settings name it.
    pub path: String,
    /// The version of the last content that could be used; `None`: there was none yet.
    pub version: Option<RulesVersion>,
    /// Why the present content cannot be used; `None`: it can.
    pub rejected: Option<Rejected>,
}

/// Why a rule file is not in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// When it was found out.
    pub at: Timestamp,
    /// How many errors it has, failed tests included.
    pub errors: u32,
    /// The findings as text, for people.
    pub report: String,
}

/// An account's files.
#[derive(Clone, Debug)]
struct File {
    path: String,
    /// The last content that could be used.
    good: Option<Edition>,
    rejected: Option<Rejected>,
}

/// The sets that files offer, and a shelf of compiled ones.
#[derive(Debug, Default)]
pub struct Rulebook {
    files: RwLock<BTreeMap<AccountId, File>>,
    /// The one that was asked for last is the last.
    shelf: RwLock<Vec<Arc<RuleSet>>>,
    /// What is in force in the account `default`, for those that follow it.
    lead: RwLock<Option<Edition>>,
    /// The hours that accounts imported; `None` among them: there are none any more.
    hours: RwLock<BTreeMap<AccountId, Option<ImportedHours>>>,
}

impl Rulebook {
    /// What the file of an account offers from now on; it can be used.
    pub fn offer(&self, account: &AccountId, path: &str, edition: Edition) {
        self.keep(&edition.rules);
        let file = File { path: path.to_owned(), good: Some(edition), rejected: None };
        self.files.write().unwrap_or_else(PoisonError::into_inner).insert(account.clone(), file);
    }

    /// The file of an account cannot be used; what it offered before stands.
    pub fn reject(&self, account: &AccountId, path: &str, rejected: Rejected) {
        let mut files = self.files.write().unwrap_or_else(PoisonError::into_inner);
        let file = files.entry(account.clone()).or_insert_with(|| File {
            path: path.to_owned(),
            good: None,
            rejected: None,
        });
        file.rejected = Some(rejected);
    }

    /// What the file of an account offers, if it has one.
    pub fn offered(&self, account: &AccountId) -> Option<Edition> {
        self.files.read().unwrap_or_else(PoisonError::into_inner).get(account)?.good.clone()
    }

    /// How the file of an account is, if it has one.
    pub fn file(&self, account: &AccountId) -> Option<FileState> {
        let files = self.files.read().unwrap_or_else(PoisonError::into_inner);
        let File { path, good, rejected } = files.get(account)?;
        let version = good.as_ref().map(|good| good.version().clone());
        Some(FileState { path: path.clone(), version, rejected: rejected.clone() })
    }

    /// How many files cannot be used.
    pub fn rejected(&self) -> usize {
        let files = self.files.read().unwrap_or_else(PoisonError::into_inner);
        files.values().filter(|file| file.rejected.is_some()).count()
    }

    /// The set of a record: from the shelf, or compiled from its texts. `None`: this program cannot read them.
    pub fn compiled(&self, record: &RulesRecord) -> Option<Arc<RuleSet>> {
        self.compile(&record.version, &record.sources)
    }

    /// The set of a version with these texts: from the shelf, or compiled. `None`: this program cannot read them.
    pub fn compile(&self, version: &RulesVersion, texts: &[(String, String)]) -> Option<Arc<RuleSet>> {
        let known = self.shelf.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.iter().find(|rules| rules.version() == version) {
            return Some(Arc::clone(known));
        }
        drop(known);
        let source = |(name, text): &(String, String)| Source::new(name.clone(), text.clone());
        let sources: Vec<_> = texts.iter().map(source).collect();
        let rules = compile(&sources).rules?;
        self.keep(&rules);
        Some(rules)
    }

    /// The hours that an account imported last. `None`: this is not known yet; `Some(None)`: there are none.
    pub fn hours(&self, account: &AccountId) -> Option<Option<ImportedHours>> {
        self.hours.read().unwrap_or_else(PoisonError::into_inner).get(account).cloned()
    }

    /// These are the hours that an account imported.
    pub fn put_hours(&self, account: &AccountId, hours: Option<ImportedHours>) {
        self.hours.write().unwrap_or_else(PoisonError::into_inner).insert(account.clone(), hours);
    }

    /// A set as it comes into force in an account: with the hours that were imported there, if it asks for them.
    pub fn joined(&self, account: &AccountId, edition: Edition) -> Edition {
        self.joined_with(self.hours(account).flatten().as_ref(), edition)
    }

    /// A set with these hours, if it asks for them.
    pub fn joined_with(&self, hours: Option<&ImportedHours>, edition: Edition) -> Edition {
        match self.join(hours, &edition.sources) {
            Some(Joined { rules, sources }) => Edition { rules, sources: Arc::new(sources), ..edition },
            None => edition,
        }
    }

    /// The set of these texts with these hours. `None`: it is as it was.
    pub fn join(&self, hours: Option<&ImportedHours>, texts: &[(String, String)]) -> Option<Joined> {
        let joined = imported::with(texts, hours);
        if joined == texts {
            return None;
        }
        let version = imported::version_of(&joined);
        let rules = self.compile(&version, &joined);
        if rules.is_none() {
            // Dates of the file close each day that these hours open. What it had before is wrong too, but serves.
            tracing::error!(%version, "a schedule of the rules never opens with the hours of the CRM's settings, so these do not count");
        }
        Some(Joined { rules: rules?, sources: joined })
    }

    /// What is in force in the account `default`, once it has started.
    pub fn lead(&self) -> Option<Edition> {
        self.lead.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// This is in force in the account `default`.
    pub fn put_lead(&self, edition: Edition) {
        *self.lead.write().unwrap_or_else(PoisonError::into_inner) = Some(edition);
    }

    /// Keeps a compiled set at hand.
    pub fn keep(&self, rules: &Arc<RuleSet>) {
        let mut kept = self.shelf.write().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|known| known.version() != rules.version());
        if kept.len() >= MOST_COMPILED {
            kept.remove(0);
        }
        kept.push(Arc::clone(rules));
    }
}

/// What an account begins with.
#[derive(Clone, Debug)]
pub enum Choice {
    /// The file's set, which is news to the store.
    File(Edition),
    /// What was in force last; the store has it.
    Stored(RulesRecord),
    /// The rules of the account `default`.
    Follow,
}

/// Which rules an account begins with, by what is stored (the newest first) and what its file offers.
pub fn choose(history: &[RulesRecord], file: Option<Edition>) -> Choice {
    let own = history.first().filter(|newest| newest.is_own());
    let Some(file) = file else {
        return own.cloned().map_or(Choice::Follow, Choice::Stored);
    };
    let loaded = history.iter().find(|record| record.via == RulesVia::File);
    match own {
        Some(own)
            if loaded.is_some_and(|loaded| {
                version_of_files(&loaded.version, &loaded.sources) == file.version_of_files()
            }) =>
        {
            Choice::Stored(own.clone())
        }
        Some(_) | None => Choice::File(file),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edition(text: &str) -> Edition {
        let sources = vec![("a.toml".to_owned(), text.to_owned())];
        let rules = compile(&[Source::new("a.toml", text)]).rules.expect("good rules");
        Edition::of_file(rules, Origin { sources, by: "test".into() })
    }

    fn rules(to: &str) -> String {
        format!("[[rule]]\nid = \"all\"\nto = \"{to}\"\n")
    }

    fn record(to: &str, via: RulesVia) -> RulesRecord {
        RulesRecord { via, ..edition(&rules(to)).record(Timestamp::from_secs(0)) }
    }

    #[track_caller]
    fn chosen(history: &[RulesRecord], file: Option<&str>) -> String {
        match choose(history, file.map(|to| edition(&rules(to)))) {
            Choice::File(edition) => format!("file {}", edition.version()),
            Choice::Stored(record) => format!("stored {}", record.version),
            Choice::Follow => "follow".to_owned(),
        }
    }

    #[test]
    fn a_changed_file_goes_before_what_was_applied_and_an_unchanged_one_does_not() {
        let (ana, boris) = (record("manager:ana", RulesVia::File), record("manager:boris", RulesVia::Api));
        let of = |record: &RulesRecord| record.version.to_string();
        let history = [boris.clone(), ana.clone()];
        assert_eq!(chosen(&history, Some("manager:ana")), format!("stored {}", of(&boris)));
        let changed = chosen(&history, Some("manager:vera"));
        assert_eq!(changed, format!("file {}", of(&record("manager:vera", RulesVia::File))));
        assert_eq!(chosen(&[], Some("manager:ana")), format!("file {}", of(&ana)));
        assert_eq!(chosen(&history, None), format!("stored {}", of(&boris)));
    }

    #[test]
    fn an_account_without_rules_of_its_own_follows() {
        let followed = record("manager:ana", RulesVia::Default);
        assert_eq!(chosen(&[], None), "follow");
        assert_eq!(chosen(std::slice::from_ref(&followed), None), "follow");
        let again = [followed, record("manager:boris", RulesVia::File)];
        assert!(chosen(&again, Some("manager:boris")).starts_with("file"), "it has a file again");
    }

    #[test]
    fn stored_texts_are_compiled_once() {
        let book = Rulebook::default();
        let record = record("manager:ana", RulesVia::Api);
        let first = book.compiled(&record).expect("good rules");
        assert!(Arc::ptr_eq(&first, &book.compiled(&record).expect("good rules")));
        assert_eq!(first.version(), &record.version);
        for n in 0..MOST_COMPILED {
            book.keep(&edition(&rules(&format!("manager:m{n}"))).rules);
        }
        assert!(!Arc::ptr_eq(&first, &book.compiled(&record).expect("good rules")), "the shelf is bounded");
        let broken = RulesRecord {
            version: RulesVersion::trusted("x"),
            sources: vec![("a".into(), "[[".into())],
            ..record
        };
        assert!(book.compiled(&broken).is_none());
    }
}
