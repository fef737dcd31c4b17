//! What there is in the CRM.

use crate::domain::time::Timestamp;

/// A number of a record; each kind has a sequence of its own.
pub type Id = u64;

/// The digits of a telephone number.
pub fn digits(number: &str) -> String {
    number.chars().filter(char::is_ascii_digit).collect()
}

/// Somebody who works here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Their id; the gateway knows them by it as text.
    pub id: Id,
    /// Their number in the gateway; `None`: no access to chats.
    pub gateway_id: Option<Id>,
    /// First name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// E-mail address.
    pub email: String,
    /// `free`, `busy`, `dinner` or `break`; survives logging out.
    pub status: &'static str,
    /// May do everything.
    pub is_admin: bool,
    /// Works with customers.
    pub is_manager: bool,
    /// Their groups.
    pub groups: Vec<Id>,
    /// When they came.
    pub created_at: Timestamp,
}

/// A group of people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub id: Id,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// The shops whose customers it may see.
    pub sites: Vec<String>,
}

/// A customer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Customer {
    /// Its id.
    pub id: Id,
    /// Its id in the shop; may be empty.
    pub external_id: String,
    /// First name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Telephone numbers.
    pub phones: Vec<String>,
    /// E-mail address; may be empty.
    pub email: String,
    /// Their own manager.
    pub manager: Option<Id>,
    /// Marked as important.
    pub is_vip: bool,
    /// Marked as bad.
    pub is_bad: bool,
    /// The shop.
    pub site: String,
    /// Tags.
    pub tags: Vec<String>,
    /// Orders so far.
    pub orders: u32,
    /// What they cost in all, in whole units of money.
    pub total: u32,
    /// Codes of segments.
    pub segments: Vec<String>,
    /// Their numbers in the gateway, one a channel.
    pub gateway_ids: Vec<Id>,
    /// When they became known.
    pub created_at: Timestamp,
}

impl Customer {
    /// Whether one of the numbers has these digits.
    pub fn has_phone(&self, wanted: &str) -> bool {
        self.phones.iter().any(|phone| digits(phone) == wanted)
    }
}

/// An order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Its id.
    pub id: Id,
    /// Its customer.
    pub customer: Id,
    /// Its manager.
    pub manager: Option<Id>,
    /// Code of its state.
    pub status: String,
    /// The shop.
    pub site: String,
    /// What it costs, in whole units of money.
    pub total: u32,
    /// The dialog it came from.
    pub dialog: Option<Id>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A task for somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Its id.
    pub id: Id,
    /// What is to be done.
    pub text: String,
    /// Until when, in the account's zone: `2026-03-02 18:00`.
    pub due: String,
    /// By whom.
    pub performer: Option<Id>,
}

/// A working day of the week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkTime {
    /// `Monday` …
    pub day: &'static str,
    /// `08:00`
    pub from: &'static str,
    /// `18:30`
    pub to: &'static str,
    /// From and to of lunch, if there is one.
    pub lunch: Option<(&'static str, &'static str)>,
}

/// Settings of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The time zone, such as `Europe/Madrid`.
    pub zone: chrono_tz::Tz,
    /// Working days; those that are missing are days off.
    pub work_times: Vec<WorkTime>,
    /// Yearly days off, from and to as `MM.DD`.
    pub days_off: Vec<(&'static str, &'static str)>,
    /// The shop of each channel.
    pub sites: Vec<(Id, String)>,
}

impl Default for Settings {
    /// Madrid, open day and night: whoever tries the sandbox at midnight should meet people too.
    fn default() -> Self {
        let days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
        let day = |day| WorkTime { day, from: "00:00", to: "23:59", lunch: None };
        Self {
            zone: chrono_tz::Europe::Madrid,
            work_times: days.map(day).to_vec(),
            days_off: Vec::new(),
            sites: Vec::new(),
        }
    }
}
