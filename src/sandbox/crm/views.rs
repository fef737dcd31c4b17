//! The CRM's records as JSON. Times are those of the account's zone, without an offset.

use chrono::DateTime;
use serde_json::{Map, Value, json};

use super::Crm;
use super::answer::NotDone;
use super::records::{Customer, Group, Id, Order, Person, WorkTime};
use crate::domain::time::Timestamp;
use crate::sandbox::gateway::Gateway;

impl Crm {
    /// `2026-03-02 10:15:04`
    fn local(&self, at: Timestamp) -> String {
        let at = DateTime::from_timestamp_micros(at.micros()).unwrap_or_default();
        at.with_timezone(&self.settings.zone).format("%Y-%m-%d %H:%M:%S").to_string()
    }

    pub(super) fn credentials() -> Value {
        json!({
            "success": true, "siteAccess": "access_full",
            "scopes": ["integration_read", "integration_write", "customer_read", "customer_write", "user_read",
                       "user_write", "reference_read", "order_read", "order_write", "task_write"],
            "credentials": [
                "/api/integration-modules/{code}", "/api/integration-modules/{code}/edit", "/api/customers",
                "/api/customers/{externalId}", "/api/customers/create", "/api/customers/{externalId}/edit",
                "/api/users", "/api/users/{id}", "/api/users/{id}/status", "/api/user-groups", "/api/orders",
                "/api/orders/create", "/api/orders/{externalId}/edit", "/api/settings", "/api/tasks/create",
                "/api/reference/sites"
            ],
        })
    }

    pub(super) fn system_info(&self) -> Value {
        json!({
            "success": true, "systemVersion": "8.sandbox", "publicUrl": self.endpoint, "technicalUrl": self.endpoint,
        })
    }

    /// Whether somebody has access, and is online: the gateway knows.
    pub(super) fn presence(person: &Person, gateway: &Gateway) -> (bool, bool) {
        let user = person.gateway_id.and_then(|id| gateway.users().get(&id));
        user.map_or((true, false), |user| (user.is_active, user.is_online))
    }

    pub(super) fn person_view(&self, person: &Person, gateway: &Gateway) -> Value {
        let (is_active, is_online) = Self::presence(person, gateway);
        let groups = person.groups.iter().filter_map(|id| self.groups.get(id));
        let groups: Vec<_> =
            groups.map(|group| json!({"id": group.id, "name": group.name, "code": group.code})).collect();
        let mut view = json!({
            "id": person.id, "createdAt": self.local(person.created_at), "active": is_active,
            "email": person.email, "firstName": person.first_name, "lastName": person.last_name,
            "status": person.status, "online": is_online, "isAdmin": person.is_admin,
            "isManager": person.is_manager, "groups": groups,
        });
        if let Some(id) = person.gateway_id {
            view["mgUserId"] = id.into();
        }
        view
    }

    pub(super) fn one_person(&self, id: Id, gateway: &Gateway) -> Result<Value, NotDone> {
        let person = self.people.get(&id).ok_or_else(|| NotDone::new(404, "Not found"))?;
        Ok(json!({"success": true, "user": self.person_view(person, gateway)}))
    }

    pub(super) fn group_view(group: &Group) -> Value {
        json!({
            "id": group.id, "name": group.name, "code": group.code, "isManager": true, "isPosManager": false,
            "isDeliveryMen": false, "deliveryTypes": [], "breakdownOrderTypes": [], "breakdownSites": group.sites,
            "breakdownOrderMethods": [], "grantedOrderTypes": [], "grantedSites": group.sites,
        })
    }

    pub(super) fn customer_view(&self, customer: &Customer) -> Value {
        let segment = |(at, code): (usize, &String)| json!({"id": at + 1, "code": code, "name": code, "isDynamic": true, "customersCount": 1, "active": true});
        let of_gateway = |(at, id): (usize, &Id)| {
            json!({"id": at + 1, "externalId": id.to_string(),
                   "mgChannel": {"id": 1, "externalId": "1", "type": "whatsapp", "active": true, "name": "Shop",
                                 "allowedSendByPhone": true}})
        };
        let tags: Vec<_> = customer.tags.iter().map(|tag| json!({"name": tag})).collect();
        let phones: Vec<_> = customer.phones.iter().map(|number| json!({"number": number})).collect();
        let orders = customer.orders;
        let mut view = json!({
            "type": "customer", "id": customer.id, "isContact": false, "createdAt": self.local(customer.created_at),
            "vip": customer.is_vip, "bad": customer.is_bad, "site": customer.site,
            "contragent": {"contragentType": "individual"}, "tags": tags, "ordersCount": orders,
            "totalSumm": customer.total, "averageSumm": customer.total.checked_div(orders).unwrap_or_default(),
            "marginSumm": 0, "costSumm": 0, "personalDiscount": 0, "cumulativeDiscount": 0,
            "segments": customer.segments.iter().enumerate().map(segment).collect::<Vec<_>>(),
            // An empty map is written as a list, as the vendor's language does.
            "customFields": [], "firstName": customer.first_name, "lastName": customer.last_name, "phones": phones,
            "mgCustomers": customer.gateway_ids.iter().enumerate().map(of_gateway).collect::<Vec<_>>(),
        });
        let optional: [(&str, Value); 4] = [
            ("externalId", customer.external_id.as_str().into()),
            ("email", customer.email.as_str().into()),
            ("managerId", customer.manager.into()),
            ("mgCustomerId", customer.gateway_ids.first().copied().into()),
        ];
        for (name, value) in optional {
            if !value.is_null() && value != "" {
                view[name] = value;
            }
        }
        view
    }

    pub(super) fn order_view(&self, order: &Order) -> Value {
        let customer = self.customers.get(&order.customer).map(|customer| self.customer_view(customer));
        let mut view = json!({
            "id": order.id, "number": format!("{}C", order.id), "orderType": "eshop-individual",
            "orderMethod": "messenger", "site": order.site, "status": order.status,
            "createdAt": self.local(order.created_at), "summ": order.total, "totalSumm": order.total,
            "customer": customer,
        });
        if let Some(manager) = order.manager {
            view["managerId"] = manager.into();
        }
        if let Some(dialog) = order.dialog {
            view["dialogId"] = dialog.into();
        }
        view
    }

    pub(super) fn settings_view(&self) -> Value {
        let day = |time: &WorkTime| {
            let mut view = json!({"day_type": time.day, "start_time": time.from, "end_time": time.to});
            if let Some((from, to)) = time.lunch {
                view["lunch_start_time"] = from.into();
                view["lunch_end_time"] = to.into();
            }
            view
        };
        let off = self.settings.days_off.iter();
        let channel = |(id, site): &(Id, String)| {
            (
                id.to_string(),
                json!({"site": site, "order_type": "eshop-individual", "order_method": "messenger"}),
            )
        };
        let channels: Map<String, Value> = self.settings.sites.iter().map(channel).collect();
        let default = json!({"site": "main", "order_type": "eshop-individual", "order_method": "messenger"});
        json!({"success": true, "settings": {
            "default_currency": {"value": "EUR"}, "system_language": {"value": "ES"},
            "timezone": {"value": self.settings.zone.name()},
            "work_times": self.settings.work_times.iter().map(day).collect::<Vec<_>>(),
            "non_working_days": off.map(|(from, to)| json!({"start_date": from, "end_date": to})).collect::<Vec<_>>(),
            "mg": {"order_creation": {"default": default, "channels": channels}},
        }})
    }

    pub(super) fn sites_view(&self) -> Value {
        let mut sites = Map::new();
        for code in self.settings.sites.iter().map(|(_, code)| code.as_str()).chain(["main"]) {
            sites.insert(code.to_owned(), json!({"code": code, "name": code}));
        }
        json!({"success": true, "sites": sites})
    }
}
