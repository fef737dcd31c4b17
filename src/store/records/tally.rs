//! What managers did on a day, as rows.

use std::time::Duration;

use crate::domain::ids::{AccountId, ManagerId};
use crate::domain::tally::{Day, DayTally, Times};
use crate::store::cell::{Cell, Cells, Record, Value, record};

impl Cell for Day {
    fn put(self) -> Value {
        Value::Int(i64::from(self.0))
    }
    fn take(cells: &impl Cells, at: usize) -> Result<Self, String> {
        let days = cells.int(at)?;
        i32::try_from(days).map(Self).map_err(|_| format!("{days} is no day"))
    }
}

record! {
    /// A manager's day, or what is added to it.
    TallyRecord {
        account: AccountId,
        manager: ManagerId,
        day: Day,
        assigned: u64,
        moved_away: u64,
        closed: u64,
        first_replies: u64,
        first_reply_time: Duration,
        replies: u64,
        reply_time: Duration,
        handled: u64,
        handle_time: Duration,
    }
}

impl TallyRecord {
    /// Takes a tally apart.
    pub(crate) fn new(account: &AccountId, manager: &ManagerId, day: Day, tally: &DayTally) -> Self {
        let DayTally { assigned, moved_away, closed, first_replies, replies, handled } = *tally;
        Self {
            account: account.clone(),
            manager: manager.clone(),
            day,
            assigned,
            moved_away,
            closed,
            first_replies: first_replies.count,
            first_reply_time: first_replies.sum,
            replies: replies.count,
            reply_time: replies.sum,
            handled: handled.count,
            handle_time: handled.sum,
        }
    }

    /// Reads a tally.
    pub(crate) fn tally(cells: &impl Cells) -> Result<(ManagerId, DayTally), String> {
        let record = Self::read(cells, 0)?;
        let tally = DayTally {
            assigned: record.assigned,
            moved_away: record.moved_away,
            closed: record.closed,
            first_replies: Times { count: record.first_replies, sum: record.first_reply_time },
            replies: Times { count: record.replies, sum: record.reply_time },
            handled: Times { count: record.handled, sum: record.handle_time },
        };
        Ok((record.manager, tally))
    }
}
