//! Who and what there is: bots, managers, channels and customers' contacts are added and change.

use serde_json::json;

use super::records::{Bot, Channel, Id, User};
use super::{Gateway, next};
use crate::domain::time::Timestamp;

impl Gateway {
    /// Connects a bot, which has no role yet.
    pub fn add_bot(&mut self, name: &str, token: &str, now: Timestamp) -> Id {
        let id = next(&self.bots);
        let bot = Bot {
            id,
            name: name.to_owned(),
            avatar_url: String::new(),
            roles: Vec::new(),
            is_active: true,
            token: token.to_owned(),
            created_at: now,
            updated_at: now,
        };
        self.bots.insert(id, bot);
        id
    }

    /// Gives a bot another token; the old one is void at once.
    pub fn change_token(&mut self, bot: Id, token: &str, now: Timestamp) {
        if let Some(bot) = self.bots.get_mut(&bot) {
            token.clone_into(&mut bot.token);
            bot.updated_at = now;
        }
    }

    /// A bot is switched on or off.
    pub fn set_bot_active(&mut self, bot: Id, is_active: bool, now: Timestamp) {
        let Some(record) = self.bots.get_mut(&bot) else { return };
        record.is_active = is_active;
        record.updated_at = now;
        let mut data = self.bot_actor(bot);
        data["is_active"] = is_active.into();
        self.tell("bot_updated", data);
    }

    /// Adds a channel; `reply_hours` of zero: one may answer for ever.
    pub fn add_channel(&mut self, kind: &str, name: &str, reply_hours: u32, now: Timestamp) -> Id {
        let id = next(&self.channels);
        let channel = Channel {
            id,
            kind: kind.to_owned(),
            name: name.to_owned(),
            may_write: true,
            reply_hours,
            is_active: true,
            created_at: now,
            updated_at: now,
        };
        self.channels.insert(id, channel);
        id
    }

    /// Adds a manager, who is not online yet.
    pub fn add_user(&mut self, external_id: &str, first_name: &str, last_name: &str, now: Timestamp) -> Id {
        let id = next(&self.users);
        let user = User {
            id,
            external_id: external_id.to_owned(),
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            is_active: true,
            is_online: false,
            connected: false,
            available: true,
            is_technical_account: false,
            created_at: now,
            updated_at: now,
        };
        self.users.insert(id, user);
        id
    }

    /// A manager comes or goes.
    pub fn set_online(&mut self, user: Id, is_online: bool, now: Timestamp) {
        let Some(record) = self.users.get_mut(&user) else { return };
        record.is_online = is_online;
        record.connected = is_online;
        record.updated_at = now;
        let data = json!({"user": self.user_actor(user), "online": is_online, "connected": is_online});
        self.tell("user_online_updated", data);
    }

    /// A manager's switch goes to "free", or away from it.
    pub fn set_available(&mut self, user: Id, is_available: bool, now: Timestamp) {
        self.change_user(user, now, |record| record.available = is_available);
    }

    /// A manager loses or regains access.
    pub fn set_active(&mut self, user: Id, is_active: bool, now: Timestamp) {
        self.change_user(user, now, |record| {
            record.is_active = is_active;
            record.is_online &= is_active;
            record.connected &= is_active;
        });
    }

    /// Marks a login as the vendor's support's.
    pub fn set_technical(&mut self, user: Id, now: Timestamp) {
        self.change_user(user, now, |record| record.is_technical_account = true);
    }

    fn change_user(&mut self, user: Id, now: Timestamp, change: impl FnOnce(&mut User)) {
        let Some(record) = self.users.get_mut(&user) else { return };
        change(record);
        record.updated_at = now;
        let is_active = record.is_active;
        let mut data = self.user_actor(user);
        data["is_active"] = is_active.into();
        self.tell("user_updated", data);
    }

    /// A channel is switched on or off.
    pub fn set_channel_active(&mut self, channel: Id, is_active: bool, now: Timestamp) {
        let Some(record) = self.channels.get_mut(&channel) else { return };
        record.is_active = is_active;
        record.updated_at = now;
        let data = json!({"channel": self.channel_in_chat(channel)});
        self.tell("channel_updated", data);
    }

    /// A customer's telephone number or e-mail becomes known.
    pub fn set_contacts(&mut self, customer: Id, phone: &str, email: &str, now: Timestamp) {
        let Some(record) = self.customers.get_mut(&customer) else { return };
        phone.clone_into(&mut record.phone);
        email.clone_into(&mut record.email);
        record.updated_at = now;
        let data = self.customer_actor(customer);
        self.tell("customer_updated", data);
    }
}
