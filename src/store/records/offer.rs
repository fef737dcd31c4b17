//! The offer of a dialog that stands, and who passed it, as JSON.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::ids::{GroupId, ManagerId};
use crate::domain::offer::{Offer, Pass, Passed};
use crate::domain::routing::Cause;
use crate::domain::time::Timestamp;

/// [`Offer`] as JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct OfferRecord {
    to: Arc<str>,
    until: i64,
    ticket: u64,
    cause: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    through: Option<Arc<str>>,
}

/// [`Passed`] as JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PassedRecord {
    people: Vec<(Arc<str>, String)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    again_at: Option<i64>,
    rounds: u16,
}

impl From<&Offer> for OfferRecord {
    fn from(offer: &Offer) -> Self {
        let Offer { to, until, ticket, cause, through } = offer;
        Self {
            to: to.shared(),
            until: until.micros(),
            ticket: *ticket,
            cause: cause.word().to_owned(),
            through: through.as_ref().map(GroupId::shared),
        }
    }
}

impl OfferRecord {
    /// The offer again.
    pub(crate) fn offer(self) -> Result<Offer, String> {
        let cause = Cause::ALL.into_iter().find(|cause| cause.word() == self.cause);
        Ok(Offer {
            to: ManagerId::trusted(&self.to),
            until: Timestamp::from_micros(self.until),
            ticket: self.ticket,
            cause: cause.ok_or_else(|| format!("column offer: the cause `{}` is unknown", self.cause))?,
            through: self.through.as_deref().map(GroupId::trusted),
        })
    }
}

impl From<&Passed> for PassedRecord {
    fn from(passed: &Passed) -> Self {
        let Passed { people, again_at, rounds } = passed;
        Self {
            people: people.iter().map(|(who, pass)| (who.shared(), pass.word().to_owned())).collect(),
            again_at: again_at.map(Timestamp::micros),
            rounds: *rounds,
        }
    }
}

impl PassedRecord {
    /// Those who passed again.
    pub(crate) fn passed(self) -> Result<Passed, String> {
        let person = |(who, word): (Arc<str>, String)| {
            let pass = Pass::ALL.into_iter().find(|pass| pass.word() == word);
            let pass = pass.ok_or_else(|| format!("column passed: the word `{word}` is unknown"))?;
            Ok::<_, String>((ManagerId::trusted(&who), pass))
        };
        Ok(Passed {
            people: self.people.into_iter().map(person).collect::<Result<_, _>>()?,
            again_at: self.again_at.map(Timestamp::from_micros),
            rounds: self.rounds,
        })
    }
}
