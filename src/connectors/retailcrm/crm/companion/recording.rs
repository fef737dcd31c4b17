//! What the CRM says goes on record: facts of customers, managers, the stores of channels, hours.

use std::sync::Arc;

use super::{Options, Task};
use crate::connectors::retailcrm::crm::enquiries::Enquiries;
use crate::connectors::retailcrm::crm::facts::CrmFacts;
use crate::connectors::retailcrm::crm::hours::{self, Imported};
use crate::connectors::retailcrm::crm::lookup::GatewayId;
use crate::connectors::retailcrm::crm::people;
use crate::connectors::retailcrm::crm::sites::{Keys, Sites};
use crate::connectors::retailcrm::crm_wire::{Settings, User};
use crate::domain::customer::Customer;
use crate::domain::ids::{CustomerId, ManagerId};
use crate::engine::EngineError;
use crate::engine::inbound::Inbound;
use crate::engine::rules::HOURS_TABLE;

impl Options {
    async fn put_facts(&self, person: GatewayId, facts: &CrmFacts, owner: Option<ManagerId>) {
        let id = CustomerId::trusted(&person.to_string());
        let Self { engine, account, .. } = self;
        let _lock = self.writes.customer(person).await;
        let known = match engine.store().customer(account, &id).await {
            Ok(known) => known.unwrap_or_else(|| Customer::new(id)),
            Err(error) => return tracing::warn!(%account, %error, "a customer could not be read"),
        };
        let mut after = known.clone();
        facts.write(&mut after, owner);
        if after != known
            && let Err(error) = engine.submit(account, Inbound::PutCustomer(after)).await
        {
            tracing::warn!(%account, %error, "a customer's facts could not be put on record");
        }
    }

    /// No more is to come of looking a customer up: dialogs that wait for it go on.
    pub(super) fn end(&self, enquiries: &Enquiries, person: GatewayId) {
        if enquiries.end(person) {
            let id = CustomerId::trusted(&person.to_string());
            self.engine.set_facts_pending(&self.account, &id, false);
        }
    }
}

impl Task {
    /// A customer's facts go on record, beside the task: the record may be busy.
    pub(super) fn put_facts(&self, person: GatewayId, facts: Arc<CrmFacts>) {
        let owner = (facts.owner > 0).then(|| self.links.gateway_user(facts.owner)).flatten();
        let owner = owner.map(|user| ManagerId::trusted(&user.to_string()));
        let (options, enquiries) = (Arc::clone(&self.options), self.enquiries.clone());
        actix::spawn(async move {
            options.put_facts(person, &facts, owner).await;
            options.end(&enquiries, person);
        });
    }

    /// Names, groups and rights of the managers that the gateway has.
    pub(super) async fn put_managers(&self, users: &[User]) -> Result<(), EngineError> {
        let Options { engine, account, writes, .. } = &*self.options;
        let roster = engine.roster(account).await?;
        for view in roster.managers {
            let is_them =
                |user: &&User| user.mg_user_id > 0 && view.manager.id.as_str() == user.mg_user_id.to_string();
            let Some(user) = users.iter().find(is_them) else { continue };
            let mut after = view.manager.clone();
            people::write(user, &mut after);
            if after == view.manager || !after.active {
                continue;
            }
            let _lock = writes.managers().await;
            let present = engine.roster(account).await?.managers.into_iter();
            let Some(present) = present.map(|view| view.manager).find(|manager| manager.id == after.id)
            else {
                continue;
            };
            let mut after = present;
            people::write(user, &mut after);
            engine.submit(account, Inbound::PutManager(after)).await?;
        }
        Ok(())
    }

    /// The hours of schedules with `from = "crm"`: the engine keeps them, whether or not there is any now. What is wrong
    /// with them is told only where somebody goes by them.
    pub(super) async fn put_hours(&mut self, settings: &Settings) {
        let Options { engine, account, .. } = &*self.options;
        let Imported { section, left_out: mut odd, .. } = hours::import(settings, HOURS_TABLE);
        match engine.import_hours(account, section.as_deref(), "retailcrm").await {
            Ok(()) => {}
            Err(EngineError::Refused(refusal)) => odd.push(refusal.to_string()),
            Err(error) => self.note(Err(error)),
        }
        if section.is_none() {
            odd.push(
                "they name none, so schedules that have theirs from the CRM are open at all times".into(),
            );
        }
        if odd != self.hours_told && engine.asks_for_hours(account) {
            for odd in &odd {
                tracing::warn!(%account, "working hours of the CRM's settings: {odd}");
            }
            self.hours_told = odd;
        }
    }

    /// The store of each channel that the gateway has.
    pub(super) async fn put_sites(&mut self, settings: Settings) -> Result<(), EngineError> {
        let options = Arc::clone(&self.options);
        let Options { engine, account, .. } = &*options;
        let channels = engine.store().channels(account).await?;
        let number = |channel: &crate::domain::channel::Channel| channel.id.as_str().parse::<u64>().ok();
        let ids = channels.iter().filter_map(number).collect();
        let sites = Sites::new(settings.mg.order_creation, &ids);
        if sites.keys() == Keys::Foreign {
            tracing::warn!(
                %account,
                "the CRM names stores of channels that the gateway does not have: `channel.site` stays as it is"
            );
        }
        self.sites = sites;
        for mut channel in channels {
            let Some(site) = number(&channel).and_then(|id| self.sites.site(id)) else { continue };
            if channel.site.as_deref() != Some(site) {
                channel.site = Some(site.to_owned());
                engine.submit(account, Inbound::PutChannel(channel)).await?;
            }
        }
        Ok(())
    }
}
