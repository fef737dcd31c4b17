//! From tables to typed sections. What one section shows to be wrong is reported here; what only shows
//! when sections are seen together, in [`super::check`].

#[cfg(test)]
pub(super) mod asked;
mod bot;
mod cases;
mod exclude;
mod facts;
mod lifecycle;
mod objectives;
mod people;
mod replies;
mod routes;
mod schedules;
mod table;
mod tags;
mod targets;
mod texts;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono_tz::Tz;

use super::cases::Case;
use super::codes::Code;
use super::condition::Condition;
use super::diagnostic::{At, Diagnostic, Findings, Span};
use super::facts::FactTable;
use super::ruleset::{BotMode, GroupMembers};
use super::schedule::{Dates, Hours, Schedule};
use super::syntax::Document;
use crate::domain::account::DefaultAssignment;
use crate::domain::closing::{LastFrom, ReassignPolicy};
use crate::domain::figures::Objective;
use crate::domain::ids::{GroupId, ManagerId, RuleId, ScheduleId};
use crate::domain::manager::{CapacityPolicy, PresencePolicy};
use crate::domain::routing::{Strategy, Target};
use crate::domain::units::Units;
pub(super) use routes::PER_MINUTE;
use table::{Keys, Section};

/// A text in its languages.
pub(super) type Wordings = BTreeMap<Arc<str>, Arc<str>>;

/// All that the files say, with places. What could not be read is left out and was reported.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) timezone: Option<At<Tz>>,
    pub(super) bot: Option<At<Bot>>,
    pub(super) facts: FactTable,
    pub(super) groups: BTreeMap<GroupId, At<GroupMembers>>,
    /// How many dialogs each group may have that has a limit.
    pub(super) caps: BTreeMap<GroupId, u32>,
    pub(super) schedules: BTreeMap<ScheduleId, Timetable>,
    /// Hours that schedules may have from elsewhere.
    pub(super) imported: Option<Timetable>,
    pub(super) presence: Option<At<PresencePolicy>>,
    pub(super) capacity: Option<At<CapacityPolicy>>,
    pub(super) priorities: Vec<Class>,
    pub(super) rules: Vec<Rule>,
    /// There is a `rule` that is no list of sections.
    pub(super) rules_misread: bool,
    pub(super) exclusions: Vec<ExclusionDraft>,
    pub(super) reassign: Option<At<Reassign>>,
    pub(super) closes: Vec<Close>,
    pub(super) closings_per_second: Option<At<Option<f64>>>,
    pub(super) releases_per_second: Option<At<Option<f64>>>,
    pub(super) replies: Vec<ReplyDraft>,
    pub(super) languages: Option<At<Vec<Arc<str>>>>,
    pub(super) texts: BTreeMap<Arc<str>, At<Wordings>>,
    pub(super) objectives: Vec<ObjectiveDraft>,
    pub(super) cases: Vec<Case>,
}

/// `[bot]`.
#[derive(Debug, Default)]
pub(super) struct Bot {
    pub(super) mode: BotMode,
    /// It has a `[bot.fallback]`, even if that could not be read.
    pub(super) has_fallback: bool,
    pub(super) fallback: Option<At<DefaultAssignment>>,
}

/// A `when`.
#[derive(Debug)]
pub(super) struct When {
    /// `None` when there is none, or it could not be read.
    pub(super) condition: Option<Condition>,
    /// Where it stands; `None` when there is none.
    pub(super) span: Option<Span>,
}

impl When {
    /// The condition; without any it always holds. `None` when it could not be read.
    pub(super) fn condition(&self) -> Option<&Condition> {
        const ALWAYS: &Condition = &Condition::ALWAYS;
        match (&self.condition, self.span) {
            (Some(condition), _) => Some(condition),
            (None, None) => Some(ALWAYS),
            (None, Some(_)) => None,
        }
    }
}

/// `[[priority]]`.
#[derive(Debug)]
pub(super) struct Class {
    pub(super) id: At<RuleId>,
    pub(super) when: When,
    pub(super) base: i64,
    pub(super) per_minute: At<i64>,
    pub(super) span: Span,
}

/// `[[rule]]`.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) id: At<RuleId>,
    pub(super) when: When,
    pub(super) facts_within: Option<Duration>,
    pub(super) tags: Vec<Arc<str>>,
    pub(super) steps: Vec<StepDraft>,
    pub(super) span: Span,
}

/// A step of a rule.
#[derive(Debug)]
pub(super) struct StepDraft {
    /// `None` when it could not be read.
    pub(super) to: Option<At<Target>>,
    pub(super) pick: Option<At<Strategy>>,
    pub(super) wait: Option<At<Duration>>,
    pub(super) only: Option<At<bool>>,
    pub(super) over_capacity: Units,
    pub(super) accept_within: Option<Duration>,
    /// The key of a text.
    pub(super) notify: Option<At<Arc<str>>>,
    pub(super) span: Span,
}

/// `[schedules.…]` or `[imported.crm]`.
#[derive(Clone, Debug)]
pub(super) struct Timetable {
    pub(super) span: Span,
    pub(super) week: [Vec<At<Hours>>; 7],
    pub(super) closed: Vec<At<Dates>>,
    pub(super) special: Vec<(At<Dates>, Vec<At<Hours>>)>,
    /// Where it says that its hours are the CRM's; `week` is the CRM's then.
    pub(super) from: Option<Span>,
    /// Nothing of it had to be left out.
    pub(super) is_complete: bool,
    pub(super) schedule: Arc<Schedule>,
}

/// `[[exclude]]`.
#[derive(Debug)]
pub(super) struct ExclusionDraft {
    pub(super) id: At<RuleId>,
    pub(super) when: When,
    pub(super) managers: Vec<At<ManagerId>>,
    pub(super) groups: Vec<At<GroupId>>,
    pub(super) span: Span,
}

/// When an auto-reply is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum On {
    Opened,
    Waiting,
    NobodyOnline,
}

/// `[[auto_reply]]`.
#[derive(Debug)]
pub(super) struct ReplyDraft {
    pub(super) id: At<RuleId>,
    pub(super) when: When,
    /// `None` when it could not be read; so for `text`.
    pub(super) on: Option<On>,
    pub(super) text: Option<At<Arc<str>>>,
    pub(super) after: Duration,
    pub(super) ahead: u32,
}

/// `[reassign]`.
#[derive(Debug)]
pub(super) struct Reassign {
    pub(super) policy: ReassignPolicy,
    pub(super) then: Option<At<Target>>,
    /// Where `no_reply.after` stands.
    pub(super) no_reply_after: Option<Span>,
}

/// `[[close]]`.
#[derive(Debug)]
pub(super) struct Close {
    pub(super) id: At<RuleId>,
    pub(super) when: When,
    /// `None` when it could not be read.
    pub(super) after: Option<At<Duration>>,
    pub(super) last_from: LastFrom,
    pub(super) warnings: Vec<(Duration, At<Arc<str>>)>,
    pub(super) farewell: Option<At<Arc<str>>>,
    pub(super) farewell_timeout: Duration,
    pub(super) span: Span,
}

/// `[[objective]]`.
#[derive(Debug)]
pub(super) struct ObjectiveDraft {
    pub(super) id: At<RuleId>,
    pub(super) promises: Vec<Objective>,
}

const ROOT: Keys = Keys {
    known: &[
        "schema",
        "timezone",
        "bot",
        "facts",
        "groups",
        "schedules",
        "imported",
        "presence",
        "capacity",
        "priority",
        "rule",
        "exclude",
        "reassign",
        "close",
        "closing",
        "release",
        "auto_reply",
        "languages",
        "texts",
        "test",
        "objective",
    ],
    later: &[],
};

/// Reads all files into one draft.
pub(super) fn read(documents: &[Document<'_>], findings: &mut Findings) -> Draft {
    let mut draft = Draft::default();
    let roots: Vec<Section<'_>> =
        documents.iter().map(|document| Section::root(document, ROOT, findings)).collect();
    // Conditions of any file may use facts and schedules of every file.
    facts::read(&roots, &mut draft.facts, findings);
    draft.imported = schedules::imported(&roots, findings);
    schedules::read(&roots, &mut draft, findings);
    for root in roots {
        draft.read_root(root, findings);
    }
    draft
}

impl Draft {
    fn read_root(&mut self, root: Section<'_>, findings: &mut Findings) {
        for entry in root.entries() {
            match entry.key {
                "schema" => bot::check_schema(entry, findings),
                "timezone" => {
                    let timezone = bot::timezone(entry, findings);
                    set_once(&mut self.timezone, timezone, "timezone", findings);
                }
                "bot" => set_once(&mut self.bot, bot::read(entry, findings), "[bot]", findings),
                "groups" => people::groups(entry, &mut self.groups, &mut self.caps, findings),
                "presence" => {
                    let presence = people::presence(entry, findings);
                    set_once(&mut self.presence, presence, "[presence]", findings);
                }
                "capacity" => {
                    let capacity = people::capacity(entry, findings);
                    set_once(&mut self.capacity, capacity, "[capacity]", findings);
                }
                "priority" => {
                    routes::priorities(entry, &self.facts, &mut self.priorities, findings);
                }
                "rule" => {
                    let before = findings.len();
                    routes::rules(entry, &self.facts, &mut self.rules, findings);
                    self.rules_misread |= self.rules.is_empty() && findings.len() > before;
                }
                "exclude" => exclude::read(entry, &self.facts, &mut self.exclusions, findings),
                "reassign" => {
                    let reassign = lifecycle::reassign(entry, findings);
                    set_once(&mut self.reassign, reassign, "[reassign]", findings);
                }
                "close" => lifecycle::closes(entry, &self.facts, &mut self.closes, findings),
                "closing" => {
                    let rate = lifecycle::closing(entry, findings);
                    set_once(&mut self.closings_per_second, rate, "[closing]", findings);
                }
                "objective" => objectives::read(entry, &mut self.objectives, findings),
                "release" => {
                    let rate = lifecycle::closing(entry, findings);
                    set_once(&mut self.releases_per_second, rate, "[release]", findings);
                }
                "auto_reply" => replies::read(entry, &self.facts, &mut self.replies, findings),
                "languages" => {
                    let languages = texts::languages(entry, findings);
                    set_once(&mut self.languages, languages, "languages", findings);
                }
                "texts" => texts::read(entry, &mut self.texts, findings),
                "test" => cases::read(entry, &self.facts, &mut self.cases, findings),
                // `facts`, `schedules` and `imported` were read before; all others were reported.
                _ => {}
            }
        }
    }
}

/// A section that may stand in one file only. Within one file TOML itself sees to that.
fn set_once<T>(slot: &mut Option<At<T>>, value: Option<At<T>>, name: &str, findings: &mut Findings) {
    match (slot.as_ref(), value) {
        (Some(first), Some(second)) => report_twice(name, second.span, first.span, findings),
        (None, Some(value)) => *slot = Some(value),
        (_, None) => {}
    }
}

fn report_twice(name: &str, second: Span, first: Span, findings: &mut Findings) {
    let message = format!("{name} stands in two files");
    let finding = Diagnostic::new(Code::SectionTwice, second, message);
    findings.add(finding.also(first, "first here").help("keep it in one file"));
}
