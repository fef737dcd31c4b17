//! Texts of our own: asked of the CRM, and stored so that delivery reports find them.

use std::sync::Arc;
use std::time::Duration;

use super::draft::Draft;
use crate::domain::announcement::{Body, TextPurpose};
use crate::domain::dialog::Effect;
use crate::domain::ids::MessageId;
use crate::domain::message::{Author, DeliveryStatus, Message, Visibility};

/// Asks the CRM to send a text. A transition asks for at most one of each purpose, so that dialog,
/// version and purpose make its id. Auto-replies are counted, since several may go out together.
pub(super) fn request(
    draft: &mut Draft,
    purpose: TextPurpose,
    text: Arc<str>,
    visibility: Visibility,
) -> MessageId {
    let letter = match purpose {
        TextPurpose::CloseWarning => 'w',
        TextPurpose::Farewell => 'f',
        TextPurpose::Nudge => 'n',
        TextPurpose::AutoReply => 'a',
    };
    let dialog = &mut draft.dialog;
    let number = match purpose {
        TextPurpose::AutoReply => u64::try_from(dialog.texts_told.len()).unwrap_or(u64::MAX),
        TextPurpose::CloseWarning | TextPurpose::Farewell | TextPurpose::Nudge => dialog.version,
    };
    let id = MessageId::trusted(&format!("{}.{letter}{number}", dialog.id));
    let message = Message {
        id: id.clone(),
        dialog: dialog.id.clone(),
        from: Author::Reparto,
        text: Some(text.clone()),
        at: draft.now,
        visibility,
        quote: None,
        status: DeliveryStatus::Queued,
    };
    dialog.messages = dialog.messages.saturating_add(1);
    draft.announce(None, Body::MessageRequested { message: id.clone(), purpose, text, visibility });
    draft.effect(Effect::RecordMessage(message));
    id
}

/// What a manager is reminded with.
pub(super) fn nudge(waited: Duration) -> Arc<str> {
    let minutes = waited.as_secs() / 60;
    let time = match minutes {
        0 => format!("{} s", waited.as_secs()),
        1..120 => format!("{minutes} min"),
        _ => format!("{} h", minutes / 60),
    };
    format!("The customer has been waiting for a reply for {time}.").into()
}
