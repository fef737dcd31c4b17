//! The rulebook: the rule set in force, shared by all threads and swapped as a whole.

use std::sync::{Arc, PoisonError, RwLock};

use crate::domain::time::Timestamp;
use crate::rules::ruleset::RuleSet;
use crate::store::change::RulesRecord;

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
    rules: Arc<RuleSet>,
    origin: Origin,
}

impl Edition {
    /// The record of coming into force at this time.
    pub fn at(&self, at: Timestamp) -> RulesRecord {
        RulesRecord {
            version: self.rules.version().clone(),
            sources: self.origin.sources.clone(),
            at,
            by: self.origin.by.clone(),
        }
    }
}

/// The rule set in force.
#[derive(Debug)]
pub struct Rulebook {
    edition: RwLock<Edition>,
}

impl Rulebook {
    /// A rulebook with a first set.
    pub fn new(rules: Arc<RuleSet>, origin: Origin) -> Self {
        Self { edition: RwLock::new(Edition { rules, origin }) }
    }

    /// The set in force.
    pub fn current(&self) -> (Arc<RuleSet>, Edition) {
        let edition = self.edition.read().unwrap_or_else(PoisonError::into_inner).clone();
        (Arc::clone(&edition.rules), edition)
    }

    /// Puts another set in force.
    pub fn replace(&self, rules: Arc<RuleSet>, origin: Origin) -> Edition {
        let edition = Edition { rules, origin };
        *self.edition.write().unwrap_or_else(PoisonError::into_inner) = edition.clone();
        edition
    }
}
