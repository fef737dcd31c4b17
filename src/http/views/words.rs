//! Closed lists of words: those that requests may send, and those that answers hold.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

use crate::domain::agreement::Agreement;
use crate::domain::announcement::Body;
use crate::domain::dialog::{DialogKind, Side, StartedBy};
use crate::domain::manager::Status;
use crate::domain::message::Visibility;
use crate::domain::routing::{Cause, Strategy};
use crate::domain::why_not::{Edge, Why};
use crate::store::change::{Role, RulesVia};

/// A domain enumeration's words in JSON, with the ways there and back.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident = $domain:ident { $($(#[$word_doc:meta])* $word:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$word_doc])* $word),+
        }

        impl From<$domain> for $name {
            fn from(value: $domain) -> Self {
                match value {
                    $($domain::$word => Self::$word),+
                }
            }
        }

        impl From<$name> for $domain {
            fn from(word: $name) -> Self {
                match word {
                    $($name::$word => Self::$word),+
                }
            }
        }
    };
}

words!(
    /// Between whom a dialog is.
    KindWord = DialogKind {
        /// A customer and the shop.
        Customer,
        /// Managers among themselves; never routed.
        Internal,
    }
);

words!(
    /// Who opened a dialog.
    StarterWord = StartedBy {
        /// The customer's message.
        Customer,
        /// A manager writing first.
        Manager,
        /// A bot writing first.
        Bot,
    }
);

words!(
    /// Whose public message is the last.
    SideWord = Side {
        /// The customer's.
        Customer,
        /// A manager's or a bot's.
        Shop,
    }
);

words!(
    /// Who may read a message.
    VisibilityWord = Visibility {
        /// Everybody in the dialog.
        Public,
        /// Managers only: a note, which is not a reply.
        Private,
    }
);

words!(
    /// The status that a manager sets for themselves.
    StatusWord = Status {
        /// Ready for work.
        Free,
        /// Busy.
        Busy,
        /// At dinner.
        Dinner,
        /// On a break.
        Break,
    }
);

words!(
    /// What a token permits.
    RoleWord = Role {
        /// Everything of its account except rules and tokens.
        Backend,
        /// Everything of its account.
        Admin,
        /// Reads its account.
        Viewer,
        /// Reads `/metrics` only.
        Metrics,
        /// Everything of all accounts.
        Operator,
    }
);

fn one_of(about: &str, words: impl IntoIterator<Item = &'static str>) -> Object {
    ObjectBuilder::new().description(Some(about)).schema_type(Type::String).enum_values(Some(words)).build()
}

/// Schema of a dialog's state.
pub fn state() -> Object {
    one_of("Where a dialog is in its life.", ["waiting", "assigned", "internal", "closed"])
}

/// Schema of a cause.
pub fn cause() -> Object {
    one_of("What asked for a decision, or why a dialog is to move.", Cause::ALL.map(Cause::word))
}

/// Schema of a strategy.
pub fn strategy() -> Object {
    one_of("The strategy that picked.", Strategy::ALL.map(Strategy::word))
}

/// Schema of a delivery status.
pub fn delivery() -> Object {
    one_of("How far a message got.", ["queued", "sent", "delivered", "seen", "failed"])
}

/// Schema of a closure's reason.
pub fn closure() -> Object {
    one_of("Why a dialog ended.", ["manual", "idle", "account_auto_close", "external"])
}

/// Schema of the reason of an absence.
pub fn absence() -> Object {
    one_of("Why a manager may not take work.", ABSENCES)
}

/// Schema of what became of a candidate.
pub fn verdict() -> Object {
    one_of(
        "What became of a candidate; an absence says why they could not take work.",
        VERDICTS.into_iter().chain(ABSENCES),
    )
}

/// Schema of the reason why somebody did not get a dialog.
pub fn why() -> Object {
    one_of("Why a manager did not get a dialog.", Why::WORDS)
}

/// Schema of what decided between two who could both have got a dialog.
pub fn edge() -> Object {
    one_of("By what somebody came before somebody else.", Edge::WORDS)
}

/// Schema of what a step came to.
pub fn step_outcome() -> Object {
    one_of(
        "What a step came to.",
        [
            "chosen",
            "no_such_person",
            "nobody_present",
            "full",
            "passed",
            "held",
            "target_missing",
            "excluded",
        ],
    )
}

/// Schema of what a decision led to.
pub fn effect() -> Object {
    one_of("What a decision led to.", ["assigned", "reassigned", "waiting", "kept"])
}

/// Schema of the reason why the default assignment was used.
pub fn fallback() -> Object {
    one_of(
        "Why the default assignment was used.",
        ["bot_off", "no_rule", "steps_exhausted", "rules_broken", "max_moves"],
    )
}

/// Schema of how near a shadow came to a live decision.
pub fn agreement() -> Object {
    one_of(
        "In what two decisions differ: in nothing, in rule or step, in who gets the dialog, or in whether somebody does.",
        Agreement::ALL.map(Agreement::word),
    )
}

/// Schema of a rule set's mode.
pub fn mode() -> Object {
    one_of(
        "Whether the bot acts: it does, it only watches and explains, or it does not.",
        ["enforce", "shadow", "off"],
    )
}

/// Schema of how a rule set came into force.
pub fn rules_via() -> Object {
    one_of(
        "How it came: read from the account's file, sent to the API, an earlier version again, or along with the \
         account `default`, since this one has no rules of its own.",
        RulesVia::ALL.map(RulesVia::word),
    )
}

/// Schema of an event's name.
pub fn event() -> Object {
    one_of("What happened.", Body::NAMES)
}

const VERDICTS: [&str; 6] =
    ["chosen", "outranked", "over_capacity", "failed_before", "excluded", "group_full"];
const ABSENCES: [&str; 8] =
    ["removed", "on_leave", "offline", "settling", "busy", "dinner", "break", "wrap_up"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::manager::Absence;
    use crate::domain::routing::Verdict;

    #[test]
    fn words_are_those_of_the_domain() {
        for role in Role::ALL {
            let word = serde_json::to_value(RoleWord::from(role)).unwrap();
            assert_eq!(word, role.word());
            assert_eq!(Role::from(serde_json::from_value::<RoleWord>(word).unwrap()), role);
        }
        for absence in [Absence::Removed, Absence::Settling, Absence::WrapUp] {
            assert!(ABSENCES.contains(&absence.word()));
        }
        let verdicts = [
            Verdict::Chosen,
            Verdict::Outranked,
            Verdict::OverCapacity,
            Verdict::FailedBefore,
            Verdict::Excluded,
            Verdict::GroupFull,
        ];
        assert_eq!(verdicts.map(Verdict::word), VERDICTS);
    }
}
