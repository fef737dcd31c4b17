//! Tags: names that a rule puts on the dialogs that match it, for people to see and filter by in the CRM.

use std::sync::Arc;

/// The names, in the order of the rule. They are the dialog's; what the CRM calls a customer's tags is something else.
///
/// Most rules have none, and none costs nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags(Option<Arc<[Arc<str>]>>);

impl Tags {
    /// No tags.
    pub const NONE: Self = Self(None);

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Their names.
    pub fn names(&self) -> &[Arc<str>] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl<T: Into<Arc<str>>> FromIterator<T> for Tags {
    fn from_iter<I: IntoIterator<Item = T>>(names: I) -> Self {
        let mut names = names.into_iter().map(Into::into).peekable();
        Self(names.peek().is_some().then(|| names.collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_is_none_however_it_is_made() {
        assert_eq!(Tags::from_iter(<[&str; 0]>::default()), Tags::NONE);
        assert!(Tags::NONE.is_empty());
        assert!(Tags::NONE.names().is_empty());
        let two: Tags = ["vip", "night"].into_iter().collect();
        assert!(!two.is_empty());
        assert_eq!(two.names(), ["vip".into(), "night".into()] as [Arc<str>; 2]);
    }
}
