//! Dialogs from the first message to the closure.

use serde_json::json;

use crate::server::TestServer;

#[actix_web::test]
async fn an_opened_dialog_is_assigned_with_its_reason() {
    let server = TestServer::start().await;
    server.set_up(&["ana"]).await;
    let opened = server.open("d1", "c1").await.expect(201);
    assert_eq!(opened.at("/dialog/state"), "assigned");
    assert_eq!(opened.at("/dialog/responsible/manager"), "ana");
    assert_eq!(opened.at("/decision/rule"), "all");
    assert_eq!(opened.at("/decision/effect"), "assigned");
    assert_eq!(opened.at("/decision/candidates/0/manager"), "ana");
    assert_eq!(opened.at("/decision/candidates/0/verdict"), "chosen");
    assert_eq!(opened.at("/message/id"), "d1-1");
    let read = server.get("dialogs/d1").await.expect(200);
    assert_eq!(read.json(), opened.at("/dialog"));
    server.stop().await;
}

#[actix_web::test]
async fn an_opening_sent_again_changes_nothing() {
    let server = TestServer::start().await;
    server.set_up(&["ana"]).await;
    let first = server.open("d1", "c1").await.expect(201);
    let again = server.open("d1", "c1").await.expect(200);
    assert_eq!(first.at("/dialog/id"), again.at("/dialog/id"));
    assert_eq!(again.at("/dialog/messages"), 1);
    server.open("d1", "c2").await.expect_problem(409, "duplicate_id");
    assert_eq!(server.events("dialog.opened").await.len(), 1);
    server.stop().await;
}

#[actix_web::test]
async fn nobody_there_means_waiting_until_somebody_comes() {
    let server = TestServer::start().await;
    server.set_up(&[]).await;
    let opened = server.open("d1", "c1").await.expect(201);
    assert_eq!(opened.at("/dialog/state"), "waiting");
    server.set_up(&["ana"]).await;
    let assigned = server.get("events?types=dialog.assigned&wait=10").await.expect(200);
    assert_eq!(assigned.at("/items/0/dialog"), "d1");
    assert_eq!(server.get("dialogs/d1").await.at("/responsible/manager"), "ana");
    server.stop().await;
}

#[actix_web::test]
async fn only_the_responsible_or_an_administrator_acts_by_hand() {
    let server = TestServer::start().await;
    server.set_up(&["ana"]).await;
    server.open("d1", "c1").await.expect(201);
    server.put("managers/boris", json!({})).await.expect(200);
    server.put("managers/chief", json!({"admin": true})).await.expect(200);
    let close = |by: &str| json!({"by": {"manager": by}, "reason": "done"});
    server.post("dialogs/d1/close", close("boris")).await.expect_problem(403, "forbidden");
    let absent = json!({"to": {"manager": "boris"}, "by": {"manager": "ana"}});
    server.post("dialogs/d1/assign", absent).await.expect_problem(409, "manager_absent");
    let all_the_same = json!({"to": {"manager": "boris"}, "by": {"manager": "ana"}, "allow_absent": true});
    let moved = server.post("dialogs/d1/assign", all_the_same).await.expect(200);
    assert_eq!(moved.at("/dialog/responsible/manager"), "boris");
    server.post("dialogs/d1/close", close("ana")).await.expect_problem(403, "forbidden");
    let closed = server.post("dialogs/d1/close", close("chief")).await.expect(200);
    assert_eq!(closed.at("/dialog/state"), "closed");
    assert_eq!(closed.at("/dialog/closed/by/manager"), "chief");
    assert_eq!(closed.at("/dialog/closed/detail"), "done");
    server.post("dialogs/d1/close", close("chief")).await.expect_problem(409, "dialog_closed");
    server.stop().await;
}

#[actix_web::test]
async fn giving_back_and_closing_need_no_body() {
    let server = TestServer::start().await;
    server.set_up(&["ana"]).await;
    server.open("d1", "c1").await.expect(201);
    server.send(server.request("POST", "dialogs/d1/unassign")).await.expect(200);
    server.send(server.request("POST", "dialogs/d1/close")).await.expect(200);
    server.stop().await;
}

#[actix_web::test]
async fn whoever_is_no_longer_responsible_cannot_write() {
    let server = TestServer::start().await;
    server.set_up(&["ana", "boris"]).await;
    server.open("d1", "c1").await.expect(201);
    let to = json!({"to": {"manager": "boris"}});
    server.post("dialogs/d1/assign", to).await.expect(200);
    let message = |by: &str| json!({"id": format!("m-{by}"), "from": {"manager": by}, "text": "hi"});
    server.post("dialogs/d1/messages", message("ana")).await.expect_problem(403, "not_responsible");
    let written = server.post("dialogs/d1/messages", message("boris")).await.expect(201);
    assert_eq!(written.at("/message/from/manager"), "boris");
    let messages = server.get("dialogs/d1/messages").await.expect(200);
    let failed = messages.at("/items").as_array().unwrap().iter().find(|m| m["id"] == "m-ana").cloned();
    assert_eq!(failed.unwrap()["status"], "failed");
    server.stop().await;
}

#[actix_web::test]
async fn a_customer_who_writes_after_closing_gets_a_new_dialog() {
    let server = TestServer::start().await;
    server.set_up(&["ana"]).await;
    server.open("d1", "c1").await.expect(201);
    server.post("dialogs/d1/close", json!({})).await.expect(200);
    let message = json!({"from": {"customer": "c1"}, "text": "one more thing"});
    let written = server.post("dialogs/d1/messages", message).await.expect(201);
    assert_eq!(written.at("/opened"), true);
    assert_ne!(written.at("/dialog/id"), "d1");
    assert_eq!(written.at("/dialog/returning"), true);
    assert_eq!(server.get("dialogs/d1").await.at("/state"), "closed");
    server.stop().await;
}

#[actix_web::test]
async fn delivery_reports_follow_the_channel() {
    let server = TestServer::start().await;
    server.set_up(&["ana"]).await;
    server
        .put("channels/wa", json!({"type": "whatsapp", "features": {"reports_seen": false}}))
        .await
        .expect(200);
    server.open("d1", "c1").await.expect(201);
    let message = json!({"id": "m1", "from": {"manager": "ana"}, "text": "hi"});
    server.post("dialogs/d1/messages", message).await.expect(201);
    let status = |word: &str| json!({"status": word});
    server.put("messages/m1/status", status("delivered")).await.expect(204);
    server.put("messages/m1/status", status("sent")).await.expect(204);
    server.put("messages/m1/status", status("seen")).await.expect_problem(422, "status_not_reported");
    server.put("messages/no/status", status("sent")).await.expect_problem(404, "unknown_id");
    let messages = server.get("dialogs/d1/messages").await.expect(200);
    let stored = messages.at("/items").as_array().unwrap().iter().find(|m| m["id"] == "m1").cloned();
    assert_eq!(stored.unwrap()["status"], "delivered");
    server.stop().await;
}

#[actix_web::test]
async fn lists_are_filtered_searched_and_paged() {
    let server = TestServer::start().await;
    server.set_up(&["ana"]).await;
    for number in 1..=5 {
        server.open(&format!("d{number}"), &format!("c{number}")).await.expect(201);
    }
    let ids = |answer: &crate::server::Answer| -> Vec<String> {
        let items = answer.at("/items");
        items.as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    };
    // Ana has room for two. When one of them is closed she gets another, some time after the closing is answered.
    assert_eq!(ids(&server.get("dialogs?responsible=ana&state=assigned").await).len(), 2);
    server.post("dialogs/d1/close", json!({})).await.expect(200);
    assert_eq!(ids(&server.get("dialogs?state=closed").await.expect(200)), ["d1"]);
    assert_eq!(ids(&server.get("dialogs?q=HELLO").await).len(), 5);
    assert_eq!(ids(&server.get("customers/c3/dialogs").await.expect(200)), ["d3"]);
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = server.get(&format!("dialogs?limit=2{cursor}")).await.expect(200);
        seen.extend(ids(&page));
        match page.at("/next").as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    seen.sort();
    assert_eq!(seen, ["d1", "d2", "d3", "d4", "d5"]);
    server.stop().await;
}

#[actix_web::test]
async fn internal_dialogs_are_never_routed() {
    let server = TestServer::start().await;
    server.set_up(&["ana", "boris"]).await;
    let body = json!({
        "id": "i1", "kind": "internal", "members": ["ana", "boris"],
        "message": {"from": {"manager": "ana"}, "text": "lunch?"},
    });
    let opened = server.post("dialogs", body).await.expect(201);
    assert_eq!(opened.at("/dialog/state"), "internal");
    assert!(opened.at("/decision").is_null());
    server.post("dialogs/i1/unassign", json!({})).await.expect_problem(409, "internal_dialog");
    let listed = server.get("dialogs?interlocutor=colleagues&manager=boris").await.expect(200);
    assert_eq!(listed.at("/items/0/id"), "i1");
    server.stop().await;
}

#[actix_web::test]
async fn the_timeline_tells_who_wrote_and_what_happened() {
    let server = TestServer::start().await;
    server.set_up(&["ana"]).await;
    server.open("d1", "c1").await.expect(201);
    server.post("dialogs/d1/close", json!({"by": {"manager": "ana"}})).await.expect(200);
    let timeline = server.get("dialogs/d1/timeline").await.expect(200);
    let lines = timeline.at("/items");
    let word = |line: &serde_json::Value| match line.pointer("/event/type") {
        Some(name) => name.as_str().unwrap().to_owned(),
        None => format!("message of {}", line.pointer("/message/from/customer").unwrap().as_str().unwrap()),
    };
    let told: Vec<_> = lines.as_array().unwrap().iter().map(word).collect();
    for expected in ["message of c1", "dialog.opened", "dialog.assigned", "dialog.closed"] {
        assert!(told.iter().any(|line| line == expected), "{told:?}");
    }
    server.get("dialogs/d9/timeline").await.expect_problem(404, "unknown_id");
    server.stop().await;
}
