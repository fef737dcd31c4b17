//! All that is pure in the sandbox: it is told what time it is, and nothing in it waits.

use super::books::Books;
use super::crm::Crm;
use super::faults::{Fault, Faults};
use super::gateway::Gateway;
use super::gateway::journal::{Deed, Entry};
use super::gateway::records::Id;
use super::people::{People, Plan};
use crate::domain::time::Timestamp;

/// The state of one sandbox.
#[derive(Debug, Default)]
pub struct World {
    /// Chats, dialogs, messages.
    pub gateway: Gateway,
    /// People, customers, settings.
    pub crm: Crm,
    /// What goes wrong.
    pub faults: Faults,
    /// Whoever lives here; nobody: only what is done by hand happens.
    pub people: Option<People>,
    books: Books,
    /// Managers whom a fault dismissed: until when, and whether they were online.
    away: Vec<(Timestamp, Id, bool)>,
}

impl World {
    /// Does what is due by now.
    pub fn advance(&mut self, now: Timestamp) {
        self.bring_back(now);
        if self.faults.of_tokens() == Some(Fault::Revoke) {
            self.renew_tokens(now);
        }
        self.settle(now);
        if let Some(people) = &mut self.people {
            for entry in people.advance(&mut self.gateway, &mut self.crm, now) {
                self.write(&entry);
            }
        }
        self.gateway.tick(now);
        self.settle(now);
    }

    /// Lets people live here, and makes them part of the account.
    pub fn move_in(&mut self, plan: Plan, now: Timestamp) {
        self.people = Some(People::move_in(plan, &mut self.gateway, &mut self.crm, now));
    }

    /// Writes down what happened, and lets people hear of it.
    pub fn settle(&mut self, now: Timestamp) {
        for entry in self.gateway.take_journal() {
            if let Some(people) = &mut self.people {
                people.learn(&entry, &self.gateway, now);
            }
            self.write(&entry);
        }
    }

    fn write(&mut self, entry: &Entry) {
        if let Deed::Opened { chat } = entry.deed {
            // The CRM knows people by their number.
            let chat = self.gateway.chats().get(&chat);
            if let Some(customer) = chat.and_then(|chat| self.gateway.customers().get(&chat.customer)) {
                self.crm.tie(customer.id, &customer.phone);
            }
        }
        self.books.write(entry);
    }

    /// Who was responsible for what.
    pub fn books(&self) -> &Books {
        &self.books
    }

    /// Takes a manager's access away for a while.
    pub(super) fn dismiss(&mut self, user: Id, now: Timestamp) {
        let Some(record) = self.gateway.users().get(&user).filter(|user| user.is_active) else { return };
        let was_online = record.is_online;
        self.gateway.set_active(user, false, now);
        self.away.push((now + self.faults.absence(), user, was_online));
    }

    fn bring_back(&mut self, now: Timestamp) {
        let (due, away) = self.away.iter().partition(|(until, ..)| *until <= now);
        self.away = away;
        let due: Vec<(Timestamp, Id, bool)> = due;
        for (_, user, was_online) in due {
            self.gateway.set_active(user, true, now);
            let is_there = self.people.as_ref().map_or(was_online, |people| people.is_on_shift(user));
            self.gateway.set_online(user, is_there, now);
        }
    }

    /// All tokens are void. Whoever is connected through a module finds the new one there.
    fn renew_tokens(&mut self, now: Timestamp) {
        let bots: Vec<Id> = self.gateway.bots().keys().copied().collect();
        for bot in bots {
            let token = self.crm.new_token(&bot.to_string());
            self.gateway.change_token(bot, &token, now);
        }
    }
}
