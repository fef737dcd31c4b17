//! Dialogs by hand: assigning, answering offers, giving back, closing. Only an administrator or the responsible may.

use crate::domain::ids::DialogId;
use crate::engine::inbound::{Inbound, Outcome};
use crate::http::call::{Call, unexpected};
use crate::http::reply::{Answer, Reply};
use crate::http::views::dialog::{Answering, Assignment, Closing, DialogAnswer, DialogView, GivingBack};

/// Assign by hand.
///
/// A person's choice may exceed a manager's capacity. To a group: whoever of it the strategy finds; the dialog
/// waits until somebody has room.
#[utoipa::path(
    post,
    path = "/v1/accounts/{account}/dialogs/{dialog}/assign",
    request_body = Assignment,
    responses((status = 200, description = "The dialog as it is now.", body = DialogAnswer))
)]
pub async fn assign(call: Call) -> Answer {
    let Assignment { to, by, allow_absent, external } = call.json()?;
    let (to, by) = (to.into(), by.into());
    change(call, |dialog| Inbound::Assign { dialog, to, by, allow_absent, external }).await
}

/// Give a dialog back to routing.
#[utoipa::path(
    post,
    path = "/v1/accounts/{account}/dialogs/{dialog}/unassign",
    request_body = Option<GivingBack>,
    responses((status = 200, description = "The dialog as it is now.", body = DialogAnswer))
)]
pub async fn unassign(call: Call) -> Answer {
    let GivingBack { by } = call.json_or_default()?;
    change(call, |dialog| Inbound::Unassign { dialog, by: by.into() }).await
}

/// Accept a dialog that is offered.
///
/// Only whoever it is offered to may, or an administrator for them, until the offer ends. Accepting again what one
/// has accepted changes nothing.
#[utoipa::path(
    post,
    path = "/v1/accounts/{account}/dialogs/{dialog}/accept",
    request_body = Option<Answering>,
    responses((status = 200, description = "The dialog as it is now.", body = DialogAnswer))
)]
pub async fn accept(call: Call) -> Answer {
    let Answering { by } = call.json_or_default()?;
    change(call, |dialog| Inbound::Accept { dialog, by: by.into() }).await
}

/// Decline a dialog that is offered.
///
/// Somebody else is asked at once; the answer tells whom. Whoever declined is not asked again for this dialog until
/// everybody who could take it has passed.
#[utoipa::path(
    post,
    path = "/v1/accounts/{account}/dialogs/{dialog}/decline",
    request_body = Option<Answering>,
    responses((status = 200, description = "The dialog as it is now.", body = DialogAnswer))
)]
pub async fn decline(call: Call) -> Answer {
    let Answering { by } = call.json_or_default()?;
    change(call, |dialog| Inbound::Decline { dialog, by: by.into() }).await
}

/// Close by hand.
#[utoipa::path(
    post,
    path = "/v1/accounts/{account}/dialogs/{dialog}/close",
    request_body = Option<Closing>,
    responses((status = 200, description = "The dialog as it is now.", body = DialogAnswer))
)]
pub async fn close(call: Call) -> Answer {
    let Closing { by, reason } = call.json_or_default()?;
    change(call, |dialog| Inbound::Close { dialog, by: by.into(), reason: reason.map(Into::into) }).await
}

/// Has the dialog of the address changed.
async fn change(call: Call, wanted: impl FnOnce(DialogId) -> Inbound) -> Answer {
    let dialog = call.id("dialog")?;
    let Outcome::Dialog { dialog, decision, .. } = call.submit(wanted(dialog)).await? else {
        return Err(unexpected("a change of a dialog"));
    };
    let answer = DialogAnswer {
        dialog: DialogView::of(&dialog),
        decision: decision.as_deref().map(Into::into),
        message: None,
    };
    Reply::json(200, &answer)
}
