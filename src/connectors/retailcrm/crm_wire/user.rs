//! Users of the CRM and their groups.

use serde::{Deserialize, Serialize};

use super::envelope::Pagination;

/// A page of `GET /api/v5/users`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct UserPage {
    /// Where it stands.
    pub pagination: Pagination,
    /// Its users.
    pub users: Vec<User>,
}

/// A user. The gateway's user with id `mg_user_id` is the same person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "they are the CRM's")]
pub struct User {
    /// Id in the CRM.
    pub id: u64,
    /// May log in.
    pub active: bool,
    /// Logged in.
    pub online: bool,
    /// `free`, `busy`, `dinner` or `break`; it outlives a logout.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub status: String,
    /// Administrator.
    pub is_admin: bool,
    /// Manager.
    pub is_manager: bool,
    /// Groups they are in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Group>,
    /// Id in the Message Gateway; zero: no access to chats.
    pub mg_user_id: u64,
    /// First name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub first_name: String,
    /// Family name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub last_name: String,
}

/// A page of `GET /api/v5/user-groups`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct GroupPage {
    /// Where it stands.
    pub pagination: Pagination,
    /// Its groups.
    pub groups: Vec<Group>,
}

/// A group of users; users carry it without the stores.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Group {
    /// Its id.
    pub id: u64,
    /// Name for people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Its code: what rule files call it.
    pub code: String,
    /// Stores whose customers its people may serve.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub granted_sites: Vec<String>,
}
