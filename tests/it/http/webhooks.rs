//! Webhooks: made, listed, removed.

use serde_json::json;

use crate::server::TestServer;

#[actix_web::test]
async fn a_secret_is_shown_once() {
    let server = TestServer::start().await;
    let body = json!({"url": "http://127.0.0.1:9/hook", "events": ["dialog.*"]});
    let made = server.post("webhooks", body).await.expect(201);
    let secret = made.at("/secret");
    assert!(secret.as_str().unwrap().starts_with("whsec_"));
    let path = format!("webhooks/{}", made.at("/id").as_str().unwrap());
    let read = server.get(&path).await.expect(200);
    assert!(read.at("/secret").is_null());
    assert_eq!(read.at("/events"), json!(["dialog.*"]));
    assert!(!server.get("webhooks").await.expect(200).text.contains("whsec_"));
    server.get(&format!("{path}/deliveries")).await.expect(200);
    let again = server.post(&format!("{path}/redeliver"), json!({"from": 1})).await.expect(200);
    assert_eq!(again.at("/paused"), false);
    server.delete(&path).await.expect(204);
    server.get(&path).await.expect_problem(404, "unknown_id");
    server.delete(&path).await.expect_problem(404, "unknown_id");
    server.stop().await;
}

#[actix_web::test]
async fn addresses_and_events_are_checked() {
    let server = TestServer::start().await;
    for body in [
        json!({"url": "ftp://crm/hook"}),
        json!({"url": "https://user:secret@crm/hook"}),
        json!({"url": "http://crm/hook", "events": ["dialog.asigned"]}),
    ] {
        server.post("webhooks", body).await.expect_problem(422, "bad_value");
    }
    server.stop().await;
}
