//! `tags` of a rule, and their limits.

use super::tables::key;
use super::{Key, Takes, Unsaid};

/// The most tags of a rule. More say nothing to whoever looks at a dialog.
pub(in crate::rules) const MOST_TAGS: usize = 10;
/// The longest name of a tag that the CRM takes, in characters.
pub(in crate::rules) const LONGEST_TAG: usize = 255;

pub(super) const TAGS: Key = key(
    "tags",
    Takes::Tags,
    Unsaid::Nothing,
    "Tags that a dialog gets in the CRM when this rule decides about it, such as `[\"vip\", \"night\"]`; at most ten. \
     They are the dialog's, not those of the CRM's customer. None is ever taken off.",
);
