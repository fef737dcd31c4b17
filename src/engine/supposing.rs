//! Supposing: the supervisor says where a dialog would go, and does nothing about it.

use actix::{Handler, Message, MessageResult};

use super::supervisor::Supervisor;
use super::{Engine, EngineError};
use crate::desk::what_if::Supposed;
use crate::domain::ids::{AccountId, CustomerId};
use crate::domain::time::Timestamp;
use crate::rules::given::Given;

/// Where would a dialog like this go?
#[derive(Message)]
#[rtype(result = "Supposed")]
pub struct WhatIf {
    /// What is given of it.
    pub given: Given,
    /// Its customer; more of them may be on record.
    pub customer: Option<CustomerId>,
    /// When; `None`: now.
    pub at: Option<Timestamp>,
}

impl Handler<WhatIf> for Supervisor {
    type Result = MessageResult<WhatIf>;

    fn handle(&mut self, asked: WhatIf, _: &mut Self::Context) -> Self::Result {
        let at = asked.at.unwrap_or_else(|| self.around.now());
        MessageResult(self.desk.what_if(&asked.given, asked.customer.as_ref(), at))
    }
}

impl Engine {
    /// Where a dialog would go, as the account's desk sees it now. Nothing is booked and nobody is told.
    ///
    /// # Errors
    /// [`EngineError`].
    pub async fn suppose(&self, account: &AccountId, asked: WhatIf) -> Result<Supposed, EngineError> {
        let cell = self.cell(account).ok_or_else(|| EngineError::NoAccount(account.clone()))?;
        let supervisor = cell.supervisor().ok_or(EngineError::Stopping)?;
        supervisor.send(asked).await.map_err(|_| EngineError::Stopping)
    }
}
