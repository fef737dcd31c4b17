//! What a running account has, for checks that a file alone does not allow.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::ids::{GroupId, ManagerId};

/// The names that an account knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roster {
    /// Its managers, without those who were removed.
    pub managers: BTreeSet<ManagerId>,
    /// The groups that somebody is in.
    pub groups: BTreeSet<GroupId>,
    /// The types of its channels.
    pub channel_types: BTreeSet<Arc<str>>,
}
