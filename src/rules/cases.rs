//! Test tables as plain data: who is there, what happens, and what is expected to come of it.
//!
//! A `[[test]]` is read and checked here like everything else in a rule file, and costs a running server nothing:
//! the compiled set does not hold it. `trial` plays it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{LocalResult, NaiveDate, NaiveDateTime, TimeDelta, TimeZone};
use chrono_tz::Tz;

use super::diagnostic::Span;
pub use super::given::Given;
use crate::domain::ids::{BotId, GroupId, ManagerId, RuleId, ScheduleId};
use crate::domain::manager::Status;
use crate::domain::routing::{Cause, FallbackReason, Responsible};
use crate::domain::time::Timestamp;
use crate::domain::units::Units;

/// One `[[test]]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Its name.
    pub name: Arc<str>,
    /// Where it stands.
    pub span: Span,
    /// When it begins.
    pub start: Start,
    /// Who is there. `None`: everybody the file names is online and has nothing to do.
    pub managers: Option<BTreeMap<ManagerId, Person>>,
    /// What happens, in order of time; a test of one decision is a story of one moment.
    pub moments: Vec<Moment>,
}

/// When a test begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// At this instant.
    Instant(Timestamp),
    /// When clocks of the file's time zone show this.
    Local(NaiveDateTime),
}

impl Default for Start {
    /// A Monday morning that is no holiday: 2026-03-02, ten o'clock.
    fn default() -> Self {
        let ten = NaiveDate::from_ymd_opt(2026, 3, 2).and_then(|day| day.and_hms_opt(10, 0, 0));
        Self::Local(ten.unwrap_or_default())
    }
}

impl Start {
    /// The instant. Of a time that clocks skip in spring, the hour after it; of one they show twice, the first.
    pub fn instant(self, zone: Tz) -> Timestamp {
        let local = match self {
            Self::Instant(at) => return at,
            Self::Local(local) => local,
        };
        let at = match zone.from_local_datetime(&local) {
            LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Some(at),
            LocalResult::None => zone.from_local_datetime(&(local + TimeDelta::hours(1))).earliest(),
        };
        let micros = at.map_or_else(|| local.and_utc().timestamp_micros(), |at| at.timestamp_micros());
        Timestamp::from_micros(micros)
    }
}

/// What a test says of a manager; what it leaves out stays as it was, or is the default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// Has a live session in the CRM; in the beginning everybody whom the test names has.
    pub online: Option<bool>,
    /// The chosen status.
    pub status: Option<Status>,
    /// On leave.
    pub on_leave: Option<bool>,
    /// Units in use in the beginning.
    pub load: Option<Units>,
    /// A capacity of their own.
    pub capacity: Option<Units>,
    /// How long ago they last got or finished a dialog, in the beginning.
    pub idle: Option<Duration>,
    /// Groups that the CRM puts them in.
    pub groups: Option<BTreeSet<GroupId>>,
    /// Languages they speak.
    pub languages: Option<BTreeSet<Arc<str>>>,
    /// Who stands in for them.
    pub deputy: Option<ManagerId>,
    /// May reassign and close anybody's dialog.
    pub admin: Option<bool>,
    /// Removed from the account, or there again.
    pub removed: Option<bool>,
}

/// Something that happens, and what is expected then.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// How long after the beginning.
    pub after: Duration,
    /// What somebody does; `None`: only time passes.
    pub act: Option<Act>,
    /// Whose presence or record changes, before the act.
    pub managers: BTreeMap<ManagerId, Person>,
    /// What is expected after it.
    pub expect: Expect,
    /// Where it stands.
    pub span: Span,
}

/// The number of a conversation: that of its customer. It may go on over several dialogs.
pub type Conversation = u16;

/// What somebody does in a conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Act {
    /// Which.
    pub conversation: Conversation,
    /// What.
    pub deed: Deed,
    /// Where it is said.
    pub span: Span,
}

/// What is done.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// The customer writes; the first time, and after a closure, this opens a dialog.
    CustomerWrites(Given),
    /// The customer's record changes.
    CustomerChanges(Given),
    /// Somebody begins to look the customer up in the CRM; that may be before they write. What is given in the whole
    /// test is.
    LookUpBegins(Given),
    /// No more is to come of looking the customer up.
    LookUpEnds,
    /// A manager writes to the customer; one who is named may begin the conversation.
    ManagerReplies {
        /// Who; `None`: whoever holds the dialog.
        by: Option<ManagerId>,
        /// What is given of a conversation that begins.
        given: Given,
    },
    /// A manager writes a note that the customer does not see.
    ManagerNotes(Option<ManagerId>),
    /// The bot that holds the dialog writes.
    BotReplies,
    /// Somebody assigns by hand; `by` `None`: the CRM.
    Assigns {
        /// To whom.
        to: Assignee,
        /// Who says so.
        by: Option<ManagerId>,
    },
    /// Somebody gives the dialog back to routing.
    GivesBack(Option<ManagerId>),
    /// Whoever it is offered to takes it; `None`: they themselves.
    Accepts(Option<ManagerId>),
    /// Whoever it is offered to does not take it; `None`: they themselves.
    Declines(Option<ManagerId>),
    /// Somebody closes it by hand.
    Closes(Option<ManagerId>),
    /// The last text that Reparto wrote to the customer was delivered.
    TextDelivered,
    /// It failed.
    TextFailed,
}

/// To whom somebody assigns by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assignee {
    /// A manager.
    Manager(ManagerId),
    /// Whoever of a group is found.
    Group(GroupId),
    /// A bot.
    Bot(BotId),
}

/// What is expected of one conversation's newest dialog.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expect {
    /// Which conversation; `None`: the one that something happened in last.
    pub conversation: Option<Conversation>,
    /// What.
    pub all: Vec<Expectation>,
}

/// One expectation.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// What.
    pub wanted: Wanted,
    /// Where its key stands.
    pub key: Span,
    /// Where its value stands.
    pub value: Span,
}

/// What can be expected.
#[derive(Clone, Debug, PartialEq)]
pub enum Wanted {
    /// Who holds it, or held it when it closed; `None`: nobody.
    To(Option<Responsible>),
    /// Whom it is offered to, who has not answered yet; `None`: nobody.
    Offered(Option<ManagerId>),
    /// It waits for somebody, or not.
    Waits(bool),
    /// It is offered to nobody until this schedule opens; `None`: it is not held.
    Held(Option<ScheduleId>),
    /// The rule of the last decision.
    Rule(RuleId),
    /// The step that chose, or where it waits, counted from one.
    Step(u16),
    /// Why the last decision was made.
    Cause(Cause),
    /// The default assignment decided, for this reason.
    Fallback(FallbackReason),
    /// What became of a manager in the last decision, as a word.
    Rejected(ManagerId, Arc<str>),
    /// Its priority class; `None`: none.
    Priority(Option<RuleId>),
    /// The close rule it is under, or was closed by; `None`: none.
    CloseRule(Option<RuleId>),
    /// It is closed, or not.
    Closed(bool),
    /// The texts that were written to the customer since the moment before, by key.
    Says(Vec<Arc<str>>),
    /// The language of the last of them.
    Language(Arc<str>),
    /// How often the manager was reminded since the moment before.
    Reminded(u32),
    /// Automatic moves so far.
    Moves(u32),
    /// Units in use of a manager.
    Load(ManagerId, Units),
    /// The act was refused with this code.
    Refused(Arc<str>),
}

impl Wanted {
    /// The rule, if it is about one.
    pub fn rule(&self) -> Option<&RuleId> {
        if let Self::Rule(rule) = self { Some(rule) } else { None }
    }

    /// What it is about, as the file calls it: its key, with the manager's id if it is about one of several.
    pub fn subject(&self) -> String {
        if let Self::Rejected(manager, _) | Self::Load(manager, _) = self {
            return format!("{}.{manager}", self.key());
        }
        self.key().to_owned()
    }

    /// The key that says it.
    pub fn key(&self) -> &'static str {
        match self {
            Self::To(_) => "to",
            Self::Offered(_) => "offered",
            Self::Waits(_) => "waits",
            Self::Held(_) => "held",
            Self::Rule(_) => "rule",
            Self::Step(_) => "step",
            Self::Cause(_) => "cause",
            Self::Fallback(_) => "fallback",
            Self::Rejected(..) => "rejected",
            Self::Priority(_) => "priority",
            Self::CloseRule(_) => "close",
            Self::Closed(_) => "closed",
            Self::Says(_) => "says",
            Self::Language(_) => "language",
            Self::Reminded(_) => "reminded",
            Self::Moves(_) => "moves",
            Self::Load(..) => "load",
            Self::Refused(_) => "refused",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_time_is_one_of_the_files_zone() {
        let at = |text: &str, zone: Tz| {
            let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
            Start::Local(local).instant(zone).micros() / 1_000_000
        };
        let madrid = chrono_tz::Europe::Madrid;
        assert_eq!(at("2026-03-02 10:00", madrid), 1_772_442_000);
        assert_eq!(at("2026-07-01 10:00", madrid) + 2 * 3_600, at("2026-07-01 10:00", chrono_tz::UTC));
        // Clocks jump from two to three.
        assert_eq!(at("2026-03-29 02:30", madrid), at("2026-03-29 03:30", madrid));
        assert_eq!(Start::default().instant(madrid), Timestamp::from_secs(1_772_442_000));
    }
}
