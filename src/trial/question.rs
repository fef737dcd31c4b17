//! A single question: where would a dialog like this go?

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::coverage::Coverage;
use super::story;
use crate::domain::ids::{ManagerId, RuleId};
use crate::domain::routing::{Decision, Responsible};
use crate::rules::cases::{Act, Case, Deed, Expect, Given, Moment, Person, Start};
use crate::rules::diagnostic::Span;
use crate::rules::ruleset::RuleSet;

/// A question.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// What is given of the dialog, its channel and its customer.
    pub given: Given,
    /// When.
    pub start: Start,
    /// Who is there. `None`: everybody the file names is online and has nothing to do.
    pub managers: Option<BTreeMap<ManagerId, Person>>,
}

/// What would come of it.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The decision: while the rules do not act, what they would have decided.
    pub decision: Option<Arc<Decision>>,
    /// Who would hold the dialog: while the rules do not act, by the default assignment.
    pub holder: Option<Responsible>,
    /// Its priority class; `None`: it is in none.
    pub priority: Option<Arc<str>>,
    /// The close rule that it would be under.
    pub close: Option<RuleId>,
    /// The texts that the customer would get at once.
    pub says: Vec<Arc<str>>,
}

/// Asks a rule set.
///
/// # Errors
/// When deadlines ring without end.
pub fn ask(rules: &Arc<RuleSet>, question: Question) -> Result<Answer, &'static str> {
    let nowhere = Span { file: 0, start: 0, end: 0 };
    let act = Act { conversation: 1, deed: Deed::CustomerWrites(question.given), span: nowhere };
    let moment = Moment {
        after: Duration::ZERO,
        act: Some(act),
        managers: BTreeMap::new(),
        expect: Expect::default(),
        span: nowhere,
    };
    let case = Case {
        name: "question".into(),
        span: nowhere,
        start: question.start,
        managers: question.managers,
        moments: vec![moment],
    };
    story::answer(rules, &case, &mut Coverage::default())
}
