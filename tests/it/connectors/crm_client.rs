//! The client of the CRM against a server that misbehaves.

use std::sync::Arc;

use reparto::connectors::retailcrm::crm::answer::CrmError;
use reparto::connectors::retailcrm::crm::client::Client;
use reparto::connectors::retailcrm::crm::request::Request;
use reparto::connectors::retailcrm::crm_wire::{CustomerPage, UserPage};
use reparto::engine::clock::SystemClock;
use reparto::engine::ids::IdSource;
use serde_json::json;

use super::crm_stub::CrmStub;

const EMPTY: &str = r#"{"success": true, "users": [], "customers": []}"#;

fn client(address: &str) -> Client {
    let (clock, chance) = (Arc::new(SystemClock::default()), Arc::new(IdSource::seeded([3; 32])));
    Client::new(address, "k3y", 100, clock, chance).expect("a client")
}

#[actix::test]
async fn the_key_goes_in_a_header_and_forms_are_forms() {
    let crm = CrmStub::start(vec![(200, "", EMPTY.into())]).await;
    let client = client(&crm.address);
    let _: CustomerPage = client.ask(&Request::customers_of_gateway(5012)).await.expect("an answer");
    let order = Request::create_order(Some("shop"), &json!({ "managerId": 7 }));
    let _: CustomerPage = client.ask(&order).await.expect("an answer");
    let asked = crm.asked();
    assert!(
        asked[0].starts_with("GET /api/v5/customers?filter%5BmgCustomerId%5D=5012&limit=20 HTTP/1.1\r\n"),
        "{}",
        asked[0]
    );
    assert!(asked[0].contains("x-api-key: k3y\r\n"), "{}", asked[0]);
    assert!(asked[1].starts_with("POST /api/v5/orders/create HTTP/1.1\r\n"), "{}", asked[1]);
    assert!(asked[1].contains("content-type: application/x-www-form-urlencoded\r\n"), "{}", asked[1]);
    assert!(asked[1].ends_with("\r\n\r\norder=%7B%22managerId%22%3A7%7D&site=shop"), "{}", asked[1]);
}

#[actix::test]
async fn a_throttled_request_is_sent_again() {
    let script = vec![(503, "", String::new()), (429, "", String::new()), (200, "", EMPTY.into())];
    let crm = CrmStub::start(script).await;
    let users: UserPage = client(&crm.address).ask(&Request::users(1)).await.expect("the third answer");
    assert_eq!((users.users.len(), crm.asked().len()), (0, 3));
}

#[actix::test]
async fn what_may_have_been_done_is_not_done_twice() {
    let crm = CrmStub::start(vec![(0, "", String::new())]).await;
    let order = Request::create_order(None, &json!({}));
    let failure = client(&crm.address).ask::<UserPage>(&order).await.expect_err("it hangs up");
    assert!(matches!(failure, CrmError::Retry { may_be_done: true, .. }), "{failure}");
    assert_eq!(crm.asked().len(), 1);
}

#[actix::test]
async fn failures_are_told_in_words_that_help_and_without_the_key() {
    let refused = r#"{"success": false, "errorMsg": "Wrong \"apiKey\" value."}"#;
    let cases = [
        (403, refused, "the CRM refuses the key: Wrong \"apiKey\" value."),
        (405, "<html>no such account</html>", "there is no account at http://127.0.0.1"),
        (
            400,
            r#"{"success": false, "errorMsg": "Bad", "errors": {"limit": "is odd"}}"#,
            "(400): Bad; limit: is odd",
        ),
        (200, "{", "cannot be read"),
    ];
    for (status, body, expected) in cases {
        let crm = CrmStub::start(vec![(status, "", body.into())]).await;
        let failure = client(&crm.address).ask::<UserPage>(&Request::users(1)).await.expect_err("a failure");
        let told = failure.to_string();
        assert!(told.contains(expected) && !told.contains("k3y"), "{told}");
        assert_eq!(crm.asked().len(), 1, "asking again changes nothing");
    }
}
