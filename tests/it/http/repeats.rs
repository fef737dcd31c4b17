//! `Idempotency-Key`: repeats answer as the first did.

use serde_json::{Value, json};

use crate::server::{Answer, TestServer, with_json};

async fn with_key(server: &TestServer, path: &str, key: &str, body: Value) -> Answer {
    let request = server.request("POST", path).header("Idempotency-Key", key);
    server.send(with_json(request, &body)).await
}

#[actix_web::test]
async fn a_repeat_is_answered_from_the_receipt() {
    let server = TestServer::start().await;
    server.set_up(&["ana"]).await;
    let body = json!({"channel": "wa", "customer": "c1", "message": {"text": "hi"}});
    let first = with_key(&server, "dialogs", "k1", body.clone()).await.expect(201);
    let again = with_key(&server, "dialogs", "k1", body.clone()).await.expect(201);
    assert_eq!(first.text, again.text);
    assert_eq!(first.header("idempotency-replayed"), None);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    with_key(&server, "dialogs", "k1", json!({"channel": "wa", "customer": "c2"}))
        .await
        .expect_problem(422, "idempotency_mismatch");
    with_key(&server, "dialogs", &"x".repeat(256), body).await.expect_problem(400, "bad_header");
    assert_eq!(server.events("dialog.opened").await.len(), 1);
    server.stop().await;
}

#[actix_web::test]
async fn of_requests_at_once_one_is_carried_out() {
    let server = TestServer::start().await;
    server.set_up(&["ana"]).await;
    let body = json!({"channel": "wa", "customer": "c1"});
    let calls = (0..8).map(|_| with_key(&server, "dialogs", "k1", body.clone()));
    let answers = futures_util::future::join_all(calls).await;
    assert!(answers.iter().all(|answer| matches!(answer.status, 201 | 409)), "{answers:?}");
    assert!(answers.iter().any(|answer| answer.status == 201));
    assert_eq!(server.events("dialog.opened").await.len(), 1);
    server.stop().await;
}

#[actix_web::test]
async fn what_left_no_trace_is_tried_anew() {
    let server = TestServer::start().await;
    let body = json!({"channel": "wa", "customer": "c1"});
    with_key(&server, "dialogs", "k1", body.clone()).await.expect_problem(422, "unknown_id");
    server.set_up(&[]).await;
    with_key(&server, "dialogs", "k1", body).await.expect(201);
    server.stop().await;
}

/// A server that dies between what it did and the receipt finds it again by its id.
#[actix_web::test]
async fn ids_that_are_left_out_follow_from_the_key() {
    let body = json!({"channel": "wa", "customer": "c1"});
    let mut ids = Vec::new();
    for key in ["k1", "k1", "k2"] {
        let server = TestServer::start().await;
        server.set_up(&["ana"]).await;
        let answer = with_key(&server, "dialogs", key, body.clone()).await.expect(201);
        ids.push(answer.at("/dialog/id"));
        server.stop().await;
    }
    assert!(ids[0].is_string(), "{ids:?}");
    assert_eq!(ids[0], ids[1], "the same key on servers that know nothing of each other");
    assert_ne!(ids[0], ids[2], "another key");
}
