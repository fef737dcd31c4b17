//! The record of a decision with names in place of ids, for sentences that people read in a chat.

use std::borrow::Cow;

use super::staff::Staff;
use crate::domain::ids::ManagerId;
use crate::domain::routing::{Decision, Responsible, Target};
use crate::domain::why_not::Answer;

/// The same decision, with everybody called as they are called.
pub fn named(decision: &Decision, staff: &Staff) -> Decision {
    let call = |id: &ManagerId| ManagerId::trusted(&staff.shown(id));
    let who = |who: &Responsible| match who {
        Responsible::Manager(id) => Responsible::Manager(call(id)),
        bot @ Responsible::Bot(_) => bot.clone(),
    };
    let mut named = decision.clone();
    for step in &mut named.steps {
        if let Target::Manager(id) = &step.to {
            step.to = Target::Manager(call(id));
        }
        step.person = step.person.as_ref().map(call);
        step.deputy = step.deputy.as_ref().map(call);
    }
    for candidate in &mut named.candidates {
        candidate.manager = call(&candidate.manager);
    }
    named.choice = named.choice.as_ref().map(who);
    named.previous = named.previous.as_ref().map(who);
    named
}

/// The same answer to "why not them?".
pub fn named_answer(answer: &Answer, staff: &Staff) -> Answer {
    Answer { manager: ManagerId::trusted(&staff.shown(&answer.manager)), ..answer.clone() }
}

/// Who holds a dialog, for a note.
pub fn holder<'a>(who: &'a Responsible, staff: &Staff) -> Cow<'a, str> {
    match who {
        Responsible::Manager(id) => Cow::Owned(staff.shown(id)),
        Responsible::Bot(id) => Cow::Borrowed(id.as_str()),
    }
}
