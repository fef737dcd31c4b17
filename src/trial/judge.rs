//! The judge: what was expected beside what came.

use std::fmt::Display;
use std::sync::Arc;

use super::coverage::texts;
use super::report::Difference;
use super::story::{Story, Talk, who};
use crate::domain::dialog::{ClosureReason, Dialog, DialogState};
use crate::domain::routing::{Cause, Decision, FallbackReason};
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
            Wanted::Waits(waits) => {
                (yes_no(*waits), yes_no(matches!(state, Some(DialogState::Waiting { .. }))))
            }
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
                let candidates = self.decision().map(|decision| decision.candidates.as_slice());
                let mut candidates = candidates.unwrap_or_default().iter();
                let got = candidates.find(|candidate| candidate.manager == *manager);
                let got = got.map_or("not considered", |candidate| candidate.verdict.word());
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
