//! The engine is told: what is about one chat in order, one after the other; chats side by side.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::{Back, Options};
use crate::connectors::retailcrm::crm::first_contact::Opened;
use crate::connectors::retailcrm::mirror::{CustomerSeen, Input, News, PersonSeen, Taken};
use crate::connectors::retailcrm::wire::Id;
use crate::domain::customer::Customer;
use crate::domain::ids::{CustomerId, ManagerId, MessageId};
use crate::domain::manager::Manager;
use crate::domain::refusal::Refusal;
use crate::engine::EngineError;
use crate::engine::clock::pause;
use crate::engine::inbound::{Fact, Inbound, Outcome};

/// How many chats are told side by side.
const LANES: u64 = 32;
/// The first wait when the engine is busy, and the longest.
const WAITS: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(2));

type Item = (Option<Id>, News);

/// Those who tell the engine.
pub(super) struct Tellers {
    lanes: Vec<mpsc::UnboundedSender<Item>>,
}

impl Tellers {
    pub(super) fn start(options: &Arc<Options>, back: &mpsc::UnboundedSender<Back>) -> Self {
        let lane = |_| {
            let (lane, mut items) = mpsc::unbounded_channel::<Item>();
            let (options, back) = (Arc::clone(options), back.clone());
            actix::spawn(async move {
                while let Some((dialog, news)) = items.recv().await {
                    let taken = tell(&options, &news).await;
                    if back.send(Back::Input(Input::Told { dialog, news, taken })).is_err() {
                        return;
                    }
                }
            });
            lane
        };
        Self { lanes: (0..LANES).map(lane).collect() }
    }

    pub(super) fn tell(&self, chat: Id, dialog: Option<Id>, news: News) {
        let lane = usize::try_from(chat % LANES).unwrap_or_default();
        if let Some(lane) = self.lanes.get(lane) {
            // Lanes end with the task that owns them.
            let _ = lane.send((dialog, news));
        }
    }
}

/// Tells the engine something, until it has taken it or refuses it.
pub(super) async fn tell(options: &Options, news: &News) -> Taken {
    let mut wait = WAITS.0;
    loop {
        let result = match news {
            News::Inbound(inbound) => inbound_is_told(options, inbound).await,
            News::Customer(seen) => customer_is_told(options, seen).await,
            News::Person(seen) => person_is_told(options, seen).await,
        };
        match result {
            Ok(taken) => return taken,
            Err(EngineError::Refused(Refusal::DialogClosed)) => return Taken::Closed,
            Err(error @ (EngineError::Busy | EngineError::Stopping | EngineError::Store(_))) => {
                tracing::debug!(account = %options.account, %error, news = super::short(news), "told again soon");
                pause(wait).await;
                wait = (wait * 2).min(WAITS.1);
            }
            Err(error) => {
                tracing::debug!(account = %options.account, %error, news = super::short(news), "the engine refused it");
                return Taken::Refused;
            }
        }
    }
}

async fn inbound_is_told(options: &Options, inbound: &Inbound) -> Result<Taken, EngineError> {
    let (engine, account) = (&options.engine, &options.account);
    if let Inbound::Reported { fact: Fact::Wrote { message, .. }, .. } = inbound
        && let Some(id) = &message.id
        && is_stored(options, id).await?
    {
        return Ok(Taken::Done);
    }
    if let (Inbound::Open(open), Some(customers)) = (inbound, &options.customers)
        && let Some(customer) = &open.customer
        && let Ok(id) = customer.as_str().parse()
        // What is known of them may be old by now.
        && customers.expect(id)
    {
        engine.set_facts_pending(account, customer, true);
        if !customers.is_expected(id) {
            // It came meanwhile, and that was said too early.
            engine.set_facts_pending(account, customer, false);
        }
    }
    let outcome = engine.submit(account, inbound.clone()).await?;
    if let (Inbound::Open(open), Outcome::Dialog { dialog, created, .. }) = (inbound, outcome) {
        if created && let Some(customers) = &options.customers {
            let numbers = (
                dialog.id.as_str().parse().ok(),
                open.customer.as_ref().and_then(|id| id.as_str().parse().ok()),
                open.channel.as_ref().and_then(|id| id.as_str().parse().ok()),
            );
            if let (Some(dialog_id), Some(customer), Some(channel)) = numbers {
                let is_new_chat = !dialog.returning;
                customers.opened(Opened { dialog: dialog_id, customer, channel, is_new_chat });
            }
        }
        if !dialog.is_open() {
            return Ok(Taken::Closed);
        }
    }
    Ok(Taken::Done)
}

/// Messages are read again after each gap: most of them are known.
async fn is_stored(options: &Options, id: &MessageId) -> Result<bool, EngineError> {
    Ok(options.engine.store().message(&options.account, id).await?.is_some())
}

/// What the gateway knows of a customer is little, and what else is on record stays.
async fn customer_is_told(options: &Options, seen: &CustomerSeen) -> Result<Taken, EngineError> {
    let (engine, account) = (&options.engine, &options.account);
    if let Some(customers) = &options.customers {
        customers.see(seen, true);
    }
    let id = CustomerId::trusted(&seen.id.to_string());
    let _lock = options.writes.customer(seen.id).await;
    let known = engine.store().customer(account, &id).await?;
    let before = known.unwrap_or_else(|| Customer::new(id));
    let mut after = before.clone();
    if !seen.name.is_empty() {
        after.name = Some(seen.name.clone());
    }
    for (kind, value) in [("phone", &seen.phone), ("email", &seen.email)] {
        if !value.is_empty() {
            after.contacts.insert(kind.to_owned(), value.clone());
        }
    }
    if after != before {
        engine.submit(account, Inbound::PutCustomer(after)).await?;
    }
    Ok(Taken::Done)
}

/// Groups and all else that is on record about a manager is not the gateway's, and stays.
async fn person_is_told(options: &Options, seen: &PersonSeen) -> Result<Taken, EngineError> {
    let (engine, account) = (&options.engine, &options.account);
    let id = ManagerId::trusted(&seen.id.to_string());
    if !seen.serves {
        engine.submit(account, Inbound::RemoveManager(id)).await?;
        return Ok(Taken::Done);
    }
    let _lock = options.writes.managers().await;
    let roster = engine.roster(account).await?;
    let known = roster.managers.into_iter().find(|view| view.manager.id == id);
    let mut manager = known.map_or_else(|| Manager::new(id), |view| view.manager);
    if !seen.name.is_empty() {
        manager.name.clone_from(&seen.name);
    }
    manager.active = true;
    engine.submit(account, Inbound::PutManager(manager)).await?;
    Ok(Taken::Done)
}
