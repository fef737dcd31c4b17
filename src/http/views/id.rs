//! Identifiers in JSON: checked while they are read, so that the problem names the line and the field.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::ids::{
    AccountId, BotId, ChannelId, ChatId, CustomerId, DialogId, GroupId, InvalidId, MAX_ID_BYTES, ManagerId,
    MessageId,
};

/// An identifier that can be read from a text.
pub trait ParseId: Sized {
    /// Checks the text.
    ///
    /// # Errors
    /// [`InvalidId`].
    fn parse_id(text: &str) -> Result<Self, InvalidId>;
}

macro_rules! parse_id {
    ($($name:ident),+) => {$(
        impl ParseId for $name {
            fn parse_id(text: &str) -> Result<Self, InvalidId> {
                Self::parse(text)
            }
        }
    )+};
}

parse_id!(AccountId, BotId, ChannelId, ChatId, CustomerId, DialogId, GroupId, ManagerId, MessageId);

/// An identifier as it stands in a request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id<T>(pub T);

/// A bot's id in a request.
pub type BotKey = Id<BotId>;
/// An account's id in a request.
pub type AccountKey = Id<AccountId>;
/// A channel's id in a request.
pub type ChannelKey = Id<ChannelId>;
/// A chat's id in a request.
pub type ChatKey = Id<ChatId>;
/// A customer's id in a request.
pub type CustomerKey = Id<CustomerId>;
/// A dialog's id in a request.
pub type DialogKey = Id<DialogId>;
/// A group's id in a request.
pub type GroupKey = Id<GroupId>;
/// A manager's id in a request.
pub type ManagerKey = Id<ManagerId>;
/// A message's id in a request.
pub type MessageKey = Id<MessageId>;

impl<'de, T: ParseId> Deserialize<'de> for Id<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text<T>(PhantomData<T>);

        impl<T: ParseId> Visitor<'_> for Text<T> {
            type Value = Id<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an identifier, as a string")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                T::parse_id(text).map(Id).map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Text(PhantomData))
    }
}

impl<T> PartialSchema for Id<T> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(MAX_ID_BYTES))
            .pattern(Some(r#"^[^\s/?#\\"]+$"#))
            .description(Some(
                "An identifier given by the CRM; it stands for one thing of its kind in the account.",
            ))
            .into()
    }
}

impl<T> ToSchema for Id<T> {
    fn name() -> std::borrow::Cow<'static, str> {
        "Id".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_identifier_is_refused_while_it_is_read() {
        assert_eq!(serde_json::from_str::<DialogKey>(r#""mg:7""#).unwrap(), Id(DialogId::trusted("mg:7")));
        let refused = serde_json::from_str::<DialogKey>(r#""a b""#).unwrap_err();
        assert!(refused.to_string().starts_with("an identifier may not contain ' '"));
        let wrong_type = serde_json::from_str::<DialogKey>("7").unwrap_err();
        assert!(wrong_type.to_string().contains("expected an identifier, as a string"));
    }
}
