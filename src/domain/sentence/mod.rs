//! One sentence that tells a decision to a person: who got the dialog, by which rule and step, and why not somebody else.
//!
//! It names people by their ids and counts steps from one, as people do. What is told is settled here, once;
//! `english` and `spanish` only find the words, so that no language tells more than another.

use super::ids::{BotId, GroupId, ManagerId, RuleId, ScheduleId};
use super::manager::Absence;
use super::routing::{
    Candidate, Cause, Decision, DecisionEffect, FallbackReason, GroupUse, Responsible, StepOutcome,
    StepTrace, Target, Verdict,
};
use super::time::Timestamp;
use super::units::Units;
use super::why_not::{Answer, Why};

#[cfg(test)]
mod answers;
mod english;
mod spanish;
#[cfg(test)]
mod tests;

/// At most this many candidates are told apart; the rest are in the record.
const TOLD: usize = 4;

/// The languages that people are told things in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Spanish.
    Spanish,
}

impl Language {
    /// All languages.
    pub const ALL: [Self; 2] = [Self::English, Self::Spanish];

    /// The tag used in the API and on the command line.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
        }
    }

    /// The language of a tag, whatever its region: `es`, `es-MX`, `ES_ar`.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let main = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| main.eq_ignore_ascii_case(language.tag()))
    }

    /// The first of a browser's languages that is one of ours, the most wanted first: the value of
    /// `Accept-Language`.
    pub fn accepted(header: &str) -> Option<Self> {
        let mut wanted: Vec<(f32, Self)> = Vec::new();
        for item in header.split(',') {
            let (tag, weight) = item.split_once(';').unwrap_or((item, ""));
            let weight = weight.trim().strip_prefix("q=").map_or(Some(1.0), |weight| weight.parse().ok());
            let language = Self::of_tag(tag.trim());
            wanted.extend(weight.filter(|weight| *weight > 0.0).zip(language));
        }
        // Of equal weights the first said is the first meant: the sort is stable.
        wanted.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        wanted.first().map(|(_, language)| *language)
    }
}

/// The sentence of a decision in English, as records and subscribers have it.
pub fn sentence(decision: &Decision) -> String {
    told(decision, Language::English)
}

/// The sentence of a decision.
pub fn told(decision: &Decision, language: Language) -> String {
    let mut reasons = Vec::new();
    let mut known = Vec::new();
    for step in &decision.steps {
        reasons.extend(step_reason(step, decision, &mut known));
    }
    reasons.extend(crowd(decision, &known));
    reasons.extend(decision.ask_again_at.map(|again| Reason::AskedAgain(Moment::on_clocks(again, 0))));
    let (opening, words): (_, fn(&Reason<'_>) -> String) = match language {
        Language::English => (english::opening(&Opening::of(decision)), english::reason),
        Language::Spanish => (spanish::opening(&Opening::of(decision)), spanish::reason),
    };
    let mut text = opening;
    let reasons: Vec<String> = reasons.iter().map(words).collect();
    if !reasons.is_empty() {
        text.push_str(": ");
        text.push_str(&reasons.join("; "));
    }
    text.push('.');
    text
}

/// Two decisions of the same question, the live one and what a shadow would have decided, each in its sentence.
pub fn side_by_side(live: &Decision, shadow: &Decision, language: Language) -> String {
    let [live, shadow] = [told(live, language), told(shadow, language)];
    match language {
        Language::English => format!("Live: {live} Shadow: {shadow}"),
        Language::Spanish => format!("En vigor: {live} En la sombra: {shadow}"),
    }
}

/// The answer to "why not them?" in a sentence.
pub fn why_not(decision: &Decision, answer: &Answer, language: Language) -> String {
    let winner = decision.choice.as_ref();
    let load = answer.stance.map(|stance| (stance.load, stance.capacity)).or_else(|| {
        let listed = decision.candidates.iter().find(|candidate| candidate.manager == answer.manager);
        listed.map(|candidate| (candidate.load, candidate.capacity))
    });
    let targets = decision.steps.iter().map(|step| people(&step.to));
    let asked =
        Asked { who: answer.manager.as_str(), why: &answer.why, winner, load, targets: targets.collect() };
    match language {
        Language::English => english::why_not(&asked),
        Language::Spanish => spanish::why_not(&asked),
    }
}

/// What is told of somebody who was asked about.
struct Asked<'a> {
    who: &'a str,
    why: &'a Why,
    /// Who got it.
    winner: Option<&'a Responsible>,
    /// Units in use and in all.
    load: Option<(Units, Units)>,
    /// Whom the steps looked at mean.
    targets: Vec<People<'a>>,
}

/// What came of it, and by which authority.
struct Opening<'a> {
    effect: DecisionEffect,
    /// Until when they may accept, on clocks of UTC.
    accept_by: Option<Moment>,
    choice: Option<&'a Responsible>,
    previous: Option<&'a Responsible>,
    cause: Cause,
    fallback: Option<FallbackReason>,
    /// The rule, when it is not the default assignment that decided.
    rule: Option<&'a str>,
    /// From one.
    step: Option<u32>,
    /// Until when it waits at the rule for what is being looked up of the customer.
    facts_until: Option<Moment>,
}

impl<'a> Opening<'a> {
    fn of(decision: &'a Decision) -> Self {
        Self {
            effect: decision.effect,
            accept_by: decision.accept_by.map(|until| Moment::on_clocks(until, 0)),
            choice: decision.choice.as_ref(),
            previous: decision.previous.as_ref(),
            cause: decision.cause,
            fallback: decision.fallback,
            rule: decision.rule.as_ref().filter(|_| decision.fallback.is_none()).map(RuleId::as_str),
            step: decision.step.map(|step| u32::from(step) + 1),
            facts_until: decision.facts_until.map(|until| Moment::on_clocks(until, 0)),
        }
    }
}

/// Who somebody is to the customer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tie {
    /// Their own manager.
    Owner,
    /// Whoever served them last.
    LastManager,
    /// Nobody in particular.
    None,
}

/// How one manager stood.
enum State {
    /// Has room: so much of so much is in use.
    HasRoom(Units, Units),
    /// Has room, and comes after somebody.
    ComesAfter(Units, Units),
    /// Has no room.
    IsFull(Units, Units),
    /// It was just taken from them.
    HadIt,
    /// It was offered to them, and they declined.
    Declined,
    /// It was offered to them, and they did not accept in time.
    DidNotAccept,
    /// They are never to serve this customer.
    IsExcluded,
    /// Only groups that are full name them.
    IsOfFullGroup,
    /// Is absent, for this reason if it is known.
    IsAbsent(Option<Absence>),
}

/// Whom a step means, where no person is named.
#[derive(Clone, Copy)]
enum People<'a> {
    Owner,
    LastManager,
    Manager(&'a ManagerId),
    Group(&'a GroupId),
    Everyone,
    Bot(&'a BotId),
    Opening(&'a ScheduleId),
}

/// One reason.
enum Reason<'a> {
    /// How a person stood whom a step names.
    Person(Tie, &'a str, State),
    /// How somebody stood who is on leave, and whoever stands in for them.
    Deputy(Tie, &'a str, State, &'a str, Option<State>),
    /// It waits for a schedule to open.
    HeldUntil(&'a ScheduleId, Moment),
    /// It waits for its turn among those that hours have set free.
    HeldForItsTurn(Moment),
    /// The customer has no manager of their own.
    NoOwner,
    /// Nobody served the customer lately.
    NoLastManager,
    /// A step's target does not exist.
    Missing(People<'a>),
    /// None of them is present.
    NobodyPresent(People<'a>),
    /// All of them who are present are full.
    AllFull(People<'a>),
    /// Whoever of them is present is never to serve this customer.
    AllExcluded(People<'a>),
    /// Whoever of them is present was offered it and passed.
    NobodyAccepted(People<'a>),
    /// When those who passed are asked again.
    AskedAgain(Moment),
    /// Their group has as many dialogs as it may have.
    GroupFull(People<'a>, GroupUse),
    /// Their time is over.
    TimeOver(People<'a>),
    /// Of how many present, in which group, these stood nearest.
    Crowd { present: u32, group: Option<&'a GroupId>, near: Vec<(&'a str, State)> },
}

/// What one step came to. Remembers whom it told of, so that they are not told of again.
fn step_reason<'a>(
    step: &'a StepTrace,
    decision: &'a Decision,
    told: &mut Vec<&'a str>,
) -> Option<Reason<'a>> {
    if let Some(person) = &step.person {
        let tie = match step.to {
            Target::Owner => Tie::Owner,
            Target::LastManager { .. } => Tie::LastManager,
            Target::Manager(_)
            | Target::Group(_)
            | Target::Everyone
            | Target::Bot(_)
            | Target::UntilOpen(_) => Tie::None,
        };
        if told.contains(&person.as_str()) {
            return None;
        }
        let candidate = decision.candidates.iter().find(|candidate| candidate.manager == *person);
        let state = match candidate {
            Some(candidate) => state(candidate),
            None if step.outcome == StepOutcome::NobodyPresent => State::IsAbsent(None),
            None => return None,
        };
        told.push(person.as_str());
        let Some(deputy) = &step.deputy else {
            return Some(Reason::Person(tie, person.as_str(), state));
        };
        told.push(deputy.as_str());
        let stood = decision.candidates.iter().find(|candidate| candidate.manager == *deputy);
        return Some(Reason::Deputy(tie, person.as_str(), state, deputy.as_str(), stood.map(self::state)));
    }
    let people = people(&step.to);
    match (&step.to, &step.outcome) {
        (Target::UntilOpen(id), StepOutcome::Held { until, ahead }) => {
            Some(Reason::HeldUntil(id, Moment::on_clocks(*until, *ahead)))
        }
        (_, StepOutcome::Held { until, .. }) => Some(Reason::HeldForItsTurn(Moment::on_clocks(*until, 0))),
        (Target::UntilOpen(_), StepOutcome::Passed) => None,
        (Target::Owner, StepOutcome::NoSuchPerson) => Some(Reason::NoOwner),
        (Target::LastManager { .. }, StepOutcome::NoSuchPerson) => Some(Reason::NoLastManager),
        (_, StepOutcome::TargetMissing) => Some(Reason::Missing(people)),
        (_, StepOutcome::NobodyPresent) => Some(Reason::NobodyPresent(people)),
        (_, StepOutcome::Full) => Some(Reason::AllFull(people)),
        (_, StepOutcome::NobodyAccepted) => Some(Reason::NobodyAccepted(people)),
        (_, StepOutcome::Excluded) => Some(Reason::AllExcluded(people)),
        // That the time is over too does not help anybody to mend it.
        (_, StepOutcome::GroupFull | StepOutcome::Passed) if step.group_full.is_some() => {
            step.group_full.map(|group| Reason::GroupFull(people, group))
        }
        (_, StepOutcome::Passed) => Some(Reason::TimeOver(people)),
        (_, StepOutcome::NoSuchPerson | StepOutcome::Chosen | StepOutcome::GroupFull) => None,
    }
}

fn people(to: &Target) -> People<'_> {
    match to {
        Target::Owner => People::Owner,
        Target::LastManager { .. } => People::LastManager,
        Target::Manager(id) => People::Manager(id),
        Target::Group(id) => People::Group(id),
        Target::Everyone => People::Everyone,
        Target::Bot(id) => People::Bot(id),
        Target::UntilOpen(id) => People::Opening(id),
    }
}

/// A time of day and a day of the week, as some clocks show them.
struct Moment {
    /// From 0, a Thursday: the first day of 1970 was one.
    day: usize,
    hour: i64,
    minute: i64,
    second: i64,
}

impl Moment {
    /// What clocks show that are so many seconds ahead of UTC.
    fn on_clocks(at: Timestamp, ahead: i32) -> Self {
        let seconds = at.micros().div_euclid(1_000_000) + i64::from(ahead);
        let (minutes, second) = (seconds.div_euclid(60), seconds.rem_euclid(60));
        let (day, minute) = (minutes.div_euclid(24 * 60), minutes.rem_euclid(24 * 60));
        let day = usize::try_from(day.rem_euclid(7)).unwrap_or_default();
        Self { day, hour: minute / 60, minute: minute % 60, second }
    }

    /// The day by its name, of seven that begin with Thursday.
    fn day_of(&self, names: [&'static str; 7]) -> &'static str {
        names.get(self.day).copied().unwrap_or_default()
    }
}

/// Of how many present the choice was made, and how the nearest of them stood.
fn crowd<'a>(decision: &'a Decision, told: &[&str]) -> Option<Reason<'a>> {
    let is_present =
        |verdict: Verdict| !matches!(verdict, Verdict::Absent(_) | Verdict::Excluded | Verdict::GroupFull);
    let present =
        decision.counts.iter().filter(|(verdict, _)| is_present(*verdict)).map(|(_, count)| count).sum();
    let near: Vec<_> = decision
        .candidates
        .iter()
        .filter(|candidate| is_present(candidate.verdict) && !told.contains(&candidate.manager.as_str()))
        .take(TOLD)
        .map(|candidate| (candidate.manager.as_str(), state(candidate)))
        .collect();
    if near.is_empty() {
        return None;
    }
    let group = match decision.step.and_then(|step| decision.steps.iter().find(|trace| trace.step == step)) {
        Some(StepTrace { to: Target::Group(id), .. }) => Some(id),
        Some(_) | None => None,
    };
    Some(Reason::Crowd { present, group, near })
}

/// How somebody stood.
fn state(candidate: &Candidate) -> State {
    let (load, capacity) = (candidate.load, candidate.capacity);
    match candidate.verdict {
        Verdict::Chosen => State::HasRoom(load, capacity),
        Verdict::Outranked => State::ComesAfter(load, capacity),
        Verdict::OverCapacity => State::IsFull(load, capacity),
        Verdict::FailedBefore => State::HadIt,
        Verdict::Declined => State::Declined,
        Verdict::DidNotAccept => State::DidNotAccept,
        Verdict::Excluded => State::IsExcluded,
        Verdict::GroupFull => State::IsOfFullGroup,
        Verdict::Absent(absence) => State::IsAbsent(Some(absence)),
    }
}

/// A number for people: small ones by their word.
fn number(count: u32, words: [&str; 11]) -> String {
    usize::try_from(count)
        .ok()
        .and_then(|at| words.get(at))
        .map_or_else(|| count.to_string(), |word| (*word).to_owned())
}
