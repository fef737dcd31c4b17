//! What the server answered while the trace was played: the feed must bear it out.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::units::Units;

/// What was acknowledged of one dialog.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claim {
    /// The first answer named this manager.
    pub given_to: Option<Arc<str>>,
    /// The answer came to a repeated request: it tells who has the dialog by then, not who had it first.
    pub is_repeat: bool,
    /// Its closure was acknowledged.
    pub closed: bool,
}

/// How a manager stands by the roster, as far as it tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Units in use.
    pub load: Option<Units>,
    /// Dialogs held.
    pub dialogs: Option<u32>,
}

/// All that was acknowledged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// By dialog id.
    pub dialogs: Vec<(String, Claim)>,
    /// Ids of messages.
    pub messages: Vec<String>,
    /// The roster after the run.
    pub roster: BTreeMap<String, Standing>,
}
