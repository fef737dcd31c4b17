//! English words for the answers to commands.

use super::note::{Note, Queue, span};
use crate::domain::refusal::Refusal;

pub(super) fn text(note: &Note) -> String {
    match note {
        Note::Said(sentence) => sentence.clone(),
        Note::NoDecision => "No rule was asked about this dialog.".into(),
        Note::ByHand(to) => format!("Somebody gave it to {to} by hand; no rule was asked."),
        Note::GoesTo(to) => format!("It goes to {to}."),
        Note::WaitsFor(group) => format!("Nobody of {group} has room now; the dialog waits for them."),
        Note::IsWith(who) => format!("It is with {who} already."),
        Note::Waits => "It is back in the queue; nobody has room now.".into(),
        Note::Queue(queue) => self::queue(queue),
        Note::Help => HELP.into(),
        Note::Unknown(word) => format!("There is no command {word}. {HELP}"),
        Note::ToWhom(groups) => {
            format!("To whom? Write a name or a group{}.", listed(", such as ", groups, " or "))
        }
        Note::Nobody(name, groups) => {
            format!("Nobody is called {name}{}.", listed("; the groups are ", groups, " and "))
        }
        Note::Several(name, people) => {
            format!("Several are called {name}{}. Which one?", listed(": ", people, " and "))
        }
        Note::NoDialog => "No dialog is open in this chat.".into(),
        Note::Refused(refusal, who) => refused(refusal, who.as_deref()),
        Note::Later => "It cannot be done right now; please try again in a moment.".into(),
    }
}

const HELP: &str = "You can type /why (why is the dialog where it is; with a name: why not them), /transfer with a \
    name or a group (with ! behind it: even to somebody absent), /release (back to routing), /queue and /help.";

fn queue(queue: &Queue) -> String {
    let waiting = match queue.waiting {
        0 => "No dialog waits".to_owned(),
        1 => "1 dialog waits".to_owned(),
        more => format!("{more} dialogs wait"),
    };
    let longest = queue.longest.filter(|_| queue.waiting > 0).map(span);
    let longest = longest.map(|(count, unit)| format!(", the first for {count} {unit}")).unwrap_or_default();
    let place = queue.place.map(|place| format!("; this one is number {place}")).unwrap_or_default();
    let held = match queue.held {
        0 => String::new(),
        1 => "1 is held until its time comes. ".to_owned(),
        more => format!("{more} are held until their time comes. "),
    };
    let present = match queue.present {
        0 => "Nobody can take dialogs now".to_owned(),
        1 => "1 manager can take dialogs now".to_owned(),
        more => format!("{more} managers can take dialogs now"),
    };
    format!("{waiting}{longest}{place}. {held}{present}. You have {}.", queue.own)
}

fn listed(opening: &str, names: &[String], and: &str) -> String {
    match names {
        [] => String::new(),
        [one] => format!("{opening}{one}"),
        [first @ .., last] => format!("{opening}{}{and}{last}", first.join(", ")),
    }
}

fn refused(refusal: &Refusal, who: Option<&str>) -> String {
    match refusal {
        Refusal::Forbidden { .. } => "Only an administrator or whoever has the dialog may do that.".into(),
        Refusal::ManagerAbsent { manager, absence } => {
            let who = who.unwrap_or(manager);
            let why = match *absence {
                "busy" => "busy",
                "dinner" => "at lunch",
                "break" => "on a break",
                "on_leave" => "on leave",
                "wrap_up" => "finishing another dialog",
                _ => "not there",
            };
            format!("{who} is {why}. To transfer all the same, type /transfer {who}! please.")
        }
        Refusal::DialogClosed => "The dialog is closed.".into(),
        Refusal::NotAssigned => "Nobody has the dialog; it is in the queue already.".into(),
        Refusal::Quarantined => {
            "The dialog was set aside after failures; an administrator may assign it.".into()
        }
        Refusal::InternalDialog => "Internal dialogs are not routed.".into(),
        Refusal::BadId { .. }
        | Refusal::NotOffered { .. }
        | Refusal::Unknown { .. }
        | Refusal::DuplicateId { .. }
        | Refusal::NotResponsible { .. }
        | Refusal::NotLastResponsible { .. }
        | Refusal::StatusNotReported { .. }
        | Refusal::CustomerMerged { .. }
        | Refusal::RulesMoved { .. }
        | Refusal::BadValue { .. } => format!("It was refused: {}.", refusal.code()),
    }
}
