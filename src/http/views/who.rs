//! People and bots in JSON: `{"manager": "ana"}`, `{"bot": "helper"}`, `{"customer": "c1"}`, …

use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

use super::id::{BotKey, CustomerKey, GroupKey, ManagerKey, ParseId};
use crate::domain::account::DefaultAssignment;
use crate::domain::dialog::By;
use crate::domain::ids::ManagerId;
use crate::domain::message::Author;
use crate::domain::routing::Responsible;
use crate::engine::inbound::AssignTo;

/// Who holds a dialog.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Responsible)]
pub enum ResponsibleView<'a> {
    /// A manager.
    Manager(&'a str),
    /// A bot.
    Bot(&'a str),
}

impl<'a> From<&'a Responsible> for ResponsibleView<'a> {
    fn from(responsible: &'a Responsible) -> Self {
        match responsible {
            Responsible::Manager(id) => Self::Manager(id.as_str()),
            Responsible::Bot(id) => Self::Bot(id.as_str()),
        }
    }
}

/// Who wrote a message.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Author)]
pub enum AuthorView<'a> {
    /// The customer.
    Customer(&'a str),
    /// A manager.
    Manager(&'a str),
    /// A bot.
    Bot(&'a str),
    /// Reparto itself: warnings, farewells, reminders.
    Reparto,
}

impl<'a> From<&'a Author> for AuthorView<'a> {
    fn from(author: &'a Author) -> Self {
        match author {
            Author::Customer(id) => Self::Customer(id.as_str()),
            Author::Manager(id) => Self::Manager(id.as_str()),
            Author::Bot(id) => Self::Bot(id.as_str()),
            Author::Reparto => Self::Reparto,
        }
    }
}

/// Who wrote a message, as the CRM says it.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NewAuthor {
    /// The customer.
    Customer(CustomerKey),
    /// A manager.
    Manager(ManagerKey),
    /// A bot.
    Bot(BotKey),
}

impl From<NewAuthor> for Author {
    fn from(author: NewAuthor) -> Self {
        match author {
            NewAuthor::Customer(id) => Self::Customer(id.0),
            NewAuthor::Manager(id) => Self::Manager(id.0),
            NewAuthor::Bot(id) => Self::Bot(id.0),
        }
    }
}

/// To whom somebody assigns by hand.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NewResponsible {
    /// A manager.
    Manager(ManagerKey),
    /// Whoever of a group has room; the dialog waits until somebody has.
    Group(GroupKey),
    /// A bot.
    Bot(BotKey),
}

impl From<NewResponsible> for AssignTo {
    fn from(to: NewResponsible) -> Self {
        match to {
            NewResponsible::Manager(id) => Self::Manager(id.0),
            NewResponsible::Group(id) => Self::Group(id.0),
            NewResponsible::Bot(id) => Self::Bot(id.0),
        }
    }
}

/// What the default assignment does while the bot is off.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NewDefaultAssignment {
    /// Reparto assigns nobody; the CRM's own default may.
    Crm,
    /// Nobody: dialogs wait until a person takes them.
    Nobody,
    /// One manager, present or not.
    Manager(ManagerKey),
    /// Whoever of the group is present and least loaded.
    Group(GroupKey),
    /// One bot.
    Bot(BotKey),
}

impl From<NewDefaultAssignment> for DefaultAssignment {
    fn from(assignment: NewDefaultAssignment) -> Self {
        match assignment {
            NewDefaultAssignment::Crm => Self::Crm,
            NewDefaultAssignment::Nobody => Self::Nobody,
            NewDefaultAssignment::Manager(id) => Self::Manager(id.0),
            NewDefaultAssignment::Group(id) => Self::Group(id.0),
            NewDefaultAssignment::Bot(id) => Self::Bot(id.0),
        }
    }
}

/// What the default assignment does while the bot is off.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DefaultAssignment)]
pub enum DefaultAssignmentView<'a> {
    /// Reparto assigns nobody; the CRM's own default may.
    Crm,
    /// Nobody: dialogs wait until a person takes them.
    Nobody,
    /// One manager, present or not.
    Manager(&'a str),
    /// Whoever of the group is present and least loaded.
    Group(&'a str),
    /// One bot.
    Bot(&'a str),
}

impl<'a> From<&'a DefaultAssignment> for DefaultAssignmentView<'a> {
    fn from(assignment: &'a DefaultAssignment) -> Self {
        match assignment {
            DefaultAssignment::Crm => Self::Crm,
            DefaultAssignment::Nobody => Self::Nobody,
            DefaultAssignment::Manager(id) => Self::Manager(id.as_str()),
            DefaultAssignment::Group(id) => Self::Group(id.as_str()),
            DefaultAssignment::Bot(id) => Self::Bot(id.as_str()),
        }
    }
}

/// Who did something by hand.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = By)]
pub enum ByView<'a> {
    /// A manager.
    Manager(&'a str),
    /// The CRM backend on its own account.
    Backend,
}

impl<'a> From<&'a By> for ByView<'a> {
    fn from(by: &'a By) -> Self {
        match by {
            By::Manager(id) => Self::Manager(id.as_str()),
            By::Backend => Self::Backend,
        }
    }
}

/// Who does something by hand: `{"manager": "ana"}`, or `"backend"` for the CRM backend on its own
/// account, which may do anything.
#[derive(Clone, Debug, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum NewBy {
    /// A manager: only an administrator or the responsible may.
    Manager(ManagerKey),
    /// The CRM backend; also when nobody is named.
    Backend,
}

impl From<Option<NewBy>> for By {
    fn from(by: Option<NewBy>) -> Self {
        match by {
            Some(NewBy::Manager(id)) => Self::Manager(id.0),
            Some(NewBy::Backend) | None => Self::Backend,
        }
    }
}

impl<'de> Deserialize<'de> for NewBy {
    /// Beside the two forms of the schema takes a bare text as a manager's id, since that is what people try first.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyBy;

        impl<'de> Visitor<'de> for AnyBy {
            type Value = NewBy;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("who does it: {\"manager\": \"ID\"} or \"backend\"")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<NewBy, E> {
                if text == "backend" {
                    return Ok(NewBy::Backend);
                }
                let id = ManagerId::parse_id(text).map_err(E::custom)?;
                Ok(NewBy::Manager(super::id::Id(id)))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<NewBy, A::Error> {
                let Some(key) = map.next_key::<String>()? else {
                    return Err(de::Error::missing_field("manager"));
                };
                if key != "manager" {
                    return Err(de::Error::unknown_field(&key, &["manager"]));
                }
                let by = NewBy::Manager(map.next_value()?);
                match map.next_key::<String>()? {
                    Some(second) => Err(de::Error::unknown_field(&second, &["manager"])),
                    None => Ok(by),
                }
            }
        }

        deserializer.deserialize_any(AnyBy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(json: &str) -> Result<By, String> {
        serde_json::from_str::<Option<NewBy>>(json).map(By::from).map_err(|e| e.to_string())
    }

    #[test]
    fn by_has_three_ways_to_be_written() {
        let ana = Ok(By::Manager(ManagerId::trusted("ana")));
        assert_eq!(by(r#"{"manager":"ana"}"#), ana);
        assert_eq!(by(r#""ana""#), ana);
        assert_eq!(by(r#""backend""#), Ok(By::Backend));
        assert_eq!(by("null"), Ok(By::Backend));
        assert!(by(r#"{"customer":"c"}"#).unwrap_err().contains("unknown field `customer`"));
        assert!(by(r#"{"manager":"a","x":1}"#).unwrap_err().contains("unknown field `x`"));
        assert!(by("7").unwrap_err().contains("expected who does it"));
    }

    #[test]
    fn responsibles_read_as_they_are_written() {
        let view = ResponsibleView::Manager("ana");
        let json = serde_json::to_string(&view).unwrap();
        assert_eq!(json, r#"{"manager":"ana"}"#);
        let read: NewResponsible = serde_json::from_str(&json).unwrap();
        assert_eq!(AssignTo::from(read), AssignTo::Manager(ManagerId::trusted("ana")));
    }
}
