//! Coverage: which parts of a rule set its tests reach.
//!
//! A step counts as reached when it chose somebody, or when a dialog waited at it: that it was passed by says nothing
//! about whom it would choose.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::domain::closing::Text;
use crate::domain::ids::RuleId;
use crate::domain::routing::{Cause, Decision};
use crate::rules::ruleset::RuleSet;

/// A part of a rule set that a test may reach.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// A rule.
    Rule(RuleId),
    /// A step of a rule that has several, counted from one.
    Step(RuleId, u16),
    /// A priority class.
    Priority(Arc<str>),
    /// An exclusion: it held for a dialog that was decided about.
    Exclusion(RuleId),
    /// A close rule: it warned or closed.
    Close(RuleId),
    /// Moving for this cause.
    Moves(Cause),
    /// A text: it was written to somebody.
    Text(Arc<str>),
}

impl Part {
    /// Its kind, as a word.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Rule(_) => "rule",
            Self::Step(..) => "step",
            Self::Priority(_) => "priority",
            Self::Exclusion(_) => "exclude",
            Self::Close(_) => "close",
            Self::Moves(_) => "reassign",
            Self::Text(_) => "text",
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule(rule) => write!(f, "rule {rule}"),
            Self::Step(rule, step) => write!(f, "rule {rule}, step {step}"),
            Self::Priority(id) => write!(f, "priority {id}"),
            Self::Exclusion(id) => write!(f, "exclude {id}"),
            Self::Close(rule) => write!(f, "close {rule}"),
            Self::Moves(cause) => write!(f, "reassign {}", cause.word()),
            Self::Text(key) => write!(f, "text {key}"),
        }
    }
}

/// The texts that a rule set may write to customers; one that it writes in several places comes several times.
pub(super) fn texts(rules: &RuleSet) -> impl Iterator<Item = &Text> {
    rules.texts().map(AsRef::as_ref)
}

/// Which parts of a rule set were reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    all: Vec<Part>,
    reached: BTreeSet<Part>,
}

impl Coverage {
    /// Nothing of a rule set was reached yet.
    pub fn of(rules: &RuleSet) -> Self {
        let mut all = Vec::new();
        for (rule, steps) in rules.routes() {
            all.push(Part::Rule(rule.clone()));
            if steps.len() > 1 {
                all.extend(
                    (1..=steps.len())
                        .filter_map(|step| Some(Part::Step(rule.clone(), u16::try_from(step).ok()?))),
                );
            }
        }
        all.extend(rules.classes().map(|class| Part::Priority(Arc::clone(&class.id))));
        all.extend(rules.exclusion_ids().map(|id| Part::Exclusion(id.clone())));
        let reassign = rules.reassign();
        all.extend(reassign.no_reply.as_ref().map(|_| Part::Moves(Cause::NoReply)));
        all.extend(reassign.offline.as_ref().map(|_| Part::Moves(Cause::Offline)));
        all.extend(reassign.then.as_ref().map(|_| Part::Moves(Cause::MaxMoves)));
        all.extend(rules.close_rules().map(|close| Part::Close(close.id.clone())));
        let keys: BTreeSet<_> = texts(rules).map(|text| Arc::clone(&text.key)).collect();
        all.extend(keys.into_iter().map(Part::Text));
        Self { all, reached: BTreeSet::new() }
    }

    /// A part was reached.
    pub(super) fn reach(&mut self, part: Part) {
        if self.all.contains(&part) {
            self.reached.insert(part);
        }
    }

    /// A decision was made.
    pub(super) fn decided(&mut self, decision: &Decision) {
        if let Some(rule) = &decision.rule {
            self.reach(Part::Rule(rule.clone()));
            if let Some(step) = decision.step {
                self.reach(Part::Step(rule.clone(), step.saturating_add(1)));
            }
        }
    }

    /// How many parts there are.
    pub fn total(&self) -> usize {
        self.all.len()
    }

    /// How many were reached.
    pub fn reached(&self) -> usize {
        self.reached.len()
    }

    /// Reached parts of a hundred, rounded down; 100 when there are no parts.
    pub fn percent(&self) -> u8 {
        let percent = (self.reached.len() * 100).checked_div(self.all.len()).unwrap_or(100);
        u8::try_from(percent).unwrap_or(100)
    }

    /// The parts that no test reaches, in the order of the file.
    pub fn unreached(&self) -> impl Iterator<Item = &Part> {
        self.all.iter().filter(|part| !self.reached.contains(*part))
    }
}
