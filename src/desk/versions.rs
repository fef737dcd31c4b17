//! Versions: a dialog that waits stays with the rules it entered with, over changes of the rules and restarts.

use std::sync::Arc;

use crate::domain::dialog::{Dialog, DialogState};
use crate::domain::ids::RulesVersion;
use crate::domain::routing::Place;
use crate::rules::ruleset::RuleSet;

use super::Desk;
use super::itinerary::Source;
use super::planning::By;
use super::waiting::Waiter;

/// How many earlier sets are kept for dialogs that ask again. Those that wait hold theirs themselves, so this is
/// only for the moments after a start, and for single dialogs that start again from the store.
const MOST_EARLIER: usize = 16;

impl Desk {
    /// Takes in rule sets that dialogs which wait may have entered with, the newest last.
    pub fn know_rules(&mut self, sets: impl IntoIterator<Item = Arc<RuleSet>>) {
        for set in sets {
            self.keep_earlier(set);
        }
    }

    pub(super) fn keep_earlier(&mut self, set: Arc<RuleSet>) {
        self.earlier.retain(|known| known.version() != set.version());
        if self.earlier.len() >= MOST_EARLIER {
            self.earlier.pop_front();
        }
        self.earlier.push_back(set);
    }

    fn version(&self, version: &RulesVersion) -> Option<&Arc<RuleSet>> {
        std::iter::once(&self.rules).chain(self.earlier.iter().rev()).find(|set| set.version() == version)
    }

    /// By which rules a dialog that asks is planned: by the rule of the place it waits at, as long as that is
    /// known; else by the rules in force.
    pub(super) fn entered_by(&self, dialog: &Dialog, waits: Option<&Waiter>) -> By {
        let DialogState::Waiting { place: Some(Place { rules, rule: Some(rule), .. }), .. } = &dialog.state
        else {
            return By::InForce;
        };
        // What the dialog was told last may still be on its way to it.
        if let Some(Waiter { rules, way, .. }) = waits {
            match (way.source, &way.rule) {
                (Source::Rule, Some(rule)) => return By::Rule(Arc::clone(rules), rule.clone()),
                (Source::Fallback(_), _) => return By::InForce,
                (Source::Rule | Source::Choice, _) => {}
            }
        }
        self.version(rules).map_or(By::InForce, |set| By::Rule(Arc::clone(set), rule.clone()))
    }
}
