//! Customers: records, merging, the card's list of dialogs.

use serde_json::json;

use crate::server::TestServer;

#[actix_web::test]
async fn a_record_is_read_as_it_was_written() {
    let server = TestServer::start().await;
    let record = json!({
        "name": "Eva", "owner": "ana", "vip": true, "tags": ["b", "a"], "orders_count": 2, "orders_total": 100.5,
        "language": "es", "contacts": {"phone": "+34 1"}, "facts": {"branch": "north"},
    });
    let put = server.put("customers/c1", record).await.expect(200);
    let read = server.get("customers/c1").await.expect(200);
    assert_eq!(put.json(), read.json());
    assert_eq!(read.at("/average_order"), 50.25);
    assert_eq!(read.at("/known"), true);
    assert_eq!(read.at("/tags"), json!(["a", "b"]));
    server.get("customers/c2").await.expect_problem(404, "unknown_id");
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
    server.post("customers/c2/merge", json!({"into": "c9"})).await.expect_problem(422, "unknown_id");
    server.post("customers/c9/merge", json!({"into": "c2"})).await.expect_problem(404, "unknown_id");
    server.stop().await;
}
