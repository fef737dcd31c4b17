//! The stand-in gateway: REST and WebSocket.

use std::time::Duration;

use serde_json::json;

use super::client::{Stage, TOKEN};

#[tokio::test]
async fn a_dialog_lives_and_the_socket_tells_of_it() {
    let stage = Stage::start();
    assert_eq!(stage.call("PATCH", "/my/info", r#"{"roles":["distributor"]}"#).await.0, 200);
    let mut socket = stage.listen("message_new,dialog_opened,dialog_assign,dialog_closed").await;
    stage.marta_writes("Hola");
    let opened = socket.next().await.expect("a frame");
    assert_eq!(
        (&opened["type"], &opened["data"]["message"]["action"]),
        (&json!("message_new"), &json!("dialog_opened"))
    );
    assert_eq!(opened["meta"], json!({"timestamp": 1_772_442_904}));
    let event = socket.next().await.expect("a frame");
    assert_eq!((&event["type"], &event["data"]["dialog"]["id"]), (&json!("dialog_opened"), &json!(1)));
    assert_eq!(socket.next().await.expect("a frame")["data"]["message"]["content"], "Hola");
    stage.clock.pass(Duration::from_secs(2));
    let (status, reply) =
        stage.call("PATCH", "/dialogs/1/assign", r#"{"dialog_id":1,"user_id":1,"bot_id":0}"#).await;
    assert_eq!((status, &reply["responsible"]["assigned_at"]), (200, &json!("2026-03-02T09:15:06Z")));
    assert_eq!(socket.kinds(2).await, ["message_new", "dialog_assign"]);
    assert_eq!(stage.call("DELETE", "/dialogs/1/close", "1").await, (200, json!({})));
    assert_eq!(socket.kinds(2).await, ["message_new", "dialog_closed"]);
    let (_, dialogs) = stage.call("GET", "/dialogs?active=1&limit=1000", "").await;
    assert_eq!(dialogs, json!([]));
    stage.handle.stop().await;
}

#[tokio::test]
async fn sockets_are_refused_as_the_gateway_refuses_them() {
    let stage = Stage::start();
    let refusal = |token, query| stage.connect(token, query);
    for token in ["", "another"] {
        let (status, body) = refusal(token, "?events=message_new").await.err().expect("a refusal");
        assert_eq!((status, body.as_str()), (403, r#"{"errors":["Forbidden"]}"#));
    }
    let (status, body) = refusal(TOKEN, "?events=&options=").await.err().expect("a refusal");
    assert_eq!((status, body.as_str()), (400, r#"{"errors":["events is a required field"]}"#));
    assert!(
        refusal(TOKEN, "?events=message_new,never_heard_of").await.is_ok(),
        "unknown events are tolerated"
    );
    assert_eq!(stage.call("GET", "/ws?events=message_new", "").await.0, 400, "no handshake");
    stage.handle.stop().await;
}

#[tokio::test]
async fn pings_are_answered_and_broken_lines_end_without_a_word() {
    let stage = Stage::start();
    let mut socket = stage.listen("dialog_opened").await;
    assert!(socket.is_alive().await);
    assert_eq!(stage.handle.sockets(), 1);
    stage.handle.drop_sockets();
    assert_eq!(socket.next().await, None);
    // A token that is void hears nothing more.
    let mut socket = stage.listen("dialog_opened").await;
    stage.handle.with(|world, now| world.gateway.change_token(1, "new", now));
    assert_eq!(socket.next().await, None);
    assert_eq!(stage.call("GET", "/bots", "").await, (403, json!({"errors": ["Forbidden"]})));
    stage.handle.stop().await;
}

#[tokio::test]
async fn time_raises_waiting_levels_and_all_sockets_hear_of_it() {
    let stage = Stage::start();
    stage.marta_writes("Hola");
    let mut sockets = [stage.listen("chat_updated").await, stage.listen("chat_updated").await];
    stage.clock.pass(Duration::from_mins(5));
    stage.handle.advance();
    for socket in &mut sockets {
        let frame = socket.next().await.expect("a frame");
        assert_eq!(frame["data"]["chat"]["waiting_level"], "warning");
    }
    stage.handle.stop().await;
}

#[tokio::test]
async fn what_is_no_path_of_the_gateway_is_not_found() {
    let stage = Stage::start();
    let (status, body) = stage.call("GET", "/queues", "").await;
    assert_eq!((status, body), (404, json!({"errors": ["Not found"]})));
    let (status, listed) = stage.call("GET", "/dialogs?limit=1001", "").await;
    assert_eq!((status, listed), (400, json!({"errors": ["limit must be 1,000 or less"]})));
    let command = stage.call("PUT", "/my/commands/why", r#"{"description":"Why this dialog is here"}"#).await;
    assert_eq!(command.0, 200);
    assert_eq!(stage.call("DELETE", "/my/commands/why", "{not json").await, (200, json!({})));
    stage.handle.stop().await;
}
