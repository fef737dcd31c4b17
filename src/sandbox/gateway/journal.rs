//! What happened to dialogs, in order: the gateway's own account of who gave what to whom.
//!
//! Bots never see it. The sandbox's books are kept from it, and its simulated people learn from it what concerns them.

use super::records::{Author, Holder, Id};
use crate::domain::time::Timestamp;

/// Who did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum By {
    /// A bot, through the API.
    Bot(Id),
    /// A person, in the CRM's window.
    Hand,
    /// The gateway itself: its default responsible, its closing of what is idle.
    Gateway,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// The dialog was opened.
    Opened {
        /// Its chat.
        chat: Id,
    },
    /// It was given to somebody.
    Given {
        /// To whom.
        to: Holder,
        /// By whom.
        by: By,
    },
    /// It was taken from whoever held it.
    Taken {
        /// By whom.
        by: By,
    },
    /// It was closed.
    Closed {
        /// By whom.
        by: By,
    },
    /// Somebody wrote in it.
    Said {
        /// Who.
        from: Author,
        /// For staff only.
        is_private: bool,
    },
}

/// Something that happened to a dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// To which dialog.
    pub dialog: Id,
    /// What.
    pub deed: Deed,
}
