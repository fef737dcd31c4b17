//! What a bot may change in the CRM: people's status, customers, orders, tasks.

use serde_json::{Value, json};

use super::answer::{Done, NotDone};
use super::records::{Customer, Id, Order, Task};
use super::{Crm, next};
use crate::domain::time::Timestamp;
use crate::sandbox::gateway::Gateway;

const STATUSES: [&str; 4] = ["free", "busy", "dinner", "break"];

fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn number(value: &Value, name: &str) -> Option<Id> {
    value.get(name).and_then(Value::as_u64).filter(|number| *number > 0)
}

fn names<'a>(value: &'a Value, name: &str) -> Vec<&'a str> {
    let list = value.get(name).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).collect()
}

fn invalid(field: &str, text: &str) -> NotDone {
    NotDone::errors("Errors in the entity format", json!({field: text}))
}

impl Crm {
    pub(super) fn change_status(
        &mut self,
        id: Id,
        status: &str,
        gateway: &mut Gateway,
        now: Timestamp,
    ) -> Result<Value, NotDone> {
        let Some(status) = STATUSES.into_iter().find(|known| *known == status) else {
            return Err(NotDone::errors("Validation error", json!({"status": "is no status"})));
        };
        let person = self.people.get_mut(&id).ok_or_else(|| NotDone::new(404, "Not found"))?;
        person.status = status;
        if let Some(user) = person.gateway_id {
            gateway.set_available(user, status == "free", now);
        }
        Ok(json!({"success": true}))
    }

    pub(super) fn create_customer(&mut self, fields: &Value, now: Timestamp) -> Done {
        let id = next(&self.customers);
        let phones = fields.get("phones").and_then(Value::as_array).into_iter().flatten();
        let customer = Customer {
            id,
            external_id: text(fields, "externalId"),
            first_name: text(fields, "firstName"),
            last_name: text(fields, "lastName"),
            phones: phones.map(|phone| text(phone, "number")).collect(),
            email: text(fields, "email"),
            manager: number(fields, "managerId"),
            is_vip: fields.get("vip").and_then(Value::as_bool).unwrap_or_default(),
            site: text(fields, "site"),
            gateway_ids: number(fields, "mgCustomerId").into_iter().collect(),
            created_at: now,
            ..Customer::default()
        };
        if customer.first_name.is_empty() && customer.phones.is_empty() && customer.email.is_empty() {
            return Err(invalid("firstName", "a name, a number or an e-mail is needed"));
        }
        self.customers.insert(id, customer);
        Ok((201, json!({"success": true, "id": id})))
    }

    pub(super) fn edit_customer(
        &mut self,
        id: &str,
        query: &[(String, String)],
        fields: &Value,
    ) -> Result<Value, NotDone> {
        let id = self.customer_by(id, query)?.id;
        let manager = number(fields, "managerId");
        if manager.is_some_and(|manager| !self.people.contains_key(&manager)) {
            return Err(invalid("managerId", "nobody has this number"));
        }
        let Some(customer) = self.customers.get_mut(&id) else {
            return Err(NotDone::new(404, "Not found"));
        };
        let removed = names(fields, "removeTags");
        customer.tags.retain(|tag| !removed.contains(&tag.as_str()));
        for tag in names(fields, "addTags").into_iter().chain(names(fields, "attachTags")) {
            if !customer.tags.iter().any(|known| known == tag) {
                customer.tags.push(tag.to_owned());
            }
        }
        customer.manager = manager.or(customer.manager);
        if let Some(mark) = fields.get("vip").and_then(Value::as_bool) {
            customer.is_vip = mark;
        }
        if let Some(mark) = fields.get("bad").and_then(Value::as_bool) {
            customer.is_bad = mark;
        }
        if let Some(tied) = number(fields, "mgCustomerId")
            && !customer.gateway_ids.contains(&tied)
        {
            customer.gateway_ids.push(tied);
        }
        Ok(json!({"success": true, "id": id}))
    }

    pub(super) fn create_order(&mut self, fields: &Value, now: Timestamp) -> Done {
        let customer = fields.get("customer").and_then(|customer| number(customer, "id"));
        let Some(customer) = customer.filter(|id| self.customers.contains_key(id)) else {
            return Err(invalid("customer", "no such customer"));
        };
        let id = next(&self.orders);
        let status = Some(text(fields, "status")).filter(|status| !status.is_empty());
        let order = Order {
            id,
            customer,
            manager: number(fields, "managerId"),
            status: status.unwrap_or_else(|| "new".into()),
            site: text(fields, "site"),
            total: 0,
            dialog: number(fields, "dialogId"),
            created_at: now,
        };
        let view = self.order_view(&order);
        self.orders.insert(id, order);
        if let Some(customer) = self.customers.get_mut(&customer) {
            customer.orders += 1;
        }
        Ok((201, json!({"success": true, "id": id, "order": view})))
    }

    pub(super) fn edit_order(&mut self, id: Id, fields: &Value) -> Result<Value, NotDone> {
        let order = self.orders.get_mut(&id).ok_or_else(|| NotDone::new(404, "Not found"))?;
        order.dialog = number(fields, "dialogId").or(order.dialog);
        order.manager = number(fields, "managerId").or(order.manager);
        Ok(json!({"success": true, "id": id}))
    }

    pub(super) fn create_task(&mut self, fields: &Value) -> Done {
        let words = text(fields, "text");
        if words.is_empty() {
            return Err(invalid("text", "This value should not be blank."));
        }
        let id = next(&self.tasks);
        let task =
            Task { id, text: words, due: text(fields, "datetime"), performer: number(fields, "performerId") };
        self.tasks.insert(id, task);
        Ok((201, json!({"success": true, "id": id})))
    }
}
