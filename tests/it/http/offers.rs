//! Offers: accepted, declined, and answered too late or by somebody else.

use serde_json::json;

use crate::server::{TestServer, Wishes};

const ASKING: &str =
    "[[rule]]\nid = \"all\"\nto = \"everyone\"\npick = \"round_robin\"\naccept_within = \"10m\"\n";

async fn asking() -> TestServer {
    let server = TestServer::with(Wishes { rules: Some(ASKING), ..Wishes::default() }).await;
    server.set_up(&["ana", "boris"]).await;
    server
}

fn by(manager: &str) -> serde_json::Value {
    json!({"by": {"manager": manager}})
}

#[actix_web::test]
async fn whoever_is_asked_accepts() {
    let server = asking().await;
    let opened = server.open("d1", "c1").await.expect(201);
    assert_eq!(opened.at("/dialog/state"), "waiting");
    assert_eq!(opened.at("/dialog/offer/to"), "ana");
    assert_eq!(opened.at("/decision/effect"), "offered");
    assert_eq!(opened.at("/decision/accept_by"), opened.at("/dialog/offer/until"));
    let problem = server.post("dialogs/d1/accept", by("boris")).await.expect_problem(409, "not_offered");
    assert!(problem.text.contains("it is offered to ana"), "{}", problem.text);
    let accepted = server.post("dialogs/d1/accept", by("ana")).await.expect(200);
    assert_eq!(accepted.at("/dialog/responsible/manager"), "ana");
    assert_eq!(accepted.at("/dialog/offer"), serde_json::Value::Null);
    server.post("dialogs/d1/accept", by("ana")).await.expect(200);
    let late = server.post("dialogs/d1/decline", by("boris")).await.expect_problem(409, "not_offered");
    assert!(late.text.contains("ana has it"), "{}", late.text);
    let events = server.events("dialog.offered").await;
    assert_eq!((events.len(), &events[0]["data"]["to"]["manager"]), (1, &json!("ana")));
    let assigned = server.events("dialog.assigned").await;
    assert_eq!(
        (&assigned[0]["cause"], &assigned[0]["data"]["to"]["manager"]),
        (&json!("opened"), &json!("ana"))
    );
    server.stop().await;
}

#[actix_web::test]
async fn whoever_declines_is_passed_over_and_the_explanation_says_so() {
    let server = asking().await;
    server.open("d1", "c1").await.expect(201);
    let declined = server.post("dialogs/d1/decline", by("ana")).await.expect(200);
    assert_eq!(declined.at("/dialog/offer/to"), "boris");
    let ended = server.events("dialog.offer_ended").await;
    assert_eq!(ended[0]["data"], json!({"to": {"manager": "ana"}, "reason": "declined"}));
    let explained = server.get("dialogs/d1/explanation?why_not=ana").await.expect(200);
    assert_eq!(explained.at("/why_not/verdict"), "declined");
    assert_eq!(explained.at("/why_not/answer"), "It was offered to ana before, who declined.");
    let summary = explained.at("/summary");
    assert!(
        summary.as_str().is_some_and(|text| text.starts_with("Offered to boris by rule all")),
        "{summary}"
    );
    server.stop().await;
}

#[actix_web::test]
async fn an_administrator_answers_for_others_and_a_batch_does_too() {
    let server = asking().await;
    server.put("managers/chief", json!({"admin": true})).await.expect(200);
    server.open("d1", "c1").await.expect(201);
    server.open("d2", "c2").await.expect(201);
    let accepted = server.post("dialogs/d1/accept", by("chief")).await.expect(200);
    assert_eq!(accepted.at("/dialog/responsible/manager"), "ana");
    let items = json!([
        {"source_id": "s1", "type": "dialog.decline", "id": "d2", "data": {"by": {"manager": "boris"}}},
        {"source_id": "s2", "type": "dialog.accept", "id": "d2", "data": {"by": {"manager": "ana"}}},
    ]);
    let batch = server.post("events", items).await.expect(200);
    assert_eq!(batch.at("/done"), 2, "{}", batch.text);
    assert_eq!(server.get("dialogs/d2").await.at("/responsible/manager"), "ana");
    server.stop().await;
}
