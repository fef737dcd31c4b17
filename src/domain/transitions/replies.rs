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
