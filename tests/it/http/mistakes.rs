//! Bad input: each mistake gets a clear answer, and nothing is harmed.

use reparto::http::HttpOptions;
use serde_json::json;

use crate::server::{TestServer, Wishes, with_json};

#[actix_web::test]
async fn addresses_and_methods() {
    let server = TestServer::start().await;
    server.get("/nowhere").await.expect_problem(404, "no_such_route");
    server.get("dialogs/").await.expect_problem(404, "no_such_route");
    let wrong = server.delete("dialogs").await.expect_problem(405, "wrong_method");
    assert_eq!(wrong.header("allow"), Some("GET, HEAD, OPTIONS, POST"));
    let options = server.send(server.request("OPTIONS", "dialogs")).await.expect(204);
    assert_eq!(options.header("allow"), Some("GET, HEAD, OPTIONS, POST"));
    server.get("/v1/accounts/nowhere/dialogs").await.expect_problem(404, "unknown_account");
    server.get("dialogs/a%20b").await.expect_problem(422, "bad_id");
    server.get("dialogs/a%ff").await.expect_problem(400, "bad_path");
    server.get("dialogs?stat=waiting").await.expect_problem(422, "unknown_field");
    server.stop().await;
}

#[actix_web::test]
async fn bodies() {
    let options = HttpOptions { body_limit: 10_000, ..HttpOptions::default() };
    let server = TestServer::with(Wishes { options, ..Wishes::default() }).await;
    server.set_up(&["ana"]).await;
    let post = |text: &str| {
        let request = server.request("POST", "dialogs").header("content-type", "application/json");
        server.send(request.body(text.to_owned()))
    };
    let malformed = post("{\"id\": \"d1\",\n \"channel\": }").await.expect_problem(400, "malformed_json");
    assert_eq!((malformed.at("/line"), malformed.at("/pointer")), (json!(2), json!("/channel")));
    let unknown = post(r#"{"custommer": "c1"}"#).await.expect_problem(422, "unknown_field");
    assert_eq!(unknown.at("/suggestion"), "customer");
    post(r#"{"channel": 7}"#).await.expect_problem(422, "wrong_type");
    post(r#"{"channel": "w a"}"#).await.expect_problem(422, "bad_id");
    post(r#"{"channel": "no", "customer": "c1"}"#).await.expect_problem(422, "unknown_id");
    post("{}").await.expect_problem(422, "bad_value");
    post("").await.expect_problem(400, "malformed_json");
    post(&" ".repeat(10_001)).await.expect_problem(413, "body_too_large");
    let plain = server.request("POST", "dialogs").header("content-type", "text/plain").body("{}");
    server.send(plain).await.expect_problem(415, "wrong_content_type");
    let zipped = with_json(server.request("POST", "dialogs"), &json!({})).header("content-encoding", "gzip");
    server.send(zipped).await.expect_problem(415, "wrong_content_type");
    server.put("managers/ana", json!({"capacity": -1})).await.expect_problem(422, "bad_value");
    server.put("/v1/accounts/default", json!({"auto_close": "soon"})).await.expect_problem(422, "bad_value");
    assert_eq!(server.get("dialogs").await.at("/items"), json!([]), "nothing was harmed");
    server.open("d1", "c1").await.expect(201);
    server.stop().await;
}
