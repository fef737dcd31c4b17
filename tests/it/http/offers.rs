//! Offers: accepted, declined, and answered too late or by somebody else.

use serde_json::{Value, json};

use crate::server::{TestServer, Wishes};

const ASKING: &str =
    "[[rule]]\nid = \"all\"\nto = \"everyone\"\npick = \"round_robin\"\naccept_within = \"10m\"\n";

async fn asking() -> TestServer {
    let server = TestServer::with(Wishes { rules: Some(ASKING.to_owned()), ..Wishes::default() }).await;
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

/// Everybody is asked in the order of the list. What takes a dialog away again is added to it.
const ASKED_IN_ORDER: &str = r#"
[groups]
team = { managers = ["ana", "boris", "vera"] }
[presence]
offline_after = "50ms"
[[rule]]
id = "all"
to = "group:team"
pick = "ordered"
accept_within = "10m"
"#;
/// Whoever does not reply loses the dialog.
const NO_REPLY: &str = "[reassign]\nmax_moves = 1\n[reassign.no_reply]\nafter = \"300ms\"\n";
/// Whoever is away loses the dialog.
const AWAY: &str = "[reassign.offline]\nafter = \"50ms\"\n";

/// A dialog `d1` that ana accepted.
async fn accepted_by_ana(taken_away: &[&str]) -> TestServer {
    let rules = format!("{ASKED_IN_ORDER}{}", taken_away.concat());
    let server = TestServer::with(Wishes { rules: Some(rules), ..Wishes::default() }).await;
    server.set_up(&["ana", "boris", "vera"]).await;
    assert_eq!(server.open("d1", "c1").await.expect(201).at("/dialog/offer/to"), "ana");
    server.post("dialogs/d1/accept", by("ana")).await.expect(200);
    server
}

/// The first event of this kind after another, when it comes.
async fn next(server: &TestServer, after: &Value, kind: &str) -> Value {
    let told = server.get(&format!("events?after={}&types={kind}&wait=30", after["seq"])).await.expect(200);
    assert_eq!(told.at("/items/0/dialog"), "d1", "no {kind}: {}", told.text);
    told.at("/items/0")
}

/// Whom it is offered to, while ana holds it.
async fn asked_meanwhile(server: &TestServer) -> Value {
    let dialog = server.get("dialogs/d1").await.expect(200);
    assert_eq!(
        (dialog.at("/state"), dialog.at("/responsible/manager")),
        (json!("assigned"), json!("ana")),
        "{}",
        dialog.text
    );
    dialog.at("/offer/to")
}

#[actix_web::test]
async fn whoever_does_not_reply_keeps_the_dialog_until_somebody_else_accepts_it() {
    let server = accepted_by_ana(&[NO_REPLY, AWAY]).await;
    let mine = server.events("dialog.assigned").await.remove(0);
    let first = next(&server, &mine, "dialog.offered").await;
    assert_eq!((&first["cause"], &first["data"]["to"]["manager"]), (&json!("no_reply"), &json!("boris")));
    assert_eq!(asked_meanwhile(&server).await, "boris");
    let early = server.post("dialogs/d1/accept", by("ana")).await.expect_problem(409, "not_offered");
    assert!(early.text.contains("it is offered to boris"), "{}", early.text);

    let declined = server.post("dialogs/d1/decline", by("boris")).await.expect(200);
    assert_eq!(declined.at("/dialog/offer/to"), "vera");
    assert_eq!(asked_meanwhile(&server).await, "vera");
    let explained = server.get("dialogs/d1/explanation?why_not=boris").await.expect(200);
    assert_eq!(explained.at("/why_not/verdict"), "declined", "{}", explained.text);
    let explained = server.get("dialogs/d1/explanation?why_not=ana").await.expect(200);
    assert_eq!(explained.at("/why_not/verdict"), "failed_before", "{}", explained.text);
    let late = server.post("dialogs/d1/accept", by("boris")).await.expect_problem(409, "not_offered");
    assert!(late.text.contains("it is offered to vera"), "{}", late.text);
    assert_eq!(asked_meanwhile(&server).await, "vera");

    let accepted = server.post("dialogs/d1/accept", by("vera")).await.expect(200);
    assert_eq!(accepted.at("/dialog/responsible/manager"), "vera");
    assert_eq!(accepted.at("/dialog/offer"), Value::Null);
    for late in ["ana", "boris"] {
        let late = server.post("dialogs/d1/accept", by(late)).await.expect_problem(409, "not_offered");
        assert!(late.text.contains("vera has it"), "{}", late.text);
    }
    // The answer to the first call may have been lost.
    server.post("dialogs/d1/accept", by("vera")).await.expect(200);
    let moved = server.events("dialog.reassigned").await;
    assert_eq!((moved.len(), &moved[0]["cause"]), (1, &json!("no_reply")));
    let (from, to) = (&moved[0]["data"]["from"]["manager"], &moved[0]["data"]["to"]["manager"]);
    assert_eq!((from, to), (&json!("ana"), &json!("vera")));
    server.stop().await;
}

#[actix_web::test]
async fn a_reply_in_time_ends_the_offer_to_somebody_else() {
    let server = accepted_by_ana(&[NO_REPLY, AWAY]).await;
    let mine = server.events("dialog.assigned").await.remove(0);
    let offered = next(&server, &mine, "dialog.offered").await;
    server.post("dialogs/d1/messages", json!({"from": {"manager": "ana"}, "text": "yes?"})).await.expect(201);
    let ended = next(&server, &offered, "dialog.offer_ended").await;
    assert_eq!(ended["data"], json!({"to": {"manager": "boris"}, "reason": "withdrawn"}));
    assert_eq!(asked_meanwhile(&server).await, Value::Null);
    let late = server.post("dialogs/d1/accept", by("boris")).await.expect_problem(409, "not_offered");
    assert!(late.text.contains("ana has it"), "{}", late.text);
    assert_eq!(server.events("dialog.reassigned").await, [Value::Null; 0]);
    server.stop().await;
}

#[actix_web::test]
async fn whoever_is_away_keeps_the_dialog_until_somebody_else_accepts_it_or_they_are_back() {
    let server = accepted_by_ana(&[AWAY]).await;
    let mine = server.events("dialog.assigned").await.remove(0);
    let presence = |online: bool| server.put("managers/ana/presence", json!({"online": online}));
    presence(false).await.expect(200);
    let offered = next(&server, &mine, "dialog.offered").await;
    assert_eq!((&offered["cause"], &offered["data"]["to"]["manager"]), (&json!("offline"), &json!("boris")));
    assert_eq!(asked_meanwhile(&server).await, "boris");
    presence(true).await.expect(200);
    let ended = next(&server, &offered, "dialog.offer_ended").await;
    assert_eq!(ended["data"]["reason"], "withdrawn");
    let late = server.post("dialogs/d1/accept", by("boris")).await.expect_problem(409, "not_offered");
    assert!(late.text.contains("ana has it"), "{}", late.text);

    presence(false).await.expect(200);
    let again = next(&server, &ended, "dialog.offered").await;
    assert_eq!(again["data"]["to"]["manager"], "boris");
    let accepted = server.post("dialogs/d1/accept", by("boris")).await.expect(200);
    assert_eq!(accepted.at("/dialog/responsible/manager"), "boris");
    let moved = server.events("dialog.reassigned").await;
    assert_eq!((moved.len(), &moved[0]["cause"]), (1, &json!("offline")));
    server.stop().await;
}
