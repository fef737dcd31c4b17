//! Records: channels, customers and managers as the CRM reports them, and whom a changed record concerns.

use std::collections::BTreeSet;
use std::sync::Arc;

use actix::{Context, Handler};

use super::inbound::Outcome;
use super::manager_actor;
use super::messages::FactsPending;
use super::reception::{bad, done};
use super::supervisor::Supervisor;
use super::tell::tell;
use super::{Reply, unknown};
use crate::domain::announcement::{Body, Subject};
use crate::domain::channel::Channel;
use crate::domain::customer::Customer;
use crate::domain::dialog::Command;
use crate::domain::ids::{CustomerId, DialogId, ManagerId};
use crate::domain::manager::{Attendance, Manager};
use crate::store::change::Write;

impl Handler<FactsPending> for Supervisor {
    type Result = ();

    fn handle(&mut self, FactsPending { customer, is_pending }: FactsPending, _: &mut Context<Self>) {
        let customer = self.desk.survivor(&customer).cloned().unwrap_or(customer);
        self.with_desk(|desk, now| desk.set_facts_pending(&customer, is_pending, now));
    }
}

impl Supervisor {
    pub(super) fn put_channel(&mut self, channel: &Channel, reply: Reply) {
        let channel = Arc::new(channel.clone());
        self.around.commit(0, vec![Write::Channel(Arc::clone(&channel))], Some(done(reply)), Vec::new());
        let id = channel.id.clone();
        self.desk.put_channel(channel);
        let through_it: BTreeSet<DialogId> = self
            .open_dialog_ids()
            .into_iter()
            .filter(|dialog| self.dialogs.get(dialog).is_some_and(|open| open.channel.as_ref() == Some(&id)))
            .collect();
        self.tell_situation(through_it.into_iter());
    }

    pub(super) fn put_customer(&mut self, mut customer: Customer, reply: Reply) {
        if let Err(refusal) = self.desk.authorize_customer(&customer.id) {
            return self.refuse(reply, refusal);
        }
        if let Some(known) = self.desk.customer(&customer.id) {
            customer.last_served.clone_from(&known.last_served);
        }
        let customer = Arc::new(customer);
        let answer = Some((reply, Ok(Outcome::Customer(Arc::clone(&customer)))));
        self.around.commit(0, vec![Write::Customer(Arc::clone(&customer))], answer, Vec::new());
        self.customer_changed(customer);
    }

    fn customer_changed(&mut self, customer: Arc<Customer>) {
        let id = customer.id.clone();
        self.with_desk(|desk, now| desk.put_customer(customer, now));
        let dialogs = self.by_customer.get(&id).cloned().unwrap_or_default();
        self.tell_situation(dialogs.into_iter());
    }

    pub(super) fn merge(&mut self, from: &CustomerId, into: &CustomerId, reply: Reply) {
        let (Some(gone), Some(stays)) =
            (self.desk.customer(from).cloned(), self.desk.customer(into).cloned())
        else {
            let missing = if self.desk.customer(from).is_none() { from } else { into };
            return self.around.answer(reply, Err(unknown("customer", missing.as_str())));
        };
        if from == into {
            return self.refuse(reply, bad("into", "a customer cannot be merged into itself"));
        }
        let mut merged = (*stays).clone();
        merged.absorb(&gone);
        let merged = Arc::new(merged);
        let event = self.account_event(
            Subject::Account,
            None,
            Body::CustomerMerged { from: from.clone(), into: into.clone() },
        );
        let writes = vec![
            Write::Customer(Arc::clone(&merged)),
            Write::CustomerMerged { from: from.clone(), into: into.clone() },
            event,
        ];
        self.around.commit(0, writes, Some((reply, Ok(Outcome::Customer(Arc::clone(&merged))))), Vec::new());
        self.desk.merge_customers(from, into);
        let moved = self.by_customer.remove(from).unwrap_or_default();
        for id in &moved {
            if let Some(open) = self.dialogs.get_mut(id) {
                open.customer = Some(into.clone());
            }
        }
        for id in &moved {
            self.command(id, Command::Relink(into.clone()), None);
        }
        self.by_customer.entry(into.clone()).or_default().extend(moved);
        self.customer_changed(merged);
    }

    pub(super) fn put_manager(&mut self, manager: Manager, reply: Reply, ctx: &Context<Self>) {
        let manager = Arc::new(manager);
        let id = manager.id.clone();
        self.around.commit(0, vec![Write::Manager(Arc::clone(&manager))], None, Vec::new());
        self.with_desk(|desk, now| desk.put_manager(manager, now));
        if let Some(actor) = self.managers.get(&id) {
            tell(actor, manager_actor::Introduce);
        } else {
            let attendance = Attendance::new(self.around.now());
            self.start_manager(id.clone(), attendance, ctx);
        }
        self.show_manager(&id, reply);
    }

    pub(super) fn remove_manager(&mut self, id: &ManagerId, reply: Reply) {
        let Some(manager) = self.desk.manager(id).filter(|manager| manager.active).cloned() else {
            return self.around.answer(reply, Err(unknown("manager", id.as_str())));
        };
        let removed = Arc::new(Manager { active: false, ..(*manager).clone() });
        self.around.commit(0, vec![Write::Manager(Arc::clone(&removed))], Some(done(reply)), Vec::new());
        // Their actor lives on: presence is what the person does, on record or not, and its versions go on should
        // they come back.
        self.with_desk(|desk, now| desk.put_manager(removed, now));
    }
}
