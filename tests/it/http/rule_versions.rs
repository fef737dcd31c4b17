//! Versions of rules over HTTP: each account its own, guarded against whoever is faster, and back again.

use serde_json::json;

use crate::server::{EVERYBODY, TestServer};

const TO_ANA: &str = "[[rule]]\nid = \"ana\"\nto = \"manager:ana\"\n";
const TO_BORIS: &str = "[[rule]]\nid = \"boris\"\nto = \"manager:boris\"\n";

fn one(text: &str) -> serde_json::Value {
    json!({"sources": [{"name": "rules.toml", "text": text}]})
}

#[actix_web::test]
async fn each_account_has_rules_of_its_own_or_goes_along_with_the_default_one() {
    let server = TestServer::start().await;
    let shop = |path: &str| format!("/v1/accounts/shop/{path}");
    server.put("/v1/accounts/shop", json!({"name": "Shop"})).await.expect(200);
    let seen = server.get(&shop("rules")).await.expect(200);
    assert_eq!(
        (seen.at("/via"), seen.at("/version")),
        (json!("default"), server.get("rules").await.at("/version"))
    );

    let ana = server.put("rules?why=ana%20does%20it%20all", one(TO_ANA)).await.expect(200);
    assert_eq!((ana.at("/via"), ana.at("/why")), (json!("api"), json!("ana does it all")));
    let seen = server.get(&shop("rules")).await.expect(200);
    assert_eq!((seen.at("/via"), seen.at("/version")), (json!("default"), ana.at("/version")));
    let history = server.get(&shop("rules/history")).await.expect(200);
    assert_eq!(history.at("/items/1/why"), "ana does it all", "{}", history.text);

    let boris = server.put(&shop("rules"), one(TO_BORIS)).await.expect(200);
    assert_eq!(server.get("rules").await.at("/version"), ana.at("/version"));
    server.put("rules", one(EVERYBODY)).await.expect(200);
    let seen = server.get(&shop("rules")).await.expect(200);
    assert_eq!((seen.at("/via"), seen.at("/version")), (json!("api"), boris.at("/version")));
    server.stop().await;
}

#[actix_web::test]
async fn of_two_who_compared_with_the_same_version_one_is_told_that_the_other_was_faster() {
    let server = TestServer::start().await;
    server.set_up(&["ana", "boris"]).await;
    let before = server.get("rules").await.at("/version");
    let path = format!("rules?expected={}", before.as_str().unwrap());
    let (ana, boris) = tokio::join!(server.put(&path, one(TO_ANA)), server.put(&path, one(TO_BORIS)));
    let (applied, refused) = if ana.status == 200 { (ana, boris) } else { (boris, ana) };
    let applied = applied.expect(200);
    let refused = refused.expect_problem(409, "rules_moved");
    let in_force = applied.at("/version");
    assert!(refused.at("/detail").as_str().unwrap().contains(in_force.as_str().unwrap()), "{}", refused.text);
    assert_eq!(server.get("rules").await.at("/version"), in_force);
    let applied = server.events("rules.applied").await;
    assert_eq!(applied.len(), 2, "{applied:?}");
    assert_eq!(applied[1]["data"]["previous"], before);
    assert_eq!(applied[1]["data"]["applied_by"], "tests (token test-operator)");
    server.stop().await;
}

#[actix_web::test]
async fn an_earlier_version_comes_back_by_the_beginning_of_its_name() {
    let mut server = TestServer::start().await;
    server.set_up(&["ana", "boris"]).await;
    let ana = server.put("rules", one(TO_ANA)).await.expect(200).at("/version");
    let ana = ana.as_str().unwrap();
    let boris = server.put("rules", one(TO_BORIS)).await.expect(200).at("/version");
    assert_eq!(server.open("d1", "c1").await.expect(201).at("/decision/rule"), "boris");
    let back = json!({"version": &ana[..6], "why": "boris is ill", "expected": boris});
    let back_again = server.post("rules/rollback", back.clone()).await.expect(200);
    assert_eq!((back_again.at("/version"), back_again.at("/via")), (json!(ana), json!("rollback")));
    server.post("rules/rollback", back).await.expect_problem(409, "rules_moved");
    assert_eq!(server.open("d2", "c2").await.expect(201).at("/decision/rule"), "ana");
    server.post("rules/rollback", json!({"version": "zz"})).await.expect_problem(422, "unknown_id");
    server.post("rules/rollback", json!({"version": ""})).await.expect_problem(422, "unknown_id");
    let long = json!({"version": ana, "why": "x".repeat(501)});
    server.post("rules/rollback", long).await.expect_problem(422, "bad_value");

    let shown = server.get(&format!("rules/history/{}", &ana[..8])).await.expect(200);
    assert_eq!((shown.at("/why"), shown.at("/sources/0/text")), (json!("boris is ill"), json!(TO_ANA)));
    server.get("rules/history/zz").await.expect_problem(404, "unknown_id");
    server.token = server.token("viewer", Some("default")).await;
    let shown = server.get(&format!("rules/history/{ana}")).await.expect(200);
    assert!(shown.at("/sources").is_null(), "{}", shown.text);
    server.post("rules/rollback", json!({"version": ana})).await.expect_problem(403, "not_permitted");
    server.stop().await;
}

#[actix_web::test]
async fn whoever_waits_keeps_the_version_they_entered_with_unless_migrated() {
    let server = TestServer::start().await;
    server.set_up(&[]).await;
    for absent in ["ana", "boris"] {
        server.put(&format!("managers/{absent}"), json!({})).await.expect(200);
    }
    let ana = server.put("rules", one(TO_ANA)).await.expect(200).at("/version");
    let waits = server.open("d1", "c1").await.expect(201);
    assert_eq!(waits.at("/decision/effect"), "waiting");
    let plain = server.request("PUT", "rules?why=boris%20helps").header("content-type", "text/plain");
    server.send(plain.body(TO_BORIS)).await.expect(200);
    server.open("d2", "c2").await.expect(201);
    let of = |told: &crate::server::Answer| (told.at("/decision/rules"), told.at("/decision/rule"));
    let told = server.get("dialogs/d1/explanation").await.expect(200);
    assert_eq!(of(&told), (ana.clone(), json!("ana")), "{}", told.text);
    // The same set again, and now for everybody.
    let moved = server.put("rules?migrate=true", one(TO_BORIS)).await.expect(200);
    // The dialog is told after the rules came into force.
    let applied = server.events("rules.applied").await.last().unwrap()["seq"].clone();
    let told = server.get(&format!("events?after={applied}&types=dialog.waiting&wait=30")).await.expect(200);
    assert_eq!(told.at("/items/0/dialog"), "d1", "{}", told.text);
    let told = server.get("dialogs/d1/explanation").await.expect(200);
    assert_eq!(of(&told), (moved.at("/version"), json!("boris")), "{}", told.text);
    let applied = server.events("rules.applied").await;
    assert_eq!(applied.last().unwrap()["data"]["migrated"], true);
    server.stop().await;
}

#[actix_web::test]
async fn rules_whose_own_tests_fail_stay_out() {
    let server = TestServer::start().await;
    let before = server.get("rules").await.at("/version");
    let test = |to: &str| {
        format!(
            "[[rule]]\nid = \"all\"\nto = \"everyone\"\npick = \"least_loaded\"\n[[test]]\nname = \"ana does it\"\n\
             at = 2026-03-02T10:00:00+01:00\nmanagers = {{ ana = {{ online = true }}, boris = {{ online = false }} }}\n\
             given = {{ channel = \"telegram\" }}\nexpect = {{ to = \"{to}\" }}\n"
        )
    };
    let refused = server.put("rules", one(&test("boris"))).await.expect_problem(422, "failed_tests");
    assert!(refused.at("/detail").as_str().unwrap().contains("ana does it"), "{}", refused.text);
    assert_eq!(server.get("rules").await.at("/version"), before);
    server.put("rules", one(&test("ana"))).await.expect(200);
    server.stop().await;
}
