//! First contacts: what the companion creates for them.

use std::sync::Arc;

use super::{Back, Created, Options, Task};
use crate::connectors::retailcrm::crm::answer::CrmError;
use crate::connectors::retailcrm::crm::first_contact::{self, Opened};
use crate::connectors::retailcrm::crm::lookup::Person;
use crate::domain::customer::Customer;
use crate::domain::ids::{CustomerId, DialogId};
use crate::domain::routing::Responsible;
use crate::engine::inbound::Inbound;

impl Task {
    /// A dialog was opened: is there something to create?
    pub(super) fn opened(&mut self, opened: Opened) {
        if !self.firsts.open(opened) {
            return;
        }
        let person = Person { id: opened.customer, ..Person::default() };
        let now = self.options.clock.now();
        let sight = self.enquiries.with(|lookup| lookup.see(&person, now));
        match sight.facts {
            Some(facts) => self.firsts.known(opened.customer, facts.crm_id),
            None if sight.is_nobody && !sight.is_pending => self.create_customer(opened.customer),
            // The answer tells.
            None => {}
        }
    }

    /// Creates a customer whom the CRM does not know, if that is wanted.
    pub(super) fn create_customer(&mut self, customer: u64) {
        let Some(channel) = self.firsts.unknown(customer) else { return };
        let site = self.sites.site(channel).map(str::to_owned);
        let (options, back) = (Arc::clone(&self.options), self.back.clone());
        actix::spawn(async move {
            let created = create_customer(&options, customer, site.as_deref()).await;
            let _ = back.send(Back::Created(customer, created));
        });
    }

    /// Creates the orders of dialogs that a manager has by now.
    pub(super) async fn look_for_managers(&mut self) {
        for dialog in self.firsts.without_manager() {
            let id = DialogId::trusted(&dialog.to_string());
            let Ok(Some(stored)) = self.options.engine.store().dialog(&self.options.account, &id).await
            else {
                continue;
            };
            let manager = stored.last_responsible().and_then(Responsible::manager);
            match manager.and_then(|manager| manager.as_str().parse().ok()) {
                Some(manager) => self.create_order(dialog, manager),
                None if !stored.is_open() => self.firsts.closed(dialog),
                None => {}
            }
        }
    }

    fn create_order(&mut self, dialog: u64, manager: u64) {
        let Some((customer, opened)) = self.firsts.taken(dialog) else { return };
        let manager = self.links.crm_user(manager);
        let request = first_contact::order(customer, dialog, manager, self.sites.order(opened.channel));
        let options = Arc::clone(&self.options);
        actix::spawn(async move {
            if let Err(error) = options.client.ask::<Created>(&request).await {
                tracing::warn!(account = %options.account, dialog, %error, "an order was not created");
            }
        });
    }
}

/// Creates a customer; their id in the CRM, or `None` when they are on record there already.
async fn create_customer(
    options: &Options,
    customer: u64,
    site: Option<&str>,
) -> Result<Option<u64>, CrmError> {
    let id = CustomerId::trusted(&customer.to_string());
    let stored = options.engine.store().customer(&options.account, &id).await;
    let stored = stored.map_err(|error| CrmError::Unreadable(error.to_string()))?;
    let known = stored.unwrap_or_else(|| Customer::new(id));
    if known.known {
        // We created them before, or the CRM has lost them: either way not again.
        return Ok(None);
    }
    let created: Created = options.client.ask(&first_contact::customer(customer, &known, site)).await?;
    let _lock = options.writes.customer(customer).await;
    let stored = options.engine.store().customer(&options.account, &known.id).await;
    let mut after = stored.ok().flatten().unwrap_or(known);
    after.known = true;
    if let Err(error) = options.engine.submit(&options.account, Inbound::PutCustomer(after)).await {
        tracing::warn!(account = %options.account, %error, "a created customer could not be put on record");
    }
    Ok(Some(created.id))
}
