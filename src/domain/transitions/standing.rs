//! How a dialog stands in the supervisor's books.

use crate::domain::closing::DialogPolicy;
use crate::domain::dialog::{Dialog, DialogState, Standing};
use crate::domain::offer::{Offer, Promise};

/// A function of the dialog's state and policy alone.
pub(super) fn standing(dialog: &Dialog, policy: &DialogPolicy) -> Standing {
    let promise = || {
        let Offer { to, ticket, through, .. } = dialog.offer.clone()?;
        Some(Promise { to, charge: policy.weight, ticket, through })
    };
    match &dialog.state {
        DialogState::Waiting { .. } | DialogState::Internal => {
            promise().map_or(Standing::Free, Standing::Offered)
        }
        DialogState::Assigned { to, .. } => Standing::Held {
            by: to.clone(),
            // Rules may have ceased to know idleness since.
            charge: match policy.idle_after {
                Some(_) if dialog.idle => policy.idle_weight,
                _ => policy.weight,
            },
            awaits_reply: dialog.awaiting_reply_since.is_some(),
            answered: dialog.first_reply_at.is_some(),
            through: dialog.through.clone(),
            offered: promise(),
        },
        DialogState::Closed { .. } => Standing::Gone,
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::*;
    use super::*;
    use crate::domain::dialog::Command;

    #[test]
    fn each_state_has_its_standing() {
        let policy = policy();
        assert_eq!(waiting().standing(&policy), Standing::Free);
        assert_eq!(internal().standing(&policy), Standing::Free);
        assert_eq!(closed().standing(&policy), Standing::Gone);
        let held = |charge, awaits_reply, answered| Standing::Held {
            by: manager("ana"),
            charge,
            awaits_reply,
            answered,
            through: None,
            offered: None,
        };
        let dialog = assigned();
        assert_eq!(dialog.standing(&policy), held(policy.weight, true, false));
        let mut dialog = decide(&dialog, Command::Write(by_manager("ana", "yes")), 10).next;
        assert_eq!(dialog.standing(&policy), held(policy.weight, false, true));
        dialog.idle = true;
        assert_eq!(dialog.standing(&policy), held(policy.idle_weight, false, true));
    }
}
