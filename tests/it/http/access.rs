//! Tokens: who may do what, and in which account.

use reparto::http::auth::bucket::Rate;
use serde_json::json;

use crate::server::{TestServer, Wishes, with_json};

#[actix_web::test]
async fn without_a_token_only_what_tells_nothing_answers() {
    let mut server = TestServer::start().await;
    server.token = "rpt_wrong".to_owned();
    let refused = server.get("dialogs").await.expect_problem(401, "unauthorized");
    assert_eq!(refused.header("www-authenticate"), Some("Bearer realm=\"reparto\""));
    server.get("/metrics").await.expect_problem(401, "unauthorized");
    for open in ["/healthz", "/readyz", "/openapi.json", "/docs", "/problems/busy"] {
        server.get(open).await.expect(200);
    }
    server.stop().await;
}

#[actix_web::test]
async fn roles_permit_what_the_table_says() {
    let mut server = TestServer::start().await;
    let viewer = server.token("viewer", Some("default")).await;
    let backend = server.token("backend", Some("default")).await;
    let metrics = server.token("metrics", None).await;

    server.token = viewer;
    server.get("dialogs").await.expect(200);
    let channel = json!({"type": "site"});
    server.put("channels/s", channel.clone()).await.expect_problem(403, "not_permitted");
    server.get("/metrics").await.expect_problem(403, "not_permitted");

    server.token = backend;
    server.put("channels/s", channel).await.expect(200);
    server.get("/v1/tokens").await.expect_problem(403, "not_permitted");
    assert!(server.get("rules").await.expect(200).at("/sources").is_null());

    server.token = metrics;
    server.get("/metrics").await.expect(200);
    server.get("dialogs").await.expect_problem(403, "not_permitted");
    server.stop().await;
}

#[actix_web::test]
async fn accounts_are_kept_apart() {
    let mut server = TestServer::start().await;
    server.put("/v1/accounts/shop", json!({"name": "Shop"})).await.expect(200);
    let backend = server.token("backend", Some("shop")).await;
    let admin = server.token("admin", Some("shop")).await;
    server.put("channels/wa", json!({"type": "whatsapp"})).await.expect(200);

    server.token = backend;
    server.get("/v1/accounts/shop/channels/wa").await.expect_problem(404, "unknown_id");
    // The answer is the same whether or not the other account exists.
    for other in ["default", "nowhere"] {
        let path = format!("/v1/accounts/{other}/dialogs");
        server.get(&path).await.expect_problem(403, "wrong_account");
        server.post(&path, json!({})).await.expect_problem(403, "wrong_account");
    }

    server.token = admin;
    let tokens = server.get("/v1/tokens").await.expect(200);
    assert!(tokens.at("/items").as_array().unwrap().iter().all(|token| token["account"] == "shop"));
    let wrong = json!({"role": "backend", "account": "default"});
    server.post("/v1/tokens", wrong).await.expect_problem(403, "wrong_account");
    server.post("/v1/tokens", json!({"role": "operator"})).await.expect_problem(403, "not_permitted");
    server.delete("/v1/tokens/test-operator").await.expect_problem(404, "unknown_id");
    server.stop().await;
}

#[actix_web::test]
async fn a_revoked_token_is_refused_at_once() {
    let mut server = TestServer::start().await;
    let made = server.post("/v1/tokens", json!({"role": "viewer", "account": "default"})).await.expect(201);
    assert_eq!(made.header("cache-control"), Some("no-store"));
    let (id, token) = (made.at("/id"), made.at("/token"));
    let operator = std::mem::replace(&mut server.token, token.as_str().unwrap().to_owned());
    server.get("dialogs").await.expect(200);
    let viewer = std::mem::replace(&mut server.token, operator);
    let path = format!("/v1/tokens/{}", id.as_str().unwrap());
    server.delete(&path).await.expect(204);
    server.delete(&path).await.expect(204);
    let listed = server.get("/v1/tokens").await.expect(200);
    assert!(!listed.text.contains(&viewer), "tokens are shown once");
    server.token = viewer;
    server.get("dialogs").await.expect_problem(401, "unauthorized");
    server.stop().await;
}

#[actix_web::test]
async fn a_repeated_making_of_a_token_shows_no_second_secret() {
    let server = TestServer::start().await;
    let make = |name: &str| {
        let body = json!({"role": "viewer", "account": "default", "name": name});
        with_json(server.request("POST", "/v1/tokens").header("Idempotency-Key", "k1"), &body)
    };
    let first = server.send(make("a")).await.expect(201);
    let again = server.send(make("a")).await.expect(200);
    assert_eq!(first.at("/id"), again.at("/id"));
    assert!(again.at("/token").is_null());
    server.send(make("b")).await.expect_problem(422, "idempotency_mismatch");
    server.stop().await;
}

#[actix_web::test]
async fn a_rate_is_kept() {
    let rate = Some(Rate { per_second: 1, burst: 3 });
    let server = TestServer::with(Wishes { rate, ..Wishes::default() }).await;
    let mut refused = 0;
    for _ in 0..6 {
        let answer = server.get("channels").await;
        if answer.status == 429 {
            refused += 1;
            assert!(answer.expect_problem(429, "rate_limited").header("retry-after").is_some());
        }
    }
    assert!((2..=3).contains(&refused), "{refused}");
    server.stop().await;
}
