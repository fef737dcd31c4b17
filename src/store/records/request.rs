//! The request for a responsible that a dialog made and that still stands, as JSON.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::dialog::AssignmentRequest;
use crate::domain::ids::{BotId, GroupId, ManagerId, ScheduleId};
use crate::domain::routing::{Cause, Target};

/// [`AssignmentRequest`] as JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RequestRecord {
    cause: String,
    ticket: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    avoid: Option<Arc<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    only: Option<TargetRecord>,
}

/// [`Target`] as JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum TargetRecord {
    Owner,
    LastManager { within_micros: Option<u64> },
    Manager(Arc<str>),
    Group(Arc<str>),
    Everyone,
    Bot(Arc<str>),
    UntilOpen(Arc<str>),
}

impl From<&AssignmentRequest> for RequestRecord {
    fn from(request: &AssignmentRequest) -> Self {
        let AssignmentRequest { cause, ticket, avoid, only } = request;
        Self {
            cause: cause.word().to_owned(),
            ticket: *ticket,
            avoid: avoid.as_ref().map(ManagerId::shared),
            only: only.as_ref().map(|target| match target {
                Target::Owner => TargetRecord::Owner,
                Target::LastManager { within } => TargetRecord::LastManager {
                    within_micros: within.map(|within| u64::try_from(within.as_micros()).unwrap_or(u64::MAX)),
                },
                Target::Manager(id) => TargetRecord::Manager(id.shared()),
                Target::Group(id) => TargetRecord::Group(id.shared()),
                Target::Everyone => TargetRecord::Everyone,
                Target::Bot(id) => TargetRecord::Bot(id.shared()),
                Target::UntilOpen(id) => TargetRecord::UntilOpen(id.shared()),
            }),
        }
    }
}

impl RequestRecord {
    /// The request again.
    pub(crate) fn request(self) -> Result<AssignmentRequest, String> {
        let cause = Cause::ALL.into_iter().find(|cause| cause.word() == self.cause);
        Ok(AssignmentRequest {
            cause: cause.ok_or_else(|| format!("column request: the cause `{}` is unknown", self.cause))?,
            ticket: self.ticket,
            avoid: self.avoid.as_deref().map(ManagerId::trusted),
            only: self.only.map(|target| match target {
                TargetRecord::Owner => Target::Owner,
                TargetRecord::LastManager { within_micros } => {
                    Target::LastManager { within: within_micros.map(Duration::from_micros) }
                }
                TargetRecord::Manager(id) => Target::Manager(ManagerId::trusted(&id)),
                TargetRecord::Group(id) => Target::Group(GroupId::trusted(&id)),
                TargetRecord::Everyone => Target::Everyone,
                TargetRecord::Bot(id) => Target::Bot(BotId::trusted(&id)),
                TargetRecord::UntilOpen(id) => Target::UntilOpen(ScheduleId::trusted(&id)),
            }),
        })
    }
}
