//! Requests to the CRM as plain values: what is asked for, before anybody sends it.
//!
//! Filters are bracketed fields of the query; what is posted is a form whose fields may hold JSON.

use std::fmt;

use reqwest::Url;
use serde_json::{Value, json};

/// Elements of a page: the most that every list grants.
pub const PAGE: u32 = 100;

/// How a request is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Writes.
    Post,
}

/// One request.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// How it is sent.
    pub method: Method,
    /// From the address of the account on, without a slash in front.
    pub path: String,
    /// The query, not yet encoded.
    pub query: Vec<(String, String)>,
    /// The form, not yet encoded; empty for what is read.
    pub form: Vec<(String, String)>,
    /// Sending it twice does no more than sending it once.
    pub repeatable: bool,
}

impl fmt::Debug for Request {
    /// Without values: they are people's telephone numbers, and our own client id.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = |pairs: &[(String, String)]| {
            pairs.iter().map(|(field, _)| field.clone()).collect::<Vec<_>>().join(" ")
        };
        let (query, form) = (fields(&self.query), fields(&self.form));
        write!(f, "{:?} {} [{query}] [{form}]", self.method, self.path)
    }
}

impl Request {
    /// Reads a path, with a query.
    pub fn get(path: impl Into<String>, query: &[(&str, &str)]) -> Self {
        Self {
            method: Method::Get,
            path: path.into(),
            query: query.iter().map(|(field, value)| ((*field).to_owned(), (*value).to_owned())).collect(),
            form: Vec::new(),
            repeatable: true,
        }
    }

    /// Posts a form with one field of JSON.
    fn post(path: impl Into<String>, field: &str, value: &Value, repeatable: bool) -> Self {
        Self {
            method: Method::Post,
            path: path.into(),
            query: Vec::new(),
            form: vec![(field.to_owned(), value.to_string())],
            repeatable,
        }
    }

    /// Customers who are this customer of the Message Gateway.
    pub fn customers_of_gateway(customer: u64) -> Self {
        Self::customers("filter[mgCustomerId]", &customer.to_string())
    }

    /// Customers with this telephone number. The filter is for names and finds numbers too, so whoever asks looks at
    /// the numbers that come back.
    pub fn customers_of_phone(phone: &str) -> Self {
        Self::customers("filter[name]", phone)
    }

    /// Customers with this e-mail address.
    pub fn customers_of_email(email: &str) -> Self {
        Self::customers("filter[email]", email)
    }

    fn customers(filter: &str, value: &str) -> Self {
        // Twenty is the shortest page there is.
        Self::get("api/v5/customers", &[(filter, value), ("limit", "20")])
    }

    /// Users who may log in, one page, from 1.
    pub fn users(page: u64) -> Self {
        Self::paged("api/v5/users", page, &[("filter[active]", "1")])
    }

    /// Groups of users, one page, from 1.
    pub fn groups(page: u64) -> Self {
        Self::paged("api/v5/user-groups", page, &[])
    }

    fn paged(path: &str, page: u64, query: &[(&str, &str)]) -> Self {
        let (limit, page) = (PAGE.to_string(), page.to_string());
        Self::get(path, &[query, &[("limit", &limit), ("page", &page)]].concat())
    }

    /// The account's settings.
    pub fn settings() -> Self {
        Self::get("api/v5/settings", &[])
    }

    /// What the key may do. This address has no version.
    pub fn credentials() -> Self {
        Self::get("api/credentials", &[])
    }

    /// Where the account is reached. This address has no version.
    pub fn system_info() -> Self {
        Self::get("api/system-info", &[])
    }

    /// Our integration module, as the account has it.
    pub fn module(code: &str) -> Self {
        Self::get(format!("api/v5/integration-modules/{code}"), &[])
    }

    /// Creates our integration module or changes it: also the way to read the token of the bot again.
    pub fn edit_module(code: &str, module: &Value) -> Self {
        Self::post(format!("api/v5/integration-modules/{code}/edit"), "integrationModule", module, true)
    }

    /// Creates a customer of a store.
    pub fn create_customer(site: Option<&str>, customer: &Value) -> Self {
        Self::of_site("api/v5/customers/create", site, "customer", customer)
    }

    /// Creates an order of a store.
    pub fn create_order(site: Option<&str>, order: &Value) -> Self {
        Self::of_site("api/v5/orders/create", site, "order", order)
    }

    fn of_site(path: &str, site: Option<&str>, field: &str, value: &Value) -> Self {
        let mut request = Self::post(path, field, value, false);
        let site = site.filter(|site| !site.is_empty());
        request.form.extend(site.map(|site| ("site".to_owned(), site.to_owned())));
        request
    }

    /// Sets a manager's status: `free`, `busy`, `dinner` or `break`.
    pub fn set_status(user: u64, status: &str) -> Self {
        Self {
            form: vec![("status".to_owned(), status.to_owned())],
            ..Self::post(format!("api/v5/users/{user}/status"), "status", &json!(status), true)
        }
    }

    /// Where it goes, below the address of an account.
    pub fn url(&self, account: &Url) -> Url {
        let mut url = account.clone();
        url.set_path(&format!("{}/{}", account.path().trim_end_matches('/'), self.path));
        url.set_query(None);
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        url
    }

    /// The body: the form, encoded.
    pub fn body(&self) -> String {
        // Forms and queries are encoded alike.
        let Ok(mut url) = Url::parse("form:") else {
            return String::new();
        };
        url.query_pairs_mut().extend_pairs(&self.form);
        url.query().unwrap_or_default().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_bracketed_and_encoded() {
        let account = Url::parse("https://shop.example/").expect("an address");
        assert_eq!(
            Request::customers_of_gateway(5012).url(&account).as_str(),
            "https://shop.example/api/v5/customers?filter%5BmgCustomerId%5D=5012&limit=20"
        );
        assert_eq!(
            Request::users(2).url(&account).as_str(),
            "https://shop.example/api/v5/users?filter%5Bactive%5D=1&limit=100&page=2"
        );
        assert_eq!(Request::credentials().url(&account).as_str(), "https://shop.example/api/credentials");
        let below = Url::parse("http://127.0.0.1:9/crm").expect("an address");
        assert_eq!(Request::settings().url(&below).as_str(), "http://127.0.0.1:9/crm/api/v5/settings");
        let phone = Request::customers_of_phone("+34 611&x");
        assert!(phone.url(&account).as_str().contains("filter%5Bname%5D=%2B34+611%26x"), "{phone:?}");
    }

    #[test]
    fn what_is_posted_is_a_form_with_json_in_it() {
        let request = Request::create_order(Some("shop-1"), &json!({"managerId": 7}));
        assert_eq!(request.body(), "order=%7B%22managerId%22%3A7%7D&site=shop-1");
        assert!(!request.repeatable);
        assert_eq!(Request::set_status(7, "busy").body(), "status=busy");
        assert_eq!(Request::settings().body(), "");
    }

    #[test]
    fn what_is_logged_has_no_values() {
        let shown = format!("{:?}", Request::customers_of_phone("34611222333"));
        assert_eq!(shown, "Get api/v5/customers [filter[name] limit] []");
    }
}
