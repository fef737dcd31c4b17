//! The watch: what the invariants remember between events, what offended them, and how often each was asked.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::moves::Bounds;
use crate::domain::closing::DialogPolicy;
use crate::domain::dialog::{AssignmentRequest, Dialog, DialogState, Standing};
use crate::domain::ids::{DialogId, ManagerId, RulesVersion};
use crate::domain::routing::{Place, Responsible};
use crate::domain::time::Timestamp;
use crate::rules::ruleset::RuleSet;
use crate::sim::report::Figures;

/// What a dialog's change is judged by.
#[derive(Clone, Debug)]
pub struct Witness {
    /// Its state before; of a new one, its first.
    pub before: Arc<Dialog>,
    /// Its state after.
    pub after: Arc<Dialog>,
    /// What held for it.
    pub policy: DialogPolicy,
}

/// An invariant that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Its name.
    pub invariant: &'static str,
    /// When it was seen.
    pub at: Timestamp,
    /// What offends it.
    pub says: String,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at {:?}: {}", self.invariant, self.at, self.says)
    }
}

/// A dialog that the desk was asked about.
#[derive(Clone, Debug)]
pub struct Asking {
    /// The dialog as it asked.
    pub dialog: Arc<Dialog>,
    /// What it asked.
    pub request: AssignmentRequest,
    /// Since when it waits.
    pub since: Timestamp,
    /// Where it was told to wait.
    pub place: Option<Place>,
    /// The rules that it waits by, as long as it waits by a rule.
    pub entered_with: Option<RulesVersion>,
}

impl Asking {
    /// Whom the desk may pass over because it was offered to them before.
    pub fn passed(&self) -> impl Iterator<Item = &ManagerId> {
        self.dialog.passed.people.iter().map(|(manager, _)| manager)
    }
}

/// What the invariants remember.
#[derive(Debug)]
pub struct Watch {
    /// What does not hold. The first is what to look at: the others may follow from it.
    pub violations: Vec<Violation>,
    /// How often each invariant was asked.
    pub asked: BTreeMap<&'static str, u64>,
    /// Figures of the day.
    pub figures: Figures,
    /// Dialogs that the desk has not found anybody for.
    pub(in crate::sim) asking: BTreeMap<DialogId, Asking>,
    /// Whom each round-robin target served last.
    pub(in crate::sim) turns: BTreeMap<Arc<str>, ManagerId>,
    pub(in crate::sim) bounds: Bounds,
    /// All rule sets that were in force.
    pub(in crate::sim) rules: BTreeMap<RulesVersion, Arc<RuleSet>>,
    /// The desk plans anew: where dialogs were told to wait says nothing about how urgent they are just now.
    pub(in crate::sim) is_planning: bool,
    /// Dialogs that wait are planned by other rules than those they entered with.
    pub(in crate::sim) is_migrating: bool,
    /// Something went wrong with time lately: a crash, a jump, slow actors. Deadlines may be met late.
    pub(in crate::sim) disturbed_at: Option<Timestamp>,
    /// When a held dialog was last let go on, in this life of the server.
    pub(in crate::sim) let_go_at: Option<Timestamp>,
}

impl Watch {
    /// Nothing was seen yet.
    pub fn new(rules: &Arc<RuleSet>) -> Self {
        Self {
            violations: Vec::new(),
            asked: BTreeMap::new(),
            figures: Figures::default(),
            asking: BTreeMap::new(),
            turns: BTreeMap::new(),
            bounds: Bounds::of(rules),
            rules: BTreeMap::from([(rules.version().clone(), Arc::clone(rules))]),
            is_planning: false,
            is_migrating: false,
            disturbed_at: None,
            let_go_at: None,
        }
    }

    /// Asks an invariant.
    pub(in crate::sim) fn hold(
        &mut self,
        invariant: &'static str,
        at: Timestamp,
        result: Result<(), String>,
    ) {
        *self.asked.entry(invariant).or_default() += 1;
        if let Err(says) = result {
            self.violations.push(Violation { invariant, at, says });
        }
    }

    /// Other rules are in force.
    pub(in crate::sim) fn rules_changed(&mut self, rules: &Arc<RuleSet>, _now: Timestamp) {
        self.bounds = self.bounds.or(Bounds::of(rules));
        self.rules.insert(rules.version().clone(), Arc::clone(rules));
    }

    /// A crash: the desk's memory is gone.
    pub(in crate::sim) fn forget(&mut self) {
        self.asking.clear();
        self.let_go_at = None;
        self.turns.clear();
    }

    /// The server is up again.
    pub(in crate::sim) fn recovered(&mut self, now: Timestamp) {
        self.disturbed_at = Some(now);
    }

    /// The desk is asked about a dialog.
    pub(in crate::sim) fn asks(&mut self, dialog: &Arc<Dialog>, request: &AssignmentRequest, now: Timestamp) {
        let earlier = self.asking.remove(&dialog.id);
        let entered_with = match &dialog.state {
            DialogState::Waiting { place: Some(Place { rules, rule: Some(_), .. }), .. } => {
                earlier.as_ref().map_or_else(|| Some(rules.clone()), |earlier| earlier.entered_with.clone())
            }
            DialogState::Waiting { .. }
            | DialogState::Assigned { .. }
            | DialogState::Internal
            | DialogState::Closed { .. } => None,
        };
        let (since, place) = match &dialog.state {
            DialogState::Waiting { since, .. } => (*since, None),
            DialogState::Assigned { .. } | DialogState::Internal | DialogState::Closed { .. } => {
                let is_moving = |earlier: &Asking| earlier.dialog.responsible().is_some();
                (earlier.filter(is_moving).map_or(now, |earlier| earlier.since), None)
            }
        };
        let (dialog, request) = (Arc::clone(dialog), request.clone());
        let asking = Asking { dialog, request, since, place, entered_with };
        self.asking.insert(asking.dialog.id.clone(), asking);
    }

    /// The desk hears how a dialog stands.
    pub(in crate::sim) fn stands(&mut self, dialog: &DialogId, standing: &Standing) {
        let Some(asking) = self.asking.get(dialog) else { return };
        let holder: Option<&Responsible> = asking.dialog.responsible();
        let is_over = match standing {
            Standing::Free => false,
            Standing::Held { by, .. } => holder != Some(by),
            Standing::Offered(_) | Standing::Gone => true,
        };
        if is_over {
            self.asking.remove(dialog);
        }
    }
}
