//! Why a dialog is where it is, and why not elsewhere.

use serde_json::json;

use crate::server::{TestServer, Wishes};

#[actix_web::test]
async fn the_newest_decision_is_told_in_full_and_in_words() {
    let server = TestServer::start().await;
    server.set_up(&["ana", "boris"]).await;
    server.put("managers/clara", json!({})).await.expect(200);
    let opened = server.open("d1", "c1").await.expect(201);
    let explained = server.get("dialogs/d1/explanation").await.expect(200);
    assert_eq!(explained.at("/decision/rule"), "all");
    assert_eq!(explained.at("/decision"), opened.at("/decision"));
    assert_eq!(explained.at("/summary"), opened.at("/decision/sentence"));
    assert!(
        explained.text.starts_with(r#"{"summary":"Went to ana by rule all, step 1: of two present"#),
        "{}",
        explained.text
    );
    let events = server.events("dialog.assigned").await;
    assert_eq!(explained.at("/decision"), events[0]["data"]["decision"]);
    let why = |manager: &str| format!("dialogs/d1/explanation?why_not={manager}");
    let outranked = server.get(&why("boris")).await.expect(200);
    assert_eq!(outranked.at("/why_not/verdict"), "outranked");
    assert_eq!(outranked.at("/why_not/now/available"), true);
    let absent = server.get(&why("clara")).await.expect(200);
    assert!(absent.at("/why_not/answer").as_str().unwrap().contains("offline"));
    let stranger = server.get(&why("zoe")).await.expect(200);
    assert_eq!(stranger.at("/why_not/answer"), "The account had no manager zoe then.");
    assert_eq!(
        (stranger.at("/why_not/why"), stranger.at("/why_not/known")),
        (json!("not_there"), json!(false))
    );
    assert!(stranger.at("/why_not/now").is_null());
    server.get("dialogs/d9/explanation").await.expect_problem(404, "unknown_id");
    server.stop().await;
}

#[actix_web::test]
async fn the_tags_of_the_rule_are_told_where_it_decided() {
    let rules = "[[rule]]\nid = \"tagged\"\nwhen = 'dialog.text.contains(\"now\")'\ntags = [\"vip\", \"de noche\"]\n\
                 to = \"everyone\"\n[[rule]]\nid = \"all\"\nto = \"everyone\"\n";
    let server = TestServer::with(Wishes { rules: Some(rules.to_owned()), ..Wishes::default() }).await;
    server.set_up(&["ana"]).await;
    for (dialog, customer, text) in [("d1", "c1", "now!"), ("d2", "c2", "later")] {
        let message = json!({"id": format!("{dialog}-1"), "text": text});
        let wanted = json!({"id": dialog, "channel": "wa", "customer": customer, "message": message});
        server.post("dialogs", wanted).await.expect(201);
    }
    let tagged = server.get("dialogs/d1/explanation").await.expect(200);
    assert_eq!(tagged.at("/decision/tags"), json!(["vip", "de noche"]));
    let events = server.events("dialog.assigned").await;
    assert_eq!(events[0]["data"]["decision"]["tags"], json!(["vip", "de noche"]));
    let other = server.get("dialogs/d2/explanation").await.expect(200);
    assert_eq!((other.at("/decision/rule"), other.at("/decision/tags")), (json!("all"), json!(null)));
    server.stop().await;
}

#[actix_web::test]
async fn anybody_of_a_large_account_has_an_exact_answer() {
    let rules = "[groups]\nsales = { managers = [\"m01\", \"m02\", \"m03\"] }\n\
                 [[rule]]\nid = \"all\"\nstep = [{ to = \"group:sales\", pick = \"least_loaded\" }]\n";
    let server = TestServer::with(Wishes { rules: Some(rules.to_owned()), ..Wishes::default() }).await;
    let ids: Vec<String> = (1..=12).map(|number| format!("m{number:02}")).collect();
    server.set_up(&ids.iter().map(String::as_str).collect::<Vec<_>>()).await;
    server.open("d1", "c1").await.expect(201);
    server.open("d2", "c2").await.expect(201);
    // What happens later changes nothing about what was decided.
    server.put("managers/m02/presence", json!({"online": true, "on_leave": true})).await.expect(200);
    server.delete("managers/m03").await.expect(204);
    server.put("managers/m13", json!({})).await.expect(200);
    server.open("d3", "c3").await.expect(201);
    let why = async |dialog: &str, manager: &str| {
        let answer = server.get(&format!("dialogs/{dialog}/explanation?why_not={manager}")).await.expect(200);
        let at = |name: &str| answer.at(&format!("/why_not/{name}")).as_str().unwrap_or_default().to_owned();
        (at("why"), at("outranked_by"))
    };
    let word = |why: &str, by: &str| (why.to_owned(), by.to_owned());
    assert_eq!(why("d1", "m01").await, word("chosen", ""));
    assert_eq!(why("d1", "m02").await, word("outranked", "id"));
    assert_eq!(why("d2", "m01").await, word("outranked", "share"));
    assert_eq!(why("d2", "m03").await, word("outranked", "id"));
    assert_eq!(why("d2", "m04").await, word("not_named", ""));
    assert_eq!(why("d2", "m13").await, word("not_there", ""));
    assert_eq!(why("d3", "m02").await, word("absent", ""));
    assert_eq!(why("d3", "m03").await, word("not_named", ""));
    server.stop().await;
}

#[actix_web::test]
async fn every_decision_is_told_in_the_readers_language() {
    let server = TestServer::start().await;
    server.put("channels/wa", json!({"type": "whatsapp"})).await.expect(200);
    server.open("d1", "c1").await.expect(201);
    server.set_up(&["ana"]).await;
    server.get("events?after=0&types=dialog.assigned&wait=10").await.expect(200);
    let first = server.get("dialogs/d1/explanation?decision=1&language=es").await.expect(200);
    assert!(first.at("/summary").as_str().unwrap().starts_with("Está en espera por la regla all, paso 1"));
    assert_eq!((first.at("/language"), first.at("/decision_number")), (json!("es"), json!(1)));
    let request =
        server.request("GET", "dialogs/d1/explanation").header("accept-language", "de, es-MX;q=0.8");
    let newest = server.send(request).await.expect(200);
    assert!(newest.at("/summary").as_str().unwrap().starts_with("Fue a ana por la regla all, paso 1"));
    assert_eq!(newest.at("/decision_number"), newest.at("/history/1/number"));
    let english = server.get("dialogs/d1/explanation").await.expect(200);
    assert_eq!(english.at("/summary"), english.at("/decision/sentence"));
    server.get("dialogs/d1/explanation?decision=3").await.expect_problem(404, "unknown_id");
    server.get("dialogs/d1/explanation?language=de").await.expect_problem(422, "bad_value");
    server.stop().await;
}
