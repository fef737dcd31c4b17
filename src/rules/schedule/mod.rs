//! Schedules: when a part of the shop is open, in the time of its own place, exact over changes of the clocks.
//!
//! A schedule has hours for each day of the week, dates on which it is closed, and dates with hours of their
//! own, which go before both. Hours belong to the day on which they begin: a night shift of the 24th goes on
//! into the 25th although the 25th is closed.
//!
//! Where the clocks change, a time of day may not exist, or exist twice. What begins or ends at a time that
//! does not exist does so at the moment after the gap. Of a time that exists twice the first one opens, and the
//! last one closes: in doubt it is open. Hours that lie wholly within a gap are lost on that day, and `check`
//! says so.

mod calendar;
mod instant;
mod memo;
#[cfg(test)]
mod properties;

use chrono_tz::Tz;

pub(super) use calendar::{Calendar, Dates, Hours, MIDNIGHT, Week, weekday};
pub(super) use instant::{day as day_of, offset_of_noon};

use crate::domain::ids::ScheduleId;
use crate::domain::time::Timestamp;
use memo::Memo;

/// A `[schedules.…]` of a rule file.
#[derive(Debug)]
pub struct Schedule {
    id: ScheduleId,
    calendar: Calendar,
    memo: Memo,
}

/// Whether it is open, and for how long that stays so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Window {
    open: bool,
    /// `None`: for ever, as far as anybody can see.
    until: Option<Timestamp>,
}

/// Two schedules of one rule set are the same when they have the same name.
impl PartialEq for Schedule {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Schedule {}

impl Schedule {
    pub(super) fn new(id: ScheduleId, calendar: Calendar) -> Self {
        Self { id, calendar, memo: Memo::default() }
    }

    /// Its name.
    pub fn id(&self) -> &ScheduleId {
        &self.id
    }

    /// The zone of its times of day.
    pub fn timezone(&self) -> Tz {
        self.calendar.zone
    }

    /// Whether it is open. Allocates nothing, and mostly costs no more than a look at the last answer.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.window(now).open
    }

    /// The first moment after `now` at which it opens or closes; `None` when it never does again. Looks
    /// some 40 years ahead at most, in which every calendar has shown all it can.
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        self.window(now).until
    }

    /// The first moment, `now` or later, at which it is open; `None` when it never opens again.
    pub fn next_opening(&self, now: Timestamp) -> Option<Timestamp> {
        let window = self.window(now);
        if window.open { Some(now) } else { window.until }
    }

    /// How far its clocks are ahead of UTC at a moment, in seconds.
    pub fn offset(&self, at: Timestamp) -> i32 {
        instant::offset(self.calendar.zone, at)
    }

    pub(super) fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    fn window(&self, now: Timestamp) -> Window {
        if let Some(known) = self.memo.get(now) {
            return known;
        }
        let window = self.calendar.window(now);
        self.memo.put(now, window);
        window
    }
}
