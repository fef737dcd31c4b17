//! The whole way from texts to a rule set.

use std::sync::{Arc, LazyLock};

use super::cases::Case;
use super::diagnostic::{Diagnostic, Findings};
use super::roster::Roster;
use super::ruleset::RuleSet;
use super::source::{Source, version};
use super::{build, check, limits, read, syntax};

/// What compiling came to.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The rule set; `None` when there is at least one error.
    pub rules: Option<Arc<RuleSet>>,
    /// Its tests, in the order of the text; empty when there is an error.
    pub cases: Vec<Case>,
    /// All findings, in the order of the text; at most [`super::diagnostic::MAX_FINDINGS`].
    pub diagnostics: Vec<Diagnostic>,
    /// How much work it was, in steps of about the same size: bytes and words read, names and conditions
    /// compared. At most linear in the length of the texts.
    pub work: u64,
}

/// Compiles the texts of one rule set. Never fails and never panics: what is wrong is in the findings.
pub fn compile(sources: &[Source]) -> Compiled {
    compile_with(sources, None)
}

/// Compiles the texts of one rule set, and looks up its names in the account that it is for.
pub fn compile_for(sources: &[Source], roster: &Roster) -> Compiled {
    compile_with(sources, Some(roster))
}

fn compile_with(sources: &[Source], roster: Option<&Roster>) -> Compiled {
    let mut findings = Findings::default();
    if limits::exceeded(sources, &mut findings) {
        return Compiled {
            rules: None,
            cases: Vec::new(),
            work: findings.work(),
            diagnostics: findings.in_order(),
        };
    }
    let documents = syntax::parse(sources, &mut findings);
    // What stands in a text that cannot be read is anybody's guess.
    if findings.has_errors() {
        return Compiled {
            rules: None,
            cases: Vec::new(),
            work: findings.work(),
            diagnostics: findings.in_order(),
        };
    }
    let mut draft = read::read(&documents, &mut findings);
    check::check(&draft, roster, &mut findings);
    if findings.has_errors() {
        return Compiled {
            rules: None,
            cases: Vec::new(),
            work: findings.work(),
            diagnostics: findings.in_order(),
        };
    }
    let cases = std::mem::take(&mut draft.cases);
    let rules = Some(Arc::new(build::build(draft, version(sources))));
    Compiled { rules, cases, work: findings.work(), diagnostics: findings.in_order() }
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
