//! Rule sets in JSON: what is in force, what was, and what is wrong with one.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::time::Time;
use super::words;
use crate::domain::refusal::Refusal;
use crate::engine::rulebook::{FileState, InForce};
use crate::rules::{Source, imported};

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
    pub applied_at: Time,
    /// Who brought it.
    pub applied_by: &'a str,
    /// How it came.
    #[schema(schema_with = words::rules_via)]
    pub via: &'static str,
    /// What for, in the words of whoever brought it.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub why: &'a str,
    /// The account's rule file; none when it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<RuleFileView>,
    /// Its files in order; only for administrators. Hours that were imported from the CRM come last, as `<crm>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sources: Option<Vec<SourceView<'a>>>,
    /// What is odd about it; only in the answer that puts it in force, and only if something is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<RulesCheck>)]
    pub check: Option<Box<RawValue>>,
}

impl<'a> RulesView<'a> {
    /// The set in force.
    pub fn of(rules: &'a InForce) -> Self {
        let edition = &rules.edition;
        Self {
            version: edition.version().as_str(),
            mode: edition.rules.mode().word(),
            applied_at: Time(rules.since),
            applied_by: &edition.by,
            via: edition.via.word(),
            why: &edition.why,
            file: None,
            sources: None,
            check: None,
        }
    }

    /// With what only administrators see: its texts, and where it differs from the account's file.
    #[must_use]
    pub fn revealing(mut self, rules: &'a InForce, file: Option<FileState>) -> Self {
        self.sources = Some(SourceView::all(&rules.edition.sources));
        self.file = file.map(|file| RuleFileView::of(file, rules));
        self
    }
}

/// The rule file of an account, beside what is in force.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RuleFile)]
pub struct RuleFileView {
    /// The file or folder, as the server's settings name it.
    path: String,
    /// The version of the last content that could be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// Another version is in force than the file's: it was applied over the API or rolled back to, and the file did
    /// not change since; or the file cannot be used.
    unapplied: bool,
    /// Why its present content is not in force; none when it can be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    rejected: Option<RejectedView>,
}

impl RuleFileView {
    fn of(file: FileState, rules: &InForce) -> Self {
        let is_in_force = file.version.as_ref() == Some(&rules.edition.version_of_files());
        Self {
            path: file.path,
            unapplied: !is_in_force || file.rejected.is_some(),
            version: file.version.map(|version| version.to_string()),
            rejected: file.rejected.map(|rejected| RejectedView {
                at: Time(rejected.at),
                errors: rejected.errors,
                report: rejected.report,
            }),
        }
    }
}

/// Why a rule file cannot be used.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RuleFileRejected)]
pub struct RejectedView {
    /// When it was read.
    at: Time,
    /// How many errors it has, failed tests included.
    errors: u32,
    /// The errors as text, for people.
    report: String,
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

impl<'a> SourceView<'a> {
    /// The files of a set, in order.
    pub fn all(sources: &'a [(String, String)]) -> Vec<Self> {
        sources.iter().map(|(name, text)| Self { name, text }).collect()
    }
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
    pub fn into_sources(mut self) -> Result<Vec<Source>, Refusal> {
        let refuse = |problem: String| Refusal::BadValue { field: "sources", problem };
        // Whoever sends back what was shown sends this too; the account knows it better.
        self.sources.retain(|source| source.name != imported::CRM);
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
    use crate::domain::time::Timestamp;
    use crate::engine::rulebook::{Edition, Origin};
    use crate::rules::{compile, render};

    fn edition(text: &str) -> Edition {
        let sources = vec![("a.toml".to_owned(), text.to_owned())];
        let rules = compile(&[Source::new("a.toml", text)]).rules.expect("good rules");
        Edition::of_file(rules, Origin { sources, by: "ana".to_owned() })
    }

    fn to(target: &str) -> String {
        format!("[[rule]]\nid = \"all\"\nto = \"{target}\"\n")
    }

    #[test]
    fn sources_and_drift_are_shown_on_demand() {
        let rules = InForce { edition: edition(&to("everyone")), since: Timestamp::from_secs(0) };
        let other = edition(&to("manager:ana"));
        let file = |edition: &Edition| FileState {
            path: "rules/".to_owned(),
            version: Some(edition.version().clone()),
            rejected: None,
        };
        let shown = |file| serde_json::to_value(RulesView::of(&rules).revealing(&rules, file)).unwrap();
        let revealed = shown(Some(file(&rules.edition)));
        assert_eq!(revealed["sources"][0], serde_json::json!({"name": "a.toml", "text": to("everyone")}));
        assert_eq!(revealed["file"]["unapplied"], false);
        assert_eq!(shown(Some(file(&other)))["file"]["unapplied"], true);
        let plain = serde_json::to_value(RulesView::of(&rules)).unwrap();
        assert_eq!((plain.get("sources"), plain.get("file"), plain.get("why")), (None, None, None));
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
