//! When a dialog is closed, moved or reminded about by itself: what a rule file says of one dialog.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::ids::RuleId;
use super::routing::Target;
use super::time::Timestamp;
use super::units::Units;

/// Whose message must have been the last for a dialog to close by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum LastFrom {
    /// Ours: never close on a customer who waits for us.
    #[default]
    Manager,
    /// The customer's.
    Customer,
    /// Anybody's.
    Any,
}

/// A text of the rule file in its languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// Its key in `[texts]`.
    pub key: Arc<str>,
    /// Language tag to wording; never empty.
    pub wordings: BTreeMap<Arc<str>, Arc<str>>,
    /// Languages to fall back to, in this order.
    pub fallback: Arc<[Arc<str>]>,
}

impl Text {
    /// The wording in a language: exactly it, else the nearest wider tag (`zh-Hans` and then `zh` for
    /// `zh-Hans-CN`), else the first fallback that there is, else the first by tag. Case does not matter.
    pub fn in_language(&self, language: Option<&str>) -> Arc<str> {
        let find = |tag: &str| {
            let same = self.wordings.iter().find(|(known, _)| known.eq_ignore_ascii_case(tag));
            same.map(|(_, wording)| wording)
        };
        let own = std::iter::successors(language, |tag| tag.rsplit_once('-').map(|(wider, _)| wider));
        let known = own.chain(self.fallback.iter().map(AsRef::as_ref)).find_map(find);
        known.or_else(|| self.wordings.values().next()).unwrap_or(&self.key).clone()
    }
}

/// A `[[close]]` rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosePolicy {
    /// Its id.
    pub id: RuleId,
    /// It stands for the account's own auto-close time, not for a rule.
    pub by_account: bool,
    /// Silence after which the dialog closes, from the last message.
    pub after: Duration,
    /// Whose message must have been the last.
    pub last_from: LastFrom,
    /// Warnings: how long before the closure, and the text. The earliest first.
    pub warnings: Vec<(Duration, Arc<Text>)>,
    /// Sent and acknowledged before the closure.
    pub farewell: Option<Arc<Text>>,
    /// How long to wait for the farewell's acknowledgement before closing all the same.
    pub farewell_timeout: Duration,
}

/// `[reassign.no_reply]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoReplyPolicy {
    /// How long a customer's message may stay unanswered. The clock keeps running over moves,
    /// so after the first move the next comes after the same time again, counted from the move.
    pub after: Duration,
    /// Reminders to the manager, as private notes, counted like `after`. Ascending.
    pub nudges: Vec<Duration>,
}

/// Which dialogs of an absent manager move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum OfflineWhich {
    /// All whose last message is the customer's.
    #[default]
    Waiting,
    /// Only those never answered.
    Unanswered,
}

/// `[reassign.offline]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfflinePolicy {
    /// How long after the manager counts as offline.
    pub after: Duration,
    /// Which dialogs move.
    pub which: OfflineWhich,
}

/// `[reassign]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReassignPolicy {
    /// Automatic moves a dialog may make.
    pub max_moves: u32,
    /// Who gets it after that; `None`: it stays.
    pub then: Option<Target>,
    /// Never straight back to whom it was taken from.
    pub avoid_last: bool,
    /// Moves on no reply; `None`: none.
    pub no_reply: Option<NoReplyPolicy>,
    /// Moves from the absent; `None`: none.
    pub offline: Option<OfflinePolicy>,
}

impl Default for ReassignPolicy {
    fn default() -> Self {
        Self { max_moves: 3, then: None, avoid_last: true, no_reply: None, offline: None }
    }
}

/// All that a rule set says of one dialog apart from where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialogPolicy {
    /// Units it costs.
    pub weight: Units,
    /// Units it costs once idle.
    pub idle_weight: Units,
    /// The customer's silence after which it is idle; `None`: never.
    pub idle_after: Option<Duration>,
    /// How it closes; `None`: never by itself.
    pub close: Option<Arc<ClosePolicy>>,
    /// How it moves.
    pub reassign: Arc<ReassignPolicy>,
    /// The customer's language, for texts.
    pub language: Option<Arc<str>>,
    /// Whether the channel lets us write texts.
    pub may_write: bool,
    /// What a customer is told who has waited for so long. Ascending.
    pub replies: Vec<(Duration, Arc<Text>)>,
    /// When all of this may change by itself, since hours begin or end that it depends on.
    pub changes_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wording_is_found_for_every_language() {
        let wordings =
            ["en", "pt-BR", "zh", "zh-Hans"].map(|tag| (tag.into(), format!("in {tag}").into())).into();
        let text = Text { key: "bye".into(), wordings, fallback: ["fr".into(), "pt-br".into()].into() };
        let found = |language: Option<&str>| text.in_language(language).to_string();
        assert_eq!(found(Some("EN")), "in en", "case does not matter");
        assert_eq!(found(Some("en-GB")), "in en", "the wider tag");
        assert_eq!(found(Some("zh-Hans-CN")), "in zh-Hans", "the nearest wider tag");
        assert_eq!(found(Some("zh-Hant")), "in zh");
        assert_eq!(found(Some("de")), "in pt-BR", "the first fallback that there is");
        assert_eq!(found(None), "in pt-BR");
        let alone = Text { fallback: Arc::default(), ..text.clone() };
        assert_eq!(&*alone.in_language(Some("de")), "in en", "the first by tag");
        let nothing = Text { wordings: BTreeMap::new(), ..alone };
        assert_eq!(&*nothing.in_language(None), "bye");
    }
}
