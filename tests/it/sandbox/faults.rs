//! Faults over real sockets, ordered through the sandbox's own calls.

use serde_json::{Value, json};

use super::client::Stage;

impl Stage {
    async fn control(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}/sandbox{path}", self.handle.url());
        let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
        let response =
            self.client.request(method, url).body(body.to_string()).send().await.expect("an answer");
        let status = response.status().as_u16();
        (status, serde_json::from_str(&response.text().await.expect("a body")).expect("JSON"))
    }

    async fn order(&self, fault: &str) {
        assert_eq!(self.control("POST", "/faults", &json!({"fault": fault})).await.0, 200);
    }
}

#[tokio::test]
async fn requests_fail_as_ordered() {
    let stage = Stage::start();
    stage.marta_writes("Hola");
    for (fault, status) in [("429", 429), ("503", 503), ("500", 500), ("502", 502)] {
        stage.order(fault).await;
        assert_eq!(stage.call("GET", "/dialogs", "").await.0, status);
    }
    stage.order("reply-lost").await;
    let url = format!("{}/api/bot/v1/dialogs/1/assign", stage.handle.url());
    let request = stage.client.patch(url).header("X-Bot-Token", super::client::TOKEN);
    let is_lost = match request.body(r#"{"user_id":1}"#).send().await {
        Ok(answer) => answer.text().await.is_err(),
        Err(_) => true,
    };
    assert!(is_lost, "the answer breaks off");
    let (_, dialogs) = stage.call("GET", "/dialogs?active=1", "").await;
    assert_eq!(dialogs[0]["responsible"]["id"], 1, "but it was done");
    let (_, books) = stage.control("GET", "/books", &Value::Null).await;
    let page = &books["dialogs"][0];
    assert_eq!(
        (&page["responsible"]["external_id"], &page["spans"][0]["by"]),
        (&json!("17"), &json!("bot:1"))
    );
    stage.handle.stop().await;
}

#[tokio::test]
async fn frames_come_twice_late_and_out_of_order() {
    let stage = Stage::start();
    let mut socket = stage.listen("dialog_opened,message_new").await;
    stage.order("reorder").await;
    stage.order("duplicate").await;
    stage.marta_writes("Hola");
    // Three frames are due; the first is held until the second was sent, which comes twice.
    let mut kinds = socket.kinds(4).await;
    assert_eq!(kinds[..2], ["dialog_opened", "message_new"]);
    kinds.sort();
    assert_eq!(kinds, ["dialog_opened", "dialog_opened", "message_new", "message_new"]);
    stage.order("delay").await;
    stage.handle.with(|world, now| world.gateway.close(1, now)).expect("it is there");
    assert_eq!(socket.kinds(1).await, ["message_new"]);
    stage.handle.stop().await;
}

#[tokio::test]
async fn sockets_break_and_go_deaf() {
    let stage = Stage::start();
    let mut socket = stage.listen("dialog_opened").await;
    stage.order("drop").await;
    stage.handle.advance();
    assert_eq!(socket.next().await, None);
    let mut deaf = stage.listen("dialog_opened").await;
    stage.order("half-open").await;
    stage.handle.advance();
    let mut heard = stage.listen("dialog_opened").await;
    stage.marta_writes("Hola");
    assert_eq!(heard.kinds(1).await, ["dialog_opened"], "who connects afterwards is heard");
    stage.handle.drop_sockets();
    assert_eq!(deaf.next().await, None, "the deaf one never heard of it");
    let (_, told) = stage.control("GET", "/state", &Value::Null).await;
    assert_eq!((&told["faults"], &told["unassigned"]), (&json!({"drop": 1, "half-open": 1}), &json!(1)));
    stage.handle.stop().await;
}

#[tokio::test]
async fn people_are_moved_by_hand() {
    let stage = Stage::start();
    let marta = json!({"channel_id": 1, "external_id": "34", "name": "Marta", "text": "Hola"});
    let (_, said) = stage.control("POST", "/customer-message", &marta).await;
    assert_eq!((&said["dialog_id"], &said["chat_id"]), (&json!(1), &json!(1)));
    let boris = json!({"dialog_id": 1, "user_id": 2});
    assert_eq!(stage.control("POST", "/assign", &boris).await.0, 200);
    let command = json!({"user_id": 2, "chat_id": 1, "text": "/why"});
    assert_eq!(stage.control("POST", "/user-message", &command).await.0, 200);
    let (_, messages) = stage.call("GET", "/messages?type=command", "").await;
    assert_eq!(messages[0]["content"], "/why");
    let lunch = json!({"user_id": 2, "status": "dinner"});
    assert_eq!(stage.control("POST", "/user", &lunch).await.0, 200);
    let (_, users) = stage.call("GET", "/users?id=2", "").await;
    assert_eq!(users[0]["available"], false);
    let (status, refusal) = stage.control("POST", "/faults", &json!({"fault": "earthquake"})).await;
    assert_eq!(status, 400);
    assert!(refusal["errors"][0].as_str().is_some_and(|text| text.contains("half-open")), "{refusal}");
    assert_eq!(stage.control("POST", "/token", &json!({"bot_id": 1, "token": "new"})).await.0, 200);
    assert_eq!(stage.call("GET", "/bots", "").await.0, 403);
    stage.handle.stop().await;
}
