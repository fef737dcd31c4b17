//! What time does: messages are delivered, chats turn yellow and red, and what is idle closes.

use super::Gateway;
use super::journal::By;
use super::records::Id;
use crate::domain::time::Timestamp;

impl Gateway {
    /// Does what is due by now. Call it about once a second of the gateway's time.
    pub fn tick(&mut self, now: Timestamp) {
        self.deliver(now);
        self.raise_levels(now);
        if !self.has_distributor() {
            self.close_idle(now);
        }
    }

    /// Whatever is on its way has arrived, unless its customer is blocked or the reply window is over.
    fn deliver(&mut self, now: Timestamp) {
        for id in std::mem::take(&mut self.sending) {
            let failure = self.delivery_failure(id);
            let Some(message) = self.messages.get_mut(&id) else { continue };
            message.status = if failure.is_some() { "failed" } else { "sent" };
            message.error = failure;
            message.updated_at = now;
            self.tell_message("message_updated", id);
        }
    }

    fn delivery_failure(&self, message: Id) -> Option<&'static str> {
        let message = self.messages.get(&message)?;
        let chat = self.chats.get(&message.chat)?;
        if self.customers.get(&chat.customer)?.is_blocked {
            return Some("access_restricted");
        }
        let hours = self.channels.get(&chat.channel)?.reply_hours;
        if hours == 0 {
            return None;
        }
        let is_late =
            message.created_at.since(chat.last_customer_message?).as_secs() > u64::from(hours) * 3600;
        is_late.then_some("reply_timed_out")
    }

    fn raise_levels(&mut self, now: Timestamp) {
        let limits = &self.limits;
        let mut risen = Vec::new();
        for chat in &self.waiting {
            let Some(chat) = self.chats.get_mut(chat) else { continue };
            let Some(since) = chat.waits_since else { continue };
            let waited = now.since(since);
            let level = u8::from(waited >= limits.warning_after) + u8::from(waited >= limits.danger_after);
            if level > chat.waiting_level {
                chat.waiting_level = level;
                chat.updated_at = now;
                risen.push(chat.id);
            }
        }
        for chat in risen {
            self.tell_chat("chat_updated", chat);
        }
    }

    fn close_idle(&mut self, now: Timestamp) {
        let held = self.dialogs.values().filter(|dialog| dialog.is_open() && dialog.responsible.is_some());
        let idle = held.filter(|dialog| {
            let last = self.chats.get(&dialog.chat).map_or(dialog.created_at, |chat| chat.last_activity);
            now.since(last) >= self.limits.close_after
        });
        let idle: Vec<Id> = idle.map(|dialog| dialog.id).collect();
        for dialog in idle {
            // It is there: it was just looked at.
            let _ = self.close_by(dialog, By::Gateway, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::Party;
    use super::super::records::Holder;
    use super::*;

    const START: Timestamp = Timestamp::from_secs(1_772_442_904);

    fn after(seconds: u64) -> Timestamp {
        START + Duration::from_secs(seconds)
    }

    fn with_dialog() -> Gateway {
        let mut gateway = Gateway::default();
        let channel = gateway.add_channel("whatsapp", "Shop", 24, START);
        gateway.add_user("17", "Ana", "Gil", START);
        let party = Party { external_id: "1".into(), name: "Marta".into(), phone: String::new() };
        gateway.customer_writes(channel, &party, "Hola", START).unwrap();
        gateway.assign(1, Holder::User(1), By::Hand, START).unwrap();
        gateway
    }

    #[test]
    fn a_chat_turns_yellow_then_red_and_only_a_managers_reply_calms_it() {
        let mut gateway = with_dialog();
        let level = |gateway: &Gateway| gateway.chats()[&1].waiting_level;
        gateway.tick(after(299));
        assert_eq!(level(&gateway), 0);
        gateway.tick(after(300));
        assert_eq!(level(&gateway), 1);
        gateway.assign(1, Holder::User(1), By::Hand, after(400)).unwrap();
        gateway.tick(after(600));
        assert_eq!(level(&gateway), 2, "assigning does not stop the clock");
        gateway.user_writes(1, 1, "Un momento", after(601)).unwrap();
        assert_eq!(level(&gateway), 0);
    }

    #[test]
    fn messages_are_delivered_unless_the_window_is_over() {
        let mut gateway = with_dialog();
        let early = gateway.user_writes(1, 1, "Hola", after(60)).unwrap();
        let late = gateway.user_writes(1, 1, "¿Sigue ahí?", after(25 * 3600)).unwrap();
        gateway.tick(after(25 * 3600 + 1));
        let shown = |id| (gateway.messages()[&id].status, gateway.messages()[&id].error);
        assert_eq!(shown(early), ("sent", None));
        assert_eq!(shown(late), ("failed", Some("reply_timed_out")));
    }

    #[test]
    fn idle_dialogs_close_only_without_a_distributor() {
        let mut gateway = with_dialog();
        let bot = gateway.add_bot("Router", "t", START);
        gateway.bots.get_mut(&bot).unwrap().roles = vec!["distributor".into()];
        gateway.tick(after(72 * 3600));
        assert!(gateway.dialogs()[&1].is_open());
        gateway.bots.get_mut(&bot).unwrap().is_active = false;
        gateway.tick(after(72 * 3600));
        assert!(!gateway.dialogs()[&1].is_open());
    }
}
