//! The rules that an account begins a life with, and the older ones that dialogs still wait under.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Parts;
use super::rulebook::{Choice, Edition, choose};
use crate::domain::dialog::DialogState;
use crate::domain::ids::{AccountId, RulesVersion};
use crate::domain::time::Timestamp;
use crate::rules::imported::{ImportedHours, version_of_files};
use crate::rules::ruleset::RuleSet;
use crate::store::change::{RulesRecord, RulesVia, ShadowRecord};
use crate::store::{Snapshot, StoreResult};

/// The most older versions that dialogs may wait under after a start; those of the oldest are planned anew.
const MOST_EARLIER: usize = 16;

/// The rules of a new life.
pub struct Beginning {
    /// The set in force.
    pub edition: Edition,
    /// Since when; `None`: from now on, and the store does not know it yet.
    pub since: Option<Timestamp>,
    /// What was in force before.
    pub previous: Option<RulesVersion>,
    /// Sets that dialogs entered with which still wait, the newest last.
    pub earlier: Vec<Arc<RuleSet>>,
    /// The set that decides beside the live one, as far as there is one; `None` in it: it cannot be read any more.
    pub shadow: Option<(Option<Arc<RuleSet>>, ShadowRecord)>,
}

/// Reads which rules an account begins with.
pub async fn read(parts: &Parts, account: &AccountId, snapshot: &Snapshot) -> StoreResult<Beginning> {
    let default = AccountId::default_account();
    let history = parts.store.rules_history(account).await?;
    let leading = if *account == default { Vec::new() } else { parts.store.rules_history(&default).await? };
    let shadow = parts.store.shadow(account).await?.filter(|shadow| shadow.version.is_some());
    let shadow = shadow.map(|record| (shadow_rules(parts, account, &record), record));
    Ok(Beginning { shadow, ..begin(parts, account, &history, &leading, snapshot) })
}

fn begin(
    parts: &Parts,
    account: &AccountId,
    history: &[RulesRecord],
    leading: &[RulesRecord],
    snapshot: &Snapshot,
) -> Beginning {
    let newest = history.first();
    let mut edition = own(parts, account, history);
    if edition.is_none() && *account != AccountId::default_account() {
        edition = own(parts, &AccountId::default_account(), leading).map(|lead| lead.followed());
    }
    // The file of `default` is checked before anything starts, so this is for stores whose history cannot be read.
    let edition = edition.unwrap_or_else(built_in);
    // What was imported last is known to the store, until the CRM is read.
    if parts.rulebook.hours(account).is_none()
        && let Some(hours) = newest.and_then(|newest| ImportedHours::of(&newest.sources))
    {
        parts.rulebook.put_hours(account, Some(hours));
    }
    let edition = parts.rulebook.joined(account, edition);
    let known = newest.filter(|newest| newest.version == *edition.version() && newest.via == edition.via);
    let since = known.map(|known| known.at);
    let previous = newest.map(|newest| newest.version.clone());
    let earlier = earlier(parts, history, snapshot, edition.version());
    Beginning { edition, since, previous, earlier, shadow: None }
}

fn shadow_rules(parts: &Parts, account: &AccountId, record: &ShadowRecord) -> Option<Arc<RuleSet>> {
    let rules = record.version.as_ref().and_then(|version| parts.rulebook.compile(version, &record.sources));
    if rules.is_none() {
        tracing::warn!(
            %account, by = record.by,
            "this version of the program finds errors in the shadow rules; they decide nothing until they are replaced"
        );
    }
    rules
}

/// The rules of an account's own. `None`: it has none.
fn own(parts: &Parts, account: &AccountId, history: &[RulesRecord]) -> Option<Edition> {
    let offered = parts.rulebook.offered(account);
    match choose(history, offered.clone()) {
        Choice::File(edition) => {
            if let Some(newest) = history.first() {
                tracing::info!(
                    %account, file = %edition.version(), before = %newest.version, before_by = newest.by,
                    "the rule file changed since it was last loaded; it is in force now"
                );
            }
            Some(edition)
        }
        Choice::Stored(record) => {
            if let Some(rules) = parts.rulebook.compiled(&record) {
                let files = version_of_files(&record.sources);
                if offered.is_some_and(|offered| offered.version_of_files() != files) {
                    tracing::warn!(
                        %account, version = %record.version, by = record.by, via = record.via.word(),
                        "the rules applied last stay in force; the rule file says something else and did not change since it was loaded"
                    );
                }
                let RulesRecord { sources, by, via, why, .. } = record;
                return Some(Edition { rules, sources: Arc::new(sources), by, via, why });
            }
            tracing::error!(
                %account, version = %record.version,
                "this version of the program finds errors in the rules that were in force; the rule file is used instead"
            );
            parts.observer.rules_rejected(account);
            offered
        }
        Choice::Follow => None,
    }
}

fn built_in() -> Edition {
    let (sources, by) = (Arc::new(Vec::new()), "the program".to_owned());
    Edition { rules: RuleSet::built_in(), sources, by, via: RulesVia::Default, why: String::new() }
}

/// The sets that waiting dialogs entered with, but for the one in force.
fn earlier(
    parts: &Parts,
    history: &[RulesRecord],
    snapshot: &Snapshot,
    in_force: &RulesVersion,
) -> Vec<Arc<RuleSet>> {
    let place = |state: &DialogState| match state {
        DialogState::Waiting { place: Some(place), .. } if place.rule.is_some() => Some(place.rules.clone()),
        DialogState::Waiting { .. }
        | DialogState::Assigned { .. }
        | DialogState::Internal
        | DialogState::Closed { .. } => None,
    };
    let mut wanted: BTreeSet<RulesVersion> =
        snapshot.open_dialogs.iter().filter_map(|dialog| place(&dialog.state)).collect();
    wanted.remove(in_force);
    let mut sets = Vec::new();
    for record in history {
        if sets.len() < MOST_EARLIER && wanted.remove(&record.version) {
            sets.extend(parts.rulebook.compiled(record));
        }
    }
    if !wanted.is_empty() {
        tracing::warn!(
            versions = ?wanted,
            "dialogs wait under rules that are too old, or that this version of the program cannot read; they are planned anew"
        );
    }
    sets.reverse();
    sets
}
