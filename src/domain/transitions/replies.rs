//! What customers are told while they wait: each text at most once for each dialog.

use std::sync::Arc;

use super::draft::Draft;
use super::texts;
use crate::domain::announcement::TextPurpose;
use crate::domain::closing::{DialogPolicy, Text};
use crate::domain::dialog::{Dialog, DialogState};
use crate::domain::message::Visibility;
use crate::domain::time::Timestamp;

/// Asks for a text, if the dialog's customer may be written to and was not told it before.
pub(super) fn tell(draft: &mut Draft, text: &Text, policy: &DialogPolicy) {
    if !policy.may_write || !draft.dialog.texts_told.insert(Arc::clone(&text.key)) {
        return;
    }
    let wording = text.in_language(policy.language.as_deref());
    texts::request(draft, TextPurpose::AutoReply, wording, Visibility::Public);
}

/// The next reply to a customer who has waited for long: when it is due, and its text. Who is held was told
/// why, if anything.
fn next<'a>(dialog: &Dialog, policy: &'a DialogPolicy) -> Option<(Timestamp, &'a Arc<Text>)> {
    let DialogState::Waiting { since, place } = &dialog.state else {
        return None;
    };
    let is_held = place.as_ref().is_some_and(|place| place.held_until.is_some());
    if is_held || !policy.may_write {
        return None;
    }
    let (after, text) = policy.replies.iter().find(|(_, text)| !dialog.texts_told.contains(&text.key))?;
    Some((*since + *after, text))
}

/// When there is something to tell next.
pub(super) fn due(dialog: &Dialog, policy: &DialogPolicy) -> Option<Timestamp> {
    next(dialog, policy).map(|(due, _)| due)
}

/// Tells what is due.
pub(super) fn tick(draft: &mut Draft, policy: &DialogPolicy) {
    while let Some((_, text)) = next(&draft.dialog, policy).filter(|(due, _)| *due <= draft.now) {
        tell(draft, text, policy);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::samples::*;
    use super::*;
    use crate::domain::dialog::{Command, Transition};
    use crate::domain::ids::RulesVersion;
    use crate::domain::routing::{DecisionEffect, Place};

    fn text(key: &str) -> Arc<Text> {
        let wordings = [("en".into(), key.into()), ("es".into(), format!("{key}, en español").into())].into();
        Arc::new(Text { key: key.into(), wordings, fallback: Arc::default() })
    }

    /// Sorry after a minute and after five, which is the same text, and later after ten.
    fn patient() -> DialogPolicy {
        let after = |minutes: u64, key: &str| (Duration::from_secs(60 * minutes), text(key));
        DialogPolicy { replies: vec![after(1, "sorry"), after(5, "sorry"), after(10, "later")], ..policy() }
    }

    fn tick_at(dialog: &Dialog, policy: &DialogPolicy, seconds: i64) -> Transition {
        decide_under(dialog, Command::Tick, policy, seconds)
    }

    fn keys(transition: &Transition) -> Vec<String> {
        texts(transition).into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn each_text_is_told_once_when_its_time_has_come() {
        let policy = patient();
        let dialog = waiting();
        assert_eq!(due(&dialog, &policy), Some(at(60)));
        assert!(keys(&tick_at(&dialog, &policy, 59)).is_empty());
        let told = tick_at(&dialog, &policy, 60);
        assert_eq!(texts(&told), [("d.a1".to_owned(), "sorry".to_owned())]);
        assert_eq!(due(&told.next, &policy), Some(at(600)), "the same text is not told again");
        let again = tick_at(&told.next, &policy, 700);
        assert_eq!(texts(&again), [("d.a2".to_owned(), "later".to_owned())]);
        assert_eq!(due(&again.next, &policy), None);
        // Whatever was missed comes in one go, in order.
        assert_eq!(keys(&tick_at(&dialog, &policy, 3_000)), ["sorry", "later"]);
    }

    #[test]
    fn nobody_is_told_who_is_served_or_held_or_may_not_be_written_to() {
        let policy = patient();
        assert_eq!(due(&assigned(), &policy), None);
        assert_eq!(due(&closed(), &policy), None);
        assert_eq!(due(&waiting(), &DialogPolicy { may_write: false, ..patient() }), None);
        let mut held = waiting();
        if let DialogState::Waiting { place, .. } = &mut held.state {
            let rules = RulesVersion::trusted("r");
            *place = Some(Place { rules, rule: None, step: 0, entered_at: at(0), held_until: Some(at(900)) });
        }
        assert_eq!(due(&held, &policy), None, "whoever is held was told why");
    }

    #[test]
    fn what_a_decision_tells_is_told_once_and_in_the_customers_language() {
        let dialog = waiting();
        let spanish = DialogPolicy { language: Some("es".into()), ..policy() };
        let with = |dialog: &Dialog, keys: &[&str]| {
            let mut command = answer(dialog, DecisionEffect::Waiting, None);
            if let Command::Route { texts, .. } = &mut command {
                *texts = keys.iter().map(|key| text(key)).collect();
            }
            command
        };
        let told = decide_under(&dialog, with(&dialog, &["queued"]), &spanish, 1);
        assert_eq!(keys(&told), ["queued, en español"]);
        let again = decide_under(&told.next, with(&told.next, &["queued", "closed"]), &spanish, 2);
        assert_eq!(texts(&again), [("d.a2".to_owned(), "closed, en español".to_owned())]);
        let silent = DialogPolicy { may_write: false, ..policy() };
        assert!(keys(&decide_under(&dialog, with(&dialog, &["queued"]), &silent, 1)).is_empty());
    }
}
