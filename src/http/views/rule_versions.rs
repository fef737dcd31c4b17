//! Versions of rule sets in JSON: which there were, and which is to come into force in place of which.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::rules::SourceView;
use super::time::Time;
use super::words;
use crate::domain::refusal::Refusal;
use crate::store::change::RulesRecord;

/// A rule set that was in force.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PastRules)]
pub struct PastRulesView<'a> {
    /// Its content hash.
    version: &'a str,
    /// When it came into force.
    applied_at: Time,
    /// Who brought it.
    applied_by: &'a str,
    /// How it came.
    #[schema(schema_with = words::rules_via)]
    via: &'static str,
    /// What for, in the words of whoever brought it.
    #[serde(skip_serializing_if = "str::is_empty")]
    why: &'a str,
    /// Its files in order; only where one version is asked for, and only for administrators.
    #[serde(skip_serializing_if = "Option::is_none")]
    sources: Option<Vec<SourceView<'a>>>,
}

impl<'a> From<&'a RulesRecord> for PastRulesView<'a> {
    fn from(record: &'a RulesRecord) -> Self {
        Self {
            version: record.version.as_str(),
            applied_at: Time(record.at),
            applied_by: &record.by,
            via: record.via.word(),
            why: &record.why,
            sources: None,
        }
    }
}

impl<'a> PastRulesView<'a> {
    /// With its texts.
    pub fn revealing(record: &'a RulesRecord) -> Self {
        Self { sources: Some(SourceView::all(&record.sources)), ..Self::from(record) }
    }
}

/// A page of the rule sets that were in force.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PastRulesPage)]
pub struct PastRulesPage<'a> {
    /// The rule sets in the order in which they came into force; the last of the last page is in force.
    pub items: Vec<PastRulesView<'a>>,
    /// The cursor of the next page; none at the end.
    pub next: Option<&'a str>,
}

/// What goes with rules that are put in force, as parameters, so that a body may be a plain text.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ApplyQuery {
    /// What for, in a sentence; it is kept in the history.
    #[param(max_length = 500)]
    #[serde(default)]
    pub why: String,
    /// Only in place of this version: 409 when another is in force by then.
    pub expected: Option<String>,
    /// Plan dialogs that wait anew, instead of leaving them with the version they entered with.
    #[serde(default)]
    pub migrate: bool,
}

/// Longest reason that is kept, in bytes.
const LONGEST_WHY: usize = 500;

impl ApplyQuery {
    /// Whether it can be kept.
    ///
    /// # Errors
    /// [`Refusal::BadValue`] for a reason that is too long or not printable.
    pub fn check(&self) -> Result<(), Refusal> {
        check_why(&self.why)
    }
}

/// Whether a reason can be kept.
///
/// # Errors
/// [`Refusal::BadValue`] when it is too long or not printable.
pub(super) fn check_why(why: &str) -> Result<(), Refusal> {
    if why.len() > LONGEST_WHY || why.contains(char::is_control) {
        let problem = format!("must have at most {LONGEST_WHY} printable bytes");
        return Err(Refusal::BadValue { field: "why", problem });
    }
    Ok(())
}

/// Which version to put in force again.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rollback {
    /// The version, or its beginning, as long as only one version of the account begins like that.
    #[schema(min_length = 1, max_length = 64)]
    pub version: String,
    /// What for, in a sentence; it is kept in the history.
    #[serde(default)]
    #[schema(max_length = 500)]
    pub why: String,
    /// Only in place of this version: 409 when another is in force by then.
    pub expected: Option<String>,
    /// Plan dialogs that wait anew, instead of leaving them with the version they entered with.
    #[serde(default)]
    pub migrate: bool,
}

impl Rollback {
    /// The newest record of the version that is meant.
    ///
    /// # Errors
    /// [`Refusal::Unknown`] when no version begins like that; [`Refusal::BadValue`] when several do, or for a
    /// reason that cannot be kept.
    pub fn find(&self, history: Vec<RulesRecord>) -> Result<RulesRecord, Refusal> {
        check_why(&self.why)?;
        find_version(&self.version, history)
    }
}

/// The newest record of the version that begins like this. The newest of the records come first.
///
/// # Errors
/// [`Refusal::Unknown`] when no version begins like that; [`Refusal::BadValue`] when several do.
pub fn find_version(prefix: &str, history: Vec<RulesRecord>) -> Result<RulesRecord, Refusal> {
    let mut found: Vec<RulesRecord> = Vec::new();
    for record in history {
        let is_meant = !prefix.is_empty() && record.version.as_str().starts_with(prefix);
        if is_meant && found.iter().all(|known| known.version != record.version) {
            found.push(record);
        }
    }
    if found.len() > 1 {
        let versions: Vec<_> = found.iter().map(|record| record.version.as_str()).collect();
        let problem = format!("`{prefix}` may mean {}; write more of it", versions.join(" or "));
        return Err(Refusal::BadValue { field: "version", problem });
    }
    found.pop().ok_or_else(|| Refusal::Unknown { kind: "version", id: prefix.into() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::RulesVersion;
    use crate::domain::time::Timestamp;
    use crate::store::change::RulesVia;

    #[test]
    fn a_version_is_found_by_its_beginning_unless_several_begin_like_that() {
        let record = |version: &str| RulesRecord {
            version: RulesVersion::trusted(version),
            sources: Vec::new(),
            at: Timestamp::from_secs(0),
            by: "ana".to_owned(),
            via: RulesVia::Api,
            why: String::new(),
        };
        let history = || vec![record("abc1"), record("abd2"), record("abc1")];
        assert_eq!(find_version("abc", history()).unwrap().version.as_str(), "abc1");
        assert_eq!(find_version("ab", history()).unwrap_err().code(), "bad_value");
        assert_eq!(find_version("x", history()).unwrap_err().code(), "unknown_id");
        assert_eq!(find_version("", history()).unwrap_err().code(), "unknown_id");
    }
}
