//! English words for decisions.

use super::{Asked, Moment, Opening, People, Reason, State, Tie, number};
use crate::domain::manager::Absence;
use crate::domain::routing::{Cause, DecisionEffect, FallbackReason, GroupUse, Responsible};
use crate::domain::units::Units;
use crate::domain::why_not::{Edge, Why};

const NUMBERS: [&str; 11] =
    ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

/// Who.
pub(super) fn name(who: &Responsible) -> String {
    match who {
        Responsible::Manager(id) => id.to_string(),
        Responsible::Bot(id) => format!("bot {id}"),
    }
}

/// What came of it and by which authority.
pub(super) fn opening(opening: &Opening<'_>) -> String {
    let choice = opening.choice.map_or_else(|| "nobody".to_owned(), name);
    let previous = opening.previous.map(name);
    let mut text = match (opening.effect, previous) {
        (DecisionEffect::Assigned, _) => format!("Went to {choice}"),
        (DecisionEffect::Reassigned, Some(previous)) => {
            format!("Moved from {previous} to {choice}")
        }
        (DecisionEffect::Reassigned, None) => format!("Moved to {choice}"),
        (DecisionEffect::Offered, _) => format!("Offered to {choice}"),
        (DecisionEffect::Waiting, _) => "Waits".to_owned(),
        (DecisionEffect::Kept, Some(previous)) => format!("Stays with {previous} for now"),
        (DecisionEffect::Kept, None) => "Stays where it is for now".to_owned(),
    };
    text.push_str(occasion(opening.cause));
    if let Some(reason) = opening.fallback {
        text.push_str(" by the default assignment, since ");
        text.push_str(fallback(reason));
    } else if let Some(rule) = opening.rule {
        text += if opening.facts_until.is_some() { " at rule " } else { " by rule " };
        text += rule;
    }
    if let Some(step) = opening.step {
        text += ", step ";
        text += &step.to_string();
    }
    if let Some(until) = &opening.accept_by {
        text += ", who may accept until ";
        text += &exact(until);
    }
    if let Some(until) = &opening.facts_until {
        text += ", until ";
        text += &exact(until);
        text += " at most, for what the CRM knows of the customer";
    }
    text
}

/// Why it was asked at all, where that is not plain from the rest.
fn occasion(cause: Cause) -> &'static str {
    match cause {
        Cause::Opened | Cause::MaxMoves => "",
        Cause::Manual => " by hand",
        Cause::Picked => " by their own choice",
        Cause::External => " as the CRM reports",
        Cause::NoReply => " after no reply in time",
        Cause::Offline => " after its manager went offline",
        Cause::Returned => " after it was given back",
        Cause::MemberRemoved => " after its manager was removed",
        Cause::RulesChanged => " after the rules changed",
        Cause::Recovered => " after a restart",
    }
}

fn fallback(reason: FallbackReason) -> &'static str {
    match reason {
        FallbackReason::BotOff => "the bot is off",
        FallbackReason::NoRule => "no rule matches",
        FallbackReason::StepsExhausted => "the rule has no steps left",
        FallbackReason::RulesBroken => "the rules could not be loaded",
        FallbackReason::MaxMoves => "it was moved as often as it may be",
    }
}

/// One reason.
pub(super) fn reason(reason: &Reason<'_>) -> String {
    match reason {
        Reason::Person(tie, person, how) => stood(*tie, person, how),
        Reason::Deputy(tie, person, how, deputy, theirs) => {
            let theirs = theirs.as_ref().map(|how| format!(" {}", state(how))).unwrap_or_default();
            format!("{}, deputy {deputy}{theirs}", stood(*tie, person, how))
        }
        Reason::HeldUntil(schedule, moment) => format!("held until {schedule} opens at {}", clock(moment)),
        Reason::HeldForItsTurn(moment) => format!("its turn comes after {} UTC", clock(moment)),
        Reason::NoOwner => "the customer has no own manager".to_owned(),
        Reason::NoLastManager => "nobody served the customer lately".to_owned(),
        Reason::Missing(whom) => format!("{} does not exist", people(*whom)),
        Reason::NobodyPresent(People::Everyone) => "nobody is present".to_owned(),
        Reason::NobodyPresent(whom) => format!("nobody of {} is present", people(*whom)),
        Reason::AllFull(whom) => format!("all present of {} are full", people(*whom)),
        Reason::AllExcluded(whom) => format!("nobody present of {} may serve this customer", people(*whom)),
        Reason::NobodyAccepted(People::Everyone) => "nobody present accepted".to_owned(),
        Reason::NobodyAccepted(whom) => format!("nobody present of {} accepted", people(*whom)),
        Reason::AskedAgain(moment) => format!("those who passed are asked again at {}", exact(moment)),
        Reason::GroupFull(whom, GroupUse { used, most }) => {
            format!("{} is full ({used} of {most} dialogs)", people(*whom))
        }
        Reason::TimeOver(whom) => format!("the time for {} is over", people(*whom)),
        Reason::Crowd { present, group, near } => {
            let place = group.map(|id| format!(" in {id}")).unwrap_or_default();
            let of = if *present > 1 {
                format!("of {} present{place} ", number(*present, NUMBERS))
            } else {
                String::new()
            };
            let near: Vec<_> = near.iter().map(|(who, how)| format!("{who} {}", state(how))).collect();
            format!("{of}{}", near.join(", "))
        }
    }
}

fn stood(tie: Tie, person: &str, how: &State) -> String {
    let whose = match tie {
        Tie::Owner => "own manager ",
        Tie::LastManager => "last manager ",
        Tie::None => "",
    };
    format!("{whose}{person} {}", state(how))
}

fn clock(moment: &Moment) -> String {
    const DAYS: [&str; 7] = ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];
    format!("{:02}:{:02} {}", moment.hour, moment.minute, moment.day_of(DAYS))
}

/// A time of day to the second, for what is over within seconds.
fn exact(moment: &Moment) -> String {
    format!("{:02}:{:02}:{:02} UTC", moment.hour, moment.minute, moment.second)
}

/// Whom a step means.
pub(super) fn people(people: People<'_>) -> String {
    match people {
        People::Owner => "the own manager".to_owned(),
        People::LastManager => "the last manager".to_owned(),
        People::Manager(id) => id.to_string(),
        People::Group(id) => format!("group {id}"),
        People::Everyone => "everyone".to_owned(),
        People::Bot(id) => format!("bot {id}"),
        People::Opening(id) => format!("opening of {id}"),
    }
}

fn state(state: &State) -> String {
    match state {
        State::HasRoom(load, capacity) => format!("has room ({load} of {capacity})"),
        State::ComesAfter(load, capacity) => format!("comes after ({load} of {capacity})"),
        State::IsFull(load, capacity) => format!("is full ({load} of {capacity})"),
        State::HadIt => "had it just before".to_owned(),
        State::Declined => "declined".to_owned(),
        State::DidNotAccept => "did not accept in time".to_owned(),
        State::IsOfFullGroup => "is only in a group that is full".to_owned(),
        State::IsExcluded => "may not serve this customer".to_owned(),
        State::IsAbsent(absence) => absence.map_or("is absent", absent).to_owned(),
    }
}

/// Why somebody may not take work.
pub(super) fn absent(absence: Absence) -> &'static str {
    match absence {
        Absence::Removed => "was removed",
        Absence::OnLeave => "is on leave",
        Absence::Offline => "is offline",
        Absence::Settling => "came online only just now",
        Absence::Busy => "is busy",
        Absence::Dinner => "is at dinner",
        Absence::Break => "is on a break",
        Absence::WrapUp => "is finishing another dialog",
    }
}

/// Why it did not go to somebody.
pub(super) fn why_not(asked: &Asked<'_>) -> String {
    let Asked { who, why, winner, load, targets } = asked;
    let load =
        load.map(|(load, capacity)| format!(" ({load} of {capacity} units in use)")).unwrap_or_default();
    match why {
        Why::Chosen => format!("{who} did get it."),
        Why::NotThere => format!("The account had no manager {who} then."),
        Why::NothingAsked => format!("No step of a rule was looked at, and so nobody was: not {who} either."),
        Why::Held => format!("The dialog was held then and offered to nobody: not to {who} either."),
        Why::NotNamed => {
            let targets: Vec<_> = targets.iter().map(|target| people(*target)).collect();
            format!("No step that was looked at names {who}. The steps looked at: {}.", targets.join(", "))
        }
        Why::SetAside(step) => {
            let step = u32::from(*step) + 1;
            format!("Only steps before step {step} name {who}, and step {step} sets those aside.")
        }
        Why::Absent(absence) => format!("{who} could not take work then: {who} {}.", was_absent(*absence)),
        Why::OverCapacity { charge, over } => {
            let over = if *over > Units::ZERO {
                format!(", with up to {over} over capacity allowed")
            } else {
                String::new()
            };
            format!("{who} was there but had not enough room{load}: the dialog costs {charge}{over}.")
        }
        Why::FailedBefore => format!("It had just been with {who}, and does not go straight back."),
        Why::Declined => format!("It was offered to {who} before, who declined."),
        Why::DidNotAccept => format!("It was offered to {who} before, who did not accept in time."),
        Why::GroupFull { group: Some((group, GroupUse { used, most })) } => {
            format!(
                "{who} was there, but only group {group} could have given it to them, and it was full: {used} of \
                 {most} dialogs."
            )
        }
        Why::GroupFull { group: None } => {
            format!("{who} was there, but only a group that was full could have given it to them.")
        }
        Why::Excluded => format!("{who} is never to serve this customer."),
        Why::Outranked(edge) => match winner {
            Some(winner) => {
                let by = edge.as_ref().map(|by| format!(": {}", edge_of(by, who))).unwrap_or_default();
                format!("{who} could have taken it{load}, but {} came first{by}.", name(winner))
            }
            None => format!("{who} had room{load}, but nobody was chosen."),
        },
        Why::NotOnRecord => format!(
            "It is not on record: an earlier version made this decision and kept only the nearest candidates, \
             and {who} is not among them."
        ),
    }
}

fn was_absent(absence: Absence) -> &'static str {
    match absence {
        Absence::Removed => "had been removed",
        Absence::OnLeave => "was on leave",
        Absence::Offline => "was offline",
        Absence::Settling => "had come online only just before",
        Absence::Busy => "was busy",
        Absence::Dinner => "was at dinner",
        Absence::Break => "was on a break",
        Absence::WrapUp => "was finishing another dialog",
    }
}

/// By what the winner came first.
fn edge_of(edge: &Edge, who: &str) -> String {
    match edge {
        Edge::Share { winner: (load, capacity) } => {
            format!("a smaller share of their capacity was in use ({load} of {capacity})")
        }
        Edge::LastAssigned { .. } => {
            "equal shares were in use, and their last assignment was longer ago".to_owned()
        }
        Edge::IdleSince { .. } => {
            "they had waited longer since they last got or finished a dialog".to_owned()
        }
        Edge::Turn { after: Some(last) } => format!("it was their turn, after {last}"),
        Edge::Turn { after: None } => "the first turn was theirs".to_owned(),
        Edge::Place { winner, theirs } => {
            let place = |place: &Option<u32>| {
                place.map_or_else(|| "not listed".to_owned(), |place| format!("number {}", place + 1))
            };
            format!("the group lists them first ({}; {who} {})", place(winner), place(theirs))
        }
        Edge::Id => "they were equal in all that counts, and then the order of ids decides".to_owned(),
    }
}
