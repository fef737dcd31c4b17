//! Offers: whoever the rules chose is asked first, and accepts or declines within a time.
//!
//! An offered dialog is not assigned: it waits, or stays with whoever it is to leave, and the room for it is kept
//! with whoever is asked. Who declines, or lets the time pass, is not asked again for it until everybody who could
//! take it has passed too. Then those who passed are asked anew after a pause, which doubles from round to round, so
//! that nobody is pestered, and no customer is given up; whoever comes to have room meanwhile is asked at once.

use std::time::Duration;

use super::ids::{GroupId, ManagerId};
use super::routing::{Cause, Verdict};
use super::time::Timestamp;
use super::units::Units;

/// How long after the first round those who passed are asked again.
const FIRST_PAUSE: Duration = Duration::from_mins(1);
/// How long at most, after many rounds.
const LONGEST_PAUSE: Duration = Duration::from_mins(15);

/// A dialog offered to a manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// To whom.
    pub to: ManagerId,
    /// Until when it can be accepted.
    pub until: Timestamp,
    /// The request that it answers, which stands until it is accepted.
    pub ticket: u64,
    /// The cause of the decision that made it, and of the assignment when it is accepted.
    pub cause: Cause,
    /// The group whose step chose the manager, and in which it takes up a place.
    pub through: Option<GroupId>,
}

/// How somebody passed a dialog that was offered to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pass {
    /// They declined.
    Declined,
    /// They did not accept in time, or left while they were asked.
    Expired,
}

impl Pass {
    /// All there are.
    pub const ALL: [Self; 2] = [Self::Declined, Self::Expired];

    /// The word used in the store.
    pub fn word(self) -> &'static str {
        self.end().word()
    }

    /// How the offer ended by it.
    pub fn end(self) -> OfferEnd {
        match self {
            Self::Declined => OfferEnd::Declined,
            Self::Expired => OfferEnd::Expired,
        }
    }

    /// What later decisions make of whoever passed.
    pub fn verdict(self) -> Verdict {
        match self {
            Self::Declined => Verdict::Declined,
            Self::Expired => Verdict::DidNotAccept,
        }
    }
}

/// How an offer ended that was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OfferEnd {
    /// Whoever was asked declined.
    Declined,
    /// They did not accept in time, or left while they were asked.
    Expired,
    /// Something else was decided meanwhile: somebody took it by hand, it closed, or it need not move any more.
    Withdrawn,
}

impl OfferEnd {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Declined, Self::Expired, Self::Withdrawn];

    /// The word used in events.
    pub fn word(self) -> &'static str {
        match self {
            Self::Declined => "declined",
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// Who passed a dialog since it is looked for somebody to take it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Passed {
    /// Who, and how; nobody twice.
    pub people: Vec<(ManagerId, Pass)>,
    /// From when on they may be asked again: set once nobody else could be asked.
    pub again_at: Option<Timestamp>,
    /// How often everybody has passed.
    pub rounds: u16,
}

impl Passed {
    /// How long to wait after this round, before the next.
    pub fn pause(&self) -> Duration {
        FIRST_PAUSE.saturating_mul(1 << self.rounds.min(8)).min(LONGEST_PAUSE)
    }

    /// Those who are not to be asked now.
    pub fn at(&self, now: Timestamp) -> &[(ManagerId, Pass)] {
        if self.again_at.is_some_and(|again| again <= now) { &[] } else { &self.people }
    }

    /// Lets a new round begin, if its time has come.
    pub fn forget(&mut self, now: Timestamp) {
        if self.again_at.is_some_and(|again| again <= now) {
            self.people.clear();
            self.again_at = None;
        }
    }
}

/// Room that is kept with somebody while a dialog is offered to them, as the supervisor's books have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promise {
    /// With whom.
    pub to: ManagerId,
    /// What it will cost them.
    pub charge: Units,
    /// The request that the offer answers.
    pub ticket: u64,
    /// The group in which it takes up a place.
    pub through: Option<GroupId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_quarter_of_an_hour() {
        let pause = |rounds| Passed { rounds, ..Passed::default() }.pause().as_secs() / 60;
        assert_eq!([0, 1, 2, 3, 4, 100, u16::MAX].map(pause), [1, 2, 4, 8, 15, 15, 15]);
    }

    #[test]
    fn who_passed_is_asked_again_when_the_pause_is_over() {
        let ana = ManagerId::trusted("ana");
        let again_at = Some(Timestamp::from_secs(60));
        let mut passed = Passed { people: vec![(ana, Pass::Declined)], again_at, rounds: 1 };
        assert_eq!(passed.at(Timestamp::from_secs(59)).len(), 1);
        assert_eq!(passed.at(Timestamp::from_secs(60)).len(), 0);
        passed.forget(Timestamp::from_secs(60));
        assert_eq!(passed, Passed { rounds: 1, ..Passed::default() });
    }
}
