//! The judge: what was expected beside what came.

use std::fmt::Display;
use std::sync::Arc;

use super::coverage::texts;
use super::report::Difference;
use super::story::{Story, Talk, who};
use crate::desk::why_not;
use crate::domain::dialog::{ClosureReason, Dialog, DialogState};
use crate::domain::ids::ManagerId;
use crate::domain::routing::{Cause, Decision, FallbackReason, StepOutcome, StepTrace, Target, Verdict};
use crate::rules::cases::{Conversation, Expect, Expectation, Wanted};

/// All that is not as expected of a conversation.
pub fn differences(story: &Story<'_>, conversation: Conversation, expect: &Expect) -> Vec<Difference> {
    let is_refusal = |expected: &Expectation| matches!(expected.wanted, Wanted::Refused(_));
    let mut differences: Vec<Difference> = Vec::new();
    if let Some(refused) = story.refused
        && !expect.all.iter().any(is_refusal)
        && let Some(first) = expect.all.first()
    {
        let (what, expected) = ("the event".to_owned(), "it is done".to_owned());
        differences.push(Difference { span: first.key, what, expected, got: format!("refused: {refused}") });
    }
    let nothing = Talk::default();
    let talk = story.talks.get(&conversation).unwrap_or(&nothing);
    let seen = Seen { story, conversation, talk, dialog: talk.dialog(&story.world) };
    differences.extend(expect.all.iter().filter_map(|expected| seen.difference(expected)));
    differences
}

/// What came of a conversation.
struct Seen<'a> {
    story: &'a Story<'a>,
    conversation: Conversation,
    talk: &'a Talk,
    dialog: Option<&'a Arc<Dialog>>,
}

fn or_none(what: Option<impl Display>) -> String {
    what.map_or_else(|| "none".to_owned(), |what| what.to_string())
}

fn yes_no(is: bool) -> String {
    is.to_string()
}

impl Seen<'_> {
    fn difference(&self, expected: &Expectation) -> Option<Difference> {
        let (wanted, got) = self.compare(&expected.wanted);
        (wanted != got).then(|| {
            let what = expected.wanted.subject();
            Difference { span: expected.value, what, expected: wanted, got }
        })
    }

    /// What the rules decided: while they do not act, what they would have.
    fn decision(&self) -> Option<&Decision> {
        self.talk.shadow.as_deref().or(self.talk.decision.as_deref())
    }

    /// What was expected and what came, in the same words.
    fn compare(&self, wanted: &Wanted) -> (String, String) {
        let state = self.dialog.map(|dialog| &dialog.state);
        match wanted {
            Wanted::To(holder) => (who(holder.as_ref()), who(self.story.holder(self.conversation).as_ref())),
            Wanted::Offered(to) => {
                let offer = self.dialog.and_then(|dialog| dialog.offer.as_ref());
                let nobody = || "nobody".to_owned();
                let wanted = to.as_ref().map_or_else(nobody, ToString::to_string);
                (wanted, offer.map_or_else(nobody, |offer| offer.to.to_string()))
            }
            Wanted::Waits(waits) => {
                (yes_no(*waits), yes_no(matches!(state, Some(DialogState::Waiting { .. }))))
            }
            Wanted::Held(schedule) => (or_none(schedule.as_ref()), self.held()),
            Wanted::Rule(rule) => {
                (rule.to_string(), or_none(self.decision().and_then(|decision| decision.rule.as_ref())))
            }
            Wanted::Step(step) => {
                let got = self.decision().and_then(|decision| decision.step);
                (step.to_string(), or_none(got.map(|step| u32::from(step) + 1)))
            }
            Wanted::Cause(cause) => (cause.word().to_owned(), or_none(self.talk.cause.map(Cause::word))),
            Wanted::Fallback(reason) => {
                let got = self.talk.decision.as_ref().and_then(|decision| decision.fallback);
                (reason.word().to_owned(), or_none(got.map(FallbackReason::word)))
            }
            Wanted::Rejected(manager, word) => {
                let got = self.verdict(manager).map_or("not considered", Verdict::word);
                (word.to_string(), got.to_owned())
            }
            Wanted::Priority(class) => {
                (or_none(class.as_ref()), or_none(self.story.priority(self.conversation)))
            }
            Wanted::CloseRule(rule) => (or_none(rule.as_ref()), self.close_rule()),
            Wanted::Closed(closed) => {
                (yes_no(*closed), yes_no(matches!(state, Some(DialogState::Closed { .. }))))
            }
            Wanted::Says(keys) => (keys.join(", "), self.says()),
            Wanted::Language(language) => (language.to_string(), self.language()),
            Wanted::Reminded(times) => (times.to_string(), self.talk.reminded.to_string()),
            Wanted::Moves(moves) => (moves.to_string(), or_none(self.dialog.map(|dialog| dialog.moves))),
            Wanted::Load(manager, units) => {
                let view = self.story.world.desk().and_then(|desk| desk.manager_view(manager));
                (units.to_string(), or_none(view.map(|view| view.load)))
            }
            Wanted::Refused(code) => {
                (code.to_string(), self.story.refused.unwrap_or("not refused").to_owned())
            }
        }
    }

    /// What the last decision made of a manager: judged from how they stood then, since its record lists only some.
    fn verdict(&self, manager: &ManagerId) -> Option<Verdict> {
        let decision = self.decision()?;
        let basis = decision.basis.as_ref()?;
        let seen = self.story.world.ledger().seen(manager, basis.number)?;
        why_not::verdict(decision, basis, manager, seen)
    }

    /// The schedule that it is held until, or what else it is held for.
    fn held(&self) -> String {
        let is_held = self.dialog.is_some_and(|dialog| {
            matches!(&dialog.state, DialogState::Waiting { place: Some(place), .. } if place.held_until.is_some())
        });
        let step = self.decision().and_then(|decision| decision.steps.last());
        match step.filter(|step| is_held && matches!(step.outcome, StepOutcome::Held { .. })) {
            Some(StepTrace { to: Target::UntilOpen(schedule), .. }) => schedule.to_string(),
            Some(_) => "its turn".to_owned(),
            None => or_none(None::<&str>),
        }
    }

    fn close_rule(&self) -> String {
        match (&self.talk.closed_by, self.dialog, self.story.world.desk()) {
            (Some(ClosureReason::Idle(rule)), ..) => rule.to_string(),
            (None, Some(dialog), Some(desk)) => {
                or_none(desk.policy_of(dialog, self.story.world.now()).close.map(|close| close.id.clone()))
            }
            (Some(_) | None, ..) => or_none(None::<&str>),
        }
    }

    /// The keys of the texts that were written; of one that no key words, the text itself.
    fn says(&self) -> String {
        let key = |said: &Arc<str>| {
            let known = texts(self.story.rules).find(|text| text.wordings.values().any(|text| text == said));
            known.map_or_else(|| format!("\"{said}\""), |text| text.key.to_string())
        };
        self.talk.says.iter().map(key).collect::<Vec<_>>().join(", ")
    }

    fn language(&self) -> String {
        let said = self.talk.says.last();
        let wordings = texts(self.story.rules).flat_map(|text| &text.wordings);
        or_none(
            said.and_then(|said| wordings.into_iter().find(|(_, text)| *text == said)).map(|(tag, _)| tag),
        )
    }
}
