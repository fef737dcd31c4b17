//! Crash and recovery: memory and queue are gone, and a new life begins from what is durable.

use std::sync::Arc;

use super::commits::Commit;
use super::dialog_life::DialogLife;
use super::mail::{Conflicted, Failure, ToDesk, ToDialog};
use super::world::{Memory, World};
use crate::desk::Order;
use crate::domain::account::Account;
use crate::domain::customer::LastServed;
use crate::domain::dialog::{Command, Dialog};
use crate::domain::ids::{AccountId, DialogId};
use crate::domain::manager::Attendance;

impl World {
    /// The server goes down. What was not durable never was, and nobody who waits is answered.
    pub fn crash(&mut self) {
        self.watch.figures.crashes += 1;
        self.memory = None;
        self.watch.forget();
        for request in self.edge.waiting() {
            self.answered(request, Err(Failure::Stopping));
        }
    }

    /// The server comes up again, from what is durable.
    pub fn recover(&mut self) {
        self.epoch += 1;
        let account =
            self.ledger.account.clone().unwrap_or_else(|| Account::new(AccountId::default_account()));
        let mut memory = Memory::new(self.epoch, account, Arc::clone(&self.rules), self.ledger.last_seq());
        memory.desk.know_rules(self.earlier.iter().cloned());
        self.memory = Some(memory);
        self.watch.recovered(self.now);
        self.restore();
        self.begin_shadow();
        if self.ledger.rules.as_ref() != Some(self.rules.version()) {
            let rules = Arc::clone(&self.rules);
            let writes = self.apply_rules(&rules, false, true);
            self.commit(Commit::of(writes));
            self.spread_rules(false);
        }
    }

    /// Takes over what is stored, in the order that keeps the desk from deciding on half of the picture: who
    /// and what there is, how open dialogs stand, when managers worked, who is present, and last what waits.
    fn restore(&mut self) {
        let now = self.now;
        let Some(memory) = &mut self.memory else { return };
        let mut orders = Vec::new();
        memory.desk.restore_stances(self.ledger.newest_stance());
        for (from, into) in self.ledger.merged() {
            memory.desk.merge_customers(from, into);
        }
        memory.known_chats = self.ledger.opened_in_chat.keys().cloned().collect();
        for channel in self.ledger.channels.values() {
            memory.desk.put_channel(Arc::clone(channel));
        }
        for customer in self.ledger.customers.values() {
            orders.extend(memory.desk.put_customer(Arc::clone(customer), now));
        }
        for (key, last) in &self.ledger.rotations {
            memory.desk.restore_rotation(key, last.clone());
        }
        for manager in self.ledger.managers.values() {
            orders.extend(memory.desk.put_manager(Arc::clone(manager), now));
        }
        let open: Vec<Arc<Dialog>> = self.ledger.open_dialogs().cloned().collect();
        for dialog in &open {
            orders.extend(self.adopt(dialog));
        }
        let managers: Vec<_> = self.ledger.managers.values().cloned().collect();
        let policy = self.rules.presence().clone();
        for manager in managers {
            let id = &manager.id;
            let stored = self.ledger.attendances.get(id).cloned();
            let attendance = stored.unwrap_or_else(|| Attendance::new(now));
            let work = self.ledger.works.get(id).copied();
            let Some(memory) = &mut self.memory else { return };
            memory.desk.restore_work(id, work.unwrap_or_default());
            let availability = attendance.availability(policy.available_when);
            orders.extend(memory.desk.set_availability(id, availability, attendance.presence, now));
            self.start_manager(id.clone(), attendance);
        }
        for dialog in &open {
            orders.extend(self.ask_again(dialog));
        }
        self.obey(orders);
    }

    /// Starts the actor of a stored dialog and enters it into the books.
    pub(super) fn adopt(&mut self, dialog: &Arc<Dialog>) -> Vec<Order> {
        let now = self.now;
        let Some(situation) = self.situation(dialog.channel.as_ref(), dialog.customer.as_ref()) else {
            return Vec::new();
        };
        let standing = dialog.standing(&situation.policy(dialog, now));
        let lineage = self.next_actor();
        if let (Some(customer), Some((manager, at)), Some(memory)) =
            (&dialog.customer, dialog.served_by(), &mut self.memory)
        {
            memory.desk.remember_serving(customer, LastServed { manager: manager.clone(), at });
        }
        self.register(dialog, DialogLife::new(situation, lineage, Arc::clone(dialog), false, now));
        self.tell_dialog(lineage, ToDialog::Introduce);
        // Its customer was merged while its last change was on its way to the store.
        if let Some(survivor) =
            dialog.customer.as_ref().and_then(|customer| self.ledger.survivor(customer)).cloned()
        {
            self.command(&dialog.id, Command::Relink(survivor), None);
        }
        let Some(memory) = &mut self.memory else { return Vec::new() };
        memory.desk.stand(&dialog.id, standing, now)
    }

    /// Asks the desk again for a dialog that waited when it was stored. What it was told before need not be
    /// told again. While it is offered to somebody it waits for their answer.
    pub(super) fn ask_again(&mut self, dialog: &Arc<Dialog>) -> Vec<Order> {
        let now = self.now;
        let request = dialog.request.clone().filter(|_| dialog.offer.is_none());
        let (Some(request), Some(memory)) = (request, &mut self.memory) else {
            return Vec::new();
        };
        self.watch.asks(dialog, &request, now);
        let mut orders = memory.desk.request(dialog, request, now);
        orders.retain(|order| match order {
            Order::Route { dialog: id, decision, place, .. } => {
                *id != dialog.id || !dialog.was_told(decision, place.as_ref())
            }
            Order::Move { .. }
            | Order::Stay { .. }
            | Order::Lapse { .. }
            | Order::Save { .. }
            | Order::Announce { .. } => true,
        });
        orders
    }

    /// The keeper reads what is stored of a dialog whose actor went astray.
    pub(super) fn restore_dialog(&mut self, Conflicted { dialog, lineage }: Conflicted) {
        let stored = self.stored(&dialog);
        if let Some(memory) = &mut self.memory {
            memory.mail.tell_desk(ToDesk::Restore { dialog, lineage, stored });
        }
    }

    fn stored(&self, dialog: &DialogId) -> Option<Arc<Dialog>> {
        self.ledger.dialogs.get(dialog).cloned()
    }
}
