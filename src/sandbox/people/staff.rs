//! Managers' days: shifts, lunch, lines that drop.

use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::super::gateway::records::{Holder, Id};
use super::{Around, DAY, Moment, Next, People};

/// When shifts of eight hours begin, dealt in turn: most work by day, one in ten by night.
const SHIFTS: [u64; 10] = [9, 7, 9, 13, 7, 15, 9, 13, 9, 23];
const SHIFT: Duration = Duration::from_hours(8);

/// A manager.
#[derive(Debug)]
pub(super) struct Colleague {
    /// When their shift begins, on the first day.
    begins: Moment,
    pub(super) is_on_shift: bool,
    pub(super) is_at_lunch: bool,
    chance: ChaCha8Rng,
}

impl Colleague {
    pub(super) fn new(number: usize, seed: u64) -> Self {
        let begins = Duration::from_hours(SHIFTS[number % SHIFTS.len()]);
        let chance = ChaCha8Rng::seed_from_u64(seed ^ (number as u64 + 1) << 32);
        Self { begins, is_on_shift: false, is_at_lunch: false, chance }
    }

    /// The shift that is on, or the next one: from when to when.
    fn shift(&self, at: Moment) -> (Moment, Moment) {
        // A night's shift that is on may have begun the day before.
        let mut begins = self.begins;
        let over_midnight = (begins + SHIFT).saturating_sub(DAY);
        if at < over_midnight {
            return (Duration::ZERO, over_midnight);
        }
        while begins + SHIFT <= at {
            begins += DAY;
        }
        (begins, begins + SHIFT)
    }

    pub(super) fn is_there(&self) -> bool {
        self.is_on_shift && !self.is_at_lunch
    }
}

impl People {
    /// Comes to work if the shift is on, or plans to come when it is.
    pub(super) fn begin_work(&mut self, user: Id, at: Moment, around: &mut Around<'_>) {
        let Some(colleague) = self.staff.get_mut(&user) else { return };
        let (begins, ends) = colleague.shift(at);
        let mut minutes = |most: u64| Duration::from_mins(colleague.chance.random_range(0..most));
        if at < begins {
            let late = begins + minutes(8);
            self.plan(late, Next::Come(user));
            return;
        }
        let (lunch, drops) = (begins + Duration::from_mins(210) + minutes(60), begins + minutes(470));
        let leaves = ends + minutes(15);
        colleague.is_on_shift = true;
        colleague.is_at_lunch = false;
        let has_access = around.gateway.users().get(&user).is_some_and(|record| record.is_active);
        around.gateway.set_online(user, has_access, around.now);
        Self::change_switch(user, "free", around);
        if lunch > at {
            self.plan(lunch, Next::Lunch(user));
        }
        if drops > at && drops < ends {
            self.plan(drops, Next::Line(user, false));
        }
        self.plan(leaves, Next::Leave(user));
    }

    /// Their own switch in the CRM.
    fn change_switch(user: Id, status: &'static str, around: &mut Around<'_>) {
        let person = around.crm.people().values().find(|person| person.gateway_id == Some(user));
        if let Some(person) = person.map(|person| person.id) {
            around.crm.set_status(person, status);
        }
        let is_free = status == "free";
        if around.gateway.users().get(&user).is_some_and(|record| record.available != is_free) {
            around.gateway.set_available(user, is_free, around.now);
        }
    }

    pub(super) fn go_to_lunch(&mut self, user: Id, at: Moment, around: &mut Around<'_>) {
        let Some(colleague) = self.staff.get_mut(&user).filter(|colleague| colleague.is_on_shift) else {
            return;
        };
        colleague.is_at_lunch = true;
        let back = at + Duration::from_mins(colleague.chance.random_range(25..45));
        Self::change_switch(user, "dinner", around);
        self.plan(back, Next::Return(user));
    }

    pub(super) fn return_from_lunch(&mut self, user: Id, around: &mut Around<'_>) {
        let Some(colleague) = self.staff.get_mut(&user).filter(|colleague| colleague.is_on_shift) else {
            return;
        };
        colleague.is_at_lunch = false;
        Self::change_switch(user, "free", around);
    }

    /// Goes home. One of two hands what is open to colleagues first; what the other leaves behind is the bot's concern.
    pub(super) fn leave(&mut self, user: Id, at: Moment, around: &mut Around<'_>) {
        let colleagues = self.colleagues_of(user, around);
        let Some(colleague) = self.staff.get_mut(&user) else { return };
        colleague.is_on_shift = false;
        colleague.is_at_lunch = false;
        if colleague.chance.random_bool(0.5) && !colleagues.is_empty() {
            let holds = |dialog: &&Id| {
                let dialog = around.gateway.dialogs().get(dialog);
                dialog.and_then(|dialog| dialog.responsible).map(|(holder, _)| holder)
                    == Some(Holder::User(user))
            };
            let left: Vec<Id> = self.talks.keys().filter(holds).copied().collect();
            for dialog in left {
                let to = colleagues[colleague.chance.random_range(0..colleagues.len())];
                // It may just have been closed.
                let _ = around.gateway.assign_by_hand(dialog, to, around.now);
            }
        }
        around.gateway.set_online(user, false, around.now);
        let next = colleague.shift(at).0;
        self.plan(next, Next::Come(user));
    }

    /// Others who are there and have access.
    pub(super) fn colleagues_of(&self, user: Id, around: &Around<'_>) -> Vec<Id> {
        let there = self.staff.iter().filter(|(id, colleague)| **id != user && colleague.is_there());
        let has_access =
            |id: &Id| around.gateway.users().get(id).is_some_and(|user| user.is_active && user.is_online);
        there.map(|(id, _)| *id).filter(has_access).collect()
    }

    /// The line drops for less than two minutes.
    pub(super) fn change_line(&mut self, user: Id, is_up: bool, at: Moment, around: &mut Around<'_>) {
        let Some(colleague) = self.staff.get_mut(&user).filter(|colleague| colleague.is_on_shift) else {
            return;
        };
        let back = Duration::from_secs(colleague.chance.random_range(5..120));
        around.gateway.set_online(user, is_up, around.now);
        if !is_up {
            self.plan(at + back, Next::Line(user, true));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shifts_come_again_every_day_and_nights_reach_over_midnight() {
        let hours = Duration::from_hours;
        let by_day = Colleague::new(0, 1);
        assert_eq!(by_day.shift(hours(8)), (hours(9), hours(17)));
        assert_eq!(by_day.shift(hours(16)), (hours(9), hours(17)));
        assert_eq!(by_day.shift(hours(17)), (hours(33), hours(41)));
        let by_night = Colleague::new(9, 1);
        assert_eq!(by_night.shift(hours(3)), (hours(0), hours(7)));
        assert_eq!(by_night.shift(hours(12)), (hours(23), hours(31)));
        assert_eq!(by_night.shift(hours(26)), (hours(23), hours(31)));
    }
}
