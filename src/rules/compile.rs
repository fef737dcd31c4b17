//! The whole way from texts to a rule set.

use std::sync::{Arc, LazyLock};

use super::diagnostic::{Diagnostic, Findings};
use super::ruleset::RuleSet;
use super::source::{Source, version};
use super::{build, check, read, syntax};

/// What compiling came to.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The rule set; `None` when there is at least one error.
    pub rules: Option<Arc<RuleSet>>,
    /// All findings, in the order of the text; at most [`super::diagnostic::MAX_FINDINGS`].
    pub diagnostics: Vec<Diagnostic>,
}

/// Compiles the texts of one rule set. Never fails and never panics: what is wrong is in the findings.
pub fn compile(sources: &[Source]) -> Compiled {
    let mut findings = Findings::default();
    let documents = syntax::parse(sources, &mut findings);
    // What stands in a text that cannot be read is anybody's guess.
    if findings.has_errors() {
        return Compiled { rules: None, diagnostics: findings.in_order() };
    }
    let draft = read::read(&documents, &mut findings);
    check::check(&draft, &mut findings);
    let rules = (!findings.has_errors()).then(|| Arc::new(build::build(draft, version(sources))));
    Compiled { rules, diagnostics: findings.in_order() }
}

impl RuleSet {
    /// The set used when no file is given: `rules/default.toml`, one rule that gives each dialog to the
    /// least loaded of everyone.
    pub fn built_in() -> Arc<Self> {
        static BUILT_IN: LazyLock<Arc<RuleSet>> = LazyLock::new(|| {
            let text = include_str!("../../rules/default.toml");
            let compiled = compile(&[Source::new("rules/default.toml", text)]);
            compiled.rules.expect("the shipped file is tested")
        });
        BUILT_IN.clone()
    }
}
