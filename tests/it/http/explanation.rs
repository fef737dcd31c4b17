//! Why a dialog is where it is, and why not elsewhere.

use serde_json::json;

use crate::server::TestServer;

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
        explained.text.starts_with(r#"{"summary":"Went to ana by rule all, step 1"#),
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
    assert!(
        stranger.at("/why_not/answer").as_str().unwrap().starts_with("No step that was reached names zoe")
    );
    assert!(stranger.at("/why_not/now").is_null());
    server.get("dialogs/d9/explanation").await.expect_problem(404, "unknown_id");
    server.stop().await;
}
