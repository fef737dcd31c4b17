//! The shadow over HTTP: it is checked, decides beside the live rules, is compared with them, and changes nothing.

use serde_json::json;

use crate::server::TestServer;

const TO_ANA: &str = "[[rule]]\nid = \"ana\"\nto = \"manager:ana\"\n";
const TO_BORIS: &str = "[[rule]]\nid = \"boris\"\nto = \"manager:boris\"\n";

fn one(text: &str) -> serde_json::Value {
    json!({"sources": [{"name": "rules.toml", "text": text}]})
}

#[actix_web::test]
async fn a_second_set_decides_beside_the_live_one_and_acts_on_nothing() {
    let server = TestServer::start().await;
    server.set_up(&["ana", "boris"]).await;
    server.put("rules", one(TO_ANA)).await.expect(200);
    server.get("rules/shadow").await.expect_problem(404, "unknown_id");
    let set = server.put("rules/shadow?why=boris%20is%20back", one(TO_BORIS)).await.expect(200);
    assert_eq!((set.at("/state"), set.at("/why")), (json!("deciding"), json!("boris is back")));
    assert_eq!(set.at("/applied_by"), "tests (token test-operator)");
    assert_ne!(set.at("/version"), server.get("rules").await.at("/version"));

    assert_eq!(server.open("d1", "c1").await.expect(201).at("/decision/choice/manager"), "ana");
    let seen = server.get("rules/shadow").await.expect(200);
    assert_eq!(
        seen.at("/decisions"),
        json!({"same": 0, "rule": 0, "manager": 1, "outcome": 0}),
        "{}",
        seen.text
    );
    let difference = seen.at("/differences/0");
    assert_eq!((&difference["dialog"], &difference["agreement"]), (&json!("d1"), &json!("manager")));
    assert_eq!(
        (&difference["live"]["rule"], &difference["shadow"]["rule"]),
        (&json!("ana"), &json!("boris"))
    );
    assert_eq!(difference["shadow"]["responsible"], json!({"manager": "boris"}), "{difference}");
    let summary = difference["summary"].as_str().expect("a sentence");
    assert!(
        summary.starts_with("Live: Went to ana by rule ana") && summary.contains("Shadow: Went to boris"),
        "{summary}"
    );
    let spanish =
        server.get("rules/shadow?language=es&limit=1").await.expect(200).at("/differences/0/summary");
    let spanish = spanish.as_str().expect("a sentence");
    assert!(spanish.starts_with("En vigor: ") && spanish.contains(" En la sombra: "), "{spanish}");

    // Boris is gone for it too: it sees how people stand.
    server.delete("managers/boris").await.expect(204);
    server.open("d2", "c2").await.expect(201);
    let seen = server.get("rules/shadow?limit=0").await.expect(200);
    assert_eq!(seen.at("/decisions/outcome"), 1, "{}", seen.text);
    assert_eq!(seen.at("/differences"), json!([]));

    server.delete("rules/shadow").await.expect(204);
    server.get("rules/shadow").await.expect_problem(404, "unknown_id");
    server.delete("rules/shadow").await.expect_problem(404, "unknown_id");
    assert_eq!(server.events("rules.applied").await.len(), 2, "of the start and of the first set");
    server.stop().await;
}

#[actix_web::test]
async fn a_shadow_with_mistakes_is_refused_and_the_former_one_goes_on() {
    let server = TestServer::start().await;
    let before = server.put("rules/shadow", one(TO_ANA)).await.expect(200).at("/version");
    let bad = server.put("rules/shadow", one("[[rule]]\nid = \"x\"\nto = \"manager\"\n")).await;
    assert!(bad.expect_problem(422, "bad_rules").at("/check/diagnostics").is_array());
    let failing = format!(
        "{TO_ANA}[[test]]\nname = \"x\"\nmanagers = {{ boris = {{}} }}\nexpect = {{ to = \"boris\" }}\n"
    );
    server.put("rules/shadow", one(&failing)).await.expect_problem(422, "failed_tests");
    let long = format!("rules/shadow?why={}", "x".repeat(501));
    server.put(&long, one(TO_ANA)).await.expect_problem(422, "bad_value");
    assert_eq!(server.get("rules/shadow").await.at("/version"), before);
    server.stop().await;
}

#[actix_web::test]
async fn only_those_who_may_change_rules_see_and_set_a_shadow() {
    let mut server = TestServer::start().await;
    server.put("rules/shadow", one(TO_ANA)).await.expect(200);
    for role in ["backend", "viewer"] {
        let token = server.token(role, Some("default")).await;
        let operator = std::mem::replace(&mut server.token, token);
        server.get("rules/shadow").await.expect_problem(403, "not_permitted");
        server.put("rules/shadow", one(TO_BORIS)).await.expect_problem(403, "not_permitted");
        server.delete("rules/shadow").await.expect_problem(403, "not_permitted");
        server.token = operator;
    }
    server.stop().await;
}
