//! What becomes of a manager by a decision: the one function that says so, for the record and for whoever asks later.

use crate::domain::manager::Absence;
use crate::domain::routing::Verdict;

/// How one step names somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Naming {
    /// Thousandths of a unit that must be free.
    pub need: i64,
    /// Present or not.
    pub anyway: bool,
    /// It can give the dialog: its group is not full.
    pub open: bool,
}

/// What is known of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// They got it.
    pub is_chosen: bool,
    /// They could not get it, whatever room they had: what became of them for it.
    pub barred: Option<Verdict>,
    /// Why they could not take work.
    pub absence: Option<Absence>,
    /// Thousandths of a unit that they had free.
    pub free: i64,
}

/// What became of somebody whom the steps that counted name like this; `None`: none of them does.
pub fn judge(naming: impl Iterator<Item = Naming>, known: Known) -> Option<Verdict> {
    let (mut is_named, mut need, mut anyway) = (false, None, false);
    for step in naming {
        is_named = true;
        anyway |= step.anyway;
        if step.open {
            need = Some(need.map_or(step.need, |need: i64| need.min(step.need)));
        }
    }
    if !is_named {
        return None;
    }
    Some(match known.absence.filter(|_| !anyway) {
        _ if known.is_chosen => Verdict::Chosen,
        absence => match (known.barred, absence) {
            (Some(verdict), _) => verdict,
            (None, Some(absence)) => Verdict::Absent(absence),
            (None, None) => match need {
                None => Verdict::GroupFull,
                Some(need) if known.free >= need => Verdict::Outranked,
                Some(_) => Verdict::OverCapacity,
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMED: Naming = Naming { need: 1_000, anyway: false, open: true };
    const FREE: Known = Known { is_chosen: false, barred: None, absence: None, free: 1_000 };

    #[test]
    fn the_first_reason_that_holds_is_told() {
        let judged = |known| judge([NAMED].into_iter(), known);
        let away = Some(Absence::Dinner);
        let failed = Some(Verdict::FailedBefore);
        assert_eq!(judged(FREE), Some(Verdict::Outranked));
        assert_eq!(judged(Known { free: 999, ..FREE }), Some(Verdict::OverCapacity));
        assert_eq!(judged(Known { absence: away, free: 0, ..FREE }), Some(Verdict::Absent(Absence::Dinner)));
        assert_eq!(judged(Known { barred: failed, absence: away, ..FREE }), failed);
        assert_eq!(judged(Known { is_chosen: true, barred: failed, ..FREE }), Some(Verdict::Chosen));
        assert_eq!(judge(std::iter::empty(), FREE), None);
    }

    #[test]
    fn of_several_steps_the_easiest_counts() {
        let over = Naming { need: 0, ..NAMED };
        assert_eq!(judge([NAMED, over].into_iter(), Known { free: 0, ..FREE }), Some(Verdict::Outranked));
        let anyway = Naming { anyway: true, ..NAMED };
        let away = Known { absence: Some(Absence::Offline), ..FREE };
        assert_eq!(judge([NAMED, anyway].into_iter(), away), Some(Verdict::Outranked));
    }

    #[test]
    fn a_full_group_counts_where_no_other_step_could_give_it() {
        let full = Naming { need: 0, open: false, ..NAMED };
        assert_eq!(judge([full].into_iter(), FREE), Some(Verdict::GroupFull));
        assert_eq!(judge([full, NAMED].into_iter(), FREE), Some(Verdict::Outranked));
        assert_eq!(
            judge([full, NAMED].into_iter(), Known { free: 999, ..FREE }),
            Some(Verdict::OverCapacity)
        );
        let away = Known { absence: Some(Absence::Offline), ..FREE };
        assert_eq!(judge([full].into_iter(), away), Some(Verdict::Absent(Absence::Offline)));
    }
}
