//! How managers stood when a decision looked at them: what is kept so that "why not them?" has an exact answer
//! for anybody, long after, without a decision having to write down everybody.
//!
//! The desk counts its stances: whenever one differs from what was told last, the next decision is preceded by
//! the change, under a new number, and itself remembers the newest number. So the stance of a manager at a
//! decision is the last one whose number is not above the decision's.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ids::{GroupId, ManagerId};
use super::manager::{Absence, ManagerWork};
use super::routing::Verdict;
use super::units::Units;

/// How a manager stood, as far as decisions ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stance {
    /// Why they could not take work; `None` when they could.
    pub absence: Option<Absence>,
    /// Units in use.
    pub load: Units,
    /// Units in all.
    pub capacity: Units,
    /// When they last had work.
    pub work: ManagerWork,
}

/// The groups of a manager, those of the rule file included, with their place in the list of those that list them.
pub type Places = BTreeMap<GroupId, Option<u32>>;

/// A manager's stance that differs from the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StanceChange {
    /// Who.
    pub manager: ManagerId,
    /// Holds for decisions from this number on.
    pub number: u64,
    /// How they stand.
    pub stance: Stance,
    /// Their groups; `None`: the same as before.
    pub groups: Option<Arc<Places>>,
}

/// How a manager stood at one decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// How.
    pub stance: Stance,
    /// In which groups.
    pub groups: Arc<Places>,
}

/// What a decision went by, apart from what else its record says: with the stances of its number, enough to judge
/// anybody again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basis {
    /// The number of the newest stance that it saw.
    pub number: u64,
    /// What the dialog costs.
    pub charge: Units,
    /// The first step whose people counted, from zero: an `only` step sets aside those before it.
    pub from: u16,
    /// Who had the last turn, where it was about turns.
    pub turn_after: Option<ManagerId>,
    /// Who could not get it, whatever room they had, and what became of them for it.
    pub barred: Vec<(ManagerId, Verdict)>,
    /// Groups whose members are never given the dialog.
    pub excluded_groups: Vec<GroupId>,
}
