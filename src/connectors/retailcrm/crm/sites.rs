//! Which store a channel belongs to, by the CRM's own settings of chats.

use std::collections::BTreeSet;

use crate::connectors::retailcrm::crm_wire::{OrderCreation, OrderDefaults};

/// The stores of channels, and how orders begin that are made from their chats.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sites {
    creation: OrderCreation,
    keys: Keys,
}

/// Whose ids the CRM keeps channels under. It is not documented, so it is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keys {
    /// The settings name no channel: the store is the general one.
    #[default]
    None,
    /// At least one is a channel of the gateway: they are the gateway's.
    Gateway,
    /// None is a channel of the gateway: they are the CRM's own, and who is who cannot be told.
    Foreign,
}

impl Sites {
    /// From the settings, and the ids of the channels that the gateway has.
    pub fn new(creation: OrderCreation, channels: &BTreeSet<u64>) -> Self {
        let mut ids = creation.channels.keys().filter_map(|key| key.parse::<u64>().ok());
        let keys = match (creation.channels.is_empty(), ids.any(|id| channels.contains(&id))) {
            (true, _) => Keys::None,
            (false, true) => Keys::Gateway,
            (false, false) => Keys::Foreign,
        };
        Self { creation, keys }
    }

    /// Whose ids they are.
    pub fn keys(&self) -> Keys {
        self.keys
    }

    /// How orders from chats of a channel begin. `None` when the settings cannot be applied to channels.
    pub fn order(&self, channel: u64) -> Option<&OrderDefaults> {
        match self.keys {
            Keys::Foreign => None,
            Keys::None => Some(&self.creation.default),
            Keys::Gateway => {
                let own = self.creation.channels.get(&channel.to_string());
                Some(own.unwrap_or(&self.creation.default))
            }
        }
    }

    /// The store of a channel, if the CRM names one.
    pub fn site(&self, channel: u64) -> Option<&str> {
        let own = self.order(channel).map(|order| order.site.as_str()).filter(|site| !site.is_empty());
        // An entry may name a method of order and no store of its own.
        let general = || (self.keys != Keys::Foreign).then_some(self.creation.default.site.as_str());
        own.or_else(general).filter(|site| !site.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn creation() -> OrderCreation {
        let text = r#"{"default": {"site": "main"}, "channels": {"12": {"site": "kids"}, "13": {"order_method": "chat"}}}"#;
        serde_json::from_str(text).expect("settings")
    }

    #[test]
    fn a_channel_has_its_own_store_or_the_general_one() {
        let sites = Sites::new(creation(), &[12, 14].into());
        assert_eq!(sites.keys(), Keys::Gateway);
        assert_eq!([12, 13, 14].map(|id| sites.site(id)), [Some("kids"), Some("main"), Some("main")]);
        assert_eq!(sites.order(13).map(|order| order.order_method.as_str()), Some("chat"));
    }

    #[test]
    fn ids_of_somebody_else_are_not_applied() {
        let sites = Sites::new(creation(), &[99].into());
        assert_eq!((sites.keys(), sites.site(12)), (Keys::Foreign, None));
        let general = OrderCreation { channels: std::collections::BTreeMap::new(), ..creation() };
        assert_eq!(Sites::new(general, &[99].into()).site(99), Some("main"));
        assert_eq!(Sites::new(OrderCreation::default(), &[99].into()).site(99), None);
    }
}
