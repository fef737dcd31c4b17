//! What automatic moves promise: few of them, never straight back, and none for a blip.

use std::time::Duration;

use crate::domain::announcement::{Body, Subject};
use crate::domain::routing::{Cause, Responsible};
use crate::rules::ruleset::RuleSet;
use crate::sim::fold::{Fold, Told};
use crate::sim::ledger::Entry;

/// The widest bounds that any rule set of the day gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The most automatic moves.
    pub max_moves: u32,
    /// The shortest drop that is no blip.
    pub offline_after: Duration,
    /// The shortest time after which dialogs leave the absent.
    pub leave_after: Duration,
    /// The longest time that somebody must stay online to count.
    pub online_after: Duration,
}

impl Bounds {
    /// The bounds of one rule set.
    pub fn of(rules: &RuleSet) -> Self {
        let leave_after = rules.reassign().offline.as_ref().map_or(Duration::MAX, |offline| offline.after);
        let presence = rules.presence();
        Self {
            max_moves: rules.reassign().max_moves,
            offline_after: presence.offline_after,
            leave_after,
            online_after: presence.online_after,
        }
    }

    /// The bounds that hold when either set may be in force.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            max_moves: self.max_moves.max(other.max_moves),
            offline_after: self.offline_after.min(other.offline_after),
            leave_after: self.leave_after.min(other.leave_after),
            online_after: self.online_after.max(other.online_after),
        }
    }
}

fn told<'a>(before: &'a Fold, entry: &Entry) -> Option<&'a Told> {
    match &entry.announcement.subject {
        Subject::Dialog(id) => before.dialogs.get(id),
        Subject::Manager(_) | Subject::Customer(_) | Subject::Account => None,
    }
}

/// At most `max_moves` automatic moves.
///
/// # Errors
/// The move that is one too many.
pub fn moves_are_few(before: &Fold, entry: &Entry, bounds: Bounds) -> Result<(), String> {
    let Some(told) = told(before, entry) else { return Ok(()) };
    let announcement = &entry.announcement;
    let is_move = matches!(&announcement.body, Body::DialogReassigned { by: None, .. })
        && announcement.cause.is_some_and(Cause::is_automatic_move);
    if is_move && told.moves >= bounds.max_moves {
        return Err(format!(
            "{} is automatic move {} of {}",
            announcement.id(),
            told.moves + 1,
            bounds.max_moves
        ));
    }
    Ok(())
}

/// Nobody gets a dialog by rules who just held it or gave it back.
///
/// # Errors
/// Who got it again.
pub fn never_straight_back(before: &Fold, entry: &Entry) -> Result<(), String> {
    let Some(told) = told(before, entry) else { return Ok(()) };
    let (to, from) = if let Body::DialogReassigned { from, to, by: None, .. } = &entry.announcement.body {
        (to, Some(from))
    } else if let Body::DialogAssigned { to, by: None, .. } = &entry.announcement.body {
        (to, told.returned_from.as_ref())
    } else {
        return Ok(());
    };
    match (to, from) {
        (Responsible::Manager(_), Some(from)) if to == from => {
            Err(format!("{} gives it back to {to:?}", entry.announcement.id()))
        }
        _ => Ok(()),
    }
}

/// Nothing moves from somebody who was away for less than a blip.
///
/// # Errors
/// Who lost a dialog too early, and when they were away.
pub fn blips_move_nothing(before: &Fold, entry: &Entry, bounds: Bounds) -> Result<(), String> {
    let Body::DialogReassigned { from: Responsible::Manager(from), decision: Some(decision), .. } =
        &entry.announcement.body
    else {
        return Ok(());
    };
    if decision.cause != Cause::Offline {
        return Ok(());
    }
    // Somebody of whom nothing was ever reported is offline from the beginning.
    let Some(times) = before.away.get(from) else { return Ok(()) };
    let mut earliest = None;
    for (at, away) in times.iter().enumerate() {
        // Whoever was back for a moment only never counted as back.
        let was_back = at.checked_sub(1).and_then(|before| times[before].until);
        let is_continued = was_back.is_some_and(|back| away.from.since(back) <= bounds.online_after);
        let began = if is_continued { earliest.unwrap_or(away.from) } else { away.from };
        earliest = Some(began);
        let blip = if away.on_leave { Duration::ZERO } else { bounds.offline_after };
        let was_long = away.until.is_none_or(|until| until.since(began) >= blip);
        let is_due = decision.at.since(began) >= blip.saturating_add(bounds.leave_after);
        if was_long && (is_due || is_continued) {
            return Ok(());
        }
    }
    Err(format!(
        "{} at {:?} moves it from {from}, who was away {times:?}",
        entry.announcement.id(),
        decision.at
    ))
}
