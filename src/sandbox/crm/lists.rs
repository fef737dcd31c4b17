//! Filters and pages of the CRM's lists.

use serde_json::{Value, json};

use super::Crm;
use super::answer::NotDone;
use super::records::{Customer, Id, digits};
use crate::sandbox::gateway::Gateway;

type Pairs = [(String, String)];

/// What `limit` may be.
const LIMITS: [usize; 4] = [20, 50, 100, 250];

/// The filters of a query: `filter[name]` and `filter[name][]`.
struct Filters<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Filters<'a> {
    /// Refuses those nobody knows.
    fn read(query: &'a Pairs, known: &[&str]) -> Result<Self, NotDone> {
        let mut filters = Vec::new();
        for (name, value) in query {
            let Some(rest) = name.strip_prefix("filter[") else { continue };
            let Some((name, _)) = rest.split_once(']') else {
                return Err(NotDone::field("filter", "This value is not valid."));
            };
            if !known.contains(&name) {
                return Err(NotDone::field(name, "This form should not contain extra fields."));
            }
            filters.push((name, value.as_str()));
        }
        Ok(Self(filters))
    }

    fn values(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// No such filter, or one whose values hold one that fits.
    fn allows(&self, name: &str, fits: impl Fn(&str) -> bool) -> bool {
        let mut values = self.values(name).peekable();
        values.peek().is_none() || values.any(fits)
    }

    fn switch(&self, name: &str, actual: bool) -> bool {
        self.allows(name, |value| matches!(value, "1" | "true") == actual)
    }

    fn number(&self, name: &str, actual: Option<Id>) -> bool {
        self.allows(name, |value| value.parse().ok() == actual && actual.is_some())
    }
}

fn number(query: &Pairs, name: &str) -> Result<Option<usize>, NotDone> {
    let value = query.iter().find(|(known, _)| known == name);
    let parse = |(_, text): &(String, String)| {
        text.parse().map_err(|_| NotDone::field(name, "This value is not valid."))
    };
    value.map(parse).transpose()
}

/// One page of what was found, newest first, under its name.
fn page(query: &Pairs, name: &str, found: &[Value]) -> Result<Value, NotDone> {
    let limit = number(query, "limit")?.unwrap_or(20);
    if !LIMITS.contains(&limit) {
        return Err(NotDone::field("limit", "The value you selected is not a valid choice."));
    }
    let page = number(query, "page")?.unwrap_or(1);
    if page == 0 {
        return Err(NotDone::field("page", "This value should be 1 or more."));
    }
    let shown: Vec<_> = found.iter().skip((page - 1).saturating_mul(limit)).take(limit).collect();
    let pages = found.len().div_ceil(limit).max(1);
    let pagination =
        json!({"limit": limit, "totalCount": found.len(), "currentPage": page, "totalPageCount": pages});
    Ok(json!({"success": true, "pagination": pagination, name: shown}))
}

impl Crm {
    pub(super) fn list_customers(&self, query: &Pairs) -> Result<Value, NotDone> {
        let known = [
            "mgCustomerId",
            "ids",
            "externalIds",
            "email",
            "name",
            "vip",
            "bad",
            "managers",
            "sites",
            "segment",
            "tags",
        ];
        let filters = Filters::read(query, &known)?;
        let is_wanted = |customer: &Customer| {
            let named = |text: &str| {
                let text = text.to_lowercase();
                let digits = digits(&text);
                let name = format!("{} {}", customer.first_name, customer.last_name).to_lowercase();
                name.contains(&text) || (!digits.is_empty() && customer.has_phone(&digits))
            };
            let of_gateway =
                |value: &str| value.parse().is_ok_and(|id: Id| customer.gateway_ids.contains(&id));
            filters.allows("mgCustomerId", of_gateway)
                && filters.number("ids", Some(customer.id))
                && filters.allows("externalIds", |id| id == customer.external_id)
                && filters.allows("email", |email| email.eq_ignore_ascii_case(&customer.email))
                && filters.allows("name", named)
                && filters.switch("vip", customer.is_vip)
                && filters.switch("bad", customer.is_bad)
                && filters.number("managers", customer.manager)
                && filters.allows("sites", |site| site == customer.site)
                && filters.allows("segment", |code| customer.segments.iter().any(|known| known == code))
                && filters.allows("tags", |tag| customer.tags.iter().any(|known| known == tag))
        };
        let found = self.customers.values().rev().filter(|customer| is_wanted(customer));
        page(query, "customers", &found.map(|customer| self.customer_view(customer)).collect::<Vec<_>>())
    }

    pub(super) fn one_customer(&self, id: &str, query: &Pairs) -> Result<Value, NotDone> {
        let customer = self.customer_by(id, query)?;
        Ok(json!({"success": true, "customer": self.customer_view(customer)}))
    }

    /// By id, or by the shop's id unless the query says `by=id`.
    pub(super) fn customer_by(&self, id: &str, query: &Pairs) -> Result<&Customer, NotDone> {
        let is_own = query.iter().any(|(name, value)| name == "by" && value == "id");
        let is_it = |customer: &&Customer| {
            if is_own { customer.id.to_string() == id } else { customer.external_id == id }
        };
        self.customers.values().find(is_it).ok_or_else(|| NotDone::new(404, "Not found"))
    }

    pub(super) fn list_people(&self, query: &Pairs, gateway: &Gateway) -> Result<Value, NotDone> {
        let known = ["active", "isManager", "isAdmin", "online", "status", "email", "groups", "ids"];
        let filters = Filters::read(query, &known)?;
        let found = self.people.values().rev().filter(|person| {
            let (is_active, is_online) = Self::presence(person, gateway);
            filters.switch("active", is_active)
                && filters.switch("online", is_online)
                && filters.switch("isManager", person.is_manager)
                && filters.switch("isAdmin", person.is_admin)
                && filters.allows("status", |status| status == person.status)
                && filters.allows("email", |email| email.eq_ignore_ascii_case(&person.email))
                && filters.allows("groups", |group| {
                    group.parse().is_ok_and(|group: Id| person.groups.contains(&group))
                })
                && filters.number("ids", Some(person.id))
        });
        page(query, "users", &found.map(|person| self.person_view(person, gateway)).collect::<Vec<_>>())
    }

    pub(super) fn list_groups(&self, query: &Pairs) -> Result<Value, NotDone> {
        page(query, "groups", &self.groups.values().map(Self::group_view).collect::<Vec<_>>())
    }

    pub(super) fn list_orders(&self, query: &Pairs) -> Result<Value, NotDone> {
        let filters = Filters::read(query, &["customerId", "ids", "managers", "sites", "extendedStatus"])?;
        let found = self.orders.values().rev().filter(|order| {
            filters.number("customerId", Some(order.customer))
                && filters.number("ids", Some(order.id))
                && filters.number("managers", order.manager)
                && filters.allows("sites", |site| site == order.site)
                && filters.allows("extendedStatus", |status| status == order.status)
        });
        page(query, "orders", &found.map(|order| self.order_view(order)).collect::<Vec<_>>())
    }
}
