//! What a manager did today, in JSON.

use chrono::{NaiveDate, TimeDelta};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::tally::{Day, DayTally, Times};

/// What a manager did today: a day of the rule file's time zone.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ManagerDay)]
pub struct ManagerDayView {
    /// The date.
    #[schema(format = Date)]
    date: String,
    /// Dialogs that came to them.
    assigned: u64,
    /// Dialogs that went from them to somebody else, or back to routing.
    moved_away: u64,
    /// Dialogs that were closed while they held them.
    closed: u64,
    /// Replies to customers who waited for one.
    replies: u64,
    /// From a customer's first message to their reply, on average.
    #[serde(skip_serializing_if = "Option::is_none")]
    average_first_reply_seconds: Option<f64>,
    /// From a customer's first unanswered message to their reply, on average.
    #[serde(skip_serializing_if = "Option::is_none")]
    average_reply_seconds: Option<f64>,
    /// How long they held a dialog until it was closed or went away, on average.
    #[serde(skip_serializing_if = "Option::is_none")]
    average_handle_seconds: Option<f64>,
}

impl ManagerDayView {
    /// Of what was counted on a day.
    pub fn new(day: Day, tally: &DayTally) -> Self {
        let average = |times: Times| times.average().map(|average| average.as_secs_f64());
        Self {
            date: date(day),
            assigned: tally.assigned,
            moved_away: tally.moved_away,
            closed: tally.closed,
            replies: tally.replies.count,
            average_first_reply_seconds: average(tally.first_replies),
            average_reply_seconds: average(tally.replies),
            average_handle_seconds: average(tally.handled),
        }
    }
}

fn date(Day(days): Day) -> String {
    let epoch = NaiveDate::default();
    let date = TimeDelta::try_days(days.into()).and_then(|days| epoch.checked_add_signed(days));
    date.unwrap_or(epoch).to_string()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn averages_are_of_what_there_was() {
        let replies = Times { count: 2, sum: Duration::from_secs(3) };
        let tally = DayTally { assigned: 3, replies, ..DayTally::default() };
        let seen = serde_json::to_value(ManagerDayView::new(Day(20_780), &tally)).unwrap();
        let expected = serde_json::json!({
            "date": "2026-11-23", "assigned": 3, "moved_away": 0, "closed": 0, "replies": 2,
            "average_reply_seconds": 1.5,
        });
        assert_eq!(seen, expected);
    }
}
