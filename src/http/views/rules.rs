//! Rule sets in JSON: what is in force, what was, and what is wrong with one.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::time::Time;
use super::words;
use crate::domain::refusal::Refusal;
use crate::rules::Source;
use crate::store::change::RulesRecord;

/// More files make no rule set that anybody reads.
const MOST_FILES: usize = 100;
/// Longest name of a file, in bytes.
const LONGEST_NAME: usize = 200;
/// The name of a file that was sent without one.
const NO_NAME: &str = "rules.toml";

/// The rule set in force.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Rules)]
pub struct RulesView<'a> {
    /// Its content hash.
    pub version: &'a str,
    /// Whether the bot acts.
    #[schema(schema_with = words::mode)]
    pub mode: &'static str,
    /// When it came into force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applied_at: Option<Time>,
    /// Who brought it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applied_by: Option<&'a str>,
    /// Its files in order; only for administrators.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sources: Option<Vec<SourceView<'a>>>,
    /// What is odd about it; only in the answer that puts it in force, and only if something is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<RulesCheck>)]
    pub check: Option<Box<RawValue>>,
}

impl<'a> RulesView<'a> {
    /// The set in force, and its record if there is one.
    pub fn of(version: &'a str, mode: &'static str, record: Option<&'a RulesRecord>) -> Self {
        Self {
            version,
            mode,
            applied_at: record.map(|record| Time(record.at)),
            applied_by: record.map(|record| record.by.as_str()),
            sources: None,
            check: None,
        }
    }

    /// With its files.
    #[must_use]
    pub fn revealing(mut self, record: Option<&'a RulesRecord>) -> Self {
        let view = |(name, text): &'a (String, String)| SourceView { name, text };
        self.sources = record.map(|record| record.sources.iter().map(view).collect());
        self
    }
}

/// One file of a rule set.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RuleSource)]
pub struct SourceView<'a> {
    /// Its name.
    name: &'a str,
    /// What it says.
    text: &'a str,
}

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
}

impl<'a> From<&'a RulesRecord> for PastRulesView<'a> {
    fn from(record: &'a RulesRecord) -> Self {
        Self { version: record.version.as_str(), applied_at: Time(record.at), applied_by: &record.by }
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

/// A rule set to check or to put in force.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRules {
    /// Its files, which count as one text in this order.
    #[schema(min_items = 1, max_items = 100)]
    pub sources: Vec<NewSource>,
}

/// One file of a rule set.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRuleSource)]
pub struct NewSource {
    /// Its name, which problems are told with.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// What it says: TOML.
    pub text: String,
}

impl NewRules {
    /// One file, sent as it is.
    pub fn of_text(text: &str) -> Self {
        Self { sources: vec![NewSource { name: NO_NAME.to_owned(), text: text.to_owned() }] }
    }

    /// In the words of the rules.
    ///
    /// # Errors
    /// [`Refusal::BadValue`] for no files or too many, and for names that are empty, too long or not printable.
    pub fn into_sources(self) -> Result<Vec<Source>, Refusal> {
        let refuse = |problem: String| Refusal::BadValue { field: "sources", problem };
        if !(1..=MOST_FILES).contains(&self.sources.len()) {
            return Err(refuse(format!("must be from 1 to {MOST_FILES} files")));
        }
        let is_bad =
            |name: &str| name.is_empty() || name.len() > LONGEST_NAME || name.contains(char::is_control);
        if let Some(bad) = self.sources.iter().find(|source| is_bad(&source.name)) {
            let name = bad.name.escape_debug();
            return Err(refuse(format!(
                "a name must have 1 to {LONGEST_NAME} printable bytes, not `{name}`"
            )));
        }
        Ok(self.sources.into_iter().map(|source| Source::new(source.name, source.text)).collect())
    }
}

/// What is wrong with a rule set: the same document as `reparto rules check --format json` prints.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what the rules write")]
pub struct RulesCheck {
    /// Version of this form; it grows when something is removed or changes its meaning.
    version: u32,
    /// How many findings keep the set from being used.
    errors: usize,
    /// How many findings are only odd.
    warnings: usize,
    /// The findings in the order of the text.
    diagnostics: Vec<Finding>,
}

/// One thing that is wrong with a rule set.
#[derive(ToSchema)]
#[schema(as = RulesFinding)]
#[expect(dead_code, reason = "describes what the rules write")]
pub struct Finding {
    /// Its code, such as `R204`; `reparto rules explain-code` tells more.
    code: String,
    /// `error` or `warning`.
    severity: String,
    /// What is wrong, in one sentence.
    message: String,
    /// Where; the primary one first.
    labels: Vec<Label>,
    /// What to do about it.
    help: Option<String>,
    /// A replacement of text that would mend it.
    fix: Option<Fix>,
}

/// A place in a rule file, and what is to be said of it.
#[derive(ToSchema)]
#[schema(as = RulesLabel)]
#[expect(dead_code, reason = "describes what the rules write")]
pub struct Label {
    /// Name of the file.
    file: String,
    /// Where it begins.
    start: Position,
    /// Where it ends; this position is the first behind it.
    end: Position,
    /// It is the place of the finding, not one that helps to understand it.
    primary: bool,
    /// What is to be said; may be empty.
    message: String,
}

/// A replacement of text.
#[derive(ToSchema)]
#[schema(as = RulesFix)]
#[expect(dead_code, reason = "describes what the rules write")]
pub struct Fix {
    /// Name of the file.
    file: String,
    /// Where the text to replace begins.
    start: Position,
    /// Where it ends.
    end: Position,
    /// What to do, as a sentence.
    message: String,
    /// What to write there.
    replacement: String,
}

/// A place in a text.
#[derive(ToSchema)]
#[schema(as = RulesPosition)]
#[expect(dead_code, reason = "describes what the rules write")]
pub struct Position {
    /// The line, from one.
    line: usize,
    /// The column in characters, from one.
    column: usize,
    /// The byte, from zero.
    byte: usize,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;
    use utoipa::PartialSchema;

    use super::*;
    use crate::domain::ids::RulesVersion;
    use crate::domain::time::Timestamp;
    use crate::rules::{compile, render};

    #[test]
    fn sources_are_shown_on_demand() {
        let record = RulesRecord {
            version: RulesVersion::trusted("abc"),
            sources: vec![("a.toml".to_owned(), "schema = 1".to_owned())],
            at: Timestamp::from_secs(0),
            by: "ana".to_owned(),
        };
        let view = || RulesView::of("abc", "enforce", Some(&record));
        let revealed = serde_json::to_value(view().revealing(Some(&record))).unwrap();
        assert_eq!(revealed["sources"][0], serde_json::json!({"name": "a.toml", "text": "schema = 1"}));
        assert_eq!(serde_json::to_value(view()).unwrap().get("sources"), None);
    }

    #[test]
    fn files_have_names_and_are_not_too_many() {
        let sources = |count: usize, name: &str| {
            let source = NewSource { name: name.to_owned(), text: String::new() };
            NewRules { sources: vec![source; count] }.into_sources()
        };
        assert_eq!(sources(100, "a.toml").unwrap().len(), 100);
        assert!(sources(0, "a").is_err() && sources(101, "a").is_err());
        assert!(
            sources(1, "").is_err() && sources(1, "a\nb").is_err() && sources(1, &"a".repeat(201)).is_err()
        );
    }

    fn keys(value: &Value) -> BTreeSet<&str> {
        value.as_object().expect("an object").keys().map(String::as_str).collect()
    }

    #[test]
    fn what_is_described_is_what_the_rules_write() {
        let sources =
            [Source::new("a.toml", "[[rule]]\nid = \"a\"\nto = \"everyone\"\npick = \"least_loded\"\n")];
        let document = render::json(&compile(&sources).diagnostics, &sources);
        let written: Value = serde_json::from_str(&document).unwrap();
        let finding = &written["diagnostics"][0];
        let label = &finding["labels"][0];
        for (written, schema) in [
            (&written, RulesCheck::schema()),
            (finding, Finding::schema()),
            (label, Label::schema()),
            (&label["start"], Position::schema()),
            (&finding["fix"], Fix::schema()),
        ] {
            let schema = serde_json::to_value(schema).unwrap();
            assert_eq!(keys(written), keys(&schema["properties"]), "{written}");
        }
    }
}
