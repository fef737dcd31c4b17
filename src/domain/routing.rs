//! The words of routing: targets, strategies, steps, plans, and the record of a decision.

use std::sync::Arc;
use std::time::Duration;

pub use super::cause::Cause;
use super::closing::Text;
use super::ids::{BotId, DialogId, GroupId, ManagerId, RuleId, RulesVersion, ScheduleId};
use super::stance::Basis;
use super::tags::Tags;
use super::time::Timestamp;
use super::units::Units;

/// Who holds a dialog.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Responsible {
    /// A manager.
    Manager(ManagerId),
    /// A bot.
    Bot(BotId),
}

impl Responsible {
    /// The manager, if it is one.
    pub fn manager(&self) -> Option<&ManagerId> {
        match self {
            Self::Manager(id) => Some(id),
            Self::Bot(_) => None,
        }
    }
}

/// Whom a step is about, as the rule file says it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// The customer's owner.
    Owner,
    /// Whoever served the customer last, not longer ago than `within`.
    LastManager {
        /// How long ago at most; `None`: ever.
        within: Option<Duration>,
    },
    /// One manager.
    Manager(ManagerId),
    /// A group.
    Group(GroupId),
    /// All managers of the account.
    Everyone,
    /// A bot; it always has room.
    Bot(BotId),
    /// Nobody, until this schedule opens: the dialog is held.
    UntilOpen(ScheduleId),
}

impl Target {
    /// Reads what `Display` writes; how long ago a last manager may have served is not in it.
    pub fn from_words(text: &str) -> Option<Self> {
        match (text, text.split_once(':')) {
            ("owner", _) => Some(Self::Owner),
            ("last_manager", _) => Some(Self::LastManager { within: None }),
            ("everyone", _) => Some(Self::Everyone),
            (_, Some(("manager", id))) => Some(Self::Manager(ManagerId::trusted(id))),
            (_, Some(("group", id))) => Some(Self::Group(GroupId::trusted(id))),
            (_, Some(("bot", id))) => Some(Self::Bot(BotId::trusted(id))),
            (_, Some(("until_open", id))) => Some(Self::UntilOpen(ScheduleId::trusted(id))),
            (_, _) => None,
        }
    }
}

impl std::fmt::Display for Target {
    /// As in the rule file: `owner`, `last_manager`, `manager:ana`, `group:sales`, `everyone`, `bot:helper`,
    /// `until_open:office`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Owner => f.write_str("owner"),
            Self::LastManager { .. } => f.write_str("last_manager"),
            Self::Manager(id) => write!(f, "manager:{id}"),
            Self::Group(id) => write!(f, "group:{id}"),
            Self::Everyone => f.write_str("everyone"),
            Self::Bot(id) => write!(f, "bot:{id}"),
            Self::UntilOpen(id) => write!(f, "until_open:{id}"),
        }
    }
}

/// How one of several eligible managers is picked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Strategy {
    /// In turn, by id, going on after whoever of this target was served last.
    RoundRobin,
    /// The least share of capacity in use; ties by the longest time since the last assignment, then id.
    #[default]
    LeastLoaded,
    /// The longest time since the manager last got or finished a dialog; ties by id.
    LongestIdle,
    /// The first with room in the order that the group lists them; those a group does not list follow by id.
    Ordered,
}

impl Strategy {
    /// All strategies.
    pub const ALL: [Self; 4] = [Self::RoundRobin, Self::LeastLoaded, Self::LongestIdle, Self::Ordered];

    /// The word used in rule files, the API and metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::RoundRobin => "round_robin",
            Self::LeastLoaded => "least_loaded",
            Self::LongestIdle => "longest_idle",
            Self::Ordered => "ordered",
        }
    }
}

/// One step of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Whom it is about.
    pub to: Target,
    /// How one of them is picked.
    pub pick: Strategy,
    /// How long to stay, from entering the step, before the next step widens the search. `None`: stay.
    pub wait: Option<Duration>,
    /// Replaces the people of earlier steps instead of adding to them.
    pub only: bool,
    /// Units that may be booked over a manager's capacity through this step.
    pub over_capacity: Units,
    /// Whoever it picks is asked, and must accept within this time; `None`: they get the dialog at once.
    pub accept_within: Option<Duration>,
    /// What the customer is told when the dialog comes to wait here; at most once for each dialog and text.
    pub notify: Option<Arc<Text>>,
}

/// What a priority class gives: points at once, and points for each minute of waiting.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Priority {
    /// Name of the class; empty for the default.
    pub id: Arc<str>,
    /// Points at once.
    pub base: i64,
    /// Points for each minute of waiting.
    pub per_minute: i64,
}

/// What a rule set says of one dialog: the rule that matched and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The rule set that said so.
    pub rules: RulesVersion,
    /// The rule that matched; `None` when it is the fallback or a choice made by hand.
    pub rule: Option<RuleId>,
    /// Its steps, in order.
    pub steps: Arc<[Step]>,
    /// What it puts on the dialog.
    pub tags: Tags,
    /// The dialog's priority.
    pub priority: Priority,
}

/// Where a dialog stands in its plan while it waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The rule set in force when it entered.
    pub rules: RulesVersion,
    /// The rule.
    pub rule: Option<RuleId>,
    /// Index of the step, from zero.
    pub step: u16,
    /// When it entered the step.
    pub entered_at: Timestamp,
    /// It is held: offered to nobody until this moment, and then until its turn comes. `None`: it is not.
    pub held_until: Option<Timestamp>,
}

/// What became of one candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Got the dialog.
    Chosen,
    /// Could have had it, but somebody was before them.
    Outranked,
    /// Present, but without room for it.
    OverCapacity,
    /// It was just taken from them.
    FailedBefore,
    /// It was offered to them, and they declined.
    Declined,
    /// It was offered to them, and they did not accept in time.
    DidNotAccept,
    /// They are never to serve this customer.
    Excluded,
    /// Present, but each group whose step names them has as many dialogs as it may have.
    GroupFull,
    /// Absent, for this reason.
    Absent(super::manager::Absence),
}

impl Verdict {
    /// All that are not absences.
    pub const PRESENT: [Self; 8] = [
        Self::Chosen,
        Self::Outranked,
        Self::OverCapacity,
        Self::FailedBefore,
        Self::Declined,
        Self::DidNotAccept,
        Self::Excluded,
        Self::GroupFull,
    ];

    /// The verdict that a word stands for.
    pub fn from_word(word: &str) -> Option<Self> {
        let absent = super::manager::Absence::ALL.map(Self::Absent);
        Self::PRESENT.into_iter().chain(absent).find(|verdict| verdict.word() == word)
    }

    /// The word used in the API, in metrics and in the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::Chosen => "chosen",
            Self::Outranked => "outranked",
            Self::OverCapacity => "over_capacity",
            Self::FailedBefore => "failed_before",
            Self::Declined => "declined",
            Self::DidNotAccept => "did_not_accept",
            Self::Excluded => "excluded",
            Self::GroupFull => "group_full",
            Self::Absent(absence) => absence.word(),
        }
    }
}

/// One manager as a decision saw them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Who.
    pub manager: ManagerId,
    /// Units in use before the decision.
    pub load: Units,
    /// Units in all.
    pub capacity: Units,
    /// When they last got or finished a dialog.
    pub idle_since: Option<Timestamp>,
    /// What became of them.
    pub verdict: Verdict,
}

/// What a step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepOutcome {
    /// Somebody was chosen here.
    Chosen,
    /// The customer has no owner, or nobody served them lately: skipped at once.
    NoSuchPerson,
    /// Its people are known, none is present: skipped at once.
    NobodyPresent,
    /// Its people are present and full: waits here until somebody has room or the step's time is over.
    Full,
    /// Its time is over; its people stay eligible.
    Passed,
    /// Holds the dialog: nobody is offered it.
    Held {
        /// Until hours begin. It goes on then, or later, when its turn comes.
        until: Timestamp,
        /// How far the clocks of the schedule are ahead of UTC at that moment, in seconds.
        ahead: i32,
    },
    /// The target does not exist in the account: skipped, and announced as a missing target.
    TargetMissing,
    /// Whoever of its people is present is never to serve this customer: skipped at once.
    Excluded,
    /// Its group has as many dialogs as it may have: waits here, as for people who are full, until a place is free
    /// or the step's time is over.
    GroupFull,
    /// Whoever of its people is present was offered the dialog and passed: skipped at once.
    NobodyAccepted,
}

impl StepOutcome {
    /// All there are.
    pub const ALL: [Self; 9] = [
        Self::Chosen,
        Self::NoSuchPerson,
        Self::NobodyPresent,
        Self::Full,
        Self::Passed,
        Self::TargetMissing,
        Self::Excluded,
        Self::GroupFull,
        Self::NobodyAccepted,
    ];

    /// The word used in the API and in the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::Chosen => "chosen",
            Self::NoSuchPerson => "no_such_person",
            Self::NobodyPresent => "nobody_present",
            Self::Full => "full",
            Self::Passed => "passed",
            Self::Held { .. } => "held",
            Self::TargetMissing => "target_missing",
            Self::Excluded => "excluded",
            Self::GroupFull => "group_full",
            Self::NobodyAccepted => "nobody_accepted",
        }
    }
}

/// How many dialogs came through a group's step and are still assigned, and how many may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupUse {
    /// Dialogs now.
    pub used: u32,
    /// Dialogs at most: `max_dialogs` of the group.
    pub most: u32,
}

/// One step as a decision saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepTrace {
    /// Index of the step, from zero.
    pub step: u16,
    /// Whom the rule file names.
    pub to: Target,
    /// Who that is for this customer, when the target is one person.
    pub person: Option<ManagerId>,
    /// Who stands in for that person, who is on leave.
    pub deputy: Option<ManagerId>,
    /// What it came to.
    pub outcome: StepOutcome,
    /// How one of several is picked; `None` where there are not several.
    pub pick: Option<Strategy>,
    /// Units that may be booked over a manager's capacity through this step.
    pub over_capacity: Units,
    /// Names its person present or not: the default assignment to a manager.
    pub anyway: bool,
    /// Its group was full for this dialog, whatever room its people had; `None`: it was not, or has no limit.
    pub group_full: Option<GroupUse>,
}

/// What a decision led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DecisionEffect {
    /// A responsible where there was none.
    Assigned,
    /// Another responsible.
    Reassigned,
    /// Somebody is asked whether they take it.
    Offered,
    /// The dialog waits.
    Waiting,
    /// The dialog stays where it is, since nobody else can take it yet.
    Kept,
}

impl DecisionEffect {
    /// All there are.
    pub const ALL: [Self; 5] = [Self::Assigned, Self::Reassigned, Self::Offered, Self::Waiting, Self::Kept];

    /// The word used in the API and in the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::Assigned => "assigned",
            Self::Reassigned => "reassigned",
            Self::Offered => "offered",
            Self::Waiting => "waiting",
            Self::Kept => "kept",
        }
    }
}

/// The record of one decision: explanation, audit, replay and metrics are all read from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The dialog.
    pub dialog: DialogId,
    /// When.
    pub at: Timestamp,
    /// What asked for it.
    pub cause: Cause,
    /// The rule set in force.
    pub rules: RulesVersion,
    /// The rule that matched; `None`: fallback or a choice by hand.
    pub rule: Option<RuleId>,
    /// What that rule puts on the dialog. None while it waits for facts, since its condition was not looked at, and
    /// none when the default assignment was used.
    pub tags: Tags,
    /// The step that chose, or where it waits; from zero.
    pub step: Option<u16>,
    /// When that step was entered.
    pub entered_step_at: Option<Timestamp>,
    /// The strategy that picked.
    pub strategy: Option<Strategy>,
    /// Each step that was looked at, in order.
    pub steps: Vec<StepTrace>,
    /// The chosen one and the nearest few of the others (all of them in a small account).
    pub candidates: Vec<Candidate>,
    /// How many managers got each verdict, over everybody the looked-at steps name.
    pub counts: Vec<(Verdict, u32)>,
    /// Who got it.
    pub choice: Option<Responsible>,
    /// Until when they may accept, when they are asked.
    pub accept_by: Option<Timestamp>,
    /// When those who passed are asked again, if nobody takes it before.
    pub ask_again_at: Option<Timestamp>,
    /// Who had it before.
    pub previous: Option<Responsible>,
    /// What it led to.
    pub effect: DecisionEffect,
    /// The default assignment was used, for this reason.
    pub fallback: Option<FallbackReason>,
    /// How long the dialog had waited.
    pub waited: Duration,
    /// The rules stopped at this rule, and are asked anew then, or as soon as it is known what is being looked up of
    /// the customer.
    pub facts_until: Option<Timestamp>,
    /// What it went by; `None` in records of versions that did not keep it.
    pub basis: Option<Basis>,
}

impl Decision {
    /// The group whose step, or default assignment, chose the manager.
    pub fn through(&self) -> Option<&GroupId> {
        self.choice.as_ref()?.manager()?;
        let chose = self.steps.iter().find(|step| step.outcome == StepOutcome::Chosen)?;
        match &chose.to {
            Target::Group(group) => Some(group),
            Target::Owner
            | Target::LastManager { .. }
            | Target::Manager(_)
            | Target::Everyone
            | Target::Bot(_)
            | Target::UntilOpen(_) => None,
        }
    }
}

/// Why the default assignment was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FallbackReason {
    /// The bot is off or only watches.
    BotOff,
    /// No rule matched.
    NoRule,
    /// All steps of the rule are exhausted.
    StepsExhausted,
    /// The rule set could not be loaded.
    RulesBroken,
    /// The limit of automatic moves was reached.
    MaxMoves,
}

impl FallbackReason {
    /// All there are.
    pub const ALL: [Self; 5] =
        [Self::BotOff, Self::NoRule, Self::StepsExhausted, Self::RulesBroken, Self::MaxMoves];

    /// The word used in the API, in metrics and in the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::BotOff => "bot_off",
            Self::NoRule => "no_rule",
            Self::StepsExhausted => "steps_exhausted",
            Self::RulesBroken => "rules_broken",
            Self::MaxMoves => "max_moves",
        }
    }
}
