//! What another rule set would do, in JSON: read from the API, printed by the command line.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::time::Time;
use crate::desk::diff::{Diff, Fate, Moved, Spot};
use crate::domain::routing::Responsible;
use crate::rules::changes::Changes;

/// Version of this form; it grows when something is removed or changes its meaning.
const FORM: u32 = 1;
/// Most dialogs and ways that are listed one by one; the counts speak for the rest.
const MOST_LISTED: usize = 50;

/// Whether dialogs that wait would be planned anew.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct DiffQuery {
    /// As if dialogs that wait were planned anew, instead of keeping the version they entered with.
    pub migrate: bool,
}

/// What would happen if a rule set came into force now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = RulesDiff)]
pub struct RulesDiff {
    /// Version of this form.
    pub version: u32,
    /// The version in force.
    pub from: String,
    /// The version that would come into force.
    pub to: String,
    /// Dialogs that wait would be planned anew.
    pub migrate: bool,
    /// What the texts say differently; layout and comments do not count.
    pub changes: Vec<ChangeView>,
    /// What would become of the dialogs there are.
    pub account: AccountDiff,
}

/// A difference between two rule sets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = RulesChange)]
pub struct ChangeView {
    /// The list it stands in (`rule`, `priority`, `close`, …), or `section`.
    pub what: String,
    /// Its id, or the name of the section.
    pub name: String,
    /// `added`, `removed`, `changed` or `moved`.
    pub how: String,
    /// The keys that changed, where that can be said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
}

/// What would become of the dialogs of an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = RulesDiffAccount)]
pub struct AccountDiff {
    /// Dialogs that wait now, those that are to move to somebody else included.
    pub waiting: usize,
    /// Of those, how many somebody would get at once.
    pub assigned: usize,
    /// How many would wait elsewhere.
    pub moved: usize,
    /// How many would wait as they do now.
    pub kept: usize,
    /// How many would go on waiting by the version that they entered with.
    pub earlier: usize,
    /// At most so many of those that somebody would get go on in a second, the most urgent first; none: all at once,
    /// since dialogs that wait are not planned anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release_per_second: Option<f64>,
    /// How they would change, the most frequent way first; at most 50.
    pub ways: Vec<WayView>,
    /// Those that would change, the longest waiting first; at most 50.
    pub dialogs: Vec<MovedView>,
    /// Dialogs whose managers would be asked to let them go; at most 50.
    pub leaving: Vec<LeavingView>,
    /// Managers whom the set in force can give dialogs and the new one cannot. They keep what they hold.
    pub dropped: Vec<DroppedView>,
    /// Managers whom the new set names and the account does not know.
    pub unknown_managers: Vec<String>,
    /// Groups that steps of the new set name, and nobody knows.
    pub unknown_groups: Vec<String>,
}

/// Where a dialog waits, or would.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = RulesDiffSpot)]
pub struct SpotView {
    /// `waiting` or `assigned`.
    pub state: String,
    /// By which version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<String>,
    /// By which rule; none for the default assignment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// At which step, from one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<usize>,
    /// For whom it waits, or who would get it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// Dialogs that would change in the same way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = RulesDiffWay)]
pub struct WayView {
    /// Where they wait.
    pub from: SpotView,
    /// Where they would go.
    pub to: SpotView,
    /// How many.
    pub count: usize,
}

/// A dialog that would change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = RulesDiffDialog)]
pub struct MovedView {
    /// Which.
    pub dialog: String,
    /// Since when it waits.
    pub since: Time,
    /// Where it waits.
    pub from: SpotView,
    /// Where it would go.
    pub to: SpotView,
}

/// A dialog that would have to leave its manager.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = RulesDiffLeaving)]
pub struct LeavingView {
    /// Which.
    pub dialog: String,
    /// Whom it would leave.
    pub manager: String,
}

/// A manager who would get no more dialogs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = RulesDiffDropped)]
pub struct DroppedView {
    /// Who.
    pub manager: String,
    /// How many dialogs they hold.
    pub dialogs: usize,
}

impl RulesDiff {
    /// What was found out about two sets.
    pub fn new(from: String, to: String, migrate: bool, changes: Changes, account: Diff) -> Self {
        let entries = changes.entries.into_iter().map(|change| ChangeView {
            what: change.list.to_owned(),
            name: change.id,
            how: change.how.word().to_owned(),
            keys: change.keys,
        });
        let sections = changes.sections.into_iter().map(|(name, how)| ChangeView {
            what: "section".to_owned(),
            name,
            how: how.word().to_owned(),
            keys: Vec::new(),
        });
        let changes = entries.chain(sections).collect();
        Self { version: FORM, from, to, migrate, changes, account: account.into() }
    }

    /// Whether nothing would change, neither in the texts nor for any dialog.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.account.ways.is_empty() && self.account.leaving.is_empty()
    }
}

impl From<Diff> for AccountDiff {
    fn from(diff: Diff) -> Self {
        let ways = diff.ways.into_iter().take(MOST_LISTED);
        let leaving = diff.leaving.into_iter().take(MOST_LISTED);
        Self {
            waiting: diff.waiting,
            assigned: diff.assigned,
            moved: diff.moved,
            kept: diff.kept,
            earlier: diff.earlier,
            release_per_second: diff.release_rate,
            ways: ways
                .map(|(from, to, count)| WayView { from: (&from).into(), to: (&to).into(), count })
                .collect(),
            dialogs: diff.dialogs.iter().take(MOST_LISTED).map(MovedView::from).collect(),
            leaving: leaving
                .map(|(dialog, manager)| LeavingView {
                    dialog: dialog.to_string(),
                    manager: manager.to_string(),
                })
                .collect(),
            dropped: diff
                .dropped
                .into_iter()
                .map(|(manager, dialogs)| DroppedView { manager: manager.to_string(), dialogs })
                .collect(),
            unknown_managers: diff.unknown_managers.iter().map(ToString::to_string).collect(),
            unknown_groups: diff.unknown_groups.iter().map(ToString::to_string).collect(),
        }
    }
}

impl From<&Spot> for SpotView {
    fn from(spot: &Spot) -> Self {
        Self {
            state: "waiting".to_owned(),
            rules: Some(spot.rules.to_string()),
            rule: spot.rule.as_ref().map(ToString::to_string),
            step: spot.rule.as_ref().map(|_| spot.step + 1),
            to: spot.to.as_ref().map(ToString::to_string),
        }
    }
}

impl From<&Fate> for SpotView {
    fn from(fate: &Fate) -> Self {
        match fate {
            Fate::Waits(spot) => spot.into(),
            Fate::Assigned { to, rule } => Self {
                state: "assigned".to_owned(),
                rules: None,
                rule: rule.as_ref().map(ToString::to_string),
                step: None,
                to: Some(match to {
                    Responsible::Manager(id) => id.to_string(),
                    Responsible::Bot(id) => format!("bot:{id}"),
                }),
            },
        }
    }
}

impl From<&Moved> for MovedView {
    fn from(moved: &Moved) -> Self {
        Self {
            dialog: moved.dialog.to_string(),
            since: Time(moved.since),
            from: (&moved.from).into(),
            to: (&moved.fate).into(),
        }
    }
}
