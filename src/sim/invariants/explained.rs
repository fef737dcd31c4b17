//! A decision explains itself for everybody: judged again from what is durable, they add up to what it counted.

use std::collections::BTreeMap;

use crate::desk::why_not::verdict;
use crate::domain::routing::{Decision, Verdict};
use crate::sim::ledger::Ledger;

/// Judges everybody again by a decision's record and how they stood then, as far as either is durable: as many as
/// it counted must come to each verdict.
///
/// # Errors
/// What does not add up.
pub fn explains_everybody(decision: &Decision, ledger: &Ledger) -> Result<(), String> {
    let dialog = &decision.dialog;
    let Some(basis) = &decision.basis else {
        return Err(format!("the decision on {dialog} does not say what it went by"));
    };
    let mut judged: BTreeMap<Verdict, u32> = BTreeMap::new();
    for manager in ledger.managers.keys() {
        let seen = ledger.seen(manager, basis.number);
        if let Some(verdict) = seen.and_then(|seen| verdict(decision, basis, manager, seen)) {
            *judged.entry(verdict).or_default() += 1;
        }
    }
    let counted: BTreeMap<Verdict, u32> = decision.counts.iter().copied().collect();
    if judged == counted {
        Ok(())
    } else {
        Err(format!("the decision on {dialog} counted {counted:?}, and explains {judged:?}: {decision:?}"))
    }
}
