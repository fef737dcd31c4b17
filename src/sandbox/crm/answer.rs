//! A request in, an answer out: keys, the limit of calls, paths.

use serde_json::{Value, json};

use super::Crm;
use super::records::Id;
use crate::domain::time::Timestamp;
use crate::sandbox::gateway::Gateway;

/// A request. Bodies are forms, with JSON inside some of the fields.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// HTTP method.
    pub method: &'a str,
    /// The path, from `/api` on.
    pub path: &'a str,
    /// Names with values, in order.
    pub query: Vec<(String, String)>,
    /// The header `X-API-KEY`; empty when it is not there.
    pub key: &'a str,
    /// The fields of the form.
    pub form: Vec<(String, String)>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// JSON with a status.
    Json(u16, Value),
    /// A page for people.
    Page(u16, &'static str),
}

/// Why something is not done: a status, `errorMsg`, and `errors` by field.
#[derive(Debug)]
pub(super) struct NotDone {
    status: u16,
    text: String,
    errors: Value,
}

impl NotDone {
    pub(super) fn new(status: u16, text: impl Into<String>) -> Self {
        Self { status, text: text.into(), errors: Value::Null }
    }

    pub(super) fn field(name: &str, text: &str) -> Self {
        Self { errors: json!({name: text}), ..Self::new(400, "Errors in the input parameters") }
    }

    pub(super) fn errors(text: &str, errors: Value) -> Self {
        Self { errors, ..Self::new(400, text) }
    }
}

impl From<NotDone> for Answer {
    fn from(not_done: NotDone) -> Self {
        let mut body = json!({"success": false, "errorMsg": not_done.text});
        if !not_done.errors.is_null() {
            body["errors"] = not_done.errors;
        }
        Self::Json(not_done.status, body)
    }
}

pub(super) type Done = Result<(u16, Value), NotDone>;

const NO_ACCOUNT: &str = "<!DOCTYPE html>\n<html><body><h1>Account does not exist.</h1></body></html>\n";

impl Request<'_> {
    /// A field of the form that holds JSON.
    pub(super) fn object(&self, name: &str) -> Result<Value, NotDone> {
        let Some((_, text)) = self.form.iter().find(|(known, _)| known == name) else {
            return Err(NotDone::new(400, format!("Parameter '{name}' is missing")));
        };
        serde_json::from_str(text).map_err(|_| NotDone::new(400, format!("Parameter '{name}' is not JSON")))
    }

    /// A plain field of the form.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Answers a request.
pub fn answer(crm: &mut Crm, gateway: &mut Gateway, request: &Request<'_>, now: Timestamp) -> Answer {
    if crm.is_missing {
        return Answer::Page(405, NO_ACCOUNT);
    }
    let in_query = request.query.iter().find(|(name, _)| name == "apiKey").map(|(_, key)| key.as_str());
    let key = if request.key.is_empty() { in_query.unwrap_or_default() } else { request.key };
    if key.is_empty() {
        return NotDone::new(403, "\"apiKey\" is missing.").into();
    }
    if !crm.keys.iter().any(|known| known == key) {
        return NotDone::new(403, "Wrong \"apiKey\" value.").into();
    }
    if !crm.counts(key, now) {
        return NotDone::new(503, "API limit exceeded").into();
    }
    match done(crm, gateway, request, now) {
        Ok((status, body)) => Answer::Json(status, body),
        Err(not_done) => not_done.into(),
    }
}

fn id(text: &str) -> Result<Id, NotDone> {
    text.parse().map_err(|_| NotDone::new(404, "Not found"))
}

fn done(crm: &mut Crm, gateway: &mut Gateway, request: &Request<'_>, now: Timestamp) -> Done {
    let path: Vec<&str> = request.path.trim_matches('/').split('/').collect();
    let query = &request.query;
    let Some((&"api", path)) = path.split_first() else {
        return Err(NotDone::new(404, "Not found"));
    };
    let found = match (request.method, path) {
        ("GET", ["credentials"]) => Crm::credentials(),
        ("GET", ["api-versions"]) => json!({"success": true, "versions": ["5.0"]}),
        ("GET", ["system-info"]) => crm.system_info(),
        ("GET", ["v5", "customers"]) => crm.list_customers(query)?,
        ("GET", ["v5", "customers", customer]) => crm.one_customer(customer, query)?,
        ("GET", ["v5", "users"]) => crm.list_people(query, gateway)?,
        ("GET", ["v5", "users", person]) => crm.one_person(id(person)?, gateway)?,
        ("GET", ["v5", "user-groups"]) => crm.list_groups(query)?,
        ("GET", ["v5", "orders"]) => crm.list_orders(query)?,
        ("GET", ["v5", "settings"]) => crm.settings_view(),
        ("GET", ["v5", "reference", "sites"]) => crm.sites_view(),
        ("GET", ["v5", "integration-modules", code]) => crm.module_view(code, gateway)?,
        ("POST", ["v5", "integration-modules", code, "edit"]) => {
            return crm.edit_module(code, &request.object("integrationModule")?, gateway, now);
        }
        ("POST", ["v5", "users", person, "status"]) => {
            crm.change_status(id(person)?, request.field("status").unwrap_or_default(), gateway, now)?
        }
        ("POST", ["v5", "customers", "create"]) => {
            return crm.create_customer(&request.object("customer")?, now);
        }
        ("POST", ["v5", "customers", customer, "edit"]) => {
            crm.edit_customer(customer, query, &request.object("customer")?)?
        }
        ("POST", ["v5", "orders", "create"]) => return crm.create_order(&request.object("order")?, now),
        ("POST", ["v5", "orders", order, "edit"]) => crm.edit_order(id(order)?, &request.object("order")?)?,
        ("POST", ["v5", "tasks", "create"]) => return crm.create_task(&request.object("task")?),
        _ => return Err(NotDone::new(404, "Not found")),
    };
    Ok((200, found))
}

#[cfg(test)]
mod tests;
