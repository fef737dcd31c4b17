//! Trials in JSON: a question and its answer, and what came of a rule set's tests.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::decision::DecisionRecord;
use super::fact::Fact;
use super::id::CustomerKey;
use super::time::Time;
use crate::domain::facts::FactValue;
use crate::domain::ids::CustomerId;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::rules::given::Given;
use crate::rules::ruleset::RuleSet;

/// Version of the answer's form; it grows when something is removed or changes its meaning.
const VERSION: u32 = 1;

/// A dialog that is not opened: where would it go?
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RouteQuestion {
    /// Id of one of the account's channels, or a kind of channel.
    pub channel: Option<String>,
    /// The customer; somebody unknown when it is missing or not on record.
    #[schema(value_type = Option<String>)]
    pub customer: Option<CustomerKey>,
    /// Text of the message that would open it.
    pub text: Option<String>,
    /// Facts by the names that conditions use, over what is on record: `customer.vip`, `customer.owner`, …
    #[serde(default)]
    pub facts: BTreeMap<String, Fact>,
    /// When; now when it is missing.
    pub at: Option<Time>,
}

impl RouteQuestion {
    /// In the domain's words: what is given, the customer, and when.
    ///
    /// # Errors
    /// [`Refusal::BadValue`] for a fact that there is not, or of another type.
    pub fn into_domain(
        self,
        rules: &RuleSet,
    ) -> Result<(Given, Option<CustomerId>, Option<Timestamp>), Refusal> {
        let mut given = Given::default();
        let text = |value: String| FactValue::Text(value.into());
        let named = [("channel", self.channel), ("text", self.text)];
        let named = named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), text(value?))));
        for (name, value) in named.chain(self.facts.into_iter().map(|(name, fact)| (name, fact.0))) {
            let declared = |name: &str| rules.declared_facts().find(|fact| *fact.name == *name);
            let given = given.give(&name, value, declared);
            given.map_err(|problem| Refusal::BadValue { field: "facts", problem })?;
        }
        Ok((given, self.customer.map(|customer| customer.0), self.at.map(|at| at.0)))
    }
}

/// Where a dialog would go.
#[derive(Debug, Serialize, ToSchema)]
pub struct RouteAnswer<'a> {
    /// Version of this form; it grows when something is removed or changes its meaning.
    version: u32,
    /// The rule set that says so: its content hash.
    rules: &'a str,
    /// The decision; its dialog does not exist.
    #[schema(value_type = DecisionRecord)]
    decision: &'a RawValue,
    /// The priority class; none when the dialog would be in none.
    priority: Option<&'a str>,
    /// The close rule that the dialog would be under.
    close: Option<&'a str>,
}

impl<'a> RouteAnswer<'a> {
    /// An answer.
    pub fn of(
        rules: &'a str,
        decision: &'a RawValue,
        priority: Option<&'a str>,
        close: Option<&'a str>,
    ) -> Self {
        Self { version: VERSION, rules, decision, priority, close }
    }
}

/// What came of a rule set's tests: the same document as `reparto rules test --format json` prints.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what trials write")]
pub struct RulesTest {
    /// Version of this form; it grows when something is removed or changes its meaning.
    version: u32,
    /// The set's content hash; none when it has errors, so that nothing was played.
    rules: Option<String>,
    /// How many errors keep the set from being used.
    errors: usize,
    /// How many tests passed.
    passed: usize,
    /// How many failed.
    failed: usize,
    /// The tests in the order of the text.
    tests: Vec<TriedTest>,
    /// What the tests reach.
    coverage: TestCoverage,
}

/// One test.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what trials write")]
pub struct TriedTest {
    /// Its name.
    name: String,
    /// It passed.
    ok: bool,
    /// Where it stands.
    place: Option<TestPlace>,
    /// The first moment that was not as expected.
    failure: Option<TestFailure>,
}

/// A moment of a test that was not as expected.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what trials write")]
pub struct TestFailure {
    /// Milliseconds since the beginning of the test.
    after_ms: u64,
    /// The number of the conversation in question.
    conversation: u16,
    /// What differs.
    differences: Vec<TestDifference>,
    /// The newest decision about it.
    decision: Option<TestDecision>,
}

/// Something that is not as expected.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what trials write")]
pub struct TestDifference {
    /// What it is about, as the file calls it.
    what: String,
    /// What was expected.
    expected: String,
    /// What came.
    got: String,
    /// Where the file says what is expected.
    place: Option<TestPlace>,
}

/// A place in a rule file.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what trials write")]
pub struct TestPlace {
    /// Name of the file.
    file: String,
    /// The line, from one.
    line: usize,
    /// The column in characters, from one.
    column: usize,
}

/// A decision of a test.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what trials write")]
pub struct TestDecision {
    /// All of it in one sentence.
    sentence: String,
    /// The rule that matched.
    rule: Option<String>,
    /// The step that chose, or where the dialog waits; from one.
    step: Option<u32>,
    /// Who got it; a bot's id begins with `bot:`.
    to: Option<String>,
    /// What it led to.
    effect: String,
    /// What asked for it.
    cause: String,
    /// The default assignment was used, for this reason.
    fallback: Option<String>,
    /// Each step that was looked at, in order.
    steps: Vec<super::decision::StepRecord>,
    /// Those who were looked at.
    candidates: Vec<TestCandidate>,
}

/// One manager as a decision of a test saw them.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what trials write")]
pub struct TestCandidate {
    /// Who.
    manager: String,
    /// Units in use before the decision.
    load_units: f64,
    /// Units in all.
    capacity_units: f64,
    /// What became of them.
    verdict: String,
}

/// What tests reach of a rule set.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what trials write")]
pub struct TestCoverage {
    /// Reached parts of a hundred, rounded down.
    percent: u8,
    /// How many parts were reached.
    reached: usize,
    /// How many there are.
    total: usize,
    /// Those that no test reaches.
    unreached: Vec<UnreachedPart>,
}

/// A part of a rule set that no test reaches.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what trials write")]
pub struct UnreachedPart {
    /// Its kind: `rule`, `step`, `priority`, `exclude`, `close`, `reassign`, `text`, …
    kind: String,
    /// Its name, with the kind.
    name: String,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;
    use utoipa::PartialSchema;

    use super::*;
    use crate::rules::Source;
    use crate::trial::{self, render};

    fn keys(value: &Value) -> BTreeSet<&str> {
        value.as_object().expect("an object").keys().map(String::as_str).collect()
    }

    #[test]
    fn what_is_described_is_what_trials_write() {
        let text = "[[rule]]\nid = \"a\"\nstep = [{ to = \"owner\" }, { to = \"everyone\" }]\n[[test]]\nname = \"x\"\n\
                    managers = { ana = {} }\nexpect = { to = \"nobody\" }\n";
        let sources = [Source::new("a.toml", text)];
        let written: Value = serde_json::from_str(&render::json(&trial::run(&sources), &sources)).unwrap();
        let failure = &written["tests"][0]["failure"];
        for (written, schema) in [
            (&written, RulesTest::schema()),
            (&written["tests"][0], TriedTest::schema()),
            (failure, TestFailure::schema()),
            (&failure["differences"][0], TestDifference::schema()),
            (&failure["differences"][0]["place"], TestPlace::schema()),
            (&failure["decision"], TestDecision::schema()),
            (&failure["decision"]["candidates"][0], TestCandidate::schema()),
            (&written["coverage"], TestCoverage::schema()),
            (&written["coverage"]["unreached"][0], UnreachedPart::schema()),
        ] {
            let schema = serde_json::to_value(schema).unwrap();
            assert_eq!(keys(written), keys(&schema["properties"]), "{written}");
        }
    }

    #[test]
    fn a_question_is_checked_by_the_rules_in_force() {
        let rules = RuleSet::built_in();
        let read = |text: &str| serde_json::from_str::<RouteQuestion>(text).unwrap().into_domain(&rules);
        let (given, customer, at) =
            read(r#"{"channel": "whatsapp", "customer": "c1", "facts": {"customer.vip": true}}"#).unwrap();
        assert_eq!(
            (&*given.channel().kind, customer.map(|id| id.to_string())),
            ("whatsapp", Some("c1".into()))
        );
        assert!(given.customer("x", Timestamp::default()).vip && at.is_none());
        assert!(read(r#"{"facts": {"customer.vipp": true}}"#).is_err());
        assert!(read(r#"{"facts": {"customer.vip": "yes"}}"#).is_err());
    }
}
