//! Answers to our calls.

use serde::{Deserialize, Serialize};

use super::Id;
use super::actor::Responsible;
use super::lenient;
use crate::domain::time::Timestamp;

/// To an assignment. There is no lock: that somebody else was overwritten shows only here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Assigned {
    /// Who holds it now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub responsible: Option<Responsible>,
    /// Whether somebody held it before.
    pub is_reassign: bool,
    /// Who held it before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_responsible: Option<Responsible>,
    /// Who was put out of the chat.
    pub left_user_id: Id,
}

/// To giving a dialog back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Unassigned {
    /// Who held it before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_responsible: Option<Responsible>,
}

/// To sending a message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Sent {
    /// The message's id.
    pub message_id: Id,
    /// When it was taken.
    #[serde(with = "lenient::moment", skip_serializing_if = "Option::is_none")]
    pub time: Option<Timestamp>,
}

/// Any refusal. A proxy in between may answer something that is no JSON at all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct ErrorBody {
    /// What is wrong, in words that may change.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<String>,
    /// How older parts say it.
    #[serde(rename = "errorMsg", skip_serializing_if = "String::is_empty")]
    pub error_msg: String,
}

impl ErrorBody {
    /// All that is said, as one text.
    pub fn text(&self) -> String {
        let all = self.errors.iter().chain(Some(&self.error_msg)).filter(|text| !text.is_empty());
        all.map(String::as_str).collect::<Vec<_>>().join("; ")
    }

    /// The dialog is not the newest of its chat any more: whatever was to be done with it has no object.
    pub fn is_not_latest(&self) -> bool {
        self.text().contains("dialog is not the latest in the chat")
    }

    /// The dialog has no responsible, so there is nobody to take it from.
    pub fn is_not_assigned(&self) -> bool {
        self.text().contains("dialog is not assigned")
    }
}
