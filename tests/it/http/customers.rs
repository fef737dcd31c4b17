//! Customers: records, merging, the card's list of dialogs.

use serde_json::json;

use crate::server::TestServer;

#[actix_web::test]
async fn a_record_is_read_as_it_was_written() {
    let server = TestServer::start().await;
    let record = json!({
        "name": "Eva", "owner": "ana", "vip": true, "tags": ["b", "a"], "orders_count": 2, "orders_total": 100.5,
        "language": "es", "contacts": {"phone": "+34 1"}, "facts": {"branch": "north"}, "excluded_managers": ["gleb"],
    });
    let put = server.put("customers/c1", record).await.expect(200);
    let read = server.get("customers/c1").await.expect(200);
    assert_eq!(put.json(), read.json());
    assert_eq!(read.at("/average_order"), 50.25);
    assert_eq!(read.at("/known"), true);
    assert_eq!(read.at("/tags"), json!(["a", "b"]));
    assert_eq!(read.at("/excluded_managers"), json!(["gleb"]));
    server.get("customers/c2").await.expect_problem(404, "unknown_id");
    server.stop().await;
}

#[actix_web::test]
async fn whom_a_customer_excludes_is_passed_over_and_may_be_chosen_by_hand() {
    let server = TestServer::start().await;
    server.set_up(&["ana"]).await;
    server.put("customers/c1", json!({"owner": "ana", "excluded_managers": ["ana"]})).await.expect(200);
    let opened = server.open("d1", "c1").await.expect(201);
    assert_eq!(opened.at("/dialog/state"), "waiting");
    assert_eq!(opened.at("/decision/counts/excluded"), 1);
    assert_eq!(opened.at("/decision/candidates/0/verdict"), "excluded");
    let by_hand = json!({"to": {"manager": "ana"}, "by": "backend"});
    let given = server.post("dialogs/d1/assign", by_hand).await.expect(200);
    assert_eq!(given.at("/dialog/responsible/manager"), "ana");
    let ids: Vec<String> = (0..51).map(|n| format!("m{n}")).collect();
    let too_many = server.put("customers/c2", json!({ "excluded_managers": ids })).await;
    too_many.expect_problem(422, "bad_value");
    server.stop().await;
}

#[actix_web::test]
async fn merging_relinks_dialogs() {
    let server = TestServer::start().await;
    server.set_up(&["ana"]).await;
    server.put("customers/c1", json!({"orders_count": 1, "orders_total": 10})).await.expect(200);
    server.put("customers/c2", json!({"orders_count": 3, "orders_total": 50, "bad": true})).await.expect(200);
    server.open("d1", "c1").await.expect(201);
    let merged = server.post("customers/c1/merge", json!({"into": "c2"})).await.expect(200);
    assert_eq!((merged.at("/id"), merged.at("/orders_count")), (json!("c2"), json!(4)));
    assert_eq!(merged.at("/bad"), true);
    assert_eq!(server.get("customers/c1").await.expect(200).at("/id"), "c2");
    for card in ["customers/c1/dialogs", "customers/c2/dialogs", "dialogs?customer=c1"] {
        assert_eq!(server.get(card).await.expect(200).at("/items/0/id"), "d1", "{card}");
    }
    server.put("customers/c1", json!({"vip": true})).await.expect_problem(409, "customer_merged");
    assert_eq!(server.open("d2", "c1").await.expect(201).at("/dialog/customer"), "c2");
    server.post("customers/c2/merge", json!({"into": "c9"})).await.expect_problem(422, "unknown_id");
    server.post("customers/c9/merge", json!({"into": "c2"})).await.expect_problem(404, "unknown_id");
    server.stop().await;
}
