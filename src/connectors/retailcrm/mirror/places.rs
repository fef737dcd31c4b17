//! Chats, channels and customers: where a dialog is, and with whom.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::step::{CustomerSeen, Lane, News, Step};
use crate::connectors::retailcrm::wire::{self, Actor, Feature, Id};
use crate::domain::channel::{Channel, ChannelFeatures};
use crate::domain::ids::ChannelId;
use crate::domain::time::Timestamp;
use crate::engine::inbound::Inbound;

/// A chat.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// Its channel; zero: not known yet.
    pub channel: Id,
    /// The customer; zero: not known yet.
    pub customer: Id,
    /// Its newest dialog that was seen; older ones are closed.
    pub newest_dialog: Id,
    /// The dialog before it, whose end was not told yet, and until when that is waited for.
    pub leaving: Option<(Id, Timestamp)>,
    /// The newest message that was seen of it.
    pub last_message: Option<wire::Message>,
    told: Option<CustomerSeen>,
}

/// All chats that were seen, and all channels.
#[derive(Debug, Default)]
pub struct Places {
    chats: BTreeMap<Id, Place>,
    channels: BTreeMap<Id, Channel>,
}

pub(super) fn channel_id(channel: Id) -> ChannelId {
    ChannelId::trusted(&channel.to_string())
}

impl Places {
    /// The chat.
    pub fn chat(&self, chat: Id) -> Option<&Place> {
        self.chats.get(&chat)
    }

    /// The chat, made when it is new.
    pub fn chat_mut(&mut self, chat: Id) -> &mut Place {
        self.chats.entry(chat).or_default()
    }

    /// The chat is gone.
    pub fn forget(&mut self, chat: Id) {
        self.chats.remove(&chat);
    }

    /// A channel of which the engine knows already.
    pub fn seed(&mut self, channel: Channel) {
        if let Ok(id) = channel.id.as_str().parse() {
            self.channels.insert(id, channel);
        }
    }

    /// A channel as the gateway tells it. Its shop is not of the gateway and stays.
    pub fn see_channel(&mut self, channel: &wire::Channel, out: &mut Vec<Step>) {
        if channel.id == 0 {
            return;
        }
        let known = self.channels.get(&channel.id);
        let shows = |feature: &Feature| !matches!(feature, Feature::None | Feature::Receive);
        let features = ChannelFeatures {
            reports_delivered: shows(&channel.settings.status.delivered),
            reports_seen: shows(&channel.settings.status.read),
            bot_may_write: channel.works() && channel.bot_may_write(),
            reply_window: known.and_then(|known| known.features.reply_window),
        };
        let kind = match channel.kind.word() {
            "" => known.map_or_else(|| Arc::from("unknown"), |known| Arc::clone(&known.kind)),
            word => word.into(),
        };
        let name = match channel.name.as_str() {
            "" => known.map_or_else(|| channel.id.to_string(), |known| known.name.clone()),
            name => name.to_owned(),
        };
        let site = known.and_then(|known| known.site.clone());
        let seen = Channel { id: channel_id(channel.id), kind, name, site, features };
        if known != Some(&seen) {
            self.channels.insert(channel.id, seen.clone());
            let news = News::Inbound(Arc::new(Inbound::PutChannel(seen)));
            out.push(Step::Tell { lane: Lane::Everything, dialog: None, news });
        }
    }

    /// What a chat says of its place.
    pub fn see_chat(&mut self, chat: &wire::Chat, out: &mut Vec<Step>) {
        if let Some(channel) = &chat.channel {
            // Chats show a channel with fewer fields: what it does not say must not take back what a list said.
            if !self.channels.contains_key(&channel.id) {
                self.see_channel(channel, out);
            }
            self.chat_mut(chat.id).channel = channel.id;
        }
        if let Some(customer) = &chat.customer {
            self.chat_mut(chat.id).customer = customer.id;
            self.see_customer(chat.id, customer, out);
        }
        if let Some(last) = &chat.last_message {
            let place = self.chat_mut(chat.id);
            if place.last_message.as_ref().is_none_or(|known| known.id <= last.id) {
                place.last_message = Some(wire::Message { chat: None, ..(**last).clone() });
            }
        }
    }

    /// What a chat, or an event about them, says of a customer.
    pub fn see_customer(&mut self, chat: Id, customer: &Actor, out: &mut Vec<Step>) {
        let place = self.chat_mut(chat);
        let known = place.told.clone().unwrap_or_default();
        let or = |said: String, known: String| if said.is_empty() { known } else { said };
        let seen = CustomerSeen {
            id: customer.id,
            name: or(customer.display_name(), known.name),
            phone: or(customer.phone.clone(), known.phone),
            email: or(customer.email.clone(), known.email),
        };
        if place.told.as_ref() != Some(&seen) {
            place.told = Some(seen.clone());
            let news = News::Customer(seen);
            out.push(Step::Tell { lane: Lane::Chat(chat), dialog: None, news });
        }
    }

    /// An event about a customer: the chats that are known to be theirs.
    pub fn customer_updated(&mut self, customer: &Actor, out: &mut Vec<Step>) {
        let theirs = self.chats.iter().filter(|(_, place)| place.customer == customer.id);
        if let Some(chat) = theirs.map(|(chat, _)| *chat).next() {
            self.see_customer(chat, customer, out);
        }
    }
}
