//! Rules over HTTP: looked at, checked, and put in force.

use serde_json::json;

use crate::server::{EVERYBODY, TestServer};

const TO_BORIS: &str = "[[rule]]\nid = \"boris\"\nto = \"manager:boris\"\n";
const BROKEN: &str = "[[rule]]\nid = \"all\"\nto = \"everyone\"\npick = \"least_loded\"\n";

fn one(text: &str) -> serde_json::Value {
    json!({"sources": [{"name": "rules.toml", "text": text}]})
}

#[actix_web::test]
async fn the_set_in_force_tells_where_it_came_from() {
    let mut server = TestServer::start().await;
    // The record of the first set is written while the server starts; what is answered now comes after it.
    server.set_up(&[]).await;
    let told = server.get("rules").await.expect(200);
    assert_eq!((told.at("/mode"), told.at("/applied_by")), (json!("enforce"), json!("test")));
    assert_eq!(told.at("/sources"), json!([{"name": "test.toml", "text": EVERYBODY}]));
    server.token = server.token("viewer", Some("default")).await;
    let told = server.get("rules").await.expect(200);
    assert!(told.at("/sources").is_null() && told.at("/version").is_string(), "{}", told.text);
    server.get("/v1/accounts/nowhere/rules").await.expect_problem(403, "wrong_account");
    server.stop().await;
}

#[actix_web::test]
async fn a_set_is_checked_without_being_used() {
    let mut server = TestServer::start().await;
    let before = server.get("rules").await.at("/version");
    let fine = server.post("rules/check", one(TO_BORIS)).await.expect(200);
    assert_eq!((fine.at("/errors"), fine.at("/version")), (json!(0), json!(1)));
    let text = server.request("POST", "rules/check").header("content-type", "text/plain; charset=utf-8");
    let bad = server.send(text.body(BROKEN)).await.expect(200);
    assert_eq!((bad.at("/errors"), bad.at("/diagnostics/0/labels/0/start/line")), (json!(1), json!(4)));
    assert_eq!(bad.at("/diagnostics/0/fix/replacement"), "\"least_loaded\"");
    let in_json = server.post("rules/check", one(BROKEN)).await.expect(200);
    assert_eq!(in_json.text, bad.text);
    let no_utf8 = server.request("POST", "rules/check").header("content-type", "text/plain").body(vec![0xff]);
    server.send(no_utf8).await.expect_problem(400, "unreadable_body");
    server.post("rules/check", json!({"sources": []})).await.expect_problem(422, "bad_value");
    server.post("rules/check", json!({"source": []})).await.expect_problem(422, "unknown_field");
    server.post("/v1/accounts/nowhere/rules/check", one("")).await.expect_problem(404, "unknown_account");
    assert_eq!(server.get("rules").await.at("/version"), before);
    server.token = server.token("backend", Some("default")).await;
    server.post("rules/check", one(TO_BORIS)).await.expect_problem(403, "not_permitted");
    server.stop().await;
}

#[actix_web::test]
async fn a_set_comes_into_force_and_a_broken_one_does_not() {
    let server = TestServer::start().await;
    server.set_up(&["ana", "boris"]).await;
    server.open("d1", "c1").await.expect(201);
    let refused = server.put("rules", one(BROKEN)).await.expect_problem(422, "bad_rules");
    assert_eq!(refused.at("/check/diagnostics/0/severity"), "error");
    assert!(refused.at("/detail").as_str().unwrap().contains("1 error;"), "{}", refused.text);
    let applied = server.put("rules", one(TO_BORIS)).await.expect(200);
    assert_eq!(applied.at("/sources/0/text"), TO_BORIS);
    assert_eq!(applied.at("/applied_by"), "tests (token test-operator)");
    let opened = server.open("d2", "c2").await.expect(201);
    assert_eq!(opened.at("/decision/rule"), "boris");
    assert_eq!(opened.at("/decision/rules"), applied.at("/version"));
    assert_eq!(server.events("rules.applied").await.last().unwrap()["data"]["rules"], applied.at("/version"));
    let history = server.get("rules/history").await.expect(200);
    let by: Vec<_> =
        history.at("/items").as_array().unwrap().iter().map(|one| one["applied_by"].clone()).collect();
    assert_eq!(by, ["test", "tests (token test-operator)"]);
    let first = server.get("rules/history?limit=1").await.expect(200);
    let path = format!("rules/history?cursor={}", first.at("/next").as_str().unwrap());
    assert_eq!(server.get(&path).await.expect(200).at("/items/0/version"), applied.at("/version"));
    server.stop().await;
}

#[actix_web::test]
async fn an_administrator_changes_the_rules_of_an_only_account() {
    let mut server = TestServer::start().await;
    let admin = server.token("admin", Some("default")).await;
    let backend = server.token("backend", Some("default")).await;
    let operator = std::mem::replace(&mut server.token, backend);
    server.put("rules", one(TO_BORIS)).await.expect_problem(403, "not_permitted");
    server.token.clone_from(&admin);
    server.put("rules", one(TO_BORIS)).await.expect(200);
    server.token = operator;
    server.put("/v1/accounts/shop", json!({"name": "Shop"})).await.expect(200);
    server.token = admin;
    let refused = server.put("rules", one(EVERYBODY)).await.expect_problem(403, "not_permitted");
    assert!(refused.text.contains("only an operator"), "{}", refused.text);
    server.stop().await;
}

#[actix_web::test]
async fn a_sets_tests_are_played_without_using_it() {
    let mut server = TestServer::start().await;
    let before = server.get("rules").await.at("/version");
    let tests = "\n[[test]]\nname = \"right\"\nexpect = { to = \"boris\" }\n[[test]]\nname = \"wrong\"\nexpect = { waits = true }\n";
    let told = server.post("rules/test", one(&format!("{TO_BORIS}{tests}"))).await.expect(200);
    assert_eq!((told.at("/version"), told.at("/passed"), told.at("/failed")), (json!(1), json!(1), json!(1)));
    assert_eq!(told.at("/tests/1/failure/differences/0"), {
        let place = json!({"file": "rules.toml", "line": 10, "column": 20});
        json!({"what": "waits", "expected": "true", "got": "false", "place": place})
    });
    assert_eq!(told.at("/coverage/percent"), 100);
    let broken = server.post("rules/test", one(BROKEN)).await.expect(200);
    assert_eq!((broken.at("/errors"), broken.at("/tests")), (json!(1), json!([])));
    assert_eq!(server.get("rules").await.at("/version"), before);
    server.token = server.token("backend", Some("default")).await;
    server.post("rules/test", one(TO_BORIS)).await.expect_problem(403, "not_permitted");
    server.stop().await;
}

#[actix_web::test]
async fn a_question_is_answered_by_the_live_desk_and_leaves_no_trace() {
    let server = TestServer::start().await;
    server.set_up(&["ana", "boris"]).await;
    server.put("rules", one("[[rule]]\nid = \"own\"\nwhen = 'has(customer.owner)'\nto = \"owner\"\n[[rule]]\nid = \"all\"\nto = \"everyone\"\n")).await.expect(200);
    server.open("d1", "c1").await.expect(201);
    let events = server.events("dialog.opened").await.len();
    let told = server.post("rules/route", json!({})).await.expect(200);
    assert_eq!(
        (told.at("/decision/rule"), told.at("/decision/choice")),
        (json!("all"), json!({"manager": "boris"}))
    );
    let again = server.post("rules/route", json!({})).await.expect(200);
    assert_eq!(again.at("/decision/choice"), told.at("/decision/choice"));
    let own =
        json!({"facts": {"customer.owner": "ana"}, "channel": "whatsapp", "at": "2026-03-02T10:00:00+01:00"});
    let told = server.post("rules/route", own).await.expect(200);
    assert_eq!(
        (told.at("/decision/rule"), told.at("/decision/choice/manager")),
        (json!("own"), json!("ana"))
    );
    assert_eq!(told.at("/decision/candidates/0/load_units"), 1.0);
    assert_eq!(told.at("/version"), 1);
    server
        .post("rules/route", json!({"facts": {"customer.vipp": true}}))
        .await
        .expect_problem(422, "bad_value");
    server.post("rules/route", json!({"fact": {}})).await.expect_problem(422, "unknown_field");
    server.post("/v1/accounts/nowhere/rules/route", json!({})).await.expect_problem(404, "unknown_account");
    assert_eq!(server.events("dialog.opened").await.len(), events);
    assert!(server.events("routing.target_missing").await.is_empty());
    server.stop().await;
}
