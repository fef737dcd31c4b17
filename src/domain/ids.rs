//! Identifiers: short texts given by the CRM, one type for each kind of thing, cheap to clone.

use std::fmt;
use std::sync::Arc;

/// The longest identifier accepted, in bytes.
pub const MAX_ID_BYTES: usize = 128;

/// Why a text is not an identifier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// The text is empty.
    #[error("an identifier may not be empty")]
    Empty,
    /// The text is longer than [`MAX_ID_BYTES`].
    #[error("an identifier may have at most {MAX_ID_BYTES} bytes, this one has {0}")]
    TooLong(usize),
    /// The text has a control character, white space, or one of `/ ? #`, which would break addresses.
    #[error("an identifier may not contain {0:?}; use letters, digits and - _ . : @ +")]
    BadCharacter(char),
}

fn check(text: &str) -> Result<(), InvalidId> {
    if text.is_empty() {
        return Err(InvalidId::Empty);
    }
    if text.len() > MAX_ID_BYTES {
        return Err(InvalidId::TooLong(text.len()));
    }
    match text
        .chars()
        .find(|c| c.is_control() || c.is_whitespace() || matches!(c, '/' | '?' | '#' | '\\' | '"'))
    {
        Some(bad) => Err(InvalidId::BadCharacter(bad)),
        None => Ok(()),
    }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Accepts a text from outside.
            ///
            /// # Errors
            /// [`InvalidId`] says what is wrong with it.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                check(text)?;
                Ok(Self(Arc::from(text)))
            }

            /// Wraps a text that was checked before: read back from the store, or a constant.
            pub fn trusted(text: &str) -> Self {
                Self(Arc::from(text))
            }

            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text itself, shared: nothing is copied.
            pub fn shared(&self) -> Arc<str> {
                Arc::clone(&self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

id!(
    /// One CRM system; every stored row and every actor belongs to one.
    AccountId
);
id!(
    /// A messenger connection of the shop: one WhatsApp number, one Telegram bot.
    ChannelId
);
id!(
    /// A person who writes to the shop.
    CustomerId
);
id!(
    /// A person who answers.
    ManagerId
);
id!(
    /// Opening hours of the rule file.
    ScheduleId
);
id!(
    /// A named set of managers.
    GroupId
);
id!(
    /// A program that answers.
    BotId
);
id!(
    /// The endless conversation of one customer in one channel; it consists of dialogs.
    ChatId
);
id!(
    /// One stretch of a chat, from the first message to the closure.
    DialogId
);
id!(
    /// One message.
    MessageId
);
id!(
    /// The name of a rule in a rule file.
    RuleId
);
id!(
    /// The content hash of a rule set, as lower-case hexadecimal digits.
    RulesVersion
);

impl AccountId {
    /// The account that exists without being created.
    pub fn default_account() -> Self {
        Self::trusted("default")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_would_break_an_address() {
        assert_eq!(DialogId::parse(""), Err(InvalidId::Empty));
        assert_eq!(DialogId::parse("a/b"), Err(InvalidId::BadCharacter('/')));
        assert_eq!(DialogId::parse("a b"), Err(InvalidId::BadCharacter(' ')));
        assert_eq!(DialogId::parse(&"x".repeat(129)), Err(InvalidId::TooLong(129)));
        assert_eq!(DialogId::parse("mg:9120").map(|id| id.to_string()), Ok("mg:9120".to_owned()));
    }
}
