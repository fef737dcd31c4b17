//! Restoring: a supervisor takes over what is stored, and single dialogs whose actors fell behind the store.

use std::sync::Arc;

use actix::{Actor, AsyncContext, Context, Handler};

use super::dialog_actor::{DialogActor, Introduce};
use super::messages::Restore;
use super::supervisor::Supervisor;
use super::tell::tell;
use crate::desk::Order;
use crate::domain::customer::LastServed;
use crate::domain::dialog::{Command, Dialog, Standing};
use crate::domain::manager::Attendance;
use crate::domain::time::Timestamp;
use crate::store::Snapshot;

impl Supervisor {
    /// Takes over what is stored, in the order that keeps the desk from deciding on half of the picture:
    /// who and what there is, how open dialogs stand, who is present, and last what waits.
    pub(super) fn restore(&mut self, snapshot: Snapshot, ctx: &Context<Self>) {
        let now = self.around.now();
        self.desk.restore_stances(snapshot.newest_stance);
        for channel in snapshot.channels {
            self.desk.put_channel(Arc::new(channel));
        }
        for (from, into) in &snapshot.merged {
            self.desk.merge_customers(from, into);
        }
        self.known_chats = snapshot.chats.into_iter().collect();
        let mut orders = Vec::new();
        for customer in snapshot.customers {
            orders.extend(self.desk.put_customer(Arc::new(customer), now));
        }
        for (key, last) in snapshot.rotations {
            self.desk.restore_rotation(&key, last);
        }
        let (mut attendances, mut works) = (Vec::new(), Vec::new());
        for (manager, attendance, work) in snapshot.managers {
            let id = manager.id.clone();
            orders.extend(self.desk.put_manager(Arc::new(manager), now));
            works.push((id.clone(), work));
            attendances.push((id, attendance.unwrap_or_else(|| Attendance::new(now))));
        }
        let open: Vec<Arc<Dialog>> = snapshot.open_dialogs.into_iter().map(Arc::new).collect();
        for dialog in &open {
            orders.extend(self.adopt(dialog, now, ctx));
        }
        // Only now: every dialog that was entered into the books looked like new work.
        for (id, work) in works {
            self.desk.restore_work(&id, work);
        }
        let policy = self.desk.rules().presence().clone();
        for (id, attendance) in attendances {
            let availability = attendance.availability(policy.available_when);
            orders.extend(self.desk.set_availability(&id, availability, attendance.presence, now));
            self.start_manager(id, attendance, ctx);
        }
        for dialog in &open {
            orders.extend(self.ask_again(dialog, now));
        }
        self.obey(orders);
    }

    /// Starts the actor of a stored dialog and enters it into the books.
    fn adopt(&mut self, dialog: &Arc<Dialog>, now: Timestamp, ctx: &Context<Self>) -> Vec<Order> {
        let situation = self.situation(dialog.channel.as_ref(), dialog.customer.as_ref());
        let standing = dialog.standing(&situation.policy(dialog, now));
        let lineage = self.lineage();
        if let (Some(customer), Some((manager, at))) = (&dialog.customer, dialog.served_by()) {
            self.desk.remember_serving(customer, LastServed { manager: manager.clone(), at });
        }
        let around = self.around.clone();
        let actor =
            DialogActor::stored(around, ctx.address(), situation, lineage, Arc::clone(dialog)).start();
        tell(&actor, Introduce);
        self.register(dialog, actor, lineage);
        // Its customer was merged while its opening was on its way to the store.
        let survivor = dialog.customer.as_ref().and_then(|customer| self.desk.survivor(customer)).cloned();
        if let Some(survivor) = survivor {
            self.command(&dialog.id, Command::Relink(survivor), None);
        }
        self.desk.stand(&dialog.id, standing, now)
    }

    /// Asks the desk again for a dialog that waited when it was stored. What it was told before need not
    /// be told again. While it is offered to somebody it waits for their answer, and for nothing else.
    fn ask_again(&mut self, dialog: &Arc<Dialog>, now: Timestamp) -> Vec<Order> {
        let Some(request) = dialog.request.clone().filter(|_| dialog.offer.is_none()) else {
            return Vec::new();
        };
        let mut orders = self.desk.request(dialog, request, now);
        orders.retain(|order| match order {
            Order::Route { decision, place, .. } => !dialog.was_told(decision, place.as_ref()),
            Order::Move { .. }
            | Order::Stay { .. }
            | Order::Lapse { .. }
            | Order::Save { .. }
            | Order::Announce { .. } => true,
        });
        orders
    }
}

impl Handler<Restore> for Supervisor {
    type Result = ();

    fn handle(&mut self, Restore { dialog, lineage, stored }: Restore, ctx: &mut Self::Context) {
        // It may even be forgotten by now: the state that the store does not have was a closed one.
        if self.dialogs.get(&dialog).is_some_and(|open| open.lineage != lineage) {
            return;
        }
        self.forget(&dialog);
        let now = self.around.now();
        if let Some(closed) = stored.as_ref().filter(|stored| !stored.is_open()) {
            self.known_chats.insert(closed.chat.clone());
        }
        let Some(stored) = stored.filter(|stored| stored.is_open()) else {
            return self.with_desk(|desk, now| desk.stand(&dialog, Standing::Gone, now));
        };
        let stored = Arc::new(*stored);
        // From one holder to the other in one step: were the place given up first, somebody who waits would get it.
        let mut orders = self.adopt(&stored, now, ctx);
        if stored.request.is_none() {
            orders.extend(self.desk.withdraw(&dialog, now));
        }
        orders.extend(self.ask_again(&stored, now));
        self.obey(orders);
    }
}
