//! Batches: each fact on its own, in order, once.

use reparto::http::HttpOptions;
use serde_json::json;

use crate::server::{TestServer, Wishes};

#[actix_web::test]
async fn a_batch_is_carried_out_in_order_and_once() {
    let server = TestServer::start().await;
    let facts = json!([
        {"source_id": "1", "type": "channel.put", "id": "wa", "data": {"type": "whatsapp"}},
        {"source_id": "2", "type": "manager.put", "id": "ana", "data": {}},
        {"source_id": "3", "type": "manager.presence", "id": "ana", "data": {"online": true}},
        {"source_id": "4", "type": "dialog.open", "data": {"id": "d1", "channel": "wa", "customer": "c1"}},
        {"source_id": "5", "type": "dialog.write", "id": "d1", "data": {"from": {"customer": "c1"}, "text": "hi"}},
        {"source_id": "6", "type": "dialog.close", "id": "d1", "data": {"by": {"manager": "ana"}}},
    ]);
    let first = server.post("events", facts.clone()).await.expect(200);
    assert_eq!((first.at("/done"), first.at("/refused")), (json!(6), json!(0)), "{}", first.text);
    assert_eq!(first.at("/items/3/responsible/manager"), "ana");
    let newest = server.get("events?after=newest").await.at("/newest_seq");
    let again = server.post("events", facts).await.expect(200);
    assert_eq!(again.at("/done"), 6, "{}", again.text);
    assert_eq!(server.get("events?after=newest").await.at("/newest_seq"), newest, "nothing was done twice");
    server.stop().await;
}

#[actix_web::test]
async fn a_mistake_harms_its_own_fact_only() {
    let server = TestServer::start().await;
    server.set_up(&["ana"]).await;
    let lines = [
        r#"{"source_id":"1","type":"dialog.open","data":{"id":"d1","channel":"wa","customer":"c1"}}"#,
        r#"{"source_id":"2","type":"dialog.open","data":{"channle":"wa"}}"#,
        r#"{"source_id":"3","type":"dialog.close","id":"d9"}"#,
        r#"{"source_id":"4","type":"dialog.open","data":{"id":"d2","channel":"wa","customer":"c2"}}"#,
    ];
    let request = server.request("POST", "events").header("content-type", "application/x-ndjson");
    let answer = server.send(request.body(lines.join("\n"))).await.expect(200);
    let statuses = [0, 1, 2, 3].map(|at| answer.at(&format!("/items/{at}/status")));
    assert_eq!(statuses, ["done", "refused", "refused", "done"]);
    assert_eq!(answer.at("/items/1/problem/suggestion"), "channel");
    assert_eq!(answer.at("/items/2/problem/code"), "unknown_id");
    assert_eq!(server.get("dialogs").await.at("/items").as_array().unwrap().len(), 2);
    server.stop().await;
}

#[actix_web::test]
async fn a_batch_has_a_limit() {
    let options = HttpOptions { batch_limit: 2, ..HttpOptions::default() };
    let server = TestServer::with(Wishes { options, ..Wishes::default() }).await;
    server.post("events", json!([1, 2, 3])).await.expect_problem(413, "batch_too_large");
    assert_eq!(server.post("events", json!([])).await.expect(200).at("/done"), 0);
    server.stop().await;
}

#[actix_web::test]
async fn a_fact_that_comes_again_late_undoes_nothing() {
    let server = TestServer::start().await;
    server.set_up(&["ana"]).await;
    let presence = |source: &str, status: &str| {
        let data = json!({"online": true, "status": status});
        json!([{"source_id": source, "type": "manager.presence", "id": "ana", "data": data}])
    };
    server.post("events", presence("1", "free")).await.expect(200);
    server.post("events", presence("2", "dinner")).await.expect(200);
    let again = server.post("events", presence("1", "free")).await.expect(200);
    assert_eq!(again.at("/items/0/status"), "done", "{}", again.text);
    assert_eq!(server.get("managers/ana").await.at("/available"), false, "what was said since stands");
    // The same within one batch.
    let batch =
        [presence("3", "free"), presence("4", "dinner"), presence("3", "free")].map(|one| one[0].clone());
    assert_eq!(server.post("events", json!(batch)).await.expect(200).at("/done"), 3);
    assert_eq!(server.get("managers/ana").await.at("/available"), false, "the third is the first again");
    let other = server.post("events", presence("1", "busy")).await.expect(200);
    assert_eq!(other.at("/items/0/problem/code"), "idempotency_mismatch", "{}", other.text);
    server.stop().await;
}
