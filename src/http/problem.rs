//! Problems: how errors of every layer become RFC 9457 answers. The only place that maps errors to statuses.

use std::fmt;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::value::RawValue;
use utoipa::openapi::schema::{ObjectBuilder, RefBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::problem_codes::{self as codes, Kind};
use super::views::rules::RulesCheck;
use crate::domain::refusal::Refusal;
use crate::engine::EngineError;
use crate::store::StoreError;

/// An error as the API answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What kind of problem.
    pub kind: &'static Kind,
    /// What is wrong this time, and how to mend it.
    pub detail: String,
    /// Where in the body.
    pub place: Option<Box<Place>>,
    /// The nearest name that exists.
    pub suggestion: Option<Box<str>>,
    /// For the header `Retry-After`.
    pub retry_after_seconds: Option<u32>,
    /// For the header `Allow`.
    pub allow: Option<Box<str>>,
    /// What is wrong with rules: a JSON document as `POST …/rules/check` answers it.
    pub check: Option<Box<str>>,
    /// What the log should say and the client should not hear.
    pub cause: Option<String>,
}

/// A place in a JSON body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// RFC 6901 pointer to the value.
    pub pointer: String,
    /// Line, from one.
    pub line: usize,
    /// Column in bytes, from one.
    pub column: usize,
}

impl Problem {
    /// A problem of this kind.
    pub fn new(kind: &'static Kind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            place: None,
            suggestion: None,
            retry_after_seconds: None,
            allow: None,
            check: None,
            cause: None,
        }
    }

    /// A problem that may be gone after a while.
    pub fn passing(kind: &'static Kind, detail: impl Into<String>, seconds: u32) -> Self {
        Self { retry_after_seconds: Some(seconds), ..Self::new(kind, detail) }
    }

    /// Something named in the address does not exist.
    pub fn unknown(kind: &'static str, id: &str) -> Self {
        Refusal::Unknown { kind, id: id.into() }.into()
    }

    /// The same problem, caused by a value in the body and not by the address.
    #[must_use]
    pub fn in_body(mut self) -> Self {
        self.kind = match self.kind.code {
            "unknown_id" => &UNKNOWN_ID_IN_BODY,
            _ => self.kind,
        };
        self
    }

    /// HTTP status.
    pub fn status(&self) -> u16 {
        self.kind.status
    }

    /// Whether repeating the request unchanged may help.
    pub fn is_passing(&self) -> bool {
        self.status() >= 500 || self.retry_after_seconds.is_some()
    }

    /// As JSON.
    pub fn to_json(&self) -> String {
        // A problem holds only texts and numbers, which JSON can always say.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Like [`codes::UNKNOWN_ID`], with the status for bodies.
static UNKNOWN_ID_IN_BODY: Kind = Kind {
    code: "unknown_id",
    status: 422,
    title: "There is no such thing",
    meaning: "An id in the body does not exist in the account.",
};

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let kind = match &refusal {
            Refusal::BadId { .. } => &codes::BAD_ID,
            Refusal::Unknown { .. } => &codes::UNKNOWN_ID,
            Refusal::DuplicateId { .. } => &codes::DUPLICATE_ID,
            Refusal::DialogClosed => &codes::DIALOG_CLOSED,
            Refusal::NotResponsible { .. } => &codes::NOT_RESPONSIBLE,
            Refusal::NotLastResponsible { .. } => &codes::NOT_LAST_RESPONSIBLE,
            Refusal::Forbidden { .. } => &codes::FORBIDDEN,
            Refusal::ManagerAbsent { .. } => &codes::MANAGER_ABSENT,
            Refusal::NotAssigned => &codes::NOT_ASSIGNED,
            Refusal::NotOffered { .. } => &codes::NOT_OFFERED,
            Refusal::InternalDialog => &codes::INTERNAL_DIALOG,
            Refusal::StatusNotReported { .. } => &codes::STATUS_NOT_REPORTED,
            Refusal::Quarantined => &codes::QUARANTINED,
            Refusal::CustomerMerged { .. } => &codes::CUSTOMER_MERGED,
            Refusal::RulesMoved { .. } => &codes::RULES_MOVED,
            Refusal::BadValue { .. } => &codes::BAD_VALUE,
        };
        Self::new(kind, refusal.to_string())
    }
}

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Self {
        let detail = error.to_string();
        match error {
            EngineError::Refused(refusal) => refusal.into(),
            EngineError::Store(cause) => store_unavailable(cause),
            EngineError::Busy => Self::passing(&codes::BUSY, detail, 1),
            EngineError::Stopping => Self::passing(&codes::STOPPING, detail, 1),
            EngineError::NoAccount(_) => Self::new(&codes::UNKNOWN_ACCOUNT, detail),
            EngineError::Internal => Self::new(&codes::INTERNAL, detail),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        store_unavailable(error.to_string())
    }
}

/// The cause is for the log: it may name files and hosts.
fn store_unavailable(cause: String) -> Problem {
    Problem {
        cause: Some(cause),
        ..Problem::passing(&codes::STORE_UNAVAILABLE, codes::STORE_UNAVAILABLE.meaning, 1)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.code, self.detail)?;
        match &self.cause {
            Some(cause) => write!(f, " ({cause})"),
            None => Ok(()),
        }
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", &format_args!("/problems/{}", self.kind.code))?;
        map.serialize_entry("title", self.kind.title)?;
        map.serialize_entry("status", &self.kind.status)?;
        map.serialize_entry("code", self.kind.code)?;
        map.serialize_entry("detail", &self.detail)?;
        if let Some(place) = &self.place {
            map.serialize_entry("pointer", &place.pointer)?;
            map.serialize_entry("line", &place.line)?;
            map.serialize_entry("column", &place.column)?;
        }
        if let Some(suggestion) = &self.suggestion {
            map.serialize_entry("suggestion", suggestion)?;
        }
        if let Some(check) = &self.check {
            let check: &RawValue = serde_json::from_str(check).map_err(serde::ser::Error::custom)?;
            map.serialize_entry("check", check)?;
        }
        map.end()
    }
}

impl PartialSchema for Problem {
    fn schema() -> RefOr<Schema> {
        let text = |about| ObjectBuilder::new().schema_type(Type::String).description(Some(about));
        let number = |about| ObjectBuilder::new().schema_type(Type::Integer).description(Some(about));
        let check = RefBuilder::new()
            .ref_location_from_schema_name(RulesCheck::name())
            .description(Some("What is wrong with the rules, as `POST …/rules/check` answers it."));
        let code = text("The stable code that clients may branch on.")
            .enum_values(Some(codes::ALL.iter().map(|kind| kind.code)));
        ObjectBuilder::new()
            .description(Some("An error, by RFC 9457."))
            .property("type", text("Where the kind of problem is described."))
            .property("title", text("A short name of the kind of problem."))
            .property("status", number("HTTP status."))
            .property("code", code)
            .property("detail", text("What is wrong this time, and how to mend it."))
            .property("pointer", text("RFC 6901 pointer to the value in the body."))
            .property("line", number("Line in the body, from one."))
            .property("column", number("Column in bytes, from one."))
            .property("suggestion", text("The nearest name that exists."))
            .property("check", check)
            .required("type")
            .required("title")
            .required("status")
            .required("code")
            .required("detail")
            .into()
    }
}

impl ToSchema for Problem {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::InvalidId;

    fn refusals() -> Vec<(Refusal, u16)> {
        let ana = || "ana".into();
        vec![
            (Refusal::BadId { field: "dialog", problem: InvalidId::Empty }, 422),
            (Refusal::Unknown { kind: "dialog", id: ana() }, 404),
            (Refusal::DuplicateId { kind: "dialog", id: ana() }, 409),
            (Refusal::DialogClosed, 409),
            (Refusal::NotResponsible { writer: ana() }, 403),
            (Refusal::NotLastResponsible { writer: ana() }, 403),
            (Refusal::Forbidden { action: "close", by: ana() }, 403),
            (Refusal::ManagerAbsent { manager: ana(), absence: "offline" }, 409),
            (Refusal::NotAssigned, 409),
            (Refusal::NotOffered { by: "ana".into(), stands: "boris has it".into() }, 409),
            (Refusal::InternalDialog, 409),
            (Refusal::StatusNotReported { status: "seen" }, 422),
            (Refusal::Quarantined, 409),
            (Refusal::CustomerMerged { from: ana(), into: ana() }, 409),
            (Refusal::RulesMoved { expected: ana(), in_force: ana() }, 409),
            (Refusal::BadValue { field: "x", problem: "y".to_owned() }, 422),
        ]
    }

    #[test]
    fn refusals_keep_their_code_and_sentence() {
        for (refusal, status) in refusals() {
            let (code, detail) = (refusal.code(), refusal.to_string());
            let problem = Problem::from(refusal);
            assert_eq!((problem.kind.code, problem.status()), (code, status));
            assert_eq!(problem.detail, detail);
            assert!(codes::find(code).is_some());
        }
    }

    #[test]
    fn an_unknown_id_in_the_body_is_no_missing_page() {
        let problem = Problem::unknown("channel", "x");
        assert_eq!(problem.status(), 404);
        assert_eq!(problem.in_body().status(), 422);
    }

    #[test]
    fn the_cause_of_a_failure_stays_inside() {
        let problem = Problem::from(EngineError::Store("/var/lib/x: disk full".to_owned()));
        assert_eq!((problem.status(), problem.retry_after_seconds), (503, Some(1)));
        assert!(!problem.to_json().contains("disk full"));
        assert!(problem.to_string().contains("disk full"));
        assert_eq!(Problem::from(EngineError::Busy).kind.code, "busy");
    }

    #[test]
    fn problems_are_written_by_rfc_9457() {
        let mut problem = Problem::new(&codes::WRONG_TYPE, "no");
        problem.place = Some(Box::new(Place { pointer: "/a/0".to_owned(), line: 2, column: 7 }));
        let json: serde_json::Value = serde_json::from_str(&problem.to_json()).unwrap();
        let expected = serde_json::json!({
            "type": "/problems/wrong_type", "title": "A value has the wrong type", "status": 422,
            "code": "wrong_type", "detail": "no", "pointer": "/a/0", "line": 2, "column": 7,
        });
        assert_eq!(json, expected);
    }
}
