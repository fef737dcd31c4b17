//! Orders: what the desk asks of those who called it.

use std::sync::Arc;

use crate::domain::announcement::{Body, Subject};
use crate::domain::closing::Text;
use crate::domain::ids::{DialogId, ManagerId};
use crate::domain::manager::ManagerWork;
use crate::domain::routing::{Cause, Decision, Place};
use crate::domain::stance::StanceChange;

/// Something to do, in the order given.
#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    /// Tell a dialog what was decided for it: [`crate::domain::dialog::Command::Route`].
    Route {
        /// The dialog.
        dialog: DialogId,
        /// The ticket of its request.
        ticket: u64,
        /// The decision.
        decision: Arc<Decision>,
        /// The place to remember while it waits.
        place: Option<Place>,
        /// What to store together with it.
        saves: Vec<Save>,
        /// What the customer is to be told, unless they were.
        texts: Vec<Arc<Text>>,
    },
    /// Tell a dialog to leave its manager: [`crate::domain::dialog::Command::Move`].
    Move {
        /// The dialog.
        dialog: DialogId,
        /// Why.
        cause: Cause,
        /// The manager it is to leave.
        from: ManagerId,
    },
    /// Tell a dialog that it need not leave after all: [`crate::domain::dialog::Command::Stay`].
    Stay {
        /// The dialog.
        dialog: DialogId,
    },
    /// Tell a dialog that whoever it is offered to left: [`crate::domain::dialog::Command::Lapse`].
    Lapse {
        /// The dialog.
        dialog: DialogId,
        /// To whom it is offered.
        to: ManagerId,
    },
    /// Store this, before anything that follows.
    Save {
        /// What.
        saves: Vec<Save>,
    },
    /// Tell all subscribers.
    Announce {
        /// About what.
        subject: Subject,
        /// Why, where that says something.
        cause: Option<Cause>,
        /// What.
        body: Body,
    },
}

/// Something of the desk's that outlives a restart.
#[derive(Clone, Debug, PartialEq)]
pub enum Save {
    /// When a manager last had work.
    Work {
        /// Who.
        manager: ManagerId,
        /// When.
        work: ManagerWork,
    },
    /// Whose turn it was.
    Rotation {
        /// The target, as the rule file writes it.
        key: Arc<str>,
        /// Who was served last.
        last: ManagerId,
    },
    /// How a manager stands now, for explanations.
    Stance(StanceChange),
}
