//! What if: where a dialog would go if it were opened now. Nothing is booked, announced or remembered.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::channel::Channel;
use crate::domain::customer::Customer;
use crate::domain::dialog::{Dialog, DialogKind, Opening};
use crate::domain::ids::{ChatId, CustomerId, DialogId, MessageId, RuleId};
use crate::domain::message::{Author, DeliveryStatus, Message, Visibility};
use crate::domain::routing::{Cause, Decision};
use crate::domain::time::Timestamp;
use crate::rules::given::Given;

use super::Desk;
use super::planning::{Ask, By, Planned};
use super::policy::neutral_policy;
use super::record::{Question, decision};
use super::walk::walk;

/// The id of what does not exist.
const SUPPOSED: &str = "what-if";

/// What would become of a dialog.
#[derive(Clone, Debug, PartialEq)]
pub struct Supposed {
    /// The rules' decision, whether or not the bot acts.
    pub decision: Decision,
    /// Its priority class; `None`: it is in none.
    pub priority: Option<Arc<str>>,
    /// The close rule that it would be under.
    pub close: Option<RuleId>,
}

impl Desk {
    /// What the rules would decide for a dialog of which this is given.
    ///
    /// A customer and a channel that are on record are taken from there, with what is given over them.
    pub fn what_if(&mut self, given: &Given, customer: Option<&CustomerId>, now: Timestamp) -> Supposed {
        let channel = Arc::new(self.supposed_channel(given));
        let customer = Arc::new(self.supposed_customer(given, customer, now));
        let dialog = supposed_dialog(given, &channel, &customer, now);
        // Planning looks records up by id; they are put back before anybody else asks.
        let (channel_id, customer_id) = (channel.id.clone(), customer.id.clone());
        let known_channel = self.channels.insert(channel_id.clone(), channel);
        let known_customer = self.customers.insert(customer_id.clone(), customer);
        let supposed = self.suppose(&dialog, now);
        match known_channel {
            Some(known) => self.channels.insert(channel_id, known),
            None => self.channels.remove(&channel_id),
        };
        match known_customer {
            Some(known) => self.customers.insert(customer_id, known),
            None => self.customers.remove(&customer_id),
        };
        supposed
    }

    /// The channel of this id, or the first of this kind, or one that does not exist.
    fn supposed_channel(&self, given: &Given) -> Channel {
        let wanted = given.channel();
        let of_kind = || self.channels.values().find(|known| known.kind == wanted.kind);
        let known = self.channels.get(&wanted.id).or_else(of_kind);
        known.map_or(wanted, |known| Channel::clone(known))
    }

    fn supposed_customer(&self, given: &Given, id: Option<&CustomerId>, now: Timestamp) -> Customer {
        match id.and_then(|id| self.customers.get(id)) {
            Some(known) => {
                let mut customer = Customer::clone(known);
                given.overlay(&mut customer, now);
                customer
            }
            None => given.customer(id.map_or(SUPPOSED, CustomerId::as_str), now),
        }
    }

    fn suppose(&mut self, dialog: &Dialog, now: Timestamp) -> Supposed {
        let Planned { way, charge, .. } = self.plan(dialog, Ask::Rules, &By::InForce, now);
        let bars = self.bars(dialog, None, &way, now);
        let walk = walk(&self.roster, &way, &bars, 0, now, now);
        let (cause, waited) = (Cause::Opened, Duration::ZERO);
        let question = Question { dialog: &dialog.id, cause, previous: None, waited, charge, now };
        Supposed {
            decision: decision(&self.roster, &way, &bars, &walk, question),
            priority: Some(Arc::clone(&way.priority.id)).filter(|id| !id.is_empty()),
            close: self.policy_of(dialog, now).close.map(|close| close.id.clone()),
        }
    }
}

fn supposed_dialog(given: &Given, channel: &Channel, customer: &Customer, now: Timestamp) -> Dialog {
    let id = DialogId::trusted(SUPPOSED);
    let message = Message {
        id: MessageId::trusted(SUPPOSED),
        dialog: id.clone(),
        from: Author::Customer(customer.id.clone()),
        text: given.opening_text(),
        at: now,
        visibility: Visibility::Public,
        quote: None,
        status: DeliveryStatus::Delivered,
    };
    let opening = Opening {
        id,
        chat: ChatId::trusted(SUPPOSED),
        channel: Some((channel.id.clone(), Arc::clone(&channel.kind))),
        customer: Some(customer.id.clone()),
        kind: DialogKind::Customer,
        members: BTreeSet::new(),
        returning: given.returning(),
        message: Some(message),
        facts: given.extra(),
    };
    Dialog::open(opening, &neutral_policy(), now).next
}
