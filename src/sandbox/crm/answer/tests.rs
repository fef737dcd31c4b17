//! The stand-in CRM, called as a bot calls it.

use super::super::records::{Customer, Group, Person};
use super::*;

const NOW: Timestamp = Timestamp::from_secs(1_772_442_904);

fn pairs(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

struct Account {
    crm: Crm,
    gateway: Gateway,
}

impl Account {
    fn new() -> Self {
        let (mut crm, mut gateway) = (Crm::new("key"), Gateway::default());
        crm.calls_per_second = 1000;
        crm.endpoint = "http://gateway".into();
        crm.add_group(Group {
            id: 25,
            code: "sales".into(),
            name: "Sales".into(),
            sites: vec!["main".into()],
        });
        let user = gateway.add_user("17", "Ana", "Gil", NOW);
        gateway.set_online(user, true, NOW);
        crm.add_person(Person {
            id: 17,
            gateway_id: Some(user),
            first_name: "Ana".into(),
            last_name: "Gil".into(),
            email: "ana@shop.example".into(),
            status: "free",
            is_admin: false,
            is_manager: true,
            groups: vec![25],
            created_at: NOW,
        });
        for (id, phone, tied) in [(5, "+34 611-222-333", vec![40]), (6, "", vec![41, 42])] {
            crm.put_customer(Customer {
                id,
                first_name: "Marta".into(),
                phones: vec![phone.into()],
                email: format!("c{id}@mail.example"),
                manager: (id == 5).then_some(17),
                gateway_ids: tied,
                created_at: NOW,
                ..Customer::default()
            });
        }
        Self { crm, gateway }
    }

    fn call(&mut self, method: &str, target: &str, form: &[(&str, &str)]) -> (u16, Value) {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let form = form.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let request = Request { method, path, query: pairs(query), key: "key", form };
        match answer(&mut self.crm, &mut self.gateway, &request, NOW) {
            Answer::Json(status, body) => (status, body),
            Answer::Page(status, page) => (status, page.into()),
        }
    }

    fn found(&mut self, filter: &str) -> Vec<u64> {
        let (status, body) = self.call("GET", &format!("/api/v5/customers?{filter}"), &[]);
        assert_eq!(status, 200, "{body}");
        body["customers"].as_array().unwrap().iter().map(|found| found["id"].as_u64().unwrap()).collect()
    }
}

#[test]
fn customers_are_found_by_what_is_known_of_them() {
    let mut account = Account::new();
    assert_eq!(account.found("filter[mgCustomerId]=42"), [6]);
    assert_eq!(account.found("filter[name]=34611222333"), [5], "a number counts as a name");
    assert_eq!(account.found("filter[email]=C6@mail.example"), [6]);
    assert_eq!(account.found("filter[managers][]=17"), [5]);
    assert_eq!(account.found("filter[ids][]=5&filter[ids][]=6"), [6, 5]);
    assert_eq!(account.found("filter[mgCustomerId]=999"), [0; 0]);
    let (status, body) = account.call("GET", "/api/v5/customers?filter[mgCustomer]=1", &[]);
    assert_eq!((status, &body["success"]), (400, &json!(false)), "a misspelt filter must not find everybody");
    assert_eq!(account.call("GET", "/api/v5/customers?limit=30", &[]).0, 400);
    let (_, five) = account.call("GET", "/api/v5/customers/5?by=id", &[]);
    assert_eq!(
        (&five["customer"]["managerId"], &five["customer"]["createdAt"]),
        (&json!(17), &json!("2026-03-02 10:15:04"))
    );
}

#[test]
fn people_have_a_switch_that_the_gateway_follows() {
    let mut account = Account::new();
    let (_, body) = account.call("GET", "/api/v5/users?filter[active]=1&filter[isManager]=1&limit=100", &[]);
    let ana = &body["users"][0];
    assert_eq!((&ana["mgUserId"], &ana["online"], &ana["status"]), (&json!(1), &json!(true), &json!("free")));
    assert_eq!(account.call("POST", "/api/v5/users/17/status", &[("status", "dinner")]).0, 200);
    assert!(!account.gateway.users()[&1].available);
    assert_eq!(account.call("POST", "/api/v5/users/17/status", &[("status", "asleep")]).0, 400);
    assert_eq!(account.call("POST", "/api/v5/users/99/status", &[("status", "free")]).0, 404);
}

#[test]
fn a_bot_is_connected_and_its_token_renewed() {
    let mut account = Account::new();
    let module = |active: bool, wants: &Value| {
        json!({"code": "reparto", "name": "Reparto", "active": active, "clientId": "abc", "baseUrl": "http://bot",
               "actions": {"activity": "/activity"}, "integrations": {"mgBot": wants}})
        .to_string()
    };
    let path = "/api/v5/integration-modules/reparto/edit";
    let form = module(true, &json!({}));
    let (status, first) = account.call("POST", path, &[("integrationModule", &form)]);
    assert_eq!((status, &first["info"]["mgBot"]["endpointUrl"]), (201, &json!("http://gateway")));
    let again = account.call("POST", path, &[("integrationModule", &form)]);
    assert_eq!((again.0, &again.1["info"]), (200, &first["info"]), "asking again tells the same token");
    let form = module(true, &json!({"refreshToken": true}));
    let (_, renewed) = account.call("POST", path, &[("integrationModule", &form)]);
    assert_ne!(renewed["info"]["mgBot"]["token"], first["info"]["mgBot"]["token"]);
    let (_, seen) = account.call("GET", "/api/v5/integration-modules/reparto", &[]);
    assert_eq!(
        seen["integrationModule"]["integrations"]["mgBot"]["token"],
        renewed["info"]["mgBot"]["token"]
    );
    let told =
        account.crm.switch_module("reparto", true, true, &mut account.gateway, NOW).expect("it is told");
    assert_eq!(told.0, "http://bot/activity");
    assert!(!account.gateway.bots()[&1].is_active, "a frozen module's bot is off");
    account.crm.has_no_chats = true;
    let (status, refused) = account.call("POST", path, &[("integrationModule", &form)]);
    assert_eq!((status, &refused["errorMsg"]), (400, &json!("Failed to activate module")));
}

#[test]
fn keys_limits_and_missing_accounts_are_told_in_the_vendors_words() {
    let mut account = Account::new();
    let with_key = |account: &mut Account, key: &str| {
        let request = Request { method: "GET", path: "/api/credentials", query: vec![], key, form: vec![] };
        answer(&mut account.crm, &mut account.gateway, &request, NOW)
    };
    let refused = |text: &str| Answer::Json(403, json!({"success": false, "errorMsg": text}));
    assert_eq!(with_key(&mut account, ""), refused("\"apiKey\" is missing."));
    assert_eq!(with_key(&mut account, "other"), refused("Wrong \"apiKey\" value."));
    account.crm.calls_per_second = 2;
    assert_eq!(account.call("GET", "/api/credentials", &[]).0, 200);
    assert_eq!(account.call("GET", "/api/v5/settings", &[]).0, 200);
    assert_eq!(account.call("GET", "/api/v5/settings", &[]).0, 503);
    account.crm.is_missing = true;
    assert!(matches!(with_key(&mut account, "key"), Answer::Page(405, page) if page.starts_with('<')));
}

#[test]
fn what_is_written_is_kept() {
    let mut account = Account::new();
    let tags = [("customer", r#"{"addTags": ["return"], "removeTags": ["new"]}"#)];
    assert_eq!(account.call("POST", "/api/v5/customers/5/edit?by=id", &tags).0, 200);
    assert_eq!(account.crm.customers()[&5].tags, ["return"]);
    let task = [("task", r#"{"text": "Call Marta", "datetime": "2026-03-03 10:00", "performerId": 17}"#)];
    assert_eq!(account.call("POST", "/api/v5/tasks/create", &task), (201, json!({"success": true, "id": 1})));
    let order = [("order", r#"{"customer": {"id": 5}, "managerId": 17, "site": "main"}"#)];
    assert_eq!(account.call("POST", "/api/v5/orders/create", &order).0, 201);
    let (_, orders) = account.call("GET", "/api/v5/orders?filter[customerId]=5", &[]);
    assert_eq!(
        (&orders["orders"][0]["managerId"], &orders["pagination"]["totalCount"]),
        (&json!(17), &json!(1))
    );
    let (status, missing) = account.call("POST", "/api/v5/tasks/create", &[]);
    assert_eq!((status, &missing["errorMsg"]), (400, &json!("Parameter 'task' is missing")));
}
